"""What the formats hand on: entries with keys, or a table whose headings are still to be understood."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from drafter.errors import InputError


@dataclass(frozen=True)
class Entry:
    """One record of a file, or why there is none."""

    where: str
    record: Mapping[str, Any] = field(default_factory=dict)
    error: InputError | None = None
    given: Mapping[str, str] = field(default_factory=dict)
    """For a row of a table, its cells under their own headings, as they stand in the file."""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Line:
    """One row of a table, cell by cell, or why there is none."""

    where: str
    cells: tuple[str, ...] = ()
    error: InputError | None = None


@dataclass(frozen=True)
class Table:
    """Headings, and the rows below them."""

    where: str
    headings: tuple[str, ...]
    lines: Iterator[Line]
    separator: str = ""
    """What stands between the cells; nothing in a workbook."""


def as_entry(where: str, value: Any) -> Entry:
    """Return what a file holds at one place as an entry; anything but an object with keys is an error."""
    if isinstance(value, dict):
        return Entry(where, value)
    kind = {list: "a list", str: "a text", type(None): "empty"}.get(type(value), "a single value")
    return Entry(
        where, error=InputError(f"is {kind}, not an object with keys", where=where, next="Write keys: name, …")
    )
