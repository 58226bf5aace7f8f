"""The nearest of many, in blocks: the same as by looking at all of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from qagen.embedding import nearest as module
from qagen.embedding.nearest import cosines, nearest
from qagen.embedding.store import of_length_one


def table(rows: int, seed: int = 0) -> NDArray[np.float32]:
    return of_length_one(np.random.default_rng(seed).normal(size=(rows, 16)).astype(np.float32))


@settings(max_examples=60, deadline=None)
@given(
    rows=st.integers(1, 60),
    asked=st.integers(0, 20),
    most=st.integers(1, 25),
    blocks=st.tuples(st.integers(1, 9), st.integers(1, 30)),
    seed=st.integers(0, 1000),
)
def test_blocks_find_what_all_at_once_finds(
    rows: int, asked: int, most: int, blocks: tuple[int, int], seed: int
) -> None:
    vectors = table(rows, seed)
    rng = np.random.default_rng(seed)
    questions = rng.integers(0, rows, size=asked)
    passages = rng.permutation(rows)[: max(1, rows - 3)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_QUESTIONS", blocks[0])
        patch.setattr(module, "_PASSAGES", blocks[1])
        found = nearest(lambda wanted: vectors[wanted], questions, passages, most)
    products = vectors[questions] @ vectors[passages].T
    expected = -np.sort(-products, axis=1)[:, :most]
    count = expected.shape[1]
    np.testing.assert_allclose(found.cosines[:, :count], expected, atol=1e-6)
    assert (found.passages[:, count:] == -1).all()
    taken = np.take_along_axis(products, found.passages[:, :count].astype(np.int64), axis=1)
    np.testing.assert_allclose(taken, expected, atol=1e-6)
    assert all(len(set(line)) == len(line) for line in found.passages[:, :count].tolist())


def test_equal_passages_come_in_their_order() -> None:
    vectors = np.vstack([table(1), np.repeat(table(1, 1), 9, axis=0)])
    found = nearest(lambda wanted: vectors[wanted], np.array([1]), np.arange(10), 10)
    assert found.passages[0].tolist()[:9] == list(range(1, 10))


def test_cosines_of_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PASSAGES", 4)
    vectors = table(11)
    left, right = np.arange(11), np.arange(11)[::-1].copy()
    expected = (vectors[left] * vectors[right]).sum(axis=1)
    np.testing.assert_allclose(cosines(lambda wanted: vectors[wanted], left, right), expected, atol=1e-6)
    assert len(cosines(lambda wanted: vectors[wanted], left[:0], right[:0])) == 0
