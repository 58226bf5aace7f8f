"""Buckets, what headers say of a limit, and the rate that is found out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qagen.llm.limits import Bucket, LearntRate, Quota

NOW = 1000.0
RATES = st.floats(0.05, 200)
BURSTS = st.floats(0, 100)
GAPS = st.lists(st.one_of(st.just(0.0), st.floats(0, 5)), min_size=1, max_size=60)


# Buckets


@given(RATES, BURSTS, GAPS)
def test_in_no_time_more_passes_than_the_rate_and_one_burst(per_s: float, burst: float, gaps: list[float]) -> None:
    bucket, now, passed = Bucket(per_s, burst), NOW, []
    for gap in gaps:
        now += gap
        if not bucket.delay_s(now, 1):
            bucket.take(now, 1)
            passed.append(now)
    for first, begin in enumerate(passed):
        for last, end in enumerate(passed[first:], first):
            assert last - first + 1 <= per_s * (end - begin) + burst + 1 + 1e-6


@given(RATES, BURSTS, st.lists(st.tuples(st.floats(0, 5), st.floats(0.1, 500)), min_size=1, max_size=40))
def test_what_is_larger_than_the_bucket_passes_and_its_debt_is_waited_for(
    per_s: float, burst: float, asked: list[tuple[float, float]]
) -> None:
    bucket, now, passed = Bucket(per_s, burst), NOW, []
    for gap, units in asked:
        now += gap + bucket.delay_s(now + gap, units)
        bucket.take(now, units)
        passed.append((now, units))
    for first, (begin, _) in enumerate(passed):
        for last, (end, _) in enumerate(passed[first:], first):
            before_the_last = sum(units for _, units in passed[first:last])
            assert before_the_last <= per_s * (end - begin) + burst + 1e-3


@given(RATES, BURSTS, GAPS, st.floats(0, 200))
def test_who_waits_as_long_as_it_was_told_may_pass(per_s: float, burst: float, gaps: list[float], units: float) -> None:
    bucket, now = Bucket(per_s, burst), NOW
    for gap in gaps:
        now += gap
        assert bucket.delay_s(now + bucket.delay_s(now, units), units) < 1e-6
        bucket.take(now, units)


def test_a_debt_is_paid_at_the_rate() -> None:
    bucket = Bucket(10, 5)
    bucket.take(NOW, 105)
    assert bucket.delay_s(NOW, 0) == pytest.approx(10)
    assert bucket.delay_s(NOW + 9, 0) == pytest.approx(1)
    assert bucket.delay_s(NOW + 10, 0) == pytest.approx(0, abs=1e-9)


def test_who_needs_more_than_there_is_waits_for_it_and_never_for_more_than_a_full_bucket() -> None:
    bucket = Bucket(10, 50)
    bucket.take(NOW, 30)
    assert [bucket.delay_s(NOW, units) for units in (20, 30, 50, 5000)] == pytest.approx([0, 1, 3, 3], abs=1e-9)


def test_what_was_reserved_is_corrected_in_either_direction() -> None:
    bucket = Bucket(10, 0)
    bucket.take(NOW, 100)
    bucket.give_back(60)
    assert bucket.delay_s(NOW, 1) == pytest.approx(4)
    bucket.give_back(-10)
    assert bucket.delay_s(NOW, 1) == pytest.approx(5)


def test_giving_back_does_not_make_the_bucket_larger() -> None:
    bucket = Bucket(10, 5)
    bucket.take(NOW, 5)
    bucket.give_back(1000)
    bucket.take(NOW, 5)
    assert bucket.delay_s(NOW, 1) == pytest.approx(0.1)


def test_a_rest_fills_the_bucket_and_no_more() -> None:
    bucket = Bucket(10, 5)
    bucket.take(NOW, 50)
    for _ in range(5):
        assert bucket.delay_s(NOW + 10_000, 1) == pytest.approx(0, abs=1e-9)
        bucket.take(NOW + 10_000, 1)
    assert bucket.delay_s(NOW + 10_000, 1) == pytest.approx(0.1)


@pytest.mark.parametrize(("left", "wait"), [(60, 0), (1, 0), (0, 1), (-10, 11), (-50, 51), (-60, 60), (-1e9, 60)])
def test_a_level_that_the_server_tells_replaces_what_was_counted_and_is_believed_for_a_minute(
    left: float, wait: float
) -> None:
    bucket = Bucket(1, 60)
    bucket.take(NOW, 500)
    bucket.set_level(NOW, left)
    assert bucket.delay_s(NOW, 1) == pytest.approx(wait, abs=1.01)


# Quotas


@pytest.mark.parametrize(
    ("quota", "per_s"),
    [
        (Quota(600, 599, 0.1), 10),
        (Quota(600, 0, 60), 10),
        (Quota(10_000, 9_999, 8.64), 10_000 / 86_400),  # a limit of the day
        (Quota(50, 20, 36), 50 / 60),
        # Nothing to tell a rate from: as if for a minute
        (Quota(600, 600, 0), 10),
        (Quota(600, 600, 5), 10),
        (Quota(600, 0, 0), 10),
        (Quota(600, 700, 5), 10),
    ],
)
def test_a_quota_tells_its_rate_by_what_was_used_and_when_it_is_back(quota: Quota, per_s: float) -> None:
    assert quota.per_s == pytest.approx(per_s)


# The rate that is found out


def learnt(sent: int = 600, per_s: float = 10) -> tuple[LearntRate, float]:
    """After so many requests at that rate, a refusal, and one more a second later; the rate, and when that was."""
    rate = LearntRate()
    for at in range(sent + 1):
        rate.take(NOW + at / per_s)
    now = NOW + sent / per_s
    rate.refused(now)
    rate.take(now + 1)
    return rate, now + 1


def rate_at(rate: LearntRate, now: float) -> float:
    found = rate.per_s(now)
    assert found is not None
    return found


def test_where_no_limit_was_met_nothing_is_held_back() -> None:
    rate = LearntRate()
    for at in range(1000):
        rate.take(NOW + at / 1000)
    assert rate.per_s(NOW + 1) is None
    assert rate.delay_s(NOW + 1) == 0


@pytest.mark.parametrize("per_s", [0.5, 10, 100])
def test_after_a_refusal_a_little_less_is_sent_than_went_through(per_s: float) -> None:
    rate, now = learnt(int(120 * per_s), per_s)
    assert 0.8 * per_s < rate_at(rate, now) < per_s


def test_half_a_minute_later_it_is_back_and_then_grows_faster_and_faster() -> None:
    rate, now = learnt()
    rates = [rate_at(rate, now + seconds) for seconds in range(0, 301, 10)]
    assert rates == sorted(rates)
    assert rates[3] == pytest.approx(10, rel=0.05)
    assert rates[5] < 11.5
    assert rates[30] > 50, "a limit that was lifted is found again"


def test_what_is_sent_keeps_the_rate() -> None:
    rate, now = learnt()
    sent = []
    while now < NOW + 90:
        now += max(rate.delay_s(now), 1e-6)
        rate.take(now)
        sent.append(now)
    for first in range(0, len(sent), 10):
        within = [t for t in sent if sent[first] <= t < sent[first] + 5]
        assert len(within) <= 1.1 * 10 * 5 + 7


@pytest.mark.parametrize("refusals", [1, 5, 40])
def test_a_limit_that_lasted_long_does_not_all_but_stop_the_sending(refusals: int) -> None:
    rate, now = learnt()
    for _ in range(refusals):
        now += rate.delay_s(now)
        rate.take(now)
        rate.refused(now)
        now += 30
    rate.take(now)
    assert rate.delay_s(now) <= 60
