"""What tokens cost, from the dated table `prices.toml` beside this module."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from qagen.llm.providers import Provider
from qagen.llm.types import Usage

_SNAPSHOT = re.compile(r"-\d{4}-\d{2}-\d{2}$")


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per million tokens."""

    input: float
    cached_input: float
    output: float

    def cost(self, usage: Usage) -> float:
        """US dollars. Cached input tokens are a part of the input tokens."""
        fresh = usage.input_tokens - usage.cached_input_tokens
        million = fresh * self.input + usage.cached_input_tokens * self.cached_input + usage.output_tokens * self.output
        return million / 1_000_000


def price_of(provider: Provider, model: str) -> Price | None:
    """The price of a model, or None where it is unknown. A dated snapshot costs what its model costs."""
    if provider.priced == "free":
        return Price(0.0, 0.0, 0.0)
    if provider.priced == "unknown":
        return None
    rows = _table().get(provider.name, {})
    return rows.get(model) or rows.get(_SNAPSHOT.sub("", model))


@cache
def _table() -> dict[str, dict[str, Price]]:
    raw = tomllib.loads(files("qagen.llm").joinpath("prices.toml").read_text(encoding="utf-8"))
    return {
        provider: {model: Price(**row) for model, row in models.items()}
        for provider, models in raw.items()
        if isinstance(models, dict)
    }
