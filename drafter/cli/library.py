"""`drafter library lint` and `drafter library convert`: looking after a library."""

from pathlib import Path
from typing import Annotated, Any

import typer

from drafter.cli.common import DONE, SOME, JsonOption, LibraryOption, Run, json_line, say
from drafter.errors import InputError

app = typer.Typer(help="Look after a library of talk tracks.", no_args_is_help=True)


@app.command("lint")
def lint(
    path: Annotated[
        str | None, typer.Argument(help="A folder of YAML files or a Markdown document; the one in use if left out.")
    ] = None,
    library: LibraryOption = None,
    json: JsonOption = False,
) -> None:
    """Check cards, twins, collisions between siblings, stale words and examples."""
    from drafter.lint import check_library

    held = Run({"library": path or library}).library
    errors = warnings = 0
    for finding in check_library(held):
        errors += finding.level == "error"
        warnings += finding.level == "warning"
        if json:
            print(json_line(finding.model_dump()))
        else:
            print(
                f"{finding.level:8} {finding.rule}: {finding.message}"
                + (f"\n         {finding.quote}" if finding.quote else "")
            )
    say(f"{len(held.tracks)} tracks: {errors} errors, {warnings} warnings")
    raise typer.Exit(SOME if errors else DONE)


@app.command("convert")
def convert(
    document: Annotated[str, typer.Argument(help="A Markdown document of talk tracks.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="The folder to write YAML files into.")],
) -> None:
    """Turn a Markdown document into YAML files with derived cards, to be refined by hand."""
    import yaml

    library = Run({"library": document}).library
    if out.exists() and any(out.iterdir()):
        raise InputError("is not empty and is left as it is", where=str(out), next="Name a new folder with --out")
    try:
        out.mkdir(parents=True, exist_ok=True)
        for field in library.fields.values():
            data = _shortened(field.model_dump(mode="json", exclude_defaults=True))
            for track in data["tracks"]:
                track.pop("field", None)
            text = yaml.safe_dump(data, allow_unicode=True, sort_keys=False, width=140)
            (out / f"{field.id}.yaml").write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise InputError(f"cannot be written ({error.strerror})", where=str(out)) from error
    say(f"wrote {len(library.fields)} files with {len(library.tracks)} tracks to {out}")
    say(f"next: add English, `say` sentences and more ways to say each idea; then drafter library lint {out}")


def _shortened(value: Any) -> Any:
    """Leave out what is empty, so that the files hold only what there is."""
    if isinstance(value, dict):
        return {k: _shortened(v) for k, v in value.items() if v not in (None, [], {}, "")}
    return [_shortened(v) for v in value] if isinstance(value, list) else value
