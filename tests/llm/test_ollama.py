"""Ollama's native dialect: what is sent, and what answers and errors mean."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from pydantic import SecretStr

from qagen.llm import ollama
from qagen.llm.providers import PROVIDERS, Endpoint, resolve_base_url
from qagen.llm.types import ChatRequest, ErrorDetails, Usage
from qagen.prompts import REPLY_SCHEMA

REQUEST = ChatRequest(system="You write JSON.", user="Ask about pumps.", model="gemma4", max_tokens=1500)
LOCAL = Endpoint(PROVIDERS["local"], "gemma4", "http://127.0.0.1:11434")

ANSWER: dict[str, Any] = {
    "model": "gemma4",
    "created_at": "2026-11-22T05:00:00.123456789Z",
    "message": {"role": "assistant", "content": '{"pairs":[]}', "thinking": ""},
    "done": True,
    "done_reason": "stop",
    "total_duration": 4883583458,
    "prompt_eval_count": 126,
    "eval_count": 42,
}


def body_of(**changes: Any) -> dict[str, Any]:
    call = ollama.build_request(dataclasses.replace(REQUEST, **changes), LOCAL)
    body: dict[str, Any] = json.loads(call.body)
    return body


# The request


def test_a_request_is_exactly_this() -> None:
    request = dataclasses.replace(
        REQUEST,
        schema={"type": "object", "required": ["pairs"], "properties": {"pairs": {"type": "array"}}},
        temperature=0.7,
        top_p=0.9,
        seed=7,
        options={"top_k": 40, "stop": ["###"]},
        context_tokens=8192,
    )
    call = ollama.build_request(request, LOCAL)
    assert call.url == "http://127.0.0.1:11434/api/chat"
    assert call.headers == {"Content-Type": "application/json"}
    assert json.loads(call.body) == {
        "model": "gemma4",
        "messages": [
            {"role": "system", "content": "You write JSON."},
            {"role": "user", "content": "Ask about pumps."},
        ],
        "stream": False,
        "think": False,
        "truncate": False,
        "keep_alive": "10m",
        "format": {"type": "object", "required": ["pairs"], "properties": {"pairs": {"type": "array"}}},
        "options": {
            "num_ctx": 8192,
            "num_predict": 1500,
            "temperature": 0.7,
            "top_p": 0.9,
            "seed": 7,
            "top_k": 40,
            "stop": ["###"],
        },
    }


def test_streaming_which_is_on_by_default_is_switched_off() -> None:
    assert body_of()["stream"] is False


def test_a_prompt_that_is_too_long_must_not_be_cut_in_silence() -> None:
    assert body_of()["truncate"] is False


def test_thinking_which_is_on_where_nothing_is_said_is_switched_off() -> None:
    assert body_of()["think"] is False


def test_the_length_of_the_reply_is_always_limited() -> None:
    assert body_of(max_tokens=77)["options"] == {"num_predict": 77}


def test_sampling_stands_in_the_options_and_only_when_asked_for() -> None:
    body = body_of(temperature=0.0, top_p=0.5, seed=0)
    assert body["options"] == {"num_predict": 1500, "temperature": 0.0, "top_p": 0.5, "seed": 0}
    assert not {"temperature", "top_p", "seed", "num_predict"} & set(body)
    assert not {"temperature", "top_p", "seed"} & set(body_of()["options"])


def test_model_options_stand_where_ollama_reads_them() -> None:
    body = body_of(options={"top_k": 40, "think": "low", "keep_alive": "1h", "num_ctx": 16384}, context_tokens=4096)
    assert body["options"] == {"num_predict": 1500, "num_ctx": 16384, "top_k": 40}
    assert (body["think"], body["keep_alive"]) == ("low", "1h")
    assert "top_k" not in body


def test_the_format_is_the_bare_schema() -> None:
    assert body_of(schema=REPLY_SCHEMA)["format"] == REPLY_SCHEMA
    assert "format" not in body_of()


def test_a_key_is_sent_only_where_there_is_one() -> None:
    assert "Authorization" not in ollama.build_request(REQUEST, LOCAL).headers
    cloud = dataclasses.replace(LOCAL, base_url="https://ollama.com", api_key=SecretStr("secret"))
    assert ollama.build_request(REQUEST, cloud).headers["Authorization"] == "Bearer secret"


@pytest.mark.parametrize("given", ["http://127.0.0.1:11434/v1", "http://127.0.0.1:11434/api/", "127.0.0.1"])
def test_the_path_of_another_dialect_is_taken_off_the_base_url(given: str) -> None:
    base_url = resolve_base_url(PROVIDERS["local"], given)
    assert base_url is not None
    call = ollama.build_request(REQUEST, dataclasses.replace(LOCAL, base_url=base_url))
    assert call.url == "http://127.0.0.1:11434/api/chat"


# The reply


def test_a_reply_is_read_with_its_text_end_model_and_tokens() -> None:
    reply = ollama.parse_reply(ANSWER)
    assert (reply.text, reply.finish, reply.model, reply.refusal) == ('{"pairs":[]}', "stop", "gemma4", None)
    assert reply.usage == Usage(input_tokens=126, output_tokens=42)


def test_no_text_at_the_token_limit_is_truncation_and_not_an_empty_reply() -> None:
    reply = ollama.parse_reply(ANSWER | {"message": {"role": "assistant", "content": ""}, "done_reason": "length"})
    assert (reply.finish, reply.text) == ("length", "")


def test_counts_that_are_left_out_are_zero() -> None:
    fields = {name: value for name, value in ANSWER.items() if name != "prompt_eval_count"}
    assert ollama.parse_reply(fields).usage == Usage(input_tokens=0, output_tokens=42)


def test_a_reply_without_counts_says_that_nothing_was_reported() -> None:
    fields = {name: value for name, value in ANSWER.items() if not name.endswith("_count")}
    assert ollama.parse_reply(fields).usage == Usage(0, 0, 0, reported=False)


def test_the_thinking_of_the_model_is_no_part_of_the_text() -> None:
    assert ollama.parse_reply(ANSWER | {"message": {"content": "[]", "thinking": "Hmm"}}).text == "[]"


def test_an_end_without_an_answer_is_neither_done_nor_cut() -> None:
    assert ollama.parse_reply(ANSWER | {"done_reason": "load"}).finish == "other"


def test_a_server_that_names_no_end_has_finished() -> None:
    fields = {name: value for name, value in ANSWER.items() if name != "done_reason"}
    assert ollama.parse_reply(fields).finish == "stop"


@pytest.mark.parametrize("body", [{}, {"choices": []}, {"message": None}, {"message": "text"}])
def test_another_shape_raises_what_the_client_expects_of_a_wire(body: dict[str, Any]) -> None:
    with pytest.raises((KeyError, IndexError, TypeError, AttributeError)):
        ollama.parse_reply(body)


# Errors


@pytest.mark.parametrize(
    ("status", "text", "kind"),
    [
        (404, "model 'gemma4' not found", "model"),
        (404, 'model "gemma4" not found, try pulling it first', "model"),
        (400, "request (5000 tokens) exceeds the available context size (4096 tokens), try increasing it", "context"),
        (400, "input length exceeds the context length", "context"),
        (500, "the input exceeds maximum context length", "context"),
        (503, "server busy, please try again.  maximum pending requests exceeded", None),
        (500, "llama runner process has terminated: exit status 2", None),
        (400, '"gemma4" does not support thinking', None),
    ],
)
def test_an_error_is_a_plain_string_that_is_told_by_its_words(status: int, text: str, kind: str | None) -> None:
    wanted = "context_length" if kind == "context" else kind
    details = ollama.parse_error(status, {"error": text})
    assert details is not None
    assert details.message == text
    assert details.kind in {wanted, "server" if status >= 500 and wanted is None else wanted}


def test_an_error_object_of_a_gateway_gives_its_message() -> None:
    assert ollama.parse_error(502, {"error": {"message": "upstream is away", "code": 502}}) == ErrorDetails(
        "upstream is away"
    )


@pytest.mark.parametrize("body", [None, "404 page not found", 7, [], {}, {"error": None}, {"error": {"code": 1}}])
def test_a_body_that_is_no_error_says_nothing(body: Any) -> None:
    assert ollama.parse_error(500, body) is None
