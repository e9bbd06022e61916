"""Candidates out of files: CSV, JSON, JSON Lines, YAML; one small module a format.

A bad row costs only itself: it comes out as a `Row` with an error. A file that cannot be read at all raises, and does
so when reading begins, not when somebody first asks for a row.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import IO, Any

from drafter.candidate import Loaded, load_candidate
from drafter.errors import InputError, UsageError
from drafter.tables import from_csv, from_json, from_jsonl, from_xlsx, from_yaml
from drafter.tables.entries import Entry, Table
from drafter.tables.headings import candidate_entries, plain_entries
from drafter.tables.source import STANDARD_INPUT, Source, open_source

__all__ = ["FORMATS", "Entry", "Row", "read_candidates", "read_records"]


@dataclass(frozen=True)
class Format:
    """The endings that files of a format have, its own name among them, and what reads them."""

    endings: tuple[str, ...]
    read: Callable[[Source], Table | Iterator[Entry]]


FORMATS: Mapping[str, Format] = {
    "csv": Format((".csv", ".tsv"), from_csv.read),
    "json": Format((".json",), from_json.read),
    "jsonl": Format((".jsonl", ".ndjson"), from_jsonl.read),
    "xlsx": Format((".xlsx", ".xls", ".xlsm", ".ods"), from_xlsx.read),
    "yaml": Format((".yaml", ".yml"), from_yaml.read),
}


@dataclass(frozen=True)
class Row:
    """One row of an input: a candidate, or why there is none."""

    where: str
    """File and line, or file and number of the entry."""
    record: Mapping[str, Any]
    """What was read, under the keys of a candidate; empty where nothing could be."""
    id: str
    """The record's own id, else the candidate's; empty for a bad row without an id."""
    loaded: Loaded | None = None
    error: InputError | None = None


def read_candidates(
    path: str,
    *,
    format: str | None = None,
    stdin: IO[bytes] | None = None,
    encoding: str | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> Iterator[Row]:
    """Open and check an input; return its rows, which are validated one by one as they are asked for.

    Args:
        path: a file, or `-` for standard input, which holds JSON Lines unless the format says else.
        format: one of `FORMATS`; by the file's ending if None.
        stdin: what to read for `-`; the process's own standard input if None.
        encoding: of a text file; found out if None.
        say: is told how the file was read, where that had to be guessed.

    Raises:
        InputError: the file cannot be read at all.
        UsageError: nobody knows the format or the encoding.
    """
    source = open_source(path, stdin, encoding)
    entries = _entries(source, path, format, candidate_entries)
    for note in source.notes:
        say(note)
    return map(_row, entries)


def read_records(path: str, *, format: str | None = None, stdin: IO[bytes] | None = None) -> Iterator[Entry]:
    """Open and check an input as `read_candidates` does; return its entries under their own keys."""
    return _entries(open_source(path, stdin), path, format, plain_entries)


def _entries(
    source: Source, path: str, format: str | None, columns: Callable[[Table], Iterator[Entry]]
) -> Iterator[Entry]:
    found = _format(path, format).read(source)
    entries = columns(found) if isinstance(found, Table) else found
    first = next(entries, None)  # whatever is wrong with the file as a whole comes to light with its first entry
    if first is None:
        raise InputError("holds no entries", where=source.name, next="Give a file with at least one")
    return chain((first,), entries)


def _format(path: str, name: str | None) -> Format:
    if name is None and path == STANDARD_INPUT:
        name = "jsonl"
    ending = Path(path).suffix.lower() if name is None else f".{name.lower()}"
    for format in FORMATS.values():
        if ending in format.endings:
            return format
    known = ", ".join(f"{name} ({' '.join(format.endings)})" for name, format in FORMATS.items())
    if name is not None:
        raise UsageError(f"unknown format “{name}”", next=f"Known formats: {known}")
    raise InputError(
        f"files that end in “{ending}” are not known" if ending else "the file's name has no ending",
        where=path,
        next=f"Known formats: {known}; say which it is with --format",
    )


def _row(entry: Entry) -> Row:
    given = _given_id(entry.record)
    if entry.error:
        return Row(entry.where, entry.record, given, error=entry.error)
    try:
        loaded = load_candidate(entry.record, where=entry.where)
    except InputError as error:
        return Row(entry.where, entry.record, given, error=error)
    except RecursionError:
        return Row(entry.where, entry.record, given, error=InputError("is nested too deeply", where=entry.where))
    return Row(entry.where, entry.record, given or loaded.candidate.id, loaded=loaded)


def _given_id(record: Mapping[str, Any]) -> str:
    value = record.get("id")
    return str(value).strip() if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
