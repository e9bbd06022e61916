"""How long mapping, selecting and checking take: `python -m bench.speed`. Prints figures; nothing is asserted."""

import time
from collections.abc import Callable

from bench.__main__ import candidate, rows
from drafter.candidate import read_sender
from drafter.checker import Checker, Mail
from drafter.composer import Composer
from drafter.library import load_library
from drafter.planning import Planner
from drafter.settings import data_path


def timed(work: Callable[[], object], rounds: int = 5) -> float:
    """Return the milliseconds of the quickest of a few rounds."""
    best = float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best * 1000


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
        mails.append(Mail(plan.language, reply.subject, reply.body, tracks, plan.candidate, sender))
    steps: dict[str, Callable[[], object]] = {
        "map": lambda: [planner.mapper.map(person) for person in people],
        "select": lambda: [planner.selector.select(plan.candidate, plan.fields) for plan in plans],
        "check": lambda: [checker.check(Mail(**vars_of(mail))) for mail in mails],
    }
    total = 0.0
    for name, work in steps.items():
        each = timed(work) / len(people)
        total += each
        print(f"{name:8} a candidate  {each:8.2f} ms")
    print(f"together              {total:8.2f} ms  (goal: 3)")
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


def vars_of(mail: Mail) -> dict[str, object]:
    """Return the parts a mail is made of, without what it has cached."""
    return {name: getattr(mail, name) for name in ("language", "subject", "body", "tracks", "candidate", "sender")}


if __name__ == "__main__":
    main()
