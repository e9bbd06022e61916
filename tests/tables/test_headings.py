import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drafter.candidate import Candidate
from drafter.tables import read_candidates, read_records
from drafter.tables.headings import ALIASES


def read(text: str) -> list:
    return list(read_candidates("-", format="csv", stdin=io.BytesIO(text.encode())))


def record(*columns: tuple[str, str]) -> dict:
    """Read one row with these headings and cells."""
    out = io.StringIO()
    csv.writer(out).writerows(zip(*columns, strict=True))
    [row] = read(out.getvalue())
    return dict(row.record)


def test_every_key_of_a_candidate_has_its_headings():
    assert set(ALIASES) == set(Candidate.model_fields) - {"extra"}
    assert all(key in names.split(", ") for key, names in ALIASES.items())


@pytest.mark.parametrize(
    ("heading", "key"),
    [
        *((name, key) for key, names in ALIASES.items() for name in names.split(", ")),
        ("姓 名", "name"),
        ("姓名（必填）", "name"),
        ("姓名 *", "name"),
        (" Full_Name ", "name"),
        ("ＥＭＡＩＬ", "email"),
        ("E-Mail [work]", "email"),
        ("Research\nInterests:", "interests"),
        ("邮箱\u200b", "email"),
    ],
)
def test_headings_are_known_by_their_exact_names(heading, key):
    other, value = "bio" if key == "name" else "name", "x@example.org" if key == "email" else "x"
    assert record((heading, value), (other, "y")) == {key: value, other: "y"}


@pytest.mark.parametrize(
    "heading",
    [
        "Email Status",
        "推荐人邮箱",
        "导师姓名",
        "Company Linkedin Url",
        "Title",
        "手机号",
        "Tags",
        "extra notes",
        "方向",
    ],
)
def test_what_only_looks_like_a_known_heading_keeps_its_own(heading):
    assert record((heading, "x"), ("name", "Ann")) == {heading: "x", "name": "Ann"}


def test_unknown_columns_come_back_out():
    [row] = read("name,Tags,Tags,,extra\nAnn,a,b,c,d\n")
    assert row.record == {"name": "Ann", "Tags": "a", "Tags (column 3)": "b", "column 4": "c", "extra (column 5)": "d"}
    assert row.loaded.candidate.extra == {k: v for k, v in row.record.items() if k != "name"}


def test_a_made_up_name_never_meets_a_real_one():
    [row] = read("name,a (column 3),a,a\nAnn,1,2,3\n")
    assert list(row.record.values()) == ["Ann", "1", "2", "3"]


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ([("First Name", "Ann"), ("Last Name", "Example")], {"name": "Ann Example"}),
        ([("Last Name", "Example"), ("First Name", "")], {"name": "Example"}),
        ([("姓", "欧阳"), ("名", "明月")], {"name": "欧阳明月"}),
        ([("first_name", "明月"), ("last_name", "欧阳")], {"name": "欧阳明月"}),
        ([("first_name", "Ming"), ("last_name", "欧阳")], {"name": "Ming 欧阳"}),
        (
            [("Full Name", "Ann B. Example"), ("First Name", "Ann"), ("Last Name", "Example")],
            {"name": "Ann B. Example", "First Name": "Ann", "Last Name": "Example"},
        ),
        ([("Name", ""), ("First Name", "Ann"), ("Last Name", "Example")], {"name": "Ann Example"}),
    ],
)
def test_a_name_in_two_columns_is_joined(columns, expected):
    assert record(*columns) == expected


@pytest.mark.parametrize(
    "value", ["NA", "null", "None", "nan", "007", "1e5", "TRUE", "2024-01-01", "=1+1", "0086 138", "3.10"]
)
def test_values_never_change(value):
    assert record(("name", value)) == {"name": value}


@pytest.mark.parametrize(
    ("cell", "language"), [("zh", "zh"), ("中文", "zh"), ("English", "en"), ("EN", "EN"), ("auto", "auto")]
)
def test_languages_may_be_called_by_name(cell, language):
    assert record(("name", "Ann"), ("语言", cell)) == {"name": "Ann", "language": language}


def test_cells_with_several_entries_are_split_by_the_candidate():
    [row] = read('name,papers,研究方向\nAnn,"First Paper; Second Paper\nThird Paper",强化学习；奖励模型|对齐\n')
    assert [paper.title for paper in row.loaded.candidate.papers] == ["First Paper", "Second Paper", "Third Paper"]
    assert row.loaded.candidate.interests == ("强化学习", "奖励模型", "对齐")


def test_lines_are_those_of_the_file():
    text = '\nname,bio\n\nAnn,"one\r\ntwo\nthree"\n,,,\n , \nBen,"a ""b"" c"\r\nCleo, "d, e"\n'
    found = read(text)
    assert [(row.where, row.record.get("bio")) for row in found] == [
        ("standard input:4", "one\r\ntwo\nthree"),
        ("standard input:9", 'a "b" c'),
        ("standard input:10", "d, e"),
    ]


def test_missing_and_empty_surplus_cells_are_fine():
    found = read("name,email,bio\nAnn\nBen,b@example.org,x,,\n")
    assert [dict(row.record) for row in found] == [
        {"name": "Ann"},
        {"name": "Ben", "email": "b@example.org", "bio": "x"},
    ]


def test_the_separator_is_counted_outside_quotation_marks():
    assert [dict(row.record) for row in read('"name";"notes (a, b, c)"\nAnn;x, y, z\n')] == [
        {"name": "Ann", "notes": "x, y, z"}
    ]


CELLS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)


@given(st.integers(1, 5).flatmap(lambda n: st.lists(st.lists(CELLS, min_size=n, max_size=n), min_size=1, max_size=6)))
def test_any_table_comes_back_as_it_was_written(table):
    headings = [f"h{number}" for number in range(len(table[0]))]
    out = io.StringIO()
    csv.writer(out).writerows([headings, *table])
    expected = [{h: c.strip() for h, c in zip(headings, row, strict=True) if c.strip()} for row in table]
    expected = [row for row in expected if row]
    if expected:
        # with a mark: without one, a few letters of mixed scripts may also be Chinese
        found = read_records("-", format="csv", stdin=io.BytesIO(out.getvalue().encode("utf-8-sig")))
        assert [(entry.record, entry.error) for entry in found] == [(row, None) for row in expected]
