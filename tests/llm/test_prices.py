"""What tokens cost."""

from __future__ import annotations

import tomllib
from datetime import date
from importlib.resources import files

import pytest

from qagen.llm.prices import Price, price_of
from qagen.llm.providers import PROVIDERS
from qagen.llm.types import Usage


def table() -> dict[str, dict[str, dict[str, float]]]:
    raw = tomllib.loads(files("qagen.llm").joinpath("prices.toml").read_text(encoding="utf-8"))
    date.fromisoformat(raw.pop("as_of"))
    return raw


def test_tokens_are_priced_by_the_million_and_cached_ones_only_once() -> None:
    price = Price(input=2.0, cached_input=0.5, output=10.0)

    assert price.cost(Usage(1_000_000, 0, 0)) == 2.0
    assert price.cost(Usage(1_000_000, 1_000_000, 0)) == 0.5
    assert price.cost(Usage(1_000_000, 400_000, 100_000)) == pytest.approx(0.6 * 2.0 + 0.4 * 0.5 + 0.1 * 10.0)
    assert price.cost(Usage()) == 0.0


def test_a_listed_model_has_the_price_of_its_row() -> None:
    for model, row in table()["openai"].items():
        assert price_of(PROVIDERS["openai"], model) == Price(row["input"], row["cached_input"], row["output"])


def test_a_dated_snapshot_costs_what_its_model_costs() -> None:
    provider = PROVIDERS["openai"]

    assert price_of(provider, "gpt-4o-mini-2024-07-18") == price_of(provider, "gpt-4o-mini")
    assert price_of(provider, "gpt-4o-mini-2024-07-18") is not None


@pytest.mark.parametrize("model", ["gpt-9", "gpt-4o-mini-latest", "gpt-9-2024-07-18", "", "gpt-4o-mini-24-07-18"])
def test_a_model_that_is_not_listed_has_no_known_price(model: str) -> None:
    assert price_of(PROVIDERS["openai"], model) is None


@pytest.mark.parametrize("name", ["local", "rules"])
def test_what_runs_here_is_free_whatever_the_model(name: str) -> None:
    assert price_of(PROVIDERS[name], "gpt-6-sol") == Price(0.0, 0.0, 0.0)


def test_a_compatible_server_has_no_known_price_even_for_a_listed_name() -> None:
    assert price_of(PROVIDERS["compatible"], "gpt-4o-mini") is None


def test_the_default_model_of_every_priced_provider_is_listed() -> None:
    for provider in PROVIDERS.values():
        if provider.priced == "table" and provider.default_model:
            assert price_of(provider, provider.default_model) is not None


def test_every_row_of_the_table_belongs_to_a_provider_and_cached_tokens_are_never_dearer() -> None:
    for provider, models in table().items():
        assert provider in PROVIDERS
        for row in models.values():
            assert 0 <= row["cached_input"] <= row["input"] <= row["output"]
