"""Generation with a real engine: llama.cpp's own server and a tiny model of random weights. `make test-engine`.

The model writes nonsense in the form of our schema, so what is asserted is what holds for any words.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from qagen import pairs
from qagen.checks import RULES
from qagen.errors import AccessError, RejectedError
from qagen.llm.client import Client
from qagen.llm.providers import PROVIDERS, Endpoint
from qagen.llm.types import Attempts, ChatReply, ChatRequest
from qagen.prompts import QUESTION_TYPES, REPLY_SCHEMA
from qagen.prompts.schema import SKIP_REASONS
from tests.engine.model import CONTEXT
from tests.engine.server import KEY, Engine
from tests.flow import passages, qagen, read, write_chunks

pytestmark = pytest.mark.engine

MODEL = "any"
"""The server has one model, and does not read the name."""
NOTHING_IN_IT = "no entry of it has both a question and an answer"
"""What our reader says of the only replies that follow the schema and are no use."""


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    for package in ("xllamacpp", "gguf", "numpy"):
        pytest.importorskip(package, reason=f"{package} is not installed; `make test-engine` installs it")
    with Engine(tmp_path_factory.mktemp("engine")) as running:
        yield running


def generation(engine: Engine, *more: str | Path) -> tuple[str | Path, ...]:
    """The arguments of a generation with the engine."""
    return ("generate-qa", "--provider", "compatible", "--model", MODEL, "--base-url", engine.url, *more)


def client(engine: Engine, key: str = KEY) -> Client:
    return Client(
        Endpoint(PROVIDERS["compatible"], MODEL, f"{engine.url}/v1", SecretStr(key) if key else None), concurrency=2
    )


def question(about: str, **fields: Any) -> ChatRequest:
    standard: dict[str, Any] = {"model": MODEL, "max_tokens": 4000, "schema": REPLY_SCHEMA, "schema_name": "qa_pairs"}
    return ChatRequest(system="You write exam questions.", user=about, **{**standard, **fields})


async def replies(engine: Engine, *requests: ChatRequest) -> list[ChatReply]:
    async with client(engine) as open_client:
        return [await open_client.send(request, Attempts()) for request in requests]


def follows_our_schema(text: str) -> bool:
    """Whether the text is JSON of our schema, checked by hand: `pairs.read` is far more patient."""
    value = json.loads(text)
    assert list(value) == ["skip_reason", "pairs"]
    assert value["skip_reason"] in {*SKIP_REASONS, None}
    for pair in value["pairs"]:
        assert list(pair) == ["question_type", "evidence", "question", "answer"]
        assert pair["question_type"] in QUESTION_TYPES
        assert all(isinstance(quote, str) for quote in pair["evidence"])
        assert isinstance(pair["question"], str)
        assert isinstance(pair["answer"], str)
    return True


def check_account(qa: dict[str, Any], summary: dict[str, Any]) -> None:
    """The file's own figures, those of its chunks, and those of the run's summary agree."""
    records = qa["chunks"].values()
    done, failed = (
        sorted(int(index) for index, record in qa["chunks"].items() if record["status"] == status)
        for status in ("completed", "failed")
    )
    assert (qa["completed_chunks"], qa["failed_chunks"]) == (done, failed)
    assert summary["chunks"]["completed"] == len(done)
    assert summary["chunks"]["failed"] == len(failed)
    assert summary["pairs"]["total"] == len(qa["training_pairs"]) == sum(record["kept"] for record in records)
    refusals = [code for pair in qa["rejected_pairs"] for code in pair["checks"] if RULES[code].level == "error"]
    assert len(refusals) == sum(sum(record["rejected"].values()) for record in records)
    for name, total in (
        ("input_tokens", "input"),
        ("output_tokens", "output"),
        ("cached_input_tokens", "cached_input"),
    ):
        assert sum(record["usage"][name] for record in records) == summary["tokens"][total]
    assert sum(record["attempts"] for record in records) == summary["requests"]["sent"]
    assert summary["requests"]["without_token_counts"] == 0


@pytest.mark.anyio
async def test_every_reply_follows_the_schema_and_can_be_read(engine: Engine) -> None:
    answered = await replies(engine, *(question(f"Ask about {text}", seed=n) for n, text in enumerate(passages(30))))
    assert all(reply.finish == "stop" for reply in answered)
    assert all(follows_our_schema(reply.text) for reply in answered)
    written = [json.loads(reply.text)["pairs"] for reply in answered]
    assert any(written), "the model never wrote a pair: this test proves little"
    for reply, entries in zip(answered, written, strict=True):
        complete = [entry for entry in entries if entry["question"].strip() and entry["answer"].strip()]
        if entries and not complete:
            with pytest.raises(pairs.Unreadable, match=NOTHING_IN_IT):
                pairs.read(reply.text)
        else:
            assert len(pairs.read(reply.text).drafts) == len(complete)


@pytest.mark.anyio
async def test_tokens_are_counted_and_a_repeated_prompt_is_cached(engine: Engine) -> None:
    first, second = await replies(engine, *[question("Ask about the pump. " * 50, seed=1)] * 2)
    assert first.usage.reported
    assert first.usage.input_tokens == second.usage.input_tokens > 1000
    assert second.usage.cached_input_tokens > 1000
    assert 30 <= first.usage.output_tokens < 4000


@pytest.mark.anyio
async def test_plain_json_mode_gives_json_too(engine: Engine) -> None:
    (reply,) = await replies(engine, question("Ask.", without=frozenset({"schema"}), max_tokens=3000))
    assert reply.finish == "length" or isinstance(json.loads(reply.text), dict)


@pytest.mark.anyio
async def test_the_other_name_of_the_cap_is_understood(engine: Engine) -> None:
    (reply,) = await replies(engine, question("Ask.", without=frozenset({"max_tokens"}), max_tokens=7))
    assert (reply.finish, reply.usage.output_tokens) == ("length", 7)


@pytest.mark.anyio
async def test_the_model_is_listed_under_its_path(engine: Engine) -> None:
    async with client(engine) as open_client:
        assert await open_client.models() == [str(engine.model)]


@pytest.mark.anyio
async def test_the_list_of_models_needs_the_key(engine: Engine) -> None:
    async with client(engine, key="sk-wrong") as open_client:
        with pytest.raises(AccessError, match="Invalid API Key") as caught:
            await open_client.models()
    assert caught.value.code == "auth"


@pytest.mark.anyio
async def test_an_address_that_is_none_is_told_as_such(engine: Engine) -> None:
    endpoint = Endpoint(PROVIDERS["compatible"], MODEL, f"{engine.url}/wrong", SecretStr(KEY))
    async with Client(endpoint, concurrency=1) as open_client:
        with pytest.raises(AccessError, match="check --base-url") as caught:
            await open_client.send(question("Ask."), Attempts())
    assert caught.value.code == "not_found"


@pytest.mark.anyio
async def test_a_schema_that_the_engine_does_not_know_is_a_rejected_request(engine: Engine) -> None:
    with pytest.raises(RejectedError) as caught:
        await replies(engine, question("Ask.", schema={"type": "strange"}))
    assert caught.value.code == "bad_request"


def test_a_run_settles_every_chunk_and_the_next_leaves_what_is_completed(engine: Engine) -> None:
    write_chunks(Path("chunks"), "a", passages(20))
    command = generation(engine, "--summary-json", "s.json", "--questions-per-chunk", "3")
    run = qagen(*command, COMPATIBLE_API_KEY=KEY)
    assert run.returncode in {0, 1}, run.stderr
    qa, summary = read(Path("qa/a_qa.json")), read(Path("s.json"))
    check_account(qa, summary)
    assert summary["chunks"]["pending"] == 0
    assert summary["requests"]["retries"] == 0
    assert set(summary["failures"]) <= {"invalid_output"}
    assert len(qa["training_pairs"]) + len(qa["rejected_pairs"]) > 0, "the model never wrote a pair"
    for record in qa["chunks"].values():
        assert record["model"] == str(engine.model)
        assert record["usage"]["output_tokens"] >= 30
        assert all(follows_our_schema(reply["text"]) for reply in record.get("raw_replies", []))
        if record["status"] == "failed":
            assert NOTHING_IN_IT in record["error"]["message"]
            assert len(record["raw_replies"]) == record["attempts"] == 3
    before = {index: record for index, record in qa["chunks"].items() if record["status"] == "completed"}
    again = qagen(*command, COMPATIBLE_API_KEY=KEY)
    assert again.returncode in {0, 1}, again.stderr
    assert read(Path("qa/a_qa.json"))["chunks"].items() >= before.items()
    failed = 20 - len(before)
    assert failed <= read(Path("s.json"))["requests"]["sent"] <= 3 * failed


def test_a_reply_that_is_cut_twice_fails_its_chunk_and_is_kept(engine: Engine) -> None:
    """No reply of our schema has fewer than 30 characters, so neither 12 tokens nor the 24 of the second try do."""
    write_chunks(Path("chunks"), "a", passages(2))
    run = qagen(*generation(engine, "--max-tokens", "12", "--summary-json", "s.json"), COMPATIBLE_API_KEY=KEY)
    assert run.returncode == 1, run.stderr
    qa, summary = read(Path("qa/a_qa.json")), read(Path("s.json"))
    check_account(qa, summary)
    assert qa["status"] == "failed"
    assert summary["failures"] == {"max_tokens": 2}
    for record in qa["chunks"].values():
        assert record["error"]["type"] == "max_tokens"
        assert [reply["finish"] for reply in record["raw_replies"]] == ["length", "length"]
        assert [reply["usage"]["output_tokens"] for reply in record["raw_replies"]] == [12, 24]
        assert all(reply["text"].lstrip().startswith("{") for reply in record["raw_replies"])
        assert record["usage"]["output_tokens"] == 36


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"COMPATIBLE_API_KEY": "sk-wrong-0123456789"}, "Check the key in COMPATIBLE_API_KEY"),
        ({}, "No key was sent; set COMPATIBLE_API_KEY"),
    ],
    ids=["wrong", "none"],
)
def test_without_the_right_key_the_run_stops_and_the_chunks_stay_pending(
    environment: dict[str, str], said: str, engine: Engine
) -> None:
    write_chunks(Path("chunks"), "a", passages(3))
    run = qagen(*generation(engine, "--summary-json", "s.json"), **environment)
    assert run.returncode == 4
    assert "HTTP 401: Invalid API Key" in run.stderr
    assert said in " ".join(run.stderr.split())
    assert "sk-wrong" not in run.stderr
    assert read(Path("s.json"))["chunks"] == {
        **{"total": 3, "completed": 0, "completed_earlier": 0, "completed_now": 0},
        **{"skipped": 0, "failed": 0, "pending": 3},
    }
    rows = json.loads(qagen("status", "--json").stdout)["documents"]
    assert [(row["completed"], row["failed"], row["pending"]) for row in rows] == [(0, 0, 3)]
    right = qagen(*generation(engine), COMPATIBLE_API_KEY=KEY)
    assert right.returncode in {0, 1}, right.stderr
    assert len(read(Path("qa/a_qa.json"))["chunks"]) == 3


def test_an_unknown_model_is_answered_by_the_one_that_is_loaded_and_the_record_says_so(engine: Engine) -> None:
    write_chunks(Path("chunks"), "a", passages(1))
    run = qagen(*generation(engine, "--model", "no-such-model"), COMPATIBLE_API_KEY=KEY)
    assert run.returncode in {0, 1}, run.stderr
    qa = read(Path("qa/a_qa.json"))
    assert qa["qa_generation_info"]["model"] == "no-such-model"
    assert {record["model"] for record in qa["chunks"].values()} == {str(engine.model)}


def test_a_prompt_that_is_too_long_fails_its_chunk_alone(engine: Engine) -> None:
    short, other = passages(2)
    write_chunks(Path("chunks"), "a", [short, "A long line of words without an end. " * 300, other])
    run = qagen(*generation(engine, "--summary-json", "s.json"), COMPATIBLE_API_KEY=KEY)
    assert run.returncode == 1, run.stderr
    qa, summary = read(Path("qa/a_qa.json")), read(Path("s.json"))
    check_account(qa, summary)
    record = qa["chunks"]["1"]
    assert record["error"]["type"] == "context_length"
    assert f"exceeds the available context size ({CONTEXT} tokens)" in record["error"]["message"]
    assert "Make the chunks smaller" in record["error"]["message"]
    assert record["attempts"] == 1
    assert summary["failures"]["context_length"] == 1
    assert summary["chunks"]["pending"] == 0


def test_the_engines_error_bodies_are_those_that_our_reader_is_made_for(engine: Engine) -> None:
    def post(key: str, content: str) -> httpx.Response:
        body = {"model": MODEL, "max_tokens": 5, "messages": [{"role": "user", "content": content}]}
        headers = {"Authorization": f"Bearer {key}"}
        return httpx.post(f"{engine.url}/v1/chat/completions", json=body, headers=headers, trust_env=False)

    wrong = post("sk-wrong", "Hello")
    assert wrong.status_code == 401
    assert wrong.json() == {"error": {"message": "Invalid API Key", "type": "authentication_error", "code": 401}}
    long = post(KEY, "Hello " * 3000)
    assert long.status_code == 400
    error = long.json()["error"]
    assert (error["code"], error["type"], error["n_ctx"]) == (400, "exceed_context_size_error", CONTEXT)
    assert error["n_prompt_tokens"] > CONTEXT
    answer = post(KEY, "Hello").json()
    assert answer["choices"][0]["finish_reason"] == "length"
    assert "refusal" not in answer["choices"][0]["message"]
    assert answer["model"] == str(engine.model)
