"""What came of a run, in numbers: for a person, for scripts, and for the next look at it."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from drafter.batch.across import Seen
from drafter.batch.results import reasons
from drafter.store import Result

SHOWN = 5
"""Entries of each list."""

CACHES = 20
"""Drafts after which a provider's cache should have served something."""


@dataclass
class Summary:
    """The numbers; counted row by row."""

    states: Counter[str] = field(default_factory=Counter)
    """Rows by `ok`, `needs_review`, `failed`, `rejected`, `pending`."""
    fields: Counter[str] = field(default_factory=Counter)
    reasons: dict[str, Counter[str]] = field(default_factory=dict)
    """By state, why rows are in it."""
    reused: int = 0
    unusable: int = 0
    """Rejected rows that held no candidate at all."""
    cost: float | None = None
    """US dollars for calls, None where no price is known or no model was asked."""
    cached: float | None = None
    """Share of the prompts' tokens that came from the provider's cache."""
    spread: dict[str, Any] = field(default_factory=dict)
    """How alike the mails are."""

    def add(self, result: Result) -> None:
        """Count a row."""
        status = result.status
        self.states[status] += 1
        self.reused += result.reused
        self.unusable += not result.usable
        if result.draft:
            self.fields[result.draft["fields"][0]["field"] if result.draft["fields"] else "none"] += 1
        if status == "needs_review":
            self.reasons.setdefault(status, Counter()).update(
                {reason.partition("“")[0].strip() for reason in reasons(result)}
            )
        elif status in ("failed", "rejected"):
            reason = result.reason.removeprefix(f"{result.place}: ").partition(" (")[0].partition(". ")[0]
            self.reasons.setdefault(status, Counter())[reason] += 1

    def as_json(self) -> dict[str, Any]:
        """Return it for scripts."""
        return {
            **{state: self.states[state] for state in ("ok", "needs_review", "failed", "rejected", "pending")},
            "reused": self.reused,
            "unusable": self.unusable,
            "cost": self.cost,
            "cached": self.cached,
            "fields": dict(self.fields.most_common()),
            "reasons": {state: dict(each.most_common(20)) for state, each in self.reasons.items()},
            "spread": self.spread,
        }


def spread_of(seen: Seen) -> dict[str, Any]:
    """Return how alike the mails of a batch are."""
    return {
        "fields": len(seen.fields),
        "tracks": len(seen.tracks),
        "most_used_track": _share(seen.tracks, seen.mails),
        "openings": len(seen.openings),
        "most_used_opening": _share(seen.openings, seen.mails),
        "mails_with_shared_sentences": len(seen.repeated),
    }


def _share(counter: Counter[str], mails: int) -> float:
    return round(counter.most_common(1)[0][1] / mails, 3) if counter and mails else 0.0


def lines(summary: Mapping[str, Any]) -> Iterator[str]:
    """Yield a summary, as `Summary.as_json` gives it, in lines for a person."""
    counts = (
        f"{summary[state]:,} {name}"
        for state, name in _STATES.items()
        if summary[state] or state in ("ok", "needs_review", "failed")
    )
    yield ", ".join(counts)
    if summary["reused"]:
        yield f"{summary['reused']:,} of them made in an earlier run, and not paid for again"
    if summary["fields"]:
        yield f"fields: {_listed(summary['fields'])}"
    for state, why in summary["reasons"].items():
        yield f"{_STATES[state]}: {_listed(why, '; ')}"
    if spread := summary["spread"]:
        yield (
            f"spread: {spread['fields']} fields, {spread['tracks']} points, the most used one in {spread['most_used_track']:.0%} of the mails; "
            f"{spread['openings']} openings, the most used one in {spread['most_used_opening']:.0%}"
        )
        if count := spread["mails_with_shared_sentences"]:
            yield f"{count:,} mails hold a sentence that stands in another one, too (see their findings)"
    if summary["cost"] is not None:
        cached = (
            f"; {summary['cached']:.0%} of the prompts came from the cache" if summary["cached"] is not None else ""
        )
        yield f"${summary['cost']:.4f}{cached}"
    elif summary["cached"] is not None:
        yield f"{summary['cached']:.0%} of the prompts came from the provider’s cache"
    if summary["cached"] == 0 and sum(summary["fields"].values()) > CACHES:
        yield "the provider’s cache served nothing, though all prompts begin alike: does this model have one?"


_STATES = {
    "ok": "ok",
    "needs_review": "to review",
    "failed": "failed",
    "rejected": "not to be drafted",
    "pending": "still to do",
}


def _listed(counts: Mapping[str, int], between: str = ", ") -> str:
    shown = list(counts.items())[:SHOWN]
    more = len(counts) - len(shown)
    text = between.join(f"{name} {count:,}" for name, count in shown)
    return f"{text}{between}{more} more" if more else text
