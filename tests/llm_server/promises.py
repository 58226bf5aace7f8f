"""What answers tell a client to wait, and who came all the same."""

from __future__ import annotations

import re
import time
from email.utils import parsedate_to_datetime

from tests.llm_server.http1 import Response
from tests.llm_server.ledger import Entry

GRACE_S = 0.05
"""What was on its way when the answer was sent could not know of it."""
_RETRY_DELAY = re.compile(rb'"retryDelay":\s*"([\d.]+)s"')


def told_s(response: Response) -> float | None:
    """The shortest wait that an answer asks for, in seconds, whichever way it says so; None where it asks for none.

    Garbage, zero, negative numbers and past dates ask for none. Nor do the vendors' headers about their limits: they
    say when a limit is full again, not when the next request may pass.
    """
    if response.status < 400:
        return None
    headers = {name.lower(): text for name, text in response.headers.items()}
    after = headers.get("retry-after", "")
    delay = _RETRY_DELAY.search(response.body)
    waits = [_number(headers.get("retry-after-ms", "")) / 1000, _number(after), _until(after)]
    waits += [_number(delay[1].decode())] if delay else []
    return min((wait for wait in waits if 0 < wait < float("inf")), default=None)


def violations(ledger: list[Entry]) -> list[Entry]:
    """The requests for text that came while an answer with status 429 was telling to wait."""
    waits = [
        (entry.t_done + GRACE_S, entry.t_done + entry.retry_after_s)
        for entry in ledger
        if entry.status == 429 and entry.retry_after_s and entry.t_done is not None and not entry.disconnected
    ]
    return [entry for entry in ledger if entry.marker and any(begin < entry.t < end for begin, end in waits)]


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _until(text: str) -> float:
    try:
        return parsedate_to_datetime(text).timestamp() - time.time()
    except (ValueError, TypeError):
        return 0.0
