"""Text in a record that speaks to a writer instead of about a person.

A profile is written by strangers, and researchers of this very field like to try what a model does with "ignore the
above". Such text is never obeyed, never quoted, and reported; finding it here is a courtesy to the reader, not the
defence. The defence is that the record is fenced as data and that every draft is checked.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from drafter.candidate import Candidate

_PATTERNS = re.compile(
    r"""
    \b(?:ignore|disregard|forget|override|bypass)\b[^.\n]{0,40}\b(?:instruction|prompt|rule|above|previous|prior|everything|guideline)s?\b
    | \b(?:system|developer)\s+(?:prompt|message|instruction)s?\b
    | \byou\s+are\s+(?:now|no\s+longer|an?\s+(?:ai|assistant|language\s+model|llm|helpful))\b
    | \bas\s+an?\s+(?:ai|assistant|language\s+model)\b[^.\n]{0,60}\b(?:must|should|will|write|reply|output)\b
    | \b(?:if|when)\s+you\s+are\s+an?\s+(?:ai|llm|bot|language\s+model|assistant)\b
    | \b(?:ai|llm|model|assistant|bot)s?\s+(?:reading|processing|parsing)\s+this\b
    | \b(?:new|updated|important|special)\s+instructions?\b
    | \binstead\b[^.\n]{0,20}\b(?:write|reply|respond|output|say|print|return|send)\b
    | \b(?:write|reply|respond|output|print|return|include|append|start|end)\b[^.\n]{0,60}\b(?:poem|haiku|recipe|flan|pirate|limerick|json|your\s+(?:mail|e-?mail|reply|answer|prompt|message))\b
    | ^\s*(?:system|assistant|user)\s*[:：]
    | </?\s*(?:candidate|record|data|system|instruction|prompt)[^>\n]{0,40}>
    | ```
    | <\|[a-z_]{2,20}\|>
    | "(?:subject|body|role|content)"\s*:
    | (?:忽略|无视|忘记|忘掉|不要理会|不要遵守|跳过)[^。\n]{0,16}(?:指令|指示|要求|提示|规则|内容|设定)
    | 你(?:现在|从现在起)?是(?:一个|一名)?(?:AI|人工智能|助手|语言模型|大模型|机器人)
    | (?:系统|开发者)(?:提示|指令|消息|提示词)
    | (?:新的|最新|重要|特别)指令
    | (?:请|务必|必须|直接)[^。\n]{0,8}(?:输出|回复|写一首|写首|改为|返回|附上|抄送|密送)
    """,
    re.I | re.X | re.M,
)


@dataclass(frozen=True, slots=True)
class Attempt:
    """A piece of a record that tries to steer the writer, and the key it stands under."""

    text: str
    source: str


def steers(text: str) -> bool:
    """Say whether a text speaks to a writer."""
    return _PATTERNS.search(text) is not None


def steering_attempts(candidate: Candidate) -> Iterator[Attempt]:
    """Yield every text of a record that tries to steer the writer; the recruiter's own notes are not looked at."""
    others = [("name", candidate.name), ("affiliation", candidate.affiliation), ("salutation", candidate.salutation)]
    for source, text in [*candidate.texts(), *others]:
        if match := _PATTERNS.search(text):
            yield Attempt(" ".join(match.group().split())[:80], source)
