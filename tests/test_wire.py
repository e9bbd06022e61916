"""The whole program against a model server on this machine that behaves well, badly, and not at all."""

import json
import os
import re
import subprocess
import sys
import threading
from collections import defaultdict
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.test_drafting import GOOD, ONE_MISSING, reply

ROOT = Path(__file__).parent.parent

WRONG_LANGUAGE = reply(
    "林老师：\n\n"
    + "奖励模型为什么会被钻空子，多智能体和大规模环境哪一个更有效，想听您的看法。" * 4
    + "\n\n祝好\n许闻笙",
    "两个问题",
)

SCRIPTS: dict[str, list[str]] = {
    "Ama Good": [reply(GOOD.replace("Ama Osei", "Ama Good"))],
    "Ama Missing": [reply(t.replace("Ama Osei", "Ama Missing")) for t in (ONE_MISSING, GOOD)],
    "Ama Broken": ['{"subject": "Two questions", "body": "Dear Ama', reply(GOOD.replace("Ama Osei", "Ama Broken"))],
    "Ama Language": [WRONG_LANGUAGE] * 3,
    "Ama Garbage": ["I would rather not."] * 3,
}
"""What the server answers to each person's mails, in turn."""


def judgement(case: str) -> str:
    """Answer a question about a mail: it raises nothing that was left open, and states nothing that could be wrong."""
    ideas = [{"id": id, "quote": "", "answer": "no"} for id in re.findall(r"^- (P[\d.]+): ", case, re.M)]
    last = re.search(r"sentences 1 to (\d+)", case)
    numbers = range(1, int(last.group(1)) + 1) if last else ()
    nothing = {"quote": "", "class": "nothing", "reason": ""}
    return json.dumps({"ideas": ideas, "sentences": [{"number": number, **nothing} for number in numbers]})


def completion(content: str) -> dict[str, Any]:
    """Return what an OpenAI-compatible server answers."""
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": content}}
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
    return {"id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": usage}


class Handler(BaseHTTPRequestHandler):
    """Answers by the name in the last user message."""

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        last = request["messages"][-1]["content"]
        if "Which of these research fields" in last:
            return self._send(200, completion(json.dumps({"ids": ["cv"], "reason": "shapes"})))
        name = next((n for n in SCRIPTS if n in last), None)
        server: Any = self.server
        asked_to_judge = "MAIL-BEGIN" in last
        if server.status != 200 or not (name or asked_to_judge):
            return self._send(server.status, {"error": {"message": "no key sk-secret-123", "type": "invalid"}})
        if asked_to_judge:
            server.judged.append("CONTEXT-BEGIN" in last and name)
            content = judgement(last)
        else:
            content = SCRIPTS[name][server.turns[name]]
            server.turns[name] += 1
        return self._send(200, completion(content))

    def _send(self, status: int, payload: dict[str, Any]) -> None:
        body = json.dumps(payload).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Stay silent."""


@pytest.fixture
def server() -> Iterator[Any]:
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.turns, server.status, server.judged = defaultdict(int), 200, []
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def draft(port: int, tmp_path: Path, names: list[str], *flags: str) -> subprocess.CompletedProcess[str]:
    rows = "".join(
        json.dumps(
            {
                "id": name,
                "name": name,
                "papers": ["Forgotten Twice: Re-contamination After Unlearning"],
                "bio": "I study reward models.",
            }
        )
        + "\n"
        for name in names
    )
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": str(ROOT), "OPENAI_API_KEY": "sk-secret-123",
           "OPENAI_BASE_URL": f"http://127.0.0.1:{port}/v1", "NO_PROXY": "127.0.0.1"}  # fmt: skip
    return subprocess.run(
        [sys.executable, "-m", "drafter", "draft", "-", "--model", "m", "--field", "rl", "--tracks", "rl.2,rl.5", "--json", *flags],
        cwd=tmp_path, env=env, input=rows, capture_output=True, text=True, encoding="utf-8", check=False, timeout=120,
    )  # fmt: skip


def test_good_missing_broken_and_wrong_language_go_through_draft_repair_and_review(server: Any, tmp_path: Path) -> None:
    ran = draft(server.server_port, tmp_path, list(SCRIPTS))
    rows = [json.loads(line) for line in ran.stdout.splitlines()]
    assert ran.returncode == 3
    assert [(row.get("status"), row.get("attempts")) for row in rows] == [
        ("ok", 1), ("ok", 2), ("ok", 2), ("needs_review", 3), ("needs_review", 3),
    ]  # fmt: skip
    assert "writer.reply" in {f["rule"] for f in rows[4]["findings"]} and rows[4]["body"] == ""
    assert "form.language" in {f["rule"] for f in rows[3]["findings"]}
    assert "sk-secret-123" not in ran.stdout + ran.stderr
    assert sorted(filter(None, server.judged)) == sorted(set(SCRIPTS) - {"Ama Garbage"}), "each mail's facts once"
    assert [f for row in rows[:4] for f in row["findings"] if f["rule"].startswith("judge")] == []


def test_no_judge_asks_for_no_second_look(server: Any, tmp_path: Path) -> None:
    ran = draft(server.server_port, tmp_path, ["Ama Good"], "--no-judge")
    assert json.loads(ran.stdout)["status"] == "ok" and server.judged == []


def test_a_refused_key_ends_the_run_at_once(server: Any, tmp_path: Path) -> None:
    server.status = 401
    ran = draft(server.server_port, tmp_path, ["Ama Good", "Ama Missing"])
    assert ran.returncode == 4 and ran.stdout == ""
    assert len(ran.stderr.strip().splitlines()) == 1
    assert "sk-secret-123" not in ran.stderr and "Traceback" not in ran.stderr


def test_a_garbled_model_is_replaced_where_a_fallback_is_asked_for(server: Any, tmp_path: Path) -> None:
    ran = draft(server.server_port, tmp_path, ["Ama Garbage"], "--fallback", "offline")
    row = json.loads(ran.stdout)
    assert ran.returncode == 0 and row["model"] == "offline"
    assert "writer.fallback" in {f["rule"] for f in row["findings"]}


def test_assist_asks_the_model_about_a_field_and_says_so(server: Any, tmp_path: Path) -> None:
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": str(ROOT), "OPENAI_API_KEY": "sk-secret-123",
           "OPENAI_BASE_URL": f"http://127.0.0.1:{server.server_port}/v1", "NO_PROXY": "127.0.0.1"}  # fmt: skip
    ran = subprocess.run(
        [sys.executable, "-m", "drafter", "map", "-", "--assist", "--model", "m", "--json"],
        cwd=tmp_path, env=env, input='{"id": "v", "name": "V", "papers": ["On the Shape of Things"]}', capture_output=True, text=True,
        encoding="utf-8", check=True, timeout=120,
    )  # fmt: skip
    match = json.loads(ran.stdout)["fields"][0]
    assert match["field"] == "cv" and match["evidence"][0] == {"text": "shapes", "source": "assist"}
    assert "the model says: cv" in ran.stderr
