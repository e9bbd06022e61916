"""The tables: whole or not there, harmless in a spreadsheet, and safe names."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drafter.batch.results import file_name, harmless
from drafter.errors import InputError
from tests.batch.conftest import PAPER, Batch, rows


@pytest.mark.parametrize(
    ("cell", "safe"),
    [
        ("=1+1", "'=1+1"), ("@SUM(A1)", "'@SUM(A1)"), ("+HYPERLINK(1)", "'+HYPERLINK(1)"), ("-cmd|'/c calc'!A1", "'-cmd|'/c calc'!A1"),
        ("\t=1", "'\t=1"), ("  =1", "'  =1"), ("-5", "-5"), ("+86 138 0000 0000", "+86 138 0000 0000"), ("-", "-"), ("007", "007"), ("NA", "NA"), ("", ""),
        ("a=b", "a=b"), ("陈伟", "陈伟"),
    ],
)  # fmt: skip
def test_no_cell_starts_a_formula(cell: str, safe: str) -> None:
    assert harmless(cell) == safe


@given(st.text(max_size=60))
def test_names_of_files_are_safe_whatever_a_person_is_called(name: str) -> None:
    found = file_name(0, name)
    assert found.startswith("000001") and found.endswith(".txt")
    assert not set(found) & set('<>:"/\\|?*') and found.isprintable() and len(found.encode()) < 200


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("陈伟", "000012 陈伟.txt"), ("../../etc/passwd", "000012 etc passwd.txt"), ("CON", "000012 _CON.txt"), ("", "000012.txt"),
        ("a" * 500, f"000012 {'a' * 120}.txt"), ("Ann\u202eexe.txt", "000012 Annexe.txt.txt"), ("O’Neil, J. ", "000012 O’Neil, J.txt"),
    ],
)  # fmt: skip
def test_names_of_files(name: str, file: str) -> None:
    assert file_name(11, name) == file


async def test_cells_of_the_input_come_out_as_they_went_in(batch: Batch) -> None:
    batch.model = None
    path = batch.root / "people.csv"
    cells = ["NA", "007", "  two  blanks ", "=1+1", "x"]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["name", "编号", "Remark", "Formula", "subject", "papers"], [*cells, PAPER]])
    run = await batch.whole(path)
    (row,) = rows(run.folder)
    assert [row[key] for key in ("name", "编号", "Remark", "Formula")] == ["NA", "007", "  two  blanks ", "'=1+1"]
    assert row["subject (input)"] == "x" and row["subject"] not in ("", "x"), "the draft's own column keeps its name"
    content = (Path(run.folder) / "drafts.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf"), "Excel needs the mark"


async def test_a_table_that_excel_holds_open_is_not_lost(batch: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    replace = Path.replace

    def held(self: Path, target: Path) -> Path:
        if Path(target).name == "drafts.csv":
            raise PermissionError(13, "being used by another process")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", held)
    run = await batch.whole(batch.people("Ama Osei"))
    assert [row["name"] for row in rows(run.folder, "drafts (2).csv")] == ["Ama Osei"]
    assert batch.said == ["drafts.csv is open in another program; what is new stands in drafts (2).csv"]


async def test_a_folder_that_cannot_be_written_loses_no_draft(batch: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> object:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr("drafter.batch.results.NamedTemporaryFile", full)
        with pytest.raises(InputError, match="No space left"):
            await batch.whole(batch.people("Ama Osei"))
    run = batch.runs.find(batch.root / "out")
    assert run
    await batch.start(run)
    assert batch.model and batch.model.calls == 1 and len(rows(run.folder)) == 1


async def test_what_a_killed_run_left_half_written_is_cleared_away(batch: Batch) -> None:
    run = batch.taken_in(batch.people("Ama Osei"))
    (Path(run.folder) / ".drafts.csv.abc123").write_text("half")
    await batch.start(run)
    assert sorted(path.name for path in Path(run.folder).iterdir()) == [
        "drafts.csv",
        "failed.csv",
        "needs_review.csv",
        "rejected.csv",
    ]
