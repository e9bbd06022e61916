"""Where the bytes come from, and everything that can be wrong with a file before it is looked into.

A file is not held in memory: it is read line by line where its format allows, and standard input goes to a temporary file
first, for the encoding can only be found out by reading everything once.
"""

import codecs
import io
import shutil
import sys
import weakref
from collections.abc import Collection, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, cast

from drafter.errors import InputError
from drafter.tables.encoding import Encoding, find_encoding

STANDARD_INPUT = "-"

LONGEST_LINE = 10_000_000
"""Characters of a line, and of a row of a table: what is longer is a mistake, and costs only itself."""

LARGEST_WHOLE = 200_000_000
"""Bytes of a file that has to be held in memory as a whole."""

_IN_MEMORY = 8_000_000
"""Bytes of standard input above which it goes to a temporary file."""

_NOT_TEXT = {
    b"PK\x03\x04": "an Excel workbook or a zip archive",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"%PDF": "a PDF",
}
_ITS_ENDING = "A workbook is read where its name ends in .xlsx or .xls; else save it as text"
_BOM = "\ufeff"


class Source:
    """A file that can be read again from its beginning; it is closed when it is read to its end or no longer used.

    Args:
        name: what to call it in messages.
        file: its bytes.
        encoding: of a text file, if the user decides on it.
        mapped: headings that the user names, as `headings.normal` writes them.
    """

    def __init__(
        self, name: str, file: IO[bytes], encoding: str | None = None, mapped: Collection[str] = frozenset()
    ) -> None:
        self.name = name
        self.mapped = mapped
        self._file = file
        self._wanted = encoding
        weakref.finalize(self, file.close)

    @property
    def is_empty(self) -> bool:
        """Whether nothing but white space is in it."""
        self._file.seek(0)
        content = self._file.read(2**20).removeprefix(codecs.BOM_UTF8)
        while content and not content.strip():
            content = self._file.read(2**20)
        return not content

    @cached_property
    def encoding(self) -> Encoding:
        """How the text is written down.

        Raises:
            InputError: it is binary, or in an unknown encoding.
            UsageError: the user's encoding is none.
        """
        self._file.seek(0)
        head = self._file.read(8)
        for start, kind in _NOT_TEXT.items():
            if head.startswith(start):
                raise InputError(f"is {kind}, not text", where=self.name, next=_ITS_ENDING)
        return find_encoding(self._file, self.name, self._wanted)

    def data(self, most: int, step: str) -> bytes:
        """Return the whole content.

        Args:
            most: bytes above which it is refused.
            step: what to do about a file that is too large.

        Raises:
            InputError: it is larger than that.
        """
        if self._file.seek(0, io.SEEK_END) > most:
            raise InputError(f"is larger than {most // 1_000_000} MB", where=self.name, next=step)
        self._file.seek(0)
        return self._file.read()

    def text(self) -> str:
        """Return the whole content as text, without a byte order mark.

        Raises:
            InputError: too large, binary data, or text in an unknown encoding.
        """
        data = self.data(LARGEST_WHOLE, "Split it, or give JSON Lines or CSV, which are read line by line")
        return data.decode(self.encoding.codec).removeprefix(_BOM)

    def lines(self, newline: str = "\n") -> "Lines":
        r"""Return the lines with their ends, without a byte order mark.

        Args:
            newline: what ends a line: `\n`, or "" for any of `\n`, `\r` and `\r\n`.

        Raises:
            InputError: binary data, or text in an unknown encoding.
        """
        codec = self.encoding.codec
        self._file.seek(0)
        text = io.TextIOWrapper(self._file, codec, newline=newline)
        return Lines(self, text, ("\n", "\r") if newline == "" else ("\n",))


class Lines(Iterator[str]):
    """The lines of a text, which can be gone back to.

    Of a line that is too long its beginning comes, which is longer than `LONGEST_LINE` too.

    Args:
        source: whose file it is, which is open as long as this is used.
        text: at its beginning.
        ends: what a line can end with.
    """

    def __init__(self, source: Source, text: io.TextIOWrapper, ends: tuple[str, ...]) -> None:
        self._source = source
        self._text = text
        self._longest = LONGEST_LINE
        self._ends = ends
        self._mark = _BOM
        weakref.finalize(self, text.close)

    def __next__(self) -> str:
        line = self._text.readline(self._longest + 1)
        if not line:
            raise StopIteration
        if self._mark:
            line, self._mark = line.removeprefix(self._mark), ""
        if len(line) > self._longest:
            self._skip(line)
        return line

    def _skip(self, line: str) -> None:
        while line and not line.endswith(self._ends):
            line = self._text.readline(2**20)

    def tell(self) -> int:
        """Return a place to come back to."""
        return self._text.tell()

    def seek(self, place: int) -> None:
        """Go back to a place."""
        self._text.seek(place)


def open_source(
    path: str, stdin: IO[bytes] | None = None, encoding: str | None = None, mapped: Collection[str] = frozenset()
) -> Source:
    """Open a file, or standard input for `-`.

    Args:
        path: the file's path, or `-`.
        stdin: what to read for `-`; the process's own standard input if None.
        encoding: of a text file, if the user decides on it.
        mapped: headings that the user names.

    Raises:
        InputError: the file cannot be read, or nothing is in it.
    """
    if path == STANDARD_INPUT:
        source = Source("standard input", _spooled(stdin or sys.stdin.buffer), encoding, mapped)
    else:
        source = Source(path, _open(path), encoding, mapped)
    if source.is_empty:
        raise InputError("is empty", where=source.name, next="Give a file with at least one candidate")
    return source


_REASONS: Mapping[type[OSError], tuple[str, str]] = {
    FileNotFoundError: ("does not exist", "Check the path, or give `-` to read standard input"),
    IsADirectoryError: ("is a folder", "Name a file in it"),
    PermissionError: ("may not be read", "Give yourself read permission, or copy the file"),
}


def _open(path: str) -> IO[bytes]:
    if Path(path).is_dir():  # reading a folder is a permission error on Windows
        message, step = _REASONS[IsADirectoryError]
        raise InputError(message, where=path, next=step)
    try:
        file = Path(path).open("rb")  # noqa: SIM115 - the source closes it
        if file.seekable():
            return file
        with file:  # a named pipe
            return _spooled(file)
    except OSError as error:
        message, step = _REASONS.get(type(error), (f"cannot be read ({error.strerror})", "Check the path"))
        raise InputError(message, where=path, next=step) from error


def _spooled(stream: IO[bytes]) -> IO[bytes]:
    file = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - the source closes it
    shutil.copyfileobj(stream, file, 2**20)
    return cast(IO[bytes], file)
