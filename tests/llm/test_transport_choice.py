"""Which transport carries the requests."""

from __future__ import annotations

import asyncio
import dataclasses
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from qagen.errors import UsageError
from qagen.llm import route
from qagen.llm.fast import FastTransport
from qagen.llm.providers import PROVIDERS, Endpoint
from qagen.llm.route import choose, loop_factory
from qagen.llm.transport import Direct, make_clients
from tests.flow import qagen

REMOTE = Endpoint(PROVIDERS["openai"], "gpt-6-luna", "https://model.example/v1", SecretStr("sk-x"))
RULES = Endpoint(PROVIDERS["rules"], "rules-cloze-1", "http://rules")


def test_aiohttp_is_chosen_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert choose("auto", REMOTE) == "aiohttp"
    assert choose("httpx", REMOTE) == "httpx"
    monkeypatch.setattr(route, "find_spec", lambda _: None)
    assert choose("auto", REMOTE) == "httpx"
    assert loop_factory("aiohttp") is None
    with pytest.raises(UsageError, match=r"pip install .*\[fast\]"):
        choose("aiohttp", REMOTE)


def test_what_goes_through_a_proxy_goes_by_httpx(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://user:secret@proxy.example:3128")
    assert choose("auto", REMOTE) == "httpx"
    with pytest.raises(UsageError, match=r"through the proxy proxy\.example:3128") as error:
        choose("aiohttp", REMOTE)
    assert "secret" not in str(error.value)
    monkeypatch.setenv("NO_PROXY", "model.example")
    assert choose("aiohttp", REMOTE) == "aiohttp"


def test_rules_need_no_transport() -> None:
    assert choose("aiohttp", RULES) == "httpx"


@pytest.mark.anyio
async def test_one_client_has_all_connections_and_reads_no_setting_of_a_proxy() -> None:
    (client,) = make_clients(REMOTE, 500, None, "aiohttp")
    assert isinstance(client, Direct)
    assert isinstance(client._transport, FastTransport)
    await client.aclose()


@pytest.mark.anyio
async def test_where_there_is_a_proxy_httpx_decides_which_host_goes_through_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert isinstance(make_clients(REMOTE, 1)[0], Direct)
    monkeypatch.setenv("ALL_PROXY", "http://proxy.example:3128")
    (through,) = make_clients(REMOTE, 1)
    assert isinstance(through, httpx.AsyncClient)
    assert through.follow_redirects is False
    assert isinstance(make_clients(RULES, 1)[0], Direct)
    near = dataclasses.replace(REMOTE, base_url="http://127.0.0.1:9/v1")
    assert isinstance(make_clients(near, 1)[0], Direct)


def test_the_loop_goes_with_the_transport() -> None:
    factory = loop_factory("aiohttp")
    with asyncio.Runner(loop_factory=factory) as runner:
        assert type(runner.get_loop()).__module__ == "uvloop"
    assert loop_factory("httpx") is None


def test_a_transport_that_is_none_is_refused_before_anything_is_read() -> None:
    Path("chunks").mkdir()
    ended = qagen("generate-qa", "--provider", "rules", "--transport", "carrier-pigeon")
    assert ended.returncode == 2
    assert "--transport" in ended.stderr
    assert "aiohttp" in ended.stderr
