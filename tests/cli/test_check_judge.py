"""`drafter check --judge` and `drafter draft`: who is asked, in which order things come out, how it ends."""

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from drafter.errors import AuthError
from drafter.library import Library
from drafter.llm import Completion, Message
from tests import test_judge as judges
from tests.test_checker import ENGLISH
from tests.test_drafting import GOOD, reply

from .conftest import Runner

PERSON = {"id": "c-1", "name": "Ama Osei", "papers": ["Forgotten Twice: Re-contamination After Unlearning"]}


def mails(count: int, **changes: Any) -> str:
    rows = [
        {"id": f"m{n}", "language": "en", "body": ENGLISH, "tracks": ["rl.2", "rl.5"], "candidate": PERSON, **changes}
        for n in range(count)
    ]
    return "".join(json.dumps(row) + "\n" for row in rows)


@pytest.fixture
def answered(monkeypatch: pytest.MonkeyPatch, library: Library) -> Callable[..., judges.Script]:
    """Return a function that puts a model with scripted behavior where a server would be."""

    def put(*behaviors: judges.Behavior, script: type[judges.Script] = judges.Script) -> judges.Script:
        model = script(library, *behaviors)
        monkeypatch.setattr("drafter.llm.connect", lambda settings, **kwargs: model)
        return model

    return put


def rows(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("flags", [(), ("--model", "offline")])
def test_a_judge_needs_a_model(drafter: Runner, flags: Sequence[str]) -> None:
    ran = drafter("check", "-", "--judge", *flags, stdin=mails(1))
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("error: --judge needs a model: ") and len(ran.err.strip().splitlines()) == 1


def test_the_judge_settles_verdicts_and_says_what_it_took(
    drafter: Runner, answered: Callable[..., judges.Script]
) -> None:
    answered(judges.denies, judges.denies)
    ran = drafter("check", "-", "--judge", "--model", "m", "--json", stdin=mails(1))
    (row,) = rows(ran.out)
    assert ran.code == 3 and row["ok"] is False and list(row) == ["id", "ok", "tracks", "findings"]
    assert [track["verdict"] for track in row["tracks"]] == ["absent", "absent"]
    assert "the judge took 200 tokens in, 40 out" in ran.err
    answered()
    again = drafter("check", "-", "--judge", "--model", "m", "--json", stdin=mails(1))
    assert again.out == ran.out and again.err == "", "the same question is free"


class Slow(judges.Script):
    """Answers the first question last."""

    async def complete(self, messages: Sequence[Message], *, schema: Any = None) -> Completion:
        await asyncio.sleep(0.05 / (1 + len(self.asked)))
        return await super().complete(messages, schema=schema)


def test_mails_come_out_in_the_order_they_went_in(drafter: Runner, answered: Callable[..., judges.Script]) -> None:
    answered(*[judges.good] * 9, script=Slow)
    bad = '{"id": "bad"}\n'
    ran = drafter("check", "-", "--judge", "--model", "m", "--json", stdin=mails(3) + bad + mails(2, id="late"))
    assert [row["id"] for row in rows(ran.out)] == ["m0", "m1", "m2", "bad", "late", "late"]
    assert "error" in rows(ran.out)[3] and ran.code == 3


def test_a_broken_judge_leaves_the_rules_alone(drafter: Runner, answered: Callable[..., judges.Script]) -> None:
    plain = rows(drafter("check", "-", "--json", stdin=mails(1)).out)[0]
    answered(*[judges.BROKEN["prose"]] * 2)
    row = rows(drafter("check", "-", "--judge", "--model", "m", "--json", stdin=mails(1)).out)[0]
    assert row["tracks"] == plain["tracks"] and row["ok"] == plain["ok"]
    assert [f["rule"] for f in row["findings"] if f not in plain["findings"]] == ["judge.error"]


def test_a_refused_key_ends_the_run(drafter: Runner, answered: Callable[..., judges.Script]) -> None:
    answered(*[judges.fails(AuthError("the key was refused"))] * 4)
    ran = drafter("check", "-", "--judge", "--model", "m", "--json", stdin=mails(3))
    assert (ran.code, ran.out) == (4, "") and "refused" in ran.err


def test_drafting_asks_the_same_model_unless_told_not_to(
    drafter: Runner, answered: Callable[..., judges.Script]
) -> None:
    class Both(judges.Script):
        """Writes mails and judges them."""

        async def complete(self, messages: Sequence[Message], *, schema: Any = None) -> Completion:
            if "MAIL-BEGIN" in messages[-1].content:
                return await super().complete(messages, schema=schema)
            return Completion(reply(GOOD), judges.Usage(100, 10, 20), self.name, "json_schema")

    flags = ("draft", "-", "--model", "m", "--field", "rl", "--tracks", "rl.2,rl.5", "--json")
    model = answered(judges.good, script=Both)
    judged = rows(drafter(*flags, stdin=json.dumps(PERSON)).out)[0]
    assert judged["status"] == "ok" and judged["usage"]["input"] == 200 and model.behaviors == []
    answered(script=Both)
    plain = rows(drafter(*flags, "--no-judge", stdin=json.dumps(PERSON)).out)[0]
    assert plain["status"] == "ok" and plain["usage"]["input"] == 100
