"""People who are not to be written to: a list as somebody keeps it.

An entry a line: an address, a domain, a name, or a name with an affiliation. Lists are written by hand or come out of other
programs, so addresses are found wherever they stand in a line, and names in any order of their parts. When in doubt somebody is left
out: a mail that was not written can be written later.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from drafter.candidate import Candidate
from drafter.tables.source import open_source

_ADDRESS = re.compile(r"[^\s@<>\"'(),;:|]+@[^\s@<>\"'(),;:|]+\.[^\s@<>\"'(),;:|]+")
_DOMAIN = re.compile(r"(?:\*?@|\*\.)?((?:[\w-]+\.)+[^\W\d_]{2,})", re.I)
_TITLE = re.compile(r"\b(?:dr|prof|professor|mr|mrs|ms|phd|博士|教授|老师|先生|女士)\b\.?", re.I)
_BETWEEN = re.compile(r"\s*[;；,，\t|]\s*")


@dataclass(frozen=True)
class Unwanted:
    """The list.

    Args:
        addresses: e-mail addresses in lower case.
        domains: without `@`; what lies below a domain belongs to it.
        people: names, and names with affiliations, as `_person` writes them.
        entries: how many there are.
    """

    addresses: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()
    people: frozenset[str] = frozenset()
    entries: int = 0

    def holds(self, candidate: Candidate, cells: Iterable[str] = ()) -> bool:
        """Say whether a person is on it.

        Args:
            candidate: the person.
            cells: what else stands in their row: a second address counts like the first.
        """
        text = _plain(" ".join((candidate.email, *cells)))
        if any(address in self.addresses or self._below(address) for address in _ADDRESS.findall(text)):
            return True
        name = _person(candidate.name)
        return bool(name) and not self.people.isdisjoint((name, f"{name}|{_person(candidate.affiliation)}"))

    def _below(self, address: str) -> bool:
        parts = address.rpartition("@")[2].split(".")
        return any(".".join(parts[at:]) in self.domains for at in range(len(parts)))


def read_unwanted(path: Path) -> Unwanted:
    """Read a list: a text file in any encoding that is told apart; blank lines and what follows a `#` do not count.

    Raises:
        InputError: it cannot be read.
    """
    addresses: set[str] = set()
    domains: set[str] = set()
    people: set[str] = set()
    entries = 0
    for line in open_source(str(path)).text().splitlines():
        entry = _plain(line.partition("#")[0]).strip(" \t,;\"'")
        if not entry:
            continue
        entries += 1
        if domain := _DOMAIN.fullmatch(entry):
            domains.add(domain[1])
        elif found := _ADDRESS.findall(entry):
            addresses.update(found)
        else:
            people |= _people(entry)
    return Unwanted(frozenset(addresses), frozenset(domains), frozenset(people), entries)


def _people(entry: str) -> set[str]:
    """Return what an entry without an address may mean: a name; a name and an affiliation; a name with its parts turned round."""
    first, *rest = _BETWEEN.split(entry)
    if not rest:
        return {_person(first)} - {""}
    place = " ".join(rest)
    turned = {_person(entry)} if re.search("[,，]", entry) else set()
    return ({f"{_person(first)}|{_person(place)}"} | turned) - {"", "|"}


def _plain(text: str) -> str:
    """Return a text in lower case and half width, without accents."""
    levelled = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return "".join(c for c in levelled if not unicodedata.combining(c))


def _person(text: str) -> str:
    """Return a name or a place without titles, its parts in one order."""
    return " ".join(sorted(re.findall(r"[^\W_]+", _TITLE.sub(" ", _plain(text)))))
