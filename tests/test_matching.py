"""Terms and track cards found in text, with offsets."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from drafter.matching import CardIndex, TermIndex, folded_sentences, pattern
from drafter.text import fold

unhurried = settings(deadline=None)
characters = st.one_of(
    st.characters(max_codepoint=0x17F), st.sampled_from("强化学习奖励模型，。“”ＲＬ（）\u200b\u2014ễ")
)
snippets = st.text(characters, max_size=30)


def found(term: str, text: str) -> list[str]:
    """Return the pieces of a text in which a term is found."""
    hits = TermIndex([(term, "key")]).find(fold(text))
    return [text[hit.start : hit.end] for hit in hits]


@pytest.mark.parametrize(
    ("term", "text", "pieces"),
    [
        ("reward hacking", "On Reward-Hacking, and reward  hacking.", ["Reward-Hacking", "reward  hacking"]),
        ("RL", "RL for Girls and URLs, with ＲＬ", ["RL", "ＲＬ"]),
        ("policy", "Policies of a policy maker", ["Policies", "policy"]),
        ("policies", "one policy", ["policy"]),
        ("奖励", "过程奖励模型", ["奖励"]),
        ("奖励 模型", "过程奖励模型", ["奖励模型"]),
        ("MoE 模型", "MoE模型", ["MoE模型"]),
        ("optimization", "policy optimisation", ["optimisation"]),
        ("Nguyen bound", "the Nguyễn bounds", ["Nguyễn bounds"]),
        ("reward model", "a model of reward; reward. Model", ["reward. Model"]),
        ("quantiz*", "Quantization and quantized weights, dequantized", ["Quantization", "quantized"]),
        ("post train*", "post-trained, post-training", ["post-trained", "post-training"]),
        ("naïv*", "naively and naïveté", ["naively", "naïveté"]),
        ("ＲＬ*", "RLHF", ["RLHF"]),
        ("process*", "processes processing", ["processes", "processing"]),
        ("gas*", "gases, gap", ["gases"]),
        ("强化*", "强化学习", ["强化"]),
        ("quantiz* aware train*", "Quantization-aware training", ["Quantization-aware training"]),
        ("quantiz* train*", "quantized, then trained", []),
        ("C++*", "C++ code, cxx", ["C"]),
        ("re-*", "re-ranking regret", ["re"]),
        ("*", "anything at all", []),
        ("，", "逗号，也没有", []),
        ("", "anything", []),
    ],
)
def test_a_term_is_found_as_whole_words_however_they_are_spelt(term: str, text: str, pieces: list[str]) -> None:
    """A star leaves the end of its word open; punctuation alone is no term."""
    assert found(term, text) == pieces


def test_a_term_speaks_for_all_its_keys_and_overlapping_terms_are_all_found() -> None:
    index = TermIndex([("reward model", "rl"), ("reward model", "alignment"), ("model", "nlp"), ("models", "cv")])
    hits = index.find(fold("reward models"))
    assert {(hit.key, hit.term, hit.start, hit.end) for hit in hits} == {
        ("rl", "reward model", 0, 13),
        ("alignment", "reward model", 0, 13),
        ("nlp", "model", 7, 13),
        ("cv", "models", 7, 13),
    }


def test_the_same_term_given_twice_is_one() -> None:
    assert len(TermIndex([("RL", 1), ("RL", 1)]).find(fold("RL"))) == 1


def test_an_index_without_terms_finds_nothing() -> None:
    assert TermIndex[str]([]).find(fold("anything")) == []
    assert TermIndex([("！", "key")]).find(fold("anything")) == []


@unhurried
@given(snippets, snippets, snippets)
def test_a_term_is_found_wherever_it_stands_between_spaces(left: str, term: str, right: str) -> None:
    assume("*" not in term and pattern(term))
    text = f"{left} {term} {right}"
    pieces = found(term, text)
    assert any(fold(piece).words == fold(term).words for piece in pieces)  # others may be cut out of one sign: ½


@unhurried
@given(st.lists(st.text(characters, min_size=1, max_size=8), max_size=20), snippets)
def test_every_hit_is_a_piece_of_the_text(terms: list[str], text: str) -> None:
    for hit in TermIndex([(term, number) for number, term in enumerate(terms)]).find(fold(text)):
        assert 0 <= hit.start < hit.end <= len(text)
        assert terms[hit.key] == hit.term


CARDS = {
    "rl.1": [["reward signal", "reward* ... signal"], ["steep*", "test time ... curve"]],
    "rl.2": [["奖励 ... 机理"]],
    "rl.3": [["again ... again"]],
}


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("Which reward signal?", {("rl.1", 0, "reward signal")}),
        ("Rewards that give a signal.", {("rl.1", 0, "Rewards that give a signal")}),
        ("A signal from rewards.", set()),
        ("First the reward. Then a signal.", set()),
        ("A steeper test-time scaling curve.", {("rl.1", 1, "steeper"), ("rl.1", 1, "test-time scaling curve")}),
        ("奖励被骗的机理是什么", {("rl.2", 0, "奖励被骗的机理")}),
        ("机理与奖励", set()),
        ("again", set()),
        ("Again and again.", {("rl.3", 0, "Again and again")}),
    ],
)
def test_the_parts_of_a_phrase_stand_in_order_within_one_sentence(text: str, pieces: set[tuple[str, int, str]]) -> None:
    hits = CardIndex(CARDS).find(folded_sentences(text)[1])
    assert {(hit.track, hit.idea, text[hit.start : hit.end]) for hit in hits} == pieces


def test_a_hit_tells_its_sentence_and_its_place_in_it() -> None:
    text = "您好。\nWhich reward signal is it?"
    spans, folded = folded_sentences(text)
    hits = CardIndex({"rl.1": [["reward signal"]]}).find(folded)
    [hit] = hits
    assert (hit.sentence, spans[hit.sentence].text) == (1, "Which reward signal is it?")
    start = spans[hit.sentence].start
    assert text[start + hit.start : start + hit.end] == "reward signal"


def test_a_phrase_counts_once_a_sentence() -> None:
    hits = CardIndex({"rl.1": [["reward", "reward"]]}).find(folded_sentences("Reward, reward and reward. Reward.")[1])
    assert [hit.sentence for hit in hits] == [0, 1]


def test_ten_thousand_terms_in_200_kilobytes_are_found() -> None:
    text = "reward " * 30_000
    index = TermIndex([("reward", number) for number in range(5)])
    assert len(index.find(fold(text))) == 150_000
    assert len(TermIndex([(f"term{n}", n) for n in range(10_000)]).find(fold("term9999 " * 10_000))) == 10_000
    assert CardIndex({"t.1": [["reward ... model"]]}).find(folded_sentences(text)[1]) == []
