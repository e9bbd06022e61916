"""Every draft that was ever made, in one SQLite file, with what was asked and answered for it.

    work      one person's turn in one command            has drafts, attempts and answers
    draft     one version of one mail                     as it was printed
    attempt   one request to a model and what came back   written before it is sent
    answer    what a judge said, by what it was asked     so that nobody pays twice

Whatever is known of a person hangs on their work rows: `Store.forget` deletes those, and the rest goes with them.
"""

from drafter.store.recorder import StoreRecorder
from drafter.store.store import Call, Forgotten, Store, Version

__all__ = ["Call", "Forgotten", "Store", "StoreRecorder", "Version"]
