"""A plan turned into messages for a model.

The first message is the same for every candidate of a run (rules, sender, tone, language, form of the answer), so that a
provider's prompt cache can serve it; the person comes last. Templates see only what they may: e-mail address, unknown
columns and private remarks are never among it. The record is fenced as data: JSON whose angle brackets are escaped,
between markers that carry a digest of the content, so that nothing inside can close the fence.
"""

import hashlib
import json
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from drafter.address import greeting, sign_off
from drafter.candidate import Candidate, Language, Localized, Sender
from drafter.errors import PromptError, UsageError
from drafter.llm import Message
from drafter.planning import Plan
from drafter.report import Letter, Reply, Report
from drafter.steering import disarm
from drafter.tones import Tone, read_tones

REPLY_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["subject", "body", "tracks"],
    "properties": {
        "subject": {"type": "string"},
        "body": {"type": "string"},
        "tracks": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["track", "quote"],
                "properties": {"track": {"type": "string"}, "quote": {"type": "string"}},
            },
        },
    },
}
"""The form of a writer's answer, as JSON Schema."""

ANGLES = (
    "",
    "start from the second point, and let the first be what follows from it.",
    "start from the choice that the person made where most would have chosen otherwise.",
    "start from what would have to change in practice if the person's result holds.",
    "start from the case that the person's approach does not cover, and ask whether it ever could.",
    "start from a disagreement in the field on which the person's work takes a side.",
    "start from one small detail of the record that most readers would pass over.",
    "start from how one would test, in an afternoon, whether the point holds for the person's case.",
    "start from the question itself, and come to the person's work only then.",
)
"""How variants of a mail differ; the first is the mail itself, left to the writer."""

_REMINDER = {
    "zh": "All {count} points on one thought, within 280 汉字, and no more than two questions.",
    "en": "All {count} points on one thought, within 135 words, and no more than two questions.",
}
"""Said last of all, because models forget lengths first; a tone that wants less says so itself."""

_FOLLOW_UP_LENGTH = {
    "zh": "80 to 200 汉字 without the sign-off.",
    "en": "40 to 100 words without the sign-off.",
}

PLANS = 512
"""Plans whose messages are remembered."""

_LANGUAGE = {"zh": "Chinese", "en": "English"}


@dataclass(frozen=True)
class Try:
    """An earlier reply and what the check said of it, or why there was none."""

    reply: Reply | None
    report: Report | None
    trouble: str = ""


def best_try(tries: Sequence[Try]) -> Try | None:
    """Return the try that comes nearest to a good mail, of equals the first; None where none can be read."""
    usable = [t for t in tries if t.reply is not None and t.report is not None]
    return min(usable, key=lambda t: t.report.badness, default=None)  # type: ignore[union-attr]


class Prompts:
    """The templates of one folder, and the tones.

    Args:
        folder: holds `*.j2`, `examples/*.yaml` and `tones/*.yaml`.
        tones: a folder with further tones.
    """

    def __init__(self, folder: Path, tones: Path | None = None) -> None:
        self._folder = folder
        if tones and not tones.is_dir():
            raise PromptError(
                "is no folder of tones", where=str(tones), next="Check DRAFTER_TONES and `tones` in drafter.toml"
            )
        self.tones: Mapping[str, Tone] = read_tones(filter(None, (folder / "tones", tones)))
        # Strict: a misspelt variable stops the run. Sandboxed: a template file may come from somebody else.
        self._jinja = ImmutableSandboxedEnvironment(
            loader=FileSystemLoader(folder),
            undefined=StrictUndefined,
            autoescape=False,  # prompts are plain text
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=False,
            auto_reload=False,
        )
        self._systems: dict[tuple[str, Language, Sender], str] = {}
        """The first messages that were made: all candidates of a run share one a language."""
        self._users: OrderedDict[int, tuple[Plan, str]] = OrderedDict()
        """The second ones of the last plans, which are asked for by their key, and again to be sent."""

    def tone(self, name: str) -> Tone:
        """Return a tone.

        Raises:
            UsageError: there is none of this name.
        """
        if name not in self.tones:
            raise UsageError(f"no tone “{name}”", next=f"Tones: {', '.join(self.tones)}")
        return self.tones[name]

    def messages(self, plan: Plan, tries: Sequence[Try] = ()) -> list[Message]:
        """Return the conversation that asks for the mail of a plan, or for the repair of the best try so far.

        Raises:
            PromptError: a template is missing or broken.
            UsageError: the plan's tone does not exist.
        """
        best, trouble = best_try(tries), tries[-1].trouble if tries else ""
        first_trouble = "" if best else trouble
        messages = [Message("system", self._system(plan)), Message("user", self._user(plan, first_trouble))]
        if best and best.reply and best.report:
            messages.append(Message("assistant", best.reply.model_dump_json()))
            messages.append(Message("user", self._repair(plan, best, tries[-1])))
        return messages

    def digest(self, plan: Plan) -> str:
        """Return twelve hexadecimal digits of the messages of a plan's first try."""
        return digest_of(self.messages(plan))

    def render(self, template: str, /, **values: Any) -> str:
        """Return a template filled in.

        Raises:
            PromptError: it is missing or broken.
        """
        try:
            return self._jinja.get_template(template).render(values).strip()
        except TemplateError as error:
            where = str(self._folder / template)
            raise PromptError(f"template fails: {error.message or type(error).__name__}", where=where) from error

    def _system(self, plan: Plan) -> str:
        key = plan.tone, plan.language, plan.sender
        if key not in self._systems:
            self._systems[key] = self._new_system(plan)
        return self._systems[key]

    def _new_system(self, plan: Plan) -> str:
        tone = self.tone(plan.tone)
        lists = plan.sender.not_to_be_stated
        return self.render(
            "system.md.j2",
            not_to_be_stated=lists.zh if plan.language == "zh" else lists.en,
            ask=_localized(plan.sender.call_to_action, plan.language) or "a short reply if they would like to talk",
            sender_text=sender_text(plan.sender, plan.language),
            tone_name=plan.tone,
            tone_text=tone.text(plan.language),
            norms=self.render(f"norms.{plan.language}.j2"),
            examples=self.render(f"examples.{plan.language}.j2"),
        )

    def _user(self, plan: Plan, trouble: str) -> str:
        if trouble:
            return self._new_user(plan, trouble)
        known = self._users.get(id(plan))
        if known is None or known[0] is not plan:
            known = self._users[id(plan)] = plan, self._new_user(plan, "")
            if len(self._users) > PLANS:
                self._users.popitem(last=False)
        return known[1]

    def _new_user(self, plan: Plan, trouble: str) -> str:
        record, fence = fenced(shown(plan.candidate))
        return self.render(
            "user.md.j2",
            tracks=[match.track for match in plan.tracks],
            track_ids=", ".join(plan.track_ids),
            name=plan.candidate.name or "(unknown)",
            language_name=_LANGUAGE[plan.language],
            salutation=greeting(plan.candidate, plan.language),
            notes=plan.candidate.public_notes,
            record=record,
            trouble=trouble,
            fence=fence,
            angle=ANGLES[plan.angle % len(ANGLES)],
            revises=_fenced_letters([plan.revises]) if plan.revises else None,
            say=plan.say,
            thread=plan.thread,
            letters=_fenced_letters(plan.thread),
            number=len(plan.thread) + 1,
            length=_FOLLOW_UP_LENGTH[plan.language],
            reminder=_REMINDER[plan.language].format(count={2: "two", 3: "three"}.get(len(plan.tracks), "the")),
        )

    def _repair(self, plan: Plan, best: Try, last: Try) -> str:
        assert best.report is not None
        return self.render(
            "repair.md.j2",
            name=plan.candidate.name or "(unknown)",
            problems=problems(plan, best.report),
            remarks=remarks(best.report),
            track_ids=", ".join(plan.track_ids),
            trouble=last.trouble,
            thrown_away=problems(plan, last.report) if last.report and last is not best else [],
        )


def digest_of(messages: Sequence[Message]) -> str:
    """Return twelve hexadecimal digits that messages are known by."""
    text = "\0".join(f"{m.role}\0{m.content}" for m in messages)
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:12]


def _fenced_letters(letters: Iterable[Letter]) -> dict[str, str]:
    text, fence = fenced([{"subject": letter.subject, "body": letter.body} for letter in letters])
    return {"text": text, "fence": fence}


def problems(plan: Plan, report: Report) -> list[str]:
    """Return, in words for the writer, what must change for a mail to be good."""
    wrong = []
    for verdict in report.tracks:
        if verdict.verdict == "absent":
            track = next(m.track for m in plan.tracks if m.track.id == verdict.track)
            wrong.append(f"Point [{track.id}] is not raised ({verdict.why}). It asks: {track.text(plan.language)}")
    for finding in report.errors:
        quote = f": “{finding.quote}”" if finding.quote else ""
        wrong.append(f"{finding.message}{quote}")
    return wrong


def remarks(report: Report) -> list[str]:
    """Return what a writer who is mending a mail anyway may mend with it."""
    return [
        f"{finding.message}{f': “{finding.quote}”' if finding.quote else ''}"
        for finding in report.findings
        if finding.level == "warning" and finding.rule.startswith(("form.", "wording.", "facts.", "thread."))
    ]


def fenced(data: Any) -> tuple[str, str]:
    """Return strangers' data as JSON that cannot close its fence, and the digest of it that the fence's markers carry."""
    text = json.dumps(data, ensure_ascii=False, indent=1)
    text = text.replace("<", "\\u003c").replace(">", "\\u003e").replace("`", "\\u0060")
    # "replace": a mail read from JSON may hold half a surrogate pair
    return text, hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:10]


def shown(candidate: Candidate) -> dict[str, Any]:
    """Return what a model may see of a record: everything that is said of the person's work, orders to the model left out."""
    candidate = disarm(candidate).candidate
    hidden = {"id", "email", "extra", "notes", "language", "salutation", "field"}
    data = candidate.model_dump(mode="json", exclude=hidden, exclude_defaults=True)
    if homepage := data.get("homepage"):
        data["homepage"] = homepage.partition("#")[0]
    if papers := data.get("papers"):
        data["papers"] = [{k: v for k, v in paper.items() if v} for paper in papers]
    return data


def _localized(text: Localized, language: Language) -> str:
    return text.zh if language == "zh" else text.en


def sender_text(sender: Sender, language: Language) -> str:
    """Return what a model is told of the sender."""
    lists = {"Works on": sender.works_on, "Offers": sender.offer}
    lines = [
        f"Name: {_localized(sender.name, language)}",
        f"Role: {_localized(sender.role, language)}",
        f"Lab: {_localized(sender.lab, language)}",
        f"About the lab: {_localized(sender.about, language)}",
    ]
    for label, values in lists.items():
        lines += [f"{label}: {value}" for value in (values.zh if language == "zh" else values.en)]
    lines = [line for line in lines if not line.endswith(": ")]
    return "\n".join([*lines, "Signature lines:", *sign_off(sender, language)[1:]])
