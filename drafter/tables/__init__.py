"""Candidates out of files: CSV, Excel, JSON, JSON Lines, YAML, BibTeX; one small module a format.

A bad row costs only itself: it comes out as a `Row` with an error. A file that cannot be read at all raises, and does
so when reading begins, not when somebody first asks for a row.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import IO, Any

from drafter.candidate import Candidate, Loaded, load_candidate
from drafter.errors import InputError, UsageError
from drafter.tables import from_bib, from_csv, from_json, from_jsonl, from_xlsx, from_yaml, openreview
from drafter.tables.cells import shaped
from drafter.tables.columns import Understanding, candidate_entries, check_mapping, parse_mapping, plain_entries
from drafter.tables.entries import Entry, Table
from drafter.tables.headings import normal
from drafter.tables.source import STANDARD_INPUT, Source, open_source

__all__ = [
    "FORMATS",
    "Candidates",
    "Entry",
    "Row",
    "Understood",
    "parse_mapping",
    "read_candidates",
    "read_records",
]


@dataclass(frozen=True)
class Format:
    """The endings that files of a format have, its own name among them, and what reads them."""

    endings: tuple[str, ...]
    read: Callable[[Source], Table | Iterator[Entry]]
    is_text: bool = True


FORMATS: Mapping[str, Format] = {
    "csv": Format((".csv", ".tsv"), from_csv.read),
    "json": Format((".json",), from_json.read),
    "jsonl": Format((".jsonl", ".ndjson"), from_jsonl.read),
    "xlsx": Format((".xlsx", ".xls", ".xlsm", ".ods"), from_xlsx.read, is_text=False),
    "yaml": Format((".yaml", ".yml"), from_yaml.read),
    "bib": Format((".bib", ".bibtex"), from_bib.read),
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
    given: Mapping[str, str] = field(default_factory=dict)
    """What stands in the file: every cell under its own heading, or every value of an object (text as it is, anything
    else as JSON) under its own key; empty where the cells cannot be told apart."""


@dataclass(frozen=True)
class Understood:
    """How a file was read."""

    name: str
    """The file, as messages call it."""
    format: str
    """One of `FORMATS`."""
    encoding: str = ""
    """Of a text file: UTF-8, GB18030, …"""
    separator: str = ""
    """What stands between the cells of a text table."""
    headings: tuple[str, ...] = ()
    """Of a table, as they stand in the file."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """For each heading (told apart by number where one stands twice or is missing) the key of a candidate that it was taken
    for; "" where the column goes through to `extra`, `-` where the user leaves it out."""
    notes: tuple[str, ...] = ()
    """What the user should know: a guess, a heading that looks misspelt, a column that does not hold what it says."""


class Candidates(Iterator[Row]):
    """The rows of an input, which can be gone through once, and how the input was understood.

    Args:
        rows: validated one by one as they are asked for.
        understood: how the input was read.
    """

    def __init__(self, rows: Iterator[Row], understood: Understood) -> None:
        self._rows = rows
        self.understood = understood

    def __next__(self) -> Row:
        return next(self._rows)


def read_candidates(
    path: str,
    *,
    format: str | None = None,
    stdin: IO[bytes] | None = None,
    encoding: str | None = None,
    mapping: Mapping[str, str] | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> Candidates:
    """Open and check an input; return its rows, which are validated one by one as they are asked for.

    Args:
        path: a file, or `-` for standard input, which holds JSON Lines unless the format says else.
        format: one of `FORMATS`; by the file's ending if None.
        stdin: what to read for `-`; the process's own standard input if None.
        encoding: of a text file; found out if None.
        mapping: the keys that headings of a table stand for, by the user's word; see `parse_mapping`.
        say: is told what `Understood.notes` holds, with the file's name.

    Raises:
        InputError: the file cannot be read at all, or has no heading that is mapped.
        UsageError: nobody knows the format or the encoding, or the mapping contradicts itself.
    """
    mapping = mapping or {}
    check_mapping(mapping)
    source = open_source(path, stdin, encoding, frozenset(map(normal, mapping)))
    name = _format(path, format)
    with _reading(source):
        found = FORMATS[name].read(source)
        if isinstance(found, Table):
            understanding = candidate_entries(found, mapping)
        elif mapping:
            raise UsageError(
                f"{source.name} is no table, so its keys cannot be mapped", next="Use the keys of a candidate in it"
            )
        else:
            understanding = Understanding(found)
        entries = _begun(source, understanding.entries)
    understood = _understood(source, name, found if isinstance(found, Table) else None, understanding, say)
    return Candidates(_rows(source, entries), understood)


def read_records(path: str, *, format: str | None = None, stdin: IO[bytes] | None = None) -> Iterator[Entry]:
    """Open and check an input as `read_candidates` does; return its entries under their own keys."""
    source = open_source(path, stdin)
    name = _format(path, format)
    with _reading(source):
        found = FORMATS[name].read(source)
        return _begun(source, plain_entries(found) if isinstance(found, Table) else found)


def _understood(
    source: Source, format: str, table: Table | None, understanding: Understanding, say: Callable[[str], None]
) -> Understood:
    encoding = source.encoding if FORMATS[format].is_text else None
    notes = understanding.notes
    if encoding and encoding.guessed:
        guess = f"is read as {encoding.called}; --encoding names another"
        say(f"{source.name} {guess}")
        notes = (guess, *notes)
    for note in understanding.notes:
        say(f"{source.name}: {note}")
    return Understood(
        source.name,
        format,
        encoding.called if encoding else "",
        table.separator if table else "",
        table.headings if table else (),
        understanding.columns,
        notes,
    )


@contextmanager
def _reading(source: Source) -> Iterator[None]:
    """Turn what can go wrong with a file while it is read into an error of the input."""
    try:
        yield
    except OSError as error:
        message = f"cannot be read ({error.strerror or error})"
        raise InputError(message, where=source.name, next="Check the file") from error
    except UnicodeError as error:
        raise InputError("changed while it was read", where=source.name, next="Run again") from error


def _begun(source: Source, entries: Iterator[Entry]) -> Iterator[Entry]:
    first = next(entries, None)  # whatever is wrong with the file as a whole comes to light with its first entry
    if first is None:
        raise InputError("holds no entries", where=source.name, next="Give a file with at least one")
    return chain((first,), entries)


def _format(path: str, name: str | None) -> str:
    if name is None and path == STANDARD_INPUT:
        name = "jsonl"
    ending = Path(path).suffix.lower() if name is None else f".{name.lower()}"
    for known, format in FORMATS.items():
        if ending in format.endings:
            return known
    listed = ", ".join(f"{known} ({' '.join(format.endings)})" for known, format in FORMATS.items())
    if name is not None:
        raise UsageError(f"unknown format “{name}”", next=f"Known formats: {listed}")
    raise InputError(
        f"files that end in “{ending}” are not known" if ending else "the file's name has no ending",
        where=path,
        next=f"Known formats: {listed}; say which it is with --format",
    )


def _rows(source: Source, entries: Iterator[Entry]) -> Iterator[Row]:
    with _reading(source):
        for entry in entries:
            yield _row(entry)


def _row(entry: Entry) -> Row:
    id = _given_id(entry.record)
    row = Row(entry.where, entry.record, id, error=entry.error, given=entry.given)
    if entry.error:
        return row
    try:
        given = entry.given or {str(key): _as_given(value) for key, value in entry.record.items()}
        record, remarks = shaped(openreview.as_candidate(entry.record))
        row = replace(row, record=record, given=given, id=_given_id(record))
        loaded = load_candidate(_apart(record) if entry.given else record, where=entry.where)
    except InputError as error:
        return replace(row, error=error)
    except RecursionError:
        return replace(row, error=InputError("is nested too deeply", where=entry.where))
    loaded = replace(loaded, warnings=(*entry.warnings, *remarks, *loaded.warnings))
    return replace(row, id=row.id or loaded.candidate.id, loaded=loaded)


def _apart(record: Mapping[str, Any]) -> dict[str, Any]:
    """Put a table's unknown columns under `extra`: what their headings may mean is said once, not with every row."""
    known = {key: value for key, value in record.items() if key in Candidate.model_fields}
    extra = {key: value for key, value in record.items() if key not in known}
    return {**known, "extra": extra} if extra else known


def _as_given(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _given_id(record: Mapping[str, Any]) -> str:
    value = record.get("id")
    return str(value).strip() if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
