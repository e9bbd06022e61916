"""What a run is known by: a hash of all that decides its drafts."""

import hashlib
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any


def digest_of(files: Iterable[Path], folders: Iterable[Path], settings: Mapping[str, Any]) -> str:
    """Return a hash of the content of files and folders, and of settings.

    Args:
        files: the input, the sender's file, lists.
        folders: library, prompts, tones; each may be a single file.
        settings: all else, as values that `repr` shows in full.

    Raises:
        OSError: a file cannot be read.
    """
    total = hashlib.sha256(f"{version('drafter')}\0{sorted(settings.items())!r}".encode())
    for path in (*files, *(inner for folder in folders for inner in _inside(folder))):
        total.update(path.name.encode("utf-8", "replace"))
        with path.open("rb") as file:
            total.update(hashlib.file_digest(file, "sha256").digest())
    return total.hexdigest()


def _inside(folder: Path) -> list[Path]:
    """Return the files of a folder in an order of their own, those that editors and systems leave behind left out."""
    if folder.is_file():
        return [folder]
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
