"""An outage by the clock: `{"kind": "503", "seconds": 60, "after_requests": 0}`.

It begins when it is configured, or with the first request for text after `after_requests` of them, and ends by itself:

    refuse   the port is closed and all connections are reset; nobody can connect
    503      every request is answered so
    reset    every request is answered by a reset of its connection
    hang     every request meets silence, and a reset when the outage is over

What it meets has the note "outage" in the ledger. The tests' own side has a port of its own, which stays open.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from tests.llm_server.faults import Rule

KINDS = ("refuse", "503", "reset", "hang")
NOTE = "outage"


class Outage:
    """One outage; None: there is none.

    Raises:
        ValueError: a key or value that means nothing.
    """

    def __init__(self, raw: Mapping[str, Any] | None) -> None:
        self._ends: float | None = None
        self.kind: str | None = None
        self.seconds = 0.0
        self.waits_for = 0
        """How many requests for text still pass before it begins."""
        if raw is None:
            return
        if unknown := set(raw) - {"kind", "seconds", "after_requests"}:
            raise ValueError(f"unknown keys of outage: {sorted(unknown)}")
        if raw.get("kind") not in KINDS:
            raise ValueError(f"unknown kind of outage: {raw.get('kind')!r}; there are: {', '.join(KINDS)}")
        seconds, after = raw.get("seconds"), raw.get("after_requests", 0)
        if not isinstance(seconds, int | float) or not isinstance(after, int):
            raise ValueError("seconds or after_requests of outage have the wrong type")
        self.kind, self.seconds, self.waits_for = raw["kind"], seconds, after

    def may_begin(self) -> bool:
        """Count a request for text. True: the outage begins now, and this request meets it first."""
        if self.kind is None or self._ends is not None:
            return False
        self.waits_for -= 1
        return self.waits_for < 0

    def begin(self) -> None:
        self._ends = time.monotonic() + self.seconds

    @property
    def left_s(self) -> float:
        """How long it still lasts; 0 where it is not on."""
        return max(0.0, self._ends - time.monotonic()) if self._ends is not None else 0.0

    def rule(self) -> Rule | None:
        """The fault that it is to a request; None where it is not on."""
        left_s = self.left_s
        if not left_s:
            return None
        if self.kind == "503":
            return Rule("status", {}, {"status": 503})
        return Rule("reset_before", {}, {}, delay_ms=left_s * 1000 if self.kind == "hang" else 0)
