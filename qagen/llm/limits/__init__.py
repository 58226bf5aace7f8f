"""How fast to send, how long to wait, and when to give up. It decides and does no I/O.

All times are seconds of one monotonic clock, and every function that needs the time is given it.
"""

from qagen.llm.limits.backoff import MOST_WAITING_S, NOBODY_THERE, backoff_s
from qagen.llm.limits.breaker import Breaker, RetryBudget
from qagen.llm.limits.concurrency import Concurrency
from qagen.llm.limits.rates import Bucket, LearntRate, Quota
from qagen.llm.limits.refusals import Refusals
from qagen.llm.limits.suspects import Suspects
from qagen.llm.limits.traffic import Ticket, Traffic

__all__ = [
    "MOST_WAITING_S",
    "NOBODY_THERE",
    "Breaker",
    "Bucket",
    "Concurrency",
    "LearntRate",
    "Quota",
    "Refusals",
    "RetryBudget",
    "Suspects",
    "Ticket",
    "Traffic",
    "backoff_s",
]
