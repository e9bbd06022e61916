"""YAML: one mapping, a list of them, or several documents.

A value stays what is written: `title: 1984` is the text “1984”, `id: 007` keeps its zeros and nobody called No becomes
a truth value. Only an empty value, `~` and `null` are nothing.
"""

import re
from collections.abc import Iterator
from typing import Any

import yaml

from drafter.errors import InputError
from drafter.tables.entries import Entry, as_entry
from drafter.tables.source import Source

_DEEPEST = 100
"""Nesting above which a file is refused: the parser itself, written in C, dies from some ten thousand levels."""

_MOST_VALUES = 2_000_000
"""Values above which a file is refused: a few lines of anchors in anchors can stand for billions."""


class _Loader(yaml.CSafeLoader):
    """Reads plain values as text, and refuses a key that stands twice."""

    yaml_implicit_resolvers: Any = {}  # noqa: RUF012 - the name and its kind are the base class's

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self._checked: set[yaml.MappingNode] = set()

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        if node not in self._checked:  # merged keys, which may be overridden, are added on the first visit
            self._checked.add(node)
            seen: set[str] = set()
            for key, _ in node.value:
                if not isinstance(key, yaml.ScalarNode):
                    continue
                if key.value in seen:
                    raise yaml.MarkedYAMLError(problem=f"key “{key.value}” stands twice", problem_mark=key.start_mark)
                seen.add(key.value)
        super().flatten_mapping(node)


_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(?:~|null|)$"), ["~", "n", ""])
_Loader.add_implicit_resolver("tag:yaml.org,2002:merge", re.compile(r"^<<$"), ["<"])


def read(source: Source) -> Iterator[Entry]:
    """Yield the entries of all documents.

    Raises:
        InputError: not UTF-8 text, or not YAML.
    """
    number = 0
    for document in _documents(source):
        for entry in document if isinstance(document, list) else [document]:
            number += 1
            yield as_entry(f"{source.name}: entry {number}", entry)


def _documents(source: Source) -> list[Any]:
    text = source.text()
    try:
        _refuse_depth(source.name, text)
        documents = list(yaml.load_all(text, Loader=_Loader))
    except yaml.YAMLError as error:
        raise _broken(source.name, error) from error
    _refuse_size(source.name, documents)
    return [document for document in documents if document is not None]  # nothing between two `---` is no entry


def _refuse_depth(name: str, text: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > _DEEPEST:
                raise InputError(f"is nested more than {_DEEPEST} levels deep", where=name, next="Flatten it")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _refuse_size(name: str, documents: list[Any]) -> None:
    waiting, count = list(documents), 0
    while waiting:
        value = waiting.pop()
        inner = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
        waiting.extend(inner)
        count += 1
        if count + len(waiting) > _MOST_VALUES:
            message = f"stands for more than {_MOST_VALUES:,} values"
            raise InputError(message, where=name, next="Write out the anchors, or split the file")


def _broken(name: str, error: yaml.YAMLError) -> InputError:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "a character that YAML forbids"
    return InputError(
        f"is not YAML: {problem}" + (f" (column {mark.column + 1})" if mark else ""),
        where=f"{name}:{mark.line + 1}" if mark else name,
        next="Mend this line; a text that holds “: ” or starts with a sign goes between quotation marks",
    )
