"""`drafter init`: a sender of one's own."""

from pathlib import Path
from typing import Annotated

import typer

from drafter.cli.common import say
from drafter.errors import InputError


def init(
    folder: Annotated[Path, typer.Argument(help="Where to write; the current folder if left out.")] = Path(),
) -> None:
    """Write sender.yaml to fill in, and a drafter.toml that points to it."""
    from drafter.settings import data_path

    sender, config = folder / "sender.yaml", folder / "drafter.toml"
    for path in (sender, config):
        if path.exists():
            raise InputError("exists already and is left as it is", where=str(path), next="Choose another folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        sender.write_text(data_path("sender.yaml").read_text(encoding="utf-8"), encoding="utf-8", newline="\n")
        config.write_text('sender = "sender.yaml"\n', encoding="utf-8", newline="\n")
    except OSError as error:
        raise InputError(f"cannot be written ({error.strerror})", where=str(folder)) from error
    say(f"wrote {sender} (replace the invented lab by yours) and {config}")
    say("next: drafter draft CANDIDATES from this folder")
