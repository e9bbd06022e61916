"""`drafter rewrite` and `drafter followup`: a draft written anew, and the next mail of its thread."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from drafter.cli.common import (
    BaseUrlOption,
    ExcludeOption,
    FallbackOption,
    JsonOption,
    LibraryOption,
    ModelOption,
    NoJudgeOption,
    NoStoreOption,
    OutOption,
    Output,
    ProviderOption,
    Run,
    StoreOption,
    Tally,
    TracksOption,
    closing,
    json_line,
    one_of,
    output,
    run_async,
    split_ids,
)
from drafter.cli.printing import print_changes, print_draft
from drafter.errors import InputError, UsageError

if TYPE_CHECKING:
    from drafter.llm import ChatModel
    from drafter.planning import Plan
    from drafter.report import Draft

DraftArgument = Annotated[
    str, typer.Argument(metavar="DRAFT", help="A draft’s id in the store, a file with the draft’s JSON, or -.")
]


def rewrite(
    draft: DraftArgument,
    tone: Annotated[str | None, typer.Option("--tone", metavar="NAME", help="Another tone.")] = None,
    lang: Annotated[str | None, typer.Option("--lang", metavar="zh|en", help="Another language.")] = None,
    what: Annotated[str, typer.Option("--say", metavar="TEXT", help="What else to change, in your words.")] = "",
    model: ModelOption = None,
    base_url: BaseUrlOption = None,
    provider: ProviderOption = None,
    fallback: FallbackOption = None,
    no_judge: NoJudgeOption = False,
    store: StoreOption = None,
    no_store: NoStoreOption = False,
    library: LibraryOption = None,
    out: OutOption = None,
    json: JsonOption = False,
) -> None:
    """Write a draft anew: the same person, points and facts in another tone, language or manner."""
    flags = {"library": library, "model": model, "base_url": base_url, "provider": provider, "store": store}
    run = Run(flags, keeps=not no_store)
    language: Any = one_of(lang, ["zh", "en"], "--lang")
    if not (tone or language or what.strip()):
        raise UsageError("nothing to change", next="Give --tone, --lang or --say")
    if tone:
        run.prompts.tone(tone)
    old = find_draft(run, draft)
    plan = run.planner.revise(old, language=language, tone=tone, say=what.strip())
    wishes = [f"tone {tone}" if tone else "", f"language {lang}" if lang else "", what.strip()]
    job = _Job(run, old, plan, f"rewrite: {'; '.join(filter(None, wishes))}")
    job.finish(_Switches(fallback, no_judge, out, json))


def followup(
    draft: DraftArgument,
    tone: Annotated[str | None, typer.Option("--tone", metavar="NAME", help="Another tone.")] = None,
    lang: Annotated[str | None, typer.Option("--lang", metavar="zh|en", help="Another language.")] = None,
    tracks: TracksOption = None,
    exclude: ExcludeOption = None,
    model: ModelOption = None,
    base_url: BaseUrlOption = None,
    provider: ProviderOption = None,
    fallback: FallbackOption = None,
    no_judge: NoJudgeOption = False,
    store: StoreOption = None,
    no_store: NoStoreOption = False,
    library: LibraryOption = None,
    out: OutOption = None,
    json: JsonOption = False,
) -> None:
    """Write the next mail of a thread: points that were not raised before, and a light word on the first mail."""
    from drafter.planning import Wishes

    flags = {"library": library, "model": model, "base_url": base_url, "provider": provider, "store": store}
    run = Run(flags, keeps=not no_store)
    language: Any = one_of(lang, ["zh", "en"], "--lang")
    old = find_draft(run, draft)
    _refuse_second_follow_up(run, old)
    run.prompts.tone(tone or old.tone)
    plan = run.planner.follow_up(
        old, Wishes(language, tone or old.tone, tracks=split_ids(tracks), exclude=split_ids(exclude))
    )
    _Job(run, old, plan, f"follow-up {len(plan.thread)}").finish(_Switches(fallback, no_judge, out, json))


def _refuse_second_follow_up(run: Run, old: "Draft") -> None:
    """A mail has one follow-up, whichever of its versions was sent: a thread does not fork.

    Raises:
        InputError: it has one already; names it.
    """
    from drafter.errors import DrafterError

    try:
        store = run.require_store()
        made = store.follow_ups(store.find(old.id))
    except DrafterError:
        return  # a draft out of a file, of which nothing is known
    if made:
        raise InputError(
            f"this mail has a follow-up already: {made[-1].id}",
            next=f"`drafter rewrite {made[-1].id}` says it otherwise, `drafter followup {made[-1].id}` writes the next",
        )


def find_draft(run: Run, name: str) -> "Draft":
    """Return the draft that an argument names: a file with its JSON, standard input, or an id in the store.

    Raises:
        InputError: the file cannot be read or holds no draft.
        UsageError: no draft has this id.
        StoreError: no drafts are kept here, or the file of drafts cannot be opened.
    """
    if name == "-" or Path(name).suffix or Path(name).is_file():
        return _read_draft(name)
    return run.require_store().find(name).draft


def _read_draft(path: str) -> "Draft":
    from pydantic import ValidationError

    from drafter.candidate import explain
    from drafter.report import Draft
    from drafter.tables import read_records

    entries = list(read_records(path))
    if len(entries) != 1:
        raise InputError(f"holds {len(entries)} drafts", where=path, next="Give one: its id, or a file with it alone")
    (entry,) = entries
    if entry.error is not None:
        raise entry.error
    try:
        return Draft.model_validate(entry.record)
    except ValidationError as error:
        hint = "`drafter draft --json` prints drafts"
        raise InputError(f"is no draft ({explain(error)})", where=entry.where, next=hint) from error


@dataclass(frozen=True)
class _Switches:
    """How the new draft is made and shown."""

    fallback: str | None
    no_judge: bool
    out: str | None
    json: bool


@dataclass(frozen=True)
class _Job:
    """A draft that is to be made out of another."""

    run: Run
    old: "Draft"
    plan: "Plan"
    wish: str

    def finish(self, how: _Switches) -> None:
        """Make it, keep it, show it, and end the program."""
        one_of(how.fallback, ["offline"], "--fallback")
        client, tally = self.run.client(), Tally()
        with output(how.out) as place:
            new = run_async(closing(client, self._make(client, how)))
            self._show(new, place, as_json=how.json)
        tally.done, tally.review = int(new.status == "ok"), int(new.status != "ok")
        raise typer.Exit(tally.exit_code)

    async def _make(self, client: "ChatModel | None", how: _Switches) -> "Draft":
        desk = self.run.desk(client, fallback=how.fallback is not None, judged=not how.no_judge)
        with desk.turn(self.plan.given or self.plan.candidate, self.wish.partition(":")[0]):
            if desk.store:
                desk.store.keep_known(self.old)
            return await desk.write(self.plan, self.wish)

    def _show(self, new: "Draft", place: Output, *, as_json: bool) -> None:
        from drafter.text import changes

        # a follow-up is no version of the old mail, and two languages have no word in common
        comparable = new.thread == self.old.thread and new.language == self.old.language
        found = changes(_text(self.old), _text(new)) if comparable else []
        if as_json:
            listed = [{"kind": change.kind, "text": change.text} for change in found]
            place.line(json_line({**new.as_json(), "changes": listed} if listed else new.as_json()))
            return
        print_draft(new, self.run.library, place, as_json=False)
        if found:
            print_changes(found)


def _text(draft: "Draft") -> str:
    return f"{draft.subject}\n\n{draft.body}"
