"""What text looks like to the rest of the program: folded words, sentences, shares of Chinese."""

import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from drafter.text import Folded, changes, count_han, count_words, fold, han_share, plain_words, sentences, stem

unhurried = settings(deadline=None)

PIECES = [
    "强化学习", "，", "。", "？", "“", "”", "《", "》", "reward", " ", "Prof. ", "e.g. ", "Kim et al. ", "RLHF", "\n", "...", "?", "!",
    "’s ", "naïve", "ＲＬ", "\u200b", "\u00ad", "é", "e\u0301", "policies", "…", ")", '"', "1.5", "ﬁ", "한국", "🙂", "\t",
]  # fmt: skip
texts = st.one_of(st.text(), st.lists(st.sampled_from(PIECES), max_size=40).map("".join))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Reward Hacking", ["reward", "hacking"]),
        ("强化学习", ["强", "化", "学", "习"]),
        ("用RL训练", ["用", "rl", "训", "练"]),
        ("ＲＬＨＦ", ["rlhf"]),
        ("test-time scaling", ["test", "time", "scaling"]),
        ("snake_case", ["snake", "case"]),
        ("naïve Hölder", ["naive", "holder"]),
        ("Nguyễn", ["nguyen"]),
        ("e\u0301tude", ["etude"]),
        ("ﬁne-tuning", ["fine", "tuning"]),
        ("re\u00adward ha\u200bcking", ["reward", "hacking"]),
        ("Kim’s model", ["kim", "model"]),
        ("Kim's models", ["kim", "model"]),
        ("policies", ["policy"]),
        ("losses", ["loss"]),
        ("boxes", ["box"]),
        ("batches", ["batch"]),
        ("optimisation behaviour modelling", ["optimization", "behavior", "modeling"]),
        ("", []),
        ("…，。!?", []),
    ],
)
def test_folding_levels_what_is_only_spelling(text: str, words: list[str]) -> None:
    assert fold(text).words == words


@pytest.mark.parametrize("word", ["analysis", "corpus", "loss", "gas", "its", "rl", "强化", "thing", "raise"])
def test_words_that_only_look_like_plurals_or_british_are_left_alone(word: str) -> None:
    assert stem(word) == word


@pytest.mark.parametrize(("one", "other"), [("general", "generate"), ("optimal", "optimize"), ("policy", "police")])
def test_the_stemmer_keeps_different_words_apart(one: str, other: str) -> None:
    assert stem(one) != stem(other)


@pytest.mark.parametrize(("one", "other"), [("Nguyễn", "Nguyen"), ("한국", "한국"), ("Ё", "Е"), ("café", "cafe\u0301")])
def test_one_spelling_folds_alike_whatever_stands_beside_it(one: str, other: str) -> None:
    """A full-width comma or an invisible character elsewhere in the text must not change how a word is read."""
    for beside in ("", "，", "\u00ad", "é"):
        assert fold(one + " " + beside).words[0] == fold(beside + " " + other).words[-1]


def test_plain_words_are_folded_but_keep_their_endings() -> None:
    assert plain_words("Naïve Policies 与策略") == ["naive", "policies", "与", "策", "略"]


def test_a_folded_word_can_be_quoted_as_it_was_written() -> None:
    folded = fold("我们研究 Reward-Hacking，以及ＲＬ。")
    first = folded.words.index("reward")
    span = folded.original(first, first + 2)
    assert span.text == "Reward-Hacking"
    assert folded.text[span.start : span.end] == span.text


@unhurried
@given(texts)
@example("½ ﬃ ㎐ ǆ İ")
def test_every_folded_word_slices_to_a_piece_of_the_original(text: str) -> None:
    folded = fold(text)
    assert len(folded.words) == len(folded.spans) == len(folded.starts)
    last = 0
    for number, (start, end) in enumerate(folded.spans):
        assert 0 <= start < end <= len(text)
        assert start >= last or folded.spans[number - 1] == (start, end)  # one character may make two words: ½
        last = start
        assert folded.original(number, number + 1).text == text[start:end]


@unhurried
@given(texts)
def test_the_line_holds_the_words_between_single_spaces(text: str) -> None:
    folded: Folded = fold(text)
    assert folded.line == (f" {' '.join(folded.words)} " if folded.words else " ")
    for word, start in zip(folded.words, folded.starts, strict=True):
        assert folded.line[start : start + len(word)] == word
        assert folded.line[start - 1] == folded.line[start + len(word)] == " "


@unhurried
@given(texts)
def test_folding_a_folded_word_changes_nothing(text: str) -> None:
    for word in fold(text).words:
        assert fold(word).words == [word]


@given(st.from_regex(r"[a-z]{1,12}(ies|es|s|ise|isation|our|lling|lled)", fullmatch=True))
def test_stemming_a_stem_changes_nothing(word: str) -> None:
    assert stem(stem(word)) == stem(word)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two.", ["One.", "Two."]),
        ("一句。又一句！第三句？", ["一句。", "又一句！", "第三句？"]),
        ("Prof. Kim wrote it. I read it.", ["Prof. Kim wrote it.", "I read it."]),
        ("Tricks, e.g. clipping, help. So be it.", ["Tricks, e.g. clipping, help.", "So be it."]),
        ("Kim et al. show it. Good.", ["Kim et al. show it.", "Good."]),
        ("J. K. Osei agrees.", ["J. K. Osei agrees."]),
        ("It grew 1.5 times in v2.0 of it.", ["It grew 1.5 times in v2.0 of it."]),
        ("No stop at a line's end\nNext line", ["No stop at a line's end", "Next line"]),
        ("What?! Really…… Yes", ["What?!", "Really……", "Yes"]),
        ("他说“很好。”我同意。", ["他说“很好。”", "我同意。"]),
        ("(An aside.) Then more.", ["(An aside.)", "Then more."]),
        ("读了《会泛化吗？一项研究》之后。再会。", ["读了《会泛化吗？一项研究》之后。", "再会。"]),
        ("In “Does it work? A study” we read. Yes.", ["In “Does it work? A study” we read.", "Yes."]),
        ("In “Is it all you need?” you ask that. Good.", ["In “Is it all you need?” you ask that.", "Good."]),
        ('In "Is it all you need?", you ask. Good.', ['In "Is it all you need?", you ask.', "Good."]),
        ("您在“Is it all you need?”里问过。好。", ["您在“Is it all you need?”里问过。", "好。"]),
        ("He asked “Why?” She left.", ["He asked “Why?”", "She left."]),
        ("\n\n  \n", []),
        ("", []),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert [span.text for span in sentences(text)] == expected


@unhurried
@given(texts)
def test_sentences_are_exact_slices_in_order_and_leave_out_nothing_but_space(text: str) -> None:
    at = 0
    for span in sentences(text):
        assert span.text == text[span.start : span.end]
        assert span.text.strip() == span.text != ""
        assert span.start >= at and not text[at : span.start].strip()
        assert "\n" not in span.text
        at = span.end
    assert not text[at:].strip()


@pytest.mark.parametrize(
    ("text", "han", "words"),
    [
        ("强化学习", 4, 0),
        ("用 RLHF 训练", 3, 1),
        ("test-time scaling of LLMs", 0, 4),
        ("它在 2024 年", 3, 1),
        ("，。！", 0, 0),
        ("", 0, 0),
    ],
)
def test_lengths_count_characters_for_chinese_and_words_for_english(text: str, han: int, words: int) -> None:
    assert (count_han(text), count_words(text)) == (han, words)


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("", 0, 0),
        ("2024, 3.5!", 0, 0),
        ("Reward models for reasoning", 0, 0),
        ("强化学习", 1, 1),
        ("我研究大模型的 RLHF 与 reward hacking 问题", 0.6, 0.9),
        ("I work with 张三 on reward models", 0.05, 0.3),
    ],
)
def test_share_of_chinese(text: str, low: float, high: float) -> None:
    assert low <= han_share(text) <= high


@unhurried
@given(texts)
def test_share_of_chinese_is_a_share(text: str) -> None:
    assert 0 <= han_share(text) <= 1


@pytest.mark.parametrize(
    "text",
    [
        "强化学习，reward hacking。" * 10_000,
        "a" * 200_000,
        "“" * 100_000 + "?" * 100_000,
        "e.g. " * 40_000,
        "《?" * 100_000,
        "it’s " * 40_000,
        "ﷺ" * 10_000,
        "e" + unicodedata.lookup("COMBINING ACUTE ACCENT") * 200_000,
    ],
    ids=["mixed", "one word", "open quotes", "abbreviations", "open titles", "possessives", "ligatures", "accents"],
)
def test_long_texts_do_not_blow_up(text: str) -> None:
    folded = fold(text)
    assert len(folded.spans) == len(folded.words)
    assert "".join(span.text for span in sentences(text)).strip() != ""
    assert 0 <= han_share(text) <= 1
    assert count_words(text) >= 0


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        ("a red fox", "a blue fox", "a [-red -]{+blue +}fox"),
        ("您好，想请教一个问题。", "您好，想问一个问题。", "您好，想[-请教-]{+问+}一个问题。"),
        ("same", "same", "same"),
        ("", "new", "{+new+}"),
        ("gone", "", "[-gone-]"),
        ("long-term work", "long-term play", "long-term [-work-]{+play+}"),
    ],
)
def test_changes_go_by_word_and_in_chinese_by_character(old: str, new: str, shown: str) -> None:
    marks = {"same": "{}", "out": "[-{}-]", "in": "{{+{}+}}"}
    assert "".join(marks[change.kind].format(change.text) for change in changes(old, new)) == shown


@given(st.text(max_size=60), st.text(max_size=60))
def test_changes_hold_both_texts(old: str, new: str) -> None:
    found = changes(old, new)
    assert "".join(c.text for c in found if c.kind != "in") == old
    assert "".join(c.text for c in found if c.kind != "out") == new
