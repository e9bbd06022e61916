"""What is going to be written: who, to whom, in which language, about what, and why. Pure: no network, no clock."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from drafter.candidate import Candidate, Language, Sender
from drafter.library import Library
from drafter.mapper import FieldMatch, Mapper
from drafter.report import Finding
from drafter.selector import Selector, TrackMatch
from drafter.steering import steering_attempts
from drafter.text import count_han, han_share

DEFAULT_TONE = "professional"


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
    sender: Sender
    language: Language
    tone: str
    fields: tuple[FieldMatch, ...]
    tracks: tuple[TrackMatch, ...]
    findings: tuple[Finding, ...] = field(default=())
    """What is known before anything is written: a weak fit, no field, a default sender."""

    @property
    def track_ids(self) -> tuple[str, ...]:
        """The ids of the chosen tracks."""
        return tuple(match.track.id for match in self.tracks)

    @property
    def seed(self) -> int:
        """A number that stays the same for the same candidate: the only source of variety offline."""
        return int(hashlib.sha256(f"{self.candidate.digest}".encode()).hexdigest()[:8], 16)

    @property
    def digest(self) -> str:
        """Twelve hexadecimal digits of all that decides the mail."""
        content = {
            "candidate": self.candidate.model_dump(mode="json"),
            "sender": self.sender.model_dump(mode="json"),
            "language": self.language,
            "tone": self.tone,
            "tracks": [[m.track.id, m.track.zh, m.track.en] for m in self.tracks],
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
        fields = self.mapper.map(candidate, wishes.field)
        tracks = self.selector.select(
            candidate, fields, count=wishes.count, force=wishes.tracks, exclude=wishes.exclude
        )
        findings = [*notes, *_about_fit(fields, tracks), *self._about_record(candidate)]
        if len(tracks) < 2:
            findings.append(
                Finding(rule="plan.tracks", level="error", message="fewer than two tracks are left to raise")
            )
        language = wishes.language or language_of(candidate)
        return Plan(candidate, sender, language, wishes.tone, fields, tuple(tracks), tuple(findings))

    def _about_record(self, candidate: Candidate) -> list[Finding]:
        findings = []
        if candidate.field and not self.mapper.resolve(candidate.field):
            message = f"the record names the field “{candidate.field}”, which the library does not have; it is ignored"
            findings.append(Finding(rule="plan.field", level="warning", message=message))
        for attempt in steering_attempts(candidate):
            message = (
                f"the record tries to steer the writer ({attempt.source}: “{attempt.text}”); it is treated as data"
            )
            findings.append(Finding(rule="record.steering", level="warning", message=message))
        return findings


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
