"""A database for the length of one piece of work: what would not fit into memory."""

import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

Scratch = sqlite3.Connection
"""An open one."""


@contextmanager
def scratch(tables: Sequence[str]) -> Iterator[Scratch]:
    """Open a database that is gone afterwards.

    Args:
        tables: statements that make its tables.
    """
    with (
        tempfile.TemporaryDirectory(prefix="drafter-") as folder,
        closing(sqlite3.connect(Path(folder) / "scratch.sqlite3", isolation_level=None)) as database,
    ):
        # nobody misses it after a crash
        for statement in ("PRAGMA journal_mode = OFF", "PRAGMA synchronous = OFF", *tables, "BEGIN"):
            database.execute(statement)
        yield database
