"""Rows in, drafts kept, results out: stopped, gone on with, and never paid for twice."""

import asyncio
import json
import sqlite3

import pytest

from drafter.batch import across, office
from drafter.batch.engine import IN_A_ROW, Engine
from drafter.batch.intake import Rules
from drafter.batch.office import Alone, Clerks, Office
from drafter.batch.pace import Halt
from drafter.errors import AuthError, DrafterError, QuotaError, StoreError, Unreachable
from drafter.llm import Attempt, Message, Outcome
from drafter.store import StoreRecorder
from tests.batch.conftest import Batch, mail_to, rows
from tests.test_drafting import ONE_MISSING, reply


@pytest.fixture(autouse=True)
def unlike_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """The model of these tests writes the same to everybody; what the look at the whole makes of that is another file's matter."""
    monkeypatch.setattr(across, "sentence_keys", lambda *_: set())


class Killed(BaseException):
    pass


MANY = tuple(f"Ama {letter}osei" for letter in "ABCDEFGHIJ")


async def test_every_row_is_drafted_once_and_comes_out_in_its_order_with_all_its_columns(batch: Batch) -> None:
    run = await batch.whole(batch.people(*MANY))
    found = rows(run.folder)
    assert [row["name"] for row in found] == list(MANY)
    assert all(row["Source"] == "a list" and row["status"] == "ok" and row["tracks"] == "rl.2; rl.5" for row in found)
    assert found[0]["body"] == mail_to(MANY[0]) and found[0]["cost"] == "0.001"
    assert (batch.model.calls, run.state, run.summary["ok"]) == (10, "done", 10)  # type: ignore[union-attr]
    assert (
        rows(run.folder, "failed.csv") == rows(run.folder, "rejected.csv") == rows(run.folder, "needs_review.csv") == []
    )


async def test_a_new_row_alone_is_paid_for(batch: Batch) -> None:
    await batch.whole(batch.people("Ama Osei", "Bo Osei"))
    run = await batch.whole(batch.people("Cy Osei", "Bo Osei", "Ama Osei"), digest="another")
    assert batch.model.asked == {"Ama Osei": 1, "Bo Osei": 1, "Cy Osei": 1}  # type: ignore[union-attr]
    assert [(row["name"], row["reused"]) for row in rows(run.folder)] == [
        ("Cy Osei", ""),
        ("Bo Osei", "yes"),
        ("Ama Osei", "yes"),
    ]


async def test_another_folder_takes_drafts_over_and_another_prompt_does_not(batch: Batch) -> None:
    table = batch.people("Ama Osei", "Bo Osei")
    await batch.whole(table)
    await batch.whole(table, "second")
    assert batch.model.calls == 2  # type: ignore[union-attr]
    batch.wishes = type(batch.wishes)(tone="warm", field="rl", tracks=("rl.2", "rl.5"), count=2)
    await batch.whole(table, "third")
    assert batch.model.calls == 4  # type: ignore[union-attr]


async def test_a_changed_address_costs_nothing_and_is_the_one_that_comes_out(batch: Batch) -> None:
    table = batch.people("Ama Osei")
    first = rows((await batch.whole(table)).folder)
    table.write_text(table.read_text().replace("ama.osei@", "new@"))
    run = await batch.whole(table, digest="another")
    assert batch.model.calls == 1  # type: ignore[union-attr]
    (row,) = rows(run.folder)
    assert row["body"] == first[0]["body"] and row["email"] == "new@example.org" and row["draft"] != first[0]["draft"]
    assert batch.runs.store.find(row["draft"]).draft.candidate["email"] == "new@example.org"


async def test_two_without_a_name_to_be_told_by_get_a_mail_each(batch: Batch) -> None:
    table = batch.root / "people.jsonl"
    table.write_text(f'{{"name": "Ama Osei", "papers": ["{rows_paper()}"]}}\n' * 2)
    await batch.whole(table)
    assert batch.model.calls == 2  # type: ignore[union-attr]


def rows_paper() -> str:
    return "Forgotten Twice: Re-contamination After Unlearning"


async def test_one_bad_row_costs_only_itself_and_is_done_again_on_demand(batch: Batch) -> None:
    batch.model.answers["Bo Osei"] = [Unreachable("no answer within 120 s", where="http://x/v1", next="Try again")]  # type: ignore[union-attr]
    run = await batch.whole(batch.people("Ama Osei", "Bo Osei", "Cy Osei"))
    assert [row["name"] for row in rows(run.folder)] == ["Ama Osei", "Cy Osei"]
    (failed,) = rows(run.folder, "failed.csv")
    assert (failed["name"], failed["line"]) == ("Bo Osei", "3") and "no answer within 120 s" in failed["reason"]
    assert run.state == "done", "it has come to an end, if not to a good one"
    await batch.start(run)
    assert batch.model.asked["Bo Osei"] == 1, "a failed row is not done again unasked"  # type: ignore[union-attr]
    assert batch.runs.retry_failed(run) == 1
    await batch.start(run)
    assert batch.model.asked == {"Ama Osei": 1, "Bo Osei": 2, "Cy Osei": 1}  # type: ignore[union-attr]
    assert len(rows(run.folder)) == 3


async def test_what_needs_a_person_says_why(batch: Batch) -> None:
    batch.model.answers["Bo Osei"] = [reply(ONE_MISSING.replace("Ama Osei", "Bo Osei"))] * 3  # type: ignore[union-attr]
    run = await batch.whole(batch.people("Ama Osei", "Bo Osei"))
    (row,) = rows(run.folder, "needs_review.csv")
    assert row["name"] == "Bo Osei" and "point rl.5 is missing" in row["reasons"]
    assert run.summary["reasons"]["needs_review"] == {"point rl.5 is missing": 1}


@pytest.mark.parametrize("error", [AuthError("the key was refused"), QuotaError("nothing left to spend")])
async def test_a_key_that_is_refused_stops_the_run_and_nothing_is_lost(batch: Batch, error: DrafterError) -> None:
    batch.model.answers["Cy Osei"] = [error]  # type: ignore[union-attr]
    run = batch.taken_in(batch.people("Ama Osei", "Bo Osei", "Cy Osei", *MANY))
    assert await batch.start(run, workers=1) is error
    assert batch.runs.counts(run) == {"drafted": 2, "pending": 11}
    assert batch.runs.again(run).state == "stopped" and len(rows(run.folder)) == 2
    assert await batch.start(run) is None
    assert batch.model.asked["Ama Osei"] == 1 and len(rows(run.folder)) == 13  # type: ignore[union-attr]


@pytest.mark.parametrize("opened", [Alone, Clerks])
async def test_a_row_whose_call_may_not_be_sent_stays_to_be_done(batch: Batch, opened: type[Office]) -> None:
    broke = Halt(DrafterError("the next call might take the run over its 2 dollars"))
    assert batch.model
    batch.model.answers["Bo Osei"] = [broke]  # its first call
    batch.model.answers["Cy Osei"] = [
        reply(ONE_MISSING.replace("Ama Osei", "Cy Osei")),
        broke,
    ]  # the repair of its mail
    run = batch.taken_in(batch.people("Ama Osei", "Bo Osei", "Cy Osei"))
    for asked in ("Bo Osei", "Cy Osei"):
        assert await batch.start(run, workers=1, opened=opened) is broke.reason
        assert batch.model.asked[asked], "that is the call that was not sent"
    assert batch.runs.counts(run) == {"drafted": 2, "pending": 1}, "nothing is half done"
    assert await batch.start(run, workers=1) is None and len(rows(run.folder)) == 3


def test_a_clerk_has_a_process_of_its_own_where_there_is_a_core_for_it(
    batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    for cores, kind in ((1, Alone), (2, Clerks)):
        monkeypatch.setattr(office, "usable_cores", lambda cores=cores: cores)
        opened = office.open_office(batch.setup, batch.runs, batch.model, batch.library, recalls=False)
        assert type(opened) is kind


async def test_where_row_after_row_fails_the_run_stops_and_no_row_is_to_blame(batch: Batch) -> None:
    names = [f"Ama {a}{b}osei" for a in "ABCDEFGHIJ" for b in "abcd"]
    for name in names:
        batch.model.answers[name] = [Unreachable("the connection failed")]  # type: ignore[union-attr]
    run = batch.taken_in(batch.people(*names))
    stopped = await batch.start(run)
    assert f"{IN_A_ROW} rows failed one after the other" in str(stopped)
    assert batch.runs.counts(run) == {"pending": 40}
    assert IN_A_ROW <= batch.model.calls < IN_A_ROW + 8  # type: ignore[union-attr]


async def test_the_first_stop_finishes_what_is_under_way_the_second_drops_it(batch: Batch) -> None:
    run = batch.taken_in(batch.people(*MANY))
    engines: list[Engine] = []
    answered = batch.model.complete  # type: ignore[union-attr]

    async def stop_after_three(messages: object, *, schema: object = None) -> object:
        if batch.model.calls == 3:  # type: ignore[union-attr]
            engines[0].stop(DrafterError("stopped"))
        return await answered(messages, schema=schema)  # type: ignore[arg-type]

    batch.model.complete = stop_after_three  # type: ignore[method-assign, union-attr, assignment]
    assert str(await batch.start(run, workers=2, watch=engines.append)) == "stopped"
    done = batch.runs.counts(run)["drafted"]
    assert done == batch.model.calls and 4 <= done <= 5, "whatever was asked for was kept"  # type: ignore[union-attr]

    async def abort(messages: object, *, schema: object = None) -> object:
        engines[-1].abort(DrafterError("stopped"))
        await asyncio.sleep(3600)
        return None

    batch.model.complete = abort  # type: ignore[method-assign, union-attr, assignment]
    await batch.start(run, workers=2, watch=engines.append)
    assert batch.runs.counts(run)["drafted"] == done


async def test_a_limit_leaves_the_rest_for_later(batch: Batch) -> None:
    run = batch.taken_in(batch.people(*MANY))
    await batch.start(run, limit=3)
    assert (batch.runs.counts(run), batch.runs.again(run).state) == ({"drafted": 3, "pending": 7}, "stopped")
    await batch.start(run)
    assert (batch.model.calls, batch.runs.again(run).state) == (10, "done")  # type: ignore[union-attr]


async def test_an_answer_that_came_before_a_kill_is_not_paid_for_again(batch: Batch) -> None:
    run = batch.taken_in(batch.people("Ama Osei"))
    (row,) = batch.runs.pending(run)
    asked: list[tuple[Message, ...]] = []

    async def killed(messages: object, *, schema: object = None) -> object:
        asked.append(tuple(messages))  # type: ignore[call-overload]
        raise Killed

    batch.model.complete = killed  # type: ignore[method-assign, union-attr, assignment]
    with pytest.raises(BaseExceptionGroup):
        await batch.start(run)
    recorder, attempt = StoreRecorder(batch.runs.store), Attempt("c", 1, "m", "http://x/v1", "json_schema", asked[0])
    body = json.dumps({"choices": [{"message": {"content": reply(mail_to("Ama Osei"))}, "finish_reason": "stop"}]})
    with batch.runs.store.going_on(row.work):
        await recorder.sending(attempt)
        await recorder.came_back(attempt, Outcome(200, reply=body))
    await batch.start(run)
    assert len(asked) == 1 and [row["status"] for row in rows(run.folder)] == ["ok"]


async def test_a_full_disk_stops_the_run_with_one_line_and_it_goes_on_when_there_is_room(batch: Batch) -> None:
    run = batch.taken_in(batch.people(*MANY))
    file = batch.runs.store.file
    (pages,) = file.read("PRAGMA page_count")[0]
    file.write(lambda db: db.execute(f"PRAGMA max_page_count = {pages + 4}").fetchone(), alone=True)
    with pytest.raises(StoreError, match="full"):
        await batch.start(run)
    file.write(lambda db: db.execute("PRAGMA max_page_count = 1000000").fetchone(), alone=True)
    before = batch.runs.counts(run).get("drafted", 0)
    assert before < 10
    await batch.start(run)
    assert len(rows(run.folder)) == 10


async def test_variants_are_ranked_and_the_best_one_counts(batch: Batch) -> None:
    batch.variants = 2
    batch.model.answers["Ama Osei"] = [reply(ONE_MISSING)] * 3  # type: ignore[union-attr]
    run = await batch.whole(batch.people("Ama Osei"))
    (row,) = rows(run.folder)
    assert row["status"] == "ok" and batch.model.calls == 4  # type: ignore[union-attr]
    versions = batch.runs.store.versions(row["draft"])
    assert [(v.current, v.draft.status) for v in versions] == [(True, "ok"), (False, "needs_review")]


async def test_a_version_that_was_chosen_since_is_the_one_that_comes_out(batch: Batch) -> None:
    run = await batch.whole(batch.people("Ama Osei"))
    store = batch.runs.store
    first = store.find(rows(run.folder)[0]["draft"])
    better = first.draft.model_copy(update={"id": "b" * 12, "parent": first.id, "subject": "A better subject"})
    with store.going_on(1):
        store.keep(better, "rewrite")
    await batch.start(run)
    assert rows(run.folder)[0]["subject"] == "A better subject"


async def test_forgetting_a_person_takes_them_out_of_their_runs(batch: Batch) -> None:
    run = await batch.whole(batch.people("Ama Osei", "Bo Osei"))
    assert batch.runs.store.forget("ama.osei@example.org").drafts == 1
    content = (
        sqlite3.connect(batch.runs.store.path).execute("SELECT group_concat(record || given) FROM row").fetchone()[0]
    )
    assert "Ama" not in content and "Bo" in content
    await batch.start(run)
    assert [row["name"] for row in rows(run.folder)] == ["Bo Osei"]


async def test_offline_the_same_flow_needs_no_model(batch: Batch) -> None:
    batch.model = None
    run = await batch.whole(batch.people("Ama Osei", "Bo Osei"))
    assert [(row["model"], row["status"], row["cost"]) for row in rows(run.folder)] == [("offline", "ok", "0")] * 2
    again = await batch.whole(batch.people("Ama Osei", "Bo Osei"), "second")
    assert [row["reused"] for row in rows(again.folder)] == ["yes", "yes"]


async def test_whom_another_run_drafted_to_lately_is_left_out_unless_it_is_this_very_draft(batch: Batch) -> None:
    batch.rules = Rules(cool_down=30)
    table = batch.people("Ama Osei", "Bo Osei")
    await batch.whole(table)
    same = await batch.whole(table, "second")
    assert [row["reused"] for row in rows(same.folder)] == ["yes", "yes"]
    batch.wishes = type(batch.wishes)(tone="warm", field="rl", tracks=("rl.2", "rl.5"), count=2)
    other = await batch.whole(table, "third")
    assert rows(other.folder) == [] and batch.model.calls == 2  # type: ignore[union-attr]
    assert all(
        "was drafted on" in row["reason"] and "--cool-down 0" in row["reason"]
        for row in rows(other.folder, "rejected.csv")
    )


async def test_somebody_who_is_forgotten_while_the_mail_is_written_is_not_kept(batch: Batch) -> None:
    run = batch.taken_in(batch.people("Ama Osei", "Bo Osei"))
    answered = batch.model.complete  # type: ignore[union-attr]

    async def forgetting(messages: object, *, schema: object = None) -> object:
        batch.runs.store.forget("ama.osei@example.org")
        return await answered(messages, schema=schema)  # type: ignore[arg-type]

    batch.model.complete = forgetting  # type: ignore[method-assign, union-attr, assignment]
    assert await batch.start(run) is None
    assert [row["name"] for row in rows(run.folder)] == ["Bo Osei"] and len(batch.runs.store.listed()) == 1


async def test_answers_that_no_mail_can_be_read_from_are_a_failure_and_no_draft(batch: Batch) -> None:
    batch.model.answers["Ama Osei"] = ["I would rather not."] * 3  # type: ignore[union-attr]
    run = await batch.whole(batch.people("Ama Osei", "Bo Osei"))
    (failed,) = rows(run.folder, "failed.csv")
    assert failed["name"] == "Ama Osei" and "none could be read as a mail" in failed["reason"]
    assert batch.runs.retry_failed(run) == 1
    await batch.start(run)
    assert len(rows(run.folder)) == 2
