"""The vectors that the server makes: counts of words, each word at the place that its hash says.

So the same text has the same vector in whatever company it is asked about, and texts that share words are near. The
faults of this module are those of a model that makes bad ones.
"""

from __future__ import annotations

import base64
import re
import struct
from collections.abc import Callable
from functools import lru_cache
from hashlib import blake2b
from typing import Any

Vector = list[float]
Encoded = list[Any]

_WORD = re.compile(r"\w+")
_PROSE = "I am a chat model. Here is what I think about your text."


def vector(text: str, dimensions: int) -> Vector:
    """Of length one; of a text without words, all zero."""
    counts = [0.0] * dimensions
    for word in _WORD.findall(text.lower()):
        counts[_place(word) % dimensions] += 1.0
    length = sum(count * count for count in counts) ** 0.5
    return [count / length for count in counts] if length else counts


@lru_cache(maxsize=100_000)
def _place(word: str) -> int:
    return int.from_bytes(blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")


def packed(numbers: Vector) -> str:
    """As bytes in base64: float32, the low byte first."""
    return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()


def _too_few(made: list[Vector]) -> list[Vector]:
    return made[:-1]


def _too_many(made: list[Vector]) -> list[Vector]:
    return [*made, made[-1]]


def _ragged(made: list[Vector]) -> list[Vector]:
    """The last one is shorter."""
    return [*made[:-1], made[-1][:-1]]


def _nan(made: list[Vector]) -> list[Vector]:
    """The last one has a number that is none: null in JSON, NaN in base64."""
    return [*made[:-1], [float("nan"), *made[-1][1:]]]


def _other_length(made: list[Vector]) -> list[Vector]:
    """All of them, as another model would make them."""
    return [numbers[: len(numbers) // 2] for numbers in made]


def _no_numbers(made: list[Vector]) -> list[Vector]:
    return [[] for _ in made]


def _unchanged(made: list[Vector]) -> list[Vector]:
    return made


VECTORS: dict[str, Callable[[list[Vector]], list[Vector]]] = {
    "few_vectors": _too_few,
    "many_vectors": _too_many,
    "ragged_vectors": _ragged,
    "nan_vectors": _nan,
    "other_vectors": _other_length,
    "empty_vectors": _no_numbers,
    "prose_vectors": _unchanged,
}
"""Faults of requests for vectors."""


def of(texts: tuple[str, ...], dimensions: int, fault: str | None, *, as_bytes: bool) -> Encoded:
    """The vectors of the texts as they go into the reply."""
    if fault == "prose_vectors":
        return [_PROSE for _ in texts]
    made = VECTORS.get(fault or "", _unchanged)([vector(text, dimensions) for text in texts])
    return [packed(numbers) for numbers in made] if as_bytes else list(made)
