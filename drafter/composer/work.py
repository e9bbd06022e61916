"""Names for pieces of a candidate's work, as they stand in a sentence.

The library's sentences hold `{work}`. What is put there is a noun phrase that the record supports: a paper by its title,
later by its short name; or "your work on X" for an X that the person lists. It is different for every person, which is
what keeps the mails of one batch apart.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from drafter.candidate import Candidate, Language
from drafter.steering import steers
from drafter.text import count_han, count_words, han_share

_PREPOSITION = re.compile(
    r"\s+(?:for|from|with|via|in|on|by|through|using|under|towards?|without|across|beyond|against|over|at|of|to)\s+",
    re.I,
)
_ITEM = re.compile(r"[,，、;；:：/]|\s+and\s+|以及|和")
_LATIN_EDGE = re.compile(r"[A-Za-z0-9]")


@dataclass(frozen=True, slots=True)
class Work:
    """A piece of work: how it is called at first, how afterwards, its bare name, and the key of the record it comes from."""

    full: str
    short: str
    name: str
    source: str


def pieces(candidate: Candidate, language: Language, variant: int) -> list[Work]:
    """Return the pieces of work that a mail in this language can name, papers first.

    Args:
        candidate: the person.
        language: of the mail; an English mail cannot name an interest that is written in Chinese.
        variant: any number; picks between ways to say the same.
    """
    found = [
        _paper(paper.title, f"papers[{i}]", language, variant + i)
        for i, paper in enumerate(candidate.papers)
        if paper.title and not steers(paper.title) and len(paper.title) <= 220
    ]
    for source, items in (("interests", candidate.interests), ("keywords", candidate.keywords)):
        for i, text in enumerate(items):
            where = source if len(items) == 1 else f"{source}[{i}]"
            topics = _topics(text, language)
            found.extend(_topic(topic, where, language, variant + i + j) for j, topic in enumerate(topics))
    return found


def _paper(title: str, source: str, language: Language, variant: int) -> Work:
    title = title.strip().rstrip(".。")
    short = short_title(title)
    if language == "zh":
        full = f"《{title}》"
        later = f"《{title}》" if short == title else (f"“{short}”这篇" if " " in short else f"{short} 这篇论文")
        return Work(full, later, short, source)
    full = (f"your paper “{title}”", f"“{title}”", f"your “{title}”")[variant % 3]
    later = f"your {short} paper" if " " not in short else f"the “{short}” paper"
    return Work(full, later, short, source)


def short_title(title: str) -> str:
    """Return how colleagues would call a paper: the name before the colon, or the words before the first preposition."""
    name = re.split(r"\s*[:：]\s+|：| — | – ", title, maxsplit=1)[0]
    if name != title and 1 <= len(name) <= 48:
        return name.strip()
    if han_share(title) > 0.3:
        return title
    if 0 < (mark := title.find("?")) <= 60:
        return title[: mark + 1]
    head = _PREPOSITION.split(title, maxsplit=1)[0]
    return head if 2 <= count_words(head) <= 5 and len(head) < len(title) and head[-1] not in "?,!" else title


def _topics(text: str, language: Language) -> list[str]:
    """Return the entries of a list of interests that can stand after "your work on"."""
    if steers(text):
        return []
    items = [item.strip(" .。:：") for item in _ITEM.split(text)]
    return [item for item in items if _usable(item, language)]


def _usable(item: str, language: Language) -> bool:
    if language == "en":
        return 3 <= len(item) <= 60 and count_han(item) == 0 and 1 <= count_words(item) <= 6
    return 2 <= len(item) <= 40 and count_han(item) <= 14 and count_words(item) <= 6


def _topic(topic: str, source: str, language: Language, variant: int) -> Work:
    if language == "en":
        topic = decapitalize(topic)
        name = (f"your work on {topic}", f"your research on {topic}")[variant % 2]
        plain = count_words(topic) <= 3 and not _PREPOSITION.search(topic)
        return Work(name, f"your {topic} work" if plain else name, topic, source)
    padded = spaced(topic)
    name = (f"您在{padded}方面的工作", f"您关于{padded}的研究", f"您做的{padded}")[variant % 3]
    return Work(name, f"{padded}这一块".strip(), topic, source)


def spaced(term: str) -> str:
    """Put a space between Chinese around a term and its Latin edge, as Chinese technical writing does."""
    before = " " if _LATIN_EDGE.match(term[:1]) else ""
    after = " " if _LATIN_EDGE.match(term[-1:]) else ""
    return f"{before}{term}{after}"


def decapitalize(phrase: str) -> str:
    """Lower the first letter of a phrase that is capitalized only because it stood first."""
    first, _, rest = phrase.partition(" ")
    plain = first[:1].isupper() and first[1:].islower() and (not rest or rest == rest.lower())
    return phrase[0].lower() + phrase[1:] if plain and len(first) > 2 else phrase


def for_track(works: Sequence[Work], sources: Sequence[str], used: Sequence[Work]) -> Work | None:
    """Choose the piece of work that a track is tied to: one that spoke for the track, if possible one not yet named."""
    roots = [source.split(".")[0] for source in sources]
    ranked = sorted(works, key=lambda w: (w in used, roots.index(w.source) if w.source in roots else len(roots)))
    return ranked[0] if ranked else None
