"""RESULTS.md: the tables, and where their figures were taken."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from benchmarks import growth
from benchmarks.findings import HEADINGS, Finding, markdown
from benchmarks.growth import Curve

_INTRODUCTION = """Written by `make bench`. A figure is the subject by its reference, both from the same run and
interleaved, medians of three where nothing else is said. CPU is that of the whole process tree, user and system; peak
memory is that of its largest process. Absolute times are those of this machine:"""
_GROWTH = """What one more unit costs between the two largest sizes is compared with what it costs between the two
smallest: at 1 the cost is linear. The server answers at once; for the requests in flight, after 10 ms."""


def text(findings: Sequence[Finding], curves: Sequence[Curve], machine: Mapping[str, str]) -> str:
    """The whole file."""
    parts = ["# Benchmarks", _INTRODUCTION, _facts(machine), "## Goals", summary(findings)]
    parts.append(markdown(HEADINGS, (finding.cells() for finding in findings)))
    if curves:
        parts += ["## Growth", _GROWTH]
    for curve in curves:
        parts += [f"### {curve.axis.capitalize()}", markdown(growth.HEADINGS, growth.rows(curve))]
        parts += [curve.verdict(), f"![Cost against {curve.axis}](growth_{curve.name}.svg)"]
    return "\n\n".join(parts) + "\n"


def summary(findings: Iterable[Finding]) -> str:
    """How many lines of each verdict."""
    verdicts = [finding.verdict for finding in findings]
    counted = {name: verdicts.count(name) for name in ("pass", "short", "reported", "not run")}
    return ", ".join(f"{count} {name}" for name, count in counted.items() if count) + "."


def _facts(machine: Mapping[str, str]) -> str:
    return "\n".join(f"- {name}: {fact}" for name, fact in machine.items())
