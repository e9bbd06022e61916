"""A batch in one process: the clerk sits at the next table, and the model answers by script."""

import csv
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from drafter.batch.clerk import Setup
from drafter.batch.engine import Engine
from drafter.batch.intake import Rules, take_in
from drafter.batch.office import Alone, Office
from drafter.batch.pace import Halt
from drafter.batch.start import Start
from drafter.candidate import Sender
from drafter.errors import DrafterError
from drafter.library import Library
from drafter.llm import Completion, Message, Usage
from drafter.planning import Wishes
from drafter.settings import data_path
from drafter.store import Run, Runs, Store
from drafter.tables import read_candidates
from tests.test_drafting import GOOD, reply

PAPER = "Forgotten Twice: Re-contamination After Unlearning"


class Answering:
    """A model that writes a good mail to whomever is asked about, unless it is told to do otherwise."""

    name = "m"

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        """Calls by name."""
        self.answers: dict[str, list[str | DrafterError | Halt]] = defaultdict(list)
        """What is answered first to each name."""

    @property
    def calls(self) -> int:
        return self.asked.total()

    async def complete(self, messages: Sequence[Message], *, schema: Any = None) -> Completion:
        name = name_in(messages)
        self.asked[name] += 1
        answer = self.answers[name].pop(0) if self.answers[name] else reply(mail_to(name))
        if isinstance(answer, Exception):
            raise answer
        return Completion(answer, Usage(100, 10, 20, cost=0.001), "m", "json_schema")


def name_in(messages: Sequence[Message]) -> str:
    """Return whom a request is about: the fenced record says so."""
    text = messages[-1].content if len(messages) == 2 else messages[1].content
    start = text.index('"name": "') + len('"name": "')
    return text[start : text.index('"', start)]


def mail_to(name: str) -> str:
    return GOOD.replace("Ama Osei", name)


@dataclass
class Batch:
    """A folder, a store, and what is done with them."""

    root: Path
    sender: Sender
    library: Library
    model: Answering | None = field(default_factory=Answering)
    wishes: Wishes = field(default_factory=lambda: Wishes(field="rl", tracks=("rl.2", "rl.5"), count=2))
    said: list[str] = field(default_factory=list)
    rules: Rules = field(default_factory=Rules)
    variants: int = 1

    def __post_init__(self) -> None:
        self.runs = Runs(Store(self.root / "drafts.sqlite3"))

    @property
    def setup(self) -> Setup:
        data, model = data_path("library"), "m" if self.model else None
        return Setup(
            data, data, data_path("prompts"), None, self.sender, (), self.wishes, model, variants=self.variants
        )

    def people(self, *names: str, **columns: str) -> Path:
        """Write a table of people, who all wrote the same paper."""
        path = self.root / "people.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file)
            table.writerow(["name", "email", "papers", "Source", *columns])
            for name in names:
                table.writerow(
                    [name, f"{name.replace(' ', '.').lower()}@example.org", PAPER, "a list", *columns.values()]
                )
        return path

    def taken_in(self, table: Path, out: str = "out", digest: str = "d") -> Run:
        folder = self.root / out
        folder.mkdir(exist_ok=True)
        run = self.runs.begin(folder, digest, {"model": "m", "tone": "professional", "command": "drafter batch"})
        take_in(self.runs, run, read_candidates(str(table)), self.rules)
        return self.runs.again(run)

    async def start(
        self,
        run: Run,
        *,
        limit: int | None = None,
        workers: int = 4,
        watch: Callable[[Engine], None] = lambda engine: None,
        opened: Callable[..., Office] = Alone,
    ) -> DrafterError | None:
        start = Start(
            self.runs, run, self.setup, self.library, Path(run.folder), self.model, None, workers, limit, False, self.said.append,
            opened=opened,
        )  # fmt: skip
        return await start.carry_out(watch)

    async def whole(self, table: Path, out: str = "out", digest: str = "d") -> Run:
        run = self.taken_in(table, out, digest)
        await self.start(run)
        return self.runs.again(run)


def rows(folder: str | Path, name: str = "drafts.csv") -> list[dict[str, str]]:
    """Read one of the tables."""
    with (Path(folder) / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def batch(tmp_path: Path, sender: Sender, library: Library) -> Batch:
    return Batch(tmp_path, sender, library)


__all__ = ["Answering", "Batch", "json", "mail_to", "rows"]
