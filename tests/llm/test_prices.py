"""What tokens cost."""

from __future__ import annotations

import tomllib
from datetime import date
from importlib.resources import files
from typing import Any

import pytest

from qagen.errors import UsageError
from qagen.llm.prices import Price, parse_table, price_of
from qagen.llm.providers import PROVIDERS
from qagen.llm.types import Usage

TODAY = date(2026, 11, 22)


def price(provider: str, model: str, today: date = TODAY, **own: Any) -> Price | None:
    return price_of(PROVIDERS[provider], model, today, **own)


def table() -> dict[str, dict[str, dict[str, Any]]]:
    raw = tomllib.loads(files("qagen.llm").joinpath("prices.toml").read_text(encoding="utf-8"))
    date.fromisoformat(raw.pop("as_of"))
    return raw


def test_tokens_are_priced_by_the_million_and_cached_ones_only_once() -> None:
    row = Price(input=2.0, cached_input=0.5, output=10.0)
    assert row.cost(Usage(1_000_000, 0, 0)) == 2.0
    assert row.cost(Usage(1_000_000, 1_000_000, 0)) == 0.5
    assert row.cost(Usage(1_000_000, 400_000, 100_000)) == pytest.approx(0.6 * 2.0 + 0.4 * 0.5 + 0.1 * 10.0)
    assert row.cost(Usage()) == 0.0


def test_tokens_written_to_the_cache_have_a_price_of_their_own() -> None:
    usage = Usage(input_tokens=1_000_000, cached_input_tokens=200_000, cache_write_tokens=300_000)
    row = Price(input=2.0, cached_input=0.5, cache_write=2.5, output=10.0)
    assert row.cost(usage) == pytest.approx(0.5 * 2.0 + 0.2 * 0.5 + 0.3 * 2.5)
    assert Price(input=2.0, output=10.0).cost(usage) == pytest.approx(2.0)


def test_a_listed_model_has_the_price_of_its_row() -> None:
    assert price("openai", "gpt-6-luna") == Price(0.10, 0.50, 0.01, 0.125)
    assert price("claude", "claude-sonnet-5-5") == Price(2.00, 10.00, 0.10, 2.50)


def test_a_price_that_ends_is_followed_by_the_later_one() -> None:
    assert price("gemini", "gemini-3.8-flash", date(2026, 12, 31)) == Price(0.75, 3.75, 0.075)
    assert price("gemini", "gemini-3.8-flash", date(2027, 1, 1)) == Price(1.50, 7.50, 0.15)


@pytest.mark.parametrize("model", ["gpt-4o-mini-2024-07-18"])
def test_a_dated_snapshot_costs_what_its_model_costs(model: str) -> None:
    assert price("openai", model) == price("openai", "gpt-4o-mini") is not None
    assert price("claude", "claude-haiku-4-5-20251001") == price("claude", "claude-haiku-4-5") is not None


@pytest.mark.parametrize("model", ["gpt-9", "gpt-4o-mini-latest", "gpt-9-2024-07-18", "", "gpt-4o-mini-24-07-18"])
def test_a_model_that_is_not_listed_has_no_known_price(model: str) -> None:
    assert price("openai", model) is None


@pytest.mark.parametrize("name", ["local", "rules"])
def test_what_runs_here_is_free_whatever_the_model(name: str) -> None:
    assert price(name, "gpt-6-sol") == Price(0.0, 0.0)


def test_a_compatible_server_has_no_known_price_even_for_a_listed_name() -> None:
    assert price("compatible", "gpt-4o-mini") is None


def test_the_default_model_of_every_priced_provider_is_listed() -> None:
    for provider in PROVIDERS.values():
        if provider.priced == "table" and provider.default_model:
            assert price(provider.name, provider.default_model) is not None


def test_every_row_of_the_table_belongs_to_a_provider_and_cached_tokens_are_never_dearer() -> None:
    for provider, models in table().items():
        assert provider in PROVIDERS
        for row in models.values():
            if "cached_input" not in row:  # embeddings: nothing is cached, and nothing comes out
                assert row["input"] > row["output"] == 0
                continue
            assert 0 <= row["cached_input"] <= row["input"] <= row["output"]
            assert row.get("cache_write", row["input"]) >= row["input"]


def test_a_table_of_the_users_own_comes_first() -> None:
    own = parse_table(
        '[compatible]\nmine = { input = 1, output = 2 }\n[openai]\n"gpt-6-luna" = { input = 9, output = 9 }', "p"
    )
    assert price("compatible", "mine", own=own) == Price(1.0, 2.0)
    assert price("openai", "gpt-6-luna", own=own) == Price(9.0, 9.0)
    assert price("openai", "gpt-6-sol", own=own) == price("openai", "gpt-6-sol")


@pytest.mark.parametrize(
    "text", ["not toml", "[nobody]\nm = { input = 1, output = 1 }", "[openai]\nm = { input = 1 }", "[openai]\nm = 3"]
)
def test_a_table_that_is_none_is_a_usage_error_that_names_the_file(text: str) -> None:
    with pytest.raises(UsageError, match=r"^mine\.toml: "):
        parse_table(text, "mine.toml")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[[prices]]\nmodel = "fake-1"', "there is no provider 'prices'"),
        ("", "there is no price in it"),
        ('as_of = "2026-11-22"\n[openai]', "there is no price in it"),
        ('openai = "free"', "openai: it is no table of models"),
        ("[[openai]]\nm = { input = 1, output = 1 }", "openai: it is no table of models"),
        ("[openai]\nm = 3", "openai: m: 3 is no table"),
        ("[openai]\nm = { input = 1 }", "openai: m: output is missing"),
        ("[openai]\nm = { input = 1, output = 1, ouput = 2 }", "openai: m: there is no 'ouput' in a price"),
        ('[openai]\nm = { input = "1", output = 1 }', "input is '1', which is no number"),
        ("[openai]\nm = { input = true, output = 1 }", "input is True, which is no number"),
        ("[openai]\nm = { input = -1, output = 1 }", "input is -1, which is no number"),
        ("[openai]\nm = { input = nan, output = 1 }", "input is nan, which is no number"),
        ('[openai]\nm = { input = 1, output = 1, until = "2026-12-31" }', "until and later belong together"),
        ("[openai]\nm = { input = 1, output = 1, until = 3, later = {} }", "until is 3, which is no day"),
        (
            '[openai]\nm = { input = 1, output = 1, until = "2026-12-31", later = { input = 1 } }',
            "later: output is missing",
        ),
    ],
)
def test_what_is_no_price_is_named_and_the_right_form_is_shown(text: str, says: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_table(text, "mine.toml")
    assert says in str(caught.value)
    assert '[compatible], and in it "my-model" = { input = 0.10, output = 0.50 }' in str(caught.value)


def test_the_table_that_comes_along_would_pass_as_a_users_own() -> None:
    text = files("qagen.llm").joinpath("prices.toml").read_text(encoding="utf-8")
    assert parse_table(text, "prices.toml") == table()
