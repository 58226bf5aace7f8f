"""What went wrong, one JSON line each: a log for people, never read back by a run."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from qagen import files
from qagen.errors import StorageError
from qagen.formats import utc_time
from qagen.pump import ChunkSaved, DocumentFailed, Event, Notice, ReplyUnusable, Stopping, TryFailed
from qagen.redaction import harmless, redact
from qagen.runs.job import Job

_LONGEST = 500
"""Characters of a message or a reply."""


class ErrorLog:
    """Passes events on, and writes those that are errors. One that cannot be written is no reason to stop."""

    def __init__(self, path: Path, job: Job, on_event: Callable[[Event], None]) -> None:
        self._path = path
        self._about = {"provider": job.endpoint.provider.name, "model": job.endpoint.model, "run_id": job.run_id}
        self._on_event = on_event
        self._broken = False

    def react(self, event: Event) -> None:
        """Something happened."""
        line = _line(event)
        if line is not None:
            self._write(line)
        self._on_event(event)

    def note_bug(self, error: Exception) -> None:
        """An error that nobody foresaw, with its traceback."""
        trace = "".join(traceback.format_exception(error))
        self._write({"outcome": "bug", "type": type(error).__name__, "message": str(error), "traceback": trace})

    def _write(self, line: dict[str, Any]) -> None:
        if self._broken:
            return
        safe = {name: _shown(name, value) if isinstance(value, str) else value for name, value in line.items()}
        try:
            files.append_line(self._path, {"time": utc_time(), **safe, **self._about})
        except StorageError as error:
            # A log is no memory: what failed stands in the state files, too.
            self._broken = True
            self._on_event(Notice(str(error)))


def _line(event: Event) -> dict[str, Any] | None:
    """What the log says of an event; None where it says nothing. `outcome` is what became of it."""
    match event:
        case TryFailed(document, chunk, attempt):
            what = {"outcome": "try_failed", "type": attempt.code, "document": document, "chunk": chunk}
            tries = {"attempt": attempt.number, **({"times": attempt.times} if attempt.times > 1 else {})}
            return {"time": attempt.at, **what, **tries, "message": attempt.message}
        case ReplyUnusable(document, chunk, turn, code, message, excerpt):
            what = {"outcome": "reply_unusable", "type": code, "document": document, "chunk": chunk}
            return {**what, "round": turn, "message": message, "reply": excerpt}
        case ChunkSaved(document, chunk, _, failure) if failure is not None:
            what = {"outcome": "chunk_failed", "type": failure.code, "document": document, "chunk": chunk}
            return {**what, "attempts": failure.attempts, "message": failure.message, "reply": failure.excerpt}
        case DocumentFailed(document, why):
            return {"outcome": "document_left_out", "type": "document", "document": document, "message": why}
        case Stopping(why, in_flight, by_error) if by_error:
            return {"outcome": "run_stopped", "type": "stop", "message": why, "in_flight": in_flight}
    return None


def _shown(name: str, text: str) -> str:
    return harmless(redact(text))[: None if name == "traceback" else _LONGEST]
