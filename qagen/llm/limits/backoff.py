"""How long one request waits before its next try."""

from __future__ import annotations

import random

from qagen.errors import TransientError

NOBODY_THERE = frozenset({"dns", "connect"})
"""Codes of faults that, before the first answer of a run, mean a wrong address rather than a passing fault."""
MOST_WAITING_S = 900.0
"""How long one request may wait between its tries in all, rate limits included."""
_BASE_S = 1.0
_CAP_S = 60.0
_RATE_LIMIT_FLOOR_S = 2.0
_RATE_LIMIT_CAP_S = 16.0


def backoff_s(error: TransientError, tries: int, chance: float | None = None) -> float:
    """The wait before the next try, after `tries` failed ones.

    Capped exponential with full jitter; a rate limit has a floor, so that tries do not fall into the same window. What
    the server asked for is a minimum, with up to a tenth added so that not all come back at once.
    """
    chance = random.random() if chance is None else chance  # noqa: S311 - spreads load, protects nothing
    if error.retry_after_s is not None:
        return error.retry_after_s * (1 + 0.1 * chance)
    ceiling = min(_CAP_S, _BASE_S * 2.0 ** (min(tries, 10) - 1))
    if error.is_rate_limit:
        ceiling = min(_RATE_LIMIT_CAP_S, ceiling)
        return max(_RATE_LIMIT_FLOOR_S, ceiling / 2 + ceiling / 2 * chance)
    return ceiling * chance
