"""From settings to a model: which address, whose key, which name.

A key goes only where its owner sent it. A key that stands in a file or an environment together with a base URL belongs
to that address; one that stands alone belongs to the provider whose variable it is in, or to the one its file names. A
file of the project, which may be somebody else's, can name a provider or an address, but then gets no key from
elsewhere.
"""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from drafter.errors import AuthError, SettingsError, UsageError
from drafter.llm.base import Gate, Recorder
from drafter.llm.client import ChatModel
from drafter.llm.extras import CAP
from drafter.llm.presets import PRESETS, Preset, is_loopback
from drafter.llm.prices import FREE, price_of
from drafter.settings import Layer, Settings

NO_KEY = "no-key-needed"
"""What is sent as the key to a server that needs none; the SDK insists on one."""

OPENAI_KEY = PRESETS["openai"].key_variable


def connect(
    settings: Settings,
    *,
    http_client: Any = None,
    timeout: float = 120.0,
    attempts: int = 5,
    patience: float = 300.0,
    gate: Gate | None = None,
    recorder: Recorder | None = None,
    notice: Callable[[str], None] = lambda text: None,
) -> ChatModel:
    """Return the model that the settings name. Nothing is sent yet.

    Args:
        settings: what the person set.
        http_client, timeout, attempts, patience, gate, recorder, notice: as in `ChatModel`.

    Raises:
        SettingsError: an unknown provider, an address that cannot be one, or no name of a model.
        AuthError: no key for an address that needs one.
    """
    preset = _preset(settings)
    base_url = _checked_address(preset.base_url, settings)
    key = _key(settings, preset)
    if key is None and not (preset.local or is_loopback(base_url)):
        raise _no_key(settings, preset)
    name = settings.model or preset.default_model
    if not name:
        raise SettingsError("no model is named", where=base_url, next="Give --model NAME or set DRAFTER_MODEL")
    return ChatModel(
        name,
        base_url,
        key.get_secret_value().strip() if key else NO_KEY,
        http_client=http_client,
        timeout=timeout,
        attempts=attempts,
        patience=patience,
        modes=preset.modes,
        gate=gate,
        recorder=recorder,
        fields=_fields(settings, preset),
        price=FREE if preset.local else price_of(name, settings.prices),
        notice=notice,
    )


def _fields(settings: Settings, preset: Preset) -> dict[str, Any]:
    """Return what is sent beside model and messages: a cap, thinking off unless it is wished, a temperature if it is."""
    fields: dict[str, Any] = {preset.cap: CAP}
    if settings.thinking != "on":
        fields |= preset.no_thinking
    if settings.temperature is not None:
        fields["temperature"] = settings.temperature
    return fields


def _preset(settings: Settings) -> Preset:
    """Return what is to be called: of provider and base URL the one from the stronger layer, from one layer both."""
    by_provider, by_address = _rank(settings, "provider"), _rank(settings, "base_url")
    if settings.base_url and by_address < by_provider:
        return Preset("", settings.base_url, OPENAI_KEY)
    if not settings.provider:
        return PRESETS["openai"]
    preset = PRESETS.get(settings.provider)
    if preset is None:
        hint = f"Known: {', '.join(PRESETS)}; for any other server give --base-url"
        source = settings.sources.get("provider", "")
        if source == "command line":
            raise UsageError(f"unknown provider “{settings.provider}”", next=hint)
        raise SettingsError(f"unknown provider “{settings.provider}”", where=source, next=hint)
    return replace(preset, base_url=settings.base_url) if settings.base_url and by_address == by_provider else preset


def _rank(settings: Settings, name: str) -> float:
    """Return the place of the layer that a setting comes from, 0 the strongest; infinity if it is not set."""
    if getattr(settings, name) is None:
        return math.inf
    sources = [layer.source for layer in settings.layers]
    source = settings.sources.get(name)
    return sources.index(source) if source in sources else 0


def _key(settings: Settings, preset: Preset) -> SecretStr | None:
    """Return the key that may be sent to the preset's address."""
    if preset.name != settings.provider or not settings.layers:
        return settings.api_key  # already the one that belongs to the base URL
    source = settings.sources.get("provider", "")
    moved = preset.base_url != PRESETS[preset.name].base_url and source != "command line"
    for layer in settings.layers:
        if (moved or _is_projects(source)) and layer.source != source:
            continue
        if key := _key_in(layer, preset):
            return SecretStr(key)
    return None


def _key_in(layer: Layer, preset: Preset) -> str | None:
    """Return the key in a layer that belongs to the preset."""
    variables = (preset.key_variable, *preset.aliases)
    own = next((layer.provider_keys[name] for name in variables if name in layer.provider_keys), None)
    if own and preset.key_variable != OPENAI_KEY:
        return own
    key, address = layer.values.get("api_key"), layer.values.get("base_url")
    if address:
        return key if address == preset.base_url else None
    owner = "openai" if OPENAI_KEY in layer.provider_keys else layer.values.get("provider", "openai")
    return key if owner == preset.name else None


def _is_projects(source: str) -> bool:
    """Return whether a layer is a file in the working folder, which may have come with somebody else's project."""
    return source == ".env" or Path(source).name == "drafter.toml"


def _no_key(settings: Settings, preset: Preset) -> AuthError:
    """Return the error for an address without a key, or with one that may not be sent to it."""
    withheld = settings.provider_key(preset.key_variable)
    source = settings.sources.get("provider" if preset.name == settings.provider else "base_url", "")
    if withheld is None:
        message, hint = "no key for this address", f"Set {preset.key_variable}"
    elif source == "command line":
        message, hint = f"the key in {withheld[1]} belongs to another address", "Unset OPENAI_BASE_URL"
    else:
        flags = {"--provider": "provider", "--base-url": "base_url"}
        named = " and ".join(flag for flag, name in flags.items() if settings.sources.get(name) == source)
        message, hint = (
            f"{source} names this address, so the key in {withheld[1]} is not sent",
            f"Give {named} yourself",
        )
    return AuthError(message, where=preset.base_url, next=f"{hint}, or use --model offline")


def _checked_address(base_url: str, settings: Settings) -> str:
    """Return the base URL as it is used.

    Raises:
        SettingsError: it is none, or holds more than scheme, host, port and path.
    """
    address = base_url.strip().rstrip("/").removesuffix("/chat/completions")
    where, hint = settings.sources.get("base_url", ""), "It looks like https://api.example.com/v1"
    if "@" in address or "?" in address or "#" in address:
        # not repeated: what stands there may be secret
        raise SettingsError("the base URL holds a password or a query, and can hold neither", where=where, next=hint)
    try:
        parts = urlsplit(address)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or any(letter.isspace() for letter in address):
        raise SettingsError(f"“{address}” is not a base URL", where=where, next=hint)
    return address
