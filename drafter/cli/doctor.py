"""`drafter doctor`: is everything in place, what is used, and what would leave this machine?"""

import platform
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import typer

from drafter.cli.common import (
    BaseUrlOption,
    JsonOption,
    LibraryOption,
    ModelOption,
    ProviderOption,
    Run,
    SenderOption,
    closing,
    json_line,
    run_async,
    say,
)
from drafter.errors import AuthError, DrafterError, ModelError

if TYPE_CHECKING:
    from drafter.llm import ChatModel

MOST_NAMES = 12
"""Models named where the one asked for is not known."""

THINKING = 200
"""Tokens of a one-sentence answer from which it must have been thinking."""


@dataclass(frozen=True)
class _Line:
    """One thing that was looked at."""

    what: str
    state: Literal["ok", "warn", "fail"]
    message: str


def doctor(
    library: LibraryOption = None,
    sender: SenderOption = None,
    model: ModelOption = None,
    base_url: BaseUrlOption = None,
    provider: ProviderOption = None,
    json: JsonOption = False,
) -> None:
    """Look at the installation, the settings and the model, and say what leaves this machine."""
    flags = {"library": library, "sender": sender, "model": model, "base_url": base_url, "provider": provider}
    code = 0
    for line in _look(Run(flags)):
        if line.state == "fail":
            code = 1
        if json:
            print(json_line({"what": line.what, "state": line.state, "message": line.message}), flush=True)
        else:
            print(f"{line.state:5} {line.what}: {line.message}", flush=True)
    raise typer.Exit(code)


def _look(run: Run) -> Iterator[_Line]:
    from importlib.metadata import version

    yield _Line("drafter", "ok", f"{version('drafter')} on Python {platform.python_version()}")
    try:
        sources = ", ".join(f"{key} from {source}" for key, source in run.settings.sources.items())
    except DrafterError as error:
        yield _Line("settings", "fail", str(error))
        return
    yield _Line("settings", "ok", sources or "all defaults")
    try:
        tones = len(run.prompts.tones)
        yield _Line(
            "library",
            "ok",
            f"{len(run.library.tracks)} tracks in {len(run.library.fields)} fields, {run.library.source}",
        )
        yield _Line("prompts", "ok", f"{tones} tones")
    except DrafterError as error:
        yield _Line("library", "fail", str(error))
    yield _sender(run)
    yield _store(run)
    yield from _model(run)


def _sender(run: Run) -> _Line:
    try:
        sender, notes = run.sender
    except DrafterError as error:
        return _Line("sender", "fail", str(error))
    who = f"{sender.name.zh} / {sender.name.en}, {sender.lab.zh} / {sender.lab.en}"
    return _Line("sender", "warn", f"{who}: {notes[0].message}") if notes else _Line("sender", "ok", who)


def _store(run: Run) -> _Line:
    try:
        if not run.store_path.exists():
            return _Line("drafts", "ok", f"none kept yet; they will be in {run.store_path}")
        store = run.require_store()
        return _Line("drafts", "ok", f"{len(store.listed())} kept in {store.path}")
    except DrafterError as error:
        return _Line("drafts", "warn", str(error))


def _model(run: Run) -> Iterator[_Line]:
    settings = run.settings
    if not settings.wants_model:
        yield _Line(
            "model", "ok", "offline: the composer writes; set OPENAI_API_KEY, --base-url or --model for a model"
        )
        yield _Line("leaves this machine", "ok", "nothing")
        return
    from drafter.llm import connect

    try:
        client = connect(settings, notice=say)
    except DrafterError as error:
        yield _Line("model", "fail", str(error))
        return
    key = f"key from {settings.sources['api_key']}" if "api_key" in settings.sources else "no key of its own"
    yield _Line("model", "ok", f"{client.name} at {client.base_url} ({key})")
    yield _Line(
        "leaves this machine",
        "ok",
        f"to {client.base_url}: name, affiliation, position, interests, keywords, papers, bio and homepage of each candidate, "
        "your notes but for lines marked private, the chosen tracks, the sender's file and, to be judged, the drafted mail; never e-mail addresses or unknown columns",
    )
    yield from run_async(closing(client, _ask(client)))


SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["subject", "body"],
    "properties": {"subject": {"type": "string"}, "body": {"type": "string"}},
}
"""The form of the small answer that is asked for."""


async def _ask(client: "ChatModel") -> list[_Line]:
    """Ask for one small mail, in the way in which all mails are asked for, and say how the answer came."""
    from drafter.llm import Message, parse_mail

    question = [
        Message("system", 'You answer with one JSON object: {"subject": "...", "body": "..."}.'),
        Message("user", "Write one sentence that says that the mail works. JSON only."),
    ]
    try:
        completion = await client.complete(question, schema=SCHEMA)
        mail = parse_mail(completion.text)
    except ModelError as error:
        names = [] if isinstance(error, AuthError) else await client.known_models()
        hint = (
            f" The server knows: {', '.join(names[:MOST_NAMES])}{', ...' if len(names) > MOST_NAMES else ''}"
            if names
            else ""
        )
        return [_Line("model answers", "fail", f"{error}.{hint}".replace("..", "."))]
    usage = completion.usage
    said = f"“{mail['body'][:40]}” as {completion.mode}; {usage.input} tokens in, {usage.output} out"
    lines = [_Line("model answers", "ok", said)]
    if usage.output > THINKING:
        hint = "it seems to think at length, which is billed; see docs/models.md on how to switch that off"
        lines.append(_Line("thinking", "warn", f"{usage.output} tokens for one sentence: {hint}"))
    if client.price is None:
        lines.append(
            _Line("price", "warn", "not known, so `cost` stays empty; DRAFTER_PRICES names a table of your own")
        )
    else:
        lines.append(
            _Line(
                "price",
                "ok",
                f"${client.price.input:g} in, ${client.price.cached:g} cached, ${client.price.output:g} out, a million tokens",
            )
        )
    return lines
