"""The one gate that all calls of a run pass, repeats included: pace, ceilings and money."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from drafter.batch.throttle import Throttle
from drafter.errors import DrafterError
from drafter.llm import Attempt, Message, Outcome, Usage
from drafter.llm.prices import Price

ANSWER = 700
"""Tokens of an answer: a mail of 150 words or 320 汉字 as JSON, its quotes repeated."""


class Halt(Exception):
    """No further call is to be sent; what is not done stays as it is, to be gone on with later.

    No `DrafterError`: to those it is a row's own trouble, and they make the best of it.

    Args:
        reason: why, for a person.
    """

    def __init__(self, reason: DrafterError) -> None:
        super().__init__(str(reason))
        self.reason = reason


def estimated_tokens(text: str) -> int:
    """Return about how many tokens a text is: one for four bytes, which is three quarters of one for a Chinese character.

    Tokenizers differ by a third either way; what a provider reports is taken instead as soon as there is any.
    """
    return len(text.encode("utf-8", "replace")) // 4 + 1


def estimated(messages: tuple[Message, ...]) -> int:
    """Return about how many tokens a request is."""
    return sum(estimated_tokens(message.content) for message in messages)


@dataclass
class Purse:
    """What a run has spent on calls, what those on their way may cost, and what it may spend.

    Args:
        price: what tokens cost; None if nobody knows.
        most: US dollars that may be spent; no limit if None.
        spent: what was spent before.
    """

    price: Price | None
    most: float | None = None
    spent: float = 0.0
    at_risk: float = 0.0

    def worst(self, tokens: int) -> float:
        """Return what a call may cost: nothing in the cache, and an answer half as long again as a mail."""
        return self.price.of(Usage(input=tokens, output=ANSWER * 3 // 2)) if self.price else 0.0

    def allows(self, tokens: int) -> bool:
        """Say whether a call may still be made."""
        return self.most is None or self.spent + self.at_risk + self.worst(tokens) <= self.most

    def sent(self, tokens: int) -> None:
        """Learn that a call has been sent."""
        self.at_risk += self.worst(tokens)

    def came_back(self, tokens: int, outcome: Outcome) -> None:
        """Learn what a call took; where the server reports no tokens, an answer is reckoned like any other."""
        self.at_risk = max(0.0, self.at_risk - self.worst(tokens))
        usage = outcome.usage
        if not (usage.input or usage.output) and outcome.status is not None and outcome.status < 300:
            usage = Usage(input=tokens, output=ANSWER)
        self.spent += self.price.of(usage) if self.price else 0.0


class Pace:
    """A `Gate` (see `drafter.llm`) over a throttle and a purse. Whoever waits is let through in the order of coming.

    Args:
        throttle: when a call may be sent.
        purse: whether it may be.
        clock: tells the seconds; the running loop's own if None.
    """

    def __init__(self, throttle: Throttle, purse: Purse, clock: Callable[[], float] | None = None) -> None:
        self.throttle, self.purse = throttle, purse
        self.usage = Usage()
        """Tokens of all calls so far."""
        self.calls = 0
        self.halted: Halt | None = None
        self._clock = clock or (lambda: asyncio.get_running_loop().time())
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._reckoned: dict[tuple[str, int], int] = {}

    async def before(self, attempt: Attempt) -> None:
        """Return when the attempt may be sent.

        Raises:
            Halt: it never may.
        """
        tokens = estimated(attempt.messages) + ANSWER
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append((tokens, turn))
        self._let_through()
        try:
            await turn
        except asyncio.CancelledError:
            # a turn that was given and not taken is the next one's
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self._back(tokens, Outcome(error="Interrupted"))
            raise
        self._reckoned[attempt.call, attempt.number] = tokens

    async def after(self, attempt: Attempt, outcome: Outcome) -> None:
        """Learn how it went, and let the next ones through."""
        self._back(self._reckoned.pop((attempt.call, attempt.number)), outcome)
        self.usage += outcome.usage
        self.calls += 1

    def halt(self, reason: Halt) -> None:
        """Send nothing more: whoever waits, or comes, is told so."""
        self.halted = self.halted or reason
        self._let_through()

    def _back(self, tokens: int, outcome: Outcome) -> None:
        self.throttle.came_back(self._clock(), tokens, outcome)
        self.purse.came_back(tokens - ANSWER, outcome)
        self._let_through()

    def _let_through(self) -> None:
        """Give turns to those who wait, as far as may be, and come back when the next may be given."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        while self._waiting:
            tokens, turn = self._waiting[0]
            if turn.done():  # its caller was cancelled
                self._waiting.popleft()
                continue
            if self.halted is None and not self.purse.allows(tokens - ANSWER):
                if self.throttle.in_flight:
                    return  # what is on its way may turn out cheaper than feared
                message = f"the next call might take the run over its {self.purse.most:g} dollars"
                self.halted = Halt(DrafterError(message, next="Give a higher --max-cost to go on"))
            if self.halted is not None:
                self._waiting.popleft()
                turn.set_exception(self.halted)
                continue
            wait = self.throttle.wait(self._clock(), tokens)
            if wait > 0:
                if wait != float("inf"):
                    self._timer = asyncio.get_running_loop().call_later(wait, self._let_through)
                return
            self._waiting.popleft()
            self.throttle.sent(self._clock(), tokens)
            self.purse.sent(tokens - ANSWER)
            turn.set_result(None)
