"""The whole batch seen together: what no look at one mail can find.

    batch.other_person    another candidate's name, paper or affiliation stands in a mail            error
    batch.repeated        a sentence of this mail stands, word for word or nearly, in others, too     warning

What stands in the row's own record, in its tracks or in the sender's file is no error. Memory does not grow with the batch:
what is looked for stands in a table on the disk, and a filter in memory says for nearly all words of a mail that there is
nothing to be looked up.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice, pairwise
from typing import Any

from drafter.address import sign_off
from drafter.candidate import Sender, load_candidate
from drafter.checker import Mail
from drafter.composer import Composer
from drafter.library import Library
from drafter.report import Finding, Report
from drafter.store import Result, Run, Runs, Scratch, scratch
from drafter.text import HAN, QUOTED_TITLE, Span, count_han

RULE = "batch."

LONGEST = 6
"""Words of a title by which it is looked for; a name is never longer."""

TITLE, PLACE = 4, 4
"""Words from which on a title, and 汉字 from which on an affiliation, is not met by chance."""

LATIN_SENTENCE, HAN_SENTENCE = 6, 10
"""Words and 汉字 below which a sentence may stand anywhere."""

STEP = 4
"""Two thirds of a sentence, from its beginning or to its end and in steps of so many words, make it nearly another one."""

_LATIN_NAME = re.compile(r"[^\W\d_][\w'’.-]*(?:\s+[^\W\d_][\w'’.-]*){1,4}")
_HAN_NAME = re.compile(f"[{HAN}]{{2,4}}")
_ADDRESSED = re.compile(r"\s*(?:老师|教授|博士|先生|女士|同学|研究员|院士|您|[：:,，、])")
_QUOTES = '《“"「『'
_STOP = re.compile(r"[.!?]+(?=\s|$)|[。！？\n]+")
_WORD = re.compile(f"[{HAN}]|[^\\W_{HAN}]+")


def words_of(text: str) -> list[str]:
    """Return the words of a text in lower case, each 汉字 one.

    Not folded as elsewhere: what is looked for here is the same sentence and the same name, and there are many mails.
    """
    return _WORD.findall(text.lower())


@dataclass
class Seen:
    """What a look at the whole batch found; rows by their turn."""

    mails: int = 0
    others: dict[int, list[Finding]] = field(default_factory=dict)
    """Other people in a mail."""
    repeated: dict[int, list[Finding]] = field(default_factory=dict)
    """Sentences of a mail that stand in an earlier one, too."""
    fields: Counter[str] = field(default_factory=Counter)
    tracks: Counter[str] = field(default_factory=Counter)
    openings: Counter[str] = field(default_factory=Counter)
    """How mails begin: their first words after the salutation."""

    told: set[int] = field(default_factory=set)
    """Rows whose drafts bear findings of an earlier look."""

    def findings(self, work: int) -> list[Finding]:
        """Return all that was found in a row's mail."""
        return [*self.others.get(work, ()), *self.repeated.get(work, ())]

    @property
    def touched(self) -> set[int]:
        """Rows whose drafts are to be marked, or were."""
        return self.told | self.others.keys() | self.repeated.keys()


def without_batch(draft: Mapping[str, Any], more: Iterable[Finding] = ()) -> dict[str, Any]:
    """Return a draft with the findings of one look at a batch in place of those of an earlier one.

    Args:
        draft: its JSON.
        more: what was found; nothing for a draft that enters another batch.
    """
    own = [finding for finding in draft["findings"] if not finding["rule"].startswith(RULE)]
    findings = [*own, *(finding.model_dump() for finding in more)]
    ok = Report.model_validate({"tracks": draft["tracks"], "findings": findings}).ok
    return {**draft, "findings": findings, "status": "ok" if ok else "needs_review"}


def mark(runs: Runs, run: Run, seen: Seen) -> None:
    """Write into the drafts what a look has found; after it their status is final."""
    touched = seen.touched
    rows = iter(result for result in runs.results(run, "drafted") if result.work in touched) if touched else iter(())
    while some := list(islice(rows, 200)):
        runs.amend(without_batch(r.draft, seen.findings(r.work)) for r in some if r.draft)


def look(runs: Runs, run: Run, library: Library, sender: Sender) -> Seen:
    """Look at all drafts of a run together.

    Args:
        runs: the store.
        run: the run.
        library: holds the tracks, whose words any mail may use.
        sender: who writes.
    """
    tables = (
        "CREATE TABLE phrase (words TEXT PRIMARY KEY, kind TEXT, place TEXT) WITHOUT ROWID",
        "CREATE TABLE sentence (key INTEGER, work INTEGER, text TEXT)",
    )
    with scratch(tables) as table:
        return _Look(runs, run, library, sender, table).seen()


class _Look:
    """One look, with a table of its own."""

    def __init__(self, runs: Runs, run: Run, library: Library, sender: Sender, table: Scratch) -> None:
        self._runs, self._run, self._library, self._sender, self._db = runs, run, library, sender, table
        self._ask = set(words_of(f"{sender.call_to_action.zh} {sender.call_to_action.en}"))
        self._signature = {*sign_off(sender, "zh"), *sign_off(sender, "en")}
        self._we = tuple(filter(None, (sender.name.zh, sender.name.en, sender.lab.zh, sender.lab.en)))
        self._filter = Filter()
        self._seen = Seen()

    def seen(self) -> Seen:
        for result in self._runs.results(self._run):
            if result.state != "rejected":
                self._note_person(result)
            if result.draft:
                self._note_mail(result, result.draft)
        self._find_repeated()
        for result in self._runs.results(self._run, "drafted"):
            if result.draft and (found := list(self._others(result, result.draft))):
                self._seen.others[result.work] = found
        return self._seen

    def _note_person(self, result: Result) -> None:
        for words, kind in phrases(result.draft["candidate"] if result.draft else result.record):
            self._filter.add(words)
            values = (" ".join(words), kind, result.place)
            self._db.execute("INSERT OR IGNORE INTO phrase VALUES (?, ?, ?)", values)

    def _note_mail(self, result: Result, draft: Mapping[str, Any]) -> None:
        seen = self._seen
        seen.mails += 1
        if any(finding["rule"].startswith(RULE) for finding in draft["findings"]):
            seen.told.add(result.work)
        seen.fields[draft["fields"][0]["field"] if draft["fields"] else "none"] += 1
        seen.tracks.update(verdict["track"] for verdict in draft["tracks"])
        lines = [line for line in draft["body"].split("\n") if line.strip()]
        if len(lines) > 1:
            seen.openings[" ".join(words_of(lines[1][:80])[:4])] += 1
        # the composer writes from the library's own sentences: its mails share them, and nobody can mend that
        if draft["model"] != Composer.name:
            values = [
                (key, result.work, text) for text, words in self._told(lines[1:]) for key in sentence_keys(text, words)
            ]
            self._db.executemany("INSERT INTO sentence VALUES (?, ?, ?)", values)

    def _told(self, lines: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
        """Yield the sentences of a mail's lines beside the request, who writes, and the sign-off; each with its words."""
        for line in lines:
            if line.strip() in self._signature:
                continue
            for sentence in _STOP.split(line):
                words = words_of(sentence)
                asks = sum(map(self._ask.__contains__, words)) >= len(words) / 2
                if not asks and not any(name in sentence for name in self._we):
                    yield sentence.strip(), words

    def _find_repeated(self) -> None:
        self._db.execute("CREATE INDEX sentence_key ON sentence (key)")
        query = (
            "SELECT DISTINCT s.work, s.text, g.mails FROM (SELECT key, min(rowid) AS first, count(DISTINCT work) AS mails"
            " FROM sentence GROUP BY key HAVING mails > 1) g JOIN sentence s ON s.key = g.key"
            " WHERE s.work <> (SELECT work FROM sentence WHERE rowid = g.first) ORDER BY g.mails DESC"
        )
        told: set[tuple[int, str]] = set()
        for work, text, mails in self._db.execute(query):
            if (work, text) not in told:
                told.add((work, text))
                message = f"{mails} mails of this batch hold this sentence, word for word or nearly"
                self._seen.repeated.setdefault(work, []).append(_finding("repeated", message, text, error=False))

    def _others(self, result: Result, draft: Mapping[str, Any]) -> Iterator[Finding]:
        """Yield what stands in a mail of other people than the one whom it is to."""
        text = f"{draft['subject']}\n{draft['body']}"
        words = words_of(text)
        given = ""
        own = [phrase for phrase, _ in phrases(draft["candidate"])]
        for at in self._filter.hits(words):
            if any(words[at : at + len(phrase)] == phrase for phrase in own):
                continue  # nearly all of what is found; the rest costs a look into the table
            for phrase, kind, place in self._noted(words, at):
                span = _span(text, at, len(phrase))
                if place == result.place or not is_meant(kind, span, text):
                    continue
                given = given or f" {' '.join(words_of(self._given(draft)))} "
                if f" {' '.join(phrase)} " not in given:
                    message = f"{_KINDS[kind]} of another candidate ({place}) stands in this mail"
                    yield _finding("other_person", message, span.text if span.text in draft["body"] else "", error=True)

    def _noted(self, words: list[str], at: int) -> Iterator[tuple[list[str], str, str]]:
        """Yield the phrases that begin at a word of a mail: their words, what they are, and whose row they are from."""
        # whole phrases, not what they begin with: thousands of titles begin alike
        found = (" ".join(words[at : at + size]) for size in range(2, LONGEST + 1))
        query = "SELECT words, kind, place FROM phrase WHERE words IN (?, ?, ?, ?, ?)"
        for phrase, kind, place in self._db.execute(query, tuple(found)):
            yield phrase.split(), kind, place

    def _given(self, draft: Mapping[str, Any]) -> str:
        """Return all that a mail may speak of: record, sender and tracks."""
        tracks = (self._library.tracks.get(verdict["track"]) for verdict in draft["tracks"])
        candidate = load_candidate(draft["candidate"]).candidate
        known = tuple(track for track in tracks if track)
        return Mail(draft["language"], draft["subject"], draft["body"], known, candidate, self._sender).given


def _span(text: str, at: int, size: int) -> Span:
    """Return where some words of a text stand in it."""
    found = list(islice(_WORD.finditer(text.lower()), at, at + size))
    start, end = found[0].start(), found[-1].end()
    return Span(start, end, text[start:end])


_KINDS = {"name": "the name", "title": "a paper", "place": "the affiliation"}


def _finding(rule: str, message: str, quote: str, *, error: bool) -> Finding:
    return Finding(rule=f"{RULE}{rule}", level="error" if error else "warning", message=message, quote=quote)


def phrases(record: Mapping[str, Any]) -> Iterator[tuple[list[str], str]]:
    """Yield the words by which a person is recognized in a mail, and what they are: `name`, `title`, `place`.

    Args:
        record: a candidate's record.
    """
    name = str(record.get("name") or "")
    for match in (*_LATIN_NAME.finditer(name), *_HAN_NAME.finditer(name)):
        if len(words := words_of(match.group())) > 1:
            yield words[:LONGEST], "name"
    place = str(record.get("affiliation") or "")
    words = words_of(place)
    if len(words) >= (PLACE if count_han(place) else 2):
        yield words[:LONGEST], "place"
    for paper in record.get("papers") or ():
        title = paper.get("title", "") if isinstance(paper, Mapping) else str(paper)
        if len(words := words_of(title)) >= TITLE:
            yield words[:LONGEST], "title"


def is_meant(kind: str, span: Span, text: str) -> bool:
    """Say whether words that stand in a mail are a name, and not the same words with their everyday sense.

    Args:
        kind: what they would be: `name`, `title` or `place`.
        span: where they stand.
        text: the mail.
    """
    han = count_han(span.text)
    if kind == "name" and han:
        # 高明, 方程, 向量 are names and words; who is meant by two characters is addressed
        return han > 2 or _ADDRESSED.match(text, span.end) is not None
    quoted = text[max(0, span.start - 1) : span.start] in tuple(_QUOTES)
    if kind == "title" and (han or quoted):
        return quoted
    long_words = [word for word in re.findall(r"[^\W\d_]+", span.text) if len(word) > 3 or kind == "name"]
    capital = sum(word[0].isupper() for word in long_words)
    return bool(han) or capital >= (0.6 * len(long_words) if kind == "title" else len(long_words)) > 0


def sentence_keys(text: str, words: Sequence[str] | None = None) -> set[int]:
    """Return numbers of which two sentences share one if they are the same, or nearly; none for a short one.

    Args:
        text: the sentence.
        words: its words, if they are known.
    """
    if words is None or QUOTED_TITLE.search(text):
        words = words_of(QUOTED_TITLE.sub(" ", text))
    words = [word for word in words if not word.isdigit()]
    least = HAN_SENTENCE if count_han(text) > len(words) / 2 else LATIN_SENTENCE
    if len(words) < least:
        return set()
    size = max(least, len(words) * 2 // 3 // STEP * STEP)
    return {hash(tuple(words[:size])), hash(tuple(words[-size:]))}


class Filter:
    """What phrases begin with: a few bits for each, so that nearly all places of a mail need not be looked up.

    Now and then it says of a place that a phrase may stand there and none does, and never the other way round.
    """

    LAST = (1 << 25) - 1
    """The number of the last bit."""

    def __init__(self) -> None:
        self._bits = bytearray((self.LAST + 1) // 8)

    def add(self, phrase: Sequence[str]) -> None:
        """Note a phrase of at least two words."""
        for beginning in (tuple(phrase[:2]), tuple(phrase[:3]) if len(phrase) > 2 else (*phrase, "")):
            bit = hash(beginning) & self.LAST
            self._bits[bit >> 3] |= 1 << (bit & 7)

    def hits(self, words: list[str]) -> list[int]:
        """Return where in a text a noted phrase may stand, as the number of its first word."""
        bits, last = self._bits, self.LAST
        numbers = [hash(pair) & last for pair in pairwise(words)]
        begun = [at for at, bit in enumerate(numbers) if bits[bit >> 3] >> (bit & 7) & 1]
        return [at for at in begun if self._has((*words[at : at + 2], "")) or self._has(tuple(words[at : at + 3]))]

    def _has(self, beginning: tuple[str, ...]) -> int:
        bit = hash(beginning) & self.LAST
        return self._bits[bit >> 3] >> (bit & 7) & 1
