"""BibTeX of a person's papers: one candidate, who is the author of all of them."""

from collections.abc import Iterator
from typing import Any

from drafter.errors import InputError
from drafter.tables import bibtex
from drafter.tables.entries import Entry
from drafter.tables.source import Source


def read(source: Source) -> Iterator[Entry]:
    """Yield the one candidate.

    Raises:
        InputError: not text, or without a single entry that can be read.
    """
    found = bibtex.read(source.text())
    if not found.papers:
        reason = found.broken[0] if found.broken else "no entry such as @article{…} was found"
        raise InputError(f"holds no papers: {reason}", where=source.name, next="Give BibTeX with at least one title")
    record: dict[str, Any] = {"papers": found.papers}
    warnings = list(found.broken)
    if found.author:
        record = {"name": found.author, **record}
    else:
        warnings.append(
            "no one author stands in all entries, so the name is missing; "
            "write a table with a column name, and put the entries into a column bibtex"
        )
    yield Entry(source.name, record, warnings=tuple(warnings))
