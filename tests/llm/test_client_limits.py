"""The client and the limits of a host: real ones over loopback, outages, and what is counted."""

from __future__ import annotations

import asyncio
import dataclasses
import random
import re
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from typing import Any

import httpx
import pytest
from anyio.lowlevel import checkpoint
from pydantic import SecretStr

from qagen.errors import AccessError, ProviderError, RejectedError, TransientError
from qagen.llm.client import Client, Meter, Stopped
from qagen.llm.limits import Ticket, Traffic, backoff, breaker
from qagen.llm.providers import PROVIDERS, Endpoint
from qagen.llm.types import Attempts, Bounds, ChatReply, ChatRequest
from qagen.prompts import REPLY_SCHEMA, fence
from tests.llm.routed import routed
from tests.llm_server import Entry, LLMServer, violations

pytestmark = pytest.mark.anyio

FOR_LONG = 3600
"""Seconds of an outage that the test itself ends."""


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
    monkeypatch.setattr(breaker, "PAUSE_S", 0.2)


def endpoint(server: LLMServer, **changes: Any) -> Endpoint:
    provider = dataclasses.replace(PROVIDERS["openai"], **changes)
    return Endpoint(provider, "gpt-6-luna", server.openai_url, SecretStr("sk-secret"))


def request(number: int) -> ChatRequest:
    user = f"Write up to 2 questions.\n{fence('passage', f'Pump {number} opens its valve at {number} bar.')}"
    return ChatRequest("Answer in JSON.", user, "gpt-6-luna", 2000, schema=REPLY_SCHEMA, schema_name="qa_pairs")


async def ask(client: Client, number: int = 0, attempts: Attempts | None = None) -> ChatReply:
    return await client.send(request(number), attempts or Attempts())


async def ask_all(client: Client, requests: int, workers: int) -> list[ChatReply]:
    """So many workers ask until all requests have their replies; the first error ends it."""
    numbers = iter(range(requests))

    async def worker() -> list[ChatReply]:
        return [await ask(client, number) for number in numbers]

    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        tasks = [group.create_task(worker()) for _ in range(workers)]
    return [reply for task in tasks for reply in task.result()]


async def until(condition: Any) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await checkpoint()


async def sent_until(client: Client, condition: Any) -> int:
    """How many requests had gone out when it became so. All that arrive after so many knew of it."""
    await until(condition)
    return client.meter.requests


async def until_arrived(server: LLMServer, requests: int) -> None:
    """So many requests are at the server."""
    await until(lambda: server.status()["requests"] >= requests)


def is_balanced(meter: Meter) -> bool:
    return meter.requests == meter.replies + meter.failures.total() + meter.cancelled + meter.in_flight


def statuses(server: LLMServer) -> list[int | None]:
    return [entry.status for entry in server.ledger()]


@pytest.fixture
def sent_at(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """When each request goes out. When it arrives, a busy machine decides as well."""
    times: list[float] = []
    enter = Traffic.enter

    def note(traffic: Traffic, now: float, tokens: float, *, retry: bool) -> Ticket:
        times.append(now)
        return enter(traffic, now, tokens, retry=retry)

    monkeypatch.setattr(Traffic, "enter", note)
    return times


def most_within(times: list[float], seconds: float) -> int:
    """The most of them in any stretch of so many seconds."""
    return max(sum(begin <= t < begin + seconds for t in times) for begin in times)


# Limits of the host


@pytest.mark.parametrize("kind", ["bucket", "window", "sliding"])
@pytest.mark.parametrize("say", [["retry_after_ms"], ["retry_after_ms", "headers"], []])
async def test_whatever_a_host_allows_all_requests_pass_in_the_end_and_none_uses_up_its_tries(
    server: LLMServer, kind: str, say: list[str]
) -> None:
    server.configure(limits={"requests_per_minute": 1800, "kind": kind, "burst": 4, "window_s": 0.2, "say": say})
    async with Client(endpoint(server), 8) as client:
        replies = await ask_all(client, 20, 8)
        assert client.meter.failures.keys() <= {"rate_limited"}
        assert is_balanced(client.meter)
    assert len(replies) == 20
    entries = server.ledger()
    assert sum(entry.status == 200 for entry in entries) == 20


async def test_rate_limits_are_among_the_failed_tries_those_in_a_row_as_one_and_use_up_none(server: LLMServer) -> None:
    server.configure(
        faults=[
            {"fault": "rate_limit", "when": {"nth": [1, 2, 3, 5, 6, 7, 8]}, "retry_after_ms": 1},
            {"fault": "status", "status": 500, "when": {"nth": [4]}},
        ]
    )
    async with Client(endpoint(server), 1) as client:
        attempts = Attempts()
        await ask(client, attempts=attempts)
        told = [(attempt.number, attempt.code, attempt.times) for attempt in attempts.failed]
        assert told == [(1, "rate_limited", 3), (4, "5xx", 1), (5, "rate_limited", 4)]
        assert (attempts.sent, client.meter.rate_limits, client.meter.retries) == (9, 7, 8)
    assert statuses(server) == [429] * 3 + [500] + [429] * 4 + [200]


async def test_everybody_waits_out_what_one_was_told(server: LLMServer) -> None:
    server.configure(latency_ms=10, faults=[{"fault": "rate_limit", "when": {"nth": [7]}, "retry_after": 1}])
    async with Client(endpoint(server), 4) as client:
        asking = asyncio.create_task(ask_all(client, 30, 4))
        before = await sent_until(client, lambda: client.meter.rate_limits)
        await asking
        assert client.meter.rate_limits == 1
    entries = server.ledger()
    (refused,) = (entry for entry in entries if entry.status == 429)
    assert before < 30
    # From its arrival: a server that is held up notes the end of an answer after the client has it.
    assert min(entry.t for entry in entries[before:]) - refused.t >= 1


async def test_where_one_request_in_ten_is_refused_at_random_the_others_go_on(server: LLMServer) -> None:
    notes: list[str] = []
    server.configure(
        latency_ms=20, seed=3, faults=[{"fault": "rate_limit", "when": {"share": 0.1}, "retry_after_ms": 200}]
    )
    async with Client(endpoint(server), 16, notes.append) as client:
        assert len(await ask_all(client, 500, 32)) == 500
        assert client.traffic.refusals.one_by_one
        assert client.traffic.concurrency.limit == 16
        assert client.meter.rate_limits > 8
        assert is_balanced(client.meter)
    assert len(violations(server.ledger())) > 50, "they went on while single requests had been told to wait"
    assert [note for note in notes if "refuses single requests (HTTP 429)" in note] == notes
    assert len(notes) == 1


async def test_a_request_that_is_refused_alone_waits_as_long_as_it_was_told(server: LLMServer) -> None:
    server.configure(
        latency_ms=20, seed=3, faults=[{"fault": "rate_limit", "when": {"share": 0.1}, "retry_after_ms": 200}]
    )
    async with Client(endpoint(server), 16) as client:
        await ask_all(client, 200, 32)
    entries: dict[str | None, list[Entry]] = {}
    for entry in server.ledger():
        entries.setdefault(entry.marker, []).append(entry)
    for tries in entries.values():
        assert all(later.t - first.t >= 0.2 for first, later in pairwise(tries))


async def test_a_limit_of_all_that_begins_while_single_requests_are_refused_is_everybodys_again(
    server: LLMServer,
) -> None:
    server.configure(
        latency_ms=20, seed=3, faults=[{"fault": "rate_limit", "when": {"share": 0.1}, "retry_after_ms": 100}]
    )
    async with Client(endpoint(server), 16) as client:
        await ask_all(client, 200, 32)
        assert client.traffic.refusals.one_by_one
        earlier = client.meter.requests
        server.configure(faults=[{"fault": "rate_limit", "retry_after": 1, "times": 12}])
        asking = asyncio.create_task(ask_all(client, 32, 32))
        before = await sent_until(client, lambda: not client.traffic.refusals.one_by_one)
        assert len(await asking) == 32
        assert not client.traffic.refusals.one_by_one
    entries = server.ledger()
    first_refusal = min(entry.t for entry in entries[earlier:] if entry.status == 429)
    assert min(entry.t for entry in entries[before:]) - first_refusal >= 1


async def test_a_wait_named_by_an_overloaded_host_is_everybodys_too(server: LLMServer) -> None:
    server.configure(faults=[{"fault": "status", "status": 503, "when": {"nth": [1]}, "headers": {"retry-after": "1"}}])
    async with Client(endpoint(server), 4) as client:
        asked = asyncio.create_task(ask(client))
        await until(lambda: client.meter.failures["5xx"])
        await asyncio.gather(asked, *(ask(client, number) for number in (1, 2, 3)))
    first, *others = server.ledger()
    assert min(entry.t for entry in others) - first.t >= 1


async def test_headers_teach_what_is_left(server: LLMServer) -> None:
    server.configure(limits={"requests_per_minute": 4, "burst": 4, "say": ["headers"]})
    async with Client(endpoint(server), 6) as client:
        await ask(client)
        others = [asyncio.create_task(ask(client, number)) for number in range(1, 6)]
        await until(lambda: client.meter.replies >= 4)
        await asyncio.sleep(0.1)
        assert client.meter.rate_limits <= 1, "without the headers five were sent, and two refused"
        client.stop()
        ends = await asyncio.gather(*others, return_exceptions=True)
    assert [type(end) for end in ends].count(Stopped) == 2


async def test_a_burst_of_overloads_halves_the_concurrency_once(server: LLMServer) -> None:
    server.configure(
        latency_ms=20,
        faults=[{"fault": "status", "status": 529, "when": {"nth": [1, 2, 3, 4, 5, 6, 7, 8]}}],
        holds_after=0,
    )
    async with Client(endpoint(server), 8) as client:
        asking = asyncio.create_task(ask_all(client, 16, 8))
        await until_arrived(server, 8)
        server.configure(holds_after=None)
        await asking
        assert client.traffic.concurrency.limit == 4
    after = server.ledger()[8:]
    assert max(entry.in_flight for entry in after) <= 4


async def test_a_limit_of_places_is_kept_in_the_end(server: LLMServer) -> None:
    server.configure(
        latency_ms=20, faults=[{"fault": "rate_limit", "when": {"in_flight_over": 2}, "retry_after_ms": 20}]
    )
    async with Client(endpoint(server), 8) as client:
        await ask_all(client, 30, 8)
    late = server.ledger()[-20:]
    assert sum(entry.status == 429 for entry in late) <= 10


# Limits of the user


async def test_requests_per_minute_are_kept(server: LLMServer, sent_at: list[float]) -> None:
    async with Client(endpoint(server), 8, bounds=Bounds(requests_per_minute=1200)) as client:
        await ask_all(client, 25, 8)
        assert client.meter.waited_s > 0.5
    assert len(server.ledger()) == len(sent_at) == 25
    # 20 a second, a quarter second's worth at once, and one that makes it full
    assert most_within(sent_at, 0.5) <= 10 + 5 + 1
    assert sent_at[-1] - sent_at[0] >= (25 - 5 - 1) / 20 - 0.001


async def test_tokens_per_minute_are_kept_by_what_was_used_and_not_by_what_was_reserved(
    server: LLMServer, sent_at: list[float]
) -> None:
    async with Client(endpoint(server), 4, bounds=Bounds(tokens_per_minute=60_000)) as client:
        replies = await ask_all(client, 15, 4)
    used = [reply.usage.input_tokens + reply.usage.output_tokens for reply in replies]
    seconds = sent_at[-1] - sent_at[0]
    per_s, reserved = 1000, 2000
    assert sum(used) < 15 * reserved / 4, "or this test shows nothing"
    assert seconds >= (sum(used) - max(used)) / per_s - 0.25 - 0.001
    assert seconds <= 15 * reserved / per_s / 2, "what was not used is given back"


# What the host says of another try


@pytest.mark.parametrize(("status", "hint", "tries"), [(500, "false", 1), (503, "false", 1), (500, "true", 6)])
async def test_a_host_may_ask_not_to_be_asked_again(server: LLMServer, status: int, hint: str, tries: int) -> None:
    server.configure(
        faults=[{"fault": "status", "status": status, "when": {"after": 1}, "headers": {"x-should-retry": hint}}]
    )
    async with Client(endpoint(server), 1) as client:
        await ask(client)
        with pytest.raises(TransientError):
            await ask(client, 1)
    assert statuses(server) == [200] + [status] * tries


@pytest.mark.parametrize("status", [400, 404, 422])
async def test_a_host_may_ask_for_another_try_of_what_looks_hopeless(server: LLMServer, status: int) -> None:
    server.configure(
        faults=[{"fault": "status", "status": status, "when": {"nth": [1]}, "headers": {"x-should-retry": "true"}}]
    )
    async with Client(endpoint(server), 1) as client:
        assert (await ask(client)).finish == "stop"
    assert statuses(server) == [status, 200]


async def test_a_rate_limit_is_tried_again_whatever_is_said_of_it(server: LLMServer) -> None:
    headers = {"x-should-retry": "false"}
    server.configure(faults=[{"fault": "rate_limit", "when": {"nth": [1]}, "retry_after_ms": 1, "headers": headers}])
    async with Client(endpoint(server), 1) as client:
        await ask(client)
    assert statuses(server) == [429, 200]


# Long waits


async def test_a_long_wait_stops_the_run_with_the_time_of_day_and_the_way_on(server: LLMServer) -> None:
    server.configure(faults=[{"fault": "rate_limit", "retry_after": 1800}])
    async with Client(endpoint(server), 1) as client:
        with pytest.raises(AccessError) as caught:
            await ask(client)
    assert caught.value.code == "long_wait"
    named = re.search(r"It asks to wait 30 minutes; run the same command again after (\d\d):(\d\d)", str(caught.value))
    assert named is not None
    assert "--max-wait 1800" in str(caught.value)
    then = datetime.now().astimezone() + timedelta(seconds=1800)
    off = (int(named[1]) * 60 + int(named[2]) - then.hour * 60 - then.minute) % 1440
    assert off in {0, 1439, 1}


@pytest.mark.parametrize(("longest_wait_s", "waits"), [(0.5, False), (2.0, True)])
async def test_the_longest_wait_is_the_users(server: LLMServer, longest_wait_s: float, waits: bool) -> None:
    server.configure(faults=[{"fault": "rate_limit", "when": {"nth": [1]}, "retry_after": 1}])
    async with Client(endpoint(server), 1, bounds=Bounds(longest_wait_s=longest_wait_s)) as client:
        if waits:
            await ask(client)
        else:
            with pytest.raises(AccessError):
                await ask(client)
    assert statuses(server) == ([429, 200] if waits else [429])


# Outages


@pytest.mark.parametrize(
    ("kind", "workers"),
    # Silence is tried three times only: with few workers a request ends before ten have failed.
    [("refuse", 4), ("503", 4), ("reset", 4), ("refuse", 12), ("503", 12), ("reset", 12), ("hang", 12)],
)
async def test_after_an_outage_the_run_goes_on_and_nothing_has_failed(
    server: LLMServer, kind: str, workers: int
) -> None:
    notes: list[str] = []
    server.configure(outage={"kind": kind, "seconds": FOR_LONG, "after_requests": 5})
    patience = {"read_timeout_s": 1.0} if kind == "hang" else {}
    async with Client(endpoint(server, **patience), workers, notes.append) as client:
        asking = asyncio.create_task(ask_all(client, 30, workers))
        before = await sent_until(client, lambda: notes or asking.done())
        await until(lambda: client.meter.requests > before or asking.done())  # the first that looks whether it is over
        server.configure(outage=None)
        replies = await asking
        assert is_balanced(client.meter)
        assert client.meter.waited_s > 0.15
        assert client.meter.failures.total() <= 3 * workers + 5
    assert len(replies) == 30
    assert [note.partition("Nothing succeeds; ")[2] for note in notes] == ["one request tries again in 0 s."]


async def test_a_host_that_breaks_off_before_its_first_answer_and_then_refuses_is_waited_for(server: LLMServer) -> None:
    # The fourth request begins the outage, which takes the answers of the first three along.
    server.configure(holds_after=0, outage={"kind": "refuse", "seconds": FOR_LONG, "after_requests": 3})
    async with Client(endpoint(server), 4) as client:
        asking = asyncio.create_task(ask_all(client, 4, 4))
        await until(lambda: client.meter.failures["connect"])
        assert not client.meter.answers
        server.configure(holds_after=None, outage=None)
        assert len(await asking) == 4


async def test_during_an_outage_one_at_a_time_looks_whether_it_is_over(server: LLMServer) -> None:
    notes: list[str] = []
    server.configure(outage={"kind": "503", "seconds": FOR_LONG, "after_requests": 3})
    async with Client(endpoint(server), 12, notes.append) as client:
        asking = asyncio.create_task(ask_all(client, 24, 12))
        # What was in flight when it began comes first.
        before = await sent_until(client, lambda: notes)
        await until(lambda: client.meter.requests >= before + 3)
        server.configure(outage=None)
        await asking
    probes = [entry for entry in server.ledger()[before:] if entry.note == "outage"]
    assert 2 <= len(probes) <= 3
    assert all(later.t - earlier.t >= 0.2 for earlier, later in pairwise(probes))


async def test_five_failed_probes_end_the_run(server: LLMServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(breaker, "PAUSE_S", 0.02)
    server.configure(faults=[{"fault": "status", "status": 500, "when": {"after": 1}}])
    async with Client(endpoint(server), 4) as client:
        await ask(client)
        with pytest.raises(ExceptionGroup) as caught:
            await ask_all(client, 12, 4)
        assert is_balanced(client.meter)
    (error,) = caught.value.exceptions
    assert isinstance(error, AccessError)
    assert error.code == "outage"
    assert "run the same command again later" in str(error)
    assert "HTTP 500" in str(error)
    assert len(server.ledger()) <= 1 + breaker.FAILURES + 4 + breaker.PROBES


async def test_a_refusal_of_one_request_says_that_the_host_is_there(server: LLMServer) -> None:
    server.configure(
        faults=[{"fault": "status", "status": 400, "when": {"every": 8}}, {"fault": "status", "status": 500}]
    )
    async with Client(endpoint(server), 8) as client:
        for number in range(8):
            with pytest.raises(ProviderError):
                await ask(client, number)
        assert not client.traffic.breaker.is_open


@pytest.mark.parametrize("workers", [1, 2, 8, 24])
async def test_where_nobody_ever_answered_each_request_ends_after_three_tries(workers: int) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        nowhere = Endpoint(PROVIDERS["compatible"], "m", f"http://127.0.0.1:{held.getsockname()[1]}/v1")
        async with Client(nowhere, workers) as client, asyncio.timeout(60):
            asked = (ask(client, number) for number in range(workers))
            ends = await asyncio.gather(*asked, return_exceptions=True)
            assert [type(end) for end in ends] == [AccessError] * workers
            assert client.meter.failures == {"connect": 3 * workers}


async def test_a_host_that_answered_once_is_waited_for(server: LLMServer) -> None:
    async with Client(endpoint(server), 12) as client:
        await ask(client)
        server.configure(outage={"kind": "refuse", "seconds": 0.5})
        assert len(await ask_all(client, 12, 12)) == 12


# What is counted


@pytest.mark.parametrize("seed", range(6))
async def test_requests_are_always_replies_failures_given_up_ones_and_those_under_way(
    server: LLMServer, seed: int
) -> None:
    chance = random.Random(seed)
    shares = {name: chance.choice([0, 0.1, 0.3]) for name in ("reset_before", "rate_limit", "status", "hang", "empty")}
    extra: dict[str, dict[str, Any]] = {"rate_limit": {"retry_after_ms": 5}, "status": {"status": 500}}
    server.configure(
        latency_ms=5,
        jitter_ms=20,
        seed=seed,
        faults=[{"fault": name, "when": {"share": share}, **extra.get(name, {})} for name, share in shares.items()],
    )
    looks = 0
    async with Client(endpoint(server, read_timeout_s=0.1), 8) as client:
        tasks = [asyncio.create_task(ask(client, number)) for number in range(40)]
        while not all(task.done() for task in tasks):
            assert is_balanced(client.meter)
            looks += 1
            if chance.random() < 0.1:
                chance.choice(tasks).cancel()
            if looks > 60:
                client.stop()
            await asyncio.sleep(0.01)
        ends = await asyncio.gather(*tasks, return_exceptions=True)
        meter = client.meter
        assert is_balanced(meter)
        assert (meter.in_flight, client.traffic.in_flight) == (0, 0)
    assert looks > 3
    assert meter.replies == sum(isinstance(end, ChatReply) for end in ends)
    lost = meter.failures["reset"] + meter.failures["read_timeout"] + meter.cancelled
    assert meter.possibly_billed == lost
    server.wait_for(answered=len(server.ledger()))
    assert len(server.ledger()) <= meter.requests


async def test_what_is_given_up_under_way_is_counted_as_that(server: LLMServer) -> None:
    server.configure(latency_ms=5000)
    async with Client(endpoint(server), 2) as client:
        tasks = [asyncio.create_task(ask(client, number)) for number in range(2)]
        await until(lambda: client.meter.in_flight == 2)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert (client.meter.requests, client.meter.cancelled, client.meter.in_flight) == (2, 2, 0)
        assert is_balanced(client.meter)


async def test_latencies_are_of_replies_alone_and_begin_after_the_wait_for_the_turn(server: LLMServer) -> None:
    server.configure(latency_ms=50, faults=[{"fault": "rate_limit", "when": {"nth": [1]}, "retry_after_ms": 1}])
    async with Client(endpoint(server), 1) as client:
        assert client.meter.latency_s(0.5) is None
        began = time.monotonic()
        await asyncio.gather(*(ask(client, number) for number in range(3)))
        took = time.monotonic() - began
        latencies = [client.meter.latency_s(share) or 0 for share in (0, 0.5, 1)]
    assert 0.05 <= latencies[0] <= latencies[1] <= latencies[2]
    assert sum(latencies) <= took, "one after the other: with the waits for the two before it there would be more"


def test_percentiles_are_of_all_replies_and_of_very_many_of_a_fair_sample() -> None:
    meter = Meter()
    for at in range(100):
        meter.note_reply(at / 100)
    assert meter.latency_s(0) == 0
    assert meter.latency_s(0.5) == pytest.approx(0.5, abs=0.011)
    assert meter.latency_s(0.95) == pytest.approx(0.95, abs=0.011)
    assert meter.latency_s(1) == pytest.approx(0.99)
    for at in range(60_000):
        meter.note_reply(1 + at / 60_000)
    assert meter.replies == 60_100
    assert meter.latency_s(0.5) == pytest.approx(1.5, abs=0.05)


async def test_the_wait_of_a_single_worker_for_a_limit_counts(server: LLMServer) -> None:
    server.configure(faults=[{"fault": "rate_limit", "when": {"nth": [1]}, "retry_after_ms": 300}])
    async with Client(endpoint(server), 1) as client:
        await ask(client)
        assert client.meter.waited_s >= 0.29


# What is noted


@pytest.mark.parametrize(
    "fault",
    [
        "wrong_content_type",
        pytest.param("bom"),
    ],
)
async def test_what_is_unusual_and_harmless_is_noted_once(server: LLMServer, fault: str) -> None:
    server.configure(faults=[{"fault": fault}])
    notes: list[str] = []
    async with Client(endpoint(server), 4, notes.append) as client:
        assert len(await ask_all(client, 8, 4)) == 8
    assert len(notes) == 1


@pytest.mark.parametrize(("hours", "says"), [(-50, "2.1 days off"), (3, "0.1 days off"), (0.5, None), (0, None)])
async def test_a_clock_that_is_off_by_more_than_an_hour_is_noted_once(hours: float, says: str | None) -> None:
    headers = {"date": format_datetime(datetime.now(UTC) + timedelta(hours=hours), usegmt=True)}
    reply = {"choices": [{"message": {"content": "{}"}, "finish_reason": "stop"}]}
    openai = Endpoint(PROVIDERS["openai"], "gpt-6-luna", "https://api.openai.com/v1", SecretStr("sk-secret"))
    notes: list[str] = []
    with routed() as mock:
        answer = httpx.Response(200, json=reply, headers=headers)
        mock.post("https://api.openai.com/v1/chat/completions").mock(answer)
        async with Client(openai, 1, notes.append) as client:
            for number in range(3):
                await ask(client, number)
    assert len(notes) == (says is not None)
    assert says is None or says in notes[0]


# What is too large


@pytest.mark.parametrize("fault", ["big_body", "gzip_bomb"])
@pytest.mark.parametrize(("largest", "passes"), [(2**21, True), (2**20, False)])
async def test_the_largest_body_is_the_users(server: LLMServer, fault: str, largest: int, passes: bool) -> None:
    server.configure(faults=[{"fault": fault, "megabytes": 1}])
    async with Client(endpoint(server), 1, bounds=Bounds(largest_body=largest)) as client:
        if passes:
            await ask(client)
        else:
            with pytest.raises(RejectedError) as caught:
                await ask(client)
            assert caught.value.code == "response_too_large"
            assert "larger than 1 MB (--max-response-mb)" in str(caught.value)
        assert client.meter.requests == 1
        assert is_balanced(client.meter)
