"""Rules on the form of a mail: language, length, subject, salutation, sign-off."""

import re
from collections.abc import Iterator

from drafter.address import name_forms, rank, surname_of
from drafter.candidate import Candidate
from drafter.checker.mail import HAN_RUN, Mail
from drafter.report import Finding, Level
from drafter.text import count_han, count_words, fold, han_share, sentences

LENGTH = {"zh": (180, 320, 500), "en": (90, 150, 220)}
"""Fewest, most and far too many 汉字 or words, sign-off not counted. Short and long are warnings, far too long an error.
The figures are those of the product's rubric for a good first mail."""

FOLLOW_UP = {"zh": (80, 220, 350), "en": (40, 110, 160)}
"""The same for a follow-up: whoever has not answered the first does not read a second of its length."""

SHORTEST = {"zh": 50, "en": 30}
"""Below this there is no mail."""

SUBJECT = {"zh": (4, 40), "en": (2, 12)}
"""Characters or words outside which a subject is remarked."""

_FOREIGN = re.compile(r"[\u0370-\u052f\u0590-\u06ff\u0900-\u0dff\u0e00-\u0eff\u3040-\u30ff\uac00-\ud7af]")
_ENGLISH_RUN = re.compile(r"(?:[A-Za-z][A-Za-z'’-]{0,30}[ ,]{1,3}){9,}[A-Za-z]")
_HALF_WIDTH = re.compile(r"(?<=[\u4e00-\u9fff])[,?!;](?=[\u4e00-\u9fff\s]|$)|(?<=[\u4e00-\u9fff])\.(?=\s|$)")


def check_form(mail: Mail) -> Iterator[Finding]:
    """Yield what is wrong with a mail's form."""
    if not mail.body.strip():
        yield _finding("form.empty", "error", "the mail is empty")
        return
    yield from _language(mail)
    yield from _length(mail)
    yield from _subject(mail)
    yield from _salutation(mail)
    yield from _sign_off(mail)
    yield from _register(mail)


def _finding(rule: str, level: Level, message: str, quote: str = "") -> Finding:
    return Finding(rule=rule, level=level, message=message, quote=quote)


def _language(mail: Mail) -> Iterator[Finding]:
    prose = mail.prose
    foreign = _FOREIGN.findall(prose)
    if len(foreign) > 5 and len(foreign) > 0.1 * len(prose):
        yield _finding("form.language", "error", "the mail is in neither Chinese nor English")
        return
    share = han_share(prose)
    if mail.language == "zh":
        if share < 0.45:
            yield _finding("form.language", "error", "the mail should be in Chinese and mostly is not")
            return
        if run := _ENGLISH_RUN.search(prose):
            quote = mail.quote(run.group())
            yield _finding("form.mixed", "error", "a whole stretch is in English; the mail should be in Chinese", quote)
        return
    if share > 0.3:
        yield _finding("form.language", "error", "the mail should be in English and is in Chinese")
        return
    names = mail.candidate.name + mail.candidate.affiliation if mail.candidate else ""
    runs = [run for run in HAN_RUN.findall(prose) if run not in names and len(run) > 1]
    if sum(map(len, runs)) > 3:
        yield _finding("form.mixed", "error", "Chinese stands in an English mail", mail.quote(runs[0]))


def _length(mail: Mail) -> Iterator[Finding]:
    count = count_han(mail.text) if mail.language == "zh" else count_words(mail.text)
    unit = "汉字" if mail.language == "zh" else "words"
    fewest, most, too_many = (FOLLOW_UP if mail.thread else LENGTH)[mail.language]
    if count < SHORTEST[mail.language]:
        yield _finding("form.length", "error", f"the mail has only {count} {unit}")
    elif count > too_many:
        yield _finding("form.length", "error", f"the mail has {count} {unit}; nobody reads more than {too_many}")
    elif not fewest <= count <= most:
        yield _finding("form.length", "warning", f"the mail has {count} {unit}; {fewest} to {most} read best")


def _subject(mail: Mail) -> Iterator[Finding]:
    if mail.subject is None or mail.thread:  # a follow-up has the subject of its thread
        return
    subject = mail.subject.strip()
    if not subject:
        yield _finding("form.subject", "error", "the subject is empty")
        return
    if "\n" in subject or "\r" in subject:
        yield _finding("form.subject", "error", "the subject has a line break")
    count = len(subject) if mail.language == "zh" else count_words(subject)
    fewest, most = SUBJECT[mail.language]
    if not fewest <= count <= most:
        unit = "characters" if mail.language == "zh" else "words"
        yield _finding("form.subject", "warning", f"the subject has {count} {unit}; {fewest} to {most} are usual")
    share = han_share(subject)
    if mail.language == "zh" and count_han(subject) == 0:
        yield _finding("form.subject", "error", "the subject should be in Chinese")
    if mail.language == "en" and share > 0.5:
        yield _finding("form.subject", "error", "the subject should be in English")


def _salutation(mail: Mail) -> Iterator[Finding]:
    line = mail.salutation
    if len(line) > 60 and not re.match(r"(?:dear|hi|hello)\b|[^，。]{1,16}(?:您好|你好|[:：])", line, re.I):
        yield _finding("form.salutation", "error", "the mail does not begin with a salutation", line[:40])
        return
    candidate = mail.candidate
    if candidate is None or not candidate.name:
        return
    head = fold(line[:80]).line
    parts = candidate.name.split() if not count_han(candidate.name) else [surname_of(candidate.name)]
    forms = [
        fold(form).line for form in (*name_forms(candidate), candidate.salutation, *parts) if form and form.strip()
    ]
    if not any(form in head for form in forms if form.strip()):
        yield _finding(
            "form.salutation", "error", f"the salutation does not name {candidate.name}", mail.quote(line[:60])
        )
    elif mail.language == "en" and count_han(line):
        message = "Chinese characters in an English salutation; give the name in Latin letters too, or a `salutation`"
        yield _finding("form.title", "warning", message, mail.quote(line[:60]))
    elif (title := _TITLES.search(line)) and not _may_have(candidate, title.group().lower()):
        message = f"“{title.group()}” is a title that the record does not give"
        yield _finding("form.title", "warning", message, mail.quote(line[:60]))


_TITLES = re.compile(r"\b(?:Dr|Prof|Professor)\b|教授|博士(?!生)|\b(?:Mr|Mrs|Ms)\b|先生|女士", re.I)


def _may_have(candidate: Candidate, title: str) -> bool:
    """Say whether the record supports a title: a degree, a chair, or the wish how to be addressed."""
    if title in candidate.salutation.lower():
        return True
    if title in ("教授", "prof", "professor"):
        return rank(candidate) == "professor"
    return title in ("dr", "博士") and rank(candidate) in ("professor", "doctor")


def _sign_off(mail: Mail) -> Iterator[Finding]:
    if mail.sender is None:
        return
    sender = mail.sender
    end = fold("\n".join(mail.lines[mail.signature_at :] or mail.lines[-2:])).line
    names = [fold(name).line for name in (sender.name.zh, sender.name.en)]
    if not any(name in end for name in names if name.strip()):
        name = sender.name.zh if mail.language == "zh" else sender.name.en
        yield _finding("form.signature", "error", f"the mail is not signed by {name}")


def _register(mail: Mail) -> Iterator[Finding]:
    if mail.language != "zh":
        return
    if "您" in mail.prose and (informal := re.search(r"你(?!们)", mail.prose)):
        at = mail.body.find(informal.group())
        yield _finding("form.register", "warning", "您 and 你 are mixed", mail.body[max(0, at - 6) : at + 8])
    if half := _HALF_WIDTH.search(mail.prose):
        piece = mail.prose[max(0, half.start() - 6) : half.end()]
        yield _finding("form.punctuation", "warning", "half-width punctuation in Chinese", mail.quote(piece.strip()))
    long = [s.text for s in sentences(mail.text) if count_han(s.text) > 130]
    if long:
        yield _finding("form.sentence", "warning", "a sentence is very long", mail.quote(long[0]))
