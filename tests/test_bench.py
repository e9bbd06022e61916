"""What the benchmark of batches stands on: invented people, and a model server that writes good mails."""

import json
import re
import urllib.request
from collections import Counter
from pathlib import Path

import pytest

from bench.bare import read_requests, write_requests
from bench.batch import choose_moments, compared, in_flight_by_second
from bench.people import HEADINGS, people, write_people
from bench.running import BenchError, Results, ServerProcess, cell
from bench.server import Behavior, Bucket, SlidingLog, read_chat
from bench.writer import Writer
from drafter.candidate import load_candidate, read_sender
from drafter.checker import Checker, Mail
from drafter.library import load_library
from drafter.planning import Planner
from drafter.prompting import Prompts
from drafter.settings import data_path


def test_the_same_seed_gives_the_same_people_and_no_two_have_a_name() -> None:
    rows = list(people(3000, seed=1))
    assert rows == list(people(3000, seed=1)) != list(people(3000, seed=2))
    names, emails = (Counter(row[HEADINGS.index(key)] for row in rows) for key in ("name", "email"))
    assert len(names) == len(emails) == 3000
    assert all(email.endswith("@example.org") for email in emails)


def test_people_are_of_all_fields_and_both_languages_and_their_mails_pass_the_checks() -> None:
    library, sender = load_library(data_path("library")), read_sender(data_path("sender.yaml"))
    planner, prompts, checker, writer = (
        Planner(library),
        Prompts(data_path("prompts")),
        Checker(library),
        Writer(library),
    )
    languages, fields = set(), set()
    for row in people(66):
        plan = planner.plan(load_candidate(dict(zip(HEADINGS, row, strict=True))).candidate, sender)
        system, user = (message.content for message in prompts.messages(plan))
        reply = json.loads(writer.write(system, user, variant=len(user)))
        tracks = tuple(match.track for match in plan.tracks)
        report = checker.check(Mail(plan.language, reply["subject"], reply["body"], tracks, plan.candidate, sender))
        assert report.ok, reply["body"]
        languages.add(plan.language)
        fields.add(plan.fields[0].field)
    assert languages == {"zh", "en"} and fields == {field.id for field in library.research_fields}


@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")])
def test_messages_are_read_however_the_request_is_written(separators: tuple[str, str]) -> None:
    said = [("system", "S “s”"), ("user", "first\n老师"), ("assistant", '{"role":"user"}'), ("user", "last")]
    request = {"model": "m", "messages": [{"role": role, "content": text} for role, text in said], "max_tokens": 9}
    chat = read_chat(json.dumps(request, ensure_ascii=False, separators=separators).encode())
    assert (chat.system, chat.user, chat.last) == ("S “s”", "first\n老师", "last")


def test_a_bucket_refills_and_a_log_forgets_after_a_minute() -> None:
    bucket, log = Bucket(60, burst=2), SlidingLog(2)
    assert [bucket.wait(100.0) for _ in range(3)] == [0.0, 0.0, pytest.approx(1.0)]
    assert bucket.wait(101.0) == 0.0
    assert [log.wait(t) for t in (0.0, 10.0, 20.0, 60.0, 61.0)] == [0.0, 0.0, 40.0, 0.0, 9.0]


def test_a_fault_is_drawn_anew_for_each_turn_of_a_message_and_is_the_same_in_each_run() -> None:
    behavior = Behavior(faults={"500": 0.3, "reset": 0.2}, seed=5)
    drawn = [behavior.fault(number.to_bytes(8, "big"), turn) for number in range(500) for turn in (1, 2)]
    assert drawn == [behavior.fault(number.to_bytes(8, "big"), turn) for number in range(500) for turn in (1, 2)]
    assert 250 < Counter(drawn)["500"] < 350 and 150 < Counter(drawn)["reset"] < 250
    assert any(first != second for first, second in zip(drawn[::2], drawn[1::2], strict=True))
    assert re.fullmatch("(500|reset|)+", "".join(drawn))


def test_the_server_counts_what_it_answers_and_begins_anew(tmp_path: Path) -> None:
    write_people(tmp_path / "people.csv", 2)
    write_requests(tmp_path / "people.csv", tmp_path / "requests")
    requests = [{"model": "m", "messages": messages} for messages in read_requests(tmp_path / "requests")]
    with ServerProcess(tmp_path, "--latency", "0") as server:
        for request in [*requests, requests[0]]:
            sent = urllib.request.Request(f"{server.url}/chat/completions", json.dumps(request).encode())
            with urllib.request.urlopen(sent, timeout=20) as answer:
                told = json.load(answer)
            assert "body" in json.loads(told["choices"][0]["message"]["content"])
        assert told["usage"]["prompt_tokens_details"]["cached_tokens"] > 0
        stats = server.stats()
        assert (stats["calls"], stats["distinct"], stats["repeats"], stats["in_flight"]) == (3, 2, 1, 0)
        assert sum(stats["accepted"]) == sum(stats["answered"]) == stats["statuses"]["200"] == 3
        server.reset()
        assert server.stats()["calls"] == 0


def test_calls_under_way_are_what_came_and_has_not_gone() -> None:
    assert in_flight_by_second({"accepted": [5, 3, 0], "answered": [0, 4, 4]}) == [5, 4, 0]


def test_twenty_moments_leave_rows_for_the_end() -> None:
    moments = choose_moments(2000, to_first_call=1.5, tail=0.1, seed=3)
    assert Counter(m.phase for m in moments) == {"start": 4, "sending": 6, "commit": 4, "rename": 3, "end": 3}
    assert sum(m.value for m in moments if m.phase in ("sending", "commit")) < 2000 * 0.7
    assert {m.phase for m in moments[-6:]} == {"rename", "end"}


def test_a_lost_a_doubled_and_a_changed_mail_are_seen(tmp_path: Path) -> None:
    def table(name: str, *rows: str) -> Results:
        (tmp_path / name).mkdir()
        (tmp_path / name / "drafts.csv").write_text("\n".join(("id,subject,draft body", *rows)), encoding="utf-8")
        return Results(tmp_path / name)

    calm = table("calm", "a,S,x", "b,S,y", "c,S,z")
    assert [f.met for f in compared(calm, table("same", "c,S,z", "a,S,x", "b,S,y"), 3)] == [True, True]
    assert [f.met for f in compared(calm, table("lost", "a,S,x", "b,S,y"), 3)] == [False, False]
    assert [f.met for f in compared(calm, table("twice", "a,S,x", "b,S,y", "b,S,y", "c,S,z"), 3)] == [False, True]
    assert [f.met for f in compared(calm, table("changed", "a,S,x", "b,S,!", "c,S,z"), 3)] == [True, False]


def test_a_column_is_found_by_the_last_word_of_its_heading() -> None:
    assert cell({"id": "1", "Draft_Subject": "S"}, "subject") == "S"
    with pytest.raises(BenchError, match="no column “reason”"):
        cell({"id": "1"}, "reason")
