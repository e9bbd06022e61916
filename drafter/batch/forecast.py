"""What a run will take, before anything is spent: calls, tokens and money, as a range."""

from collections.abc import Iterable
from dataclasses import dataclass

from drafter.batch.pace import ANSWER, estimated, estimated_tokens
from drafter.candidate import Candidate, Sender
from drafter.drafting import REPAIRS
from drafter.library import Library
from drafter.llm import Usage
from drafter.llm.prices import Price
from drafter.planning import Plan, Wishes, language_of
from drafter.prompting import Prompts
from drafter.selector import TrackMatch

SAMPLE = 20
"""Rows that are looked at."""


@dataclass(frozen=True)
class Forecast:
    """A range: every mail right at once and the shared part of the prompt cached; every mail repaired twice and nothing cached."""

    rows: int
    calls: tuple[int, int]
    prompt: int
    """Tokens of one request."""
    shared: int
    """Tokens of it that are the same for all rows of a language."""
    cost: tuple[float, float] | None
    """US dollars; None where no price is known."""

    def in_words(self) -> str:
        """Return it for a person."""
        low, high = self.calls
        calls = (
            f"{low:,} to {high:,} calls of about {self.prompt:,} tokens each, {self.shared:,} of them the same for all"
        )
        if self.cost is None:
            return f"{calls}; the price of this model is not known (see DRAFTER_PRICES)"
        return f"{calls}; ${self.cost[0]:.2f} to ${self.cost[1]:.2f}"


def typical_plan(library: Library, candidate: Candidate, sender: Sender, wishes: Wishes) -> Plan:
    """Return a plan whose prompt is about as long as the person's own will be; no field is looked for, which would take longer."""
    by_length = sorted((track for track in library if track.en), key=lambda track: len(track.zh))
    middle, count = len(by_length) // 2, wishes.count or 2
    tracks = [library.tracks[track] for track in wishes.tracks] or by_length[middle : middle + count]
    return Plan(
        candidate=candidate,
        sender=sender,
        language=wishes.language or language_of(candidate),
        tone=wishes.tone,
        fields=(),
        tracks=tuple(TrackMatch(track, 1.0, ()) for track in tracks),
    )


def forecast(rows: int, plans: Iterable[Plan], prompts: Prompts, price: Price | None, variants: int = 1) -> Forecast:
    """Reckon what some rows will take.

    Args:
        rows: how many are to be drafted.
        plans: some of them, or such as `typical_plan` makes.
        prompts: the templates.
        price: what tokens cost; None if nobody knows.
        variants: mails for each row.
    """
    sizes = []
    for plan in plans:
        messages = tuple(prompts.messages(plan))
        sizes.append((estimated(messages), estimated_tokens(messages[0].content)))
    prompt = sum(size for size, _ in sizes) // len(sizes) if sizes else 0
    shared = sum(size for _, size in sizes) // len(sizes) if sizes else 0
    calls = rows * variants, rows * variants * (1 + REPAIRS)
    cost = None
    if price:
        low = price.of(Usage(input=prompt, cached=shared, output=ANSWER // 2))
        high = price.of(Usage(input=prompt + ANSWER, output=ANSWER))
        cost = calls[0] * low, calls[1] * high
    return Forecast(rows, calls, prompt, shared, cost)
