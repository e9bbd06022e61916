"""What the benchmark of batches stands on: invented people, and a model server that writes good mails."""

import json
import re
from collections import Counter

import pytest

from bench.people import HEADINGS, people
from bench.server import Behavior, Bucket, Mails, SlidingLog, read_chat
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
    planner, prompts, checker, mails = Planner(library), Prompts(data_path("prompts")), Checker(library), Mails(library)
    languages, fields = set(), set()
    for row in people(66):
        plan = planner.plan(load_candidate(dict(zip(HEADINGS, row, strict=True))).candidate, sender)
        system, user = (message.content for message in prompts.messages(plan))
        reply = json.loads(mails.write(system, user, variant=len(user)))
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
