"""Where settings come from, whose key goes where, and how errors speak."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from drafter import errors
from drafter.errors import AuthError, DrafterError, InputError, SenderError, SettingsError, UsageError
from drafter.settings import KEYS, VARIABLES, Settings, data_path, load_settings

LAYERS = ("flags", "environment", ".env", "drafter.toml", "user config")
"""Strongest first."""

VARIABLE = {name: variable for variable, name in VARIABLES.items()}
MINE, THEIRS = "https://mine.example.org/v1", "https://theirs.example.org/v1"


class World:
    """A working folder, an environment and a user's configuration, filled layer by layer."""

    def __init__(self, root: Path) -> None:
        self.folder, self.config = root / "work", root / "config"
        self.folder.mkdir()
        self.config.mkdir()
        self.flags: dict[str, str | None] = {}
        self.env = {"DRAFTER_CONFIG_DIR": str(self.config)}

    def give(self, layer: str, values: Mapping[str, str]) -> None:
        if layer == "flags":
            self.flags |= values
        elif layer == "environment":
            self.env |= {VARIABLE[name]: value for name, value in values.items()}
        elif layer == ".env":
            lines = [f"{VARIABLE[name]}={value}\n" for name, value in values.items()]
            (self.folder / ".env").write_text("".join(lines), encoding="utf-8")
        else:
            path = self.folder / "drafter.toml" if layer == "drafter.toml" else self.config / "config.toml"
            path.write_text("".join(f'{name} = "{value}"\n' for name, value in values.items()), encoding="utf-8")

    def load(self) -> Settings:
        return load_settings(self.flags, folder=self.folder, env=self.env)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def key_of(settings: Settings) -> str | None:
    return settings.api_key.get_secret_value() if settings.api_key else None


@pytest.mark.parametrize("name", ["model", "provider", "base_url"])
@pytest.mark.parametrize("strongest", range(len(LAYERS)), ids=LAYERS)
def test_the_strongest_layer_that_names_a_setting_wins(world: World, name: str, strongest: int) -> None:
    """Flags > environment > .env > drafter.toml > user config."""
    for layer in LAYERS[strongest:]:
        world.give(layer, {name: f"from {layer}"})
    assert getattr(world.load(), name) == f"from {LAYERS[strongest]}"


def test_each_setting_is_looked_up_on_its_own_and_its_source_is_told(world: World) -> None:
    world.give("flags", {"model": "a"})
    world.give("environment", {"model": "b", "provider": "c"})
    world.give("drafter.toml", {"provider": "d", "library": "tracks"})
    settings = world.load()
    assert (settings.model, settings.provider) == ("a", "c")
    assert settings.sources == {
        "model": "command line",
        "provider": "environment",
        "library": str(world.folder / "drafter.toml"),
    }


def test_without_any_layer_everything_is_at_its_default(world: World) -> None:
    settings = world.load()
    assert all(getattr(settings, name) is None for name in KEYS if name != "thinking")
    assert settings.thinking == "off"
    assert not settings.wants_model


@pytest.mark.parametrize("layer", LAYERS)
def test_an_empty_value_counts_as_not_given(world: World, layer: str) -> None:
    world.give("user config", {"model": "a", "library": "tracks"})
    world.give(layer, {"model": "", "library": ""})
    expected = (None, None) if layer == "user config" else ("a", world.config / "tracks")
    assert (world.load().model, world.load().library) == expected


@pytest.mark.parametrize(
    ("layer", "value", "meant"),
    [
        ("flags", "tracks", "tracks"),
        ("environment", "tracks", "work/tracks"),
        (".env", "tracks", "work/tracks"),
        ("drafter.toml", "tracks", "work/tracks"),
        ("user config", "tracks", "config/tracks"),
        ("environment", "~/tracks", "tracks"),
        ("drafter.toml", "~/tracks", "tracks"),
    ],
)
@pytest.mark.parametrize("name", ["library", "sender"])
def test_a_path_is_meant_from_where_it_is_written(
    world: World, tmp_path: Path, name: str, layer: str, value: str, meant: str
) -> None:
    """In a file, from the file's folder; in a variable, from the working folder; `~` is the home (here tmp_path)."""
    world.give(layer, {name: value})
    assert getattr(world.load(), name) == (Path(meant) if layer == "flags" else tmp_path / meant)


def test_the_process_s_own_environment_and_folder_are_the_default(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DRAFTER_MODEL", "a")
    monkeypatch.chdir(world.folder)
    world.give("drafter.toml", {"provider": "b"})
    assert (load_settings().model, load_settings().provider) == ("a", "b")


# A key goes only with the address of its own layer


@pytest.mark.parametrize(
    ("given", "key", "address"),
    [
        ({"environment": {"api_key": "env"}}, "env", None),
        ({"environment": {"api_key": "env"}, ".env": {"api_key": "dot"}}, "env", None),
        ({"environment": {"api_key": "env", "base_url": MINE}}, "env", MINE),
        ({".env": {"api_key": "dot", "base_url": THEIRS}}, "dot", THEIRS),
        ({"drafter.toml": {"api_key": "toml", "base_url": THEIRS}}, "toml", THEIRS),
        ({"environment": {"api_key": "env"}, "flags": {"base_url": MINE}}, "env", MINE),
        ({".env": {"api_key": "dot"}, "flags": {"base_url": MINE}}, "dot", MINE),
        ({"environment": {"api_key": "env"}, "drafter.toml": {"base_url": THEIRS}}, None, THEIRS),
        ({"environment": {"api_key": "env"}, ".env": {"base_url": THEIRS}}, None, THEIRS),
        ({"environment": {"api_key": "env"}, ".env": {"api_key": "dot", "base_url": THEIRS}}, "dot", THEIRS),
        ({"environment": {"api_key": "env"}, "user config": {"base_url": THEIRS}}, None, THEIRS),
        ({"environment": {"base_url": MINE}, ".env": {"api_key": "dot"}}, None, MINE),
        ({".env": {"api_key": "dot"}, "drafter.toml": {"base_url": THEIRS}}, None, THEIRS),
        ({"drafter.toml": {"api_key": "toml"}, "user config": {"base_url": MINE}}, None, MINE),
        (
            {
                "flags": {"base_url": MINE},
                "environment": {"api_key": "env"},
                ".env": {"api_key": "dot", "base_url": THEIRS},
            },
            "env",
            MINE,
        ),
    ],
)
def test_a_key_is_never_paired_with_the_address_of_another_layer(
    world: World, given: dict[str, dict[str, str]], key: str | None, address: str | None
) -> None:
    """Only an address typed on the command line, or none at all, lets the strongest key go."""
    for layer, values in given.items():
        world.give(layer, values)
    settings = world.load()
    assert (key_of(settings), settings.base_url) == (key, address)
    assert ("api_key" in settings.sources) == (key is not None)


def test_a_project_s_dotenv_cannot_draw_the_environment_s_key_to_its_address(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`${...}` in .env stays as it is."""
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    world.env["OPENAI_API_KEY"] = "secret"
    world.give(".env", {"api_key": "${OPENAI_API_KEY}", "base_url": "https://theirs.example.org/${OPENAI_API_KEY}"})
    settings = world.load()
    assert "secret" not in (key_of(settings) or "")
    assert "secret" not in (settings.base_url or "")


def test_a_provider_s_own_key_comes_from_the_strongest_layer(world: World) -> None:
    (world.folder / ".env").write_text("DEEPSEEK_API_KEY=dot\nMISTRAL_API_KEY=m\n", encoding="utf-8")
    world.env["DEEPSEEK_API_KEY"] = "env"
    settings = world.load()
    found = settings.provider_key("DEEPSEEK_API_KEY")
    assert found and (found[0].get_secret_value(), found[1]) == ("env", "environment")
    assert (settings.provider_key("MISTRAL_API_KEY") or ("", ""))[1] == ".env"
    assert settings.provider_key("OTHER_API_KEY") is None


def test_a_key_is_never_shown(world: World) -> None:
    world.env["DEEPSEEK_API_KEY"] = "secret-one"
    world.give("environment", {"api_key": "secret-two"})
    world.give(".env", {"api_key": "secret-three"})
    world.give("drafter.toml", {"api_key": "secret-four", "model": "m"})
    settings = world.load()
    assert key_of(settings) == "secret-two"
    for shown in (repr(settings), str(settings), f"{settings.layers}", repr(settings.provider_key("DEEPSEEK_API_KEY"))):
        assert "secret" not in shown.lower().replace("secretstr", "")


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ({}, False),
        ({"library": "tracks"}, False),
        ({"model": "m"}, True),
        ({"base_url": MINE}, True),
        ({"api_key": "k"}, True),
        ({"provider": "p"}, True),
        ({"model": "offline", "api_key": "k", "base_url": MINE}, False),
    ],
)
def test_a_model_writes_where_a_key_an_address_or_a_model_is_given(
    world: World, values: dict[str, str], wanted: bool
) -> None:
    world.give("environment", values)
    assert world.load().wants_model is wanted


# Broken files


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'modle = "m"', "unknown key “modle”"),
        (b"model = 3", "“model” must be text in quotes"),
        (b'[model]\nname = "m"', "“model” must be text in quotes"),
        (b"model = ", "cannot be read as TOML"),
        (b'model = "\xff"', "cannot be read as TOML"),
    ],
)
@pytest.mark.parametrize("layer", ["drafter.toml", "user config"])
def test_a_fault_in_a_settings_file_names_the_file(world: World, layer: str, content: bytes, said: str) -> None:
    path = world.folder / "drafter.toml" if layer == "drafter.toml" else world.config / "config.toml"
    path.write_bytes(content)
    with pytest.raises(SettingsError) as caught:
        world.load()
    assert str(caught.value).startswith(f"{path}: ")
    assert said in str(caught.value)


def test_a_misspelt_key_is_told_the_known_ones(world: World) -> None:
    world.give("drafter.toml", {"modle": "m"})
    with pytest.raises(SettingsError, match="Known keys: model, base_url, api_key, provider, library, sender"):
        world.load()


def test_a_dotenv_that_is_not_utf_8_names_the_file(world: World) -> None:
    (world.folder / ".env").write_bytes("DRAFTER_MODEL=模型".encode("gb18030"))
    with pytest.raises(SettingsError) as caught:
        world.load()
    assert str(caught.value).startswith(str(world.folder / ".env"))


def test_files_with_a_byte_order_mark_are_read(world: World) -> None:
    (world.folder / ".env").write_text("\ufeffDRAFTER_MODEL=m\n", encoding="utf-8")
    (world.folder / "drafter.toml").write_text('\ufeffprovider = "p"\n', encoding="utf-8")
    assert (world.load().model, world.load().provider) == ("m", "p")


@pytest.mark.parametrize("name", ["library", "prompts", "sender.yaml"])
def test_bundled_data_are_found(name: str) -> None:
    assert data_path(name).exists()


# Errors


ALL = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, DrafterError)]


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (DrafterError("is wrong"), "is wrong"),
        (DrafterError("is wrong", where="a.csv:3"), "a.csv:3: is wrong"),
        (DrafterError("is wrong.", where="a.csv:3", next="Mend it"), "a.csv:3: is wrong. Mend it"),
        (DrafterError("did you mean “x”?", next="Mend it"), "did you mean “x”? Mend it"),
        (DrafterError("two\n  lines", next="and\nmore"), "two lines. and more"),
    ],
)
def test_an_error_is_one_line_where_what_and_next(error: DrafterError, line: str) -> None:
    assert str(error) == line


def test_a_failed_row_s_object_tells_rule_message_and_next() -> None:
    error = InputError("has\nno name", where="a.csv:3", next="Give one")
    assert error.as_json() == {"rule": "input", "message": "a.csv:3: has no name", "next": "Give one"}


def test_every_error_has_its_own_rule_and_stands_in_the_tree_with_its_exit_code() -> None:
    """A line of the tree without a code has its parent's."""
    drawn = dict(re.findall(r"── (\w+) .*?(?:exit (\d))?$", errors.__doc__ or "", re.M))
    assert set(drawn) == {kind.__name__ for kind in ALL} - {"DrafterError"}
    for kind in ALL:
        if code := drawn.get(kind.__name__):
            assert kind.exit_code == int(code)
    assert len({kind.rule for kind in ALL}) == len(ALL)


@pytest.mark.parametrize(("kind", "code"), [(UsageError, 2), (AuthError, 4), (InputError, 1), (SenderError, 1)])
def test_exit_codes(kind: type[DrafterError], code: int) -> None:
    assert kind.exit_code == code
