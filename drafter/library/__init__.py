"""The talk track library: fields, tracks, and the two forms in which they are kept."""

from pathlib import Path

from drafter.errors import LibraryError
from drafter.library.markdown import read_document
from drafter.library.models import GENERAL, Field, Idea, Library, Say, Track, Vocabulary, with_vocabulary
from drafter.library.yaml_files import read_field, read_folder

__all__ = ["GENERAL", "Field", "Idea", "Library", "Say", "Track", "Vocabulary", "load_library", "read_field"]


def load_library(path: Path, *, table: Path | None = None) -> Library:
    """Read a library: a folder of YAML files, or one Markdown document.

    Args:
        path: the folder or document.
        table: a folder of YAML files that lends a document the names and vocabulary of the fields it shares with it. A
            document says nothing of how to recognize a field.

    Raises:
        LibraryError: names file, line and place of what is wrong.
    """
    if path.is_dir():
        return read_folder(path)
    if path.is_file() and path.suffix.lower() in (".md", ".markdown"):
        document = read_document(path)
        return with_vocabulary(document, read_folder(table)) if table else document
    if path.is_file():
        raise LibraryError("is neither a folder of YAML files nor a .md document", where=str(path))
    raise LibraryError("no such file or folder", where=str(path), next="Check --library and DRAFTER_LIBRARY")
