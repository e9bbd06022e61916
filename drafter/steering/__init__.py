"""Text in a record that speaks to a writer instead of about a person.

A profile is written by strangers, and researchers of this very field like to try what a model does with "ignore the
above". Such text is never obeyed, never quoted, and reported; finding it here is a courtesy to the reader, not the
defence. The defence is that the record is fenced as data and that every draft is checked, also for words that only an
obeyed order could have put there.

The people written to also *study* such texts, and their pages speak to applicants. So an order counts only where it is
given, not where it is told of: "models that ignore previous instructions" and "Ignore Previous Prompt: Attack Techniques"
are somebody's work, and "please include your CV in your e-mail" is meant for students.

    phrases    what attacks usually say
    demands    what nobody says of himself: how a letter is to be written, and by which machine
    disguise   letters of other alphabets, encodings, words run together in an address
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from drafter.candidate import Candidate
from drafter.steering.demands import NO_PLACE, TITLE, find_demand
from drafter.steering.disguise import decoded, has_disguise, plain
from drafter.steering.phrases import find_phrase

_STOP = re.compile(r"[.!?。！？\n]\s*")
_MARK = re.compile(r"\s*[(（\[【“\"：:;；，,|<{—#=]")
_SINGLE = re.compile(r"(?<!\w)'|'(?!\w)")

SUSPECT = 1.5
"""Points that every further text of a record has against it once one attempt was found."""

SHOWN = 80
"""Characters of an attempt that are shown to the recruiter."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A piece of a record that tries to steer the writer, and the key it stands under."""

    text: str
    source: str

    @property
    def told(self) -> str:
        """What the recruiter is told of it."""
        return f"the record tries to steer the writer ({self.source}: “{self.text}”); that text is left out"


@dataclass(frozen=True)
class Disarmed:
    """A record without the texts that try to steer the writer.

    Args:
        candidate: the person, without those texts: what may be shown to a model and be relied on as fact.
        attempts: what was taken out, to be told to the recruiter.
        orders: the same with all that followed it in its text, decoded too: words that only an obeyed order leaves in a mail.
    """

    candidate: Candidate
    attempts: tuple[Attempt, ...] = ()
    orders: tuple[str, ...] = ()


def steers(text: str) -> bool:
    """Say whether a text speaks to a writer."""
    return _find(plain(text), text, 0.0) is not None


def disarm(candidate: Candidate) -> Disarmed:
    """Take out every text of a record that tries to steer the writer; the recruiter's own notes are not looked at.

    From a text goes the sentence of the attempt and what follows it; a name and a place keep what stands before it.
    A title that ends within a quotation goes on in the next: an order may be split over two papers. Where one attempt is
    found the other texts are looked at with less patience.
    """
    texts = [(source, text, plain(text)) for source, text in _texts(candidate)]
    if not any(_find(whole, text, _bonus(source)) for source, text, whole in texts):
        return Disarmed(candidate)
    attempts: list[Attempt] = []
    orders: list[str] = []
    kept: dict[str, str] = {}
    unfinished = False
    for source, text, whole in texts:
        goes_on = unfinished and source.endswith(".title")
        found = ("", 0) if goes_on else _find(whole, text, _bonus(source) + SUSPECT)
        if found is None:
            continue
        start = _beginning(source, whole, found[1])
        if goes_on:
            orders[-1] += f" {whole}"
        else:
            attempts.append(Attempt(" ".join(found[0].split())[:SHOWN], source))
            orders.append(whole[start:])
        kept[source] = whole[:start].strip()
        unfinished = source.endswith(".title") and not goes_on and _is_open(orders[-1])
    more = tuple(text for order in orders for text in decoded(order))
    return Disarmed(_without(candidate, kept), tuple(attempts), (*orders, *more))


def _beginning(source: str, text: str, at: int) -> int:
    """Return where what must go begins: at the sentence, or in a name or place at the first mark."""
    if source in ("name", "affiliation", "salutation"):
        return next((mark.start() for mark in _MARK.finditer(text, 0, at + 1)), at)
    return max((stop.end() for stop in _STOP.finditer(text, 0, at)), default=0)


def _is_open(text: str) -> bool:
    """Say whether a text ends within a quotation or bracket."""
    pairs = ("“”", "‘’", "「」", "『』", "()", "（）")
    return any(text.count(pair[0]) > text.count(pair[1]) for pair in pairs) or bool(len(_SINGLE.findall(text)) % 2)


def _without(candidate: Candidate, kept: Mapping[str, str]) -> Candidate:
    """Return the candidate with some texts cut short; a paper without a title goes whole."""
    papers = [
        paper.model_copy(
            update={
                key: kept[where] for key in ("title", "summary", "venue") if (where := f"papers[{i}].{key}") in kept
            }
        )
        for i, paper in enumerate(candidate.papers)
    ]
    changes: dict[str, object] = {"papers": tuple(paper for paper in papers if paper.title)}
    for key in ("interests", "keywords"):
        values = getattr(candidate, key)
        cut = (kept.get(key if len(values) == 1 else f"{key}[{i}]", text) for i, text in enumerate(values))
        changes[key] = tuple(text for text in cut if text)
    for key in ("bio", "position", "name", "affiliation", "salutation", "homepage"):
        if key in kept:
            changes[key] = kept[key]
    return candidate.model_copy(update=changes)


def _texts(candidate: Candidate) -> Iterator[tuple[str, str]]:
    yield from candidate.texts()
    for key in ("name", "affiliation", "salutation", "homepage"):
        yield key, getattr(candidate, key)


def _bonus(source: str) -> float:
    if source.endswith(".title"):
        return TITLE
    return NO_PLACE if source.endswith((".venue", "name", "affiliation", "position", "homepage")) else 0.0


@lru_cache(maxsize=10_000)
def _find(whole: str, text: str, bonus: float) -> tuple[str, int] | None:
    """Return the first piece of a text that speaks to a writer, and where it begins in the plain form of the text.

    Plan, composer and prompt each ask about the texts of the same person, and places, positions and topics are those of many.
    """
    match = find_phrase(whole, title=bonus < 0) or find_demand(whole, bonus=bonus)
    if match:
        return match.group(), match.start()
    return (whole, 0) if has_disguise(text) else None


__all__ = ["Attempt", "Disarmed", "disarm", "steers"]
