"""A mail as the rules see it: its parts, and what is known of the two people."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from drafter.candidate import Candidate, Language, Sender
from drafter.library import Track
from drafter.report import Letter
from drafter.text import HAN, QUOTED_TITLE, fold

_CLOSING = re.compile(
    r"^\s*(?:(?:best|kind|warm|many|with|yours|sincerely|regards|cheers|thanks|thank you|all the best|respectfully)\b[^.?!]{0,40}|"
    r"祝[^。？！]{0,12}|此致.{0,4}|顺颂[^。？！]{0,8}|敬礼.?|谢谢.?|顺祝[^。？！]{0,8}|盼复.?)[,，。！!]?\s*$",
    re.I,
)
_ADDRESS = re.compile(r"[^\s@]{1,64}@\S{1,255}|https?://\S+|www\.\S+")
_HAS_ADDRESS = re.compile(r"@|://|www\.")


@dataclass(frozen=True)
class Mail:
    """A mail to be checked. Candidate and sender may be unknown; rules that need them then have nothing to say."""

    language: Language
    subject: str | None
    """None where the mail was handed over without one: then nothing is said of it."""
    body: str
    tracks: tuple[Track, ...] = ()
    candidate: Candidate | None = None
    sender: Sender | None = None
    thread: tuple[Letter, ...] = ()
    """The mails that went before to the same person, oldest first."""
    orders: tuple[str, ...] | None = None
    """Texts of the record that try to steer the writer; None where nobody has looked yet."""

    @cached_property
    def lines(self) -> list[str]:
        """The lines of the body that hold something."""
        return [line.strip() for line in self.body.split("\n") if line.strip()]

    @cached_property
    def salutation(self) -> str:
        """The first line."""
        return self.lines[0] if self.lines else ""

    @cached_property
    def signature_at(self) -> int:
        """Where the sign-off begins, in lines: at the closing formula, or at the last lines that the sender signs with."""
        for number in range(len(self.lines) - 1, max(0, len(self.lines) - 9), -1):
            if _CLOSING.match(self.lines[number]):
                return number
        known = self._signature_lines()
        at = len(self.lines)
        while at > 1 and self.lines[at - 1] in known:
            at -= 1
        return at

    def _signature_lines(self) -> set[str]:
        if self.sender is None:
            return set()
        sender = self.sender
        return {*sender.signature.zh, *sender.signature.en, sender.name.zh, sender.name.en}

    @cached_property
    def text(self) -> str:
        """The body without sign-off."""
        return "\n".join(self.lines[: self.signature_at])

    @cached_property
    def prose(self) -> str:
        """The body without salutation, sign-off, quoted titles and addresses: what was really written."""
        # some write their first sentence into the line of the salutation
        first = 0 if len(self.salutation) > 40 else 1
        text = "\n".join(self.lines[first : self.signature_at]) or self.text
        text = QUOTED_TITLE.sub(" ", text)
        return _ADDRESS.sub(" ", text) if _HAS_ADDRESS.search(text) else text

    @cached_property
    def record(self) -> str:
        """All texts of the candidate's record, the e-mail address left out."""
        if self.candidate is None:
            return ""
        return "\n".join(_texts(self.candidate.model_dump(exclude={"email", "id", "language"})))

    @cached_property
    def given_texts(self) -> list[str]:
        """All that the writer had to go by, text by text: the record, the sender's file, the tracks."""
        sender = _of_sender(self.sender) if self.sender else ()
        leads = [track.lead for track in self.tracks if track.lead]
        points = [t for track in self.tracks for t in (track.zh, track.en or "")]
        return [self.record, *sender, *points, *(f"{lead.zh}\n{lead.en or ''}" for lead in leads)]

    @cached_property
    def given(self) -> str:
        """All that the writer had to go by: the record, the tracks, the sender's file."""
        return "\n".join(self.given_texts)

    @cached_property
    def given_line(self) -> str:
        """The same, folded; what a sender and tracks say is folded once for all mails."""
        return "".join(map(_line, self.given_texts))

    def quote(self, piece: str, room: int = 0) -> str:
        """Return an exact piece of the body that holds `piece`, with some room around it; "" where it does not stand."""
        at = self.body.find(piece)
        return self.body[max(0, at - room) : at + len(piece) + room].strip() if at >= 0 else ""


@lru_cache(maxsize=8)
def _of_sender(sender: Sender) -> tuple[str, ...]:
    return tuple(_texts(sender.model_dump(exclude={"not_to_be_stated"})))


@lru_cache(maxsize=2_000)
def _line(text: str) -> str:
    return fold(text).line


def _texts(value: Any) -> list[str]:
    """Return every text and number within a value of any shape."""
    if isinstance(value, Mapping):
        return [text for inner in value.values() for text in _texts(inner)]
    if isinstance(value, list | tuple):
        return [text for inner in value for text in _texts(inner)]
    return [] if value is None else [str(value)]


HAN_RUN = re.compile(f"[{HAN}]+")
