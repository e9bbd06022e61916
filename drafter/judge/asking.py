"""What is asked of the judge, and how its answer is read.

The mail and the record are other people's text: they go in as fenced JSON, and what comes back counts only where it names
the ideas and sentences that were asked for, each once, in the fixed words.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from drafter.candidate import explain
from drafter.checker import Mail
from drafter.errors import BadReply
from drafter.library import Idea, Library, Track
from drafter.llm import Message, json_objects
from drafter.matching import GAP
from drafter.prompting import Prompts, fenced, sender_text, shown
from drafter.text import Span, sentences

EXAMPLES = 4
"""Ways to say an idea that the judge is shown, in each language: enough to see what is meant."""

_IDEA = {"id": {"type": "string"}, "quote": {"type": "string"}, "answer": {"type": "string", "enum": ["yes", "no"]}}
_SENTENCE = {
    "number": {"type": "integer"},
    "quote": {"type": "string"},
    "class": {"type": "string", "enum": ["supported", "contradicted", "unsupported", "foreign", "nothing"]},
    "reason": {"type": "string"},
}


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(properties),
        "properties": dict(properties),
    }


def _list(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": _object(properties)}


# The quote comes before the answer that it has to justify. No id of a draft stands in the schema: servers compile each
# schema once, and one that is the same for all drafts is compiled for the first alone.
IDEAS_SCHEMA = _object({"ideas": _list(_IDEA)})
"""The form of an answer about ideas, as JSON Schema."""

FACTS_SCHEMA = _object({"ideas": _list(_IDEA), "sentences": _list(_SENTENCE)})
"""The form of an answer about ideas and sentences."""


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True)


class IdeaAnswer(_Strict):
    """Whether the mail raises an idea, and the words that show it."""

    id: str
    quote: str
    answer: Literal["yes", "no"]


class SentenceAnswer(_Strict):
    """How a sentence stands to what is known, and the words of the context that show it."""

    number: int
    quote: str
    kind: Literal["supported", "contradicted", "unsupported", "foreign", "nothing"] = Field(alias="class")
    reason: str


class Answer(_Strict):
    """All that the judge says of one mail."""

    ideas: list[IdeaAnswer]
    sentences: list[SentenceAnswer] = []


@dataclass(frozen=True)
class Question:
    """Does the mail raise this idea?"""

    id: str
    idea: Idea

    @property
    def examples(self) -> list[str]:
        """A few ways to say it, in both languages; patterns with open ends are for the matcher only."""
        plain = ([p for p in phrases if "*" not in p and GAP not in p] for phrases in (self.idea.zh, self.idea.en))
        return list(dict.fromkeys(phrase for phrases in plain for phrase in phrases[:EXAMPLES]))


@dataclass(frozen=True)
class Point:
    """A track as it is asked about."""

    id: str
    track: Track
    questions: tuple[Question, ...]


def make_points(tracks: Iterable[Track], library: Library) -> tuple[Point, ...]:
    """Return tracks as numbered points; one without a card is a single question, its own text."""
    points = []
    for number, track in enumerate(tracks, 1):
        ideas = library.ideas(track) or (Idea(name=track.zh),)
        questions = tuple(Question(f"P{number}.{place}", idea) for place, idea in enumerate(ideas, 1))
        points.append(Point(f"P{number}", track, questions))
    return tuple(points)


def shuffled(tracks: Iterable[Track], mail: Mail, salt: str = "") -> list[Track]:
    """Return tracks in an order that only the content decides: neither the library's nor the writer's.

    Order shifts a judge's answers (arXiv 2602.02219), so no track may always have the same place.
    """
    return sorted(
        tracks, key=lambda t: hashlib.sha256(f"{salt}\0{mail.body}\0{t.id}".encode("utf-8", "replace")).digest()
    )


def body_sentences(mail: Mail) -> tuple[Span, ...]:
    """Return the sentences of a mail's body without salutation and sign-off, with their places in the body."""
    lines = [match for match in re.finditer(r"[^\n]+", mail.body) if match.group().strip()][: mail.signature_at]
    if len(lines) > 1 and len(mail.salutation) <= 60 and not mail.salutation.endswith((".", "?", "。", "？")):
        lines = lines[1:]
    if not lines:
        return ()
    start, end = lines[0].start(), lines[-1].end()
    return tuple(span for span in sentences(mail.body) if start <= span.start and span.end <= end)


@dataclass(frozen=True)
class Inquiry:
    """One call to the judge.

    Args:
        mail: the mail to be judged.
        sentences: those of its sentences that are shown.
        points: the tracks that are asked about, decoys among them; may be none where only facts are.
        facts: whether the sentences are to be held against what is known.
    """

    mail: Mail
    sentences: tuple[Span, ...]
    points: tuple[Point, ...]
    facts: bool

    @property
    def schema(self) -> Mapping[str, Any]:
        """The form of the answer."""
        return FACTS_SCHEMA if self.facts else IDEAS_SCHEMA

    @cached_property
    def context(self) -> dict[str, Any]:
        """What is known of the two people, and the points that are not asked about but may be told."""
        candidate, sender = self.mail.candidate, self.mail.sender
        record = shown(candidate) if candidate else {}
        if candidate and candidate.public_notes:
            record["remarks"] = candidate.public_notes
        asked = {point.track.id for point in self.points}
        return {
            "record": record,
            "sender": sender_text(sender, self.mail.language).splitlines() if sender else None,
            "points": [text for track in self.mail.tracks if track.id not in asked for text in _texts(track)],
        }

    @cached_property
    def given(self) -> str:
        """All words that may support a sentence: those of the context, and those of the points asked about."""
        points = [text for point in self.points for text in _texts(point.track)]
        return "\n".join([*_leaves(self.context), fenced(self.context)[0], *points])

    def messages(self, prompts: Prompts, trouble: str = "") -> list[Message]:
        """Return the conversation that asks.

        Args:
            prompts: holds the template.
            trouble: why the last answer could not be used.

        Raises:
            PromptError: the template is missing or broken.
        """
        numbered = [{"number": number, "text": span.text} for number, span in enumerate(self.sentences, 1)]
        mail, mail_fence = fenced(numbered)
        context, context_fence = fenced(self.context) if self.facts else ("", "")
        rules = prompts.render("judge.md.j2", part="rules", facts=self.facts)
        case = prompts.render(
            "judge.md.j2",
            part="case",
            points=self.points,
            ids=[question.id for question in self._questions],
            context=context,
            context_fence=context_fence,
            mail=mail,
            mail_fence=mail_fence,
            last=len(self.sentences),
            trouble=trouble,
        )
        return [Message("system", rules), Message("user", case)]

    def read(self, text: str) -> Answer:
        """Return the answer that a model's words hold.

        Raises:
            BadReply: they hold none, or one that leaves out, adds or repeats an idea or a sentence.
        """
        value = next((v for v in json_objects(text) if isinstance(v, dict) and "ideas" in v), None)
        if value is None:
            raise _bad("it holds no JSON object with “ideas”")
        try:
            answer = Answer.model_validate(value)
        except ValidationError as error:
            raise _bad(explain(error)) from error
        _same("idea", [q.id for q in self._questions], [a.id for a in answer.ideas])
        if self.facts:
            _same("sentence", range(1, len(self.sentences) + 1), [a.number for a in answer.sentences])
        return answer

    @property
    def _questions(self) -> list[Question]:
        return [question for point in self.points for question in point.questions]


def _texts(track: Track) -> list[str]:
    names = [track.zh, track.en, track.lead.zh if track.lead else None, track.lead.en if track.lead else None]
    return [name for name in names if name]


def _leaves(value: Any) -> list[str]:
    """Return all texts and numbers within a value, without the marks that JSON puts into them."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list | tuple):
        return [leaf for entry in value for leaf in _leaves(entry)]
    return [] if value is None else [str(value)]


def _same(what: str, asked: Sequence[object], answered: Sequence[object]) -> None:
    """Hold the answers to the questions.

    Raises:
        BadReply: one is missing, nobody asked for one, or one stands twice.
    """
    faults = {
        "is missing": [entry for entry in asked if entry not in answered],
        "was not asked for": [entry for entry in answered if entry not in asked],
        "stands twice": [entry for entry, times in Counter(answered).items() if times > 1],
    }
    for fault, entries in faults.items():
        if entries:
            raise _bad(f"{what} {str(entries[0])[:20]} {fault}")


def _bad(reason: str) -> BadReply:
    return BadReply(f"the judge’s answer cannot be read: {reason}", next="Try again, or use another --model")
