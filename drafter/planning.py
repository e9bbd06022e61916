"""What is going to be written: who, to whom, in which language, about what, and why. Pure: no network, no clock."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from drafter.candidate import Candidate, Language, Sender, load_candidate, load_sender
from drafter.errors import InputError
from drafter.library import Library
from drafter.mapper import FieldMatch, Mapper
from drafter.report import Draft, Finding, Letter
from drafter.selector import Selector, TrackMatch
from drafter.steering import Attempt, disarm
from drafter.text import count_han, han_share

DEFAULT_TONE = "professional"

CARRIED = ("sender.", "record.cleaned", "assist.")
"""Rules of findings about what went into a draft: they hold for whatever is made of it."""


@dataclass(frozen=True)
class Wishes:
    """What the user decides by hand; None and empty leave it to the program."""

    language: Language | None = None
    tone: str = DEFAULT_TONE
    field: str | None = None
    tracks: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    count: int | None = None


@dataclass(frozen=True)
class Plan:
    """One mail, decided and not yet written."""

    candidate: Candidate
    """The person, without texts that try to steer the writer."""
    sender: Sender
    language: Language
    tone: str
    fields: tuple[FieldMatch, ...]
    tracks: tuple[TrackMatch, ...]
    findings: tuple[Finding, ...] = field(default=())
    """What is known before anything is written: a weak fit, no field, a default sender."""
    given: Candidate | None = None
    """The record as it was given, where something had to be taken out of it."""
    orders: tuple[str, ...] = ()
    """What was taken out: the words that an obeyed order would leave in the mail."""
    revises: Letter | None = None
    """The mail that is to be written anew."""
    say: str = ""
    """What the recruiter asks to be changed in it, in their own words."""
    thread: tuple[Letter, ...] = ()
    """The mails that went before to this person, oldest first."""
    angle: int = 0
    """0 for the mail itself; 1, 2, ... for variants that come to the same points another way."""

    @property
    def track_ids(self) -> tuple[str, ...]:
        """The ids of the chosen tracks."""
        return tuple(match.track.id for match in self.tracks)

    @cached_property
    def seed(self) -> int:
        """A number that stays the same for the same candidate: the only source of variety offline."""
        return int(hashlib.sha256(f"{self.candidate.digest}".encode()).hexdigest()[:8], 16)

    @cached_property
    def digest(self) -> str:
        """Twelve hexadecimal digits of all that decides the mail."""
        content = {
            "candidate": self.candidate.model_dump(mode="json"),
            "sender": self.sender.model_dump(mode="json"),
            "language": self.language,
            "tone": self.tone,
            "tracks": [[m.track.id, m.track.zh, m.track.en] for m in self.tracks],
            "revises": self.revises.model_dump() if self.revises else None,
            "say": self.say,
            "thread": [letter.model_dump() for letter in self.thread],
            "angle": self.angle,
        }
        return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:12]


class Planner:
    """Plans mails over one library; make it once, use it for many."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.mapper = Mapper(library)
        self.selector = Selector(library)

    def plan(
        self, candidate: Candidate, sender: Sender, wishes: Wishes | None = None, *, notes: Sequence[Finding] = ()
    ) -> Plan:
        """Decide field, tracks and language of one mail.

        Args:
            candidate: the person to write to.
            sender: who writes.
            wishes: what was decided by hand.
            notes: findings about the input that the draft must carry, e.g. that the default sender is used.

        Raises:
            UsageError: a field or track that the library does not have.
        """
        wishes = wishes or Wishes()
        disarmed = disarm(candidate)
        candidate, given = disarmed.candidate, candidate
        fields = self.mapper.map(candidate, wishes.field)
        tracks = self.selector.select(
            candidate, fields, count=wishes.count, force=wishes.tracks, exclude=wishes.exclude
        )
        findings = [*notes, *_about_fit(fields, tracks), *self._about_record(candidate, disarmed.attempts)]
        if len(tracks) < 2:
            findings.append(
                Finding(rule="plan.tracks", level="error", message="fewer than two tracks are left to raise")
            )
        language = wishes.language or language_of(candidate)
        return Plan(
            candidate,
            sender,
            language,
            wishes.tone,
            fields,
            tuple(tracks),
            tuple(findings),
            given=given if disarmed.attempts else None,
            orders=disarmed.orders,
        )

    def revise(self, draft: Draft, *, language: Language | None = None, tone: str | None = None, say: str = "") -> Plan:
        """Plan another version of a draft: the same person, sender and tracks.

        Args:
            draft: what there is.
            language: another language; the draft's own if None.
            tone: another tone; the draft's own if None.
            say: what else is to change, in the recruiter's words.

        Raises:
            UsageError: the library no longer has one of its tracks.
            InputError: the draft holds no usable person or sender.
        """
        letter = draft.letter
        wishes = Wishes(
            language=language or draft.language,
            tone=tone or draft.tone,
            field=_named_field(draft),
            tracks=letter.tracks,
            count=len(letter.tracks),
        )
        plan = self._plan_again(draft, wishes)
        return replace(plan, revises=letter, say=say, thread=draft.thread)

    def follow_up(self, draft: Draft, wishes: Wishes) -> Plan:
        """Plan the next mail of a thread: tracks that none of its mails has raised.

        Args:
            draft: the last mail of the thread.
            wishes: what was decided by hand; language and tone are the draft's own where it says nothing.

        Raises:
            UsageError: a field or track that the library does not have.
            InputError: the sender writes no more follow-ups, or the draft holds no usable person or sender.
        """
        thread = (*draft.thread, draft.letter)
        used = {track for letter in thread for track in letter.tracks if track in self.library.tracks}
        told = {t.id for t in self.library for u in used if t.id == u or self.library.same_point(t.id, u)}
        if again := told.intersection(wishes.tracks):
            raise InputError(f"the thread has raised {', '.join(sorted(again))} before", next="Name other tracks")
        wishes = replace(
            wishes,
            language=wishes.language or draft.language,
            field=wishes.field or _named_field(draft),
            exclude=(*wishes.exclude, *sorted(told)),
            count=wishes.count or 2,
        )
        plan = self._plan_again(draft, wishes)
        if len(thread) > plan.sender.follow_ups:
            message = f"this thread has had its {plan.sender.follow_ups} follow-ups"
            raise InputError(message, next="`follow_ups` in the sender’s file says how many there may be")
        return replace(plan, thread=thread)

    def _plan_again(self, draft: Draft, wishes: Wishes) -> Plan:
        candidate = load_candidate(draft.candidate, where=f"draft {draft.id}").candidate
        sender = load_sender(draft.sender, where=f"draft {draft.id}")
        carried = [finding for finding in draft.findings if finding.rule.startswith(CARRIED)]
        return self.plan(candidate, sender, wishes, notes=carried)

    def _about_record(self, candidate: Candidate, attempts: Sequence[Attempt]) -> list[Finding]:
        findings = []
        if candidate.field and not self.mapper.resolve(candidate.field):
            message = f"the record names the field “{candidate.field}”, which the library does not have; it is ignored"
            findings.append(Finding(rule="plan.field", level="warning", message=message))
        for attempt in attempts:
            findings.append(Finding(rule="record.steering", level="warning", message=attempt.told))
        return findings


def _named_field(draft: Draft) -> str | None:
    """Return the field that a person decided on for a draft, if one did."""
    by_hand = (m["field"] for m in draft.fields if any(e["source"] == "field" for e in m["evidence"]))
    return next(by_hand, None)


def _about_fit(fields: Sequence[FieldMatch], tracks: Sequence[TrackMatch]) -> list[Finding]:
    if not fields:
        message = (
            "no research field of the library fits this person; only general points are left. Name one with --field"
        )
        return [Finding(rule="plan.field", level="error", message=message)]
    weak = [m.track.id for m in tracks if not m.fits]
    if weak:
        message = f"weak fit: little in the record speaks for {', '.join(weak)}; see `drafter select --all`"
        return [Finding(rule="plan.fit", level="warning", message=message)]
    return []


def language_of(candidate: Candidate) -> Language:
    """Return the language to write in: the record's own wish, else Chinese where its prose is mostly Chinese.

    Titles count only where there is no other prose: papers are in English whoever wrote them.
    """
    if candidate.language != "auto":
        return candidate.language
    prose = " ".join((candidate.bio, *candidate.interests, *candidate.keywords))
    if not prose.strip():
        prose = " ".join((candidate.name, candidate.affiliation, candidate.position))
        return "zh" if count_han(prose) else ("zh" if han_share(_titles(candidate)) > 0.5 else "en")
    return "zh" if han_share(prose) > 0.4 else "en"


def _titles(candidate: Candidate) -> str:
    return " ".join(f"{paper.title} {paper.summary}" for paper in candidate.papers)
