"""`drafter list`, `show`, `restore`, `forget`: what the store holds."""

from typing import TYPE_CHECKING, Annotated

import typer

from drafter.cli.common import JsonOption, LibraryOption, Output, Run, StoreOption, json_line, one_of, output, say
from drafter.cli.printing import print_changes, print_draft

if TYPE_CHECKING:
    from drafter.store import Call, Store, Version

IdArgument = Annotated[str, typer.Argument(metavar="DRAFT", help="A draft’s id, or the beginning of it.")]


def list_command(
    person: Annotated[
        str | None, typer.Option("--to", metavar="TEXT", help="Only people whose name or address holds this.")
    ] = None,
    status: Annotated[str | None, typer.Option("--status", metavar="ok|needs_review", help="Only these.")] = None,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """List the drafts that are kept, newest first, each mail in the version that counts."""
    one_of(status, ["ok", "needs_review"], "--status")
    for version in Run({"store": store}).require_store().listed():
        row = version.as_json()
        if (status and row["status"] != status) or not _is_to(row["name"], row["email"], person):
            continue
        print(json_line(row) if json else _line(version), flush=True)


def _is_to(name: str, email: str, person: str | None) -> bool:
    return person is None or person.lower() in name.lower() or person.lower() in email.lower()


def _line(version: "Version") -> str:
    row = version.as_json()
    mark = "ok    " if row["status"] == "ok" else "review"
    thread = f" follow-up {len(version.draft.thread)}" if version.draft.thread else ""
    what = f"{row['language']} {row['tone']} v{row['version']}{thread}"
    return f"{row['id']}  {row['made'][:16].replace('T', ' ')} UTC  {mark}  {what:20}  {row['name'] or row['candidate_id']}: {row['subject']}"


def show(
    draft: IdArgument,
    compare: Annotated[
        str | None, typer.Option("--compare", metavar="ID", help="Show what differs from this draft.")
    ] = None,
    calls: Annotated[bool, typer.Option("--calls", help="Show each request to a model and what came back.")] = False,
    store: StoreOption = None,
    library: LibraryOption = None,
    json: JsonOption = False,
) -> None:
    """Show a draft that is kept, with all its versions."""
    run = Run({"store": store, "library": library})
    held = run.require_store()
    version = held.find(draft)
    with output(None) as place:
        if json:
            place.line(json_line(_as_json(held, version, calls=calls)))
            return
        print_draft(version.draft, run.library, place, as_json=False)
        for other in held.versions(version.mail):
            mark = "→" if other.id == version.id else " "
            say(
                f" {mark} {other.id}  v{other.number}  {other.made[:16].replace('T', ' ')}  {other.wish}"
                + ("  (counts)" if other.current else "")
            )
        if compare:
            _compare(held.find(compare), version)
        for call in held.calls(version) if calls else ():
            _print_call(call, place)


def _as_json(store: "Store", version: "Version", *, calls: bool) -> dict[str, object]:
    data: dict[str, object] = {
        **version.draft.as_json(),
        "versions": [v.as_json() for v in store.versions(version.mail)],
    }
    if calls:
        data["calls"] = [call.as_json() for call in store.calls(version)]
    return data


def _compare(old: "Version", new: "Version") -> None:
    from drafter.text import changes

    say(f"\nfrom {old.id} (v{old.number}) to {new.id} (v{new.number}):")
    print_changes(changes(f"{old.draft.subject}\n\n{old.draft.body}", f"{new.draft.subject}\n\n{new.draft.body}"))


def _print_call(call: "Call", place: Output) -> None:
    took = f"{call.usage['input']} tokens in, {call.usage['output']} out" if call.usage else "nothing came back"
    place.line(f"===== {call.sent} {call.model} at {call.address} ({call.mode}): {call.error or 'ok'}, {took}")
    for message in call.request:
        place.line(f"----- {message['role']}\n{message['content']}")
    place.line(f"----- reply\n{call.reply or ''}\n")


def restore(draft: IdArgument, store: StoreOption = None) -> None:
    """Make an older version of a mail the one that counts."""
    held = Run({"store": store}).require_store()
    version = held.find(draft)
    held.restore(version)
    say(f"{version.id} (v{version.number}) counts now")


def forget(
    who: Annotated[
        str, typer.Argument(metavar="EMAIL", help="The person’s address; or a draft’s id, where none is known.")
    ],
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Delete all that is kept of a person: drafts, requests and answers."""
    gone = Run({"store": store}).require_store().forget(who)
    if json:
        print(json_line({"drafts": gone.drafts, "calls": gone.calls}), flush=True)
    elif gone.works:
        say(f"deleted: {gone.drafts} drafts, {gone.calls} requests to models")
    else:
        say(f"nothing is kept of {who}")
