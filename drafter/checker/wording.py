"""Rules on words that no mail may hold: placeholders, leaks of prompt or markup, and (by density) worn phrases."""

import re
from collections.abc import Iterator

from drafter.checker.mail import Mail
from drafter.report import Finding

_PLACEHOLDER = re.compile(
    r"\{\{.{0,60}?\}\}|\{%.{0,60}?%\}|\{[a-z_ ]{2,30}\}|%[A-Z_]{3,30}%|\$\{.{0,40}?\}"
    r"|\[(?:your|my|the|candidate|recipient|sender|first|last|full|insert|name|company|lab|paper|title|position|link|date|topic|institution|university)[^\[\]\n]{0,40}\]"
    r"|<(?:name|your|candidate|recipient|sender|insert|title|paper|company|lab)[^<>\n]{0,30}>"
    r"|[\[【（(](?:此处|姓名|您的姓名|候选人|收件人|发件人|填写|插入|待补|职位|机构|论文标题|论文题目|实验室名?|公司名?|日期|链接)[^\]】）)\n]{0,20}[\]】）)]"
    r"|\b(?:TODO|TBD|FIXME|lorem ipsum|XXX+)\b|某某|XX(?=老师|教授|博士|大学|公司|先生|女士)|__{2,}",
    re.I,
)
_LEAK = re.compile(
    r"RECORD-(?:BEGIN|END)|\\u00[0-9a-f]{2}|\"(?:subject|body|tracks|track|quote)\"\s*:"
    r"|^\s*[{}\[\]]\s*$|```|^\s*#{1,4} |\*\*[^*\n]{1,80}\*\*|^\s*[-*•] |</?(?:p|br|div|html|body|b|i|a|span)\b[^<>]{0,80}>"
    r"|\bas an? (?:AI|language model)\b|\b(?:system|user) prompt\b|\bthe (?:record|recruiter's remarks?) (?:says?|contains?|holds?)\b"
    r"|\bhere(?: is|'s) (?:the|your|a) (?:revised |repaired )?(?:e-?mail|mail|draft)\b|以下是(?:修改后的|为您撰写的)?邮件|作为(?:一个)?(?:AI|人工智能|语言模型)"
    r"|\bignore (?:all |the )?(?:previous|above) instructions\b|忽略(?:以上|之前|上述)(?:的)?(?:指令|要求)"
    r"|^\s*(?:Bcc|Cc|To|From|Subject|主题|抄送)\s*[:：]|\b[a-z0-9-]+\.\d+(?:\.\d+)?\](?!\w)|\[(?:[a-z0-9-]+\.\d+(?:\.\d+)?)\]",
    re.I | re.M,
)
WORN = {
    "zh": re.compile(
        r"印象深刻|冒昧打扰|赋能|不仅[^。]{1,30}而且|不是[^。，]{1,20}而是|首先|其次|综上|总而言之|至关重要|顶尖|非常|极其|十分|期待与您|携手|深耕|彰显|致力于|广阔|格局|值得注意|不容忽视|深入探讨"
    ),
    "en": re.compile(
        r"\b(?:hope this (?:e-?mail |message )?finds you|came across your|(?:deeply |very |really )?impressed|excited|thrilled|fascinat\w+|reach(?:ing)? out|would love|"
        r"quick chat|cutting.edge|state.of.the.art work|delve|pivotal|landscape|leverag\w+|synerg\w+|seamless\w*|moreover|furthermore|additionally|"
        r"testament|groundbreaking|remarkable|passionate|not (?:just|only) [^.,]{2,40}but)\b",
        re.I,
    ),
}
"""Phrases that readers have seen too often, by language."""

WORN_MOST = 2
"""Worn phrases in one mail from which it is remarked: one happens to everybody."""


def check_wording(mail: Mail) -> Iterator[Finding]:
    """Yield what a mail says that it must not say."""
    whole = f"{mail.subject or ''}\n{mail.body}"
    if match := _PLACEHOLDER.search(whole):
        yield Finding(
            rule="wording.placeholder",
            level="error",
            message=f"a placeholder was left: {match.group()}",
            quote=mail.quote(match.group()),
        )
    allowed = set(mail.lines[mail.signature_at :])
    for match in _LEAK.finditer(whole):
        line = whole[whole.rfind("\n", 0, match.start()) + 1 : match.end()].strip()
        if line in allowed:
            continue
        piece = match.group().strip()
        yield Finding(
            rule="wording.leak",
            level="error",
            message="prompt, markup or headers leaked into the mail",
            quote=mail.quote(piece),
        )
        break
    worn = [m.group() for m in WORN[mail.language].finditer(mail.prose)]
    if len(worn) >= WORN_MOST:
        phrases = ", ".join(dict.fromkeys(worn))
        yield Finding(
            rule="wording.worn", level="warning", message=f"worn phrases: {phrases}", quote=mail.quote(worn[0])
        )
