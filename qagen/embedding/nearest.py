"""Vectors of questions x vectors of passages -> the nearest passages of each question. Pure.

In blocks, so that neither all vectors nor all products stand in memory: 100,000 passages of 1024 numbers are 400 MB as
float32, and with 10,000 questions their products would be 4 GB.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_QUESTIONS, _PASSAGES = 1024, 4096
"""Of a block: 16 MB of products."""

Rows = NDArray[np.int64]
Take = Callable[[Rows], NDArray[np.float32]]
"""The vectors of rows, each of length one."""


@dataclass(frozen=True, slots=True, eq=False)
class Nearest:
    """Of each question, the nearest passages, the best first."""

    passages: NDArray[np.int32]
    """Questions x most; places among the passages, -1 where there are no more."""
    cosines: NDArray[np.float32]


def nearest(take: Take, questions: Rows, passages: Rows, most: int) -> Nearest:
    """The `most` passages whose vectors have the highest cosine with the question's; equal ones in their order."""
    found = Nearest(
        np.full((len(questions), most), -1, dtype=np.int32),
        np.full((len(questions), most), -np.inf, dtype=np.float32),
    )
    for start in range(0, len(questions), _QUESTIONS):
        part = slice(start, start + _QUESTIONS)
        _search(take, take(questions[part]), passages, Nearest(found.passages[part], found.cosines[part]))
    return found


def cosines(take: Take, left: Rows, right: Rows) -> NDArray[np.float32]:
    """Of each pair of rows."""
    parts = [
        np.einsum("ij,ij->i", take(left[start : start + _PASSAGES]), take(right[start : start + _PASSAGES]))
        for start in range(0, len(left), _PASSAGES)
    ]
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.float32)


def _search(take: Take, asked: NDArray[np.float32], passages: Rows, best: Nearest) -> None:
    """Go through all passages, and put the best into `best`."""
    most = best.cosines.shape[1]
    for start in range(0, len(passages), _PASSAGES):
        products = asked @ take(passages[start : start + _PASSAGES]).T
        places = _highest(products, most)
        scores = np.concatenate((best.cosines, np.take_along_axis(products, places, axis=1)), axis=1)
        numbers = np.concatenate((best.passages, (places + start).astype(np.int32)), axis=1)
        # The worst of equal ones is the last: numbers are ascending in what was there before what comes.
        order = np.argsort(-scores, axis=1, kind="stable")[:, :most]
        best.cosines[:] = np.take_along_axis(scores, order, axis=1)
        best.passages[:] = np.take_along_axis(numbers, order, axis=1)


def _highest(products: NDArray[np.float32], most: int) -> Rows:
    """Columns of the highest products of each line, in ascending order of the columns."""
    count = products.shape[1]
    if count <= most:
        return np.broadcast_to(np.arange(count), products.shape)
    return np.sort(np.argpartition(products, count - most, axis=1)[:, count - most :], axis=1)
