"""CSV, separated by comma (full-width too), semicolon or tab.

Rows are read one by one, and a row has a longest length. What is longer is a broken row: reading goes on behind it if its
quotation marks are closed somewhere; if not, they would make the rest of the file one cell, and it goes on in the line below.
"""

import csv
import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from drafter.errors import InputError
from drafter.tables import source as limits
from drafter.tables.entries import Line, Table
from drafter.tables.headings import LOOKED_AT, find_headings, known_headings
from drafter.tables.source import Lines, Source

MOST_LINES = 10_000
"""Lines that one row may have."""

_SEPARATORS = ",;\t，"
_QUOTED = re.compile(r'"[^"]*("|$)')
_PADDED = re.compile(' +"')
_LONGEST_CELL = 2**31 - 1
_LONGEST_HEAD = 1_000_000
_READ_AGAIN = 20
_LINE = 100  # a line takes as long as so many characters
_MENDING = 'Put the cell between quotation marks and write every " inside it twice'
_UNMATCHED = "a quotation mark is not closed, or one inside a cell is not doubled"


class _TooLong(Exception):
    """A row has more characters or lines than any row has."""


class _Lines:
    """Hands the lines of a file to the csv module, and takes back those of a row that cannot be read.

    Args:
        first: lines that were read already.
        at: the index of the first of them.
        further: the lines behind those, if there are any.
    """

    def __init__(self, first: Sequence[str], at: int = 0, further: Lines | None = None) -> None:
        self.at = at
        """The index of the first line of the row in the making."""
        self._further = further
        self._again = deque(first)
        self._row: list[str] = []
        self._size = 0
        self._patience = _READ_AGAIN * limits.LONGEST_LINE

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self._again:
            line = self._again.popleft()
        elif self._further is not None:
            line = next(self._further)
        else:
            raise StopIteration
        self._row.append(line)
        self._size += len(line)
        if self._size > limits.LONGEST_LINE or len(self._row) > MOST_LINES:
            raise _TooLong
        if self._patience < 0 and len(self._row) > 1:
            raise _TooLong
        return line

    @property
    def _effort(self) -> int:
        return self._size + _LINE * len(self._row)

    def next_row(self) -> None:
        """Leave the row in the making behind."""
        self.at += len(self._row)
        # lines read again and again would make a broken file take forever; each row that works gives some patience back
        self._patience = min(self._patience + 4 * self._effort, _READ_AGAIN * limits.LONGEST_LINE)
        self._row.clear()
        self._size = 0

    def leave_long_row(self, separator: str) -> bool:
        """Go behind a row that is too long, and say whether it has an end: its last quotation mark is one that closes a cell."""
        last = self._row[-1]
        if self._further is None or self._again or self._patience < 0 or len(last) > limits.LONGEST_LINE:
            return False
        if "".join(self._row).count('"') % 2 == 0:
            return False
        place, count, size = self._further.tell(), 0, 0
        inside = True
        for line in self._further:
            count, size = count + 1, size + len(line) + _LINE
            try:
                inside = _goes_on(line, separator)
            except ValueError:
                break
            if not inside:
                self.at += count
                return True
        self._patience -= size
        self._further.seek(place)
        return False

    def take_back(self, keep: int = 0) -> None:
        """Have the lines of the row in the making read again, but for the first few."""
        self._patience -= self._effort
        self._again.extendleft(reversed(self._row[keep:]))
        del self._row[keep:]
        self._size = sum(map(len, self._row))


@dataclass(frozen=True)
class _Row:
    """The cells of a row, or what is wrong with it, and the index of its first line."""

    at: int
    cells: Sequence[str] | None
    fault: str = ""


def read(source: Source) -> Table:
    """Read the headings; rows are read as they are asked for.

    Raises:
        InputError: not text, or the row of headings cannot be read.
    """
    csv.field_size_limit(_LONGEST_CELL)  # the default refuses a cell above 128 KB; a row has its own limit here
    lines = source.lines(newline="")
    head = _head(lines)
    at, separator = _headings(head, source)
    rows = _rows(_Lines(head[at:], at, lines), separator)
    row = next(rows)
    where = f"{source.name}:{at + 1}"
    if row.cells is None:
        raise InputError(f"the headings cannot be read: {row.fault}", where=where, next=_MENDING)
    headings = tuple(cell.strip() for cell in row.cells)
    return Table(where, headings, _table(source.name, rows, len(headings)), separator if len(headings) > 1 else "")


def _head(lines: Iterator[str]) -> list[str]:
    """Return the lines among which the headings are."""
    head: list[str] = []
    size = filled = 0
    while filled < LOOKED_AT and size < _LONGEST_HEAD and (line := next(lines, "")):
        head.append(line)
        size += len(line)
        filled += _is_filled(line)
    return head


def _is_filled(line: str) -> bool:
    return bool(line.strip(_SEPARATORS + '" \r\n'))


def _headings(head: Sequence[str], source: Source) -> tuple[int, str]:
    """Return the line that holds the headings, and what separates them."""
    filled = [at for at, line in enumerate(head) if _is_filled(line)]
    if not filled:
        raise InputError("is empty", where=source.name, next="Give a file with at least one candidate")
    read = [_separated(head[at:], source) for at in filled]
    number = find_headings([cells for _, cells in read], source.mapped)
    return filled[number], read[number][0]


def _separated(lines: Sequence[str], source: Source) -> tuple[str, Sequence[str]]:
    """Return what separates the cells of the first row: what gives most headings that are known, then most cells."""

    plain = _QUOTED.sub("", lines[0])
    best: tuple[str, Sequence[str]] = (_SEPARATORS[0], ())
    most = (-1, -1)
    for separator in _SEPARATORS:
        if separator in plain or most[0] < 0:
            cells = next(_rows(_Lines(lines), separator)).cells or ()
            worth = known_headings(cells, source.mapped), plain.count(separator)
            if worth > most:
                best, most = (separator, cells), worth
    return best


def _rows(lines: _Lines, separator: str) -> Iterator[_Row]:
    """Yield every row. After one that cannot be read, reading goes on below its first line: nobody knows where it ends."""
    while True:
        try:
            for cells in csv.reader(lines, delimiter=separator, strict=True):
                if any(cell[:1] == " " and _PADDED.match(cell) for cell in cells):
                    break
                yield _Row(lines.at, cells)
                lines.next_row()
            else:
                return
        except (csv.Error, _TooLong):
            pass
        # `Ann, "a, b"`: a space before a quotation mark, which such a row only means to be neat
        lines.take_back()
        try:
            yield _Row(lines.at, next(csv.reader(lines, delimiter=separator, strict=True, skipinitialspace=True)))
        except csv.Error:
            lines.take_back(keep=1)
            yield _Row(lines.at, None, _UNMATCHED)
        except _TooLong:
            at = lines.at
            if not lines.leave_long_row(separator):
                lines.take_back(keep=1)
            longest = f"{limits.LONGEST_LINE:,} characters or {MOST_LINES:,} lines"
            yield _Row(at, None, f"it is longer than {longest}, or a quotation mark is not closed")
        lines.next_row()


def _goes_on(line: str, separator: str) -> bool:
    """Say whether a quoted cell that is open at the beginning of a line, or a later one, is still open at its end.

    Raises:
        ValueError: a quotation mark stands where none can.
    """
    at, inside = 0, True
    while True:
        mark = line.find('"' if inside else f'{separator}"', at)
        if mark < 0:
            return inside
        behind = line[mark + 1 : mark + 2]
        if inside and behind == '"':
            at = mark + 2
        elif inside and behind not in (separator, "\r", "\n", ""):
            raise ValueError
        else:
            at, inside = mark + (1 if inside else 2), not inside


def _table(name: str, rows: Iterator[_Row], width: int) -> Iterator[Line]:
    """Yield the rows that are not blank; one error for a broken one with all that seems to belong to it.

    The lines below a broken row may be the rest of its text. They are rows again from the first one that has exactly
    as many cells as there are headings: rather lose a row, and say so, than write to a piece of somebody's biography.
    """
    broken: _Row | None = None
    last = -1
    for row in rows:
        if row.cells is None or (broken is not None and len(row.cells) != width):
            broken, last = broken or row, row.at
            continue
        if broken is not None:
            yield _broken(name, broken, last)
            broken = None
        if "".join(row.cells).strip():
            yield Line(f"{name}:{row.at + 1}", tuple(row.cells))
    if broken is not None:
        yield _broken(name, broken, last)


def _broken(name: str, row: _Row, last: int) -> Line:
    where = f"{name}:{row.at + 1}"
    extent = f"lines {row.at + 1} to {last + 1} cannot be read" if last > row.at else "the row cannot be read"
    return Line(where, error=InputError(f"{extent}: {row.fault}", where=where, next=_MENDING))
