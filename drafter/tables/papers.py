"""Papers as lists name them: a venue behind a title, and the one author whom all of them share.

A venue is known by its shape, not by a list: an acronym such as NeurIPS beside a year, or a name that says what it is
(Proceedings, Journal, 学报). What could also be part of the title stays there.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

_YEAR = re.compile(r"(?<![\w.-])((?:19|20)\d\d)(?![\w-])|(?<=[A-Za-z])\s?[’'‘](\d\d)(?!\d)")
_BRACKET = re.compile(r"\s*[(（\[【]([^()（）\[\]【】]{2,150})[)）\]】][.。]?$")
_ACRONYM = re.compile(r"(?:[A-Z][A-Za-z]*[A-Z][A-Za-z]*|arXiv|bioRxiv|medRxiv)(?:[-/&@+][A-Z][A-Za-z]*)*s?")
_NAMES_ITSELF = re.compile(
    r"(?i:conference|proceedings|proc|workshops?|symposium|journal|transactions|trans|letters|annals|arxiv|preprint|findings|"
    r"nature|science|magazine|会议|大会|年会|论文集|研讨会|期刊|学报|杂志|通讯)"
)
_KIND = re.compile(r"(?i:oral|spotlight|poster|highlight|demo|main|long|short|track|best|paper|award)")
_JOINS = re.compile(r"(?i:of|on|the|in|for|and|to|&|annual|\d{1,2}(?:st|nd|rd|th))")
_CAPITALIZED = re.compile(r"[A-Z][A-Za-z-]*")
_CHINESE = re.compile(r"《?[㐀-鿿A-Za-z :：]{2,40}(?:会议|大会|年会|论文集|研讨会|期刊|学报|杂志|通讯)》?")
_PAUSE = re.compile(r"\s*[,，]\s*|[.。]\s+|(?<=[?!？！])\s+|。")
_MOST_PARTS = 8
_LONGEST_TITLE = 2_000
_MOST_ACRONYMS = 3


def with_venue(title: str) -> dict[str, Any]:
    """Return a title, and venue and year where they plainly stand behind it: `Title (ICML 2024)`, `Title. In NeurIPS, 2023`."""
    title = title.strip()
    if len(title) > _LONGEST_TITLE:
        return {"title": title}
    if (bracket := _BRACKET.search(title)) and bracket.start():
        if all(map(_KIND.fullmatch, re.split(r"[\s,]+", bracket[1]))):
            paper = with_venue(title[: bracket.start()])
            return paper if len(paper) > 1 else {"title": title}
        venue, year = _venue(bracket[1])
        return _paper(title[: bracket.start()], venue, year) if venue or year else {"title": title}
    pauses = list(_PAUSE.finditer(title))
    for pause in reversed(pauses[-_MOST_PARTS:]):
        head, rest = title[: pause.start()] + pause[0].strip(" .。,，"), title[pause.end() :].rstrip(".。 ")
        venue, year = _venue(rest)
        if venue and year and head.strip():
            return _paper(head, venue, year)
    return {"title": title}


def _paper(title: str, venue: str, year: int | None) -> dict[str, Any]:
    paper: dict[str, Any] = {"title": title.strip().rstrip(",，").strip()}
    if venue:
        paper["venue"] = venue
    if year:
        paper["year"] = year
    return paper


def _venue(text: str) -> tuple[str, int | None]:
    """Return the venue and the year that a text consists of; neither if anything else is in it."""
    years = list(_YEAR.finditer(text))
    if len(years) > 1:
        return "", None
    year = (int(years[0][1]) if years[0][1] else 2000 + int(years[0][2])) if years else None
    venue = _YEAR.sub(" ", text) if years else text
    venue = re.sub(r"^[Ii]n:?\s+", "", " ".join(venue.split())).strip(" ,，.;:：").replace(" ,", ",")
    if not venue:
        return "", year
    return (venue, year) if _is_venue(venue, with_year=year is not None) else ("", None)


def _is_venue(text: str, *, with_year: bool) -> bool:
    if _CHINESE.fullmatch(text):
        return True
    words = [word.strip(",.:;()’'") for word in text.split()]
    words = [word for word in words if word]
    acronyms = sum(1 for word in words if _ACRONYM.fullmatch(word))
    if any(_NAMES_ITSELF.fullmatch(word) for word in words):
        fits: tuple[re.Pattern[str], ...] = (_ACRONYM, _NAMES_ITSELF, _KIND, _JOINS, _CAPITALIZED)
    elif with_year and 0 < acronyms <= _MOST_ACRONYMS:
        fits = (_ACRONYM, _KIND)
    else:
        return False
    return all(any(shape.fullmatch(word) for shape in fits) for word in words)


def common_author(papers: Iterable[Sequence[str]]) -> str:
    """Return the one author, as `First Last`, who stands on all papers; "" if nobody does, or more than one.

    Args:
        papers: the authors of each, as `First Last` or `Last, First`. An initial stands for any name that begins with it.
    """
    shared: dict[tuple[str, str], set[str]] | None = None
    for authors in papers:
        here: dict[tuple[str, str], set[str]] = {}
        for name in map(first_last, authors):
            if name:
                here.setdefault(_who(name), set()).add(name)
        before = here if shared is None else shared
        shared = {who: names | here[who] for who, names in before.items() if who in here}
    if not shared or len(shared) > 1:
        return ""
    (names,) = shared.values()
    longest = max(sorted(names), key=len)
    return longest if all(_may_be(name, longest) for name in names) else ""


def first_last(name: str) -> str:
    """Return `Last, First` as `First Last`; any other name as it is."""
    last, comma, first = (part.strip() for part in name.partition(","))
    return " ".join(f"{first} {last}".split()) if comma else " ".join(name.split())


def _who(name: str) -> tuple[str, str]:
    given, _, family = name.casefold().rpartition(" ")
    return family, given[:1]


def _may_be(name: str, longest: str) -> bool:
    """Say whether a name may be a shorter form of another: fewer given names, or initials."""
    return all(
        whole.startswith(part) or part.startswith(whole)
        for part, whole in zip(_given(name), _given(longest), strict=False)
    )


def _given(name: str) -> Iterator[str]:
    for part in name.casefold().split()[:-1]:
        yield part.rstrip(".")
