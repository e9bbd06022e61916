"""The file itself: drafts put in, found, listed, compared in versions, and people forgotten."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from drafter.candidate import Candidate
from drafter.errors import DrafterError, StoreError, UsageError
from drafter.report import Draft
from drafter.store.schema import migrate

WAIT = 10.0
"""Seconds to wait for another process that writes to the same file."""

SHORTEST_ID = 4
"""Characters of an id from which on its beginning is enough."""

# one task makes one draft at a time, and each task has its own context: so a model's attempts find their person
_WORK: ContextVar[int | None] = ContextVar("work", default=None)


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
        self.path, self._now = path, now
        with self._in_words():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)  # people's data: nobody else's to read
            self._db = sqlite3.connect(path, timeout=WAIT, isolation_level=None)
            try:
                self._db.row_factory = sqlite3.Row
                self._db.execute("PRAGMA foreign_keys = ON")
                migrate(self._db, str(path))
                self._db.execute("PRAGMA journal_mode = WAL")
                self._db.execute("PRAGMA synchronous = FULL")
                self._db.execute("PRAGMA secure_delete = ON")
            except BaseException:
                self._db.close()
                raise

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @contextmanager
    def working(self, candidate: Candidate, command: str) -> Iterator[int]:
        """Open a person's turn: drafts kept and attempts made inside belong to it; an error is written down.

        Args:
            candidate: the person.
            command: what is being done, e.g. `draft`.
        """
        row = (
            self._time(),
            command,
            candidate.id,
            candidate.name,
            candidate.affiliation,
            candidate.email.strip().lower(),
        )
        work = self._write(
            "INSERT INTO work (started, command, candidate_id, name, affiliation, email) VALUES (?, ?, ?, ?, ?, ?)", row
        )
        token = _WORK.set(work)
        try:
            yield work
        except DrafterError as error:
            self._write("UPDATE work SET error = ? WHERE id = ?", (_json(error.as_json()), work))
            raise
        finally:
            _WORK.reset(token)

    def keep(self, draft: Draft, wish: str) -> None:
        """Keep a draft made in the open turn; as a further version where it has a parent.

        Making the very same draft again changes nothing: a version that was chosen since stays the one that counts.
        """
        with self._in_words(), self._transaction():
            if self._db.execute("SELECT 1 FROM draft WHERE id = ?", (draft.id,)).fetchone():
                return
            mail = self._mail_of(draft.parent) or draft.id
            self._db.execute("UPDATE draft SET current = 0 WHERE mail = ?", (mail,))
            (last,) = self._db.execute("SELECT max(version) FROM draft WHERE mail = ?", (mail,)).fetchone()
            self._db.execute(
                "INSERT INTO draft (id, work, mail, version, current, made, wish, data) VALUES (?, ?, ?, ?, 1, ?, ?, ?)",
                (draft.id, _WORK.get(), mail, (last or 0) + 1, self._time(), wish, _json(draft.as_json())),
            )

    def keep_known(self, draft: Draft) -> None:
        """Keep a draft that came from a file, unless it is kept already, so that its further versions have a first."""
        with self._in_words():
            known = self._db.execute("SELECT 1 FROM draft WHERE id = ?", (draft.id,)).fetchone()
        if not known:
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
        with self._in_words(), self._transaction():
            self._db.execute("UPDATE draft SET current = (id = ?) WHERE mail = ?", (version.id, version.mail))

    def calls(self, version: Version) -> list[Call]:
        """Return every request made in the turn that a draft comes from, in the order they were sent."""
        query = "SELECT * FROM attempt WHERE work = (SELECT work FROM draft WHERE id = ?) ORDER BY id"
        with self._in_words():
            rows = self._db.execute(query, (version.id,)).fetchall()
        return [_call(row) for row in rows]

    def forget(self, who: str) -> Forgotten:
        """Delete all that is held of a person, so that it cannot be read from the file any more.

        Rows without an address go too where name and affiliation are the same.

        Args:
            who: an e-mail address; or a draft's id, for people whose address is not known.
        """
        works = self._works_of(who)
        with self._in_words():
            with self._transaction():
                drafts, calls = (self._count(table, works) for table in ("draft", "attempt"))
                self._db.executemany("DELETE FROM work WHERE id = ?", [(work,) for work in works])
            # what is deleted still stands in the log and in free pages until these two
            self._db.execute("VACUUM")
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return Forgotten(drafts, calls, len(works))

    def answer(self, key: str) -> str | None:
        """Return what a judge answered to a question before, or None."""
        with self._in_words():
            row = self._db.execute("SELECT answer FROM answer WHERE key = ?", (key,)).fetchone()
        return str(row["answer"]) if row else None

    def keep_answer(self, key: str, answer: str) -> None:
        """Keep a judge's answer."""
        self._write("INSERT OR REPLACE INTO answer (key, work, answer) VALUES (?, ?, ?)", (key, _WORK.get(), answer))

    def attempt_sent(self, call: str, number: int, model: str, address: str, mode: str, request: Any) -> None:
        """Write down a request that is about to be sent."""
        self._write(
            "INSERT INTO attempt (work, call, number, sent, model, address, mode, request) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (_WORK.get(), call, number, self._time(), model, address, mode, _json(request)),
        )

    def attempt_over(
        self, call: str, number: int, status: int | None, error: str, reply: str, usage: Any, seconds: float
    ) -> None:
        """Write down what became of a request."""
        self._write(
            "UPDATE attempt SET status = ?, error = ?, reply = ?, usage = ?, seconds = ? WHERE call = ? AND number = ?",
            (status, error, reply.encode("utf-8", "replace").decode(), _json(usage), seconds, call, number),
        )

    def _works_of(self, who: str) -> list[int]:
        with self._in_words():
            if "@" in who:
                condition, values = "email = ?", (who.strip().lower(),)
            else:
                condition, values = "id = (SELECT work FROM draft WHERE id = ?)", (self.find(who).id,)
            people = self._db.execute(f"SELECT id, name, affiliation FROM work WHERE {condition}", values).fetchall()
            works = {row["id"] for row in people}
            for name, affiliation in {(row["name"], row["affiliation"]) for row in people if row["name"]}:
                same = "SELECT id FROM work WHERE email = '' AND name = ? AND affiliation = ?"
                works |= {row["id"] for row in self._db.execute(same, (name, affiliation))}
        return sorted(works)

    def _count(self, table: str, works: list[int]) -> int:
        query = f"SELECT count(*) FROM {table} WHERE work = ?"
        return sum(int(self._db.execute(query, (work,)).fetchone()[0]) for work in works)

    def _mail_of(self, id: str) -> str | None:
        row = self._db.execute("SELECT mail FROM draft WHERE id = ?", (id,)).fetchone()
        return str(row["mail"]) if row else None

    def _versions(self, condition: str, values: tuple[Any, ...]) -> list[Version]:
        with self._in_words():
            rows = self._db.execute(f"SELECT * FROM draft WHERE {condition} ORDER BY rowid", values).fetchall()
        return [_version(row) for row in rows]

    def _time(self) -> str:
        return self._now().astimezone(UTC).isoformat(timespec="seconds")

    def _write(self, statement: str, values: tuple[Any, ...]) -> int:
        with self._in_words():
            return self._db.execute(statement, values).lastrowid or 0

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        """Turn what goes wrong with the file into one line."""
        try:
            yield
        except (OSError, sqlite3.Error) as error:
            reason = getattr(error, "strerror", None) or str(error)
            hint = "Name another file with --store"
            raise StoreError(f"cannot be used for drafts ({reason})", where=str(self.path), next=hint) from error


def _json(value: Any) -> str:
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


def _call(row: sqlite3.Row) -> Call:
    return Call(
        sent=row["sent"],
        model=row["model"],
        address=row["address"],
        mode=row["mode"],
        request=json.loads(row["request"]),
        status=row["status"],
        error=row["error"],
        reply=row["reply"],
        usage=json.loads(row["usage"]) if row["usage"] else None,
        seconds=row["seconds"],
    )
