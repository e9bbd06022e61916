"""Rules on what a mail states: every anchor must come from the record, the tracks or the sender's file.

An anchor is something that can be looked up: a title, a number or year, a venue, an institution, an award, the name of a
person or system. The rules find anchors by their form, and by short lists where form does not tell. They cannot see a
false sentence that is built from true words; that is what the judge is for.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from drafter.checker.anchors import (
    AWARD,
    INSTITUTION,
    MACHINES,
    PROMISE,
    VENUE,
    other_names,
    person_names,
    system_names,
)
from drafter.checker.mail import Mail
from drafter.report import Finding, Level
from drafter.text import Span, count_han, count_words, fold, sentences

_BOOK = re.compile(r"《([^《》\n]{1,400})》")
_QUOTED = re.compile(r"[“\"]([^“”\"\n]{8,400})[”\"]")
_NUMBER = re.compile(
    r"(?<![A-Za-z0-9_.])(\d{1,15}(?:,\d{3})*(?:\.\d{1,8})?(?:\s?%)?)(?:\s?(百万|万|亿|千|thousand\b|million\b|billion\b|[kKMB](?![A-Za-z])))?"
)
_CAPITAL = re.compile(r"\b[A-Z]")
_YOUR_WORK = re.compile(
    r"\byour (?:\w+ )?(?:work|research|papers?|stud(?:y|ies)|results?|project|thesis|talk|benchmark|framework) (?:on|about|in(?! mind)) ([^,.;:?!()“”]{4,60}?)(?=[,.;:?!]| and | which | that | would | with |$)"
    r"|您(?:在|关于|对|做的?)([^，。；：？！《》]{2,20}?)(?:方面|方向|领域|上|里)?的(?:工作|研究|论文|成果|项目)"
)
_ABOUT_YOU = re.compile(r"\byou(?:rs?|['’]\w+)?\b|您|你|贵(?:组|校|所|院|团队|实验室)", re.I)
_MADE = (
    r"(?:\byours?\b|\byou (?:have |had )?(?:introduced|proposed|developed|built|wrote|created|designed|showed|led|released)\b"
    r"|您(?:的|们的|提出的?|发明的?|设计的?|开发的?|写的?|做的?|发布的?))(?:(?!\bme\b|我)[^,.;，。；？！]){0,16}?"
)


def check_facts(mail: Mail) -> Iterator[Finding]:
    """Yield the anchors of a mail that stand nowhere in what the writer was given; needs a candidate."""
    if mail.candidate is None:
        return
    given = mail.given_line
    yield from _titles(mail, given)
    yield from _numbers(mail)
    yield from _listed(mail, given)
    yield from _names(mail, given)
    yield from _works(mail)
    yield from _misattributed(mail)
    yield from _promises(mail)


def _error(rule: str, message: str, quote: str, level: Level = "error") -> Finding:
    return Finding(rule=f"facts.{rule}", level=level, message=message, quote=quote)


def _stands(piece: str, line: str) -> bool:
    words = fold(piece).line
    return not words.strip() or words in line


def _titles(mail: Mail, given: str) -> Iterator[Finding]:
    named = _BOOK.findall(mail.text)
    # a title has capital letters; a quoted phrase of everyday words is no claim about a paper
    quoted = [
        q.rstrip(".,，。") for q in _QUOTED.findall(mail.text) if len(_CAPITAL.findall(q)) >= 3 and count_words(q) >= 3
    ]
    for title in dict.fromkeys([*named, *quoted]):
        if not _stands(title, given):
            yield _error("title", f"“{title[:80]}” is no title of the record", mail.quote(title))


def _numbers(mail: Mail) -> Iterator[Finding]:
    known = set().union(*map(_numbers_in, mail.given_texts))
    # "rises by 7.5 points" is arithmetic where the two results stand side by side in the record
    gains = {v for line in mail.record.split("\n") for v in _differences(line) if "." in v}
    for sentence in sentences(mail.text):
        found = {match.group(1): _value(match) for match in _NUMBER.finditer(sentence.text)}
        # a difference worked out from two numbers of the same sentence is arithmetic, not invention
        told = [float(v) for v in found.values() if v in known]
        worked_out = {_plain(abs(a - b)) for a in told for b in told}
        for number, value in found.items():
            if value in known | gains | worked_out or (
                value.isdigit() and int(value) <= 3
            ):  # "2 questions" is no claim
                continue
            message = f"the number {number} stands neither in the record nor in a point or the sender's file"
            yield _error("number", message, mail.quote(number, room=12))


@lru_cache(maxsize=2_000)
def _numbers_in(text: str) -> frozenset[str]:
    # what a sender and tracks say is looked through once for all mails
    return frozenset(_value(match) for match in _NUMBER.finditer(text))


def _differences(line: str) -> set[str]:
    numbers = [float(_value(match)) for match in _NUMBER.finditer(line)][:40]
    return {_plain(abs(one - other)) for one in numbers for other in numbers}


_SCALE = {
    "万": 1e4,
    "亿": 1e8,
    "千": 1e3,
    "百万": 1e6,
    "k": 1e3,
    "K": 1e3,
    "M": 1e6,
    "B": 1e9,
    "thousand": 1e3,
    "million": 1e6,
    "billion": 1e9,
}


def _value(match: re.Match[str]) -> str:
    """Return a number in plain form: `4 万`, `40k` and `40,000` are one."""
    number = float(re.sub(r"[,\s%]", "", match.group(1)) or 0)
    return _plain(number * _SCALE.get(match.group(2) or "", 1))


def _plain(number: float) -> str:
    return f"{round(number, 6):f}".rstrip("0").rstrip(".")


def _listed(mail: Mail, given: str) -> Iterator[Finding]:
    """Look for venues, institutions and awards in sentences about the person; the field at large may name any."""
    kinds = (("venue", VENUE), ("institution", INSTITUTION), ("award", AWARD))
    about = [span.text for span in sentences(mail.prose) if _ABOUT_YOU.search(span.text)]
    for rule, pattern in kinds:
        for piece in dict.fromkeys(match.group().strip() for text in about for match in pattern.finditer(text)):
            if not any(_stands(name, given) for name in other_names(piece)):
                yield _error(rule, f"the {rule} “{piece}” stands nowhere in the record", mail.quote(piece))


def _names(mail: Mail, given: str) -> Iterator[Finding]:
    """Look for people and systems that nobody mentioned to the writer."""
    for name in person_names(mail.prose, mail.language):
        if not _stands(name, given):
            yield _error("name", f"“{name}” is named and stands nowhere in the record", mail.quote(name))
    for name in system_names(mail.prose):
        if not _stands(name, given) and not VENUE.fullmatch(name):
            own = re.search(_MADE + re.escape(name), mail.prose)
            level: Level = "error" if own else "warning"
            yield _error("system", f"“{name}” is named and stands nowhere in the record", mail.quote(name), level)


def _works(mail: Mail) -> Iterator[Finding]:
    """Look for "your work on X" where nothing of X stands in the record."""
    known = set(fold(mail.record).words)
    han, latin = count_han(mail.record) > 0, sum(len(word) > 3 for word in known if word.isascii()) > 12
    for match in _YOUR_WORK.finditer(mail.text):
        topic = (match.group(1) or match.group(2)).strip()
        # Chinese cannot be looked up in an English record, nor the other way round
        words = [w for w in fold(topic).words if (latin if w.isascii() else han) and (len(w) > 3 or not w.isascii())]
        if words and not any(word in known for word in words):
            message = f"the record does not speak of work on “{topic}”"
            yield _error("work", message, mail.quote(match.group()), "warning")


def _misattributed(mail: Mail) -> Iterator[Finding]:
    """Look for a fact of a track that is pinned on the recipient."""
    record = fold(mail.record).line
    texts = " ".join(f"{t.zh} {t.en or ''}" for t in mail.tracks)
    for name in system_names(texts):
        if not _stands(name, record) and (match := re.search(_MADE + re.escape(name), mail.prose)):
            message = f"“{name}” comes from a talk track and is put as this person's work"
            yield _error("misattributed", message, mail.quote(match.group()))


def _promises(mail: Mail) -> Iterator[Finding]:
    """Look for what a mail promises of us that the sender's file does not hold."""
    if mail.sender is None:
        return
    for sentence in sentences(mail.text):
        for match in PROMISE.finditer(sentence.text):
            machines = MACHINES.fullmatch(match.group()) is not None
            if not _stands(match.group(), mail.given_line) and (_about_us(sentence) or not machines):
                message = f"“{match.group()}” is promised, and the sender's file says nothing of it"
                yield _error("us", message, mail.quote(sentence.text))
                break


def _about_us(sentence: Span) -> bool:
    return (
        re.search(r"\b(?:we|our|us|lab|offer\w*|join\w*)\b|我们|我司|实验室|提供|加入", sentence.text, re.I) is not None
    )
