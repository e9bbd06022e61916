"""The flow: rows of a run are handed to clerks, and what comes back is kept, one by one, until nothing is left or somebody stops it.

Rows are read a few at a time, a fixed number of workers take them from a short queue, and every draft stands on the disk
before its row counts as done; so memory does not grow with the run, and a kill costs the calls on their way and no more.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from drafter.batch.clerk import Done, Job
from drafter.batch.office import Office
from drafter.batch.pace import Halt, Pace
from drafter.errors import DrafterError
from drafter.store import DraftRow, Pending, Run, Runs

Keep = Callable[[Pending, Done], Awaitable[None]]

IN_A_ROW = 20
"""Rows that fail one after the other, with none done in between, after which a run is stopped: something is wrong with all."""


@dataclass
class Progress:
    """How far a run is."""

    rows: int
    """Rows to be drafted in this start."""
    ok: int = 0
    review: int = 0
    failed: int = 0
    skipped: int = 0
    reused: int = 0
    began: float = field(default_factory=time.monotonic)

    @property
    def done(self) -> int:
        """Rows that have come to an end."""
        return self.ok + self.review + self.failed + self.skipped


class Engine:
    """One start of a run.

    Args:
        runs: the store.
        run: the run.
        office: the clerks.
        pace: the gate that all calls pass; None where no model writes.
        workers: rows under way at the same time.
        progress: is kept up to date.
        limit: most rows to be drafted in this start; all if None.
    """

    def __init__(
        self,
        runs: Runs,
        run: Run,
        office: Office,
        pace: Pace | None,
        progress: Progress,
        *,
        workers: int,
        limit: int | None = None,
    ) -> None:
        self._runs, self._run, self._office, self._pace = runs, run, office, pace
        self._workers, self._limit, self.progress = workers, limit, progress
        self._failures: list[Pending] = []
        """Rows that failed since the last that did not."""
        self._tasks: list[asyncio.Task[None]] = []
        self.stopped: DrafterError | None = None
        """Why the run was stopped before its end, None if it was not."""

    def stop(self, reason: DrafterError) -> None:
        """Begin no further row; those under way are finished."""
        self.stopped = self.stopped or reason

    def drain(self, reason: DrafterError) -> None:
        """Begin no further row, and send no further call: what is on its way comes back and is kept.

        A row that would need one more call stays to be done; the answers that it has had are not paid for again.
        """
        self.stop(reason)
        if self._pace:
            self._pace.halt(Halt(reason))

    def abort(self, reason: DrafterError) -> None:
        """Drop what is under way, too; it stays to be done."""
        self.stop(reason)
        for task in self._tasks:
            task.cancel()

    async def draft(self) -> None:
        """Draft the pending rows.

        Raises:
            DrafterError: what was made can no longer be kept, or the clerks are gone.
        """
        await self._each(self._pending(), self._kept)

    async def mend(self, jobs: Iterable[tuple[Pending, Job]]) -> None:
        """Repair drafts in which the look at the whole batch found something wrong; as `draft`."""
        await self._each(jobs, self._mended)

    def _pending(self) -> Iterator[tuple[Pending, Job]]:
        for row in islice(self._runs.pending(self._run), self._limit):
            yield row, Job(row.record, row.place, row.ordinal, row.hold)

    async def _each(self, jobs: Iterable[tuple[Pending, Job]], keep: Keep) -> None:
        """Have jobs done by a fixed number of workers, which a short queue feeds, and keep what comes of them."""
        queue: asyncio.Queue[tuple[Pending, Job] | None] = asyncio.Queue(self._workers)

        async def feed() -> None:
            for job in jobs:
                if self.stopped:
                    break
                await queue.put(job)
            for _ in range(self._workers):
                await queue.put(None)

        async def work() -> None:
            while job := await queue.get():
                if not self.stopped:
                    await self._one(*job, keep)

        try:
            async with asyncio.TaskGroup() as group:
                self._tasks = [group.create_task(feed()), *(group.create_task(work()) for _ in range(self._workers))]
        except* Exception as errors:
            raise errors.exceptions[0] from None

    async def _one(self, row: Pending, job: Job, keep: Keep) -> None:
        try:
            done = await self._office.do(row, job)
        except Halt as halt:
            self.stop(halt.reason)
            return
        if done.error and done.error.ends_run:
            self.drain(done.error)
        else:
            await keep(row, done)

    async def _kept(self, row: Pending, done: Done) -> None:
        progress = self.progress
        if done.error:
            await self._failed(row, done.error)
        elif done.rejected:
            progress.skipped += 1
            await self._runs.not_drafted(row, "rejected", done.rejected)
        else:
            await self._runs.drafted(row, self._rows(done), reused=done.known)
            progress.reused += done.known
            progress.ok += done.made[0].status == "ok"
            progress.review += done.made[0].status != "ok"
            self._failures.clear()

    async def _mended(self, row: Pending, done: Done) -> None:
        if done.made and not done.error:
            await self._runs.drafted(row, self._rows(done))

    def _rows(self, done: Done) -> list[DraftRow]:
        time = self._runs.store.time()
        return [
            DraftRow(made.id, made.parent, time, made.wish, made.data, "" if number else done.key)
            for number, made in enumerate(done.made)
        ]

    async def _failed(self, row: Pending, error: DrafterError) -> None:
        """Mark a row as failed; where row after row fails, none of them is to blame: they are to be done again."""
        self._failures.append(row)
        if len(self._failures) < IN_A_ROW:
            self.progress.failed += 1
            await self._runs.not_drafted(row, "failed", str(error))
            return
        if len(self._failures) == IN_A_ROW:
            message = f"{IN_A_ROW} rows failed one after the other; the last: {error.message}"
            self.drain(DrafterError(message, where=error.where, next=error.next))
            for each in self._failures:
                await self._runs.not_drafted(each, "pending", "")
            self.progress.failed -= IN_A_ROW - 1
