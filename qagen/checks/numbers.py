"""The numbers of a text as values, however they are written: 30,000 = 30.000 = 30 000 = 30 thousand; May = 5; ten = 10.

A value is its shortest decimal notation, as text: `0.5`, `30000`. Which of its marks are decimal points a text does not
say, so a number has several readings, and it is known where one of them is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from qagen.checks import words
from qagen.checks.packs import Pack

_SPACES = " \u00a0\u2009\u202f"
_AROUND = f".,'’{_SPACES}"
_MARK = re.compile(r"[.,'’]")
_THOUSANDS = re.compile(r"\d{3}(?:[.,]\d+)?")
_LITERAL = re.compile(rf"\d[\d.,'’{_SPACES}]*")
_ASCII_LITERAL = re.compile(r"[0-9][0-9.,' ]*")
"""The same for plain text, in half of the time."""
_CODE_BEFORE = re.compile(r"[A-Za-z\u00c0-\u052f]-?\Z")
"""A letter, with or without a hyphen, makes what follows a name: KP-40, E07. Chinese words end at a number."""
_ENUMERATOR = re.compile(r"^[ \t>#*]{0,8}\d{1,2}[.)](?=[ \t]{1,8}([^\W\d_]+)|[ \t]{1,8}[^\w\s])", re.MULTILINE)
"""The number of a step, at the start of a line: it says nothing of the subject."""
_NUMBERED_BEFORE = re.compile(
    r"(?:step|section|chapter|schritt|abschnitt|kapitel|étape|section|paso|apartado|passo|stap|krok|no\.|nr\.|§|#)\s?\Z",
    re.IGNORECASE,
)
"""What makes the number that follows a name of a part."""
_STEP = re.compile(r"[.):](?:\s|$)")
_WORD_AFTER = re.compile(r"\s{0,2}[^\W\d_]{1,20}")
_CLOCK = re.compile(r"\b([01]?\d|2[0-3])[:.h]([0-5]\d)\b")
_CLOCK_12 = re.compile(r"\b(\d{1,2})(?:[:.][0-5]\d)? ?p\.? ?m\b", re.IGNORECASE)
_LONGEST_OPERAND = 12
"""Characters of a number that somebody may have worked with."""
_MOST_OPERANDS = 30
_LAST_SMALL = 20
"""Packs know the words of numbers up to here."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it stands in a text."""

    text: str
    readings: tuple[frozenset[str], ...]
    """Each a set of values that it stands for together, such as day, month and year."""

    def is_in(self, known: frozenset[str]) -> bool:
        """Whether one of its readings is known."""
        return any(reading <= known for reading in self.readings)

    @property
    def is_small(self) -> bool:
        """Whether it is one that texts rather write as a word."""
        return self.text.isdigit() and len(self.text) <= 2 and int(self.text) <= _LAST_SMALL


@lru_cache(maxsize=64)
def written(text: str, pack: Pack | None) -> frozenset[str]:
    """Its numbers as they stand there, without the marks around them. One that two texts write is known in both."""
    literal = _ASCII_LITERAL if text.isascii() else _LITERAL
    return frozenset([found.strip(_AROUND) for found in literal.findall(_without_steps(text, pack))])


@lru_cache(maxsize=64)
def known(text: str, pack: Pack | None) -> frozenset[str]:
    """Every value that a text may be said to hold."""
    values: set[str] = set()
    text = _without_steps(text, pack)
    for match in _LITERAL.finditer(text):
        for reading in _readings(match[0]):
            values |= reading
            values |= {shifted for value in reading if (shifted := _scaled(value, text, match.end(), pack))}
    values |= {str(int(hour) - 12) for hour, _ in _CLOCK.findall(text) if int(hour) > 12}
    values |= {str(int(hour) + 12) for hour in _CLOCK_12.findall(text)}
    if pack:
        found, unique = words.of(text), words.unique(text)
        for word in unique & pack.numbers.keys():
            values.update(pack.numbers[word])
        for place, word in enumerate(found if unique & pack.months.keys() else ()):
            # Only beside a day or a year: "may" and "march" are words too.
            if word in pack.months and any(near[0].isdigit() for near in found[max(0, place - 2) : place + 2]):
                values.add(str(pack.months[word]))
    return frozenset(values)


def results(said: frozenset[str], *, products: bool) -> frozenset[str]:
    """What can be worked out from two of the values: sums, differences, products if asked for.

    They should stand together in one pair: from some two values of a passage more than half of all wrong ones follow.
    """
    values = [Decimal(one) for one in sorted(said) if len(one) <= _LONGEST_OPERAND][:_MOST_OPERANDS]
    pairs = [(one, other) for place, one in enumerate(values) for other in values[place + 1 :]]
    found = {result for one, other in pairs for result in (one + other, abs(one - other))}
    if products:
        found |= {one * other for one, other in pairs}
    return frozenset(_value(format(result, "f")) for result in found)


def claimed(text: str, pack: Pack | None) -> Iterator[Number]:
    """The numbers that a text states: no names with digits, no numbers of steps, no full hours' minutes."""
    step = 1
    text = _without_steps(text, pack)
    for match in _LITERAL.finditer(text):
        begin, raw = match.start(), match[0].rstrip(_AROUND)
        before, after = text[max(0, begin - 2) : begin], text[begin + len(raw) : begin + len(raw) + 2]
        if _CODE_BEFORE.search(before) or (before.endswith(":") and raw == "00"):
            continue
        if _NUMBERED_BEFORE.search(text[max(0, begin - 12) : begin]):
            continue
        if raw == str(step) and _STEP.match(after):
            step += 1
            continue
        readings = [*_readings(match[0])]
        scaled = [_scaled(value, text, match.end(), pack) for reading in readings for value in reading]
        yield Number(raw, (*readings, *(frozenset({value}) for value in scaled if value)))


def _without_steps(text: str, pack: Pack | None) -> str:
    """The text without the numbers of its lists; "3. Oktober" is a date."""
    months = pack.months if pack else ()
    # A search would try each place of a text, to find that but one begins a line.
    begins = _ENUMERATOR.search if "\n" in text else _ENUMERATOR.match
    if not begins(text):
        return text
    return _ENUMERATOR.sub(lambda found: found[0] if (found[1] or "").casefold() in months else " ", text)


def _readings(literal: str) -> list[frozenset[str]]:
    """What a run of digits and marks may mean."""
    whole = literal.strip(_AROUND)
    groups = [group for group in whole.split() if _MARK.sub("", group)]
    if len(groups) == 1:
        return _readings_of_group(whole, ends_with_dot=literal.startswith(f"{whole}."))
    apart = [value for group in groups for value in _readings_of_group(group)[0]]
    thousands = len(groups[0]) <= 3 and all(_THOUSANDS.fullmatch(group) for group in groups[1:])
    return [*([frozenset({_value("".join(groups))})] if thousands else []), frozenset(apart)]


def _readings_of_group(group: str, *, ends_with_dot: bool = False) -> list[frozenset[str]]:
    group = group.strip(".,'’")
    parts, marks = [part for part in _MARK.split(group) if part], _MARK.findall(group)
    if len(parts) == 1:
        return [frozenset({_value(parts[0])})]
    readings = []
    if marks[-1] not in marks[:-1] and marks[-1] in ".,":
        readings.append(_value("".join(parts[:-1]) + "." + parts[-1]))
    if all(len(part) == 3 for part in parts[1:]) and len(parts[0]) <= 3 and parts[0] != "0":
        readings.append(_value("".join(parts)))
    result = [frozenset({reading}) for reading in readings]
    is_date = len(parts) == 3 or (ends_with_dot and all(len(part) == 2 for part in parts))
    if is_date or not result:
        result.append(frozenset(map(_value, parts)))
    return result


def _value(digits: str) -> str:
    """The shortest notation of digits with at most one decimal mark."""
    if not digits.isascii():
        digits = "".join(str(unicodedata.decimal(one)) if one.isdecimal() else one for one in digits)
    whole, _, decimals = digits.replace(",", ".").partition(".")
    decimals = decimals.rstrip("0")
    whole = whole.lstrip("0") or "0"
    return f"{whole}.{decimals}" if decimals else whole


def _scaled(value: str, text: str, end: int, pack: Pack | None) -> str | None:
    """The value times the million or so that follows it; None where none does."""
    after = _WORD_AFTER.match(text, end) if pack else None
    places = pack.scales.get(after[0].strip().casefold()) if pack and after else None
    if places is None:
        return None
    whole, _, decimals = value.partition(".")
    return _value(f"{whole}{decimals[:places].ljust(places, '0')}.{decimals[places:]}")
