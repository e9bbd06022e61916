"""A library as a folder of YAML files: what is read, and how each fault is named with file, line and place."""

from pathlib import Path

import pytest

from drafter.errors import LibraryError
from drafter.library import load_library, read_field

GOOD = """\
id: {field}
name: {{zh: 某领域, en: some field}}
aliases: [SF]
vocabulary:
  strong: [reward model]
  weak: [reward, "no"]
tracks:
  - id: {field}.1
    zh: "一个问题"
    en: "A question?"
    say:
      en: ["What does {{work}} show?"]
"""


def good(field: str) -> str:
    return GOOD.format(field=field)


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


def refusal(path: Path) -> str:
    with pytest.raises(LibraryError) as caught:
        load_library(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_folder_is_read_in_the_document_s_order_own_fields_next_and_general_last(tmp_path: Path) -> None:
    write(tmp_path, **{name: good(name) for name in ("general", "zebra", "moe", "apple", "rl")})
    (tmp_path / ".hidden.yaml").write_text("no field")
    (tmp_path / "notes.txt").write_text("no field")
    (tmp_path / "apple.yaml").rename(tmp_path / "apple.yml")
    library = load_library(tmp_path)
    assert list(library.fields) == ["rl", "moe", "apple", "zebra", "general"]
    assert library.source == str(tmp_path)


def test_a_field_is_read_as_it_stands(tmp_path: Path) -> None:
    field = read_field(write(tmp_path, rl="\ufeff" + good("rl")) / "rl.yaml")
    assert (field.id, field.name.en, field.aliases) == ("rl", "some field", ("SF",))
    assert field.vocabulary.weak == ("reward", "no")
    assert field.tracks[0].say.en == ("What does {work} show?",)


TRACK = "id: rl\nname: {zh: 强化}\ntracks:\n  - id: rl.1\n    zh: 问题\n"
"""A field with one track, to which a fault is added."""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id: rl\nname: {zh: 强化\ntracks: []  # <-\n", "is no valid YAML: "),
        ("id: rl\nname: {zh: 强化}\n tracks: []  # <-\n", "is no valid YAML: "),
        (TRACK + "    zh: 又一个  # <-\n", "is no valid YAML: “zh” stands twice"),
        (TRACK + "titel: x  # <-\n", "titel: Extra inputs are not permitted"),
        (TRACK + "    sugests: x  # <-\n", "tracks[0].sugests: Extra inputs are not permitted"),
        (TRACK + "    say:\n      en: ['Why?']  # <-\n", "tracks[0].say: en: each sentence holds {work} once: “Why?”"),
        (
            TRACK + "    say:\n      en: ['I read {work}. Why?']  # <-\n",
            "tracks[0].say: en: must be one sentence that ends in one of .?: “I read {work}. Why?”",
        ),
        (TRACK + "    say:\n      zh: ['读了{work}。为何？']  # <-\n", "tracks[0].say: zh: must be one sentence"),
        ("id: RL  # <-\nname: {zh: 强化}\ntracks: []\n", "id: String should match pattern"),
        (TRACK + "  - id: rl-2  # <-\n    zh: 问题\n", "tracks[1].id: String should match pattern"),
        (
            TRACK + "  - id: nlp.2  # <-\n    zh: 问题\n",
            "tracks[1]: track nlp.2 does not begin with the field's id “rl”",
        ),
        (TRACK + "  - id: rl.2  # <-\n", "tracks[1].zh: Field required"),
        (TRACK + "    twins: rl.2  # <-\n", "tracks[0].twins: Input should be a valid tuple"),
        (TRACK + "    kind: other  # <-\n", "tracks[0].kind: Input should be 'technical' or 'fde'"),
        (TRACK + "    suits: [no]  # <-\n", "tracks[0].suits[0]: Input should be a valid string"),
        (
            TRACK + "vocabulary:\n  weak:\n    - fine\n    - no  # <-\n    - yes\n",
            "vocabulary.weak[1]: Input should be a valid string (and 1 more)",
        ),
        (TRACK + "aliases: ['  ']  # <-\n", "aliases[0]: must not be empty"),
        ("id: rl  # <-\nname: {zh: 强化}\n", "tracks: Field required"),
    ],
)
def test_a_fault_within_a_file_is_named_with_file_line_and_place(tmp_path: Path, text: str, said: str) -> None:
    """`# <-` marks the line that is named."""
    write(tmp_path, moe=good("moe"), rl=text)
    line = next(number for number, line in enumerate(text.splitlines(), start=1) if "# <-" in line)
    assert refusal(tmp_path).startswith(f"{tmp_path / 'rl.yaml'}:{line}: {said}")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "must hold one field"),
        ("- a list", "must hold one field"),
        ("just text", "must hold one field"),
        ("id: \x07", "is no valid YAML: "),
        ("id: 2024-13-45", "is no valid YAML: "),
    ],
)
def test_a_file_that_is_no_field_is_named(tmp_path: Path, text: str, said: str) -> None:
    write(tmp_path, rl=text)
    assert refusal(tmp_path).startswith(f"{tmp_path / 'rl.yaml'}: {said}")


def test_a_file_that_is_not_utf_8_is_named(tmp_path: Path) -> None:
    (tmp_path / "rl.yaml").write_bytes(good("rl").encode("gb18030"))
    assert refusal(tmp_path).startswith(f"{tmp_path / 'rl.yaml'}: cannot be read (")
    assert refusal(tmp_path).endswith("Save it as UTF-8 text")


@pytest.mark.parametrize(
    ("added", "said"),
    [
        (
            "  - id: rl.2  # <-\n    zh: 问题\n    twins: [moe.1]\n",
            "rl.2 names moe.1 as its twin, which does not name it",
        ),
        ("  - id: rl.2  # <-\n    zh: 问题\n    twins: [moe.9]\n", "rl.2 names moe.9 as its twin"),
        ("  - id: rl.2  # <-\n    zh: 问题\n    ideas_from: moe.9\n", "rl.2 takes its ideas from moe.9"),
        ("  - {id: rl.2, zh: 问题, part_of: moe.9}  # <-\n", "rl.2 is part of moe.9, which is no track"),
        ("  - zh: 问题\n    id: 'rl.1'  # <-\n", "track “rl.1” stands twice"),
    ],
)
def test_a_fault_between_tracks_is_named_with_the_track_s_file_and_line(tmp_path: Path, added: str, said: str) -> None:
    text = TRACK + added
    write(tmp_path, moe=good("moe"), rl=text, zebra=good("zebra"))
    line = next(number for number, line in enumerate(text.splitlines(), start=1) if "# <-" in line)
    assert refusal(tmp_path).startswith(f"{tmp_path / 'rl.yaml'}:{line}: {said}")


def test_a_field_in_two_files_is_named_with_the_second(tmp_path: Path) -> None:
    write(tmp_path, a=good("rl"), b=good("rl"))
    assert refusal(tmp_path) == f"{tmp_path / 'b.yaml'}:1: field “rl” stands twice"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("empty", "holds no .yaml file"),
        ("nowhere", "no such file or folder"),
        ("library.txt", "is neither a folder of YAML files nor a .md document"),
    ],
)
def test_what_is_no_library_is_told_why(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "library.txt").write_text("id: rl")
    assert refusal(tmp_path / name).startswith(f"{tmp_path / name}: {said}")
