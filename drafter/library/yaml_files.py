"""A library as a folder of YAML files, one a field. Strict: whatever is wrong is named with file, line and place."""

import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from drafter.errors import LibraryError
from drafter.library.models import GENERAL, Field, Library

# The order of the document that the fields come from; fields of one's own follow in the order of their names.
ORDER = [
    "rl",
    "self-evolution",
    "nlp",
    "moe",
    "eval",
    "data",
    "ai4s",
    "audio",
    "mlsys",
    "llm4code",
    "multimodal",
    "pre-training",
    "post-training",
    "alignment",
    "reasoning",
    "agent-rag",
    "interpretability",
    "embodiment",
    "cv",
    "recsys",
    "federated-learning",
    "trustworthy",
]

WORDS = "words.tsv"
"""The word table beside the fields' files; `bench/learn.py` writes it."""

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_folder(folder: Path) -> Library:
    """Read every `*.yaml` file of a folder.

    Raises:
        LibraryError: the folder or a file cannot be read, or a file breaks the form; names file, line and place.
    """
    paths = sorted(p for p in folder.glob("*.y*ml") if p.suffix in (".yaml", ".yml") and not p.name.startswith("."))
    if not paths:
        raise LibraryError("holds no .yaml file", where=str(folder), next="See docs/library.md")
    fields = [read_field(path) for path in paths]
    return Library(sorted(fields, key=_place), str(folder), partial(_locate, paths), _words(folder / WORDS))


def _words(path: Path) -> dict[str, dict[str, float]]:
    """Read the word table: a line a word, `word<TAB>field=weight field=weight`; no file, no words."""
    if not path.is_file():
        return {}
    table: dict[str, dict[str, float]] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        word, _, told = line.partition("\t")
        try:
            if word and not line.startswith("#"):
                table[word] = {
                    field: float(weight) for field, _, weight in (part.partition("=") for part in told.split())
                }
        except ValueError as error:
            raise LibraryError(
                "is no line of a word table: word, tab, field=weight", where=f"{path}:{number}"
            ) from error
    return table


def _place(field: Field) -> tuple[int, str]:
    if field.id == GENERAL:
        return len(ORDER) + 1, ""
    return (ORDER.index(field.id), "") if field.id in ORDER else (len(ORDER), field.id)


def _locate(paths: Sequence[Path], wanted: str) -> str:
    """Return file and line where the id of a field or track stands, the last place if it stands in several."""
    given = re.compile(rf"""[ \t{{-]*id:[ \t]*["']?{re.escape(wanted)}["']?[ \t]*(?:[,#}}]|$)""")
    found = str(paths[0].parent)
    for path in paths:
        for number, line in enumerate(path.read_text(encoding="utf-8-sig").splitlines(), start=1):
            if given.match(line):
                found = f"{path}:{number}"
    return found


def read_field(path: Path) -> Field:
    """Read one field's file.

    Raises:
        LibraryError: names file, line and place of the first faults.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        data = _load(text)
    except (OSError, UnicodeDecodeError) as error:
        raise LibraryError(f"cannot be read ({error})", where=str(path), next="Save it as UTF-8 text") from error
    except (yaml.YAMLError, ValueError) as error:  # ValueError: `2024-13-45` looks like a date
        raise LibraryError(_syntax(error), where=_where(path, getattr(error, "problem_mark", None))) from error
    if not isinstance(data, dict):
        raise LibraryError("must hold one field: id, name, aliases, vocabulary, tracks", where=str(path))
    try:
        return Field.model_validate(data)
    except ValidationError as error:
        raise _fault(path, text, error) from error


def _load(text: str) -> Any:
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        _refuse_repeated_keys(node)
        return loader.construct_document(node) if node else None
    finally:
        loader.dispose()


def _refuse_repeated_keys(node: Any) -> None:
    """Raise where a key stands twice in one mapping: YAML forbids it, PyYAML silently keeps the last."""
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                raise yaml.MarkedYAMLError(problem=f"“{key.value}” stands twice", problem_mark=key.start_mark)
            seen.add(str(key.value))
            _refuse_repeated_keys(value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _refuse_repeated_keys(item)


def _syntax(error: Exception) -> str:
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    return f"is no valid YAML: {problem}"


def _where(path: Path, mark: Any) -> str:
    return f"{path}:{mark.line + 1}" if mark is not None else str(path)


def _fault(path: Path, text: str, error: ValidationError) -> LibraryError:
    first = error.errors(include_url=False)[0]
    loc = first["loc"]
    place = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in loc).lstrip(".")
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    message = "must not be empty" if first["type"] == "string_too_short" else first["msg"].removeprefix("Value error, ")
    node = yaml.compose(text, Loader=_Loader)
    line = _line(node, loc)
    return LibraryError(f"{place or 'field'}: {message}{more}", where=f"{path}:{line}")


def _line(node: Any, loc: Sequence[int | str]) -> int:
    """Return the line, counted from 1, of the deepest part of `loc` that the document has."""
    for part in loc:
        if isinstance(node, yaml.MappingNode):
            inner = next((value for key, value in node.value if key.value == part), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            inner = node.value[part]
        else:
            inner = None
        if inner is None:
            break
        node = inner
    return int(node.start_mark.line) + 1 if node is not None else 1
