"""The tests of the tests' own server: what it promises to the others, seen over real sockets."""

from __future__ import annotations

import ast
import gzip
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.llm_server import LLMServer, marker

PASSAGE = (
    "The pressure relief valve opens at 12 bar and closes at 10 bar.\n"
    "Technicians must inspect the seal every 500 hours of operation. "
    "A worn seal is replaced with part number SV-204.\n"
    "The pump housing is made of cast iron and weighs 40 kilograms."
)
HEX = "0123456789abcdef"
SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["skip_reason", "pairs"],
    "properties": {
        "skip_reason": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "pairs": {"type": "array", "items": {"type": "string"}},
    },
}


def prompt(passage: str = PASSAGE, count: int = 3) -> str:
    return f"Write up to {count} questions.\n<passage-{HEX}>\n{passage}\n</passage-{HEX}>\nAvoid repetition."


def openai_body(passage: str = PASSAGE, count: int = 3, model: str = "gpt-6-luna", **more: Any) -> dict[str, Any]:
    messages = [{"role": "system", "content": "Answer in JSON."}, {"role": "user", "content": prompt(passage, count)}]
    return {"model": model, "messages": messages} | more


def ollama_body(passage: str = PASSAGE, **more: Any) -> dict[str, Any]:
    return {"model": "gemma4", "messages": [{"role": "user", "content": prompt(passage)}], "stream": False} | more


def schema_format(schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    wrapper = {"name": "qa_items", "strict": True, "schema": schema} | more
    return {"type": "json_schema", "json_schema": wrapper}


@pytest.fixture(scope="module")
def process() -> Iterator[LLMServer]:
    with LLMServer() as server:
        yield server


@pytest.fixture
def server(process: LLMServer) -> LLMServer:
    process.reset()
    return process


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=60, trust_env=False) as client:
        yield client


def ask(client: httpx.Client, server: LLMServer, passage: str = PASSAGE, **more: Any) -> httpx.Response:
    return client.post(f"{server.openai_url}/chat/completions", json=openai_body(passage, **more))


def chat(client: httpx.Client, server: LLMServer, passage: str = PASSAGE, **more: Any) -> httpx.Response:
    return client.post(f"{server.url}/api/chat", json=ollama_body(passage, **more))


def text_of(response: httpx.Response) -> str:
    return str(response.json()["choices"][0]["message"]["content"])


def pairs_of(response: httpx.Response) -> list[dict[str, Any]]:
    pairs: list[dict[str, Any]] = json.loads(text_of(response))["pairs"]
    return pairs


def code_of(response: httpx.Response) -> tuple[int, str | None, str | None]:
    error = response.json()["error"]
    return response.status_code, error["code"], error["param"]


# The answers


def test_an_answer_quotes_the_passage_and_carries_its_marker(server: LLMServer, client: httpx.Client) -> None:
    pairs = pairs_of(ask(client, server))
    assert len(pairs) == 3
    assert all(quote in PASSAGE for pair in pairs for quote in pair["evidence"])
    assert all(f"[{marker(PASSAGE)}]?" in pair["question"] for pair in pairs)
    assert pairs[0] == {
        "question_type": "factual",
        "evidence": ["The pressure relief valve opens at 12 bar and closes at 10 bar."],
        "question": f"What is known about The pressure relief valve opens at 12 bar [{marker(PASSAGE)}]?",
        "answer": "The pressure relief valve opens at 12 bar and closes at 10 bar.",
    }


def test_there_are_as_many_pairs_as_asked_for_or_as_sentences(server: LLMServer, client: httpx.Client) -> None:
    assert len(pairs_of(ask(client, server, count=1))) == 1
    assert len(pairs_of(ask(client, server, count=20))) == 4


def test_the_number_asked_for_is_not_read_from_the_passage(server: LLMServer, client: httpx.Client) -> None:
    passage = "The tank holds up to 1 litre of oil. The hose is made of rubber and steel. The lamp is green today."
    user = f"<passage-{HEX}>\n{passage}\n</passage-{HEX}>\nUp to 2 questions."
    body = {"model": "m", "messages": [{"role": "user", "content": user}]}
    assert len(pairs_of(client.post(f"{server.openai_url}/chat/completions", json=body))) == 2


def test_the_last_passage_of_the_message_counts(server: LLMServer, client: httpx.Client) -> None:
    user = prompt("An example of a passage stands here for show.") + "\n" + prompt()
    body = {"model": "m", "messages": [{"role": "user", "content": user}]}
    pairs = pairs_of(client.post(f"{server.openai_url}/chat/completions", json=body))
    assert all(marker(PASSAGE) in pair["question"] for pair in pairs)


def test_a_blank_passage_has_no_facts(server: LLMServer, client: httpx.Client) -> None:
    assert json.loads(text_of(ask(client, server, " \n --- \n"))) == {"skip_reason": "no_facts", "pairs": []}


def test_a_question_about_another_language_has_no_english_in_it(server: LLMServer, client: httpx.Client) -> None:
    passage = "Das Ventil öffnet bei einem Druck von 12 Bar. 安全弁は12バールの圧力で開き、10バールで閉じます。"
    first, second = pairs_of(ask(client, server, passage))
    assert first["question"] == f"Das Ventil öffnet bei einem Druck [{marker(passage)}]?"
    assert second["evidence"] == ["安全弁は12バールの圧力で開き、10バールで閉じます。"]


def test_a_long_sentence_is_quoted_in_its_first_200_characters(server: LLMServer, client: httpx.Client) -> None:
    passage = "The list names " + "apples, " * 60 + "and that is all."
    (pair,) = pairs_of(ask(client, server, passage))
    assert len(pair["evidence"][0]) <= 200
    assert pair["evidence"][0] in passage


def test_the_same_passage_gets_the_same_bytes_in_any_company(server: LLMServer, client: httpx.Client) -> None:
    server.configure(jitter_ms=30)
    passages = [f"Machine number {i} is painted in the colour {i * 7} of the list." for i in range(20)]
    alone = [ask(client, server, passage).content for passage in passages]
    with ThreadPoolExecutor(20) as pool:
        together = list(pool.map(lambda passage: ask(client, server, passage).content, reversed(passages)))
    assert alone == together[::-1]


def test_jitter_lets_answers_overtake_each_other(server: LLMServer, client: httpx.Client) -> None:
    server.configure(latency_ms=20, jitter_ms=300)
    with ThreadPoolExecutor(12) as pool:
        list(pool.map(lambda i: ask(client, server, f"Sentence {i} of the text."), range(12)))
    entries = server.ledger()
    assert sorted(entries, key=lambda entry: entry.t_done or 0) != entries
    assert all((entry.t_done or 0) - entry.t >= 0.02 for entry in entries)


# OpenAI


def test_openai_answers_with_the_fields_of_the_document(server: LLMServer, client: httpx.Client) -> None:
    server.configure(cached_tokens=8)
    response = ask(client, server, reasoning_effort="none", response_format=schema_format(SCHEMA))
    body = response.json()
    assert response.headers["x-request-id"] == "req_1"
    assert response.headers["x-ratelimit-reset-tokens"] == "1m0s"
    assert list(body) == "id object created model choices usage service_tier system_fingerprint".split()
    (choice,) = body["choices"]
    assert (choice["finish_reason"], choice["logprobs"], choice["message"]["refusal"]) == ("stop", None, None)
    usage = body["usage"]
    assert usage["completion_tokens"] == -(-len(choice["message"]["content"]) // 4)
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    assert usage["prompt_tokens_details"] == {"cached_tokens": 8, "cache_write_tokens": 0, "audio_tokens": 0}
    assert usage["completion_tokens_details"]["reasoning_tokens"] == 0


def test_openai_cuts_at_the_token_limit(server: LLMServer, client: httpx.Client) -> None:
    choice = ask(client, server, max_completion_tokens=10).json()["choices"][0]
    assert choice["finish_reason"] == "length"
    assert len(choice["message"]["content"]) == 40


def test_reasoning_can_use_up_the_whole_limit(server: LLMServer, client: httpx.Client) -> None:
    server.configure(reasoning_tokens=500)
    body = ask(client, server, max_completion_tokens=100).json()
    assert body["choices"][0]["message"]["content"] == ""
    assert body["choices"][0]["finish_reason"] == "length"
    assert body["usage"]["completion_tokens_details"]["reasoning_tokens"] == 100
    unhidden = ask(client, server, max_completion_tokens=1000, reasoning_effort="none").json()
    assert unhidden["usage"]["completion_tokens_details"]["reasoning_tokens"] == 0


UNSUPPORTED = [
    ({"max_tokens": 100}, "unsupported_parameter", "max_tokens"),
    ({"temperature": 0.7}, "unsupported_value", "temperature"),
    ({"top_p": 0.9}, "unsupported_value", "top_p"),
    ({"model": "o3", "temperature": 0.7}, "unsupported_value", "temperature"),
    ({"model": "gpt-6.1-sol", "reasoning_effort": "none"}, "unsupported_value", "reasoning_effort"),
    ({"reasoning_effort": "minimal"}, "unsupported_value", "reasoning_effort"),
    ({"max_completion_tokens": 0}, None, "max_completion_tokens"),
    ({"material": "x"}, None, None),
    ({"messages": []}, None, "messages"),
]


@pytest.mark.parametrize(("more", "code", "param"), UNSUPPORTED)
def test_openai_refuses_what_its_models_do_not_take(
    server: LLMServer, client: httpx.Client, more: dict[str, Any], code: str | None, param: str | None
) -> None:
    assert code_of(ask(client, server, **more)) == (400, code, param)


@pytest.mark.parametrize(
    "more",
    [
        {"temperature": 0.7, "top_p": 0.9, "reasoning_effort": "none"},
        {"model": "gpt-6-sol", "temperature": 0, "reasoning_effort": "none"},
        {"temperature": 1},
        {"model": "gpt-4.1-mini", "temperature": 0.7, "max_tokens": 500},
        {"model": "qwen3-8b", "temperature": 0.7, "max_tokens": 500, "top_k": 40},
    ],
)
def test_openai_takes_what_its_models_take(server: LLMServer, client: httpx.Client, more: dict[str, Any]) -> None:
    assert ask(client, server, **more).status_code == 200


def changed_schema(**changes: Any) -> dict[str, Any]:
    return SCHEMA | changes


@pytest.mark.parametrize(
    "response_format",
    [
        schema_format(changed_schema(additionalProperties=True)),
        schema_format(changed_schema(required=["pairs"])),
        schema_format(changed_schema(allOf=[])),
        schema_format(changed_schema(type="array")),
        schema_format(SCHEMA, name="two words"),
        schema_format(SCHEMA, name="n" * 65),
        schema_format(changed_schema(properties=SCHEMA["properties"] | {"pairs": {"type": "string", "default": ""}})),
        schema_format(changed_schema(properties=SCHEMA["properties"] | {"pairs": {"oneOf": [{"type": "string"}]}})),
        schema_format(changed_schema(properties=SCHEMA["properties"] | {"pairs": {"type": "object"}})),
        {"type": "json_schema", "json_schema": {"name": "x"}},
        {"type": "xml"},
    ],
)
def test_a_schema_outside_the_strict_subset_is_refused(
    server: LLMServer, client: httpx.Client, response_format: dict[str, Any]
) -> None:
    status, code, param = code_of(ask(client, server, response_format=response_format))
    assert (status, code) == (400, None)
    assert str(param).startswith("response_format")


def test_a_property_named_like_a_keyword_is_no_keyword(server: LLMServer, client: httpx.Client) -> None:
    schema = {"type": "object", "additionalProperties": False, "required": ["default"], "properties": {}}
    schema["properties"] = {"default": {"type": "string"}}
    assert ask(client, server, response_format=schema_format(schema)).status_code == 200


def test_a_bad_key_is_refused_and_never_in_the_ledger(server: LLMServer, client: httpx.Client) -> None:
    server.configure(api_key="sk-right-key-0001")
    url = f"{server.openai_url}/chat/completions"
    wrong = client.post(url, json=openai_body(), headers={"Authorization": "Bearer sk-wrong-key-0002"})
    missing = client.get(f"{server.openai_url}/models")
    right = client.post(url, json=openai_body(), headers={"Authorization": "Bearer sk-right-key-0001"})
    assert [code_of(wrong), code_of(missing)] == [(401, "invalid_api_key", None)] * 2
    assert right.status_code == 200
    assert [entry.authorization for entry in server.ledger()] == [True, False, True]
    assert server.ledger()[0].headers["authorization"] == "***"
    assert "key-0002" not in str(server.ledger())


def test_an_unknown_model_is_404_in_both_dialects(server: LLMServer, client: httpx.Client) -> None:
    assert code_of(ask(client, server, model="no-such-model")) == (404, "model_not_found", None)
    response = chat(client, server, model="no-such-model")
    assert (response.status_code, response.json()) == (404, {"error": "model 'no-such-model' not found"})
    server.configure(models=["gpt-6-sol", "gemma4:latest"])
    assert ask(client, server).status_code == 404
    assert chat(client, server).status_code == 200


def test_the_models_are_listed(server: LLMServer, client: httpx.Client) -> None:
    server.configure(models=["gpt-6-luna"])
    listed = client.get(f"{server.openai_url}/models").json()
    assert [(row["id"], row["object"]) for row in listed["data"]] == [("gpt-6-luna", "model")]
    assert client.get(f"{server.openai_url}/models/gpt-9").status_code == 404
    assert client.get(f"{server.url}/api/tags").json()["models"][0]["name"] == "gpt-6-luna:latest"
    assert "version" in client.get(f"{server.url}/api/version").json()
    assert client.get(f"{server.url}/").text == "Ollama is running"


def test_a_prompt_beyond_the_context_is_refused_by_openai(server: LLMServer, client: httpx.Client) -> None:
    server.configure(context_tokens=50)
    assert code_of(ask(client, server)) == (400, "context_length_exceeded", "messages")


# Ollama


def test_ollama_answers_with_the_fields_of_the_document(server: LLMServer, client: httpx.Client) -> None:
    body = chat(client, server, format=SCHEMA, options={"num_ctx": 8192}).json()
    assert len(json.loads(body["message"]["content"])["pairs"]) == 3
    assert (body["done"], body["done_reason"], body["message"]["thinking"]) == (True, "stop", "")
    assert body["eval_count"] == -(-len(body["message"]["content"]) // 4)
    assert {"model", "created_at", "total_duration", "load_duration", "prompt_eval_count"} <= set(body)


def test_ollama_streams_unless_told_not_to(server: LLMServer, client: httpx.Client) -> None:
    body = ollama_body()
    del body["stream"]
    response = client.post(f"{server.url}/api/chat", json=body)
    lines = [json.loads(line) for line in response.text.splitlines()]
    assert response.headers["content-type"] == "application/x-ndjson"
    assert [line["done"] for line in lines] == [False] * (len(lines) - 1) + [True]
    whole = "".join(line["message"]["content"] for line in lines)
    assert whole == chat(client, server).json()["message"]["content"]


def test_ollama_reads_the_limit_only_from_the_options(server: LLMServer, client: httpx.Client) -> None:
    assert chat(client, server, num_predict=5, temperature="hot").json()["done_reason"] == "stop"
    cut = chat(client, server, options={"num_predict": 5}).json()
    assert (cut["done_reason"], len(cut["message"]["content"]), cut["eval_count"]) == ("length", 20, 5)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"options": {"num_ctx": "8192"}}, 'option "num_ctx" must be of type integer'),
        ({"options": {"temperature": "0.7"}}, 'option "temperature" must be of type float32'),
        ({"options": {"stop": "###"}}, 'option "stop" must be of type array'),
        ({"format": "yaml"}, 'invalid format: "yaml"; expected "json" or a valid JSON Schema object'),
        ({"options": {"num_ctx": 20}, "truncate": False}, "exceeds the available context size"),
        ({"think": "very"}, "invalid think value"),
        ({"format": {"type": "json_schema", "json_schema": {}}}, "invalid format"),
    ],
)
def test_ollama_refuses_what_it_does_not_take(
    server: LLMServer, client: httpx.Client, more: dict[str, Any], message: str
) -> None:
    response = chat(client, server, **more)
    assert response.status_code == 400
    assert message in response.json()["error"]


def test_ollama_cuts_a_long_prompt_in_silence(server: LLMServer, client: httpx.Client) -> None:
    response = chat(client, server, options={"num_ctx": 40})
    assert response.json()["prompt_eval_count"] == 40
    assert f"[{marker(PASSAGE)}]" not in response.json()["message"]["content"]
    (entry,) = server.ledger()
    assert entry.marker == marker(PASSAGE)
    assert (entry.note or "").startswith("prompt cut from")


def test_ollama_leaves_out_counts_that_are_zero(server: LLMServer, client: httpx.Client) -> None:
    server.configure(faults=[{"fault": "content_filter"}])
    assert "eval_count" not in chat(client, server).json()


# The ledger


def test_the_ledger_says_what_was_asked_and_answered(server: LLMServer, client: httpx.Client) -> None:
    server.configure(faults=[{"fault": "quota", "when": {"nth": [2]}}])
    for _ in range(2):
        ask(client, server)
    chat(client, server, "Another passage is about the colour of the sky.")
    first, second, third = server.ledger()
    assert (first.id, first.dialect, first.method, first.path) == (1, "openai", "POST", "/v1/chat/completions")
    assert (first.status, first.fault, first.finish, first.disconnected) == (200, "ok", "stop", False)
    assert (second.status, second.fault, second.finish, second.attempt) == (429, "quota", None, 2)
    assert (third.dialect, third.model, third.attempt) == ("ollama", "gemma4", 1)
    assert first.body == openai_body()
    assert first.marker == second.marker == marker(PASSAGE)
    assert first.t < (first.t_done or 0) < second.t
    assert first.connection == third.connection, "the connection was kept alive"


def test_the_ledger_counts_what_is_in_flight(server: LLMServer) -> None:
    server.configure(holds_after=0)
    with httpx.Client(trust_env=False, timeout=60) as own, ThreadPoolExecutor(30) as pool:
        answers = [pool.submit(ask, own, server, f"Sentence number {number} of the text.") for number in range(30)]
        server.wait_for(requests=30)
        server.configure(holds_after=None)
        assert {answer.result().status_code for answer in answers} == {200}
    entries = server.ledger()
    assert [entry.in_flight for entry in entries] == [entry.peak_in_flight for entry in entries] == [*range(1, 31)]
    assert [entry.t for entry in entries] == sorted(entry.t for entry in entries)
    assert entries[-1].connections >= 30, "and those of an earlier test, whose end is not noticed yet"


def test_answers_may_be_held_until_the_test_lets_them_go(server: LLMServer, client: httpx.Client) -> None:
    server.configure(holds_after=1)
    assert ask(client, server).status_code == 200
    with ThreadPoolExecutor(2) as pool:
        held = [pool.submit(ask, client, server) for _ in range(2)]
        server.wait_for(requests=3)
        assert (server.status()["in_flight"], [entry.status for entry in server.ledger()]) == (2, [200, None, None])
        assert not any(answer.done() for answer in held)
        server.configure(holds_after=1)
        assert [answer.result().status_code for answer in held] == [200, 200]
        assert ask(client, server).status_code == 200, "counted anew"
        last = pool.submit(ask, client, server)
        server.wait_for(requests=5)
        assert not last.done()
        server.reset()
        assert last.result().status_code == 200


def test_a_client_that_leaves_is_noted(server: LLMServer) -> None:
    server.configure(latency_ms=5000)
    with socket.create_connection(("127.0.0.1", server.port)) as raw:
        body = json.dumps(openai_body()).encode()
        raw.sendall(b"POST /v1/chat/completions HTTP/1.1\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body))
        server.wait_for(requests=1)
        assert server.ledger()[0].t_done is None
    server.wait_for(answered=1)
    (entry,) = server.ledger()
    assert (entry.disconnected, entry.status) == (True, None)


def test_a_client_that_leaves_in_the_middle_of_a_body_is_noted(server: LLMServer) -> None:
    server.configure(faults=[{"fault": "big_body", "megabytes": 64}])
    with (
        httpx.Client(trust_env=False, timeout=60) as client,
        client.stream("POST", f"{server.openai_url}/chat/completions", json=openai_body()) as response,
    ):
        assert response.status_code == 200
    server.wait_for(answered=1)
    (entry,) = server.ledger()
    assert (entry.disconnected, entry.status) == (True, 200)


def test_the_ledger_file_has_a_line_for_every_answer(tmp_path: Path, client: httpx.Client) -> None:
    file = tmp_path / "ledger.jsonl"
    with LLMServer(ledger_file=file, record_bodies=False) as server:
        ask(client, server)
        ask(client, server)
        server.wait_for(answered=2)
        lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [(line["id"], line["status"], line["body"]) for line in lines] == [(1, 200, None), (2, 200, None)]


# The rules of the faults


def statuses(server: LLMServer, client: httpx.Client, rule: dict[str, Any], passages: list[str]) -> list[int]:
    server.configure(faults=[{"fault": "status", "status": 500} | rule])
    return [ask(client, server, passage).status_code for passage in passages]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({}, [500, 500, 500, 500]),
        ({"when": {"nth": [1, 3]}}, [500, 200, 500, 200]),
        ({"when": {"after": 2}}, [200, 200, 500, 500]),
        ({"when": {"every": 2}}, [200, 500, 200, 500]),
        ({"when": {"contains": "second"}}, [200, 500, 200, 500]),
        ({"when": {"marker": [marker("The first sentence.")]}}, [500, 200, 500, 200]),
        ({"when": {"first_attempts": 1}}, [500, 500, 200, 200]),
        ({"when": {"model": ["gpt-6-sol"]}}, [200, 200, 200, 200]),
        ({"when": {"after": 1, "contains": "first"}}, [200, 200, 500, 200]),
        ({"when": {"in_flight_over": 1}}, [200, 200, 200, 200]),
        ({"times": 3}, [500, 500, 500, 200]),
    ],
)
def test_a_rule_says_when(server: LLMServer, client: httpx.Client, rule: dict[str, Any], expected: list[int]) -> None:
    assert statuses(server, client, rule, ["The first sentence.", "The second sentence."] * 2) == expected


def test_a_share_is_the_same_requests_in_any_order(server: LLMServer, client: httpx.Client) -> None:
    passages = [f"Sentence number {i} of the text." for i in range(200)]
    rule = {"when": {"share": 0.15}}
    forwards = statuses(server, client, rule, passages)
    assert 15 <= forwards.count(500) <= 45
    assert statuses(server, client, rule, passages[::-1])[::-1] == forwards
    server.configure(seed=1)
    assert statuses(server, client, rule, passages) != forwards


def test_a_rule_may_be_about_another_path(server: LLMServer, client: httpx.Client) -> None:
    server.configure(faults=[{"fault": "unauthorized", "when": {"path": "/v1/models"}}])
    assert ask(client, server).status_code == 200
    assert client.get(f"{server.openai_url}/models").status_code == 401


@pytest.mark.parametrize(
    "changes",
    [
        {"latency": 3},
        {"faults": [{"fault": "no_such"}]},
        {"faults": [{"fault": "hang", "when": {"nht": [1]}}]},
        {"faults": [{"fault": "hang", "seconds": 3}]},
        {"faults": [{"fault": "status"}]},
        {"faults": [{"fault": "hang", "when": {"nth": 1}}]},
        {"faults": [{"fault": "rate_limit", "variant": "mild"}]},
        {"faults": [{"fault": "error_in_200", "kind": "mild"}]},
        {"holds_after": "all"},
        {"holds_after": -1},
    ],
)
def test_a_mistyped_configuration_is_refused(server: LLMServer, changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"unknown|needs|wrong"):
        server.configure(**changes)


# The faults


def faulty(client: httpx.Client, server: LLMServer, fault: str, **params: Any) -> httpx.Response:
    server.configure(faults=[{"fault": fault, **params}])
    return ask(client, server)


def test_errors_have_the_form_of_the_dialect(server: LLMServer, client: httpx.Client) -> None:
    codes = {
        "quota": (429, "insufficient_quota", None),
        "unauthorized": (401, "invalid_api_key", None),
        "forbidden": (403, "unsupported_country_region_territory", None),
        "context_length": (400, "context_length_exceeded", None),
        "model_gone": (404, "model_not_found", None),
    }
    assert {fault: code_of(faulty(client, server, fault)) for fault in codes} == codes
    for fault, (status, _, _) in codes.items():
        server.configure(faults=[{"fault": fault}])
        response = chat(client, server)
        assert response.status_code == status
        assert isinstance(response.json()["error"], str)


def test_a_rate_limit_says_when_to_come_back(server: LLMServer, client: httpx.Client) -> None:
    response = faulty(client, server, "rate_limit", retry_after=7, retry_after_ms=250)
    assert code_of(response) == (429, "rate_limit_exceeded", None)
    assert (response.headers["retry-after"], response.headers["retry-after-ms"]) == ("7", "250")
    dated = faulty(client, server, "rate_limit", retry_after_date=5).headers["retry-after"]
    assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", dated)
    assert faulty(client, server, "rate_limit", variant="slow_down").json()["error"]["code"] == "slow_down"
    assert "retry-after" not in faulty(client, server, "rate_limit").headers


def test_a_status_may_bring_its_own_body(server: LLMServer, client: httpx.Client) -> None:
    assert faulty(client, server, "status", status=529).json()["error"]["code"] == "server_is_overloaded"
    plain = faulty(client, server, "status", status=502, body="Bad Gateway", content_type="text/plain")
    assert (plain.status_code, plain.text, plain.headers["content-type"]) == (502, "Bad Gateway", "text/plain")
    assert faulty(client, server, "status", status=200, body_base64="/w==").content == b"\xff"
    assert faulty(client, server, "error_in_200", kind="overloaded").json()["error"]["code"] == "server_is_overloaded"


@pytest.mark.parametrize(
    ("rule", "error"),
    [
        ({"fault": "reset_before"}, httpx.ReadError),
        ({"fault": "reset_mid_body"}, httpx.ReadError),
        ({"fault": "reset_mid_body", "rst": False}, httpx.RemoteProtocolError),
        ({"fault": "reset_mid_body", "rst": False, "chunked": True}, httpx.RemoteProtocolError),
        ({"fault": "hang"}, httpx.ReadTimeout),
        ({"fault": "hang", "headers": True}, httpx.ReadTimeout),
        ({"fault": "bad_gzip"}, httpx.DecodingError),
        ({"fault": "big_header"}, httpx.RemoteProtocolError),
    ],
)
def test_a_broken_line_is_seen_by_the_client(server: LLMServer, rule: dict[str, Any], error: type[Exception]) -> None:
    server.configure(faults=[rule])
    # Only silence is waited out: all else comes, however late.
    timeout_s = 0.3 if rule["fault"] == "hang" else 60
    with httpx.Client(timeout=httpx.Timeout(60, read=timeout_s), trust_env=False) as client, pytest.raises(error):
        ask(client, server)
    server.wait_for(answered=1)
    (entry,) = server.ledger()
    assert entry.fault == rule["fault"]
    assert entry.disconnected == (entry.fault == "hang")
    with httpx.Client(trust_env=False, timeout=60) as client:
        server.configure(faults=[])
        assert ask(client, server).status_code == 200, "the server goes on"


def test_bodies_arrive_damaged_or_replaced(server: LLMServer, client: httpx.Client) -> None:
    good = ask(client, server).content
    assert faulty(client, server, "empty").content == b""
    assert faulty(client, server, "blank").text.strip() == ""
    assert faulty(client, server, "html").text.startswith("<!DOCTYPE html>")
    assert faulty(client, server, "bad_json").content == good[: len(good) // 2]
    assert faulty(client, server, "bom").content == b"\xef\xbb\xbf" + good
    assert faulty(client, server, "wrong_content_type").headers["content-type"].startswith("text/plain")
    moved = faulty(client, server, "redirect", location="http://127.0.0.1:9/v1")
    assert (moved.status_code, moved.headers["location"]) == (302, "http://127.0.0.1:9/v1")
    with pytest.raises(UnicodeDecodeError):
        faulty(client, server, "bad_utf8").content.decode()


def test_a_gzip_stream_may_be_cut(server: LLMServer, client: httpx.Client) -> None:
    server.configure(faults=[{"fault": "cut_gzip"}])
    with client.stream("POST", f"{server.openai_url}/chat/completions", json=openai_body()) as response:
        packed = b"".join(response.iter_raw())
    with pytest.raises(EOFError):
        gzip.decompress(packed)


def test_valid_json_may_be_too_much_for_a_parser(server: LLMServer, client: httpx.Client) -> None:
    with pytest.raises(RecursionError):
        faulty(client, server, "deep_body").json()
    assert faulty(client, server, "deep_body", levels=3).content == b"[[[]]]"
    with pytest.raises(ValueError, match="4300"):
        faulty(client, server, "integer_body").json()
    assert faulty(client, server, "integer_body", digits=2).json()["big"] == 99


KEYS = {"authorization": "Bearer key-0001", "x-api-key": "key-0001", "x-goog-api-key": "key-0001"}


@pytest.mark.parametrize("name", list(KEYS))
def test_an_answer_may_repeat_the_key_that_it_got(server: LLMServer, client: httpx.Client, name: str) -> None:
    def answer(fault: str) -> httpx.Response:
        server.configure(faults=[{"fault": fault}])
        url = f"{server.openai_url}/chat/completions"
        return client.post(url, json=openai_body(), headers={name: KEYS[name]})

    assert (answer("http_401_echo").status_code, answer("http_500_echo").status_code) == (401, 500)
    for fault in ("http_401_echo", "http_500_echo"):
        assert "key-0001" in answer(fault).json()["error"]["message"]
    assert "key-0001" in text_of(answer("text_echo"))
    first, second, *_ = pairs_of(answer("pair_echo"))
    assert first["question"].endswith(" key-0001?")
    assert "key-0001" in first["answer"]
    assert "key-0001" not in str(second)
    assert "key-0001" not in str(server.ledger())


def test_a_slow_body_drips(server: LLMServer, client: httpx.Client) -> None:
    start = time.monotonic()
    response = faulty(client, server, "slow_body", bytes=300, interval_ms=40)
    assert len(pairs_of(response)) == 3
    assert time.monotonic() - start > 0.2


def test_a_gzip_bomb_is_small_on_the_line(server: LLMServer, client: httpx.Client) -> None:
    server.configure(faults=[{"fault": "gzip_bomb", "megabytes": 8}])
    with client.stream("POST", f"{server.openai_url}/chat/completions", json=openai_body()) as response:
        inflated = sum(len(part) for part in response.iter_bytes())
        assert inflated > 8 * 2**20 > 100 * response.num_bytes_downloaded


def test_a_big_body_is_valid_json(server: LLMServer, client: httpx.Client) -> None:
    for chunked in (False, True):
        response = faulty(client, server, "big_body", megabytes=2, chunked=chunked)
        assert len(response.content) > 2 * 2**20
        assert len(pairs_of(response)) == 3


def test_the_text_of_the_model_can_be_wrong_in_many_ways(server: LLMServer, client: httpx.Client) -> None:
    good = text_of(ask(client, server))
    assert "{" not in text_of(faulty(client, server, "not_json_text"))
    assert f"```json\n{good}\n```" in text_of(faulty(client, server, "fenced"))
    assert re.fullmatch(r"<think>.*</think>\s*" + re.escape(good), text_of(faulty(client, server, "think")), re.DOTALL)
    assert text_of(faulty(client, server, "trailing_comma")) == good[:-2] + ",]}"
    cut = faulty(client, server, "truncated_text")
    assert cut.json()["choices"][0]["finish_reason"] == "length"
    assert good.startswith(text_of(cut))
    assert text_of(cut).count('"question_type"') == 3
    assert json.loads(text_of(faulty(client, server, "skip"))) == {"skip_reason": "boilerplate", "pairs": []}
    assert json.loads(text_of(faulty(client, server, "list_top_level"))) == json.loads(good)["pairs"]


def test_the_text_of_the_model_can_be_hard_to_parse(server: LLMServer, client: httpx.Client) -> None:
    good = text_of(ask(client, server))
    assert text_of(faulty(client, server, "blank_text")).strip() == ""
    assert ast.literal_eval(text_of(faulty(client, server, "single_quotes"))) == json.loads(good)
    broken = text_of(faulty(client, server, "raw_newlines"))
    with pytest.raises(json.JSONDecodeError, match="control character"):
        json.loads(broken)
    assert json.loads(broken, strict=False)["pairs"][0]["question"].startswith("What\nis")
    assert text_of(faulty(client, server, "two_objects")).split("\n") == [good, good]
    assert json.loads(text_of(faulty(client, server, "lone_surrogate")))["pairs"][0]["question"][0] == "\ud83d"
    assert pairs_of(faulty(client, server, "wrong_types"))[0]["answer"] is None
    assert pairs_of(faulty(client, server, "null_pairs")) is None
    with pytest.raises(RecursionError):
        json.loads(text_of(faulty(client, server, "deep_text")))
    with pytest.raises(ValueError, match="4300"):
        json.loads(text_of(faulty(client, server, "integer_text")))


def test_pairs_can_be_wrong_in_many_ways(server: LLMServer, client: httpx.Client) -> None:
    good = pairs_of(ask(client, server))
    more = pairs_of(faulty(client, server, "too_many"))
    assert len({pair["question"] for pair in more}) == 5
    assert ["answer" in pair for pair in pairs_of(faulty(client, server, "one_bad_pair"))] == [True, True, False]
    invented = pairs_of(faulty(client, server, "bad_evidence"))
    assert [pair["evidence"][0] in PASSAGE for pair in invented] == [True, True, False]
    assert not any("evidence" in pair for pair in pairs_of(faulty(client, server, "no_evidence")))
    assert pairs_of(faulty(client, server, "duplicate_pair")) == [good[0], good[1], good[0]]


def test_a_refusal_stops_and_a_filter_says_so(server: LLMServer, client: httpx.Client) -> None:
    refused = faulty(client, server, "refusal").json()["choices"][0]
    assert (refused["finish_reason"], refused["message"]["content"]) == ("stop", None)
    assert refused["message"]["refusal"]
    filtered = faulty(client, server, "content_filter").json()["choices"][0]
    assert (filtered["finish_reason"], filtered["message"]["content"]) == ("content_filter", "")
    assert [entry.finish for entry in server.ledger()] == ["refusal", "content_filter"]


# The process


def test_hundreds_of_connections_are_served_at_once(server: LLMServer) -> None:
    server.configure(holds_after=0)
    body = json.dumps(openai_body()).encode()
    request = b"POST /v1/chat/completions HTTP/1.1\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)
    lines = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(400)]
    for line in lines:
        line.sendall(request)
    server.wait_for(requests=400)
    server.configure(holds_after=None)
    heads = [line.recv(15) for line in lines]
    for line in lines:
        line.close()
    assert heads == [b"HTTP/1.1 200 OK"] * 400
    assert server.ledger()[-1].peak_in_flight == 400


def test_a_request_that_is_none_is_refused_and_the_server_goes_on(server: LLMServer, client: httpx.Client) -> None:
    with socket.create_connection(("127.0.0.1", server.port)) as line:
        line.sendall(b"\x16\x03\x01 what is this\r\n\r\n")
        assert line.recv(100).startswith(b"HTTP/1.1 400")
    broken = client.post(f"{server.openai_url}/chat/completions", content=b"{")
    assert code_of(broken) == (400, None, None)
    assert server.ledger()[0].body == "{"
    assert client.get(f"{server.url}/elsewhere").status_code == 404


def test_a_killed_client_does_not_end_the_server(server: LLMServer, client: httpx.Client) -> None:
    server.configure(faults=[{"fault": "slow_body", "when": {"nth": [1]}}])
    url = f"{server.openai_url}/chat/completions"
    command = [sys.executable, "-c", f"import httpx; httpx.post({url!r}, json={openai_body()!r}, trust_env=False)"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as killed:
        server.wait_for(requests=1)
        killed.kill()
    server.wait_for(answered=1)
    assert server.ledger()[0].disconnected
    assert ask(client, server).status_code == 200


def test_the_process_ends_with_its_stdin_and_on_sigterm() -> None:
    first, second = LLMServer().start(), LLMServer().start()
    pids = [first.pid, second.pid]
    first.close()
    os.kill(second.pid, signal.SIGTERM)
    second.close()
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_reset_brings_back_the_first_configuration() -> None:
    with LLMServer(models=["one"]) as server, httpx.Client(trust_env=False, timeout=60) as client:
        server.configure(models=["two"])
        assert ask(client, server, model="two").status_code == 200
        server.reset()
        assert server.ledger() == []
        assert ask(client, server, model="one").status_code == 200
