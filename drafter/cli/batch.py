"""`drafter batch`: a table of candidates in, a folder of checked drafts out; to be stopped and gone on with."""

import asyncio
import shlex
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from drafter.cli.common import (
    DONE,
    INTERRUPTED,
    NOTHING,
    SOME,
    AssistOption,
    BaseUrlOption,
    Candidates,
    CountOption,
    EncodingOption,
    ExcludeOption,
    FallbackOption,
    FieldOption,
    FormatOption,
    JsonOption,
    LangOption,
    LibraryOption,
    ModelOption,
    NoJudgeOption,
    ProviderOption,
    Run,
    SenderOption,
    StoreOption,
    ToneOption,
    TracksOption,
    check_wishes,
    closing,
    json_line,
    one_of,
    run_async,
    say,
    split_ids,
)
from drafter.cli.progress import shown_progress
from drafter.errors import DrafterError, InputError, UsageError

if TYPE_CHECKING:
    from drafter.batch.engine import Engine
    from drafter.batch.forecast import Forecast
    from drafter.batch.intake import Rules
    from drafter.llm import ChatModel
    from drafter.llm.prices import Price
    from drafter.planning import Wishes
    from drafter.store import Run as BatchRun
    from drafter.store import Runs
    from drafter.tables import Candidates as Source
    from drafter.tables import Understood

CONCURRENCY = 64
"""Most calls on their way at once, where nothing else is said; how many there are is found out while running."""

OFFLINE_AT_ONCE = 16
"""Rows under way at once where no model is asked: enough that no clerk ever waits. With a model half as many again as calls, since a
row is planned, checked and kept while others are asked about."""

COOL_DOWN = 30
"""Days."""


class Interrupted(DrafterError):
    """Somebody pressed Ctrl-C."""

    rule = "interrupted"
    exit_code = INTERRUPTED


@dataclass(frozen=True)
class _Order:
    """What was asked for."""

    inputs: list[str]
    folder: Path
    wishes: "Wishes"
    flags: dict[str, Any]
    """All that decides drafts beside files and wishes."""
    format: str | None
    encoding: str | None
    mapping: dict[str, str]
    unwanted: Path | None
    concurrency: int
    rpm: int | None
    tpm: int | None
    max_cost: float | None
    limit: int | None
    yes: bool
    retry_failed: bool
    texts: bool
    json: bool


def batch(
    candidates: Candidates,
    out: Annotated[str, typer.Option("--out", metavar="DIR", help="The folder of results; the same again goes on.")],
    lang: LangOption = None,
    tone: ToneOption = "professional",
    field: FieldOption = None,
    tracks: TracksOption = None,
    exclude: ExcludeOption = None,
    count: CountOption = None,
    sender: SenderOption = None,
    model: ModelOption = None,
    base_url: BaseUrlOption = None,
    provider: ProviderOption = None,
    fallback: FallbackOption = None,
    no_judge: NoJudgeOption = False,
    judge: Annotated[bool, typer.Option("--judge", help="Have the model read every mail as a whole: a call more each.")] = False,
    assist: AssistOption = False,
    variants: Annotated[int, typer.Option("--variants", metavar="N", min=1, max=9, help="Write N mails a row; the best counts.")] = 1,
    map: Annotated[list[str] | None, typer.Option("--map", metavar="HEADING=KEY", help="What a column is; may be given again.")] = None,
    do_not_contact: Annotated[str | None, typer.Option("--do-not-contact", metavar="FILE", help="Addresses, domains and names that are never written to.")] = None,
    cool_down: Annotated[int, typer.Option("--cool-down", metavar="DAYS", min=0, help="Leave out whom another run has drafted to in these days.")] = COOL_DOWN,
    concurrency: Annotated[int, typer.Option("--concurrency", metavar="N", min=1, max=2000, help="Most calls on their way at once.")] = CONCURRENCY,
    rpm: Annotated[int | None, typer.Option("--rpm", metavar="N", min=1, help="Most calls a minute.")] = None,
    tpm: Annotated[int | None, typer.Option("--tpm", metavar="N", min=1, help="Most tokens a minute.")] = None,
    max_cost: Annotated[float | None, typer.Option("--max-cost", metavar="USD", min=0, help="Stop before this is exceeded.")] = None,
    limit: Annotated[int | None, typer.Option("--limit", metavar="N", min=1, help="Draft at most N rows this time.")] = None,
    texts: Annotated[bool, typer.Option("--texts", help="Also write a text file a draft.")] = False,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Do the rows that failed again.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be done; write nothing, call nobody.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before beginning.")] = False,
    store: StoreOption = None,
    library: LibraryOption = None,
    format: FormatOption = None,
    encoding: EncodingOption = None,
    json: JsonOption = False,
) -> None:  # fmt: skip
    """Draft a mail for every row of a table; stop it, kill it, go on with the same command."""
    from drafter.planning import Wishes
    from drafter.tables import parse_mapping

    one_of(fallback, ["offline"], "--fallback")
    if judge and no_judge:
        raise UsageError("--judge and --no-judge contradict each other")
    language: Any = one_of(lang, ["zh", "en"], "--lang")
    flags = {"library": library, "sender": sender, "model": model, "base_url": base_url, "provider": provider}
    run = Run({**flags, "store": store, "do_not_contact": do_not_contact})
    if assist and not run.settings.wants_model:
        raise UsageError("--assist needs a model: give --model or --base-url, or set OPENAI_API_KEY")
    order = _Order(
        inputs=candidates,
        folder=Path(out),
        wishes=Wishes(language, tone, field, split_ids(tracks), split_ids(exclude), count),
        flags={
            "judged": not no_judge, "grounding": judge, "assisted": assist, "fallback": fallback is not None,
            "variants": variants, "cool_down": cool_down,
        },
        format=format,
        encoding=encoding,
        mapping=parse_mapping(map or []),
        unwanted=run.settings.do_not_contact,
        concurrency=concurrency,
        rpm=rpm,
        tpm=tpm,
        max_cost=max_cost,
        limit=limit,
        yes=yes,
        retry_failed=retry_failed,
        texts=texts,
        json=json,
    )  # fmt: skip
    raise typer.Exit(_dry_run(run, order) if dry_run else _batch(run, order))


def _dry_run(run: Run, order: _Order) -> int:
    """Take the rows in for a look, in a store of its own that is gone afterwards."""
    from drafter.store import Runs, Store

    with tempfile.TemporaryDirectory(prefix="drafter-") as place:
        check_wishes(run, order.wishes)
        store = Store(Path(place) / "drafts.sqlite3")
        try:
            _taken_in(run, order, Runs(store), "", order.inputs, Path(place))
        finally:
            store.close()
    return DONE


def _batch(run: Run, order: _Order) -> int:
    from drafter.batch.folder import locked, prepare
    from drafter.store import Runs, Store

    for path in order.inputs:
        if path != "-":
            _source(path, order)  # whatever is wrong with a file as a whole is said before anything is made
    store = Store(run.store_path)
    try:
        prepare(order.folder, store.path)
        with locked(order.folder):
            return _in_folder(run, order, Runs(store))
    finally:
        store.close()


def _in_folder(run: Run, order: _Order, runs: "Runs") -> int:
    from drafter.batch.folder import MARKER, copied

    inputs = [
        str(copied(order.folder, sys.stdin.buffer, order.format or "jsonl")) if path == "-" else path
        for path in order.inputs
    ]
    digest = _digest(run, order, inputs)
    known = runs.find(order.folder)
    if known and known.digest == digest:
        retried = runs.retry_failed(known) if order.retry_failed else 0
        if known.state == "done" and not retried and _is_there(order, runs, known):
            say(f"{order.folder}: finished before, with the same input, settings, library and prompts; nothing to do")
            return _concluded(order, runs, known, None)
        if known.state != "new":
            say(f"{order.folder}: going on with {runs.counts(known).get('pending', 0):,} rows")
            check_wishes(run, order.wishes)
            return _started(run, order, runs, known)
    check_wishes(run, order.wishes)
    batch = _taken_in(run, order, runs, digest, inputs, order.folder)
    if not _agreed(order):
        runs.drop(batch)
        (order.folder / MARKER).unlink(missing_ok=True)
        say("nothing was sent")
        return DONE
    return _started(run, order, runs, batch)


def _is_there(order: _Order, runs: "Runs", run: "BatchRun") -> bool:
    """Say whether the tables of a finished run lie where it left them, and nothing has changed in the drafts since."""
    wanted = ["drafts.csv", *(["mails"] if order.texts else [])]
    return all((order.folder / name).exists() for name in wanted) and runs.seal(run) == run.summary.get("seal")


def _source(path: str, order: _Order) -> "Source":
    from drafter.tables import read_candidates

    return read_candidates(path, format=order.format, encoding=order.encoding, mapping=order.mapping)


def _digest(run: Run, order: _Order, inputs: list[str]) -> str:
    from drafter.batch.digest import digest_of
    from drafter.settings import data_path

    settings = run.settings
    files = [*map(Path, inputs), settings.sender or data_path("sender.yaml"), *filter(None, [order.unwanted])]
    folders = [settings.library or data_path("library"), data_path("prompts"), *filter(None, [settings.tones])]
    values = {
        **order.flags, "wishes": order.wishes, "mapping": sorted(order.mapping.items()), "encoding": order.encoding,
        "model": _writer(run), "marks": _marks(run), "base_url": settings.base_url, "provider": settings.provider,
    }  # fmt: skip
    try:
        return digest_of(files, folders, values)
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(f"cannot be read ({reason})", where=str(error.filename)) from error


def _model(run: Run) -> "ChatModel | None":
    """Return the model that writes, to be looked at and not to be asked; None where the offline composer does."""
    from drafter.llm import NoRecorder

    return run.client(recorder=NoRecorder())


def _writer(run: Run) -> str | None:
    model = _model(run)
    return model.name if model else None


def _marks(run: Run) -> str:
    return f"{run.settings.thinking} {run.settings.temperature}"


def _rules(order: _Order) -> "Rules":
    from drafter.batch.intake import Rules
    from drafter.batch.unwanted import Unwanted, read_unwanted

    unwanted = read_unwanted(order.unwanted) if order.unwanted else Unwanted()
    return Rules(unwanted, order.flags["cool_down"])


def _taken_in(run: Run, order: _Order, runs: "Runs", digest: str, inputs: list[str], folder: Path) -> "BatchRun":
    """Take the rows in, and show what was understood and what it will take."""
    from drafter.batch.intake import take_in

    rules = _rules(order)
    sources = [_source(path, order) for path in inputs]
    for source in sources:
        _show_understood(source.understood)
    settings = {"model": _writer(run) or "offline", "tone": order.wishes.tone, "command": _command()}
    batch = runs.begin(folder, digest, settings)
    take_in(runs, batch, chain.from_iterable(sources), rules)
    _show_taken_in(run, order, runs, batch, rules)
    return batch


def _show_taken_in(run: Run, order: _Order, runs: "Runs", batch: "BatchRun", rules: "Rules") -> None:
    """Say how many rows are to be drafted, how many not, and what it will take."""
    from drafter.batch.intake import UNWANTED

    counts, held = runs.counts(batch), runs.held(batch)
    if first := "; ".join(_named(row.record) for row in islice(runs.pending(batch), 3)):
        say(f"   first rows: {first}")
    if rules.unwanted.entries:
        left = runs.rejected_for(batch, UNWANTED)
        say(f"   do-not-contact list: {rules.unwanted.entries:,} entries, {left:,} rows left out")
    rejected = counts.get("rejected", 0)
    say(f"   rows: {counts.get('pending', 0):,} to draft" + (f", {rejected:,} not" if rejected else ""))
    if held:
        say(f"   {held:,} of them were drafted lately: left out, unless their very draft is there (--cool-down)")
    asked = run.settings.wants_model
    needs = _forecast(run, order, runs, batch).in_words() if asked else "no calls; the offline composer writes"
    say(f"   will take: {needs}")


def _named(record: Any) -> str:
    parts = (str(record.get(key) or "").strip() for key in ("name", "affiliation"))
    return ", ".join(part[:40] for part in parts if part) or "without a name"


def _forecast(run: Run, order: _Order, runs: "Runs", batch: "BatchRun") -> "Forecast":
    from drafter.batch.forecast import SAMPLE, forecast, typical_plan
    from drafter.candidate import load_candidate

    model = _model(run)
    rows = min(runs.counts(batch).get("pending", 0), order.limit or sys.maxsize)
    people = (load_candidate(row.record, where=row.place).candidate for row in islice(runs.pending(batch), SAMPLE))
    plans = (typical_plan(run.library, person, run.sender[0], order.wishes) for person in people)
    return forecast(rows, plans, run.prompts, model.price if model else None, order.flags["variants"])


def _show_understood(understood: "Understood") -> None:
    separators = {",": "comma", ";": "semicolon", "\t": "tab", "，": "full-width comma"}
    parts = [understood.format, understood.encoding, separators.get(understood.separator, "")]
    say(f"{understood.name}: {', '.join(filter(None, parts))}")
    if understood.columns:
        known = [f"{heading} → {key}" for heading, key in understood.columns.items() if key and key != "-"]
        rest = [heading for heading, key in understood.columns.items() if not key]
        say(f"   columns: {', '.join(known)}" + (f"; kept as they are: {', '.join(rest[:12])}" if rest else ""))
    for note in understood.notes:
        say(f"   note: {note}")


def _agreed(order: _Order) -> bool:
    """Ask on a terminal; elsewhere nobody is there to answer."""
    return order.yes or not sys.stdin.isatty() or typer.confirm("Begin?", default=False, err=True)


def _command() -> str:
    return f"drafter {shlex.join(sys.argv[1:])}"


def _started(run: Run, order: _Order, runs: "Runs", batch: "BatchRun") -> int:
    """Do what is to be done, and say what came of it."""
    from drafter.batch.clerk import spare_garbage

    spare_garbage()
    stopped = run_async(_carried_out(run, order, runs, batch))
    return _concluded(order, runs, runs.again(batch), stopped)


async def _carried_out(run: Run, order: _Order, runs: "Runs", batch: "BatchRun") -> DrafterError | None:
    from drafter.batch.clerk import Setup
    from drafter.batch.pace import Pace, Purse
    from drafter.batch.start import Start
    from drafter.batch.throttle import Throttle
    from drafter.settings import data_path
    from drafter.store import StoreRecorder

    settings = run.settings
    price = _price(run, order)
    pace = None
    if settings.wants_model:
        throttle = Throttle(order.concurrency, order.rpm, order.tpm, now=asyncio.get_running_loop().time())
        pace = Pace(throttle, Purse(price, order.max_cost, runs.spent(batch)))
    client = run.client(gate=pace, recorder=StoreRecorder(runs.store))
    sender, notes = run.sender
    flags = {key: value for key, value in order.flags.items() if key != "cool_down"}
    setup = Setup(
        settings.library or data_path("library"), data_path("library"), data_path("prompts"), settings.tones, sender, notes,
        order.wishes, client.name if client else None, _marks(run), **flags,
    )  # fmt: skip
    workers = order.concurrency * 3 // 2 + OFFLINE_AT_ONCE if client else OFFLINE_AT_ONCE
    start = Start(runs, batch, setup, run.library, order.folder, client, pace, workers, order.limit, order.texts, say)

    # half a second in which the clerks come
    loading = asyncio.create_task(asyncio.to_thread(import_module, "openai")) if client else None

    async def work() -> DrafterError | None:
        with _interruptible() as engines, shown_progress(pace) as watch:

            def begin(engine: "Engine") -> None:
                engines.append(engine)
                watch(engine)

            return await start.carry_out(begin)

    try:
        return await closing(client, work())
    finally:
        if loading:
            await loading


def _price(run: Run, order: _Order) -> "Price | None":
    """Return what the model's tokens cost.

    Raises:
        UsageError: a ceiling is set, and nobody knows.
    """
    model = _model(run)
    if order.max_cost is not None and model and model.price is None:
        hint = "Put it into a file of prices and name that with DRAFTER_PRICES"
        raise UsageError(f"--max-cost: the price of {model.name} is not known", next=hint)
    return model.price if model else None


@contextmanager
def _interruptible() -> "Iterator[list[Engine]]":
    """Wait for the calls on their way at the first Ctrl-C or SIGTERM, drop them at the second."""
    engines: list[Engine] = []
    loop = asyncio.get_running_loop()
    before = {}

    def stop() -> None:
        for engine in engines:
            if isinstance(engine.stopped, Interrupted):
                engine.abort(Interrupted("interrupted"))
            else:
                say("\nwaiting for what is on its way; once more stops at once")
                engine.drain(Interrupted("interrupted"))

    for number in (signal.SIGINT, signal.SIGTERM):
        before[number] = signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop))
    try:
        yield engines
    finally:
        for number, handler in before.items():
            with suppress(ValueError, TypeError):
                signal.signal(number, handler)


def _concluded(order: _Order, runs: "Runs", batch: "BatchRun", stopped: DrafterError | None) -> int:
    """Print the summary and return the exit code."""
    from drafter.batch.summary import lines

    summary = batch.summary
    if order.json:
        print(
            json_line({"out": str(order.folder), "state": batch.state, "reason": batch.reason, **summary}), flush=True
        )
    for line in lines(summary):
        say(line)
    say(f"results: {order.folder / 'drafts.csv'}")
    if summary["failed"]:
        say("`--retry-failed` with the same command does the failed rows again")
    if stopped:
        say(f"stopped: {stopped}")
    if batch.state != "done":
        say(f"to go on: {_command()}")
    return _exit_code(summary, stopped)


def _exit_code(summary: Any, stopped: DrafterError | None) -> int:
    drafted = summary["ok"] + summary["needs_review"]
    if stopped and stopped.exit_code not in (NOTHING, 2):
        return stopped.exit_code
    if not drafted and (summary["failed"] or stopped or not summary["pending"]):
        return NOTHING
    return SOME if stopped or summary["needs_review"] or summary["failed"] or summary["unusable"] else DONE
