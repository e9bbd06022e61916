"""How long mapping, selecting and checking take: `python -m bench.speed`. Prints figures; nothing is asserted."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import drafter.steering
import drafter.text
from bench.__main__ import candidate, rows
from drafter.candidate import Candidate, read_sender
from drafter.checker import Checker, Mail
from drafter.composer import Composer
from drafter.library import load_library
from drafter.planning import Plan, Planner
from drafter.settings import data_path
from drafter.steering import disarm

STEPS = ("disarm", "map", "select", "check")
ROUNDS = 5


def timed(work: Callable[[], object], rounds: int = 5) -> float:
    """Return the milliseconds of the quickest of a few rounds."""
    best = float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best * 1000


def one_round(planner: Planner, checker: Checker, jobs: Sequence[tuple[Candidate, Plan, Mail]]) -> tuple[float, ...]:
    """Return the seconds that each step took for all people, one person after the other as in a run."""
    drafter.text._fold_again.cache_clear()  # nobody comes twice
    drafter.text._sentences_again.cache_clear()
    drafter.steering._find.cache_clear()
    spent = [0.0] * len(STEPS)
    for person, plan, mail in jobs:
        steps = (
            lambda person=person: disarm(person),
            lambda plan=plan: planner.mapper.map(plan.candidate),
            lambda plan=plan: planner.selector.select(plan.candidate, plan.fields),
            lambda mail=mail: checker.check(replace(mail)),
        )
        for number, step in enumerate(steps):
            start = time.perf_counter()
            step()
            spent[number] += time.perf_counter() - start
    return tuple(spent)


def main() -> None:
    """Measure and print."""
    print(f"load the library      {timed(lambda: load_library(data_path('library')), 3):8.1f} ms")
    library = load_library(data_path("library"))
    planner, checker, composer = Planner(library), Checker(library), Composer(library)
    sender = read_sender(data_path("sender.yaml"))
    people = [candidate(row) for row in rows("mapping")]
    plans = [planner.plan(person, sender) for person in people]
    mails = []
    for plan in plans:
        reply = composer.compose(plan)
        tracks = tuple(match.track for match in plan.tracks)
        mails.append(Mail(plan.language, reply.subject, reply.body, tracks, plan.candidate, sender, orders=plan.orders))
    jobs = list(zip(people, plans, mails, strict=True))
    best = min((one_round(planner, checker, jobs) for _ in range(ROUNDS)), key=sum)
    for name, spent in zip(STEPS, best, strict=True):
        print(f"{name:8} a candidate  {spent / len(jobs) * 1000:8.2f} ms")
    print(f"together              {sum(best[1:]) / len(jobs) * 1000:8.2f} ms without disarm  (goal: 3)")
    track = (library.tracks["rl.2"],)
    for size in (50, 100, 200):
        for name, body in {
            "prose": "We ask why policies game rewards. ",
            "one line": "reward hacking ",
            "汉字": "奖励模型为什么会被钻空子，",
        }.items():
            text = body * (size * 1000 // len(body.encode()))
            spent = timed(lambda text=text: checker.check(Mail("en", "s", text, track)), 1)  # type: ignore[misc]
            print(f"check {size:4} KB {name:9} {spent:8.1f} ms")


if __name__ == "__main__":
    main()
