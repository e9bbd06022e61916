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
from drafter.matching import CardIndex, IdeaHit, folded_sentences
from drafter.report import Verdict
from drafter.text import Folded, Span, count_han, fold

_TITLE = re.compile(r"《[^《》\n]{1,400}》|“[^“”\n]{12,400}”|\"[^\"\n]{12,400}\"")

_LISTS = re.compile(
    r"\b(?:page|homepage|profile|website|site|bio|cv|you)\b[^.?!]{0,30}\b(?:lists?|listed|mentions?|mentioned|tagged)\b"
    r"|\b(?:keywords?|interests?)(?: for| of)?[^.?!:]{0,20}(?:include|list|are\b|:)|\breading (?:group|circle|list)\b|\bamong your interests\b"
    r"|\b(?:suggested|welcome) topics?\b|\bsubmissions? (?:on|are|of)\b|\bcall for papers\b|\b(?:newsletter|agenda|syllabus|digest)\b"
    r"|\bopen (?:roles|positions)\b|\bthis (?:week|month)['’]s (?:training|schedule|talks)\b"
    r"|(?:主页|简介|关键词|标签|兴趣)[^。]{0,12}(?:写着|写了|列|里有|提到|包括)|读书会|研究兴趣|征稿|议程|课表|课程大纲|专栏|栏目|岗位一览|速递|收藏夹",
    re.I,
)
"""A sentence that lists topics: a page, a call for papers, an agenda."""

_DENIED_EN = re.compile(
    # we do not ...: only verbs of doing; "we do not know", "has not settled" open a question and must pass
    r"\b(?:we|i|us|here|nobody|none|group|team|department)\b[^.?!;]{0,30}(?:n['’]t| not| never|\bno longer)(?: \w+ly)?"
    r" (?:do|done|doing|run|work|worked|working|study|studying|research|researching|build|building|plan|planning|planned|touch|touched|use|pursue|look|looked"
    r"|go|going|generate|intend|mean|put|take|taking|ask|asking|write|writing|involved|hiring|tried|part|get|make|making|start|started)\b"
    r"|\b(?:we|i) (?:won['’]t|will not) (?:be )?(?:do|doing|ask|asking|work|working|build|go|touch|pursue|discuss)\w*"
    r"|\b(?:no|any) (?:such )?(?:plans?|intention|wish|interest in|part in|further part|bearing|concern|predictions?|work on)\b"
    r"|(?:n['’]t|\bnot|\bneither|\bnor|\bnone of it|\bnothing)\b[^.?!;,]{0,12}\b(?:our (?:work|thing|route|topic|problem|question|focus|roadmap|business|plate)"
    r"|my (?:department|work|topic|job)|mine|ours|what (?:i|we|this)|why (?:i|we)|something (?:we|i)|a matter (?:we|i|for)|on (?:our|my|the) (?:roadmap|plate)"
    r"|up for discussion|planned|about whether|an offer|concerns? (?:us|this)|to do with (?:us|this|it|me|my|our))"
    r"|\b(?:is|are|was|were|being|been)\b[^.?!;,]{0,24}\b(?:handled|tackled|drafted|outsourced|contracted|shelved|parked|dropped|cancell?ed|discontinued"
    r"|done (?:by|elsewhere)|followed by|owned by|bought in|decided (?:by (?:the|our|another|others)|elsewhere))\b"
    r"|\b(?:handed|contracted|gone|outsourced|transferred|left) (?:over )?to (?:the|an?|our|another|others?|your|consultants|lawyers)\b"
    r"|\b(?:team|group|lab|division|department|branch|institute|office|partner|supplier|friend|competitor|colleague|people|university)s?['’]s? (?:own )?"
    r"(?:business|topic|affair|territory|project|job|work|remit|task)\b"
    r"|\b(?:is|are) (?:a matter|a question|one) for (?:the|our|others?|another)\b|\b(?:is|are) (?:all )?(?:the|our|an?other) [^.?!;,]{2,40}(?:['’]s (?:business|territory|affair)|territory)"
    r"|\bbelongs? (?:to|with) (?:the|our|another|an?other)\b|\b(?:by|to) (?:another|a different|the other|a sister|the sister) (?:team|group|lab|division|institute)\b"
    r"|\boutside (?:our|my|the) (?:remit|scope)\b|\b(?:stay|stays|keep|kept) out of\b|\b(?:leave|left|leaving) (?:it|that|this|the \w+)? ?(?:to|for) (?:others?|the|your|another)\b"
    r"|\bI['’]ll leave to\b|\bdecided against\b|\bof no concern\b|\bneedn['’]t concern\b|\boff the table\b|\bruled out\b|\bset aside\b|\bis for the [^.?!;,]{2,30} to\b",
    re.I,
)
_DENIED_ZH = re.compile(
    # Chinese: somebody of us + not + a verb of doing
    r"(?:我们?|本组|本人|本部门|本团队|公司|部门|团队|这边|这里|本信|此信|来信|这次|此次|试)[^。？！；]{0,14}?(?:不|没有?|未|并非|也非|从不|毫不)(?:再|会|想|曾|去|能)?"
    r"(?:做(?!透|好|成|出|到)|搞|研究|涉|参与|关心|打算|准备|介入|掺和|考虑过?做|过问|立项|碰|谈|展开|负责|计划|做预测|投入|感兴趣|归|属于|试|有[^。？！；，]{0,12}(?:计划|打算|想法|团队|立项|安排))"
    r"|(?:属于?|归|由|交给了?|交由|移交给?|转给|留给|外包给?|承包给?)[^。？！；，]{0,14}(?:部门?|组|团队|研究院|院校|研究所|实验室|公司|合作方|客户|医院方|供应商|联盟|中心|委员会|同事|伙伴|法务|大厂|学术圈|分部)"
    r"(?:去做|来做|负责|把关|攻关|承接|的|了|管|在做|$|[，。；、])"
    r"|(?:是|归|属)[^。，；？！]{0,12}(?:组|部|团队|公司|同事|别人|他们|院|所|方|大厂|实验室)[^。，；？！]{0,4}(?:的事情?|的活儿?|的课题|的方向|的职责|的范围|的任务|的打法|的生意)(?=[，。；、]|$)"
    r"|(?:不是|并非|不属于|不在)[^。？！；，]{0,10}(?:我们?(?:的|关心|想|要|现在)|本组|本信|本次|这次|此次|本文|关心的|讨论之|想谈|要谈|要解决|内容|之列|范围|职责|射程|计划|路线|兴趣所在)"
    r"|(?:与|和|跟)(?:我们?|本|此|这封|这次|来信|业务)[^。，；]{0,8}(?:无关|(?<!有)没有关系|没关系)|恕我?不|无意在|不掺和|不涉足|谈不上|否了|搁置|停掉|我们也停|移交给|不再(?:过问|参与|做)|没有?(?:打算|计划)|不(?:打算|准备)|暂不|暂时不"
    r"|先不(?:谈|聊|展开)|另一个组|别的组|隔壁组|隔壁研究所|兄弟(?:组|团队|院校)(?:负责|在做|那边|$|[，。；])|外包",
    re.I,
)
"""A sentence that says that this is not done, not meant, or somebody else's."""

_REFUSAL = re.compile(r"(?:we|i|nobody|none|our (?:team|group))\b|(?:我们?|本组|这边|这里|公司)", re.I)

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
        spans, folded = folded_sentences(_without_titles(body))
        return tuple(self._verdict(body, spans, folded, self._library.tracks[track]) for track in tracks)

    def _verdict(self, body: str, spans: Sequence[Span], folded: Sequence[Folded], track: Track) -> Verdict:
        ideas = self._library.ideas(track)
        if not ideas:
            return _by_overlap(body, spans, track)
        names = [idea.name for idea in ideas]
        best = _best_window(spans, self._index(track.id).find(folded), body)
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
        start = spans[hit.sentence].start
        by_sentence[hit.sentence].setdefault(hit.idea, body[start + hit.start : start + hit.end])
    windows: list[tuple[int, int, dict[int, str]]] = []
    for first in sorted(by_sentence):
        for last in (first, first + 1):
            if last == first or (last in by_sentence and "\n" not in body[spans[first].end : spans[last].start]):
                windows.append((first, last, {**by_sentence[last], **by_sentence[first]}))
    if not windows:
        return None
    fullest = max(len(ideas) for *_, ideas in windows)
    # one sentence says it better than two, the earlier better than the later; doubt is looked for only in what is left
    left = sorted((w for w in windows if len(w[2]) == fullest), key=lambda w: (w[1] - w[0], w[0]))
    judged = (
        (w, any(_doubtful(spans[n].text) or _taken_back(spans, n, body) for n in range(w[0], w[1] + 1))) for w in left
    )
    clear = next((w for w, doubt in judged if not doubt), None)
    return _Window(*(clear or left[0]), doubtful=clear is None)


def _taken_back(spans: Sequence[Span], number: int, body: str) -> bool:
    """Say whether the next sentence refuses what this one seems to raise: "X? We have not tried and will not."."""
    if number + 1 >= len(spans) or "\n" in body[spans[number].end : spans[number + 1].start]:
        return False
    text = spans[number + 1].text
    return len(text) < 70 and _REFUSAL.match(text) is not None and _denied(text)


def _denied(sentence: str) -> bool:
    """Say whether a sentence denies; each language's cues are looked for only where it is written."""
    han = count_han(sentence)
    return bool((han and _DENIED_ZH.search(sentence)) or (han < len(sentence) / 2 and _DENIED_EN.search(sentence)))


@lru_cache(maxsize=500)
def _doubtful(sentence: str) -> bool:
    # each track of a mail asks about the same few sentences
    return bool(_LISTS.search(sentence) or _denied(sentence))


def _by_overlap(body: str, spans: Sequence[Span], track: Track) -> Verdict:
    """Judge by the words of the track's own text: honest only for mails that stay close to it."""
    best, quote = 0.0, ""
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
