"""Excel workbooks, and those of LibreOffice: the first sheet that holds something."""

import datetime
import io
from collections.abc import Iterator, Sequence
from typing import Any

from drafter.errors import InputError
from drafter.tables.entries import Line, Table
from drafter.tables.headings import LOOKED_AT, known_headings
from drafter.tables.source import Source

_NEXT = "Open it in Excel and save it anew, or save it as “CSV UTF-8”"


def read(source: Source) -> Table:
    """Read the headings; rows come as they are asked for.

    Raises:
        InputError: it cannot be opened, is locked with a password, or is empty.
    """
    rows = _rows(source)
    filled = [number for number, row in enumerate(rows) if any(row)]
    if not filled:
        raise InputError("holds no entries", where=source.name, next="Give a workbook whose first sheet is filled")
    # the first row, unless it is a title: then the first of the next that holds two known headings
    titled = (number for number in filled[1:LOOKED_AT] if known_headings(rows[number]) > 1)
    at = filled[0] if known_headings(rows[filled[0]]) else next(titled, filled[0])
    width = max((column + 1 for column, cell in enumerate(rows[at]) if cell), default=0)
    return Table(f"{source.name}:{at + 1}", tuple(rows[at][:width]), _lines(source.name, rows, at + 1))


def _lines(name: str, rows: Sequence[Sequence[str]], first: int) -> Iterator[Line]:
    for number, row in enumerate(rows[first:], first + 1):
        if any(row):
            cells = list(row)
            while cells and not cells[-1]:
                cells.pop()
            yield Line(f"{name}:{number}", tuple(cells))


def _rows(source: Source) -> list[list[str]]:
    """Return the cells of the first sheet that holds any, merged cells filled with what stands in the first of them."""
    import python_calamine

    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(source.data))
        for name in book.sheet_names:
            sheet = book.get_sheet_by_name(name)
            rows = [[_text(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]
            if any(map(any, rows)):
                return _unmerged(rows, sheet.merged_cell_ranges or [])
    except python_calamine.PasswordError as error:
        raise InputError("is locked with a password", where=source.name, next="Save it without one") from error
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise InputError(f"cannot be read as a workbook ({error})", where=source.name, next=_NEXT) from error
    return []


def _unmerged(rows: list[list[str]], merged: Sequence[tuple[tuple[int, int], tuple[int, int]]]) -> list[list[str]]:
    for (top, left), (bottom, right) in merged:
        if right > left or top >= len(rows) or left >= len(rows[top]):
            continue  # a title drawn across the table is no value of each of its columns
        for row in range(top + 1, min(bottom + 1, len(rows))):
            if not rows[row][left]:
                rows[row][left] = rows[top][left]
    return rows


def _text(cell: Any) -> str:
    """Return a cell as a person reads it: 7 and not 7.0, a date as a date."""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime.datetime) and not (cell.hour or cell.minute or cell.second):
        cell = cell.date()
    return "" if cell is None else str(cell).strip()
