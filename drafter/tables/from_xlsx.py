"""Excel workbooks, and those of LibreOffice: the first sheet that holds something.

A workbook is held in memory, so one that unpacks to more than any list of people is refused before it is opened.
"""

import datetime
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any

from drafter.errors import InputError
from drafter.tables.entries import Line, Table
from drafter.tables.headings import LOOKED_AT, find_headings
from drafter.tables.source import Source

LARGEST = 50_000_000
"""Bytes of a workbook's file."""

LARGEST_UNPACKED = 500_000_000
"""Bytes of what is packed into it."""

MOST_CELLS = 10_000_000
"""Cells between the first and the last that is filled: all of them take memory, empty or not."""

_NEXT = "Open it in Excel and save it anew, or save it as “CSV UTF-8”"
_AS_CSV = "Save the sheet with the candidates as “CSV UTF-8”"
_CELL = re.compile(rb'<(?:\w+:)?c\s[^<>]*?\br="([A-Z]{1,3})([0-9]{1,7})"[^<>]*(?<!/)>')


def read(source: Source) -> Table:
    """Read the headings; rows come as they are asked for.

    Raises:
        InputError: it cannot be opened, is locked with a password, too large, or empty.
    """
    rows = _rows(source)
    filled = [number for number, row in enumerate(rows) if _is_filled(row)]
    if not filled:
        raise InputError("holds no entries", where=source.name, next="Give a workbook whose first sheet is filled")
    at = filled[find_headings([rows[number] for number in filled[:LOOKED_AT]], source.mapped)]
    headings = tuple(cell.strip() for cell in _trimmed(rows[at]))
    return Table(f"{source.name}:{at + 1}", headings, _lines(source.name, rows, at + 1))


def _is_filled(row: Sequence[str]) -> bool:
    return bool("".join(row).strip())


def _trimmed(row: Sequence[str]) -> Sequence[str]:
    end = len(row)
    while end and not row[end - 1].strip():
        end -= 1
    return row[:end]


def _lines(name: str, rows: Sequence[Sequence[str]], first: int) -> Iterator[Line]:
    for number, row in enumerate(rows[first:], first + 1):
        if _is_filled(row):
            yield Line(f"{name}:{number}", tuple(_trimmed(row)))


def _rows(source: Source) -> list[list[str]]:
    """Return the cells of the first sheet that holds any, merged cells filled with what stands in the first of them."""
    import python_calamine

    data = source.data(LARGEST, _AS_CSV)
    _refuse_size(source.name, data)
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
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


def _refuse_size(name: str, data: bytes) -> None:
    """Refuse a workbook for which there may not be memory: the library that reads it ends the program then."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            if sum(part.file_size for part in packed.infolist()) > LARGEST_UNPACKED:
                message = f"unpacks to more than {LARGEST_UNPACKED // 1_000_000} MB"
                raise InputError(message, where=name, next=_AS_CSV)
            for part in packed.namelist():
                if part.startswith("xl/worksheets/") and part.endswith(".xml"):
                    _refuse_cells(name, packed, part)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, ValueError):
        return  # an older format, or broken: the library says so


def _refuse_cells(name: str, packed: zipfile.ZipFile, part: str) -> None:
    columns: set[bytes] = set()
    rows, rest = 0, b""
    with packed.open(part) as file:
        while piece := file.read(2**20):
            found = _CELL.findall(rest + piece)
            columns.update(column for column, _ in found)
            rows = max(rows, max((int(row) for _, row in found), default=0))
            rest = piece[-200:]
    width = max((_number(column) for column in columns), default=0)
    if width * rows > MOST_CELLS:
        message = f"a sheet has {rows:,} rows and {width:,} columns: somewhere far off a cell is filled"
        raise InputError(message, where=name, next="Empty that cell (Ctrl+End goes there), or save the sheet as CSV")


def _number(column: bytes) -> int:
    number = 0
    for letter in column:
        number = number * 26 + letter - 64
    return number


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
    return "" if cell is None else str(cell)
