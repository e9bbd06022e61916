"""The story on one page: a plan is written, checked, repaired, and becomes a draft.

plan -> writer -> reply -> check -> draft
          ^______ findings ______|

Where a judge is given, the check asks it about what the rules leave open; the mail that is taken it reads once as a whole.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

from drafter.candidate import Sender
from drafter.checker import Checker, Mail
from drafter.composer import Composer
from drafter.errors import AuthError, BadReply, DrafterError, ModelError
from drafter.judge import Judge
from drafter.llm import Model, Usage, parse_mail
from drafter.planning import CARRIED, DEFAULT_TONE, Plan
from drafter.prompting import REPLY_SCHEMA, Prompts, Try, best_try, digest_of, problems
from drafter.report import Draft, Finding, Letter, Reply, Report, Spent
from drafter.text import count_han, count_words, fold

REPAIRS = 2
"""Most times a writer is shown what is wrong with its mail."""


@dataclass(frozen=True)
class Written:
    """What a writer hands back: the reply, what it took, the digest of what was asked, and what it could not do."""

    reply: Reply
    spent: Spent
    digest: str
    remarks: tuple[Finding, ...] = ()


class Writer(Protocol):
    """Turns a plan, and what was wrong with earlier tries, into a reply."""

    name: str

    async def write(self, plan: Plan, tries: Sequence[Try]) -> Written:
        """Write, or repair the last try.

        Raises:
            DrafterError: no reply that can be used.
        """
        ...


class ModelWriter:
    """Writes with a language model."""

    def __init__(self, model: Model, prompts: Prompts) -> None:
        self.name = model.name
        self._model, self._prompts = model, prompts

    async def write(self, plan: Plan, tries: Sequence[Try]) -> Written:
        """Ask the model; see `Writer.write`."""
        messages = self._prompts.messages(plan, tries)
        completion = await self._model.complete(messages, schema=REPLY_SCHEMA)
        reply = Reply.model_validate(parse_mail(completion.text))
        digest = self._prompts.digest(plan) if tries else digest_of(messages)
        return Written(reply, _spent(completion.usage), digest)


class OfflineWriter:
    """Writes without a model, from the library's own sentences."""

    name = Composer.name
    """What such drafts are labelled with."""

    def __init__(self, composer: Composer) -> None:
        self._composer = composer

    async def write(self, plan: Plan, tries: Sequence[Try]) -> Written:
        """Compose; see `Writer.write`. A repair takes other wordings."""
        reply = self._composer.compose(plan, attempt=len(tries))
        remarks = []
        if plan.tone != DEFAULT_TONE and not self._composer.has_tone(plan.tone):
            message = f"the offline composer knows nothing of the tone “{plan.tone}”; it needs a model"
            remarks.append(Finding(rule="writer.tone", level="warning", message=message))
        if plan.candidate.public_notes:
            message = "the offline composer does not follow your notes; it needs a model"
            remarks.append(Finding(rule="writer.notes", level="warning", message=message))
        if plan.say:
            message = "the offline composer cannot follow a wish in words; it needs a model"
            remarks.append(Finding(rule="writer.wish", level="warning", message=message))
        return Written(reply, Spent(cost=0.0), plan.digest, tuple(remarks))


async def write(
    plan: Plan,
    writer: Writer,
    checker: Checker,
    *,
    fallback: Writer | None = None,
    judge: Judge | None = None,
    grounding: bool = True,
    begun: Sequence[Try] = (),
) -> Draft:
    """Write, check and, where needed, repair the mail of a plan.

    Args:
        plan: what to write.
        writer: the model or the offline composer.
        checker: judges every try.
        fallback: writes instead if the writer gives nothing that can be used, except where its key was refused.
        judge: settles what the checker leaves open, and reads the mail that is taken for what it states.
        grounding: have the judge read it so; else it settles only what is open.
        begun: what was written before, with what is wrong with it: it is repaired.

    Returns:
        The best try as a draft: `ok`, or `needs_review` with the reasons among its findings. Where the writer answered
        and no answer could be read, it is an empty one that says so.

    Raises:
        DrafterError: no answer came and there is no fallback, or the judge's key was refused.
    """
    judge = judge.apart() if judge else None
    work = await _work(plan, writer, checker, judge, begun)
    # the first of equals: a repair that makes nothing better is thrown away
    best, failure = best_try(work.tries), work.failure
    if best and best.reply and best.report:
        report = best.report
        if judge and grounding:
            report = await judge.judge(_mail(plan, best.reply), report, only=(), grounding=True)
        if judge:
            work.spent += _spent(judge.spent)
        return _draft(plan, writer.name, best.reply, report, work)
    if fallback and isinstance(failure, ModelError) and not isinstance(failure, AuthError):
        draft = await write(plan, fallback, checker)
        note = Finding(rule="writer.fallback", level="warning", message=f"written offline, because: {failure}")
        return draft.model_copy(update={"findings": (*draft.findings, note)})
    if isinstance(failure, BadReply):
        nothing = Reply(subject="", body="")
        return _draft(plan, writer.name, nothing, checker.check(_mail(plan, nothing)), work)
    raise failure or ModelError("the writer gave no mail")


@dataclass
class _Work:
    """What came of a writer's tries."""

    tries: list[Try]
    spent: Spent
    digest: str = ""
    failure: DrafterError | None = None
    remarks: tuple[Finding, ...] = ()


async def _work(plan: Plan, writer: Writer, checker: Checker, judge: Judge | None, begun: Sequence[Try]) -> _Work:
    """Have a mail written and repaired until nothing is left to mend, or the tries are used up."""
    work = _Work([*begun], Spent(cost=0.0))
    while len(work.tries) <= REPAIRS:
        try:
            written = await writer.write(plan, work.tries)
        except BadReply as error:  # an answer, but none that can be read: the writer is told and may try again
            work.failure = error
            work.tries.append(Try(None, None, error.message))
            continue
        except DrafterError as error:  # what is there so far is better than nothing
            work.failure = error
            break
        work.failure = None
        work.spent += written.spent
        work.digest, work.remarks = work.digest or written.digest, written.remarks
        reply = _in_thread(written.reply, plan.thread)
        report = await _check(_mail(plan, reply), checker, judge)
        work.tries.append(Try(reply, report))
        if not problems(plan, report):
            break
    return work


async def _check(mail: Mail, checker: Checker, judge: Judge | None) -> Report:
    """Check a try; where the rules leave a track open, the judge is asked about that track alone."""
    report = checker.check(mail)
    unsure = [verdict.track for verdict in report.tracks if verdict.verdict == "unsure"]
    return await judge.judge(mail, report, only=unsure, grounding=False) if judge and unsure else report


def _mail(plan: Plan, reply: Reply) -> Mail:
    tracks = tuple(match.track for match in plan.tracks)
    return Mail(plan.language, reply.subject, reply.body, tracks, plan.candidate, plan.sender, plan.thread, plan.orders)


def _in_thread(reply: Reply, thread: Sequence[Letter]) -> Reply:
    """Give a follow-up the subject that mail programs know its thread by."""
    if not thread:
        return reply
    subject = thread[0].subject.strip()
    return reply.model_copy(update={"subject": subject if subject.lower().startswith("re:") else f"Re: {subject}"})


def _spent(usage: Usage) -> Spent:
    return Spent(
        input=usage.input, cached=usage.cached, cache_write=usage.written, output=usage.output, cost=usage.cost
    )


def _draft(plan: Plan, writer: str, reply: Reply, report: Report, work: _Work) -> Draft:
    findings = (*plan.findings, *report.findings, *_claims(reply, plan))
    findings += work.remarks
    if work.failure and reply.body:
        message = f"the repair failed: {work.failure}"
        findings = (*findings, Finding(rule="writer.repair", level="warning", message=message))
    elif work.failure:
        message = f"{len(work.tries)} answers came and none could be read as a mail. The last: {work.failure}"
        findings = (*findings, Finding(rule="writer.reply", level="error", message=message))
    ok = Report(tracks=report.tracks, findings=findings).ok
    content = f"{plan.digest}\0{writer}\0{reply.subject}\0{reply.body}"
    return Draft(
        id=hashlib.sha256(content.encode()).hexdigest()[:12],
        candidate_id=plan.candidate.id,
        language=plan.language,
        tone=plan.tone,
        model=writer,
        subject=reply.subject,
        body=reply.body,
        fields=tuple(match.as_json() for match in plan.fields),
        tracks=report.tracks,
        findings=findings,
        status="ok" if ok else "needs_review",
        attempts=len(work.tries),
        usage=work.spent,
        prompt_digest=work.digest,
        candidate=(plan.given or plan.candidate).model_dump(mode="json", exclude_defaults=True),
        sender=_dumped(plan.sender),
        parent=plan.revises.id if plan.revises else "",
        thread=plan.thread,
    )


@lru_cache(maxsize=8)
def _dumped(sender: Sender) -> dict[str, Any]:
    return sender.model_dump(mode="json", exclude_defaults=True)


@dataclass(frozen=True)
class Ranked:
    """A variant with its place among the others, 1 the best, and the reasons for it in words."""

    draft: Draft
    place: int
    reasons: tuple[str, ...]


def ranked(drafts: Sequence[Draft]) -> list[Ranked]:
    """Put variants of one mail in order, the best first: fewest errors and missing points, then fewest warnings.

    Args:
        drafts: the variants in the order in which they were made; of equals the earlier stays first.
    """
    order = sorted(drafts, key=lambda draft: Report(tracks=draft.tracks, findings=draft.findings).badness)
    return [Ranked(draft, place, _reasons(draft)) for place, draft in enumerate(order, 1)]


def _reasons(draft: Draft) -> tuple[str, ...]:
    present = sum(verdict.verdict == "present" for verdict in draft.tracks)
    errors = [finding.message for finding in draft.findings if finding.level == "error"]
    warnings = [f.message for f in draft.findings if f.level == "warning" and not f.rule.startswith(CARRIED)]
    size = f"{count_han(draft.body)} 汉字" if draft.language == "zh" else f"{count_words(draft.body)} words"
    return (
        f"{present} of {len(draft.tracks)} points present",
        f"{len(errors)} errors: {'; '.join(errors)}" if errors else "no errors",
        f"{len(warnings)} warnings: {'; '.join(warnings)}" if warnings else "no warnings",
        size,
    )


def _claims(reply: Reply, plan: Plan) -> list[Finding]:
    """Hold the writer to what it says of its own mail: which sentence raises which track."""
    findings = []
    for claim in reply.tracks:
        if claim.track not in plan.track_ids:
            message = f"the writer claims to raise “{claim.track[:40]}”, which was not asked for"
            findings.append(Finding(rule="writer.claim", level="warning", message=message))
        elif claim.quote not in reply.body and fold(claim.quote).line.strip() not in fold(reply.body).line:
            message = f"the sentence that the writer names for {claim.track} does not stand in the mail"
            findings.append(Finding(rule="writer.claim", level="warning", message=message))
    return findings
