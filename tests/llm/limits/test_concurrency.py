"""How many at a time: a slow start, half after a limit, and slowly up again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qagen.llm.limits import Concurrency, Traffic
from qagen.llm.limits.concurrency import FIRST, SUCCESSES_FOR_ONE_MORE


@pytest.mark.parametrize(("most", "first"), [(1, 1), (8, 8), (16, 16), (64, FIRST)])
def test_a_run_begins_with_sixteen_at_most(most: int, first: int) -> None:
    assert Concurrency(most).limit == first


def test_a_run_at_a_host_that_queues_begins_with_all() -> None:
    assert Traffic(64, begins_with_all=True).concurrency.limit == 64
    assert Traffic(64).concurrency.limit == FIRST


def test_until_the_first_limit_every_success_adds_one() -> None:
    concurrency = Concurrency(64)
    for _ in range(FIRST):
        concurrency.succeeded()
    assert concurrency.limit == 2 * FIRST
    for _ in range(1000):
        concurrency.succeeded()
    assert concurrency.limit == 64


def test_a_limit_halves_it_and_twenty_successes_add_one() -> None:
    concurrency = Concurrency(64, limit=40)
    concurrency.limited()
    assert concurrency.limit == 20
    for _ in range(SUCCESSES_FOR_ONE_MORE - 1):
        concurrency.succeeded()
    assert concurrency.limit == 20
    concurrency.succeeded()
    assert concurrency.limit == 21


def test_the_successes_before_a_limit_do_not_count_after_it() -> None:
    concurrency = Concurrency(64)
    concurrency.limited()
    for _ in range(SUCCESSES_FOR_ONE_MORE - 1):
        concurrency.succeeded()
    concurrency.limited()
    concurrency.succeeded()
    assert concurrency.limit == FIRST // 4


def test_one_always_remains() -> None:
    concurrency = Concurrency(64)
    for _ in range(20):
        concurrency.limited()
    assert concurrency.limit == 1


@given(st.integers(1, 200), st.lists(st.booleans(), max_size=500))
def test_it_stays_between_one_and_the_most(most: int, successes: list[bool]) -> None:
    concurrency = Concurrency(most)
    for success in successes:
        before = concurrency.limit
        concurrency.succeeded() if success else concurrency.limited()
        assert 1 <= concurrency.limit <= most
        assert concurrency.limit - before <= 1
        assert success or concurrency.limit == max(1, before // 2)
