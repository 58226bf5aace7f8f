"""The server's outages: they begin and end by the clock, and the tests' own side stays open."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest

from tests.llm_server import LLMServer
from tests.llm_server_tests.passages import prompt

SECONDS = 0.5
FOR_LONG = 3600


def ask(client: httpx.Client) -> httpx.Response:
    body = {"model": "m", "messages": [{"role": "user", "content": prompt()}], "stream": False}
    return client.post("/api/chat", json=body)


def wait_until_answered(client: httpx.Client) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            if ask(client).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.02)
    raise TimeoutError


@pytest.mark.parametrize(
    ("kind", "error"),
    [("refuse", httpx.ConnectError), ("reset", httpx.ReadError), ("hang", httpx.ReadTimeout), ("503", None)],
)
def test_an_outage_begins_when_it_is_configured(
    server: LLMServer, client: httpx.Client, kind: str, error: type[Exception] | None
) -> None:
    assert ask(client).status_code == 200
    client.close()  # a connection that is reset while it is idle would be seen as another error
    server.configure(outage={"kind": kind, "seconds": FOR_LONG})
    timeout = httpx.Timeout(60, read=0.3 if kind == "hang" else 60)
    with httpx.Client(base_url=server.url, timeout=timeout, trust_env=False) as other:
        if error is None:
            assert ask(other).json()["error"].startswith("server busy")
        else:
            with pytest.raises(error):
                ask(other)
    noted = [entry for entry in server.ledger() if entry.note == "outage"]
    assert bool(noted) == (kind != "refuse")
    assert all(entry.finish is None and entry.marker for entry in noted)


@pytest.mark.parametrize("kind", ["refuse", "reset", "hang", "503"])
def test_an_outage_ends_by_itself(server: LLMServer, client: httpx.Client, kind: str) -> None:
    port, began = server.port, time.monotonic()
    server.configure(outage={"kind": kind, "seconds": SECONDS})
    wait_until_answered(client)
    assert time.monotonic() - began >= SECONDS
    assert server.port == port


def test_what_met_silence_is_reset_when_the_outage_is_over(server: LLMServer, client: httpx.Client) -> None:
    server.configure(outage={"kind": "hang", "seconds": SECONDS, "after_requests": 1})
    assert ask(client).status_code == 200
    began = time.monotonic()
    with pytest.raises(httpx.ReadError):
        ask(client)
    assert time.monotonic() - began >= SECONDS


def test_a_refusal_resets_what_is_in_flight_and_idle(server: LLMServer, client: httpx.Client) -> None:
    server.configure(outage={"kind": "refuse", "seconds": FOR_LONG, "after_requests": 1})
    assert ask(client).status_code == 200
    with pytest.raises(httpx.TransportError):
        ask(client)
    with pytest.raises(httpx.ConnectError):
        ask(client)
    assert server.status()["connections"] == 0


def test_an_outage_may_begin_in_the_middle_of_a_run(server: LLMServer, client: httpx.Client) -> None:
    server.configure(outage={"kind": "503", "seconds": FOR_LONG, "after_requests": 2})
    assert client.get("/api/version").status_code == 200, "only requests for text are counted"
    assert [ask(client).status_code for _ in range(3)] == [200, 200, 503]
    assert client.get("/api/version").status_code == 503
    assert client.get("/elsewhere").status_code == 503


@pytest.mark.parametrize("kind", ["refuse", "503"])
def test_no_outage_ends_the_one_before(server: LLMServer, client: httpx.Client, kind: str) -> None:
    server.configure(outage={"kind": kind, "seconds": 60})
    server.configure(outage=None)
    wait_until_answered(client)
    server.configure(outage={"kind": kind, "seconds": 60})
    server.reset()
    wait_until_answered(client)


def test_a_server_may_start_with_an_outage() -> None:
    with LLMServer(outage={"kind": "refuse", "seconds": 60}) as server:
        with httpx.Client(base_url=server.url, trust_env=False) as client, pytest.raises(httpx.ConnectError):
            ask(client)
        assert server.ledger() == []


@pytest.mark.parametrize(
    "outage", [{"kind": "flood", "seconds": 1}, {"kind": "503"}, {"kind": "503", "seconds": 1, "minutes": 2}, {}]
)
def test_a_mistyped_outage_is_refused(server: LLMServer, outage: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"unknown|wrong"):
        server.configure(outage=outage)
