"""When the next request may go out: all limits of one host together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from qagen.llm.limits.breaker import Breaker, RetryBudget
from qagen.llm.limits.concurrency import Concurrency
from qagen.llm.limits.rates import Bucket, LearntRate, Quota
from qagen.llm.limits.refusals import Refusals, Sent

_NEWS = 0.1
"""Weight of one reply in the mean share of the reserved tokens that is really used."""
_BURST_S = 0.25
"""What a rate that the user set lets through at once: as much as makes up for late timers."""


_SHOWN_S = 2.0


@dataclass(frozen=True, slots=True)
class Ticket:
    """A request that went out."""

    epoch: int
    """Rate limits met before it: a refusal of an earlier epoch is known already."""
    probe: bool
    """It is the one that finds out whether the host is back."""
    tokens: float
    """The most that it may use."""
    expected: float
    """What it will probably use, by those before it."""
    sent: Sent


class Traffic:
    """Everything that decides whether a request may go out now. One for all that share a limit."""

    def __init__(
        self,
        concurrency: int,
        *,
        requests_per_minute: float | None = None,
        tokens_per_minute: float | None = None,
        breaker: Breaker | None = None,
        begins_with_all: bool = False,
    ) -> None:
        self.concurrency = Concurrency(concurrency, concurrency if begins_with_all else 0)
        self.breaker = breaker or Breaker()
        self.paused = 0
        """How many want that nothing goes out, because what comes in cannot be saved."""
        self.limits_in_a_row = 0
        """Rate limits met since the last success."""
        self.in_flight = 0
        self._reserved = 0.0
        """Tokens of the requests in flight."""
        self._budget = RetryBudget()
        self._learnt = LearntRate()
        self.refusals = Refusals()
        self._set = {
            name: Bucket(per_minute / 60, _BURST_S * per_minute / 60)
            for name, per_minute in (("requests", requests_per_minute), ("tokens", tokens_per_minute))
            if per_minute
        }
        self._told: dict[str, Bucket] = {}
        self._host_known = False
        """It has replied: before that, trying again is how it is found out whether it is there."""
        self._share_used = 1.0
        """Tokens really used, as a share of the most that might have been."""
        self._not_before = 0.0
        self._limited_until = 0.0
        self._slowed_at = -_SHOWN_S
        """When a rate of the host last held a request back."""
        self._epoch = 0

    def waits_for_others(self) -> bool:
        """Whether only the end of another request, or of the pause, lets the next one out."""
        first_after_limits = self.limits_in_a_row > 1 and self.in_flight > 0
        return self.paused > 0 or self.in_flight >= self.concurrency.limit or first_after_limits

    def delay_s(self, now: float, tokens: float = 0.0) -> float:
        """How long the next request has to wait at least; infinite where another one's end decides."""
        if self.waits_for_others():
            return float("inf")
        by_rate = max(self._learnt.delay_s(now), _longest(self._told, now, tokens))
        if by_rate > 0:
            self._slowed_at = now
        held = max(self._not_before, self._limited_until) - now
        return max(0.0, held, self.breaker.delay_s(now), by_rate, _longest(self._set, now, tokens))

    def pause_s(self, now: float) -> float:
        """How long nobody may send because the server said so, or does not answer: what a user wants to know."""
        outage = self.breaker.delay_s(now)
        held = max(self._not_before, self._limited_until) - now
        return max(0.0, held, 0.0 if outage == float("inf") else outage)

    def host_rate(self, now: float) -> float | None:
        """Requests a second that the host lets through, where that has held requests back within the last seconds."""
        if now - self._slowed_at > _SHOWN_S:
            return None
        told = self._told["requests"].per_s if "requests" in self._told else None
        return min((rate for rate in (self._learnt.per_s(now), told) if rate is not None), default=None)

    def enter(self, now: float, tokens: float, *, retry: bool) -> Ticket:
        """A request goes out."""
        # The user's limit is one of what is really used; servers count what may be used.
        expected = tokens * self._share_used
        ticket = Ticket(self._epoch, self.breaker.enter(), tokens, expected, self.refusals.sent(now))
        self.in_flight += 1
        self._reserved += tokens
        if not self.refusals.teach():
            self._learnt.forgive()
        self._learnt.take(now)
        for buckets in (self._set, self._told):
            expected = ticket.expected if buckets is self._set else tokens
            for name, bucket in buckets.items():
                bucket.take(now, 1 if name == "requests" else expected)
        budget_kept = self._budget.count(now, retry=retry and self._host_known)
        if not budget_kept and not self.breaker.is_open:
            self.breaker.open(now, outage=False)
        return ticket

    def left(self, ticket: Ticket) -> None:
        """Its end, whatever came of it. What came of it is told next, before anybody else enters."""
        self.in_flight -= 1
        self._reserved -= ticket.tokens
        if ticket.probe:
            self.breaker.left()

    def answered(self, now: float, told: Mapping[str, Quota]) -> None:
        """An answer said what is left of the server's limits. What the user set is not overruled."""
        for name, quota in told.items():
            if name in self._set or quota.limit <= 0:
                continue
            under_way = self.in_flight if name == "requests" else self._reserved
            bucket = self._told.setdefault(name, Bucket(quota.per_s))
            bucket.per_s, bucket.burst = quota.per_s, quota.limit
            # Those under way may or may not be counted in it.
            bucket.set_level(now, quota.remaining - under_way)

    def succeeded(self, ticket: Ticket, tokens: float | None) -> None:
        """A reply came. `tokens`: what it used, where that is known."""
        self.limits_in_a_row = 0
        self._host_known = True
        self.breaker.succeeded(probe=ticket.probe)
        self.concurrency.succeeded()
        if self.refusals.passed(ticket.sent):
            self._limited_until = 0.0
            self._go_on(ticket.sent.at)
        if tokens is not None:
            self._give_back(ticket.expected - tokens)
            if ticket.tokens:
                self._share_used += _NEWS * (min(1.0, tokens / ticket.tokens) - self._share_used)

    def answered_otherwise(self, ticket: Ticket) -> None:
        """The request was wrong, or the answer was: the host is there."""
        self.breaker.succeeded(probe=ticket.probe)
        self._give_back(ticket.expected)

    def _give_back(self, tokens: float) -> None:
        """What was reserved and not used. What the server told of its own counts knows that already."""
        if "tokens" in self._set:
            self._set["tokens"].give_back(tokens)

    def limited(self, now: float, ticket: Ticket, wait_s: float) -> None:
        """A rate limit: nobody sends for that long, unless it is known that such a refusal concerns one request alone.

        One teaches the rate. Where another follows without a success between, too many are under way: half as many.
        """
        self.breaker.succeeded(probe=ticket.probe)
        self._give_back(ticket.expected)
        self._learnt.refused(now)
        known = self.refusals.one_by_one
        if not self.refusals.refused(now, ticket.sent):
            if known:
                self._learnt.forgive()
            else:
                self._go_on(now)
            return
        self._limited_until = max(self._limited_until, now + wait_s)
        if self._is_news(ticket):
            self.limits_in_a_row += 1
            if self.limits_in_a_row > 1 and self.in_flight:
                self.concurrency.limited()

    def _go_on(self, now: float) -> None:
        """What was taken for a limit was none."""
        self.limits_in_a_row = 0
        self._learnt.lift(now)
        self.concurrency.forgive()

    def overloaded(self, ticket: Ticket) -> None:
        """The host has too much to do: half as much from now on."""
        if self._is_news(ticket):
            self.concurrency.limited()

    def hold(self, until: float) -> None:
        """Nobody sends before `until`."""
        self._not_before = max(self._not_before, until)

    def _is_news(self, ticket: Ticket) -> bool:
        """Whether the request went out after all that is known of the limits was known."""
        news = ticket.epoch == self._epoch
        self._epoch += news
        return news

    def failed(self, now: float, ticket: Ticket, who: int, *, used: bool = False) -> bool:
        """A fault that may pass. `who` tells the requests apart. `used`: its tokens may be spent all the same.

        False: the host is given up.
        """
        if not used:
            self._give_back(ticket.expected)
        return self.breaker.failed(now, who, probe=ticket.probe)


def _longest(buckets: Mapping[str, Bucket], now: float, tokens: float) -> float:
    waits = (bucket.delay_s(now, 1 if name == "requests" else tokens) for name, bucket in buckets.items())
    return max(waits, default=0.0)
