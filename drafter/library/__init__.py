"""The talk track library: fields, tracks, and the two forms in which they are kept."""

from pathlib import Path

from drafter.errors import LibraryError
from drafter.library.derive import with_derived_cards
from drafter.library.markdown import read_document
from drafter.library.models import (
    GENERAL,
    NO_FIELD,
    Examples,
    Field,
    Idea,
    Library,
    Say,
    Track,
    Vocabulary,
    with_vocabulary,
)
from drafter.library.yaml_files import read_field, read_folder

__all__ = [
    "GENERAL",
    "NO_FIELD",
    "Examples",
    "Field",
    "Idea",
    "Library",
    "Say",
    "Track",
    "Vocabulary",
    "load_library",
    "read_field",
]


def load_library(path: Path, *, table: Path | None = None) -> Library:
    """Read a library: a folder of YAML files, or one Markdown document.

    Args:
        path: the folder or document.
        table: a folder of YAML files that lends a document the vocabulary of the fields it shares with it, and its cards other ways
            to say their terms. A document says nothing of how to recognize a field or a point.

    Raises:
        LibraryError: names file, line and place of what is wrong.
    """
    if path.is_dir():
        return read_folder(path)
    if path.is_file() and path.suffix.lower() in (".md", ".markdown"):
        document = read_document(path)
        lent = read_folder(table) if table else None
        return with_derived_cards(with_vocabulary(document, lent) if lent else document, lent)
    if path.is_file():
        raise LibraryError("is neither a folder of YAML files nor a .md document", where=str(path))
    raise LibraryError("no such file or folder", where=str(path), next="Check --library and DRAFTER_LIBRARY")
