"""Rows of a file into rows of a run: bad rows, people who stand there twice, and people who are not to be written to."""

import hashlib
import json
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from drafter.batch.unwanted import Unwanted
from drafter.candidate import Candidate
from drafter.errors import InputError
from drafter.store import NewRow, Run, Runs
from drafter.tables import Row

UNWANTED = "is on the do-not-contact list"

CHUNK = 500
"""Rows taken in with one write."""


@dataclass(frozen=True)
class Rules:
    """Who is left out.

    Args:
        unwanted: people who are not to be written to.
        cool_down: days in which nobody is drafted to who was in another run; 0 for none.
        now: the time.
    """

    unwanted: Unwanted = field(default_factory=Unwanted)
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
        if self._rules.unwanted.holds(candidate, row.given.values()):
            reason = UNWANTED
        elif first := self._earlier(email, person):
            reason = f"stands in the file twice (first in {first})"
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


__all__ = ["Rules", "essence_of", "recognizable", "take_in"]
