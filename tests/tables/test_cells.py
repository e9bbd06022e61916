"""Several things in one cell: addresses, papers, topics."""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drafter.candidate import split_list
from drafter.tables import read_candidates
from drafter.tables.cells import ADDRESS, shaped
from drafter.tables.papers import common_author, with_venue


@pytest.mark.parametrize(
    "cell",
    [
        "ann@example.org",
        " ann@example.org ",
        "mailto:ann@example.org",
        "mailto:ann@example.org?subject=Hello",
        "Ann Example <ann@example.org>",
        "Ann Example(ann@example.org)",
        "邮箱：ann@example.org。",
        "ann＠example．org",
        "a***@example.org, ann@example.org",
        "tbd; ann@example.org",
    ],
)
def test_the_one_address_of_a_cell(cell):
    assert shaped({"email": cell}) == ({"email": "ann@example.org"}, [])


@pytest.mark.parametrize(
    "cell",
    [
        "ann@example.org;b.c+d@sub.example.org",
        "ann@example.org, b.c+d@sub.example.org",
        "ann@example.org、b.c+d@sub.example.org",
        "ann@example.org；b.c+d@sub.example.org",
        "ann@example.org b.c+d@sub.example.org",
        "ann@example.org\nb.c+d@sub.example.org",
        "ann@example.org/b.c+d@sub.example.org",
        '["ann@example.org", "b.c+d@sub.example.org"]',
        "Ann <ann@example.org>, Ben <b.c+d@sub.example.org>",
        ["ann@example.org", "b.c+d@sub.example.org"],
    ],
)
def test_of_several_addresses_the_first_is_taken_and_the_others_are_named(cell):
    record, remarks = shaped({"email": cell})
    assert record == {"email": "ann@example.org"}
    assert remarks == ["of several e-mail addresses the first is taken, left out: b.c+d@sub.example.org"]


@pytest.mark.parametrize(
    "cell", ["tbd", "a***@example.org", "ann@example", "müller@example.org", "{a,b}@example.org", "a@@example.org"]
)
def test_what_is_no_address_stays_with_a_remark(cell):
    assert shaped({"email": cell}) == ({"email": cell}, [f"“{cell}” is no e-mail address; it is kept as it is"])


def test_all_addresses_stay_in_what_is_given():
    [row] = read_candidates("-", format="csv", stdin=io.BytesIO(b"name,email\nAnn,ann@example.org;b@example.org\n"))
    assert row.given["email"] == "ann@example.org;b@example.org"
    assert row.loaded.warnings == ("of several e-mail addresses the first is taken, left out: b@example.org",)


@pytest.mark.parametrize(
    ("cell", "titles"),
    [
        ('["First Paper", "Second; still"]', ["First Paper", "Second; still"]),
        ("['First Paper', \"It's the Second\"]", ["First Paper", "It's the Second"]),
        ('[{"title": "First"}, {"title": "Second"}]', [{"title": "First"}, {"title": "Second"}]),
        ('{"name": "First", "journal": "X", "abstract": "s"}', [{"title": "First", "venue": "X", "summary": "s"}]),
        ("1. First 2. Second 3. Third", ["First", "Second", "Third"]),
        ("1. First; with more\n2. Second", ["First; with more", "Second"]),
        ("1. First\n   goes on\n2. Second", ["First goes on", "Second"]),
        ("[1] First\n[2] Second", ["First", "Second"]),
        ("(1) First (2) Second", ["First", "Second"]),
        ("1)First\n2)Second", ["First", "Second"]),
        ("1、第一篇；2、第二篇", ["第一篇", "第二篇"]),
        ("①第一篇；②第二篇", ["第一篇", "第二篇"]),
        ("1. Only one", ["Only one"]),
        ("• First\n• Second", ["First", "Second"]),
        ("- First\n- Second", ["First", "Second"]),
        ("First (ICML 2024), Second (ICLR 2025)", [{"title": "First", "venue": "ICML", "year": 2024}, {"title": "Second", "venue": "ICLR", "year": 2025}]),
        ("First (ICML 2024); Second", [{"title": "First", "venue": "ICML", "year": 2024}, "Second"]),
        ("@misc{a, title={First}}", [{"title": "First"}]),
        (f"First (ICML 2024) — {'what it does ' * 5}", [{"title": "First", "venue": "ICML", "year": 2024, "summary": ("what it does " * 5).strip()}]),
    ],
)  # fmt: skip
def test_papers_in_a_cell(cell, titles):
    assert shaped({"papers": cell})[0]["papers"] == titles


@pytest.mark.parametrize(
    "cell",
    [
        "A Title, with Commas, and More: Such as This",
        "1984. A Story",
        "3D Vision in 2. Dimensions",
        "2. Second\n3. Third",
        "First; Second | Third\nFourth",
        "[Draft] A Title",
        "A Title [1] with a Note",
        "Title — short",
        "",
    ],
)
def test_what_needs_no_taking_apart_stays_as_it_is(cell):
    assert shaped({"papers": cell}) == ({"papers": cell}, [])


@pytest.mark.parametrize(
    ("text", "venue", "year"),
    [
        ("A Title (ICML 2024)", "ICML", 2024),
        ("A Title（ICLR 2025）", "ICLR", 2025),
        ("A Title [CVPR'23]", "CVPR", 2023),
        ("A Title (2024)", "", 2024),
        ("A Title (Findings of EMNLP 2023)", "Findings of EMNLP", 2023),
        ("A Title (Nature Communications, 2023)", "Nature Communications", 2023),
        ("A Title (Journal of Machine Learning Research)", "Journal of Machine Learning Research", None),
        ("A Title (arXiv preprint)", "arXiv preprint", None),
        ("A Title（《某某学报》，2023）", "《某某学报》", 2023),
        ("A Title (NeurIPS 2023, Spotlight)", "NeurIPS, Spotlight", 2023),
        ("A Title, ICML 2024", "ICML", 2024),
        ("A Title, IEEE TPAMI, 2022.", "IEEE TPAMI", 2022),
        ("A Title，ICML 2024", "ICML", 2024),
        ("A Title. In NeurIPS, 2023", "NeurIPS", 2023),
        ("A Title. In Proceedings of the 41st International Conference on Machine Learning, 2024.",
         "Proceedings of the 41st International Conference on Machine Learning", 2024),
        ("A Title, NeurIPS 2023 (Oral)", "NeurIPS", 2023),
    ],
)  # fmt: skip
def test_venue_and_year_behind_a_title(text, venue, year):
    expected = {"title": "A Title", "venue": venue, "year": year}
    assert with_venue(text) == {key: value for key, value in expected.items() if value}


def test_marks_that_belong_to_the_title_stay():
    assert (
        with_venue("First, Second, and Third: What Is It? ICML 2024")["title"]
        == "First, Second, and Third: What Is It?"
    )
    assert with_venue("“A Title”, ICML 2024")["title"] == "“A Title”"


@pytest.mark.parametrize(
    "title",
    [
        "Low-Rank Adaptation (LoRA)",
        "A Model of Models (GPT-4)",
        "A Title (extended version, 2021)",
        "A Title (Chen et al., 2020)",
        "A Title (under review at ICLR 2026)",
        "A Title (ICML 2024, NeurIPS 2023)",
        "A Title (arXiv:2401.12345)",
        "On BLEU, ROUGE and METEOR 2020",
        "Towards ImageNet 2012",
        "What Happened in 2023",
        "Beyond ICML 2024",
        "A Title, with a Comma",
        "1984",
        "(2024)",
        "In Search of Lost Time, 2024",
    ],
)
def test_what_may_be_part_of_the_title_stays_there(title):
    assert with_venue(title) == {"title": title}


@pytest.mark.parametrize(
    "cell", ['["rl", "alignment"]', "['rl', 'alignment']", "[rl, alignment]", "[rl; alignment]", "【rl，alignment】"]
)
@pytest.mark.parametrize("key", ["interests", "keywords"])
def test_lists_of_topics_in_brackets(cell, key):
    assert shaped({key: cell}) == ({key: ["rl", "alignment"]}, [])


@pytest.mark.parametrize("cell", ["rl; alignment", "rl, alignment", "[rl] and [alignment]", "[]", "", "[[1]]"])
def test_other_topics_stay_as_they_are(cell):
    assert shaped({"interests": cell}) == ({"interests": cell}, [])


def test_keys_of_papers_that_are_not_used_are_named():
    record, remarks = shaped({"papers": [{"title": "A", "authors": ["x"], "year": 2024}]})
    assert record["papers"] == [{"title": "A", "year": 2024}]
    assert remarks == ["of the papers these keys are not used: authors"]


@given(
    st.lists(st.emails(domains=st.just("example.org")).filter(lambda a: ADDRESS.fullmatch(a)), min_size=1, max_size=4)
)
def test_every_address_is_found_again_in_any_company(addresses):
    for join in ("; ", ", ", "、", "\n", " "):
        assert [match[0] for match in ADDRESS.finditer(join.join(addresses))] == addresses


TITLES = st.lists(st.text(st.characters(categories=["Lu", "Ll"]), min_size=2, max_size=12), min_size=1, max_size=5)


@given(TITLES)
def test_a_list_comes_back_however_it_is_written(titles):
    numbered = "\n".join(f"{number}. {title}" for number, title in enumerate(titles, 1))
    assert shaped({"papers": numbered})[0]["papers"] == titles
    assert shaped({"papers": json.dumps(titles)})[0]["papers"] == titles
    plain = shaped({"papers": "; ".join(titles)})[0]["papers"]
    assert (split_list(plain) if isinstance(plain, str) else plain) == titles


@given(st.text(max_size=200))
def test_nothing_breaks_on_any_text_and_no_title_is_lost(text):
    record, _ = shaped({"papers": text, "interests": text, "email": text})
    assert with_venue(text)["title"] or not text.strip()
    assert record["papers"] or not text.strip(" ;；|\n") or record["papers"] == []


@pytest.mark.parametrize(
    ("papers", "author"),
    [
        ([["Ann Example"]], "Ann Example"),
        ([["Example, Ann"], ["A. Example", "Ben Osei"]], "Ann Example"),
        ([["Ann B. Example", "Ben Osei"], ["Ann Example"]], "Ann B. Example"),
        ([["Ann Example", "Ben Osei"]], ""),
        ([["Ann Example"], ["Ben Osei"]], ""),
        ([["Wei Chen"], ["Wen Chen"]], ""),
        ([["Ann Example"], []], ""),
        ([], ""),
    ],
)
def test_the_one_author_of_all_papers(papers, author):
    assert common_author(papers) == author
