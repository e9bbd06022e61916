"""Batches in the store: runs, their rows, and drafts that a later run may take over.

    run     one folder of results, and what it was made from        has rows
    row     one row of its input, in the order of the file          is a person's turn (work), and points at its draft

A row is `pending`, `drafted`, `failed` or `rejected`; that changes in the same transaction in which its draft is kept.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from drafter.store.store import DraftRow, Store, as_json, insert_draft, insert_work

State = Literal["pending", "drafted", "failed", "rejected"]

CHUNK = 200
"""Rows read at a time."""


@dataclass(frozen=True)
class NewRow:
    """A row as it enters a run."""

    place: str
    """File and line."""
    record: Mapping[str, Any]
    """What was read, under the keys of a candidate."""
    given: Mapping[str, str]
    """The cells as they stand in the file, under its own headings."""
    identity: tuple[str, str, str, str] = ("", "", "", "")
    """Id, name, affiliation and e-mail address."""
    person: str = ""
    """Name and affiliation in one, to be recognized by; "" if either is missing."""
    essence: str = ""
    """A hash of all of the record that a prompt can hold."""
    ordinal: int = 0
    """How many rows before it have the same essence."""
    hold: str = ""
    """Why nothing new is to be written to this person; "" if nothing speaks against it."""
    state: State = "pending"
    reason: str = ""


@dataclass(frozen=True)
class Run:
    """A batch."""

    id: int
    folder: str
    digest: str
    """A hash of input, settings, library and prompts."""
    started: str
    ended: str | None
    state: str
    """`new`, `running`, `stopped` or `done`."""
    reason: str
    """Why it was stopped, for a person."""
    settings: Mapping[str, Any]
    columns: tuple[str, ...]
    """The input's columns, in their order."""
    summary: Mapping[str, Any]
    """What came of it, once it has come to a stop; empty before."""


@dataclass(frozen=True)
class Pending:
    """A row to be drafted."""

    work: int
    position: int
    place: str
    record: Mapping[str, Any]
    ordinal: int
    hold: str


@dataclass(frozen=True)
class Reply:
    """An answer that came in an earlier start of a run, and was paid for."""

    digest: str
    """Of the request."""
    mode: str
    body: str
    usage: Mapping[str, Any]


@dataclass(frozen=True)
class Result:
    """A row with what became of it."""

    work: int
    position: int
    place: str
    state: State
    reason: str
    usable: bool
    """Whether it held a candidate at all."""
    reused: bool
    draft: Mapping[str, Any] | None
    """The draft's JSON: the version of its mail that counts."""
    _record: str
    _given: str

    # worked out when asked for: nobody asks for all of it
    @cached_property
    def record(self) -> Mapping[str, Any]:
        """What was read, under the keys of a candidate."""
        record: Mapping[str, Any] = json.loads(self._record)
        return record

    @cached_property
    def given(self) -> Mapping[str, str]:
        """The cells as they stand in the file, under its own headings."""
        given: Mapping[str, str] = json.loads(self._given)
        return given

    @property
    def status(self) -> str:
        """`ok`, `needs_review`, or the state of a row that has no draft."""
        return self.state if self.draft is None else str(self.draft["status"])


class Runs:
    """The runs of a store.

    Args:
        store: the file.
    """

    def __init__(self, store: Store) -> None:
        self.store, self._file = store, store.file

    def again(self, run: Run) -> Run:
        """Return a run as it stands now."""
        return _run(self._file.read("SELECT * FROM run WHERE id = ?", (run.id,))[0])

    def find(self, folder: Path) -> Run | None:
        """Return the run whose results lie in a folder, None if there is none."""
        rows = self._file.read("SELECT * FROM run WHERE folder = ?", (str(folder.resolve()),))
        return _run(rows[0]) if rows else None

    def begin(self, folder: Path, digest: str, settings: Mapping[str, Any]) -> Run:
        """Open a run, or open it anew with another input: its rows are taken in again, its drafts stay."""
        values = (str(folder.resolve()), digest, self.store.time(), as_json(settings))

        def work(db: sqlite3.Connection) -> None:
            db.execute("DELETE FROM row WHERE run = (SELECT id FROM run WHERE folder = ?)", values[:1])
            db.execute(
                "INSERT INTO run (folder, digest, started, state, reason, settings, columns, summary)"
                " VALUES (?, ?, ?, 'new', '', ?, '[]', '{}')"
                " ON CONFLICT (folder) DO UPDATE SET digest = excluded.digest, started = excluded.started, ended = NULL,"
                " state = 'new', reason = '', settings = excluded.settings, summary = '{}'",
                values,
            )

        self._file.write(work)
        run = self.find(folder)
        assert run
        return run

    def add(self, run: Run, first: int, rows: Sequence[NewRow]) -> None:
        """Take rows into a run, in one go.

        Args:
            run: the run.
            first: the position of the first.
            rows: what to take in.
        """
        time = self.store.time()

        def work(db: sqlite3.Connection) -> None:
            for position, row in enumerate(rows, first):
                turn = insert_work(db, time, "batch", row.identity)
                db.execute(
                    "INSERT INTO row (work, run, position, place, record, given, person, essence, ordinal, hold, state, reason)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (turn, run.id, position, row.place, as_json(row.record), as_json(row.given), row.person,
                     row.essence, row.ordinal, row.hold, row.state, row.reason),
                )  # fmt: skip

        self._file.write(work)

    def same_person(self, run: Run, email: str, person: str) -> str:
        """Return the place of a row of a run that is to the same person, "" if there is none."""
        by_email = "SELECT r.place FROM work w JOIN row r ON r.work = w.id WHERE w.email = ? AND r.run = ? AND r.state <> 'rejected' LIMIT 1"
        by_name = "SELECT place FROM row WHERE person = ? AND person <> '' AND run = ? AND state <> 'rejected' LIMIT 1"
        for query, value in ((by_email, email), (by_name, person)):
            if value and (rows := self._file.read(query, (value, run.id))):
                return str(rows[0]["place"])
        return ""

    def lately(self, run: Run, email: str, person: str, since: str) -> tuple[str, str] | None:
        """Return when, and into which folder, another run has drafted to a person with a model; None if none has.

        Args:
            run: this run.
            email: the person's address, "" if not known.
            person: name and affiliation in one, "" if not known.
            since: the time from which on it counts.
        """
        query = (
            "SELECT d.made, n.folder FROM {0} JOIN draft d ON d.id = r.draft JOIN run n ON n.id = r.run"
            " WHERE {1} = ? AND {1} <> '' AND r.run <> ? AND d.made >= ? AND json_extract(d.data, '$.model') <> 'offline'"
            " ORDER BY d.made DESC LIMIT 1"
        )
        for table, column, value in (
            ("work w JOIN row r ON r.work = w.id", "w.email", email),
            ("row r", "r.person", person),
        ):
            if value and (rows := self._file.read(query.format(table, column), (value, run.id, since))):
                return str(rows[0]["made"]), str(rows[0]["folder"])
        return None

    def alike(self, run: Run, essence: str) -> int:
        """Return how many rows of a run hold the same for a prompt."""
        return int(self._file.read("SELECT count(*) FROM row WHERE run = ? AND essence = ?", (run.id, essence))[0][0])

    def drop(self, run: Run) -> None:
        """Take a run back that was never begun, with all that was taken in for it."""

        def work(db: sqlite3.Connection) -> None:
            turns = "SELECT work FROM row WHERE run = ? AND draft IS NULL"
            db.execute(f"DELETE FROM work WHERE id IN ({turns})", (run.id,))
            db.execute("DELETE FROM run WHERE id = ?", (run.id,))

        self._file.write(work)

    def set_columns(self, run: Run, columns: Sequence[str]) -> None:
        """Say which columns a run's input has."""
        values = (as_json(list(columns)), run.id)
        self._file.write(lambda db: db.execute("UPDATE run SET columns = ? WHERE id = ?", values))

    def seal(self, run: Run) -> str:
        """Return what changes whenever another version of one of a run's mails comes to count, or a person is forgotten."""
        query = (
            "SELECT count(*) AS n, total(c.rowid) AS sum FROM row r JOIN draft d ON d.id = r.draft"
            " JOIN draft c ON c.mail = d.mail AND c.current = 1 WHERE r.run = ?"
        )
        row = self._file.read(query, (run.id,))[0]
        return f"{row['n']}/{row['sum']:.0f}"

    def rejected_for(self, run: Run, reason: str) -> int:
        """Return how many rows were rejected for a reason."""
        query = "SELECT count(*) FROM row WHERE run = ? AND state = 'rejected' AND reason = ?"
        return int(self._file.read(query, (run.id, reason))[0][0])

    def held(self, run: Run) -> int:
        """Return how many pending rows are left out unless a draft of theirs is there."""
        query = "SELECT count(*) FROM row WHERE run = ? AND state = 'pending' AND hold <> ''"
        return int(self._file.read(query, (run.id,))[0][0])

    def set_state(self, run: Run, state: str, reason: str = "") -> None:
        """Say how far a run is."""
        ended = None if state == "running" else self.store.time()
        values = (state, reason, ended, run.id)
        self._file.write(lambda db: db.execute("UPDATE run SET state = ?, reason = ?, ended = ? WHERE id = ?", values))

    def set_summary(self, run: Run, summary: Mapping[str, Any]) -> None:
        """Say what came of a run."""
        values = (as_json(summary), run.id)
        self._file.write(lambda db: db.execute("UPDATE run SET summary = ? WHERE id = ?", values))

    def retry_failed(self, run: Run) -> int:
        """Make the rows that failed pending again, and return how many they are."""
        query = "UPDATE row SET state = 'pending', reason = '' WHERE run = ? AND state = 'failed'"
        return self._file.write(lambda db: db.execute(query, (run.id,)).rowcount)

    def pending(self, run: Run) -> Iterator[Pending]:
        """Yield the rows that are still to be drafted, in their order; a few are in memory at a time."""
        query = "SELECT * FROM row WHERE run = ? AND position > ? AND state = 'pending' ORDER BY position LIMIT ?"
        last = -1
        while rows := self._file.read(query, (run.id, last, CHUNK)):
            for row in rows:
                last = row["position"]
                yield Pending(row["work"], last, row["place"], json.loads(row["record"]), row["ordinal"], row["hold"])

    def counts(self, run: Run) -> dict[str, int]:
        """Return the number of rows by state."""
        rows = self._file.read("SELECT state, count(*) AS n FROM row WHERE run = ? GROUP BY state", (run.id,))
        return {row["state"]: row["n"] for row in rows}

    def spent(self, run: Run) -> float:
        """Return the US dollars that the calls of a run's rows have cost so far, as far as prices are known."""
        query = (
            "SELECT total(json_extract(a.usage, '$.cost')) FROM row r JOIN attempt a ON a.work = r.work WHERE r.run = ?"
        )
        return float(self._file.read(query, (run.id,))[0][0])

    def known(self, key: str) -> Mapping[str, Any] | None:
        """Return the draft that was made for a key in any run, in the version that counts; None if there is none."""
        query = (
            "SELECT c.data FROM draft d JOIN draft c ON c.mail = d.mail AND c.current = 1 WHERE d.key = ? AND d.key <> ''"
            " ORDER BY d.rowid DESC LIMIT 1"
        )
        rows = self._file.read(query, (key,))
        return json.loads(rows[0]["data"]) if rows else None

    def replies(self, work: int) -> list[Reply]:
        """Return the answers that can be used and that came in a row's turn, oldest first."""
        query = "SELECT digest, mode, reply, usage FROM attempt WHERE work = ? AND error = '' ORDER BY id"
        return [
            Reply(row["digest"], row["mode"], row["reply"], json.loads(row["usage"]))
            for row in self._file.read(query, (work,))
        ]

    async def drafted(self, row: Pending, drafts: Sequence[DraftRow], *, reused: bool = False) -> None:
        """Keep a row's drafts, the one that counts first, and mark the row as done; it stands on the disk on return."""

        def work(db: sqlite3.Connection) -> None:
            if not db.execute("SELECT 1 FROM work WHERE id = ?", (row.work,)).fetchone():
                return  # the person was forgotten while the mail was written
            for draft in drafts:
                insert_draft(db, draft, row.work)
            if len(drafts) > 1:
                db.execute("UPDATE draft SET current = (id = ?) WHERE mail = ?", (drafts[0].id, drafts[0].id))
            db.execute(
                "UPDATE row SET state = 'drafted', reason = '', draft = ?, reused = ? WHERE work = ?",
                (drafts[0].id, int(reused), row.work),
            )

        await self._file.written(work)

    async def not_drafted(self, row: Pending, state: State, reason: str) -> None:
        """Mark a row as failed or rejected, with the reason."""
        query = "UPDATE row SET state = ?, reason = ? WHERE work = ?"
        await self._file.written(lambda db: db.execute(query, (state, reason, row.work)))

    def results(self, run: Run, state: State | None = None) -> Iterator[Result]:
        """Yield the rows with what became of them, in their order; a few are in memory at a time."""
        query = (
            "SELECT r.*, c.data FROM row r LEFT JOIN draft d ON d.id = r.draft"
            " LEFT JOIN draft c ON c.mail = d.mail AND c.current = 1"
            " WHERE r.run = ? AND r.position > ? AND (? IS NULL OR r.state = ?) ORDER BY r.position LIMIT ?"
        )
        last = -1
        while rows := self._file.read(query, (run.id, last, state, state, CHUNK)):
            for row in rows:
                last = row["position"]
                yield _result(row)

    def amend(self, drafts: Iterable[Mapping[str, Any]]) -> None:
        """Put drafts in the place of what stands under their ids: the same mails, with other findings.

        Args:
            drafts: their JSON.
        """
        values = [(as_json(draft), draft["id"]) for draft in drafts]
        self._file.write(lambda db: db.executemany("UPDATE draft SET data = ? WHERE id = ?", values))


def _run(row: sqlite3.Row) -> Run:
    return Run(
        row["id"], row["folder"], row["digest"], row["started"], row["ended"], row["state"], row["reason"],
        json.loads(row["settings"]), tuple(json.loads(row["columns"])), json.loads(row["summary"]),
    )  # fmt: skip


def _result(row: sqlite3.Row) -> Result:
    return Result(
        work=row["work"],
        position=row["position"],
        place=row["place"],
        state=row["state"],
        reason=row["reason"],
        usable=bool(row["essence"]),
        reused=bool(row["reused"]),
        draft=json.loads(row["data"]) if row["data"] else None,
        _record=row["record"],
        _given=row["given"],
    )
