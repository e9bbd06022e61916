"""Asking a model about a field or track: only in doubt, never silently, and only among known ids."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from drafter.assist import Assist
from drafter.candidate import Candidate
from drafter.errors import AuthError, DrafterError, Unreachable
from drafter.llm import Completion, Message, Usage
from drafter.planning import Planner, Wishes
from drafter.prompting import Prompts
from drafter.settings import data_path


class Script:
    """A model that answers from a list and keeps what it was asked."""

    name = "script"

    def __init__(self, *answers: str | DrafterError) -> None:
        self.answers, self.asked = list(answers), list[str]()

    async def complete(self, messages: Sequence[Message], *, schema: Any = None) -> Completion:
        self.asked.append(messages[-1].content)
        assert self.answers, "the script has no more answers"
        answer = self.answers.pop(0)
        if isinstance(answer, DrafterError):
            raise answer
        return Completion(answer, Usage(10, 0, 5), "script", "json_schema")


def says(*ids: str) -> str:
    return json.dumps({"ids": list(ids), "reason": "it is what the titles are about"})


@pytest.fixture
def assist(planner: Planner) -> Callable[[Script], Assist]:
    return lambda model: Assist(model, planner, Prompts(data_path("prompts")))


CLEAR = {"interests": "recommender systems; sequential recommendation"}
VAGUE = {"papers": ["On the Shape of Things"], "interests": "shapes"}


async def test_who_is_clearly_in_a_field_is_not_asked_about(
    assist: Callable[[Script], Assist], make_candidate: Callable[..., Candidate]
) -> None:
    model = Script()
    fields, notes = await assist(model).fields(make_candidate(papers=[], **CLEAR))
    assert fields[0].field == "recsys" and notes == () and model.asked == []


async def test_a_field_named_by_hand_is_not_asked_about(
    assist: Callable[[Script], Assist], make_candidate: Callable[..., Candidate]
) -> None:
    model = Script()
    fields, _ = await assist(model).fields(make_candidate(**VAGUE), "cv")
    assert fields[0].field == "cv" and model.asked == []


async def test_in_doubt_the_model_decides_and_it_is_recorded(
    assist: Callable[[Script], Assist], make_candidate: Callable[..., Candidate]
) -> None:
    model = Script(says("cv", "multimodal"))
    fields, notes = await assist(model).fields(make_candidate(**VAGUE))
    assert [f.field for f in fields] == ["cv", "multimodal"]
    assert all(f.evidence[0].source == "assist" for f in fields)
    assert [n.rule for n in notes] == ["assist.field"] and "cv, multimodal" in notes[0].message
    assert "On the Shape of Things" in model.asked[0] and "RECORD-BEGIN" in model.asked[0]


async def test_the_model_may_say_that_no_field_fits(
    assist: Callable[[Script], Assist], make_candidate: Callable[..., Candidate]
) -> None:
    fields, notes = await assist(Script(says())).fields(make_candidate(**VAGUE))
    assert fields == () and "none" in notes[0].message


@pytest.mark.parametrize("bad", ["prose", says("astrology"), '{"ids": "cv"}', "{broken"])
async def test_an_answer_that_cannot_be_used_is_asked_for_again_and_then_dropped(
    assist: Callable[[Script], Assist], make_candidate: Callable[..., Candidate], bad: str
) -> None:
    model = Script(bad, bad)
    fields, notes = await assist(model).fields(make_candidate(**VAGUE))
    assert fields == () and [n.rule for n in notes] == ["assist.error"]
    assert "could not be used" in model.asked[1]
    fields, _ = await assist(Script(bad, says("cv"))).fields(make_candidate(**VAGUE))
    assert fields[0].field == "cv"


async def test_a_server_that_is_down_leaves_the_program_s_own_choice(
    assist: Callable[[Script], Assist], make_candidate: Callable[..., Candidate]
) -> None:
    fields, notes = await assist(Script(Unreachable("down"))).fields(make_candidate(**VAGUE))
    assert fields == () and notes[0].rule == "assist.error"


async def test_a_refused_key_is_an_error(
    assist: Callable[[Script], Assist], make_candidate: Callable[..., Candidate]
) -> None:
    with pytest.raises(AuthError):
        await assist(Script(AuthError("refused"))).fields(make_candidate(**VAGUE))


async def test_tracks_are_asked_for_where_little_fits_and_never_two_of_one_point(
    assist: Callable[[Script], Assist], make_candidate: Callable[..., Candidate]
) -> None:
    model = Script(says("pre-training.1", "pre-training.4", "pre-training.3"))
    wishes, notes = await assist(model).wishes(make_candidate(**VAGUE), Wishes(field="pre-training", count=3))
    assert wishes.tracks == ("pre-training.1", "pre-training.4", "pre-training.3")
    assert [n.rule for n in notes] == ["assist.tracks"]


async def test_what_a_person_decided_stays(
    assist: Callable[[Script], Assist], make_candidate: Callable[..., Candidate]
) -> None:
    model = Script()
    wishes = Wishes(field="cv", tracks=("cv.1", "cv.2"))
    assert await assist(model).wishes(make_candidate(**VAGUE), wishes) == (wishes, ())
    assert model.asked == []


async def test_a_private_remark_and_the_address_are_not_shown(
    assist: Callable[[Script], Assist], make_candidate: Callable[..., Candidate]
) -> None:
    model = Script(says("cv"))
    await assist(model).fields(make_candidate(**VAGUE, email="ama@example.org", notes="private: met at a bar"))
    assert "ama@example.org" not in model.asked[0] and "bar" not in model.asked[0]
