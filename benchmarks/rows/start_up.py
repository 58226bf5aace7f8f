"""P8: what it costs to start."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks import corpus
from benchmarks.bench import PEER_MISSING, Bench, folder, generation, peer, qagen
from benchmarks.findings import COUNT, Finding, Goal, Unit, not_run
from benchmarks.measuring import Cost, in_turn, run
from benchmarks.mock_llm import serving

_HEAVY = ("pydantic", "httpx", "orjson", "qagen.formats")
_SEVEN = 7
"""Runs of each: they are short, and their spread is wide."""
_IMPORTED = f"""
import sys
from qagen import cli
sys.argv = ["qagen", "--help"]
try:
    cli.main()
finally:
    print("IMPORTED", *(name for name in {_HEAVY!r} if name in sys.modules))
"""
MILLISECONDS_OF_CPU = Unit(lambda figure: f"{1000 * figure:.0f} ms")


def measure(bench: Bench) -> Iterator[Finding]:
    """CPU, beside a Python that does nothing."""
    with folder() as place:
        commands = {
            "python -c pass": [sys.executable, "-c", "pass"],
            "qagen --help": qagen("--help"),
            "qagen generate-qa --help": qagen("generate-qa", "--help"),
        }
        kit = peer("sdk")
        if kit is not None:
            commands["synthetic-data-kit --help"] = [str(kit.with_name("synthetic-data-kit")), "--help"]
        runs = [partial(run, command, place) for command in commands.values()]
        costs = dict(zip(commands, in_turn(*runs, runs=_SEVEN if bench.runs > 1 else 1), strict=True))
        costs["generate-qa with nothing to do"] = _nothing_to_do(bench, place)
        heavy = run([sys.executable, "-c", _IMPORTED], place).out.rpartition("IMPORTED")[2].split()
    reference = costs.pop("python -c pass")
    for name, cost in costs.items():
        goal = Goal(14) if name == "qagen --help" else None
        texts = (f"python -c pass {1000 * reference.cpu_s:.0f} ms", f"{1000 * cost.cpu_s:.0f} ms")
        yield Finding(
            "P8", f"CPU of {name}", cost.cpu_s / reference.cpu_s, goal=goal, reference=texts[0], subject=texts[1]
        )
    what = f"heavy modules that qagen --help imports, of {len(_HEAVY)}"
    yield Finding("P8", what, len(heavy), COUNT, Goal(0), subject=" ".join(heavy) or "none")
    if kit is None:
        yield not_run("P8", "CPU of synthetic-data-kit --help", PEER_MISSING)


def _nothing_to_do(bench: Bench, place: Path) -> Cost:
    """Ten finished documents are looked at, and nobody is asked."""
    with serving() as server:
        corpus.write_chunks(place / "chunks", 10, 10)
        command = generation(place, server, 16)
        run(command, place)
        [cost] = in_turn(partial(run, command, place), runs=bench.runs)
    return cost
