"""From the rows of a table to records: which column is what, by its heading, its content and the user's word."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

from drafter.errors import InputError, UsageError
from drafter.tables import openreview
from drafter.tables.cells import ADDRESS
from drafter.tables.entries import Entry, Line, Table
from drafter.tables.headings import ALIASES, MAPPABLE, MOST_COLUMNS, is_scholar, meanings, normal, suggestion
from drafter.tables.scholar import papers_of_one
from drafter.text import HAN

LEFT_OUT = "-"
"""What a heading is said to stand for that is no part of the record."""

_LANGUAGES: Mapping[str, str] = {
    **dict.fromkeys(("中文", "汉语", "简体中文", "chinese", "zh-cn", "zh_cn"), "zh"),
    **dict.fromkeys(("英文", "英语", "english", "en-us", "en-gb", "en_us"), "en"),
}
_SHOWN = 12
_SAMPLED_ROWS = 20
_SAMPLED_TEXT = 1_000_000
_LOOKED_LIKE = 100
_ANY_ADDRESS = re.compile("[@＠]")
_ANY_PAGE = re.compile(r"https?://|www\.|\.[a-z]{2,}(?:/|$)", re.I)


@dataclass(frozen=True)
class Understanding:
    """How a table was understood, and its rows."""

    entries: Iterator[Entry]
    columns: Mapping[str, str] = field(default_factory=dict)
    """The key of a candidate for each column; "" for what goes through, `-` for what the user leaves out."""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Columns:
    """The columns of a table."""

    names: Sequence[str]
    """The heading of each, told apart by number where one stands twice."""
    keys: list[str]
    """What each stands for; "" for nothing that is known."""
    record: Sequence[str] = ()
    """The key that each has in a record; "" for none."""

    def at(self, key: str) -> str:
        """Return the record's key of the first column that stands for something; "" if there is none."""
        return next((name for name, found in zip(self.record, self.keys, strict=True) if found == key), "")


def plain_entries(table: Table) -> Iterator[Entry]:
    """Return the rows of a table under their own headings.

    Raises:
        InputError: too many columns.
    """
    _refuse_width(table)
    names = _distinct(table.headings, ["" for _ in table.headings])
    return (_entry(line, names, names) for line in table.lines)


def candidate_entries(table: Table, mapping: Mapping[str, str]) -> Understanding:
    """Return the rows of a table under the keys of a candidate, and how the columns were understood.

    Args:
        table: as a format reads it.
        mapping: what the user says that headings stand for.

    Raises:
        InputError: too many columns, no heading is known, or two stand for the same key.
        UsageError: the user's word names a heading or key that is not there, or a key twice.
    """
    _refuse_width(table)
    if not mapping and is_scholar([normal(heading) for heading in table.headings]):
        return Understanding(papers_of_one(table))
    names = _distinct(table.headings, ["" for _ in table.headings])
    columns = _Columns(names, meanings(table.headings))
    sample, lines = _sample(table.lines)
    said = _apply(columns, table, mapping)
    notes = _not_by_content(columns, sample, said)
    _use_other_email(columns)
    _refuse_keys(columns, table)
    notes += _suggestions(columns, table, sample)
    columns = replace(columns, record=_record_keys(columns, table))
    entries = (_as_candidate(_entry(line, names, columns.record), columns) for line in lines)
    return Understanding(entries, _shown_columns(columns), tuple(notes))


def parse_mapping(texts: Sequence[str]) -> dict[str, str]:
    """Read what the user says that headings stand for.

    Args:
        texts: `HEADING=key` each; `-` as key leaves the column out of the record.

    Raises:
        UsageError: a text of another form, an unknown key, a heading or a key twice.
    """
    mapping: dict[str, str] = {}
    for text in texts:
        heading, _, key = (text if "=" in text else text.replace("＝", "=")).rpartition("=")
        heading, key = heading.strip(), key.strip()
        if not heading or not key:
            raise UsageError(f"“{text}” is no HEADING=key", next="Write it like --map 邮箱=email")
        if mapping.get(heading, key) != key:
            raise UsageError(f"“{heading}” is to stand for {mapping[heading]} and for {key}", next="Keep one of them")
        mapping[heading] = key
    check_mapping(mapping)
    return mapping


def check_mapping(mapping: Mapping[str, str]) -> None:
    """Refuse what the user cannot mean, whatever the table.

    Raises:
        UsageError: an unknown key, or a key for two headings.
    """
    taken: dict[str, str] = {}
    for heading, key in mapping.items():
        if key not in (*MAPPABLE, LEFT_OUT):
            step = f"A heading can stand for {', '.join(MAPPABLE)}; `{LEFT_OUT}` leaves the column out"
            raise UsageError(f"“{heading}” cannot stand for “{key}”: a candidate has no such key", next=step)
        if key != LEFT_OUT and key in taken:
            raise UsageError(f"“{taken[key]}” and “{heading}” are both to stand for {key}", next="Keep one of them")
        taken[key] = heading


def _refuse_width(table: Table) -> None:
    if len(table.headings) > MOST_COLUMNS:
        message = f"has {len(table.headings):,} columns; at most {MOST_COLUMNS:,} are read"
        raise InputError(message, where=table.where, next="Delete the columns that say nothing about a candidate")


def _sample(lines: Iterator[Line]) -> tuple[list[Line], Iterator[Line]]:
    """Return the first rows, and all."""
    first: list[Line] = []
    size = 0
    for line in lines:
        first.append(line)
        size += sum(map(len, line.cells))
        if len(first) == _SAMPLED_ROWS or size > _SAMPLED_TEXT:
            break
    return first, chain(first, lines)


def _filled(sample: Sequence[Line], column: int) -> list[str]:
    cells = [line.cells[column].strip() for line in sample if column < len(line.cells)]
    return [cell for cell in cells if cell]


def _not_by_content(columns: _Columns, sample: Sequence[Line], said: Collection[int]) -> list[str]:
    """Take headings of e-mail for what they say only where the column holds addresses; return what is to be noted."""
    notes = []
    for column, key in enumerate(columns.keys):
        cells = _filled(sample, column) if key in ("email", "other_email") and column not in said else []
        with_one = sum(1 for cell in cells if _ANY_ADDRESS.search(cell))
        if 2 * with_one >= len(cells):
            continue
        name, example = columns.names[column], cells[0][:40]
        if with_one:
            notes.append(f"of the first {len(cells)} cells of “{name}” only {with_one} hold an e-mail address")
            continue
        columns.keys[column] = ""
        if key == "email":
            notes.append(
                f"“{name}” holds no e-mail addresses but, for example, “{example}”, and is not taken for the email; "
                f"{_map(name, 'email')} does"
            )
    return notes


def _apply(columns: _Columns, table: Table, mapping: Mapping[str, str]) -> Collection[int]:
    """Let the user's word on headings win over their names; return the columns it is about."""
    check_mapping(mapping)
    said = {_column_called(columns, table, heading): key for heading, key in mapping.items()}
    if len(said) < len(mapping):
        raise UsageError("two of the headings that are mapped are the same column", next="Keep one of them")
    for column, key in enumerate(columns.keys):
        if column in said:
            columns.keys[column] = said[column]
        elif key in said.values():
            columns.keys[column] = ""
    return said.keys()


def _column_called(columns: _Columns, table: Table, heading: str) -> int:
    if heading in columns.names:
        found = [columns.names.index(heading)]
    else:
        found = [column for column, name in enumerate(table.headings) if normal(name) == normal(heading)]
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(
            f"{len(found)} columns of {table.where.rpartition(':')[0]} are called “{heading}”",
            next=f"Say which: {', '.join(f'“{columns.names[column]}”' for column in found[:_SHOWN])}",
        )
    raise InputError(f"no column is called “{heading}”", where=table.where, next=f"There are {_shown(columns.names)}")


def _use_other_email(columns: _Columns) -> None:
    """Where no column holds the e-mail address, take the first that may."""
    if "email" not in columns.keys and "other_email" in columns.keys:
        columns.keys[columns.keys.index("other_email")] = "email"


def _refuse_keys(columns: _Columns, table: Table) -> None:
    if not any(key and key != LEFT_OUT for key in columns.keys):
        raise InputError(
            f"no heading is known; found {_shown(table.headings)}",
            where=table.where,
            next="Name the columns in the first row, separated by comma, semicolon or tab, or say what they are with --map: "
            + ", ".join(ALIASES),
        )
    for key in MAPPABLE:
        same = [column for column, found in enumerate(columns.keys) if found == key]
        if len(same) > 1:
            raise InputError(
                f"{len(same)} columns stand for {key.replace('_', ' ')}: "
                + _shown([columns.names[column] for column in same]),
                where=table.where,
                next=f"Keep one of them under this heading, or say which it is: {_map(columns.names[same[0]], key)}",
            )


def _suggestions(columns: _Columns, table: Table, sample: Sequence[Line]) -> list[str]:
    """Return a note for each heading that may be a misspelt one, of a key that nothing else stands for."""
    notes = []
    taken = {*columns.keys, LEFT_OUT}
    unknown = [column for column, key in enumerate(columns.keys) if not key and table.headings[column]]
    for column in unknown[:_LOOKED_LIKE]:
        key = suggestion(table.headings[column])
        if not key or key in taken or (key in ("first_name", "last_name") and "name" in taken):
            continue
        pattern = {"email": _ANY_ADDRESS, "homepage": _ANY_PAGE}.get(key)
        if pattern and not any(pattern.search(cell) for cell in _filled(sample, column)):
            continue
        taken.add(key)
        name = columns.names[column]
        notes.append(f"“{name}” may be the {key.replace('_', ' ')}: {_map(name, key)}")
    return notes


def _map(name: str, key: str) -> str:
    text = f"{name}={key}"
    return f"--map {text}" if re.fullmatch(r"[\w=.-]+", text) else f'--map "{text}"'


_OWN = ("first_name", "last_name", "other_email")


def _record_keys(columns: _Columns, table: Table) -> list[str]:
    """Return the record's key of each column: what it stands for, else its own heading."""
    names = _distinct(table.headings, ["" if key in (*_OWN, LEFT_OUT) else key for key in columns.keys])
    return ["" if key == LEFT_OUT else name for key, name in zip(columns.keys, names, strict=True)]


def _distinct(headings: Sequence[str], keys: Sequence[str]) -> list[str]:
    """Return one name a column: its key, else its own heading, told apart by number where one stands twice."""
    taken = {"extra", *keys}  # a column called “extra” must not pass for the candidate's own `extra`
    columns = []
    for number, (heading, key) in enumerate(zip(headings, keys, strict=True), 1):
        column = key or heading or f"column {number}"
        while not key and column in taken:
            column = f"{column} (column {number})"
        taken.add(column)
        columns.append(column)
    return columns


def _entry(line: Line, names: Sequence[str], keys: Sequence[str]) -> Entry:
    cells = line.cells
    record = {key: text for key, cell in zip(keys, cells, strict=False) if (text := cell.strip())}
    record.pop("", None)
    given = dict(zip(names, cells + ("",) * (len(names) - len(cells)), strict=False)) if cells else {}
    error = line.error
    if error is None and len(cells) > len(keys) and "".join(cells[len(keys) :]).strip():
        error = InputError(
            f"the row has {len(cells)} cells, the headings are {len(keys)}",
            where=line.where,
            next='Put a cell that holds the separator between quotation marks: "…"',
        )
    return Entry(line.where, record, error, given)


def _as_candidate(entry: Entry, columns: _Columns) -> Entry:
    """Fill what tables write in their own way: the name in two columns, the language by its name."""
    record = dict(entry.record)
    if language := _LANGUAGES.get(str(record.get("language", "")).casefold()):
        record["language"] = language
    first_column, last_column = columns.at("first_name"), columns.at("last_name")
    first, last = record.get(first_column, ""), record.get(last_column, "")
    if "name" not in record and (first or last):
        record.pop(first_column, None)
        record.pop(last_column, None)
        record["name"] = _join(first, last)
    if "email" not in record and (other := record.get(columns.at("other_email"), "")) and ADDRESS.search(other):
        record["email"] = other
    return replace(entry, record=openreview.as_candidate(record))


def _join(first: str, last: str) -> str:
    chinese = re.fullmatch(f"[{HAN}]+", first + last) is not None
    return last + first if chinese else f"{first} {last}".strip()


def _shown_columns(columns: _Columns) -> dict[str, str]:
    """Return what a person is told that each column is."""
    joined = {} if "name" in columns.keys else dict.fromkeys(("first_name", "last_name"), "name")
    other = {"bibtex": "" if "papers" in columns.keys else "papers", LEFT_OUT: LEFT_OUT}
    told = {**openreview.STANDS_FOR, **joined, **other}
    return {
        name: told.get(key, key if key in ALIASES else "")
        for name, key in zip(columns.names, columns.keys, strict=True)
    }


def _shown(headings: Sequence[str]) -> str:
    shown = ", ".join(f"“{heading[:40]}”" for heading in headings[:_SHOWN])
    return f"{shown} and {len(headings) - _SHOWN} more" if len(headings) > _SHOWN else shown
