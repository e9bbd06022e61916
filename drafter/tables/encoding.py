"""Bytes into text: what Excel on a Chinese Windows, a Mac and a script each make of the same table.

A mark at the beginning decides; else UTF-8, which text in another encoding hardly ever is by chance; else Western European,
if its high bytes are what Western words hold; else GB18030. Everything but UTF-8 is told to the user, for it was guessed.
"""

import codecs
import re

from drafter.errors import InputError, UsageError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
LONGEST_RUN = 2
"""Letters with accents that Western words have in a row."""

# In Western European text these bytes are letters with accents, or typographic marks; other high bytes hardly occur.
_LETTER = rb"[\x8a\x8c\x8e\x9a\x9c\x9e\x9f\xc0-\xd6\xd8-\xf6\xf8-\xff]"
_MARK = rb"[\x80\x85\x91-\x97\xa0\xab\xb0\xb7\xbb]"
_HIGH_RUN = re.compile(rb"[A-Za-z]?[\x80-\xff]+[A-Za-z]?")
_WESTERN_RUN = re.compile(rb"[A-Za-z]?(?:%b{1,%d}|%b+)[A-Za-z]?" % (_LETTER, LONGEST_RUN, _MARK))

_CALLED = {"cp1252": "Windows-1252", "gb18030": "GB18030"}
_SAVE_AS_UTF8 = "Save it as UTF-8 text (in Excel choose “CSV UTF-8”), or say which it is with --encoding"


def decode(data: bytes, name: str, encoding: str | None = None) -> tuple[str, str]:
    """Return a file's text without a byte order mark, and its encoding; "" where that is UTF-8.

    Args:
        data: the file's content.
        name: what to call the file in messages.
        encoding: decided by the user; found out if None.

    Raises:
        InputError: it is no text, or in none of the encodings that are tried.
        UsageError: nobody knows the encoding.
    """
    if encoding:
        return _strictly(data, name, encoding), encoding
    for mark, found in _MARKS:
        if data.startswith(mark):
            return _strictly(data, name, found), "" if found == "utf-8-sig" else "UTF-16"
    if b"\0" in data[:4096]:
        if text := _without_mark(data):
            return text, "UTF-16"
        raise InputError("is binary: it holds NUL bytes", where=name, next="Give a text file or a workbook")
    try:
        return data.decode("utf-8"), ""
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
    for encoding, plausible in (("cp1252", _is_western(data)), ("gb18030", True)):
        try:
            if plausible:
                return data.decode(encoding), _CALLED[encoding]
        except UnicodeDecodeError:
            continue
    message = f"is neither UTF-8 (line {line}) nor GB18030 nor Western European text"
    raise InputError(message, where=name, next=_SAVE_AS_UTF8)


def _strictly(data: bytes, name: str, encoding: str) -> str:
    try:
        return data.decode(encoding).removeprefix("\ufeff")
    except LookupError as error:
        raise UsageError(f"unknown encoding “{encoding}”", next="utf-8, gb18030, utf-16 and big5 are some") from error
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(f"is no {encoding} text (line {line})", where=name, next=_SAVE_AS_UTF8) from error


def _without_mark(data: bytes) -> str:
    """Return UTF-16 text that lacks its mark: half of the bytes of a table's ASCII part are NUL, all on one side."""
    head = data[:4096]
    for side, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        if head[side::2].count(0) > 0.4 * len(head) / 2 and not head[1 - side :: 2].count(0):
            try:
                return data.decode(encoding)
            except UnicodeDecodeError:
                continue
    return ""


def _is_western(data: bytes) -> bool:
    """Say whether the high bytes of a text are what Western words hold: single accents beside plain letters, a few marks.

    In Chinese text they come in long runs, or in pairs whose second byte is no letter.
    """
    runs = _HIGH_RUN.findall(data)
    good = [
        run
        for run in runs
        if _WESTERN_RUN.fullmatch(run) and (run[:1].isalpha() or run[-1:].isalpha() or len(run) == 1)
    ]
    return len(good) > 0.9 * len(runs)
