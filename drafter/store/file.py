"""The SQLite file: opened, brought to this version, read by whoever asks, written by one thread.

Writes are queued. The thread takes what waits, puts it into one transaction and commits it to the disk before anybody is told
that it is done: a thousand small writes a second cost a few dozen commits, and none of them holds up the program's own loop.
Each write is a savepoint of its own, so that one that fails takes no other with it.
"""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from drafter.errors import StoreError
from drafter.store.schema import migrate
from drafter.store.share import network_share

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]

WAIT = 10.0
"""Seconds to wait for another process that writes to the same file."""

MOST = 500
"""Writes in one transaction: another process that waits for its turn gets it soon."""


@dataclass(frozen=True)
class _Order:
    """A write that waits, and who is told of its end."""

    work: Work[Any]
    told: Future[Any]
    alone: bool
    """Outside of any transaction, as VACUUM must be."""


class File:
    """One open file of drafts.

    Args:
        path: where it is; made if it is not there.

    Raises:
        StoreError: it cannot be opened, lies on a network share, or is no file of drafts.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._orders: queue.SimpleQueue[_Order | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        if share := network_share(path):
            message = f"lies on a network share ({share}), where a database is not safe"
            raise StoreError(message, where=str(path), next="Name a file on this machine’s own disk with --store")
        with in_words(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)  # people's data: nobody else's to read
            self._db = self._open()
            try:
                migrate(self._db, str(path))
                self._db.execute("PRAGMA journal_mode = WAL")
            except BaseException:
                self._db.close()
                raise

    def _open(self) -> sqlite3.Connection:
        # of several threads only the one that opened it ever uses a connection, but for its closing
        db = sqlite3.connect(self.path, timeout=WAIT, isolation_level=None, check_same_thread=False)
        db.row_factory = sqlite3.Row
        db.execute("PRAGMA foreign_keys = ON")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA secure_delete = ON")
        return db

    def read(self, query: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """Return what a query finds.

        Raises:
            StoreError: the file cannot be read.
        """
        with in_words(self.path):
            return self._db.execute(query, values).fetchall()

    def put(self, work: Work[T], *, alone: bool = False) -> Future[T]:
        """Queue a write and return at once; the result, or the error, comes when it stands on the disk."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._write_all, name="store", daemon=True)
            self._thread.start()
        told: Future[T] = Future()
        told.set_running_or_notify_cancel()  # from here on nobody can take it back
        self._orders.put(_Order(work, told, alone))
        return told

    def write(self, work: Work[T], *, alone: bool = False) -> T:
        """Write, and return when it stands on the disk.

        Raises:
            StoreError: it cannot be written.
        """
        return self.put(work, alone=alone).result()

    async def written(self, work: Work[T]) -> T:
        """Write without holding up anything else; see `write`."""
        return await asyncio.wrap_future(self.put(work))

    def close(self) -> None:
        """Finish what is queued and close the file."""
        if self._thread is not None:
            self._orders.put(None)
            self._thread.join()
            self._thread = None
        self._db.close()

    def _write_all(self) -> None:
        """Write what is queued until the file is closed."""
        db: sqlite3.Connection | None = None
        while True:
            orders = self._waiting()
            try:
                with in_words(self.path):
                    db = db or self._open()
                    self._commit(db, [order for order in orders if order])
            except BaseException as error:  # whatever it is, those who wait must hear of it
                for order in orders:
                    if order and not order.told.done():
                        order.told.set_exception(error)
            if None in orders:
                if db:
                    db.close()
                return

    def _waiting(self) -> list[_Order | None]:
        """Return what waits, at least one order; one that must be alone ends the list."""
        orders = [self._orders.get()]
        while len(orders) < MOST and orders[-1] and not orders[-1].alone:
            try:
                orders.append(self._orders.get_nowait())
            except queue.Empty:
                break
        return orders

    def _commit(self, db: sqlite3.Connection, orders: Sequence[_Order]) -> None:
        together = [order for order in orders if not order.alone]
        ends: list[tuple[_Order, Any, Exception | None]] = []
        if together:
            with transaction(db):
                ends = [(order, *self._one(db, order)) for order in together]
        for order, result, error in ends:
            if error:
                order.told.set_exception(error)
            else:
                order.told.set_result(result)
        for order in orders:
            if order.alone:
                order.told.set_result(order.work(db))

    def _one(self, db: sqlite3.Connection, order: _Order) -> tuple[Any, Exception | None]:
        """Do one write of a transaction; what it has changed is taken back if it fails."""
        db.execute("SAVEPOINT one")
        try:
            with in_words(self.path):
                result = order.work(db)
        except Exception as error:
            db.execute("ROLLBACK TO one")
            db.execute("RELEASE one")
            return None, error
        db.execute("RELEASE one")
        return result, None


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """Do what is inside wholly or not at all."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


@contextmanager
def in_words(path: Path) -> Iterator[None]:
    """Turn what goes wrong with the file into one line."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        hint = "Make room on the disk" if "full" in reason else "Name another file with --store"
        raise StoreError(f"cannot be used for drafts ({reason})", where=str(path), next=hint) from error
