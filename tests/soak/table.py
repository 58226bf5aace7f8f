"""What a section found: figures, and the promises that were broken."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Case:
    """One row. All cases of a section have the same figures."""

    name: str
    figures: dict[str, int | float | str]
    broken: list[str] = field(default_factory=list)

    def promise(self, kept: bool, otherwise: str) -> None:
        """Note what is broken where it is not kept."""
        if not kept:
            self.broken.append(otherwise)


def table(section: str, cases: list[Case]) -> str:
    """The cases as lines of text, and below them what is broken."""
    heads = [section, *cases[0].figures] if cases else [section]
    rows = [[case.name, *map(_shown, case.figures.values())] for case in cases]
    widths = [max(len(cell) for cell in column) for column in zip(heads, *rows, strict=True)]
    lines = ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in [heads, *rows]]
    lines += [f"  BROKEN, {case.name}: {what}" for case in cases for what in case.broken]
    return "\n".join(lines)


def _shown(value: float | str) -> str:
    return f"{value:.2f}" if isinstance(value, float) else str(value)
