"""What went wrong with an attempt, in words for a person, and whether another attempt may help.

The decision to try again is a value, made here without any waiting, so that it can be read and tested as a table:

    no             the answer would be the same: key, quota, model name, request, refusal, cut off
    transient      408, 409, 5xx, no connection, a timeout, a body that breaks off      a fixed number of times
    bad reply      a success with nothing in it that can be used                        twice at most: each is billed
    rate limited   429, where waiting helps                                             as long as patience lasts
"""

import math
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from drafter.errors import AuthError, BadReply, ModelError, ModelUnknown, QuotaError, Unreachable
from drafter.llm.wire import Answer, Complaint, Flaw, Reading, read_complaint, read_retry_after

FIRST_PAUSE = 0.5
"""Seconds before the first retry; doubled each time. OpenAI's own SDK begins with the same."""

LONGEST_PAUSE = 20.0
"""Seconds at which doubling ends. A wait that the server asks for may be longer."""

SECRET = 8
"""Characters from which on a key cannot be part of a word by chance."""

# What providers say when waiting does not help: OpenAI `insufficient_quota`; Moonshot `exceeded_current_quota_error`;
# DeepSeek and OpenRouter 402; GLM "in arrears", 余额不足; DashScope `Arrearage`; SiliconFlow "balance is insufficient";
# Anthropic "credit balance is too low"; one-api 额度不足.
_QUOTA = re.compile(
    r"insufficient[\s_-]*(\w+[\s_-]*)?(quota|balance|credit|fund)"
    r"|(balance|credits?|funds|quota)\b.{0,30}\b(insufficient|too low|exhausted)"
    r"|exceeded[\s_-]*(your[\s_-]*)?current[\s_-]*quota|billing_hard_limit|free allocated quota exceeded|arrear"
    r"|余额不足|额度不足|额度已用|欠费|请充值|配额.{0,6}(用尽|耗尽)",
    re.I,
)
# DashScope words its limit of tokens a minute as `insufficient_quota` and links to the page's #token-limit; Gemini says
# "exceeded your current quota ... retry in 30s". Waiting does help there.
_ONLY_A_RATE = re.compile(
    r"#token-limit|(?<!free )allocated quota exceeded|retry (in|after) \d|tokens? per min|requests? per min", re.I
)
_MODE = re.compile(
    r"response.?format|json.?schema|json.?object|json.?mode|structured.?output|guided.?(json|decoding)|grammar", re.I
)
# DeepSeek, DashScope, Azure and GLM refuse a prompt with 400 in these words
_CONTENT = re.compile(
    r"content exists risk|data_?inspection|content.?filter|content management policy|敏感|\b1301\b", re.I
)
# GLM, SiliconFlow and DashScope know no 404 for this
_MODEL = re.compile(r"model.{0,40}\bnot? (exist|found)|model_not_(exist|found)", re.I)
_PARAMETER = re.compile(
    r"(?:unsupported|unknown|unrecognized|invalid) (?:parameter|request argument|field)[^'\"“`\w]*['\"“`]?([\w.]+)",
    re.I,
)
_KEY = re.compile(r"\b(?:sk|pk|rk)-[\w*.…-]{8,}|\bbearer\s+\S+", re.I)


@dataclass(frozen=True)
class Retry:
    """Whether to try again, and how long the server asks to wait before that."""

    kind: Literal["no", "transient", "bad reply", "rate limited"] = "no"
    seconds: float | None = None


NEVER = Retry()


@dataclass(frozen=True)
class Fault:
    """Why an attempt came to nothing.

    Args:
        error: the class of error to raise if this is the end.
        message: what happened, without the address.
        next: what the user can do.
        retry: whether another attempt may help.
        mode_refused: the server complains about `response_format`; another mode may do.
        complaint: what the server says of a request that it does not take; "" for every other fault.
    """

    error: type[ModelError]
    message: str
    next: str
    retry: Retry = NEVER
    mode_refused: bool = False
    complaint: str = ""


def pause_before(retry: Retry, number: int, jitter: Callable[[float, float], float] = random.uniform) -> float:
    """Return the seconds to wait before the next attempt.

    Half of a doubling pause is drawn by lot, so that workers that failed together do not come back together; a wait
    that the server asks for is never cut short.

    Args:
        retry: the decision.
        number: how many attempts have failed in this way.
        jitter: draws a number between two others.
    """
    doubled = FIRST_PAUSE * math.pow(2, min(number - 1, 10))
    return max(min(LONGEST_PAUSE, doubled) * jitter(0.5, 1.0), (retry.seconds or 0.0) * jitter(1.0, 1.1))


def scrub(text: str, key: str) -> str:
    """Return a server's or the system's words without the key and without what looks like one half masked."""
    exact = re.escape(key)
    # a local server's key may be a letter: then it is only taken out where it stands alone
    return _KEY.sub("***", re.sub(exact if len(key) >= SECRET else rf"(?<!\w){exact}(?!\w)", "***", text))


def find_fault(reading: Reading, answer: Answer, model: str, now: datetime) -> Fault:
    """Return the fault of an answer that cannot be used.

    Args:
        reading: what was read; it has a flaw.
        answer: the answer that it was read from.
        model: the model asked.
        now: the time that a date in `Retry-After` is compared with.
    """
    complaint = read_complaint(answer)
    if reading.flaw == "status":
        return _judge(answer.status, complaint, answer, model, now)
    if reading.flaw == "error" and (complaint.status or _is_quota(answer.status, complaint)):
        # gateways such as OpenRouter pass an error of the provider's on under 200, its status inside
        return _judge(complaint.status or answer.status, complaint, answer, model, now)
    return _of_reply(reading.flaw or "empty", reading.detail)


def no_answer(reason: str, *, local: bool) -> Fault:
    """Return the fault of an attempt that no answer came to.

    Args:
        reason: what happened instead.
        local: the address is on this machine.
    """
    hint = "Check that the server there is running" if local else "Check the network, the proxy and the base URL"
    return Fault(Unreachable, reason, f"{hint}, or use --model offline", Retry("transient"))


def _judge(status: int, complaint: Complaint, answer: Answer, model: str, now: datetime) -> Fault:
    said = f"{status}: {complaint.message}" if complaint.message else str(status)
    if _is_quota(status, complaint):
        hint = "Top it up, or use another --provider or --model offline"
        return Fault(QuotaError, f"the account has nothing left to spend ({said})", hint)
    if status in _FINAL:
        return _final(status, said, model)
    wait = read_retry_after(answer.headers, now)
    if status == 429:
        hint = "Try again later, or send fewer at a time"
        return Fault(Unreachable, f"too many requests ({said})", hint, Retry("rate limited", wait))
    if status in (408, 409) or status >= 500:
        hint = "Try again later, or use --model offline"
        return Fault(Unreachable, f"the server is in trouble ({said})", hint, Retry("transient", wait))
    return _bad_request(status, complaint, said, model)


def _bad_request(status: int, complaint: Complaint, said: str, model: str) -> Fault:
    about_mode = _MODE.search(complaint.marks) is not None
    if status == 400 and not about_mode:
        if _CONTENT.search(complaint.marks):
            return _of_reply("refused", said)
        if _MODEL.search(complaint.marks):
            return _final(404, said, model)
    match = _PARAMETER.search(complaint.marks)
    parameter = complaint.parameter or (match[1] if match else "")
    message = f"the server does not take “{parameter}” as sent" if parameter else "the server refused the request"
    refused = about_mode and status in (400, 422)
    hint = "Try another --model, or check the base URL"
    words = f"{parameter} {complaint.marks}" if status in (400, 422) else ""
    return Fault(ModelError, f"{message} ({said})", hint, mode_refused=refused, complaint=words)


def _final(status: int, said: str, model: str) -> Fault:
    error, message, hint = _FINAL[status]
    return Fault(error, f"{message.format(model=model)} ({said})", hint)


def _is_quota(status: int, complaint: Complaint) -> bool:
    marks = complaint.marks
    said = _QUOTA.search(marks) is not None and _ONLY_A_RATE.search(marks) is None
    return status == 402 or (status in (200, 400, 403, 429) and said)


def _of_reply(flaw: Flaw, detail: str) -> Fault:
    message, hint, retry = _FLAWS[flaw]
    return Fault(BadReply, f"{message} ({detail})" if detail else message, hint, retry)


_FINAL: dict[int, tuple[type[ModelError], str, str]] = {
    401: (AuthError, "the key was refused", "Check that it belongs to this address, or use --model offline"),
    403: (AuthError, "access was refused", "Check what the key may use, or use --model offline"),
    404: (
        ModelUnknown,
        "model “{model}” is not known",
        "Check --model, and that the base URL is whole (most end in /v1)",
    ),
}
"""Statuses after which nothing helps: the error, what happened, and what to do."""

_AGAIN = "Try again, or use another --model"
_ADDRESS = "Check the base URL (most end in /v1), and whether a proxy or a login stands before it"
_FLAWS: dict[Flaw, tuple[str, str, Retry]] = {
    "empty": ("the reply is empty", "Switch the model’s thinking off, or use another --model", Retry("bad reply")),
    "page": ("a web page came instead of a reply", _ADDRESS, Retry("bad reply")),
    "not json": ("the reply is not an API’s answer", _ADDRESS, Retry("bad reply")),
    "error": ("the server answered with an error", _AGAIN, Retry("bad reply")),
    "no choices": ("the reply holds no answer", _AGAIN, Retry("bad reply")),
    "broken off": ("the server broke the answer off", _AGAIN, Retry("bad reply")),
    "cut off": ("the reply was cut off", "Raise the model’s cap on output tokens, or switch its thinking off", NEVER),
    "refused": ("the model refused to answer", "Read the candidate’s record again, or use another --model", NEVER),
}
"""Flaws of a reply: what happened, what to do, and whether another try may heal it."""
