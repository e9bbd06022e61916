"""Faults planted in clean mails: one invented anchor at a time, of a kind and in a place drawn by a seed.

Nothing here is taken from the checker: the invented names are made up, the venues are real ones that the record does not
name. A mail with a planted fault must get an error that it did not have before.
"""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass

from drafter.candidate import Language
from drafter.text import Span, sentences

KINDS = ("number", "year", "title", "venue", "institution", "name")

_INVENTED: dict[str, dict[Language, list[str]]] = {
    "number": {
        "en": ["47", "1,350", "12.6%", "88", "640", "23"],
        "zh": ["47", "1350", "12.6%", "88", "640", "23"],
    },
    "year": {"en": ["2014", "2016", "2017", "2018", "2012"], "zh": ["2014", "2016", "2017", "2018", "2012"]},
    "title": {
        "en": [
            "Counting What the Critic Forgot", "Slow Gradients, Fast Regret", "Maps That Refuse to Generalize", "A Cheap Oracle for Hard Queries",
            "Where Attention Goes to Sleep: A Field Study", "Learning to Ignore Your Teacher",
        ],
        "zh": [
            "遗忘的批评家：一种新的估计方法", "Slow Gradients, Fast Regret", "面向稀疏信号的慢速收敛分析", "A Cheap Oracle for Hard Queries",
            "注意力在哪里睡着", "学会不听老师的话",
        ],
    },
    "venue": {"en": ["NeurIPS", "ICLR", "EMNLP", "CVPR", "KDD", "Interspeech", "AAAI", "OSDI"], "zh": ["NeurIPS", "ICLR", "EMNLP", "CVPR", "KDD", "Interspeech", "AAAI", "OSDI"]},
    "institution": {
        "en": ["Brightwater University", "the Halvorsen Institute", "Quillon Labs", "the University of Castellan", "Stanford", "DeepMind", "Marrow Hill College"],
        "zh": ["云岚大学", "北川研究院", "青屿实验室", "斯坦福大学", "清华", "东临理工大学", "DeepMind"],
    },
    "name": {
        "en": ["Marta Kowalczyk", "Deshawn Pruitt", "Ingrid Solheim", "Tomás Aguirre", "Hana Novák", "Viktor Lindqvist"],
        "zh": ["周启明", "郭远山", "沈若谷", "Marta Kowalczyk", "陆怀瑾", "Ingrid Solheim"],
    },
}  # fmt: skip

_PHRASES: dict[str, dict[Language, list[str]]] = {
    "number": {
        "en": [" (your {x} runs make the point)", ", with the {x} tasks you report,", ", and your gain of {x} points is part of why I ask,"],
        "zh": ["（您跑的 {x} 组实验很说明问题）", "，您报告的 {x} 个任务就是例子，", "，您那 {x} 个点的提升也是我来问的原因，"],
    },
    "year": {"en": [", as you already asked in {x},", ", since your {x} work,"], "zh": ["，您 {x} 年就问过，", "，从您 {x} 年的工作算起，"]},
    "title": {"en": [", as in your paper “{x}”,", " (I also have “{x}” in mind)"], "zh": ["，就像您的《{x}》那样，", "（我也想到您的《{x}》）"]},
    "venue": {"en": [", which you showed at {x},", " (your {x} paper comes to mind)"], "zh": ["，您在 {x} 上讲过，", "（我想到您那篇 {x} 论文）"]},
    "institution": {"en": [", since your time at {x},", ", as you and {x} found,"], "zh": ["，从您在{x}的时候起，", "，就像您在{x}做的那样，"]},
    "name": {"en": [", with {x} as your coauthor,", ", as {x} told me,"], "zh": ["，您和{x}老师合作时，", "，听{x}老师提起，"]},
}  # fmt: skip


@dataclass(frozen=True)
class Planted:
    """A mail with one fault."""

    kind: str
    invented: str
    body: str


def planted(body: str, language: Language, record: str, seed: int) -> Iterator[Planted]:
    """Yield the mail once for every kind, each time with one invented anchor.

    Args:
        body: a clean mail.
        language: of the mail.
        record: all that the mail may draw on; what stands there is not invented.
        seed: decides what is planted where.
    """
    draw = random.Random(seed)
    places = [span for span in sentences(body) if _is_prose(span, language)]
    for kind in KINDS:
        options = [x for x in _INVENTED[kind][language] if x.lower() not in record.lower() and x not in body]
        invented, phrase, place = draw.choice(options), draw.choice(_PHRASES[kind][language]), draw.choice(places)
        yield Planted(kind, invented, _insert(body, place, phrase.format(x=invented), draw))


def _is_prose(span: Span, language: Language) -> bool:
    long_enough = len(span.text) > (16 if language == "zh" else 50)
    return long_enough and "@" not in span.text and re.search(r"[，,]", span.text) is not None


def _insert(body: str, place: Span, phrase: str, draw: random.Random) -> str:
    """Put the phrase before one of the sentence's commas, where a speaker would put it."""
    commas = [m for m in re.finditer(r"[，,](?=\D)", place.text) if not _inside_quotes(place.text, m.start())]
    if not commas:
        return body[: place.end - 1] + phrase.rstrip("，, ") + body[place.end - 1 :]
    comma = draw.choice(commas)
    at = place.start + comma.start()
    if phrase[-1] in "，,":
        return body[:at] + phrase + body[at + 1 :]
    return body[:at] + phrase + body[at:]


def _inside_quotes(text: str, at: int) -> bool:
    before = text[:at]
    return (
        before.count("“") > before.count("”") or before.count("《") > before.count("》") or before.count('"') % 2 == 1
    )
