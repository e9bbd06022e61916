"""The story on one page: a plan is written, checked, repaired, and becomes a draft.

plan -> writer -> reply -> check -> draft
          ^______ findings ______|

Where a judge is given, the check asks it about what the rules leave open; the mail that is taken it reads once as a whole.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from drafter.checker import Checker, Mail
from drafter.composer import Composer
from drafter.errors import AuthError, BadReply, DrafterError, ModelError
from drafter.judge import Judge
from drafter.llm import Model, Usage, parse_mail
from drafter.planning import DEFAULT_TONE, Plan
from drafter.prompting import REPLY_SCHEMA, Prompts, Try, problems
from drafter.report import Draft, Finding, Reply, Report, Spent
from drafter.text import fold

REPAIRS = 2
"""Most times a writer is shown what is wrong with its mail."""


@dataclass(frozen=True)
class Written:
    """What a writer hands back: the reply, what it took, and the digest of what was asked."""

    reply: Reply
    spent: Spent
    digest: str


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
        completion = await self._model.complete(self._prompts.messages(plan, tries), schema=REPLY_SCHEMA)
        reply = Reply.model_validate(parse_mail(completion.text))
        return Written(reply, _spent(completion.usage), self._prompts.digest(plan))


class OfflineWriter:
    """Writes without a model, from the library's own sentences."""

    name = Composer.name

    def __init__(self, composer: Composer) -> None:
        self._composer = composer

    async def write(self, plan: Plan, tries: Sequence[Try]) -> Written:
        """Compose; see `Writer.write`. A repair takes other wordings."""
        return Written(self._composer.compose(plan, attempt=len(tries)), Spent(cost=0.0), plan.digest)


async def write(
    plan: Plan, writer: Writer, checker: Checker, *, fallback: Writer | None = None, judge: Judge | None = None
) -> Draft:
    """Write, check and, where needed, repair the mail of a plan.

    Args:
        plan: what to write.
        writer: the model or the offline composer.
        checker: judges every try.
        fallback: writes instead if the writer gives nothing that can be used, except where its key was refused.
        judge: settles what the checker leaves open, and reads the mail that is taken for what it states.

    Returns:
        The best try as a draft: `ok`, or `needs_review` with the reasons among its findings.

    Raises:
        DrafterError: there is no usable reply and no fallback, or the judge's key was refused.
    """
    judge = judge.apart() if judge else None
    work = await _work(plan, writer, checker, judge)
    usable = [(t.reply, t.report) for t in work.tries if t.reply and t.report]
    if usable:
        # the first of equals: a repair that makes nothing better is thrown away
        reply, report = min(usable, key=lambda pair: pair[1].badness)
        if judge:
            report = await judge.judge(_mail(plan, reply), report, only=(), grounding=True)
            work.spent = _add(work.spent, _spent(judge.spent))
        return _draft(plan, writer.name, reply, report, work)
    failure = work.failure or ModelError("the writer gave no mail")
    if fallback is None or isinstance(failure, AuthError) or not isinstance(failure, ModelError):
        raise failure
    draft = await write(plan, fallback, checker)
    note = Finding(rule="writer.fallback", level="warning", message=f"written offline, because: {failure}")
    return draft.model_copy(update={"findings": (*draft.findings, note)})


@dataclass
class _Work:
    """What came of a writer's tries."""

    tries: list[Try]
    spent: Spent
    digest: str = ""
    failure: DrafterError | None = None


async def _work(plan: Plan, writer: Writer, checker: Checker, judge: Judge | None) -> _Work:
    """Have a mail written and repaired until nothing is left to mend, or the tries are used up."""
    work = _Work([], Spent(cost=0.0 if writer.name == Composer.name else None))
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
        work.spent = _add(work.spent, written.spent)
        work.digest = work.digest or written.digest
        report = await _check(_mail(plan, written.reply), checker, judge)
        work.tries.append(Try(written.reply, report))
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
    return Mail(plan.language, reply.subject, reply.body, tracks, plan.candidate, plan.sender)


def _spent(usage: Usage) -> Spent:
    return Spent(input=usage.input, cached=usage.cached, output=usage.output)


def _add(one: Spent, other: Spent) -> Spent:
    return Spent(
        input=one.input + other.input,
        cached=one.cached + other.cached,
        output=one.output + other.output,
        cost=one.cost + other.cost if one.cost is not None and other.cost is not None else None,
    )


def _draft(plan: Plan, writer: str, reply: Reply, report: Report, work: _Work) -> Draft:
    findings = (*plan.findings, *report.findings, *_claims(reply, plan))
    if writer == Composer.name and plan.tone != DEFAULT_TONE:
        message = f"the offline composer has one tone only; “{plan.tone}” needs a model"
        findings = (*findings, Finding(rule="writer.tone", level="warning", message=message))
    if work.failure:
        message = f"the repair failed: {work.failure}"
        findings = (*findings, Finding(rule="writer.repair", level="warning", message=message))
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
        candidate=plan.candidate.model_dump(mode="json", exclude_defaults=True),
        sender=plan.sender.model_dump(mode="json", exclude_defaults=True),
    )


def _claims(reply: Reply, plan: Plan) -> list[Finding]:
    """Hold the writer to what it says of its own mail: which sentence raises which track."""
    body = fold(reply.body).line
    findings = []
    for claim in reply.tracks:
        if claim.track not in plan.track_ids:
            message = f"the writer claims to raise “{claim.track[:40]}”, which was not asked for"
            findings.append(Finding(rule="writer.claim", level="warning", message=message))
        elif claim.quote and fold(claim.quote).line.strip() not in body:
            message = f"the sentence that the writer names for {claim.track} does not stand in the mail"
            findings.append(Finding(rule="writer.claim", level="warning", message=message))
    return findings
