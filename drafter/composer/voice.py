"""A sentence that a person wrote about their own work, turned round to address them.

"I compare ways of fitting one model across sites" becomes "You compare ...", 主要研究… becomes 您主要研究…. Only sentences of a
plain, known build are turned; everything else returns None, for a clumsy turn is worse than a shorter mail.
"""

import re

from drafter.candidate import Candidate, Language
from drafter.steering import steers
from drafter.text import count_han, count_words, han_share, sentences

_VERBS = (
    "study|studies|work on|works on|work at|build|develop|design|research|investigate|compare|focus on|explore|argue|quantify|measure|"
    "train|analyze|analyse|examine|prove|ask|look at|think about|try to|want to|aim to|use|propose|model|teach|make|"
    "care about|am interested in|simulate|benchmark|test|evaluate|optimize|optimise|probe|search|write|turn|treat|show|"
    "combine|apply|tackle|address|create|learn|estimate|reconstruct|generate|track|detect|map|connect|bring|put|work with|"
    "help|improve|speed up|compress|scale|audit|attack|defend|formalize|verify|introduce|present|describe|identify|find"
)
_ENGLISH = re.compile(rf"^I(?: (?:also|mainly|mostly|currently|primarily|now))? (?:{_VERBS})\b", re.I)
_WE = re.compile(rf"^(?:In this (?:paper|work),? )?we (?:{_VERBS})\b", re.I)
_CLAUSE = re.compile(rf"(?:, | so | and )I (?:{_VERBS})\b")
_PRIVATE = re.compile(
    r"\b(?:job|hiring|position|salary|visa|looking for|available|contact|e-?mail|phone|birth|married|child|he|she|him|her)\b"
    r"|https?:|www\.|@|求职|找工作|应聘|薪|微信|电话|邮箱|毕业|出生|家庭|导师|离职",
    re.I,
)
_CHINESE = re.compile(
    r"^(?:我|本人)?(?:目前|现在|主要|一直|近年来?|近期|近来|长期|最近|正在)*(?:在)?"
    r"(?:研究|关注|做(?!过)|探索|探究|专注于?|聚焦|从事|关心|尝试|思考|想弄清|想知道|考察|分析|设计|构建|开发|用|把|让|从|针对|围绕|希望|试图|提出)"
)
_SWAPS = (("I'm", "you're"), ("I've", "you've"), ("I am", "you are"), ("I was", "you were"), ("I", "you"), ("my", "your"),
          ("mine", "yours"), ("myself", "yourself"), ("me", "you"), ("our", "your"), ("we", "you"), ("us", "you"))  # fmt: skip
_SWAP = re.compile(r"\b(" + "|".join(re.escape(a) for a, _ in _SWAPS) + r")\b", re.I)

LONGEST = {"en": 34, "zh": 75}
"""Words or 汉字 of a sentence that is still taken over; a longer one would eat the mail."""


def about_bio(candidate: Candidate, language: Language) -> str | None:
    """Return a sentence "You ..." made of the bio's first usable sentence, without its closing mark; None if none is."""
    if steers(candidate.bio):
        return None
    for sentence in sentences(candidate.bio)[:3]:
        turned = _turn_english(sentence.text, _ENGLISH) if language == "en" else _turn_chinese(sentence.text)
        if turned:
            return turned
    return None


def about_paper(summary: str, language: Language) -> str | None:
    """Return "you introduce ..." made of the first such sentence of a paper's summary; None if there is none."""
    if language == "zh" or steers(summary):
        return None
    for sentence in sentences(summary)[:4]:
        text = re.sub(r"^In this (?:paper|work),? ", "", sentence.text)
        if turned := _turn_english(text, _WE):
            return turned[0].lower() + turned[1:]
    return None


def _turn_english(text: str, build: re.Pattern[str]) -> str | None:
    text = " ".join(text.split()).rstrip(".")
    match = build.search(text)
    if (
        not match
        and build is _ENGLISH
        and (clause := _CLAUSE.search(text))
        and not re.search(r"\b(?:we|us|our)\b", text)
    ):
        match = clause
    fits = match and 5 <= count_words(text) <= LONGEST["en"] and han_share(text) < 0.1
    if not fits or _PRIVATE.search(text) or text[-1:] in "?!…:" or "\n" in text:
        return None
    turned = _SWAP.sub(lambda m: dict((a.lower(), b) for a, b in _SWAPS)[m.group().lower()], text)
    return turned[0].upper() + turned[1:]


def _turn_chinese(text: str) -> str | None:
    text = "".join(text.split("\n")).rstrip("。；;")
    if not _CHINESE.match(text) or not 6 <= count_han(text) <= LONGEST["zh"] or han_share(text) < 0.5:
        return None
    if _PRIVATE.search(text) or "我们" in text or text[-1:] in "？！?!…：:":
        return None
    text = re.sub(r"^(?:我|本人)", "", text).replace("致力于", "一直在做").replace("本人", "您").replace("我", "您")
    return f"您{text}"
