"""The table of hosts, and how the address of one is understood."""

from __future__ import annotations

import inspect
from importlib import import_module

import pytest
from pydantic import SecretStr

from qagen.llm.providers import PROVIDERS, Endpoint, is_loopback, is_near, resolve_base_url


@pytest.mark.parametrize(
    ("provider", "given", "base_url"),
    [
        # The row's own address
        ("openai", None, "https://api.openai.com/v1"),
        ("openai", "", "https://api.openai.com/v1"),
        ("local", None, "http://127.0.0.1:11434"),
        ("compatible", None, None),
        # A path of its own, or the usual one
        ("openai", "https://api.openai.com", "https://api.openai.com/v1"),
        ("openai", "https://eu.api.openai.com/v1/", "https://eu.api.openai.com/v1"),
        ("compatible", "http://127.0.0.1:8000", "http://127.0.0.1:8000/v1"),
        ("compatible", "http://127.0.0.1:1234/v1", "http://127.0.0.1:1234/v1"),
        ("compatible", "127.0.0.1:8080", "http://127.0.0.1:8080/v1"),
        ("compatible", "https://gateway.example/team/v1", "https://gateway.example/team/v1"),
        # Ollama: a port is implied only without a scheme
        ("local", "1.2.3.4", "http://1.2.3.4:11434"),
        ("local", "gpu-box", "http://gpu-box:11434"),
        ("local", "gpu-box:5000", "http://gpu-box:5000"),
        ("local", ":5000", "http://127.0.0.1:5000"),
        ("local", "gpu-box/ollama", "http://gpu-box:11434/ollama"),
        ("local", "http://gpu-box", "http://gpu-box"),
        ("local", "https://ollama.example", "https://ollama.example"),
        ("local", "0.0.0.0", "http://127.0.0.1:11434"),
        ("local", "http://0.0.0.0:11434", "http://127.0.0.1:11434"),
        ("local", "http://127.0.0.1:11434/v1", "http://127.0.0.1:11434"),
        ("local", "http://127.0.0.1:11434/api", "http://127.0.0.1:11434"),
        ("local", "http://[::1]:11434", "http://[::1]:11434"),
        ("local", "  http://localhost:11434/  ", "http://localhost:11434"),
    ],
)
def test_a_base_url_is_understood(provider: str, given: str | None, base_url: str | None) -> None:
    assert resolve_base_url(PROVIDERS[provider], given) == base_url


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("ftp://host", "not an http or https address"),
        ("http://", "not an http or https address"),
        ("https://user:sk-secret@host/v1", "user name or password"),
        ("https://host/v1?key=sk-secret", "query"),
        ("https://host/v1#part", "fragment"),
        ("http://host:99999", ""),
        ("http://host:port", ""),
        ("http://[::1", ""),
    ],
)
def test_an_address_that_cannot_be_is_refused_without_showing_what_may_be_a_key(given: str, says: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the text is looked at below
        resolve_base_url(PROVIDERS["compatible"], given)
    assert says in str(caught.value)
    assert "sk-secret" not in str(caught.value)


@pytest.mark.parametrize(
    "base_url",
    [
        "http://localhost:11434",
        "http://LOCALHOST",
        "http://127.0.0.1/v1",
        "http://127.8.8.8:1",
        "http://[::1]:8000/v1",
        "http://app.localhost",
    ],
)
def test_this_machine_is_loopback_and_near(base_url: str) -> None:
    assert is_loopback(base_url)
    assert is_near(base_url)


def test_a_local_neighbour_is_near_and_not_loopback() -> None:
    assert is_near("http://box.local:11434")
    assert not is_loopback("http://box.local:11434")


@pytest.mark.parametrize(
    "base_url",
    [
        "https://api.openai.com/v1",
        "http://192.168.0.7:11434",
        "http://localhost.example",
        "http://local",
        "http://10.1.1.1",
    ],
)
def test_other_hosts_are_not_loopback(base_url: str) -> None:
    assert not is_loopback(base_url)


def test_a_name_that_only_begins_like_the_loopback_network_is_not_loopback() -> None:
    assert not is_loopback("http://127.example.com/v1")


def test_the_repr_of_an_endpoint_hides_its_key() -> None:
    endpoint = Endpoint(PROVIDERS["openai"], "gpt-6-luna", "https://api.openai.com/v1", SecretStr("sk-secret"))
    assert "sk-secret" not in repr(endpoint)
    assert endpoint.key == "sk-secret"


def test_the_host_of_an_endpoint_is_shown_with_its_port() -> None:
    assert Endpoint(PROVIDERS["local"], "m", "http://127.0.0.1:11434").host == "127.0.0.1:11434"


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_row_names_a_wire_that_has_the_three_functions(name: str) -> None:
    wire = import_module(f"qagen.llm.{PROVIDERS[name].wire}")
    assert [
        len(inspect.signature(getattr(wire, function)).parameters)
        for function in (
            "build_request",
            "parse_reply",
            "parse_error",
        )
    ] == [2, 1, 2]


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_row_stands_under_its_name_and_is_complete(name: str) -> None:
    row = PROVIDERS[name]
    assert row.name == name
    assert row.about
    assert row.base_url or row.base_url_env
    assert row.key_env or not row.key_required
    assert row.read_timeout_s <= row.deadline_s
    assert row.when_model_unknown.format(model="m")


def test_the_defaults_of_the_rows_are_those_of_the_design() -> None:
    named = ("openai", "claude", "gemini", "local", "compatible")
    assert {name: (PROVIDERS[name].max_tokens, PROVIDERS[name].max_concurrent) for name in named} == {
        "openai": (4000, 16),
        "claude": (8000, 16),
        "gemini": (8000, 16),
        "local": (2000, 2),
        "compatible": (4000, 16),
    }
