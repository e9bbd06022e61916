"""The desk where drafts are made for every command: plan, write, check, keep.

Whatever makes drafts goes through here, be it one mail or a whole table, a first mail, another version or a follow-up, so
that all of them are checked in the same way and none is lost.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, replace

from drafter.assist import Assist
from drafter.candidate import Candidate, Loaded, Sender
from drafter.checker import Checker
from drafter.composer import Composer
from drafter.drafting import ModelWriter, OfflineWriter, Ranked, Writer, ranked, write
from drafter.errors import StoreError, UsageError
from drafter.judge import Judge
from drafter.library import Library
from drafter.llm import Model
from drafter.planning import Plan, Planner, Wishes
from drafter.prompting import Prompts, Try
from drafter.report import Draft, Finding
from drafter.store import Store


@dataclass(frozen=True)
class Desk:
    """All that is needed to make drafts.

    Args:
        planner: decides field and tracks.
        writer: the model or the offline composer.
        checker: judges every try.
        fallback: writes where the writer gives nothing.
        judge: settles what the checker leaves open.
        grounding: have the judge read every mail as a whole; else it settles only what is open.
        assist: is asked about uncertain fields and tracks before the plan.
        store: where drafts are kept; nowhere if None.
    """

    planner: Planner
    writer: Writer
    checker: Checker
    fallback: Writer | None = None
    judge: Judge | None = None
    grounding: bool = True
    assist: Assist | None = None
    store: Store | None = None

    @classmethod
    def over(
        cls,
        library: Library,
        prompts: Prompts,
        *,
        model: Model | None = None,
        adviser: Model | None = None,
        fallback: bool = False,
        judged: bool = True,
        grounding: bool = True,
        store: Store | None = None,
        planner: Planner | None = None,
    ) -> "Desk":
        """Furnish a desk.

        Args:
            library: fields and tracks.
            prompts: templates and tones.
            model: who writes; the offline composer if None.
            adviser: the model that decides on uncertain fields and tracks; nobody if None.
            fallback: write offline where the model fails.
            judged: have the model settle what the rules leave open.
            grounding: have it read every mail as a whole, too.
            store: where drafts and the judge's answers are kept.
            planner: one that is there already.
        """
        planner, checker = planner or Planner(library), Checker(library)
        offline = OfflineWriter(Composer(library, prompts.tones))
        return cls(
            planner,
            ModelWriter(model, prompts) if model else offline,
            checker,
            fallback=offline if fallback else None,
            judge=Judge(model, library, prompts, store, checker=checker) if model and judged else None,
            grounding=grounding,
            assist=Assist(adviser, planner, prompts) if adviser else None,
            store=store,
        )

    async def plan(self, loaded: Loaded, sender: Sender, wishes: Wishes, notes: Sequence[Finding] = ()) -> Plan:
        """Plan one person's mail, the model's opinion asked first where that is wished.

        Args:
            loaded: the person, and what was remarked while reading the record.
            sender: who writes.
            wishes: what was decided by hand.
            notes: findings that the draft must carry.

        Raises:
            DrafterError: the wishes cannot be followed, or the model's key was refused.
        """
        found = [*notes, *(Finding(rule="record.cleaned", level="warning", message=text) for text in loaded.warnings)]
        if self.assist:
            wishes, said = await self.assist.wishes(loaded.candidate, wishes)
            found += said
        return self.planner.plan(loaded.candidate, sender, wishes, notes=found)

    def turn(self, candidate: Candidate, command: str) -> AbstractContextManager[object]:
        """Open a person's turn in the store: what is asked and made inside belongs to that person."""
        return self.store.working(candidate, command) if self.store else nullcontext()

    async def write(self, plan: Plan, wish: str, begun: Sequence[Try] = ()) -> Draft:
        """Write a plan's mail and keep it. To be called within a turn.

        Args:
            plan: what to write.
            wish: what was asked for, in words, for the list of versions.
            begun: what was written before, with what is wrong with it: it is repaired.

        Raises:
            DrafterError: there is no usable reply and no fallback.
        """
        draft = await self._written(plan, begun)
        old = plan.revises
        if old and (old.subject, old.body) == (draft.subject, draft.body):
            message = "the new version is word for word the old one, and is not kept"
            note = Finding(rule="writer.unchanged", level="warning", message=message)
            return draft.model_copy(update={"findings": (*draft.findings, note)})
        return self._kept(draft, wish)

    async def variants(self, plan: Plan, count: int) -> list[Ranked]:
        """Write a plan's mail from several angles, and keep all of them as versions of the best.

        Args:
            plan: what to write.
            count: how many, at least one.

        Returns:
            Best first, each with the reasons for its place.

        Raises:
            DrafterError: there is no usable reply and no fallback.
        """
        plans = [replace(plan, angle=angle) for angle in range(count)]
        order = ranked([await self._written(each) for each in plans])
        best = order[0].draft
        rest = [replace(each, draft=each.draft.model_copy(update={"parent": best.id})) for each in order[1:]]
        for each in (order[0], *rest):
            self._kept(each.draft, f"variant {each.place} of {count}")
        self._restored(best)
        return [order[0], *rest]

    async def _written(self, plan: Plan, begun: Sequence[Try] = ()) -> Draft:
        return await write(
            plan,
            self.writer,
            self.checker,
            fallback=self.fallback,
            judge=self.judge,
            grounding=self.grounding,
            begun=begun,
        )

    def _kept(self, draft: Draft, wish: str) -> Draft:
        """Keep a draft; where that fails it is handed on all the same, for it has been paid for."""
        try:
            if self.store:
                self.store.keep(draft, wish)
        except StoreError as error:
            note = Finding(rule="store.error", level="warning", message=str(error))
            return draft.model_copy(update={"findings": (*draft.findings, note)})
        return draft

    def _restored(self, draft: Draft) -> None:
        # what could not be kept cannot be chosen either, and has been said
        with suppress(StoreError, UsageError):
            if self.store:
                self.store.restore(self.store.find(draft.id))
