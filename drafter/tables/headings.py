"""What headings stand for.

A heading is matched by its exact name among those listed here, never by likeness: “Email status” and “推荐人邮箱” look
like an e-mail address and are none. What is not listed keeps its own name and goes through.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice

from drafter.candidate import clean

ALIASES: Mapping[str, str] = {
    "id": "id, candidate id, no., #, 编号, 序号, 候选人编号, 候选人id",
    "name": (
        "name, full name, candidate, candidate name, researcher, researcher name, "
        "姓名, 名字, 候选人, 候选人姓名, 学者, 学者姓名, 人才姓名"
    ),
    "email": (
        "email, e-mail, mail, emails, email address, e-mail address, mail address, candidate email, contact email, "
        "primary email, email id, 邮箱, 电子邮件, 电子邮箱, 邮箱地址, 邮件, 邮件地址, 电子邮件地址, 电子邮箱地址, 联系邮箱, 候选人邮箱, email地址"
    ),
    "language": "language, lang, mail language, email language, 语言, 语种, 邮件语言",
    "salutation": "salutation, greeting, form of address, 称呼, 称谓, 尊称",
    "affiliation": (
        "affiliation, affiliations, organization, organisation, institution, institute, university, company, "
        "company name, candidate company, current company, employer, school, lab, "
        "单位, 机构, 学校, 公司, 所在单位, 工作单位, 任职单位, 现单位, 当前单位, 所属单位, 所在机构, 任职机构, 所在学校, 所在公司, "
        "单位名称, 院校, 高校, 大学"
    ),
    "position": (
        "position, job title, current position, current title, candidate title, occupation, academic title, "
        "职位, 职务, 职称, 岗位, 头衔, 当前职位, 现任职位"
    ),
    "interests": (
        "interests, interest, research interests, research interest, research areas, research area, research topics, "
        "research topic, research directions, research direction, research field, research fields, areas of interest, "
        "研究方向, 研究兴趣, 兴趣, 研究领域, 主要研究方向, 研究方向/兴趣"
    ),
    "keywords": "keywords, keyword, key words, 关键词, 关键字, 研究关键词",
    "papers": (
        "papers, paper, publications, publication, paper title, paper titles, selected papers, selected publications, "
        "representative papers, 论文, 代表论文, 代表作, 代表性论文, 发表论文, 论文标题, 论文题目, 论文列表"
    ),
    "bio": "bio, biography, short bio, about, about me, 简介, 个人简介, 个人介绍, 自我介绍",
    "homepage": (
        "homepage, home page, homepage url, website, web site, personal website, personal homepage, "
        "主页, 个人主页, 个人网站, 个人网页, 主页链接, 主页地址"
    ),
    "notes": "notes, note, remark, remarks, 备注",
    "field": "field, 领域",
}
"""Every key of a candidate that a table can hold, and the headings that stand for it."""

FIRST_NAME = "first name, given name, forename, candidate first name, 名"
LAST_NAME = "last name, family name, surname, candidate last name, 姓, 姓氏"
OTHER_EMAIL = "work email, personal email, all candidate emails, secondary email, 工作邮箱, 个人邮箱"
"""Where an address is looked for that stands under no heading of `email`, or in an empty cell."""
BIBTEX = "bibtex, bib, bibtex entries"


@dataclass(frozen=True)
class Export:
    """What headings stand for among those of one program's exports, known by headings that stand there together."""

    sets: tuple[str, ...]
    """Headings; those of one of these have to be there."""
    columns: Mapping[str, str]
    """What a heading stands for then; "" for nothing."""
    without: str = ""
    """Headings of which none may be there."""


EXPORTS: tuple[Export, ...] = (
    # a list of contacts: Gem, Sales Navigator tools, a CRM
    Export(
        tuple(
            f"{name}, title, {company}"
            for name in ("name", "full name", "first name, last name")
            for company in ("company", "company name")
        ),
        {"title": "position"},
        without="authors, venue, journal, conference, year, abstract, publication, publications, papers, paper title",
    ),
    # Apollo: website and keywords are the company's
    Export(
        ("title, person linkedin url", "first name, last name, company linkedin url"),
        {"title": "position", "website": "", "keywords": ""},
    ),
    # OpenReview: cells hold JSON, which `openreview` reads
    Export(
        ("names, history", "names, expertise", "names, preferredemail", "preferredname, preferredemail"),
        {
            "names": "names",
            "preferredname": "preferredName",
            "preferredemail": "preferredEmail",
            "emails": "emails",
            "emailsconfirmed": "emailsConfirmed",
            "history": "history",
            "expertise": "expertise",
        },
    ),
)
SCHOLAR = "authors, title, publication, year"
"""Headings of what Google Scholar exports: a row a paper."""

MOST_COLUMNS = 1_000
"""Columns of a table: what has more is no list of people."""

LOOKED_AT = 10
"""Filled rows among which the headings are looked for."""

_NOTE = re.compile(r"[(\[{<【〔《][^)\]}>】〕》]{0,100}[)\]}>】〕》]")
_IGNORED = re.compile(r"[\s_\-*.:]+")
_CLOSE = 0.86
_LONGEST_MISSPELT = 30


def normal(heading: str) -> str:
    """Return a heading without what people vary: case, width, spaces, hyphens, notes in brackets."""
    text = unicodedata.normalize("NFKC", clean(heading, one_line=True)).casefold()
    return _IGNORED.sub("", _NOTE.sub("", text))


def listed(names: str) -> set[str]:
    """Return the headings of a list with commas as `normal` writes them."""
    return {normal(name) for name in names.split(", ") if name}


_KEYS: Mapping[str, str] = {
    **{name: key for key, names in ALIASES.items() for name in listed(names)},
    **dict.fromkeys(listed(FIRST_NAME), "first_name"),
    **dict.fromkeys(listed(LAST_NAME), "last_name"),
    **dict.fromkeys(listed(OTHER_EMAIL), "other_email"),
    **dict.fromkeys(listed(BIBTEX), "bibtex"),
}
MAPPABLE = (*ALIASES, "first_name", "last_name", "bibtex")
"""What a heading can be said to stand for."""


def known_headings(cells: Iterable[str], mapped: Collection[str] = frozenset()) -> int:
    """Return how many cells are headings that stand for something, for drafter or by the user's word."""
    names = {normal(cell) for cell in islice(cells, MOST_COLUMNS)}
    return len(names & _KEYS.keys() | names & set(mapped))


def find_headings(rows: Sequence[Sequence[str]], mapped: Collection[str]) -> int:
    """Return which of the first rows holds the headings.

    It is the first, unless it holds no known one, or nothing else than one, and a later row holds two: then a title stands above.
    """
    known = [known_headings(row, mapped) for row in rows]
    if known[0] and sum(1 for cell in rows[0] if cell.strip()) > 1:
        return 0
    return next((number for number, count in enumerate(known) if number and count > 1), 0)


def meanings(headings: Sequence[str]) -> list[str]:
    """Return what each of a table's headings stands for; "" for nothing that is known."""
    names = [normal(heading) for heading in headings]
    known = dict(_KEYS)
    for export in EXPORTS:
        if not listed(export.without) & set(names) and any(listed(marks) <= set(names) for marks in export.sets):
            known |= export.columns
    return [known.get(name, "") for name in names]


def is_scholar(names: Collection[str]) -> bool:
    """Say whether headings, as `normal` writes them, are those of a list of papers by Google Scholar."""
    return listed(SCHOLAR) <= set(names) and not any(
        _KEYS.get(name) in ("name", "email", "first_name") for name in names
    )


def suggestion(heading: str) -> str:
    """Return the key whose heading this one may be a misspelling of; "" if none.

    Only a slip counts. A heading that holds a known one and more, such as “Email status” or “导师姓名”, names another thing.
    """
    name = normal(heading)
    if not 3 < len(name) <= _LONGEST_MISSPELT or name in _KEYS:
        return ""
    swapped = [known for known in _KEYS if sorted(known) == sorted(name)]
    for near in swapped[:1] or get_close_matches(name, _KEYS, 1, _CLOSE):
        more = name.replace(near, "", 1)
        if _KEYS[near] in MAPPABLE and (near not in name or more == "s" or more.isdecimal()):
            return _KEYS[near]
    return ""
