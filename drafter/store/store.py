"""The file itself: drafts put in, found, listed, compared in versions, and people forgotten."""

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from drafter.candidate import Candidate
from drafter.errors import DrafterError, UsageError
from drafter.report import Draft
from drafter.store.file import File

SHORTEST_ID = 4
"""Characters of an id from which on its beginning is enough."""

# one task makes one draft at a time, and each task has its own context: so a model's attempts find their person
_WORK: ContextVar[int | None] = ContextVar("work", default=None)


def current_work() -> int | None:
    """Return the turn that is open in this task, None where there is none."""
    return _WORK.get()


@dataclass(frozen=True)
class Version:
    """One version of a mail, for a list."""

    id: str
    mail: str
    """The id of the mail's first version."""
    number: int
    current: bool
    """The one that counts: the newest, unless an older one was restored."""
    made: str
    """When, in UTC (ISO 8601)."""
    wish: str
    """What was asked for, in words: `draft`, `rewrite: tone warm`, `follow-up 1`."""
    draft: Draft

    def as_json(self) -> dict[str, Any]:
        """Return the form in which `drafter list --json` prints it."""
        draft = self.draft
        return {
            "id": self.id,
            "mail": self.mail,
            "version": self.number,
            "current": self.current,
            "made": self.made,
            "wish": self.wish,
            "candidate_id": draft.candidate_id,
            "name": draft.candidate.get("name", ""),
            "email": draft.candidate.get("email", ""),
            "language": draft.language,
            "tone": draft.tone,
            "model": draft.model,
            "status": draft.status,
            "subject": draft.subject,
        }


@dataclass(frozen=True)
class Call:
    """One request to a model, what came back, and what it took."""

    sent: str
    model: str
    address: str
    mode: str
    request: list[dict[str, str]]
    status: int | None
    error: str | None
    """None while nothing has come back: the program was stopped, and the request may have been billed."""
    reply: str | None
    usage: dict[str, int] | None
    seconds: float | None

    def as_json(self) -> dict[str, Any]:
        """Return the form in which `drafter show --calls --json` prints it."""
        return dict(self.__dict__)


@dataclass(frozen=True)
class Forgotten:
    """What was deleted of a person."""

    drafts: int
    calls: int
    works: int


class Store:
    """One file of drafts; `Store(path)` opens it and makes it if it is not there.

    Args:
        path: the file.
        now: tells the time.

    Raises:
        StoreError: it cannot be opened, or is no file of drafts.
    """

    def __init__(self, path: Path, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.file, self._now = File(path), now

    @property
    def path(self) -> Path:
        """The file."""
        return self.file.path

    def close(self) -> None:
        """Close the file."""
        self.file.close()

    @contextmanager
    def working(self, candidate: Candidate, command: str) -> Iterator[int]:
        """Open a person's turn: drafts kept and attempts made inside belong to it; an error is written down.

        Args:
            candidate: the person.
            command: what is being done, e.g. `draft`.
        """
        row = person_row(candidate.id, candidate.name, candidate.affiliation, candidate.email)
        work = self.file.write(lambda db: insert_work(db, self.time(), command, row))
        try:
            with self.going_on(work):
                yield work
        except DrafterError as error:
            words = as_json(error.as_json())
            self.file.write(lambda db: db.execute("UPDATE work SET error = ? WHERE id = ?", (words, work)))
            raise

    @staticmethod
    @contextmanager
    def going_on(work: int) -> Iterator[None]:
        """Go on with a turn that was opened before: what is asked and made inside belongs to it."""
        token = _WORK.set(work)
        try:
            yield
        finally:
            _WORK.reset(token)

    def keep(self, draft: Draft, wish: str) -> None:
        """Keep a draft made in the open turn; as a further version where it has a parent.

        Making the very same draft again changes nothing: a version that was chosen since stays the one that counts.
        """
        row = DraftRow(draft.id, draft.parent, self.time(), wish, as_json(draft.as_json()))
        work = current_work()
        self.file.write(lambda db: insert_draft(db, row, work))

    def keep_known(self, draft: Draft) -> None:
        """Keep a draft that came from a file, unless it is kept already, so that its further versions have a first."""
        if not self.file.read("SELECT 1 FROM draft WHERE id = ?", (draft.id,)):
            self.keep(draft, "from a file")

    def find(self, id: str) -> Version:
        """Return a draft by its id or by the beginning of it.

        Raises:
            UsageError: there is none, or there are several.
        """
        found = self._versions("id >= ? AND id < ?", (id, f"{id}\U0010ffff")) if len(id) >= SHORTEST_ID else []
        exact = [version for version in found if version.id == id]
        if len(exact or found) != 1:
            message = f"several drafts begin with “{id}”" if found else f"holds no draft “{id}”"
            hint = "`drafter list` shows what it holds; four characters of an id are enough"
            raise UsageError(f"{self.path}: {message}", next=hint)
        return (exact or found)[0]

    def versions(self, mail: str) -> list[Version]:
        """Return all versions of a mail, oldest first."""
        return self._versions("mail = ?", (mail,))

    def listed(self) -> list[Version]:
        """Return the current version of every mail, newest first."""
        return self._versions("current = 1", ())[::-1]

    def follow_ups(self, version: Version) -> list[Version]:
        """Return the mails that follow up a mail, in any of its versions; oldest first."""
        versions = {other.id for other in self.versions(version.mail)}
        condition = "work IN (SELECT id FROM work WHERE candidate_id = ?)"
        candidates = self._versions(condition, (version.draft.candidate_id,))
        return [other for other in candidates if other.draft.thread and other.draft.thread[-1].id in versions]

    def restore(self, version: Version) -> None:
        """Make a version the one that counts."""
        values = (version.id, version.mail)
        self.file.write(lambda db: db.execute("UPDATE draft SET current = (id = ?) WHERE mail = ?", values))

    def calls(self, version: Version) -> list[Call]:
        """Return every request made in the turn that a draft comes from, in the order they were sent."""
        query = "SELECT * FROM attempt WHERE work = (SELECT work FROM draft WHERE id = ?) ORDER BY id"
        texts = {row["digest"]: row["text"] for row in self.file.read("SELECT * FROM instructions")}
        return [_call(row, texts) for row in self.file.read(query, (version.id,))]

    def forget(self, who: str) -> Forgotten:
        """Delete all that is held of a person, so that it cannot be read from the file any more.

        Rows without an address go too where name and affiliation are the same.

        Args:
            who: an e-mail address; or a draft's id, for people whose address is not known.
        """
        works = self._works_of(who)
        forgotten = self.file.write(lambda db: _delete(db, works))
        # what is deleted still stands in the log and in free pages until these two
        self.file.write(_shrink, alone=True)
        return forgotten

    def answer(self, key: str) -> str | None:
        """Return what a judge answered to a question before, or None."""
        rows = self.file.read("SELECT answer FROM answer WHERE key = ?", (key,))
        return str(rows[0]["answer"]) if rows else None

    def keep_answer(self, key: str, answer: str) -> None:
        """Keep a judge's answer."""
        values = (key, current_work(), answer)
        self.file.write(
            lambda db: db.execute("INSERT OR REPLACE INTO answer (key, work, answer) VALUES (?, ?, ?)", values)
        )

    def _works_of(self, who: str) -> list[int]:
        if "@" in who:
            condition, values = "email = ?", (who.strip().lower(),)
        else:
            condition, values = "id = (SELECT work FROM draft WHERE id = ?)", (self.find(who).id,)
        people = self.file.read(f"SELECT id, name, affiliation FROM work WHERE {condition}", values)
        works = {int(row["id"]) for row in people}
        for name, affiliation in {(row["name"], row["affiliation"]) for row in people if row["name"]}:
            same = "SELECT id FROM work WHERE email = '' AND name = ? AND affiliation = ?"
            works |= {int(row["id"]) for row in self.file.read(same, (name, affiliation))}
        return sorted(works)

    def _versions(self, condition: str, values: tuple[Any, ...]) -> list[Version]:
        rows = self.file.read(f"SELECT * FROM draft WHERE {condition} ORDER BY rowid", values)
        return [_version(row) for row in rows]

    def time(self) -> str:
        """Return the time, in UTC (ISO 8601)."""
        return self._now().astimezone(UTC).isoformat(timespec="seconds")


@dataclass(frozen=True)
class DraftRow:
    """A draft as it is kept."""

    id: str
    parent: str
    made: str
    wish: str
    data: str
    """The draft's JSON."""
    key: str = ""
    """What decides the mail, for a draft that a later run may take over."""


def person_row(id: str, name: str, affiliation: str, email: str) -> tuple[str, str, str, str]:
    """Return what a turn is found by."""
    return id, name, affiliation, email.strip().lower()


def insert_work(db: sqlite3.Connection, time: str, command: str, person: tuple[str, str, str, str]) -> int:
    """Open a person's turn and return its number."""
    statement = "INSERT INTO work (started, command, candidate_id, name, affiliation, email) VALUES (?, ?, ?, ?, ?, ?)"
    return db.execute(statement, (time, command, *person)).lastrowid or 0


def insert_draft(db: sqlite3.Connection, row: DraftRow, work: int | None) -> None:
    """Keep a draft, as a further version where it has a parent; one that is there already stays as it is."""
    if db.execute("SELECT 1 FROM draft WHERE id = ?", (row.id,)).fetchone():
        return
    first = db.execute("SELECT mail FROM draft WHERE id = ?", (row.parent,)).fetchone() if row.parent else None
    mail, last = (first["mail"] if first else row.id), 0
    if first:
        (last,) = db.execute("SELECT max(version) FROM draft WHERE mail = ?", (mail,)).fetchone()
        db.execute("UPDATE draft SET current = 0 WHERE mail = ?", (mail,))
    db.execute(
        "INSERT INTO draft (id, work, mail, version, current, made, wish, data, key) VALUES (?, ?, ?, ?, 1, ?, ?, ?, ?)",
        (row.id, work, mail, last + 1, row.made, row.wish, row.data, row.key),
    )


def _delete(db: sqlite3.Connection, works: Sequence[int]) -> Forgotten:
    """Delete turns and all that hangs on them."""
    drafts, calls = (
        sum(int(db.execute(f"SELECT count(*) FROM {table} WHERE work = ?", (work,)).fetchone()[0]) for work in works)
        for table in ("draft", "attempt")
    )
    db.executemany("DELETE FROM work WHERE id = ?", [(work,) for work in works])
    return Forgotten(drafts, calls, len(works))


def _shrink(db: sqlite3.Connection) -> None:
    db.execute("VACUUM")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def as_json(value: Any) -> str:
    """Return a value as JSON that a file can hold."""
    # half a surrogate pair, which a server's JSON can hold, can be kept by no file
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace").decode()


def _version(row: sqlite3.Row) -> Version:
    return Version(
        id=row["id"],
        mail=row["mail"],
        number=row["version"],
        current=bool(row["current"]),
        made=row["made"],
        wish=row["wish"],
        draft=Draft.model_validate_json(row["data"]),
    )


def _call(row: sqlite3.Row, instructions: Mapping[str, str]) -> Call:
    request = [
        {"role": m["role"], "content": m["content"] if "content" in m else instructions.get(m["digest"], "")}
        for m in json.loads(row["request"])
    ]
    return Call(
        sent=row["sent"],
        model=row["model"],
        address=row["address"],
        mode=row["mode"],
        request=request,
        status=row["status"],
        error=row["error"],
        reply=row["reply"],
        usage=json.loads(row["usage"]) if row["usage"] else None,
        seconds=row["seconds"],
    )
