"""With real processes: clerks of their own, a model server on this machine, and kills."""

import asyncio
import csv
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from drafter.batch.clerk import Job
from drafter.batch.office import Clerks
from drafter.errors import DrafterError
from drafter.llm import Message
from drafter.store import Pending
from tests.batch.conftest import PAPER, Answering, Batch, mail_to, name_in
from tests.test_drafting import reply

ROOT = Path(__file__).parent.parent.parent
ROWS, AT_ONCE = 30, 4


async def test_a_clerk_in_a_process_of_its_own_asks_for_every_call(batch: Batch) -> None:
    run = batch.taken_in(batch.people("Ama Osei", "Bo Osei"))
    first, second = batch.runs.pending(run)
    async with Clerks(batch.setup, batch.runs, batch.model, batch.library, clerks=1) as office:
        jobs = (office.do(row, Job(row.record, row.place, row.ordinal)) for row in (first, second))
        done = await asyncio.gather(*jobs)
    assert [json.loads(each.made[0].data)["body"] for each in done] == [mail_to("Ama Osei"), mail_to("Bo Osei")]
    assert batch.model and batch.model.asked == {"Ama Osei": 1, "Bo Osei": 1}
    assert [clerk._process.returncode for clerk in office._clerks] == [0], "it left when it was told to"


async def test_a_clerk_that_is_gone_ends_the_run_and_holds_nobody_up(batch: Batch) -> None:
    class Killing(Answering):
        async def complete(self, messages: Any, *, schema: Any = None) -> Any:
            os.kill(office._clerks[0]._process.pid, signal.SIGKILL)
            await asyncio.sleep(3600)

    run = batch.taken_in(batch.people("Ama Osei"))
    (row,) = batch.runs.pending(run)
    async with Clerks(batch.setup, batch.runs, Killing(), batch.library, clerks=1) as office:
        with pytest.raises(DrafterError, match="a helper process has ended"):
            await office.do(row, Job(row.record, row.place, row.ordinal))


async def test_a_library_that_cannot_be_read_is_one_error(batch: Batch, tmp_path: Path) -> None:
    broken = replace(batch.setup, library=tmp_path)
    with pytest.raises(DrafterError):
        async with Clerks(broken, batch.runs, batch.model, batch.library, clerks=1):
            pass


def test_a_row_stands_for_itself() -> None:
    row = Pending(1, 0, "people.csv:2", {"name": "Ama Osei"}, 0, "")
    assert Job(row.record, row.place, row.ordinal).mends is None


class Handler(BaseHTTPRequestHandler):
    """Answers every request with a good mail, a little later."""

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        server: Any = self.server
        with server.lock:
            server.calls += 1
        time.sleep(0.05)
        name = name_in([Message(m["role"], m["content"]) for m in request["messages"]])
        choice = {
            "index": 0,
            "finish_reason": "stop",
            "message": {"role": "assistant", "content": reply(mail_to(name))},
        }
        body = json.dumps({"choices": [choice], "usage": {"prompt_tokens": 10, "completion_tokens": 5}}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    calls = 0
    lock = threading.Lock()

    def handle_error(self, *_: object) -> None:
        """A client that was killed is part of the play."""


@pytest.fixture
def server() -> Iterator[Server]:
    found = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=found.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield found
    found.shutdown()
    thread.join()
    found.server_close()


def people(path: Path) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["name", "email", "papers"])
        for n in range(ROWS):
            name = f"Ama {chr(65 + n // 26)}{chr(97 + n % 26)}osei"
            table.writerow([name, f"p{n}@example.org", PAPER])
    return path


def begun(folder: Path, server: Server) -> "subprocess.Popen[str]":
    command = [
        *(sys.executable, "-m", "drafter", "batch", str(folder / "people.csv"), "--out", str(folder / "out"), "--yes"),
        *("--model", "m", "--base-url", f"http://127.0.0.1:{server.server_port}/v1", "--no-judge"),
        *("--store", str(folder / "s.sqlite3"), "--concurrency", str(AT_ONCE), "--field", "rl", "--tracks", "rl.2,rl.5", "--count", "2"),
    ]  # fmt: skip
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, cwd=folder, env=env, text=True, stderr=subprocess.PIPE, start_new_session=True)


def wait_for(condition: Any, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it does not come"
        time.sleep(0.005)


def test_after_kills_every_row_is_drafted_once_and_little_is_asked_twice(server: Server, tmp_path: Path) -> None:
    people(tmp_path / "people.csv")
    kills = 0
    for calls in (1, ROWS // 2):
        process = begun(tmp_path, server)
        wait_for(lambda calls=calls, process=process: server.calls >= calls or process.poll() is not None)  # type: ignore[misc]
        os.killpg(process.pid, signal.SIGKILL)
        _, told = process.communicate(timeout=30)
        kills += 1
        assert "Traceback" not in told
    process = begun(tmp_path, server)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 0, told
    with (tmp_path / "out" / "drafts.csv").open(encoding="utf-8-sig", newline="") as file:
        found = list(csv.DictReader(file))
    assert [row["body"] for row in found] == [mail_to(row["name"]) for row in found] and len(found) == ROWS
    assert server.calls <= ROWS + kills * AT_ONCE


def test_one_signal_finishes_what_is_under_way_and_says_how_to_go_on(server: Server, tmp_path: Path) -> None:
    people(tmp_path / "people.csv")
    process = begun(tmp_path, server)
    wait_for(lambda: server.calls >= 3)
    process.send_signal(signal.SIGTERM)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130 and "to go on: drafter batch" in told and "Traceback" not in told
    with (tmp_path / "out" / "drafts.csv").open(encoding="utf-8-sig", newline="") as file:
        assert len(list(csv.DictReader(file))) == server.calls, "whatever was asked for is in the table"
