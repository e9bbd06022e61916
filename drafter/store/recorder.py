"""Writes every request to a model into the store, before it is sent and when it is over."""

import hashlib
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict
from functools import lru_cache
from typing import Any

from drafter.llm import Attempt, Message, Outcome
from drafter.store.store import Store, as_json, current_work


class StoreRecorder:
    """A `Recorder` (see `drafter.llm`) that writes to a store.

    Args:
        store: where to.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    async def sending(self, attempt: Attempt) -> None:
        """Write the request down; it stands on the disk when this returns."""
        texts, request = _instructions_apart(attempt.messages)
        values = (
            current_work(),
            attempt.call,
            attempt.number,
            self._store.time(),
            attempt.model,
            attempt.address,
            attempt.mode,
            as_json(request),
            request_digest(attempt.messages),
        )
        await self._store.file.written(lambda db: _insert(db, values, texts))

    async def came_back(self, attempt: Attempt, outcome: Outcome) -> None:
        """Write down what became of it."""
        reply = outcome.reply.encode("utf-8", "replace").decode()
        usage = as_json(asdict(outcome.usage))
        values = (outcome.status, outcome.error, reply, usage, outcome.seconds, attempt.call, attempt.number)
        statement = (
            "UPDATE attempt SET status = ?, error = ?, reply = ?, usage = ?, seconds = ? WHERE call = ? AND number = ?"
        )
        await self._store.file.written(lambda db: db.execute(statement, values))


def request_digest(messages: Sequence[Message]) -> str:
    """Return what a request is known by again: a hash of its messages."""
    parts = (f"{m.role} {_of_instructions(m.content) if m.role == 'system' else m.content}" for m in messages)
    return _digest("\0".join(parts))


@lru_cache(maxsize=64)
def _of_instructions(text: str) -> str:
    return _digest(text)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _instructions_apart(messages: Sequence[Message]) -> tuple[dict[str, str], list[dict[str, str]]]:
    """Return a request's instructions by digest, and the request with digests in their place.

    They are the same for everybody of a run, and name nobody; kept once, a batch's store is a third of the size.
    """
    texts = {_of_instructions(m.content): m.content for m in messages if m.role == "system"}
    request = [
        {"role": m.role, "digest": _of_instructions(m.content)}
        if m.role == "system"
        else {"role": m.role, "content": m.content}
        for m in messages
    ]
    return texts, request


def _insert(db: sqlite3.Connection, values: tuple[Any, ...], instructions: dict[str, str]) -> None:
    if values[0] is not None and not db.execute("SELECT 1 FROM work WHERE id = ?", values[:1]).fetchone():
        return  # the person was forgotten meanwhile
    for digest, text in instructions.items():
        if not db.execute("SELECT 1 FROM instructions WHERE digest = ?", (digest,)).fetchone():
            held = text.encode("utf-8", "replace").decode()
            db.execute("INSERT INTO instructions (digest, text) VALUES (?, ?)", (digest, held))
    db.execute(
        "INSERT INTO attempt (work, call, number, sent, model, address, mode, request, digest)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        values,
    )
