"""`drafter doctor` asks the configured model for real and says what to mend."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from .conftest import Runner


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self._send(200, {"object": "list", "data": [{"id": name, "object": "model"} for name in ("qwen3", "llama4")]})

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        server: Any = self.server
        server.requests.append(request)
        if request["model"] == "unknown":
            return self._send(404, {"error": {"message": "model not found"}})
        if "max_tokens" in request and server.picky:
            return self._send(400, {"error": {"message": "Unsupported parameter: 'max_tokens'", "param": "max_tokens"}})
        message = {"role": "assistant", "content": '{"subject": "a", "body": "The mail works."}'}
        usage = {"prompt_tokens": 40, "completion_tokens": server.out}
        return self._send(
            200, {"model": "m", "choices": [{"finish_reason": "stop", "message": message}], "usage": usage}
        )

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
    server.requests, server.picky, server.out = [], False, 12
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def look(drafter: Runner, server: Any, model: str = "m") -> tuple[int, dict[str, dict[str, str]], str]:
    ran = drafter("doctor", "--json", "--base-url", f"http://127.0.0.1:{server.server_port}/v1", "--model", model)
    return ran.code, {row["what"]: row for row in map(json.loads, ran.out.splitlines())}, ran.err


def test_the_model_is_asked_as_for_a_mail(drafter: Runner, server: Any) -> None:
    code, rows, _ = look(drafter, server)
    assert code == 0 and rows["model answers"]["message"] == "“The mail works.” as json_schema; 40 tokens in, 12 out"
    assert "response_format" in server.requests[0]
    assert rows["price"]["state"] == "warn" and "thinking" not in rows


def test_a_model_that_thinks_at_length_is_remarked(drafter: Runner, server: Any) -> None:
    server.out = 900
    _, rows, _ = look(drafter, server)
    assert rows["thinking"]["state"] == "warn" and "900 tokens for one sentence" in rows["thinking"]["message"]


def test_an_unknown_model_is_answered_with_the_known_ones(drafter: Runner, server: Any) -> None:
    code, rows, _ = look(drafter, server, "unknown")
    assert code == 1 and rows["model answers"]["state"] == "fail"
    assert rows["model answers"]["message"].endswith("The server knows: llama4, qwen3")


def test_a_refused_field_is_said_once(drafter: Runner, server: Any) -> None:
    server.picky = True
    code, rows, err = look(drafter, server)
    assert code == 0 and rows["model answers"]["state"] == "ok"
    assert err.count("does not take “max_tokens”; it is left out") == 1


def test_where_drafts_are_kept_is_said_and_nothing_is_made(drafter: Runner, tmp_path: Path) -> None:
    rows = {row["what"]: row for row in map(json.loads, drafter("doctor", "--json").out.splitlines())}
    assert rows["drafts"]["message"].startswith("none kept yet") and not (tmp_path / "data").exists()
    drafter("draft", "-", stdin='{"name": "Ama Osei", "papers": ["Forgotten Twice"]}')
    rows = {row["what"]: row for row in map(json.loads, drafter("doctor", "--json").out.splitlines())}
    assert rows["drafts"]["message"].startswith("1 kept in ")
