"""CSV, separated by comma, semicolon or tab."""

import csv
import io
import re
from collections.abc import Iterator, Sequence

from drafter.errors import InputError
from drafter.tables.entries import Line, Table
from drafter.tables.headings import LOOKED_AT, known_headings
from drafter.tables.source import Source

_SEPARATORS = ",;\t"
_QUOTED = re.compile(r'"[^"]*("|$)')
_LONGEST_CELL = 2**31 - 1
_MENDING = 'Put the cell between quotation marks and write every " inside it twice'


def read(source: Source) -> Table:
    """Read the headings; rows are read as they are asked for.

    Raises:
        InputError: not text, or the row of headings cannot be read.
    """
    csv.field_size_limit(_LONGEST_CELL)  # the default refuses a cell above 128 KB; the source is in memory anyway
    lines = list(io.StringIO(source.text(), newline=""))
    at, separator = _headings(lines)
    rows = _parse(lines, at, separator)
    _, headings = next(rows)
    where = f"{source.name}:{at + 1}"
    if headings is None:
        raise InputError("the headings cannot be read: quotation marks do not match", where=where, next=_MENDING)
    return Table(where, headings, _lines(source.name, rows, len(headings)))


def _headings(lines: Sequence[str]) -> tuple[int, str]:
    """Return the line that holds the headings, and what separates them.

    It is the first that is not blank, unless none of its cells is a known heading and two of a later one are: then a title
    stands above them.
    """
    filled = [i for i, line in enumerate(lines) if line.strip(_SEPARATORS + '" \r\n')][:LOOKED_AT] or [0]
    for number, at in enumerate(filled):
        separator = _separator(lines[at])
        _, cells = next(_parse(lines[: at + 1], at, separator), (at, None))
        if known_headings(cells or ()) >= (2 if number else 1):
            return at, separator
    return filled[0], _separator(lines[filled[0]])


def _separator(header: str) -> str:
    """Return what separates the headings: the most frequent of the three outside quotation marks."""
    return max(_SEPARATORS, key=_QUOTED.sub("", header).count)


def _parse(lines: Sequence[str], at: int, separator: str) -> Iterator[tuple[int, tuple[str, ...] | None]]:
    """Yield the index of the first line and the cells of every row; None for cells that cannot be told apart.

    After such a row reading goes on in the line below its first one, for nobody knows where it was meant to end.
    """
    while at < len(lines):
        rest = (lines[i] for i in range(at, len(lines)))
        reader = csv.reader(rest, delimiter=separator, strict=True, skipinitialspace=True)
        first = at
        try:
            for cells in reader:
                yield first, tuple(cell.strip() for cell in cells)
                first = at + reader.line_num
            return
        except csv.Error:
            yield first, None
            at = first + 1


def _lines(name: str, rows: Iterator[tuple[int, tuple[str, ...] | None]], width: int) -> Iterator[Line]:
    """Yield the rows that are not blank; one error for a broken one with all that seems to belong to it.

    The lines below a broken row may be the rest of its text. They are rows again from the first one that has exactly
    as many cells as there are headings: rather lose a row, and say so, than write to a piece of somebody's biography.
    """
    broken: int | None = None
    last = -1
    for index, cells in rows:
        if cells is None or (broken is not None and len(cells) != width):
            broken, last = (index if broken is None else broken), index
            continue
        if broken is not None:
            yield _broken(name, broken, last)
            broken = None
        if any(cells):
            yield Line(f"{name}:{index + 1}", cells)
    if broken is not None:
        yield _broken(name, broken, last)


def _broken(name: str, first: int, last: int) -> Line:
    where = f"{name}:{first + 1}"
    extent = f"lines {first + 1} to {last + 1} cannot be read" if last > first else "the row cannot be read"
    message = f"{extent}: a quotation mark is not closed, or one inside a cell is not doubled"
    return Line(where, error=InputError(message, where=where, next=_MENDING))
