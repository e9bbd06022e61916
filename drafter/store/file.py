"""The SQLite file: opened, brought to this version, read by whoever asks, written by one thread.

Writes are queued. The thread takes what waits, puts it into one transaction and commits it to the disk before anybody is told
that it is done: a thousand small writes a second cost a few dozen commits, and none of them holds up the program's own loop.
Where one of them fails, all are taken back and written one by one, so that it takes no other with it.
"""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, nullcontext, suppress
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
    told: "Future[Any] | asyncio.Future[Any]"
    loop: asyncio.AbstractEventLoop | None
    """The loop in which they wait; None for a thread that does nothing else."""
    alone: bool
    """Outside of any transaction, as VACUUM must be."""


_End = tuple[_Order, Any, Exception | None]
"""How a write ended: with a result, or with an error."""


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

    def write(self, work: Work[T], *, alone: bool = False) -> T:
        """Write, and return when it stands on the disk.

        Raises:
            StoreError: it cannot be written.
        """
        told: Future[T] = Future()
        self._put(_Order(work, told, None, alone))
        return told.result()

    async def written(self, work: Work[T]) -> T:
        """Write without holding up anything else; see `write`. Whoever is cancelled meanwhile has written all the same."""
        loop = asyncio.get_running_loop()
        told: asyncio.Future[T] = loop.create_future()
        self._put(_Order(work, told, loop, False))
        return await told

    def _put(self, order: _Order) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._write_all, name="store", daemon=True)
            self._thread.start()
        self._orders.put(order)

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
            wanted = [order for order in orders if order]
            try:
                with in_words(self.path):
                    db = db or self._open()
            except StoreError as error:
                _tell([(order, None, error) for order in wanted])
            else:
                _tell(self._ends(db, wanted))
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

    def _ends(self, db: sqlite3.Connection, orders: Sequence[_Order]) -> list[_End]:
        """Write, all in one transaction, and return how each ended."""
        together = [order for order in orders if not order.alone]
        try:
            with transaction(db):
                ends: list[_End] = [(order, order.work(db), None) for order in together]
        except Exception:  # one of them, or the disk: now it is found out which, and the others are written
            ends = [self._end(db, order) for order in together]
        return ends + [self._end(db, order) for order in orders if order.alone]

    def _end(self, db: sqlite3.Connection, order: _Order) -> _End:
        """Write one, and return how it ended."""
        try:
            with in_words(self.path), nullcontext() if order.alone else transaction(db):
                return order, order.work(db), None
        except Exception as error:
            return order, None, error


def _tell(ends: Sequence[_End]) -> None:
    """Tell those who wait how their writes ended; those of one loop together, for each word to a loop wakes it up."""
    loops = {order.loop for order, _, _ in ends}
    for loop in loops:
        theirs = [end for end in ends if end[0].loop is loop]
        if loop is None:
            _settle(theirs)
        else:
            with suppress(RuntimeError):  # closed: nobody waits any more
                loop.call_soon_threadsafe(_settle, theirs)


def _settle(ends: Sequence[_End]) -> None:
    for order, result, error in ends:
        if order.told.done():  # whoever waited was cancelled
            continue
        if error:
            order.told.set_exception(error)
        else:
            order.told.set_result(result)


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
