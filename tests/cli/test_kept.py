"""Drafts that are kept: rewritten, followed up, listed, shown, restored, forgotten."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from drafter.llm import Completion, Usage

from .conftest import Runner

AMA = {
    "id": "a",
    "name": "Ama Osei",
    "email": "ama@example.org",
    "papers": ["Forgotten Twice: Re-contamination After Unlearning"],
}
SHEN = {"id": "b", "name": "沈知远", "position": "副教授", "interests": "语音语言模型；全双工对话"}


def row(text: str) -> dict[str, Any]:
    (line,) = text.splitlines()
    loaded: dict[str, Any] = json.loads(line)
    return loaded


@pytest.fixture
def drafted(drafter: Runner) -> Callable[..., dict[str, Any]]:
    """Return a function that drafts a mail to somebody and returns it."""

    def draft(person: dict[str, Any], *flags: str) -> dict[str, Any]:
        return row(drafter("draft", "-", "--json", *flags, stdin=json.dumps(person)).out)

    return draft


def test_every_draft_is_listed_newest_first(drafter: Runner, drafted: Any) -> None:
    first, second = drafted(AMA), drafted(SHEN)
    listed = [json.loads(line) for line in drafter("list", "--json").out.splitlines()]
    assert [each["id"] for each in listed] == [second["id"], first["id"]]
    assert listed[1] | {"made": ""} == {
        "id": first["id"], "mail": first["id"], "version": 1, "current": True, "made": "", "wish": "draft", "candidate_id": "a", "name": "Ama Osei",
        "email": "ama@example.org", "language": "en", "tone": "professional", "model": "offline", "status": "ok", "subject": first["subject"],
    }  # fmt: skip
    assert (
        first["id"] in drafter("list", "--to", "osei").out and second["id"] not in drafter("list", "--to", "ama@").out
    )
    assert drafter("list", "--status", "needs_review").out == ""


def test_no_store_keeps_nothing_and_neither_does_a_dry_run(drafter: Runner, drafted: Any, tmp_path: Path) -> None:
    drafted(AMA, "--no-store")
    drafter("draft", "-", "--dry-run", stdin=json.dumps(AMA))
    assert not (tmp_path / "data").exists()


def test_a_store_of_a_project_s_own(
    drafter: Runner, drafted: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drafted(AMA, "--store", str(tmp_path / "team.sqlite3"))
    assert "no drafts are kept here yet" in drafter("list").err
    monkeypatch.setenv("DRAFTER_STORE", str(tmp_path / "team.sqlite3"))
    assert "Ama Osei" in drafter("list").out


def test_a_home_that_cannot_be_written_stops_no_draft(
    drafter: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("DRAFTER_DATA_DIR", str(tmp_path / "file" / "data"))
    ran = drafter("draft", "-", "--json", stdin=json.dumps(AMA))
    assert ran.code == 0 and row(ran.out)["status"] == "ok"
    assert ran.err.startswith("warning: ") and "cannot be used for drafts" in ran.err
    named = drafter("draft", "-", "--store", str(tmp_path / "file" / "x"), stdin=json.dumps(AMA))
    assert (named.code, named.out) == (1, ""), "a file that was asked for must be usable"


def test_another_tone_keeps_person_points_and_facts_and_shows_what_changed(drafter: Runner, drafted: Any) -> None:
    old = drafted(AMA)
    ran = drafter("rewrite", old["id"][:6], "--tone", "formal", "--json")
    new = row(ran.out)
    assert ran.code == 0 and new["tone"] == "formal" and new["body"] != old["body"] and new["parent"] == old["id"]
    for key in ("candidate", "sender", "language", "candidate_id"):
        assert new[key] == old[key]
    assert {t["track"] for t in new["tracks"]} == {t["track"] for t in old["tracks"]}
    pieces = {kind: "".join(c["text"] for c in new["changes"] if c["kind"] in ("same", kind)) for kind in ("out", "in")}
    assert pieces == {"out": f"{old['subject']}\n\n{old['body']}", "in": f"{new['subject']}\n\n{new['body']}"}
    assert "{+" in drafter("rewrite", old["id"], "--tone", "warm").err


def test_another_language(drafter: Runner, drafted: Any) -> None:
    old = drafted(SHEN)
    new = row(drafter("rewrite", old["id"], "--lang", "en", "--json").out)
    assert new["language"] == "en" and "changes" not in new, "two languages have no word in common"
    assert [t["track"] for t in new["tracks"]] == [t["track"] for t in old["tracks"]]


def test_a_draft_in_a_file_is_as_good_as_one_that_is_kept(drafter: Runner, drafted: Any, tmp_path: Path) -> None:
    old = drafted(AMA, "--no-store")
    path = tmp_path / "draft.json"
    path.write_text(json.dumps(old), encoding="utf-8")
    new = row(drafter("rewrite", str(path), "--tone", "peer", "--json").out)
    versions = row(drafter("show", new["id"], "--json").out)["versions"]
    assert [(v["id"], v["version"], v["current"]) for v in versions] == [(old["id"], 1, False), (new["id"], 2, True)]
    assert row(drafter("rewrite", "-", "--tone", "warm", "--json", stdin=json.dumps(old)).out)["parent"] == old["id"]


def test_offline_a_wish_in_words_is_remarked(drafter: Runner, drafted: Any) -> None:
    new = row(drafter("rewrite", drafted(AMA)["id"], "--say", "shorter", "--json").out)
    assert "writer.wish" in {f["rule"] for f in new["findings"]}


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (["rewrite", "zzzz", "--tone", "warm"], 2, "holds no draft “zzzz”"),
        (["rewrite", "ID"], 2, "nothing to change"),
        (["rewrite", "ID", "--tone", "angry"], 2, "no tone “angry”"),
        (["rewrite", "nowhere.json", "--tone", "warm"], 1, "nowhere.json"),
        (["rewrite", "-", "--tone", "warm"], 1, "is no draft"),
        (["followup", "ID", "--tracks", "nope.1"], 2, "no track “nope.1”"),
        (["show", "zzzz"], 2, "holds no draft"),
        (["restore", "zzzz"], 2, "holds no draft"),
        (["forget", "zzzz"], 2, "holds no draft"),
        (["list", "--status", "sent"], 2, "none of ok, needs_review"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    drafter: Runner, drafted: Any, args: list[str], code: int, message: str
) -> None:
    id = drafted(AMA)["id"]
    ran = drafter(*[id if arg == "ID" else arg for arg in args], stdin='{"id": "x"}')
    assert (ran.code, ran.out) == (code, "") and message in ran.err
    assert len(ran.err.strip().splitlines()) == 1


def test_follow_ups_raise_what_was_not_raised_until_the_sender_says_enough(drafter: Runner, drafted: Any) -> None:
    first = drafted(AMA)
    second = row(drafter("followup", first["id"], "--json").out)
    third = row(drafter("followup", second["id"], "--json").out)
    raised = [{t["track"] for t in mail["tracks"]} for mail in (first, second, third)]
    assert not (raised[0] & raised[1] or raised[0] & raised[2] or raised[1] & raised[2])
    assert [letter["id"] for letter in third["thread"]] == [first["id"], second["id"]]
    assert second["subject"] == third["subject"] == f"Re: {first['subject']}"
    assert [mail["status"] for mail in (second, third)] == ["ok", "ok"]
    assert len(second["body"]) < len(first["body"])
    enough = drafter("followup", third["id"])
    assert enough.code == 1 and "has had its 2 follow-ups" in enough.err
    forked = drafter("followup", first["id"])
    assert forked.code == 1 and f"has a follow-up already: {second['id']}" in forked.err


def test_a_track_that_was_raised_is_not_raised_again(drafter: Runner, drafted: Any) -> None:
    first = drafted(AMA, "--no-store")
    ran = drafter("followup", "-", "--tracks", first["tracks"][0]["track"], stdin=json.dumps(first))
    assert ran.code == 1 and "has raised federated-learning" in ran.err


def test_whichever_version_was_sent_a_mail_has_one_follow_up(drafter: Runner, drafted: Any) -> None:
    old = drafted(AMA)
    new = row(drafter("rewrite", old["id"], "--tone", "warm", "--json").out)
    follow_up = row(drafter("followup", old["id"], "--json").out)
    assert f"has a follow-up already: {follow_up['id']}" in drafter("followup", new["id"]).err
    assert "follow-up 1" in drafter("list").out


@pytest.mark.parametrize("tone", ["formal", "peer", "warm", "concise"])
def test_follow_ups_in_any_tone_pass_the_check(drafter: Runner, drafted: Any, tone: str) -> None:
    for person in (AMA, SHEN):
        made = row(drafter("followup", drafted(person, "--tone", tone)["id"], "--json").out)
        assert made["status"] == "ok", [f for f in made["findings"] if f["level"] == "error"]


def test_a_version_that_is_word_for_word_the_old_one_is_not_kept(drafter: Runner, drafted: Any) -> None:
    old = drafted(AMA)
    new = row(drafter("rewrite", old["id"], "--say", "shorter", "--json").out)
    assert "writer.unchanged" in {f["rule"] for f in new["findings"]}
    assert len(row(drafter("show", old["id"], "--json").out)["versions"]) == 1


def test_reading_a_file_of_drafts_that_is_not_there_makes_none(drafter: Runner, tmp_path: Path) -> None:
    ran = drafter("list", "--store", str(tmp_path / "typo.db"))
    assert ran.code == 1 and "no drafts are kept here yet" in ran.err and not (tmp_path / "typo.db").exists()


def test_versions_are_shown_compared_and_restored(drafter: Runner, drafted: Any) -> None:
    old = drafted(AMA)
    new = row(drafter("rewrite", old["id"], "--tone", "warm", "--json").out)
    shown = drafter("show", old["id"], "--compare", new["id"])
    assert old["subject"] in shown.out and "rewrite: tone warm  (counts)" in shown.err and "[-" in shown.err
    assert drafter("restore", old["id"]).code == 0
    listed = [json.loads(line) for line in drafter("list", "--json").out.splitlines()]
    assert [(each["id"], each["version"]) for each in listed] == [(old["id"], 1)]


def test_what_show_prints_check_and_rewrite_read(drafter: Runner, drafted: Any) -> None:
    shown = drafter("show", drafted(AMA)["id"], "--json").out
    assert row(drafter("check", "-", "--json", stdin=shown).out)["ok"] is True
    assert drafter("rewrite", "-", "--tone", "warm", "--json", stdin=shown).code == 0


def test_a_person_is_forgotten_in_all_versions(drafter: Runner, drafted: Any, tmp_path: Path) -> None:
    old = drafted(AMA)
    drafter("rewrite", old["id"], "--tone", "warm")
    drafter("followup", old["id"])
    drafted(SHEN)
    assert "deleted: 3 drafts" in drafter("forget", "AMA@example.org").err
    assert "Ama" not in drafter("list").out and "沈知远" in drafter("list").out
    assert b"Osei" not in b"".join(file.read_bytes() for file in (tmp_path / "data").iterdir())
    assert drafter("forget", "ama@example.org").code == 0


def test_variants_come_best_first_with_reasons_and_one_counts(drafter: Runner) -> None:
    ran = drafter("draft", "-", "--json", "--variants", "3", stdin=json.dumps(AMA))
    made = [json.loads(line) for line in ran.out.splitlines()]
    assert [each["variant"]["place"] for each in made] == [1, 2, 3]
    assert len({each["body"] for each in made}) == 3
    assert made[0]["variant"]["reasons"][:2] == ["2 of 2 points present", "no errors"]
    listed = [json.loads(line) for line in drafter("list", "--json").out.splitlines()]
    assert [each["id"] for each in listed] == [made[0]["id"]]
    assert len(row(drafter("show", made[0]["id"], "--json").out)["versions"]) == 3
    assert "variant 2 of 3: " in drafter("draft", "-", "--variants", "3", stdin=json.dumps(AMA)).err


class Echo:
    """A model that writes one mail and answers no judge."""

    name = "echo"

    def __init__(self, recorder: Any) -> None:
        self.recorder = recorder

    async def complete(self, messages: Any, *, schema: Any = None) -> Completion:
        from drafter.llm import Attempt, Outcome

        attempt = Attempt("call", 1, "echo", "http://127.0.0.1/v1", "text", tuple(messages))
        await self.recorder.sending(attempt)
        await self.recorder.came_back(attempt, Outcome(200, reply="raw reply", usage=Usage(7, 0, 3)))
        return Completion("Subject: Deletion\n\nDear Ama Osei,\n\nshort.", Usage(7, 0, 3), "echo", "text")

    async def aclose(self) -> None:
        """Hold nothing."""


def test_what_was_asked_and_answered_can_be_read_again(drafter: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drafter.drafting.REPAIRS", 0)
    monkeypatch.setattr("drafter.llm.connect", lambda settings, recorder=None, **_: Echo(recorder))
    made = row(drafter("draft", "-", "--json", "--model", "echo", "--no-judge", stdin=json.dumps(AMA)).out)
    (call,) = row(drafter("show", made["id"], "--calls", "--json").out)["calls"]
    assert (call["model"], call["reply"], call["usage"]["input"]) == ("echo", "raw reply", 7)
    assert call["request"][0]["role"] == "system" and "Ama Osei" in call["request"][1]["content"]
    assert "raw reply" in drafter("show", made["id"], "--calls").out


def test_config_shows_sources_and_masks_keys(drafter: Runner, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-0123456789abcdef")
    monkeypatch.setenv("DEEPSEEK_API_KEY", "short")
    (tmp_path / "drafter.toml").write_text('model = "m"\nstore = "team.sqlite3"\n', encoding="utf-8")
    rows = {each["setting"]: each for each in map(json.loads, drafter("config", "--json").out.splitlines())}
    assert rows["model"] == {"setting": "model", "value": "m", "source": str(tmp_path / "drafter.toml")}
    assert rows["store"]["value"] == str(tmp_path / "team.sqlite3")
    assert rows["api_key"] == {"setting": "api_key", "value": "sk-…cdef", "source": "environment"}
    assert rows["DEEPSEEK_API_KEY"]["value"] == "…" and rows["thinking"]["source"] == "default"
    assert "0123456789" not in drafter("config").out


def test_what_a_model_was_asked_beside_drafting_is_forgotten_too(
    drafter: Runner, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Assisting(Echo):
        async def complete(self, messages: Any, *, schema: Any = None) -> Completion:
            await super().complete(messages, schema=schema)
            return Completion('{"ids": ["federated-learning"], "reason": "deletion"}', Usage(7, 0, 3), "echo", "text")

    monkeypatch.setattr("drafter.llm.connect", lambda settings, recorder=None, **_: Assisting(recorder))
    ran = drafter(
        "map", "-", "--assist", "--model", "echo", "--json", stdin=json.dumps({**AMA, "papers": ["On Osei-Things"]})
    )
    assert row(ran.out)["fields"][0]["field"] == "federated-learning"
    files = [tmp_path / "data" / name for name in ("drafts.sqlite3", "drafts.sqlite3-wal")]
    assert any(b"Osei-Things" in file.read_bytes() for file in files if file.exists())
    assert "1 requests" in drafter("forget", "ama@example.org").err
    assert not any(b"Osei" in file.read_bytes() for file in files if file.exists())
