"""The throttle against simulated servers: no clock runs and nothing waits."""

import heapq
import math
import random
from collections.abc import Callable

import pytest

from drafter.batch.throttle import OPENING, WARMING, Throttle
from drafter.llm import Limits, Outcome, Usage

LIMIT = 20.0
"""Calls a second that the simulated servers take."""


class TokenBucket:
    """Fills up continuously."""

    def __init__(self, size: float) -> None:
        self.size = self.level = size
        self.at = 0.0

    def wait(self, now: float) -> float | None:
        self.level = min(self.size, self.level + (now - self.at) * LIMIT)
        self.at = now
        if self.level >= 1:
            self.level -= 1
            return None
        return (1 - self.level) / LIMIT


class SlidingMinute:
    """Takes so many within any sixty seconds."""

    def __init__(self) -> None:
        self.taken: list[float] = []

    def wait(self, now: float) -> float | None:
        self.taken = [at for at in self.taken if at > now - 60]
        if len(self.taken) < LIMIT * 60:
            self.taken.append(now)
            return None
        return self.taken[0] + 60 - now


class OutOfOrder:
    """Refuses one call in twenty, however many there are."""

    def __init__(self) -> None:
        self.lot = random.Random(3)

    def wait(self, now: float) -> float | None:
        return 0.05 if self.lot.random() < 0.05 else None


def run(server: TokenBucket | SlidingMinute | OutOfOrder, rows: int, *, hints: bool) -> tuple[list[float], list[float]]:
    """Send rows through a throttle to a server that answers after 0.2 s; return the times of answers and refusals."""
    lot, throttle, now = random.Random(1), Throttle(64), 0.0
    under_way: list[tuple[float, int, float | None]] = []
    again: list[float] = []
    answered: list[float] = []
    refused: list[float] = []
    number = 0
    while rows or under_way or again:
        while (rows or (again and again[0] <= now)) and throttle.wait(now, 1) <= 0:
            if again and again[0] <= now:
                heapq.heappop(again)
            else:
                rows -= 1
            throttle.sent(now, 1)
            number += 1
            heapq.heappush(under_way, (now + lot.uniform(0.18, 0.22), number, server.wait(now)))
        times = [under_way[0][0]] if under_way else []
        times += [again[0]] if again and again[0] > now else []
        wait = throttle.wait(now, 1) if rows or (again and again[0] <= now) else math.inf
        now = min([*times, *([now + wait + 1e-9] if wait < math.inf else [])])
        while under_way and under_way[0][0] <= now:
            _, _, wanted = heapq.heappop(under_way)
            (answered if wanted is None else refused).append(now)
            outcome = Outcome(200) if wanted is None else Outcome(429, "Unreachable", wanted if hints else None)
            throttle.came_back(now, 1, outcome)
            if wanted is not None:
                pause = max(wanted * lot.uniform(1, 1.1), lot.uniform(0.25, 0.5)) if hints else lot.uniform(0.25, 5)
                heapq.heappush(again, now + pause)
    return answered, refused


@pytest.mark.parametrize("hints", [True, False], ids=["says how long to wait", "does not say"])
@pytest.mark.parametrize(
    "make", [lambda: TokenBucket(20), lambda: TokenBucket(200), lambda: TokenBucket(1200), SlidingMinute],
    ids=["bucket of 20", "bucket of 200", "bucket of 1200", "sliding minute"],
)  # fmt: skip
def test_a_hidden_limit_is_found_and_used(make: Callable[[], TokenBucket | SlidingMinute], hints: bool) -> None:
    answered, refused = run(make(), 3000, hints=hints)
    late, late_refused = [at for at in answered if at > 60], [at for at in refused if at > 60]
    used, share = (0.9, 0.02) if hints else (0.85, 0.03)
    assert len(late) / (answered[-1] - 60) >= used * LIMIT, "the first minute is for learning"
    assert len(late_refused) / (len(late) + len(late_refused)) <= share


def test_refusals_that_no_pace_would_change_do_not_slow_the_run_down_for_good() -> None:
    answered, _ = run(OutOfOrder(), 20_000, hints=True)
    late = [at for at in answered if at > 30]
    assert len(late) / (answered[-1] - 30) > 100, "64 in flight and 0.2 s each would be 320"


def answered(throttle: Throttle, now: float, status: int = 200, **more: object) -> None:
    throttle.sent(now, 100)
    throttle.came_back(now, 100, Outcome(status, **more))  # type: ignore[arg-type]


def fill(throttle: Throttle, now: float) -> int:
    """Send until nothing more may be sent; return how many are on their way."""
    while throttle.wait(now, 100) == 0:
        throttle.sent(now, 100)
    return throttle.in_flight


def test_the_first_calls_warm_the_cache_before_the_rest_follows() -> None:
    throttle = Throttle(64)
    assert fill(throttle, 0.0) == WARMING
    throttle.came_back(2.0, 100, Outcome(200))
    assert fill(throttle, 2.0) == OPENING


def test_the_window_doubles_with_every_round_of_answers_up_to_its_ceiling() -> None:
    throttle = Throttle(200)
    answered(throttle, 0.0)
    sizes = []
    for second in range(1, 5):
        sizes.append(fill(throttle, second))
        for _ in range(throttle.in_flight):
            throttle.came_back(second + 0.5, 100, Outcome(200))
    assert sizes == [32, 64, 128, 200]


def test_a_burst_of_refusals_is_one_cut() -> None:
    throttle = Throttle(64)
    answered(throttle, 0.0)
    fill(throttle, 3.0)
    for _ in range(10):
        throttle.came_back(3.2, 100, Outcome(429, "Unreachable"))
    assert throttle.window == pytest.approx(OPENING * 0.8)


def test_a_wait_that_the_server_asks_for_stops_everything_and_does_not_put_off_the_next_cut() -> None:
    throttle = Throttle(64)
    answered(throttle, 0.0)
    answered(throttle, 3.0, 429, error="Unreachable", retry_after=89.0)
    assert throttle.wait(3.0, 100) == pytest.approx(89.0)
    answered(throttle, 92.1)
    before = throttle.window
    answered(throttle, 99.0, 429, error="Unreachable", retry_after=89.0)
    assert throttle.window < before


@pytest.mark.parametrize("status", [429, 503, 529])
def test_what_counts_as_overload(status: int) -> None:
    throttle = Throttle(64)
    answered(throttle, 0.0)
    answered(throttle, 3.0, status, error="Unreachable")
    assert throttle.overloads == 1 and throttle.wait(3.0, 100) > 0


@pytest.mark.parametrize(
    "outcome", [Outcome(500, "Unreachable"), Outcome(None, "Unreachable"), Outcome(401, "AuthError")]
)
def test_other_failures_are_no_reason_to_slow_down(outcome: Outcome) -> None:
    throttle = Throttle(64)
    answered(throttle, 0.0)
    throttle.sent(1.0, 100)
    throttle.came_back(1.0, 100, outcome)
    assert (throttle.overloads, throttle.window, throttle.wait(1.0, 100)) == (0, OPENING, 0.0)


@pytest.mark.parametrize(
    ("given", "told", "calls"),
    [
        ((60, None), Limits(), 2),  # two seconds' worth at once
        ((None, None), Limits(requests=120), 4),
        ((60, None), Limits(requests=6000), 2),  # the user's word counts
        ((None, 12_000), Limits(), 4),  # of a hundred tokens each
        ((None, None), Limits(tokens=12_000), 4),
    ],
)
def test_limits_a_minute_come_from_flags_or_from_the_server(
    given: tuple[int | None, int | None], told: Limits, calls: int
) -> None:
    throttle = Throttle(64, *given)
    throttle.sent(-60.0, 0)
    throttle.came_back(-60.0, 0, Outcome(200, limits=told))
    assert fill(throttle, 0.0) == calls
    assert 0 < throttle.wait(0.0, 100) <= 1.01
    assert throttle.wait(1.01, 100) == 0


def test_tokens_are_put_right_by_what_was_really_used() -> None:
    throttle = Throttle(64, tokens=6000)
    answered(throttle, -60.0)
    throttle.sent(0.0, 100)
    throttle.came_back(0.0, 100, Outcome(200, usage=Usage(input=500, output=100)))
    assert throttle.wait(0.0, 100) == pytest.approx(5.0)


def test_a_clock_that_jumps_back_stops_nothing_for_long() -> None:
    throttle = Throttle(64, 600)
    answered(throttle, 1000.0)
    fill(throttle, 1000.0)
    while throttle.in_flight:
        throttle.came_back(10.0, 100, Outcome(200))
    assert throttle.wait(10.2, 100) <= 2.0
