"""Rules on what a mail states: every anchor must come from the record, the tracks or the sender's file.

An anchor is something that can be looked up: a title, a number or year, a venue, an institution, an award, the name of a
person or system. The rules find anchors by their form, and by short lists where form does not tell. They cannot see a
false sentence that is built from true words; that is what the judge is for.
"""

import re
from collections.abc import Iterator

from drafter.checker.anchors import AWARD, INSTITUTION, PROMISE, VENUE, person_names, system_names
from drafter.checker.mail import Mail
from drafter.report import Finding, Level
from drafter.text import Span, count_han, count_words, fold, sentences

_BOOK = re.compile(r"《([^《》\n]{1,400})》")
_QUOTED = re.compile(r"[“\"]([^“”\"\n]{8,400})[”\"]")
_NUMBER = re.compile(r"(?<![A-Za-z0-9_.])\d+(?:[.,]\d+)*(?:\s?%)?")
_CAPITAL = re.compile(r"\b[A-Z]")
_YOUR_WORK = re.compile(
    r"\byour (?:\w+ )?(?:work|research|papers?|stud(?:y|ies)|results?|project|thesis|talk|benchmark|framework) (?:on|about|in(?! mind)) ([^,.;:?!()“”]{4,60}?)(?=[,.;:?!]| and | which | that | would | with |$)"
    r"|您(?:在|关于|对|做的?)([^，。；：？！《》]{2,20}?)(?:方面|方向|领域|上|里)?的(?:工作|研究|论文|成果|项目)"
)
_MADE = (
    r"(?:\byours?\b|\byou (?:have |had )?(?:introduced|proposed|developed|built|wrote|created|designed|showed|led|released)\b"
    r"|您(?:的|们的|提出的?|发明的?|设计的?|开发的?|写的?|做的?|发布的?))[^,.;，。；？！]{0,16}?"
)


def check_facts(mail: Mail) -> Iterator[Finding]:
    """Yield the anchors of a mail that stand nowhere in what the writer was given; needs a candidate."""
    if mail.candidate is None:
        return
    given = fold(mail.given).line
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
    known = {_plain(n) for n in _NUMBER.findall(mail.given)}
    for number in dict.fromkeys(_NUMBER.findall(mail.text)):
        if _plain(number) not in known and not (number.isdigit() and int(number) <= 3):  # "2 questions" is no claim
            message = f"the number {number} stands neither in the record nor in a point or the sender's file"
            yield _error("number", message, mail.quote(number, room=12))


def _plain(number: str) -> str:
    return re.sub(r"[,\s]", "", number)


def _listed(mail: Mail, given: str) -> Iterator[Finding]:
    """Look for venues, institutions and awards."""
    kinds = (("venue", VENUE, "venue"), ("institution", INSTITUTION, "institution"), ("award", AWARD, "award"))
    for rule, pattern, what in kinds:
        for match in {m.group().strip(): m for m in pattern.finditer(mail.prose)}.values():
            piece = match.group().strip()
            if not _stands(piece, given):
                yield _error(rule, f"the {what} “{piece}” stands nowhere in the record", mail.quote(piece))


def _names(mail: Mail, given: str) -> Iterator[Finding]:
    """Look for people and systems that nobody mentioned to the writer."""
    for name in person_names(mail.prose, mail.language):
        if not _stands(name, given):
            yield _error("name", f"“{name}” is named and stands nowhere in the record", mail.quote(name))
    for name in system_names(mail.prose):
        if not _stands(name, given):
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
    if not PROMISE.search(mail.text):
        return
    held = mail.sender.model_dump(exclude={"not_to_be_stated"})
    line = fold(" ".join(map(str, held.values()))).line
    for sentence in sentences(mail.text):
        for match in PROMISE.finditer(sentence.text):
            if not _stands(match.group(), line) and _about_us(sentence):
                message = f"“{match.group()}” is promised, and the sender's file says nothing of it"
                yield _error("us", message, mail.quote(sentence.text))
                break


def _about_us(sentence: Span) -> bool:
    return (
        re.search(r"\b(?:we|our|us|lab|offer\w*|join\w*)\b|我们|我司|实验室|提供|加入", sentence.text, re.I) is not None
    )
