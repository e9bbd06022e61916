"""How drafts are shown to a person: the mail on standard output, what is known about it around it on standard error."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from drafter.cli.common import Output, json_line, say

if TYPE_CHECKING:
    from drafter.drafting import Ranked
    from drafter.library import Library
    from drafter.report import Draft
    from drafter.text import Change

MARKS = {"present": "✓", "absent": "✗", "unsure": "?"}


def print_draft(draft: "Draft", library: "Library", place: Output, *, as_json: bool) -> None:
    """Print a draft, as one line of JSON or for a person."""
    if as_json:
        place.line(json_line(draft.as_json()))
        return
    _head(draft, library)
    _mail(draft, place)


def print_variants(variants: "Iterable[Ranked]", library: "Library", place: Output, *, as_json: bool) -> None:
    """Print variants of a mail, best first, each with the reasons for its place."""
    ranked = list(variants)
    for each in ranked:
        if as_json:
            variant = {"place": each.place, "of": len(ranked), "reasons": list(each.reasons)}
            place.line(json_line({**each.draft.as_json(), "variant": variant}))
            continue
        _head(each.draft, library)
        say(f"   variant {each.place} of {len(ranked)}: {'; '.join(each.reasons)}")
        say("")
        _mail(each.draft, place)


def print_changes(changes: "Iterable[Change]") -> None:
    """Print what changed, as [-taken out-]{+put in+}."""
    marks = {"same": ("", ""), "out": ("[-", "-]"), "in": ("{+", "+}")}
    say("".join(f"{marks[c.kind][0]}{c.text}{marks[c.kind][1]}" for c in changes))
    say("")


def _head(draft: "Draft", library: "Library") -> None:
    from drafter.composer import Composer

    offline = " (offline: no language model wrote this)" if draft.model == Composer.name else ""
    name = draft.candidate.get("name") or draft.candidate_id
    status = "ok" if draft.status == "ok" else "NEEDS REVIEW"
    follow_up = f" · follow-up {len(draft.thread)}" if draft.thread else ""
    say(f"━━ {name} · {status} · {draft.language} · {draft.tone}{follow_up} · {draft.model}{offline}")
    for match in draft.fields:
        words = ", ".join(f"“{e['text']}” ({e['source']})" for e in match["evidence"][:4])
        known = library.fields.get(match["field"])
        say(f"   field  {match['field']} ({known.name.zh if known else '?'}) {match['score']:.2f}: {words}")
    say("")


def _mail(draft: "Draft", place: Output) -> None:
    place.line(f"Subject: {draft.subject}\n\n{draft.body}\n")
    for verdict in draft.tracks:
        say(f"   {MARKS[verdict.verdict]} {verdict.track} {verdict.verdict}: {verdict.quote or verdict.why}")
    for finding in draft.findings:
        say(f"   {finding.level}: {finding.message}" + (f" [{finding.quote}]" if finding.quote else ""))
    if spent := draft.usage.in_words():
        say(f"   {spent}")
    say("")
