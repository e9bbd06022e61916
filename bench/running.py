"""Children of a benchmark: the model server, the command that is measured, what they take, and their end.

Every child leads a process group of its own and is ended by its id when its `with` block is left, whatever the reason. The server
ends by itself, too, once its standard input closes, which even a killed benchmark cannot prevent.
"""

import csv
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).parent.parent
RESULTS = ("drafts", "needs_review", "failed", "rejected")
"""The tables that a batch leaves behind."""

_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


class BenchError(Exception):
    """A benchmark cannot go on."""


def say(text: str) -> None:
    """Print a line of progress."""
    print(text, file=sys.stderr, flush=True)


def environment(home: Path) -> dict[str, str]:
    """Return what children see: no key, no settings, no proxy, none of the user's files."""
    kept = {key: os.environ[key] for key in ("PATH", "LANG", "LD_LIBRARY_PATH", "SYSTEMROOT") if key in os.environ}
    return {**kept, "HOME": str(home), "PYTHONPATH": str(ROOT), "NO_PROXY": "127.0.0.1", "PYTHONDONTWRITEBYTECODE": "1"}


class Child:
    """A child process with a group of its own.

    Args:
        command: what to run.
        folder: where it runs, and where its outputs are kept.
        name: of the files with its outputs.
        core: the only core that it may use; any if None.
    """

    def __init__(self, command: Sequence[str], folder: Path, name: str, *, core: int | None = None) -> None:
        self.command, self.error_file = command, folder / f"{name}.err"
        own = os.sched_getaffinity(0) if core is not None else set()
        with (folder / f"{name}.out").open("wb") as out, self.error_file.open("wb") as err:
            self.started = time.monotonic()
            if core is not None:
                os.sched_setaffinity(0, {core})  # a child has the affinity of its parent at its birth
            try:
                self._process = subprocess.Popen(
                    command, cwd=folder, env=environment(folder), stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                    start_new_session=True,
                )  # fmt: skip
            finally:
                if own:
                    os.sched_setaffinity(0, own)
        self.ended: float | None = None
        self._killed = False

    @property
    def pid(self) -> int:
        """The id of the process, and of its group."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it still runs."""
        if self._process.poll() is None:
            return True
        self.ended = self.ended or time.monotonic()
        return False

    @property
    def seconds(self) -> float:
        """How long it ran."""
        return (self.ended or time.monotonic()) - self.started

    @property
    def code(self) -> int:
        """Its exit code."""
        return self._process.wait()

    def wait(self, limit: float) -> int:
        """Wait for its end and return the exit code.

        Raises:
            BenchError: it did not end in time, and was killed.
        """
        while self.running:
            if self.seconds > limit:
                self.kill()
                raise BenchError(f"{self.command[2:4]} did not end within {limit:.0f} s; {self.last_words()}")
            time.sleep(0.005)
        return self.code

    def kill(self) -> None:
        """Kill the whole group at once, also what a leader that ended by itself has left behind."""
        if self._killed:
            return
        self._killed = True
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
        self.ended = self.ended or time.monotonic()

    def last_words(self) -> str:
        """Return the end of what it printed on standard error."""
        lines = self.error_file.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return f"its last words: {lines[-1]}" if lines else "it said nothing"

    def memory(self) -> tuple[int, int]:
        """Return the bytes of resident memory, of the process alone and of all in its session."""
        own, together = 0, 0
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit():
                try:
                    session = int(folder.joinpath("stat").read_text().rpartition(")")[2].split()[3])
                    if session == self.pid:
                        size = int(folder.joinpath("statm").read_text().split()[1]) * _PAGE
                        own, together = (size if int(folder.name) == self.pid else own), together + size
                except (OSError, IndexError, ValueError):
                    continue  # it ended while it was looked at
        return own, together

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()


class ServerProcess:
    """`bench.server` in a process of its own.

    Args:
        folder: where its outputs are kept.
        flags: its command line.
    """

    def __init__(self, folder: Path, *flags: str) -> None:
        command = [sys.executable, "-m", "bench.server", "--port", "0", "--while-stdin", *flags]
        self._process = subprocess.Popen(
            command, cwd=ROOT, env=environment(folder), stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
        )  # fmt: skip
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            self.__exit__(None, None, None)
            raise BenchError("the model server did not start")
        self.url: str = json.loads(line)["url"]
        self._address = self.url.removesuffix("/v1")
        self._open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open

    def stats(self) -> dict[str, Any]:
        """Return what it has counted."""
        with self._open(f"{self._address}/stats", timeout=30) as answer:
            counted: dict[str, Any] = json.load(answer)
        return counted

    def reset(self) -> None:
        """Have it count anew."""
        self._open(urllib.request.Request(f"{self._address}/reset", method="POST"), timeout=30).close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()
        self._process.wait()


@dataclass(frozen=True)
class Job:
    """A batch to be run, once or again and again: its people, its folder, its store.

    Args:
        command: how drafter is called.
        people: the table of candidates.
        folder: where everything else goes.
        flags: the rest of the command line.
    """

    command: Sequence[str]
    people: Path
    folder: Path
    flags: Sequence[str]

    @property
    def out(self) -> Path:
        """Where the batch leaves its tables."""
        return self.folder / "out"

    @property
    def store(self) -> Path:
        """Where the batch keeps its drafts."""
        return self.folder / "store.sqlite3"

    def start(self, *, core: int | None = None) -> Child:
        """Start the command."""
        self.folder.mkdir(parents=True, exist_ok=True)
        line = [*self.command, "batch", str(self.people), "--out", str(self.out), "--store", str(self.store), "--yes"]
        return Child([*line, *self.flags], self.folder, "batch", core=core)

    def results(self) -> "Results":
        """Read the tables that it left."""
        return Results(self.out)


@dataclass(frozen=True)
class Results:
    """The tables that a batch leaves in its folder."""

    folder: Path

    @cached_property
    def tables(self) -> dict[str, list[dict[str, str]]]:
        """The rows of each table, under the tables' names."""
        return {name: list(self._rows(name)) for name in RESULTS}

    def _rows(self, name: str) -> Iterator[dict[str, str]]:
        path = self.folder / f"{name}.csv"
        if path.exists():
            with path.open(encoding="utf-8-sig", newline="") as file:
                yield from csv.DictReader(file)

    def ids(self, *names: str) -> list[str]:
        """Return the ids of all rows of some tables."""
        return [row["id"] for name in names for row in self.tables[name]]

    def mails(self) -> dict[str, tuple[str, str]]:
        """Return subject and body of each draft, by id."""
        return {row["id"]: (cell(row, "subject"), cell(row, "body")) for row in self.tables["drafts"]}


def cell(row: Mapping[str, str], *keys: str) -> str:
    """Return a row's value under the heading that is one of some words, or ends in one.

    Raises:
        BenchError: there is no such heading.
    """
    for key in keys:
        for heading, value in row.items():
            words = heading.lower().replace("_", " ").split()
            if words and words[-1] == key:
                return value or ""
    raise BenchError(f"no column “{keys[0]}” among {', '.join(row)}")


@contextmanager
def ended_in_order() -> Iterator[None]:
    """Turn a request to end into an exception, so that children are ended on the way out."""

    def stop(number: int, _: object) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
