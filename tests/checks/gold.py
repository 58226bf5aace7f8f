"""The gold set: pairs and what a careful reader says of them, one file per rule that takes judgement.

The cases were written before the rules, and are no more than what they say: 20 or more pairs that deserve the code and
20 or more that do not, with near misses among both. A rule that only counts or compares has tests, and no gold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from qagen import prompts
from qagen.checks import RULES, Case, examine

GOLD = Path(__file__).parent.parent / "gold" / "checks"
COUNTED = {
    *("Q_EMPTY", "A_EMPTY", "Q_LONG", "A_LONG", "A_COPY"),
    *("EV_MISSING", "EV_NOT_FOUND", "EV_PARTLY_FOUND", "EV_INEXACT", "EV_OUTSIDE_CORE"),
    "CHECK_FAILED",
}
"""Codes without gold: their rules count, or compare with what is written."""
STRICTER = {"A_UNGROUNDED_PARTLY": "A_UNGROUNDED"}
"""Where this one is found, the first has no place any more, and counts as found."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A pair, whether it deserves the code, and why."""

    case: Case
    expected: bool
    note: str


@dataclass(frozen=True, slots=True)
class Figures:
    """How often a rule was right."""

    n: int
    found: int
    """Pairs with the code that deserve it."""
    alarms: int
    """Pairs with the code that do not."""
    missed: int

    @property
    def precision(self) -> float:
        """Share of those with the code that deserve it."""
        return self.found / (self.found + self.alarms)

    @property
    def recall(self) -> float:
        """Share of those that deserve the code that have it."""
        return self.found / (self.found + self.missed)


def codes() -> list[str]:
    """Every code of a pair that has gold. Those of datasets are in `gold_of_datasets`."""
    return sorted(path.stem for path in GOLD.glob("*.jsonl") if path.stem in RULES)


@cache
def cases(code: str) -> Sequence[Labelled]:
    """The gold of a code."""
    lines = (GOLD / f"{code}.jsonl").read_text(encoding="utf-8").splitlines()
    return [Labelled(case_of(row), row["expected"], row["note"]) for row in map(orjson.loads, lines)]


@cache
def measure(code: str) -> Figures:
    """Run the rules over the gold of a code."""
    right = alarms = missed = 0
    for one in cases(code):
        found = not {code, STRICTER.get(code)}.isdisjoint(examine(one.case).codes)
        right += found and one.expected
        alarms += found and not one.expected
        missed += not found and one.expected
    return Figures(len(cases(code)), right, alarms, missed)


def case_of(row: dict[str, Any], **more: Any) -> Case:
    """A row of a gold file as what checks look at."""
    return Case(
        question=row["question"],
        answer=row["answer"],
        question_type=row["type"],
        passage=row["passage"],
        title=row["title"],
        section=row["section"],
        language=row["language"],
        prompt=our_prompt(),
        earlier=(row["earlier"],) if "earlier" in row else (),
        **more,
    )


@cache
def our_prompt() -> str:
    """What a model is told besides the passage."""
    prompt = prompts.load()
    return f"{prompt.system}\n{prompt.template}"
