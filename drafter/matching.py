"""Terms found in text, with offsets; the one way in which mapper, selector, checks and lint look for words.

A *term* is one to a few words: `reward hacking`, `奖励`, `quantiz*`. The star makes the last word a prefix. A *phrase* is
one term, or several joined by ` ... `, which must stand in this order within one sentence.
All terms are searched in one pass (Aho-Corasick), so time is linear in the text, however large the library is.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import ahocorasick

from drafter.text import Folded, Span, fold, plain_words, sentences

Key = TypeVar("Key", bound=Hashable)

GAP = " ... "


@dataclass(frozen=True, slots=True)
class Hit(Generic[Key]):
    """A term found: whose it is, the term as written in the library, and where it stands in the text."""

    key: Key
    term: str
    start: int
    end: int


def pattern(term: str) -> str:
    """Return the piece of a folded line that stands for a term, or "" where the term holds no word."""
    stump = term.rstrip().removesuffix("*")
    prefix = stump != term.rstrip() and stump[-1:].isalnum()
    words = fold(stump).words
    if not words:
        return ""
    if prefix:
        words[-1] = plain_words(stump)[-1]  # with its ending: “gas*” must not find what begins with “ga”
    return " " + " ".join(words) + ("" if prefix else " ")


class TermIndex(Generic[Key]):
    """Many terms, each with the keys it speaks for."""

    def __init__(self, terms: Iterable[tuple[str, Key]]) -> None:
        table: dict[str, list[tuple[str, Key]]] = {}
        for term, key in terms:
            if piece := pattern(term):
                entry = table.setdefault(piece, [])
                if (term, key) not in entry:
                    entry.append((term, key))
        self._automaton = ahocorasick.Automaton()
        for piece, owners in table.items():
            self._automaton.add_word(piece, (piece, owners))
        self._empty = not table
        if table:
            self._automaton.make_automaton()

    def find(self, text: Folded) -> list[Hit[Key]]:
        """Return every hit in the order of its end, overlapping ones included."""
        hits: list[Hit[Key]] = []
        if self._empty:
            return hits
        for end, (piece, owners) in self._automaton.iter(text.line):
            first, last = text.words_between(end - len(piece) + 2, end + 1)
            span = text.original(first, last)
            hits.extend(Hit(key, term, span.start, span.end) for term, key in owners)
        return hits


@dataclass(frozen=True, slots=True)
class IdeaHit:
    """An idea of a track found in one sentence."""

    track: str
    idea: int
    phrase: str
    sentence: int
    start: int
    end: int


class CardIndex:
    """The ideas of many track cards, searched together.

    Args:
        cards: track id -> its ideas, each a list of phrases.
    """

    def __init__(self, cards: Mapping[str, Sequence[Sequence[str]]]) -> None:
        self._phrases: list[tuple[str, int, str, int]] = []  # track, idea, phrase, number of parts
        terms: list[tuple[str, tuple[int, int]]] = []
        for track, ideas in cards.items():
            for number, idea in enumerate(ideas):
                for phrase in dict.fromkeys(idea):
                    parts = phrase.split(GAP)
                    terms.extend((part, (len(self._phrases), place)) for place, part in enumerate(parts))
                    self._phrases.append((track, number, phrase, len(parts)))
        self._index = TermIndex(terms)

    def find(self, text: str) -> tuple[list[Span], list[IdeaHit]]:
        """Return the text's sentences and every idea found in them, one hit per idea's phrase and sentence."""
        spans = sentences(text)
        found: list[IdeaHit] = []
        for number, sentence in enumerate(spans):
            found.extend(self._in_sentence(number, sentence))
        return spans, found

    def _in_sentence(self, number: int, sentence: Span) -> list[IdeaHit]:
        found: list[IdeaHit] = []
        reached: dict[int, tuple[int, int, int]] = {}  # phrase -> parts met so far, first start, last end
        done: set[int] = set()
        for hit in self._index.find(fold(sentence.text)):
            phrase, place = hit.key
            met, start, end = reached.get(phrase, (0, hit.start, 0))
            if phrase in done or place != met or (met and hit.start < end):
                continue
            reached[phrase] = (met + 1, start if met else hit.start, hit.end)
            track, idea, words, parts = self._phrases[phrase]
            if met + 1 == parts:
                done.add(phrase)
                found.append(
                    IdeaHit(track, idea, words, number, sentence.start + reached[phrase][1], sentence.start + hit.end)
                )
        return found
