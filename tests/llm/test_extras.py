"""Fields that a server refuses are left out or renamed, the request is sent once more, and the lesson is kept."""

import pytest

from drafter.errors import ModelError, SettingsError
from drafter.llm import Message, Usage, connect
from drafter.llm.extras import CAP
from drafter.llm.prices import FREE, Price, price_of
from drafter.settings import load_settings

ASK = [Message("system", "Answer in JSON."), Message("user", "hello")]


def refusal(message, param=None):
    return {"error": {"message": message, "type": "invalid_request_error", "param": param, "code": None}}


# Each: what is sent beside model and messages; what the server says (OpenAI, vLLM, DeepSeek, DashScope, Mistral, Ollama); what is
# sent the second time.
REFUSED = [
    (
        {"max_tokens": 9},
        refusal("Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.", "max_tokens"),
        {"max_completion_tokens": 9},
    ),
    ({"max_completion_tokens": 9}, refusal("unknown field max_completion_tokens, use max_tokens"), {"max_tokens": 9}),
    ({"temperature": 0.2, "max_tokens": 9}, refusal("Unsupported value: 'temperature' does not support 0.2", "temperature"), {"max_tokens": 9}),
    ({"enable_thinking": False}, refusal("parameter.enable_thinking is not supported by this model"), {}),
    ({"thinking": {"type": "disabled"}}, refusal("Extra inputs are not permitted", "thinking"), {}),
    ({"chat_template_kwargs": {"enable_thinking": False}}, {"detail": [{"loc": ["body", "chat_template_kwargs"], "msg": "extra fields not permitted"}]}, {}),
    ({"reasoning_effort": "none"}, refusal('"qwen3" does not support reasoning_effort "none"'), {}),
    (
        {"max_tokens": CAP},
        {"object": "error", "message": "This model's maximum context length is 4096 tokens. However, you requested 9216 tokens."},
        {},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "complaint", "second"), REFUSED)
async def test_a_refused_field_is_left_out_or_renamed_once_and_for_all(
    world, reply, scripted, fields, complaint, second
):
    notices = []
    world.answers(scripted(complaint, 400), reply("one"), reply("two"))
    model = world.model(fields=fields, notice=notices.append)
    assert (await model.complete(ASK)).text == "one"
    assert (await model.complete(ASK)).text == "two"
    sent = [{k: v for k, v in request.items() if k not in ("model", "messages")} for request in world.requests]
    assert sent == [fields, second, second], "remembered"
    assert len(notices) == 1 and notices[0].startswith("note: http"), "said once"


async def test_several_refused_fields_are_left_out_one_after_the_other(mocked, reply, scripted):
    mocked.answers(
        scripted(refusal("temperature is fixed"), 400), scripted(refusal("no thinking here"), 400), reply("Hello.")
    )
    model = mocked.model(fields={"thinking": {}, "temperature": 1.0, "max_tokens": 9})
    assert (await model.complete(ASK)).text == "Hello."
    assert mocked.requests[-1]["max_tokens"] == 9 and "thinking" not in mocked.requests[-1]


async def test_a_request_that_is_wrong_in_itself_is_not_sent_again(mocked, scripted):
    mocked.answers(scripted(refusal("messages must not be empty"), 400))
    with pytest.raises(ModelError, match="messages must not be empty"):
        await mocked.model(fields={"max_tokens": 9}).complete(ASK)
    assert len(mocked.requests) == 1


@pytest.mark.parametrize(
    "complaint",
    ["System role not supported", "Only user and assistant roles are supported!", "unsupported system message"],
)
async def test_a_server_without_instructions_gets_them_with_the_first_message(mocked, reply, scripted, complaint):
    mocked.answers(scripted(refusal(complaint), 400), reply("Hello."))
    assert (await mocked.model().complete(ASK)).text == "Hello."
    assert mocked.requests[1]["messages"] == [{"role": "user", "content": "Answer in JSON.\n\nhello"}]


# What a provider's preset sends


@pytest.mark.parametrize(
    ("provider", "path", "fields"),
    [
        ("openai", "api.openai.com/v1", {"max_completion_tokens": CAP}),
        ("deepseek", "api.deepseek.com", {"max_tokens": CAP, "thinking": {"type": "disabled"}}),
        ("qwen", "compatible-mode/v1", {"max_tokens": CAP, "enable_thinking": False}),
        ("kimi", "api.moonshot.cn/v1", {"max_completion_tokens": CAP}),
        ("glm", "api/paas/v4", {"max_tokens": CAP, "thinking": {"type": "disabled"}}),
        ("siliconflow", "api.siliconflow.cn/v1", {"max_tokens": CAP, "enable_thinking": False}),
        ("openrouter", "openrouter.ai/api/v1", {"max_tokens": CAP, "reasoning": {"enabled": False}}),
        ("ollama", "localhost:11434/v1", {"max_tokens": CAP, "reasoning_effort": "none"}),
        ("vllm", "localhost:8000/v1", {"max_tokens": CAP, "chat_template_kwargs": {"enable_thinking": False}}),
        ("llamacpp", "localhost:8080/v1", {"max_tokens": CAP, "chat_template_kwargs": {"enable_thinking": False}}),
        ("lmstudio", "localhost:1234/v1", {"max_tokens": CAP}),
    ],
)
async def test_each_preset_sends_its_own_fields_to_its_own_path(mocked, reply, tmp_path, provider, path, fields):
    settings = load_settings({"provider": provider, "model": "m"}, folder=tmp_path, env=ALL_KEYS)
    assert connect(settings).base_url.endswith(path)
    at = {**ALL_KEYS, "OPENAI_BASE_URL": mocked.address}
    moved = load_settings({"provider": provider, "model": "m", "base_url": mocked.address}, folder=tmp_path, env=at)
    mocked.answers(reply("Hello."))
    await connect(moved, http_client=mocked.http_client).complete(ASK)
    assert {k: v for k, v in mocked.requests[0].items() if k not in ("model", "messages")} == fields


ALL_KEYS = {
    name: "sk-0123456789abcdef"
    for name in ("OPENAI_API_KEY", "DEEPSEEK_API_KEY", "DASHSCOPE_API_KEY", "MOONSHOT_API_KEY", "ZAI_API_KEY", "SILICONFLOW_API_KEY",
                 "OPENROUTER_API_KEY")
}  # fmt: skip


async def test_thinking_and_temperature_are_the_user_s_to_set(mocked, reply, tmp_path):
    env = {"OPENAI_API_KEY": "sk-0123456789abcdef", "OPENAI_BASE_URL": mocked.address, "DRAFTER_MODEL": "m",
           "DRAFTER_THINKING": "on", "DRAFTER_TEMPERATURE": "0.3"}  # fmt: skip
    mocked.answers(reply("Hello."))
    await connect(load_settings({}, folder=tmp_path, env=env), http_client=mocked.http_client).complete(ASK)
    assert mocked.requests[0]["temperature"] == 0.3 and "thinking" not in mocked.requests[0]


@pytest.mark.parametrize(("name", "value"), [("DRAFTER_THINKING", "maybe"), ("DRAFTER_TEMPERATURE", "hot"), ("DRAFTER_TEMPERATURE", "3")])  # fmt: skip
def test_a_setting_out_of_range_is_refused_where_it_stands(tmp_path, name, value):
    with pytest.raises(SettingsError, match=f"environment: .*{value}"):
        load_settings({}, folder=tmp_path, env={name: value})


# What tokens cost


@pytest.mark.parametrize(
    ("usage", "cost"),
    [
        (Usage(1_000_000, 0, 0), 2.0),
        (Usage(1_000_000, 400_000, 0), 1.2 + 0.04),
        (Usage(1_000_000, 400_000, 0, written=100_000), 1.0 + 0.04 + 0.25),
        (Usage(0, 0, 1_000_000), 8.0),
        (Usage(10, 20, 0), 0.000002),
    ],
)
def test_a_cost_is_made_of_uncached_cached_written_and_output(usage, cost):
    assert Price(input=2.0, cached=0.1, write=2.5, output=8.0).of(usage) == pytest.approx(cost)


async def test_attempts_that_failed_cost_too(mocked, reply):
    mocked.answers(reply(""), reply("Hello."))
    answer = await mocked.model(price=Price(1.0, 0.5, 1.0, 2.0)).complete(ASK)
    assert answer.usage.cost == pytest.approx(2 * (6 * 1.0 + 4 * 0.5 + 3 * 2.0) / 1_000_000)


@pytest.mark.parametrize(
    "usage",
    [
        {"prompt_tokens": 9, "prompt_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 3}},
        {"prompt_tokens": 9, "prompt_cache_hit_tokens": 4, "prompt_tokens_details": {"cache_creation_input_tokens": 3}},
        {"prompt_tokens": 9, "cached_tokens": 4, "cache_creation_input_tokens": 3},
    ],
)
async def test_tokens_of_the_cache_are_found_wherever_they_stand(mocked, reply, usage):
    mocked.answers(reply("Hello.", usage={**usage, "completion_tokens": 1}))
    assert (await mocked.model().complete(ASK)).usage == Usage(9, 4, 1, written=3, cost=None)


def test_a_price_is_found_by_name_also_of_a_dated_model():
    assert price_of("gpt-5.4-mini-2026-03-17") == price_of("gpt-5.4-mini") is not None
    assert price_of("somebody's model") is None


def test_a_table_of_one_s_own_comes_first(tmp_path):
    own = tmp_path / "prices.toml"
    own.write_text(
        '["gpt-5.4-mini"]\ninput = 1\ncached = 0.5\noutput = 3\n["mine"]\ninput=0\ncached=0\noutput=0\n',
        encoding="utf-8",
    )
    assert price_of("gpt-5.4-mini", own) == Price(1, 0.5, 1, 3)
    assert price_of("mine", own) == FREE
    assert price_of("deepseek-flash", own) == price_of("deepseek-flash")


@pytest.mark.parametrize("content", ["[m]\ninput = 'much'\ncached = 0\noutput = 0\n", "[m]\ninput = 1\n", "no toml", "[m]\ninput=-1\ncached=0\noutput=0"])  # fmt: skip
def test_a_table_that_cannot_be_used_is_named(tmp_path, content):
    own = tmp_path / "prices.toml"
    own.write_text(content, encoding="utf-8")
    with pytest.raises(SettingsError, match=r"prices\.toml"):
        price_of("m", own)


def test_a_model_on_one_s_own_machine_costs_nothing(tmp_path):
    settings = load_settings({"provider": "ollama", "model": "qwen3"}, folder=tmp_path, env={})
    assert connect(settings)._price == FREE
