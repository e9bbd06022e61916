"""Every draft that was ever made, in one SQLite file, with what was asked and answered for it.

    work      one person's turn in one command            has drafts, attempts and answers
    draft     one version of one mail                     as it was printed
    attempt   one request to a model and what came back   written before it is sent
    answer    what a judge said, by what it was asked     so that nobody pays twice
    run       one batch: a folder, and what it came from   has rows
    row       one row of its input                        is a person's turn

Whatever is known of a person hangs on their work rows: `Store.forget` deletes those, and the rest goes with them.
"""

from drafter.store.recorder import StoreRecorder, request_digest
from drafter.store.runs import NewRow, Pending, Result, Run, Runs
from drafter.store.scratch import Scratch, scratch
from drafter.store.store import Call, DraftRow, Forgotten, Store, Version, as_json

__all__ = [
    "Call",
    "DraftRow",
    "Forgotten",
    "NewRow",
    "Pending",
    "Result",
    "Run",
    "Runs",
    "Scratch",
    "Store",
    "StoreRecorder",
    "Version",
    "as_json",
    "request_digest",
    "scratch",
]
