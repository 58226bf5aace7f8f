"""All limits together: who may go out, when, and that somebody always may in the end."""

from __future__ import annotations

import math

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from qagen.llm.limits import Breaker, Quota, Ticket, Traffic
from qagen.llm.limits.breaker import FAILURES

NOW = 1000.0


def sent(traffic: Traffic, now: float = NOW, *, tokens: float = 0, retry: bool = False) -> Ticket:
    assert traffic.delay_s(now) == pytest.approx(0, abs=1e-9)
    return traffic.enter(now, tokens, retry=retry)


def succeeded(traffic: Traffic, ticket: Ticket, tokens: float | None = None) -> None:
    traffic.left(ticket)
    traffic.succeeded(ticket, tokens)


def limited(traffic: Traffic, ticket: Ticket, wait_s: float, now: float = NOW) -> None:
    traffic.left(ticket)
    traffic.limited(now, ticket, wait_s)


# Limits that the server tells


def test_after_a_refusal_nobody_goes_out_for_as_long_as_was_asked() -> None:
    traffic = Traffic(8)
    limited(traffic, sent(traffic), 20)
    assert traffic.delay_s(NOW) == 20
    assert traffic.delay_s(NOW + 19) == pytest.approx(1)
    assert traffic.delay_s(NOW + 20) == pytest.approx(0, abs=1e-9)


def test_of_several_waits_the_longest_is_kept() -> None:
    traffic = Traffic(8)
    first, second, third = (sent(traffic) for _ in range(3))
    limited(traffic, first, 5)
    limited(traffic, second, 20)
    limited(traffic, third, 1)
    assert traffic.delay_s(NOW) == 20


def test_a_burst_of_refusals_halves_the_concurrency_at_most_once() -> None:
    traffic = Traffic(16)
    tickets = [sent(traffic) for _ in range(16)]
    for ticket in tickets:
        limited(traffic, ticket, 1)
    assert traffic.concurrency.limit in {8, 16}


def test_refusals_in_spite_of_the_waits_halve_it_again_and_again() -> None:
    traffic, now = Traffic(16), NOW
    for _ in range(5):
        tickets = [traffic.enter(now, 0, retry=False) for _ in range(4)]
        for ticket in tickets:
            limited(traffic, ticket, 1, now)
        now += 100
    assert traffic.concurrency.limit <= 2


def test_a_burst_of_overloads_halves_it_once() -> None:
    traffic = Traffic(16)
    tickets = [sent(traffic) for _ in range(16)]
    for ticket in tickets:
        traffic.left(ticket)
        traffic.overloaded(ticket)
    assert traffic.concurrency.limit == 8
    ticket = sent(traffic)
    traffic.left(ticket)
    traffic.overloaded(ticket)
    assert traffic.concurrency.limit == 4


def test_after_two_limits_in_a_row_one_goes_first_and_a_success_lets_the_others_follow() -> None:
    traffic, now = Traffic(8), NOW
    for _ in range(2):
        limited(traffic, sent(traffic, now), 1, now)
        now += 100
    first = sent(traffic, now)
    assert traffic.delay_s(now) == math.inf
    succeeded(traffic, first)
    now += 100
    sent(traffic, now)
    assert traffic.delay_s(now + 100) == pytest.approx(0, abs=1e-9)


def test_headers_hold_back_what_would_be_refused() -> None:
    traffic = Traffic(8)
    succeeded(traffic, sent(traffic))
    traffic.answered(NOW, {"requests": Quota(60, 2, 58)})
    for _ in range(2):
        sent(traffic)
    traffic.answered(NOW, {"requests": Quota(60, 0, 60)})
    assert traffic.delay_s(NOW) >= 1


def test_those_under_way_may_not_be_counted_yet() -> None:
    traffic = Traffic(8)
    for _ in range(5):
        sent(traffic)
    traffic.answered(NOW, {"requests": Quota(60, 5, 55)})
    assert traffic.delay_s(NOW) <= 1
    traffic.answered(NOW, {"requests": Quota(60, 1, 59)})
    assert traffic.delay_s(NOW) >= 4


def test_tokens_that_are_told_are_kept_as_well() -> None:
    traffic = Traffic(8)
    ticket = sent(traffic, tokens=500)
    traffic.answered(NOW, {"tokens": Quota(60_000, 100, 59.9)})
    assert traffic.delay_s(NOW) == pytest.approx(0.4, abs=0.01)
    traffic.left(ticket)


def test_a_limit_of_nothing_is_not_believed() -> None:
    traffic = Traffic(8)
    traffic.answered(NOW, {"requests": Quota(0, 0, 60), "tokens": Quota(-1, 0, 60)})
    assert traffic.delay_s(NOW) == 0


def test_where_nothing_is_left_nothing_is_sent() -> None:
    traffic = Traffic(8)
    succeeded(traffic, sent(traffic))
    traffic.answered(NOW, {"requests": Quota(60, 0, 60)})
    assert traffic.delay_s(NOW) == pytest.approx(1)


def test_what_headers_imply_is_not_waited_for_longer_than_a_minute() -> None:
    traffic = Traffic(8)
    for _ in range(7):
        sent(traffic)
    traffic.answered(NOW, {"requests": Quota(600, 0, 86_400)})
    assert traffic.delay_s(NOW) <= 60


def test_what_a_request_gives_back_is_not_added_to_what_its_own_answer_told() -> None:
    traffic = Traffic(8)
    ticket = sent(traffic, tokens=5000)
    sent(traffic, tokens=1000)
    traffic.left(ticket)
    traffic.answered(NOW, {"tokens": Quota(6000, 0, 60)})
    traffic.succeeded(ticket, 100)
    assert traffic.delay_s(NOW) >= 10


def test_a_rate_of_the_users_is_not_overruled_by_headers() -> None:
    traffic = Traffic(8, requests_per_minute=6000)
    for _ in range(5):
        traffic.enter(NOW, 0, retry=False)
    traffic.answered(NOW, {"requests": Quota(60, 0, 60)})
    assert traffic.delay_s(NOW + 1) == 0


# Limits that the user sets


@pytest.mark.parametrize("per_minute", [6, 60, 600, 6000])
def test_requests_per_minute_are_kept_and_used(per_minute: int) -> None:
    traffic, now, count = Traffic(1000, requests_per_minute=per_minute), NOW, 0
    traffic.concurrency.limit = 1000
    while now < NOW + 600:
        now += max(traffic.delay_s(now), 1e-6)
        ticket = traffic.enter(now, 0, retry=False)
        succeeded(traffic, ticket)
        count += 1
    assert 0.98 * 10 * per_minute <= count <= 10 * per_minute * (1 + 0.25 / 60) + 2


def test_tokens_per_minute_are_kept_by_what_was_really_used() -> None:
    traffic, now, used = Traffic(4, tokens_per_minute=60_000), NOW, 0
    while now < NOW + 600:
        now += max(traffic.delay_s(now), 1e-6)
        ticket = traffic.enter(now, 5000, retry=False)
        succeeded(traffic, ticket, 1500)
        used += 1500
        now += 1
    assert 0.95 * 600_000 <= used <= 1.02 * 600_000 + 5000


def test_a_request_of_unknown_use_counts_as_it_was_reserved() -> None:
    traffic = Traffic(4, tokens_per_minute=60_000)
    succeeded(traffic, sent(traffic, tokens=5000), tokens=None)
    assert traffic.delay_s(NOW) == pytest.approx(5, abs=0.3)


def test_a_request_that_was_refused_used_no_tokens() -> None:
    traffic = Traffic(4, tokens_per_minute=60_000)
    for _ in range(3):
        traffic.breaker.succeeded()
        ticket = traffic.enter(NOW, 5000, retry=False)
        limited(traffic, ticket, 0)
    assert traffic.delay_s(NOW + 2) == pytest.approx(0, abs=1e-9)


# The pause


def test_while_anybody_wants_a_pause_nothing_goes_out() -> None:
    traffic = Traffic(4)
    traffic.paused += 2
    assert traffic.delay_s(NOW) == math.inf
    traffic.paused -= 1
    assert traffic.delay_s(NOW) == math.inf
    traffic.paused -= 1
    assert traffic.delay_s(NOW) == 0


# Outages


def down(traffic: Traffic, now: float = NOW) -> None:
    tickets = [sent(traffic, now) for _ in range(FAILURES)]
    for who, ticket in enumerate(tickets):
        traffic.left(ticket)
        assert traffic.failed(now, ticket, who)
    assert traffic.breaker.is_open


def test_in_an_outage_one_request_goes_first() -> None:
    traffic = Traffic(16, breaker=Breaker(30))
    down(traffic)
    assert traffic.delay_s(NOW) == 30
    probe = sent(traffic, NOW + 30)
    assert probe.probe
    assert traffic.delay_s(NOW + 31) == math.inf
    succeeded(traffic, probe)
    assert not sent(traffic, NOW + 32).probe


def test_a_rate_limit_is_an_answer_and_ends_an_outage() -> None:
    traffic = Traffic(16, breaker=Breaker(30))
    down(traffic)
    limited(traffic, sent(traffic, NOW + 30), 2, NOW + 30)
    assert not traffic.breaker.is_open
    assert traffic.delay_s(NOW + 30) == 2


def test_a_probe_that_leaves_without_a_word_is_followed_by_another() -> None:
    traffic = Traffic(16, breaker=Breaker(30))
    down(traffic)
    traffic.left(sent(traffic, NOW + 30))
    assert sent(traffic, NOW + 30).probe


def test_too_many_retries_pause_everybody() -> None:
    traffic = Traffic(16, breaker=Breaker(30))
    now = NOW
    succeeded(traffic, sent(traffic))  # before, trying again is how it is found out whether the host is there
    while not traffic.breaker.is_open:
        ticket = sent(traffic, now, retry=True)
        traffic.left(ticket)
        now += 0.1
    assert traffic.delay_s(now) == pytest.approx(30, abs=0.2)


def test_the_pause_for_too_many_retries_lasts_where_others_succeed() -> None:
    traffic = Traffic(16, breaker=Breaker(30))
    succeeded(traffic, sent(traffic))
    now, other = NOW, sent(traffic)
    while not traffic.breaker.is_open:
        traffic.left(sent(traffic, now, retry=True))
        now += 0.1
    succeeded(traffic, other)
    assert traffic.delay_s(now) > 20


# Whatever happens


class AnyTraffic(RuleBasedStateMachine):
    """Requests come and go in any way. Nobody waits for ever, and never are more under way than may be."""

    @initialize(
        most=st.integers(1, 40),
        requests=st.none() | st.floats(1, 10_000),
        tokens=st.none() | st.floats(1000, 1_000_000),
    )
    def begin(self, most: int, requests: float | None, tokens: float | None) -> None:
        self.most = most
        self.traffic = Traffic(most, requests_per_minute=requests, tokens_per_minute=tokens, breaker=Breaker(30))
        self.now = NOW
        self.tickets: list[Ticket] = []
        self.given_up = False

    def one(self, at: int) -> Ticket:
        ticket = self.tickets.pop(at % len(self.tickets))
        self.traffic.left(ticket)
        return ticket

    def some_under_way(self) -> bool:
        return bool(self.tickets) and not self.given_up

    @rule(tokens=st.floats(0, 20_000), retry=st.booleans(), many=st.integers(1, 20))
    def enter(self, tokens: float, retry: bool, many: int) -> None:
        for _ in range(many):
            if self.traffic.delay_s(self.now):
                return
            self.tickets.append(self.traffic.enter(self.now, tokens, retry=retry))
            assert self.traffic.in_flight <= self.traffic.concurrency.limit

    @precondition(some_under_way)
    @rule(at=st.integers(0, 99), used=st.none() | st.floats(0, 30_000))
    def succeed(self, at: int, used: float | None) -> None:
        self.traffic.succeeded(self.one(at), used)

    @precondition(some_under_way)
    @rule(at=st.integers(0, 99), wait_s=st.floats(0.01, 300))
    def limit(self, at: int, wait_s: float) -> None:
        self.traffic.limited(self.now, self.one(at), wait_s)

    @precondition(some_under_way)
    @rule(at=st.integers(0, 99), who=st.integers(0, 5))
    def fail(self, at: int, who: int) -> None:
        self.given_up = not self.traffic.failed(self.now, self.one(at), who)

    @precondition(some_under_way)
    @rule(at=st.integers(0, 99))
    def overload(self, at: int) -> None:
        self.traffic.overloaded(self.one(at))

    @precondition(some_under_way)
    @rule(at=st.integers(0, 99))
    def cancel(self, at: int) -> None:
        self.one(at)

    @rule(
        what=st.sampled_from(["requests", "tokens"]),
        limit=st.floats(1, 1e6),
        part=st.floats(0, 1),
        reset_s=st.floats(0, 3600),
    )
    def tell(self, what: str, limit: float, part: float, reset_s: float) -> None:
        self.traffic.answered(self.now, {what: Quota(limit, part * limit, reset_s)})

    @rule(seconds=st.floats(0, 100))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def wait_as_long_as_told(self) -> None:
        delay = self.traffic.delay_s(self.now)
        self.now += 0 if delay == math.inf else delay

    @rule(more=st.booleans())
    def pause(self, more: bool) -> None:
        self.traffic.paused = max(0, self.traffic.paused + (1 if more else -1))

    @invariant()
    def the_counts_are_right(self) -> None:
        if not hasattr(self, "traffic"):
            return
        assert self.traffic.in_flight == len(self.tickets)
        assert 1 <= self.traffic.concurrency.limit <= self.most

    @invariant()
    def when_all_is_quiet_somebody_may_go_in_the_end(self) -> None:
        if not hasattr(self, "traffic") or self.tickets or self.traffic.paused:
            return
        now = self.now
        for _ in range(3):  # as a gate does it: wait, and look again
            delay = self.traffic.delay_s(now)
            assert math.isfinite(delay)
            now += delay + 1e-6 * (delay > 0)
        assert self.traffic.delay_s(now) <= 1e-3


AnyTraffic.TestCase.settings = settings(max_examples=150, stateful_step_count=60, deadline=None)
TestAnyTraffic = AnyTraffic.TestCase
