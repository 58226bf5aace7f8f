"""What tokens cost, from the dated table `prices.toml` beside this module, or a table of the user's own."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from functools import cache
from importlib.resources import files
from math import inf
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


def without_dust(dollars: float | None) -> float | None:
    """As it stands in files and JSON: to a billionth, beyond which sums of floats say nothing."""
    return None if dollars is None else round(dollars, 9)


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
        UsageError: it is not TOML, holds no price, or something else than prices; the text names `name`, and the form.
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{name}: it is not TOML: {error}") from None
    table = {provider: models for provider, models in raw.items() if provider != "as_of"}
    for provider, models in table.items():
        if provider not in PROVIDERS:
            raise UsageError(f"{name}: there is no provider {provider!r}. Known: {', '.join(PROVIDERS)}. {_FORM}")
        if not isinstance(models, dict):
            raise UsageError(f"{name}: {provider}: it is no table of models. {_FORM}")
        for model, row in models.items():
            if problem := _problem_of(row):
                raise UsageError(f"{name}: {provider}: {model}: {problem}. {_FORM}")
    if not any(table.values()):
        raise UsageError(f"{name}: there is no price in it. {_FORM}")
    return table


_FORM = (
    "The form, in US dollars per million tokens: "
    'a table for each provider, such as [compatible], and in it "my-model" = { input = 0.10, output = 0.50 }, '
    "with cached_input, cache_write, until and later where they apply."
)
_NAMES = frozenset(field.name for field in fields(Price))


def _problem_of(row: Any) -> str | None:
    """What is wrong with a price; None where it is one."""
    if not isinstance(row, dict):
        return f"{row!r} is no table"
    prices = {name: value for name, value in row.items() if name not in {"until", "later"}}
    if unknown := sorted(prices.keys() - _NAMES):
        return f"there is no {unknown[0]!r} in a price"
    for name, value in prices.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < inf:
            return f"{name} is {value!r}, which is no number of dollars"
    if missing := sorted({"input", "output"} - prices.keys()):
        return f"{missing[0]} is missing"
    if ("until" in row) != ("later" in row):
        return "until and later belong together"
    return _problem_of_later(row) if "until" in row else None


def _problem_of_later(row: Mapping[str, Any]) -> str | None:
    try:
        date.fromisoformat(str(row["until"]))
    except ValueError:
        return f"until is {row['until']!r}, which is no day such as 2026-12-31"
    later = row["later"]
    if isinstance(later, dict) and later.keys() & {"until", "later"}:
        return "later has a later of its own"
    problem = _problem_of(later)
    return f"later: {problem}" if problem else None


def _valid_on(row: Mapping[str, Any], today: date) -> Price:
    prices = {name: value for name, value in row.items() if name not in {"until", "later"}}
    if "until" in row and today > date.fromisoformat(str(row["until"])):
        prices = row["later"]
    return Price(**{name: float(value) for name, value in prices.items()})


@cache
def _table() -> Table:
    raw = tomllib.loads(files("qagen.llm").joinpath("prices.toml").read_text(encoding="utf-8"))
    return {provider: models for provider, models in raw.items() if isinstance(models, dict)}
