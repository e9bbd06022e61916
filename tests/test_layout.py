"""The house: imports point to lower ranks, and each outside package has one owner."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "drafter"

RANKS = {
    "errors": -1, "settings": 0, "text": 0,
    "candidate": 1, "matching": 1, "llm": 1,
    "library": 2, "tables": 2, "address": 2, "steering": 2, "tones": 2,
    "mapper": 3, "selector": 4,
    "report": 4, "planning": 5,
    "prompting": 6, "composer": 6, "checker": 6,
    "lint": 7, "judge": 7, "assist": 7,
    "drafting": 8,
    "store": 9,
    "desk": 10,
    "api": 11,
    "batch": 12,
    "cli": 13,
}  # fmt: skip

OWNERS = {"openai": {"llm"}, "aiohttp": {"llm"}, "httpx2": {"llm"}, "filelock": {"batch"}, "rich": {"cli"}, "tenacity": {"llm"}, "typer": {"cli"}, "jinja2": {"prompting"}, "ahocorasick": {"matching"}, "opencc": {"text"},
          "python_calamine": {"tables"}, "dotenv": {"settings"}, "platformdirs": {"settings"}, "sqlite3": {"store"},
          "bibtexparser": {"tables"}, "pylatexenc": {"tables"}}  # fmt: skip


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


MODULES = sorted(path for path in PACKAGE.rglob("*.py") if room(path) not in ("__init__", "__main__", "_data"))


def imports(path: Path) -> set[str]:
    """Return the full names of all modules that a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are written in full"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_point_down_the_ranks(path: Path) -> None:
    mine = room(path)
    for name in imports(path):
        if name.startswith("drafter."):
            other = name.split(".")[1]
            assert other == mine or RANKS[other] < RANKS[mine], f"{mine} (rank {RANKS[mine]}) imports {other}"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_each_outside_package_has_its_owner(path: Path) -> None:
    for name in imports(path):
        owners = OWNERS.get(name.split(".")[0])
        assert owners is None or room(path) in owners


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_only_the_command_line_prints_and_only_settings_read_the_environment(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    called = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert room(path) == "cli" or not called & {"print", "exit", "input"}
    attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert room(path) == "settings" or not attributes & {"environ", "getenv"}
