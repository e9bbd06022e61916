"""Which talk tracks fit this very person, and why.

A track says whom it suits in words of that person's own work; it also has ways to say its ideas. The more of both the
record holds, the better the track fits. A word that suits most tracks of a field tells them apart little and weighs
little.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from drafter.candidate import Candidate
from drafter.errors import UsageError
from drafter.library import GENERAL, Library, Track
from drafter.mapper import REPEAT, Evidence, FieldMatch, longest, place_weight
from drafter.matching import GAP, TermIndex
from drafter.text import fold

SUITS, IDEA, WORDS = 1.0, 0.2, 0.35
"""Points of a word that the track says it suits, of a way to say one of its ideas, of a word of its own text."""

FITS = 0.30
"""Score from which a track fits; below it is given only where nothing fits better, with a warning."""

THIRD = 0.55
"""Score that a third track needs."""

HALF = 1.5
"""Points that make a score of 0.5."""

CLEAR = 0.6
"""Share of the first field's score from which a further field's tracks may stand in a mail."""

FDE_HANDICAP = 0.4
"""Factor on general (FDE) tracks: they fit anybody a little, so they must suit clearly to come before the field's own."""


@dataclass(frozen=True, slots=True)
class TrackMatch:
    """A track with how well it fits, 0 to 1, and the pieces of the record that say so."""

    track: Track
    score: float
    evidence: tuple[Evidence, ...]
    forced: bool = False

    @property
    def fits(self) -> bool:
        """Say whether it fits well enough to be given without a warning."""
        return self.forced or self.score >= FITS

    @property
    def reasons(self) -> list[str]:
        """Return why it was chosen, in words."""
        if self.forced:
            return ["asked for by hand"]
        if not self.evidence:
            return ["nothing in the record speaks for this track"]
        return [
            f"the model: {e.text}" if e.source == "assist" else f"suits “{e.text}” ({e.source})" for e in self.evidence
        ]

    def as_json(self) -> dict[str, Any]:
        """Return the form in which `drafter select --json` prints it."""
        return {"track": self.track.id, "field": self.track.field, "score": self.score, "reasons": self.reasons}


class Selector:
    """Ranks and picks tracks of one library; make it once, use it for many."""

    def __init__(self, library: Library) -> None:
        self._library = library

        self._index = lru_cache(maxsize=None)(self._make_index)

    def _make_index(self, field: str) -> TermIndex[tuple[str, float]]:
        terms: list[tuple[str, tuple[str, float]]] = []
        for track in self._library.fields[field].tracks:
            terms.extend((term, (track.id, SUITS)) for term in track.suits)
            ideas = (phrase for idea in self._library.ideas(track) for phrase in idea.phrases)
            terms.extend((phrase, (track.id, IDEA)) for phrase in ideas if GAP not in phrase)
            terms.extend((word, (track.id, WORDS)) for word in _telling_words(track))
        return TermIndex(terms)

    def rank(self, candidate: Candidate, field: str) -> list[TrackMatch]:
        """Return all tracks of a field, best first."""
        wanted = self._library.fields[field].tracks
        hits = self._hits(candidate, field)
        share = Counter(term for terms in hits.values() for term in terms)
        siblings = max(2, len(wanted))
        matches = []
        for track in wanted:
            total, evidence = 0.0, []
            for term, (weight, found) in hits.get(track.id, {}).items():
                rarity = math.log2(1 + siblings / share[term]) / math.log2(1 + siblings)
                total += weight * rarity
                evidence.append((weight * rarity, found))
            if track.kind == "fde":
                total *= FDE_HANDICAP
            evidence.sort(key=lambda e: -e[0])
            best = tuple(dict.fromkeys(e for w, e in evidence if w > 0.1))[:4]
            matches.append(TrackMatch(track, round(total / (total + HALF), 3), best))
        # technical tracks first where the record says nothing
        matches.sort(key=lambda m: (-m.score, m.track.kind == "fde"))
        return matches

    def _hits(self, candidate: Candidate, field: str) -> dict[str, dict[str, tuple[float, Evidence]]]:
        """Return, by track and term, the weight and best place of every term that speaks for a track of the field."""
        found: dict[str, dict[str, tuple[float, Evidence]]] = defaultdict(dict)
        for source, text in candidate.texts():
            place = place_weight(source)
            by_track: dict[str, list[Any]] = defaultdict(list)
            for hit in self._index(field).find(fold(text)):
                by_track[hit.key[0]].append(hit)
            for track, hits in by_track.items():
                for hit in longest(hits):
                    piece = text[hit.start : hit.end]
                    name, weight = " ".join(fold(piece).words), hit.key[1] * place
                    before = found[track].get(name)
                    if before is None:
                        found[track][name] = (weight, Evidence(piece, source))
                    elif before[1].source != source:
                        best = before[1] if before[0] >= weight else Evidence(piece, source)
                        found[track][name] = (max(before[0], weight) + REPEAT * min(before[0], weight), best)
                    elif weight > before[0]:
                        found[track][name] = (weight, before[1])
        return found

    def select(
        self,
        candidate: Candidate,
        fields: Sequence[FieldMatch],
        *,
        count: int | None = None,
        force: Sequence[str] = (),
        exclude: Collection[str] = (),
    ) -> list[TrackMatch]:
        """Pick the tracks of a mail: two, or three where three of their fields fit well; never two that make the same point.

        Args:
            candidate: the person.
            fields: the person's fields, best first; none means that only general tracks are left.
            count: 2 or 3 decides the number; None leaves it to the fit.
            force: ids that must be among them, in this order.
            exclude: ids that must not.

        Raises:
            UsageError: an id is not in the library, is both forced and excluded, or two forced ones make the same point.
        """
        self.check_wishes(force, exclude)
        wanted = count or 2
        chosen = [self._forced(candidate, track) for track in force]
        fitting, rest = self._of_fields(candidate, fields)
        chosen = self.first_of(fitting, wanted, after=chosen, exclude=exclude)
        if len(chosen) < wanted:
            general = self.rank(candidate, GENERAL) if GENERAL in self._library.fields else []
            others = [*(m for m in general if m.fits), *rest, *general]
            chosen = self.first_of(others, wanted, after=chosen, exclude=exclude)
        if count is None and len(force) < 2 and len(chosen) == 2 and all(m.score >= THIRD for m in chosen):
            # one of another field finds no place in the thought of the first two: readers call it crammed in
            known = {m.track.field for m in chosen}
            third = (m for m in fitting if m.score >= THIRD and m.track.field in known)
            chosen = self.first_of(third, 3, after=chosen, exclude=exclude)
        return chosen

    def _forced(self, candidate: Candidate, track: str) -> TrackMatch:
        """Return a track asked for by hand, with what in the record speaks for it all the same."""
        ranked = self.rank(candidate, self._library.tracks[track].field)
        return next(replace(m, score=1.0, forced=True) for m in ranked if m.track.id == track)

    def first_of(
        self,
        ranked: Iterable[TrackMatch],
        count: int = 2,
        *,
        after: Sequence[TrackMatch] = (),
        exclude: Collection[str] = (),
    ) -> list[TrackMatch]:
        """Return the first tracks of a ranking, never two that make the same point.

        Args:
            ranked: best first.
            count: most tracks returned, those of `after` among them.
            after: tracks that are chosen already; all of them stay.
            exclude: ids that must not be taken.
        """
        chosen = list(after)
        for match in ranked:
            if len(chosen) < count and self._allowed(match, chosen, exclude):
                chosen.append(match)
        return chosen

    def _of_fields(
        self, candidate: Candidate, fields: Sequence[FieldMatch]
    ) -> tuple[list[TrackMatch], list[TrackMatch]]:
        """Return the tracks of the person's fields in the order in which they are taken: those that fit, and the rest."""
        # a field that was given for completeness' sake is no field to write about
        clear = [match.field for match in fields if match.score >= CLEAR * fields[0].score or match.by_hand]
        ranked = [self.rank(candidate, field) for field in clear]
        first = ranked[0] if ranked else []
        if fields and not fields[0].by_hand:
            # an inferred field may be wrong: what fits in a further field then comes before what does not fit in it
            first = [m for m in first if m.fits]
        others = sorted((m for matches in ranked[1:] for m in matches if m.fits), key=lambda m: -m.score)
        return [*first, *others], [m for matches in ranked for m in matches]

    def _allowed(self, match: TrackMatch, chosen: Iterable[TrackMatch], exclude: Collection[str]) -> bool:
        if match.track.id in exclude:
            return False
        return not any(self._library.same_point(match.track.id, other.track.id) for other in chosen)

    def check_wishes(self, force: Sequence[str], exclude: Collection[str]) -> None:
        """Refuse wishes that no selection can follow; see `select`.

        Raises:
            UsageError: names the id.
        """
        for track in (*force, *exclude):
            if track not in self._library.tracks:
                raise UsageError(f"no track “{track}” in the library", next="`drafter tracks` lists them")
            if track in force and track in exclude:
                raise UsageError(f"track “{track}” is both asked for and excluded")
        for place, one in enumerate(force):
            for other in force[place + 1 :]:
                if self._library.same_point(one, other):
                    raise UsageError(f"tracks “{one}” and “{other}” make the same point", next="Give one of them")


def _telling_words(track: Track) -> set[str]:
    """Return the technical words of a track's own text: all that a Markdown library has to go by."""
    words = set()
    for text in (track.zh, track.en or ""):
        words |= {w for w in fold(text).words if w.isascii() and len(w) > 3 and w not in _COMMON}
    return words


_COMMON = frozenset(
    [
        "model",
        "models",
        "large",
        "language",
        "data",
        "learning",
        "training",
        "method",
        "what",
        "which",
        "would",
        "could",
        "should",
        "there",
        "their",
        "this",
        "that",
        "with",
        "from",
        "into",
        "than",
        "when",
        "where",
        "while",
        "about",
        "more",
        "most",
        "much",
        "better",
        "good",
        "next",
        "stage",
        "work",
        "works",
        "system",
        "systems",
        "question",
        "one",
        "still",
        "well",
        "have",
        "does",
        "make",
        "made",
        "makes",
        "like",
        "over",
        "under",
        "between",
        "through",
        "such",
        "only",
        "even",
        "many",
        "some",
        "other",
        "whether",
        "really",
        "kind",
        "those",
        "these",
        "them",
        "they",
        "then",
        "also",
        "just",
        "without",
        "within",
        "every",
        "each",
        "very",
        "same",
        "worth",
        "time",
        "first",
        "long",
    ]
)
