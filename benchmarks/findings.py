"""What a row found, whether that meets its goal, and the table of all rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

Verdict = Literal["pass", "short", "reported", "not run"]


@dataclass(frozen=True, slots=True)
class Unit:
    """How a figure is written."""

    write: Callable[[float], str]

    def __call__(self, figure: float) -> str:
        return self.write(figure)


def _part(figure: float) -> str:
    if figure >= 1:
        return f"{figure:.2f}x"
    inverse = f"{1 / figure:.1f}" if figure > 0 else "infinite"
    return f"1/{inverse.removesuffix('.0')}"


TIMES = Unit(lambda figure: f"{figure:.3g}x")
PART = Unit(_part)
"""A share of the reference, as the fraction that the goals speak of."""
PERCENT = Unit(lambda figure: f"{100 * figure:.3g} %")
SECONDS = Unit(lambda figure: f"{figure:.3g} s")
MILLISECONDS = Unit(lambda figure: f"{1000 * figure:.3g} ms")
MEGABYTES = Unit(lambda figure: f"{figure:.0f} MB")
COUNT = Unit(lambda figure: f"{figure:,.0f}")


@dataclass(frozen=True, slots=True)
class Goal:
    """What a figure must not exceed, or must reach."""

    limit: float
    at_least: bool = False

    def is_met(self, figure: float) -> bool:
        return figure >= self.limit if self.at_least else figure <= self.limit


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the table."""

    row: str
    """Of the goals, such as P1."""
    what: str
    figure: float | None = None
    """None: it was not run, and `note` says why."""
    unit: Unit = TIMES
    goal: Goal | None = None
    """None: the figure is reported only."""
    reference: str = ""
    subject: str = ""
    note: str = ""

    @property
    def verdict(self) -> Verdict:
        if self.figure is None:
            return "not run"
        if self.goal is None:
            return "reported"
        return "pass" if self.goal.is_met(self.figure) else "short"

    def cells(self) -> tuple[str, ...]:
        """As the table shows it."""
        goal = ""
        if self.goal is not None:
            goal = f"{'>=' if self.goal.at_least else '<='} {self.unit(self.goal.limit)}"
        figure = "" if self.figure is None else self.unit(self.figure)
        verdict = f"{self.verdict}: {self.note}" if self.verdict == "not run" else self.verdict
        note = "" if self.verdict == "not run" else self.note
        return self.row, self.what, self.reference, self.subject, figure, goal, verdict, note


HEADINGS = ("", "what", "reference", "qagen", "figure", "goal", "", "note")


def plain(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """The table in columns, for a terminal."""
    lines = [list(headings), *map(list, rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(headings))]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)


def markdown(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """The table in Markdown."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)


def not_run(row: str, what: str, why: str) -> Finding:
    """A line that says why there is no figure."""
    return Finding(row, what, note=why)
