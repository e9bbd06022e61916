"""`drafter fields`, `drafter tracks`, `drafter tones`: what there is to choose from."""

from typing import Annotated

import typer

from drafter.cli.common import JsonOption, LibraryOption, Run, json_line
from drafter.errors import UsageError


def fields(library: LibraryOption = None, json: JsonOption = False) -> None:
    """List the research fields of the library."""
    for field in Run({"library": library}).library.fields.values():
        row = {
            "field": field.id,
            "zh": field.name.zh,
            "en": field.name.en,
            "aliases": list(field.aliases),
            "tracks": len(field.tracks),
        }
        print(
            json_line(row) if json else f"{field.id:20} {len(field.tracks):3}  {field.name.zh}  {field.name.en or ''}"
        )


def tracks(
    field: Annotated[str | None, typer.Option("--field", metavar="ID", help="Only this field's.")] = None,
    library: LibraryOption = None,
    json: JsonOption = False,
) -> None:
    """List the talk tracks of the library."""
    held = Run({"library": library}).library
    if field is not None and field not in held.fields:
        raise UsageError(f"no field “{field}” in the library", next="`drafter fields` lists them")
    for track in held:
        if field is not None and track.field != field:
            continue
        if json:
            lead = {"zh": track.lead.zh, "en": track.lead.en} if track.lead else None
            row = {"track": track.id, "field": track.field, "kind": track.kind, "zh": track.zh, "en": track.en}
            print(json_line({**row, "lead": lead, "twins": list(track.twins)}))
        else:
            print(f"{track.id}\n    {track.zh}\n    {track.en or '(no English)'}")


def tones(json: JsonOption = False) -> None:
    """List the tones a mail can be written in."""
    for tone in Run().prompts.tones.values():
        row = {"tone": tone.id, "name": {"zh": tone.name.zh, "en": tone.name.en}, "zh": tone.zh, "en": tone.en}
        print(json_line(row) if json else f"{tone.id:14} {tone.name.zh}\n    {tone.zh}\n    {tone.en}")
