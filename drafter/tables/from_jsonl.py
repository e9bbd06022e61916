"""JSON Lines: one object on every line."""

import io
import json
from collections.abc import Iterator

from drafter.errors import InputError
from drafter.tables.entries import Entry, as_entry
from drafter.tables.from_json import parse
from drafter.tables.source import Source


def read(source: Source) -> Iterator[Entry]:
    """Yield an entry a line; a broken line is an entry with an error, blank ones are left out.

    Raises:
        InputError: not UTF-8 text.
    """
    # not str.splitlines(): JSON may hold other line separators within a text
    for number, line in enumerate(io.StringIO(source.text()), 1):
        if line.strip():
            yield _entry(f"{source.name}:{number}", line)


def _entry(where: str, line: str) -> Entry:
    try:
        return as_entry(where, parse(line))
    except ValueError as error:
        reason = f"{error.msg} (column {error.colno})" if isinstance(error, json.JSONDecodeError) else str(error)
        return Entry(
            where,
            error=InputError(
                f"the line is not JSON: {reason}",
                where=where,
                next="One object a line; a file that is one JSON value is read with `--format json`",
            ),
        )
