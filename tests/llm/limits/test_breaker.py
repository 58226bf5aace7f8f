"""Whether the host is there: when everybody pauses, who goes first, and when it is given up."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qagen.llm.limits import Breaker, RetryBudget
from qagen.llm.limits.breaker import FAILURES, PROBES

NOW = 1000.0
PAUSE = 30.0


def opened(now: float = NOW) -> Breaker:
    breaker = Breaker(PAUSE)
    for who in range(FAILURES):
        assert breaker.failed(now, who, probe=False)
    assert breaker.is_open
    return breaker


@pytest.mark.parametrize(
    ("who", "opens"),
    [
        ([0, 1, 2] * 3, False),
        ([0, 1, 2] * 3 + [0], True),
        (list(range(10)), True),
        ([0, 1] * 20, False),
        ([0] * 50, False),
        ([0] * 9 + [1], False),
        ([0] * 9 + [1, 2], True),
    ],
)
def test_ten_failures_in_a_row_of_at_least_three_requests_open_it(who: list[int], opens: bool) -> None:
    breaker = Breaker(PAUSE)
    for one in who:
        assert not breaker.is_open
        assert breaker.failed(NOW, one, probe=False), "nobody is given up before it opens"
    assert breaker.is_open is opens
    assert breaker.delay_s(NOW) == (PAUSE if opens else 0)


def test_an_answer_between_begins_the_count_anew() -> None:
    breaker = Breaker(PAUSE)
    for who in range(FAILURES - 1):
        breaker.failed(NOW, who, probe=False)
    breaker.succeeded()
    for who in range(FAILURES - 1):
        breaker.failed(NOW, who, probe=False)
    assert not breaker.is_open


def test_after_the_pause_one_goes_first_and_the_others_wait_for_it() -> None:
    breaker = opened()
    assert breaker.delay_s(NOW + 10) == PAUSE - 10
    assert breaker.delay_s(NOW + PAUSE) == 0
    assert breaker.enter()
    assert breaker.delay_s(NOW + 1000) == math.inf


def test_a_probe_that_gets_an_answer_lets_everybody_go() -> None:
    breaker = opened()
    breaker.enter()
    breaker.left()
    breaker.succeeded()
    assert breaker.delay_s(NOW) == 0
    assert not breaker.enter(), "what goes out now is no probe"
    assert not breaker.is_open


def test_after_five_failed_probes_the_host_is_given_up() -> None:
    breaker, now, answers = opened(), NOW, []
    for _ in range(PROBES):
        now += breaker.delay_s(now)
        assert breaker.enter()
        breaker.left()
        answers.append(breaker.failed(now, 99, probe=True))
        assert breaker.delay_s(now) == PAUSE
    assert answers == [True] * (PROBES - 1) + [False]


def test_a_success_between_gives_it_all_its_probes_again() -> None:
    breaker = opened()
    for _ in range(PROBES - 1):
        breaker.enter()
        breaker.left()
        breaker.failed(NOW, 99, probe=True)
    breaker.succeeded()
    for who in range(FAILURES):
        breaker.failed(NOW, who, probe=False)
    assert breaker.is_open
    breaker.enter()
    breaker.left()
    assert breaker.failed(NOW, 99, probe=True)


def test_what_was_sent_before_it_opened_says_nothing_by_failing() -> None:
    breaker = opened()
    for who in range(100):
        assert breaker.failed(NOW + 5, who, probe=False)
    assert breaker.probes == 0
    assert breaker.delay_s(NOW + 5) == PAUSE - 5, "nor is the pause longer for it"


def test_a_probe_that_was_cancelled_lets_another_one_go() -> None:
    breaker = opened()
    breaker.enter()
    breaker.left()
    assert breaker.delay_s(NOW + PAUSE) == 0
    assert breaker.enter()


def test_a_probe_that_fails_after_the_host_has_answered_another_one_is_one_failure_among_others() -> None:
    breaker = opened()
    probe = breaker.enter()
    breaker.succeeded()  # one that was sent before it opened
    breaker.left()
    assert breaker.failed(NOW + 60, 99, probe=probe)
    assert not breaker.is_open


@given(st.lists(st.tuples(st.sampled_from(["fail", "succeed", "cancel"]), st.integers(0, 5)), max_size=200))
def test_whatever_happened_somebody_may_go_after_the_pause(happened: list[tuple[str, int]]) -> None:
    breaker, now = Breaker(PAUSE), NOW
    for what, who in happened:
        delay = breaker.delay_s(now)
        assert 0 <= delay <= PAUSE
        now += delay
        probe = breaker.enter()
        assert probe is breaker.is_open
        breaker.left()
        if what == "succeed":
            breaker.succeeded()
        if what == "fail" and not breaker.failed(now, who, probe=probe):
            break
        assert breaker.probes < PROBES


# Retries


def test_ten_retries_are_free_and_then_one_in_five() -> None:
    budget = RetryBudget()
    assert all(budget.count(NOW, retry=False) for _ in range(100))
    # 100 first tries carry 10 + 20 % of all: after n retries that is n <= 10 + (100 + n) / 5
    assert [budget.count(NOW, retry=True) for _ in range(38)] == [True] * 37 + [False]


def test_a_run_that_only_fails_gets_a_dozen_retries() -> None:
    budget = RetryBudget()
    assert [budget.count(NOW, retry=True) for _ in range(13)] == [True] * 12 + [False]


def test_after_it_was_used_up_it_begins_anew() -> None:
    budget = RetryBudget()
    while budget.count(NOW, retry=True):
        pass
    assert all(budget.count(NOW, retry=True) for _ in range(12))


def test_what_is_five_minutes_old_counts_no_more() -> None:
    budget = RetryBudget()
    for _ in range(12):
        assert budget.count(NOW, retry=True)
    assert all(budget.count(NOW + 301 + at, retry=True) for at in range(12))
    budget = RetryBudget()
    for _ in range(1000):
        budget.count(NOW, retry=False)
    assert not all(budget.count(NOW + 311, retry=True) for _ in range(13)), "nor do the requests that carried them"


@given(st.lists(st.tuples(st.floats(0, 30), st.booleans()), max_size=300))
def test_within_five_minutes_no_more_retries_pass_than_the_budget(asked: list[tuple[float, bool]]) -> None:
    budget, now = RetryBudget(), NOW
    sent: list[tuple[float, bool]] = []
    for gap, retry in asked:
        now += gap
        if not budget.count(now, retry=retry):
            sent.clear()  # it begins anew
            continue
        sent.append((now, retry))
        recent = [one for at, one in sent if at > now - 280]
        known = [one for at, one in sent if at > now - 310]
        assert sum(recent) <= 10 + len(known) / 5
