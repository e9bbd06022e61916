"""Where settings come from and where the bundled data lie.

Order of precedence, strongest first: command-line flags, the environment, `.env` in the working folder, `drafter.toml`
in the working folder, `config.toml` in the user's configuration folder, defaults. A key is only ever used together with
the base URL of its own layer or a stronger one's explicit choice: an address that a project file names never receives a
key from the environment.

This is the only module that reads the environment, and the only one that knows where data files are.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from dotenv import dotenv_values
from platformdirs import user_config_path, user_data_path
from pydantic import SecretStr

from drafter.errors import SettingsError

VARIABLES = {
    "OPENAI_API_KEY": "api_key",
    "OPENAI_BASE_URL": "base_url",
    "DRAFTER_MODEL": "model",
    "DRAFTER_PROVIDER": "provider",
    "DRAFTER_LIBRARY": "library",
    "DRAFTER_SENDER": "sender",
    "DRAFTER_STORE": "store",
    "DRAFTER_TONES": "tones",
    "DRAFTER_PRICES": "prices",
    "DRAFTER_THINKING": "thinking",
    "DRAFTER_TEMPERATURE": "temperature",
    "DRAFTER_DO_NOT_CONTACT": "do_not_contact",
}
"""Environment variables that set something, and the setting's name."""

KEYS = (
    "model",
    "base_url",
    "api_key",
    "provider",
    "library",
    "sender",
    "store",
    "tones",
    "prices",
    "thinking",
    "temperature",
    "do_not_contact",
)
PATHS = ("library", "sender", "store", "tones", "prices", "do_not_contact")


@dataclass(frozen=True)
class Layer:
    """The settings that one source gives."""

    source: str
    values: Mapping[str, str] = field(repr=False)
    provider_keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Keys of named providers (`DEEPSEEK_API_KEY`, ...), by variable name."""


@dataclass(frozen=True)
class Settings:
    """What one run works with; each value with the source it came from."""

    model: str | None = None
    base_url: str | None = None
    api_key: SecretStr | None = None
    provider: str | None = None
    library: Path | None = None
    sender: Path | None = None
    store: Path | None = None
    tones: Path | None = None
    prices: Path | None = None
    do_not_contact: Path | None = None
    thinking: str = "off"
    temperature: float | None = None
    layers: tuple[Layer, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict)

    @property
    def wants_model(self) -> bool:
        """Whether a language model is to write: a key, a base URL or a model is given, and the model is not `offline`."""
        if self.model == "offline":
            return False
        return bool(self.model or self.base_url or self.api_key or self.provider)

    def provider_key(self, variable: str) -> tuple[SecretStr, str] | None:
        """Return the key that the strongest layer holds under a provider's own variable, and that layer's name."""
        for layer in self.layers:
            if value := layer.provider_keys.get(variable):
                return SecretStr(value), layer.source
        return None


def load_settings(
    flags: Mapping[str, str | None] | None = None, *, folder: Path | None = None, env: Mapping[str, str] | None = None
) -> Settings:
    """Merge all layers.

    Args:
        flags: values from the command line by setting name; None means not given.
        folder: the working folder; the current one if None.
        env: the environment; the process's own if None.

    Raises:
        SettingsError: a settings file cannot be read, or holds a key that nobody knows.
    """
    folder = folder or Path.cwd()
    environment = dict(os.environ if env is None else env)
    layers = (
        Layer("command line", {k: v for k, v in (flags or {}).items() if v}),
        _from_variables("environment", environment),
        _from_variables(".env", _read_dotenv(folder / ".env")),
        _from_toml(folder / "drafter.toml"),
        _from_toml(_user_config(environment)),
    )
    values: dict[str, str] = {}
    sources: dict[str, str] = {}
    for layer in layers:
        for key, value in layer.values.items():
            if key not in values:
                values[key], sources[key] = value, layer.source
    settings = Settings(
        model=values.get("model"),
        base_url=values.get("base_url"),
        provider=values.get("provider"),
        library=_path(values, sources, "library", folder),
        sender=_path(values, sources, "sender", folder),
        store=_path(values, sources, "store", folder),
        tones=_path(values, sources, "tones", folder),
        prices=_path(values, sources, "prices", folder),
        do_not_contact=_path(values, sources, "do_not_contact", folder),
        thinking=_thinking(values, sources),
        temperature=_temperature(values, sources),
        layers=layers,
        sources=sources,
    )
    return _pair_key_with_address(settings, values, sources)


def _thinking(values: Mapping[str, str], sources: Mapping[str, str]) -> str:
    value = values.get("thinking", "off").lower()
    if value not in ("on", "off"):
        raise SettingsError(f"“thinking” is “{value}”", where=sources["thinking"], next="It is on or off")
    return value


def _temperature(values: Mapping[str, str], sources: Mapping[str, str]) -> float | None:
    if "temperature" not in values:
        return None
    try:
        number = float(values["temperature"])
    except ValueError:
        number = -1.0
    if not 0 <= number <= 2:
        hint = "It is a number from 0 to 2, in quotes in a settings file"
        raise SettingsError(f"“temperature” is “{values['temperature']}”", where=sources["temperature"], next=hint)
    return number


def _pair_key_with_address(settings: Settings, values: Mapping[str, str], sources: dict[str, str]) -> Settings:
    """Take the key only from the layer that names the address, or where no file of a project names one."""
    address = sources.get("base_url")
    if address in (None, "command line"):
        # no address given, or typed by the person who owns the key: the strongest key is meant
        key = values.get("api_key")
    else:
        key = next((layer.values.get("api_key") for layer in settings.layers if layer.source == address), None)
        if key:
            sources["api_key"] = str(address)
        else:
            sources.pop("api_key", None)
    return replace(settings, api_key=SecretStr(key) if key else None, sources=sources)


def _from_variables(source: str, variables: Mapping[str, str | None]) -> Layer:
    values = {name: variables[var] for var, name in VARIABLES.items() if variables.get(var)}
    keys = {var: value for var, value in variables.items() if var.endswith("_API_KEY") and value}
    return Layer(source, {k: str(v) for k, v in values.items()}, keys)


def _read_dotenv(path: Path) -> Mapping[str, str | None]:
    if not path.is_file():
        return {}
    try:
        # as it stands: with ${...} a project's file could name an address and draw the environment's key to it
        return dotenv_values(path, encoding="utf-8-sig", interpolate=False)
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"cannot be read ({error})", where=str(path), next="Save it as UTF-8 text") from error


def _from_toml(path: Path) -> Layer:
    if not path.is_file():
        return Layer(str(path), {})
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"cannot be read as TOML ({error})", where=str(path)) from error
    for key, value in data.items():
        if key not in KEYS:
            raise SettingsError(f"unknown key “{key}”", where=str(path), next=f"Known keys: {', '.join(KEYS)}")
        if not isinstance(value, str):
            raise SettingsError(f"“{key}” must be text in quotes", where=str(path))
    # a path in a settings file is meant from where that file lies
    values = {k: str(path.parent / Path(v).expanduser()) if k in PATHS else v for k, v in data.items() if v}
    return Layer(str(path), values)


def _user_config(env: Mapping[str, str]) -> Path:
    if custom := env.get("DRAFTER_CONFIG_DIR"):
        return Path(custom) / "config.toml"
    return user_config_path("drafter", appauthor=False) / "config.toml"


def store_path(env: Mapping[str, str] | None = None) -> Path:
    """Return the file of drafts where none is named: in `DRAFTER_DATA_DIR`, else in the user's data folder.

    Args:
        env: the environment; the process's own if None.
    """
    custom = (os.environ if env is None else env).get("DRAFTER_DATA_DIR")
    return (Path(custom) if custom else user_data_path("drafter", appauthor=False)) / "drafts.sqlite3"


def _path(values: Mapping[str, str], sources: Mapping[str, str], key: str, folder: Path) -> Path | None:
    if key not in values:
        return None
    path = Path(values[key]).expanduser()
    return path if sources[key] == "command line" else folder / path


def data_path(name: str) -> Path:
    """Return where a bundled folder or file lies, in an installation or in a checkout.

    Args:
        name: `prompts`, `library` or `sender.yaml`.
    """
    package = Path(__file__).resolve().parent
    installed = package / "_data" / name
    if installed.exists():
        return installed
    return package.parent / name


@dataclass(frozen=True)
class Described:
    """A setting as it is shown: keys masked."""

    name: str
    value: str
    source: str


def described(settings: Settings) -> list[Described]:
    """Return each setting with its value and where it comes from, then the keys of providers that were found."""
    rows = []
    for name in KEYS:
        value = getattr(settings, name)
        if isinstance(value, SecretStr):
            value = masked(value.get_secret_value())
        source = settings.sources.get(name, "default" if value is not None else "")
        rows.append(Described(name, "" if value is None else str(value), source))
    for layer in settings.layers:
        rows += [Described(name, masked(key), layer.source) for name, key in sorted(layer.provider_keys.items())]
    return rows


def masked(key: str) -> str:
    """Return a key of which one can tell which it is and nothing more."""
    return f"{key[:3]}…{key[-4:]}" if len(key) >= 16 else "…"
