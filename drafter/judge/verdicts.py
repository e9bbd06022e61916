"""From the judge's answers to verdicts: code decides, the model only answers and quotes.

A "yes" counts where its quote stands in the mail, word for word but for folding, and not merely inside a quoted title. A
track is present where every idea has such a yes and all stand together; it is absent where one idea is a no. A yes without
its quote is neither. Quoting and checking the quote in code is what makes small judges agree with people (Rulers,
arXiv 2601.08654).
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from drafter.checker import Mail
from drafter.judge.asking import IdeaAnswer, Point, SentenceAnswer
from drafter.report import Finding, Verdict
from drafter.text import QUOTED_TITLE, Span, count_han, count_words, fold

WINDOW = 3
"""Neighbouring sentences within which the ideas of one point must stand."""

FEWEST_HAN, FEWEST_WORDS = 4, 3
"""Chinese characters or other words of which a quote has at least one number, unless it is a whole sentence."""

LONGEST_REASON = 200
"""Characters kept of what the judge says in its own words."""

_CAPITALIZED = re.compile(r"\b[A-Z]")

Place = tuple[int, int]
"""The first and the last sentence that a quote touches, by number from 0."""


class Body:
    """A mail's body as quotes are looked up in it.

    Args:
        mail: the mail.
        sentences: the sentences that the judge was shown.
    """

    def __init__(self, mail: Mail, sentences: Sequence[Span]) -> None:
        self._mail, self._sentences = mail, sentences
        self._folded = fold(mail.body)
        self._starts = [span.start for span in sentences]

    def places(self, quote: str) -> list[Place]:
        """Return where a quote stands: nowhere if it is too short, or stands in no sentence, or in titles alone."""
        wanted = fold(quote)
        if not wanted.words:
            return []
        whole = any(fold(span.text).line == wanted.line for span in self._sentences)
        found = []
        at = self._folded.line.find(wanted.line)
        while at >= 0:
            words = self._folded.words_between(at + 1, at + len(wanted.line) - 1)
            place = self._place(words)
            if place is not None and self._says_enough(words, whole):
                found.append(place)
            at = self._folded.line.find(wanted.line, at + 1)
        return found

    def text(self, place: Place) -> str:
        """Return the exact piece of the body from the first to the last sentence of a place."""
        return self._mail.body[self._sentences[place[0]].start : self._sentences[place[1]].end]

    def _place(self, words: tuple[int, int]) -> Place | None:
        first, last = (bisect_right(self._starts, self._folded.spans[word][0]) - 1 for word in (words[0], words[1] - 1))
        inside = first >= 0 and self._folded.spans[words[1] - 1][1] <= self._sentences[last].end
        return (first, last) if inside else None

    def _says_enough(self, words: tuple[int, int], whole: bool) -> bool:
        own = [self._folded.words[word] for word in range(*words) if not self._in_title(self._folded.spans[word][0])]
        han = sum(count_han(word) > 0 for word in own)
        return bool(own) and (whole or han >= FEWEST_HAN or len(own) - han >= FEWEST_WORDS)

    def _in_title(self, place: int) -> bool:
        number = bisect_right(self._titles, (place, len(self._mail.body))) - 1
        return number >= 0 and place < self._titles[number][1]

    @cached_property
    def _titles(self) -> list[tuple[int, int]]:
        """Where quoted titles stand; a term or a phrase in quotation marks is none."""
        return [match.span() for match in QUOTED_TITLE.finditer(self._mail.body) if self._is_title(match.group())]

    def _is_title(self, quoted: str) -> bool:
        if quoted.startswith("《"):
            return True
        if len(_CAPITALIZED.findall(quoted)) >= 3 and count_words(quoted) >= 3:
            return True
        papers = self._mail.candidate.papers if self._mail.candidate else ()
        inner = fold(quoted).line
        return bool(inner.strip()) and any(inner in fold(paper.title).line for paper in papers)


def is_granted(point: Point, answers: Mapping[str, IdeaAnswer]) -> bool:
    """Say whether the judge says yes to every idea of a point, with or without quotes."""
    return all(answers[question.id].answer == "yes" for question in point.questions)


def vote(point: Point, answers: Mapping[str, IdeaAnswer], body: Body) -> Verdict:
    """Return what one answer of the judge makes of a track; `unsure` where its quotes do not show what it says."""
    named = [(question.idea.name, answers[question.id]) for question in point.questions]
    said = [(name, answer.quote, body.places(answer.quote)) for name, answer in named if answer.answer == "yes"]
    found = [(name, quote, places) for name, quote, places in said if places]
    missing = [name for name, answer in named if answer.answer == "no"]
    score = round(len(found) / len(named), 3)
    words = "; ".join(f"{name}: “{_one_line(quote)}”" for name, quote, _ in found)
    if missing:
        why = "; ".join(filter(None, [words and f"found {words}", f"missing: {', '.join(missing)}"]))
        quote = body.text(found[0][2][0]) if found else ""
        return Verdict(track=point.track.id, verdict="absent", quote=quote, score=score, why=f"judge: {why}")
    if len(found) < len(said):
        unshown = ", ".join(name for name, _, places in said if not places)
        why = f"judge: it says yes to {unshown} without words of the mail that show it"
        return Verdict(track=point.track.id, verdict="unsure", score=score, why=why)
    place = _together([places for _, _, places in found])
    if place is None:
        why = f"judge: {words}; but they stand more than {WINDOW} sentences apart"
        return Verdict(track=point.track.id, verdict="unsure", score=score, why=why)
    return Verdict(track=point.track.id, verdict="present", quote=body.text(place), score=score, why=f"judge: {words}")


def _together(places: Sequence[Sequence[Place]]) -> Place | None:
    """Return the shortest run of sentences that holds one place of each idea, the first of equals."""
    runs = []
    for start in {first for options in places for first, _ in options}:
        ends = [min((last for first, last in options if first >= start), default=None) for options in places]
        reached = [end for end in ends if end is not None]
        if len(reached) == len(places) and max(reached) - start < WINDOW:
            runs.append((max(reached) - start, start))
    if not runs:
        return None
    length, start = min(runs)
    return start, start + length


def settled(first: Verdict, votes: Sequence[Verdict]) -> Verdict | None:
    """Return the vote that decides a track, or None where another answer is needed.

    The first answer is enough where tier one says the same or left the track open. Where they disagree, or the first
    answer decided nothing, two answers must say the same, or all must say what tier one says.

    Args:
        first: tier one's verdict.
        votes: what the judge's answers made of the track so far; `unsure` ones decide nothing.
    """
    valid = [vote for vote in votes if vote.verdict != "unsure"]
    kinds = [vote.verdict for vote in valid]
    for vote in reversed(valid):
        if kinds.count(vote.verdict) > 1:
            return vote
    if len(valid) != 1:
        return None
    enough = kinds[0] == first.verdict or (first.verdict == "unsure" and len(votes) == 1)
    return valid[0] if enough else None


def undecided(first: Verdict, votes: Sequence[Verdict]) -> Verdict:
    """Return the verdict on a track that the judge's answers did not settle."""
    said = [vote.verdict for vote in votes if vote.verdict != "unsure"]
    why = f"judge: its answers are {', '.join(said)}" if said else votes[-1].why
    return first.model_copy(update={"verdict": "unsure", "why": f"{why}; the rules say {first.verdict}: {first.why}"})


def fact_findings(answers: Sequence[SentenceAnswer], sentences: Sequence[Span], given: str) -> Iterator[Finding]:
    """Yield what the judge finds wrong with what a mail states.

    Args:
        answers: one for each sentence.
        sentences: those of the mail.
        given: all words that may support one.
    """
    line = fold(given).line
    for answer in sorted(answers, key=lambda answer: answer.number):
        sentence = sentences[answer.number - 1].text
        reason = _one_line(answer.reason)[:LONGEST_REASON]
        because = f": {reason}" if reason else ""
        if answer.kind == "unsupported":
            message = f"the judge finds nothing given that supports this sentence{because}"
            yield Finding(rule="facts.unsupported", level="error", message=message, quote=sentence)
        elif answer.kind == "contradicted":
            message = f"the judge finds that what is given says otherwise{because}"
            yield Finding(rule="facts.contradicted", level="error", message=message, quote=sentence)
        elif answer.kind == "foreign":
            message = f"the judge finds that this sentence has no business in such a mail{because}"
            yield Finding(rule="steering.foreign", level="error", message=message, quote=sentence)
        elif answer.kind == "supported" and (not fold(answer.quote).words or fold(answer.quote).line not in line):
            message = "the judge calls this sentence supported and quotes words that stand nowhere"
            yield Finding(rule="facts.unverified", level="warning", message=message, quote=sentence)


def _one_line(text: str) -> str:
    return " ".join(text.split())
