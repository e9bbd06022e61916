"""The client for every server that speaks OpenAI's chat protocol, and the one loop that tries again.

One `complete` goes down a ladder of modes (json_schema, json_object, text) as far as the server makes it, and on each
rung makes attempts until one succeeds or there is no point in another. The SDK's own retries are off: they would pass
the gate unseen, and may bill twice. The protocol has no idempotency key, so an attempt that timed out may have been
billed as well; the recorder knows of it.

Only this module uses openai and tenacity. openai takes half a second to import and is loaded with the first attempt.
"""

import asyncio
import math
import time
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception

from drafter.errors import AuthError, ModelError, SettingsError
from drafter.llm.base import (
    ALL_MODES,
    NO_USAGE,
    Attempt,
    Completion,
    Gate,
    Message,
    Mode,
    NoRecorder,
    OpenGate,
    Outcome,
    Recorder,
    Usage,
)
from drafter.llm.extras import Extras
from drafter.llm.faults import Fault, find_fault, no_answer, pause_before, scrub
from drafter.llm.presets import is_loopback
from drafter.llm.prices import Price
from drafter.llm.wire import Answer, Reading, read_limits, read_reply

if TYPE_CHECKING:
    from openai import AsyncOpenAI

LONGEST_CONNECT = 10.0
"""Seconds to wait for a connection; the rest of the timeout is for the answer."""

BAD_REPLIES = 2
"""Times that a reply with nothing in it is asked for again. Each of them is billed."""

OPENAI = "https://api.openai.com/"


class _Failed(Exception):
    """An attempt came to nothing. Never leaves this module."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


@dataclass
class _Call:
    """What one `complete` has done so far; `seconds` counts attempts and pauses, not the waiting at the gate."""

    messages: tuple[Message, ...]
    schema: Mapping[str, Any] | None
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    made: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    usage: Usage = NO_USAGE

    def pausing(self, state: RetryCallState) -> None:
        """Count the pause that is about to begin."""
        self.seconds += state.upcoming_sleep


class ChatModel:
    """A model behind an OpenAI-compatible address.

    Args:
        name: the model's name at that address.
        base_url: the address, up to and without `/chat/completions`.
        api_key: the key; any word for a server that needs none.
        http_client: an `httpx` or `httpx2` client to send with; it stays the caller's to close.
        timeout: seconds for one attempt, from sending to the end of the answer.
        attempts: how many attempts may fail for a passing reason before the call does.
        patience: seconds that a call may take, in attempts and pauses, before no other attempt is begun. A wait that
            the server asks for and that does not fit ends the call at once.
        sleep: pauses between attempts.
        clock: measures seconds.
        modes: the modes to try where a schema is given, in order.
        gate: is asked before each attempt and told after it.
        recorder: writes each attempt down.
        fields: what to send beside model, messages and the form of the answer, e.g. a cap on its length.
        price: what tokens cost.
        notice: is told, once each, what a server turned out not to take.

    Raises:
        AuthError: the key is empty or has characters that cannot be sent.
    """

    def __init__(
        self,
        name: str,
        base_url: str,
        api_key: str,
        *,
        http_client: Any = None,
        timeout: float = 120.0,
        attempts: int = 5,
        patience: float = 300.0,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
        modes: Sequence[Mode] = ALL_MODES,
        gate: Gate | None = None,
        recorder: Recorder | None = None,
        fields: Mapping[str, Any] | None = None,
        price: Price | None = None,
        notice: Callable[[str], None] = lambda text: None,
    ) -> None:
        if not (api_key and api_key.isascii() and api_key.isprintable()):
            raise AuthError("the key is empty or has characters that no key has", where=base_url, next="Copy it again")
        self.name, self.base_url, self._key = name, base_url, api_key
        self._timeout, self._attempts, self._patience = timeout, attempts, patience
        self._sleep, self._clock = sleep, clock
        self._gate, self._recorder = gate or OpenGate(), recorder or NoRecorder()
        self._modes = tuple(modes)
        self._extras, self._price, self._notice = Extras(fields or {}), price, notice
        self._http_client = http_client
        self._client: AsyncOpenAI | None = None

    async def complete(self, messages: Sequence[Message], *, schema: Mapping[str, Any] | None = None) -> Completion:
        """Return the model's answer.

        Args:
            messages: the conversation. Where a schema is given they ask for JSON in words too, with the word JSON in
                them: some servers insist on it, and on the lowest rung nothing else says what is wanted.
            schema: JSON Schema of the answer; None for free text.

        Raises:
            AuthError: the key was refused.
            QuotaError: the account has nothing left to spend.
            Unreachable: no connection, a timeout or a server in trouble, after all attempts.
            BadReply: an answer came that cannot be used.
            ModelError: the server does not know the model or does not take the request.
        """
        call = _Call(tuple(messages), schema)
        try:
            reading, mode = await self._down_the_ladder(call, self._modes if schema is not None else ("text",))
        except _Failed as failed:
            raise self._error(failed.fault, call) from None
        return Completion(reading.text, call.usage, reading.model or self.name, mode)

    async def known_models(self) -> list[str]:
        """Return the names that the server says it knows, none where it does not say. One plain request, never repeated."""
        import openai

        try:
            async with asyncio.timeout(LONGEST_CONNECT):
                page = await self._open().models.list()
                return sorted(model.id for model in page.data)
        except (openai.OpenAIError, TimeoutError, SettingsError, AttributeError, TypeError, ValueError):
            return []

    @property
    def price(self) -> Price | None:
        """What its tokens cost, None where nobody said."""
        return self._price

    async def aclose(self) -> None:
        """Close the connections, unless they are those of the caller's own client."""
        if self._client is not None and self._http_client is None:
            await self._client.close()
        self._client = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def _down_the_ladder(self, call: _Call, modes: tuple[Mode, ...]) -> tuple[Reading, Mode]:
        """Return an answer and the mode that the server took."""
        mode, lower = modes[0], modes[1:]
        try:
            reading = await self._until_taken(call, mode)
        except _Failed as failed:
            if not (lower and failed.fault.mode_refused):
                raise
            reading, mode = await self._down_the_ladder(call, lower)
        # remembered only now that it worked: a request that is wrong in itself is refused in every mode
        if call.schema is not None and mode in self._modes:
            self._modes = self._modes[self._modes.index(mode) :]
        return reading, mode

    async def _until_taken(self, call: _Call, mode: Mode) -> Reading:
        """Make attempts, leaving out what the server does not take, until there is an answer or nothing left to leave out."""
        while True:
            sent = self._extras.state
            try:
                return await self._until_good(call, mode)
            except _Failed as failed:
                if failed.fault.mode_refused or not failed.fault.complaint:
                    raise
                # another call may have learned it while this one was on its way
                if sent == self._extras.state and not self._learn(failed.fault):
                    raise

    def _learn(self, fault: Fault) -> bool:
        """Change what is sent by what the server says; say so."""
        lesson = self._extras.learn(fault.complaint)
        if lesson:
            self._notice(f"note: {self.base_url} {lesson}")
        return bool(lesson)

    async def _until_good(self, call: _Call, mode: Mode) -> Reading:
        """Make attempts until one gives an answer or there is no point in another."""
        loop = AsyncRetrying(
            retry=retry_if_exception(lambda error: isinstance(error, _Failed) and error.fault.retry.kind != "no"),
            wait=lambda state: pause_before(_fault(state).retry, call.failed[_fault(state).retry.kind]),
            stop=lambda state: self._is_enough(call, _fault(state), state.upcoming_sleep),
            before_sleep=call.pausing,
            sleep=self._sleep,
            reraise=True,
        )
        reading: Reading = await loop(self._attempt, call, mode)
        return reading

    def _is_enough(self, call: _Call, fault: Fault, pause: float) -> bool:
        """Return whether an attempt that might be repeated is not to be."""
        limits = {"transient": self._attempts, "bad reply": 1 + BAD_REPLIES}
        kind = fault.retry.kind
        return call.failed[kind] >= limits.get(kind, math.inf) or call.seconds + pause > self._patience

    async def _attempt(self, call: _Call, mode: Mode) -> Reading:
        """Make one attempt, under the eyes of the gate and the recorder."""
        call.made += 1
        attempt = Attempt(call.id, call.made, self.name, self.base_url, mode, call.messages)
        await self._gate.before(attempt)
        outcome = Outcome(error="Interrupted")
        try:
            await self._recorder.sending(attempt)
            try:
                reading, fault, outcome = await self._exchange(attempt, call.schema)
            finally:
                await self._recorder.came_back(attempt, outcome)
        finally:
            await self._gate.after(attempt, outcome)
        call.usage += outcome.usage
        call.seconds += outcome.seconds
        if fault:
            call.failed[fault.retry.kind] += 1
            raise _Failed(fault)
        return reading

    async def _exchange(
        self, attempt: Attempt, schema: Mapping[str, Any] | None
    ) -> tuple[Reading, Fault | None, Outcome]:
        """Send the request and read what comes back."""
        client = self._open()
        started = self._clock()
        answer = await self._send(client, attempt, schema)
        seconds = self._clock() - started
        if isinstance(answer, Fault):
            return Reading(), answer, Outcome(error=answer.error.__name__, seconds=seconds)
        reading, fault = read_reply(answer), None
        usage = replace(reading.usage, cost=self._price.of(reading.usage) if self._price else None)
        if reading.flaw:
            # only now: a short key, such as a local server's, may be a word of a good answer
            answer = replace(answer, text=scrub(answer.text, self._key))
            fault = find_fault(read_reply(answer), answer, self.name, datetime.now(UTC))
        outcome = Outcome(
            status=answer.status,
            error=fault.error.__name__ if fault else "",
            retry_after=fault.retry.seconds if fault else None,
            usage=usage,
            limits=read_limits(answer.headers),
            reply=answer.text,
            seconds=seconds,
        )
        return reading, fault, outcome

    async def _send(self, client: "AsyncOpenAI", attempt: Attempt, schema: Mapping[str, Any] | None) -> Answer | Fault:
        """Send the fewest fields that say what is wanted, and return the answer as it came."""
        import openai
        from httpx2 import Response

        request: dict[str, Any] = {"model": attempt.model, "messages": self._extras.arranged(attempt.messages)}
        if attempt.mode == "json_schema":
            form = {"name": "reply", "strict": True, "schema": dict(schema or {})}
            request["response_format"] = {"type": "json_schema", "json_schema": form}
        elif attempt.mode == "json_object":
            request["response_format"] = {"type": "json_object"}
        try:
            # the SDK's own timeout begins anew with every byte, and a queue may send blank lines for an hour
            async with asyncio.timeout(self._timeout):
                # not `chat.completions.create`: some of the fields are unknown to the SDK, and walking through the
                # messages to translate what needs no translation is half of what a call costs on this machine
                body = {**request, **self._extras.fields}
                reply = await client.post("/chat/completions", body=body, cast_to=Response)
                return Answer(reply.status_code, reply.headers, reply.text)
        except openai.APIStatusError as error:
            return Answer(error.status_code, error.response.headers, error.response.text)
        except (TimeoutError, openai.APIConnectionError) as error:
            if isinstance(error, TimeoutError | openai.APITimeoutError) and not _broke(error):
                return no_answer(f"no answer within {self._timeout:g} s", local=is_loopback(self.base_url))
            reason = f"the connection failed ({error.__cause__ or error})"
            return no_answer(reason, local=is_loopback(self.base_url))

    def _open(self) -> "AsyncOpenAI":
        """Return the SDK's client, made with the first attempt.

        Raises:
            SettingsError: the transport cannot be set up, for instance for the proxy that the environment names.
        """
        if self._client is not None:
            return self._client
        import openai

        timeout = openai.Timeout(self._timeout, connect=min(self._timeout, LONGEST_CONNECT))
        try:
            # aiohttp: with a hundred connections the SDK's other transport spends more time on its pool than on the calls;
            # a proxy knows nothing of this machine's own servers
            transport = self._http_client or openai.DefaultAioHttpClient(
                trust_env=not is_loopback(self.base_url), timeout=timeout
            )
            self._client = openai.AsyncOpenAI(
                api_key=self._key, base_url=self.base_url, timeout=timeout, max_retries=0, http_client=transport
            )
        except Exception as error:  # whatever a proxy's address or an odd base URL makes the transport raise
            message = f"no connection can be set up ({error})"
            hint = "Check the base URL and the proxy variables (HTTPS_PROXY, ALL_PROXY)"
            raise SettingsError(message, where=self.base_url, next=hint) from None
        if not self.base_url.startswith(OPENAI):
            # the SDK reads these from the environment and would show them to any address
            self._client.organization = self._client.project = None
            self._client._custom_headers = {}
        return self._client

    def _error(self, fault: Fault, call: _Call) -> ModelError:
        """Return the error that ends the call."""
        message, asked = fault.message, fault.retry.seconds
        if asked and call.seconds + asked > self._patience:
            message += f"; it asks to wait {asked:.0f} s, and {self._patience:.0f} s is as long as a call may take"
        elif call.made > 1 and fault.retry.kind != "no":
            message += f", after {call.made} attempts"
        return fault.error(scrub(message, self._key), where=self.base_url, next=fault.next)


def _broke(error: BaseException) -> bool:
    """Return whether what the SDK calls a timeout is a connection that was refused or broke off: aiohttp's are mixed up."""
    import aiohttp

    cause = error.__cause__ and error.__cause__.__cause__
    return isinstance(cause, aiohttp.ClientConnectionError) and not isinstance(cause, aiohttp.ServerTimeoutError)


def _fault(state: RetryCallState) -> Fault:
    """Return the fault of the attempt just made; only asked where there is one."""
    error = state.outcome.exception() if state.outcome else None
    assert isinstance(error, _Failed)
    return error.fault
