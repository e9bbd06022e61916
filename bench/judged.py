"""What a judge adds to the rules: `python -m bench.judged --model NAME` (or `make bench-judged`).

Asks the model that the settings name about mails that neither the composer nor the prompts wrote (`cases/mails.jsonl`, each true to its
record and raising its points in words of its own), and prints how many points come out present, how many errors a true mail
gets, and how many points are no longer present once the sentences that carried them are taken out. `--mails` takes mails that
`bench.writing --out` has kept.
"""

import argparse
import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bench.__main__ import rows
from bench.mails import read_mails
from drafter.checker import Checker, Mail
from drafter.judge import Judge
from drafter.library import load_library
from drafter.llm import connect
from drafter.prompting import Prompts
from drafter.report import Report
from drafter.settings import data_path, load_settings
from drafter.text import sentences


def without(mail: Mail, quote: str) -> Mail:
    """Return the mail without the sentences that a quote touches."""
    at = mail.body.find(quote)
    cut = [span for span in sentences(mail.body) if span.start < at + len(quote) and at < span.end]
    body = mail.body[: cut[0].start] + mail.body[cut[-1].end :] if quote and cut else mail.body
    return replace(mail, body=body)


def figures(mails: Sequence[Mail], reports: Sequence[Report], left: Sequence[Report]) -> list[str]:
    """Return the lines to print."""
    verdicts = [verdict.verdict for report in reports for verdict in report.tracks]
    errors = sum(len(report.errors) for report in reports)
    gone = [report.tracks[0].verdict != "present" for report in left]
    return [
        f"points of freely written mails: present {verdicts.count('present') / len(verdicts):.3f}, "
        f"unsure {verdicts.count('unsure') / len(verdicts):.3f} (n={len(verdicts)})",
        f"errors a true mail: {errors / len(mails):.3f} (n={len(mails)})",
        f"its sentences removed, a point is no longer present {sum(gone) / max(1, len(gone)):.3f} (n={len(gone)})",
    ]


async def run(flags: argparse.Namespace) -> None:
    """Ask and print."""
    settings = load_settings({"model": flags.model, "base_url": flags.base_url, "provider": flags.provider})
    library = load_library(data_path("library"))
    checker, turn = Checker(library), asyncio.Semaphore(flags.at_once)
    written = (
        [json.loads(line) for line in flags.mails.read_text(encoding="utf-8").splitlines()]
        if flags.mails
        else rows("mails")
    )
    mails = list(read_mails(library, written))[: flags.limit]
    async with connect(settings, timeout=flags.timeout, patience=2 * flags.timeout) as model:
        judge = Judge(model, library, Prompts(data_path("prompts")), checker=checker)

        async def judged(mail: Mail, *, facts: bool) -> Report:
            async with turn:
                return await judge.judge(mail, checker.check(mail), grounding=facts)

        reports = await asyncio.gather(*(judged(mail, facts=True) for mail in mails))
        cut = [
            replace(without(mail, verdict.quote), tracks=(library.tracks[verdict.track],))
            for mail, report in zip(mails, reports, strict=True)
            for verdict in report.tracks
            if verdict.verdict == "present"
        ]
        left = await asyncio.gather(*(judged(mail, facts=False) for mail in cut[: flags.removed]))
    print(*figures(mails, reports, left), sep="\n")
    if flags.wrong:
        for mail, report in zip(mails, reports, strict=True):
            name = mail.candidate.id if mail.candidate else ""
            print(*(f"  {name}: {f.rule}: {f.message} [{f.quote}]" for f in report.errors), sep="\n")


def main() -> None:
    """Read the flags and run."""
    parser = argparse.ArgumentParser(description="Measure what a judge adds to the rules.")
    parser.add_argument("--model")
    parser.add_argument("--base-url")
    parser.add_argument("--provider")
    parser.add_argument("--mails", type=Path, help="instead of the cases: mails that `bench.writing --out` has kept")
    parser.add_argument("--limit", type=int, help="only the first N mails")
    parser.add_argument("--removed", type=int, help="only the first N removals")
    parser.add_argument("--at-once", type=int, default=4)
    parser.add_argument("--timeout", type=float, default=120.0, help="seconds for one answer")
    parser.add_argument("--wrong", action="store_true", help="list the errors too")
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
