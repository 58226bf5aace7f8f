"""What a command costs, and how two commands are compared."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

TOP = Path(__file__).resolve().parent.parent
RUNS = 3
_LAUNCHER = Path(__file__).with_name("launch.py")
_KIB = 2**20 if sys.platform == "darwin" else 2**10
_LEFT_OUT = ("GENERATOR_", "OPENAI_", "OLLAMA_", "COMPATIBLE_", "PYTHON")


class CommandFailed(Exception):
    """A measured command did not end well: its figures would mean nothing."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one run of a command, with its children."""

    cpu_s: float
    """User and system, of the process and of all its descendants that were waited for."""
    wall_s: float
    peak_mb: float
    """The most memory that the largest of these processes held at a time (ru_maxrss, MiB)."""
    out: str = ""
    """What it wrote to stdout."""


def run(
    command: Sequence[str | Path],
    folder: Path,
    *,
    environment: Mapping[str, str] | None = None,
    codes: set[int] | None = None,
) -> Cost:
    """Run the command in the folder.

    Raises:
        CommandFailed: it ended with a code that is not among `codes` (0).
    """
    spoken, heard = os.pipe()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        try:
            subprocess.run(
                [sys.executable, "-I", "-S", _LAUNCHER, str(heard), *command],
                cwd=folder,
                env={**clean_environment(), **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=errors,
                pass_fds=[heard],
                check=False,
            )
        finally:
            os.close(heard)
        with os.fdopen(spoken) as told:
            said = told.read()
        out.seek(0)
        errors.seek(0)
        return _cost(said, command, out.read().decode("utf-8", "replace"), errors.read()[-2000:], codes or {0})


def _cost(said: str, command: Sequence[str | Path], out: str, errors: bytes, codes: set[int]) -> Cost:
    told: dict[str, Any] = json.loads(said) if said else {"code": "no exit code"}
    if told["code"] not in codes:
        line = " ".join(map(str, command))
        raise CommandFailed(f"{line}: {told['code']}\n{out[-2000:]}\n{errors.decode('utf-8', 'replace')}")
    return Cost(told["cpu_s"], told["wall_s"], told["peak"] / _KIB, out)


def clean_environment() -> dict[str, str]:
    """The machine's, without proxies and without variables that change the program; this checkout's package first."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith(_LEFT_OUT) and not name.upper().endswith("_PROXY")
    }
    return {**kept, "PYTHONPATH": str(TOP)}


def in_turn(*subjects: Callable[[], Cost], runs: int = RUNS) -> list[Cost]:
    """Each subject `runs` times, one after the other and round again, so that a slow minute meets them all; medians."""
    costs = [[subject() for subject in subjects] for _ in range(runs)]
    return [middle(of_one) for of_one in zip(*costs, strict=True)]


def middle(costs: Sequence[Cost]) -> Cost:
    """The median of each figure; the output of the last run."""
    return Cost(
        median(cost.cpu_s for cost in costs),
        median(cost.wall_s for cost in costs),
        median(cost.peak_mb for cost in costs),
        costs[-1].out,
    )
