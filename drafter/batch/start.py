"""One start of a run, from the first pending row to the summary."""

from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from drafter.batch.across import Seen, look, mark
from drafter.batch.clerk import Job, Setup
from drafter.batch.engine import Engine, Progress
from drafter.batch.office import Office, open_office
from drafter.batch.pace import Pace
from drafter.batch.results import write_results
from drafter.batch.summary import Summary, spread_of
from drafter.errors import DrafterError
from drafter.library import Library
from drafter.llm import Model
from drafter.report import Finding
from drafter.store import Pending, Run, Runs

MENDABLE = 0.1
"""Share of a batch's mails that are written again for what they share with others. Where more of them do, the model writes from a
stock of sentences, and would again: that is said, and nothing is paid for it."""

MENDED = "this sentence stands, word for word or nearly, in other mails of the same batch: say it in other words, or leave it out"


@dataclass(frozen=True)
class Start:
    """All that a start needs.

    Args:
        runs: the store.
        run: the run.
        setup: what the clerks are told.
        library: what the look at the whole batch knows the tracks from.
        folder: where the results go.
        model: who writes; None for the offline composer.
        pace: the gate of its calls; None without a model.
        workers: rows under way at the same time.
        limit: most rows drafted in this start; all if None.
        texts: also write a text file a draft.
        say: is told what a person should know.
        opened: opens the office: clerks in processes, or one in this process.
    """

    runs: Runs
    run: Run
    setup: Setup
    library: Library
    folder: Path
    model: Model | None
    pace: Pace | None
    workers: int
    limit: int | None
    texts: bool
    say: Callable[[str], None]
    opened: Callable[..., Office] = open_office

    async def carry_out(self, watch: Callable[[Engine], None]) -> DrafterError | None:
        """Draft, look at the whole, write the tables.

        Args:
            watch: is given the engine when it is about to begin: to show how far it is, and to stop it.

        Returns:
            Why it was stopped before its end; None if it was not.

        Raises:
            DrafterError: drafts can no longer be kept, or tables not be written.
        """
        runs, run = self.runs, self.run
        again = runs.again(run).state != "new"
        pending = runs.counts(run).get("pending", 0)
        progress = Progress(min(pending, self.limit or pending))
        runs.set_state(run, "running")
        stopped: DrafterError | None = None
        seen = Seen()
        try:
            async with AsyncExitStack() as stack:
                office = await stack.enter_async_context(
                    self.opened(self.setup, runs, self.model, self.library, recalls=again and self.model is not None)
                )
                engine = Engine(runs, run, office, self.pace, progress, workers=self.workers, limit=self.limit)
                watch(engine)
                await engine.draft()
                stopped = engine.stopped
                if not stopped:
                    seen = await self._together(engine)
                    stopped = engine.stopped
        except BaseException as error:
            runs.set_state(run, "stopped", str(error) or type(error).__name__)
            raise
        self._conclude(seen, stopped)
        return stopped

    async def _together(self, engine: Engine) -> Seen:
        """Look at all mails together; have those mended that a model wrote and that are too like others."""
        seen = look(self.runs, self.run, self.library, self.setup.sender)
        again = seen.repeated.keys() | seen.others.keys()
        if self.model and again and len(again) <= max(1, MENDABLE * seen.mails):
            await engine.mend(self._jobs(seen))
            seen = look(self.runs, self.run, self.library, self.setup.sender)
        mark(self.runs, self.run, seen)
        return seen

    def _jobs(self, seen: Seen) -> Iterable[tuple[Pending, Job]]:
        for row in self.runs.results(self.run, "drafted"):
            if row.draft and (row.work in seen.repeated or row.work in seen.others):
                found = [*seen.others.get(row.work, ()), *(_as_error(f) for f in seen.repeated.get(row.work, ()))]
                pending = Pending(row.work, row.position, row.place, row.record, 0, "")
                yield pending, Job(row.record, row.place, 0, mends=row.draft, findings=tuple(found))

    def _conclude(self, seen: Seen, stopped: DrafterError | None) -> None:
        """Write the tables and say what came of it."""
        runs, run, summary = self.runs, self.runs.again(self.run), Summary()
        summary.spread = spread_of(seen) if seen.mails else {}
        write_results(runs, run, self.folder, texts=self.texts, say=self.say, watch=summary.add)
        if self.pace and self.pace.purse.price:
            summary.cost = runs.spent(run)
        if self.pace and self.pace.usage.input:
            summary.cached = self.pace.usage.cached / self.pace.usage.input
        runs.set_summary(run, {**summary.as_json(), "seal": runs.seal(run)})
        done = not stopped and not summary.states["pending"]
        runs.set_state(run, "done" if done else "stopped", str(stopped) if stopped else "")


def _as_error(finding: Finding) -> Finding:
    return finding.model_copy(update={"level": "error", "message": MENDED})
