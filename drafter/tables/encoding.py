"""Bytes into text: what Excel on a Chinese Windows, a Mac and a script each make of the same table.

A mark at the beginning decides; else UTF-8, which text in another encoding hardly ever is by chance (a single Chinese name may
be: then it reads as a jumble of scripts); else Western European, if its high bytes are what Western words hold; else GB18030. Everything but UTF-8 is told to the user, for it was guessed.
The file is gone through piece by piece, for it may be larger than the memory.
"""

import codecs
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from drafter.errors import InputError, UsageError

PIECE = 2**20
"""Bytes that are looked at together."""

LONGEST_RUN = 2
"""Letters with accents that Western words have in a row."""

_HEAD = 4096
_LONGEST_PIECE = 4 * PIECE
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

# In Western European text these bytes are letters with accents, or typographic marks; other high bytes hardly occur.
_LETTER = rb"[\x8a\x8c\x8e\x9a\x9c\x9e\x9f\xc0-\xd6\xd8-\xf6\xf8-\xff]"
_MARK = rb"[\x80\x85\x91-\x97\xa0\xab\xb0\xb7\xbb]"
_SYMBOL = rb"[\x82\x84\x86\x87\x8b\x99\x9b\xa1-\xbf\xd7\xf7]"
_HIGH_RUN = re.compile(rb"[A-Za-z]?[\x80-\xff]+[A-Za-z]?")
_WESTERN_RUN = re.compile(rb"[A-Za-z]?(?:%b{1,%d}|%b+|%b)[A-Za-z]?" % (_LETTER, LONGEST_RUN, _MARK, _SYMBOL))

_HIGH = re.compile(rb"[\x80-\xff]+")
_HANZI = re.compile(rb"(?:[\xb0-\xf7][\xa1-\xfe])+")  # of GB2312, which holds those of nearly every name
_HARDLY_USED = re.compile("[\u01c0-\u01ff\u0460-\u048f\u0500-\u052f]")
_THREE_BYTES = re.compile(rb"[\xe0-\xff]")

# No byte below the digits is ever part of a longer character, in any of the encodings that are tried without a mark.
_BETWEEN = re.compile(rb"[\x00-\x2f](?=[^\x00-\x2f]*\Z)")

_CALLED = {"utf-8-sig": "UTF-8", "utf-16-le": "UTF-16", "utf-16-be": "UTF-16", "cp1252": "Windows-1252"}
_SAVE_AS_UTF8 = "Save it as UTF-8 text (in Excel choose “CSV UTF-8”), or say which it is with --encoding"


@dataclass(frozen=True)
class Encoding:
    """How a file's text is written down."""

    codec: str
    """Its name in Python."""
    called: str
    """Its name for a person."""
    guessed: bool = False
    """Whether the user should hear of it."""


def find_encoding(file: IO[bytes], name: str, wanted: str | None = None) -> Encoding:
    """Find out a file's encoding, and that all of the file is in it.

    Args:
        file: can be read again from its beginning.
        name: what to call it in messages.
        wanted: decided by the user; found out if None.

    Raises:
        InputError: it is no text, or in none of the encodings that are tried.
        UsageError: nobody knows the encoding.
    """
    if wanted:
        codec = _known(wanted)
        return _strictly(file, name, Encoding(codec, _CALLED.get(codec, codec.upper())), f"is no {wanted} text")
    file.seek(0)
    head = file.read(_HEAD)
    for mark, codec in _MARKS:
        if head.startswith(mark):
            called = _CALLED.get(codec, "UTF-16")
            return _strictly(file, name, Encoding(codec, called, called != "UTF-8"), f"is no {codec} text")
    if b"\0" in head:
        return _without_mark(file, name, head)
    line = _wrong_line(file, "utf-8")
    if not line and not _is_jumble(file):
        return Encoding("utf-8", "UTF-8")
    western = _western_share(file)
    for codec, plausible in (("cp1252", western > 0.9), ("gb18030", True), ("cp1252", western > 0.5)):
        if plausible and not _wrong_line(file, codec):
            return Encoding(codec, _CALLED.get(codec, codec.upper()), guessed=True)
    message = f"is neither UTF-8 (line {line}) nor GB18030 nor Western European text"
    raise InputError(message, where=name, next=_SAVE_AS_UTF8)


def _known(wanted: str) -> str:
    try:
        b"  ".decode(wanted)  # some codecs, such as base64, are none of text
        return codecs.lookup(wanted).name
    except UnicodeError:
        return codecs.lookup(wanted).name
    except (LookupError, ValueError) as error:
        raise UsageError(f"unknown encoding “{wanted}”", next="utf-8, gb18030, utf-16 and big5 are some") from error


def _strictly(file: IO[bytes], name: str, encoding: Encoding, complaint: str) -> Encoding:
    if line := _wrong_line(file, encoding.codec):
        raise InputError(f"{complaint} (line {line})", where=name, next=_SAVE_AS_UTF8)
    return encoding


def _wrong_line(file: IO[bytes], codec: str) -> int:
    """Return the first line with something that is not in this encoding; 0 if there is none."""
    file.seek(0)
    decoder = codecs.getincrementaldecoder(codec)()
    line = 1
    try:
        while piece := file.read(PIECE):
            decoder.decode(piece)
            line += piece.count(b"\n")
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        return line + error.object.count(b"\n", 0, error.start)
    except UnicodeError:
        return line
    return 0


def _without_mark(file: IO[bytes], name: str, head: bytes) -> Encoding:
    """Return UTF-16 that lacks its mark: half of the bytes of a table's ASCII part are NUL, all on one side."""
    for side, codec in ((1, "utf-16-le"), (0, "utf-16-be")):
        nuls = head[side::2].count(0) > 0.4 * len(head) / 2 and not head[1 - side :: 2].count(0)
        if nuls and not _wrong_line(file, codec):
            return Encoding(codec, "UTF-16", guessed=True)
    raise InputError("is binary: it holds NUL bytes", where=name, next="Give a text file or a workbook")


def _is_jumble(file: IO[bytes]) -> bool:
    """Say whether what can be read as UTF-8 gives words of mixed scripts, and Chinese characters when read as GB2312."""
    jumbled = False
    for piece in _pieces(file):
        if _THREE_BYTES.search(piece):
            return False  # Chinese in UTF-8, or quotation marks: three bytes that fit together by chance are rare
        for run in _HIGH.findall(piece):
            if not _HANZI.fullmatch(run):
                return False
            word = run.decode()
            letters = [letter for letter in word if letter >= "À" and unicodedata.category(letter)[0] in "LMC"]
            scripts = {unicodedata.name(letter, "").partition(" ")[0] for letter in letters}
            mixed = len(scripts - {"COMBINING"} if "LATIN" in scripts else scripts) > 1
            jumbled = jumbled or mixed or _HARDLY_USED.search(word) is not None
    return jumbled


def _western_share(file: IO[bytes]) -> float:
    """Return how much of a text's high bytes is what Western words hold: single accents beside plain letters, a few marks.

    In Chinese text they come in long runs, or in pairs whose second byte is no letter.
    """
    good = count = 0
    for piece in _pieces(file):
        for run in _HIGH_RUN.findall(piece):
            count += 1
            beside_letters = run[:1].isalpha() or run[-1:].isalpha() or len(run) == 1
            good += beside_letters and _WESTERN_RUN.fullmatch(run) is not None
    return good / count if count else 0.0


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    """Yield a file in pieces that begin and end between two characters, as far as there is such a place."""
    file.seek(0)
    rest = b""
    while piece := file.read(PIECE):
        piece = rest + piece
        cut = _BETWEEN.search(piece, max(0, len(piece) - _HEAD))
        end = cut.end() if cut else len(piece) if len(piece) > _LONGEST_PIECE else 0
        if end:
            yield piece[:end]
        rest = piece[end:]
    if rest:
        yield rest
