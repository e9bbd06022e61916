"""What the commands share: options, the run's parts, how things are printed, how a run ends."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from drafter.errors import DrafterError, InputError, StoreError, UsageError

if TYPE_CHECKING:
    from drafter.assist import Assist
    from drafter.candidate import Candidate, Loaded, Sender
    from drafter.checker import Checker
    from drafter.desk import Desk
    from drafter.judge import Judge
    from drafter.library import Library
    from drafter.llm import ChatModel, Gate, Model, Recorder
    from drafter.planning import Planner, Wishes
    from drafter.prompting import Prompts
    from drafter.report import Finding, Spent
    from drafter.settings import Settings
    from drafter.store import Store
    from drafter.tables import Row

T = TypeVar("T")
U = TypeVar("U")

AT_ONCE = 4
"""Mails in the making at the same time: enough to hide a model's latency, few enough for any server."""

DONE, NOTHING, WRONG_USE, SOME, NO_KEY, INTERRUPTED = 0, 1, 2, 3, 4, 130
"""Exit codes: done; nothing could be done; wrong flag or id; some rows failed or need review; key; Ctrl-C."""

Candidates = Annotated[
    list[str],
    typer.Argument(help="Files of candidates (CSV, Excel, JSON, JSON Lines, YAML, BibTeX), or - for standard input."),
]
LibraryOption = Annotated[
    str | None, typer.Option("--library", metavar="PATH", help="A folder of YAML files, or one Markdown document.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object a line and nothing else.")]
FormatOption = Annotated[
    str | None,
    typer.Option("--format", metavar="NAME", help="Format of the input: csv, json, jsonl, xlsx, yaml or bib."),
]
EncodingOption = Annotated[
    str | None, typer.Option("--encoding", metavar="NAME", help="Encoding of a text file; found out if not given.")
]
ModelOption = Annotated[str | None, typer.Option("--model", metavar="NAME", help="The model; `offline` needs none.")]
BaseUrlOption = Annotated[str | None, typer.Option("--base-url", metavar="URL", help="An OpenAI-compatible endpoint.")]
ProviderOption = Annotated[str | None, typer.Option("--provider", metavar="NAME", help="A provider's preset.")]
AssistOption = Annotated[
    bool, typer.Option("--assist", help="Ask the model where the words leave field or tracks in doubt.")
]
NoJudgeOption = Annotated[bool, typer.Option("--no-judge", help="Do not have the model look at the finished mail.")]
FallbackOption = Annotated[
    str | None, typer.Option("--fallback", metavar="offline", help="Write offline if the model fails.")
]
StoreOption = Annotated[str | None, typer.Option("--store", metavar="PATH", help="The file that drafts are kept in.")]
NoStoreOption = Annotated[bool, typer.Option("--no-store", help="Keep nothing.")]
OutOption = Annotated[str | None, typer.Option("-o", metavar="FILE", help="Write here.")]
LangOption = Annotated[str | None, typer.Option("--lang", metavar="zh|en", help="Language of the mail.")]
ToneOption = Annotated[str, typer.Option("--tone", metavar="NAME", help="See `drafter tones`.")]
FieldOption = Annotated[str | None, typer.Option("--field", metavar="ID", help="The candidates’ research field.")]
TracksOption = Annotated[str | None, typer.Option("--tracks", metavar="ID,ID", help="Raise these tracks.")]
ExcludeOption = Annotated[str | None, typer.Option("--exclude", metavar="ID,ID", help="Never these.")]
CountOption = Annotated[int | None, typer.Option("--count", min=2, max=3, help="Number of tracks: 2 or 3.")]
SenderOption = Annotated[str | None, typer.Option("--sender", metavar="FILE", help="Who writes (YAML).")]


@dataclass
class Run:
    """The parts that a command works with, made when they are first asked for."""

    flags: dict[str, str | None] = field(default_factory=dict)
    keeps: bool = True
    """Whether drafts may be kept."""

    @cached_property
    def settings(self) -> "Settings":
        """The merged settings."""
        from drafter.settings import load_settings

        return load_settings(self.flags)

    @cached_property
    def library(self) -> "Library":
        """The library named, else the bundled one."""
        from drafter.library import load_library
        from drafter.settings import data_path

        bundled = data_path("library")
        return load_library(self.settings.library or bundled, table=bundled)

    @cached_property
    def planner(self) -> "Planner":
        """Mapper, selector and plans over the library."""
        from drafter.planning import Planner

        return Planner(self.library)

    @cached_property
    def prompts(self) -> "Prompts":
        """Templates and tones."""
        from drafter.prompting import Prompts
        from drafter.settings import data_path

        return Prompts(data_path("prompts"), self.settings.tones)

    @cached_property
    def sender(self) -> "tuple[Sender, tuple[Finding, ...]]":
        """Who writes, and the warning that a draft carries where nobody has said who."""
        from drafter.candidate import read_sender
        from drafter.report import Finding
        from drafter.settings import data_path

        bundled = read_sender(data_path("sender.yaml"))
        sender = read_sender(self.settings.sender) if self.settings.sender else bundled
        if sender != bundled:
            return sender, ()
        message = (
            f"the invented sender signs; put your own lab into {self.settings.sender}"
            if self.settings.sender
            else "the invented default sender signs; `drafter init` writes a file for your own"
        )
        return sender, (Finding(rule="sender.default", level="warning", message=message),)

    @cached_property
    def store(self) -> "Store | None":
        """Where drafts are kept; None where nothing is to be, or where the user's own folder cannot be written."""
        from drafter.store import Store

        if not self.keeps:
            return None
        if self.settings.store:
            return Store(self.settings.store)
        try:
            return Store(self.store_path)
        except StoreError as error:
            say(f"warning: {error}")
            return None

    @cached_property
    def store_path(self) -> Path:
        """Where drafts would be kept."""
        from drafter.settings import store_path

        return self.settings.store or store_path()

    def turn(self, candidate: "Candidate | None", command: str) -> AbstractContextManager[object]:
        """Open a person's turn in the store: what a model is asked inside is kept, and forgotten, with that person."""
        return self.store.working(candidate, command) if self.store and candidate else nullcontext()

    def require_store(self) -> "Store":
        """Return the file of drafts, for a command that reads it.

        Raises:
            StoreError: it is not there, or cannot be opened.
        """
        from drafter.store import Store

        if not self.store_path.exists():
            where = str(self.store_path)
            raise StoreError("no drafts are kept here yet", where=where, next="`drafter draft` keeps what it makes")
        return Store(self.store_path)

    def client(self, gate: "Gate | None" = None, recorder: "Recorder | None" = None) -> "ChatModel | None":
        """The model that the settings name, its requests written down; None where the offline composer writes.

        Args:
            gate: stands before every request.
            recorder: writes them down; into the file of drafts, if there is one and nothing else is said.
        """
        if not self.settings.wants_model:
            return None
        from drafter.llm import connect
        from drafter.store import StoreRecorder

        recorder = recorder or (StoreRecorder(self.store) if self.store else None)
        return connect(self.settings, gate=gate, recorder=recorder, notice=say)

    def connect(self, flag: str) -> "ChatModel":
        """The model that the settings name, for a flag that cannot do without one.

        Raises:
            UsageError: none is configured.
        """
        client = self.client()
        if client is None:
            raise UsageError(f"{flag} needs a model: give --model or --base-url, or set OPENAI_API_KEY")
        return client

    def assist(self, model: "Model") -> "Assist":
        """A model's opinion on fields and tracks."""
        from drafter.assist import Assist

        return Assist(model, self.planner, self.prompts)

    def judge(self, model: "Model", checker: "Checker") -> "Judge":
        """A model's opinion on mails; its answers are kept where drafts are."""
        from drafter.judge import Judge

        return Judge(model, self.library, self.prompts, self.store, checker=checker)

    def desk(self, client: "ChatModel | None", *, fallback: bool, judged: bool, assisted: bool = False) -> "Desk":
        """The desk where drafts are made.

        Args:
            client: who writes; the offline composer if None.
            fallback: write offline where the model fails.
            judged: have the model look at the finished mail.
            assisted: have it decide on uncertain fields and tracks; needs a model, whoever writes.
        """
        from drafter.desk import Desk

        return Desk.over(
            self.library,
            self.prompts,
            model=client,
            adviser=(client or self.connect("--assist")) if assisted else None,
            fallback=fallback,
            judged=judged,
            store=self.store,
            planner=self.planner,
        )


def check_wishes(run: Run, wishes: "Wishes") -> None:
    """Refuse unknown ids before anything is read or paid for.

    Raises:
        UsageError: there is no such field, track or tone, or the wishes contradict each other.
    """
    if wishes.field:
        run.planner.mapper.require(wishes.field)
    run.planner.selector.check_wishes(wishes.tracks, wishes.exclude)
    if wishes.count and len(wishes.tracks) > wishes.count:
        raise UsageError(f"--tracks names {len(wishes.tracks)} tracks and --count only {wishes.count}")
    run.prompts.tone(wishes.tone)


def say(text: str) -> None:
    """Print a line for a person on standard error."""
    print(text, file=sys.stderr, flush=True)


def warn(where: str, messages: Iterable[str]) -> None:
    """Print warnings about a row."""
    for message in messages:
        say(f"warning: {where}: {message}")


def json_line(data: Any) -> str:
    """Return one line of JSON."""
    return json.dumps(data, ensure_ascii=False)


class Output:
    """Where results go: standard output, or a file that appears only when it is complete."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def line(self, text: str = "") -> None:
        """Write a line."""
        print(text, file=self._file, flush=True)


@contextmanager
def output(path: str | None) -> Iterator[Output]:
    """Open the place where results go.

    Raises:
        InputError: the file cannot be written.
    """
    if path is None:
        yield Output(sys.stdout)
        return
    target = Path(path)
    if target.is_dir():
        raise InputError("is a folder", where=path, next="Name a file with -o")
    try:
        with NamedTemporaryFile(
            "w", dir=target.parent, prefix=f".{target.name}.", encoding="utf-8", newline="\n", delete=False
        ) as file:
            temporary = Path(file.name)
            try:
                yield Output(file)
            except BaseException:
                file.close()
                _keep_what_is_there(temporary, target)
                raise
        temporary.replace(target)
    except OSError as error:
        message = f"cannot be written ({error.strerror or error})"
        raise InputError(message, where=path, next="Choose another place with -o") from error


def _keep_what_is_there(temporary: Path, target: Path) -> None:
    """After an interruption, keep finished results beside the target; leave nothing where there are none."""
    if temporary.stat().st_size:
        temporary.replace(target.with_name(f"{target.name}.partial"))
        say(f"what was done so far is in {target}.partial")
    else:
        temporary.unlink()


def rows(paths: Iterable[str], format: str | None, encoding: str | None = None) -> "Iterator[Row]":
    """Open every input before the first row is used, then yield the rows of all.

    Raises:
        InputError: a file cannot be read at all.
    """
    from drafter.tables import read_candidates

    opened = [
        read_candidates(path, format=format, encoding=encoding, say=lambda text: say(f"note: {text}")) for path in paths
    ]
    for source in opened:
        yield from source


@dataclass
class Tally:
    """How the rows of a run ended."""

    done: int = 0
    review: int = 0
    failed: int = 0
    spent: "Spent" = field(default_factory=lambda: _nothing_spent())

    @property
    def exit_code(self) -> int:
        """The exit code that says so."""
        if self.failed and not self.done + self.review:
            return NOTHING
        return SOME if self.failed or self.review else DONE


def _nothing_spent() -> "Spent":
    from drafter.report import Spent

    return Spent(cost=0.0)


def failed_row(out: Output, as_json: bool, id: str, error: DrafterError, tally: Tally) -> None:
    """Report a row that cannot be done, in its place."""
    tally.failed += 1
    if as_json:
        out.line(json_line({"id": id, "error": error.as_json()}))
    else:
        say(f"error: {error}")


def split_ids(text: str | None) -> tuple[str, ...]:
    """Split `ID,ID`."""
    return tuple(part.strip() for part in (text or "").replace("，", ",").split(",") if part.strip())


def run_async(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end."""
    return asyncio.run(work)


async def closing(client: "ChatModel | None", work: Coroutine[Any, Any, T]) -> T:
    """Do some work and then give back a model's connections."""
    try:
        return await work
    finally:
        if client is not None:
            await client.aclose()


async def in_order(
    items: Iterable[T], make: Callable[[T], Coroutine[Any, Any, U]], at_once: int = AT_ONCE
) -> AsyncIterator[tuple[T, U]]:
    """Make a few things at a time and yield each with what it was made of, in the order given."""
    waiting: list[tuple[T, asyncio.Task[U]]] = []
    try:
        for item in items:
            waiting.append((item, asyncio.create_task(make(item))))
            if len(waiting) >= at_once:
                first, task = waiting.pop(0)
                yield first, await task
        while waiting:
            first, task = waiting.pop(0)
            yield first, await task
    finally:
        for _, task in waiting:
            task.cancel()
        await asyncio.gather(*(task for _, task in waiting), return_exceptions=True)


async def each_usable(
    source: "Iterable[Row]",
    make: "Callable[[Row], Coroutine[Any, Any, U]]",
    out: Output,
    tally: Tally,
    *,
    as_json: bool,
) -> "AsyncIterator[tuple[Row, Loaded, U]]":
    """Make something of every row and yield those that hold a candidate, in their order; the others are reported in their place."""
    async for row, made in in_order(source, make):
        if row.loaded is None:
            failed_row(out, as_json, row.id, row.error or InputError("cannot be read"), tally)
        else:
            tally.done += 1
            yield row, row.loaded, made


# typer keeps its click to itself; the two bases of what it raises for a wrong command line are reached through what it exports
_WrongUse: Any = typer.BadParameter.__base__
_ShownError: Any = _WrongUse.__base__


def guarded(app: Callable[..., Any]) -> int:
    """Run the program and return its exit code: one line for an expected error, never a trace.

    Args:
        app: the typer application; called so that it raises instead of exiting.
    """
    _speak_utf8()
    try:
        code = app(standalone_mode=False)
        sys.stdout.flush()
    except DrafterError as error:
        say(f"error: {error}")
        return error.exit_code
    except _ShownError as error:
        return _wrong_use(error)
    except (KeyboardInterrupt, typer.Abort):
        say("interrupted")
        return INTERRUPTED
    except (BrokenPipeError, SystemExit):  # the latter is what typer makes of it
        # the reader has seen enough; keep the interpreter from complaining while it closes the pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.__stdout__.fileno())  # type: ignore[union-attr]
        return DONE
    except Exception as error:
        say(f"error: something went wrong inside drafter ({type(error).__name__}: {error}). Please report it")
        return NOTHING
    return code if isinstance(code, int) else DONE


def _wrong_use(error: Any) -> int:
    context = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError":
        print(error.format_message())
        return WRONG_USE
    path = context.command_path if context is not None else "drafter"
    message = " ".join(error.format_message().split()).rstrip(".")
    say(f"error: {message}. `{path} -h` shows how it is used")
    return WRONG_USE


def _speak_utf8() -> None:
    """Write UTF-8 whatever the console's code page: Chinese Windows pipes are cp936, which lacks what mails need."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")


def one_of(value: str | None, allowed: Iterable[str], flag: str) -> str | None:
    """Return a flag's value if it is allowed.

    Raises:
        UsageError: it is not; names what is.
    """
    options = list(allowed)
    if value is not None and value not in options:
        raise UsageError(f"{flag}: “{value}” is none of {', '.join(options)}")
    return value
