"""The gate: turns in order, money, halting."""

import asyncio

import pytest

from drafter.batch.pace import ANSWER, Halt, Pace, Purse, estimated_tokens
from drafter.batch.throttle import Throttle
from drafter.errors import DrafterError
from drafter.llm import Attempt, Message, Outcome, Usage
from drafter.llm.prices import Price

PRICE = Price(input=1.0, cached=0.1, write=1.0, output=10.0)
ANSWERED = Outcome(200, usage=Usage(input=1000, output=100))


def attempt(name: str, text: str = "x" * 4000) -> Attempt:
    return Attempt(name, 1, "m", "http://x/v1", "text", (Message("user", text),))


async def test_turns_are_given_in_the_order_of_coming() -> None:
    pace = Pace(Throttle(1), Purse(None))
    order: list[str] = []

    async def call(name: str) -> None:
        await pace.before(attempt(name))
        order.append(name)
        await asyncio.sleep(0)
        await pace.after(attempt(name), ANSWERED)

    await asyncio.gather(*(call(name) for name in "abcdef"))
    assert (order, pace.calls, pace.usage.input) == (list("abcdef"), 6, 6000)


async def test_one_who_gives_up_waiting_takes_nobodys_turn() -> None:
    pace = Pace(Throttle(1), Purse(None))
    await pace.before(attempt("first"))
    waiting = [asyncio.create_task(pace.before(attempt(name))) for name in ("gives up", "second")]
    await asyncio.sleep(0)
    waiting[0].cancel()
    await pace.after(attempt("first"), ANSWERED)
    await asyncio.wait_for(waiting[1], 5)
    assert pace.throttle.in_flight == 1


async def test_halting_tells_those_who_wait_and_those_who_come() -> None:
    pace = Pace(Throttle(1), Purse(None))
    await pace.before(attempt("on its way"))
    waiting = asyncio.create_task(pace.before(attempt("waits")))
    await asyncio.sleep(0)
    pace.halt(Halt(DrafterError("enough")))
    with pytest.raises(Halt, match="enough"):
        await waiting
    with pytest.raises(Halt, match="enough"):
        await pace.before(attempt("comes"))
    await pace.after(attempt("on its way"), ANSWERED)


async def test_money_is_not_spent_beyond_its_limit() -> None:
    purse = Purse(PRICE, most=0.05)
    pace = Pace(Throttle(8), purse)
    sent = 0
    with pytest.raises(Halt, match=r"over its 0\.05 dollars"):
        for number in range(100):
            await pace.before(attempt(str(number)))
            sent += 1
            await pace.after(attempt(str(number)), Outcome(200, usage=Usage(input=1000, output=700)))
    assert sent == 5 and purse.spent <= 0.05, "the sixth might have cost more than was left"


async def test_calls_on_their_way_count_with_the_worst_they_may_cost() -> None:
    pace = Pace(Throttle(8), Purse(PRICE, most=0.0235))
    await pace.before(attempt("a"))
    await pace.before(attempt("b"))
    waiting = asyncio.create_task(pace.before(attempt("c")))
    await asyncio.sleep(0)
    assert not waiting.done(), "a third might be too much"
    await pace.after(attempt("a"), Outcome(None, "Unreachable"))
    await asyncio.wait_for(waiting, 5)


def test_a_server_that_reports_no_tokens_is_not_taken_for_a_free_one() -> None:
    purse = Purse(PRICE)
    purse.sent(1000)
    purse.came_back(1000, Outcome(200))
    assert purse.spent == pytest.approx((1000 + ANSWER * 10) / 1_000_000)


@pytest.mark.parametrize(("text", "tokens"), [("", 1), ("a word or two here", 5), ("奖励模型", 4), ("RLHF 奖励", 3)])
def test_tokens_are_estimated_by_script(text: str, tokens: int) -> None:
    assert estimated_tokens(text) == tokens
