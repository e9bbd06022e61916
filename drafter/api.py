"""drafter from Python: what the commands do, in a few lines.

    import asyncio, drafter

    plan = drafter.plan({"name": "Ama Osei", "papers": ["Forgotten Twice: ..."]})
    draft = asyncio.run(drafter.write(plan))
    print(draft.subject, draft.body, draft.status)

Without a library, sender or model of one's own, the bundled library, the invented default sender and the offline composer
are used.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from drafter.candidate import Candidate, Language, Sender, load_candidate, read_sender
from drafter.checker import Checker, Mail
from drafter.composer import Composer
from drafter.drafting import ModelWriter, OfflineWriter
from drafter.drafting import write as write_plan
from drafter.library import Library
from drafter.library import load_library as read_library
from drafter.llm import Model
from drafter.mapper import FieldMatch
from drafter.planning import Plan, Planner, Wishes
from drafter.prompting import Prompts
from drafter.report import Draft, Finding, Report
from drafter.selector import TrackMatch
from drafter.settings import data_path

Person = Candidate | Mapping[str, Any]


def load_library(path: str | Path | None = None) -> Library:
    """Read a library: a folder of YAML files, one Markdown document, or the bundled one.

    Raises:
        LibraryError: names file, line and place of what is wrong.
    """
    bundled = data_path("library")
    return read_library(Path(path) if path else bundled, table=bundled)


@cache
def _bundled() -> Library:
    return load_library()


@cache
def _planner(library: Library) -> Planner:
    return Planner(library)


@cache
def _checker(library: Library) -> Checker:
    return Checker(library)


@cache
def _prompts() -> Prompts:
    return Prompts(data_path("prompts"))


def _candidate(person: Person) -> Candidate:
    return person if isinstance(person, Candidate) else load_candidate(person).candidate


def map_fields(candidate: Person, library: Library | None = None) -> tuple[FieldMatch, ...]:
    """Return the research fields of a candidate, best first; empty where none fits."""
    return _planner(library or _bundled()).mapper.map(_candidate(candidate))


def select_tracks(candidate: Person, library: Library | None = None) -> list[TrackMatch]:
    """Return the talk tracks that fit a candidate, best first."""
    planner, person = _planner(library or _bundled()), _candidate(candidate)
    return planner.selector.select(person, planner.mapper.map(person))


def plan(
    candidate: Person, sender: Sender | None = None, library: Library | None = None, wishes: Wishes | None = None
) -> Plan:
    """Decide what to write to a candidate.

    Raises:
        InputError: nothing about the candidate can be used.
        UsageError: the wishes name a field or track that the library does not have.
    """
    notes = []
    if sender is None:
        sender = read_sender(data_path("sender.yaml"))
        notes = [Finding(rule="sender.default", level="warning", message="the invented default sender signs")]
    return _planner(library or _bundled()).plan(_candidate(candidate), sender, wishes, notes=notes)


async def write(plan: Plan, model: Model | None = None, library: Library | None = None) -> Draft:
    """Write the mail of a plan, check and repair it.

    Args:
        plan: what to write.
        model: who writes; the offline composer if None.
        library: the one that the plan was made with, if it is not the bundled one.

    Raises:
        DrafterError: the model gives no reply that can be used.
    """
    library = library or _bundled()
    offline = OfflineWriter(Composer(library, _prompts().tones))
    writer = ModelWriter(model, _prompts()) if model else offline
    return await write_plan(plan, writer, _checker(library))


async def rewrite(
    draft: Draft,
    model: Model | None = None,
    library: Library | None = None,
    *,
    tone: str | None = None,
    language: Language | None = None,
    say: str = "",
) -> Draft:
    """Write a draft anew: the same person, points and facts in another tone, language or manner.

    Args:
        draft: what there is.
        model: who writes; the offline composer if None.
        library: the one that the draft was made with, if it is not the bundled one.
        tone: the id of a tone; the draft's own if None.
        language: zh or en; the draft's own if None.
        say: what else is to change, in words; only a model can follow.

    Raises:
        UsageError: there is no such tone, or the library no longer has one of the draft's tracks.
        DrafterError: the model gives no reply.
    """
    _prompts().tone(tone or draft.tone)
    plan = _planner(library or _bundled()).revise(draft, language=language, tone=tone, say=say)
    return await write(plan, model, library)


async def follow_up(
    draft: Draft, model: Model | None = None, library: Library | None = None, wishes: Wishes | None = None
) -> Draft:
    """Write the next mail of a draft's thread, with points that the thread has not raised.

    Raises:
        InputError: the sender's `follow_ups` are used up.
        DrafterError: the model gives no reply.
    """
    plan = _planner(library or _bundled()).follow_up(draft, wishes or Wishes(tone=draft.tone))
    return await write(plan, model, library)


def check(mail: Mail, library: Library | None = None) -> Report:
    """Check a mail: a verdict on each of its tracks, and all findings."""
    return _checker(library or _bundled()).check(mail)
