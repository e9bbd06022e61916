"""Which research fields a candidate is in, and which words say so.

Every field has a vocabulary: its names, words that are enough alone (strong), words that other fields use too (weak), and
words that look like the field and mean another (against). A word counts by where it stands: what somebody names as an
interest says more than what turns up in a venue. Within one text a longer term hides the shorter ones inside it, so
that "process reward model" is not also a vote for "reward model".

Where a vocabulary is silent, the library's word table may still speak: how strongly single words and pairs point to a field,
learned from invented profiles (`bench/learn.py`). One such word weighs little; many together place somebody whose titles
use none of the listed terms, or warn that the person belongs to none of the fields.
"""

import math
import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest
from typing import Any

from drafter.candidate import Candidate
from drafter.errors import UsageError
from drafter.library import NO_FIELD, Field, Library
from drafter.matching import Hit, TermIndex, pattern
from drafter.text import fold

WEIGHT = {"name": 2.0, "strong": 2.0, "weak": 0.7, "against": -1.0}
"""What one term is worth. A name of the field is no better than a strong term: people list fields they only touch."""

PLACE = {"interests": 1.3, "keywords": 1.1, "title": 1.0, "summary": 0.6, "bio": 1.0, "position": 0.8, "venue": 0.4}
"""How much it counts where a term stands."""

REPEAT = 0.35
"""What a further occurrence of a term adds, in shares of the first."""

ENOUGH = 2.8
"""Points from which a candidate is in a field at all: about one strong term, or many words of the table."""

BESIDE, TOGETHER = 0.15, 1.0
"""Share of the best field's points from which a further field is given, and what is added to a field's share where all
people of the best field are in it too. Low on purpose: a reader strikes a field out more easily than they think of one."""

WORD, WORD_MOST = 0.2, 2.5
"""What one unit of the word table is worth, and the most units a single word may give."""

NEITHER = 0.5
"""Points a unit of the word table adds to `ENOUGH` where it speaks for no field at all."""

LEAST = 0.3
"""Fewest points of a further field."""

MOST = 3
"""Most fields given."""

SHOWN = 60
"""Characters shown of a text that speaks for a field by the word table."""

HALF = 2.0
"""Points that make a score of 0.5."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A piece of the record that speaks for something, and the key it stands under."""

    text: str
    source: str


@dataclass(frozen=True, slots=True)
class FieldMatch:
    """A field a candidate is in, with a score from 0 to 1 and the words that say so, weightiest first."""

    field: str
    score: float
    evidence: tuple[Evidence, ...]

    @property
    def by_hand(self) -> bool:
        """Whether a person named the field: on the command line, or in the record."""
        return any(e.source == "field" for e in self.evidence)

    def as_json(self) -> dict[str, Any]:
        """Return the form in which `drafter map --json` prints it."""
        return {
            "field": self.field,
            "score": self.score,
            "evidence": [{"text": e.text, "source": e.source} for e in self.evidence],
        }


def place_weight(source: str) -> float:
    """Return how much a text counts by the key it stands under, e.g. `papers[2].title`."""
    return PLACE[re.sub(r"\[\d+\]", "", source).rsplit(".")[-1]]


def longest(hits: Sequence[Hit[Any]]) -> list[Hit[Any]]:
    """Leave out the hits that lie within a longer hit."""
    kept: list[Hit[Any]] = []
    reach, widest = -1, (-1, -1)
    for hit in sorted(hits, key=lambda h: (h.start, -h.end)):
        if hit.end > reach:
            reach, widest = hit.end, (hit.start, hit.end)
            kept.append(hit)
        elif (hit.start, hit.end) == widest:
            kept.append(hit)
    return kept


class Mapper:
    """Maps candidates to the fields of one library; make it once, use it for many."""

    def __init__(self, library: Library) -> None:
        self._library = library

    @cached_property
    def _index(self) -> TermIndex[tuple[str, str]]:
        return TermIndex(
            (term, (field.id, kind))
            for field in self._library.research_fields
            for kind, terms in _terms(field)
            for term in terms
        )

    @cached_property
    def _first_words(self) -> frozenset[str]:
        """The first words of the word table's pairs."""
        return frozenset(word.partition(" ")[0] for word in self._library.words if " " in word)

    def map(self, candidate: Candidate, wish: str | None = None) -> tuple[FieldMatch, ...]:
        """Return the fields a candidate is in, best first; empty where none fits.

        Args:
            candidate: the person.
            wish: a field decided by hand: its id or one of its names. It comes first whatever the words say, and so does
                the field that the record itself names, where the library has it.

        Raises:
            UsageError: the wish names no field of the library.
        """
        named = self.require(wish) if wish else self.resolve(candidate.field)
        points, words = self._points(candidate), self._words(candidate)
        fields = {*points, *words} - {NO_FIELD}
        totals = {f: _total(points.get(f, {})) + WORD * sum(w for w, _ in words.get(f, ())) for f in fields}
        best = max(totals.values(), default=0.0)
        enough = ENOUGH + NEITHER * sum(w for w, _ in words.get(NO_FIELD, ()))
        chosen = self._chosen(totals) if best >= enough else []
        matches = [FieldMatch(f, _score(totals[f]), _evidence(points.get(f, {}), words.get(f, ()))) for f in chosen]
        if named:
            evidence = (
                Evidence(candidate.field or named, "field"),
                *_evidence(points.get(named, {}), words.get(named, ())),
            )
            matches = [FieldMatch(named, 1.0, evidence), *(m for m in matches if m.field != named)]
        return tuple(matches[:MOST])

    def _chosen(self, totals: Mapping[str, float]) -> list[str]:
        """Return the fields to give: the best, and behind it those that the words and its company speak for."""
        first = min(totals, key=lambda f: (-totals[f], f))
        best, company = totals[first], self._library.words.get(f"@{first}", {})
        share = {f: total / best + TOGETHER * company.get(f, 0.0) for f, total in totals.items()}
        further = [f for f in share if f != first and share[f] >= max(BESIDE, LEAST / best)]
        return [first, *sorted(further, key=lambda f: (-share[f], f))]

    def resolve(self, name: str) -> str | None:
        """Return the id of the research field that an id or a name stands for, if there is one."""
        wanted = fold(name).words
        if not wanted:
            return None
        for field in self._library.research_fields:
            if name.strip().lower() == field.id or any(
                fold(alias).words == wanted for alias in dict(_terms(field))["name"]
            ):
                return field.id
        begun = [field.id for field in self._library.research_fields if field.name.zh.startswith(name.strip())]
        return begun[0] if len(begun) == 1 else None

    def require(self, name: str) -> str:
        """Return the id of the research field that an id or a name stands for.

        Raises:
            UsageError: there is none.
        """
        if field := self.resolve(name):
            return field
        raise UsageError(f"no research field “{name}” in the library", next="`drafter fields` lists them")

    def _points(self, candidate: Candidate) -> dict[str, dict[str, list[tuple[float, Evidence]]]]:
        """Return what every term of every field found in the record is worth."""
        points: dict[str, dict[str, list[tuple[float, Evidence]]]] = defaultdict(lambda: defaultdict(list))
        for source, text in candidate.texts():
            weight = place_weight(source)
            for hit in longest(self._index.find(fold(text))):
                field, kind = hit.key
                found = Evidence(text[hit.start : hit.end], source)
                points[field][pattern(hit.term)].append((WEIGHT[kind] * weight, found))
        return points

    def _words(self, candidate: Candidate) -> dict[str, list[tuple[float, Evidence]]]:
        """Return what the words of the record are worth by the word table, by field; each word counts once."""
        found: dict[str, list[tuple[float, Evidence]]] = defaultdict(list)
        seen: set[str] = set()
        for source, text in candidate.texts() if self._library.words else ():
            # single words of the table say little to a reader; the text they stand in does
            evidence = Evidence(text[:SHOWN], source)
            for word in features(fold(text).words, self._first_words):
                if word in seen or (told := self._library.words.get(word)) is None:
                    continue
                seen.add(word)
                for field, weight in told.items():
                    found[field].append((min(weight, WORD_MOST), evidence))
        return found


def features(words: Sequence[str], first: Collection[str] | None = None) -> Iterator[str]:
    """Yield the single words and pairs of a folded text that the word table may know.

    A single Chinese character or a very short word says nothing alone; in a pair it may.

    Args:
        words: the text's.
        first: words with which a pair may begin; any if None.
    """
    for word, following in zip_longest(words, words[1:]):
        if len(word) > 2 and word.isascii() and not word.isdigit():
            yield word
        if following and (first is None or word in first):
            yield f"{word} {following}"


def _terms(field: Field) -> list[tuple[str, tuple[str, ...]]]:
    names = (*field.aliases, field.name.zh, *([field.name.en] if field.name.en else []))
    vocabulary = field.vocabulary
    return [("name", names), ("strong", vocabulary.strong), ("weak", vocabulary.weak), ("against", vocabulary.against)]


def _total(terms: dict[str, list[tuple[float, Evidence]]]) -> float:
    total = 0.0
    for found in terms.values():
        weights = sorted((w for w, _ in found), key=abs, reverse=True)
        total += weights[0] * (1 + REPEAT * math.log2(len(weights)))
    return total


def _score(total: float) -> float:
    return round(total / (total + HALF), 3)


def _evidence(
    terms: Mapping[str, list[tuple[float, Evidence]]], words: Sequence[tuple[float, Evidence]], most: int = 8
) -> tuple[Evidence, ...]:
    """Return what speaks for a field: terms of its vocabulary, or where there are hardly any the texts whose words do."""
    speaking = [max(found, key=lambda f: f[0]) for found in terms.values()]
    listed = [evidence for weight, evidence in sorted(speaking, key=lambda f: -f[0]) if weight > 0]
    told = [evidence for _, evidence in sorted(words, key=lambda f: -f[0])]
    return tuple(dict.fromkeys([*listed, *told[: 2 * (len(listed) < 2)]]))[:most]
