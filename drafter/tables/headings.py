"""What the columns of a table mean.

A heading is matched by its exact name among those listed here, never by likeness: “Email status” and “推荐人邮箱” look
like an e-mail address and are none. What is not listed keeps its own name and goes through.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence

from drafter.candidate import clean
from drafter.errors import InputError
from drafter.tables.entries import Entry, Line, Table
from drafter.text import HAN

ALIASES: Mapping[str, str] = {
    "id": "id, candidate id, no., #, 编号, 序号, 候选人编号, 候选人id",
    "name": "name, full name, candidate, candidate name, researcher, 姓名, 名字, 候选人, 候选人姓名",
    "email": (
        "email, e-mail, mail, emails, email address, e-mail address, mail address, candidate email, contact email, "
        "邮箱, 电子邮件, 电子邮箱, 邮箱地址, 邮件, 邮件地址, 电子邮件地址, 联系邮箱, email地址"
    ),
    "language": "language, lang, mail language, email language, 语言, 语种, 邮件语言",
    "salutation": "salutation, greeting, form of address, 称呼, 称谓, 尊称",
    "affiliation": (
        "affiliation, affiliations, organization, organisation, institution, institute, university, company, "
        "company name, candidate company, current company, employer, school, lab, "
        "单位, 机构, 学校, 公司, 所在单位, 工作单位, 任职单位, 所在机构, 所在学校, 所在公司, 单位名称, 院校, 高校, 大学"
    ),
    "position": (
        "position, job title, current position, current title, candidate title, occupation, academic title, "
        "职位, 职务, 职称, 岗位, 头衔, 当前职位"
    ),
    "interests": (
        "interests, interest, research interests, research interest, research areas, research area, research topics, "
        "research topic, research directions, research direction, research field, research fields, areas of interest, "
        "研究方向, 研究兴趣, 兴趣, 研究领域, 主要研究方向"
    ),
    "keywords": "keywords, keyword, key words, 关键词, 关键字, 研究关键词",
    "papers": (
        "papers, paper, publications, publication, paper title, paper titles, selected papers, selected publications, "
        "representative papers, 论文, 代表论文, 代表作, 代表性论文, 发表论文, 论文标题, 论文题目"
    ),
    "bio": "bio, biography, short bio, about, about me, 简介, 个人简介, 个人介绍, 自我介绍",
    "homepage": "homepage, home page, website, web site, personal website, personal homepage, 主页, 个人主页, 个人网站",
    "notes": "notes, note, remark, remarks, 备注",
    "field": "field, 领域",
}
"""Every key of a candidate that a table can hold, and the headings that stand for it."""

FIRST_NAME = "first name, given name, forename, candidate first name, 名"
LAST_NAME = "last name, family name, surname, candidate last name, 姓, 姓氏"

_LANGUAGES: Mapping[str, str] = {
    **dict.fromkeys(("中文", "汉语", "简体中文", "chinese", "zh-cn", "zh_cn"), "zh"),
    **dict.fromkeys(("英文", "英语", "english", "en-us", "en-gb", "en_us"), "en"),
}
_NOTE = re.compile(r"[(\[{<【〔《][^)\]}>】〕》]{0,100}[)\]}>】〕》]")
_IGNORED = re.compile(r"[\s_\-*.:]+")
_SHOWN = 12


def _normal(heading: str) -> str:
    """Return a heading without what people vary: case, width, spaces, hyphens, notes in brackets."""
    text = unicodedata.normalize("NFKC", clean(heading, one_line=True)).casefold()
    return _IGNORED.sub("", _NOTE.sub("", text))


def _listed(names: str) -> set[str]:
    return {_normal(name) for name in names.split(", ")}


_KEYS = {name: key for key, names in ALIASES.items() for name in _listed(names)}
_FIRST, _LAST = _listed(FIRST_NAME), _listed(LAST_NAME)


LOOKED_AT = 10
"""Filled rows among which the headings are looked for."""


def known_headings(cells: Iterable[str]) -> int:
    """Return how many cells are headings that stand for something."""
    return sum((name := _normal(cell)) in _KEYS or name in _FIRST or name in _LAST for cell in cells)


def plain_entries(table: Table) -> Iterator[Entry]:
    """Return the rows of a table under their own headings."""
    columns = _distinct(table.headings, ["" for _ in table.headings])
    return (_entry(line, columns) for line in table.lines)


def candidate_entries(table: Table) -> Iterator[Entry]:
    """Return the rows of a table under the keys of a candidate.

    Raises:
        InputError: no heading is known, or two stand for the same key.
    """
    normal = [_normal(heading) for heading in table.headings]
    keys = [_KEYS.get(heading, "") for heading in normal]
    first = [column for column, heading in enumerate(normal) if heading in _FIRST]
    last = [column for column, heading in enumerate(normal) if heading in _LAST]
    if not (any(keys) or first or last):
        raise InputError(
            f"no heading is known; found {_shown(table.headings)}",
            where=table.where,
            next=f"Name the columns in the first row, separated by comma, semicolon or tab: {', '.join(ALIASES)}",
        )
    for key in ALIASES:
        _once(table, key, [column for column, found in enumerate(keys) if found == key])
    _once(table, "first name", first)
    _once(table, "last name", last)
    columns = _distinct(table.headings, keys)
    parts = tuple(columns[found[0]] if found else "" for found in (first, last))
    return (_as_candidate(_entry(line, columns), *parts) for line in table.lines)


def _once(table: Table, key: str, columns: Sequence[int]) -> None:
    if len(columns) > 1:
        raise InputError(
            f"{len(columns)} columns stand for {key}: {_shown([table.headings[column] for column in columns])}",
            where=table.where,
            next="Keep one of them under this heading and rename the others",
        )


def _distinct(headings: Sequence[str], keys: Sequence[str]) -> list[str]:
    """Return one name a column: its key, else its own heading, told apart by number where one stands twice."""
    taken = {"extra", *keys}  # a column called “extra” must not pass for the candidate's own `extra`
    columns = []
    for number, (heading, key) in enumerate(zip(headings, keys, strict=True), 1):
        column = key or heading or f"column {number}"
        while not key and column in taken:
            column = f"{column} (column {number})"
        taken.add(column)
        columns.append(column)
    return columns


def _entry(line: Line, columns: Sequence[str]) -> Entry:
    record = {column: cell for column, cell in zip(columns, line.cells, strict=False) if cell}
    error = line.error
    if error is None and any(line.cells[len(columns) :]):
        error = InputError(
            f"the row has {len(line.cells)} cells, the headings are {len(columns)}",
            where=line.where,
            next='Put a cell that holds the separator between quotation marks: "…"',
        )
    return Entry(line.where, record, error)


def _as_candidate(entry: Entry, first_column: str, last_column: str) -> Entry:
    """Fill what tables write in their own way: the name in two columns, the language by its name."""
    record = dict(entry.record)
    if language := _LANGUAGES.get(str(record.get("language", "")).casefold()):
        record["language"] = language
    first, last = record.get(first_column, ""), record.get(last_column, "")
    if "name" not in record and (first or last):
        record.pop(first_column, None)
        record.pop(last_column, None)
        record["name"] = _join(first, last)
    return Entry(entry.where, record, entry.error)


def _join(first: str, last: str) -> str:
    chinese = re.fullmatch(f"[{HAN}]+", first + last) is not None
    return last + first if chinese else f"{first} {last}".strip()


def _shown(headings: Sequence[str]) -> str:
    shown = ", ".join(f"“{heading[:40]}”" for heading in headings[:_SHOWN])
    return f"{shown} and {len(headings) - _SHOWN} more" if len(headings) > _SHOWN else shown
