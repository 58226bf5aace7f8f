"""What every row is given, and how the program and its peers are started."""

from __future__ import annotations

import itertools
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from benchmarks.measuring import RUNS, TOP, CommandFailed, Cost, run
from benchmarks.mock_llm import Server

TRANSPORTS = {"httpx": "default", "aiohttp": "[fast]"}
"""Values of --transport, and what the goals call them."""
_PACKAGES = {"httpx": ("httpx",), "aiohttp": ("httpx_aiohttp", "uvloop")}
_numbers = itertools.count()


@dataclass(frozen=True, slots=True)
class Bench:
    """How large the rows are, and how often each runs."""

    scale: float = 1.0
    runs: int = RUNS
    largest: bool = False
    """Also the sizes that take too long for every day."""
    say: Callable[[str], None] = field(default=lambda _: None)

    @property
    def smaller(self) -> str:
        """What is said of a row that is smaller than its goal asks, to be done in ten minutes."""
        return "" if self.largest else "; BENCH_ALL=1 for all of it"

    @property
    def runs_of_long(self) -> int:
        """How often a row runs that takes a minute: what it measures varies little."""
        return self.runs if self.largest else 1

    def size(self, full: int, least: int = 1) -> int:
        """A size of the full suite, at this scale."""
        return max(least, round(full * self.scale))


@contextmanager
def folder() -> Iterator[Path]:
    """An empty folder, for the block."""
    with tempfile.TemporaryDirectory(prefix="qagen-bench-") as name:
        yield Path(name)


def missing_transport(transport: str) -> str | None:
    """Why this transport cannot be measured; None where it can."""
    missing = [name for name in _PACKAGES[transport] if find_spec(name) is None]
    return f"{' and '.join(missing)} not installed: make bench" if missing else None


def peer(name: str) -> Path | None:
    """The Python of a peer's environment; None where it is not installed."""
    python = TOP / f".venv-peer-{name}" / "bin" / "python"
    return python if (python.parent.parent / "ready").exists() else None


PEER_MISSING = "not installed: make bench-peers"


def qagen(*arguments: str | Path) -> list[str]:
    """The command line of the program."""
    return [sys.executable, "-m", "qagen", *map(str, arguments)]


def generation(place: Path, server: Server, in_flight: int, transport: str = "httpx") -> list[str]:
    """`qagen generate-qa` of the chunk files in `place`, into a folder that is not there yet."""
    target = place / f"qa-{next(_numbers)}"
    asking = ("--provider", "compatible", "--base-url", server.openai_url, "--model", "mock")
    folders = ("--chunks-dir", place / "chunks", "--qa-dir", target)
    return qagen("generate-qa", *asking, *folders, "--max-concurrent", str(in_flight), "--transport", transport)


def generate(place: Path, server: Server, chunks: int, in_flight: int, transport: str = "httpx") -> Cost:
    """Run it, and see that each chunk was asked about once; the results are deleted.

    Raises:
        CommandFailed: it failed, or asked more or less: the figure would be of something else.
    """
    before = server.stats().requests
    command = generation(place, server, in_flight, transport)
    cost = run(command, place)
    check_requests(command, server, before + chunks)
    shutil.rmtree(target_of(command))
    return cost


def check_requests(command: list[str], server: Server, expected: int) -> None:
    """
    Raises:
        CommandFailed: the server has had another number of requests.
    """
    asked = server.stats().requests
    if asked != expected:
        raise CommandFailed(f"{' '.join(command)}: the server had {asked} requests, not {expected}")


def target_of(command: list[str]) -> Path:
    """The folder of results that a generation writes."""
    return Path(command[command.index("--qa-dir") + 1])
