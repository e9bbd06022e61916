"""`drafter draft`: candidates in, checked mails out."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from drafter.cli.common import (
    AssistOption,
    BaseUrlOption,
    Candidates,
    CountOption,
    EncodingOption,
    ExcludeOption,
    FallbackOption,
    FieldOption,
    FormatOption,
    JsonOption,
    LangOption,
    LibraryOption,
    ModelOption,
    NoJudgeOption,
    NoStoreOption,
    OutOption,
    Output,
    ProviderOption,
    Run,
    SenderOption,
    StoreOption,
    Tally,
    ToneOption,
    TracksOption,
    check_wishes,
    closing,
    failed_row,
    in_order,
    json_line,
    one_of,
    output,
    rows,
    run_async,
    say,
    split_ids,
)
from drafter.cli.printing import print_draft, print_variants
from drafter.errors import DrafterError, InputError

if TYPE_CHECKING:
    from drafter.desk import Desk
    from drafter.drafting import Ranked
    from drafter.planning import Plan, Wishes
    from drafter.report import Draft
    from drafter.tables import Row


def draft(
    candidates: Candidates,
    lang: LangOption = None,
    tone: ToneOption = "professional",
    field: FieldOption = None,
    tracks: TracksOption = None,
    exclude: ExcludeOption = None,
    count: CountOption = None,
    sender: SenderOption = None,
    model: ModelOption = None,
    base_url: BaseUrlOption = None,
    provider: ProviderOption = None,
    fallback: FallbackOption = None,
    no_judge: NoJudgeOption = False,
    assist: AssistOption = False,
    variants: Annotated[
        int,
        typer.Option("--variants", metavar="N", min=1, max=9, help="Write N mails a person that differ, best first."),
    ] = 1,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show plan and prompt; write nothing, call nobody.")
    ] = False,
    store: StoreOption = None,
    no_store: NoStoreOption = False,
    library: LibraryOption = None,
    format: FormatOption = None,
    encoding: EncodingOption = None,
    out: OutOption = None,
    json: JsonOption = False,
) -> None:
    """Draft a mail to each candidate, check it, repair it, and say what is in it."""
    from drafter.planning import Wishes

    flags = {"library": library, "sender": sender, "model": model, "base_url": base_url, "provider": provider}
    run, tally = Run({**flags, "store": store}, keeps=not (no_store or dry_run)), Tally()
    one_of(fallback, ["offline"], "--fallback")
    language: Any = one_of(lang, ["zh", "en"], "--lang")
    wishes = Wishes(language, tone, field, split_ids(tracks), split_ids(exclude), count)
    check_wishes(run, wishes)
    _ = run.sender  # a sender that cannot be read is said once, not with every row
    client = None if dry_run else run.client()
    desk = run.desk(client, fallback=fallback is not None, judged=not no_judge, assisted=assist)
    job = _Job(run, desk, wishes, dry_run, variants)
    with output(out) as place:
        run_async(closing(client, _draft_all(job, rows(candidates, format, encoding), place, json, tally)))
    if tally.done + tally.review + tally.failed > 1:
        say(f"{tally.done} ok, {tally.review} to review, {tally.failed} failed")
        if spent := tally.spent.in_words():
            say(f"all together {spent}")
    raise typer.Exit(tally.exit_code)


@dataclass(frozen=True)
class _Job:
    """What is wished of every row."""

    run: Run
    desk: "Desk"
    wishes: "Wishes"
    dry_run: bool
    variants: int

    async def make(self, row: "Row") -> "list[Ranked] | Draft | Plan | DrafterError":
        """Return a row's draft, or its variants, or in a dry run the plan, or why there is neither."""
        try:
            if row.loaded is None:
                raise row.error or InputError("cannot be read", where=row.where)
            sender, notes = self.run.sender
            if self.dry_run:
                return await self.desk.plan(row.loaded, sender, self.wishes, notes)
            with self.desk.turn(row.loaded.candidate, "draft"):
                plan = await self.desk.plan(row.loaded, sender, self.wishes, notes)
                if self.variants > 1:
                    return await self.desk.variants(plan, self.variants)
                return await self.desk.write(plan, "draft")
        except DrafterError as error:
            error.where = error.where or row.where
            return error


async def _draft_all(job: _Job, source: Iterable["Row"], place: Output, as_json: bool, tally: Tally) -> None:
    async for row, made in in_order(source, job.make):
        if isinstance(made, DrafterError) and made.ends_run:
            raise made
        if isinstance(made, DrafterError):
            failed_row(place, as_json, row.id, made, tally)
        else:
            _show(job, made, place, as_json, tally)


def _show(job: _Job, made: "list[Ranked] | Draft | Plan", place: Output, as_json: bool, tally: Tally) -> None:
    from drafter.planning import Plan

    if isinstance(made, Plan):
        tally.done += 1
        _print_plan(job.run, made, place, as_json)
        return
    for draft in [each.draft for each in made] if isinstance(made, list) else [made]:
        tally.spent += draft.usage
    best = made[0].draft if isinstance(made, list) else made
    tally.done += best.status == "ok"
    tally.review += best.status != "ok"
    if isinstance(made, list):
        print_variants(made, job.run.library, place, as_json=as_json)
    else:
        print_draft(made, job.run.library, place, as_json=as_json)


def _print_plan(run: Run, plan: "Plan", place: Output, as_json: bool) -> None:
    if as_json:
        place.line(json_line(_plan_json(run, plan)))
        return
    place.line(f"# {plan.candidate.name or plan.candidate.id}: {', '.join(plan.track_ids)} in {plan.language}")
    for message in run.prompts.messages(plan):
        place.line(f"===== {message.role} =====\n{message.content}\n")


def _plan_json(run: Run, plan: "Plan") -> dict[str, Any]:
    messages = run.prompts.messages(plan)
    return {
        "id": plan.candidate.id,
        "language": plan.language,
        "tone": plan.tone,
        "fields": [match.as_json() for match in plan.fields],
        "tracks": [match.as_json() for match in plan.tracks],
        "findings": [finding.model_dump() for finding in plan.findings],
        "prompt_digest": run.prompts.digest(plan),
        "messages": [{"role": m.role, "content": m.content} for m in messages],
    }
