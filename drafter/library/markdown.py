"""A library as one Markdown document, in the form such documents are kept by hand.

    ## 1. RL (强化学习)          a field: number, name, name in Chinese
    ### 专业话术                 a group; one that names FDE makes its tracks kind `fde`
    - a track                    bullets count through all groups of the field: rl.1, rl.2, ...
    - what its parts share:      a bullet with numbered parts is no track itself ...
      1) a part                  ... its parts are: eval.2.1
    ## 通用话术                   the general section; its tracks may be numbered paragraphs

Known headings keep the ids of the bundled library, any other gets a slug of its Latin name, else `field-N`. Tracks of
such a document are Chinese only; an English mail from them needs a model.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field as data_field
from itertools import pairwise
from pathlib import Path

from pydantic import ValidationError

from drafter.errors import LibraryError
from drafter.library.models import GENERAL, Field, Library, Track
from drafter.text import fold

_HEADING = re.compile(r"^##\s+(?:(\d+)[.、．]\s*)?(.+?)\s*$")
_NAMES = re.compile(r"^(.*?)\s*[（(]([^（）()]*)[）)]\s*$")
_GROUP = re.compile(r"^###+\s+(.+?)\s*$")
_BULLET = re.compile(r"^[-*+]\s+(.*\S)\s*$")
_PARAGRAPH = re.compile(r"^(\d+)[.、．]\s+(.*\S)\s*$")
_PART = re.compile(r"^\s+(?:\d+(?:[)）、．]|\.\s)|[-*+]\s)\s*(.*\S)\s*$")
_CONTINUED = re.compile(r"^\s+(\S.*)$")
_LATIN = re.compile(r"[A-Za-z]")
_GENERAL = re.compile(r"通用|general", re.I)

# Headings of the document that the bundled library restates, as folded words without spaces.
_KNOWN = {
    "rl": "rl", "prepost-trainrl": "self-evolution", "nlp": "nlp", "moe": "moe", "eval": "eval", "data": "data",
    "ai4s": "ai4s", "audio": "audio", "mlsys": "mlsys", "llm4code": "llm4code", "multimodal": "multimodal",
    "pre-training": "pre-training", "post-train": "post-training", "post-training": "post-training",
    "alignment": "alignment", "reasoning": "reasoning", "agentrag": "agent-rag", "interpretableai": "interpretability",
    "embodiment": "embodiment", "computervision": "cv", "recommendationsystem": "recsys",
    "federatedlearning": "federated-learning", "trustworthyai": "trustworthy",
}  # fmt: skip


@dataclass
class _Item:
    """A bullet or numbered paragraph while the document is read."""

    text: str
    kind: str
    parts: list[str] = data_field(default_factory=list)

    def go_on(self, text: str) -> None:
        """Add a further, indented line to what was read last."""
        if self.parts:
            self.parts[-1] += f" {text}"
        else:
            self.text += f" {text}"


@dataclass
class _Section:
    """A field while the document is read."""

    id: str
    zh: str
    en: str | None
    line: int
    items: list[_Item] = data_field(default_factory=list)


def read_document(path: Path) -> Library:
    """Read a Markdown document as a library.

    Raises:
        LibraryError: it cannot be read, or holds no field with a track.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise LibraryError(f"cannot be read ({error})", where=str(path), next="Save it as UTF-8 text") from error
    sections = [section for section in _sections(text, str(path)) if section.items]
    if not sections:
        form = "Fields are headings like “## 1. RL (强化学习)” with bullets below"
        raise LibraryError("holds no field with talk tracks", where=str(path), next=form)
    fields = [_field(section, str(path)) for section in sections]
    return Library(_with_twins(fields), str(path))


def _sections(text: str, where: str) -> Iterator[_Section]:
    section: _Section | None = None
    kind, seen = "technical", set[str]()
    for number, line in enumerate(text.splitlines(), start=1):
        if heading := _HEADING.match(line):
            if section:
                yield section
            section = _open(heading, number, len(seen) + 1)
            kind = "technical"
            if section and section.id in seen:
                raise LibraryError(f"a second section for field “{section.id}”", where=f"{where}:{number}")
            if section:
                seen.add(section.id)
        elif group := _GROUP.match(line):
            kind = "fde" if "FDE" in group.group(1).upper() else "technical"
        elif section:
            _add(section, line, kind)
    if section:
        yield section


def _open(heading: re.Match[str], line: int, count: int) -> _Section | None:
    """Begin a field at a heading; a heading without number is a field only if it is the general section."""
    number, title = heading.groups()
    if _GENERAL.search(title) and not number:
        return _Section(GENERAL, "通用话术", None, line)
    if not number:
        return None
    names = _NAMES.match(title)
    latin, chinese = (names.group(1), names.group(2)) if names else (title, title)
    if not _LATIN.search(latin):
        latin, chinese = (chinese, latin) if _LATIN.search(chinese) else ("", latin or chinese)
    key = re.sub(r"[^a-z0-9-]", "", latin.lower())
    slug = re.sub(r"[^a-z0-9]+", "-", latin.lower()).strip("-")
    return _Section(_KNOWN.get(key) or slug or f"field-{count}", chinese or latin, latin or None, line)


def _add(section: _Section, line: str, kind: str) -> None:
    if bullet := _BULLET.match(line):
        section.items.append(_Item(bullet.group(1), kind))
    elif section.id == GENERAL and (paragraph := _PARAGRAPH.match(line)):
        section.items.append(_Item(paragraph.group(2), kind))
    elif section.items and (part := _PART.match(line)):
        section.items[-1].parts.append(part.group(1))
    elif section.items and (more := _CONTINUED.match(line)):
        section.items[-1].go_on(more.group(1))


def _field(section: _Section, where: str) -> Field:
    tracks: list[dict[str, object]] = []
    for number, item in enumerate(section.items, start=1):
        common = {"kind": item.kind}
        if not item.parts:
            tracks.append({**common, "id": f"{section.id}.{number}", "zh": _plain(item.text)})
        lead = {"zh": _plain(item.text).rstrip("：: ")}
        for place, part in enumerate(item.parts, start=1):
            tracks.append({**common, "id": f"{section.id}.{number}.{place}", "zh": _plain(part), "lead": lead})
    names = {"zh": section.zh, "en": section.en}
    aliases = tuple(dict.fromkeys(n for n in (section.zh, section.en) if n)) if section.id != GENERAL else ()
    try:
        return Field.model_validate({"id": section.id, "name": names, "aliases": aliases, "tracks": tracks})
    except ValidationError as error:
        message = f"field “{section.id}” holds a heading, bullet or part without text"
        raise LibraryError(message, where=f"{where}:{section.line}") from error


def _plain(text: str) -> str:
    return " ".join(re.sub(r"\*\*|__|`", "", text).split())


ALIKE = 0.7
"""Share of the shorter text's word pairs found in the other from which two tracks count as twins. Of the 115 tracks of
the bundled document it finds the seven classes that were set by hand, save where the wording differs too much."""


def _with_twins(fields: list[Field]) -> list[Field]:
    pairs = {track.id: _pairs(track.zh) for field in fields for track in field.tracks}
    twins: dict[str, set[str]] = {track: {track} for track in pairs}
    ids = list(pairs)
    for place, one in enumerate(ids):
        for other in ids[place + 1 :]:
            smaller = min(len(pairs[one]), len(pairs[other]))
            if smaller >= 10 and len(pairs[one] & pairs[other]) / smaller >= ALIKE:
                merged = twins[one] | twins[other]
                for member in merged:
                    twins[member] = merged
    return [_twinned(field, twins) for field in fields]


def _twinned(field: Field, twins: dict[str, set[str]]) -> Field:
    tracks: tuple[Track, ...] = tuple(
        track.model_copy(update={"twins": tuple(sorted(twins[track.id] - {track.id}))}) for track in field.tracks
    )
    return field.model_copy(update={"tracks": tracks})


def _pairs(text: str) -> set[tuple[str, str]]:
    words = fold(text).words
    return set(pairwise(words))
