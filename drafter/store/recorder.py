"""Writes every request to a model into the store, before it is sent and when it is over."""

from dataclasses import asdict

from drafter.llm import Attempt, Outcome
from drafter.store.store import Store


class StoreRecorder:
    """A `Recorder` (see `drafter.llm`) that writes to a store.

    Args:
        store: where to.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    async def sending(self, attempt: Attempt) -> None:
        """Write the request down."""
        request = [asdict(message) for message in attempt.messages]
        self._store.attempt_sent(attempt.call, attempt.number, attempt.model, attempt.address, attempt.mode, request)

    async def came_back(self, attempt: Attempt, outcome: Outcome) -> None:
        """Write down what became of it."""
        self._store.attempt_over(
            attempt.call,
            attempt.number,
            outcome.status,
            outcome.error,
            outcome.reply,
            asdict(outcome.usage),
            outcome.seconds,
        )
