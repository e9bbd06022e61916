"""How to address a person and how to close, in Chinese and in English.

Only what the record says is used: a title that nobody wrote down is not given, 先生 and 女士 are never guessed, and
where it is not certain which part of a name is the surname, the full name stands: stiff is better than wrong.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from drafter.candidate import Candidate, Language, Sender, clean
from drafter.text import HAN, count_han

Rank = Literal["professor", "doctor", "student", "engineer", "unknown"]

CLOSINGS: Mapping[Language, tuple[str, ...]] = {
    "zh": ("祝好", "祝研究顺利", "顺颂时祺"),
    "en": ("Best regards,", "With best wishes,", "Best,"),
}

LONGEST_NAME = 100
"""Characters above which a name is none, but a cell that slipped into the wrong column."""

# --- what a position says -------------------------------------------------------------------------------------------

_NOT_HELD = re.compile(
    r"(?<![生士])导师[^,;，；]*|师从[^,;，；]*|\S{1,4}?教授的?(?=课题组|研究组|团队|实验室|组|门下)|"
    r"\b(?:to|with|under|by|for|of|in)\s+(?:dr|prof)(?:essor)?\b[^,;]*|"
    r"\b(?:dr|prof)(?:essor)?\.?\s+(?-i:(?:[A-Z][\w.-]*\s+){0,2}[A-Z][\w-]*)['’]s\b",
    re.I,
)
"""Titles of other people: a student's supervisor, the head of a postdoc's group."""

_FORMER = re.compile(r"\b(?:former|formerly|ex|previously)\b|^前(?![端沿])|^(?:曾|原任)", re.I)
_PART = re.compile(r"[,，;；、/|·\n]|\band\b|&")

_PHD = r"(?:ph\.?\s?d\b\.?|d\.?phil\b\.?)"
_UNFINISHED = re.compile(
    rf"{_PHD}.{{0,40}}\bexpected\b|"
    rf"\b(?:pursuing|towards?|working on)\s+(?:an? |my |his |her |their )?(?:{_PHD}|doctora|master)",
    re.I,
)
_STUDENT = re.compile(
    r"(?:博士|硕士|研究|本科|留学|实习|学)生(?!导师|[院处涯成物命态]|工作|事务|培养)|直博|硕博连读|同学|在读|年级|博士候选|"
    r"\b(?:student|undergraduate|undergrad|intern)\b(?!\s+(?:affairs|success|support|advising|advisor|supervision|program|life|studies))|"
    rf"(?<!post-)(?<!post )\b(?:{_PHD}|doctoral)\s+(?:candidate|researcher|fellow)\b|\bgraduate \w+ assistant\b",
    re.I,
)
_TITLES: Sequence[tuple[Rank, str, re.Pattern[str]]] = (
    ("student", "", _STUDENT),
    ("professor", "Professor", re.compile(r"教授|\bprof(?:essor(?:in|a)?|esora?|esseure?)?\b", re.I)),
    ("professor", "", re.compile(r"院士|博导|硕导|[博硕]士生?导师|课题组长|[Pp]rincipal [Ii]nvestigator|\bPI\b")),
    ("doctor", "Dr.", re.compile(rf"博士|\bdr\b|\bdoctor\b|\b{_PHD}|\bpost-?\s?doc", re.I)),
    ("engineer", "", re.compile(r"工程师|程序员|架构师|\b(?:engineer|developer|programmer)\b", re.I)),
)
"""What words make of a person, and the English title that they themselves justify."""

_ORDER: Sequence[Rank] = ("unknown", "engineer", "student", "doctor", "professor")
_HONORIFICS: Mapping[Rank, str] = {"professor": "教授", "doctor": "博士", "student": "同学"}
_COURTESY = {"mr": "先生", "mrs": "女士", "ms": "女士", "miss": "女士"}
"""Chinese for what a recruiter wrote as salutation; never taken from anywhere else."""

# --- what a name consists of ----------------------------------------------------------------------------------------

_CJK = f"{HAN}\u3005\u3007\u3040-\u30ff\uac00-\ud7a3\U00020000-\U0003134f"
_CJK_NAME = re.compile(rf"[{_CJK}]+(?:[·•・‧][{_CJK}]+)*")
_BRACKETS = re.compile(r"[(（\[【「『“\"]([^()（）\[\]【】「」『』“”\"]*)[)）\]】」』”\"]")
_HAN_TITLES = re.compile(
    r"(?:(?:讲席|特聘|客座|长聘|准聘|助理|副)?教授|老师|博士后?|同学|先生|女士|小姐|院士|(?:副|助理)?研究员|"
    r"(?:高级|资深|算法|软件|研究)?工程师)+$"
)
_GLUED_TITLE = re.compile(r"\b(dr|prof|mr|mrs|ms)\.(?=\w)", re.I)
_PLACE = re.compile(
    r"\b(?:universit\w+|institut[eo]?|college|school|labs?|laboratory|research|academy|department|inc|ltd)\b", re.I
)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_LATIN_TITLES = _words(
    "dr drs prof professor doctor mr mrs ms miss mx sir dame herr frau dring assoc asst associate assistant adjunct"
)
_SUFFIXES = _words("jr sr ii iii iv phd dphil mba msc bsc esq")
_DEGREES = _words("MS MA MD FRS FACM FIEEE")
_PARTICLES = _words(
    "van von de der den del della di da dos das du la le las los ten ter te zu zur af av al el ibn bin bint abu "
    "ó ní nic mac st"
)

_SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖萧田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜"
    "崔钟谭陆汪范金石廖贾夏韦付傅方白邹孟熊秦邱江尹薛闫阎段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤常温康施文"
    "牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁"
    "冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗"
    "瞿桂全佟应臧闵苟邬边卞姬师仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝封官谈匡鞠惠荆乐冀郁胥南班储栗燕"
    "楚鄢劳谌奚皮粟冼蔺楼盘满闻厉仝区郜阚花权帅屠豆朴盖练廉禹祖漆巴丰支卿狄计索宣晋扈晁芮都普阙浦戈伏鹿薄邸雍辜羊"
    "乌母裘亓修邰赫杭况宿陳張劉楊黃趙吳孫馬羅鄭謝許韓馮鄧蕭葉蘇呂鍾盧陸範賈韋鄒閆閻龍賀顧龔萬錢嚴湯溫龐顏莊聶魯"
    "關蘭紀單畢塗駱藍蔣譚"
)
_COMPOUND = _words(
    "欧阳 歐陽 司马 司馬 上官 诸葛 諸葛 皇甫 令狐 司徒 慕容 尉迟 尉遲 公孙 公孫 端木 东方 東方 夏侯 南宫 南宮 "
    "西门 西門 独孤 獨孤 宇文 长孙 長孫 轩辕 軒轅 呼延 万俟 闻人 闾丘 濮阳 淳于 澹台 赫连 赫連 钟离 鍾離 申屠 "
    "司空 百里 太史 拓跋 拓拔 纳兰 納蘭 完颜 完顏 耶律"
)

_EASTERN_SURNAMES = _words(
    "wang li zhang liu chen yang huang zhao wu zhou xu sun ma zhu hu guo he gao lin luo zheng liang xie song "
    "tang han feng deng cao peng zeng xiao tian dong yuan pan yu jiang cai du ye cheng su wei lü lv lyu ding "
    "ren shen yao lu cui zhong tan fan jin shi liao jia xia fu fang bai zou meng xiong qin qiu yin xue yan "
    "duan lei hou long tao gu mao hao gong shao wan qian dai mo kong xiang kang ge xing qi ni zhuang nie "
    "ouyang sima zhuge shangguan huangfu linghu situ murong "
    "kim lee park choi jung jeong cho kang yoon jang lim shin hwang nguyen tran pham phan vu vo dang bui ngo "
    "hoang wong chan cheung leung lau cheng ng ho kwok chow yeung tsang tsai hsu hsieh chang chiang chou hung "
    "lai tan goh ong tanaka suzuki sato takahashi watanabe ito yamamoto nakamura kobayashi kato yoshida yamada "
    "sasaki matsumoto inoue kimura shimizu hayashi saito mori abe ikeda hashimoto yamashita ishikawa ogawa"
)
_SYLLABLE = (
    r"[bpm](?:a|o|ai|ei|ao|an|en|ang|eng|i|ie|iao|ian|in|ing|u)|m(?:e|ou|iu)|pou|f(?:a|o|ei|ou|an|en|ang|eng|u)|"
    r"[dt](?:a|e|ai|ei|ao|ou|an|ang|eng|i|ie|iao|ian|ing|u|uo|ui|uan|un|ong)|diu|"
    r"[nl](?:a|e|ai|ei|ao|ou|an|en|ang|eng|i|ie|iao|iu|ian|in|iang|ing|u|uo|uan|un|ong|ü|v|üe|ue|ve|yu)|lia|"
    r"[gkh](?:a|e|ai|ei|ao|ou|an|en|ang|eng|u|ua|uo|uai|ui|uan|un|uang|ong)|"
    r"[jqx](?:i|ia|ie|iao|iu|ian|in|iang|ing|iong|u|ue|uan|un)|"
    r"(?:zh|ch|sh)(?:a|e|i|ai|ei|ao|ou|an|en|ang|eng|u|ua|uo|uai|ui|uan|un|uang|ong)|"
    r"[zcs](?:a|e|i|ai|ao|ou|an|en|ang|eng|u|uo|ui|uan|un|ong)|"
    r"r(?:e|i|ao|ou|an|en|ang|eng|u|uo|ui|uan|un|ong)|"
    r"y(?:a|e|ao|ou|an|ang|i|in|ing|u|ue|uan|un|ong)|w(?:a|o|ai|ei|an|en|ang|eng|u)|"
    r"a|o|e|ai|ao|ou|an|en|ang|er"
)
_PINYIN = re.compile(rf"(?:{_SYLLABLE}){{1,2}}")


@dataclass(frozen=True)
class _Name:
    """A name in its parts, as far as they are certain."""

    han: str = ""
    """The name in Chinese characters, with kana or hangul where it has them."""
    han_surname: str = ""
    latin: str = ""
    """The name in any script that puts spaces between its parts."""
    surname: str = ""
    given: str = ""
    nickname: str = ""
    titles: str = ""
    """What stood around the name and is no part of it."""


def greeting(candidate: Candidate, language: Language) -> str:
    """Return the salutation line, without a line break.

    A salutation that the record gives is used where it fits the language. A name that exists in Chinese characters
    only stands in an English mail as it is: a transcription would be a guess.

    Args:
        candidate: whom to address.
        language: of the mail; decides form and punctuation, `陈老师：` or `Dear Dr. Osei,`.
    """
    if language == "zh":
        return _given_zh(candidate) or _made_zh(candidate)
    return _given_en(candidate) or _made_en(candidate)


def rank(candidate: Candidate) -> Rank:
    """Return what the record says the person is: by salutation, else the highest of position and titles in the name."""
    return _standing(candidate)[0]


def is_student(candidate: Candidate) -> bool:
    """Return whether the record says that the person studies, as an intern or PhD student does."""
    return rank(candidate) == "student"


def surname_of(name: str) -> str:
    """Return the surname in a name as written, the Chinese one if it has both; empty where it is not certain."""
    parts = _parse(name)
    return parts.han_surname or parts.surname


def name_forms(candidate: Candidate) -> tuple[str, ...]:
    """Return every form under which the name may rightly stand in a greeting, Chinese ones first.

    Forms are bare: without `Dear`, 您好 and punctuation. Where it is not certain which part of a name is the surname,
    either may be. Compare without regard to case and spaces. Empty if the record has no name and no salutation.
    """
    name = _parse(candidate.name)
    forms = [_bare(_salutation(candidate)), *_forms_zh(candidate, name), *_forms_en(candidate, name)]
    return tuple(dict.fromkeys(form for form in forms if form))


def sign_off(sender: Sender, language: Language, variant: int = 0) -> list[str]:
    """Return the closing line and the lines of the signature.

    Args:
        sender: whose signature it is; made from name, role, lab and contact where none is given.
        language: of the mail.
        variant: any number; another one may give another closing.
    """
    closings = CLOSINGS[language]
    signature = sender.signature.zh if language == "zh" else sender.signature.en
    lines = signature or (_signature_zh(sender) if language == "zh" else _signature_en(sender))
    return [closings[variant % len(closings)], *(" ".join(line.split()) for line in lines if line.strip())]


def _signature_zh(sender: Sender) -> list[str]:
    wechat = f"微信 {sender.contact.wechat}" if sender.contact.wechat else ""
    post = " ".join(filter(None, (sender.lab.zh, sender.role.zh)))
    return [sender.name.zh, post, " · ".join(filter(None, (sender.contact.email, wechat))), sender.contact.homepage]


def _signature_en(sender: Sender) -> list[str]:
    post = ", ".join(filter(None, (sender.role.en, sender.lab.en)))
    return [sender.name.en, post, sender.contact.email, sender.contact.homepage]


# --- the salutation line --------------------------------------------------------------------------------------------

_HELLO = re.compile(r"^(?:dear|hi|hello|hey|good|to)\b", re.I)
_DEAR = re.compile(r"^(?:dear|hi|hello|hey)\b\s*|^(?:尊敬的|敬爱的|亲爱的)|[,，:：!！]?\s*您好$", re.I)


def _given_zh(candidate: Candidate) -> str:
    """Return the record's own salutation for a Chinese mail; empty if there is none, or the name itself does better."""
    salutation = _salutation(candidate)
    if count_han(salutation):
        return f"{salutation}："
    address = _parse(_bare(salutation))
    if not address.latin or _parse(candidate.name).han:
        return ""
    courtesy = next((_COURTESY[key] for key in map(_key, address.titles.split()) if key in _COURTESY), "")
    honorific = _HONORIFICS.get(_read_titles(address.titles)[0], courtesy)
    return f"{address.latin} {honorific or '您好'}："


def _made_zh(candidate: Candidate) -> str:
    name, standing = _parse(candidate.name), rank(candidate)
    full = name.han or (f"{name.latin} " if name.latin else "")
    if standing == "engineer" and full:
        return f"{full}您好："
    honorific = _HONORIFICS.get(standing, "老师")
    if not full:
        return "同学您好：" if standing == "student" else "老师您好："
    return f"{name.han_surname or full}{honorific}："


def _given_en(candidate: Candidate) -> str:
    """Return the record's own salutation for an English mail; empty if there is none, or it is Chinese."""
    salutation = _salutation(candidate)
    if not salutation or _CJK_NAME.search(salutation):
        return ""
    return f"{salutation}," if _HELLO.match(salutation) else f"Dear {salutation},"


def _made_en(candidate: Candidate) -> str:
    name = _parse(candidate.name)
    standing, title = _standing(candidate)
    who = name.latin or name.han
    if not who:
        return "Hello,"
    if standing in ("student", "engineer"):
        who = name.given or who
    elif title:
        who = f"{title} {name.surname or who}"
    return f"Dear {who},"


def _salutation(candidate: Candidate) -> str:
    """Return the record's salutation without what ends it; empty if it cannot be one."""
    text = clean(candidate.salutation, one_line=True).strip(" ,，:：;；。!！")
    return text if len(text) <= LONGEST_NAME and any(map(str.isalpha, text)) else ""


def _bare(salutation: str) -> str:
    """Return whom a salutation addresses: without `Dear`, 尊敬的 and 您好."""
    return _DEAR.sub("", salutation).strip(" ,，")


def _forms_zh(candidate: Candidate, name: _Name) -> Iterator[str]:
    full = name.han or name.latin
    if not full:
        return
    standing = rank(candidate)
    own = _HONORIFICS.get(standing, "老师")
    for honorific in dict.fromkeys((own, own if standing == "student" else "老师")):
        for who in filter(None, (name.han_surname if name.han else name.surname, full)):
            yield f"{who}{honorific}" if name.han else f"{who} {honorific}"
    yield full
    given = name.han.removeprefix(name.han_surname)
    if name.han_surname and len(given) > 1:
        yield given


def _forms_en(candidate: Candidate, name: _Name) -> Iterator[str]:
    if not name.latin:
        return
    words = name.latin.split()
    ends = [word for word in (words[0], words[-1]) if not _is_initial(word)]
    title = _standing(candidate)[1]
    for word in {"Professor": ("Professor", "Prof.", "Dr."), "Dr.": ("Dr.",)}.get(title, ()):
        for who in (*([name.surname] if name.surname else ends), name.latin):
            yield f"{word} {who}"
    yield name.latin
    yield from [name.given] if name.surname else ends
    yield name.nickname


# --- reading positions and names ------------------------------------------------------------------------------------


def _standing(candidate: Candidate) -> tuple[Rank, str]:
    """Return the person's rank and the English title that the record justifies."""
    said = _read_titles(_salutation(candidate))
    if said[0] != "unknown":
        return said
    found = (_read_titles(candidate.position), _read_titles(_parse(candidate.name).titles))
    return max(found, key=lambda standing: (_ORDER.index(standing[0]), standing[1]))


def _read_titles(text: str) -> tuple[Rank, str]:
    """Return rank and English title of a person with this position: by its first part that says more than a trade."""
    text = text[:500]
    if _UNFINISHED.search(text):
        return "student", ""
    trade: tuple[Rank, str] = ("unknown", "")
    for part in _PART.split(_NOT_HELD.sub(" ", text)):
        if _FORMER.search(part.strip()):
            continue
        found = next(((rank, title) for rank, title, words in _TITLES if words.search(part)), None)
        if found and found[0] != "engineer":
            return found
        trade = found or trade
    return trade


@lru_cache(maxsize=1024)
def _parse(text: str) -> _Name:
    """Take a name apart; what stands in brackets counts where the other script is missing outside."""
    text = clean(unicodedata.normalize("NFKC", text[: LONGEST_NAME * 10]), one_line=True)
    if len(text) > LONGEST_NAME or "@" in text or "://" in text or not any(map(str.isalpha, text)):
        return _Name()
    outside, inside = _BRACKETS.sub(" ", text), " , ".join(_BRACKETS.findall(text))
    titles: list[str] = []
    han, han_inside = _han_parts(outside, titles), _han_parts(inside, titles)
    latin, latin_inside = _latin_parts(outside, titles), _latin_parts(inside, titles)
    full, surname, given = _arrange(latin or latin_inside)
    parts = han or han_inside
    if full and not count_han("".join(parts)):
        parts = []  # hangul or kana alone help neither of our two languages where Latin letters are given
    return _Name(
        han="".join(parts),
        han_surname=_han_surname(parts),
        latin=full,
        surname=surname,
        given=given,
        nickname=_arrange(latin_inside)[0] if latin else "",
        titles=", ".join(titles),
    )


def _han_parts(text: str, titles: list[str]) -> list[str]:
    """Return the parts of a name in Chinese characters or kana; add the titles that followed it to `titles`."""
    parts = []
    for part in _CJK_NAME.findall(text):
        name = _HAN_TITLES.sub("", part)
        if name != part:
            titles.append(part[len(name) :])
        if name:
            parts.append(name)
    return parts


def _han_surname(parts: Sequence[str]) -> str:
    """Return the surname, which stands first; empty for names that are long, foreign or begin with no surname."""
    name = "".join(parts)
    if not re.fullmatch(f"[{HAN}]+", name):
        return ""
    if len(parts) == 2 and len(parts[0]) <= 2 and (len(parts[1]) > 1 or parts[0] in _SURNAMES):
        return parts[0]
    if name[:2] in _COMPOUND:
        return name[:2]
    return name[0] if name[0] in _SURNAMES and len(name) <= 3 else ""


def _latin_parts(text: str, titles: list[str]) -> list[list[str]]:
    """Return the words of a name, for each part between commas; add titles and degrees around it to `titles`."""
    parts: list[list[str]] = []
    for piece in _GLUED_TITLE.sub(r"\1. ", _CJK_NAME.sub(" ", text)).split(","):
        words = [word for word in (w.strip("/|;:、-–—_*#&") for w in piece.split()) if any(map(str.isalpha, word))]
        if _PLACE.search(piece):
            continue
        if parts and words and (_key(words[0]) in _SUFFIXES or words[0].replace(".", "") in _DEGREES):
            titles.append(piece)
            continue
        while words and _key(words[0]) in _LATIN_TITLES:
            titles.append(words.pop(0))
        while len(words) > 1 and _key(words[-1]) in _SUFFIXES:
            titles.append(words.pop())
        if words:
            parts.append(words)
    return parts


def _arrange(parts: Sequence[Sequence[str]]) -> tuple[str, str, str]:
    """Return a name as it is said, its surname and its given name; the latter two empty where they are not certain."""
    if len(parts) == 2:  # "Osei, Nana"
        last, first = ([_quiet(word) for word in part] for part in parts)
        return " ".join(first + last), " ".join(last), _without_initials(first)
    written = [word for part in parts for word in part]
    words = [_quiet(word) for word in written] if len("".join(written)) > 2 else written
    start, end = _capitals(written) or _surname_at(words)
    surname = " ".join(words[start:end])
    given = words[:1] if start else words[end:]
    return " ".join(words), surname, _without_initials(given) if surname or len(words) == 1 else ""


def _capitals(words: Sequence[str]) -> tuple[int, int] | None:
    """Return where the surname stands in `Jean DUPONT` or `CHEN Wei`; None if capitals tell nothing."""
    loud = [i for i, word in enumerate(words) if _quiet(word) != word]
    if not loud or len(loud) == len(words) or loud[-1] - loud[0] + 1 != len(loud):
        return None
    if not any(word.lower() != word and not word.isupper() for word in words):
        return None
    start, end = loud[0], loud[-1] + 1
    while start > 1 and end == len(words) and words[start - 1].lower() in _PARTICLES:
        start -= 1
    return (start, end) if start == 0 or end == len(words) else None


def _surname_at(words: Sequence[str]) -> tuple[int, int]:
    """Return where the surname stands; an empty stretch if its place or extent is not certain.

    It is last, with the particles before it. Not so where the first word is a surname of East Asia, which may stand
    first, and not in longer names: nobody knows whether the middle of three words belongs to what follows.
    """
    unknown, last = (0, 0), len(words) - 1
    if last < 1 or not _is_latin(words) or _is_initial(words[-1]):
        return unknown
    plain = [re.sub(r"[^a-zü]", "", word.lower()) for word in words]
    pinyin = all(_PINYIN.fullmatch(word) for word in plain)
    first_may_be, last_may_be = (plain[end] in _EASTERN_SURNAMES for end in (0, -1))
    if first_may_be:
        return (0, 1) if pinyin and not last_may_be else unknown
    if last_may_be:
        return last, last + 1
    for i, word in enumerate(words[1:-1], 1):
        if word.lower() in _PARTICLES:
            return i, last + 1
    return unknown if pinyin or not all(map(_is_initial, words[1:-1])) else (last, last + 1)


def _quiet(word: str) -> str:
    """Return a word that is SHOUTED with one capital, any other as it is: `CHEN` and `O'BRIEN`, not `JD` or `Li`."""
    letters = [char for char in unicodedata.normalize("NFD", word.lower()) if char.isalpha()]
    sounded = any(char in "aeiouy" for char in letters)
    if not word.isupper() or not sounded or (len(letters) < 3 and not _PINYIN.fullmatch("".join(letters))):
        return word
    if len(letters) < 2:
        return word
    if word.lower() in _PARTICLES:
        return word.lower()
    return re.sub(r"[^\W\d_]+", lambda match: match[0].capitalize(), word)


def _without_initials(given: Sequence[str]) -> str:
    kept = list(given)
    while kept and _is_initial(kept[-1]):
        kept.pop()
    return "" if kept and _is_initial(kept[0]) else " ".join(kept)


def _is_initial(word: str) -> bool:
    return sum(map(str.isalpha, word)) == 1


def _is_latin(words: Sequence[str]) -> bool:
    return all(ord(char) < 0x250 or 0x1E00 <= ord(char) < 0x1F00 for word in words for char in word if char.isalpha())


def _key(word: str) -> str:
    return re.sub(r"[^a-z]", "", word.lower())
