"""Reading a mail out of what the model wrote.

A model that is asked for JSON may put a fence around it, prose before or after, commas where none belong, or line
breaks inside strings; without a JSON mode it may write a `Subject:` line and the mail. All that is read. What looks
like JSON and is broken is an error and never a mail: nobody is to find a curly bracket in a letter.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from drafter.errors import BadReply

KEYS = ("subject", "body", "tracks")

MOST_STARTS = 200
"""Curly brackets tried as the beginning of the reply; a bound on the work that strange text can make."""

# strict=False takes line breaks inside strings, the commonest slip
_DECODER = json.JSONDecoder(strict=False)
_STRING_OR_COMMA = re.compile(r'("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])', re.S)
_FENCE = re.compile(r"\A\s*```[\w-]*\s*\n?|\n?\s*```\s*\Z")
_LOOKS_LIKE_JSON = re.compile(r'\A\{|\A\[\s*\{|\{\s*"(?:subject|body|tracks)"\s*:', re.I)
_SUBJECT = re.compile(
    r"^[ \t>#*]*(?:subject|subject line|主题|邮件主题|标题)[ \t*]*[:：][ \t*]*(?P<subject>.*?)[ \t*]*$", re.I | re.M
)
_BODY_LABEL = re.compile(r"\A\s*\**(?:body|正文|邮件正文)\**[ \t]*[:：]\**[ \t]*(?=\S|\n)", re.I)
_HALF_PAIR = re.compile("[\ud800-\udfff]")


def parse_mail(text: str) -> dict[str, Any]:
    """Return the mail that the model wrote.

    Args:
        text: the model's words, without thinking.

    Returns:
        `subject` and `body`, both text, and `tracks`, a list of `{"track", "quote"}`. In JSON all values are as they
        were written; a mail written as plain text has no tracks.

    Raises:
        BadReply: the text holds no mail that can be read; the message says why.
    """
    text = text.lstrip("\ufeff")
    for candidate in json_objects(text):
        if (mail := _with_body(candidate)) is not None:
            return _checked(mail)
    bare = _FENCE.sub("", text).strip()
    if _LOOKS_LIKE_JSON.search(bare):
        raise _bad(_what_is_wrong(bare))
    return _plain(bare)


def json_objects(text: str) -> Iterator[dict[str, Any]]:
    """Yield the JSON objects of what a model wrote, whatever stands around them.

    They come as written first, then without the commas that JSON does not allow.
    """
    yield from _decoded(text)
    start = text.find("{")
    repaired = _STRING_OR_COMMA.sub(lambda match: match[1] or "", text[max(start, 0) :])
    yield from _decoded(repaired)


def _decoded(text: str) -> Iterator[dict[str, Any]]:
    position = text.find("{")
    for _ in range(MOST_STARTS):
        if position < 0:
            return
        try:
            value, end = _DECODER.raw_decode(text, position)
        except (ValueError, RecursionError):
            end = position + 1
        else:
            yield value
        position = text.find("{", end)


def _with_body(value: dict[str, Any]) -> dict[str, Any] | None:
    """Return the object, or the one inside it, that has a body; keys in lower case."""
    for candidate in (value, *value.values()):
        if isinstance(candidate, dict):
            lowered = {key.lower(): entry for key, entry in candidate.items()}
            if "body" in lowered:
                return lowered
    return None


def _checked(mail: dict[str, Any]) -> dict[str, Any]:
    subject, body, tracks = (mail.get(key) for key in KEYS)
    if not isinstance(body, str):
        raise _bad("its “body” is not text")
    if not body.strip():
        raise _bad("its “body” is empty")
    if not isinstance(subject, str):
        raise _bad("it has no “subject”" if subject is None else "its “subject” is not text")
    if not isinstance(tracks or [], list):
        raise _bad("its “tracks” is not a list")
    return {"subject": _whole(subject), "body": _whole(body), "tracks": [_track(entry) for entry in tracks or []]}


def _track(entry: object) -> dict[str, str]:
    """Return one entry of `tracks`; a bare id is an entry without a quote."""
    if isinstance(entry, str):
        entry = {"track": entry}
    if not isinstance(entry, dict):
        raise _bad("an entry of its “tracks” is not an object")
    track, quote = entry.get("track"), entry.get("quote") or ""
    if not (isinstance(track, str) and isinstance(quote, str)):
        raise _bad("an entry of its “tracks” is not a “track” and a “quote”, both text")
    return {"track": _whole(track), "quote": _whole(quote)}


def _plain(text: str) -> dict[str, Any]:
    """Return the mail of a text with a subject line."""
    match = _SUBJECT.search(text)
    if match is None:
        raise _bad("it is neither JSON nor a mail with a “Subject:” line" if text else "it is empty")
    # the fence may have been opened after a line of prose
    body = _FENCE.sub("", _BODY_LABEL.sub("", text[match.end() :])).strip()
    if not body:
        raise _bad("nothing follows the subject line")
    return {"subject": _whole(match["subject"]), "body": _whole(body), "tracks": []}


def _what_is_wrong(text: str) -> str:
    try:
        _DECODER.raw_decode(text, text.index("{"))
    except json.JSONDecodeError as error:
        return f"its JSON is broken ({error.msg}, line {error.lineno} column {error.colno})"
    except (ValueError, RecursionError):
        return "its JSON is broken"
    return "its JSON has no “body”"


def _whole(text: str) -> str:
    """Return the text without half surrogate pairs, which JSON escapes can hold and no file can."""
    return _HALF_PAIR.sub("\ufffd", text)


def _bad(reason: str) -> BadReply:
    return BadReply(f"the model’s reply cannot be read as a mail: {reason}", next="Try again, or use another --model")
