"""What the server was asked, in order of arrival, and what became of it."""

from __future__ import annotations

import os
import re
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

_SECRET_HEADERS = {"authorization", "proxy-authorization", "x-api-key", "x-goog-api-key", "api-key", "cookie"}
_SECRET_QUERY = re.compile(r"([?&](?:api_)?key=)[^&]*")


@dataclass(slots=True)
class Entry:
    """One request. What is answered is filled in when it is answered; until then `t_done` is None."""

    id: int
    """From 1, in order of arrival. Also in the response, as `x-request-id: req_<id>` (Claude: `request-id`; Gemini
    has none)."""
    t: float
    """Seconds on the machine's monotonic clock (`time.monotonic`), comparable between processes."""
    connection: int
    """Number of the connection it came by: equal where a connection was used again."""
    dialect: str | None
    """"openai", "ollama", "anthropic", "gemini"; None for a path of nobody's."""
    method: str
    path: str
    """With its query; a key in it is masked."""
    headers: dict[str, str]
    """Names in lower case; what is secret reads "***"."""
    authorization: bool
    """Whether there was an `authorization` header (or a vendor's header for keys)."""
    body: Any
    """Decoded; as text where it is no JSON; None where there is none or bodies are not recorded."""
    in_flight: int
    """Requests unanswered at its arrival, itself included."""
    peak_in_flight: int
    """The highest `in_flight` so far."""
    connections: int
    """Open connections at its arrival, those of the control side not counted."""
    model: str | None = None
    marker: str | None = None
    """Of the passage as it was sent; None where nothing was asked for."""
    attempt: int | None = None
    """How manyeth request with this marker since the last reset, from 1."""
    fault: str = "ok"
    """The fault that a rule chose, "ok" for none. A refusal by the server's strictness has its status and "ok"."""
    status: int | None = None
    """None: no status was sent (hung, reset, or the client left)."""
    finish: str | None = None
    """stop, length, refusal or content_filter; None where nothing was generated."""
    disconnected: bool = False
    """The client was gone before the answer was written completely."""
    note: str | None = None
    """What else happened, such as a prompt that was cut."""
    t_done: float | None = None
    rate_limited: bool = False
    """Refused by the `limits`, or by the fault `rate_limit`."""
    retry_after_s: float | None = None
    """What the answer told to wait, whichever way it said so (`promises`)."""


class Ledger:
    def __init__(self, file: Path | None) -> None:
        self.entries: list[Entry] = []
        self.in_flight = 0
        self._peak = 0
        self._attempts: Counter[str] = Counter()
        self._file = file

    def arrived(self, *, headers: dict[str, str], path: str, **about: Any) -> Entry:
        self.in_flight += 1
        self._peak = max(self._peak, self.in_flight)
        entry = Entry(
            id=len(self.entries) + 1,
            t=time.monotonic(),
            path=_SECRET_QUERY.sub(r"\1***", path),
            headers={name: "***" if name in _SECRET_HEADERS else text for name, text in headers.items()},
            authorization=not _SECRET_HEADERS.isdisjoint(headers),
            in_flight=self.in_flight,
            peak_in_flight=self._peak,
            **about,
        )
        self.entries.append(entry)
        return entry

    def asked(self, entry: Entry, model: str, marker: str) -> None:
        self._attempts[marker] += 1
        entry.model, entry.marker, entry.attempt = model, marker, self._attempts[marker]

    def answered(self, entry: Entry) -> None:
        self.in_flight -= 1
        entry.t_done = time.monotonic()
        if self._file is not None:
            _append(self._file, orjson.dumps(entry) + b"\n")


def _append(path: Path, line: bytes) -> None:
    """In one write: whoever reads the file meanwhile sees whole lines only."""
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(descriptor, line)
    finally:
        os.close(descriptor)
