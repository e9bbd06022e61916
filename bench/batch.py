"""What `drafter batch` does under load, faults and kills: `python -m bench.batch [NAME ...]` (or `make bench-batch`).

    throughput   slow answers, many in flight: how near to what the server could give at best
    overhead     beside a bare loop over the same client that sends the same messages to the same server
    pace         behind a limit that nobody tells: how much of it is used, and how often it is run into
    offline      no server, one core: rows a second, memory, and the same command once more
    kill         SIGKILL at twenty moments, resumed each time: every row once, nothing paid twice but what was in flight
    faults       errors, resets, stalls and garbage: every row ends in a state, with a reason

Everything runs on this machine, against `bench.server` and with people of `bench.people`. Progress goes to standard error, the
table of figures to standard output: what was measured, what is wanted, and how it was worked out.
"""

import argparse
import os
import random
import shlex
import signal
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

from bench.bare import write_requests
from bench.people import write_people
from bench.running import RESULTS, BenchError, Child, Job, Results, ServerProcess, cell, ended_in_order, say

THROUGHPUT = 0.95
"""Least share of what so many requests in flight could give at best."""

OVERHEAD = 0.75
"""Least share of a bare loop's rate."""

PACE, REFUSED = 0.9, 0.02
"""Least share of a hidden limit that is used, and the most of all calls that may be refused by it."""

OFFLINE, GROWTH, AGAIN = 150.0, 80.0, 0.01
"""Fewest rows a second on one core, most MB that memory may grow after a thousand rows, and most of a run's time that the same
command may take once more."""

FAULTS = {"500": 0.05, "429": 0.05, "reset": 0.02, "stall": 0.01, "page": 0.01, "broken": 0.005, "garbled": 0.005}

STATES = ("drafts", "failed", "rejected")
"""Tables of which each row is in one; `needs_review` repeats some of the first."""

PATIENCE = 1800.0
"""Seconds after which a command is given up."""

MB = 1024 * 1024


@dataclass(frozen=True)
class Figure:
    """One line of the table; `met` is None where nothing is wanted."""

    name: str
    value: str
    how: str
    target: str = ""
    met: bool | None = None


def at_least(name: str, value: float, target: float, how: str) -> Figure:
    """Return a figure that should not be smaller."""
    return Figure(name, f"{value:.3f}", how, f"≥ {target:g}", value >= target)


def at_most(name: str, value: float, target: float, how: str) -> Figure:
    """Return a figure that should not be larger."""
    return Figure(name, f"{value:.3f}", how, f"≤ {target:g}", value <= target)


def exactly(name: str, value: object, target: object, how: str) -> Figure:
    """Return a figure that has to be so."""
    return Figure(name, f"{value}", how, f"{target}", value == target)


@dataclass(frozen=True)
class Bench:
    """Where and how the benchmarks run.

    Args:
        command: how drafter is called.
        folder: where files go.
        scale: share of the usual number of rows, for a quick look.
        offline_rows: rows of the offline benchmark.
        seed: of the people, the faults and the moments of kills.
    """

    command: Sequence[str]
    folder: Path
    scale: float = 1.0
    offline_rows: int = 100_000
    seed: int = 0

    def people(self, name: str, rows: int) -> tuple[Path, int]:
        """Write a table of people; return it and the number of its rows."""
        rows = max(20, round(rows * self.scale))
        path = self.folder / f"{name}.csv"
        write_people(path, rows, self.seed)
        return path, rows

    def job(self, name: str, people: Path, server: ServerProcess | None, in_flight: int = 0) -> Job:
        """Return a batch over a table of people, with a server or offline, in a folder of its own."""
        flags = ["--model", "offline"]
        if server:
            flags = ["--model", "bench", "--base-url", server.url, "--no-judge", "--concurrency", f"{in_flight}"]
        return Job(self.command, people, self.folder / name, flags)

    def server(self, latency: float, *flags: str) -> ServerProcess:
        """Start a server."""
        return ServerProcess(self.folder, "--latency", f"{latency}", "--seed", f"{self.seed}", *flags)


def finish(child: Child, server: ServerProcess | None = None, limit: float = PATIENCE) -> None:
    """Wait for a command's end, and tell now and then how far it is.

    Raises:
        BenchError: it took too long, or ended neither well nor with some rows left over.
    """
    told = 0.0
    while child.running:
        if child.seconds > limit:
            raise BenchError(f"the command did not end within {limit:.0f} s; {child.last_words()}")
        if server and child.seconds - told > 10:
            told = child.seconds
            stats = server.stats()
            say(f"  {told:4.0f} s: {stats['calls']} calls, {stats['in_flight']} in flight, answers {stats['statuses']}")
        time.sleep(0.005)
    if child.code not in (0, 3):
        raise BenchError(f"the command ended with exit code {child.code}; {child.last_words()}")


def run(job: Job, server: ServerProcess | None = None) -> Child:
    """Run a batch to its end, and return what remains of it."""
    with job.start() as child:
        finish(child, server)
        return child


# --- throughput -----------------------------------------------------------------------------------------------------


def throughput(bench: Bench) -> Iterator[Figure]:
    """Measure how near the batch comes to what the server could give at best."""
    latency, in_flight, warm = 2.0, 256, 10
    people, rows = bench.people("throughput", 5000)
    with bench.server(latency) as server:
        child = run(bench.job("throughput", people, server, in_flight), server)
        stats = server.stats()
    ideal = in_flight / latency
    span = stats["last_answer"] - stats["first_call"]
    rate = sum(stats["answered"][warm:]) / (span - warm) if span > warm else 0.0
    how = f"answers from second {warm} to the last ({span:.1f} s), a second: {rate:.1f}, by the ideal {ideal:g}"
    yield at_least("drafts a second / ideal", rate / ideal, THROUGHPUT, how)
    busy = in_flight_by_second(stats)[warm:-1]
    mean = sum(busy) / len(busy) if busy else 0.0
    yield Figure(
        "mean in flight", f"{mean:.0f}", f"of {in_flight}; at each second's end from second {warm} to the last call"
    )
    how = f"{rows} rows by {child.seconds:.1f} s from start to end of the command"
    yield Figure("rows a second, whole command", f"{rows / child.seconds:.1f}", how)
    yield Figure("calls", f"{stats['calls']}", f"{rows} rows; the server took {stats['cpu']:.1f} s of a core")


def in_flight_by_second(stats: dict[str, Any]) -> list[int]:
    """Return how many good calls were under way at the end of each second in which calls came."""
    came = list(accumulate(stats["accepted"]))
    went = list(accumulate(stats["answered"]))
    return [a - b for a, b in zip(came, went, strict=False)]


# --- overhead -------------------------------------------------------------------------------------------------------


def overhead(bench: Bench) -> Iterator[Figure]:
    """Measure what planning, checking and keeping cost beside asking alone."""
    workers, turns = 64, 2
    people, rows = bench.people("overhead", 5000)
    requests = bench.folder / "requests.jsonl"
    say("  writing down the requests")
    write_requests(people, requests)
    took: dict[str, list[tuple[float, float]]] = {"batch": [], "bare": []}
    messages, calls = set(), []
    with bench.server(0.2) as server:
        for turn in range(turns):
            for arm, times in took.items():
                server.reset()
                if arm == "batch":
                    child = run(bench.job(f"overhead-{turn}", people, server, workers), server)
                else:
                    child = _bare(bench, requests, server, workers)
                stats = server.stats()
                assert child.ended
                times.append((child.ended - stats["first_call"], child.seconds))
                messages.add(stats["messages"])
                calls.append(stats["calls"])
                say(f"  {arm}: {times[-1][0]:.2f} s from the first call to the end, {times[-1][1]:.2f} s in all")
    for place, what in enumerate(("first call to end", "whole command")):
        rates = {arm: turns * rows / sum(each[place] for each in times) for arm, times in took.items()}
        each = {arm: ", ".join(f"{rows / t[place]:.1f}" for t in times) for arm, times in took.items()}
        how = f"rows a second: batch {each['batch']}; bare loop {each['bare']}"
        ratio = rates["batch"] / rates["bare"]
        yield (
            at_least(f"rate / bare loop, {what}", ratio, OVERHEAD, how)
            if place == 0
            else Figure(f"rate / bare loop, {what}", f"{ratio:.3f}", how)
        )
    same = "yes" if len(messages) == 1 and set(calls) == {rows} else f"no: calls {calls}, {len(messages)} sets"
    yield exactly("both sent the same messages", same, "yes", f"the server’s digest of them, and {rows} calls each")


def _bare(bench: Bench, requests: Path, server: ServerProcess, workers: int) -> Child:
    command = [sys.executable, "-m", "bench.bare", str(requests), "--url", server.url, "--workers", f"{workers}"]
    with Child(command, bench.folder, "bare") as child:
        finish(child, server)
        return child


# --- pace -----------------------------------------------------------------------------------------------------------


def pace(bench: Bench) -> Iterator[Figure]:
    """Measure how well a limit is found that nobody tells."""
    limit = 1200
    people, rows = bench.people("pace", 3000)
    for kind, name in (("bucket", "token bucket"), ("log", "sliding minute")):
        say(f"  {name}")
        with bench.server(0.2, "--limit", f"{limit}", "--limiter", kind) as server:
            child = run(bench.job(f"pace-{kind}", people, server, 64), server)
            stats = server.stats()
        accepted = stats["accepted"]
        minutes = [sum(accepted[at : at + 60]) for at in range(60, len(accepted) - 59, 60)]
        how = f"calls accepted in each whole minute after the first: {minutes or 'there is none'}; limit {limit}"
        used = sum(minutes) / len(minutes) / limit if minutes else 0.0
        yield at_least(f"{name}: share of the limit used", used, PACE, how)
        refused, late = sum(stats["refused"]), sum(stats["refused"][60:])
        share = late / max(1, late + sum(accepted[60:]))
        yield at_most(f"{name}: calls answered 429 after the first minute", share, REFUSED, f"{late} calls")
        how = f"{refused} of {stats['calls']} calls; {rows} rows in {child.seconds:.0f} s"
        yield Figure(f"{name}: calls answered 429 in all", f"{refused / stats['calls']:.3f}", how)


# --- offline --------------------------------------------------------------------------------------------------------


def offline(bench: Bench) -> Iterator[Figure]:
    """Measure speed and memory of a long run without a server, on one core, and of the same command again."""
    people = bench.folder / "offline.csv"
    rows = bench.offline_rows
    write_people(people, rows, bench.seed)
    job = bench.job("offline", people, None)
    early = min(1000, rows // 2)
    cores = sorted(os.sched_getaffinity(0))
    with _keeping_off(cores[0], cores):
        with job.start(core=cores[0]) as child:
            memory = _watch_memory(child, job, (early, rows))
            finish(child)
        with job.start(core=cores[0]) as again:
            finish(again)
    yield at_least("rows a second", rows / child.seconds, OFFLINE, f"{rows} rows by {child.seconds:.1f} s, one core")
    (own, together), (own_last, together_last), peak = memory
    for name, before, after in (("with its children", together, together_last), ("main process", own, own_last)):
        how = f"{before / MB:.0f} MB once {early} rows were kept, {after / MB:.0f} MB once all were"
        yield at_most(f"growth of memory in MB, {name}", (after - before) / MB, GROWTH, how)
    yield Figure("most memory, with its children", f"{peak / MB:.0f} MB", "resident, looked at four times a second")
    share = again.seconds / child.seconds
    yield at_most("the same command again / first run", share, AGAIN, f"{again.seconds:.1f} s by {child.seconds:.1f} s")
    ended = len(set(job.results().ids(*STATES)))
    yield exactly("rows that came to an end", ended, rows, f"different ids in {', '.join(STATES)}")


Memory = tuple[int, int]


def _watch_memory(child: Child, job: Job, marks: tuple[int, int]) -> tuple[Memory, Memory, int]:
    """Return the memory (main process, with children) when so many drafts were kept first and last, and the most."""
    found: list[Memory] = []
    peak, looked, last = 0, 0.0, (0, 0)
    while child.running:
        memory = child.memory()
        peak, last = max(peak, memory[1]), memory if memory[0] else last
        often = 0.25 if not found else 2.0  # counting takes longer the more there is
        if len(found) < len(marks) and child.seconds - looked >= often:
            looked, kept = child.seconds, drafts_kept(job.store)
            if kept >= marks[len(found)]:
                found.append(memory)
                say(f"  {looked:4.0f} s: {kept} drafts kept, {memory[1] / MB:.0f} MB")
        if child.seconds > 10 * PATIENCE:
            raise BenchError(f"the command did not end within {10 * PATIENCE:.0f} s; {child.last_words()}")
        time.sleep(0.25)
    found += [last] * (len(marks) - len(found))
    return found[0], found[1], peak


def drafts_kept(store: Path) -> int:
    """Return how many drafts a store holds, 0 where it cannot be read yet."""
    try:
        with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True, timeout=1)) as database:
            (kept,) = database.execute("SELECT count(*) FROM draft").fetchone()
            return int(kept)
    except sqlite3.Error:
        return 0


@contextmanager
def _keeping_off(core: int, cores: Sequence[int]) -> Iterator[None]:
    """Leave a core to what is measured, where there is another."""
    os.sched_setaffinity(0, set(cores) - {core} or {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


# --- kill -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Moment:
    """When to kill.

    Args:
        phase: `start`: seconds after the start. `sending`: after so many calls. `commit`: with the first write to the store after so
            many calls. `rename`: when so many tables are in their places, 0 for when they begin to be written. `end`: seconds
            after all of them are.
        value: how many.
    """

    phase: str
    value: float


def kill(bench: Bench) -> Iterator[Figure]:
    """Kill a batch at twenty moments, resume it each time, and compare what comes out with an undisturbed run."""
    in_flight = 64
    people, rows = bench.people("kill", 2000)
    with bench.server(0.2) as server:
        calm = bench.job("calm", people, server, in_flight)
        first = run(calm, server)
        to_first_call = server.stats()["first_call"] - first.started
        tail = _tail(calm)
        server.reset()
        job = bench.job("killed", people, server, in_flight)
        moments = choose_moments(rows, to_first_call, tail, bench.seed)
        met = Counter[str]()
        for moment in moments:
            reached = _kill_at(moment, job, server)
            met[moment.phase] += reached
            say(f"  {'killed' if reached else 'ended before it could be killed'} at {moment.phase} {moment.value:.3f}")
        run(job, server)
        stats = server.stats()
    kills = met.total()
    phases = ", ".join(f"{phase} {met[phase]}/{n}" for phase, n in Counter(m.phase for m in moments).items())
    yield exactly("kills", kills, len(moments), f"met: {phases}")
    yield from compared(calm.results(), job.results(), rows)
    most = rows + in_flight * kills
    how = f"{rows} rows + {in_flight} in flight × {kills} kills; {stats['gone']} calls were under way when killed"
    yield Figure("calls at the server", f"{stats['calls']}", how, f"≤ {most}", stats["calls"] <= most)


def compared(calm: Results, killed: Results, rows: int) -> Iterator[Figure]:
    """Compare the tables of two runs over the same people."""
    counts = Counter(killed.ids("drafts"))
    review = len(killed.ids("needs_review"))
    once = sum(count == 1 for count in counts.values())
    wanted = len(set(calm.ids("drafts")))
    how = f"ids once in drafts.csv; {len(counts)} different ids of {rows} rows, {review} in needs_review.csv"
    yield exactly("rows drafted exactly once", once, wanted, how)
    ours, theirs = killed.mails(), calm.mails()
    same = sum(ours.get(id) == mail for id, mail in theirs.items()) if set(ours) == set(theirs) else -1
    yield exactly("mails as undisturbed", same, len(theirs), "same subject and body by id; -1: other ids")


def choose_moments(rows: int, to_first_call: float, tail: float, seed: int) -> list[Moment]:
    """Return twenty moments: the ones that use up rows mixed, and those after the last row at the end.

    Args:
        rows: of the batch; the moments use up two thirds of them at most.
        to_first_call: seconds from the start to the first call.
        tail: seconds from the last table in its place to the end.
        seed: mixes them.
    """
    draw = random.Random(seed)
    busy = [Moment("start", to_first_call * share) for share in (0.1, 0.4, 0.7, 1.0)]
    share = rows / 15
    busy += [Moment("sending", draw.uniform(0.1, 1.0) * share) for _ in range(6)]
    busy += [Moment("commit", draw.uniform(0.1, 1.0) * share) for _ in range(4)]
    draw.shuffle(busy)
    renames = [Moment("rename", tables) for tables in (0, 1, len(RESULTS))]
    return [*busy, *renames, *(Moment("end", tail * part) for part in (0.2, 0.5, 0.8))]


def _tail(job: Job) -> float:
    """Return how long a finished batch that has lost a table runs on once all of them are in their places again."""
    written = _Written(job.out)
    with job.start() as child:
        _until(lambda: written.in_place >= len(RESULTS), child)
        seen = time.monotonic()
        finish(child)
        return max(0.0, (child.ended or seen) - seen)


def _kill_at(moment: Moment, job: Job, server: ServerProcess) -> bool:
    """Start the command and kill it at a moment; return whether it had not ended before."""
    before = server.stats()["calls"]
    wal = job.store.with_name(f"{job.store.name}-wal")
    written = _Written(job.out) if moment.phase in ("rename", "end") else None
    with job.start() as child:
        if moment.phase == "start":
            _until(lambda: child.seconds >= moment.value, child)
        elif written:
            tables = moment.value if moment.phase == "rename" else len(RESULTS)
            _until(lambda: written.in_place >= tables if tables else written.begun, child)
            seen = time.monotonic()
            if moment.phase == "end":
                _until(lambda: time.monotonic() - seen >= moment.value, child)
        else:
            _until(lambda: server.stats()["calls"] - before >= moment.value, child, 0.01)
            state = _state(wal)
            if moment.phase == "commit":
                _until(lambda: _state(wal) != state, child)
    return child.code == -signal.SIGKILL


def _until(condition: Callable[[], bool], child: Child, pause: float = 0.0005) -> None:
    """Wait for a condition, or for the child's end."""
    while child.running and not condition():
        if child.seconds > PATIENCE:
            raise BenchError(f"the command did not end within {PATIENCE:.0f} s; {child.last_words()}")
        time.sleep(pause)


class _Written:
    """Sees a batch write its tables.

    Args:
        folder: where to. One of its tables is taken away, so that a batch that has nothing else to do writes them again.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (folder / f"{RESULTS[0]}.csv").unlink(missing_ok=True)
        self._names, self._tables = self._all(), self._states()

    @property
    def begun(self) -> bool:
        """Whether there is a file that was not there before."""
        return not self._names.issuperset(self._all())

    @property
    def in_place(self) -> int:
        """How many tables are new."""
        return sum(now != before for now, before in zip(self._states(), self._tables, strict=True))

    def _all(self) -> set[str]:
        return {path.name for path in self._folder.iterdir() if path.name.startswith(".")}

    def _states(self) -> list[tuple[int, int, int]]:
        return [_state(self._folder / f"{name}.csv") for name in RESULTS]


def _state(path: Path) -> tuple[int, int, int]:
    """Return what changes when a file is written or replaced."""
    try:
        found = path.stat()
    except OSError:
        return 0, 0, 0
    return found.st_ino, found.st_size, found.st_mtime_ns


# --- faults ---------------------------------------------------------------------------------------------------------


def faults(bench: Bench) -> Iterator[Figure]:
    """Send a batch against a server that fails in every way, and see how its rows end."""
    people, rows = bench.people("faults", 1000)
    flags = [part for kind, share in FAULTS.items() for part in ("--fault", f"{kind}={share}")]
    with bench.server(0.2, *flags) as server:
        job = bench.job("faults", people, server, 64)
        child = run(job, server)
        stats = server.stats()
    results = job.results()
    counts = Counter(results.ids(*STATES))
    each = ", ".join(f"{name} {len(table)}" for name, table in results.tables.items())
    once = sum(count == 1 for count in counts.values())
    yield exactly(
        "rows in exactly one state", once, rows, f"ids in {', '.join(STATES)}; {each}; exit code {child.code}"
    )
    left = [row for name in ("needs_review", "failed", "rejected") for row in results.tables[name]]
    silent = sum(not cell(row, "reason", "reasons").strip() for row in left)
    yield exactly("rows that are not ok and give no reason", silent, 0, f"of {len(left)} in the other three tables")
    met = ", ".join(f"{kind} {count}" for kind, count in sorted(stats["faults"].items()))
    yield Figure("calls", f"{stats['calls']}", f"{rows} rows in {child.seconds:.0f} s; faults met: {met}")


# --- all of them ----------------------------------------------------------------------------------------------------

BENCHES: dict[str, Callable[[Bench], Iterator[Figure]]] = {
    "throughput": throughput,
    "overhead": overhead,
    "pace": pace,
    "offline": offline,
    "kill": kill,
    "faults": faults,
}


def measured(name: str, bench: Bench) -> list[Figure]:
    """Run a benchmark; one that cannot go on is a figure that is not met."""
    say(f"{name}: {(BENCHES[name].__doc__ or '').splitlines()[0]}")
    figures = []
    try:
        for figure in BENCHES[name](bench):
            say(f"  {figure.name}: {figure.value}")
            figures.append(figure)
    except BenchError as error:
        figures.append(Figure("could not go on", "–", f"{error}", "", False))
        say(f"  could not go on: {error}")
    return figures


def table(name: str, figures: Sequence[Figure]) -> str:
    """Return figures as rows of a table."""
    signs = {True: "yes", False: "NO", None: ""}
    lines = (f"| {name} | {f.name} | {f.value} | {f.target} | {signs[f.met]} | {f.how} |" for f in figures)
    return "\n".join(lines)


def main() -> None:
    """Read the flags, run, and print."""
    parser = argparse.ArgumentParser(description="Measure `drafter batch` under load, faults and kills.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which: {', '.join(BENCHES)}; all if none is given")
    parser.add_argument("--rows", type=int, default=100_000, help="rows of `offline`")
    parser.add_argument("--scale", type=float, default=1.0, help="share of the rows of all others, for a quick look")
    parser.add_argument("--seed", type=int, default=0, help="other people, faults and moments for another number")
    parser.add_argument("--folder", type=Path, help="keep all files here; otherwise they are deleted at the end")
    parser.add_argument("--command", help="how drafter is called, to measure another one")
    flags = parser.parse_args()
    if unknown := set(flags.names) - set(BENCHES):
        parser.error(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(BENCHES)}")
    command = shlex.split(flags.command) if flags.command else [sys.executable, "-m", "drafter"]
    all_met = True
    print("| benchmark | figure | measured | wanted | met | how |\n|---|---|---|---|---|---|", flush=True)
    with ended_in_order(), _folder(flags.folder) as folder:
        for name in flags.names or BENCHES:
            place = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=folder))
            figures = measured(name, Bench(command, place, flags.scale, flags.rows, flags.seed))
            print(table(name, figures), flush=True)
            all_met = all_met and all(figure.met is not False for figure in figures)
    sys.exit(0 if all_met else 1)


@contextmanager
def _folder(given: Path | None) -> Iterator[Path]:
    """Open the folder for all files."""
    if given:
        given.mkdir(parents=True, exist_ok=True)
        yield given.resolve()
    else:
        with tempfile.TemporaryDirectory(prefix="bench-batch-") as name:
            yield Path(name)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        say("interrupted")
        sys.exit(130)
