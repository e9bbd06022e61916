"""Who is written to and who writes: what is accepted, cleaned, kept, warned about and refused."""

import json
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from drafter.candidate import (
    LONGEST_TEXT,
    Candidate,
    Paper,
    Sender,
    clean,
    load_candidate,
    load_sender,
    read_sender,
    split_list,
)
from drafter.errors import InputError, SenderError

unhurried = settings(deadline=None)

ABSTRACT = "We show that forgotten samples come back when a model is trained on its own summaries of them."


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("plain text stays", "plain text stays"),
        ("<b>bold</b> &amp; more", "bold & more"),
        ("<script>alert(1)</script>I study RL", "I study RL"),
        ("<!-- hidden -->seen", "seen"),
        ("&lt;script&gt;x&lt;/script&gt;seen", "seen"),
        ("<\u200bb>no <b\u200b>way</b>", "no way"),
        ("bell\x07 and null\x00", "bell and null"),
        ("zero\u200bwidth, soft\u00adhyphen, bom\ufeff", "zerowidth, softhyphen, bom"),
        ("turned \u202ednuor\u202c", "turned round"),
        ("tag \U000e0041\U000e0042 characters", "tag characters"),
        ("half a pair \ud800.", "half a pair ."),
        ("a  b\tc\u00a0d", "a b c d"),
        ("one\r\ntwo\rthree\u2028four\x0bfive", "one\ntwo\nthree\nfour\nfive"),
        ("one\n\n\n\n\ntwo", "one\n\ntwo"),
        ("1 < 2 and AT&T", "1 < 2 and AT&T"),
        ("", ""),
    ],
)
def test_cleaning_takes_out_markup_and_what_cannot_be_seen(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


def test_one_line_also_folds_line_breaks() -> None:
    assert clean("Ama\r\nOsei\u2029 Jr.", one_line=True) == "Ama Osei Jr."


@unhurried
@given(st.one_of(st.text(), st.text(alphabet="<>&;/ab \n\r\x00\u200b\u2028#13x")), st.booleans())
def test_cleaning_never_leaves_control_characters(text: str, one_line: bool) -> None:
    cleaned = clean(text, one_line=one_line)
    kept = set() if one_line else {"\n"}
    assert not [char for char in cleaned if unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") and char not in kept]
    assert not {*"\u200b\u200c\u200d\u2060\u00ad\u202e\ufeff"} & set(cleaned)
    assert cleaned == cleaned.strip()
    assert len(cleaned) <= LONGEST_TEXT


@pytest.mark.parametrize("piece", ["x", "<script>", "<!--", "<a ", "&lt;", "\u200b", "\n", "<b>x</b>"])
def test_five_megabytes_are_bounded(piece: str) -> None:
    bio = "Works on RL. " + piece * (5_000_000 // len(piece))
    loaded = load_candidate({"name": "Ama Osei", "bio": bio})
    assert len(loaded.candidate.bio) <= LONGEST_TEXT
    assert loaded.candidate.bio.startswith("Works on RL.")
    assert piece == "\n" or "“bio”" in loaded.warnings[0]


@pytest.mark.parametrize(
    ("cell", "entries"),
    [
        ("RL; MoE", ["RL", "MoE"]),
        ("强化学习；混合专家", ["强化学习", "混合专家"]),
        ("RL|MoE", ["RL", "MoE"]),
        ("RL\nMoE\n", ["RL", "MoE"]),
        (" ;; | ；", []),
        ("commas, stay", ["commas, stay"]),
    ],
)
def test_a_list_in_one_cell_is_split(cell: str, entries: list[str]) -> None:
    """At ; ； | and line breaks, for interests, keywords and papers alike."""
    assert split_list(cell) == entries
    candidate = load_candidate({"name": "Ama Osei", "interests": cell, "keywords": cell, "papers": cell}).candidate
    assert list(candidate.interests) == list(candidate.keywords) == [p.title for p in candidate.papers] == entries


@pytest.mark.parametrize(
    ("papers", "expected"),
    [
        ("A Title", [Paper(title="A Title")]),
        (["A Title", "Another"], [Paper(title="A Title"), Paper(title="Another")]),
        (["Splits; inside | a list stay"], [Paper(title="Splits; inside | a list stay")]),
        ({"title": "A Title", "year": "2024"}, [Paper(title="A Title", year=2024)]),
        ([{"title": "A Title", "venue": "ICML", "year": ""}], [Paper(title="A Title", venue="ICML")]),
        ([{"title": "A Title", "year": None, "summary": None}], [Paper(title="A Title")]),
        (f"A Title — {ABSTRACT}", [Paper(title="A Title", summary=ABSTRACT)]),
        (["Reward Hacking — A Survey"], [Paper(title="Reward Hacking — A Survey")]),
        (["", None, "A Title", {}, {"title": ""}], [Paper(title="A Title")]),
        ([2001], None),
        (None, []),
        ("", []),
    ],
)
def test_a_paper_is_a_title_or_a_mapping(papers: Any, expected: list[Paper] | None) -> None:
    """Behind the title a long text after “ — ” is the abstract, a short one a subtitle; empty papers are none."""
    if expected is None:
        with pytest.raises(InputError, match="papers"):
            load_candidate({"name": "Ama Osei", "papers": papers})
    else:
        assert list(load_candidate({"name": "Ama Osei", "papers": papers}).candidate.papers) == expected


@pytest.mark.parametrize(
    ("record", "value"),
    [
        ({"name": "Ama\nOsei"}, ("name", "Ama Osei")),
        ({"name": "  陈\r\n默 "}, ("name", "陈 默")),
        ({"name": "Ama Osei", "language": "ZH"}, ("language", "zh")),
        ({"name": "Ama Osei", "language": None}, ("language", "auto")),
        ({"name": "Ama Osei", "language": " "}, ("language", "auto")),
        ({"name": "Ama Osei", "id": 7}, ("id", "7")),
        ({"name": "Ama Osei", "bio": None}, ("bio", "")),
        ({"name": "Ama Osei", "interests": ["RL", "", None]}, ("interests", ("RL",))),
        ({"name": "Ama Osei", "interests": ("RL", 4)}, ("interests", ("RL", "4"))),
        ({"name": "Ama Osei", "bio": "One.\n\nTwo."}, ("bio", "One.\n\nTwo.")),
    ],
)
def test_values_are_brought_into_form_without_a_warning(record: dict[str, Any], value: tuple[str, Any]) -> None:
    loaded = load_candidate(record)
    assert getattr(loaded.candidate, value[0]) == value[1]
    assert loaded.warnings == ()


@pytest.mark.parametrize(
    ("key", "value", "cleaned"),
    [
        ("name", "<b>Ama</b> Osei", "Ama Osei"),
        ("name", "Ama\x00 Osei", "Ama Osei"),
        ("bio", "Works\u200b on RL", "Works on RL"),
        ("interests", ["R\u200bL"], ("RL",)),
        ("papers", [{"title": "A <i>Title</i>"}], (Paper(title="A Title"),)),
    ],
)
def test_what_is_cleaned_is_warned_about_and_never_refused(key: str, value: Any, cleaned: Any) -> None:
    loaded = load_candidate({"name": "Ama Osei", key: value})
    assert getattr(loaded.candidate, key) == cleaned
    [warning] = loaded.warnings
    assert f"“{key}”" in warning


def test_each_key_is_warned_about_once() -> None:
    papers = ["<b>One</b>", "<b>Two</b>"]
    assert len(load_candidate({"name": "<b>Ama</b>", "papers": papers}).warnings) == 2


def test_unknown_keys_come_back_and_a_near_miss_is_warned_about() -> None:
    row = {"h": 1, "tags": ["a", {"b": None}]}
    loaded = load_candidate({"name": "Ama Osei", "intrests": "RL", "row": row, "Name": "x", 2024: "y", None: ["z"]})
    assert loaded.candidate.extra == {"intrests": "RL", "row": row, "Name": "x", "2024": "y", "None": ["z"]}
    assert [warning for warning in loaded.warnings if "“intrests”" in warning and "“interests”" in warning]
    assert [warning for warning in loaded.warnings if "“Name”" in warning and "“name”" in warning]
    assert len(loaded.warnings) == 2


def test_an_extra_that_was_printed_by_drafter_comes_back_as_it_was() -> None:
    first = load_candidate({"name": "Ama Osei", "row": 3}).candidate
    again = load_candidate(first.model_dump(mode="json")).candidate
    assert again == first
    assert load_candidate({"name": "Ama Osei", "extra": "a text"}).candidate.extra == {"extra": "a text"}


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"name": ""},
        {"email": "ama@example.org", "affiliation": "Example University", "keywords": ["RL"]},
        {"name": "\x00\u200b", "bio": "<b></b>", "interests": " ; ", "papers": [{"title": ""}]},
    ],
)
def test_a_record_with_nothing_usable_is_refused(record: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="nothing usable: give at least one of name, interests, papers or bio"):
        load_candidate(record)


@pytest.mark.parametrize(
    "record", [{"name": "陈默"}, {"interests": "RL"}, {"papers": ["A Title"]}, {"bio": "Works on RL."}]
)
def test_one_of_name_interests_papers_and_bio_is_enough(record: dict[str, Any]) -> None:
    assert load_candidate(record).candidate.id


@pytest.mark.parametrize(
    ("record", "place"),
    [
        ({"name": ["Ama"]}, "name"),
        ({"name": True}, "name"),
        ({"name": "Ama", "language": "fr"}, "language"),
        ({"name": "Ama", "papers": [{"venue": "ICML"}]}, "papers.0.title"),
        ({"name": "Ama", "papers": [{"title": "A Title", "yaer": 2024}]}, "papers.0.yaer"),
        ({"name": "Ama", "interests": {"a": 1}}, "interests"),
    ],
)
def test_a_value_of_the_wrong_type_is_named_with_its_place(record: dict[str, Any], place: str) -> None:
    with pytest.raises(InputError) as caught:
        load_candidate(record, where="people.csv:3")
    assert str(caught.value).startswith(f"people.csv:3: {place}: ")
    assert caught.value.next


def test_a_missing_id_is_a_hash_of_the_content() -> None:
    record = {"name": "Ama Osei", "papers": ["A Title"], "row": 1}
    made = load_candidate(record).candidate
    assert len(made.id) == 12 and set(made.id) <= set("0123456789abcdef")
    assert made.id == made.digest
    assert load_candidate(dict(reversed(record.items()))).candidate.id == made.id
    assert load_candidate({**record, "row": 2, "id": "  "}).candidate.id == made.id
    assert load_candidate({**record, "name": "Ama O."}).candidate.id != made.id
    assert load_candidate({**record, "id": "a-1"}).candidate.digest == made.digest


def test_the_texts_about_the_work_name_where_they_stand() -> None:
    candidate = load_candidate(
        {
            "name": "Ama Osei", "interests": "RL; MoE", "keywords": ["reward"], "bio": "A bio.", "position": "PhD student",
            "papers": ["One", {"title": "Two", "summary": "Sums up.", "venue": "ICML"}], "notes": "mine", "email": "a@example.org",
        }
    ).candidate  # fmt: skip
    assert list(candidate.texts()) == [
        ("interests[0]", "RL"), ("interests[1]", "MoE"), ("keywords", "reward"), ("papers[0].title", "One"),
        ("papers[1].title", "Two"), ("papers[1].summary", "Sums up."), ("papers[1].venue", "ICML"), ("bio", "A bio."),
        ("position", "PhD student"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "line",
    [
        "private: salary talk",
        "Private：x",
        "  [private] x",
        "(confidential): x",
        "私密：薪资",
        "【内部】不外传",
        "保密",
        "仅自己可见: x",
    ],
)
def test_private_remarks_never_leave(line: str) -> None:
    candidate = load_candidate({"name": "Ama Osei", "notes": f"met at ICML\n{line}\nlikes tea"}).candidate
    assert candidate.public_notes == "met at ICML\nlikes tea"
    assert line.split()[-1] in candidate.notes


@pytest.mark.parametrize("line", ["privately funded", "he said: private", "内部人员", "internally consistent"])
def test_other_remarks_are_for_the_writer(line: str, make_candidate: Callable[..., Candidate]) -> None:
    assert make_candidate(notes=line).public_notes == line


def test_a_candidate_never_changes(make_candidate: Callable[..., Candidate]) -> None:
    with pytest.raises(ValidationError):
        make_candidate().name = "Somebody else"  # type: ignore[misc]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20), lambda v: st.lists(v, max_size=3), max_leaves=5
)


@unhurried
@given(st.dictionaries(st.sampled_from([*Candidate.model_fields, "row", "intrests"]), json_values))
def test_any_record_makes_a_candidate_that_can_be_printed_or_one_line_of_error(record: dict[str, Any]) -> None:
    try:
        candidate = load_candidate(record).candidate
    except InputError as error:
        assert "\n" not in str(error)
    else:
        assert candidate.id
        assert json.loads(candidate.model_dump_json())["name"] == candidate.name


# The sender


MINIMAL = {"name": "顾南", "lab": {"zh": "晴川实验室", "en": "Qingchuan Lab"}}


def test_a_sender_s_text_is_one_value_or_one_for_each_language() -> None:
    sender = load_sender(
        {**MINIMAL, "offer": ["compute"], "works_on": {"zh": "数据；评测", "en": ["data", "evaluation"]}}
    )
    assert (sender.name.zh, sender.name.en) == ("顾南", "顾南")
    assert (sender.lab.zh, sender.lab.en) == ("晴川实验室", "Qingchuan Lab")
    assert sender.offer.zh == sender.offer.en == ("compute",)
    assert sender.works_on.zh == ("数据", "评测")
    assert sender.works_on.en == ("data", "evaluation")
    assert (sender.role.zh, sender.signature.en, sender.contact.email, sender.follow_ups) == ("", (), "", 2)


def test_an_empty_value_is_as_good_as_none() -> None:
    assert load_sender({**MINIMAL, "about": None, "offer": None}) == load_sender(MINIMAL)


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ({**MINIMAL, "signatur": ["x"]}, ["unknown key “signatur”", "did you mean “signature”?"]),
        ({**MINIMAL, "zzz": 1}, ["unknown key “zzz”", "Known keys: name, role, lab"]),
        ({**MINIMAL, 4: 1}, ["unknown key “4”"]),
        ({"lab": "A Lab"}, ["name: Field required"]),
        ({"name": "Gu Nan"}, ["lab: Field required"]),
        ({**MINIMAL, "name": ""}, ["name: must not be empty"]),
        ({**MINIMAL, "lab": None}, ["lab: must not be empty"]),
        ({**MINIMAL, "name": {"zh": "顾南"}}, ["name.en"]),
        ({**MINIMAL, "name": {"zh": "顾南", "en": "Gu Nan", "fr": "x"}}, ["name.fr"]),
        ({**MINIMAL, "contact": {"emial": "gu@example.org"}}, ["contact.emial"]),
        ({**MINIMAL, "follow_ups": 9}, ["follow_ups"]),
        ({**MINIMAL, "offer": 3}, ["offer"]),
        (["name"], ["must hold keys such as name and lab"]),
        (None, ["must hold keys such as name and lab"]),
    ],
)
def test_a_fault_in_the_sender_is_named(record: Any, said: list[str]) -> None:
    with pytest.raises(SenderError) as caught:
        load_sender(record, where="me.yaml")
    assert str(caught.value).startswith("me.yaml: ")
    assert all(words in str(caught.value) for words in said)
    assert caught.value.next


def test_a_sender_s_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "me.yaml"
    path.write_text("\ufeffname: Gu Nan\nlab: {zh: 晴川, en: Qingchuan}\n", encoding="utf-8")
    assert read_sender(path).lab.en == "Qingchuan"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"name: Gu Nan\nlab: {zh: a\n", "me.yaml:3: is no valid YAML"),
        (b"name: [Gu Nan\nlab: x\n", "me.yaml:"),
        ("name: 顾南".encode("gb18030"), "me.yaml: cannot be read (not UTF-8 text)"),
        (b"name: Gu Nan\nlab: x\nabout: 2024-13-45\n", "me.yaml: is no valid YAML"),
        (b"name: \x07", "me.yaml: is no valid YAML"),
        (b"", "me.yaml: must hold keys"),
        (None, "me.yaml: cannot be read (No such file or directory)"),
    ],
)
def test_a_sender_s_file_that_cannot_be_read_says_why(tmp_path: Path, content: bytes | None, said: str) -> None:
    path = tmp_path / "me.yaml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SenderError) as caught:
        read_sender(path)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_bundled_sender_can_be_read(sender: Sender) -> None:
    assert sender.name.zh and sender.name.en


@pytest.mark.parametrize(
    ("cell", "title"),
    [
        ("《多场景推荐中的冷启动》", "多场景推荐中的冷启动"),
        ("“Grasp First”", "Grasp First"),
        ('"Reward Hacking Is Local"', "Reward Hacking Is Local"),
        ("“Thinking Twice” and “Once”", "“Thinking Twice” and “Once”"),
        ("《一》与《二》", "《一》与《二》"),
        ("“”", "“”"),
    ],
)
def test_marks_around_a_title_are_the_table_s_and_not_the_title_s(cell: str, title: str) -> None:
    assert load_candidate({"papers": [cell]}).candidate.papers[0].title == title
