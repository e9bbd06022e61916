"""`drafter status`: how far a batch is, or what came of it."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from drafter.cli.common import JsonOption, json_line, say
from drafter.errors import InputError


def status(
    folder: Annotated[str, typer.Argument(metavar="DIR", help="The folder that `drafter batch --out` was given.")],
    json: JsonOption = False,
) -> None:
    """Show how far a batch is, while it runs or afterwards."""
    from drafter.batch.folder import is_at_work, store_of
    from drafter.batch.summary import lines
    from drafter.store import Runs, Store

    place = Path(folder)
    path = store_of(place)
    if path is None or not path.exists():
        raise InputError(
            "is no folder of a batch", where=folder, next="Give the folder that `drafter batch --out` was given"
        )
    runs = Runs(Store(path))
    run = runs.find(place)
    if run is None:
        raise InputError(
            "no batch was begun here, or it is in the store no more", where=folder, next="Begin it with `drafter batch`"
        )
    if run.state == "running" and not is_at_work(place):
        run = replace(run, state="stopped", reason="its process was ended from outside")
    rows = runs.counts(run)
    if json:
        data = {"out": folder, "state": run.state, "reason": run.reason, "started": run.started, "rows": rows}
        print(json_line({**data, **({"summary": run.summary} if run.summary else {})}), flush=True)
        return
    done, total = sum(rows.values()) - rows.get("pending", 0), sum(rows.values())
    say(f"{folder}: {run.state}, {done:,} of {total:,} rows done" + (f" ({run.reason})" if run.reason else ""))
    say(f"   {run.settings['model']}, {run.settings['tone']}; begun {run.started[:16].replace('T', ' ')} UTC")
    for line in lines(run.summary) if run.summary and run.state != "running" else ():
        say(f"   {line}")
    if run.state in ("stopped", "new"):
        say(f"   to go on: {run.settings['command']}")
