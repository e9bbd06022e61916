"""What every test has: no way out of this machine, no settings of the person who runs it, and builders for people."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from drafter.candidate import Candidate, Sender, load_candidate, read_sender
from drafter.library import Library, load_library
from drafter.planning import Planner
from drafter.settings import VARIABLES, data_path

_connect = socket.socket.connect


def _loopback_only(self: socket.socket, address: Any) -> None:
    if self.family != socket.AF_UNIX and str(address[0]) not in ("127.0.0.1", "::1", "localhost"):
        raise AssertionError(f"a test tried to reach {address[0]}")
    _connect(self, address)


@pytest.fixture(autouse=True)
def closed_world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Only loopback answers; nobody's keys, settings or home are seen."""
    monkeypatch.setattr(socket.socket, "connect", _loopback_only)
    for variable in (*VARIABLES, "DEEPSEEK_API_KEY", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("DRAFTER_CONFIG_DIR", str(tmp_path / "no-config"))
    monkeypatch.setenv("DRAFTER_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("HOME", str(tmp_path))
    yield


@pytest.fixture(scope="session")
def library() -> Library:
    """The bundled library."""
    return load_library(data_path("library"))


@pytest.fixture(scope="session")
def planner(library: Library) -> Planner:
    """A planner over the bundled library."""
    return Planner(library)


@pytest.fixture(scope="session")
def sender() -> Sender:
    """The bundled invented sender."""
    return read_sender(data_path("sender.yaml"))


@pytest.fixture
def make_candidate() -> Callable[..., Candidate]:
    """Return a builder of candidates: sensible defaults, changed by keyword."""

    def make(**changes: Any) -> Candidate:
        record = {"id": "c-1", "name": "Ama Osei", "papers": ["Forgotten Twice: Re-contamination After Unlearning"]}
        return load_candidate({**record, **changes}).candidate

    return make
