"""Learn the word table from invented profiles: `python -m bench.learn`. Writes `library/words.tsv`.

How strongly a word or pair of words points to a field is the logarithm of how much more often than by chance it stands in
profiles of that field (naive Bayes with additive smoothing). The terms of the library's own vocabulary count as texts of
their field, so that "speech" is known from "speech recognition". The profiles in `cases/profiles.jsonl` were made up for this
purpose and labelled by hand; the cases that the figures are taken on are not among them.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

from bench.__main__ import CASES, candidate, rows
from drafter.library import NO_FIELD, Library, load_library
from drafter.library.yaml_files import WORDS
from drafter.mapper import features
from drafter.settings import data_path
from drafter.text import fold

SMOOTHING = 0.5
"""Added to every count, so that a word seen once proves little."""

RARE = 2.5
"""Words with fewer occurrences are left out."""

WEAK = 0.5
"""Weights below this are left out: they tell nothing and fill the file."""

FEW = 6
"""People added to every field that are in no other, so that a handful prove little."""

_Counts = dict[str, Counter[str]]


def count(profiles: Iterable[dict[str, object]], library: Library) -> _Counts:
    """Return how often each word stands in texts of each field."""
    counts: _Counts = defaultdict(Counter)
    labelled = [(profile, [str(f) for f in profile["fields"]]) for profile in profiles]  # type: ignore[attr-defined]
    size = Counter(field for _, fields in labelled for field in fields)
    mean = sum(size.values()) / max(1, len(size))
    for profile, fields in labelled:
        words = {word for _, text in candidate(profile).texts() for word in features(fold(text).words)}
        for word in words:
            for field in fields:
                # people of many fields count less for each, and so do the many profiles of a field that has many
                counts[word][field] += mean / size[field] / math.sqrt(len(fields))
    for field in library.research_fields:
        suits = [term for track in field.tracks if track.kind != "fde" for term in track.suits]
        for term in (
            *field.aliases,
            *field.vocabulary.strong,
            *field.vocabulary.strong,
            *field.vocabulary.weak,
            *suits,
        ):
            for word in set(features(fold(term).words)):
                counts[word][field.id] += 1
    return counts


def weights(counts: _Counts, library: Library) -> dict[str, dict[str, float]]:
    """Return each word's weights, those worth keeping."""
    classes = len(library.research_fields) + 1
    table: dict[str, dict[str, float]] = {}
    for word, by_field in counts.items():
        total = sum(by_field.values())
        if total < RARE:
            continue
        told = {f: math.log((n + SMOOTHING) / (total + SMOOTHING * classes) * classes) for f, n in by_field.items()}
        if kept := {f: round(w, 2) for f, w in told.items() if w >= WEAK}:
            table[word] = kept
    return table


def together(profiles: Iterable[dict[str, object]]) -> dict[str, dict[str, float]]:
    """Return, under `@field`, how often people of that field are in each other one, smoothed a little: 0 to 1."""
    people: Counter[str] = Counter()
    both: _Counts = defaultdict(Counter)
    for profile in profiles:
        fields = [str(f) for f in profile["fields"] if f != NO_FIELD]  # type: ignore[attr-defined]
        people.update(fields)
        for field in fields:
            both[field].update(other for other in fields if other != field)
    share = {f: {o: round(n / (people[f] + FEW), 3) for o, n in sorted(others.items())} for f, others in both.items()}
    return {f"@{field}": others for field, others in sorted(share.items())}


def main() -> None:
    """Learn and write."""
    library = load_library(data_path("library"))
    profiles = rows("profiles")
    for profile in profiles:
        if profile["primary"] == NO_FIELD:
            profile["fields"] = [NO_FIELD]
    table = {**together(profiles), **weights(count(profiles, library), library)}
    lines = [f"{word}\t{' '.join(f'{f}={w}' for f, w in sorted(told.items()))}" for word, told in sorted(table.items())]
    head = (
        "# How strongly words point to fields; made by `python -m bench.learn`, not by hand. word<TAB>field=weight ...\n"
        "# A line that begins with @ is a field: how often its people are in others too."
    )
    path = Path(data_path("library")) / WORDS
    path.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8", newline="\n")
    print(f"{len(table)} words from {len(profiles)} profiles in {CASES / 'profiles.jsonl'}")


if __name__ == "__main__":
    main()
