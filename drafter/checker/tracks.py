"""Does a mail raise a track's point, and in which sentence?

A track's card lists the ideas that together make the point. A point counts as raised where all of them stand within one
sentence, or within two that follow each other in one paragraph. What stands inside a quoted title does not count: a
paper called "Reward Hacking in RLHF" raises nothing. A sentence that only lists topics, or says that one does not do
something, makes the verdict `unsure` at best.

A track without a card (from a Markdown library) is judged by how much of its own wording a window holds.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from drafter.library import Library, Track
from drafter.matching import CardIndex, IdeaHit
from drafter.report import Verdict
from drafter.text import Span, fold

_TITLE = re.compile(r"《[^《》\n]{1,400}》|“[^“”\n]{12,400}”|\"[^\"\n]{12,400}\"")

_LISTS = re.compile(
    r"\b(?:page|homepage|profile|website|site|bio|cv|you)\b[^.?!]{0,30}\b(?:lists?|listed|mentions?|mentioned|tagged)\b"
    r"|\b(?:keywords?|interests?) (?:include|list|are)\b|\breading (?:group|circle)\b|\bamong your interests\b"
    r"|(?:主页|简介|关键词|标签|兴趣)[^。]{0,12}(?:写着|列|里有|提到|包括)|读书会|研究兴趣",
    re.I,
)

_DENIED = re.compile(
    r"\b(?:not (?:about|working on|planning|something we|our (?:topic|problem|question|focus)|part of|what we)|no plans?"
    r"|(?:do|does|did|will|are|is|was|have|has)(?:n['’]t| not) (?:do|run|work|plan|touch|build|pursu\w+|going|started|doing|looking)"
    r"|outsourc\w+|(?:another|other|a different|the other) (?:team|group|lab)s?|colleagues? (?:handle|own|look)\w*"
    r"|(?:somebody|someone) else|leave (?:that|this|it) to|left to (?:another|others|our|the other)|handled (?:by|elsewhere)|belongs? to"
    r"|off the table|ruled out|shelved|parked|set aside|not (?:the|a) (?:question|topic|point) )\b"
    r"|没有?(?:打算|计划|在做|人做|人手|做过|碰过|接|往)|(?<!会)不会(?:去|再)?(?:做|碰|涉及|考虑|展开)|暂时不|暂不|不再(?:做|碰|考虑)"
    r"|不(?:打算|准备|考虑|碰|涉及|归我|由我)|没(?:在做|往|接)|否了|搁置|先放一?放|放到一边|另一个组|别的组|隔壁组|其他团队|别的团队|另一个团队|外包|轮不到"
    r"|先不(?:谈|聊|展开|做)|这次不(?:谈|聊|展开)|不在[^。]{0,6}(?:范围|计划)|[跟与和][^。，]{0,8}无关",
    re.I,
)

PARTLY = 2 / 3
"""Share of a card's ideas from which, one missing, a verdict is left open instead of `absent`."""

OVERLAP_PRESENT, OVERLAP_UNSURE = 0.55, 0.34
"""For tracks without a card: share of its words in a window from which it is present, and from which it is open."""


@dataclass(frozen=True, slots=True)
class _Window:
    """One sentence or two neighbours, with the ideas found in it."""

    first: int
    last: int
    ideas: dict[int, str]
    doubtful: bool


class TrackChecker:
    """Judges mails against the tracks of one library; make it once, use it for many."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._index = lru_cache(maxsize=None)(self._make_index)

    def _make_index(self, track: str) -> CardIndex:
        ideas = self._library.ideas(self._library.tracks[track])
        return CardIndex({track: [idea.phrases for idea in ideas]})

    def verdicts(self, body: str, tracks: Iterable[str]) -> tuple[Verdict, ...]:
        """Return a verdict for each track, in the order given.

        Args:
            body: the mail without its subject.
            tracks: ids of the library.
        """
        return tuple(self._verdict(body, self._library.tracks[track]) for track in tracks)

    def _verdict(self, body: str, track: Track) -> Verdict:
        ideas = self._library.ideas(track)
        if not ideas:
            return _by_overlap(body, track)
        spans, hits = self._index(track.id).find(_without_titles(body))
        names = [idea.name for idea in ideas]
        best = _best_window(spans, hits, body)
        if best is None:
            return Verdict(track=track.id, verdict="absent", why=f"nothing is said of {_and(names)}")
        quote = body[spans[best.first].start : spans[best.last].end]
        missing = [name for number, name in enumerate(names) if number not in best.ideas]
        share = round(len(best.ideas) / len(names), 3)
        said = "; ".join(f"{names[number]}: “{words}”" for number, words in sorted(best.ideas.items()))
        if missing:
            open_ = share >= PARTLY and not best.doubtful
            why = f"found {said}; missing: {_and(missing)}"
            return Verdict(track=track.id, verdict="unsure" if open_ else "absent", quote=quote, score=share, why=why)
        if best.doubtful:
            why = f"{said}; but the sentence seems to list topics or to say that this is not meant"
            return Verdict(track=track.id, verdict="unsure", quote=quote, score=share, why=why)
        return Verdict(track=track.id, verdict="present", quote=quote, score=share, why=said)


def _without_titles(body: str) -> str:
    """Blank out quoted titles, keeping every offset; one that makes up most of its line is a quote, not a title."""
    return _TITLE.sub(lambda m: m.group()[0] + " " * (len(m.group()) - 2) + m.group()[-1], body)


def _best_window(spans: Sequence[Span], hits: Sequence[IdeaHit], body: str) -> _Window | None:
    by_sentence: dict[int, dict[int, str]] = defaultdict(dict)
    for hit in hits:
        by_sentence[hit.sentence].setdefault(hit.idea, body[hit.start : hit.end])
    best: tuple[tuple[int, bool, int], _Window] | None = None
    for first in sorted(by_sentence):
        for last in (first, first + 1):
            if last > first and (last not in by_sentence or "\n" in body[spans[first].end : spans[last].start]):
                continue
            ideas = {**by_sentence[last], **by_sentence[first]}
            doubtful = any(_doubtful(spans[n].text) for n in range(first, last + 1))
            rank = (len(ideas), not doubtful, first - last)
            if best is None or rank > best[0]:
                best = (rank, _Window(first, last, ideas, doubtful))
    return best[1] if best else None


def _doubtful(sentence: str) -> bool:
    return bool(_LISTS.search(sentence) or _DENIED.search(sentence))


def _by_overlap(body: str, track: Track) -> Verdict:
    """Judge by the words of the track's own text: honest only for mails that stay close to it."""
    best, quote = 0.0, ""
    spans = CardIndex({}).find(_without_titles(body))[0]
    for text in filter(None, (track.zh, track.en)):
        wanted = _pieces(text)
        for span in spans:
            share = len(wanted & _pieces(span.text)) / max(1, len(wanted))
            if share > best:
                best, quote = share, body[span.start : span.end]
    verdict = "present" if best >= OVERLAP_PRESENT else "unsure" if best >= OVERLAP_UNSURE else "absent"
    why = f"{best:.0%} of the track's own wording stands in this sentence (the track has no card of ideas)"
    return Verdict.model_validate(
        {
            "track": track.id,
            "verdict": verdict,
            "quote": quote if verdict != "absent" else "",
            "score": round(best, 3),
            "why": why,
        }
    )


def _pieces(text: str) -> set[str]:
    """Return a text's Latin words and pairs of neighbouring Chinese characters."""
    words = fold(text).words
    pairs = {a + b for a, b in pairwise(words) if not a.isascii() and not b.isascii()}
    return pairs | {word for word in words if word.isascii() and len(word) > 2}


def _and(names: Sequence[str]) -> str:
    return ", ".join(names[:-1]) + " and " + names[-1] if len(names) > 1 else names[0]
