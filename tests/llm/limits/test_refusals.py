"""Whose limit a refusal tells of: that of all, or of one request alone."""

from __future__ import annotations

from qagen.llm.limits import LearntRate, Quota, Refusals, Traffic

NOW = 1000.0


def burst(refusals: Refusals, refused: set[int], count: int = 16, now: float = NOW) -> list[bool]:
    """So many go out at once, some are refused at once, the others get replies; whether each refusal was all's."""
    sent = [refusals.sent(now + at / 1000) for at in range(count)]
    verdicts = [refusals.refused(now + 0.05, one) for at, one in enumerate(sent) if at in refused]
    for at, one in enumerate(sent):
        if at not in refused:
            refusals.passed(one)
    return verdicts


def steady(refusals: Refusals, now: float, count: int, per_s: float) -> float:
    """So many get replies, one after the other; gives the time of the next."""
    for at in range(count):
        refusals.passed(refusals.sent(now + at / per_s))
    return now + count / per_s


def alone(refusals: Refusals) -> Refusals:
    burst(refusals, {4})
    assert refusals.one_by_one
    return refusals


def test_the_first_refusal_is_everybodys() -> None:
    refusals = Refusals()
    assert refusals.refused(NOW, refusals.sent(NOW))
    assert not refusals.one_by_one


def test_where_those_right_behind_it_pass_it_was_one_requests_own() -> None:
    refusals = Refusals()
    assert burst(refusals, {4}) == [True]
    assert refusals.one_by_one


def test_where_those_behind_it_are_refused_as_well_it_is_everybodys() -> None:
    refusals = Refusals()
    assert burst(refusals, set(range(10, 16))) == [True] * 6
    assert not refusals.one_by_one


def test_what_passed_before_it_says_nothing() -> None:
    refusals = Refusals()
    burst(refusals, {15})
    assert not refusals.one_by_one


def test_at_a_steady_rate_those_behind_it_may_pass_by_what_flows_in_again() -> None:
    refusals = Refusals()
    now = steady(refusals, NOW, 600, 100)
    first, *others = (refusals.sent(now + at / 100) for at in range(11))
    refusals.refused(now + 0.1, first)
    for one in others:
        refusals.passed(one)
    assert not refusals.one_by_one


def test_refusals_at_lower_and_lower_rates_are_those_of_single_requests() -> None:
    refusals, now, seen = Refusals(), NOW, []
    for per_s in (30, 12, 6, 3):
        now = steady(refusals, now, 12, per_s)
        seen.append(refusals.refused(now, refusals.sent(now)))
        now += 1
    assert seen[:2] == [True, True], "a limit behind a burst looks the same"
    assert not seen[-1]


def test_refusals_at_the_same_rate_again_and_again_are_everybodys() -> None:
    refusals, now = Refusals(), NOW
    for _ in range(50):
        now = steady(refusals, now, 100, 10)
        assert refusals.refused(now, refusals.sent(now))
        now += 1


def test_one_refusal_after_the_other_is_everybodys() -> None:
    refusals = Refusals()
    for at in range(50):
        assert refusals.refused(NOW + 10 * at, refusals.sent(NOW + 10 * at))


def test_one_in_eight_may_be_refused_for_ever() -> None:
    refusals = alone(Refusals())
    for at in range(4000):
        sent = refusals.sent(NOW + at)
        assert not (refusals.refused(NOW + at, sent) if at % 8 == 0 else refusals.passed(sent))
    assert refusals.one_by_one


def test_five_refused_in_a_row_are_a_limit_of_all() -> None:
    refusals = alone(Refusals())
    sent = [refusals.sent(NOW + 10) for _ in range(16)]
    assert [refusals.refused(NOW + 10, one) for one in sent[:5]] == [False] * 4 + [True]
    assert not refusals.one_by_one


def test_half_of_the_latest_refused_are_a_limit_of_all() -> None:
    refusals, everybodys = alone(Refusals()), []
    for at in range(40):
        sent = refusals.sent(NOW + 10 + at)
        everybodys += [refusals.refused(NOW + 10 + at, sent)] if at % 2 else []
    assert True in everybodys


def test_refusals_that_come_sooner_than_the_replies_to_others_are_no_row() -> None:
    refusals = alone(Refusals())
    sent = [refusals.sent(NOW + 10) for _ in range(64)]
    assert not any(refusals.refused(NOW + 10, one) for one in sent[::7])


def test_who_was_wrong_once_needs_more_to_doubt_again() -> None:
    refusals = alone(Refusals())
    burst(refusals, set(range(16)), now=NOW + 10)
    assert not refusals.one_by_one
    burst(refusals, {4}, now=NOW + 20)
    assert not refusals.one_by_one
    burst(refusals, {4}, now=NOW + 30)
    burst(refusals, {4}, now=NOW + 40)
    assert refusals.one_by_one


def test_a_refusal_of_one_holds_nobody_else_and_teaches_no_rate() -> None:
    traffic = Traffic(16)
    tickets = [traffic.enter(NOW, 0, retry=False) for _ in range(16)]
    traffic.left(tickets[4])
    traffic.limited(NOW + 0.01, tickets[4], 60)
    assert traffic.delay_s(NOW + 0.5) > 59
    for ticket in tickets[:4] + tickets[5:]:
        traffic.left(ticket)
        traffic.succeeded(ticket, None)
    assert traffic.delay_s(NOW + 0.5) == 0
    ticket = traffic.enter(NOW + 1, 0, retry=False)
    traffic.left(ticket)
    traffic.limited(NOW + 1, ticket, 60)
    assert traffic.delay_s(NOW + 1) == 0
    assert traffic.host_rate(NOW + 1) is None
    assert traffic.concurrency.limit == 16


def test_a_rate_that_was_learnt_by_mistake_doubles_and_doubles_until_there_is_none() -> None:
    rate = LearntRate()
    for at in range(100):
        rate.take(NOW + at / 10)
    rate.refused(NOW + 10)
    rate.take(NOW + 11)
    before = rate.per_s(NOW + 11)
    assert before is not None
    rate.lift(NOW + 11)
    assert rate.per_s(NOW + 12) == 4 * before
    rate.take(NOW + 20)
    assert rate.per_s(NOW + 20) is None


def test_what_a_host_holds_back_by_is_told_while_it_does() -> None:
    traffic, now = Traffic(16), NOW
    assert traffic.host_rate(now) is None
    traffic.answered(now, {"requests": Quota(60, 0, 60)})
    assert traffic.delay_s(now) > 0
    assert traffic.host_rate(now) == 1
    assert traffic.host_rate(now + 10) is None
