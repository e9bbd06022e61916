"""JSON Lines: one object on every line."""

import json
from collections.abc import Iterator

from drafter.errors import InputError
from drafter.tables import source as limits
from drafter.tables.entries import Entry, as_entry
from drafter.tables.from_json import parse
from drafter.tables.source import Source

_NEXT = "One object a line; a file that is one JSON value is read with `--format json`"


def read(source: Source) -> Iterator[Entry]:
    """Yield an entry a line; a broken line is an entry with an error, blank ones are left out.

    Raises:
        InputError: not text.
    """
    for number, line in enumerate(source.lines(), 1):
        if line.strip():
            yield _entry(f"{source.name}:{number}", line)


def _entry(where: str, line: str) -> Entry:
    if len(line) > limits.LONGEST_LINE:
        message = f"the line is longer than {limits.LONGEST_LINE:,} characters"
        return Entry(where, error=InputError(message, where=where, next=_NEXT))
    try:
        return as_entry(where, parse(line))
    except ValueError as error:
        reason = f"{error.msg} (column {error.colno})" if isinstance(error, json.JSONDecodeError) else str(error)
        return Entry(where, error=InputError(f"the line is not JSON: {reason}", where=where, next=_NEXT))
