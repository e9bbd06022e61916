"""The wheel: complete, and at work in an empty folder."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel and unpack it, as an installer does."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    wheel = next(folder.glob("*.whl"))
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def test_it_holds_prompts_library_and_sender_and_nothing_of_the_workshop(unpacked: Path) -> None:
    assert len(list((unpacked / "drafter/_data/library").glob("*.yaml"))) == 23
    assert len(list((unpacked / "drafter/_data/prompts/tones").glob("*.yaml"))) == 5
    assert (unpacked / "drafter/_data/sender.yaml").exists() and (unpacked / "drafter/py.typed").exists()
    assert {path.name for path in unpacked.iterdir() if not path.name.endswith(".dist-info")} == {"drafter"}
    entry = next(unpacked.glob("*.dist-info")) / "entry_points.txt"
    assert "drafter = drafter.cli.main:run" in entry.read_text(encoding="utf-8")


def test_it_drafts_from_an_empty_folder(unpacked: Path, tmp_path: Path) -> None:
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": str(unpacked)}
    person = '{"name": "沈知远", "position": "副教授", "interests": "语音语言模型；全双工对话"}'
    ran = subprocess.run(
        [sys.executable, "-m", "drafter", "draft", "-", "--json"],
        cwd=tmp_path, env=env, input=person, capture_output=True, text=True, encoding="utf-8", check=True,
    )  # fmt: skip
    draft = json.loads(ran.stdout)
    assert draft["status"] == "ok" and draft["body"].startswith("沈教授：")
    shown = subprocess.run(
        [sys.executable, "-m", "drafter", "doctor"],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    assert str(unpacked) in shown.stdout


def test_help_is_quick_because_it_loads_neither_the_sdk_nor_the_templates() -> None:
    ran = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "drafter", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    loaded = {line.rsplit("|", 1)[-1].strip() for line in ran.stderr.splitlines() if "|" in line}
    assert not loaded & {"openai", "jinja2", "pydantic", "yaml", "tenacity"}


def test_the_public_names_are_those_listed() -> None:
    import drafter

    assert drafter.__all__ == [
        "Candidate", "Draft", "DrafterError", "Finding", "Library", "Mail", "Plan", "Sender", "Wishes",
        "check", "follow_up", "load_library", "map_fields", "plan", "rewrite", "select_tracks", "write",
    ]  # fmt: skip
    assert all(callable(getattr(drafter, name)) for name in drafter.__all__)
    with pytest.raises(AttributeError):
        drafter.nothing  # noqa: B018
