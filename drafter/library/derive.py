"""Cards for tracks that have none: the terms that tell a track from the others become its ideas.

A document kept by hand says what a point is, not how else it can be said. Where its wording holds every idea of a bundled
card of the same field, it makes the same point, and that card serves. Otherwise each idea is a term of the track's own
text, with what the bundled library knows as other ways to say the same: a beginning, which `drafter library convert` writes
down to be refined.
"""

import re
from collections import Counter
from collections.abc import Iterable

from drafter.library.models import Field, Idea, Library, Track
from drafter.matching import CardIndex
from drafter.text import fold

MOST = 3
"""Most ideas of a derived card: with more, hardly any mail that raises the point would hold them all."""

_LATIN = re.compile(r"[A-Za-z][A-Za-z0-9.+/-]*(?: [A-Za-z][A-Za-z0-9.+/-]*)*")
_HAN_RUN = re.compile(r"[\u4e00-\u9fff]+")
_FUNCTION = re.compile(
    "如何|怎么|怎样|是否|什么|能否|可否|以及|通过|对于|关于|进行|进一步|更好地?|更加|从而|为了|因为|所以|如果|一些|一个|哪些|哪里|可以|能够|需要|应该|存在|使用|利用|采用|包括|比如|例如|相关|不同|各种|问题|方法|方式|方面"
    "|方向|研究|探索|寻找|实现|解决|提升|提高|改进|优化|设计|构建|定义|获取|目前|未来|今天|接下来|还有|还是|已经|已有|没有|不会|之间|之外|其他|其中|这个|那个|这些|所谓|的|地|得|在|和|与|或|从|到|把|将|让|使|了|是|有|去|来|中|上|下|里|等|及|并|而|其|这|那|对|为|以|于|更|最|很|好|又|也|都|就|再|会|要|能|像|呢|吗"
)
_PLAIN = frozenset("model models data ai llm llms the a of and for vs like".split())


def with_derived_cards(library: Library, table: Library | None = None) -> Library:
    """Return the library with a card for every track that has none.

    Args:
        library: as read.
        table: a library whose cards lend other ways to say the same terms.
    """
    texts = {track.id: _terms(track.zh) for track in library}
    spread = Counter(term for terms in texts.values() for term in set(terms))
    known = _ways(table) if table else {}
    fields = []
    for field in library.fields.values():
        lent = table.fields.get(field.id) if table else None
        tracks: list[Track] = []
        for track in field.tracks:
            ideas = library.ideas(track) or (table and lent and _same_point(track, lent, table)) or ()
            if not ideas:
                # the rarest terms of the document tell most; among equals the longest
                telling = sorted(dict.fromkeys(texts[track.id]), key=lambda t: (spread[t], -len(t)))[:MOST]
                ideas = tuple(_idea(term, known) for term in telling) if len(telling) > 1 else ()
            tracks.append(track.model_copy(update={"ideas": ideas}))
        fields.append(field.model_copy(update={"tracks": tuple(tracks)}))
    return Library(fields, library.source, words=library.words)


def _same_point(track: Track, field: Field, table: Library) -> tuple[Idea, ...]:
    """Return the card of the field's track whose every idea stands in this track's text; the one of the same id first."""
    for other in sorted(field.tracks, key=lambda other: other.id != track.id):
        ideas = table.ideas(other)
        text = f"{track.lead.zh if track.lead else ''} {track.zh}".replace("\n", " ")
        found = {hit.idea for hit in CardIndex({other.id: [idea.phrases for idea in ideas]}).find([fold(text)])}
        if ideas and len(found) == len(ideas):
            return ideas
    return ()


def _terms(text: str) -> list[str]:
    """Return the technical terms of a Chinese text: Latin phrases, and what is left of Chinese between function words."""
    latin = [t.strip(" ./-") for t in _LATIN.findall(text)]
    han = [piece for run in _HAN_RUN.findall(text) for piece in _FUNCTION.split(run)]
    return [t for t in latin if len(t) > 1 and t.lower() not in _PLAIN] + [t for t in han if t and len(t) > 1]


def _idea(term: str, known: dict[str, set[str]]) -> Idea:
    ways = {term, *known.get(term.lower(), ())}
    if _HAN_RUN.fullmatch(term) and len(term) >= 4:
        ways.add(f"{term[:2]} ... {term[-2:]}")
    han, latin = (sorted(w for w in ways if bool(_HAN_RUN.search(w)) is wanted) for wanted in (True, False))
    return Idea(name=term, zh=tuple(han), en=tuple(latin))


def _ways(table: Library) -> dict[str, set[str]]:
    """Return, for every phrase of the table's cards, the phrases of the smallest idea that holds it."""
    ways: dict[str, set[str]] = {}
    ideas: Iterable[Idea] = sorted((i for track in table for i in track.ideas), key=lambda i: -len(i.phrases))
    for idea in ideas:
        for phrase in idea.phrases:
            ways[phrase.lower()] = set(idea.phrases)
    return ways
