"""Figures on mails: what passes the rules though it should not, and what they cry out at though it is true.

`cases/mails.jsonl` holds mails that neither the composer nor the program's own prompts wrote, each true to its record;
`cases/passages.jsonl` passages that raise a point, only mention it, or deny it, written by people who had not seen the cards.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from bench.plant import KINDS, planted
from drafter.candidate import load_candidate, load_sender
from drafter.checker import Checker, Mail
from drafter.checker.tracks import TrackChecker
from drafter.library import Library


def passages(library: Library, rows: list[dict[str, Any]]) -> list[str]:
    """Return, for each kind of passage, the share that comes out as labelled, apart for those seen while the cards grew."""
    checker = TrackChecker(library)
    right: dict[tuple[str, bool], list[bool]] = defaultdict(list)
    for row in rows:
        said = checker.verdicts(row["text"], [row["track"]])[0].verdict == "present"
        right[row["kind"], row["seen"]].append(said == (row["label"] == "present"))
    share = {key: f"{sum(v):3}/{len(v):3} = {sum(v) / len(v):.3f}" for key, v in right.items()}
    kinds = sorted({kind for kind, _ in right})
    return [f"{kind:12} unseen {share[kind, False]}   seen {share[kind, True]}" for kind in kinds]


def read_mails(library: Library, rows: list[dict[str, Any]]) -> Iterator[Mail]:
    """Yield the true mails as the rules see them."""
    for row in rows:
        tracks = tuple(library.tracks[track] for track in row["tracks"])
        candidate = load_candidate({"id": row["id"], **row["candidate"]}).candidate
        yield Mail(row["language"], row["subject"], row["body"], tracks, candidate, load_sender(row["sender"]))


def facts(library: Library, rows: list[dict[str, Any]]) -> list[str]:
    """Return errors found in true mails, and the share of planted faults that is noticed."""
    checker = Checker(library)
    false, noticed, planted_in = 0, Counter[str](), Counter[str]()
    for seed, mail in enumerate(read_mails(library, rows)):
        known = {(f.rule, f.message) for f in checker.check(mail).errors}
        false += len(known)
        for fault in planted(mail.body, mail.language, mail.given, seed):
            changed = Mail(mail.language, mail.subject, fault.body, mail.tracks, mail.candidate, mail.sender)
            errors = {(f.rule, f.message) for f in checker.check(changed).errors}
            planted_in[fault.kind] += 1
            noticed[fault.kind] += bool(errors - known)
    total = sum(noticed.values()) / max(1, sum(planted_in.values()))
    kinds = ", ".join(f"{kind} {noticed[kind]}/{planted_in[kind]}" for kind in KINDS)
    return [
        f"false errors a true mail {false / len(rows):.3f} (n={len(rows)})",
        f"planted faults noticed {total:.3f}: {kinds}",
    ]


def removal(library: Library, labelled: list[dict[str, Any]]) -> list[str]:
    """Return the share of points that are no longer present once the words that carried them are taken out."""
    checker = TrackChecker(library)
    gone: list[bool] = []
    for row in labelled:
        for judgement in row["judgements"]:
            track, quote = judgement["track"], judgement["quote"]
            if judgement["label"] == "present" and checker.verdicts(row["body"], [track])[0].verdict == "present":
                rest = checker.verdicts(row["body"].replace(quote, ""), [track])[0]
                gone.append(rest.verdict != "present")
    return [f"its words removed, a point is no longer present {sum(gone) / len(gone):.3f} (n={len(gone)})"]


def own_mails(library: Library, rows: list[dict[str, Any]]) -> list[str]:
    """Return the verdicts on the points that the true mails were written to raise."""
    checker = TrackChecker(library)
    found = Counter(v.verdict for row in rows for v in checker.verdicts(row["body"], row["tracks"]))
    total = sum(found.values())
    return [
        f"points of freely written mails: present {found['present'] / total:.3f}, unsure {found['unsure'] / total:.3f} (n={total})"
    ]
