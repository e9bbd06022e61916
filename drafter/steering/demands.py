"""What nobody says of himself: how a letter is to be written, by whom, to whom, and with which words.

A record tells of somebody's work in plain statements. What is meant for whoever writes the letter differs in many small
ways: it speaks of parts of a letter, of machines and senders, says "you", gives orders, puts words into quotation marks to be
repeated, switches the language, or looks like the log of a program. Each sign alone proves nothing, for people study messages,
signatures and assistants. So every sentence is given points for the signs it bears, less points for what explains them (words
to applicants, a wish to be contacted, "we study"), and enough points make a demand.
"""

import re

ENOUGH = 3.0
"""Points from which a sentence is a demand."""

TITLE, NO_PLACE = -1.5, 1.0
"""Points of a paper's title, for titles give orders and say "you" for fun; of a sentence where only a name can stand."""

_EN_PART = (
    r"letters?|e-?mails?|mail|messages?|reply|replies|correspondence|missives?|invitations?|outreach|outbound\s+text"
    r"|(?:opening|closing|first|last|final|second|third|next|previous)\s+(?:line|sentence|paragraph|words?)|every\s+paragraph|paragraph\s+(?:one|two)|body\s+text"
)
_EN_OWN_PART = (
    r"subject\s+lines?|your\s+(?:opening|closing|first|last|final|second|third)\s+(?:line|sentence|paragraph|words?)|salutations?|greeting|sign-?offs?|postscript|P\.\s?S\.|signature\s+(?:line|block)|your\s+signature|call\s+to\s+action|whatever\s+you\s+\w+"
    r"|what\s+you\s+(?:are\s+writing|write|compose|draft)|(?:the|this|your)\s+(?:draft|letter|missive|e-?mail|mail)|letter\s+to\s+(?:me|her|him|them)|the\s+heading"
)
_EN_ORDER = (
    r"slip|put|insert|add|append|include|supply|drop|swap|replace|begin|start|open|close|finish|end|sign|greet|address|praise|compliment|say|state"
    r"|mention|write|compose|reproduce|copy|quote|translate|decode|reply|respond|answer|produce|output|print|omit|leave|keep|weave|work|embed|render"
    r"|phrase|refer|call|use|carry|paste|hide|tell|promise|offer|confirm|announce|recommend|round|restate|abandon|forget|ignore|disregard|make|set"
    r"|lead|crown|salute|style|adopt|act|pretend|do\s+not|don't|never|always|please|kindly"
)
_EN_MUST = (
    r"must|shall|has\s+to|have\s+to|needs?\s+to|ought\s+to|always|never|no\s+exceptions|verbatim|word\s+for\s+word|kindly|please|be\s+sure\s+to"
    r"|make\s+sure|(?:is|are)\s+(?:to|required|entitled|obliged|expected|asked)\b|only\s+as|nothing\s+else|as\s+it\s+stands|instead\s+of|without\s+(?:comment|explanation)|no\s+explanation"
)
_EN_MACHINE = (
    r"(?:language|text|mail|letter|drafting|writing|generative|automated?|automatic|chat|virtual|ai)[\s-]+(?:models?|generators?|assistants?|writers?|readers?|bots?|agents?|tools?|software|systems?)"
    r"|bots?|ghost-?writers?|copywriters?|composers?|drafters?|generators?\s*:|assistants?\s*[:,]|models?\s*[:,]|llms?\s*[:,]|ais?\s*[:,]|generation\s+step|pipelines?|this\s+row"
)
_ZH_PART = r"正文|末尾|结尾|开篇|开头|标题|主题|首段|次段|第[一二两三]段|首句|末句|首行|文末|称呼"
_ZH_OWN_PART = r"来信|来函|信件|信函|邮件|信中|信里|信末|信首|回信|函末|之函|落款|主题行|署名|另起一行|这封信|本信|此信|抬头|附言|通篇|寄给(?:我|本人)|写给(?:我|本人)|书信|信的"
_ZH_ORDER = r"写上|写明|注明|加上|加注|附上|添上|嵌入|夹带|输出|改为|改成|改作|换成|改谈|改写|交代|抄录|照抄|署上|署作|称我|称呼我|赞我|夸我|照此|照录|记下|只准写|撇开|只字不提|一字不留|原样|复述|承诺|拟一|先列|另起|打头|收尾|作答|执行|行事|还原"
_ZH_MUST = r"必须|务必|一律|不得|切勿|切记|须(?!知识)|请(?!教|求|联系|问)|劳驾|烦请|应当|为盼|只能|仅限|不管|不必|无需"
_ZH_MACHINE = r"助手|助理|动笔的|代笔|代写|作书者|执笔|撰稿|撰信|拟信|写信|写手|起草|机器人|生成器|自动(?:化)?(?:程序|系统|工具)|智能体[:：,]|模型[:：,]|写作的模型|阅读此|读到此"
_PEOPLE = r"senders?|recipients?|recruiters?|hiring\s+lead|correspondents?|whoever\s+(?:writes|reads)|发件人|收件人|招聘负责人|招聘方|用人单位|委托人|来函者|后来者"
_QUOTED = (
    r"[“\"‘『「《«„][^“”\"‘’』」》«»„\n]{2,}[”\"’』」》»“]|(?<!\w)'[^'\n]{3,}'(?!\w)|[“\"『「«„][^”\"』」»\n]{4,}$"
)
_LANGUAGE = (
    r"\bin\s+(?:french|german|spanish|italian|latin|russian|japanese|korean|klingon|esperanto|portuguese|rhymes?|verse|capitals|all\s+caps|pirate)\b"
    r"|用(?:英|法|德|俄|日|韩|西班牙|拉丁|文言|粤|四川)(?:文|语|话)|(?:reads?|speaks?)\s+(?:only\s+)?(?:french|german|spanish|russian|japanese)\s+only"
)
_SYNTAX = (
    r"\"\w+\"\s*:\s*[\[{\"]|:=|[=\-*_#~]{4,}|^\s*(?:>{2,}|#{1,6}\s)|\b(?:ERROR|WARN|WARNING|DEBUG|FATAL|TODO|NOTE)\b\s*[:：\]]?|\w+=(?:\d|true|false|null)|</?\w+>|\bv\d+\.\d+\b"
    r"|^\s*\[[^\]\n]{3,40}\]|\\(?:color|tiny|phantom|iffalse|textcolor|scriptsize)\b"
)
_PAY = r"\b(?:salary|signing\s+bonus|base\s+pay|compensation)\b[^.\n]{0,60}\d|\d[^.\n]{0,60}\b(?:salary|signing\s+bonus|base\s+pay)\b|(?:年薪|月薪|起薪|签约费|薪资|薪酬)[^。\n]{0,20}(?:\d|[一二三四五六七八九十百千万]+万)"
_THIRD = (
    r"\b(?:le|la|les|des|votre|vous|une|est|pour|avec|du)\b|\b(?:der|die|das|und|bitte|nicht|ein|eine|unter|den|als|ist)\b|\b(?:el|los|las|una|por|para|con|usted|su)\b"
    r"|\b(?:os|com|uma|seu|sua|não|você)\b|[\u0400-\u04ff]{3,}|[\u3040-\u30ff]{3,}|[\uac00-\ud7af]{2,}"
)
_CODED = r"\brot-?13\b|\bbase-?64\b|\bshift(?:ed)?\s+by\s+thirteen|\bdecode\s+(?:this|it|the\s+following)\s*[^\w\s”\"\']|先还原|解码(?:后|以下|这)"

_SIGNS: tuple[tuple[float, str], ...] = (
    (1.0, rf"\b(?:{_EN_PART})\b|{_ZH_PART}"),
    (1.5, rf"\b(?:{_EN_OWN_PART})(?!\w)|{_ZH_OWN_PART}"),
    (1.0, rf"(?:^|[.!?;:,(—\[\]{{}}\"]\s{{0,3}}|\b(?:so|and|then|must|shall|to|please|kindly|just)\s+)(?:{_EN_ORDER})\b|{_ZH_ORDER}"),
    (1.0, rf"\b(?:{_EN_MUST})\b|{_ZH_MUST}"),
    (1.0, rf"\b(?:{_EN_OWN_PART})(?!\w)[^.!?\n]{{0,60}}\b(?:{_EN_ORDER})\b|\b(?:{_EN_ORDER})\s[^.!?\n]{{0,60}}\b(?:{_EN_OWN_PART})(?!\w)"),
    (1.0, rf"(?:{_ZH_OWN_PART}|{_ZH_PART})[^。\n]{{0,20}}(?:{_ZH_ORDER})|(?:{_ZH_ORDER})[^。\n]{{0,20}}(?:{_ZH_OWN_PART})"),
    (1.0, rf"\b(?:{_EN_MACHINE})|{_ZH_MACHINE}"),
    (1.0, rf"(?:^|[.!?(—\[]\s*|\b(?:to|dear|hey,?|attention|attn\.?|note\s+to|visible\s+to|message\s+for)\s+)(?:(?:the|any|all|whichever|every)\s+)?(?:{_EN_MACHINE})[^.!?\n]{{0,20}}[:,：，]|(?:{_ZH_MACHINE})[^。\n，,]{{0,8}}[:：,，]"),
    (1.0, rf"\b(?:{_PEOPLE})"),
    (1.0, _QUOTED),
    (1.5, r"https?\s|\bwww\s"),
    (1.0, r"\b(?-i:[A-Z]{3,})[-–]\d{2,}|\b(?-i:[A-Z]{4,}\s[A-Z]{4,})|\b[a-z]{4,}-\d{2,}\b"),
    (1.0, r"\byou\b|\byour\b|\byours\b|[你您]|^\s*hey\b"),
    (2.0, r"您(?!好)"),
    (2.0, _LANGUAGE),
    (1.5, _SYNTAX),
    (3.0, _PAY),
    (2.0, _CODED),
    (3.0, r"(?-i:\b[Yy]ou are (?:now )?(?:[A-Z]\w+|an? \w+ (?:pirate|poet|captain)))\b|\b(?:stays?|remains?|steps?\s+out|breaks?|keeps?)\s+(?:in\s+|of\s+)?character\b|你(?:现在|从现在起)?(?:就)?是(?:一[名位个])?(?:船长|海盗|诗人|客服|编辑|管家)"),
    (3.0, r"\b(?:end|close)\s+of\s+(?:the\s+)?(?:profile|record|candidate|data|input|biography|page)\b|(?:资料|档案|记录|数据|简历|候选人信息)(?:到此|至此|已)(?:结束|为止|完毕)|\b(?:next|new|second|real)\s+(?:job|task|assignment)\b\s*[:(（]|任务[一二两三四0-9]+\s*[（(：:]"),
    (3.0, r"(?:招聘|HR|人事|hiring|recruit\w*|talent)[^。.\n]{0,10}(?:批注|备注|内部|internal\b|note\s*[:：])"),
    (-4.0, r"\b(?:e-?mail|write|contact|reach|drop|message|ping)\s+(?:to\s+)?(?:me|us)\b|\bmy\s+(?:old\s+|work\s+|office\s+)?(?:e-?mail|inbox|address)\b|\bfor\s+(?:talks|reviews)\b|\bnot\s+looking\s+for\b|\bno\s+longer\s+(?:use|read|check)|\b(?:prospective|students?|applicants?|apply(?:ing)?|applications?|cv|r[eé]sum[eé]|transcripts?|interns?(?:hips?)?|research\s+statement|supervis\w+|office\s+hours|interested\s+in\s+(?:working|joining)|join\s+(?:my|our))\b|申请|报考|简历|招生|成绩单|同学|实习|推免|保研|考研|(?<!真实)姓名|联系方式|兴趣|个人主页|欢迎|请发邮件|课题组|联系(?:我|本人)|来信(?:不论|均|都)|写信即可|直接写信|(?:无意|暂无|没有)(?:离职|跳槽)"),
    (-2.0, r"\b(?:we|our\s+\w+|i|she|he|they|this\s+(?:paper|work)|the\s+(?:paper|authors?))\s+(?:also\s+)?(?:shows?|stud(?:y|ies)|proposes?|presents?|finds?|found|asks?|builds?|built|trains?|teach(?:es)?|analy[sz]es?|measures?|compares?|develops?|introduces?|examines?|investigates?|works?|evaluates?)\b|\b(?:attack|inject|jailbreak|adversar|red[-\s]team|benchmark|dataset|corpus|detect|classif|encrypt)\w*|攻击|注入|越狱|红队|对抗|防御|数据集|检测|分类|本文|我们|研究(?:的是|了)|影响|评测|实验"),
)  # fmt: skip
_COMPILED = tuple((points, re.compile(pattern, re.I | re.M)) for points, pattern in _SIGNS)
# one cheap look that most sentences do not pass: any of the signs without which three points cannot be had
_WORTH = re.compile(
    rf"\b(?:{_EN_PART}|{_EN_OWN_PART}|{_EN_MACHINE}|{_PEOPLE}|you|your)|{_ZH_PART}|{_ZH_OWN_PART}|{_ZH_MACHINE}|{_LANGUAGE}|{_SYNTAX}|{_PAY}|{_CODED}|[你您]|https?\s|character\b|任务|结束|招聘|批注|hiring|recruit|\bHR\b|^\s*hey\b",
    re.I | re.M,
)
_THIRD_WORDS = re.compile(_THIRD, re.I)
_SENTENCE = re.compile(r"[^.!?。！？\n]+(?:\.(?=\w)[^.!?。！？\n]*)*[.!?。！？]*[”’」』\"')）]*")
FOREIGN, SWITCH = 4, 2.5
"""Words of a third language in a sentence from which it is written in one, and the points for that."""

LONGEST = 2_000
"""Characters of one sentence that are looked at."""


def find_demand(text: str, *, bonus: float = 0.0) -> re.Match[str] | None:
    """Return the first sentence of a text that demands something of whoever writes the letter.

    Args:
        text: in its plain form.
        bonus: points for where the text stands, `TITLE` or `NO_PLACE`.
    """
    foreign = len(_THIRD_WORDS.findall(text))
    return next((m for m in _SENTENCE.finditer(text) if _points(m.group()[:LONGEST], foreign, bonus) >= ENOUGH), None)


def _points(sentence: str, foreign: int, bonus: float) -> float:
    """Return the points of one sentence of a text that holds so many words of third languages."""
    here = len(_THIRD_WORDS.findall(sentence)) if foreign >= FOREIGN else 0
    # who writes all of it in German is German; who does so for one sentence speaks to somebody
    switches = here >= FOREIGN and foreign <= here + 2
    if not switches and not _WORTH.search(sentence):
        return 0.0
    found = sum(value for value, sign in _COMPILED if sign.search(sentence))
    return found + bonus + SWITCH * switches if found or switches else 0.0
