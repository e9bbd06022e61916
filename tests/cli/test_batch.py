"""`drafter batch` and `drafter status`, as a person uses them; the clerk is a real process."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

from drafter.cli.batch import _exit_code
from drafter.errors import AuthError, DrafterError, QuotaError
from tests.cli.conftest import Ran

PEOPLE = """name,邮箱,papers,Source
Ama Osei,ama@example.org,Forgotten Twice: Re-contamination After Unlearning,a list
A. Osei,AMA@example.org,Forgotten Twice: Re-contamination After Unlearning,twice
,nobody@example.org,,nothing
顾念之,gu@example.org,奖励模型为什么会被钻空子,a list
"""


@pytest.fixture
def people(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    path.write_text(PEOPLE, encoding="gb18030")
    return path


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_a_table_becomes_a_folder_of_drafts(drafter: Callable[..., Ran], people: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    ran = drafter("batch", people, "--out", out, "--texts", "--json")
    assert ran.code == 3, "a row that held nobody is something to look at"
    for told in (
        "GB18030",
        "comma",
        "邮箱 → email",
        "kept as they are: Source",
        "first rows: Ama Osei; 顾念之",
        "2 to draft, 2 not",
        "no calls",
    ):
        assert told in ran.err
    assert [(row["name"], row["Source"], row["status"]) for row in table(out / "drafts.csv")] == [
        ("Ama Osei", "a list", "ok"),
        ("顾念之", "a list", "ok"),
    ]
    assert next((row["line"], row["reason"].rpartition("/")[2]) for row in table(out / "rejected.csv")) == (
        "3",
        "people.csv:2)",
    )
    assert "nothing usable" in table(out / "rejected.csv")[1]["reason"]
    assert sorted(path.name for path in (out / "mails").iterdir()) == ["000001 Ama Osei.txt", "000004 顾念之.txt"]
    summary = json.loads(ran.out)
    assert (summary["ok"], summary["rejected"], summary["state"]) == (2, 2, "done")

    again = drafter("batch", people, "--out", out, "--texts")
    assert again.code == 3 and "finished before" in again.err

    shown = drafter("status", out, "--json")
    assert json.loads(shown.out)["rows"] == {"drafted": 2, "rejected": 2}
    assert "done, 4 of 4 rows done" in drafter("status", out).err
    assert "Ama Osei" in drafter("list").out, "what a batch makes is kept like any draft"

    drafter("rewrite", table(out / "drafts.csv")[0]["draft"], "--tone", "warm")
    assert drafter("batch", people, "--out", out).code == 3
    assert table(out / "drafts.csv")[0]["tone"] == "warm", "the version that counts comes out"
    drafter("forget", "gu@example.org")
    assert drafter("batch", people, "--out", out).code == 3
    assert [row["name"] for row in table(out / "drafts.csv")] == ["Ama Osei"]

    people.write_text(
        PEOPLE + "Bo Osei,bo@example.org,Forgotten Twice: Re-contamination After Unlearning,new\n", encoding="gb18030"
    )
    more = drafter("batch", people, "--out", out)
    assert more.code == 3 and "1 of them made in an earlier run" in more.err
    assert [row["reused"] for row in table(out / "drafts.csv")] == ["yes", "", ""]


def test_a_dry_run_shows_what_would_be_done_and_leaves_nothing_behind(
    drafter: Callable[..., Ran], people: Path, tmp_path: Path
) -> None:
    ran = drafter(
        "batch",
        people,
        "--out",
        tmp_path / "out",
        "--dry-run",
        "--model",
        "gpt-5.4-mini",
        "--base-url",
        "http://127.0.0.1:9/v1",
    )
    assert ran.code == 0 and "2 to 6 calls" in ran.err and "$0.0" in ran.err
    assert not (tmp_path / "out").exists() and not (tmp_path / "data").exists()


def test_what_comes_through_a_pipe_is_kept_for_going_on(drafter: Callable[..., Ran], tmp_path: Path) -> None:
    line = '{"name": "Ama Osei", "papers": ["Forgotten Twice: Re-contamination After Unlearning"], "tags": ["a", "b"]}'
    ran = drafter("batch", "-", "--out", tmp_path / "out", stdin=line)
    assert ran.code == 0, ran.err
    (row,) = table(tmp_path / "out" / "drafts.csv")
    assert (row["name"], row["tags"]) == ("Ama Osei", '["a", "b"]')
    assert (tmp_path / "out" / "input.jsonl").read_text() == line


@pytest.mark.parametrize(
    ("content", "args", "code", "told"),
    [
        (b"", (), 1, "is empty"),
        (b"name,email\n", (), 1, "holds no entries"),
        (b"\x00\x01\x02" * 999, (), 1, "binary"),
        (b"a,b\n1,2\n", (), 1, "no heading is known"),
        (b"name,name\nA,B\n", (), 1, "stand for name"),
        (",".join(f"c{n}" for n in range(10_000)).encode() + b"\n", (), 1, "10,000"),
        (b"name\nAnn\n", ("--map", "nonsense"), 2, "nonsense"),
        (b"name\nAnn\n", ("--map", "who=name"), 1, "who"),
        (b"name,who\nAnn,Bo\n", ("--map", "who=name", "--map", "name=name"), 2, "name"),
        (b"name\nAnn\n", ("--tone", "shouting"), 2, "no tone"),
        (b"name\nAnn\n", ("--field", "alchemy"), 2, "alchemy"),
        (b"name\nAnn\n", ("--judge", "--no-judge"), 2, "contradict"),
        (b"name\nAnn\n", ("--do-not-contact", "nowhere.txt"), 1, "nowhere.txt"),
        (b"name\nAnn\n", ("--model", "m", "--base-url", "http://127.0.0.1:9/v1", "--max-cost", "1"), 2, "price of m is not known"),
        (b"name\nAnn\n", ("--limit", "0"), 2, "--limit"),
        (b"name\nAnn\n", ("--model", "m"), 4, "no key"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_one_clear_line(
    drafter: Callable[..., Ran], tmp_path: Path, content: bytes, args: tuple[str, ...], code: int, told: str
) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(content)
    ran = drafter("batch", path, "--out", tmp_path / "out", *args)
    lines = [line for line in ran.err.splitlines() if line.startswith("error: ")]
    assert ran.code == code and len(lines) == 1 and told in lines[0], ran.err
    assert not (tmp_path / "out" / "drafts.csv").exists()


def test_folders_that_are_not_ours_are_left_alone(drafter: Callable[..., Ran], people: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "drafts.csv").write_text("mine")
    assert "is of no run known here" in drafter("batch", people, "--out", other).err
    assert (other / "drafts.csv").read_text() == "mine"
    (other / "drafts.csv").unlink()
    (other / "run.json").write_text('{"store": "/somewhere/else.sqlite3"}')
    ran = drafter("batch", people, "--out", other)
    assert ran.code == 1 and "belongs to another store (/somewhere/else.sqlite3)" in ran.err
    assert drafter("batch", people, "--out", people).code == 1, "a file is no folder"
    assert "is no folder of a batch" in drafter("status", tmp_path).err


def test_a_second_process_is_kept_out(drafter: Callable[..., Ran], people: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    with FileLock(out / ".lock"):
        ran = drafter("batch", people, "--out", out)
    assert ran.code == 1 and "another process is working on this run" in ran.err


@pytest.mark.parametrize(
    ("counts", "stopped", "code"),
    [
        ({"ok": 3}, None, 0),
        ({"ok": 3, "rejected": 2}, None, 0),
        ({"ok": 3, "needs_review": 1}, None, 3),
        ({"ok": 3, "failed": 1}, None, 3),
        ({"ok": 3, "rejected": 1, "unusable": 1}, None, 3),
        ({"failed": 3}, None, 1),
        ({"rejected": 3}, None, 1),
        ({"ok": 2, "pending": 5}, None, 0),  # --limit
        ({"ok": 2, "pending": 5}, DrafterError("the budget is used up"), 3),
        ({"pending": 5}, QuotaError("nothing left"), 1),
        ({"ok": 2, "pending": 5}, AuthError("the key was refused"), 4),
    ],
)
def test_exit_codes(counts: dict[str, int], stopped: DrafterError | None, code: int) -> None:
    summary = {**dict.fromkeys(("ok", "needs_review", "failed", "rejected", "pending", "unusable"), 0), **counts}
    assert _exit_code(summary, stopped) == code
