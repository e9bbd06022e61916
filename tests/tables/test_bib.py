"""BibTeX, as a file and in a column."""

import csv
import io

import pytest

from drafter.errors import InputError
from drafter.tables import read_candidates

ENTRIES = r"""% exported
@string{icml = "International Conference on Machine Learning"}
@inproceedings{a, title = {{Deep} T{\"o}ne: {\'E}tude -- a Study}, author = {Osei, Nana and M{\"u}ller, J{\"u}rgen},
  booktitle = icml, year = 2024, abstract = {What it
  does.}, url = {https://example.org/a}}
@article{b, title = "Second", author = "N. Osei and {Example Lab}", journal = {Journal of X}, date = {2023-05-01}}
"""
PAPERS = [
    {"title": "Deep Töne: Étude – a Study", "venue": "International Conference on Machine Learning", "year": "2024",
     "summary": "What it does.", "url": "https://example.org/a"},
    {"title": "Second", "venue": "Journal of X", "year": "2023"},
]  # fmt: skip


def read(text: str, format: str = "bib") -> list:
    return list(read_candidates("-", format=format, stdin=io.BytesIO(text.encode())))


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_file_of_papers_is_their_one_author(mark):
    [row] = read(mark + ENTRIES)
    assert row.record == {"name": "Nana Osei", "papers": PAPERS}
    assert row.loaded.warnings == ()
    assert row.loaded.candidate.papers[0].year == 2024
    assert row.given["name"] == "Nana Osei"


def test_a_broken_entry_costs_only_itself(capfd):
    [row] = read(
        ENTRIES
        + "@article{c, title={never closed\n@misc{d, title={Last}, author={Nana Osei}}\n@misc{e, author={Nana Osei}}\n"
    )
    assert [paper["title"] for paper in row.record["papers"]] == [PAPERS[0]["title"], "Second", "Last"]
    assert row.loaded.warnings == (
        "the BibTeX entry in line 7 cannot be read and is left out",
        "the BibTeX entry “e” in line 9 has no title and is left out",
    )
    assert capfd.readouterr().err == ""


def test_the_same_key_twice_is_two_papers():
    [row] = read("@misc{a, title={One}, author={Ann Example}}\n@misc{a, title={Two}, author={Ann Example}}\n")
    assert [paper["title"] for paper in row.record["papers"]] == ["One", "Two"]


@pytest.mark.parametrize(
    "text",
    [
        "@misc{a, title={One}, author={Ann Example and Ben Osei}}",
        "@misc{a, title={One}, author={Ann Example}}\n@misc{b, title={Two}, author={Ben Osei}}",
        "@misc{a, title={One}}",
    ],
)
def test_where_nobody_knows_whose_papers_they_are_the_name_is_missing(text):
    [row] = read(text)
    assert "name" not in row.record
    assert "no one author stands in all entries, so the name is missing" in row.loaded.warnings[0]


@pytest.mark.parametrize("text", ["nothing", "@article{a, title={never", "@misc{a, author={Ann}}", "@comment{x}"])
def test_a_file_without_papers_is_one_clear_line(text):
    with pytest.raises(InputError, match="standard input: holds no papers: ") as caught:
        read(text)
    assert "\n" not in str(caught.value)


def test_a_column_of_bibtex_gives_the_papers():
    out = io.StringIO()
    csv.writer(out).writerows([["name", "BibTeX"], ["Nana Osei", ENTRIES], ["Ann Example", "@misc{"], ["Ben", ""]])
    first, second, third = read(out.getvalue(), "csv")
    assert first.record == {"name": "Nana Osei", "papers": PAPERS}
    assert first.given["BibTeX"] == ENTRIES
    assert second.loaded.candidate.papers == () and second.loaded.warnings
    assert third.loaded.candidate.name == "Ben"


@pytest.mark.parametrize(
    "text",
    ["@misc{a, title={" + "{" * 20_000, "@misc{a, title={" + "{" * 3_000 + "x" + "}" * 3_000 + "}}", "@" * 50_000],
)
def test_hostile_bibtex_does_not_break_the_program(text):
    with_one = text + "\n@misc{z, title={Last}, author={Ann Example}}"
    try:
        assert read(with_one)
    except InputError as error:
        assert "holds no papers" in str(error)
