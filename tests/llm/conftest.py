"""A server that answers by script, twice: on loopback for the SDK's own transport, and under respx for httpx."""

import json
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
import respx

from drafter.llm import ChatModel

KEY = "sk-secret-0123456789"


@dataclass
class Scripted:
    """One scripted answer: JSON or text; perhaps broken off half-way, late, or followed by blank lines for ever."""

    body: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    breaks_off: bool = False
    late: float = 0.0
    drips: bool = False

    @property
    def raw(self) -> bytes:
        return (self.body if isinstance(self.body, str) else json.dumps(self.body)).encode()

    @property
    def kind(self) -> str:
        is_page = isinstance(self.body, str) and "<html" in self.body
        return "text/html; charset=utf-8" if is_page else "application/json"


def chat(content: Any = "Hello.", finish: str = "stop", usage: Any = None, **message: Any) -> dict[str, Any]:
    """Return the body of a chat completion."""
    return {
        "id": "c1",
        "object": "chat.completion",
        "model": "served-model",
        "choices": [
            {"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": content, **message}}
        ],
        "usage": usage or {"prompt_tokens": 10, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 4}},
    }


class World:
    """What a test scripts and looks at. The last answer of the script is given for ever."""

    address: str

    def __init__(self) -> None:
        self.script: deque[Scripted] = deque()
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.slept: list[float] = []
        self.models: list[ChatModel] = []
        self.http_client: Any = None

    def answers(self, *script: Any) -> None:
        self.script = deque(entry if isinstance(entry, Scripted) else Scripted(entry) for entry in script)

    def take(self, body: bytes, headers: dict[str, str]) -> Scripted:
        self.requests.append(json.loads(body))
        self.headers.append({name.lower(): value for name, value in headers.items()})
        return self.script.popleft() if len(self.script) > 1 else self.script[0]

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    def model(self, **options: Any) -> ChatModel:
        options = {"sleep": self.sleep, "http_client": self.http_client, **options}
        self.models.append(ChatModel("test-model", self.address, KEY, **options))
        return self.models[-1]

    async def aclose(self) -> None:
        for model in self.models:
            await model.aclose()
        if self.http_client is not None:
            await self.http_client.aclose()


def _handler(world: World) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body in one packet: two cost 40 ms of waiting for an acknowledgement

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer = world.take(body, dict(self.headers.items()))
            time.sleep(answer.late)
            self.send_response(answer.status)
            headers = {
                "Content-Type": answer.kind,
                "Content-Length": str(10**6 if answer.drips else len(answer.raw)),
                **answer.headers,
            }
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            if answer.breaks_off:
                self.wfile.write(answer.raw[: len(answer.raw) // 2])
                self.close_connection = True
            elif answer.drips:
                while True:  # until the client hangs up
                    self.wfile.write(b"\n")
                    self.wfile.flush()
                    time.sleep(0.01)
            else:
                self.wfile.write(answer.raw)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A client that has gone away is part of the play."""


@pytest.fixture
async def loopback() -> AsyncIterator[World]:
    """A real server, spoken to through the SDK's own transport."""
    world = World()
    server = _Server(("127.0.0.1", 0), _handler(world))
    world.address = f"http://127.0.0.1:{server.server_port}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield world
    await world.aclose()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
async def mocked() -> AsyncIterator[World]:
    """An address that exists for httpx alone; much faster."""
    world = World()
    world.address = "https://api.example.com/v1"

    def answer(request: httpx.Request) -> httpx.Response:
        scripted = world.take(request.content, dict(request.headers))
        if scripted.breaks_off:
            raise httpx.ReadError("connection reset")
        if scripted.late or scripted.drips:
            raise httpx.ReadTimeout("too late")
        headers = {"content-type": scripted.kind, **scripted.headers}
        return httpx.Response(scripted.status, content=scripted.raw, headers=headers)

    with respx.mock(assert_all_called=False) as router:
        router.post("https://api.example.com/v1/chat/completions").mock(side_effect=answer)
        world.http_client = httpx.AsyncClient(verify=False)
        yield world
        await world.aclose()


@pytest.fixture(params=["loopback", "mocked"])
def world(request: pytest.FixtureRequest) -> World:
    """Both in turn."""
    world: World = request.getfixturevalue(request.param)
    return world


@pytest.fixture
def reply() -> Callable[..., dict[str, Any]]:
    return chat


@pytest.fixture
def scripted() -> type[Scripted]:
    return Scripted


@pytest.fixture
def key() -> str:
    return KEY
