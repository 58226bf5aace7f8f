"""Exact duplicates, where nothing else is looked for: equal questions with equal answers. Of them the best stays."""

from __future__ import annotations

from array import array
from collections import Counter
from itertools import groupby

from qagen.checks.twins import normal_questions
from qagen.dataset.rows import Rows
from qagen.dataset.types import DUP_EXACT

_PARTS = 64


def find(rows: Rows, keys: array[int]) -> dict[int, tuple[int, str]]:
    """Of each pair that goes out: the pair that stays for it, and the code. `keys`: equal for equal pairs."""
    several = shared(keys)
    meeting = sorted((number for number, key in enumerate(keys) if key in several), key=keys.__getitem__)
    found = {}
    for _, numbers in groupby(meeting, key=keys.__getitem__):
        originals: dict[tuple[str, ...], int] = {}
        for number in sorted(numbers, key=rows.rank):
            row = rows.value(number)
            # Two that say nothing alike may have one key: hardly ever, but then both stay.
            original = originals.setdefault(tuple(normal_questions([row["question"], row["answer"]])), number)
            if original != number:
                found[number] = original, DUP_EXACT
    return found


def shared(keys: array[int]) -> set[int]:
    """The keys that come up several times. Counted in parts: a count of all would take 100 bytes a pair."""
    parts = [array(keys.typecode) for _ in range(_PARTS)]
    for key in keys:
        parts[key % _PARTS].append(key)
    return {key for part in parts for key, times in Counter(part).items() if times > 1}
