"""A model's opinion on a mail: are its tracks really raised, and is what it states true?

One call asks about all tracks of a mail, idea by idea, with one or two decoys among them: tracks that the mail surely does
not raise. A judge that grants a decoy grants anything, and that answer does not count. A second and a third call, in
another order and with other decoys, are made only where the answer and tier one disagree or the answer settles nothing.

The judge adds to tier one and takes no finding away. Where no answer comes, or none that can be read, tier one's verdicts
stand and a finding says so: a broken answer is never a verdict.
"""

import copy
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from drafter.checker import Checker, Mail
from drafter.errors import AuthError, BadReply, ModelError
from drafter.judge.answers import Answers, Memory, key_of
from drafter.judge.asking import Answer, Inquiry, body_sentences, make_points, shuffled
from drafter.judge.verdicts import Body, fact_findings, is_granted, settled, undecided, vote
from drafter.library import Library, Track
from drafter.llm import Model, Usage
from drafter.prompting import Prompts
from drafter.report import Finding, Report, Verdict
from drafter.text import Span

ROUNDS = 3
"""Most answers about one mail: two that disagree and one that settles it."""

TRIES = 2
"""Times a question is asked until an answer can be read."""

DECOYS = 2
"""Most decoys in one call; never more than the tracks that are asked about."""

LONGEST_MAIL = 20_000
"""Characters up to which a mail is sent to a judge: far above any real one, and a bound on what a call can cost."""


@dataclass(frozen=True)
class _Case:
    """One mail on its way through the rounds."""

    mail: Mail
    sentences: tuple[Span, ...]
    first: Mapping[str, Verdict]
    """Tier one's verdicts by track."""
    decoys: tuple[Track, ...]
    """Tracks that the mail does not raise, the least alike first."""


@dataclass(frozen=True)
class _Ballot:
    """What one answer says."""

    votes: Mapping[str, Verdict]
    findings: tuple[Finding, ...]
    trusted: bool


class Judge:
    """Settles verdicts with a language model; make it once, use it for many mails.

    Args:
        model: who is asked.
        library: the tracks and their ideas.
        prompts: holds `judge.md.j2`.
        answers: where answers are kept; in memory alone if None.
        checker: tier one, which finds the decoys; made anew if None.

    Attributes:
        spent: tokens of all calls so far.
    """

    def __init__(
        self,
        model: Model,
        library: Library,
        prompts: Prompts,
        answers: Answers | None = None,
        *,
        checker: Checker | None = None,
    ) -> None:
        self._model, self._library, self._prompts = model, library, prompts
        self._answers = answers or Memory()
        self._checker = checker or Checker(library)
        self.spent = Usage()

    def apart(self) -> "Judge":
        """Return the same judge with a counter of its own, which tells one draft's tokens from another's."""
        judge = copy.copy(self)
        judge.spent = Usage()
        return judge

    async def judge(
        self, mail: Mail, report: Report, *, only: Collection[str] | None = None, grounding: bool = True
    ) -> Report:
        """Return tier one's report with verdicts settled by the model, and with what it finds wrong.

        Args:
            mail: the mail.
            report: what tier one says of it.
            only: the tracks to ask about; all of the mail's if None.
            grounding: also hold each sentence against record, sender and tracks; needs a candidate.

        Raises:
            AuthError: the key was refused.
            PromptError: the template is missing or broken.
        """
        open_ = [track for track in mail.tracks if only is None or track.id in only]
        facts = grounding and mail.candidate is not None
        shown = body_sentences(mail)
        if not shown or not (open_ or facts):
            return report
        if len(mail.body) > LONGEST_MAIL:
            return _with(report, {}, [_error(f"the mail is longer than {LONGEST_MAIL:,} characters")])
        first = {verdict.track: verdict for verdict in report.tracks}
        case = _Case(mail, shown, first, self._decoys(mail, open_))
        return await self._rounds(case, report, open_, facts)

    async def _rounds(self, case: _Case, report: Report, open_: Sequence[Track], facts: bool) -> Report:
        """Ask until everything is settled or the rounds are used up."""
        votes: dict[str, list[Verdict]] = {track.id: [] for track in open_}
        verdicts: dict[str, Verdict] = {}
        findings: list[Finding] = []
        ballots: list[_Ballot] = []
        while (open_ or facts) and len(ballots) < ROUNDS:
            try:
                ballot = await self._ballot(case, open_, len(ballots), facts)
            except AuthError:
                raise
            except (ModelError, TimeoutError) as error:
                findings.append(_error(str(error) or "no answer came in time"))
                break
            ballots.append(ballot)
            findings.extend(ballot.findings)
            facts = facts and not ballot.trusted
            for track in open_:
                votes[track.id].append(ballot.votes[track.id])
                if decided := settled(case.first[track.id], votes[track.id]):
                    verdicts[track.id] = decided
            open_ = [track for track in open_ if track.id not in verdicts]
        # where no answer could be read at all, tier one's verdict stands
        verdicts |= {t.id: undecided(case.first[t.id], votes[t.id]) for t in open_ if votes[t.id]}
        if ballots and not any(ballot.trusted for ballot in ballots):
            message = "the judge also finds points that the mail surely does not raise, so its answers do not count"
            findings.append(Finding(rule="judge.untrusted", level="warning", message=message))
        return _with(report, verdicts, findings)

    async def _ballot(self, case: _Case, tracks: Sequence[Track], turn: int, facts: bool) -> _Ballot:
        """Ask once and turn the answer into votes.

        Raises:
            ModelError: no answer that can be read came, twice.
        """
        decoys = _some(case.decoys, min(DECOYS, len(tracks)), turn)
        # the second call has the first one's order reversed, the third another one
        order = shuffled([*tracks, *decoys], case.mail, salt="again" if turn > 1 else "")
        points = make_points(order[::-1] if turn == 1 else order, self._library)
        inquiry = Inquiry(case.mail, case.sentences, points, facts)
        answer = await self._ask(inquiry)
        answers = {entry.id: entry for entry in answer.ideas}
        names = {decoy.id for decoy in decoys}
        if any(is_granted(point, answers) for point in points if point.track.id in names):
            why = "judge: it grants a point that the mail does not raise"
            return _Ballot({t.id: Verdict(track=t.id, verdict="unsure", why=why) for t in tracks}, (), trusted=False)
        body = Body(case.mail, case.sentences)
        votes = {point.track.id: vote(point, answers, body) for point in points if point.track.id not in names}
        found = fact_findings(answer.sentences, case.sentences, inquiry.given) if facts else ()
        return _Ballot(votes, tuple(found), trusted=True)

    async def _ask(self, inquiry: Inquiry) -> Answer:
        """Return the judge's answer, from the cache if it was given before.

        Raises:
            ModelError: no answer that can be read came, in all tries.
        """
        key = key_of(self._model.name, inquiry.messages(self._prompts))
        if (known := self._answers.answer(key)) is not None:
            try:
                return inquiry.read(known)
            except ModelError:  # a damaged file; what it should hold is asked for again
                pass
        trouble: ModelError | TimeoutError = ModelError("no answer came")
        for _ in range(TRIES):
            note = trouble.message if isinstance(trouble, BadReply) else ""
            try:
                completion = await self._model.complete(inquiry.messages(self._prompts, note), schema=inquiry.schema)
                self.spent += completion.usage
                answer = inquiry.read(completion.text)
            except AuthError:
                raise
            except (ModelError, TimeoutError) as error:
                trouble = error
            else:
                self._answers.keep_answer(key, completion.text)
                return answer
        raise trouble

    def _decoys(self, mail: Mail, tracks: Sequence[Track]) -> tuple[Track, ...]:
        """Return siblings of the tracks asked about that the mail does not raise, the least alike first."""
        fields = {track.field for track in tracks}
        siblings = [
            track
            for track in self._library
            if track.field in fields and not any(self._library.same_point(track.id, own.id) for own in mail.tracks)
        ]
        if not siblings:
            return ()
        verdicts = self._checker.check(replace(mail, tracks=tuple(siblings))).tracks
        scores = {verdict.track: verdict.score for verdict in verdicts if verdict.verdict == "absent"}
        absent = [track for track in shuffled(siblings, mail, salt="decoy") if track.id in scores]
        return tuple(sorted(absent, key=lambda track: scores[track.id]))


def _some(decoys: Sequence[Track], count: int, turn: int) -> list[Track]:
    """Return other decoys in each turn, as far as there are others: one of them may be raised after all."""
    count = min(count, len(decoys))
    return [decoys[(turn * count + place) % len(decoys)] for place in range(count)]


def _with(report: Report, verdicts: Mapping[str, Verdict], findings: Sequence[Finding]) -> Report:
    tracks = tuple(verdicts.get(verdict.track, verdict) for verdict in report.tracks)
    new = tuple(finding for finding in findings if finding not in report.findings)
    return Report(tracks=tracks, findings=(*report.findings, *new))


def _error(reason: str) -> Finding:
    message = f"the judge gave no answer that can be used, so the rules alone decide: {reason}"
    return Finding(rule="judge.error", level="warning", message=message)


__all__ = ["Answers", "Judge"]
