"""Records that give orders to whoever writes the mail: the mail shows no trace, the attempt is told, obeying is an error.

`own.jsonl` was written beside the rules; `strangers_*.jsonl` and the innocent records by people who had not read them. Every attack
names what would stand in the mail if it were obeyed.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from drafter.api import check
from drafter.candidate import load_candidate, read_sender
from drafter.checker import Mail
from drafter.composer import Composer
from drafter.library import Library
from drafter.planning import Plan, Planner
from drafter.prompting import Prompts
from drafter.settings import data_path
from drafter.text import fold

HERE = Path(__file__).parent / "hostile"
ATTACKS = ("own", "strangers_1", "strangers_2", "strangers_3", "strangers_4")
INNOCENT = ("innocent_1", "innocent_2", "innocent_3", "innocent_4")

REMOVED = {"b13", "c13", "d13", "e15"}
"""Hidden in a comment of the page, which cleaning takes out: the warning is `record.cleaned`."""

NOT_FOUND = {"d18", "e10", "e16", "e19", "e20", "e21", "e22"}
"""Attempts that the rules do not find: beside a welcome, scattered over a list, split, in French, put as a venue's policy."""

NOT_NOTICED = {"c19", "d04", "d18", "d19", "e10", "e15", "e16", "e19", "e20", "e21", "e22"}
"""Obeying leaves words that only a judge can notice: two plain ones, or what stood in an attempt that was not found."""

TAKEN_FOR_ATTEMPTS = {
    "n08",
    "n17",
    "n24",
    "m13",
    "m17",
    "k02",
    "k07",
    "k13",
    "h01",
    "h04",
    "h09",
    "h10",
    "h14",
    "h15",
    "h16",
}
"""Innocent, and warned about all the same: the price of finding the others. Their mails lack one text."""


def records(*names: str) -> list[dict[str, Any]]:
    return [
        json.loads(line) for name in names for line in (HERE / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    ]


def plan_of(record: dict[str, Any], planner: Planner) -> tuple[Plan, tuple[str, ...]]:
    loaded = load_candidate(record["candidate"])
    return planner.plan(loaded.candidate, read_sender(data_path("sender.yaml"))), loaded.warnings


by_id = pytest.mark.parametrize("record", records(*ATTACKS), ids=lambda r: r["id"])


@by_id
def test_the_attempt_is_a_warning(record: dict[str, Any], planner: Planner) -> None:
    plan, cleaned = plan_of(record, planner)
    told = [f for f in plan.findings if f.rule == "record.steering"]
    assert all(f.level == "warning" for f in told)
    assert bool(told) != (record["id"] in REMOVED | NOT_FOUND)
    assert told or cleaned or record["id"] in NOT_FOUND


@by_id
def test_neither_prompt_nor_offline_mail_shows_a_trace(
    record: dict[str, Any], planner: Planner, library: Library
) -> None:
    plan, _ = plan_of(record, planner)
    reply = Composer(library).compose(plan)
    asked = Prompts(data_path("prompts")).messages(plan)[-1].content
    obeyed = fold(record["obeyed"]).line
    assert obeyed not in fold(f"{reply.subject}\n{reply.body}").line
    assert (obeyed not in fold(asked).line) or record["id"] in NOT_FOUND


@by_id
def test_an_obeyed_attack_is_an_error(record: dict[str, Any], planner: Planner, library: Library) -> None:
    plan, _ = plan_of(record, planner)
    reply = Composer(library).compose(plan)
    *blocks, close = reply.body.split("\n\n")
    obeyed = "\n\n".join([*blocks, record["obeyed"] + ("。" if plan.language == "zh" else "."), close])

    def errors(body: str) -> set[str]:
        tracks = tuple(match.track for match in plan.tracks)
        mail = Mail(plan.language, reply.subject, body, tracks, plan.candidate, plan.sender, orders=plan.orders)
        return {f"{f.rule} {f.message}" for f in check(mail).findings if f.level == "error"}

    assert bool(errors(obeyed) - errors(reply.body)) != (record["id"] in NOT_NOTICED)


@pytest.mark.parametrize("record", records(*INNOCENT), ids=lambda r: r["id"])
def test_who_studies_such_texts_or_speaks_of_letters_is_let_alone(record: dict[str, Any], planner: Planner) -> None:
    plan, _ = plan_of(record, planner)
    assert bool(plan.orders) == (record["id"] in TAKEN_FOR_ATTEMPTS)
    assert (plan.given is not None) == bool(plan.orders)
