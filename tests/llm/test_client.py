"""The client against a server that does everything servers do, over the SDK's own transport and over httpx."""

import asyncio
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from drafter.errors import AuthError, BadReply, ModelError, ModelUnknown, QuotaError, SettingsError, Unreachable
from drafter.llm import Attempt, ChatModel, Message, Outcome, Usage

ASK = [Message("system", "Answer in JSON."), Message("user", "你好")]
SCHEMA = {"type": "object", "properties": {"body": {"type": "string"}}, "required": ["body"]}
PAGE = "<!DOCTYPE html><html><body>Please log in, dear visitor</body></html>"


def error(message: str, **more: Any) -> dict[str, Any]:
    return {"error": {"message": message, **more}}


async def fails(world: Any, kind: type[ModelError], **options: Any) -> str:
    """Return the one line of the error that the call ends with, having looked at what each must and must not say."""
    with pytest.raises(kind) as caught:
        await world.model(**options).complete(ASK, schema=options.pop("schema", None))
    assert type(caught.value) is kind
    line = str(caught.value)
    assert world.address in line
    assert caught.value.next
    assert "\n" not in line
    assert "dear visitor" not in line
    return line


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        (PAGE, 200, BadReply),
        (error("tired"), 200, BadReply),
        ({"choices": []}, 200, BadReply),
        ("chat:null", 200, BadReply),
        ("chat:length", 200, BadReply),
        ("chat:refusal", 200, BadReply),
        (error("bad key"), 401, AuthError),
        (PAGE, 403, AuthError),
        (error("no model"), 404, ModelUnknown),
        (error("quota", code="insufficient_quota"), 429, QuotaError),
    ],
)
async def test_the_sdks_own_transport_brings_the_same_errors(loopback, reply, scripted, body, status, kind):
    made = {
        "chat:null": reply(None),
        "chat:length": reply("{", finish="length"),
        "chat:refusal": reply(None, refusal="no"),
    }
    loopback.answers(scripted(made.get(body, body) if isinstance(body, str) else body, status))
    await fails(loopback, kind)


# Good answers


async def test_answer_comes_with_usage_model_and_mode(world, reply):
    world.answers(reply("  Dear Ada,\n\nhello.  "))
    answer = await world.model().complete(ASK)
    assert answer.text == "Dear Ada,\n\nhello."
    assert answer.usage == Usage(input=10, cached=4, output=3, cost=None)
    assert (answer.model, answer.mode) == ("served-model", "text")


async def test_fewest_fields_are_sent(world, reply):
    world.answers(reply())
    await world.model().complete(ASK)
    messages = [{"role": "system", "content": "Answer in JSON."}, {"role": "user", "content": "你好"}]
    assert world.requests == [{"model": "test-model", "messages": messages}]


async def test_schema_is_sent_strict(world, reply):
    world.answers(reply("{}"))
    answer = await world.model().complete(ASK, schema=SCHEMA)
    sent = world.requests[0]["response_format"]
    assert sent == {"type": "json_schema", "json_schema": {"name": "reply", "strict": True, "schema": SCHEMA}}
    assert answer.mode == "json_schema"


@pytest.mark.parametrize(
    "content",
    [
        "<think>Hm.</think>Hello.",
        "\n<thinking>a\nb</thinking>\n\nHello.",
        "<think></think><think>more</think> Hello.",
        "Let me see: two tracks.</think>\nHello.",
        ["Hel", {"type": "text", "text": "lo."}],
        [{"type": "thinking", "text": "Hm."}, {"type": "text", "text": "Hello."}],
    ],
)
async def test_thinking_is_dropped_and_parts_are_joined(mocked, reply, content):
    mocked.answers(reply(content, reasoning_content="never shown", reasoning="nor this"))
    assert (await mocked.model().complete(ASK)).text == "Hello."


async def test_thinking_is_dropped_over_both_transports(world, reply):
    world.answers(reply("<think>Hm.</think>Hello."))
    assert (await world.model().complete(ASK)).text == "Hello."


async def test_json_that_is_called_a_page_is_read(mocked, reply, scripted):
    mocked.answers(scripted(reply(), headers={"content-type": "text/html"}))
    assert (await mocked.model().complete(ASK)).text == "Hello."


async def test_half_a_surrogate_pair_can_be_sent(world, reply):
    world.answers(reply())
    await world.model().complete([Message("user", "broken \ud83d emoji")])
    assert world.requests[0]["messages"][0]["content"] == "broken ? emoji"


async def test_a_short_key_may_be_a_word_of_the_answer(mocked, reply):
    mocked.answers(reply("We build a relay."))
    async with mocked.http_client:
        model = ChatModel("m", mocked.address, "relay", http_client=mocked.http_client)
        assert (await model.complete(ASK)).text == "We build a relay."


# Successful statuses with nothing in them


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (PAGE, "a web page"),
        ("", "is empty"),
        ("   \n ", "is empty"),
        ("OK", "not an API"),
        ("[" * 100_000, "not an API"),
        ("[1]", "not an API"),
        (error("upstream is tired"), "upstream is tired"),
        ({"error": "just text"}, "just text"),
        ([error("in a list")], "in a list"),
        ({"choices": []}, "no answer"),
        ({"choices": None}, "no answer"),
        ({"object": "list", "data": []}, "no answer"),
        ({"choices": [{"finish_reason": "stop", "message": None}]}, "no answer"),
        ({"choices": ["text"]}, "no answer"),
    ],
)
async def test_replies_that_may_heal_are_asked_for_twice_more(mocked, body, words):
    mocked.answers(body)
    line = await fails(mocked, BadReply)
    assert words in line
    assert "after 3 attempts" in line
    assert len(mocked.requests) == 3


@pytest.mark.parametrize("content", [None, "", "  ", "<think>only this</think>", [], {"no": "text"}, 7])
async def test_empty_content_may_heal(mocked, reply, content):
    mocked.answers(reply(content), reply("Hello."))
    answer = await mocked.model().complete(ASK)
    assert answer.text == "Hello."
    assert answer.usage == Usage(20, 8, 6, cost=None), "the empty one is billed as well"


async def test_thinking_alone_is_named(world, reply):
    world.answers(reply(None, reasoning_content="long thoughts"))
    line = await fails(world, BadReply)
    assert "thinking alone" in line
    assert "long thoughts" not in line


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        ({"content": '{"body": "Dear', "finish": "length"}, "cut off"),
        ({"content": None, "finish": "length", "reasoning_content": "x"}, "thinking off"),
        ({"content": "<think>and so on"}, "cut off"),
        ({"content": None, "finish": "content_filter"}, "content filter"),
        ({"content": "", "finish": "sensitive"}, "refused"),
        ({"content": None, "refusal": "I can't help with that."}, "I can't help with that"),
    ],
)
async def test_cut_off_and_refused_are_final(mocked, reply, choice, words):
    mocked.answers(reply(**choice))
    assert words in await fails(mocked, BadReply)
    assert len(mocked.requests) == 1


async def test_an_answer_that_the_provider_breaks_off_may_heal(world, reply):
    world.answers(reply("", finish="insufficient_system_resource"), reply("Hello."))
    assert (await world.model().complete(ASK)).text == "Hello."


# Errors that stay


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (401, error("Incorrect API key provided"), AuthError, "the key was refused (401: Incorrect API key provided)"),
        (403, error("no access to model"), AuthError, "access was refused (403: no access to model)"),
        (403, PAGE, AuthError, "a web page"),
        (404, error("model not found", code="model_not_found"), ModelUnknown, "model “test-model” is not known"),
        (404, PAGE, ModelUnknown, "/v1"),
        (404, "404 page not found", ModelUnknown, "404 page not found"),
        (
            400,
            error("Unsupported value: 'messages[0].role'", param="messages[0].role"),
            ModelError,
            "“messages[0].role”",
        ),
        (400, error("Unsupported parameter: 'store'"), ModelError, "does not take “store”"),
        (400, error("maximum context length is 4096 tokens"), ModelError, "maximum context length"),
        (400, error("Model does not exist, please check", code="1211"), ModelUnknown, "“test-model” is not known"),
        (400, error("Content Exists Risk"), BadReply, "refused to answer"),
        (422, {"detail": [{"loc": ["body", "x"], "msg": "bad", "input": "the prompt"}]}, ModelError, "body.x: bad"),
        (405, "", ModelError, "405"),
        (413, PAGE, ModelError, "413"),
    ],
)
async def test_final_errors_are_not_retried(mocked, scripted, status, body, kind, words):
    mocked.answers(scripted(body, status))
    line = await fails(mocked, kind)
    assert words in line
    assert "the prompt" not in line
    assert len(mocked.requests) == 1


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (429, error("You exceeded your current quota, please check your plan", code="insufficient_quota")),
        (429, error("quota", type="exceeded_current_quota_error")),
        (429, error("余额不足或无可用资源包,请充值。", code="1113")),
        (429, error("Your account is in arrears, please recharge and try again", code="1113")),
        (429, error("您的账户已欠费")),
        (402, error("Insufficient Balance")),
        (402, ""),
        (400, error("Access denied", code="Arrearage")),
        (400, error("Your credit balance is too low to access the API")),
        (403, {"code": 30001, "message": "Sorry, your account balance is insufficient", "data": None}),
        (403, error("用户额度不足", code="insufficient_user_quota")),
        (429, error("Free allocated quota exceeded.")),
        (200, error("Insufficient credits", code=402)),
        (200, error("insufficient_quota")),
    ],
)
async def test_an_empty_account_is_final(mocked, scripted, status, body):
    mocked.answers(scripted(body, status, {"Retry-After": "1"}))
    assert "nothing left to spend" in await fails(mocked, QuotaError)
    assert len(mocked.requests) == 1


@pytest.mark.parametrize(
    "message",
    [
        "Rate limit reached on requests per min. Visit https://example.com/account/billing to add a payment method.",
        "You exceeded your current quota. For details, see: https://example.com/error-code#token-limit",
        "You exceeded your current quota. Please retry in 30.6s.",
    ],
)
async def test_a_limit_of_pace_is_no_empty_account(mocked, reply, scripted, message):
    mocked.answers(scripted(error(message, code="insufficient_quota"), 429), reply())
    assert (await mocked.model().complete(ASK)).text == "Hello."


async def test_error_under_200_keeps_the_status_it_claims(world):
    world.answers(error("no such key", code=401))
    await fails(world, AuthError)
    assert len(world.requests) == 1


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 429, 500])
async def test_the_key_is_never_repeated(mocked, scripted, key, status):
    outcomes: list[Outcome] = []
    padding = "x" * 190  # so that the key lies across the place where long messages are cut
    mocked.answers(scripted(error(f"{padding} {key} is bad. Bearer {key}; also sk-half-****6789"), status))
    kinds = {200: BadReply, 400: ModelError, 401: AuthError, 403: AuthError, 404: ModelUnknown}
    line = await fails(mocked, kinds.get(status, Unreachable), patience=2, recorder=Recorded(outcomes))
    for text in (line, *(outcome.reply for outcome in outcomes)):
        assert not any(part in text for part in (key, "sk-secret", "sk-half", "6789"))


async def test_control_characters_of_a_server_are_not_repeated(world, scripted):
    world.answers(scripted(error("\x1b[31mred\x1b[0m\nnext"), 400))
    line = await fails(world, ModelError)
    assert "\x1b" not in line


# Errors that pass


@pytest.mark.parametrize("status", [408, 409, 500, 502, 503, 529])
async def test_passing_trouble_is_retried(mocked, reply, scripted, status):
    mocked.answers(scripted(PAGE, status), scripted("busy", status), reply())
    assert (await mocked.model().complete(ASK)).text == "Hello."
    assert len(mocked.slept) == 2
    assert 0.25 <= mocked.slept[0] <= 0.5 <= mocked.slept[1] <= 1.0


async def test_lasting_trouble_ends_after_the_attempts(world, scripted):
    world.answers(scripted(error("boom"), 500))
    line = await fails(world, Unreachable, attempts=4)
    assert "(500: boom), after 4 attempts" in line
    assert len(world.requests) == 4
    assert len(world.slept) == 3


async def test_a_body_that_breaks_off_is_retried(world, reply, scripted):
    world.answers(scripted(reply("x" * 1000), breaks_off=True), reply())
    assert (await world.model().complete(ASK)).text == "Hello."


async def test_late_answers_are_retried_and_named(world, reply, scripted):
    world.answers(scripted(reply(), late=0.3))
    assert "no answer within 0.2 s, after 2 attempts" in await fails(world, Unreachable, timeout=0.2, attempts=2)


async def test_an_answer_that_drips_is_given_up_too(loopback, scripted):
    loopback.answers(scripted("", drips=True))
    assert "no answer within 0.2 s" in await fails(loopback, Unreachable, timeout=0.2, attempts=1)


async def test_refused_connection():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    async with ChatModel("m", address, "k", sleep=sleep) as model:
        with pytest.raises(Unreachable) as caught:
            await model.complete(ASK)
    assert f"{address}: the connection failed" in str(caught.value)
    assert "after 5 attempts. Check that the server there is running" in str(caught.value)
    assert len(slept) == 4


# Waiting as long as asked


def in_seconds(seconds: float) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize(
    ("headers", "least", "most"),
    [
        (lambda: {"Retry-After": "7"}, 7, 7.8),
        (lambda: {"Retry-After": "1.5"}, 1.5, 1.7),
        (lambda: {"Retry-After": in_seconds(30)}, 28, 33.1),
        (lambda: {"Retry-After": in_seconds(-30)}, 0.2, 0.5),
        (lambda: {"retry-after-ms": "2500", "Retry-After": "9"}, 2.5, 2.8),
        (lambda: {"Retry-After": "0"}, 0.2, 0.5),
        (lambda: {"Retry-After": "soon"}, 0.2, 0.5),
        (lambda: {"Retry-After": "nan"}, 0.2, 0.5),
        (lambda: {"Retry-After": "-3"}, 0.2, 0.5),
        (lambda: {}, 0.2, 0.5),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
async def test_the_wait_that_the_server_asks_for(mocked, reply, scripted, headers, least, most, status):
    mocked.answers(scripted(error("slow down"), status, headers()), reply())
    assert (await mocked.model().complete(ASK)).text == "Hello."
    assert least <= mocked.slept[0] <= most


@pytest.mark.parametrize("name", ["Retry-After", "retry-after-ms", "date"])
async def test_waits_over_the_sdks_own_transport(loopback, reply, scripted, name):
    headers = {
        "Retry-After": {"Retry-After": "3"},
        "retry-after-ms": {"retry-after-ms": "3000"},
        "date": {"Retry-After": in_seconds(4)},
    }[name]
    loopback.answers(scripted(error("slow down"), 429, headers), scripted("busy", 500), scripted("busy", 500), reply())
    assert (await loopback.model().complete(ASK)).text == "Hello."
    assert 2 <= loopback.slept[0] <= 4.5
    assert len(loopback.slept) == 3


@pytest.mark.parametrize("wait", ["3600", "1e999", "Fri, 31 Dec 2049 23:59:59 GMT"])
async def test_too_long_a_wait_ends_the_call_at_once(mocked, scripted, wait):
    mocked.answers(scripted(error("slow down"), 429, {"Retry-After": wait}))
    line = await fails(mocked, Unreachable, patience=60)
    assert "it asks to wait" in line
    assert "60 s is as long as a call may take" in line
    assert (len(mocked.requests), mocked.slept) == (1, [])


async def test_rate_limits_use_up_patience_and_not_attempts(world, scripted):
    world.answers(scripted(error("slow down"), 429, {"Retry-After": "5"}))
    assert "too many requests" in await fails(world, Unreachable, attempts=2, patience=60)
    assert len(world.slept) > 5
    assert 40 < sum(world.slept) <= 60


# The ladder of modes


REFUSALS = [
    (400, error("This response_format type is unavailable now", type="invalid_request_error")),
    (422, "Failed to deserialize: response_format.type `json_schema` is unavailable now"),
    (400, {"error": "'response_format.type' must be 'text'"}),
    (400, error("not supported with this model", param="response_format")),
    (400, error("'messages' must contain the word 'json' in some form, to use 'response_format'")),
]


@pytest.mark.parametrize(("status", "body"), REFUSALS)
async def test_ladder_goes_down_to_what_the_server_takes(mocked, reply, scripted, status, body):
    mocked.answers(scripted(body, status), scripted(body, status), reply("Subject: x\n\ny"))
    model = mocked.model()
    answer = await model.complete(ASK, schema=SCHEMA)
    assert answer.mode == "text"
    assert [request.get("response_format", {}).get("type") for request in mocked.requests] == [
        "json_schema",
        "json_object",
        None,
    ]
    assert mocked.slept == []
    await model.complete(ASK, schema=SCHEMA)
    assert "response_format" not in mocked.requests[3], "what the server takes is remembered"


async def test_ladder_over_the_sdks_own_transport(loopback, reply, scripted):
    status, body = REFUSALS[0]
    loopback.answers(scripted(body, status), scripted(body, status), reply("Subject: x\n\ny"))
    assert (await loopback.model().complete(ASK, schema=SCHEMA)).mode == "text"


async def test_middle_rung_is_remembered(world, reply, scripted):
    status, body = REFUSALS[0]
    world.answers(scripted(body, status), reply("{}"))
    model = world.model()
    for _ in range(2):
        assert (await model.complete(ASK, schema=SCHEMA)).mode == "json_object"
    assert len(world.requests) == 3


async def test_a_request_that_every_mode_refuses_teaches_nothing(world, reply, scripted):
    status, body = REFUSALS[0]
    world.answers(*[scripted(body, status)] * 3, reply("{}"))
    model = world.model()
    with pytest.raises(ModelError, match="response_format type is unavailable"):
        await model.complete(ASK, schema=SCHEMA)
    assert (await model.complete(ASK, schema=SCHEMA)).mode == "json_schema"


async def test_other_refusals_do_not_go_down_the_ladder(world, scripted):
    world.answers(scripted(error("Unsupported parameter: 'messages'"), 400))
    with pytest.raises(ModelError, match="messages"):
        await world.model().complete(ASK, schema=SCHEMA)
    assert len(world.requests) == 1


async def test_modes_can_be_given(world, reply):
    world.answers(reply("{}"))
    assert (await world.model(modes=("json_object", "text")).complete(ASK, schema=SCHEMA)).mode == "json_object"
    assert world.requests[0]["response_format"] == {"type": "json_object"}


async def test_trouble_on_a_lower_rung_is_retried_there(world, reply, scripted):
    status, body = REFUSALS[0]
    world.answers(scripted(body, status), scripted("busy", 503), reply("{}"))
    assert (await world.model().complete(ASK, schema=SCHEMA)).mode == "json_object"
    assert len(world.requests) == 3


# Gate and recorder


class Recorded:
    """Gate and recorder in one, writing down who was called with what."""

    def __init__(self, outcomes: list[Outcome] | None = None) -> None:
        self.calls: list[tuple[str, Attempt]] = []
        self.outcomes = [] if outcomes is None else outcomes

    async def before(self, attempt: Attempt) -> None:
        self.calls.append(("before", attempt))

    async def sending(self, attempt: Attempt) -> None:
        self.calls.append(("sending", attempt))

    async def came_back(self, attempt: Attempt, outcome: Outcome) -> None:
        self.calls.append(("came back", attempt))
        self.outcomes.append(outcome)

    async def after(self, attempt: Attempt, outcome: Outcome) -> None:
        self.calls.append(("after", attempt))
        assert self.outcomes[-1] is outcome


ROUND = ["before", "sending", "came back", "after"]


async def test_gate_and_recorder_stand_around_every_attempt(world, reply, scripted):
    both = Recorded()
    world.answers(
        scripted(REFUSALS[0][1], 400),
        scripted(error("slow"), 429, {"Retry-After": "7"}),
        reply(None),
        reply("{}"),
    )
    await world.model(gate=both, recorder=both).complete(ASK, schema=SCHEMA)
    assert [name for name, _ in both.calls] == ROUND * 4
    attempts = [attempt for name, attempt in both.calls if name == "before"]
    assert [attempt.number for attempt in attempts] == [1, 2, 3, 4]
    assert [attempt.mode for attempt in attempts] == ["json_schema", "json_object", "json_object", "json_object"]
    assert len({attempt.call for attempt in attempts}) == 1
    assert attempts[0].messages == tuple(ASK)
    assert [outcome.status for outcome in both.outcomes] == [400, 429, 200, 200]
    assert [outcome.error for outcome in both.outcomes] == ["ModelError", "Unreachable", "BadReply", ""]
    assert [outcome.retry_after for outcome in both.outcomes] == [None, 7.0, None, None]
    assert [outcome.usage.input for outcome in both.outcomes] == [0, 0, 10, 10]
    assert all(outcome.reply and outcome.seconds > 0 for outcome in both.outcomes)


async def test_an_attempt_without_an_answer_is_recorded(world, reply, scripted):
    both = Recorded()
    world.answers(scripted(reply("x" * 1000), breaks_off=True))
    await fails(world, Unreachable, attempts=1, gate=both, recorder=both)
    assert [name for name, _ in both.calls] == ROUND
    outcome = both.outcomes[0]
    assert (outcome.status, outcome.error, outcome.reply) == (None, "Unreachable", "")


async def test_a_cancelled_attempt_gives_its_place_back(loopback, reply, scripted):
    both = Recorded()
    loopback.answers(scripted(reply(), late=0.3))
    async with loopback.model(gate=both, recorder=both) as model:
        task = asyncio.create_task(model.complete(ASK))
        while not loopback.requests:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert [name for name, _ in both.calls] == ROUND
    assert both.outcomes == [Outcome(error="Interrupted")]


async def test_a_gate_that_never_opens_ends_the_call(world, reply):
    class Closed(Recorded):
        async def before(self, attempt: Attempt) -> None:
            raise QuotaError("the budget is spent", next="Raise --max-cost")

    both = Closed()
    world.answers(reply())
    with pytest.raises(QuotaError, match="budget"):
        await world.model(gate=both, recorder=both).complete(ASK)
    assert world.requests == [] == both.calls


# What the environment must not do


async def test_other_addresses_do_not_see_openai_headers_of_the_environment(world, reply, key, monkeypatch):
    monkeypatch.setenv("OPENAI_ORG_ID", "org-private")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-private")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Private: yes\nAuthorization: Bearer other")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-other")
    monkeypatch.setenv("OPENAI_ADMIN_KEY", "sk-admin")
    world.answers(reply())
    await world.model().complete(ASK)
    sent = world.headers[0]
    assert sent["authorization"] == f"Bearer {key}"
    assert not {"openai-organization", "openai-project", "x-private"} & set(sent)


async def test_own_machine_is_reached_past_a_proxy(loopback, reply, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    loopback.answers(reply())
    async with loopback.model(attempts=1) as model:
        assert (await model.complete(ASK)).text == "Hello."


async def test_a_proxy_that_cannot_be_used_is_one_line(monkeypatch):
    monkeypatch.setenv("ALL_PROXY", "foo://127.0.0.1:9")
    with pytest.raises(SettingsError, match="ALL_PROXY"):
        await ChatModel("m", "https://api.example.com/v1", "k").complete(ASK)


@pytest.mark.parametrize("key", ["", "sk-钥匙", "sk-a\nb"])
def test_a_key_that_cannot_be_sent(key):
    with pytest.raises(AuthError, match="Copy it again"):
        ChatModel("m", "https://api.example.com/v1", key)


async def test_the_callers_client_stays_open(mocked, reply):
    mocked.answers(reply())
    async with mocked.http_client, mocked.model() as model:
        await model.complete(ASK)
        await model.aclose()
        assert not mocked.http_client.is_closed


def test_importing_the_room_does_not_load_openai():
    code = "import sys, drafter.llm; print('openai' in sys.modules, 'httpx' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "False False"
