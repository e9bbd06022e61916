"""A model server on this machine for benchmarks: `python -m bench.server --port 0 --latency 2`.

It speaks OpenAI's chat protocol and answers each request with a mail that passes the checks (see `bench.writer`). It can be
slow, limited and faulty on purpose, and counts what it sees.

It shares its cores with what it measures, so a request has to be cheap: one loop, HTTP/1.1 in the few forms that clients
use, the message cut out of the body without parsing the rest, sentences put in order beforehand.

    GET /stats     what was asked and answered so far, as JSON (see `Counters`)
    POST /reset    begin counting anew; a limit begins anew too
"""

import argparse
import asyncio
import gc
import json
import math
import os
import random
import re
import socket
import struct
import sys
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from hashlib import blake2b
from http import HTTPStatus
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any, Protocol

from bench.writer import Writer
from drafter.library import load_library
from drafter.settings import data_path

FAULTS = ("500", "429", "reset", "stall", "page", "broken", "garbled")
"""Error 500; a 429 that no limit stands behind; the connection reset in mid-body; no answer at all; a web page under 200; an
answer that is no JSON; a good answer whose message is no JSON."""

TOKEN = 4
"""Bytes that count as a token."""

# --- limits ---------------------------------------------------------------------------------------------------------


class Limiter(Protocol):
    """Lets some requests through."""

    def wait(self, now: float) -> float:
        """Return 0 where a request may pass now, else the seconds until one may."""
        ...


class NoLimit:
    """Lets everything through."""

    def wait(self, now: float) -> float:
        """Return 0."""
        return 0.0


class Bucket:
    """A token bucket: refilled all the time, and never fuller than `burst`."""

    def __init__(self, a_minute: float, burst: float) -> None:
        self._rate, self._burst = a_minute / 60, max(1.0, burst)
        self._tokens, self._at = self._burst, 0.0

    def wait(self, now: float) -> float:
        """Take a token if there is one."""
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
        if self._tokens >= 1:
            self._tokens -= 1
            return 0.0
        return (1 - self._tokens) / self._rate


class SlidingLog:
    """A log of the last minute: never more than so many in any sixty seconds."""

    def __init__(self, a_minute: float) -> None:
        self._most, self._log = int(a_minute), deque[float]()

    def wait(self, now: float) -> float:
        """Write the request down if the minute has room for it."""
        while self._log and self._log[0] <= now - 60:
            self._log.popleft()
        if len(self._log) < self._most:
            self._log.append(now)
            return 0.0
        return self._log[0] + 60 - now


# --- requests -------------------------------------------------------------------------------------------------------

_USER = '{"role":"user","content":"'


@dataclass(frozen=True)
class Chat:
    """What a chat request holds: the first message, the first of the user and the last of the user."""

    system: str
    user: str
    last: str


def read_chat(body: bytes) -> Chat:
    """Return the messages of a request.

    What comes before the user's first message is the same in all requests of a run and is read once. A body that is not
    written as OpenAI's client writes it is parsed as a whole, which takes longer.

    Raises:
        ValueError, LookupError, TypeError: the body is no chat request.
    """
    text = body.decode()
    first = text.find(_USER)
    if first < 0:
        return _read_slowly(text)
    user, end = scanstring(text, first + len(_USER), True)
    again = text.rfind(_USER)
    last = user if again < end else scanstring(text, again + len(_USER), True)[0]
    return Chat(_read_system(text[:first]), user, last)


@lru_cache(maxsize=64)
def _read_system(beginning: str) -> str:
    opening = '{"role":"system","content":"'
    at = beginning.find(opening)
    system: str = scanstring(beginning, at + len(opening), True)[0] if at >= 0 else ""
    return system


def _read_slowly(text: str) -> Chat:
    messages = json.loads(text)["messages"]
    by_role = {role: [m["content"] for m in messages if m["role"] == role] for role in ("system", "user")}
    return Chat((by_role["system"] or [""])[0], by_role["user"][0], by_role["user"][-1])


# --- what is counted ------------------------------------------------------------------------------------------------


@dataclass
class Counters:
    """What `GET /stats` tells. Times are seconds of the machine's monotonic clock, which all its processes share."""

    calls: int = 0
    in_flight: int = 0
    most_in_flight: int = 0
    gone: int = 0
    """Clients that hung up before their answer."""
    statuses: Counter[int] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    seen: Counter[bytes] = field(default_factory=Counter)
    """How often each last message of the user came."""
    accepted: Counter[int] = field(default_factory=Counter)
    """Calls that the limit let through, by second since the first call."""
    refused: Counter[int] = field(default_factory=Counter)
    """Calls that it did not, likewise."""
    answered: Counter[int] = field(default_factory=Counter)
    """Good answers, by second since the first call."""
    first_call: float = 0.0
    last_call: float = 0.0
    last_answer: float = 0.0
    cpu: float = field(default_factory=time.process_time)

    def came(self, now: float) -> None:
        """Count a call."""
        self.first_call = self.first_call or now
        self.last_call = now
        self.calls += 1
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)

    def went(self, status: int | None, good: bool) -> None:
        """Count an answer; one that broke off has no status."""
        self.in_flight -= 1
        if status:
            self.statuses[status] += 1
        if good:
            self.last_answer = time.monotonic()
            self.answered[self.second(self.last_answer)] += 1

    def second(self, now: float) -> int:
        """Return which second since the first call it is."""
        return int(now - self.first_call)

    def as_json(self) -> dict[str, Any]:
        """Return the form in which it is told."""
        together = 0
        for message in self.seen:
            together ^= int.from_bytes(message, "big")
        return {
            "calls": self.calls,
            "in_flight": self.in_flight,
            "most_in_flight": self.most_in_flight,
            "gone": self.gone,
            "statuses": {str(status): count for status, count in sorted(self.statuses.items())},
            "faults": dict(self.faults),
            "distinct": len(self.seen),
            "repeats": self.seen.total() - len(self.seen),
            "messages": f"{together:016x}",
            "first_call": self.first_call,
            "last_call": self.last_call,
            "last_answer": self.last_answer,
            "accepted": _by_second(self.accepted),
            "refused": _by_second(self.refused),
            "answered": _by_second(self.answered),
            "cpu": round(time.process_time() - self.cpu, 3),
        }


def _by_second(counts: Mapping[int, int]) -> list[int]:
    return [counts.get(second, 0) for second in range(max(counts, default=-1) + 1)]


# --- answers --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent back."""

    body: bytes
    status: int = 200
    headers: bytes = b""
    good: bool = False
    """Whether it holds a mail."""

    @property
    def wire(self) -> bytes:
        """The whole answer as it goes out."""
        kind = b"" if b"content-type" in self.headers else b"content-type: application/json\r\n"
        head = b"HTTP/1.1 %d %s\r\n%s%scontent-length: %d\r\n\r\n"
        return head % (self.status, _PHRASES[self.status], kind, self.headers, len(self.body)) + self.body


_PHRASES = {status.value: status.phrase.encode() for status in HTTPStatus}


def completion(content: str, sent: int = 0, cached: int = 0) -> bytes:
    """Return an answer of the protocol as JSON.

    Args:
        content: what the model says.
        sent: bytes of the request.
        cached: bytes of it that the cache knew.
    """
    text = json.dumps(content, ensure_ascii=False).encode()
    tokens = (sent // TOKEN, len(text) // TOKEN, sent // TOKEN + len(text) // TOKEN, cached // TOKEN // 128 * 128)
    return _ENVELOPE % (text, *tokens)


_ENVELOPE = (
    b'{"id":"bench","object":"chat.completion","created":1,"model":"bench","choices":[{"index":0,"finish_reason":"stop",'
    b'"message":{"role":"assistant","content":%s}}],"usage":{"prompt_tokens":%d,"completion_tokens":%d,'
    b'"total_tokens":%d,"prompt_tokens_details":{"cached_tokens":%d}}}'
)


def refusal(status: int, message: str, headers: bytes = b"") -> Answer:
    """Return an error as the protocol has it."""
    error = {"message": message, "type": "requests" if status == 429 else "server_error", "code": None}
    return Answer(json.dumps({"error": error}).encode(), status, headers)


_FALSE = {
    "500": refusal(500, "internal error"),
    "page": Answer(b"<!doctype html><html><title>Log in</title></html>", headers=b"content-type: text/html\r\n"),
    "broken": Answer(completion("{}")[:100]),
    "garbled": Answer(completion('{"subject": "Asking", "body": "Dear')),
    "reset": Answer(completion("half of a mail, and then the connection is gone")),
}

# --- the server -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Behavior:
    """How the server behaves.

    Args:
        latency: seconds until an answer.
        limiter: makes a new limiter.
        retry_after: tell with a 429 how long to wait.
        faults: share of requests that meet each of `FAULTS`.
        stall: seconds for which a stalled request is kept open.
        seed: decides which requests meet a fault. A message that comes again draws again.
    """

    latency: float = 0.0
    limiter: Callable[[], Limiter] = NoLimit
    retry_after: bool = True
    faults: Mapping[str, float] = field(default_factory=dict)
    stall: float = 300.0
    seed: int = 0

    def fault(self, message: bytes, turn: int) -> str:
        """Return the fault that a message meets when it comes for the first, second, ... time; "" for none."""
        if not self.faults:
            return ""
        drawn = random.Random(f"{self.seed}/{message.hex()}/{turn}").random()
        for kind, share in self.faults.items():
            if drawn < share:
                return kind
            drawn -= share
        return ""


class Server:
    """Takes the requests of all connections."""

    def __init__(self, behavior: Behavior, writer: Writer) -> None:
        self.behavior, self.writer = behavior, writer
        self.counters, self.limiter = Counters(), behavior.limiter()
        self._later = asyncio.get_running_loop().call_later
        self._prefixes: dict[str, int] = {}  # what the cache knows, with its size in bytes

    def serve(self, connection: "Connection", method: bytes, path: bytes, body: bytes) -> None:
        """Take a request of any kind."""
        if path.endswith(b"/chat/completions"):
            return self._chat(connection, body)
        if path == b"/stats":
            return connection.send(Answer(json.dumps(self.counters.as_json()).encode()))
        if path == b"/reset" and method == b"POST":
            # what is on its way is no longer counted
            self.counters, self.limiter = Counters(), self.behavior.limiter()
            return connection.send(Answer(b"{}"))
        if path.endswith(b"/models"):
            return connection.send(Answer(b'{"object": "list", "data": [{"id": "bench", "object": "model"}]}'))
        return connection.send(refusal(404, "no such path"))

    def _chat(self, connection: "Connection", body: bytes) -> None:
        """Count a chat request, and answer now or later."""
        counters, now = self.counters, time.monotonic()
        counters.came(now)
        connection.owes = counters
        try:
            chat = read_chat(body)
        except (ValueError, LookupError, TypeError):
            return connection.send(refusal(400, "no chat request"))
        message = blake2b(chat.last.encode(), digest_size=8).digest()
        counters.seen[message] += 1
        if wait := self.limiter.wait(now):
            counters.refused[counters.second(now)] += 1
            return connection.send(self._too_many(wait))
        counters.accepted[counters.second(now)] += 1
        fault = self.behavior.fault(message, counters.seen[message])
        if not fault:
            answer = self._mail(chat, message[0], len(body))
            self._later(self.behavior.latency, connection.send, answer)
            return None
        counters.faults[fault] += 1
        return self._fail(connection, fault)

    def _mail(self, chat: Chat, variant: int, size: int) -> Answer:
        cached = self._prefixes.get(chat.system, 0)
        if not cached:
            self._prefixes[chat.system] = len(chat.system.encode())
        return Answer(completion(self.writer.write(chat.system, chat.user, variant), size, cached), good=True)

    def _fail(self, connection: "Connection", fault: str) -> None:
        if fault == "stall":
            self._later(self.behavior.stall, connection.reset)
        elif fault == "429":
            connection.send(self._too_many(1))
        elif fault == "reset":
            self._later(self.behavior.latency, connection.break_off, _FALSE[fault])
        else:
            self._later(self.behavior.latency, connection.send, _FALSE[fault])

    def _too_many(self, wait: float) -> Answer:
        header = b"retry-after: %d\r\n" % math.ceil(wait) if self.behavior.retry_after else b""
        return refusal(429, "Rate limit reached for requests", header)


class Connection(asyncio.Protocol):
    """One connection, kept alive for request after request."""

    def __init__(self, server: Server) -> None:
        self._server, self._buffer = server, bytearray()
        self._transport: asyncio.Transport | None = None
        self.owes: Counters | None = None
        """Where the call is counted that waits for its answer."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin; see `asyncio.Protocol`."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """End; see `asyncio.Protocol`."""
        self._transport = None
        if self.owes:
            self.owes.in_flight -= 1
            self.owes.gone += 1
            self.owes = None

    def data_received(self, data: bytes) -> None:
        """Take requests that are complete; see `asyncio.Protocol`."""
        self._buffer += data
        for method, path, body in self._requests():
            self._server.serve(self, method, path, body)

    def _requests(self) -> Iterator[tuple[bytes, bytes, bytes]]:
        while (end := self._buffer.find(b"\r\n\r\n") + 4) >= 4:
            head = bytes(self._buffer[:end])
            length = _LENGTH.search(head)
            whole = end + (int(length[1]) if length else 0)
            if len(self._buffer) < whole:
                return
            body = bytes(self._buffer[end:whole])
            del self._buffer[:whole]
            method, path, *_ = (*head.split(b" ", 2), b"", b"")
            yield method, path, body

    def send(self, answer: Answer) -> None:
        """Send an answer, if anybody still waits for it."""
        if self._transport is None:
            return
        self._settle(answer.status, answer.good)
        self._transport.write(answer.wire)

    def break_off(self, answer: Answer) -> None:
        """Send half an answer and reset the connection."""
        if self._transport is None:
            return
        self._settle(None, False)
        self._transport.write(answer.wire[: -len(answer.body) // 2])
        asyncio.get_running_loop().call_later(0.02, self.reset)

    def reset(self) -> None:
        """Break the connection off as a crashed server would."""
        if self._transport is None:
            return
        plug = self._transport.get_extra_info("socket")
        plug.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()

    def _settle(self, status: int | None, good: bool) -> None:
        if self.owes:
            self.owes.went(status, good)
            self.owes = None


_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.I)


async def serve(behavior: Behavior, port: int, *, while_stdin: bool) -> None:
    """Serve until the process is ended.

    Args:
        behavior: how to behave.
        port: where; 0 for any that is free.
        while_stdin: end when standard input is closed, as it is when the process that began this one is gone.
    """
    loop = asyncio.get_running_loop()
    handler = Server(behavior, Writer(load_library(data_path("library"))))
    gc.collect()
    gc.freeze()
    listening = await loop.create_server(partial(Connection, handler), "127.0.0.1", port, backlog=2048)
    address = listening.sockets[0].getsockname()
    print(json.dumps({"url": f"http://127.0.0.1:{address[1]}/v1", "pid": os.getpid()}), flush=True)
    over = asyncio.Event()
    if while_stdin:
        loop.add_reader(sys.stdin, lambda: None if os.read(sys.stdin.fileno(), 4096) else over.set())
    await over.wait()


def read_flags(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="A model server on this machine that writes good mails.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--latency", type=float, default=0.2, metavar="SECONDS")
    parser.add_argument("--limit", type=float, metavar="N", help="requests a minute that are let through")
    parser.add_argument("--limiter", choices=("bucket", "log"), default="bucket", help="kind of limit")
    parser.add_argument("--burst", type=float, metavar="N", help="size of the bucket; a second's worth if not given")
    parser.add_argument("--no-retry-after", action="store_true", help="do not say with a 429 how long to wait")
    parser.add_argument(
        "--fault", action="append", default=[], metavar="KIND=SHARE", help=f"repeatable; kinds: {', '.join(FAULTS)}"
    )
    parser.add_argument("--stall", type=float, default=300.0, metavar="SECONDS", help="how long a stall lasts")
    parser.add_argument("--seed", type=int, default=0, help="decides which requests meet a fault")
    parser.add_argument("--while-stdin", action="store_true", help="end when standard input is closed")
    flags = parser.parse_args(arguments)
    try:
        flags.faults = {kind: float(share) for kind, share in (text.split("=") for text in flags.fault)}
    except ValueError:
        parser.error("--fault takes KIND=SHARE, such as 500=0.05")
    if unknown := set(flags.faults) - set(FAULTS):
        parser.error(f"--fault: unknown {', '.join(sorted(unknown))}; kinds: {', '.join(FAULTS)}")
    return flags


def behavior_of(flags: argparse.Namespace) -> Behavior:
    """Return the behavior that the flags ask for."""
    limiter: Callable[[], Limiter] = NoLimit
    if flags.limit and flags.limiter == "log":
        limiter = partial(SlidingLog, flags.limit)
    elif flags.limit:
        limiter = partial(Bucket, flags.limit, flags.limit / 60 if flags.burst is None else flags.burst)
    return Behavior(flags.latency, limiter, not flags.no_retry_after, flags.faults, flags.stall, flags.seed)


def main() -> None:
    """Read the flags and serve."""
    flags = read_flags()
    try:
        asyncio.run(serve(behavior_of(flags), flags.port, while_stdin=flags.while_stdin))
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
