"""`drafter library`: lint and convert."""

import json
from pathlib import Path

from .conftest import Runner

DOCUMENT = """# Points
## 1. RL (强化学习)
- 如何设计 reward signal 来匹配策略优化
- 多智能体系统与大规模环境哪个更有效
## 2. 编译器 (Compilers)
- 如何用 autotuning 搜索算子调度空间
"""


def test_lint_of_the_bundled_library_ends_well(drafter: Runner) -> None:
    ran = drafter("library", "lint", "--json")
    assert ran.code == 0
    assert {json.loads(line)["level"] for line in ran.out.splitlines()} <= {"warning"}
    assert "115 tracks: 0 errors" in ran.err


def test_convert_writes_files_that_load_with_the_same_ids(drafter: Runner, tmp_path: Path) -> None:
    document, out = tmp_path / "points.md", tmp_path / "library"
    document.write_text(DOCUMENT, encoding="utf-8")
    assert drafter("library", "convert", str(document), "--out", str(out)).code == 0
    read, converted = (
        [json.loads(line)["track"] for line in drafter("tracks", "--json", "--library", str(place)).out.splitlines()]
        for place in (document, out)
    )
    assert sorted(converted) == sorted(read) == ["compilers.1", "rl.1", "rl.2"]
    assert "ideas:" in (out / "rl.yaml").read_text(encoding="utf-8")
    again = drafter("library", "convert", str(document), "--out", str(out))
    assert again.code == 1 and "not empty" in again.err


def test_a_broken_library_is_named_with_its_line(drafter: Runner, tmp_path: Path) -> None:
    (tmp_path / "rl.yaml").write_text(
        "id: rl\nname: {zh: 强化学习}\ntracks:\n  - id: rl.1\n    zhh: x\n", encoding="utf-8"
    )
    ran = drafter("library", "lint", str(tmp_path))
    assert ran.code == 1 and "rl.yaml:" in ran.err
