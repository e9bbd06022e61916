"""How far a batch is: a bar on a terminal, elsewhere a line now and then."""

import asyncio
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from drafter.cli.common import say

if TYPE_CHECKING:
    from drafter.batch.engine import Engine
    from drafter.batch.pace import Pace

EVERY_LINE, EVERY_LOOK = 10.0, 0.5
"""Seconds between two lines in a log, and between two looks at a terminal."""


@contextmanager
def shown_progress(pace: "Pace | None") -> "Iterator[Callable[[Engine], None]]":
    """Show how far an engine is, from when it is handed over until the end.

    Args:
        pace: the gate of its calls; None where none are made.
    """
    tasks: list[asyncio.Task[None]] = []
    view = _Bar() if sys.stderr.isatty() else _Lines()

    def watch(engine: "Engine") -> None:
        tasks.append(asyncio.create_task(_look(engine, pace, view)))

    try:
        yield watch
    finally:
        for task in tasks:
            task.cancel()
        view.close()


async def _look(engine: "Engine", pace: "Pace | None", view: "_Bar | _Lines") -> None:
    while True:
        view.show(engine, pace)
        await asyncio.sleep(view.every)


def described(engine: "Engine", pace: "Pace | None", now: float) -> str:
    """Return how far a batch is, in one line."""
    progress = engine.progress
    rate = progress.done / max(1e-9, now - progress.began)
    parts = [f"{progress.ok:,} ok", f"{progress.review:,} to review", f"{progress.failed:,} failed"]
    if progress.skipped:
        parts.append(f"{progress.skipped:,} left out")
    parts.append(f"{rate:.1f}/s" if rate >= 1 else f"{rate * 60:.1f}/min")
    if pace:
        throttle = pace.throttle
        parts.append(f"{throttle.in_flight} of {throttle.window:.0f} calls on their way")
        if pace.usage.input:
            parts.append(f"{pace.usage.cached / pace.usage.input:.0%} cached")
        if pace.purse.price:
            parts.append(f"${pace.purse.spent:.4f}")
    if rate and progress.rows > progress.done:
        parts.append(f"{_span((progress.rows - progress.done) / rate)} left")
    return ", ".join(parts)


def _span(seconds: float) -> str:
    minutes = int(seconds // 60)
    return f"{minutes // 60} h {minutes % 60:02d} min" if minutes >= 60 else f"{minutes}:{int(seconds % 60):02d} min"


class _Lines:
    """For a log."""

    every = EVERY_LINE

    def show(self, engine: "Engine", pace: "Pace | None") -> None:
        if engine.progress.done:
            say(f"{engine.progress.done:,} of {engine.progress.rows:,}: {described(engine, pace, time.monotonic())}")

    def close(self) -> None:
        pass


class _Bar:
    """For a terminal."""

    every = EVERY_LOOK

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        text = TextColumn("{task.fields[text]}")
        self._bar = Progress(BarColumn(24), MofNCompleteColumn(), text, console=Console(stderr=True), transient=True)
        self._task: Any = None

    def show(self, engine: "Engine", pace: "Pace | None") -> None:
        if self._task is None:
            self._bar.start()
            self._task = self._bar.add_task("", total=engine.progress.rows, text="")
        text = described(engine, pace, time.monotonic())
        self._bar.update(self._task, completed=engine.progress.done, text=text)

    def close(self) -> None:
        self._bar.stop()
