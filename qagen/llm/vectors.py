"""The vectors of a reply, whatever dialect they came in -> one matrix that can be computed with, or why not."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

_LONGEST = 65_536
"""Numbers of a vector. Models have up to some thousands."""


def as_matrix(vectors: Sequence[Any], count: int) -> NDArray[np.float32]:
    """One row a vector; each is a list of numbers, or float32 in base64.

    Raises:
        ValueError: not `count` of them, of different lengths, or with numbers that are none.
    """
    if len(vectors) != count:
        raise ValueError(f"{len(vectors)} vectors came for {count} texts")
    rows = [_row(vector) for vector in vectors]
    lengths = sorted({len(row) for row in rows})
    if len(lengths) != 1:
        raise ValueError(f"the vectors have different lengths: {', '.join(map(str, lengths))}")
    if not 0 < lengths[0] <= _LONGEST:
        raise ValueError(f"the vectors have {lengths[0]} numbers")
    matrix = np.stack(rows)
    if not np.isfinite(matrix).all():
        raise ValueError("a vector has numbers that are not finite")
    return matrix


def _row(vector: Any) -> NDArray[np.float32]:
    if isinstance(vector, str):
        return np.frombuffer(base64.b64decode(vector, validate=True), dtype="<f4").astype(np.float32)
    with np.errstate(over="ignore"):  # what is too large for float32 becomes infinite, and is refused above
        row = np.asarray(vector, dtype=np.float32)
    if row.ndim != 1:
        raise ValueError("a vector is no list of numbers")
    return row
