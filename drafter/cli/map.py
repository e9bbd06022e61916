"""`drafter map`: which research fields a candidate is in, and which words say so."""

from typing import Annotated

import typer

from drafter.cli.common import (
    Candidates,
    FormatOption,
    JsonOption,
    LibraryOption,
    Output,
    Run,
    Tally,
    failed_row,
    json_line,
    output,
    rows,
    warn,
)
from drafter.errors import DrafterError


def map_command(
    candidates: Candidates,
    library: LibraryOption = None,
    format: FormatOption = None,
    out: Annotated[str | None, typer.Option("-o", metavar="FILE", help="Write here.")] = None,
    json: JsonOption = False,
) -> None:
    """Name the research fields of candidates, with the words that speak for each."""
    from drafter.candidate import Candidate
    from drafter.mapper import FieldMatch

    run, tally = Run({"library": library}), Tally()
    mapper = run.planner.mapper

    def show(place: Output, candidate: Candidate, fields: tuple[FieldMatch, ...]) -> None:
        place.line(f"{candidate.name or candidate.id}")
        for match in fields:
            name = run.library.fields[match.field].name
            words = ", ".join(f"“{e.text}” ({e.source})" for e in match.evidence)
            place.line(f"  {match.score:.2f}  {match.field} ({name.zh}): {words}")
        if not fields:
            place.line("  no field of the library fits: nothing in the record belongs to one of them")

    with output(out) as place:
        for row in rows(candidates, format):
            if row.loaded is None:
                failed_row(place, json, row.id, row.error or DrafterError("cannot be read"), tally)
                continue
            warn(row.where, row.loaded.warnings)
            candidate = row.loaded.candidate
            fields = mapper.map(candidate)
            tally.done += 1
            if json:
                place.line(json_line({"id": candidate.id, "fields": [m.as_json() for m in fields]}))
            else:
                show(place, candidate, fields)
    raise typer.Exit(tally.exit_code)
