"""A curve of growth as a picture: three panels with logarithmic axes, as SVG that reads on white and on dark."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10

from benchmarks.growth import Curve

_WIDTH, _HEIGHT = 300, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 26, 40, 50
# Of middling lightness: the ground is the page's own.
_INK, _GRID = "#7d7d7d", "#7d7d7d55"
_COLOURS = ("#2f81d6", "#e0771a")
_DASHES = ("none", "5 4")
"""Where lines lie on each other, both are seen."""


@dataclass(frozen=True, slots=True)
class Line:
    """One series of a panel."""

    name: str
    values: Sequence[float]


@dataclass(frozen=True, slots=True)
class Scale:
    """One logarithmic axis: decades, and where they lie in pixels."""

    low: int
    high: int
    start: float
    end: float

    def at(self, value: float) -> float:
        share = (log10(value) - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def ticks(self) -> list[float]:
        return [10.0**power for power in range(self.low, self.high + 1)]


def svg(curve: Curve) -> str:
    """The whole picture."""
    points = curve.points
    panels = (
        ("time, seconds", (Line("wall", [p.wall_s for p in points]), Line("CPU", [p.cpu_s for p in points]))),
        ("peak memory, MB", (Line("peak memory", [p.peak_mb for p in points]),)),
        (f"written, bytes a {curve.unit}", (Line("written", [p.written for p in points]),)),
    )
    sizes = [float(point.size) for point in points]
    width = _WIDTH * len(panels)
    title = escape(f"Cost against {curve.axis}")
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{_HEIGHT}" viewBox="0 0 {width} {_HEIGHT}"',
        f' font-family="sans-serif" font-size="11" fill="{_INK}" role="img" aria-label="{title}">',
    ]
    for place, (label, lines) in enumerate(panels):
        parts.append(f'<g transform="translate({place * _WIDTH} 0)">')
        parts.extend(_panel(label, curve.axis, sizes, lines))
        parts.append("</g>")
    return "\n".join([*parts, "</svg>", ""])


def _panel(label: str, axis: str, sizes: Sequence[float], lines: Sequence[Line]) -> Iterator[str]:
    across = _scale(sizes, _LEFT, _WIDTH - _RIGHT)
    up = _scale([value for line in lines for value in line.values], _HEIGHT - _BOTTOM, _TOP)
    yield f'<text x="{_LEFT}" y="16" font-weight="bold">{escape(label)}</text>'
    yield from _axes(across, up, axis)
    for place, (line, colour, dash) in enumerate(zip(lines, _COLOURS, _DASHES, strict=False)):
        dots = [(across.at(size), up.at(value)) for size, value in zip(sizes, line.values, strict=True)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in dots)
        yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/>'
        yield from (f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in dots)
        if len(lines) > 1:
            yield f'<text x="{_LEFT + 60 * place}" y="32" fill="{colour}">● {escape(line.name)}</text>'


def _axes(across: Scale, up: Scale, axis: str) -> Iterator[str]:
    bottom, right = _HEIGHT - _BOTTOM, _WIDTH - _RIGHT
    for value in across.ticks():
        x = across.at(value)
        yield f'<line x1="{x:.1f}" y1="{_TOP}" x2="{x:.1f}" y2="{bottom}" stroke="{_GRID}"/>'
        yield f'<text x="{x:.1f}" y="{bottom + 16}" text-anchor="middle">{_number(value)}</text>'
    for value in up.ticks():
        y = up.at(value)
        yield f'<line x1="{_LEFT}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}" stroke="{_GRID}"/>'
        yield f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{_number(value)}</text>'
    yield f'<text x="{(_LEFT + right) / 2}" y="{bottom + 36}" text-anchor="middle">{escape(axis)}</text>'


def _scale(values: Sequence[float], start: float, end: float) -> Scale:
    """Whole decades around the values, and at least one."""
    low, high = floor(log10(min(values))), ceil(log10(max(values)))
    return Scale(low, max(high, low + 1), start, end)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 1 else f"{value:g}"
