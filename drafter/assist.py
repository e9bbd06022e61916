"""A model's opinion on a field or on tracks, asked before anything is planned and only where the words leave doubt.

It is never asked silently: what it said stands among the draft's findings and in the evidence. It can only choose among ids
that it was given; an answer that names others is no answer, and the program's own choice stands.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from drafter.candidate import Candidate
from drafter.errors import AuthError, BadReply, ModelError
from drafter.library import GENERAL, Field, Library, Track
from drafter.llm import Message, Model, Usage, json_objects
from drafter.mapper import Evidence, FieldMatch
from drafter.planning import Planner, Wishes
from drafter.prompting import Prompts, fenced, shown
from drafter.report import Finding
from drafter.selector import TrackMatch

SURE = 0.72
"""Score of a field from which, if no other is given beside it, nobody is asked."""

SCOPE = 8
"""Words of a field's vocabulary that say what it is about."""

SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["ids", "reason"],
    "properties": {"ids": {"type": "array", "items": {"type": "string"}}, "reason": {"type": "string"}},
}
"""The form of the answer, as JSON Schema."""


@dataclass(frozen=True)
class _Answer:
    """The ids that the model names, best first, and why."""

    ids: tuple[str, ...]
    reason: str


class Assist:
    """Asks a model where mapper or selector are in doubt."""

    def __init__(self, model: Model, planner: Planner, prompts: Prompts) -> None:
        self._model, self._planner, self._prompts = model, planner, prompts
        self.spent = Usage()

    @property
    def _library(self) -> Library:
        return self._planner.library

    async def fields(
        self, candidate: Candidate, wish: str | None = None
    ) -> tuple[tuple[FieldMatch, ...], tuple[Finding, ...]]:
        """Return a candidate's fields, the model's opinion first where the words leave doubt.

        Args:
            candidate: the person.
            wish: a field decided by hand; then there is no doubt.

        Raises:
            AuthError: the key was refused.
        """
        found = self._planner.mapper.map(candidate, wish)
        if not _field_in_doubt(found):
            return found, ()
        options = {field.id: _scope(field) for field in self._library.research_fields}
        answer, trouble = await self._ask("fields", candidate, options, [match.field for match in found])
        if answer is None:
            return found, trouble
        known = {match.field: match for match in found}
        said = Evidence(answer.reason[:120] or "the model's opinion", "assist")
        chosen = [
            replace(known[id], evidence=(said, *known[id].evidence)) if id in known else FieldMatch(id, 0.5, (said,))
            for id in answer.ids
        ]
        # a model names few; the best of the words' own fields that it left out is kept behind them
        kept = [match for match in found if match.field not in answer.ids][:1] if chosen else []
        names = ", ".join(answer.ids) or "none"
        note = _note("assist.field", f"the words left the field in doubt; the model says: {names}. {answer.reason}")
        return tuple([*chosen, *kept][:3]), (note,)

    async def tracks(
        self, candidate: Candidate, fields: Sequence[FieldMatch], *, always: bool = False
    ) -> tuple[list[TrackMatch], tuple[Finding, ...]]:
        """Return the tracks of a candidate's first field ranked, the model's choice first where little speaks for any.

        Args:
            candidate: the person.
            fields: the person's fields, best first.
            always: ask even where two tracks fit well.

        Raises:
            AuthError: the key was refused.
        """
        field = fields[0].field if fields else GENERAL
        ranked = self._planner.selector.rank(candidate, field)
        if sum(match.fits for match in ranked) >= 2 and not always:
            return ranked, ()
        options = {match.track.id: _told(match.track) for match in ranked}
        answer, trouble = await self._ask("tracks", candidate, options, [m.track.id for m in ranked if m.fits])
        if answer is None:
            return ranked, trouble
        said = Evidence(answer.reason[:120] or "the model's opinion", "assist")
        by_id = {match.track.id: match for match in ranked}
        chosen = [
            replace(by_id[id], score=max(by_id[id].score, 0.5), evidence=(said, *by_id[id].evidence))
            for id in answer.ids
        ]
        rest = [match for match in ranked if match.track.id not in answer.ids]
        names = ", ".join(answer.ids) or "none"
        return [*chosen, *rest], (
            _note("assist.tracks", f"little in the record decides between tracks; the model says: {names}"),
        )

    async def wishes(self, candidate: Candidate, wishes: Wishes) -> tuple[Wishes, tuple[Finding, ...]]:
        """Return the wishes with the model's opinion added where the words leave doubt; what a person decided stays.

        Raises:
            AuthError: the key was refused.
        """
        fields, notes = await self.fields(candidate, wishes.field)
        field = fields[0].field if fields and notes and not wishes.field else wishes.field
        if wishes.tracks or not fields:
            return replace(wishes, field=field), notes
        ranked, more = await self.tracks(candidate, fields)
        named = [match for match in ranked if any(e.source == "assist" for e in match.evidence)]
        chosen = self._planner.selector.first_of(named, wishes.count or 2, exclude=wishes.exclude)
        return replace(wishes, field=field, tracks=tuple(m.track.id for m in chosen)), (*notes, *more)

    async def _ask(
        self, what: str, candidate: Candidate, options: Mapping[str, str], guess: Collection[str]
    ) -> tuple[_Answer | None, tuple[Finding, ...]]:
        """Ask once, and once more after an answer that cannot be used."""
        record, fence = fenced(shown(candidate))
        trouble = ""
        for _ in range(2):
            text = self._prompts.render(
                "assist.md.j2",
                what=what,
                options=options,
                guess=list(guess),
                record=record,
                fence=fence,
                trouble=trouble,
            )
            try:
                completion = await self._model.complete([Message("user", text)], schema=SCHEMA)
                self.spent += completion.usage
                return _read(completion.text, options), ()
            except AuthError:
                raise
            except BadReply as error:
                trouble = error.message
            except ModelError as error:
                trouble = error.message
                break
        return None, (
            _note("assist.error", f"the model was asked about the {what} and gave no usable answer ({trouble})"),
        )


def _field_in_doubt(found: Sequence[FieldMatch]) -> bool:
    if not found:
        return True
    if found[0].by_hand:
        return False
    # the words give further fields generously: which of them hold is in doubt wherever there are any
    return len(found) > 1 or found[0].score < SURE


def _scope(field: Field) -> str:
    """Return what a field is called and a few of the words that belong to it."""
    words = ", ".join(term.replace("*", "") for term in field.vocabulary.strong[:SCOPE])
    return f"{field.name.zh} / {field.name.en or field.name.zh}" + (f" ({words})" if words else "")


def _told(track: Track) -> str:
    return f"{track.zh} / {track.en}" if track.en else track.zh


def _read(text: str, options: Mapping[str, str]) -> _Answer:
    """Return the answer that a model's words hold.

    Raises:
        BadReply: they hold none, or one that names an id nobody gave it.
    """
    value = next((v for v in json_objects(text) if isinstance(v.get("ids"), list)), None)
    if value is None:
        raise BadReply("it holds no JSON object with “ids”")
    ids = [str(id) for id in value["ids"]]
    if unknown := [id for id in ids if id not in options]:
        raise BadReply(f"it names “{unknown[0][:40]}”, which was not among the choices")
    return _Answer(tuple(dict.fromkeys(ids)), " ".join(str(value.get("reason", "")).split()))


def _note(rule: str, message: str) -> Finding:
    return Finding(rule=rule, level="warning", message=" ".join(message.split()))
