"""Ways of speaking, one YAML file each: what a model is told, and what the offline composer makes of it."""

from collections.abc import Iterable
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from drafter.candidate import Language, Localized, explain
from drafter.errors import PromptError


class Voice(BaseModel):
    """What the offline composer changes in one language for a tone."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    lead: tuple[str, ...] = ()
    """Sentences to choose from that stand before the questions; `{count}` is their number in words."""
    close: tuple[str, ...] = ()
    """Closing lines to choose from, instead of the usual ones."""


class Offline(BaseModel):
    """What the offline composer makes of a tone."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    zh: Voice = Voice()
    en: Voice = Voice()
    short: bool = False
    """Leave out what is offered and what the lab works on."""


class Tone(BaseModel):
    """A way of speaking."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    name: Localized
    zh: str
    """What a model that writes Chinese is told."""
    en: str
    """The same for English."""
    offline: Offline | None = None
    """None: without a model the mail is the same as in any other tone, and a warning says so."""

    def text(self, language: Language) -> str:
        """Return the tone's words for mails in a language."""
        return self.zh if language == "zh" else self.en

    def voice(self, language: Language) -> Voice:
        """Return what the offline composer changes for mails in a language."""
        offline = self.offline or Offline()
        return offline.zh if language == "zh" else offline.en


def read_tones(folders: Iterable[Path]) -> dict[str, Tone]:
    """Return all tones by id, in the order of their names; a later folder's tone takes the place of an earlier one's.

    Args:
        folders: each holds `*.yaml`; one that does not exist holds none.

    Raises:
        PromptError: a tone's file cannot be used; names it.
    """
    paths = [path for folder in folders for path in sorted(folder.glob("*.yaml"))]
    tones = {path.stem: _read(path) for path in paths}
    return dict(sorted(tones.items()))


def _read(path: Path) -> Tone:
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
        return Tone.model_validate({"id": path.stem, **(data or {})})
    except ValidationError as error:
        raise PromptError(explain(error), where=str(path), next="A tone holds name, zh and en") from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError, TypeError) as error:
        message = " ".join(str(error).split())
        raise PromptError(f"cannot be read ({message})", where=str(path)) from error
