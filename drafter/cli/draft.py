"""`drafter draft`: candidates in, checked mails out."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from drafter.cli.common import (
    AssistOption,
    BaseUrlOption,
    Candidates,
    FormatOption,
    JsonOption,
    LibraryOption,
    ModelOption,
    Output,
    ProviderOption,
    Run,
    SenderOption,
    Tally,
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
from drafter.errors import AuthError, DrafterError, InputError, QuotaError, UsageError

if TYPE_CHECKING:
    from drafter.drafting import Writer
    from drafter.llm import ChatModel
    from drafter.planning import Plan, Wishes
    from drafter.report import Draft
    from drafter.tables import Row


def draft(
    candidates: Candidates,
    lang: Annotated[str | None, typer.Option("--lang", metavar="zh|en", help="Language of the mail.")] = None,
    tone: Annotated[str, typer.Option("--tone", metavar="NAME", help="See `drafter tones`.")] = "professional",
    field: Annotated[str | None, typer.Option("--field", metavar="ID", help="The candidates' research field.")] = None,
    tracks: Annotated[str | None, typer.Option("--tracks", metavar="ID,ID", help="Raise these tracks.")] = None,
    exclude: Annotated[str | None, typer.Option("--exclude", metavar="ID,ID", help="Never these.")] = None,
    count: Annotated[int | None, typer.Option("--count", min=2, max=3, help="Number of tracks: 2 or 3.")] = None,
    sender: SenderOption = None,
    model: ModelOption = None,
    base_url: BaseUrlOption = None,
    provider: ProviderOption = None,
    fallback: Annotated[
        str | None, typer.Option("--fallback", metavar="offline", help="Write offline if the model fails.")
    ] = None,
    no_judge: Annotated[
        bool, typer.Option("--no-judge", help="Do not have the model look at the finished mail.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show plan and prompt; write nothing, call nobody.")
    ] = False,
    assist: AssistOption = False,
    no_store: Annotated[bool, typer.Option("--no-store", help="Keep no copy. This version never keeps one.")] = False,
    library: LibraryOption = None,
    format: FormatOption = None,
    out: Annotated[str | None, typer.Option("-o", metavar="FILE", help="Write here.")] = None,
    json: JsonOption = False,
) -> None:
    """Draft a mail to each candidate, check it, repair it, and say what is in it."""
    from drafter.planning import Wishes

    flags = {"library": library, "sender": sender, "model": model, "base_url": base_url, "provider": provider}
    run, tally = Run(flags), Tally()
    one_of(fallback, ["offline"], "--fallback")
    language: Any = one_of(lang, ["zh", "en"], "--lang")
    wishes = Wishes(language, tone, field, split_ids(tracks), split_ids(exclude), count)
    _check_wishes(run, wishes)
    desk = _Desk(run, wishes, dry_run=dry_run, fallback=fallback is not None, judged=not no_judge, assisted=assist)
    with output(out) as place:
        run_async(_draft_all(desk, rows(candidates, format), place, json, tally))
    if tally.done + tally.review + tally.failed > 1:
        say(f"{tally.done} ok, {tally.review} to review, {tally.failed} failed")
    raise typer.Exit(tally.exit_code)


def _check_wishes(run: Run, wishes: "Wishes") -> None:
    """Refuse unknown ids before anything is read or paid for."""
    if wishes.field:
        run.planner.mapper.require(wishes.field)
    run.planner.selector.check_wishes(wishes.tracks, wishes.exclude)
    if wishes.count and len(wishes.tracks) > wishes.count:
        raise UsageError(f"--tracks names {len(wishes.tracks)} tracks and --count only {wishes.count}")
    run.prompts.tone(wishes.tone)


@dataclass
class _Desk:
    """All that is needed to make one draft out of one row."""

    run: Run
    wishes: "Wishes"
    dry_run: bool
    fallback: bool
    judged: bool
    assisted: bool

    def __post_init__(self) -> None:
        from drafter.checker import Checker

        self.checker: Checker = Checker(self.run.library)
        self.sender, self.notes = self.run.sender
        self.client = self._connect()
        self.writer: Writer = self._writer()
        self.judge = self.run.judge(self.client, self.checker) if self.client and self.judged else None
        self.assist = self.run.assist(self.client or self.run.connect("--assist")) if self.assisted else None

    def _connect(self) -> "ChatModel | None":
        if self.dry_run or not self.run.settings.wants_model:
            return None
        from drafter.llm import connect

        return connect(self.run.settings)

    def _writer(self) -> "Writer":
        from drafter.drafting import ModelWriter

        return ModelWriter(self.client, self.run.prompts) if self.client else self._offline()

    def _offline(self) -> "Writer":
        from drafter.composer import Composer
        from drafter.drafting import OfflineWriter

        return OfflineWriter(Composer(self.run.library))

    async def plan(self, row: "Row") -> "Plan":
        """Plan a row's mail, the model's opinion asked first where that is wished; a bad row raises its error."""
        if row.loaded is None:
            raise row.error or InputError("cannot be read", where=row.where)
        from drafter.report import Finding

        notes = [Finding(rule="record.cleaned", level="warning", message=text) for text in row.loaded.warnings]
        candidate, wishes = row.loaded.candidate, self.wishes
        if self.assist:
            wishes, said = await self.assist.wishes(candidate, wishes)
            notes += said
        return self.run.planner.plan(candidate, self.sender, wishes, notes=[*self.notes, *notes])

    async def make(self, row: "Row") -> "Draft | Plan | DrafterError":
        """Return the draft, or the plan in a dry run, or why there is neither."""
        from drafter.drafting import write

        try:
            plan = await self.plan(row)
            if self.dry_run:
                return plan
            fallback = self._offline() if self.fallback else None
            return await write(plan, self.writer, self.checker, fallback=fallback, judge=self.judge)
        except DrafterError as error:
            error.where = error.where or row.where
            return error

    async def close(self) -> None:
        """Give back the connections."""
        if self.client is not None:
            await self.client.aclose()


async def _draft_all(desk: _Desk, source: Iterable["Row"], place: Output, as_json: bool, tally: Tally) -> None:
    try:
        async for row, made in in_order(source, desk.make):
            if isinstance(made, AuthError | QuotaError):
                raise made  # every further row would end the same way
            if isinstance(made, DrafterError):
                failed_row(place, as_json, row.id, made, tally)
            else:
                _show(desk, row, made, place, as_json, tally)
    finally:
        await desk.close()


def _show(desk: _Desk, row: "Row", made: "Draft | Plan", place: Output, as_json: bool, tally: Tally) -> None:
    from drafter.report import Draft

    if isinstance(made, Draft):
        tally.done += made.status == "ok"
        tally.review += made.status != "ok"
        if as_json:
            place.line(json_line(made.as_json()))
        else:
            _print_draft(made, desk, row, place)
        return
    tally.done += 1
    if as_json:
        place.line(json_line(_plan_json(desk, made)))
    else:
        _print_plan(desk, made, place)


def _plan_json(desk: _Desk, plan: "Plan") -> dict[str, Any]:
    messages = desk.run.prompts.messages(plan)
    return {
        "id": plan.candidate.id,
        "language": plan.language,
        "tone": plan.tone,
        "fields": [match.as_json() for match in plan.fields],
        "tracks": [match.as_json() for match in plan.tracks],
        "findings": [finding.model_dump() for finding in plan.findings],
        "prompt_digest": desk.run.prompts.digest(plan),
        "messages": [{"role": m.role, "content": m.content} for m in messages],
    }


def _print_plan(desk: _Desk, plan: "Plan", place: Output) -> None:
    data = _plan_json(desk, plan)
    place.line(f"# {plan.candidate.name or plan.candidate.id}: {', '.join(plan.track_ids)} in {plan.language}")
    for message in data["messages"]:
        place.line(f"===== {message['role']} =====\n{message['content']}\n")


def _print_draft(draft: "Draft", desk: _Desk, row: "Row", place: Output) -> None:
    """Print the mail on standard output, and what is known about it around it on standard error."""
    from drafter.composer import Composer

    offline = " (offline: no language model wrote this)" if draft.model == Composer.name else ""
    name = draft.candidate.get("name") or draft.candidate_id
    status = "ok" if draft.status == "ok" else "NEEDS REVIEW"
    say(f"━━ {name} · {status} · {draft.language} · {draft.tone} · {draft.model}{offline}")
    for match in draft.fields:
        words = ", ".join(f"“{e['text']}” ({e['source']})" for e in match["evidence"][:4])
        say(
            f"   field  {match['field']} ({desk.run.library.fields[match['field']].name.zh}) {match['score']:.2f}: {words}"
        )
    say("")
    place.line(f"Subject: {draft.subject}\n\n{draft.body}\n")
    for verdict in draft.tracks:
        mark = {"present": "✓", "absent": "✗", "unsure": "?"}[verdict.verdict]
        say(f"   {mark} {verdict.track} {verdict.verdict}: {verdict.quote or verdict.why}")
    for finding in draft.findings:
        say(f"   {finding.level}: {finding.message}" + (f" [{finding.quote}]" if finding.quote else ""))
    say("")
