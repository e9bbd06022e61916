"""What the prompts really produce: `python -m bench.writing --model NAME` (or `make bench-writing`).

Drafts the thirty invented people in `cases/people.jsonl` with the model that the settings name, checked and repaired as always, and
once more with one plain call each (a role, the record, the points, "write the mail"), whose text is taken as it comes. Prints
for both: the gates (points raised, inventions, language, length, placeholders, obeyed attacks) by the program's own rules, and
figures of style. Both see the same points and the same sender. `--out DIR` keeps the mails to be read; the rules are no
judge of what is worth answering.
"""

import argparse
import asyncio
import json
import statistics
import sys
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

from bench.__main__ import rows
from drafter.candidate import Loaded, load_candidate, read_sender
from drafter.checker import WORN, Checker, Mail
from drafter.desk import Desk
from drafter.drafting import ModelWriter
from drafter.errors import BadReply, DrafterError
from drafter.judge import Judge
from drafter.library import load_library
from drafter.llm import Message, Model, connect, parse_mail
from drafter.planning import Plan, Planner, Wishes
from drafter.prompting import Prompts, sender_text, shown
from drafter.report import Finding
from drafter.settings import data_path, load_settings
from drafter.text import count_han, count_words, fold, sentences

AT_ONCE = 4
"""Mails in the making at the same time."""

RUN = 8
"""Words in a row that two mails of a batch do not share by chance."""


@dataclass(frozen=True)
class Written:
    """A mail of one arm: who it is to, what it says, and what the rules say of it."""

    plan: Plan
    subject: str
    body: str
    present: int
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> list[Finding]:
        """What fails a gate."""
        return [finding for finding in self.findings if finding.level == "error"]


def plain_prompt(plan: Plan) -> list[Message]:
    """Return the messages of the baseline: what one would type into a chat window."""
    language = {"zh": "Chinese", "en": "English"}[plan.language]
    points = "\n".join(f"- {m.track.zh if plan.language == 'zh' else m.track.en or m.track.zh}" for m in plan.tracks)
    person = json.dumps(shown(plan.candidate), ensure_ascii=False, indent=1)
    return [
        Message("system", "You are a recruiter at an AI lab who writes personal outreach e-mails to researchers."),
        Message(
            "user",
            f"Write a first e-mail in {language} to this researcher. Weave in these technical points:\n{points}\n\n"
            f"Researcher:\n{person}\n\nSender:\n{sender_text(plan.sender, plan.language)}\n\n"
            "Answer with a line `Subject: ...` and the e-mail.",
        ),
    ]


async def ours(desk: Desk, plan: Plan) -> Written:
    """Draft as the program does."""
    draft = await desk.write(plan, "bench")
    present = sum(verdict.verdict == "present" for verdict in draft.tracks)
    return Written(plan, draft.subject, draft.body, present, draft.findings)


async def plain(model: Model, checker: Checker, plan: Plan) -> Written:
    """Write with one call, and check what comes without sending anything back."""
    try:
        reply = parse_mail((await model.complete(plain_prompt(plan))).text)
    except BadReply as error:
        finding = Finding(rule="writer.reply", level="error", message=error.message)
        return Written(plan, "", "", 0, (finding,))
    tracks = tuple(match.track for match in plan.tracks)
    mail = Mail(plan.language, reply["subject"], reply["body"], tracks, plan.candidate, plan.sender, orders=plan.orders)
    report = checker.check(mail)
    present = sum(verdict.verdict == "present" for verdict in report.tracks)
    return Written(plan, reply["subject"], reply["body"], present, report.findings)


async def batch(
    make: Callable[[Plan], Coroutine[Any, Any, Written]], plans: Sequence[Plan], at_once: int
) -> list[Written]:
    """Make all mails of an arm, a few at a time; one that fails is reported and left out."""
    turn = asyncio.Semaphore(at_once)

    async def one(plan: Plan) -> Written | None:
        async with turn:
            try:
                return await make(plan)
            except DrafterError as error:
                print(f"{plan.candidate.id}: {error}", file=sys.stderr)
                return None

    return [made for made in await asyncio.gather(*map(one, plans)) if made is not None]


def gates(mails: Sequence[Written]) -> list[str]:
    """Return the gates in lines."""
    points = sum(len(mail.plan.tracks) for mail in mails)
    rules = Counter(finding.rule for mail in mails for finding in mail.errors if not finding.rule.startswith("plan."))
    kinds = {
        "invented facts": ("facts.",),
        "wrong language": ("form.language", "form.mixed"),
        "wrong or no name, no signature": ("form.salutation", "form.signature"),
        "placeholders, leaks": ("wording.",),
        "obeyed attacks, strange links": ("steering.",),
        "no mail": ("form.empty", "writer.reply"),
    }
    count = [f"{name} {sum(n for rule, n in rules.items() if rule.startswith(start))}" for name, start in kinds.items()]
    in_range = sum(not any(f.rule == "form.length" for f in mail.findings) for mail in mails)
    good = sum(
        not any(not f.rule.startswith("plan.") for f in m.errors) and m.present == len(m.plan.tracks) for m in mails
    )
    return [
        f"mails {len(mails)}, without an error and with all points {good}",
        f"points present {sum(mail.present for mail in mails)}/{points}",
        "errors: " + ", ".join(count),
        f"length in range {in_range}/{len(mails)}",
    ]


def style(mails: Sequence[Written]) -> list[str]:
    """Return figures of style in lines."""
    lines = []
    for language in ("zh", "en"):
        own = [mail for mail in mails if mail.plan.language == language and mail.body]
        if not own:
            continue
        prose = [_prose(mail) for mail in own]
        size = [count_han(text) if language == "zh" else count_words(text) for text in prose]
        worn = sum(len(WORN[language].findall(text)) for text in prose)
        spread = statistics.mean(_spread(text, language) for text in prose)
        shared = sum(bool(_runs(a) & _runs(b)) for a, b in combinations(prose, 2))
        same = sum(bool(_sentences(a) & _sentences(b)) for a, b in combinations(prose, 2))
        pairs = len(own) * (len(own) - 1) // 2
        unit = "汉字" if language == "zh" else "words"
        lines.append(
            f"{language}: {statistics.mean(size):.0f} {unit} a mail, worn phrases {1000 * worn / max(1, sum(size)):.1f} a thousand, "
            f"sentence length varies by {spread:.2f} of its mean, pairs of mails that share a sentence {same}/{pairs}, {RUN} words in a row {shared}/{pairs}"
        )
    return lines


def _prose(mail: Written) -> str:
    """Return a mail without salutation, who writes, request, sign-off and titles: what has to differ."""
    sender = mail.plan.sender
    whole = Mail(mail.plan.language, mail.subject, mail.body, (), mail.plan.candidate, sender)
    ask = set(fold(sender.call_to_action.zh if mail.plan.language == "zh" else sender.call_to_action.en).words)
    ours = (sender.lab.zh, sender.lab.en, sender.name.zh, sender.name.en)
    own = (s.text for s in sentences(whole.prose) if not any(name in s.text for name in ours))
    # the request may be shortened or joined to a word on the question, and is the same request
    return "\n".join(text for text in own if len(ask & set(fold(text).words)) < 0.5 * len(set(fold(text).words)))


def _spread(text: str, language: str) -> float:
    sizes = [count_han(s.text) if language == "zh" else count_words(s.text) for s in sentences(text)]
    return statistics.pstdev(sizes) / statistics.mean(sizes) if len(sizes) > 1 and sum(sizes) else 0.0


def _sentences(text: str) -> set[str]:
    return {line for s in sentences(text) if len((line := fold(s.text).line).split()) > 3}


def _runs(text: str) -> set[tuple[str, ...]]:
    words = fold(text).words
    return {tuple(words[at : at + RUN]) for at in range(len(words) - RUN + 1)}


def people(field: str | None = None) -> list[Loaded]:
    """Return the people of the bench, or those of the word table's profiles that are of one field, with names put to them."""
    if field:
        profiles = [row for row in rows("profiles") if row["primary"] == field]
        return [load_candidate({**row["profile"], "id": row["id"], "name": _name(n)}) for n, row in enumerate(profiles)]
    own = ("kind", "obeyed")  # what the bench says of a person is no part of the record
    return [load_candidate({k: v for k, v in row.items() if k not in own}) for row in rows("people")]


def _name(number: int) -> str:
    given = ("Ama", "Jonas", "Leila", "Tomasz", "Ingrid", "Rafael", "Noor", "Petra", "Elif", "Bruno", "Sanna")
    family = ("Osei", "Weber", "Haddad", "Nowak", "Solberg", "Duarte", "Khalil", "Novotna", "Demir", "Ricci", "Laine")
    return f"{given[number % 11]} {family[number // 11 % 11]}"


def keep(folder: Path, arms: dict[str, list[Written]]) -> None:
    """Write the mails of each arm down to be read, one JSON Lines file an arm."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, mails in arms.items():
        rows: Iterable[dict[str, Any]] = (
            {
                "id": mail.plan.candidate.id,
                "language": mail.plan.language,
                "subject": mail.subject,
                "body": mail.body,
                "tracks": list(mail.plan.track_ids),
                "candidate": mail.plan.candidate.model_dump(mode="json", exclude_defaults=True),
                "sender": mail.plan.sender.model_dump(mode="json"),
                "findings": [finding.model_dump() for finding in mail.findings],
            }
            for mail in mails
        )
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8", newline="\n")


async def run(flags: argparse.Namespace) -> None:
    """Draft, check and print."""
    settings = load_settings({"model": flags.model, "base_url": flags.base_url, "provider": flags.provider})
    library = load_library(data_path("library"))
    planner, checker, prompts = Planner(library), Checker(library), Prompts(data_path("prompts"))
    sender = read_sender(data_path("sender.yaml"))
    plans = [planner.plan(each.candidate, sender, Wishes()) for each in people(flags.field)[: flags.limit]]
    async with connect(settings, timeout=flags.timeout, patience=2 * flags.timeout) as model:
        judge = None if flags.no_judge else Judge(model, library, prompts, checker=checker)
        desk = Desk(planner, ModelWriter(model, prompts), checker, judge=judge)
        makers: dict[str, Callable[[Plan], Coroutine[Any, Any, Written]]] = {
            "drafter": lambda plan: ours(desk, plan),
            "plain": lambda plan: plain(model, checker, plan),
        }
        if flags.no_baseline:
            del makers["plain"]
        made = await asyncio.gather(*(batch(make, plans, flags.at_once) for make in makers.values()))
        arms = dict(zip(makers, made, strict=True))
    for name, mails in arms.items():
        print(name, *(f"  {line}" for line in (*gates(mails), *style(mails))), sep="\n")
    if flags.out:
        keep(flags.out, arms)


def main() -> None:
    """Read the flags and run."""
    parser = argparse.ArgumentParser(
        description="Draft the people of the bench with a model, beside a plain call each."
    )
    parser.add_argument("--model")
    parser.add_argument("--base-url")
    parser.add_argument("--provider")
    parser.add_argument(
        "--field", help="instead of the thirty: everybody of this field among the word table's profiles"
    )
    parser.add_argument("--limit", type=int, help="only the first N people")
    parser.add_argument("--at-once", type=int, default=AT_ONCE)
    parser.add_argument("--timeout", type=float, default=120.0, help="seconds for one answer")
    parser.add_argument("--no-judge", action="store_true")
    parser.add_argument("--no-baseline", action="store_true")
    parser.add_argument("--out", type=Path, help="keep the mails here")
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
