"""Rules on a library: is every card true to its own track, apart from its siblings, and fit to stand in a mail?"""

import re
from collections import Counter
from collections.abc import Iterator

from drafter.checker.tracks import TrackChecker
from drafter.composer import fill
from drafter.library import Field, Library, Track
from drafter.report import Finding, Level

_STALE = re.compile(
    r"去年|今年|明年|最近|近期|近年来|目前最新|刚刚|眼下|\b(?:last|this|next) (?:year|month)\b|\brecently\b|\bnowadays\b|\bthese days\b|\blatest\b|\bcurrently\b", re.I
)  # fmt: skip
_WORK = {"zh": "《一篇论文》", "en": "your paper “A Title”"}

FEWEST, MOST = 2, 4
"""Ideas of a card: one alone is a mere topic, and more than four are hardly ever all said."""


def check_library(library: Library) -> Iterator[Finding]:
    """Yield what is wrong with a library's tracks, cards, twins and vocabulary; each message begins with the id."""
    checker = TrackChecker(library)
    for field in library.fields.values():
        yield from _vocabulary(field)
        for track in field.tracks:
            yield from _card(library, track)
            yield from _words(track)
            yield from _sentences(library, checker, track)
            yield from _examples(checker, track)


def _finding(rule: str, level: Level, message: str, quote: str = "") -> Finding:
    return Finding(rule=f"library.{rule}", level=level, message=message, quote=quote)


def _vocabulary(field: Field) -> Iterator[Finding]:
    vocabulary = field.vocabulary
    terms = Counter(t.lower() for t in (*vocabulary.strong, *vocabulary.weak, *vocabulary.against))
    doubled = [term for term, count in terms.items() if count > 1]
    if doubled:
        yield _finding("vocabulary", "warning", f"{field.id}: listed more than once: {', '.join(doubled[:8])}")


def _card(library: Library, track: Track) -> Iterator[Finding]:
    ideas = library.ideas(track)
    if not ideas:
        yield _finding("card", "warning", f"{track.id}: has no card; mails are judged by the track's own wording")
    elif not FEWEST <= len(ideas) <= MOST:
        yield _finding("card", "error", f"{track.id}: has {len(ideas)} ideas; {FEWEST} to {MOST} make a card")
    for idea in track.ideas:
        for language, phrases in (("zh", idea.zh), ("en", idea.en)):
            if not phrases:
                yield _finding("card", "warning", f"{track.id}: idea “{idea.name}” has no way to be said in {language}")
            doubled = [p for p, count in Counter(p.lower() for p in phrases).items() if count > 1]
            if doubled:
                yield _finding(
                    "card", "warning", f"{track.id}: idea “{idea.name}” lists twice: {', '.join(doubled[:8])}"
                )
    if track.twins and not (track.ideas_from or any(library.tracks[t].ideas_from == track.id for t in track.twins)):
        yield _finding(
            "twins", "warning", f"{track.id}: its twins have cards of their own; one card should serve all (ideas_from)"
        )


def _words(track: Track) -> Iterator[Finding]:
    texts = (track.zh, track.en or "", *track.say.zh, *track.say.en)
    leads = (track.lead.zh, track.lead.en or "") if track.lead else ()
    for text in (*texts, *leads):
        if stale := _STALE.search(text):
            yield _finding("stale", "warning", f"{track.id}: “{stale.group()}” will age", text)
    if track.en is None:
        yield _finding("english", "warning", f"{track.id}: has no English; English mails from it need a model")


def _own_sentences(track: Track) -> list[str]:
    said = [fill(line, _WORK["zh"], "zh") for line in track.say.zh] + [
        fill(line, _WORK["en"], "en") for line in track.say.en
    ]
    return [track.zh, *([track.en] if track.en else []), *said]


def _sentences(library: Library, checker: TrackChecker, track: Track) -> Iterator[Finding]:
    """Hold the card to the track's own sentences: all must raise it, none a sibling."""
    siblings = [t.id for t in library.fields[track.field].tracks if not library.same_point(t.id, track.id)]
    for text in _own_sentences(track):
        own, *others = checker.verdicts(text, [track.id, *siblings])
        if own.verdict != "present":
            yield _finding(
                "sentence", "error", f"{track.id}: the card does not find its own sentence ({own.why})", text
            )
        for other in others:
            if other.verdict == "present":
                yield _finding("collision", "error", f"{track.id}: a sentence of it also raises {other.track}", text)


def _examples(checker: TrackChecker, track: Track) -> Iterator[Finding]:
    """Hold the card to its examples."""
    examples = track.examples
    for kind, texts, wanted in (
        ("raises", examples.raises, True),
        ("mentions", examples.mentions, False),
        ("misses", examples.misses, False),
    ):
        for text in texts:
            verdict = checker.verdicts(text, [track.id])[0]
            if (verdict.verdict == "present") is not wanted:
                message = f"{track.id}: the example under “{kind}” comes out {verdict.verdict} ({verdict.why})"
                yield _finding("example", "error", message, text)
