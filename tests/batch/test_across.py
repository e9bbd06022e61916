"""The whole batch seen together."""

import pytest

from drafter.batch.across import Filter, is_meant, look, phrases, sentence_keys
from drafter.text import Span
from tests.batch.conftest import Batch, mail_to, rows
from tests.test_drafting import reply

NAMES = ("Ama Osei", "Bo Weber", "Cy Nowak", "Di Haddad")


async def found(batch: Batch, bodies: dict[str, str], **columns: str) -> dict[str, list[str]]:
    """Draft mails to these people; return what the look at the whole has found by name."""
    assert batch.model
    for name, body in bodies.items():
        batch.model.answers[name] = [reply(body)] * 9
    run = await batch.whole(batch.people(*bodies, **columns))
    return {
        row["name"]: [
            line for line in row["findings"].split("\n") if "this batch" in line or "another candidate" in line
        ]
        for row in rows(run.folder)
    }


async def test_another_candidates_name_in_a_mail_is_an_error(batch: Batch) -> None:
    bodies = {name: mail_to(name) for name in NAMES}
    bodies["Cy Nowak"] = bodies["Cy Nowak"].replace("A second one,", "As with Di Haddad, a second one,")
    run_found = await found(batch, bodies)
    assert any("the name of another candidate" in line for line in run_found["Cy Nowak"])
    assert not any(
        "another candidate" in line for name in ("Ama Osei", "Bo Weber", "Di Haddad") for line in run_found[name]
    )
    assert [row["name"] for row in rows(batch.root / "out", "needs_review.csv")] == ["Cy Nowak"]


async def test_a_name_that_stands_in_the_persons_own_record_is_none(batch: Batch) -> None:
    bodies = {name: mail_to(name).replace("A second one,", "As with Di Haddad, a second one,") for name in NAMES}
    run_found = await found(batch, bodies, bio="I study reward models together with Di Haddad.")
    assert not any("another candidate" in line for lines in run_found.values() for line in lines)


async def test_a_shared_sentence_is_reported_in_the_later_mails(batch: Batch) -> None:
    run_found = await found(batch, {name: mail_to(name) for name in NAMES})
    assert run_found["Ama Osei"] == [] and all(run_found[name] for name in NAMES[1:])
    assert "4 mails of this batch hold this sentence" in run_found["Bo Weber"][0]


async def test_where_few_mails_are_alike_the_model_says_it_in_other_words(batch: Batch) -> None:
    assert batch.model
    batch.model.answers["Ama Osei"] = [reply(mail_to("Ama Osei"))]
    batch.model.answers["Bo Weber"] = [reply(mail_to("Bo Weber")), reply(mail_to("Bo Weber").replace("which do you expect to work better", "which do you think works better"))]  # fmt: skip
    run = await batch.whole(batch.people("Ama Osei", "Bo Weber"))
    assert batch.model.asked == {"Ama Osei": 1, "Bo Weber": 2}
    (first, second) = rows(run.folder)
    assert [v.wish for v in batch.runs.store.versions(batch.runs.store.find(second["draft"]).mail)] == [
        "batch",
        "batch: sentences of other mails",
    ]
    assert first["body"] == mail_to("Ama Osei") and "which do you think works better" in second["body"]


async def test_where_most_are_alike_nothing_is_paid_for_again(batch: Batch) -> None:
    assert batch.model
    await batch.whole(batch.people(*NAMES))
    assert batch.model.calls == 4


async def test_marks_of_an_earlier_look_do_not_stay(batch: Batch) -> None:
    assert batch.model
    await batch.whole(batch.people(*NAMES))
    run = await batch.whole(batch.people("Bo Weber"), digest="another")
    (row,) = rows(run.folder)
    assert row["reused"] == "yes" and "this batch" not in row["findings"]


async def test_a_monotonous_batch_shows(batch: Batch) -> None:
    run = batch.taken_in(batch.people(*NAMES))
    await batch.start(run)
    seen = look(batch.runs, run, batch.library, batch.sender)
    assert (seen.mails, len(seen.openings), seen.tracks["rl.2"]) == (4, 1, 4)
    assert batch.runs.again(run).summary["spread"]["most_used_opening"] == 1.0


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"name": "Ama Osei"}, [("ama osei", "name")]),
        ({"name": "陈伟 (Wei Chen)"}, [("wei chen", "name"), ("陈 伟", "name")]),
        ({"name": "Plato"}, []),
        ({"name": "A", "affiliation": "Northfen University"}, [("northfen university", "place")]),
        ({"name": "A", "affiliation": "MIT"}, []),
        (
            {"name": "A", "papers": [{"title": "Cold Pages: Tiered KV Caches for Long Sessions"}]},
            [("cold pages tiered kv caches for", "title")],
        ),
        ({"name": "A", "papers": ["Cold Pages"]}, []),
    ],
)
def test_by_what_a_person_is_recognized(record: dict[str, object], expected: list[tuple[str, str]]) -> None:
    assert [(" ".join(words), kind) for words, kind in phrases(record)] == expected


@pytest.mark.parametrize(
    ("kind", "text", "piece", "meant"),
    [
        ("name", "As Wei Chen showed", "Wei Chen", True),
        ("name", "a long chain of thought", "long chain", False),
        ("name", "高明老师：您好", "高明", True),
        ("name", "这个办法很高明，值得一试", "高明", True),
        ("name", "更高明的办法", "高明", False),
        ("name", "和司马清扬的工作", "司马清扬", True),
        ("title", "In “Large Language Models for Code” you", "Large Language Models for Code", True),
        ("title", "how large language models for code behave", "large language models for code", False),
        ("title", "读《大模型时代的编译优化》时", "大模型时代的编译优化", True),
        ("title", "大模型时代的编译优化还缺什么", "大模型时代的编译优化", False),
        ("place", "people at Northfen University", "Northfen University", True),
        ("place", "any state university would", "state university", False),
    ],
)
def test_words_with_their_everyday_sense_are_nobodys_name(kind: str, text: str, piece: str, meant: bool) -> None:
    start = text.index(piece)
    assert is_meant(kind, Span(start, start + len(piece), piece), text) is meant


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Which of the two would you give the larger budget?", "Which of the two would you give the larger budget?", True),
        ("Which of the two would you give the larger budget?", "Which of the 3 would you give the larger budget?", True),
        ("Which of the two would you give the larger budget today?", "Which of the two would you give the larger budget now?", True),
        ("What is the mechanism by which a policy learns to game its scorer?", "What does a scorer miss when the data run out before the policy does?", False),
        ("Best of luck.", "Best of luck.", False),
        ("奖励模型为什么会被钻空子，您怎么看这件事？", "奖励模型为什么会被钻空子，您怎么想这件事？", True),
    ],
)  # fmt: skip
def test_sentences_that_are_the_same_or_nearly(one: str, other: str, same: bool) -> None:
    assert bool(sentence_keys(one) & sentence_keys(other)) is same


@pytest.mark.parametrize("phrase", ["ama osei", "forgotten twice after", "gabor vass of the northern institute"])
def test_the_filter_never_misses_a_phrase_and_passes_over_what_only_begins_alike(phrase: str) -> None:
    filter = Filter()
    filter.add(phrase.split())
    for before, after in ((0, 0), (3, 0), (2, 2)):
        words = [*["so"] * before, *phrase.split(), *["so"] * after]
        assert before in filter.hits(words)
    first, second, *rest = phrase.split()
    assert filter.hits([first, second, "else"]) == ([] if rest else [0])
    assert filter.hits([second, first]) == []
