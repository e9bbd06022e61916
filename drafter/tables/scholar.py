"""What Google Scholar exports: the papers of one person, a row each, whose name stands only among the authors."""

from collections.abc import Iterator
from typing import Any

from drafter.errors import InputError
from drafter.tables.entries import Entry, Table
from drafter.tables.headings import normal
from drafter.tables.papers import common_author

MOST_PAPERS = 5_000
_NEXT = "Write a table with the columns name and papers, one row a person"


def papers_of_one(table: Table) -> Iterator[Entry]:
    """Yield the one candidate whose papers the rows are.

    Raises:
        InputError: no author stands on all of them, or more than one; then nobody can say whose they are.
    """
    names = [normal(heading) for heading in table.headings]
    rows: list[dict[str, str]] = []
    broken: list[str] = []
    for line in table.lines:
        if line.error:
            broken.append(str(line.error))
            continue
        rows.append(dict(zip(names, (cell.strip() for cell in line.cells), strict=False)))
        if len(rows) > MOST_PAPERS:
            message = f"lists more than {MOST_PAPERS:,} papers, and nobody wrote as many"
            raise InputError(message, where=table.where, next=_NEXT)
    if not rows:
        return
    name = common_author([row.get("authors", "").split(";") for row in rows])
    if not name:
        message = f"lists {len(rows)} papers, a row each, and no one author stands on all of them"
        raise InputError(message, where=table.where, next=_NEXT)
    record: dict[str, Any] = {"name": name, "papers": [_paper(row) for row in rows if row.get("title")]}
    yield Entry(table.where.rpartition(":")[0], record, warnings=tuple(broken))


def _paper(row: dict[str, str]) -> dict[str, str]:
    paper = {"title": row["title"], "venue": row.get("publication", ""), "year": row.get("year", "")}
    return {key: value for key, value in paper.items() if value}
