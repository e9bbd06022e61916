"""Terms found in text, with offsets; the one way in which mapper, selector, checks and lint look for words.

A *term* is one to a few words: `reward hacking`, `奖励`, `quantiz*`. A star leaves the end of its word open. A *phrase* is
one term, or several joined by ` ... `, which must stand in this order within one sentence.
All terms are searched in one pass (Aho-Corasick), so time is linear in the text, however large the library is.
"""

import re
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Generic, TypeVar

import ahocorasick

from drafter.text import Folded, Span, american, fold, plain_words, sentences

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
    """Return the piece of a folded line that stands for a term, a star for the open end of a word; "" if it has no word."""
    line = " ".join(filter(None, map(_word_pattern, term.split())))
    return f" {line}" if line.endswith("*") else f" {line} " if line else ""


@lru_cache(maxsize=20_000)
def _word_pattern(word: str) -> str:
    """Return what stands for one word of a term; the phrases of a library share most of theirs."""
    if word.endswith("*") and _OPEN.search(word) and (plain := plain_words(word)):
        # an open word keeps its plural ending: "bias*" must not become "bia"
        return " ".join(map(american, plain)) + "*"
    return fold(word).line.strip()


_OPEN = re.compile(r"\w\*$")


class TermIndex(Generic[Key]):
    """Many terms, each with the keys it speaks for."""

    def __init__(self, terms: Iterable[tuple[str, Key]]) -> None:
        # by the part up to the first star; what comes after it is looked at only where that part was found
        table: dict[str, dict[tuple[str, Key], re.Pattern[str] | None]] = {}
        for term, key in terms:
            piece = pattern(term)
            head, star, rest = piece.partition("*")
            if not head.strip():
                continue
            tail = re.compile(re.escape(rest).replace(r"\*", r"\w*").join([r"\w*", ""])) if star and rest else None
            table.setdefault(head, {})[term, key] = tail
        self._automaton = ahocorasick.Automaton()
        for head, owners in table.items():
            self._automaton.add_word(head, (len(head), list(owners.items())))
        self._empty = not table
        if table:
            self._automaton.make_automaton()

    def find(self, text: Folded) -> list[Hit[Key]]:
        """Return every hit in the order of its beginning's end, overlapping ones included."""
        hits = []
        for key, term, start, end in self.places(text.line):
            span = text.original(*text.words_between(start, end))
            hits.append(Hit(key, term, span.start, span.end))
        return hits

    def places(self, line: str) -> Iterator[tuple[Key, str, int, int]]:
        """Yield key, term, start and end of every hit in a folded line: cheap where most hits come to nothing."""
        if self._empty:
            return
        for end, (length, owners) in self._automaton.iter(line):
            for (term, key), tail in owners:
                last = end + 1
                if tail is not None:
                    if not (match := tail.match(line, last)):
                        continue
                    last = match.end()
                yield key, term, end - length + 2, last


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
        self._phrases: list[tuple[str, int, str, list[str]]] = []  # track, idea, phrase, further parts
        terms: list[tuple[str, int]] = []
        for track, ideas in cards.items():
            for number, idea in enumerate(ideas):
                for phrase in dict.fromkeys(idea):
                    first, *rest = phrase.split(GAP)
                    terms.append((first, len(self._phrases)))
                    self._phrases.append((track, number, phrase, rest))
        self._index = TermIndex(terms)

    def find(self, sentences: Iterable[Folded]) -> list[IdeaHit]:
        """Return every idea found in the sentences, one hit per idea's phrase and sentence.

        Args:
            sentences: as `folded_sentences` gives them; a hit's offsets are those within its sentence.
        """
        return [hit for number, sentence in enumerate(sentences) for hit in self._in_sentence(number, sentence)]

    def _in_sentence(self, number: int, sentence: Folded) -> list[IdeaHit]:
        found: list[IdeaHit] = []
        tried: set[int] = set()
        for phrase, _, first, last in self._index.places(sentence.line):
            if phrase in tried:
                continue  # what does not follow its first place does not follow a later one
            tried.add(phrase)
            track, idea, words, rest = self._phrases[phrase]
            end: int | None = last
            for part in rest:
                # a term ends with the space behind it, and the next may begin with it
                match = _part(part).search(sentence.line, end - 1) if end else None
                end = match.end() if match else None
            if end is not None:
                span = sentence.original(*sentence.words_between(first, end))
                found.append(IdeaHit(track, idea, words, number, span.start, span.end))
        return found


@lru_cache(maxsize=20_000)
def _part(term: str) -> re.Pattern[str]:
    """Return what finds a further part of a phrase in a folded line; one without a word is found nowhere.

    Made when the part before it was found: most are never asked for.
    """
    piece = pattern(term)
    return re.compile(re.escape(piece).replace(r"\*", r"\w*") if piece.strip(" *") else r"(?!)")


def folded_sentences(text: str) -> tuple[list[Span], list[Folded]]:
    """Return a text's sentences with their offsets, and each folded."""
    spans = sentences(text)
    return spans, [fold(span.text) for span in spans]
