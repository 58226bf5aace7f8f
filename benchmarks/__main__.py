"""`python -m benchmarks [ROW ...] [--no-growth]`: measure the program against its goals, and print the table.

A run of all rows and of growth, at full size, writes RESULTS.md and the pictures. BENCH_SCALE=0.1 makes everything a
tenth as large, for a quick look; BENCH_ALL=1 adds the largest sizes.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterable, Sequence
from importlib import import_module
from pathlib import Path

from benchmarks import growth, machine, plots, results
from benchmarks.bench import Bench
from benchmarks.findings import HEADINGS, Finding, not_run, plain
from benchmarks.growth import Curve
from benchmarks.measuring import CommandFailed

ROWS = {
    "P1": "cpu_per_chunk",
    "P2": "against_sdk",
    "P3": "transport",
    "P4": "waiting",
    "P5": "many_in_flight",
    "P6": "large_document",
    "P7": "combining",
    "P8": "start_up",
    "P9": "memory",
    "P10": "cutting",
    "P11": "searching",
    "P12": "deduplicating",
}
"""Module of each row in `benchmarks.rows`."""
_HERE = Path(__file__).parent


def main() -> None:
    """Run what was named, or everything."""
    given = _arguments()
    bench = Bench(scale=given.scale, largest=os.environ.get("BENCH_ALL") == "1", say=_say)
    began = time.monotonic()
    named = [row for row in ROWS if row in given.rows] or list(ROWS)
    findings = [finding for row in named for finding in measured(row, bench)]
    with_growth = given.growth if given.growth is not None else not given.rows
    curves = list(growth.curves(bench)) if with_growth else []
    facts = machine.facts()
    print("\n".join(f"{name}: {fact}" for name, fact in facts.items()), end="\n\n")
    print(plain(HEADINGS, (finding.cells() for finding in findings)), results.summary(findings), sep="\n\n")
    for curve in curves:
        print("\n" + plain(growth.HEADINGS, growth.rows(curve)), curve.verdict(), sep="\n")
    if not given.rows and with_growth and bench.scale == 1:
        write(_HERE, results.text(findings, curves, facts), curves)
    _say(f"{(time.monotonic() - began) / 60:.1f} minutes in all")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"of the goals: {', '.join(ROWS)}; default: all")
    parser.add_argument("--growth", action=argparse.BooleanOptionalAction, help="cost against size (default: with all)")
    given = parser.parse_args()
    given.rows = [row.upper() for row in given.rows]
    if unknown := sorted(set(given.rows) - set(ROWS)):
        parser.error(f"no such row: {', '.join(unknown)}")
    try:
        given.scale = float(os.environ.get("BENCH_SCALE") or 1)
    except ValueError:
        parser.error("BENCH_SCALE is no number")
    return given


def measured(row: str, bench: Bench) -> Iterable[Finding]:
    """The lines of a row. One that fails is a line that says so: the others are still measured."""
    module = import_module(f"benchmarks.rows.{ROWS[row]}")
    bench.say(str(module.__doc__).strip())
    began = time.monotonic()
    findings: list[Finding] = []
    try:
        findings.extend(module.measure(bench))
    except CommandFailed as error:
        bench.say(str(error))
        findings.append(not_run(row, "further lines", "a command failed; what it said stands above the table"))
    bench.say(f"  {time.monotonic() - began:.0f} s")
    return findings


def write(folder: Path, text: str, curves: Sequence[Curve]) -> None:
    """The results, and a picture for each curve."""
    (folder / "RESULTS.md").write_text(text, encoding="utf-8")
    for curve in curves:
        (folder / f"growth_{curve.name}.svg").write_text(plots.svg(curve), encoding="utf-8")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
