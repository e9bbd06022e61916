"""What comes out: a writer's reply, the checker's verdicts and findings, and the draft that holds them all."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

Level = Literal["error", "warning"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class Quote(_Frozen):
    """A track and the sentence that, as its writer says, raises it."""

    track: str
    quote: str = ""


class Letter(_Frozen):
    """A mail of the past: one that is written anew, or one that was sent before."""

    id: str
    subject: str
    body: str
    tracks: tuple[str, ...] = ()
    """The ids of the tracks it was to raise."""


class Reply(_Frozen):
    """A mail as a writer hands it back."""

    subject: str
    body: str
    tracks: tuple[Quote, ...] = ()


class Verdict(_Frozen):
    """Whether a mail raises a track, and the sentence that decides it."""

    track: str
    verdict: Literal["present", "absent", "unsure"]
    quote: str = ""
    """An exact piece of the body; empty where nothing comes near."""
    score: float = 0.0
    """Share of the track's ideas that were found together, 0 to 1."""
    why: str = ""
    """What was found and what is missing, in words."""

    def as_json(self) -> dict[str, Any]:
        """Return the form in which `drafter check --json` prints it."""
        return self.model_dump()


class Finding(_Frozen):
    """Something about a mail that a person should know."""

    rule: str
    level: Level
    message: str
    quote: str = ""
    """An exact piece of the body, or empty."""


class Spent(_Frozen):
    """Tokens and money that a draft took; all zero for an offline draft."""

    input: int = 0
    """All tokens sent, those read from a cache or written to one among them."""
    cached: int = 0
    cache_write: int = 0
    output: int = 0
    cost: float | None = None
    """In US dollars; None where no price is known."""

    def __add__(self, other: "Spent") -> "Spent":
        known = self.cost is not None and other.cost is not None
        return Spent(
            input=self.input + other.input,
            cached=self.cached + other.cached,
            cache_write=self.cache_write + other.cache_write,
            output=self.output + other.output,
            cost=(self.cost or 0.0) + (other.cost or 0.0) if known else None,
        )

    def in_words(self) -> str:
        """Return tokens and money for a person; "" where nothing was spent."""
        if not (self.input or self.output):
            return ""
        uncached = max(0, self.input - self.cached - self.cache_write)
        parts = [f"{uncached:,} uncached", f"{self.cached:,} cached", f"{self.output:,} out"]
        if self.cache_write:
            parts.insert(2, f"{self.cache_write:,} written to the cache")
        return f"tokens: {', '.join(parts)}; " + ("price not known" if self.cost is None else f"${self.cost:.4f}")


class Report(_Frozen):
    """What a check found."""

    tracks: tuple[Verdict, ...]
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Every chosen track is present, and no finding is an error."""
        return all(v.verdict == "present" for v in self.tracks) and not self.errors

    @property
    def errors(self) -> list[Finding]:
        """The findings of level error."""
        return [f for f in self.findings if f.level == "error"]

    @property
    def badness(self) -> tuple[int, int, int]:
        """How far a mail is from good, for comparing two tries: absent tracks and errors, unsure ones, warnings."""
        wrong = len(self.errors) + sum(v.verdict == "absent" for v in self.tracks)
        open_ = sum(v.verdict == "unsure" for v in self.tracks)
        return wrong, open_, len(self.findings) - len(self.errors)


class Draft(_Frozen):
    """A mail with everything that is known about it."""

    id: str
    candidate_id: str
    language: Literal["zh", "en"]
    tone: str
    model: str
    """The model's name; `offline` for the composer."""
    subject: str
    body: str
    fields: tuple[Mapping[str, Any], ...]
    tracks: tuple[Verdict, ...]
    findings: tuple[Finding, ...]
    status: Literal["ok", "needs_review"]
    attempts: int
    usage: Spent
    prompt_digest: str
    candidate: Mapping[str, Any]
    sender: Mapping[str, Any]
    parent: str = ""
    """The draft that this one is another version of."""
    thread: tuple[Letter, ...] = ()
    """The mails that went before to the same person, oldest first; empty for a first mail."""

    @property
    def letter(self) -> Letter:
        """The mail as a later one sees it."""
        return Letter(id=self.id, subject=self.subject, body=self.body, tracks=tuple(v.track for v in self.tracks))

    def as_json(self) -> dict[str, Any]:
        """Return the form in which `drafter draft --json` prints it."""
        return self.model_dump(mode="json")
