"""Where the bytes come from, and everything that can be wrong with a file before it is looked into."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO

from drafter.errors import InputError
from drafter.tables.encoding import decode

STANDARD_INPUT = "-"

_NOT_TEXT = {
    b"PK\x03\x04": "an Excel workbook or a zip archive",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"%PDF": "a PDF",
}
_ITS_ENDING = "A workbook is read where its name ends in .xlsx or .xls; else save it as text"


@dataclass(frozen=True)
class Source:
    """A file's whole content, the name to call it by in messages, and its encoding if the user decides on it."""

    name: str
    data: bytes
    encoding: str | None = None

    def text(self) -> str:
        """Return the content as text, without a byte order mark; an encoding that had to be guessed is remembered.

        Raises:
            InputError: binary data, or text in an unknown encoding.
        """
        for start, kind in _NOT_TEXT.items():
            if self.data.startswith(start):
                raise InputError(f"is {kind}, not text", where=self.name, next=_ITS_ENDING)
        text, guessed = decode(self.data, self.name, self.encoding)
        if guessed and not self.encoding:
            self.notes.append(f"{self.name} is read as {guessed}; --encoding names another")
        return text

    @cached_property
    def notes(self) -> list[str]:
        """What the user should know about how the file was read."""
        return []


def open_source(path: str, stdin: IO[bytes] | None = None, encoding: str | None = None) -> Source:
    """Read a file, or standard input for `-`, to its end.

    Args:
        path: the file's path, or `-`.
        stdin: what to read for `-`; the process's own standard input if None.
        encoding: of a text file, if the user decides on it.

    Raises:
        InputError: the file cannot be read, or nothing is in it.
    """
    if path == STANDARD_INPUT:
        source = Source("standard input", (stdin or sys.stdin.buffer).read(), encoding)
    else:
        source = Source(path, _read(path), encoding)
    if not source.data.removeprefix(b"\xef\xbb\xbf").strip():
        raise InputError("is empty", where=source.name, next="Give a file with at least one candidate")
    return source


_REASONS: Mapping[type[OSError], tuple[str, str]] = {
    FileNotFoundError: ("does not exist", "Check the path, or give `-` to read standard input"),
    IsADirectoryError: ("is a folder", "Name a file in it"),
    PermissionError: ("may not be read", "Give yourself read permission, or copy the file"),
}


def _read(path: str) -> bytes:
    if Path(path).is_dir():  # reading a folder is a permission error on Windows
        message, step = _REASONS[IsADirectoryError]
        raise InputError(message, where=path, next=step)
    try:
        return Path(path).read_bytes()
    except OSError as error:
        message, step = _REASONS.get(type(error), (f"cannot be read ({error.strerror})", "Check the path"))
        raise InputError(message, where=path, next=step) from error
