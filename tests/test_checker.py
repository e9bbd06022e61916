"""The rules on a mail: what they find, and what they leave alone."""

import json
from collections.abc import Callable

import pytest

from drafter.candidate import Candidate, Sender
from drafter.checker import Checker, Mail
from drafter.library import Library
from drafter.report import Finding

ENGLISH = """Dear Ama Osei,

Your paper “Forgotten Twice: Re-contamination After Unlearning” left me with a question about reward hacking in RLHF: what is the mechanism by which a policy learns to game its scorer, and which fix follows from it?

A second one, where I have no fixed view. With one budget, would you rather train many agents together, a multi-agent RL system, or one learner across a very large number of environments, and which do you expect to work better? People argue both ways, and each side has a curve to show that flatters it.

I am Wensheng Xu and look after research recruiting at Farcrest Lab. If you would like to talk, a one-line reply is enough, and a no is fine.

Best regards,
Wensheng Xu"""

CHINESE = """沈教授：

您研究全双工对话里的轮次，我最想问的是边界：系统什么时候该接话，什么时候只该“嗯”一声。语音大模型往后是不是都会走全双工，还是一人一句的轮流对话在多数场合已经够用？

另一处卡得更紧：全双工要一直听、随时准备开口，留给编码和合成的时间很短，这段时延您会从哪一头压下来，才能既不抢话又不显得迟钝？

我是远岑实验室的许闻笙，负责研究招聘。从轮次的角度看，您的判断可能和做系统的人不一样，所以特地写信来问。如果您愿意聊聊，直接回这封邮件就行，二十分钟线上，时间由您定。

祝好
许闻笙
远岑实验室 研究招聘负责人"""


@pytest.fixture(scope="module")
def checker(library: Library) -> Checker:
    return Checker(library)


@pytest.fixture
def findings(
    checker: Checker, library: Library, sender: Sender, make_candidate: Callable[..., Candidate]
) -> Callable[..., list[Finding]]:
    """Return a function that checks a changed copy of a good mail and gives its findings."""

    def check(old: str = "", new: str = "", *, zh: bool = False, subject: str | None = None) -> list[Finding]:
        body = CHINESE if zh else ENGLISH
        assert old in body
        person = (
            make_candidate(name="沈知远", position="教授", papers=[], interests="全双工对话")
            if zh
            else make_candidate()
        )
        tracks = ("audio.2.4", "audio.2.5") if zh else ("rl.2", "rl.5")
        mail = Mail(
            "zh" if zh else "en",
            subject if subject is not None else ("全双工对话里的两个问题" if zh else "Two questions on reward hacking"),
            body.replace(old, new, 1) if old else body,
            tuple(library.tracks[t] for t in tracks),
            person,
            sender,
        )
        report = checker.check(mail)
        assert all(f.quote in mail.body for f in report.findings), "every quote is an exact piece of the body"
        return list(report.findings)

    return check


@pytest.mark.parametrize("zh", [False, True])
def test_a_good_mail_has_no_finding(findings: Callable[..., list[Finding]], zh: bool) -> None:
    assert findings(zh=zh) == []


@pytest.mark.parametrize(
    ("old", "new", "zh", "rule"),
    [
        ("Dear Ama Osei,", "Dear Jonas Weber,", False, "form.salutation"),
        ("沈教授：", "王教授：", True, "form.salutation"),
        ("Best regards,\nWensheng Xu", "Best regards,\nThe team", False, "form.signature"),
        ("祝好\n许闻笙\n", "祝好\n", True, "form.signature"),
        ("People argue", "[Your Name] argues", False, "wording.placeholder"),
        ("People argue", "{{name}} argues", False, "wording.placeholder"),
        ("People argue", "TODO: people argue", False, "wording.placeholder"),
        ("特地写信来问", "特地写信给【姓名】来问", True, "wording.placeholder"),
        ("特地写信来问", "特地写信给某某来问", True, "wording.placeholder"),
        ("People argue", "**People** argue", False, "wording.leak"),
        ("People argue", "As an AI language model, I think people argue", False, "wording.leak"),
        ("People argue", '"tracks": [] people argue', False, "wording.leak"),
        ("Best regards,", "Bcc: x@example.org\nBest regards,", False, "wording.leak"),
        ("A second one", "[rl.5] A second one", False, "wording.leak"),
        ("People argue", "RECORD-BEGIN people argue", False, "wording.leak"),
        ("特地写信来问", "特地写信来问。以下是为您撰写的邮件", True, "wording.leak"),
        ("“Forgotten Twice: Re-contamination After Unlearning”", "“Scaling Laws for Everything Else”", False, "facts.title"),
        ("您研究全双工对话里的轮次", "您的《全双工对话的边界》", True, "facts.title"),
        ("each side has a curve", "each side has 4817 curves", False, "facts.number"),
        ("People argue", "Since your 2019 award people argue", False, "facts.number"),
        ("特地写信来问", "特地在您 2021 年获奖之后写信来问", True, "facts.number"),
        ("特地写信来问", "薪酬从优，股票另谈", True, "facts.us"),
        ("People argue", "You will get stock options, and people argue", False, "facts.us"),
        ("People argue", "Since your time at Stanford people argue", False, "facts.institution"),
        ("People argue", "Your NeurIPS talk aside, people argue", False, "facts.venue"),
        ("People argue", "As Marta Kowalczyk told me, people argue", False, "facts.name"),
        ("您研究全双工", "你研究全双工，您", True, "form.register"),
        ("留给编码和合成的时间很短，", "留给编码和合成的时间很短,", True, "form.punctuation"),
        ("A second one, where I have no fixed view.", "非常期待与您合作，欢迎加入我们。", False, "form.mixed"),
        ("另一处卡得更紧：", "I would really like to know what you think about all of this: ", True, "form.mixed"),
        ("People argue both ways", "I was impressed and would love to have a quick chat, people argue both ways", False, "wording.worn"),
    ],
)  # fmt: skip
def test_a_fault_is_found(
    findings: Callable[..., list[Finding]], old: str, new: str, zh: bool, rule: str | None
) -> None:
    assert rule in {f.rule for f in findings(old, new, zh=zh)}


@pytest.mark.parametrize(
    ("old", "new", "zh"),
    [
        ("People argue", "Two people argue", False),
        ("Dear Ama Osei,", "Hi Ama,", False),
        ("沈教授：", "沈老师：", True),
        ("沈教授：", "沈知远教授，您好：", True),
        ("People argue", "“No” is an answer. People argue", False),
        ("特地写信来问", "特地写信来问 reward model 和 RLHF", True),
        ("People argue", "GPU-bound people argue", False),
    ],
)
def test_what_is_no_fault_is_left_alone(findings: Callable[..., list[Finding]], old: str, new: str, zh: bool) -> None:
    assert [f for f in findings(old, new, zh=zh) if f.level == "error"] == []


@pytest.mark.parametrize(
    ("subject", "rule"), [("", "form.subject"), ("A\nB: c", "form.subject"), ("两个关于奖励的问题", "form.subject")]
)
def test_a_faulty_subject_is_found(findings: Callable[..., list[Finding]], subject: str, rule: str) -> None:
    assert rule in {f.rule for f in findings(subject=subject) if f.level == "error"}


def verdict(checker: Checker, library: Library, text: str, track: str) -> str:
    return checker.check(Mail("en", None, text, (library.tracks[track],))).tracks[0].verdict


@pytest.mark.parametrize(
    ("text", "track", "expected"),
    [
        ("What makes a policy learn to game its scorer under RLHF, and which remedy follows?", "rl.2", "present"),
        ("RLHF 里的 reward hacking，机理到底是什么，又该怎样缓解？", "rl.2", "present"),
        ("I read your “Reward Hacking in RLHF: Mechanisms and Mitigation”.", "rl.2", "absent"),
        ("您那篇《RLHF 中 reward hacking 的机理与缓解》我读了。", "rl.2", "absent"),
        ("Your page lists reward hacking mechanisms in RLHF and how to mitigate them.", "rl.2", "unsure"),
        ("We do not work on the mechanism of reward hacking in RLHF or how to mitigate it.", "rl.2", "unsure"),
        ("RLHF 里 reward hacking 的机理和缓解由另一个组负责。", "rl.2", "unsure"),
        ("Reward hacking is popular.\n\nHow to mitigate noise in RLHF mechanisms?", "rl.5", "absent"),
        ("I like tea.", "rl.2", "absent"),
        ("", "rl.2", "absent"),
    ],
)  # fmt: skip
def test_a_point_is_present_only_where_it_is_raised(
    checker: Checker, library: Library, text: str, track: str, expected: str
) -> None:
    assert verdict(checker, library, text, track) == expected


def test_the_sentence_is_quoted_exactly_and_the_words_are_named(checker: Checker, library: Library) -> None:
    found = checker.check(Mail("en", None, ENGLISH, (library.tracks["rl.2"],))).tracks[0]
    assert found.quote in ENGLISH and found.quote.startswith("Your paper") and found.score == 1
    assert "“" in found.why


@pytest.mark.parametrize(
    "body",
    [
        "长" * 200_000,
        "reward hacking " * 10_000,
        "a" * 200_000,
        "（" * 50_000,
        "“" * 50_000,
        "。" * 100_000,
        "x\n" * 50_000,
    ],
)
def test_a_monstrous_body_is_judged_all_the_same(checker: Checker, library: Library, body: str) -> None:
    report = checker.check(Mail("en", "s", body, (library.tracks["rl.2"],)))
    assert not report.ok and json.dumps(report.model_dump())


@pytest.mark.parametrize(
    "text",
    [
        "ｗｈａｔ ｍａｋｅｓ a policy learn to ｇａｍｅ its ｓｃｏｒｅｒ under RLHF, and which remedy follows?",
        "What makes a policy learn to ga\u200bme its scorer under RLHF, and which remedy follows?",
        "What makes a policy learn to game its scorer 🎯 under RLHF, and which remedy follows?",
    ],
)
def test_full_width_letters_zero_width_characters_and_emoji_make_no_difference(
    checker: Checker, library: Library, text: str
) -> None:
    assert verdict(checker, library, text, "rl.2") == "present"


def test_traditional_characters_make_no_difference(checker: Checker, library: Library) -> None:
    text = "RLHF 裡的獎勵作弊，機理到底是什麼，又該怎樣緩解？"
    found = checker.check(Mail("zh", None, text, (library.tracks["rl.2"],))).tracks[0]
    assert (found.verdict, found.quote) == ("present", text)


@pytest.mark.parametrize(
    ("sentence", "track", "pinned"),
    [
        ("您的工作让我想到抖音、TikTok 上的普通用户，他们的数据该怎么用？", "recsys.2", False),
        ("您提出的 TikTok 数据方案，学习效率如何？", "recsys.2", True),
        ("Your paper reminds me of DeepSeek and its fine-grained experts.", "moe.1", False),
    ],
)
def test_a_name_out_of_a_track_is_pinned_on_nobody_who_only_brings_it_to_mind(
    checker: Checker,
    library: Library,
    make_candidate: Callable[..., Candidate],
    sender: Sender,
    sentence: str,
    track: str,
    pinned: bool,
) -> None:
    mail = Mail("zh" if "您" in sentence else "en", None, sentence, (library.tracks[track],), make_candidate(), sender)
    assert ("facts.misattributed" in {finding.rule for finding in checker.check(mail).findings}) is pinned
