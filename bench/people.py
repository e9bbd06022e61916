"""Any number of invented candidates as a table: `python -m bench.people 5000 > people.csv`.

The same seed gives the same people. No two have the same name; their fields go round all that the library has, and what they
work on is put together from the library's vocabulary. The rows are made one after the other, so a hundred thousand take seconds
and no memory.
"""

import argparse
import csv
import math
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from drafter.library import Field, Library, load_library
from drafter.settings import data_path
from drafter.text import count_han

HEADINGS = ("id", "name", "email", "affiliation", "position", "interests", "papers", "Source")
"""The last is a column that drafter does not know and has to hand through."""

CHINESE = 0.4
"""Share of people whose record is Chinese."""

SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严"
GIVEN = "澍予若清远明安宁书言知行思齐子墨之舟景和怀瑾闻笙允谦牧野听澜望舒疏桐令仪攸宜嘉树亦辰沐阳星河云起微雨昭华季川伯庸承泽维桢静姝蔚然立雪映砚秋以恒念初既白启元叔平问渠希声弘毅成蹊致"
FIRST = "Ma Le To Ra In Sa Jo Ka El Ni Be Da Fe Ha Ive Lu Mi No Or Pe Qua Ro Si Ta Ul Vi Wen Ya Ze An"
SECOND = "ra na len vin dor ris mira tan bel shan lio nika reth sha ton wyn dra lo min sel"
FAMILY_FIRST = (
    "Hal Bren Cor Dal Ever Fal Gar Holm Ist Jor Kest Lind Mor Nor Ost Pell Quin Ros Sten Thor Ulm Ver Wald Yar Zell"
)
FAMILY_SECOND = "vor ber der fen gar han ko len mar nes o per ra sen ti"
FAMILY_LAST = "sen by dahl er feld gren ham ic land man ne ov quist ski stad strom ton va wick zen"

PLACES = "Castellan Brightwater Halvorsen Quillon Marrowhill Westerley Ondermere Tarnholm Vell Sarrow Pinecrest Loxley Aldermoor Ferris Kestrel"
PLACES_ZH = "云岚 北川 青屿 东临 远汀 南屏 白鹭 松原 澜江 石湾 映月 长汀 栖霞 临川 望海"
HOUSES = ("University of {}", "{} Institute of Technology", "{} Research Labs", "{} State University")
HOUSES_ZH = ("{}大学", "{}理工大学", "{}研究院", "{}人工智能实验室")
POSITIONS = "PhD student|Postdoctoral researcher|Assistant Professor|Associate Professor|Research Scientist|Professor|Research Engineer"
POSITIONS_ZH = "博士生|博士后|助理教授|副教授|研究员|教授|算法工程师"

MOODS = "Late Quiet Slow Borrowed Second Narrow Patient Crooked Silent Missing Stubborn Cheap Loose Warm Cold Honest Idle Shallow Distant Spare"
THINGS = "Credit Critics Maps Answers Anchors Ledgers Mirrors Bridges Clocks Keys Drafts Echoes Gradients Labels Margins Notes Paths Pages Signals Teachers"
JOINTS = (
    "for",
    "under",
    "with",
    "beyond",
    "without",
    "as a Test of",
    "in the Limit of",
    "and the Cost of",
    "from",
    "before",
)
SHAPES_ZH = ("面向{}的{}方法", "{}与{}：一个反例", "{}中的{}", "从{}到{}", "{}能不能代替{}")
SOURCES = ("conference list", "open reviews", "referral", "reading group", "workshop page")

_STEP = 2_654_435_761
"""A prime: steps of this size go through all names of a pool before one comes again."""


@dataclass(frozen=True)
class Topics:
    """What people of one field can be said to work on."""

    id: str
    zh: tuple[str, ...]
    en: tuple[str, ...]
    titles: tuple[str, ...]
    """The English terms as they stand in titles."""


def topics(library: Library) -> list[Topics]:
    """Return what the people of each research field can work on."""
    return [_topics(field) for field in library.research_fields]


def _topics(field: Field) -> Topics:
    terms = [term for term in field.vocabulary.strong if len(term) > 3 and not set(term) & _NOT_IN_A_CELL]
    zh = tuple(dict.fromkeys((field.name.zh, *(term for term in terms if count_han(term) > 1))))
    names = (field.name.en or "", *(term for term in terms if not count_han(term)))
    en = tuple(dict.fromkeys(filter(None, names)))
    return Topics(field.id, zh, en, tuple(map(_as_title, en)))


_NOT_IN_A_CELL = set(";；|,，、:：/*")
"""What separates entries, and the mark for any ending of a word."""


def _as_title(term: str) -> str:
    small = {"a", "an", "and", "as", "at", "by", "for", "from", "in", "of", "on", "the", "to", "with"}
    words = term.split()
    kept = ((n and word in small) or any(map(str.isupper, word)) for n, word in enumerate(words))
    return " ".join(word if keep else word[:1].upper() + word[1:] for word, keep in zip(words, kept, strict=True))


def name_zh(number: int) -> tuple[str, str]:
    """Return the Chinese name of this number, and what stands before the @ of its address."""
    number, last = divmod(number, len(GIVEN))
    surname, first = divmod(number, len(GIVEN))
    surname %= len(SURNAMES)
    return f"{SURNAMES[surname]}{GIVEN[first]}{GIVEN[last]}", f"r{surname}-{first}-{last}"


def name_en(number: int) -> tuple[str, str]:
    """Return the English name of this number, and what stands before the @ of its address."""
    words = []
    for syllables in _SYLLABLES:
        number, at = divmod(number, len(syllables))
        words.append(syllables[at])
    first, family = "".join(words[:2]), "".join(words[2:])
    return f"{first} {family}", f"{first}.{family}".lower()


_SYLLABLES = [part.split() for part in (FIRST, SECOND, FAMILY_FIRST, FAMILY_SECOND, FAMILY_LAST)]
_NAMES_ZH = len(SURNAMES) * len(GIVEN) ** 2
_NAMES_EN = math.prod(map(len, _SYLLABLES))


def people(count: int, seed: int = 0, library: Library | None = None) -> Iterator[tuple[str, ...]]:
    """Yield the rows of a table of people, in the order of `HEADINGS`.

    Args:
        count: how many; above some hundred thousand names may come twice.
        seed: other people for another number.
        library: whose vocabulary they work in; the bundled one if None.
    """
    draw = random.Random(seed)
    fields = topics(library or load_library(data_path("library")))
    offset = draw.randrange(1_000_000)
    for number in range(count):
        field = fields[number % len(fields)]
        chinese = draw.random() < CHINESE
        at = (offset + number) * _STEP
        name, address = name_zh(at % _NAMES_ZH) if chinese else name_en(at % _NAMES_EN)
        email = f"{address}.{number}@example.org"
        about = _in_chinese(draw, field) if chinese else _in_english(draw, field)
        source = f"{_one(draw, SOURCES)} {2024 + number % 3}, entry {number + 1}"
        yield (f"p{number:06}", name, email, *about, source)


def _in_english(draw: random.Random, field: Topics) -> tuple[str, str, str, str]:
    house = _one(draw, HOUSES).format(_one(draw, _PLACES))
    first, second, third = (_one(draw, field.en) for _ in range(3))
    interests = "; ".join(dict.fromkeys((first, second, third)))
    return house, _one(draw, _POSITIONS), interests, f"{_title(draw, field)}; {_title(draw, field)}"


def _in_chinese(draw: random.Random, field: Topics) -> tuple[str, str, str, str]:
    house = _one(draw, HOUSES_ZH).format(_one(draw, _PLACES_ZH))
    first, second, third = (_one(draw, field.zh) for _ in range(3))
    interests = "；".join(dict.fromkeys((first, second, third)))
    own = _one(draw, SHAPES_ZH).format(first, second) if first != second else _title(draw, field)
    return house, _one(draw, _POSITIONS_ZH), interests, f"{_title(draw, field)}；{own}"


def _title(draw: random.Random, field: Topics) -> str:
    """Return an invented title such as "Late Credit: Offline RL under Sparse Reward"."""
    one, other = _one(draw, field.titles), _one(draw, field.titles)
    return f"{_one(draw, _MOODS)} {_one(draw, _THINGS)}: {one} {_one(draw, JOINTS)} {other}"


def _one(draw: random.Random, options: Sequence[str]) -> str:
    return options[int(draw.random() * len(options))]  # a third of the time that `choice` takes


_PLACES, _PLACES_ZH, _MOODS, _THINGS = (text.split() for text in (PLACES, PLACES_ZH, MOODS, THINGS))
_POSITIONS, _POSITIONS_ZH = POSITIONS.split("|"), POSITIONS_ZH.split("|")


def write_people(path: Path, count: int, seed: int = 0) -> None:
    """Write a table of people to a CSV file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(HEADINGS)
        table.writerows(people(count, seed))


def main() -> None:
    """Read the flags and print the table."""
    parser = argparse.ArgumentParser(description="Print a table of invented candidates (CSV).")
    parser.add_argument("count", type=int)
    parser.add_argument("--seed", type=int, default=0)
    flags = parser.parse_args()
    sys.stdout.reconfigure(encoding="utf-8", newline="")  # type: ignore[union-attr]
    table = csv.writer(sys.stdout)
    table.writerow(HEADINGS)
    table.writerows(people(flags.count, flags.seed))


if __name__ == "__main__":
    main()
