"""The documents are held to the program: outputs are true, commands run, every command is named, links lead somewhere."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bench.__main__ import figures
from drafter.cli.main import app

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a `drafter` command line in a folder with the examples, which is its home too; both outputs in one."""
    (folder / "examples").symlink_to(ROOT / "examples")
    arguments = command.split("#")[0].split()[1:]
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-m", "drafter", *arguments],
        cwd=folder, env=env, text=True, encoding="utf-8", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
    )  # fmt: skip


def block(marker: str) -> str:
    """Return the text block under `<!-- output: ... -->`."""
    match = re.search(rf"<!-- output: {re.escape(marker)} -->\n```text\n(.*?)```", README, re.S)
    assert match, marker
    return match.group(1)


def test_the_readme_begins_with_one_sentence_and_two_commands() -> None:
    begin = README.split("\n\n")
    assert begin[0] == "# drafter" and begin[1].count(".") == 1
    assert [line.split("#")[0].strip() for line in begin[2].splitlines()] == ["make demo", "make test"]


def test_the_mail_in_the_readme_is_what_the_demo_prints(tmp_path: Path) -> None:
    command = "drafter draft examples/candidates.csv --model offline"
    assert block(command) in run(command, tmp_path).stdout


def test_the_figures_in_the_readme_are_those_of_make_eval() -> None:
    assert block("python -m bench").strip() == "\n".join(figures()).strip()


COMMANDS = [line[2:] for line in README.splitlines() if line.startswith("$ drafter ")]


@pytest.mark.parametrize("command", [c for c in COMMANDS if "people.csv" not in c])
def test_every_offline_command_of_the_readme_runs(command: str, tmp_path: Path) -> None:
    ran = run(command, tmp_path)
    assert ran.returncode in (0, 3), ran.stdout
    assert "error:" not in ran.stdout or ran.returncode == 3


def test_the_python_of_the_readme_runs() -> None:
    code = re.search(r"```python\n(.*?)```", README, re.S)
    assert code
    ran = subprocess.run(
        [sys.executable, "-c", code.group(1)], cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=True
    )
    assert ran.stdout.startswith("ok [('federated-learning")


def test_every_command_is_in_the_readme_and_has_help() -> None:
    for group in app.registered_groups:
        for command in group.typer_instance.registered_commands if group.typer_instance else ():
            assert f"`drafter {group.name} {command.name}" in README, command.name
    for command in app.registered_commands:
        assert f"`drafter {command.name}" in README, command.name
        assert command.callback and command.callback.__doc__


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", document.read_text(encoding="utf-8")):
        assert "://" in target or (document.parent / target).exists(), target


def test_every_rule_of_a_finding_is_documented() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "drafter").rglob("*.py"))
    rules = set(re.findall(r'rule="([a-z.]+)"', code)) | set(
        re.findall(r'_(?:finding|note)\(\s*"([a-z]+\.[a-z]+)"', code)
    )
    rules |= {f"facts.{rule}" for rule in re.findall(r'_error\(\s*"([a-z]+)"', code)}
    checking = (ROOT / "docs" / "checking.md").read_text(encoding="utf-8")
    assert {rule for rule in rules if f"`{rule}`" not in checking} == set()


def test_no_document_or_file_names_a_package_host_or_a_machine_s_path() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    hosts = re.compile("|".join(["files.python" + "hosted", "pypi" + r"\.org", "index" + "-url"]))
    paths = re.compile(r"(?<![\w.])/(?:" + "wo" + r"rk|root|home)/")
    for name in tracked:
        path = ROOT / name
        if path.suffix in (".md", ".py", ".txt", ".toml", ".yaml", ".j2", "") and path.is_file() and name != "Makefile":
            text = path.read_text(encoding="utf-8")
            assert not hosts.search(text) and not paths.search(text), name
