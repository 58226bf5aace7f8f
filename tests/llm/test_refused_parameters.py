"""A parameter that a model refuses: it is recognized, left out with one warning, and never sent again in the run."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import orjson
import pytest
from pydantic import SecretStr

from qagen.errors import RejectedError
from qagen.llm import faults
from qagen.llm.client import Client
from qagen.llm.faults import refused_parameter
from qagen.llm.providers import PROVIDERS, Endpoint, default_effort
from qagen.llm.types import DROPPABLE, Attempts, ChatReply, ChatRequest
from qagen.prompts import REPLY_SCHEMA, fence
from tests.llm_server import LLMServer

PASSAGE = "The pressure relief valve opens at 12 bar and closes at 10 bar."

# What the messages mean


@pytest.mark.parametrize(
    ("message", "ours"),
    [
        # OpenAI
        (
            "Unsupported value: 'temperature' does not support 0.7 with this model. Only the default (1) value is "
            "supported.",
            "temperature",
        ),
        ("'temperature' does not support 0.7 with this model. Only the default (1) value is supported", "temperature"),
        ("Unsupported parameter: 'temperature' is not supported with this model.", "temperature"),
        ("Unsupported parameter: 'top_p' is not supported with this model.", "top_p"),
        (
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' "
            "instead.",
            "max_tokens",
        ),
        (
            "Unsupported value: 'reasoning_effort' does not support 'minimal' with this model. Supported values are: "
            "'low', 'medium', and 'high'.",
            "effort",
        ),
        ("Unrecognized request argument supplied: reasoning_effort", "effort"),
        ("Unrecognized request argument supplied: max_completion_tokens", "max_tokens"),
        ("Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model.", "schema"),
        ("Unsupported parameter: 'seed' is not supported with this model.", "seed"),
        # Anthropic
        ("temperature: Extra inputs are not permitted", "temperature"),
        ("top_p: Extra inputs are not permitted", "top_p"),
        ("output_config.effort: Extra inputs are not permitted", "effort"),
        ("output_config.format: Extra inputs are not permitted", "schema"),
        ("output_config.format.schema: For 'integer' type, property 'minimum' is not supported", "schema"),
        ("This model does not support the effort parameter.", "effort"),
        ("'claude-opus-4-20250514' does not support output format.", "schema"),
        ("thinking: `disabled` is not supported on this model", "effort"),
        ("thinking.type.disabled: not supported on this model", "effort"),
        ("`temperature` is deprecated for this model.", "temperature"),
        ("`temperature` may only be set to 1 when thinking is enabled.", "temperature"),
        ("`temperature` and `top_p` cannot both be specified for this model. Please use only one.", "temperature"),
        # Google
        ("Thinking level is not supported for this model.", "effort"),
        ("Thinking level MINIMAL is not supported for this model.", "effort"),
        ("Thinking budget is not supported for this model", "effort"),
        (
            "Invalid JSON payload received. Unknown name \"responseJsonSchema\" at 'generation_config': Cannot find "
            "field.",
            "schema",
        ),
        ("Unknown name \"response_json_schema\" at 'generation_config': Cannot find field.", "schema"),
        ("Unknown name \"thinkingLevel\" at 'generation_config.thinking_config': Cannot find field.", "effort"),
        ("Unknown name \"topP\" at 'generation_config': Cannot find field.", "top_p"),
        # Ollama, vLLM, FastAPI and others
        ('"gemma4" does not support thinking', "effort"),
        ("Extra inputs are not permitted: seed", "seed"),
        ("[{'type': 'extra_forbidden', 'loc': ['body', 'seed'], 'msg': 'Extra inputs are not permitted'}]", "seed"),
        ("property 'reasoning_effort' is unsupported", "effort"),
        ("Model grok-4 does not support parameter reasoningEffort.", "effort"),
        ("Argument not supported on this model: reasoningEffort", "effort"),
        ("This response_format type is unavailable now", "schema"),
        ("'response_format.type' must be 'json_schema' or 'text'", "schema"),
    ],
)
def test_a_message_that_refuses_a_parameter_names_it(message: str, ours: str) -> None:
    assert ours in DROPPABLE
    assert refused_parameter(400, message) == ours
    assert refused_parameter(422, message) == ours


@pytest.mark.parametrize(
    ("named", "ours"),
    [
        ("temperature", "temperature"),
        ("top_p", "top_p"),
        ("seed", "seed"),
        ("max_tokens", "max_tokens"),
        ("max_completion_tokens", "max_tokens"),
        ("reasoning_effort", "effort"),
        ("response_format", "schema"),
        ("response_format.json_schema", "schema"),
        ("response_format.json_schema.schema", "schema"),
        ("response_format.type", "schema"),
    ],
)
def test_the_field_that_names_the_parameter_is_believed(named: str, ours: str) -> None:
    assert refused_parameter(400, "Unsupported value.", named) == ours


@pytest.mark.parametrize("named", [None, "", "messages", "messages[0].content", "model", 7, ["temperature"], {}])
def test_a_field_that_names_nothing_of_ours_says_nothing(named: object) -> None:
    assert refused_parameter(400, "Invalid value.", named) is None


@pytest.mark.parametrize(
    "message",
    [
        "",
        "Invalid request.",
        # The length of the prompt, where the cap is named too
        "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens (7000 in the messages, "
        "2000 in the completion). Please reduce the length of the messages or max_tokens.",
        "'max_tokens' or 'max_completion_tokens' is too large: 4000. This model's maximum context length is 4096 "
        "tokens and your request has 500 input tokens (4000 > 4096 - 500).",
        "input length and `max_tokens` exceed context limit: 197202 + 8000 > 200000, decrease input length or "
        "`max_tokens` and try again",
        "This model does not support prompts of more than 8192 tokens; with max_tokens 2000 the context is exceeded.",
        # A value that is wrong: the user said it, and it must not be dropped behind his back
        "max_tokens: 200000 > 128000, which is the maximum allowed number of output tokens for claude-sonnet-5-5",
        "temperature: Input should be less than or equal to 1",
        'option "temperature" must be of type float32',
        # What else can be refused
        "This model does not support assistant message prefill. The conversation must end with a user message.",
        "Unsupported parameter: 'top_k' is not supported with this model.",
        "Unrecognized request argument supplied: min_p",
        "The model 'kimi-k2-thinking' is not supported by this endpoint.",
        "registry.example/qwen3-thinking:8b does not support chat",
        "Unknown model: high-effort-1",
        "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
    ],
)
def test_a_message_that_mentions_a_word_by_chance_refuses_nothing(message: str) -> None:
    assert refused_parameter(400, message) is None


@pytest.mark.parametrize("status", [200, 401, 403, 404, 413, 429, 500, 503])
def test_only_a_bad_request_can_be_about_a_parameter(status: int) -> None:
    assert refused_parameter(status, "Unsupported parameter: 'temperature'", "temperature") is None


CHAT = {"error": {"message": "no", "type": "invalid_request_error", "param": "temperature", "code": None}}


@pytest.mark.parametrize(
    ("provider", "status", "body", "ours"),
    [
        ("openai", 400, CHAT, "temperature"),
        ("openai", 400, [CHAT], "temperature"),
        ("compatible", 400, {"error": {"message": "Unsupported parameter: seed", "code": 400}}, "seed"),
        ("compatible", 400, {"object": "error", "message": "seed is not supported", "code": 400}, "seed"),
        (
            "compatible",
            422,
            {"detail": [{"loc": ["body", "seed"], "msg": "Extra inputs are not permitted"}]},
            "seed",
        ),
        (
            "xai",
            400,
            {
                "code": "Client specified an invalid argument",
                "error": "Model grok-4 does not support parameter reasoning_effort.",
            },
            "effort",
        ),
        ("compatible", 400, {"error": "Unsupported parameter: 'seed'"}, "seed"),
        (
            "claude",
            400,
            {"error": {"type": "invalid_request_error", "message": "temperature: Extra inputs are not permitted"}},
            "temperature",
        ),
        (
            "gemini",
            400,
            {"error": {"code": 400, "status": "INVALID_ARGUMENT", "message": "Thinking level is not supported."}},
            "effort",
        ),
        ("local", 400, {"error": '"gemma4" does not support thinking'}, "effort"),
        # The length of the prompt is the fault, whatever else is named
        (
            "openai",
            400,
            {
                "error": {
                    "message": "This model's maximum context length is 8192 tokens; max_tokens 9000 is not supported.",
                    "param": "max_tokens",
                    "code": "context_length_exceeded",
                }
            },
            None,
        ),
    ],
)
def test_every_dialect_hands_on_what_was_refused(provider: str, status: int, body: Any, ours: str | None) -> None:
    row = PROVIDERS[provider]
    wire = import_module(f"qagen.llm.{row.wire}")
    error = faults.classify(status, {}, wire.parse_error(status, body), Endpoint(row, "m", "http://host.example"))
    assert isinstance(error, RejectedError)
    assert error.parameter == ours


@pytest.mark.parametrize("provider", ["openai", "compatible", "deepseek", "claude", "gemini", "local"])
def test_without_a_parameter_the_request_is_as_if_nobody_had_asked_for_it(provider: str) -> None:
    row = PROVIDERS[provider]
    wire = import_module(f"qagen.llm.{row.wire}")
    endpoint = Endpoint(row, "m", "http://host.example")
    full = dataclasses.replace(request("m"), temperature=0.5, top_p=0.5, effort="low")

    def body(asked: ChatRequest) -> Any:
        return orjson.loads(wire.build_request(asked, endpoint).body)

    def without(*names: str) -> Any:
        return body(dataclasses.replace(full, without=frozenset(names)))

    assert without("temperature") == body(dataclasses.replace(full, temperature=None))
    assert without("top_p") == body(dataclasses.replace(full, top_p=None))
    everything = without(*DROPPABLE)
    assert not {"temperature", "top_p", "topP", "effort", "thinking", "think", "reasoning_effort", "output_config"} & (
        set(everything) | set(everything.get("generationConfig", {})) | set(everything.get("options", {}))
    )
    asks_for_json = {"response_format", "format", "tools", "responseMimeType", "responseJsonSchema"}
    assert not asks_for_json & (set(everything) | set(everything.get("generationConfig", {})))


# What the client makes of it, against a real server


@pytest.fixture(scope="module")
def process() -> Iterator[LLMServer]:
    with LLMServer() as server:
        yield server


@pytest.fixture
def server(process: LLMServer) -> LLMServer:
    process.reset()
    return process


def endpoint(server: LLMServer, name: str = "openai", model: str = "gpt-6.1-sol") -> Endpoint:
    host = server.url if name in {"claude", "gemini", "local"} else server.openai_url
    return Endpoint(PROVIDERS[name], model, host, SecretStr("sk-secret"))


def request(model: str = "gpt-6.1-sol", passage: str = PASSAGE) -> ChatRequest:
    user = f"Write up to 2 questions.\n{fence('passage', passage)}"
    return ChatRequest("Answer in JSON.", user, model, 2000, schema=REPLY_SCHEMA, schema_name="qa_pairs")


async def ask(client: Client, attempts: Attempts | None = None, **changes: Any) -> ChatReply:
    asked = dataclasses.replace(request(client.endpoint.model), **changes)
    return await client.send(asked, attempts or Attempts())


def bodies(server: LLMServer) -> list[Any]:
    return [entry.body for entry in server.ledger()]


def statuses(server: LLMServer) -> list[int | None]:
    return [entry.status for entry in server.ledger()]


def refuse(nth: int, param: str | None, message: str = "Unsupported parameter.", status: int = 400) -> dict[str, Any]:
    code = "unsupported_parameter"
    fault = {"fault": "status", "status": status, "message": message, "code": code, "when": {"nth": [nth]}}
    return fault | ({"param": param} if param else {})


@pytest.mark.anyio
async def test_a_model_that_refuses_a_temperature_gets_one_request_without_it_and_never_again(
    server: LLMServer,
) -> None:
    notes: list[str] = []
    attempts = Attempts()
    async with Client(endpoint(server), 1, notes.append) as client:
        assert (await ask(client, attempts, temperature=0.7)).finish == "stop"
        for _ in range(3):
            assert (await ask(client, temperature=0.7)).finish == "stop"
    assert attempts.sent == 2
    assert statuses(server) == [400, 200, 200, 200, 200]
    first, *others = bodies(server)
    assert first["temperature"] == 0.7
    assert [body == {name: item for name, item in first.items() if name != "temperature"} for body in others] == [
        True
    ] * 4
    (note,) = notes
    assert "'temperature'" in note
    assert note.endswith("From now on temperature is left out.")
    assert ".." not in note
    assert "sk-secret" not in note


@pytest.mark.anyio
async def test_what_was_refused_is_remembered_by_the_run_and_not_by_the_next(server: LLMServer) -> None:
    for _ in range(2):
        async with Client(endpoint(server), 1) as client:
            await ask(client, temperature=0.7)
    assert ["temperature" in body for body in bodies(server)] == [True, False, True, False]


@pytest.mark.anyio
async def test_many_workers_that_are_refused_at_the_same_time_warn_once(server: LLMServer) -> None:
    server.configure(latency_ms=50)
    notes: list[str] = []
    async with Client(endpoint(server), 4, notes.append) as client:
        replies = await asyncio.gather(*(ask(client, temperature=0.7) for _ in range(4)))
    assert [reply.finish for reply in replies] == ["stop"] * 4
    assert len(notes) == 1
    assert sorted(map(str, statuses(server))) == ["200"] * 4 + ["400"] * 4


@pytest.mark.anyio
async def test_one_parameter_after_the_other_is_left_out(server: LLMServer) -> None:
    server.configure(faults=[refuse(1, "temperature"), refuse(2, "top_p"), refuse(3, "seed")])
    notes: list[str] = []
    async with Client(endpoint(server, "compatible", "any"), 1, notes.append) as client:
        await ask(client, temperature=0.7, top_p=0.5, seed=7)
    assert [sorted({"temperature", "top_p", "seed"} & set(body)) for body in bodies(server)] == [
        ["seed", "temperature", "top_p"],
        ["seed", "top_p"],
        ["seed"],
        [],
    ]
    assert len(notes) == 3


@pytest.mark.anyio
async def test_a_compatible_server_that_wants_the_other_name_of_the_cap_gets_it(server: LLMServer) -> None:
    # A model of OpenAI's behind an address of the user's own: it refuses max_tokens by itself.
    notes: list[str] = []
    async with Client(endpoint(server, "compatible", "gpt-6-luna"), 1, notes.append) as client:
        for _ in range(2):
            await ask(client)
    assert statuses(server) == [400, 200, 200]
    caps = [{name: body[name] for name in body if name.startswith("max_")} for body in bodies(server)]
    assert caps == [{"max_tokens": 2000}, {"max_completion_tokens": 2000}, {"max_completion_tokens": 2000}]
    (note,) = notes
    assert "max_completion_tokens" in note


@pytest.mark.anyio
async def test_a_host_that_wants_the_older_name_of_the_cap_gets_it(server: LLMServer) -> None:
    message = "Unrecognized request argument supplied: max_completion_tokens"
    server.configure(faults=[refuse(1, None, message)])
    async with Client(endpoint(server, model="my-model"), 1) as client:
        for _ in range(2):
            await ask(client)
    caps = [{name: body[name] for name in body if name.startswith("max_")} for body in bodies(server)]
    assert caps == [{"max_completion_tokens": 2000}, {"max_tokens": 2000}, {"max_tokens": 2000}]


@pytest.mark.anyio
async def test_a_cap_that_is_too_large_is_shown_to_the_user_and_not_sent_under_another_name(server: LLMServer) -> None:
    message = "max_tokens is too large: 2000. This model supports at most 1024 completion tokens."
    server.configure(faults=[refuse(1, "max_tokens", message) | {"code": "invalid_value"}])
    async with Client(endpoint(server, "compatible", "any"), 1) as client:
        with pytest.raises(RejectedError) as caught:
            await ask(client)
    assert "too large: 2000" in str(caught.value)
    assert statuses(server) == [400]


@pytest.mark.anyio
async def test_after_the_schema_comes_json_mode_and_after_that_nothing(server: LLMServer) -> None:
    server.configure(faults=[refuse(1, "response_format"), refuse(2, "response_format")])
    notes: list[str] = []
    async with Client(endpoint(server, "compatible", "any"), 1, notes.append) as client:
        for _ in range(2):
            await ask(client)
    forms = [body.get("response_format", {}).get("type") for body in bodies(server)]
    assert forms == ["json_schema", "json_object", None, None]
    assert len(notes) == 2


@pytest.mark.anyio
async def test_a_host_in_json_mode_that_refuses_even_that_is_asked_without(server: LLMServer) -> None:
    server.configure(faults=[refuse(1, "response_format")])
    async with Client(endpoint(server, "deepseek", "deepseek-chat"), 1) as client:
        await ask(client)
    assert [body.get("response_format") for body in bodies(server)] == [{"type": "json_object"}, None]


@pytest.mark.anyio
async def test_a_host_that_refuses_whatever_is_sent_is_given_up(server: LLMServer) -> None:
    server.configure(faults=[refuse(1, "response_format") | {"when": {}}])
    async with Client(endpoint(server, "compatible", "any"), 1) as client:
        with pytest.raises(RejectedError) as caught:
            await ask(client)
    assert caught.value.code == "bad_request"
    assert len(server.ledger()) == 3


@pytest.mark.anyio
@pytest.mark.parametrize("param", ["temperature", "top_p", "seed", "reasoning_effort"])
async def test_a_parameter_that_was_not_sent_is_not_left_out(server: LLMServer, param: str) -> None:
    server.configure(faults=[refuse(1, param)])
    notes: list[str] = []
    async with Client(endpoint(server, "compatible", "any"), 1, notes.append) as client:
        with pytest.raises(RejectedError) as caught:
            await ask(client)
        assert (await ask(client)).finish == "stop"
    assert caught.value.code == "bad_request"
    assert notes == []
    assert statuses(server) == [400, 200]


@pytest.mark.anyio
async def test_a_note_names_the_new_name_of_a_parameter_and_advises_nothing_that_is_done_already(
    server: LLMServer,
) -> None:
    message = (
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
    )
    server.configure(faults=[refuse(1, "max_tokens", message)])
    notes: list[str] = []
    async with Client(endpoint(server, "compatible", "any"), 1, notes.append) as client:
        assert (await ask(client)).finish == "stop"
    assert ["max_completion_tokens" in body for body in bodies(server)] == [False, True]
    (note,) = notes
    assert note.endswith("instead. From now on it is sent as max_completion_tokens.")
    assert "Check the model" not in note


@pytest.mark.anyio
async def test_a_note_names_what_is_left_out_as_it_was_sent(server: LLMServer) -> None:
    server.configure(faults=[refuse(1, "reasoning_effort", "Unsupported parameter: 'reasoning_effort'")])
    notes: list[str] = []
    async with Client(endpoint(server, "compatible", "any"), 1, notes.append) as client:
        await ask(client, effort="low")
    (note,) = notes
    assert note.endswith("'reasoning_effort'. From now on reasoning_effort is left out.")
    assert "Check the model" not in note


@pytest.mark.anyio
async def test_a_model_option_is_the_users_own_and_is_not_left_out(server: LLMServer) -> None:
    async with Client(endpoint(server), 1) as client:
        with pytest.raises(RejectedError) as caught:
            await ask(client, options={"temperature": 0.7})
    assert "'temperature'" in str(caught.value)
    assert statuses(server) == [400]


@pytest.mark.anyio
@pytest.mark.parametrize("status", [401, 404, 413])
async def test_other_errors_that_name_a_parameter_are_what_they_are(server: LLMServer, status: int) -> None:
    server.configure(faults=[refuse(1, "temperature", "temperature is not supported", status)])
    async with Client(endpoint(server, "compatible", "any"), 1) as client:
        with pytest.raises(Exception, match=f"HTTP {status}"):
            await ask(client, temperature=0.7)
    assert statuses(server) == [status]


@pytest.mark.anyio
async def test_ollama_is_asked_without_thinking_where_the_model_cannot_think(server: LLMServer) -> None:
    server.configure(thinking=False)
    notes: list[str] = []
    async with Client(endpoint(server, "local", "gemma4"), 1, notes.append) as client:
        for _ in range(2):
            await ask(client, effort="high")
    assert [body.get("think") for body in bodies(server)] == ["high", None, None]
    assert len(notes) == 1


@pytest.mark.anyio
async def test_a_new_claude_refuses_a_temperature_and_goes_on_under_the_new_version(server: LLMServer) -> None:
    notes: list[str] = []
    async with Client(endpoint(server, "claude", "claude-sonnet-5-5"), 1, notes.append) as client:
        for _ in range(2):
            assert (await ask(client, temperature=0.7)).finish == "stop"
    assert statuses(server) == [400, 200, 200]
    assert ["temperature" in body for body in bodies(server)] == [True, False, False]
    versions = [entry.headers["anthropic-version"] for entry in server.ledger()]
    assert versions == ["2023-06-01", "2026-10-21", "2026-10-21"]
    assert len(notes) == 1


@pytest.mark.anyio
async def test_an_older_claude_takes_a_temperature_without_a_word(server: LLMServer) -> None:
    notes: list[str] = []
    async with Client(endpoint(server, "claude", "claude-haiku-4-5"), 1, notes.append) as client:
        assert (await ask(client, temperature=0.7)).finish == "stop"
    (body,) = bodies(server)
    assert body["temperature"] == 0.7
    assert notes == []


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("name", "model", "effort"),
    [
        ("claude", "claude-haiku-4-5", "high"),
        ("claude", "claude-haiku-4-5", "none"),
        ("gemini", "gemma-4", "low"),
        ("openai", "gpt-4.1-mini", "low"),
        ("openai", "gpt-6-luna", "minimal"),
    ],
)
async def test_a_model_that_knows_no_such_effort_is_asked_without_it(
    server: LLMServer, name: str, model: str, effort: str
) -> None:
    notes: list[str] = []
    async with Client(endpoint(server, name, model), 1, notes.append) as client:
        for _ in range(2):
            assert (await ask(client, effort=effort)).finish == "stop"
    assert statuses(server) == [400, 200, 200]
    assert len(notes) == 1


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("name", "model"),
    [
        *(("claude", model) for model in ("claude-3-5-sonnet-20241022", "claude-sonnet-4-20250514")),
        *(("claude", model) for model in ("claude-opus-4-20250514", "claude-opus-4-1-20250805", "claude-haiku-4-5")),
        *(("claude", model) for model in ("claude-sonnet-4-6", "claude-haiku-5-5", "claude-sonnet-5-5")),
        *(("claude", model) for model in ("claude-opus-5-5", "claude-fable-5-1")),
        *(("gemini", model) for model in ("gemini-3.8-flash", "models/gemini-3.8-flash", "gemini-3.1-pro-preview")),
        *(("gemini", model) for model in ("gemini-2.5-flash", "models/gemini-2.5-flash", "gemini-2.5-pro")),
        *(("openai", model) for model in ("gpt-6-luna", "gpt-6-sol", "gpt-6.1-sol", "gpt-4.1-mini")),
    ],
)
@pytest.mark.parametrize("effort", ["of the row", "none", "low", "high", "max"])
async def test_a_strict_host_accepts_the_first_request_or_the_one_without_effort(
    server: LLMServer, name: str, model: str, effort: str
) -> None:
    """With the defaults of the row nothing is refused; an effort that the user names costs one request at most."""
    row = PROVIDERS[name]
    wanted = default_effort(row, model) if effort == "of the row" else effort
    async with Client(endpoint(server, name, model), 1) as client:
        reply = await ask(client, effort=wanted, max_tokens=row.max_tokens)
    assert reply.finish == "stop"
    assert set(orjson.loads(reply.text)) == {"skip_reason", "pairs"}
    assert statuses(server) in ([[200]] if effort == "of the row" else [[200], [400, 200]])
