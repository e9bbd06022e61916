"""Text as the rest of the program sees it: sentences with offsets, shares of Chinese, and folded words to match on.

Matching works on *folded* text: full-width forms, traditional characters, case, hyphens, accents, plural endings and British spellings are
levelled, invisible characters dropped, each Chinese character stands alone. Every folded word keeps the place it came
from, so that what is found can be quoted exactly as it was written.
"""

import re
import unicodedata
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache, cached_property, lru_cache
from itertools import accumulate
from typing import Any, Literal

HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"

_WORD = re.compile(rf"[{HAN}]|[^\W_{HAN}]+", re.UNICODE)
_POSSESSIVE = re.compile(r"(?<=[A-Za-z])['’]s\b")
_IGNORED = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff]")
_HAN_CHAR = re.compile(f"[{HAN}]")
_LATIN_WORD = re.compile(r"[A-Za-zÀ-ɏ]+(?:[-'’.][A-Za-zÀ-ɏ0-9]+)*")
_ENGLISH_WORD = re.compile(r"[A-Za-zÀ-ɏ0-9]+(?:[-'’./+][A-Za-zÀ-ɏ0-9]+)*")
_SENTENCE_END = re.compile(r"[。！？!?…]+[”’」』）)\"']*|\.(?=[”’\"')]*(?:\s|$))[”’\"')]*|\n+")
QUOTED_TITLE = re.compile(r"《[^《》\n]{1,400}》|“[^“”\n]{1,400}”|\"[^\"\n]{1,400}\"")
"""What stands between the marks of a title, whichever they are."""

_QUOTED = re.compile(r"《[^《》\n]{1,400}》|“[^“”\n]{1,400}”")
_CLOSED_QUESTION = re.compile(r"[?!]+[”’\"']+$")
_GOES_ON = re.compile(rf"\s?[a-z,，、;:{HAN}]")
WORTH_KEEPING = 4_000
"""Characters up to which a folded text is kept for the next who asks."""

_DIFF_UNIT = re.compile(rf"[^\W{HAN}]+(?:['’-][^\W{HAN}]+)*[ ]?|\s+|.", re.S)
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|et al|cf|vs|Fig|Sec|Dr|Prof|Mr|Mrs|Ms|No|St|Jr|Inc|approx|resp)|\b[A-Z])\.$"
)


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a text: `[start, end)` in characters, and the piece itself."""

    start: int
    end: int
    text: str


class _Stems(dict[str, str]):
    """Words by how they are written, worked out when they are first met: a lookup costs less than the call of a function."""

    MOST = 50_000

    def __missing__(self, word: str) -> str:
        if len(self) >= self.MOST:
            self.clear()
        found = self[word] = stem(word)
        return found


_STEMS = _Stems()


def stem(word: str) -> str:
    """Level plural endings and British spellings of one lower-case word; leave anything else alone.

    Deliberately weak: a stronger stemmer makes one word of "general" and "generate", and a checker must not.
    """
    if len(word) < 4 or not word.isascii():
        return word
    if word.endswith("ies") and len(word) > 4:
        word = word[:-3] + "y"
    elif word.endswith(("sses", "shes", "ches", "xes")):
        word = word[:-2]
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    return american(word)


_ISE = re.compile(r"(.*?)is(e|ed|er|ing|ation|able)")
_NOT_ISE = re.compile(
    r"(?:.*w|r|ar|app?ra|(?:up|re)?ra|pra|no|po|prec|conc|exerc|comprom|prom|prem|(?:enter|com|sur)pr|rev|dev|adv|telev|improv|advert|expert"
    r"|(?:un|semi|self|weakly)?superv|disgu|franch|parad|exc|inc|circumc|cru|bru|mus|adverti)"
)
"""What stands before -ise in words that Americans spell so too: raise, precise, supervise, pairwise."""

_DOUBLED = re.compile(r"(.*(?:model|label|travel|cancel|signal|channel|level|fuel|tunnel))l(ing|ed|er)")
_OUR = re.compile(r"(.*(?:behavi|neighb|col|fav|lab|hon|rum|flav))our(al|ed|ing|ite|able|hood)?")


def american(word: str) -> str:
    """Spell one word the American way, where it is one of the words that differ."""
    if len(word) < 6:
        return word
    if (match := _ISE.fullmatch(word)) and not _NOT_ISE.fullmatch(match.group(1)):
        return f"{match.group(1)}iz{match.group(2)}"
    for differing, middle in ((_DOUBLED, ""), (_OUR, "or")):
        if match := differing.fullmatch(word):
            return f"{match.group(1)}{middle}{match.group(2) or ''}"
    return word


@dataclass(frozen=True)
class Folded:
    """A text's words in folded form. Where they came from is worked out only when something is to be quoted.

    Attributes:
        text: the original.
        line: the folded words with one space between, before and after them, so that whole words are found by plain
            substring search.
    """

    text: str
    line: str
    _plain: str
    """The normalized text whose words were folded."""
    _places: list[int] | None
    """Where each character of it stands in the original; None where nothing moved."""

    @cached_property
    def starts(self) -> list[int]:
        """Where each word begins in `line`."""
        return list(accumulate((len(word) + 1 for word in self.words[:-1]), initial=1)) if self.words else []

    @cached_property
    def spans(self) -> list[tuple[int, int]]:
        """Where each word stands in `text`, as `(start, end)`."""
        found = [match.span() for match in _WORD.finditer(self._plain)]
        places = self._places
        return found if places is None else [(places[start], places[end - 1] + 1) for start, end in found]

    def words_between(self, start: int, end: int) -> tuple[int, int]:
        """Return the range of word numbers that `line[start:end]` covers."""
        return bisect_left(self.starts, start), bisect_right(self.starts, end - 1)

    def original(self, first: int, last: int) -> Span:
        """Return the original piece from word number `first` up to, not including, `last`."""
        start, end = self.spans[first][0], self.spans[last - 1][1]
        return Span(start, end, self.text[start:end])

    @cached_property
    def words(self) -> list[str]:
        """The folded words."""
        return self.line.split()


def plain_words(text: str) -> list[str]:
    """Return a text's words folded like those of `fold`, but with their endings."""
    return _WORD.findall(_normalize(text)[0])


def fold(text: str) -> Folded:
    """Fold a text for matching; takes time linear in its length, and none where the same text was folded just before."""
    return _fold_again(text) if len(text) <= WORTH_KEEPING else _fold(text)


@lru_cache(maxsize=4_000)
def _fold_again(text: str) -> Folded:
    # mapper, selector and the rules each ask for the same few texts of a person; places and topics are those of many
    return _fold(text)


def _fold(text: str) -> Folded:
    plain, places = _normalize(text)
    if "'" in plain or "’" in plain:
        # the s of a possessive is no word; blanks in its stead keep every offset
        plain = _POSSESSIVE.sub("  ", plain)
    words = _WORD.findall(plain)
    return Folded(text, f" {' '.join(map(_STEMS.__getitem__, words))} " if words else " ", plain, places)


def _normalize(text: str) -> tuple[str, list[int] | None]:
    """Return lower-case NFKC text without invisible characters or accents, and each character's place (None: same)."""
    if text.isascii():
        return text.lower(), None
    plain = text.translate(_PLAIN)
    if _PLAIN.moving.isdisjoint(text):
        return plain, None
    chars: list[str] = []
    places: list[int] = []
    for place, char in enumerate(text):
        for piece in _PLAIN[ord(char)]:
            chars.append(piece)
            places.append(place)
    return "".join(chars), places


class _PlainChars(dict[int, str]):
    """What is left of each character by its code, worked out when it is first met."""

    def __init__(self) -> None:
        super().__init__()
        self.moving: set[str] = set()
        """Characters of which not exactly one is left: what follows them stands elsewhere in the original."""

    def __missing__(self, code: int) -> str:
        piece = self[code] = _plain_char(chr(code))
        if len(piece) != 1:
            self.moving.add(chr(code))
        return piece


_PLAIN = _PlainChars()


def _plain_char(char: str) -> str:
    """Return what is left of one character: nothing of an invisible one, the letter of an accented one."""
    if _IGNORED.match(char):
        return ""
    levelled = unicodedata.normalize("NFKC", char)
    if _HAN_CHAR.match(levelled):
        return str(_simplifier().convert(levelled))
    levelled = unicodedata.normalize("NFKD", levelled.lower())
    return "".join(c for c in levelled if not unicodedata.combining(c))


@cache
def _simplifier() -> Any:
    """Return the converter of traditional characters; it is loaded only where Chinese is met."""
    from opencc import OpenCC

    return OpenCC("t2s")


def sentences(text: str) -> list[Span]:
    """Split a text into sentences with their offsets.

    A line break always ends one; a question mark within a quoted title does not, nor one at a title's end where the
    sentence visibly goes on: in “Is it all you need?” we read.
    """
    return list(_sentences_again(text)) if len(text) <= WORTH_KEEPING else _sentences(text)


@lru_cache(maxsize=200)
def _sentences_again(text: str) -> tuple[Span, ...]:
    # the rules on one mail ask for the same few texts
    return tuple(_sentences(text))


def _sentences(text: str) -> list[Span]:
    found: list[Span] = []
    start = 0
    quoted = [m.span() for m in _QUOTED.finditer(text)]
    place = 0
    for match in _SENTENCE_END.finditer(text):
        while place < len(quoted) and quoted[place][1] < match.end():
            place += 1
        if place < len(quoted) and quoted[place][0] < match.start() and match.end() < quoted[place][1]:
            continue
        if _CLOSED_QUESTION.match(match.group()) and _GOES_ON.match(text, match.end()):
            continue
        if match.group().startswith(".") and _ABBREVIATION.search(text[max(0, match.start() - 12) : match.start() + 1]):
            continue
        _append(found, text, start, match.end())
        start = match.end()
    _append(found, text, start, len(text))
    return found


def _append(found: list[Span], text: str, start: int, end: int) -> None:
    piece = text[start:end]
    stripped = piece.strip()
    if stripped:
        start += len(piece) - len(piece.lstrip())
        found.append(Span(start, start + len(stripped), stripped))


def count_han(text: str) -> int:
    """Count Chinese characters."""
    return len(_HAN_CHAR.findall(text))


def count_words(text: str) -> int:
    """Count English words: runs of Latin letters and digits, hyphenated ones as one."""
    return len(_ENGLISH_WORD.findall(text))


def han_share(text: str) -> float:
    """Return the share of Chinese among a text's words, 0 to 1; a Latin word weighs as two characters.

    Two, because an English word says about as much as two Chinese characters: a Chinese sentence with a few English
    terms stays clearly Chinese.
    """
    han = count_han(text)
    latin = len(_LATIN_WORD.findall(text))
    return han / (han + 2 * latin) if han + latin else 0.0


@dataclass(frozen=True, slots=True)
class Change:
    """A stretch of two texts: in both (`same`), only in the old one (`out`), or only in the new one (`in`)."""

    kind: Literal["same", "out", "in"]
    text: str


def changes(old: str, new: str) -> list[Change]:
    """Return how one text becomes another, by word in Latin script and by character in Chinese.

    The `same` and `out` pieces put together are the old text, the `same` and `in` pieces the new one.
    """
    before, after = _DIFF_UNIT.findall(old), _DIFF_UNIT.findall(new)
    found: list[Change] = []
    for tag, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            found.append(Change("same", "".join(before[a:b])))
            continue
        found += [Change("out", "".join(before[a:b]))] * (b > a)
        found += [Change("in", "".join(after[c:d]))] * (d > c)
    return found
