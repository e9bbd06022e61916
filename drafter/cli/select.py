"""`drafter select`: which talk tracks fit a candidate, and why."""

from typing import Annotated

import typer

from drafter.cli.common import (
    Candidates,
    FormatOption,
    JsonOption,
    LibraryOption,
    Run,
    Tally,
    failed_row,
    json_line,
    output,
    rows,
    warn,
)
from drafter.errors import DrafterError


def select(
    candidates: Candidates,
    field: Annotated[str | None, typer.Option("--field", metavar="ID", help="Take the tracks of this field.")] = None,
    all: Annotated[bool, typer.Option("--all", help="Rank all tracks of the field.")] = False,
    library: LibraryOption = None,
    format: FormatOption = None,
    out: Annotated[str | None, typer.Option("-o", metavar="FILE", help="Write here.")] = None,
    json: JsonOption = False,
) -> None:
    """Choose the talk tracks for candidates, with reasons."""
    run, tally = Run({"library": library}), Tally()
    planner = run.planner
    if field is not None:
        field = planner.mapper.require(field)
    with output(out) as place:
        for row in rows(candidates, format):
            if row.loaded is None:
                failed_row(place, json, row.id, row.error or DrafterError("cannot be read"), tally)
                continue
            warn(row.where, row.loaded.warnings)
            candidate = row.loaded.candidate
            fields = planner.mapper.map(candidate, field)
            first = fields[0].field if fields else None
            if all and first:
                tracks = planner.selector.rank(candidate, first)
            else:
                tracks = planner.selector.select(candidate, fields)
            tally.done += 1
            if json:
                place.line(json_line({"id": candidate.id, "field": first, "tracks": [m.as_json() for m in tracks]}))
                continue
            place.line(f"{candidate.name or candidate.id}: {first or 'no field fits; general tracks'}")
            for match in tracks:
                place.line(f"  {match.score:.2f}  {match.track.id}  {match.track.zh}")
                place.line(f"        {'; '.join(match.reasons)}")
    raise typer.Exit(tally.exit_code)
