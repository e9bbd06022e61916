"""The tables, and how a file of an older version becomes one of this version."""

import sqlite3

from drafter.errors import StoreError

APPLICATION = 0x64726674
"""Marks a file as ours (`PRAGMA application_id`): "drft"."""

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE work (
            id INTEGER PRIMARY KEY,
            started TEXT NOT NULL,
            command TEXT NOT NULL,
            candidate_id TEXT NOT NULL,
            name TEXT NOT NULL,
            affiliation TEXT NOT NULL,
            email TEXT NOT NULL,
            error TEXT
        ) STRICT""",
        "CREATE INDEX work_email ON work (email)",
        """CREATE TABLE draft (
            id TEXT PRIMARY KEY,
            work INTEGER NOT NULL REFERENCES work ON DELETE CASCADE,
            mail TEXT NOT NULL,
            version INTEGER NOT NULL,
            current INTEGER NOT NULL,
            made TEXT NOT NULL,
            wish TEXT NOT NULL,
            data TEXT NOT NULL
        ) STRICT""",
        "CREATE INDEX draft_mail ON draft (mail, version)",
        "CREATE INDEX draft_work ON draft (work)",
        """CREATE TABLE attempt (
            id INTEGER PRIMARY KEY,
            work INTEGER REFERENCES work ON DELETE CASCADE,
            call TEXT NOT NULL,
            number INTEGER NOT NULL,
            sent TEXT NOT NULL,
            model TEXT NOT NULL,
            address TEXT NOT NULL,
            mode TEXT NOT NULL,
            request TEXT NOT NULL,
            status INTEGER,
            error TEXT,
            reply TEXT,
            usage TEXT,
            seconds REAL
        ) STRICT""",
        "CREATE UNIQUE INDEX attempt_call ON attempt (call, number)",
        "CREATE INDEX attempt_work ON attempt (work)",
        """CREATE TABLE answer (
            key TEXT PRIMARY KEY,
            work INTEGER REFERENCES work ON DELETE CASCADE,
            answer TEXT NOT NULL
        ) STRICT""",
        "CREATE INDEX answer_work ON answer (work)",
    ),
    (
        "ALTER TABLE draft ADD COLUMN key TEXT NOT NULL DEFAULT ''",
        "CREATE INDEX draft_key ON draft (key) WHERE key <> ''",
        "ALTER TABLE attempt ADD COLUMN digest TEXT NOT NULL DEFAULT ''",
        """CREATE TABLE instructions (
            digest TEXT PRIMARY KEY,
            text TEXT NOT NULL
        ) STRICT""",
        """CREATE TABLE run (
            id INTEGER PRIMARY KEY,
            folder TEXT NOT NULL UNIQUE,
            digest TEXT NOT NULL,
            started TEXT NOT NULL,
            ended TEXT,
            state TEXT NOT NULL,
            reason TEXT NOT NULL,
            settings TEXT NOT NULL,
            columns TEXT NOT NULL,
            summary TEXT NOT NULL
        ) STRICT""",
        """CREATE TABLE row (
            work INTEGER PRIMARY KEY REFERENCES work ON DELETE CASCADE,
            run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
            position INTEGER NOT NULL,
            place TEXT NOT NULL,
            record TEXT NOT NULL,
            given TEXT NOT NULL,
            person TEXT NOT NULL,
            essence TEXT NOT NULL,
            ordinal INTEGER NOT NULL,
            hold TEXT NOT NULL,
            state TEXT NOT NULL,
            reason TEXT NOT NULL,
            draft TEXT REFERENCES draft ON DELETE SET NULL,
            reused INTEGER NOT NULL DEFAULT 0
        ) STRICT""",
        "CREATE INDEX row_run ON row (run, position)",
        "CREATE INDEX row_essence ON row (run, essence)",
        "CREATE INDEX row_person ON row (person) WHERE person <> ''",
        "CREATE INDEX row_draft ON row (draft)",
    ),
)
"""The steps from an empty file to this version, each a list of statements. A step that was released never changes; a new
one is added behind it."""


def migrate(database: sqlite3.Connection, where: str) -> None:
    """Bring a file to this version, all steps or none.

    Raises:
        StoreError: the file is another program's, or a newer drafter's.
    """
    database.execute("BEGIN IMMEDIATE")  # a second process that opens the same new file waits here
    try:
        _check_owner(database, where)
        (version,) = database.execute("PRAGMA user_version").fetchone()
        for step in MIGRATIONS[version:]:
            for statement in step:
                database.execute(statement)
        database.execute(f"PRAGMA application_id = {APPLICATION}")
        database.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
    except BaseException:
        database.execute("ROLLBACK")
        raise
    database.execute("COMMIT")


def _check_owner(database: sqlite3.Connection, where: str) -> None:
    (owner,) = database.execute("PRAGMA application_id").fetchone()
    (tables,) = database.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if tables and owner != APPLICATION:
        raise StoreError("is another program’s database", where=where, next="Name another file with --store")
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if version > len(MIGRATIONS):
        raise StoreError(
            f"was written by a newer drafter (version {version} of the tables, this one knows {len(MIGRATIONS)})",
            where=where,
            next="Install the newer drafter, or name another file with --store",
        )
