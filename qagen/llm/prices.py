"""What tokens cost, from the dated table `prices.toml` beside this module, or a table of the user's own."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from qagen.errors import UsageError
from qagen.llm.providers import PROVIDERS, Provider
from qagen.llm.types import Usage

_SNAPSHOT = re.compile(r"-(?:\d{4}-\d{2}-\d{2}|\d{8})$")


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per million tokens."""

    input: float
    output: float
    cached_input: float | None = None
    """None: as fresh input."""
    cache_write: float | None = None
    """None: as fresh input."""

    def cost(self, usage: Usage) -> float:
        """US dollars. Tokens that were read from the cache or written to it are parts of the input tokens."""
        fresh = usage.input_tokens - usage.cached_input_tokens - usage.cache_write_tokens
        cached = self.input if self.cached_input is None else self.cached_input
        write = self.input if self.cache_write is None else self.cache_write
        parts = (
            (fresh, self.input),
            (usage.cached_input_tokens, cached),
            (usage.cache_write_tokens, write),
            (usage.output_tokens, self.output),
        )
        return sum(tokens * price for tokens, price in parts) / 1_000_000


Table = Mapping[str, Mapping[str, Any]]
"""provider -> model -> a row of the file."""


def price_of(provider: Provider, model: str, today: date, own: Table | None = None) -> Price | None:
    """The price of a model, or None where it is unknown. A dated snapshot costs what its model costs.

    `own` is a table of the user's, which is asked first.
    """
    for table in (own or {}, _table()):
        rows = table.get(provider.name, {})
        row = rows.get(model) or rows.get(_SNAPSHOT.sub("", model))
        if row:
            return _valid_on(row, today)
    return Price(0.0, 0.0) if provider.priced == "free" else None


def parse_table(text: str, name: str) -> Table:
    """A table of the user's own.

    Raises:
        UsageError: it is not TOML, or names an unknown provider or a price that is none; the text names `name`.
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{name}: it is not TOML: {error}") from None
    table = {provider: models for provider, models in raw.items() if isinstance(models, dict)}
    for provider, models in table.items():
        if provider not in PROVIDERS:
            raise UsageError(f"{name}: there is no provider {provider!r}. Known: {', '.join(PROVIDERS)}.")
        for model, row in models.items():
            try:
                _valid_on(row, date.min)
            except (TypeError, ValueError, KeyError, AttributeError) as error:
                raise UsageError(
                    f"{name}: {provider}: {model}: a price is {{ input = 1.0, output = 2.0 }}, with cached_input, "
                    f"cache_write, until and later where they apply ({error})."
                ) from None
    return table


def _valid_on(row: Mapping[str, Any], today: date) -> Price:
    prices = {name: value for name, value in row.items() if name not in {"until", "later"}}
    if "until" in row and today > date.fromisoformat(str(row["until"])):
        prices = row["later"]
    return Price(**{name: float(value) for name, value in prices.items()})


@cache
def _table() -> Table:
    raw = tomllib.loads(files("qagen.llm").joinpath("prices.toml").read_text(encoding="utf-8"))
    return {provider: models for provider, models in raw.items() if isinstance(models, dict)}
