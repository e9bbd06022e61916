from pathlib import Path

import pytest

from drafter.candidate import Candidate, Contact, Paper, Sender
from drafter.tables import FORMATS
from drafter.tables.headings import ALIASES, BIBTEX, FIRST_NAME, LAST_NAME, OTHER_EMAIL

TEXT = (Path(__file__).parents[2] / "docs" / "input.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("key", [*Candidate.model_fields, *Sender.model_fields])
def test_every_key_is_described(key):
    assert f"`{key}`" in TEXT


@pytest.mark.parametrize("model", [Paper, Contact])
def test_the_keys_of_inner_records_are_complete(model):
    assert f"{{{', '.join(model.model_fields)}}}" in TEXT


@pytest.mark.parametrize(("name", "format"), FORMATS.items())
def test_every_format_is_described(name, format):
    assert f"| `{name}` | {' '.join(f'`{ending}`' for ending in format.endings)} |" in TEXT
    assert f".{name}" in format.endings


def test_all_headings_are_listed():
    assert all(f"| `{key}` | {names} |" in TEXT for key, names in ALIASES.items())
    assert all(names in TEXT for names in (FIRST_NAME, LAST_NAME, OTHER_EMAIL, BIBTEX))
