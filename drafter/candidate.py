"""Who is written to, and who writes.

Both are validated when they are made and never change afterwards. Text about a candidate comes from strangers' pages and
tables: markup and control characters are taken out, with a warning, and never make a record unusable. A sender's file is
written by its owner, so there an unknown key is an error.
"""

import hashlib
import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from drafter.errors import InputError, SenderError

Language = Literal["zh", "en"]

LONGEST_TEXT = 20_000
"""Characters kept of any one text of a record: far above any real bio, and a bound on what a prompt can cost."""

_TAGS = re.compile(
    r"<(script|style)\b[^>]{0,200}>.{0,10000}?</\1\s*>|</?[A-Za-z][^<>]{0,300}>|<!--.{0,2000}?-->", re.S | re.I
)
_INVISIBLE = re.compile(
    r"[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
_REVERSED = re.compile("\u202e([^\u202c-\u202e\n]{0,2000})[\u202c]?")
_LINE_BREAK = re.compile("\r\n?|[\u000b\u000c\u0085\u2028\u2029]")
_PRIVATE_NOTE = re.compile(
    r"^\s*(?:[\[(（【]\s*WORD\s*[\])）】]|WORD\s*(?:[:：]|$))".replace(
        "WORD", "(?:private|confidential|internal|私密|保密|内部|仅自己可见)"
    ),
    re.I,
)
_TITLE_MARKS = ("《》", "“”", '""', "「」", "『』", "‘’", "''", "〈〉", "«»")
_SEPARATOR = re.compile(r"[;；|\n]+")


def clean(text: str, *, one_line: bool = False) -> str:
    """Return the text without markup, control and invisible characters.

    Args:
        text: anything.
        one_line: also fold line breaks into spaces, as names and titles need.
    """
    text = text[: LONGEST_TEXT * 4]
    text = html.unescape(text) if "&" in text else text
    text = _REVERSED.sub(lambda run: run[1][::-1], text)  # as it is seen
    text = _INVISIBLE.sub("", _LINE_BREAK.sub("\n", text))  # before tags: "<\u200bscript>" is one too
    text = _TAGS.sub(" ", text) if "<" in text else text
    if one_line:
        text = " ".join(text.split())
    else:
        text = "\n".join(" ".join(line.split()) for line in text.split("\n"))
        text = re.sub(r"\n{3,}", "\n\n", text).strip()
    return text[:LONGEST_TEXT].strip()


def split_list(text: str) -> list[str]:
    """Split one text at `;` `；` `|` or line breaks into its entries."""
    return [part.strip() for part in _SEPARATOR.split(text) if part.strip()]


def _as_list(value: Any) -> Any:
    if value is None:
        return []
    if isinstance(value, str):
        return split_list(value)
    return [v for v in value if v not in (None, "")] if isinstance(value, list | tuple) else value


def _as_papers(value: Any) -> Any:
    papers = [value] if isinstance(value, Mapping) else _as_list(value)
    if not isinstance(papers, list):
        return papers
    return [paper for paper in papers if not isinstance(paper, Mapping) or any(paper.values())]


def _as_text(value: Any) -> Any:
    if value is None:
        return ""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _bare_title(title: str) -> str:
    """Take off the quotation marks that a table puts around a title: whoever writes it puts marks of their own."""
    title = title.strip()
    while len(title) > 2 and title[0] + title[-1] in _TITLE_MARKS and title[0] not in title[1:-1]:
        title = title[1:-1].strip()
    return title


Text = Annotated[str, BeforeValidator(_as_text)]
Texts = Annotated[tuple[Text, ...], BeforeValidator(_as_list)]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Paper(_Record):
    """A paper of the candidate."""

    title: Annotated[Text, AfterValidator(_bare_title)]
    venue: Text = ""
    year: int | None = None
    summary: Text = ""
    """What the paper does, in the words of its abstract."""
    url: Text = ""

    @model_validator(mode="before")
    @classmethod
    def _from_title(cls, value: Any) -> Any:
        if isinstance(value, str):
            # many exports put "Title — first sentences of the abstract" into one cell
            title, _, summary = value.partition(" — ")
            return {"title": title, "summary": summary} if len(summary) > 40 else {"title": value}
        if isinstance(value, Mapping) and "year" in value:
            # "2024", "ICLR 2024" and "in press" all stand in such cells; a paper without a year is better than no paper
            year = re.search(r"(?:19|20)\d\d", str(value["year"]))
            return {**value, "year": int(year.group()) if year else None}
        return value


class Candidate(_Record):
    """An AI researcher to write to. One of name, interests, papers and bio must be there."""

    id: Text = ""
    name: Text = ""
    email: Text = ""
    language: Literal["zh", "en", "auto"] = "auto"
    salutation: Text = ""
    """How to address this person, if the recruiter knows: `陈老师`, `Dr. Osei`."""
    affiliation: Text = ""
    position: Text = ""
    interests: Texts = ()
    keywords: Texts = ()
    papers: Annotated[tuple[Paper, ...], BeforeValidator(_as_papers)] = ()
    bio: Text = ""
    homepage: Text = ""
    notes: Text = ""
    """The recruiter's own remarks: obeyed, never quoted, never filled from scraped text. A line that begins with
    `private:` or `私密：` never leaves the machine."""
    field: Text = ""
    """The research field's id, where the recruiter knows it."""
    extra: Mapping[str, Any] = Field(default_factory=dict)
    """Keys of the record that drafter does not know; they come back out unchanged."""

    @model_validator(mode="after")
    def _has_substance(self) -> Self:
        if not (self.name or self.interests or self.papers or self.bio):
            raise ValueError("nothing usable: give at least one of name, interests, papers or bio")
        return self

    def texts(self) -> Iterator[tuple[str, str]]:
        """Yield `(source, text)` for every text about the person's work, e.g. `("papers[2].title", ...)`."""
        for i, interest in enumerate(self.interests):
            yield ("interests" if len(self.interests) == 1 else f"interests[{i}]"), interest
        for i, keyword in enumerate(self.keywords):
            yield ("keywords" if len(self.keywords) == 1 else f"keywords[{i}]"), keyword
        for i, paper in enumerate(self.papers):
            yield f"papers[{i}].title", paper.title
            if paper.summary:
                yield f"papers[{i}].summary", paper.summary
            if paper.venue:
                yield f"papers[{i}].venue", paper.venue
        if self.bio:
            yield "bio", self.bio
        if self.position:
            yield "position", self.position

    @property
    def public_notes(self) -> str:
        """The remarks that may be shown to a model: all lines but those marked private."""
        return "\n".join(line for line in self.notes.split("\n") if not _PRIVATE_NOTE.match(line)).strip()

    @property
    def digest(self) -> str:
        """Twelve hexadecimal digits of the record's content, the same for the same content anywhere."""
        content = self.model_dump(mode="json", exclude={"id", "extra"})
        return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Loaded:
    """A candidate and what had to be remarked while reading it."""

    candidate: Candidate
    warnings: tuple[str, ...]


def load_candidate(record: Mapping[str, Any], *, where: str = "") -> Loaded:
    """Make a candidate out of one record as a file holds it.

    Args:
        record: keys of `Candidate`; unknown ones go to `extra`, a near miss of a known one is warned about.
        where: file and line or row, for messages.

    Raises:
        InputError: a value has the wrong type, or nothing about the person can be used.
    """
    warnings: list[str] = []
    known = {k: v for k, v in record.items() if k in Candidate.model_fields and k != "extra"}
    extra = {str(k): v for k, v in record.items() if k not in Candidate.model_fields}
    warnings.extend(_near_misses(extra))
    given = record.get("extra")
    if given:
        extra = {**given, **extra} if isinstance(given, Mapping) else {"extra": given, **extra}
    cleaned = {key: _clean_value(key, value, warnings) for key, value in known.items()}
    language = cleaned.get("language")
    if language is None or isinstance(language, str):
        cleaned["language"] = (language or "").strip().lower() or "auto"
    try:
        candidate = Candidate.model_validate({**cleaned, "extra": extra})
    except ValidationError as error:
        raise InputError(explain(error), where=where, next="See docs/input.md for the keys of a candidate") from error
    if not candidate.id:
        candidate = candidate.model_copy(update={"id": candidate.digest})
    return Loaded(candidate, tuple(warnings))


def _near_misses(keys: Iterable[str]) -> Iterator[str]:
    """Yield a warning for each unknown key that looks like a misspelt known one."""
    for key in list(keys)[:100]:  # a record with more unknown columns than that is no matter of spelling
        if near := _near_miss(str(key).lower()):
            yield f"unknown key “{key}” is kept as extra; did you mean “{near}”?"


@lru_cache(maxsize=1_000)
def _near_miss(key: str) -> str:
    """Return the known key that a lower-case key may be meant for, "" if there is none; all rows of a table have the same keys."""
    known = [name for name in Candidate.model_fields if name != "extra"]
    return next(iter(get_close_matches(key, known, 1, 0.8)), "") if len(key) < 20 else ""


def _clean_value(key: str, value: Any, warnings: list[str]) -> Any:
    """Clean every text within a value of any shape; warn once a key."""
    changed = False

    def walk(inner: Any, name: str) -> Any:
        nonlocal changed
        if isinstance(inner, str):
            keep_lines = name in ("bio", "notes", "summary", "interests", "keywords", "papers")
            cleaned = clean(inner, one_line=not keep_lines)
            plain = " ".join(inner.split())[: len(cleaned) + 1]
            changed = changed or " ".join(cleaned.split()) != plain
            return cleaned
        if isinstance(inner, Mapping):
            return {k: walk(v, str(k)) for k, v in inner.items()}
        if isinstance(inner, list | tuple):
            return [walk(v, name if isinstance(v, Mapping) else "item") for v in inner]
        return inner

    result = walk(value, key)
    if changed:
        warnings.append(f"“{key}” held markup, control characters or too much text; it was cleaned")
    return result


class Localized(_Record):
    """A text in Chinese and in English."""

    zh: Text
    en: Text


class LocalizedList(_Record):
    """Lines in Chinese and in English."""

    zh: Texts
    en: Texts


def _both(value: Any) -> Any:
    if isinstance(value, Mapping) or value is None:
        return value or {"zh": "", "en": ""}
    return {"zh": value, "en": value}


Both = Annotated[Localized, BeforeValidator(_both)]
BothLists = Annotated[LocalizedList, BeforeValidator(_both)]


class Contact(_Record):
    """How the sender can be reached."""

    email: Text = ""
    wechat: Text = ""
    homepage: Text = ""


class Sender(_Record):
    """Who writes. All that a mail may say about us stands here; every text may be one value or `{zh, en}`."""

    name: Both
    role: Both = Localized(zh="", en="")
    lab: Both
    about: Both = Localized(zh="", en="")
    works_on: BothLists = LocalizedList(zh=(), en=())
    offer: BothLists = LocalizedList(zh=(), en=())
    not_to_be_stated: BothLists = LocalizedList(zh=(), en=())
    """What no mail may state, because there is no figure or name to state."""
    call_to_action: Both = Localized(zh="", en="")
    """The only thing the mail asks for."""
    signature: BothLists = LocalizedList(zh=(), en=())
    contact: Contact = Contact()
    follow_ups: Annotated[int, Field(ge=0, le=5)] = 2
    """Most follow-up mails of a thread."""

    @model_validator(mode="after")
    def _is_somebody(self) -> Self:
        for key, value in (("name", self.name), ("lab", self.lab)):
            if not (value.zh or value.en):
                raise ValueError(f"{key}: must not be empty")
        return self


def load_sender(record: Any, *, where: str = "") -> Sender:
    """Make a sender out of the content of a sender's file.

    Raises:
        SenderError: an unknown key, a missing name or lab, a value of the wrong type.
    """
    if not isinstance(record, Mapping):
        raise SenderError(
            "must hold keys such as name and lab", where=where, next="`drafter init` writes a sender to start from"
        )
    for key in record:
        if key not in Sender.model_fields:
            near = get_close_matches(str(key).lower(), Sender.model_fields, 1, 0.6)
            hint = f"; did you mean “{near[0]}”?" if near else ""
            raise SenderError(
                f"unknown key “{key}”{hint}", where=where, next=f"Known keys: {', '.join(Sender.model_fields)}"
            )
    try:
        return Sender.model_validate(_cleaned_sender(record))
    except ValidationError as error:
        raise SenderError(explain(error), where=where, next="`drafter init` writes a sender to start from") from error


def read_sender(path: Path) -> Sender:
    """Read a sender's YAML file.

    Raises:
        SenderError: it cannot be read, or what `load_sender` raises.
    """
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise SenderError(
            f"cannot be read ({reason})", where=str(path), next="Check --sender; `drafter init` writes one"
        ) from error
    except (yaml.YAMLError, ValueError) as error:  # ValueError: `2024-13-45` looks like a date
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}" if mark else str(path)
        raise SenderError(
            f"is no valid YAML: {getattr(error, 'problem', None) or 'cannot be parsed'}", where=where
        ) from error
    return load_sender(data, where=str(path))


def _cleaned_sender(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Mapping):
        return {k: _cleaned_sender(v) for k, v in value.items()}
    return [_cleaned_sender(v) for v in value] if isinstance(value, list) else value


def explain(error: ValidationError) -> str:
    """Return the first few faults of a failed validation as one line for a person."""
    parts = []
    for fault in error.errors(include_url=False)[:3]:
        place = ".".join(str(p) for p in fault["loc"] if not str(p).startswith("function"))
        message = fault["msg"].removeprefix("Value error, ")
        if fault["type"] == "literal_error":
            message = f"“{str(fault['input'])[:40]}” is not one of {fault['ctx']['expected'].replace(' or ', ', ')}"
        parts.append(f"{place}: {message}" if place else message)
    return "; ".join(parts)
