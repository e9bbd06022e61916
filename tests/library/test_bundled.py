"""The bundled library: complete, in both languages, and true to its own cards."""

import re

import pytest

from drafter.checker.tracks import TrackChecker
from drafter.composer import fill
from drafter.library import GENERAL, Library
from drafter.library.yaml_files import ORDER

COUNTS = {
    "rl": 8, "self-evolution": 3, "nlp": 6, "moe": 4, "eval": 3, "data": 3, "ai4s": 7, "audio": 6, "mlsys": 7, "llm4code": 5,
    "multimodal": 9, "pre-training": 4, "post-training": 4, "alignment": 5, "reasoning": 5, "agent-rag": 5,
    "interpretability": 3, "embodiment": 6, "cv": 6, "recsys": 2, "federated-learning": 5, "trustworthy": 3, "general": 6,
}  # fmt: skip

TWINS = [
    {"eval.2.1", "reasoning.1.2", "trustworthy.1.2"},
    {"eval.2.2", "trustworthy.1.3"},
    {"nlp.4", "data.2"},
    {"data.3", "pre-training.3"},
    {"rl.6", "general.1"},
    {"rl.7", "general.2"},
    {"rl.8", "general.3"},
]

WORK = {"zh": "《一篇论文》", "en": "your paper “A Title”"}


def test_it_holds_22_fields_and_the_general_tracks_in_the_document_s_order(library: Library) -> None:
    assert list(library.fields) == [*ORDER, GENERAL]
    assert {field.id: len(field.tracks) for field in library.fields.values()} == COUNTS
    assert len(library.tracks) == 115


def test_twins_are_the_classes_set_by_hand(library: Library) -> None:
    found = [{track.id, *track.twins} for track in library if track.twins]
    assert all(group in TWINS for group in found)
    assert all(group in found for group in TWINS)
    assert {track.id: track.part_of for track in library if track.part_of} == {
        "pre-training.1": "nlp.4",
        "pre-training.2": "nlp.4",
    }


def test_fde_tracks_are_the_general_ones_and_their_twins(library: Library) -> None:
    fde = {track.id for track in library if track.kind == "fde"}
    assert fde == {"rl.6", "rl.7", "rl.8"} | {f"general.{n}" for n in range(1, 7)}


def test_parts_of_a_longer_point_and_only_they_have_a_lead(library: Library) -> None:
    assert {track.id for track in library if track.lead} == {id for id in library.tracks if id.count(".") == 2}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_track_speaks_both_languages_in_four_ways(library: Library, language: str) -> None:
    for track in library:
        assert track.text(language)
        assert track.en
        lines = track.say.zh if language == "zh" else track.say.en
        assert len(set(lines)) >= 4, track.id


def test_every_track_has_a_card_of_two_to_four_ideas(library: Library) -> None:
    assert {track.id for track in library if not 2 <= len(library.ideas(track)) <= 4} == set()


def test_every_sentence_of_a_track_raises_it_by_its_own_card(library: Library) -> None:
    checker = TrackChecker(library)
    wrong = [
        f"{track.id}: {text}"
        for track, text in _own_sentences(library)
        if checker.verdicts(text, [track.id])[0].verdict != "present"
    ]
    assert wrong == []


def test_no_sentence_of_a_track_raises_a_sibling(library: Library) -> None:
    checker = TrackChecker(library)
    wrong = []
    for track, text in _own_sentences(library):
        siblings = [t.id for t in library.fields[track.field].tracks if not library.same_point(t.id, track.id)]
        raised = [v.track for v in checker.verdicts(text, siblings) if v.verdict == "present"]
        wrong += [f"{track.id} also raises {other}: {text}" for other in raised]
    assert wrong == []


def _own_sentences(library: Library) -> list[tuple]:  # type: ignore[type-arg]
    found = []
    for track in library:
        found += [(track, track.zh), (track, track.en)]
        found += [(track, fill(line, WORK["zh"], "zh")) for line in track.say.zh]
        found += [(track, fill(line, WORK["en"], "en")) for line in track.say.en]
    return found


STALE = re.compile(r"去年|今年|最近|近期|目前最新|刚刚|last year|this year|recently|nowadays|these days|latest", re.I)
HEARSAY = re.compile(r"字节|Tianle|比亚迪|BYD|Fireworks|baseten|Claude Finance|智源|姚舜宇", re.I)
WORN = re.compile(r"印象深刻|赋能|不仅[^。]*而且|首先|至关重要|impressed|delve|leverage|cutting-edge|landscape|—", re.I)


@pytest.mark.parametrize("pattern", [STALE, HEARSAY, WORN], ids=["stale", "hearsay", "worn"])
def test_no_sentence_holds_what_would_embarrass_a_mail(library: Library, pattern: re.Pattern[str]) -> None:
    texts = [(t.id, x) for t, x in _own_sentences(library)]
    texts += [(t.id, x) for t in library if t.lead for x in (t.lead.zh, t.lead.en or "")]
    assert [(id, text) for id, text in texts if pattern.search(text)] == []
