"""Who makes the vectors, by the settings: provider, model, address and key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from qagen.errors import UsageError
from qagen.llm.providers import Endpoint
from qagen.settings import Settings


def resolved(**given: Any) -> Endpoint:
    found = Settings.load(**given).embed_endpoint()
    assert found is not None
    return found


def refusal(**given: Any) -> str:
    with pytest.raises(UsageError) as caught:
        Settings.load(**given).embed_endpoint()
    return str(caught.value)


def test_nobody_is_asked_unless_it_is_said() -> None:
    assert Settings.load(provider="openai").embed_endpoint() is None


def test_each_provider_has_its_own_key_model_and_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-openai")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-claude")
    given: dict[str, Any] = {"provider": "claude", "base_url": "https://gateway.example", "embed_provider": "openai"}
    found = resolved(**given)
    assert (found.provider.name, found.model, found.key) == ("openai", "text-embedding-3-small", "sk-openai")
    assert found.base_url == "https://api.openai.com/v1"
    assert Settings.load(**given).endpoint().key == "sk-claude"


def test_what_is_set_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENERATOR_EMBED_PROVIDER", "local")
    monkeypatch.setenv("GENERATOR_EMBED_MODEL", "bge-m3")
    monkeypatch.setenv("OLLAMA_BASE_URL", "http://a:1")
    assert (resolved().model, resolved().base_url) == ("bge-m3", "http://a:1")
    monkeypatch.setenv("GENERATOR_EMBED_BASE_URL", "http://b:2")
    assert resolved().base_url == "http://b:2"
    assert resolved(embed_base_url="http://c:3", embed_model="x").base_url == "http://c:3"


def test_the_flag_of_a_provider_counts_for_it_alone() -> None:
    variables = {"OLLAMA_BASE_URL": "http://gpu:1"}
    settings = Settings.load(variables=variables, provider="rules", embed_provider="local", embed_model="bge-m3")
    embeds = settings.embed_endpoint()
    assert embeds is not None
    assert embeds.base_url == "http://gpu:1"
    assert settings.endpoint().provider.name == "rules"
    with pytest.raises(UsageError, match="does not use OLLAMA_BASE_URL"):
        Settings.load(variables=variables, provider="rules").endpoint()


def test_the_address_and_the_file_of_the_provider_that_is_asked_are_not_for_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Path("key.txt").write_text("sk-of-the-file\n")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-openai")
    monkeypatch.setenv("MISTRAL_API_KEY", "sk-mistral")
    given: dict[str, Any] = {"api_key_file": Path("key.txt"), "base_url": "https://gateway.example/v1"}
    same = resolved(provider="openai", embed_provider="openai", **given)
    assert (same.key, same.base_url) == ("sk-of-the-file", "https://gateway.example/v1")
    other = resolved(provider="openai", embed_provider="mistral", **given)
    assert (other.key, other.base_url) == ("sk-mistral", "https://api.mistral.ai/v1")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"embed_provider": "claude"}, "makes no embeddings"),
        ({"embed_provider": "rules"}, "openai, gemini, local"),
        ({"embed_provider": "opnai"}, "did you mean openai?"),
        ({"embed_provider": "openai"}, "OPENAI_API_KEY"),
        ({"embed_provider": "local"}, "--embed-model"),
        ({"embed_provider": "compatible", "embed_model": "m"}, "--embed-base-url"),
        ({"embed_provider": "local", "embed_model": "m", "embed_base_url": "ftp://x"}, "not an http"),
        ({"embed_model": "m"}, "--embed-model: it says nothing without --embed-provider"),
        ({"embed_base_url": "http://a"}, "--embed-base-url: it says nothing without --embed-provider"),
    ],
)
def test_what_is_missing_is_named(given: dict[str, Any], says: str) -> None:
    assert says in refusal(**given)


def test_a_key_does_not_travel_in_the_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-openai")
    assert "unencrypted" in refusal(embed_provider="openai", embed_base_url="http://gateway.example/v1")
