"""Rules on a mail that somebody else had a hand in: words that only an obeyed order could have put there, foreign addresses."""

import re
from collections.abc import Iterator
from dataclasses import replace

from drafter.candidate import Sender
from drafter.checker.mail import Mail
from drafter.report import Finding
from drafter.steering import disarm
from drafter.text import fold

WORDS, HAN, PAIR = 3, 4, 2
"""Fewest words, or 汉字, in a row that a mail cannot share with an order by chance; two long words are enough where neither
stands in anything that the writer was given."""

_QUOTED = re.compile(r"[“\"‘『「《']([^“”\"‘’』」》'\n]{3,120})[”\"’』」》']")
_CODE = re.compile(r"\b[A-Z]{2,}[-–_]?\d{2,}\b|\b\d+-[a-z]\b|\b[A-Z]{4,}(?:\s[A-Z]{4,})+\b")
_LINK = re.compile(
    r"(?:https?://|www\.)[^\s<>()\[\]，。；）】]{3,300}|[\w.+-]{1,64}@[\w-]{1,100}(?:\.[\w-]{1,60}){1,5}", re.I
)


def check_steered(mail: Mail) -> Iterator[Finding]:
    """Yield what stands in a mail because a record asked for it."""
    whole = f"{mail.subject or ''}\n{mail.body}"
    yield from _links(mail, whole)
    if mail.candidate is None:
        return
    if mail.orders is None:
        disarmed = disarm(mail.candidate)
        mail = replace(mail, candidate=disarmed.candidate, orders=disarmed.orders)
    for text in mail.orders or ():
        if piece := _echo(whole, text, mail.given_line):
            message = f"the mail repeats “{piece}”, which a text in the record orders the writer to say"
            yield Finding(rule="steering.obeyed", level="error", message=message, quote=mail.quote(piece))
            return


def _links(mail: Mail, whole: str) -> Iterator[Finding]:
    """Addresses that are neither the sender's nor the person's own page."""
    pages = [mail.candidate.homepage, *(paper.url for paper in mail.candidate.papers)] if mail.candidate else []
    # what follows "#" names a place on a page, and may be any text
    theirs = " ".join(page.partition("#")[0] for page in pages).lower()
    for match in _LINK.finditer(whole) if mail.sender else ():
        address = match.group().rstrip(".,;:!?'\"”’").lower()
        if address not in theirs and not _is_ours(address, mail.sender):
            message = f"“{address}” is neither the sender’s address nor the person’s own page"
            yield Finding(rule="steering.link", level="error", message=message, quote=mail.quote(match.group()))
            return


def _is_ours(address: str, sender: Sender | None) -> bool:
    if sender is None:
        return True
    contact, lines = sender.contact, (*sender.signature.zh, *sender.signature.en)
    if any(address in text.lower() for text in (contact.email, contact.homepage, *lines)):
        return True
    return address in sender.model_dump_json().lower()


def _echo(whole: str, text: str, given: str) -> str:
    """Return a piece of the mail that repeats a steering text, "" if none does."""
    line = fold(whole).line
    for match in (*_QUOTED.finditer(text), *_CODE.finditer(text)):
        piece = match.group(match.lastindex or 0)
        wanted = fold(piece.strip(" .,!?。，！？")).line.strip()
        telling = len(wanted.split()) > 1 or any(map(str.isdigit, wanted))
        if telling and f" {wanted} " in f" {line} " and wanted not in given:
            return piece.strip()
    return _run(whole, text, given)


def _run(whole: str, text: str, given: str) -> str:
    """Return the first run of words that both texts hold and that nothing given explains."""
    ordered = fold(text).words
    windows: dict[tuple[str, ...], None] = {}
    for size, is_kind in ((PAIR, _long), (WORDS, _latin), (HAN, _han)):
        for at in range(len(ordered) - size + 1):
            window = tuple(ordered[at : at + size])
            if all(map(is_kind, window)):
                windows[window] = None
    folded = fold(whole)
    words = folded.words
    known = frozenset(given.split())
    for at in range(len(words)):
        for size in (PAIR, WORDS, HAN):
            window = tuple(words[at : at + size])
            if window not in windows or " ".join(window) in given:
                continue
            if size > PAIR or known.isdisjoint(window):
                return "".join(window) if _han(window[0]) else " ".join(window)
    return ""


def _long(word: str) -> bool:
    return word.isascii() and len(word) > 4


def _latin(word: str) -> bool:
    return word.isascii()


def _han(word: str) -> bool:
    return not word.isascii()
