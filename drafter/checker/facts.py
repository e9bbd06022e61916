"""Rules on what a mail states: titles and numbers must come from the record, the tracks or the sender."""

import re
from collections.abc import Iterator

from drafter.checker.mail import Mail
from drafter.report import Finding
from drafter.text import count_words, fold

_BOOK = re.compile(r"《([^《》\n]{1,400})》")
_QUOTED = re.compile(r"[“\"]([^“”\"\n]{8,400})[”\"]")
_NUMBER = re.compile(r"(?<![\w.])\d+(?:[.,]\d+)*(?:\s?%)?")
_CAPITAL = re.compile(r"\b[A-Z]")


def check_facts(mail: Mail) -> Iterator[Finding]:
    """Yield titles and numbers of a mail that stand nowhere in what the writer was given; needs a candidate."""
    if mail.candidate is None:
        return
    line = fold(mail.given).line
    for title in _titles(mail):
        if fold(title).line.strip() not in line:
            message = f"“{title[:80]}” is no title of the record"
            yield Finding(rule="facts.title", level="error", message=message, quote=mail.quote(title))
    known = {_plain(n) for n in _NUMBER.findall(mail.given)}
    for number in dict.fromkeys(_NUMBER.findall(mail.text)):
        if _plain(number) not in known and not _small(number):
            message = f"the number {number} stands neither in the record nor in a point or the sender's file"
            yield Finding(rule="facts.number", level="error", message=message, quote=mail.quote(number, room=12))


def _titles(mail: Mail) -> Iterator[str]:
    yield from _BOOK.findall(mail.text)
    for quoted in _QUOTED.findall(mail.text):
        # a title has capital letters; a quoted phrase of everyday words is no claim about a paper
        if len(_CAPITAL.findall(quoted)) >= 3 and count_words(quoted) >= 3:
            yield quoted.rstrip(".,，。")


def _plain(number: str) -> str:
    return re.sub(r"[,\s]", "", number)


def _small(number: str) -> bool:
    """Say whether a number is too small to be a claim: `2 questions`."""
    return number.isdigit() and int(number) <= 3
