"""What a library holds and what follows from it."""

from typing import Any

import pytest
from pydantic import ValidationError

from drafter.errors import LibraryError
from drafter.library import Field, Library, Say, Vocabulary
from drafter.library.models import with_vocabulary


def field(field_id: str, *tracks: dict[str, Any], **more: Any) -> Field:
    """Return a field whose tracks are given without their text."""
    made = [{"zh": "一个问题", **track} for track in tracks]
    return Field.model_validate({"id": field_id, "name": {"zh": "某领域"}, "tracks": made, **more})


def library(*fields: Field) -> Library:
    return Library(fields, "a library")


@pytest.mark.parametrize(
    ("say", "fault"),
    [
        ({"en": ["What does {work} show?", "I read {work}."]}, ""),
        ({"zh": ["{work}说明了什么？", "我读了{work}。"]}, ""),
        ({"en": ["What does it show?"]}, "holds {work} once"),
        ({"zh": ["{work}与{work}？"]}, "holds {work} once"),
        ({"en": ["I read {work}. What does it show?"]}, "must be one sentence"),
        ({"zh": ["我读了{work}。说明了什么？"]}, "must be one sentence"),
        ({"en": ["I read {work}"]}, "must be one sentence"),
        ({"zh": ["我读了{work}!"]}, "must be one sentence"),
        ({"en": [" "]}, "at least 1 character"),
    ],
)
def test_a_sentence_of_the_composer_is_one_sentence_with_one_work(say: dict[str, Any], fault: str) -> None:
    if not fault:
        assert Say.model_validate(say)
    else:
        with pytest.raises(ValidationError, match=fault):
            Say.model_validate(say)


def test_a_track_knows_its_field_and_speaks_chinese_where_it_has_no_english() -> None:
    made = library(field("rl", {"id": "rl.1", "en": "A question?"}, {"id": "rl.2"}))
    assert [track.field for track in made] == ["rl", "rl"]
    assert [track.text("en") for track in made] == ["A question?", "一个问题"]
    assert made.tracks["rl.1"].text("zh") == "一个问题"


def test_the_general_field_is_no_research_field() -> None:
    made = library(field("rl", {"id": "rl.1"}), field("general", {"id": "general.1"}))
    assert [f.id for f in made.research_fields] == ["rl"]
    assert list(made.fields) == ["rl", "general"]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("a.1", "a.1", True),
        ("a.1", "b.1", True),
        ("a.2", "a.1", True),
        ("a.1", "a.2", True),
        ("a.2", "b.1", True),
        ("b.1", "a.2", True),
        ("a.1", "a.3", False),
        ("a.2", "a.3", False),
    ],
)
def test_twins_and_parts_make_the_same_point(one: str, other: str, same: bool) -> None:
    """a.1 and b.1 are twins; a.2 is a part of a.1, and so of b.1."""
    made = library(
        field("a", {"id": "a.1", "twins": ["b.1"]}, {"id": "a.2", "part_of": "a.1"}, {"id": "a.3"}),
        field("b", {"id": "b.1", "twins": ["a.1"]}),
    )
    assert made.same_point(one, other) is same


def test_ideas_may_be_those_of_a_twin() -> None:
    idea = {"name": "an idea", "zh": ["想法"], "en": ["idea"]}
    made = library(
        field(
            "a", {"id": "a.1", "twins": ["a.2"], "ideas": [idea]}, {"id": "a.2", "twins": ["a.1"], "ideas_from": "a.1"}
        )
    )
    assert made.ideas(made.tracks["a.2"]) == made.ideas(made.tracks["a.1"])
    assert made.ideas(made.tracks["a.2"])[0].phrases == ("想法", "idea")


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ([field("a", {"id": "a.1"}, {"id": "a.1"})], "track “a.1” stands twice"),
        ([field("a", {"id": "a.1"}), field("a", {"id": "a.2"})], "field “a” stands twice"),
        ([field("a", {"id": "a.1", "twins": ["a.9"]})], "a.1 names a.9 as its twin, which does not name it back"),
        ([field("a", {"id": "a.1", "twins": ["a.2"]}, {"id": "a.2"})], "a.1 names a.2 as its twin"),
        ([field("a", {"id": "a.1", "part_of": "a.9"})], "a.1 is part of a.9, which is no track"),
        ([field("a", {"id": "a.1", "ideas_from": "a.9"})], "a.1 takes its ideas from a.9, which has none to give"),
        ([field("a", {"id": "a.1", "ideas_from": "a.2"}, {"id": "a.2"})], "a.1 takes its ideas from a.2"),
        ([field("a")], "holds no talk tracks"),
        ([], "holds no talk tracks"),
    ],
)
def test_a_library_whose_parts_do_not_fit_is_refused(fields: list[Field], fault: str) -> None:
    with pytest.raises(LibraryError) as caught:
        library(*fields)
    assert str(caught.value).startswith(f"a library: {fault}")


def test_the_digest_changes_with_the_content_and_with_nothing_else() -> None:
    one, same = (library(field("a", {"id": "a.1"})) for _ in range(2))
    other = library(field("a", {"id": "a.1", "zh": "另一个问题"}))
    assert one.digest == same.digest != other.digest
    assert len(one.digest) == 12


def test_vocabulary_is_lent_only_where_a_field_has_none() -> None:
    words, own = Vocabulary(strong=("reward model",)), Vocabulary(strong=("my word",))
    table = library(
        field(
            "rl", {"id": "rl.1"}, name={"zh": "强化", "en": "reinforcement learning"}, aliases=["RL"], vocabulary=words
        ),
        field("moe", {"id": "moe.1"}, vocabulary=words),
    )
    lent = with_vocabulary(
        library(
            field("rl", {"id": "rl.5"}, aliases=["强化学习"]),
            field("moe", {"id": "moe.5"}, vocabulary=own),
            field("mine", {"id": "mine.1"}),
        ),
        table,
    )
    assert lent.fields["rl"].vocabulary == words
    assert lent.fields["rl"].aliases == ("强化学习", "RL")
    assert (lent.fields["rl"].name.zh, lent.fields["rl"].name.en) == ("某领域", "reinforcement learning")
    assert lent.fields["moe"].vocabulary == own
    assert lent.fields["mine"].vocabulary == Vocabulary()
    assert list(lent.tracks) == ["rl.5", "moe.5", "mine.1"]
