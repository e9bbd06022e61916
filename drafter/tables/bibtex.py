"""BibTeX: the papers of a person, as a file or in a cell."""

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from drafter.tables.papers import common_author

LONGEST = 5_000_000
"""Characters of BibTeX that are read at once."""

# whatever the parser complains about is in `Bibliography.broken`
logging.getLogger("bibtexparser").addHandler(logging.NullHandler())

_SPACE = re.compile(r"\s+")
_BRACES = re.compile(r"[{}]")
_VENUES = ("booktitle", "journal", "journaltitle", "venue", "eventtitle")


@dataclass(frozen=True)
class Bibliography:
    """The papers of some BibTeX, who wrote them, and what could not be read."""

    papers: list[dict[str, Any]] = field(default_factory=list)
    authors: list[Sequence[str]] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    @property
    def author(self) -> str:
        """The one author who stands on all papers; "" if nobody does, or more than one."""
        return common_author(self.authors)


def read(text: str) -> Bibliography:
    """Return the papers of all entries; one that cannot be read costs only itself."""
    from bibtexparser.entrypoint import parse_string
    from bibtexparser.middlewares import (
        NormalizeFieldKeys,
        RemoveEnclosingMiddleware,
        ResolveStringReferencesMiddleware,
    )
    from bibtexparser.model import DuplicateBlockKeyBlock, Entry

    if len(text) > LONGEST:
        return Bibliography(broken=[f"BibTeX of more than {LONGEST:,} characters is not read"])
    steps = [NormalizeFieldKeys(), ResolveStringReferencesMiddleware(), RemoveEnclosingMiddleware()]
    library = parse_string(text, parse_stack=steps)
    found = Bibliography()
    for block in library.blocks:
        entry = block.ignore_error_block if isinstance(block, DuplicateBlockKeyBlock) else block
        line = (block.start_line or 0) + 1
        if isinstance(entry, Entry):
            _take(found, {each.key: str(each.value) for each in entry.fields}, entry.key, line)
        elif block in library.failed_blocks:
            found.broken.append(f"the BibTeX entry in line {line} cannot be read and is left out")
    return found


def _take(found: Bibliography, fields: Mapping[str, str], key: str, line: int) -> None:
    title = _plain(fields.get("title", ""))
    if not title:
        found.broken.append(f"the BibTeX entry “{key[:60]}” in line {line} has no title and is left out")
        return
    venue = next((fields[name] for name in _VENUES if fields.get(name)), "")
    paper = {
        "title": title,
        "venue": _plain(venue),
        "year": fields.get("year", "") or fields.get("date", "")[:4],
        "summary": _plain(fields.get("abstract", "")),
        "url": fields.get("url", "").strip(),
    }
    found.papers.append({name: value for name, value in paper.items() if value})
    found.authors.append([_plain(name) for name in _names(fields.get("author", ""))])


def _names(text: str) -> list[str]:
    """Split authors at “and”; what stands in braces, such as an organization, is one name."""
    names, start, depth = [], 0, 0
    for match in re.finditer(r"[{}]|\s+and\s+", text):
        if match[0] in "{}":
            depth += 1 if match[0] == "{" else -1
        elif depth <= 0:
            names.append(text[start : match.start()])
            start = match.end()
    return [name.strip() for name in [*names, text[start:]] if name.strip() and name.strip() != "others"]


def _plain(text: str) -> str:
    r"""Return LaTeX as plain text: accents as letters, no braces, no commands."""
    if re.search(r"[\\{}$~]|--|``|''", text):
        text = _decoded(text)
    return _SPACE.sub(" ", _BRACES.sub("", text)).strip()


def _decoded(text: str) -> str:
    from pylatexenc.latex2text import LatexNodes2Text
    from pylatexenc.latexwalker import LatexWalkerError

    try:
        return str(LatexNodes2Text(keep_braced_groups=False, math_mode="text").latex_to_text(text))
    except (LatexWalkerError, RecursionError, ValueError, IndexError, KeyError):
        return text.replace("\\", "")
