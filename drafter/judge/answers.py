"""Answers kept by the digest of what was asked, so that the same mail is not paid for twice."""

import hashlib
import json
from collections.abc import Sequence
from typing import Protocol

from drafter.llm import Message


def key_of(model: str, messages: Sequence[Message]) -> str:
    """Return the digest of a question: the model, the rules, the cards, the mail and what is known of the two people."""
    content = [model, *([message.role, message.content] for message in messages)]
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode("utf-8", "replace")).hexdigest()


class Answers(Protocol):
    """Where answers are kept."""

    def answer(self, key: str) -> str | None:
        """Return an answer, or None."""

    def keep_answer(self, key: str, answer: str) -> None:
        """Keep an answer."""


class Memory:
    """Answers for as long as the program runs."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def answer(self, key: str) -> str | None:
        """Return an answer, or None."""
        return self._known.get(key)

    def keep_answer(self, key: str, answer: str) -> None:
        """Keep an answer."""
        self._known[key] = answer
