"""Ollama's client and the tests' server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.llm_server import LLMServer
from tests.sdks.exchange import check_pairs, our_body, question, reading

pytestmark = pytest.mark.sdks

MODEL = "qwen3:14b"
NOT_OF_THE_SDK = {"truncate", "stream"}
"""Fields that its `chat` does not have, or has as a default of its own."""


@pytest.fixture
def ollama() -> Any:
    return pytest.importorskip("ollama", reason="ollama is not installed; `make test-sdks` installs it")


@pytest.fixture
def client(ollama: Any, server: LLMServer) -> Iterator[Any]:
    open_client = ollama.Client(host=server.url)
    yield open_client
    open_client._client.close()


def arguments(**fields: Any) -> dict[str, Any]:
    """Our request, as arguments of `chat`."""
    body = our_body("local", question(MODEL, **fields))
    return {name: value for name, value in body.items() if name not in NOT_OF_THE_SDK}


def test_it_sends_what_we_send_and_takes_the_reply(client: Any, server: LLMServer) -> None:
    wanted = {"temperature": 0.3, "top_p": 0.9, "seed": 7, "context_tokens": 8192, "options": {"top_k": 40}}
    reply = client.chat(**arguments(**wanted))
    check_pairs(reply.message.content)
    assert (reply.done, reply.done_reason) == (True, "stop")
    (entry,) = server.ledger()
    assert entry.path == "/api/chat"
    mine = our_body("local", question(MODEL, **wanted))
    assert mine.pop("truncate") is False
    assert entry.body.pop("tools") == []
    assert entry.body == mine


def test_it_and_we_read_the_same(client: Any, server: LLMServer) -> None:
    theirs = client.chat(**arguments())
    mine = reading("local", theirs.model_dump_json())
    assert mine.text == theirs.message.content
    assert mine.model == theirs.model == MODEL
    assert mine.usage.input_tokens == theirs.prompt_eval_count > 10
    assert mine.usage.output_tokens == theirs.eval_count > 10
    assert theirs.total_duration > theirs.eval_duration > 0


def test_a_stream_is_taken_too(client: Any, server: LLMServer) -> None:
    parts = list(client.chat(**arguments(), stream=True))
    check_pairs("".join(part.message.content for part in parts))
    assert [part.done for part in parts] == [False] * (len(parts) - 1) + [True]
    assert parts[-1].eval_count > 10


def test_a_cut_reply(client: Any, server: LLMServer) -> None:
    reply = client.chat(**arguments(max_tokens=5))
    assert (reply.done_reason, reply.eval_count) == ("length", 5)


def test_the_models(client: Any, server: LLMServer) -> None:
    (model,) = client.list().models
    assert model.model == "gemma4:latest"
    assert model.details.family == "gemma4"
    shown = client.show("gemma4")
    assert "completion" in shown.capabilities
    assert shown.modelinfo["gemma4.context_length"] == 131072


@pytest.mark.parametrize(
    ("fault", "status", "said"),
    [
        ({"fault": "context_length"}, 400, "exceeds the available context size"),
        ({"fault": "unauthorized"}, 401, "unauthorized"),
        ({"fault": "model_gone"}, 404, f"model '{MODEL}' not found"),
        ({"fault": "rate_limit"}, 429, "too many concurrent requests"),
        ({"fault": "status", "status": 500}, 500, "llama runner process has terminated"),
        ({"fault": "status", "status": 503}, 503, "server busy"),
    ],
    ids=lambda value: value["fault"] if isinstance(value, dict) else None,
)
def test_errors_become_its_own_exception(
    fault: dict[str, Any], status: int, said: str, ollama: Any, client: Any, server: LLMServer
) -> None:
    server.configure(faults=[fault])
    with pytest.raises(ollama.ResponseError, match=said) as caught:
        client.chat(**arguments())
    assert caught.value.status_code == status


def test_an_unknown_model(ollama: Any, client: Any, server: LLMServer) -> None:
    with pytest.raises(ollama.ResponseError, match="not found") as caught:
        client.chat(**{**arguments(), "model": "no-such-model"})
    assert caught.value.status_code == 404
    with pytest.raises(ollama.ResponseError, match="not found"):
        client.show("no-such-model")
