"""Where the bytes come from, and everything that can be wrong with a file before it is looked into."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from drafter.errors import InputError

STANDARD_INPUT = "-"

_NOT_TEXT = {
    b"PK\x03\x04": "an Excel workbook or a zip archive",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"%PDF": "a PDF",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
}
_SAVE_AS_UTF8 = "Save it as UTF-8 text; in Excel choose “CSV UTF-8”"


@dataclass(frozen=True)
class Source:
    """A file's whole content, and the name to call it by in messages."""

    name: str
    data: bytes

    def text(self) -> str:
        """Return the content as text, without a byte order mark.

        Raises:
            InputError: binary data, or text in another encoding than UTF-8.
        """
        for start, kind in _NOT_TEXT.items():
            if self.data.startswith(start):
                raise InputError(f"is {kind}, not UTF-8 text", where=self.name, next=_SAVE_AS_UTF8)
        if b"\0" in self.data:
            raise InputError("is binary: it holds NUL bytes", where=self.name, next="Give a text file")
        try:
            return self.data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = self.data.count(b"\n", 0, error.start) + 1
            raise InputError(
                f"is not UTF-8 (line {line})",
                where=self.name,
                next=f"{_SAVE_AS_UTF8}, or convert it: iconv -f GB18030 -t UTF-8 OLD > NEW",
            ) from error


def open_source(path: str, stdin: IO[bytes] | None = None) -> Source:
    """Read a file, or standard input for `-`, to its end.

    Args:
        path: the file's path, or `-`.
        stdin: what to read for `-`; the process's own standard input if None.

    Raises:
        InputError: the file cannot be read, or nothing is in it.
    """
    if path == STANDARD_INPUT:
        source = Source("standard input", (stdin or sys.stdin.buffer).read())
    else:
        source = Source(path, _read(path))
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
