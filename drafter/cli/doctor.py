"""`drafter doctor`: is everything in place, what is used, and what would leave this machine?"""

import platform
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import typer

from drafter.cli.common import (
    BaseUrlOption,
    JsonOption,
    LibraryOption,
    ModelOption,
    ProviderOption,
    Run,
    SenderOption,
    json_line,
    run_async,
)
from drafter.errors import DrafterError


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
    yield from _model(run)


def _sender(run: Run) -> _Line:
    try:
        sender, notes = run.sender
    except DrafterError as error:
        return _Line("sender", "fail", str(error))
    who = f"{sender.name.zh} / {sender.name.en}, {sender.lab.zh} / {sender.lab.en}"
    return _Line("sender", "warn", f"{who}: {notes[0].message}") if notes else _Line("sender", "ok", who)


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
        client = connect(settings)
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
    try:
        answer = run_async(_ask(client))
        yield _Line("model answers", "ok", answer)
    except DrafterError as error:
        yield _Line("model answers", "fail", str(error))


async def _ask(client: "object") -> str:
    """Send one small question and return how the answer came."""
    from drafter.llm import ChatModel, Message

    assert isinstance(client, ChatModel)
    try:
        completion = await client.complete([Message("user", "Answer with the one word: ready")])
    finally:
        await client.aclose()
    return f"“{completion.text[:40]}” ({completion.usage.input} tokens in, {completion.usage.output} out)"
