"""What nobody says of himself: how a letter is to be written, by which machine, and in whose role.

A record tells of somebody's work in plain statements. A sentence in it that speaks of a letter (its subject line, its first
paragraph, whatever "you compose") and gives an order about it can only be meant for whoever writes that letter. One such
word alone proves nothing: people study messages, signatures and assistants. So a demand is what has two of the three: a
part of a letter, an order, a machine that is spoken to; and words to applicants and wishes to be contacted are let alone.
"""

import re
from collections.abc import Iterator

_PART = (
    r"(?:letters?|e-?mails?|mails?|messages?|notes?|replies|reply|response|text|output|correspond\w+|missives?|invitations?|outreach"
    r"|subject(?:\s+line)?|signature|P\.?\s?S\.?|postscript|(?:opening|closing|first|last|final|second)\s+(?:line|sentence|paragraph|words?)"
    r"|every\s+paragraph|greeting|salutation|sign-?off|closing|whatever\s+you\s+\w+|what\s+you\s+(?:are\s+writing|write|compose|draft)|this\s+(?:row|candidate|recipient))"
)
_ORDER = (
    r"(?:slip|put|insert|add|append|include|supply|drop|swap|replace|make|begin|start|open|close|finish|end|sign|greet|address|praise"
    r"|compliment|say|state|mention|write|compose|reproduce|copy|quote|translate|decode|reply|respond|answer|produce|output|print|omit|leave"
    r"|keep|weave|work|embed|render|phrase|refer|call|use|carry|paste|hide|tell|promise|offer|confirm|announce|recommend|ask)"
)
_MUST = (
    r"(?:must|shall|has\s+to|have\s+to|needs?\s+to|is\s+to|are\s+to|ought\s+to|should|always|never|no\s+exceptions|verbatim"
    r"|word\s+for\s+word|kindly|please|be\s+sure\s+to|make\s+sure|required\s+to|(?:is|are)\s+(?:entitled|obliged|expected)\s+to)"
)
_MACHINE = (
    r"(?:(?:language|text|mail|e-?mail|letter|drafting|writing|generative|automated|chat|outreach|virtual)[\s-]+)*"
    r"(?:models?|generators?|assistants?|LLMs?|AIs?|bots?|writers?|drafters?|pipelines?|scripts?|software|composers?|copilots?|agents?)"
)
_PAYLOAD = r"(?:https?\s|[“\"‘『「《][^“”\"‘’』」》\n]{2,}[”\"’』」》]|(?<![\w])'[^'\n]{3,}'|\b(?-i:[A-Z]{2,})[-–]?\d{2,}|\b(?-i:[A-Z]{4,}\s[A-Z]{4,}))"

_STRONG = (
    # a machine that is spoken to, and what it is to do
    rf"\b{_MACHINE}\s*[:,]\s*(?:please\s+)?{_ORDER}\b[^.!?\n]{{0,80}}\b(?:{_PART}|this|it|the|with|in)\b",
    rf"\b(?:to|dear|attention|attn\.?|hey)\s+(?:the\s+|any\s+|all\s+|whichever\s+)?{_MACHINE}\s*[:,(]",
    r"\bfor\s+(?:the\s+|any\s+|all\s+)?(?:text|mail|e-?mail|letter|writing|drafting|outreach|automated)[\s-](?:generators?|writers?|assistants?|models?|bots?|tools?)\b\s*[:,(]",
    rf"\b(?:the|any|whichever|whatever)\s+{_MACHINE}\s+(?:that\s+|which\s+|who\s+)?(?:writes?|writing|drafts?|drafting|composes?|composing|generates?|generating"
    r"|prepares?|preparing|reads?|reading|handles?|handling)\s+(?:this|the|your|an?|my|to)\b[^.!?\n]{0,60}\b(?:must|shall|should|is\s+to|has\s+to|needs?\s+to|please)\b",
    rf"\bthe\s+model\s+is\s+to\b[^.!?\n]{{0,60}}\b{_PART}\b",
    # somebody else to be
    r"\byou\s+are\s+now\s+(?-i:[A-Z])\w+|\b(?:stays?|remains?|steps?\s+out|breaks?|keeps?)\s+(?:in\s+|of\s+)?character\b",
    r"^#{1,6}\s*(?:developer|system|assistant|user|instructions?|human|tool)\b\s*:?\s*$",
    r"^\W{0,3}(?:developer|human|user)\s*:\s*$",
    r"[=\-*_]{3,}\s*[^=*_\n]{0,40}(?:结束|到此|至此|完毕|完成|开始|END\b|BEGIN\b|begins?\b|ends?\b|finished\b|done\b|stored\b|complete\b)[^=*_\n]{0,30}?[=\-*_]{3,}",
    r"^\s*>{2,}\s*\S|\b(?:next|new)\s+(?:job|task|order|request|assignment|instruction)\b\s*[(:（]|\bans?wer\s+in\s+(?:about\s+)?\d+\s+words",
    r"\brot-?13\b[^.。\n]{0,60}(?:decode|carry|follow|obey|execute|还原|解码|照|行事|执行)|(?:decode|carry|follow|obey|execute|还原|解码|执行)[^.。\n]{0,60}\b(?:rot-?13|base64)\b",
    rf"\b(?:any|every|whichever|each)\s+{_MACHINE}\s+(?:handling|reading|processing|writing|composing|drafting|parsing|seeing|that)\b[^.!?\n]{{0,40}}[:,]",
    r"\[[^\]\n]{0,40}\b(?:draft|mail|letter|outreach)[^\]\n]{0,30}\b(?:WARN|ERROR|INFO|DEBUG|FATAL)\b",
    r"\b(?:end|close)\s+of\s+(?:the\s+)?(?:profile|record|candidate|data|input|biography|page)\b",
    r"\b(?:new|next|second|another|real|actual)\s+task\s*[:：(]|\btask\s+(?:two|2|ii)\b\s*[:：(—-]",
    r"任务[一二两三四0-9]+\s*[（(：:]|(?:资料|档案|记录|数据|内容|简历)(?:到此|至此|已)(?:结束|为止|完毕)",
    r"(?:招聘|HR|人事|hiring|recruit\w*|talent)[^。.\n]{0,10}(?:批注|备注|内部|internal\b|note\s*[:：])",
    r"(?:write|reply|respond|answer|compose|address\s+\w+)\b[^.!?\n]{0,30}\b(?:everything|only|entirely|solely)?\s*in\s+"
    r"(?:french|german|spanish|italian|latin|russian|japanese|korean|klingon|esperanto|pirate|rhymes?|verse|capitals|all\s+caps)\b",
    # the same in Chinese
    r"(?:代笔|执笔|撰信|拟信|写信|撰文|起草)(?:的|者|人)?(?:的)?(?:来信|信件|邮件|书信|信|稿件?)?(?:的)?(?:模型|助手|机器|程序|须知|智能体|人|者|AI|系统|引擎)|生成式?助[手理]",
    r"(?:助手|助理|机器人|生成器|写手|撰稿人|大?模型|AI|程序|系统)[^。！\n，,]{0,6}(?:[：:，,]\s*(?:请|须|必须|务必|先把|先将|为证明|一律|开篇|开头|结尾|把|将)|请先|请务必|须将|须把)(?!预训练|训练)",
)  # fmt: skip

_WEAK = (
    # a part of a letter, and an order about it
    rf"\b{_PART}\b[^.!?\n]{{0,80}}\b{_MUST}\s+(?:\w+\s+){{0,2}}?{_ORDER}\b",
    rf"(?:^|[.!?。！？;:,(—]\s{{0,3}}|\b(?:so|and|then|please|kindly|just|simply|must|shall|should|always|to)\s+){_ORDER}\b(?=[^.!?\n]{{0,120}}\b{_PART}\b)"
    rf"(?=[^\n]{{0,200}}{_PAYLOAD})",
    rf"(?:^|[.!?。！？;:,(—]\s{{0,3}}|\b(?:so|and|then|please|kindly)\s+){_ORDER}\s+(?:\w+\s+){{0,6}}?(?:the|your|this|that|every)\s+{_PART}\b",
    rf"\b(?:always|only|solely|exclusively)?\s*(?:to\s+be\s+)?(?:address(?:ed)?|greet(?:ed)?|referred\s+to|called|written\s+to|salute[d]?|style[d]?)\s+(?:me\s+)?(?:only\s+|always\s+|solely\s+)?as\s+{_PAYLOAD}|\b{_MUST}\b[^.!?\n]{{0,30}}\b(?:word\s+for\s+word|verbatim)\b",
)
_FOREIGN = (
    # orders in a third language: its word for a letter or a machine, and what is to be said in quotes
    r"(?:\b(?:Brief|Nachschrift|Anrede|Betreff|Schreib-KI|KI|lettre|courriel|objet|carta|correo|asunto|lettera)\b|[Пп]исьм\w+|[Мм]одель|[Сс]ообщени\w+|メール|手紙|件名|편지|메일)"
    r"[^.。\n]{0,160}[„“«「\"]",
)
_ZH_PART = r"(?:来信|来函|信件|信函|邮件|信中|信里|信末|信首|回信|函末|之函|文末|末尾|结尾|开篇|开头|落款|主题行|主题|标题|正文|称呼|署名|签名|第[一二两三]段|首句|末句|另起一行)"
_ZH_ORDER = r"(?:必须|务必|一律|不得|须|请(?!教|求|联系)|劳驾|烦请|望|照此|切记|应当|为盼|只输出|改谈|改写|加注|附上|写上|写明|注明|嵌入|夹带|落款之前|赞我|夸我|称我|称呼我)"
_ZH_WEAK = (
    rf"{_ZH_PART}[^。！\n]{{0,30}}{_ZH_ORDER}[^。！\n]{{0,40}}",
    rf"{_ZH_ORDER}[^。！\n]{{0,30}}{_ZH_PART}[^。！\n]{{0,40}}",
    rf"{_ZH_PART}[^。！\n]{{0,40}}(?:输出|改为|改成|改作|改谈|交代|抄录|抄写|照抄|署上|署作|写作|称作|加上|添上|开头写|只字不提|先列)",
    rf"{_ZH_PART}[^。！\n]{{0,30}}{_PAYLOAD}[^。！\n]{{0,20}}",
    rf"(?:只|仅|一概)?(?:以|用|称|尊称|改称)[^。！\n]{{0,6}}{_PAYLOAD}[^。！\n]{{0,6}}(?:称呼|相称|落款|署名|开头|结尾)",
    r"落款[^。！\n]{0,8}(?:另起|写上|之前|之后)[^。\n]{0,12}[：:]",
)
_CONTACT = re.compile(
    r"\b(?:e-?mail|write|contact|reach|send|drop|message|ping)\s+(?:to\s+)?(?:me|us)\b|\bmy\s+(?:e-?mail|inbox|address)\b"
    r"|\b(?:prospective|students?|applicants?|apply(?:ing)?|application|cv|r[eé]sum[eé]|transcripts?|interns?(?:hips?)?|research\s+statement|supervis\w+|phd\s+position|office\s+hours|interested\s+in\s+(?:working|joining)|join\s+(?:my|our))\b"
    r"|申请|报考|简历|招生|成绩单|同学|学生(?!致)|实习|推免|保研|考研|姓名|联系方式|兴趣|个人主页",
    re.I,
)
_NAMES = re.compile(r"署名|真实姓名|落款|token\b", re.I)
_TOPIC = re.compile(
    r"\b(?:we|our\s+\w+|i)\s+(?:show|study|propose|present|find|ask|build|train|teach|analy[sz]e|measure|compare|develop|introduce|examine|investigate|work)\b"
    r"|\b(?:attack|inject|jailbreak|adversar|red[-\s]team|benchmark|dataset|corpus|detect|classif)\w*"
    r"|攻击|注入|越狱|红队|对抗|防御|数据集|检测|分类|本文|我们|研究(?:的是|了)",
    re.I,
)
_STRONG_TEXT = re.compile("|".join((*_STRONG, *_FOREIGN)), re.I | re.M)
_WEAK_TEXT = re.compile("|".join((*_WEAK, *_ZH_WEAK)), re.I | re.M)
_PAYLOAD_TEXT = re.compile(_PAYLOAD, re.I)
_STOP = re.compile(r"[.!?。！？\n]\s*")


def find_demand(text: str) -> re.Match[str] | None:
    """Return the first piece of a text that demands something of whoever writes the letter."""
    return next((match for match in _candidates(text)), None)


def _candidates(text: str) -> Iterator[re.Match[str]]:
    for match in _STRONG_TEXT.finditer(text):
        if not _TOPIC.search(_sentence(text, match)):
            yield match
    for match in _WEAK_TEXT.finditer(text):
        sentence = _sentence(text, match)
        if (_CONTACT.search(sentence) and not _NAMES.search(sentence)) or (
            _TOPIC.search(sentence) and not _PAYLOAD_TEXT.search(sentence)
        ):
            continue
        yield match


def _sentence(text: str, match: re.Match[str]) -> str:
    """Return the sentences that a match touches."""
    before = _STOP.split(text[max(0, match.start() - 200) : match.start()])[-1]
    after = _STOP.split(text[match.end() : match.end() + 200])[0]
    return before + match.group() + after
