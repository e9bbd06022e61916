"""Which of the sender's own lines speak of a field or of a track."""

from collections.abc import Collection, Iterator
from functools import cached_property

from drafter.library import Library
from drafter.matching import TermIndex
from drafter.text import fold


class Topics:
    """The words of all fields and tracks, looked for in a sender's lines; a line is read once, however many mails ask.

    Args:
        library: the fields and tracks.
    """

    def __init__(self, library: Library) -> None:
        self._library = library
        self._seen: dict[str, frozenset[tuple[str, str]]] = {}

    def shared(self, line: str, owners: Collection[str]) -> int:
        """Return how many different terms of some fields and tracks stand in a line.

        Args:
            line: a line of the sender's file.
            owners: ids of fields and tracks.
        """
        if line not in self._seen:
            self._seen[line] = frozenset(hit.key for hit in self._index.find(fold(line)))
        return len({term for owner, term in self._seen[line] if owner in owners})

    @cached_property
    def _index(self) -> TermIndex[tuple[str, str]]:
        return TermIndex((term, (owner, term)) for owner, term in self._terms())

    def _terms(self) -> Iterator[tuple[str, str]]:
        for field in self._library.fields.values():
            names = (field.name.zh, field.name.en or "", *field.aliases, *field.vocabulary.strong)
            yield from ((field.id, term) for term in names)
        for track in self._library.tracks.values():
            yield from ((track.id, term) for term in track.suits)
