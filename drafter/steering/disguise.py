"""Ways to hide an order from a reader who looks for words."""

import base64
import binascii
import codecs
import re
import unicodedata
from collections.abc import Iterator

# Letters of other alphabets that look like Latin ones; those that names and formulas really hold stay what they are.
_LOOKALIKES = str.maketrans("аеорсухіјѕԁһԛԝʏɡӏвкмнтАВЕКМНОРСТУХІЈЅ", "aeopcyxijsdhqwygibkmhtABEKMHOPCTYXIJS")
_MIXED = re.compile(r"\b(?=\w*[a-z])(?=\w*[\u0400-\u04ff])\w{3,}", re.I)
_BLOB = re.compile(r"(?<![\w/])[A-Za-z0-9+/]{24,}={0,2}(?![\w/])")
_ADDRESS = re.compile(r"https?://\S{1,400}", re.I)
_JOINT = re.compile(r"[-_+/#?=&.~]|%20")


def plain(text: str) -> str:
    """Return a text as its reader sees it: full-width and look-alike letters as Latin ones, addresses as words."""
    text = unicodedata.normalize("NFKC", text)
    if _MIXED.search(text):
        text = _MIXED_OR_WHOLE.sub(lambda word: word.group().translate(_LOOKALIKES), text)
    return _ADDRESS.sub(lambda address: _JOINT.sub(" ", address.group()), text)


_MIXED_OR_WHOLE = re.compile(r"[\w]*[\u0400-\u04ff][\w]*")


def has_disguise(text: str) -> bool:
    """Say whether a text holds words mixed of two alphabets, or a stretch of code that reads as text when decoded."""
    return bool(_MIXED.search(text)) or any(True for _ in _blobs(text))


def decoded(text: str) -> Iterator[str]:
    """Yield what a text says once decoded: base64 stretches, and the whole turned by thirteen letters."""
    yield from _blobs(text)
    yield codecs.encode(text, "rot13")


def _blobs(text: str) -> Iterator[str]:
    for match in _BLOB.finditer(_ADDRESS.sub(" ", text)):
        blob = match.group().rstrip("=")
        try:
            content = base64.b64decode(blob + "=" * (-len(blob) % 4), validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError, ValueError):
            continue
        if content.isprintable():
            yield content
