"""`drafter map`: which research fields a candidate is in, and which words say so."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import typer

from drafter.cli.common import (
    AssistOption,
    BaseUrlOption,
    Candidates,
    EncodingOption,
    FormatOption,
    JsonOption,
    LibraryOption,
    ModelOption,
    NoStoreOption,
    OutOption,
    Output,
    ProviderOption,
    Run,
    StoreOption,
    Tally,
    closing,
    each_usable,
    json_line,
    output,
    rows,
    run_async,
    warn,
)

if TYPE_CHECKING:
    from drafter.candidate import Candidate
    from drafter.llm import ChatModel
    from drafter.mapper import FieldMatch
    from drafter.tables import Row

    Mapped = tuple[tuple[FieldMatch, ...], tuple[str, ...]]


def map_command(
    candidates: Candidates,
    assist: AssistOption = False,
    model: ModelOption = None,
    base_url: BaseUrlOption = None,
    provider: ProviderOption = None,
    store: StoreOption = None,
    no_store: NoStoreOption = False,
    library: LibraryOption = None,
    format: FormatOption = None,
    encoding: EncodingOption = None,
    out: OutOption = None,
    json: JsonOption = False,
) -> None:
    """Name the research fields of candidates, with the words that speak for each."""
    flags = {"library": library, "model": model, "base_url": base_url, "provider": provider, "store": store}
    run = Run(flags, keeps=not no_store)
    tally = Tally()
    with output(out) as place:
        client = run.connect("--assist") if assist else None
        work = _map_all(run, client, rows(candidates, format, encoding), place, tally, as_json=json)
        run_async(closing(client, work))
    raise typer.Exit(tally.exit_code)


async def _map_all(
    run: Run, client: "ChatModel | None", source: Iterable["Row"], place: Output, tally: Tally, *, as_json: bool
) -> None:
    from drafter.steering import disarm

    assist = run.assist(client) if client else None

    async def fields(row: "Row") -> "Mapped":
        if row.loaded is None:
            return (), ()
        if assist is None:
            disarmed = disarm(row.loaded.candidate)
            return run.planner.mapper.map(disarmed.candidate), tuple(each.told for each in disarmed.attempts)
        with run.turn(row.loaded.candidate, "map"):
            found, notes = await assist.fields(row.loaded.candidate)
        return found, tuple(note.message for note in notes)

    async for row, loaded, (found, notes) in each_usable(source, fields, place, tally, as_json=as_json):
        warn(row.where, (*loaded.warnings, *notes))
        candidate = loaded.candidate
        if as_json:
            place.line(json_line({"id": candidate.id, "fields": [match.as_json() for match in found]}))
        else:
            _show(run, place, candidate, found)


def _show(run: Run, place: Output, candidate: "Candidate", fields: "tuple[FieldMatch, ...]") -> None:
    place.line(f"{candidate.name or candidate.id}")
    for match in fields:
        name = run.library.fields[match.field].name
        words = ", ".join(f"“{e.text}” ({e.source})" for e in match.evidence)
        place.line(f"  {match.score:.2f}  {match.field} ({name.zh}): {words}")
    if not fields:
        place.line("  no field of the library fits: nothing in the record belongs to one of them")
