"""Answers kept by the digest of what was asked, so that the same mail is not paid for twice."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from tempfile import NamedTemporaryFile

from drafter.llm import Message


def key_of(model: str, messages: Sequence[Message]) -> str:
    """Return the digest of a question: the model, the rules, the cards, the mail and what is known of the two people."""
    content = [model, *([message.role, message.content] for message in messages)]
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode("utf-8", "replace")).hexdigest()


class Cache:
    """Answers by key, in memory and in one file each.

    A folder that cannot be written or a file that cannot be read costs a call and is no error.

    Args:
        folder: where the files lie, made when it is needed; None keeps answers in memory alone.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._known: dict[str, str] = {}

    def get(self, key: str) -> str | None:
        """Return an answer, or None."""
        if key not in self._known and self._folder is not None:
            try:
                answer = json.loads((self._folder / f"{key}.json").read_text(encoding="utf-8"))["answer"]
            except (OSError, ValueError, KeyError, TypeError):
                return None
            if isinstance(answer, str):
                self._known[key] = answer
        return self._known.get(key)

    def put(self, key: str, answer: str) -> None:
        """Keep an answer. Its file appears whole or not at all, and only its owner can read it."""
        self._known[key] = answer
        if self._folder is None:
            return
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._write(self._folder / f"{key}.json", json.dumps({"answer": answer}))
        except OSError:
            return

    @staticmethod
    def _write(path: Path, text: str) -> None:
        with NamedTemporaryFile("w", dir=path.parent, prefix=".", encoding="utf-8", delete=False) as file:
            temporary = Path(file.name)
            try:
                file.write(text)
                file.close()
                temporary.replace(path)
            except BaseException:
                file.close()
                temporary.unlink(missing_ok=True)
                raise
