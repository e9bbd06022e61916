"""The command line: registers the commands, one file each."""

import gc
import os
import sys
from contextlib import suppress
from typing import Annotated

import typer

from drafter.cli import batch, check, config, doctor, draft, init, kept, library, listings, map, rework, select, status
from drafter.cli.common import guarded

app = typer.Typer(
    help="Write a first e-mail to an AI researcher, and prove what it says.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("draft")(draft.draft)
app.command("batch")(batch.batch)
app.command("status")(status.status)
app.command("rewrite")(rework.rewrite)
app.command("followup")(rework.followup)
app.command("list")(kept.list_command)
app.command("show")(kept.show)
app.command("restore")(kept.restore)
app.command("forget")(kept.forget)
app.command("map")(map.map_command)
app.command("select")(select.select)
app.command("check")(check.check)
app.command("fields")(listings.fields)
app.command("tracks")(listings.tracks)
app.command("tones")(listings.tones)
app.add_typer(library.app, name="library")
app.command("doctor")(doctor.doctor)
app.command("config")(config.config)
app.command("init")(init.init)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"drafter {version('drafter')}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Write a first e-mail to an AI researcher, and prove what it says."""


def run() -> None:
    """Run the program and exit."""
    # a library is read into a hundred thousand objects that stay; looking among them for garbage is a tenth of a short command
    gc.set_threshold(20_000, 20, 20)
    code = guarded(app)
    with suppress(OSError):  # what was printed before an error; whatever is wrong with the output was said
        sys.stdout.flush()
    os._exit(code)  # taking a library apart, piece by piece, is nobody's wish
