"""Rules on a library: each fault is found, and a sound library has none."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from drafter.library import Library, load_library
from drafter.lint import check_library

TRACK = {
    "id": "rl.1",
    "zh": "奖励信号怎样才能和策略更新合拍？",
    "en": "Which reward signal suits the policy update?",
    "say": {
        "zh": ["{work}让我想到，奖励信号怎样才能和策略更新合拍？"],
        "en": ["Given {work}, which reward signal suits the policy update?"],
    },
    "ideas": [
        {"name": "reward signal", "zh": ["奖励信号"], "en": ["reward signal"]},
        {"name": "policy update", "zh": ["策略更新"], "en": ["policy update"]},
    ],
    "examples": {
        "raises": ["A reward signal for each policy update?"],
        "mentions": ["I like reward signals."],
        "misses": ["Policy updates are slow."],
    },
}
SIBLING = {
    "id": "rl.2",
    "zh": "多智能体还是大规模环境？",
    "en": "Many agents or many environments?",
    "ideas": [
        {"name": "agents", "zh": ["多智能体"], "en": ["many agents"]},
        {"name": "environments", "zh": ["环境"], "en": ["environment"]},
    ],
}

Build = Callable[..., Library]


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """Return a builder of a library with two tracks, the first one changed by keyword."""

    def make(sibling: dict[str, object] | None = None, **changes: object) -> Library:
        field = {
            "id": "rl",
            "name": {"zh": "强化学习", "en": "reinforcement learning"},
            "vocabulary": changes.pop("vocabulary", {}),
            "tracks": [{**TRACK, **changes}, {**SIBLING, **(sibling or {})}],
        }
        (tmp_path / "rl.yaml").write_text(yaml.safe_dump(field, allow_unicode=True), encoding="utf-8")
        return load_library(tmp_path)

    return make


def rules(library: Library) -> set[tuple[str, str]]:
    return {(finding.rule.removeprefix("library."), finding.level) for finding in check_library(library)}


def test_a_sound_library_has_no_finding(build: Build) -> None:
    assert rules(build()) == set()


def test_the_bundled_library_has_no_error(library: Library) -> None:
    assert [f.message for f in check_library(library) if f.level == "error"] == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"zh": "奖励怎样设计？"}, ("sentence", "error")),
        ({"en": "Which reward signal?"}, ("sentence", "error")),
        ({"zh": "奖励信号和策略更新怎样合拍，多智能体还是大环境？"}, ("collision", "error")),
        ({"en": "Which reward signal suits this year's policy update?"}, ("stale", "warning")),
        ({"en": None}, ("english", "warning")),
        ({"ideas": []}, ("card", "warning")),
        ({"ideas": TRACK["ideas"][:1]}, ("card", "error")),  # type: ignore[index]
        ({"ideas": [{"name": "a", "zh": ["奖励信号", "奖励信号"], "en": ["reward signal"]}, TRACK["ideas"][1]]}, ("card", "warning")),  # type: ignore[index]
        ({"ideas": [{"name": "a", "zh": ["奖励信号"], "en": []}, TRACK["ideas"][1]]}, ("card", "warning")),  # type: ignore[index]
        ({"examples": {"raises": ["Tea?"]}}, ("example", "error")),
        ({"examples": {"mentions": ["A reward signal for each policy update?"]}}, ("example", "error")),
        ({"twins": ["rl.2"], "sibling": {"twins": ["rl.1"]}}, ("twins", "warning")),
        ({"vocabulary": {"strong": ["bandit"], "weak": ["Bandit"]}}, ("vocabulary", "warning")),
    ],
)  # fmt: skip
def test_each_fault_is_found(build: Build, changes: dict[str, object], expected: tuple[str, str]) -> None:
    assert expected in rules(build(**changes))
