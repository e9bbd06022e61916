"""What the rest of the program knows of a model: messages go in, one text with its price comes out.

Nothing here knows a provider or a library. Whoever needs a model takes a `Model`; whoever limits pace or spending is a
`Gate`, and whoever keeps account is a `Recorder`. Both stand around every single attempt, so that a retry waits its
turn and is written down like any other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

Role = Literal["system", "user", "assistant"]
Mode = Literal["json_schema", "json_object", "text"]
"""How an answer was asked for: held to a schema, held to JSON, or left to the prompt."""

ALL_MODES: tuple[Mode, ...] = ("json_schema", "json_object", "text")
"""The ladder of modes, the strictest first."""


@dataclass(frozen=True)
class Message:
    """One message of a conversation."""

    role: Role
    content: str


@dataclass(frozen=True)
class Usage:
    """Tokens of one attempt, or of several added up.

    Args:
        input: all prompt tokens as the provider counts them, those read from its cache included.
        cached: the part of `input` that was read from the cache and costs less.
        output: answer tokens, thinking included.
        written: the part of `input` that was written to the cache, where the provider counts it.
        cost: in US dollars; None where no price is known.
    """

    input: int = 0
    cached: int = 0
    output: int = 0
    written: int = 0
    cost: float | None = 0.0

    def __add__(self, other: "Usage") -> "Usage":
        known = self.cost is not None and other.cost is not None
        return Usage(
            self.input + other.input,
            self.cached + other.cached,
            self.output + other.output,
            self.written + other.written,
            (self.cost or 0.0) + (other.cost or 0.0) if known else None,
        )


NO_USAGE = Usage()
"""Nothing used, or nothing reported."""


@dataclass(frozen=True)
class Completion:
    """An answer that can be used.

    Args:
        text: the answer without thinking.
        usage: tokens of all attempts that this answer took, also of those that were no good.
        model: the model's name as the server gives it.
        mode: how the answer was asked for.
    """

    text: str
    usage: Usage
    model: str
    mode: Mode


@dataclass(frozen=True)
class Attempt:
    """One request that is about to be sent.

    Args:
        call: an id that the attempts of one `complete` share; with `number` it names the attempt.
        number: 1 for the first attempt of the call.
        model: the model asked.
        address: the base URL.
        mode: how the answer is asked for.
        messages: what is sent.
    """

    call: str
    number: int
    model: str
    address: str
    mode: Mode
    messages: tuple[Message, ...]


@dataclass(frozen=True)
class Limits:
    """What a server says it takes a minute; None where it does not say."""

    requests: int | None = None
    tokens: int | None = None


NO_LIMITS = Limits()


@dataclass(frozen=True)
class Outcome:
    """What became of an attempt.

    Args:
        status: the HTTP status; None if no answer came.
        error: the name of the error's class, "" if the answer can be used, `Interrupted` if the attempt was cancelled.
        retry_after: seconds the server asks to wait before the next request; None if it does not say.
        usage: tokens as the server reports them, zeros if it does not.
        limits: what the server takes a minute, by its own account.
        reply: the body as it came, whether or not it can be used; the key is taken out of errors; "" if none came.
        seconds: from sending to the end of the answer.
    """

    status: int | None = None
    error: str = ""
    retry_after: float | None = None
    usage: Usage = NO_USAGE
    limits: Limits = NO_LIMITS
    reply: str = ""
    seconds: float = 0.0


class Model(Protocol):
    """Something that answers messages."""

    name: str

    async def complete(self, messages: Sequence[Message], *, schema: Mapping[str, Any] | None = None) -> Completion:
        """Return the answer.

        Args:
            messages: the conversation; where a schema is given, they ask for JSON in words too.
            schema: JSON Schema of the answer; None for free text.

        Raises:
            ModelError: no answer that can be used came.
        """
        ...


class Gate(Protocol):
    """May I send now? Pace, ceilings and budgets stand behind this."""

    async def before(self, attempt: Attempt) -> None:
        """Return when the attempt may be sent; raise if it never may."""

    async def after(self, attempt: Attempt, outcome: Outcome) -> None:
        """Learn how it went. Called once for each `before` that returned, also for a cancelled attempt."""


class Recorder(Protocol):
    """Keeps account of attempts, so that after a kill one knows which may have been billed."""

    async def sending(self, attempt: Attempt) -> None:
        """The attempt is about to be sent."""

    async def came_back(self, attempt: Attempt, outcome: Outcome) -> None:
        """The attempt is over. Called once for each `sending` that returned."""


class OpenGate:
    """A gate that always stands open."""

    async def before(self, attempt: Attempt) -> None:
        """Return at once."""

    async def after(self, attempt: Attempt, outcome: Outcome) -> None:
        """Learn nothing."""


class NoRecorder:
    """A recorder that writes nothing down."""

    async def sending(self, attempt: Attempt) -> None:
        """Write nothing."""

    async def came_back(self, attempt: Attempt, outcome: Outcome) -> None:
        """Write nothing."""
