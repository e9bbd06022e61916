"""Known phrases: what attacks on language models usually say, and how one tells that they are only spoken of."""

import re

_MACHINE = (
    r"(?:ai|llm|(?:large\s+)?language\s+model|chat\s?bot|bot|(?:(?:ai|helpful|automated|writing|mail)\s+)*assistant)"
)
_PERSON = (  # what follows "you are an AI" where a person is meant
    r"(?!\s*-?\s*(?:student|researcher|scientist|engineer|enthusiast|practitioner|expert|person|ph\.?d|professor|developer"
    r"|company|startup|founder|lover|major|fan|safety|theor|policy|ethic|alignment|professional|lab|research|teaching))"
)
_ORDER = r"(?:^|[.!?;:,]\s{0,3}|\b(?:please|must|should|now|then|and|always|only|also|instead|just)\s+)"
_MAIL = r"(?:e-?mail|mail|message|reply|answer|response|draft)"
_ZH_PERSON = r"(?!\s*(?:研究|方向|领域|爱好|工程|开发|专业|从业|的?学生|方面|训练|应用|相关|公司|安全|算法))"

# Nobody writes these about himself: marks of a conversation's form, and words addressed to a machine.
_ADDRESSED = (
    r"^[ \t]*(?:system|assistant)\s*:|[\[【]\s*(?:system|assistant|系统|助手)\s*[\]】]",
    r"</?\s*(?:candidate|record|data|system|instruction|prompt)[^>\n]{0,40}>",
    r"```|<\|[a-z_]{2,20}\|>|\[/?INST\]|<</?SYS>>",
    r'"(?:subject|body|role|content)"\s*:',
    r"(?-i:\b(?:END|BEGIN|START)\s+(?:OF\s+)?(?:THE\s+)?(?:SYSTEM|PROMPT|INSTRUCTIONS?|RECORD|DATA|PROFILE)\b)",
    r"\byou\s+are\s+now\s+(?:an?|the|in|no\s+longer|free|called)\b|\byou\s+are\s+no\s+longer\s+(?:an?|the|bound)\b",
    rf"(?<!['\"“‘])\byou\s+are\s+(?:an?|the)\s+(?:{_MACHINE}\b{_PERSON}|helpful\b)",
    rf"\bas\s+an?\s+{_MACHINE}\b{_PERSON}[^.\n]{{0,60}}\byour?\b",
    r"\b(?:ai|llm|model|assistant|bot|agent)s?\s+(?:that\s+(?:is|are)\s+)?(?:reading|processing|parsing)\s+this"
    r"(?=\s*(?:$|[,.:;!]|must|should|will|and|text|page|profile|record|document|bio|cv|message|mail|data|site))",
    rf"\bthis\s+(?:text|page|profile|record|document|bio)\b[^.\n]{{0,20}}\b(?:read|processed|parsed)\s+by\s+(?:an?|any|the)\s+{_MACHINE}\b",
    rf"\b(?:any|every|all|the)\s+{_MACHINE}s?\s+(?:that\s+is\s+)?(?:generating|writing|drafting)\s+(?:an?|the|this)\s+{_MAIL}\b",
    rf"(?:^|[.!?]\s{{0,3}})to\s+(?:the|any|all|an?)\s+{_MACHINE}s?\s*:",
    r"\b(?:previous|earlier|above|prior)\s+(?:instruction|rule|prompt)s?\s+(?:is|are)\s+(?:void|cancell?ed|obsolete|revoked|invalid|no\s+longer)\b",
    r"\bb?cc\s*:?\s+\S+@\S",
    rf"\b(?:note|message)\s+(?:to|for)\s+(?:the\s+|any\s+|all\s+|an?\s+)?{_MACHINE}s?\s*[:,]|\bdear\s+{_MACHINE}\b{_PERSON}",
    r"\bfrom\s+now\s+on,?\s+(?:you|always|write|reply|respond|answer)\b",
    r"\byour\s+(?:new|real|actual|true|only)\s+(?:task|instruction|goal|role|objective|job)s?\s+(?:is|are)\b",
    r"(?:以上|上述|上面|之前|前面)(?:的|所有|全部)*(?:指令|指示|要求|规则|提示|设定)(?:全部|全都|都|均|一律|已)*(?:作废|无效|失效|取消|不算)",
    r"你(?:现在|从现在起|从现在开始|其实|实际上)?(?:已经)?是(?:一个|一名|一位|个)?(?:乐于助人的|AI|人工智能|智能|语言|聊天|写信|邮件|大){0,3}"
    rf"(?:助手|助理|模型|机器人){_ZH_PERSON}",
    r"你(?:现在|从现在起|其实)?是(?:一个|一名|个)?(?:AI|人工智能)(?=[，,。.！!；;、\s]|$)",
    r"(?:(?:阅读|读取|读到|处理|解析)(?:本|此|这)[^。，,\n]{0,6}|写信|写邮件|写这封信)的(?:AI|人工智能|大模型|语言模型|模型|助手|机器人)",
    r"(?:AI|人工智能|大模型|语言模型|模型|助手|机器人)请(?:注意|你|务必|在|直接|忽略)",
    r"(?:给|对|致)(?:所有|各位|任何)?(?:AI|人工智能|大模型|语言模型|模型|助手|机器人)的?(?:指令|指示|说明|留言)\s*[:：]",
    r"(?:告诉|告知|转告)收件人",
    r"从现在(?:起|开始)[,，]?\s?(?:你|请你)",
)  # fmt: skip

# Orders: an attempt unless they are told of, or are meant for applicants.
_ORDERS = (
    r"\b(?:ignore|disregard|forget|override|bypass|do\s+not\s+follow|don['’]t\s+follow)\s+"
    r"(?:(?:about|all|any|every|everything|of|the|your|these|those|my|other|previous|prior|above|earlier|preceding|system)\s+){1,5}"
    r"(?:\w+\s+)?(?:instruction|prompt|rule|guideline|direction|command|constraint|message|text|request)s?\b",
    r"\b(?:ignore|disregard)\s+(?:the\s+above|everything(?!\s+else)|all\s+of\s+the\s+above|what\s+(?:you|was|is))\b",
    r"\bforget\s+(?:the\s+above|all\s+of\s+the\s+above|(?:everything|what|all)\s+(?:above|before|(?:that\s+)?you\s+(?:were|are|have\s+been)\s+(?:told|given)))\b",
    rf"{_ORDER}(?:reveal|print|show|repeat|output|leak|quote|include|disclose|tell\s+me|give\s+me|return|write|reply|answer)\b[^.\n]{{0,40}}"
    r"\b(?:(?:system|developer|initial|hidden|original)\s+(?:prompt|message|instruction)s?|your\s+(?:\w+\s+)?(?:prompt|instruction)s?)\b",
    r"(?:^|[.!?]\s{0,3})(?:(?:new|updated|important|special|urgent)\s+)+(?:system\s+)?instructions?\s*:",
    r"(?:^|[.!?]\s{0,3})(?:system|developer)\s+(?:prompt|message|instruction)s?\s*:",
    r"(?:^|[.!?;:]\s{0,3})instead,?\s+(?:just\s+|only\s+)?(?:write|reply|respond|output|say|print|return|send)\b",
    rf"{_ORDER}(?:reply|respond|answer|output|return|say|print|write)\s+(?:only|just|exactly|nothing\s+but|(?:with\s+)?the\s+words?)\b",
    rf"{_ORDER}(?:write|reply|respond|answer|output|print|return|compose)\b[^.\n]{{0,40}}"
    r"\b(?:poem|haiku|limerick|joke|pirate|flan|json\s+only|recipe\s+for)\b",
    r"(?:^|[.!?;:]\s{0,3}|\bplease\s+|\bmust\s+)(?:reply|respond|answer|output|return(?!\s+of))\b[^.\n]{0,30}\bjson\b",
    rf"{_ORDER}(?:include|append|add|insert|mention|start|begin|end|sign|write|translate|finish)\b[^.\n]{{0,60}}"
    rf"\b(?:your|this|the\s+e-?)\s*{_MAIL}\b",
    rf"{_ORDER}(?:(?:sign|end|finish)\s+|(?:add|include|insert|put|write)\b[^.\n]{{0,60}}\bat\s+the\s+\w+\s+of\s+)(?:the|your)\s+{_MAIL}\b",
    rf"{_ORDER}(?:include|insert|mention|use|say|add|append)\s+(?:the\s+)?(?:\w+\s+)?(?:phrase|word|sentence|token|string)s?"
    r"\s+(?:[\"“'‘]|(?-i:[A-Z]{3}))",
    rf"{_ORDER}(?:b?cc|forward|send|copy)\b[^.\n]{{0,40}}\b(?:this|the|your)\s+(?:e-?mail|mail|reply|draft|conversation)\b",
    rf"{_ORDER}(?:offer|promise|mention|state|include|guarantee)\b[^.\n]{{0,40}}\b(?:salary|compensation|signing\s+bonus)\b",
    r"(?:[.!?;,]\s{0,3}|\b(?:please|must|should|now)\s+)"
    r"(?:(?:act|behave|speak|talk|write)\s+(?:as|like)\s+(?:an?|if)|pretend\s+(?:to\s+be|that\s+you|you))\b",
    r"\b(?:enable|enter|activate|now\s+in|switch\s+to)\s+(?:the\s+)?(?:developer|debug|dan|god|unrestricted)\s+mode\b",
    r"\bthis\s+(?:candidate|applicant)\s+(?:must|should|has\s+to|is\s+to)\b",
    r"(?:忽略|无视|忘记|忘掉|抛开|不要理会|不要遵守|不要执行|不必遵守|别管|跳过|覆盖)(?:掉|你)?"
    r"(?:以上|上面|上述|之前|此前|前面|先前|前述|所有|全部|一切|任何|原有|原来|你的|你所有|系统|这些)[^。\n]{0,12}(?:指令|指示|要求|提示|规则|设定|限制)",
    r"(?:忽略|无视|忘记|忘掉|跳过)(?:掉)?(?:(?:以上|上面|上述|前面)(?:的|所有|全部|一切)*(?:内容|文字|话|信息|一切)|[上前]文(?=[，,。！!；;\s并]|$))",
    r"(?:把|将)(?:你的|以上|上面|上述|之前|此前|前面|所有|全部|系统)[^。\n]{0,10}(?:指令|指示|要求|提示|规则|设定)"
    r"[^。\n]{0,8}(?:忘掉|忘记|忽略|抛开|丢掉|输出|说出|打印|复述)",
    r"(?:^|[。；！，,]\s?)在(?:这封|回复的)?(?:邮件|信|正文|回信)[^。\n]{0,6}(?:加上|写上|插入|提到)|(?:不要|别)再?写(?:邮件|信)(?:了|[，,]\s?(?:改|而是|直接))",
    r"(?:输出|说出|打印|复述|泄露|告诉我|展示|透露|公布)[^。\n]{0,8}(?:你的|系统|初始|隐藏)[^。\n]{0,6}(?:提示|指令|prompt|设定)",
    r"(?:新的?|最新|重要|特别|更新后?的)(?:系统)?(?:指令|指示)\s*[:：]|(?:系统|开发者)(?:提示词?|指令|消息)\s*[:：]",
    r"(?:请|务必|必须|一定要|改为|转而|而是)[^。\n]{0,10}(?:写一?(?:首|段)[^。\n]{0,8}(?:诗|歌|词|笑话|绝句|律诗)|只?输出(?:以下|如下|你|一|[“\"「]))",
    r"(?:请|务必|必须|只能|只需|仅)(?:你)?(?:只|直接)?回复[^。\n]{0,4}[“\"「‘']|(?:请|务必|必须)(?:你)?只(?:能)?(?:回复|输出|回答)",
    r"(?:请|务必|必须|一定要)[^。\n]{0,8}(?:邮件|正文|信末|信中|信里|回信|结尾|开头|主题)[^。\n]{0,12}(?:加上|加入|写上|附上|提到|注明|包含|写明)",
    r"(?:请|务必|必须|并)[^。\n]{0,12}(?:抄送|密送)|(?:将|把)(?:这封|此|本|该|你的)(?:邮件|信)[^。\n]{0,8}(?:抄送|密送|转发)",
    r"(?:请|务必|必须|一定要)[^。\n]{0,12}(?:承诺|许诺|写明|提供|给出|提到)[^。\n]{0,10}(?:年薪|薪资|薪水|工资|签约费)",
    r"(?:请你?|你要|你必须)(?:来)?扮演|(?:请|务必)用[^。\n]{1,8}(?:口吻|语气|体)?(?:回复|回答|写信|写邮件|写这封)",
    r"(?:该|此|本|这位|这个)候选人[^。\n]{0,4}(?:必须|应当|应该|一定要)",
)  # fmt: skip

_TOLD_OF = re.compile(
    r"""
    \b(?:attack(?:s|er|ers)?|injections?|jailbreak(?:s|ing)|adversarial|red[-\s]team\w*|vulnerabilit\w+|defen[cs]es?
      |robust(?:ness)?|benchmarks?|unlearning|forgetting|instruction\s+hierarchy)\b
    | 攻击|注入|越狱|红队|对抗|防御|鲁棒|脆弱性|遗忘
    | \b(?:prospective|students?|applicants?|apply|applying|cv|r[eé]sum[eé]|transcripts?|interns?|internships?|hiring
      |interested\s+in\s+(?:working|joining)|join\s+(?:my|our)|research\s+statement|so\s+that\s+i)\b
    | 申请|报考|简历|招生|成绩单|同学|学生|实习|兴趣|个人主页|姓名
    """,
    re.I | re.X,
)
_SOMEBODY_ELSE = re.compile(
    r"""
    (?:\b(?:models?|llms?|agents?|networks?|they|we|which|that|who|users?|humans?|people|methods?|learners?)\b
       (?:\s+(?!(?:must|should|shall|you)\b)[\w-]+){0,3}\s*
      |(?:模型|智能体|LLM|网络|系统|用户|我们|他们|为何|为什么|是否)(?:[^，。,.:：；;！!必务请\s]{0,8})
      |\bhow\s+to\s*
    )$
    """,
    re.I | re.X,
)
_FLAGS = re.I | re.M
# a program shown in a summary, fenced as such, addresses nobody
_CODE = re.compile(
    r"```(?:python|py|json|java|c|cpp|bash|sh|sql|yaml|html|latex)\n?(?![^`]{0,2000}\"(?:subject|body|role)\")[^`]{0,2000}```"
)
_ADDRESSED_TEXT = re.compile("|".join(_ADDRESSED), _FLAGS)
# what many orders begin with is looked for once
_SAID = [order.removeprefix(_ORDER) for order in _ORDERS if order.startswith(_ORDER)]
_ORDER_TEXT = re.compile(
    "|".join([*(order for order in _ORDERS if not order.startswith(_ORDER)), f"{_ORDER}(?:{'|'.join(_SAID)})"]), _FLAGS
)
_STOP = re.compile(r"[.!?。！？\n]")


def find_phrase(text: str, *, title: bool = False) -> re.Match[str] | None:
    """Return the first known phrase that is addressed to a writer.

    Args:
        text: in its plain form.
        title: it is a paper's title, whose halves explain each other.
    """
    if "```" in text:
        text = _CODE.sub(lambda block: " " * len(block.group()), text)
    if match := _ADDRESSED_TEXT.search(text):
        return match
    orders = (
        match
        for match in _ORDER_TEXT.finditer(text)
        if not (_TOLD_OF.search(text) if title else is_told_of(text, match))
    )
    return next(orders, None)


def is_told_of(text: str, match: re.Match[str]) -> bool:
    """Say whether an order is the topic of its sentence, somebody else's deed, or meant for applicants."""
    start, end = match.span()
    start += len(match.group()) - len(match.group().lstrip(" \n.!?;:,"))  # the end of what stands before it
    before = _STOP.split(text[max(0, start - 200) : start])[-1]
    after = _STOP.split(text[end : end + 200])[0]
    return bool(_TOLD_OF.search(before + match.group() + after) or _SOMEBODY_ELSE.search(before))
