"""Follow-ups and further versions: what is planned, what the writer is asked, what the rules say."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from drafter.candidate import Candidate, Sender
from drafter.checker import Checker, Mail
from drafter.composer import Composer
from drafter.drafting import OfflineWriter, ranked, write
from drafter.errors import InputError, UsageError
from drafter.library import Library
from drafter.planning import Plan, Planner, Wishes
from drafter.prompting import ANGLES, Prompts
from drafter.report import Draft, Finding, Letter
from drafter.settings import data_path

FIRST = Letter(
    id="f",
    subject="Deletion that lasts",
    body="Dear Ama,\n\nDoes deletion survive the next round of training on fresh data from the same users?\n\nBest,\nWensheng Xu",
    tracks=("federated-learning.4", "federated-learning.3"),
)


@pytest.fixture
def first(
    planner: Planner, library: Library, sender: Sender, make_candidate: Callable[..., Candidate]
) -> Callable[..., Draft]:
    """Return a function that drafts offline, with changes to the person."""
    import asyncio

    def draft(**changes: object) -> Draft:
        candidate = make_candidate(interests=["machine unlearning"], **changes)
        notes = [Finding(rule="sender.default", level="warning", message="invented")]
        return asyncio.run(
            write(planner.plan(candidate, sender, notes=notes), OfflineWriter(Composer(library)), Checker(library))
        )

    return draft


def test_another_version_has_the_same_people_points_and_notes(planner: Planner, first: Callable[..., Draft]) -> None:
    old = first()
    plan = planner.revise(old, tone="warm", say="shorter")
    assert (plan.tone, plan.language, plan.say, plan.revises) == ("warm", old.language, "shorter", old.letter)
    assert plan.track_ids == old.letter.tracks
    assert plan.candidate.model_dump(exclude_defaults=True, mode="json") == dict(old.candidate)
    assert [f.rule for f in plan.findings].count("sender.default") == 1


def test_a_field_decided_by_hand_stays(planner: Planner, first: Callable[..., Draft]) -> None:
    plan = planner.revise(first(field="rl"), tone="warm")
    assert plan.fields[0].field == "rl" and plan.fields[0].by_hand


def test_a_track_that_the_library_has_no_more_is_named(planner: Planner, first: Callable[..., Draft]) -> None:
    old = first()
    gone = old.tracks[0].model_copy(update={"track": "gone.1"})
    with pytest.raises(UsageError, match=r"gone\.1"):
        planner.revise(old.model_copy(update={"tracks": (gone, *old.tracks[1:])}), tone="warm")


def test_a_follow_up_never_raises_what_was_raised_nor_its_twin(
    planner: Planner, library: Library, first: Callable[..., Draft]
) -> None:
    old = first()
    plan = planner.follow_up(old, Wishes())
    assert len(plan.track_ids) == 2
    for new in plan.track_ids:
        for used in old.letter.tracks:
            assert new != used and not library.same_point(new, used)


def test_the_sender_decides_how_many_there_are(planner: Planner, first: Callable[..., Draft]) -> None:
    old = first()
    never = old.model_copy(update={"sender": {**old.sender, "follow_ups": 0}})
    with pytest.raises(InputError, match="has had its 0 follow-ups"):
        planner.follow_up(never, Wishes())


# What a writer is asked


def user_message(plan: Plan) -> str:
    return Prompts(data_path("prompts")).messages(plan)[-1].content


def test_the_writer_sees_the_mail_it_is_to_write_anew_and_the_wish(
    planner: Planner, first: Callable[..., Draft]
) -> None:
    old = first()
    asked = user_message(planner.revise(old, say="mention the second paper"))
    assert "LETTER-BEGIN" in asked and "The recruiter wishes: mention the second paper" in asked
    assert old.subject.split("“")[0].strip() in asked


def test_the_writer_of_a_follow_up_sees_the_thread_and_its_length(
    planner: Planner, first: Callable[..., Draft]
) -> None:
    asked = user_message(planner.follow_up(first(), Wishes()))
    assert "number 2" in asked and "40 to 100 words" in asked and "LETTER-BEGIN" in asked


def test_variants_differ_in_their_angle_alone(
    planner: Planner, sender: Sender, make_candidate: Callable[..., Candidate]
) -> None:
    plan = planner.plan(make_candidate(), sender)
    messages = [user_message(replace(plan, angle=angle)) for angle in range(len(ANGLES))]
    assert len(set(messages)) == len(ANGLES) and "Angle of this mail" not in messages[0]
    assert len({replace(plan, angle=angle).digest for angle in range(len(ANGLES))}) == len(ANGLES)


def test_one_prefix_a_run_of_well_over_a_thousand_tokens(
    planner: Planner, sender: Sender, make_candidate: Callable[..., Candidate]
) -> None:
    prompts = Prompts(data_path("prompts"))
    for language in ("zh", "en"):
        plans = [
            planner.plan(
                make_candidate(id=name, name=name, papers=[paper]), sender, Wishes(language=language, tone="warm")
            )  # type: ignore[arg-type]
            for name, paper in (("Ama Osei", "Forgotten Twice"), ("Jonas Weber", "Reward Hacking in RLHF"))
        ]
        first_ones = {prompts.messages(plan)[0].content for plan in plans}
        assert len(first_ones) == 1, "byte for byte the same"
        (prefix,) = first_ones
        # a token is at most about four Latin characters, or two Chinese ones
        han = sum("\u4e00" <= char <= "\u9fff" for char in prefix)
        assert (len(prefix) - han) / 4.5 + han / 2 > 1024


# What the rules say of a follow-up


def check(
    library: Library, sender: Sender, body: str, subject: str = "Re: Deletion that lasts", language: str = "en"
) -> set[str]:
    mail = Mail(language, subject, body, (), None, sender, (FIRST,))  # type: ignore[arg-type]
    return {f"{f.rule} {f.level}" for f in Checker(library).check(mail).findings}


@pytest.mark.parametrize(
    ("sentence", "finding"),
    [
        (
            "Does deletion survive the next round of training on fresh data from the same users?",
            "thread.repeated error",
        ),
        (
            "And does deletion survive the next round of training on fresh data of the same users?",
            "thread.repeated error",
        ),
        ("I am just following up on my last note to see whether it reached you at all.", "thread.pressing warning"),
        ("Did you get my mail about deletion, which I sent to you some time ago?", "thread.pressing warning"),
        ("What would a court accept as proof that a model has forgotten one person?", ""),
    ],
)
def test_a_follow_up_says_something_new_and_does_not_press(
    library: Library, sender: Sender, sentence: str, finding: str
) -> None:
    body = (
        f"Dear Ama,\n\n{sentence} {'It is a short mail with a question of its own. ' * 5}\n\nBest regards,\nWensheng Xu"
    )
    assert {f for f in check(library, sender, body) if f.startswith("thread.")} == ({finding} if finding else set())


def test_the_request_may_come_again(library: Library, sender: Sender) -> None:
    body = (
        f"Dear Ama,\n\nWhat would a court accept as proof?\n\n{sender.call_to_action.en}\n\nBest regards,\nWensheng Xu"
    )
    thread = (FIRST.model_copy(update={"body": f"Dear Ama,\n\n{sender.call_to_action.en}"}),)
    mail = Mail("en", "Re: x", body, (), None, sender, thread)
    assert not any(f.rule == "thread.repeated" for f in Checker(library).check(mail).findings)


def test_chinese_pressing_is_heard(library: Library, sender: Sender) -> None:
    body = "欧老师：\n\n不知道您是否看到上一封信，再次打扰了。删除之后怎样才算真的删干净，这一点我还是想不通。\n\n祝好\n许闻笙"
    assert "thread.pressing warning" in check(library, sender, body, language="zh")


# Variants in order


def test_variants_are_ranked_by_what_is_wrong_with_them(first: Callable[..., Draft]) -> None:
    good = first()
    warned = good.model_copy(
        update={"findings": (*good.findings, Finding(rule="form.length", level="warning", message="long"))}
    )
    wrong = good.model_copy(update={"findings": (Finding(rule="facts.title", level="error", message="no such paper"),)})
    missing = good.model_copy(
        update={"tracks": (good.tracks[0].model_copy(update={"verdict": "absent"}), *good.tracks[1:])}
    )
    order = ranked([missing, wrong, warned, good])
    assert [each.draft for each in order][:2] == [good, warned] and [each.place for each in order] == [1, 2, 3, 4]
    assert order[0].reasons[:2] == (f"{len(good.tracks)} of {len(good.tracks)} points present", "no errors")
    assert any("no such paper" in reason for each in order for reason in each.reasons)


async def test_from_python(library: Library) -> None:
    import drafter

    first = await drafter.write(drafter.plan({"name": "Ama Osei", "interests": "machine unlearning"}))
    warm = await drafter.rewrite(first, tone="warm")
    assert (warm.tone, warm.parent) == ("warm", first.id) and warm.body != first.body
    second = await drafter.follow_up(warm)
    assert second.thread == (warm.letter,) and second.status == "ok"
    with pytest.raises(UsageError, match="no tone"):
        await drafter.rewrite(first, tone="angry")
