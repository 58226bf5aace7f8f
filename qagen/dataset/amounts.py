"""What a text counts and measures, however it is written: 90 minutes, 1.5 hours; two weeks, 14 days; 3, three. Pure.

Words of numbers, and units and their sizes, are data (`data/units.toml`).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache
from importlib import resources

_LAST_DIGITS = 15
"""Longer numbers are no amounts but names, such as that of an account."""
_RANGE = re.compile(r"(\d+(?:\.\d+)?)[-–](\d+(?:\.\d+)?)")
_CLOSE = Decimal("0.02")
"""365 days are a year, though a twelfth of it is a month of 30."""


@dataclass(frozen=True, slots=True)
class Amount:
    """A number, and what it is a number of."""

    number: str
    """In its shortest notation; what cannot be calculated with (A17, 9:00) as it stands."""
    kind: str = ""
    """time, mass, ...; empty: the unit is not known, or there is none."""
    unit: Decimal = Decimal(0)
    """Its unit, in the smallest one of the kind."""

    def is_the_same(self, other: Amount) -> bool:
        """Whether both say as much; of a number without a unit, whether it is the same number."""
        if not (self.kind and other.kind) or (self.kind, self.unit) == (other.kind, other.unit):
            return self.number == other.number
        mine, theirs = Decimal(self.number) * self.unit, Decimal(other.number) * other.unit
        return self.kind == other.kind and abs(mine - theirs) <= _CLOSE * min(mine, theirs)


def amounts(tokens: Sequence[str]) -> list[Amount]:
    """Those of a text. `tokens`: its words without case, numbers with a decimal point."""
    return [one for place in range(len(tokens)) for one in _at(tokens, place)]


def _at(tokens: Sequence[str], place: int) -> Iterator[Amount]:
    """The amounts that begin with the token: none, one, or the ends of a range."""
    token, following = tokens[place], tokens[place + 1 : place + 3]
    span = _RANGE.fullmatch(token)
    for part in span.groups() if span else (token,):
        value = _value(part, following)
        if value is not None:
            yield _measured(value, following)
        elif any(sign.isdigit() for sign in part):
            yield Amount(part)


def _measured(value: Decimal, following: Sequence[str]) -> Amount:
    """The number with the unit that follows, perhaps after a million."""
    known = _lists()
    if following and following[0] in known.scales:
        value *= known.scales[following[0]]
        following = following[1:]
    kind, unit = known.units.get(following[0] if following else "", ("", Decimal(0)))
    return Amount(f"{value.normalize():f}", kind, unit)


def all_in(some: Iterable[Amount], others: Sequence[Amount]) -> bool:
    """Whether each is among the others."""
    return all(any(one.is_the_same(other) for other in others) for one in some)


def unsaid(some: Iterable[Amount], asked: Sequence[Amount]) -> list[Amount]:
    """Those that do not stand in the question."""
    return [one for one in some if not any(one.is_the_same(other) for other in asked)]


def _value(token: str, following: Sequence[str]) -> Decimal | None:
    """The number that a word is, if it is one."""
    known = _lists()
    value = known.numbers.get(token)
    if value is None and following and following[0] in known.units:
        value = known.before_units.get(token)
    if value is not None or len(token) > _LAST_DIGITS or not token[0].isdigit():
        return value
    try:
        return Decimal(token)
    except InvalidOperation:
        return None


@dataclass(frozen=True, slots=True)
class _Lists:
    numbers: dict[str, Decimal]
    before_units: dict[str, Decimal]
    scales: dict[str, Decimal]
    units: dict[str, tuple[str, Decimal]]


@cache
def _lists() -> _Lists:
    data = tomllib.loads(resources.files("qagen.dataset").joinpath("data/units.toml").read_text(encoding="utf-8"))
    units = {name: (kind, size) for kind, table in data["units"].items() for name, size in _by_word(table).items()}
    return _Lists(_by_word(data["numbers"]), _by_word(data["before_units"]), _by_word(data["scales"]), units)


def _by_word(table: dict[str, str]) -> dict[str, Decimal]:
    return {word: Decimal(value) for value, words in table.items() for word in words.split()}
