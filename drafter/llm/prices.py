"""What tokens cost: a small dated table, and the user's own in front of it."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, NonNegativeFloat, ValidationError

from drafter.errors import SettingsError
from drafter.llm.base import Usage

TABLE = Path(__file__).with_name("prices.toml")
_DATED = re.compile(r"-(?:\d{4}-\d{2}-\d{2}|\d{6,8})$")


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid")

    input: NonNegativeFloat
    cached: NonNegativeFloat
    output: NonNegativeFloat
    write: NonNegativeFloat | None = None
    source: str = ""


@dataclass(frozen=True)
class Price:
    """What a model costs, in US dollars for a million tokens.

    Args:
        input: sent, and in no cache.
        cached: read from the provider's cache.
        write: written to its cache.
        output: of the answer.
    """

    input: float
    cached: float
    write: float
    output: float

    def of(self, usage: Usage) -> float:
        """Return what some tokens cost, in US dollars."""
        uncached = max(0, usage.input - usage.cached - usage.written)
        parts = (
            (uncached, self.input),
            (usage.cached, self.cached),
            (usage.written, self.write),
            (usage.output, self.output),
        )
        return sum(tokens * price for tokens, price in parts) / 1_000_000


FREE = Price(0.0, 0.0, 0.0, 0.0)
"""What a model on one's own machine costs."""


def price_of(model: str, own: Path | None = None) -> Price | None:
    """Return what a model costs, None if neither table knows.

    Args:
        model: its name; a date at the end may be missing in the table.
        own: the user's table.

    Raises:
        SettingsError: the user's table cannot be read.
    """
    names = (model, _DATED.sub("", model))
    for path in filter(None, (own, TABLE)):
        table = _read(path)
        for name in names:
            if name in table:
                return table[name]
    return None


def _read(path: Path) -> Mapping[str, Price]:
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        rows = {name: _Row.model_validate(row) for name, row in data.items()}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"cannot be read as TOML ({error})", where=str(path)) from error
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        message = f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}"
        raise SettingsError(
            message, where=str(path), next="A price has input, cached and output, in dollars"
        ) from error
    return {
        name: Price(row.input, row.cached, row.input if row.write is None else row.write, row.output)
        for name, row in rows.items()
    }
