"""A folder with a corpus, and the real command run in it."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.flow import check_from_outside, command, passages, write_chunks
from tests.llm_server import Entry, LLMServer, marker

IN_FLIGHT = 8
_PASSED_ON = ("PATH", "HOME", "LANG", "TMPDIR", "PYTHONPATH")
"""Of the environment. No setting, key or proxy of the machine reaches a run."""
INTERPRETER_S = 0.1
KEYS = {"OPENAI_API_KEY": "sk-soak-0123456789"}
Process = subprocess.Popen[bytes]


@dataclass(frozen=True)
class Options:
    """What the command line says."""

    count: int | None = None
    """In place of the section's own number: kills, signals, chunks or pairs of starts."""
    seed: int = 1
    seconds: float = 60
    """How long an outage lasts."""
    in_flight: int = IN_FLIGHT
    """Requests at a time."""
    case: str = ""
    """Only the cases with this in their names."""

    def chosen(self, name: str) -> bool:
        return self.case in name


@dataclass(frozen=True)
class Place:
    """A folder with chunks to ask about."""

    folder: Path
    marks: frozenset[str]
    """Of all its passages."""

    def start(self, *arguments: str | Path) -> Process:
        """Start `qagen` there. What it says stands in `said`."""
        environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ} | KEYS
        with (self.folder / "said").open("wb") as said:
            return subprocess.Popen(command(*arguments), cwd=self.folder, env=environment, stdout=said, stderr=said)

    def run(self, *arguments: str | Path) -> int:
        """Run it to its end; gives the exit code."""
        return end_of(self.start(*arguments))

    @property
    def said(self) -> str:
        """The end of what the last run said, in one line."""
        return " | ".join((self.folder / "said").read_text(encoding="utf-8", errors="replace").splitlines()[-12:])

    @property
    def files(self) -> list[Path]:
        return sorted((self.folder / "qa").glob("*_qa.json"))

    def acknowledged(self) -> tuple[set[tuple[str, str]], list[str]]:
        """The chunks and pairs that the files hold, each with its file; and the names of files that do not parse."""
        held: set[tuple[str, str]] = set()
        corrupt = []
        for path in self.files:
            try:
                qa = json.loads(path.read_bytes())
                held |= {(path.name, f"chunk {index}") for index in qa["completed_chunks"]}
                held |= {(path.name, pair["pair_id"]) for pair in qa["training_pairs"]}
            except (ValueError, KeyError, TypeError):
                corrupt.append(path.name)
        return held, corrupt

    def failed(self) -> int:
        """Chunks that failed, by the files."""
        return sum(len(json.loads(path.read_bytes())["failed_chunks"]) for path in self.files)

    def leftovers(self) -> int:
        """Remove temporary files; gives their number. The next run would do the same."""
        found = list((self.folder / "qa").glob(".tmp*"))
        for path in found:
            path.unlink()
        return len(found)

    def settled(self) -> set[str]:
        """The marks of what is settled. Raises AssertionError, with what failed, where the files are wrong."""
        try:
            return check_from_outside(self.folder / "chunks", self.folder / "qa").settled
        except AssertionError as error:
            raise AssertionError(traceback.extract_tb(error.__traceback__)[-1].line) from error


@contextmanager
def place(chunks: int, documents: int = 4) -> Iterator[Place]:
    """A new folder with so many chunks."""
    with tempfile.TemporaryDirectory(prefix="qagen-soak-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        marks: set[str] = set()
        for number in range(documents):
            texts = passages(chunks // documents + (number < chunks % documents), f"unit{number}")
            if texts:
                write_chunks(folder / "chunks", f"unit{number}", texts)
            marks |= set(map(marker, texts))
        yield Place(folder, frozenset(marks))


def end_of(process: Process, timeout_s: float = 900) -> int:
    """Wait for the end; a run that does not come to it is killed, and its exit code is that of SIGKILL."""
    try:
        return process.wait(timeout=timeout_s)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def openai(server: LLMServer, *more: str | Path) -> tuple[str | Path, ...]:
    """The arguments of a generation with the server in OpenAI's dialect."""
    return ("generate-qa", "--provider", "openai", "--model", "gpt-6-luna", "--base-url", server.openai_url, *more)


class Moments:
    """Random moments in the life of a run: while it starts, or at so many requests."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._starting_s = 0.3

    def wait(self, process: Process, server: LLMServer, most_requests: int) -> None:
        """Return at such a moment, or when the run has ended."""
        began, before = time.monotonic(), server.status()["requests"]
        if self._random.random() < 0.2:
            # Not earlier: until then it is the interpreter that starts, and not yet we.
            time.sleep(self._random.uniform(INTERPRETER_S, 1.1 * self._starting_s))
            return
        wanted = before + self._random.randint(1, max(1, most_requests))
        while process.poll() is None and time.monotonic() < began + 10:
            requests = server.status()["requests"]
            if before < requests:
                self._starting_s, before = time.monotonic() - began, 10**9
            if requests >= wanted:
                time.sleep(self._random.uniform(0, 0.05))
                return
            time.sleep(0.002)


def texts_of(server: LLMServer) -> list[Entry]:
    """The requests for text in the ledger, once none of them is unanswered."""
    while server.status()["in_flight"]:
        time.sleep(0.01)
    return [entry for entry in server.ledger() if entry.marker]


def bought_twice(entries: list[Entry]) -> int:
    """Good answers beyond the first about each passage, whether they arrived or not: a host bills both."""
    times = Counter(entry.marker for entry in entries if entry.fault == "ok" and entry.finish)
    return sum(times.values()) - len(times)


def note(text: str) -> None:
    """Tell of the progress."""
    print(text, file=sys.stderr, flush=True)
