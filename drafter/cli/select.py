"""`drafter select`: which talk tracks fit a candidate, and why."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

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
    from drafter.assist import Assist
    from drafter.selector import TrackMatch
    from drafter.tables import Row


def select(
    candidates: Candidates,
    field: Annotated[str | None, typer.Option("--field", metavar="ID", help="Take the tracks of this field.")] = None,
    all: Annotated[bool, typer.Option("--all", help="Rank all tracks of the field.")] = False,
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
    """Choose the talk tracks for candidates, with reasons."""
    flags = {"library": library, "model": model, "base_url": base_url, "provider": provider, "store": store}
    run = Run(flags, keeps=not no_store)
    tally = Tally()
    if field is not None:
        field = run.planner.mapper.require(field)
    with output(out) as place:
        choice = _Choice(run, field, all, assist)
        work = _select_all(choice, rows(candidates, format, encoding), place, json, tally)
        run_async(closing(choice.client, work))
    raise typer.Exit(tally.exit_code)


@dataclass
class _Choice:
    """How tracks are chosen for one candidate."""

    run: Run
    field: str | None
    all: bool
    assisted: bool

    def __post_init__(self) -> None:
        self.client = self.run.connect("--assist") if self.assisted else None
        self.assist: Assist | None = self.run.assist(self.client) if self.client else None

    async def choose(self, row: "Row") -> "tuple[str | None, list[TrackMatch], tuple[str, ...]]":
        """Return the candidate's first field, the tracks, and what a model said."""
        if row.loaded is None:
            return None, [], ()
        from drafter.steering import disarm

        # as in a draft: what tries to steer the writer is no evidence
        disarmed, planner = disarm(row.loaded.candidate), self.run.planner
        candidate, told = disarmed.candidate, tuple(attempt.told for attempt in disarmed.attempts)
        if self.assist is None:
            fields = planner.mapper.map(candidate, self.field)
            first = fields[0].field if fields else None
            if self.all and first:
                return first, planner.selector.rank(candidate, first), told
            return first, planner.selector.select(candidate, fields), told
        with self.run.turn(candidate, "select"):
            fields, notes = await self.assist.fields(candidate, self.field)
            ranked, more = await self.assist.tracks(candidate, fields, always=self.all)
        first = fields[0].field if fields else None
        chosen = ranked if self.all else planner.selector.first_of(ranked)
        return first, chosen, (*told, *(note.message for note in (*notes, *more)))


async def _select_all(choice: _Choice, source: Iterable["Row"], place: Output, as_json: bool, tally: Tally) -> None:
    async for row, loaded, (first, tracks, notes) in each_usable(source, choice.choose, place, tally, as_json=as_json):
        warn(row.where, (*loaded.warnings, *notes))
        candidate = loaded.candidate
        if as_json:
            place.line(json_line({"id": candidate.id, "field": first, "tracks": [m.as_json() for m in tracks]}))
            continue
        place.line(f"{candidate.name or candidate.id}: {first or 'no field fits; general tracks'}")
        for match in tracks:
            place.line(f"  {match.score:.2f}  {match.track.id}  {match.track.zh}")
            place.line(f"        {'; '.join(match.reasons)}")
