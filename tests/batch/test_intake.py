"""Who is drafted, who is not, and why."""

import json
from pathlib import Path

import pytest

from drafter.batch.intake import Rules, recognizable
from drafter.batch.unwanted import Unwanted, read_unwanted
from drafter.candidate import load_candidate
from drafter.errors import InputError
from tests.batch.conftest import Batch


def table(batch: Batch, *people: dict[str, str]) -> Path:
    path = batch.root / "people.jsonl"
    path.write_text("".join(json.dumps(person, ensure_ascii=False) + "\n" for person in people), encoding="utf-8")
    return path


def states(batch: Batch, *people: dict[str, str]) -> list[tuple[str, str]]:
    run = batch.taken_in(table(batch, *people))
    return [(result.state, result.reason.rpartition("/")[2].rstrip(")")) for result in batch.runs.results(run)]


@pytest.mark.parametrize(
    "second",
    [
        {"name": "A. Osei", "email": "AMA@example.org "},  # the same address
        {"name": "ama  osei", "affiliation": "EXAMPLE University", "email": ""},  # the same name and place
        {"name": "Ａｍａ Osei", "affiliation": "Example University", "email": "other@example.org"},
    ],
)
def test_a_person_who_stands_twice_in_a_file_is_drafted_once(batch: Batch, second: dict[str, str]) -> None:
    first = {"name": "Ama Osei", "affiliation": "Example University", "email": "ama@example.org"}
    assert states(batch, first, second) == [("pending", ""), ("rejected", "people.jsonl:1")]


@pytest.mark.parametrize(
    "second",
    [
        {"name": "Ama Osei", "email": ""},
        {"name": "Ama Osei", "affiliation": "Another University"},
        {"name": "Bo Osei", "affiliation": "Example University"},
    ],
)
def test_who_only_may_be_the_same_person_is_drafted_to(batch: Batch, second: dict[str, str]) -> None:
    first = {"name": "Ama Osei", "affiliation": "Example University", "email": "ama@example.org"}
    assert states(batch, first, second) == [("pending", ""), ("pending", "")]


def test_people_are_recognized_across_the_whole_of_a_long_file(batch: Batch) -> None:
    people = [{"name": f"Person {n}", "email": f"p{n % 700}@example.org"} for n in range(1200)]
    run = batch.taken_in(table(batch, *people))
    assert batch.runs.counts(run) == {"pending": 700, "rejected": 500}
    assert next(batch.runs.results(run, "rejected")).reason.endswith("people.jsonl:1)")


def test_a_row_that_cannot_be_used_is_kept_with_its_line_and_reason(batch: Batch) -> None:
    path = batch.root / "people.csv"
    path.write_text(
        "name,email,language\n,nobody@example.org,\nAma Osei,ama@example.org,fr\nBo Osei,,\n", encoding="utf-8"
    )
    run = batch.taken_in(path)
    found = [(result.place.rpartition("/")[2], result.state, result.reason) for result in batch.runs.results(run)]
    assert [(place, state) for place, state, _ in found] == [
        ("people.csv:2", "rejected"),
        ("people.csv:3", "rejected"),
        ("people.csv:4", "pending"),
    ]
    assert "nothing usable" in found[0][2] and "“fr”" in found[1][2]
    assert batch.runs.store.forget("nobody@example.org").works == 1, "a bad row is a person, too"


@pytest.mark.parametrize(
    ("entry", "listed"),
    [
        ("ama@lab.example.org", True), ("AMA@LAB.EXAMPLE.ORG", True), ("mailto:ama@lab.example.org", True), ("ａｍａ＠lab.example.org", True),
        ("Somebody <ama@lab.example.org>", True), ('"ama@lab.example.org", since May', True), ("second@example.com", True), ("x@example.net, ama@lab.example.org", True),
        ("@lab.example.org", True), ("lab.example.org", True), ("*@lab.example.org", True), ("*.example.org", True), ("@example.org", True),
        ("Ama Osei", True), ("Osei, Ama", True), ("Dr. Ama Oséi", True), ("ama osei; example university", True), ("Ama Osei；Example University", True), ("Ama Osei, Example University", True),
        ("Ama Osei; Another University", False), ("@example.com.org", False), ("bo@lab.example.org", False), ("# Ama Osei", False), ("Ama", False), ("ple.org", False),
    ],
)  # fmt: skip
@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16"])
def test_who_is_on_the_list_is_never_written_to(tmp_path: Path, entry: str, listed: bool, encoding: str) -> None:
    path = tmp_path / "never.txt"
    path.write_text(f"# 勿联系的人，内部名单\n\n{entry}  # 五月起\n", encoding=encoding)
    record = {"name": "Ama Osei", "affiliation": "Example University", "email": "Ama@lab.example.org"}
    unwanted = read_unwanted(path)
    assert unwanted.holds(load_candidate(record).candidate, ["Ama@lab.example.org; second@example.com"]) is listed
    assert unwanted.entries == (not entry.startswith("#"))


def test_a_chinese_name_is_found_with_its_title(tmp_path: Path) -> None:
    path = tmp_path / "never.txt"
    path.write_text("陈伟；清华大学\n李娜 教授\n", encoding="utf-8")
    unwanted = read_unwanted(path)
    people = [
        {"name": "陈伟", "affiliation": "清华大学"},
        {"name": "陈伟", "affiliation": "北京大学"},
        {"name": "李娜"},
    ]
    assert [unwanted.holds(load_candidate(person).candidate) for person in people] == [True, False, True]


def test_somebody_without_address_and_name_is_on_no_list() -> None:
    person = load_candidate({"interests": "reward hacking"}).candidate
    assert not Unwanted(frozenset({"@"}), frozenset({""}), frozenset({""})).holds(person)


def test_the_list_counts_more_than_a_draft_that_is_there(batch: Batch) -> None:
    batch.rules = Rules(Unwanted(frozenset({"ama@example.org"})))
    found = states(batch, {"name": "Ama Osei", "email": "ama@example.org"})
    assert found == [("rejected", "is on the do-not-contact list")]


def test_a_list_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        read_unwanted(tmp_path / "none.txt")


def test_rows_that_are_alike_are_counted_in_their_order(batch: Batch) -> None:
    run = batch.taken_in(
        table(batch, *[{"interests": "reward hacking", "email": f"{n}@example.org"} for n in range(3)])
    )
    assert [row.ordinal for row in batch.runs.pending(run)] == [0, 1, 2]


def test_recognizing_needs_both_name_and_place() -> None:
    assert (recognizable("Ama", ""), recognizable("", "X"), recognizable("陈 伟", "清华大学")) == (
        "",
        "",
        "陈伟|清华大学",
    )
