"""When the next call may be sent: a state that learns from what comes back. Pure: it is told the time and never waits.

Three things hold calls back, and the tightest counts:

    buckets    requests and tokens a minute, as flags or the provider's headers say
    window     calls in flight: doubled a round until the first overload, then grown gently, cut when overloaded
    pace       calls a second, unlimited until the first overload, then what the server was seen to take

The window suits servers that limit how many calls run at once, the pace those that count calls a minute: with short answers
a whole window is too coarse a step. One burst of refusals is one cut. A wait that the server asks for stops all sending
until then, but does not put off the next cut; else a server that asks for long waits would never be cut a second time.

Some refusals have nothing to do with how much is sent: a gateway that is out of order refuses one call in twenty at any pace,
and a pace that is cut for each of them ends at nothing. So a cut is looked at afterwards. Where as many calls are
refused after two cuts as before, they are taken back, and up to twice that share is put up with.

Doubling, gentle growth and a cut at most once an interval are what inspect_ai's controller does
(UKGovernmentBEIS/inspect_ai, design/adaptive-concurrency.md).
"""

import math
from collections import deque
from dataclasses import dataclass, field

from drafter.llm import Limits, Outcome

WARMING = 2
"""Calls in flight until the first answer: after it the provider's cache holds what all calls have in common."""

OPENING = 32
"""Calls in flight once it has come."""

USED = 0.8
"""Share of the window that must be in use for it to grow."""

GENTLY = 0.05
"""Growth of the window a round once there was an overload."""

CUT_EVERY = 5.0
"""Seconds in which all refusals are one."""

CUT = 0.8
"""What is left of the window after a cut."""

TAKEN = 0.95
"""Share of what the server was seen to take at which calls go on."""

SEEN = 10.0
"""Seconds over which it is seen."""

PEAK = 2.0
"""Seconds over which the most is looked for."""

LONG_BLOCK = 5.0
"""Seconds without an answer after which refusals are a quota that is used up, and not too many calls at once."""

LEARNED = 2.0
"""Seconds of calls from which on one can tell what a server takes."""

FASTER_EVERY, FASTER = 3.0, 0.01
"""Seconds, and growth of the pace in them."""

PATIENT, FASTEST = 6, 0.2
"""Such growths that are gentle; after them, still without a refusal, each is twice the one before, up to this."""

FIRST_BLOCK, LONGEST_BLOCK = 0.1, 5.0
"""Seconds of silence after a refusal that does not say how long; doubled while nothing else comes."""

NOISE, LOUD, HELPED = 0.008, 0.25, 0.5
"""Shares of refusals between which they may have nothing to do with the pace, and what a cut that helps leaves of them."""

TELLING, TWICE = 30, 2
"""Calls that tell whether a cut has helped, and cuts in vain after which they are taken back."""

BURST = 2.0
"""Seconds' worth of a minute's limit that may be sent at once."""

OVERLOADED = frozenset({429, 503, 529})
"""Statuses that say "too much": some providers say it with 503, Anthropic with 529."""


@dataclass
class Bucket:
    """So much a minute, in small bursts; what was taken too much is paid back before more is given."""

    a_minute: float
    level: float = field(init=False)
    at: float = 0.0

    def __post_init__(self) -> None:
        self.level = self.most

    @property
    def most(self) -> float:
        """What may be taken at once."""
        return max(1.0, self.a_minute / 60 * BURST)

    def wait(self, now: float, amount: float) -> float:
        """Return the seconds until an amount may be taken; one larger than the bucket may go when it is full."""
        self._fill(now)
        missing = min(amount, self.most) - self.level
        return max(0.0, missing / self.a_minute * 60)

    def take(self, now: float, amount: float) -> None:
        """Take an amount; a negative one gives back."""
        self._fill(now)
        self.level = min(self.most, self.level - amount)

    def _fill(self, now: float) -> None:
        # a clock that goes backwards gives nothing
        self.level = min(self.most, self.level + max(0.0, now - self.at) * self.a_minute / 60)
        self.at = now


class Throttle:
    """The state.

    Args:
        ceiling: most calls in flight.
        requests: calls a minute; unlimited, or as the provider says, if None.
        tokens: tokens a minute, likewise.
        now: the time at the beginning, in seconds of any clock.
    """

    def __init__(
        self, ceiling: int, requests: int | None = None, tokens: int | None = None, *, now: float = 0.0
    ) -> None:
        self.ceiling = ceiling
        self.window = float(min(WARMING, ceiling))
        self.in_flight = 0
        self.pace: float | None = None
        """Calls a second; None while nothing was refused."""
        self.overloads = 0
        self._given = Limits(requests, tokens)
        self._requests = Bucket(requests, at=now) if requests else None
        self._tokens = Bucket(tokens, at=now) if tokens else None
        self._warm = False
        self._round, self._peak = 0.0, 0
        """Answers until a round is over, and the most calls in flight in it."""
        self._blocked_until = now
        self._block = FIRST_BLOCK
        self._next = now
        self._cut_at = -math.inf
        self._faster_at = now
        self._faster = 0
        self._pace_used = False
        self._epoch, self._since = now, 0
        self._opened, self._granted = now, 0
        self._answers: deque[float] = deque()
        self._last_answer = now
        self._refused = False
        """Something was refused since the last answer."""
        self._refusals, self._share_before, self._put_up_with = 0, 0.0, 0.0
        self._before: tuple[float | None, float] = None, self.window
        """Pace and window before the last cut."""
        self._in_vain = 0
        self._paced = False
        """Whether that cut set a pace: only then can one tell whether it helped."""

    def wait(self, now: float, tokens: int) -> float:
        """Return the seconds until a call of so many tokens may be sent: 0 for now, infinity for "when another is back"."""
        if self.in_flight >= self.window:
            return math.inf
        waits = [self._blocked_until - now]
        if self.pace is not None:
            waits.append(self._next - now)
            self._pace_used = self._pace_used or waits[-1] > 0
        if self._requests:
            waits.append(self._requests.wait(now, 1))
        if self._tokens:
            waits.append(self._tokens.wait(now, tokens))
        return max(0.0, *waits)

    def sent(self, now: float, tokens: int) -> None:
        """Learn that a call has been sent."""
        self.in_flight += 1
        self._peak = max(self._peak, self.in_flight)
        if self._requests:
            self._requests.take(now, 1)
        if self._tokens:
            self._tokens.take(now, tokens)
        if self.pace is not None:
            # a turn that was missed is not made up for: two at once is what such servers refuse
            self._next = max(self._next, now - 0.1 / self.pace) + 1 / self.pace

    def came_back(self, now: float, tokens: int, outcome: Outcome) -> None:
        """Learn what became of a call.

        Args:
            now: the time.
            tokens: what was reckoned with when it was sent.
            outcome: what came.
        """
        self.in_flight -= 1
        self._learn_limits(now, outcome.limits)
        if self._tokens and (outcome.usage.input or outcome.usage.output):
            self._tokens.take(now, outcome.usage.input + outcome.usage.output - tokens)
        if outcome.status in OVERLOADED:
            self._overloaded(now, outcome.retry_after)
        elif outcome.status is not None and outcome.status < 300:
            self._answered(now)
        else:
            self._new_round()

    def _answered(self, now: float) -> None:
        if self._refused and now - self._last_answer > LONG_BLOCK and self.pace is not None:
            # a quota that was used up: what went through from its beginning to its end is what it grants
            self._set_pace(now, self._granted / max(1.0, now - self._opened))
            self._opened, self._granted = now, 0
        self._block, self._refused = FIRST_BLOCK, False
        self._since += 1
        self._granted += 1
        self._last_answer = now
        self._answers.append(now)
        while self._answers and self._answers[0] < now - SEEN:
            self._answers.popleft()
        if not self._warm:
            self._warm = True
            self._resize(OPENING)
        self._round -= 1
        if self._round <= 0:
            if self._peak >= USED * self.window:
                self._resize(self.window * (2.0 if self.pace is None else 1 + GENTLY))
            self._new_round()
        if self.pace is not None and self._pace_used and now - self._faster_at >= FASTER_EVERY:
            self._faster += 1
            self.pace *= 1 + min(FASTEST, FASTER * 2.0 ** max(0, self._faster - PATIENT))
            self._faster_at, self._pace_used = now, False

    def _overloaded(self, now: float, retry_after: float | None) -> None:
        self.overloads += 1
        self._refused = True
        if retry_after is None:
            retry_after = self._block
            self._block = min(LONGEST_BLOCK, 2 * self._block)
        self._blocked_until = max(self._blocked_until, now + retry_after)
        self._refusals += 1
        # without an answer in between it is the same trouble as before
        if now - self._cut_at < CUT_EVERY or (self.pace is not None and not self._since):
            return
        calls = self._refusals + self._since
        share = self._refusals / calls
        if share <= self._put_up_with:
            if calls >= TELLING:
                self._new_epoch(now)
            return
        if self._paced and calls < TELLING and share < LOUD:
            return
        in_vain = self._paced and NOISE < share < LOUD and share > HELPED * self._share_before
        self._in_vain = self._in_vain + 1 if in_vain else 0
        if self._in_vain >= TWICE:
            self._put_up_with, self._in_vain = 2 * share, 0
            self._take_back(now)
        else:
            self._share_before = share
            self._cut(now)

    def _cut(self, now: float) -> None:
        """Send less, as much as was seen to be taken."""
        if not self._in_vain:
            self._before = self.pace, self.window
        in_use = min(self.window, self.in_flight + 1)
        self._resize(in_use * (CUT if self._warm else 1.0))
        self._cut_at, self._faster = now, 0
        seconds = min(SEEN, now - self._epoch)
        # refusals come at once and answers take their time: what was taken is known when some of them are there
        self._paced = seconds >= LEARNED and self._since >= TELLING
        if self._paced:
            self._set_pace(now, max(len([at for at in self._answers if at >= now - seconds]) / seconds, self._best()))

    def _best(self) -> float:
        """Return the most answers a second that came within a short while of the last seconds.

        What came on the average is what the server takes only where more was sent; before the first cut little may have been.
        """
        answers, most, first = list(self._answers), 0, 0
        for last, at in enumerate(answers):
            while answers[first] < at - PEAK:
                first += 1
            most = max(most, last - first + 1)
        return most / PEAK if self.pace is None else 0.0

    def _take_back(self, now: float) -> None:
        """Undo a cut that did not help."""
        self.pace, window = self._before
        self._resize(max(window, self.window))
        self._cut_at, self._next = now, now
        self._new_epoch(now)

    def _resize(self, window: float) -> None:
        self.window = min(float(self.ceiling), max(1.0, window))
        self._new_round()

    def _new_round(self) -> None:
        """A round is as many answers as the window is wide; a failure in between begins it anew."""
        self._round, self._peak = self.window, self.in_flight

    def _set_pace(self, now: float, seen: float) -> None:
        self.pace = max(0.1, TAKEN * seen)
        self._next = max(now, min(self._next, now + 1 / self.pace))
        self._faster_at, self._pace_used, self._faster = now, False, 0
        self._new_epoch(now)

    def _new_epoch(self, now: float) -> None:
        self._epoch, self._since, self._refusals = now, 0, 0

    def _learn_limits(self, now: float, limits: Limits) -> None:
        """Take the provider's own limits where the user has set none."""
        if (
            limits.requests
            and not self._given.requests
            and (not self._requests or self._requests.a_minute != limits.requests)
        ):
            self._requests = Bucket(limits.requests, at=now)
        if limits.tokens and not self._given.tokens and (not self._tokens or self._tokens.a_minute != limits.tokens):
            self._tokens = Bucket(limits.tokens, at=now)
