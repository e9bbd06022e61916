"""The least that asking a model for mails can take: the messages of a batch through a bare `AsyncOpenAI`.

`python -m bench.bare REQUESTS --url URL --workers 64`: no pace, no retries, no checks, no store; answers are looked at and thrown
away. Prints one JSON line with the times of the first request and of the last answer. `write_requests` makes the file.
"""

import argparse
import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from drafter.candidate import read_sender
from drafter.library import load_library
from drafter.planning import Planner
from drafter.prompting import REPLY_SCHEMA, Prompts
from drafter.settings import data_path
from drafter.tables import read_candidates

FORM = {"type": "json_schema", "json_schema": {"name": "reply", "strict": True, "schema": dict(REPLY_SCHEMA)}}


def write_requests(people: Path, path: Path) -> None:
    """Write down what a batch asks for each person of a table: one line each, the instructions once."""
    planner, prompts = Planner(load_library(data_path("library"))), Prompts(data_path("prompts"))
    sender = read_sender(data_path("sender.yaml"))
    systems: dict[str, int] = {}
    with path.open("w", encoding="utf-8") as file:
        for row in read_candidates(str(people)):
            if row.loaded is None:
                continue
            system, user = (m.content for m in prompts.messages(planner.plan(row.loaded.candidate, sender)))
            if system not in systems:
                systems[system] = len(systems)
                file.write(json.dumps({"system": system}) + "\n")
            file.write(json.dumps([systems[system], user]) + "\n")


def read_requests(path: Path) -> Iterator[list[dict[str, str]]]:
    """Yield the messages of each request."""
    systems: list[str] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        if isinstance(entry, dict):
            systems.append(entry["system"])
        else:
            number, user = entry
            yield [{"role": "system", "content": systems[number]}, {"role": "user", "content": user}]


async def ask(url: str, requests: list[list[dict[str, str]]], workers: int) -> int:
    """Send all requests, so many at a time; return how many were answered with text."""
    import openai

    left, good = iter(requests), 0
    async with openai.AsyncOpenAI(api_key="none", base_url=url, max_retries=0) as client:

        async def work() -> None:
            nonlocal good
            for messages in left:
                form: Any = {"messages": messages, "response_format": FORM}
                reply = await client.chat.completions.create(model="bench", max_tokens=2000, **form)
                good += bool(reply.choices[0].message.content)

        await asyncio.gather(*(work() for _ in range(workers)))
    return good


def main() -> None:
    """Read the flags, ask, and print the times."""
    parser = argparse.ArgumentParser(description="Send the messages of a batch through a bare AsyncOpenAI.")
    parser.add_argument("requests", type=Path)
    parser.add_argument("--url", required=True)
    parser.add_argument("--workers", type=int, default=64)
    flags = parser.parse_args()
    requests = list(read_requests(flags.requests))
    started = time.monotonic()
    good = asyncio.run(ask(flags.url, requests, flags.workers))
    print(json.dumps({"asked": len(requests), "good": good, "started": started, "ended": time.monotonic()}))


if __name__ == "__main__":
    main()
