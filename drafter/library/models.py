"""Fields and talk tracks: what the library holds once it is read."""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, StringConstraints, model_validator
from pydantic import Field as Value

from drafter.errors import LibraryError

GENERAL = "general"
"""The id of the field whose tracks fit every candidate."""

NO_FIELD = "none"
"""Under this name the word table tells what speaks against every field."""

Words = Mapping[str, Mapping[str, float]]
"""The word table: word or pair of words -> field -> weight."""

_ENDS = {"zh": "。？", "en": ".?"}


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Id = Annotated[str, Value(pattern=r"^[a-z0-9][a-z0-9-]*$")]
TrackId = Annotated[str, Value(pattern=r"^[a-z0-9][a-z0-9-]*(\.\d+)+$")]


class Names(_Strict):
    """A text in Chinese and in English."""

    zh: Line
    en: Line | None = None
    """None in a library read from a Markdown document, which has no English."""


class Say(_Strict):
    """Sentences in which the offline composer raises a track; `{work}` stands for a piece of the candidate's work."""

    zh: tuple[Line, ...] = ()
    en: tuple[Line, ...] = ()

    @model_validator(mode="after")
    def _one_sentence_one_work(self) -> Self:
        for language, lines in (("zh", self.zh), ("en", self.en)):
            for line in lines:
                if line.count("{work}") != 1:
                    raise ValueError(f"{language}: each sentence holds {{work}} once: “{line[:40]}”")
                ends = _ENDS[language]
                inner = re.search(r"[。？！]" if language == "zh" else r"[.?!]\s", line[:-1])
                if line[-1] not in ends or inner:
                    raise ValueError(f"{language}: must be one sentence that ends in one of {ends}: “{line[:40]}”")
        return self


class Idea(_Strict):
    """One of the ideas that together make a track's point, with ways to say it."""

    name: Line
    zh: tuple[Line, ...] = ()
    en: tuple[Line, ...] = ()

    @property
    def phrases(self) -> tuple[str, ...]:
        """All ways to say it; a Chinese mail may use the English ones and the other way round."""
        return self.zh + self.en


class Examples(_Strict):
    """Passages of mails that the card is held to."""

    raises: tuple[Line, ...] = ()
    """The point is raised."""
    mentions: tuple[Line, ...] = ()
    """The topic is only mentioned."""
    misses: tuple[Line, ...] = ()
    """Another point is made in the same words."""


class Vocabulary(_Strict):
    """The words in a candidate's record that speak for a field."""

    strong: tuple[Line, ...] = ()
    """Alone enough to place somebody in the field."""
    weak: tuple[Line, ...] = ()
    """Speak for the field but turn up in others too."""
    against: tuple[Line, ...] = ()
    """Look like the field and mean another."""


class Track(_Strict):
    """One talk track: a technical point that a mail can raise."""

    id: TrackId
    field: Id = ""
    """The field it belongs to; set when the field is read."""
    kind: Literal["technical", "fde"] = "technical"
    lead: Names | None = None
    """What a sub-item shares with its siblings; weighs nothing when a mail is checked."""
    twins: tuple[TrackId, ...] = ()
    """Tracks that make the same point; never two of them in one mail."""
    part_of: TrackId | None = None
    """The wider track that this one is a part of; never both in one mail."""
    zh: Line
    en: Line | None = None
    say: Say = Say()
    suits: tuple[Line, ...] = ()
    """What somebody works on for whom this track is right."""
    ideas: tuple[Idea, ...] = ()
    ideas_from: TrackId | None = None
    """The twin whose ideas are this track's ideas too."""
    examples: Examples = Examples()
    """What `drafter library lint` tries the card on."""

    @model_validator(mode="after")
    def _belongs_to_its_field(self) -> Self:
        if self.field and self.id.split(".")[0] != self.field:
            raise ValueError(f"track {self.id} does not begin with the field's id “{self.field}”")
        return self

    def text(self, language: str) -> str:
        """Return the restatement in a language; the Chinese one where there is no English."""
        return self.en if language == "en" and self.en else self.zh


class Field(_Strict):
    """A research field with its tracks."""

    id: Id
    name: Names
    aliases: tuple[Line, ...] = ()
    vocabulary: Vocabulary = Vocabulary()
    tracks: tuple[Track, ...]

    @model_validator(mode="before")
    @classmethod
    def _tracks_know_their_field(cls, value: object) -> object:
        if isinstance(value, dict) and isinstance(value.get("tracks"), list):
            tracks = [{**t, "field": value.get("id", "")} if isinstance(t, dict) else t for t in value["tracks"]]
            return {**value, "tracks": tracks}
        return value


class Library:
    """All fields and tracks, checked against each other.

    Args:
        fields: in the order in which they are listed; `general` last or absent.
        source: where they were read from, for messages.
        locate: tells from the id of a field or track where exactly it was read, for messages.
        words: the word table; empty where there is none.

    Raises:
        LibraryError: an id stands twice, a twin or part names no track or does not answer, ideas are taken from nowhere.
    """

    def __init__(
        self,
        fields: Iterable[Field],
        source: str,
        locate: Callable[[str], str] | None = None,
        words: Words | None = None,
    ) -> None:
        self.source = source
        self.words: Words = words or {}
        where = locate or (lambda _: source)
        self.fields: dict[str, Field] = {}
        self.tracks: dict[str, Track] = {}
        for field in fields:
            if field.id in self.fields:
                raise LibraryError(f"field “{field.id}” stands twice", where=where(field.id))
            self.fields[field.id] = field
            for track in field.tracks:
                if track.id in self.tracks:
                    raise LibraryError(f"track “{track.id}” stands twice", where=where(track.id))
                self.tracks[track.id] = track
        if not self.tracks:
            raise LibraryError("holds no talk tracks", where=source, next="See docs/library.md for both forms")
        for track in self.tracks.values():
            if fault := self._broken_link(track):
                raise LibraryError(f"{track.id} {fault}", where=where(track.id))

    def _broken_link(self, track: Track) -> str:
        """Return what is wrong with a track's links to others, or ""."""
        for twin in track.twins:
            other = self.tracks.get(twin)
            if other is None or track.id not in other.twins:
                return f"names {twin} as its twin, which does not name it back"
        if track.part_of and track.part_of not in self.tracks:
            return f"is part of {track.part_of}, which is no track"
        owner = self.tracks.get(track.ideas_from) if track.ideas_from else None
        if track.ideas_from and (owner is None or not owner.ideas or track.ideas):
            return f"takes its ideas from {track.ideas_from}, which has none to give"
        return ""

    def __iter__(self) -> Iterator[Track]:
        return iter(self.tracks.values())

    @property
    def research_fields(self) -> list[Field]:
        """The fields a candidate can be in: all but `general`."""
        return [field for field in self.fields.values() if field.id != GENERAL]

    def ideas(self, track: Track) -> tuple[Idea, ...]:
        """Return the ideas that make a track's point, a twin's where the track names one."""
        return self.tracks[track.ideas_from].ideas if track.ideas_from else track.ideas

    def same_point(self, one: str, other: str) -> bool:
        """Say whether two tracks make the same point or one is a part of the other."""
        if one == other:
            return True
        first, second = self.tracks[one], self.tracks[other]
        wider = {other, *second.twins}
        if one in second.twins or first.part_of in wider:
            return True
        return second.part_of in {one, *first.twins}

    @cached_property
    def digest(self) -> str:
        """Twelve hexadecimal digits of the library's content."""
        text = "".join(field.model_dump_json() for field in self.fields.values())
        return hashlib.sha256(text.encode()).hexdigest()[:12]


def with_vocabulary(library: Library, table: Library) -> Library:
    """Return the library with names and vocabulary taken from another where both have a field and it has none."""
    fields = []
    for field in library.fields.values():
        known = table.fields.get(field.id)
        if known and field.vocabulary == Vocabulary():
            names = Names(zh=field.name.zh, en=field.name.en or known.name.en)
            aliases = tuple(dict.fromkeys((*field.aliases, *known.aliases)))
            field = field.model_copy(update={"name": names, "aliases": aliases, "vocabulary": known.vocabulary})
        fields.append(field)
    words = {w: told for w, by_field in table.words.items() if (told := _known(by_field, library))}
    return Library(fields, library.source, words=words)


def _known(by_field: Mapping[str, float], library: Library) -> dict[str, float]:
    return {field: weight for field, weight in by_field.items() if field in library.fields or field == NO_FIELD}
