"""Rows of a file into rows of a run: bad rows, people who stand there twice, and people who are not to be written to."""

import hashlib
import json
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from drafter.candidate import Candidate
from drafter.errors import InputError
from drafter.store import NewRow, Run, Runs
from drafter.tables import Row

CHUNK = 500
"""Rows taken in with one write."""


@dataclass(frozen=True)
class Unwanted:
    """Who is not to be written to.

    Args:
        addresses: e-mail addresses, and domains that begin with `@`; in lower case.
        people: names, or names with affiliations, as `recognizable` writes them.
    """

    addresses: frozenset[str] = frozenset()
    people: frozenset[str] = frozenset()

    def holds(self, candidate: Candidate) -> bool:
        """Say whether a person is among them."""
        email = candidate.email.strip().lower()
        domain = f"@{email.rpartition('@')[2]}"
        if email and not self.addresses.isdisjoint((email, domain)):
            return True
        name = _plain(candidate.name)
        return bool(name) and not self.people.isdisjoint((name, recognizable(candidate.name, candidate.affiliation)))


def read_unwanted(path: Path) -> Unwanted:
    """Read a do-not-contact list: one entry a line.

    An entry is an address, a domain (`@example.org`), a name, or a name and an affiliation with `;` between them. Blank
    lines and what follows a `#` do not count.

    Raises:
        InputError: it cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise InputError(f"cannot be read ({reason})", where=str(path), next="Check --do-not-contact") from error
    entries = [entry for line in text.splitlines() if (entry := line.partition("#")[0].strip(" \t,;；，"))]
    addresses = frozenset(entry.lower().removeprefix("mailto:") for entry in entries if "@" in entry)
    names = (entry.replace("；", ";").partition(";") for entry in entries if "@" not in entry)
    return Unwanted(addresses, frozenset(recognizable(name, place) or _plain(name) for name, _, place in names))


@dataclass(frozen=True)
class Rules:
    """Who is left out.

    Args:
        unwanted: people who are not to be written to.
        cool_down: days in which nobody is drafted to who was in another run; 0 for none.
        now: the time.
    """

    unwanted: Unwanted = Unwanted()
    cool_down: int = 0
    now: datetime = field(default_factory=lambda: datetime.now(UTC))


def take_in(runs: Runs, run: Run, rows: Iterable[Row], rules: Rules) -> None:
    """Put rows into a run; every one of them, with a reason where it is not to be drafted.

    Args:
        runs: where to.
        run: the run; it holds nothing yet.
        rows: the rows in their order.
        rules: who is left out.
    """
    rows, position = iter(rows), 0
    columns: dict[str, None] = {}
    while chunk := list(islice(rows, CHUNK)):
        for row in chunk:
            columns.update(dict.fromkeys(row.given))
        runs.add(run, position, list(_Chunk(runs, run, rules).entered(chunk)))
        position += len(chunk)
    runs.set_columns(run, list(columns))


class _Chunk:
    """Some rows on their way in, which do not stand in the store yet."""

    def __init__(self, runs: Runs, run: Run, rules: Rules) -> None:
        self._runs, self._run, self._rules = runs, run, rules
        self._people: dict[str, str] = {}
        """E-mail addresses and people of this chunk, and the place of the first row with each."""
        self._essences: Counter[str] = Counter()

    def entered(self, rows: Sequence[Row]) -> Iterator[NewRow]:
        for row in rows:
            yield self._bad(row) if row.loaded is None else self._good(row, row.loaded.candidate)

    def _bad(self, row: Row) -> NewRow:
        error = row.error or InputError("cannot be read", where=row.where)
        name, affiliation, email = (str(row.record.get(key) or "") for key in ("name", "affiliation", "email"))
        return NewRow(
            row.where, row.record, row.given, (row.id, name, affiliation, email), state="rejected", reason=f"{error.message}. {error.next}".strip(" .")
        )  # fmt: skip

    def _good(self, row: Row, candidate: Candidate) -> NewRow:
        email, person = candidate.email.strip().lower(), recognizable(candidate.name, candidate.affiliation)
        essence, reason, hold = essence_of(candidate), "", ""
        if self._rules.unwanted.holds(candidate):
            reason = "is on the do-not-contact list"
        elif first := self._earlier(email, person):
            reason = f"the same person as in {first}"
        elif self._rules.cool_down and (before := self._lately(email, person)):
            hold = f"was drafted on {before[0][:10]} in {before[1]}; --cool-down 0 drafts all the same"
        if not reason:
            for mark in filter(None, (email, person)):
                self._people.setdefault(mark, row.where)
        ordinal = self._essences[essence] + self._runs.alike(self._run, essence)
        self._essences[essence] += 1
        return NewRow(
            row.where, row.record, row.given, (candidate.id, candidate.name, candidate.affiliation, email), person, essence,
            ordinal, hold, "rejected" if reason else "pending", reason,
        )  # fmt: skip

    def _earlier(self, email: str, person: str) -> str:
        """Return the place of the row in which a person stood before, "" if there is none."""
        for mark in filter(None, (email, person)):
            if mark in self._people:
                return self._people[mark]
        return self._runs.same_person(self._run, email, person)

    def _lately(self, email: str, person: str) -> tuple[str, str] | None:
        since = self._rules.now - timedelta(days=self._rules.cool_down)
        return self._runs.lately(self._run, email, person, since.astimezone(UTC).isoformat(timespec="seconds"))


def recognizable(name: str, affiliation: str) -> str:
    """Return name and affiliation in a form that case, width and blanks do not change; "" if either is missing."""
    name, affiliation = _plain(name), _plain(affiliation)
    return f"{name}|{affiliation}" if name and affiliation else ""


def essence_of(candidate: Candidate) -> str:
    """Return a hash of all of a record that a prompt can hold: two rows with the same may get the same mail."""
    content: dict[str, Any] = candidate.model_dump(
        mode="json", exclude={"id", "email", "extra", "notes"}, exclude_defaults=True
    )
    content["notes"] = candidate.public_notes
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:16]


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


__all__ = ["Rules", "Unwanted", "essence_of", "read_unwanted", "recognizable", "take_in"]
