"""Rules on a follow-up: it says something new, and it does not press."""

import re
from collections.abc import Iterator

from drafter.checker.mail import Mail
from drafter.report import Finding
from drafter.text import fold, sentences

SAME = 0.8
"""Share of a sentence's words found in one sentence of an earlier mail from which it is the same sentence."""

SHORTEST = 7
"""Words below which a sentence may come again: courtesies do."""

_PRESSING = {
    "zh": re.compile(r"不知(?:道)?您是否(?:看到|收到|有空)|(?:一直|至今|迟迟)(?:还)?(?:没有?|未)(?:收到|等到|见到)|再次打扰|催促?您|尽快(?:回复|答复)|最后一次"),
    "en": re.compile(
        r"\b(?:just (?:following up|checking in|bumping)|following up on my|bump(?:ing)? this|circl(?:e|ing) back|touch(?:ing)? base|haven['’]t heard|did(?:n['’]t| not)? (?:you )?(?:get|see|receive|hear)"
        r"|still waiting|per my last|in case you missed|last (?:attempt|try|chance)|at your earliest)\b",
        re.I,
    ),
}  # fmt: skip


def check_thread(mail: Mail) -> Iterator[Finding]:
    """Yield what a follow-up repeats of the mails before it, and where it presses for an answer."""
    if not mail.thread:
        return
    if pressing := _PRESSING[mail.language].search(mail.text):
        message = "a follow-up that presses for an answer gets none"
        yield Finding(rule="thread.pressing", level="warning", message=message, quote=mail.quote(pressing.group()))
    earlier = [_words(s.text) for letter in mail.thread for s in sentences(letter.body)]
    expected = _words(_ask(mail))
    for sentence in sentences("\n".join(mail.lines[1 : mail.signature_at])):
        words = _words(sentence.text)
        if len(words) < SHORTEST or _alike(words, expected):
            continue
        if any(_alike(words, before) for before in earlier):
            message = "this sentence stood in an earlier mail of the thread"
            yield Finding(rule="thread.repeated", level="error", message=message, quote=mail.quote(sentence.text))


def _ask(mail: Mail) -> str:
    """Return what a sender asks in every mail; that may come again."""
    if mail.sender is None:
        return ""
    return mail.sender.call_to_action.zh if mail.language == "zh" else mail.sender.call_to_action.en


def _words(text: str) -> frozenset[str]:
    return frozenset(fold(text).words)


def _alike(words: frozenset[str], others: frozenset[str]) -> bool:
    return bool(words) and len(words & others) >= SAME * len(words)
