"""Pairs as a careless model writes them, and good ones: how many of each the checks stop.

`python -m tests.checks.careless` prints the figures, what was missed, and each alarm about a good pair.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import orjson

from qagen.checks import RULES, Case, examine
from qagen.pairs.evidence import Passage
from tests.checks.gold import case_of

FILE = Path(__file__).parent.parent / "gold" / "careless.jsonl"


@dataclass(frozen=True, slots=True)
class Judged:
    """A pair, the codes of which it deserves at least one, and those that it got."""

    case: Case
    expected: frozenset[str]
    codes: tuple[str, ...]

    @property
    def is_found(self) -> bool:
        return not self.expected.isdisjoint(self.codes)

    @property
    def is_rejected(self) -> bool:
        return any(RULES[code].level == "error" for code in self.codes)

    @property
    def is_flagged(self) -> bool:
        return any(RULES[code].level == "warn" for code in self.codes)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The bad pairs, and the good ones."""

    bad: tuple[Judged, ...]
    good: tuple[Judged, ...]

    def __str__(self) -> str:
        found, rejected = sum(one.is_found for one in self.bad), sum(one.is_rejected for one in self.bad)
        refused, flagged = sum(one.is_rejected for one in self.good), sum(one.is_flagged for one in self.good)
        return (
            f"{len(self.bad)} bad pairs: {found} with a right code, {rejected} rejected. "
            f"{len(self.good)} good pairs: {refused} rejected, {flagged} kept with a warning."
        )


def cases() -> list[tuple[Case, frozenset[str]]]:
    """Each pair with the codes that it deserves; none: it is good."""
    found = []
    for row in map(orjson.loads, FILE.read_text(encoding="utf-8").splitlines()):
        quotes = tuple(row["evidence"]) if "evidence" in row else None
        passage = Passage(row["passage"])
        matches = None if quotes is None else tuple(passage.find(quote) for quote in quotes)
        found.append((case_of(row, quotes=quotes or (), matches=matches), frozenset(row["codes"])))
    return found


@cache
def outcome() -> Outcome:
    """What the checks say of all of them."""
    judged = [Judged(case, expected, examine(case).codes) for case, expected in cases()]
    return Outcome(tuple(one for one in judged if one.expected), tuple(one for one in judged if not one.expected))


def main() -> None:
    """Print the figures, and what the checks got wrong."""
    for one in outcome().bad:
        if not one.is_found:
            print(f"missed {'/'.join(sorted(one.expected))}: {one.case.question} -> {one.case.answer}")
    for one in outcome().good:
        if one.is_rejected or one.is_flagged:
            print(f"alarm {' '.join(one.codes)}: {one.case.question} -> {one.case.answer}")
    print(outcome())


if __name__ == "__main__":
    main()
