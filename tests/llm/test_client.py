"""The client against a real server over loopback: what it sends, how it tries again, and when it gives up."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import socket
import struct
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from anyio.lowlevel import checkpoint
from pydantic import SecretStr

from qagen.errors import AccessError, RejectedError, TransientError
from qagen.llm.client import Client, Stopped
from qagen.llm.limits import backoff
from qagen.llm.providers import PROVIDERS, Endpoint
from qagen.llm.types import Attempts, ChatReply, ChatRequest
from qagen.prompts import REPLY_SCHEMA, fence
from tests.llm.routed import routed
from tests.llm_server import LLMServer, marker

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("transport")]

PASSAGE = "The pressure relief valve opens at 12 bar and closes at 10 bar."


@pytest.fixture(scope="module")
def process() -> Iterator[LLMServer]:
    with LLMServer() as server:
        yield server


@pytest.fixture
def server(process: LLMServer) -> LLMServer:
    process.reset()
    return process


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "_BASE_S", 0.001)
    monkeypatch.setattr(backoff, "_RATE_LIMIT_FLOOR_S", 0.001)


def endpoint(server: LLMServer, name: str = "openai", **changes: Any) -> Endpoint:
    provider = dataclasses.replace(PROVIDERS[name], **changes)
    if name == "local":
        return Endpoint(provider, "gemma4", server.url)
    return Endpoint(
        provider, "gpt-6-luna" if name == "openai" else "my-model", server.openai_url, SecretStr("sk-secret")
    )


def request(passage: str = PASSAGE, model: str = "gpt-6-luna") -> ChatRequest:
    user = f"Write up to 2 questions.\n{fence('passage', passage)}"
    return ChatRequest("Answer in JSON.", user, model, 2000, schema=REPLY_SCHEMA, schema_name="qa_pairs")


async def ask(client: Client, passage: str = PASSAGE, attempts: Attempts | None = None) -> ChatReply:
    return await client.send(request(passage, client.endpoint.model), attempts or Attempts())


async def warmed(client: Client, server: LLMServer) -> Client:
    """After a first good answer: the host is known to work, and what goes wrong now is about the request."""
    await ask(client)
    server.reset()
    client.meter.requests = client.meter.possibly_billed = 0
    return client


def statuses(server: LLMServer) -> list[int | None]:
    return [entry.status for entry in server.ledger()]


# Good answers


@pytest.mark.parametrize(
    ("name", "path"),
    [("openai", "/v1/chat/completions"), ("compatible", "/v1/chat/completions"), ("local", "/api/chat")],
)
async def test_a_model_is_asked_and_answers_in_every_dialect(server: LLMServer, name: str, path: str) -> None:
    attempts = Attempts()
    async with Client(endpoint(server, name), 1) as client:
        reply = await ask(client, attempts=attempts)
        assert (client.meter.requests, client.meter.retries, client.meter.answers) == (1, 0, 1)
    assert f"[{marker(PASSAGE)}]" in reply.text
    assert reply.finish == "stop"
    assert reply.usage.input_tokens > 0
    assert reply.usage.output_tokens > 0
    assert attempts.sent == 1
    (entry,) = server.ledger()
    assert (entry.method, entry.path, entry.status) == ("POST", path, 200)
    assert entry.authorization is (name != "local")


async def test_the_provider_that_is_no_model_answers_without_a_socket() -> None:
    rules = Endpoint(PROVIDERS["rules"], "rules-cloze-1", "http://rules.invalid/v1")
    asked = dataclasses.replace(
        request("x", "rules-cloze-1"), material={"passage": PASSAGE, "title": "Valves", "questions": 2}
    )
    async with Client(rules, 1) as client:
        reply = await client.send(asked, Attempts())
    assert (reply.finish, reply.model) == ("stop", "rules-cloze-1")
    assert "12 bar" in reply.text


async def test_connections_are_kept_and_used_again(server: LLMServer) -> None:
    server.configure(latency_ms=5)
    async with Client(endpoint(server), 8) as client:

        async def worker(slot: int) -> None:
            for turn in range(5):
                await ask(client, f"The pump {slot} was checked {turn} times this year.")

        await asyncio.gather(*(worker(slot) for slot in range(8)))
    entries = server.ledger()
    assert len(entries) == 40
    assert 1 < len({entry.connection for entry in entries}) <= 8


async def test_one_worker_needs_one_connection(server: LLMServer) -> None:
    async with Client(endpoint(server), 1) as client:
        for turn in range(5):
            await ask(client, f"The pump was checked {turn} times.")
    assert len({entry.connection for entry in server.ledger()}) == 1


async def test_a_connection_that_is_free_is_used_before_another_is_opened(server: LLMServer) -> None:
    async with Client(endpoint(server), 32) as client:
        for turn in range(5):
            await asyncio.gather(*(ask(client, f"The pump {number} has {turn} valves.") for number in range(2)))
    assert len({entry.connection for entry in server.ledger()}) == 2


async def test_all_that_are_allowed_send_at_the_same_time(server: LLMServer) -> None:
    workers = 17
    server.configure(holds_after=0)
    async with Client(endpoint(server), workers) as client:
        asking = [asyncio.create_task(ask(client, f"The pump {slot} is new.")) for slot in range(workers)]
        await until(lambda: server.status()["requests"] >= workers)
        server.configure(holds_after=None)
        await asyncio.gather(*asking)
    assert max(entry.peak_in_flight for entry in server.ledger()) == workers


@pytest.mark.parametrize("fault", ["bom", "wrong_content_type"])
async def test_what_is_unusual_and_harmless_is_accepted(server: LLMServer, fault: str) -> None:
    server.configure(faults=[{"fault": fault}])
    async with Client(endpoint(server), 1) as client:
        assert marker(PASSAGE) in (await ask(client)).text
    assert statuses(server) == [200]


@pytest.mark.parametrize("name", ["openai", "local"])
async def test_a_refusal_and_a_cut_are_replies_and_no_errors(server: LLMServer, name: str) -> None:
    server.configure(
        faults=[{"fault": "refusal", "when": {"nth": [1]}}, {"fault": "truncated_text", "when": {"nth": [2]}}]
    )
    async with Client(endpoint(server, name), 1) as client:
        finishes = [(await ask(client)).finish for _ in range(2)]
    assert finishes == ["refused" if name == "openai" else "stop", "length"]


async def test_a_proxy_of_the_environment_does_not_catch_loopback(
    server: LLMServer, monkeypatch: pytest.MonkeyPatch, dead_port: int
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{dead_port}")
    async with Client(endpoint(server), 1) as client:
        assert (await ask(client)).finish == "stop"


async def test_a_proxy_of_the_environment_serves_other_hosts(
    server: LLMServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", server.url)
    remote = dataclasses.replace(endpoint(server), base_url="http://model.example/v1")
    async with Client(remote, 1) as client:
        assert (await ask(client)).finish == "stop"
    assert [entry.headers["host"] for entry in server.ledger()] == ["model.example"]


# Tries


@pytest.mark.parametrize(
    ("fault", "possibly_billed"),
    [
        ({"fault": "status", "status": 503}, 0),
        ({"fault": "reset_before"}, 2),
        ({"fault": "reset_mid_body"}, 2),
        ({"fault": "reset_mid_body", "rst": False}, 2),
        ({"fault": "reset_mid_body", "rst": False, "chunked": True}, 2),
        ({"fault": "empty"}, 0),
        ({"fault": "bad_json"}, 0),
        ({"fault": "bad_utf8"}, 0),
        ({"fault": "bad_gzip"}, 0),
    ],
)
@pytest.mark.parametrize("name", ["openai", "local"])
async def test_a_passing_fault_is_tried_again_until_it_has_passed(
    server: LLMServer, name: str, fault: dict[str, Any], possibly_billed: int
) -> None:
    async with Client(endpoint(server, name), 1) as client:
        server.configure(faults=[fault | {"when": {"nth": [1, 2]}}])
        attempts = Attempts()
        assert (await ask(client, attempts=attempts)).finish == "stop"
        assert attempts.sent == 3
        assert (client.meter.requests, client.meter.retries) == (3, 2)
        assert client.meter.possibly_billed == possibly_billed
    assert len(server.ledger()) == 3


@pytest.mark.parametrize(
    ("fault", "code", "tries"),
    [
        ({"fault": "status", "status": 500}, "5xx", 6),
        ({"fault": "status", "status": 529}, "5xx", 6),
        ({"fault": "status", "status": 408}, "http_408", 6),
        ({"fault": "reset_before"}, "reset", 6),
        ({"fault": "reset_mid_body"}, "truncated_body", 3),
        ({"fault": "empty"}, "empty_body", 3),
        ({"fault": "html"}, "bad_gateway_body", 2),
        ({"fault": "bad_json"}, "bad_body", 3),
        ({"fault": "bad_utf8"}, "bad_body", 3),
        ({"fault": "bad_gzip"}, "bad_body", 3),
    ],
)
async def test_a_lasting_fault_is_given_up_after_its_number_of_tries(
    server: LLMServer, fault: dict[str, Any], code: str, tries: int
) -> None:
    async with Client(endpoint(server), 1) as client:
        await warmed(client, server)
        server.configure(faults=[fault])
        attempts = Attempts()
        with pytest.raises(TransientError) as caught:
            await ask(client, attempts=attempts)
        assert caught.value.code == code
        assert f"127.0.0.1:{server.port}" in str(caught.value)
        assert (attempts.sent, client.meter.requests) == (tries, tries)
    assert len(server.ledger()) == tries


@pytest.mark.parametrize("name", ["openai", "local"])
async def test_a_fault_of_the_server_inside_http_200_is_tried_again(server: LLMServer, name: str) -> None:
    server.configure(faults=[{"fault": "error_in_200", "when": {"nth": [1]}}])
    async with Client(endpoint(server, name), 1) as client:
        assert (await ask(client)).finish == "stop"
    assert statuses(server) == [200, 200]


async def test_json_of_another_shape_is_tried_again_and_given_up(server: LLMServer) -> None:
    async with Client(endpoint(server), 1) as client:
        await warmed(client, server)
        server.configure(faults=[{"fault": "status", "status": 200, "body": ["not", "a", "reply"]}])
        with pytest.raises(TransientError) as caught:
            await ask(client)
    assert caught.value.code == "bad_body"
    assert statuses(server) == [200, 200, 200]


@pytest.mark.parametrize(
    "body", ["[" * 100_000, '{"choices": ' + "9" * 6000 + "}", '{"choices": [{"message": {"content": ["\\ud83d"}}]}']
)
async def test_hostile_json_is_an_error_like_any_other(server: LLMServer, body: str) -> None:
    server.configure(faults=[{"fault": "status", "status": 200, "body": body}])
    async with Client(endpoint(server), 1) as client:
        with pytest.raises((TransientError, RejectedError, AccessError)):
            await ask(client)


async def test_half_a_character_in_a_reply_is_replaced_and_the_reply_is_taken(server: LLMServer) -> None:
    body = '{"choices": [{"message": {"content": "half: \\ud83d"}, "finish_reason": "stop"}]}'
    server.configure(faults=[{"fault": "status", "status": 200, "body": body}])
    async with Client(endpoint(server), 1) as client:
        assert (await ask(client)).text == "half: \ufffd"


async def test_a_header_that_is_too_large_is_an_error_like_any_other(server: LLMServer) -> None:
    async with Client(endpoint(server), 1) as client:
        await warmed(client, server)
        server.configure(faults=[{"fault": "big_header", "kilobytes": 256}])
        with pytest.raises(TransientError):
            await ask(client)


async def test_a_rate_limit_uses_up_no_tries(server: LLMServer) -> None:
    server.configure(faults=[{"fault": "rate_limit", "when": {"first_attempts": 8}, "retry_after_ms": 1}])
    async with Client(endpoint(server), 1) as client:
        attempts = Attempts()
        assert (await ask(client, attempts=attempts)).finish == "stop"
        assert attempts.sent == 9
        assert (client.meter.rate_limits, client.meter.retries) == (8, 8)
    assert statuses(server) == [429] * 8 + [200]


@pytest.mark.parametrize("hint", [{"retry_after": "0.15"}, {"retry_after_ms": 150}])
async def test_the_wait_that_a_rate_limit_names_is_kept(server: LLMServer, hint: dict[str, Any]) -> None:
    server.configure(faults=[{"fault": "rate_limit", "when": {"nth": [1]}, **hint}])
    async with Client(endpoint(server), 1) as client:
        await ask(client)
    first, second = server.ledger()
    # From its arrival: a server that is held up notes the end of an answer after the client has it.
    assert second.t - first.t >= 0.15


async def test_a_rate_limit_holds_back_everybody(server: LLMServer) -> None:
    server.configure(faults=[{"fault": "rate_limit", "when": {"nth": [1]}, "retry_after": "0.15"}])
    async with Client(endpoint(server), 2) as client:
        limited = asyncio.create_task(ask(client, "The first pump is old."))
        await until(lambda: client.meter.rate_limits == 1)
        await asyncio.gather(limited, ask(client, "The second pump is new."))
    first, *others = server.ledger()
    assert [entry.t - first.t >= 0.15 for entry in others] == [True, True]


@pytest.mark.parametrize("hint", [{}, {"retry_after": "soon"}, {"retry_after": "-3"}, {"retry_after_date": -60}])
async def test_a_rate_limit_without_a_usable_hint_is_tried_again_too(server: LLMServer, hint: dict[str, Any]) -> None:
    server.configure(faults=[{"fault": "rate_limit", "when": {"nth": [1]}, **hint}])
    async with Client(endpoint(server), 1) as client:
        await ask(client)
    assert statuses(server) == [429, 200]


# What stops the run at once


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"fault": "unauthorized"}, "auth"),
        ({"fault": "forbidden"}, "auth"),
        ({"fault": "quota"}, "quota"),
        ({"fault": "quota", "code": "project_spend_limit_exceeded"}, "quota"),
        ({"fault": "model_gone"}, "model"),
        ({"fault": "rate_limit", "retry_after": 3600}, "long_wait"),
        ({"fault": "rate_limit", "retry_after_date": 3600}, "long_wait"),
    ],
)
async def test_what_concerns_the_account_is_not_tried_again(
    server: LLMServer, fault: dict[str, Any], code: str
) -> None:
    server.configure(faults=[fault])
    async with Client(endpoint(server), 1) as client:
        with pytest.raises(AccessError) as caught:
            await ask(client)
        assert client.meter.retries == 0
    assert caught.value.code == code
    assert len(server.ledger()) == 1


async def test_a_wrong_key_is_named_by_its_variable_and_not_shown(server: LLMServer) -> None:
    server.configure(api_key="sk-right")
    async with Client(endpoint(server), 1) as client:
        with pytest.raises(AccessError) as caught:
            await ask(client)
    assert "Check the key in OPENAI_API_KEY" in str(caught.value)
    assert "sk-secret" not in str(caught.value)


@pytest.mark.parametrize(("name", "says"), [("openai", "gpt-6-luna"), ("local", "ollama pull gemma4")])
async def test_an_unknown_model_is_named_with_what_to_do(server: LLMServer, name: str, says: str) -> None:
    server.configure(models=["another"])
    async with Client(endpoint(server, name), 1) as client:
        with pytest.raises(AccessError) as caught:
            await ask(client)
    assert caught.value.code == "model"
    assert says in str(caught.value)
    assert statuses(server) == [404]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_is_not_followed(server: LLMServer, status: int) -> None:
    with LLMServer() as other:
        server.configure(
            faults=[{"fault": "redirect", "status": status, "location": f"{other.openai_url}/chat/completions"}]
        )
        async with Client(endpoint(server), 1) as client:
            with pytest.raises(AccessError) as caught:
                await ask(client)
        assert other.ledger() == []
        assert f"127.0.0.1:{other.port}" in str(caught.value)
    assert caught.value.code == "redirect"
    assert len(server.ledger()) == 1


# What concerns this request alone


async def test_a_prompt_that_is_too_long_is_rejected_without_another_try(server: LLMServer) -> None:
    server.configure(context_tokens=10)
    async with Client(endpoint(server), 1) as client:
        with pytest.raises(RejectedError) as caught:
            await ask(client)
    assert caught.value.code == "context_length"
    assert statuses(server) == [400]


async def test_ollama_says_that_a_prompt_is_too_long_instead_of_cutting_it(server: LLMServer) -> None:
    server.configure(num_ctx=10)
    async with Client(endpoint(server, "local"), 1) as client:
        with pytest.raises(RejectedError) as caught:
            await ask(client)
    assert caught.value.code == "context_length"


@pytest.mark.parametrize(
    "fault",
    [
        {"fault": "gzip_bomb", "megabytes": 64},
        {"fault": "big_body", "megabytes": 32},
        {"fault": "big_body", "megabytes": 32, "chunked": True},
    ],
)
async def test_a_body_without_measure_is_left_and_rejected(server: LLMServer, fault: dict[str, Any]) -> None:
    server.configure(faults=[fault])
    async with Client(endpoint(server), 1) as client:
        with pytest.raises(RejectedError) as caught:
            await ask(client)
        assert client.meter.requests == 1
    assert caught.value.code == "response_too_large"


async def test_a_large_body_within_the_bound_is_read(server: LLMServer) -> None:
    server.configure(faults=[{"fault": "big_body", "megabytes": 8}])
    async with Client(endpoint(server), 1) as client:
        assert (await ask(client)).finish == "stop"


# Silence


@pytest.mark.parametrize("headers", [False, True])
async def test_a_server_that_hangs_is_left_after_the_read_timeout(server: LLMServer, headers: bool) -> None:
    slow = endpoint(server, read_timeout_s=0.2, deadline_s=10.0)
    async with Client(slow, 1) as client:
        await warmed(client, server)
        server.configure(faults=[{"fault": "hang", "headers": headers}] if headers else [{"fault": "hang"}])
        with pytest.raises(TransientError) as caught:
            await ask(client)
        assert (client.meter.requests, client.meter.possibly_billed) == (3, 3)
    assert caught.value.code == "read_timeout"


async def test_a_body_that_drips_is_left_at_the_deadline(server: LLMServer) -> None:
    async with Client(endpoint(server, read_timeout_s=10.0, deadline_s=0.3), 1) as client:
        await warmed(client, server)
        server.configure(faults=[{"fault": "slow_body", "bytes": 1, "interval_ms": 20}])
        with pytest.raises(TransientError) as caught:
            await ask(client)
        assert (client.meter.requests, client.meter.possibly_billed) == (3, 3)
    assert caught.value.code == "deadline"


async def answer_always(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A server on the client's own loop: the steps of both come in the same order each time."""
    body = b'{"choices": [{"message": {"content": "fine"}, "finish_reason": "stop"}]}'
    with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
        while head := await reader.readline():
            if head.lower().startswith(b"content-length:"):
                length = int(head.partition(b":")[2])
            elif head == b"\r\n":
                await reader.readexactly(length)
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
    writer.close()


@pytest.mark.parametrize("connected", [True, False])
async def test_a_request_given_up_in_whatever_moment_keeps_no_later_one_from_being_sent(connected: bool) -> None:
    """As by the deadline, which may fall into the moment in which the answer comes."""
    provider = dataclasses.replace(PROVIDERS["compatible"], deadline_s=2.0)
    moment, ended = 0, False
    async with await asyncio.start_server(answer_always, "127.0.0.1", 0) as near:
        here = Endpoint(provider, "m", f"http://127.0.0.1:{near.sockets[0].getsockname()[1]}/v1")
        while not ended:
            async with Client(here, 1) as client:
                if connected:
                    await ask(client)
                given_up = asyncio.create_task(ask(client))
                for _ in range(moment):
                    await asyncio.sleep(0)
                ended = given_up.done()
                given_up.cancel()
                await asyncio.gather(given_up, return_exceptions=True)
                await ask(client)
                assert not client.meter.failures
            moment += 1


@pytest.fixture
def dead_port() -> Iterator[int]:
    """Nobody listens there, and nobody else gets it while the test runs."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("local", "Is Ollama running? Start it with `ollama serve`"),
        ("compatible", "Is the server running, and is --base-url its address?"),
        ("openai", "Check the address and that the server is running"),
    ],
)
async def test_where_nobody_listens_the_run_stops_after_three_tries_and_says_what_to_do(
    dead_port: int, name: str, says: str
) -> None:
    nowhere = Endpoint(PROVIDERS[name], "m", f"http://127.0.0.1:{dead_port}")
    attempts = Attempts()
    async with Client(nowhere, 1) as client:
        with pytest.raises(AccessError) as caught:
            await ask(client, attempts=attempts)
    assert caught.value.code == "connect"
    assert says in str(caught.value)
    assert f"{name} at 127.0.0.1:{dead_port}" in str(caught.value)
    assert attempts.sent == 3


async def test_a_host_name_that_is_not_known_is_told_apart_from_a_server_that_is_down(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def nobody(*_args: Any, **_kwargs: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    async with Client(Endpoint(PROVIDERS["openai"], "m", "http://model.example/v1"), 1) as client:
        with pytest.raises(AccessError) as caught:
            await ask(client)
    assert caught.value.code == "dns"
    assert "host name is not known" in str(caught.value)


async def test_a_server_without_tls_behind_an_https_address_stops_the_run_at_once() -> None:
    async def answer_in_plain_text(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(answer_in_plain_text, "127.0.0.1", 0) as plain:
        port = plain.sockets[0].getsockname()[1]
        async with Client(Endpoint(PROVIDERS["compatible"], "m", f"https://127.0.0.1:{port}/v1"), 1) as client:
            with pytest.raises(AccessError) as caught:
                await ask(client)
            assert client.meter.requests == 1
    assert caught.value.code == "tls"
    assert "certificates" in str(caught.value)


@pytest.mark.parametrize("seen", [0, 1, 4096])
@pytest.mark.parametrize("reset", [True, False])
async def test_a_secure_connection_that_is_broken_off_while_it_is_made_is_tried_again(seen: int, reset: bool) -> None:
    async def break_off(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if seen:
            await reader.read(seen)
        if reset:
            linger = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        writer.close()

    async with await asyncio.start_server(break_off, "127.0.0.1", 0) as broken:
        port = broken.sockets[0].getsockname()[1]
        async with Client(Endpoint(PROVIDERS["compatible"], "m", f"https://127.0.0.1:{port}/v1"), 1) as client:
            with pytest.raises(AccessError) as caught:
                await ask(client)
            assert client.meter.requests == 3
    assert caught.value.code == "connect"


# The end of a run


async def test_a_waiting_retry_ends_when_the_run_does(server: LLMServer) -> None:
    server.configure(faults=[{"fault": "rate_limit", "retry_after": 200}])
    async with Client(endpoint(server), 1) as client:
        waiting = asyncio.create_task(ask(client))
        await until(lambda: client.meter.retries == 1)
        client.stop()
        with pytest.raises(Stopped):
            await waiting
    assert statuses(server) == [429]


async def test_after_the_end_nothing_is_sent(server: LLMServer) -> None:
    async with Client(endpoint(server), 1) as client:
        client.stop()
        attempts = Attempts()
        with pytest.raises(Stopped):
            await ask(client, attempts=attempts)
        assert attempts.sent == 0
    assert server.ledger() == []


async def test_what_is_on_its_way_when_the_run_ends_still_arrives(server: LLMServer) -> None:
    server.configure(latency_ms=100)
    async with Client(endpoint(server), 1) as client:
        under_way = asyncio.create_task(ask(client))
        await until(lambda: client.meter.requests == 1)
        client.stop()
        assert (await under_way).finish == "stop"


async def until(condition: Any) -> None:
    """Give the other tasks their turns until it is so."""
    async with asyncio.timeout(60):
        while not condition():
            await checkpoint()


# On the wire


async def test_the_key_goes_into_its_header_and_nowhere_else() -> None:
    reply = {"choices": [{"message": {"content": "{}"}, "finish_reason": "stop"}]}
    openai = Endpoint(PROVIDERS["openai"], "gpt-6-luna", "https://api.openai.com/v1", SecretStr("sk-secret"))
    with routed() as mock:
        route = mock.post("https://api.openai.com/v1/chat/completions").mock(httpx.Response(200, json=reply))
        async with Client(openai, 1) as client:
            await ask(client)
    sent = route.calls.last.request
    assert sent.headers["authorization"] == "Bearer sk-secret"
    assert [name for name, text in sent.headers.items() if "sk-secret" in text] == ["authorization"]
    assert "sk-secret" not in str(sent.url)
    assert b"sk-secret" not in sent.content


async def test_only_gzip_is_asked_for_because_only_gzip_is_inflated_within_a_bound() -> None:
    reply = {"choices": [{"message": {"content": "{}"}, "finish_reason": "stop"}]}
    local = Endpoint(PROVIDERS["compatible"], "m", "http://model.example/v1")
    with routed() as mock:
        route = mock.post("http://model.example/v1/chat/completions").mock(httpx.Response(200, json=reply))
        async with Client(local, 1) as client:
            await ask(client)
    assert route.calls.last.request.headers["accept-encoding"] == "gzip"
    assert "authorization" not in route.calls.last.request.headers
