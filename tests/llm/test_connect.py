"""Which address, whose key, which name: the settings of a person against those of a project's files."""

from pathlib import Path

import pytest

from drafter.errors import AuthError, SettingsError, UsageError
from drafter.llm import PRESETS, connect
from drafter.settings import Settings, load_settings


def settings_of(folder: Path, *, flags=None, env=None, dotenv="", project="", user="") -> Settings:
    """Return the settings of a folder with these files."""
    config = folder / "user"
    config.mkdir(exist_ok=True)
    for path, text in ((folder / ".env", dotenv), (folder / "drafter.toml", project), (config / "config.toml", user)):
        if text:
            path.write_text(text, encoding="utf-8")
    return load_settings(flags, folder=folder, env={"DRAFTER_CONFIG_DIR": str(config), **(env or {})})


def target(settings: Settings) -> tuple[str, str, str]:
    model = connect(settings)
    return model.base_url, model._key, model.name


OPENAI, DEEPSEEK = PRESETS["openai"].base_url, PRESETS["deepseek"].base_url
FLAG_DEEPSEEK = {"provider": "deepseek", "model": "m"}


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        # nothing but a key
        ({"env": {"OPENAI_API_KEY": "o"}}, (OPENAI, "o", "gpt-5.4-mini")),
        ({"env": {"OPENAI_API_KEY": " o\n", "DRAFTER_MODEL": "gpt"}}, (OPENAI, "o", "gpt")),
        ({"dotenv": "OPENAI_API_KEY=o", "flags": {"model": "m"}}, (OPENAI, "o", "m")),
        # an address and the key that stands beside it
        (
            {"env": {"OPENAI_API_KEY": "o", "OPENAI_BASE_URL": "https://a.example/v1/"}},
            ("https://a.example/v1", "o", "m"),
        ),
        ({"project": 'base_url = "https://a.example/v1"\napi_key = "p"'}, ("https://a.example/v1", "p", "m")),
        (
            {"flags": {"base_url": "https://a.example/v1/chat/completions"}, "env": {"OPENAI_API_KEY": "o"}},
            ("https://a.example/v1", "o", "m"),
        ),
        # a provider by flag or environment takes its own key from anywhere
        ({"flags": FLAG_DEEPSEEK, "env": {"DEEPSEEK_API_KEY": "d", "OPENAI_API_KEY": "o"}}, (DEEPSEEK, "d", "m")),
        ({"env": {"DRAFTER_PROVIDER": "deepseek", "DEEPSEEK_API_KEY": "d"}}, (DEEPSEEK, "d", "m")),
        ({"flags": FLAG_DEEPSEEK, "dotenv": "DEEPSEEK_API_KEY=d"}, (DEEPSEEK, "d", "m")),
        ({"user": 'provider = "deepseek"', "env": {"DEEPSEEK_API_KEY": "d"}}, (DEEPSEEK, "d", "m")),
        ({"flags": {"provider": "openai"}, "env": {"OPENAI_API_KEY": "o"}}, (OPENAI, "o", "m")),
        ({"flags": {"provider": "openai"}, "user": 'api_key = "u"'}, (OPENAI, "u", "m")),
        # a file's own provider and key
        ({"project": 'provider = "deepseek"\napi_key = "p"'}, (DEEPSEEK, "p", "m")),
        ({"dotenv": "DRAFTER_PROVIDER=deepseek\nDEEPSEEK_API_KEY=d"}, (DEEPSEEK, "d", "m")),
        # both in one layer: the provider at another address
        (
            {
                "env": {
                    "DRAFTER_PROVIDER": "qwen",
                    "OPENAI_BASE_URL": "https://intl.example/v1",
                    "DASHSCOPE_API_KEY": "q",
                    "OPENAI_API_KEY": "o",
                }
            },
            ("https://intl.example/v1", "q", "m"),
        ),
        # the stronger of both wins
        (
            {"flags": FLAG_DEEPSEEK, "env": {"OPENAI_BASE_URL": "https://a.example/v1", "DEEPSEEK_API_KEY": "d"}},
            (DEEPSEEK, "d", "m"),
        ),
        (
            {"flags": FLAG_DEEPSEEK, "project": 'base_url = "https://evil.example"', "env": {"DEEPSEEK_API_KEY": "d"}},
            (DEEPSEEK, "d", "m"),
        ),
        (
            {"flags": {"base_url": "https://a.example/v1"}, "env": {"DRAFTER_PROVIDER": "qwen", "OPENAI_API_KEY": "o"}},
            ("https://a.example/v1", "o", "m"),
        ),
        # servers of one's own need no key, and get none that is meant for others
        (
            {"flags": {"provider": "ollama"}, "env": {"OPENAI_API_KEY": "o"}},
            (PRESETS["ollama"].base_url, "no-key-needed", "m"),
        ),
        ({"flags": {"base_url": "http://127.0.0.1:9/v1"}}, ("http://127.0.0.1:9/v1", "no-key-needed", "m")),
        (
            {"project": 'base_url = "http://[::1]:9/v1"', "env": {"OPENAI_API_KEY": "o"}},
            ("http://[::1]:9/v1", "no-key-needed", "m"),
        ),
        (
            {"flags": {"provider": "vllm", "base_url": "http://10.0.0.5:8000/v1"}, "env": {"OPENAI_API_KEY": "o"}},
            ("http://10.0.0.5:8000/v1", "no-key-needed", "m"),
        ),
        ({"flags": {"provider": "vllm"}, "env": {"VLLM_API_KEY": "v"}}, (PRESETS["vllm"].base_url, "v", "m")),
    ],
)
def test_whose_key_goes_where(tmp_path, sources, expected):
    settings = settings_of(tmp_path, **sources)
    if expected[2] == "m" and settings.model is None:
        settings = settings_of(tmp_path, **{**sources, "flags": {**sources.get("flags", {}), "model": "m"}})
    assert target(settings) == expected


@pytest.mark.parametrize(
    ("sources", "words"),
    [
        ({"flags": {"model": "m"}}, "https://api.openai.com/v1: no key for this address. Set OPENAI_API_KEY"),
        ({"flags": FLAG_DEEPSEEK}, "Set DEEPSEEK_API_KEY, or use --model offline"),
        ({"flags": FLAG_DEEPSEEK, "env": {"OPENAI_API_KEY": "o"}}, "Set DEEPSEEK_API_KEY"),
        ({"flags": FLAG_DEEPSEEK, "user": 'api_key = "u"'}, "Set DEEPSEEK_API_KEY"),
        ({"project": 'provider = "deepseek"', "env": {"DEEPSEEK_API_KEY": "d"}}, "Give --provider yourself"),
        ({"dotenv": "DRAFTER_PROVIDER=deepseek", "env": {"DEEPSEEK_API_KEY": "d"}}, "Give --provider yourself"),
        (
            {
                "project": 'provider = "deepseek"\nbase_url = "https://evil.example/v1"',
                "env": {"DEEPSEEK_API_KEY": "d", "OPENAI_API_KEY": "o"},
            },
            "names this address, so the key in environment is not sent. Give --provider and --base-url yourself",
        ),
        (
            {"project": 'base_url = "https://evil.example/v1"', "env": {"OPENAI_API_KEY": "o"}},
            "Give --base-url yourself",
        ),
        (
            {"dotenv": "OPENAI_BASE_URL=https://evil.example/v1", "env": {"OPENAI_API_KEY": "o"}},
            "Give --base-url yourself",
        ),
        (
            {
                "flags": {"provider": "openai"},
                "env": {"OPENAI_API_KEY": "o", "OPENAI_BASE_URL": "https://gate.example/v1"},
            },
            "the key in environment belongs to another address. Unset OPENAI_BASE_URL",
        ),
        (
            {
                "env": {"DRAFTER_PROVIDER": "qwen", "OPENAI_BASE_URL": "https://intl.example/v1"},
                "dotenv": "DASHSCOPE_API_KEY=q",
            },
            "Give --provider and --base-url yourself",
        ),
        ({"flags": {"base_url": "https://127.0.0.1.example.com/v1", "model": "m"}}, "no key"),
    ],
)
def test_no_key_that_may_be_sent(tmp_path, sources, words):
    with pytest.raises(AuthError) as caught:
        connect(settings_of(tmp_path, **sources))
    assert words in str(caught.value)
    assert "--model offline" in str(caught.value)


@pytest.mark.parametrize(
    "address",
    [
        "localhost:11434/v1",
        "api.example.com",
        "ftp://a.example",
        "http://",
        "https://a b.example/v1",
        "http://[::1",
        "http://a:99999",
    ],
)
def test_no_base_url(tmp_path, address):
    with pytest.raises(SettingsError, match="is not a base URL"):
        connect(settings_of(tmp_path, env={"OPENAI_BASE_URL": address, "OPENAI_API_KEY": "o"}))


@pytest.mark.parametrize("address", ["https://me:secret@a.example/v1", "https://a.example/v1?key=secret"])
def test_a_base_url_with_a_secret_is_not_repeated(tmp_path, address):
    with pytest.raises(SettingsError) as caught:
        connect(settings_of(tmp_path, env={"OPENAI_BASE_URL": address, "OPENAI_API_KEY": "o"}))
    assert "secret" not in str(caught.value)
    assert "environment" in str(caught.value)


def test_unknown_provider_names_the_known_ones(tmp_path):
    with pytest.raises(UsageError, match=r"unknown provider “deepsek”.*deepseek, qwen"):
        connect(settings_of(tmp_path, flags={"provider": "deepsek"}))
    with pytest.raises(SettingsError, match="environment: unknown provider “deepsek”"):
        connect(settings_of(tmp_path, env={"DRAFTER_PROVIDER": "deepsek"}))


def test_a_model_must_be_named(tmp_path):
    with pytest.raises(SettingsError, match="--model NAME or set DRAFTER_MODEL"):
        connect(settings_of(tmp_path, flags={"provider": "ollama"}))


def test_settings_made_by_hand(tmp_path):
    from pydantic import SecretStr

    settings = Settings(model="m", provider="deepseek", api_key=SecretStr("k"))
    assert target(settings) == (DEEPSEEK, "k", "m")
    assert target(Settings(model="m", base_url="https://a.example/v1", api_key=SecretStr("k")))[1] == "k"


async def test_what_connect_makes_works(tmp_path, mocked, reply):
    from drafter.llm import Message

    mocked.answers(reply())
    settings = settings_of(
        tmp_path, env={"OPENAI_BASE_URL": mocked.address, "OPENAI_API_KEY": "o", "DRAFTER_MODEL": "named"}
    )
    model = connect(settings, http_client=mocked.http_client)
    assert (await model.complete([Message("user", "hi")])).text == "Hello."
    assert mocked.requests[0]["model"] == "named"
    assert mocked.headers[0]["authorization"] == "Bearer o"


@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
def test_presets_hold_together(tmp_path, preset):
    env = {preset.key_variable: "k", "DRAFTER_PROVIDER": preset.name, "DRAFTER_MODEL": "m"}
    assert target(settings_of(tmp_path, env=env)) == (preset.base_url, "k", "m")
    assert preset.modes[-1] == "text"
    assert preset.base_url.startswith("http://localhost:" if preset.local else "https://")
