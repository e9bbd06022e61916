"""JSON: one object, or a list of objects."""

import json
from collections.abc import Iterator
from typing import Any

from drafter.errors import InputError
from drafter.tables import openreview
from drafter.tables.entries import Entry, as_entry
from drafter.tables.source import Source


def read(source: Source) -> Iterator[Entry]:
    """Yield the entries.

    Raises:
        InputError: not UTF-8 text, or not JSON.
    """
    try:
        value = parse(source.text())
    except json.JSONDecodeError as error:
        raise InputError(
            f"is not JSON: {error.msg} (column {error.colno})",
            where=f"{source.name}:{error.lineno}",
            next="Mend this line; a file with one object on every line is read with `--format jsonl`",
        ) from error
    except ValueError as error:
        raise InputError(f"cannot be used: {error}", where=source.name) from error
    value = openreview.profiles(value)
    for number, entry in enumerate(value if isinstance(value, list) else [value], 1):
        yield as_entry(f"{source.name}: entry {number}", entry)


def parse(text: str) -> Any:
    """Read one JSON value.

    Raises:
        ValueError: the text is not JSON (then it is a `json.JSONDecodeError`), or holds what no file can hold again.
    """
    try:
        # NaN is no JSON: data frames write it where a value is missing
        value = json.loads(text, parse_constant=lambda _: None)
        if "\\ud" in text.lower():
            json.dumps(value, ensure_ascii=False).encode()
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except UnicodeEncodeError:
        raise ValueError("it holds half a character: an escape \\ud… without its second part") from None
    return value
