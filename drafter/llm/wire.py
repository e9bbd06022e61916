"""Reading what a server sent: the body, its complaint if it has one, the answer, and whether it can be used.

Servers that call themselves compatible answer with a web page, an error object, no choices or an empty message, all
under HTTP 200. So no body is trusted until it has been read here. All of it is pure.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Literal

from drafter.llm.base import NO_USAGE, Completion, Limits, Mode, Usage

Flaw = Literal["status", "page", "empty", "not json", "error", "no choices", "broken off", "cut off", "refused"]
"""What can be wrong with an answer; all but the first under a successful status."""

_CUT_OFF = {"length", "max_tokens", "model_context_window_exceeded"}
_REFUSED = {"content_filter", "sensitive", "safety"}
# OpenRouter, GLM and DeepSeek end an answer in these ways when their own side fails
_BROKEN_OFF = {"error", "network_error", "insufficient_system_resource"}

_PAGE = re.compile(r"\s*(<!doctype\s+html|<html|<head|<body)", re.I)
_THOUGHT = re.compile(r"\s*<(think|thinking)>.*?</\1>", re.S | re.I)
_OPEN_THOUGHT = re.compile(r"\s*<think(ing)?>", re.I)
# some chat templates open the block in the prompt, so that only its end is seen
_END_OF_THOUGHT = re.compile(r"\A\s*[^\s{\[`<].*?</think(ing)?>", re.S | re.I)
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f]+")

LONGEST_QUOTE = 200
"""Characters of a server's own words that an error message repeats."""


@dataclass(frozen=True)
class Answer:
    """A server's answer of any status."""

    status: int
    headers: Mapping[str, str]
    text: str


@dataclass(frozen=True)
class Complaint:
    """What a server says is wrong.

    Args:
        message: its words on one line, never a web page; "" if there are none.
        marks: its words, code, type and parameter together, to look for signs in.
        parameter: the request's field that it names; "" if none.
        status: the HTTP status that the error object itself claims; None if it claims none.
    """

    message: str = ""
    marks: str = ""
    parameter: str = ""
    status: int | None = None


@dataclass(frozen=True)
class Reading:
    """What an answer holds.

    Args:
        text: the model's words without thinking.
        flaw: why they cannot be used; None if they can.
        detail: more about the flaw, in the server's or the model's own words.
        usage: tokens, also of an answer that cannot be used: it is billed all the same.
        model: the model's name as the server gives it.
    """

    text: str = ""
    flaw: Flaw | None = None
    detail: str = ""
    usage: Usage = NO_USAGE
    model: str = ""


def read_complaint(answer: Answer) -> Complaint:
    """Return what the server says is wrong, in whatever shape it says it."""
    if is_page(answer):
        return Complaint("a web page, not an API’s answer")
    body = _object(answer.text)
    if body is None:
        return Complaint(_one_line(answer.text), answer.text[:1000])
    error = body.get("error") or body
    if not isinstance(error, dict):
        return Complaint(_one_line(str(error)), str(error))
    message = str(error.get("message") or error.get("msg") or _validation_errors(error.get("detail")) or "")
    marks = " ".join(str(error.get(key) or "") for key in ("code", "type", "param"))
    code = error.get("code")
    return Complaint(
        message=_one_line(message or marks),
        marks=f"{marks} {message}",
        parameter=str(error.get("param") or ""),
        status=code if isinstance(code, int) and 400 <= code < 600 else None,
    )


def _validation_errors(detail: object) -> str:
    """Return FastAPI's list of errors as text, without the input that it echoes."""
    if not isinstance(detail, list):
        return str(detail or "")
    errors = [error for error in detail if isinstance(error, dict)]
    return "; ".join(f"{_path(error.get('loc'))}: {error.get('msg', '')}" for error in errors)


def _path(parts: object) -> str:
    return ".".join(str(part) for part in parts) if isinstance(parts, list) else str(parts or "")


def read_reply(answer: Answer) -> Reading:
    """Return what an answer holds, and its flaw if it has one."""
    if answer.status >= 300:
        return Reading(flaw="status")
    if is_page(answer):
        return Reading(flaw="page")
    if not answer.text.strip():
        return Reading(flaw="empty")
    body = _object(answer.text)
    if body is None:
        return Reading(flaw="not json")
    usage, model = read_usage(body.get("usage")), str(body.get("model") or "")
    if body.get("error"):
        return Reading(flaw="error", detail=read_complaint(answer).message, usage=usage, model=model)
    choices = body.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    if not isinstance(choice, dict) or not isinstance(choice.get("message"), dict):
        return Reading(flaw="no choices", usage=usage, model=model)
    text, flaw, detail = _read_message(choice["message"], str(choice.get("finish_reason") or ""))
    return Reading(text, flaw, detail, usage, model)


def read_again(reply: str, usage: Usage, mode: Mode) -> Completion | None:
    """Return the answer in a body that was kept, None where it holds none that can be used.

    Args:
        reply: the body, as an `Outcome` holds it.
        usage: what it took.
        mode: how the answer was asked for.
    """
    reading = read_reply(Answer(200, {}, reply))
    return None if reading.flaw else Completion(reading.text, usage, reading.model, mode)


def _read_message(message: Mapping[str, Any], finish: str) -> tuple[str, Flaw | None, str]:
    """Return the message's text, its flaw, and more about the flaw."""
    if finish in _CUT_OFF:
        return "", "cut off", ""
    if finish in _REFUSED:
        return "", "refused", "the provider’s content filter stopped it"
    if refusal := message.get("refusal"):
        return "", "refused", _one_line(str(refusal))
    if finish in _BROKEN_OFF:
        return "", "broken off", finish
    text = without_thoughts(_content(message.get("content")))
    if text is None:
        return "", "cut off", "thinking never ended"
    if not text:
        thought = message.get("reasoning_content") or message.get("reasoning")
        return "", "empty", "it holds thinking alone" if thought else ""
    return text, None, ""


def _content(content: object) -> str:
    """Return a message's content, which some servers give as a list of parts, as one text."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    parts = [{"text": part} if isinstance(part, str) else part for part in content if isinstance(part, str | dict)]
    # parts of other types are thinking, pictures, sound
    texts = [part.get("text") for part in parts if part.get("type", "text") in ("text", "output_text")]
    return "".join(text for text in texts if isinstance(text, str))


def without_thoughts(text: str) -> str | None:
    """Return the text without the thinking that it begins with, or None if the thinking never ends."""
    text = _END_OF_THOUGHT.sub("", text, count=1)
    while match := _THOUGHT.match(text):
        text = text[match.end() :]
    return None if _OPEN_THOUGHT.match(text) else text.strip()


def read_usage(usage: object) -> Usage:
    """Return the tokens, wherever the provider puts those read from its cache.

    OpenAI keeps them in `prompt_tokens_details`, DeepSeek in `prompt_cache_hit_tokens`, Moonshot in `cached_tokens`;
    what was written to the cache is `cache_write_tokens`, with DashScope `cache_creation_input_tokens`.
    """
    if not isinstance(usage, dict):
        return NO_USAGE
    details = usage.get("prompt_tokens_details")
    places = (details if isinstance(details, dict) else {}, usage)
    cached = (place.get(key) for place in places for key in ("cached_tokens", "prompt_cache_hit_tokens"))
    written = (place.get(key) for place in places for key in ("cache_write_tokens", "cache_creation_input_tokens"))
    return Usage(
        input=_count(usage.get("prompt_tokens")),
        cached=next((count for count in map(_count, cached) if count), 0),
        output=_count(usage.get("completion_tokens")),
        written=next((count for count in map(_count, written) if count), 0),
    )


def _count(value: object) -> int:
    return value if isinstance(value, int) and value > 0 else 0


def read_retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the seconds that the server asks to wait, or None if it does not say.

    `retry-after-ms` is read first, as OpenAI's own SDK does; `Retry-After` holds seconds or a date (RFC 9110, 10.2.3).
    """
    for name, unit in (("retry-after-ms", 1000), ("retry-after", 1)):
        try:
            seconds = float(headers.get(name, "")) / unit
        except ValueError:
            continue
        if seconds == seconds:  # "nan" is a number to float()
            return max(0.0, seconds)
    try:
        date = parsedate_to_datetime(headers.get("retry-after", ""))
    except (ValueError, OverflowError):
        return None
    return max(0.0, (date.replace(tzinfo=date.tzinfo or UTC) - now).total_seconds())


def read_limits(headers: Mapping[str, str]) -> Limits:
    """Return what a server says it takes a minute, in the headers that OpenAI began with."""
    return Limits(*(_positive(headers.get(f"x-ratelimit-limit-{kind}", "")) for kind in ("requests", "tokens")))


def _positive(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and 0 < int(text) < 10**12 else None


def is_page(answer: Answer) -> bool:
    """Return whether the body is a web page: a login, a proxy's error, the site beside the API."""
    # some servers call their JSON text/html, so what stands there counts for more than what it is called
    called_page = "text/html" in answer.headers.get("content-type", "").lower()
    return bool(_PAGE.match(answer.text)) or (called_page and not answer.text.lstrip().startswith(("{", "[")))


def _object(text: str) -> dict[str, Any] | None:
    """Return the body's JSON object, which Gemini puts in a list where it is an error; None if there is none."""
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if isinstance(body, list) and body:
        body = body[0]
    return body if isinstance(body, dict) else None


def _one_line(text: str) -> str:
    text = " ".join(_UNPRINTABLE.sub(" ", text).split())
    return text if len(text) <= LONGEST_QUOTE else f"{text[:LONGEST_QUOTE].rstrip()}…"
