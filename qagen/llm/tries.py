"""The tries of a request: how many, how long it waits in between, and what all others hear of a failure.

Tenacity has the loop. Nearly all requests succeed at once and never come to it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from qagen.errors import AccessError, TransientError
from qagen.llm.gate import Gate
from qagen.llm.limits import MOST_WAITING_S, NOBODY_THERE, Ticket, Traffic, backoff_s
from qagen.llm.meter import Meter
from qagen.llm.types import Attempts, ChatReply, EmbeddingReply, HttpCall

if TYPE_CHECKING:
    from tenacity import AsyncRetrying, RetryCallState

TRIES_BEFORE_FIRST_ANSWER = 3
"""An address where nobody was ever met is more likely a wrong one than a passing fault."""

Reply = TypeVar("Reply", ChatReply, EmbeddingReply)


@dataclass(frozen=True, slots=True)
class Question(Generic[Reply]):
    """What is asked, whatever it is: how it goes onto the wire, and how its answer is read."""

    build: Callable[[frozenset[str]], HttpCall]
    """The request without these parameters."""
    parse: Callable[[Mapping[str, Any]], Reply]
    output_tokens: float = 0
    """The most that the answer may have."""


@dataclass(slots=True)
class Sending:
    """One request on its way through its tries."""

    call: HttpCall
    question: Question[Any]
    attempts: Attempts
    ticket: Ticket | None = None
    """Of the last try."""
    retry: bool = False
    """The next try is one because the last one failed (and not because of a rate limit)."""
    counted: int = 0
    """Tries that are counted against the most."""
    slept_s: float = 0.0
    limited: bool = False
    """The last try met a rate limit."""
    not_before: float = 0.0
    """It was told to wait until then."""


class Tries:
    """For all requests of one client."""

    def __init__(
        self,
        traffic: Traffic,
        meter: Meter,
        gate: Gate,
        longest_wait_s: float,
        on_single_refusal: Callable[[], None],
    ) -> None:
        self._traffic = traffic
        self._meter = meter
        self._gate = gate
        self._longest_wait_s = longest_wait_s
        self._on_single_refusal = on_single_refusal
        """A rate limit turned out to concern one request alone."""

    async def patiently(self, attempt: Callable[[Sending], Awaitable[Any]], sending: Sending) -> Any:
        """Try until it succeeds or there is no use in it.

        Raises:
            ProviderError, Stopped: as the last attempt.
        """
        try:
            return await attempt(sending)
        except TransientError as error:
            # A retry loop costs a tenth of a request: it begins with the first failure.
            return await self._retrying(sending)(_after(error, attempt), sending)

    def _retrying(self, sending: Sending) -> AsyncRetrying:
        """A retry loop for one request: its counters are its own."""
        from tenacity import AsyncRetrying, retry_if_exception_type

        def give_up(state: RetryCallState) -> bool:
            error = _error_of(state)
            # A rate limit or an outage says nothing about this request.
            sending.retry = not (error.is_rate_limit or self._traffic.breaker.is_outage)
            sending.counted += sending.retry
            most = TRIES_BEFORE_FIRST_ANSWER if self.nobody_there(error) else error.most_tries
            longest = max(MOST_WAITING_S, 2 * self._longest_wait_s)
            return sending.counted >= most or sending.slept_s > longest

        def wait(state: RetryCallState) -> float:
            error = _error_of(state)
            tries = self._traffic.limits_in_a_row + 1 if error.is_rate_limit else max(1, sending.counted)
            return backoff_s(error, tries)

        def before_sleep(state: RetryCallState) -> None:
            self._meter.retries += 1
            sending.limited = _error_of(state).is_rate_limit
            sending.slept_s += state.upcoming_sleep
            self._slow_down(_error_of(state), sending, state.upcoming_sleep)

        async def sleep(seconds: float) -> None:
            if not sending.limited:  # the end of a limit is waited for at the gate, by all or by this one
                await self._gate.sleep(seconds)

        def last_error(state: RetryCallState) -> None:
            error = _error_of(state)
            self._slow_down(error, sending, error.retry_after_s or 0.0)
            if self.nobody_there(error):
                raise AccessError(str(error), code=error.code) from error
            raise error

        return AsyncRetrying(
            retry=retry_if_exception_type(TransientError),
            stop=give_up,
            wait=wait,
            before_sleep=before_sleep,
            sleep=cast(Callable[[float], Awaitable[None]], sleep),
            retry_error_callback=last_error,
        )

    def _slow_down(self, error: TransientError, sending: Sending, wait_s: float) -> None:
        """A limit is everybody's: whoever met it tells the others."""
        now, ticket = asyncio.get_running_loop().time(), sending.ticket
        if ticket is None:
            return
        if error.is_rate_limit:
            sending.not_before = now + wait_s
            self._traffic.limited(now, ticket, wait_s)
            if self._traffic.refusals.is_proven:
                self._on_single_refusal()
        elif error.retry_after_s is not None:
            self._traffic.hold(now + wait_s)
        if error.is_overload:
            self._traffic.overloaded(ticket)

    def nobody_there(self, error: TransientError) -> bool:
        """Whether nobody has ever been met at this address, and it looks as if nobody will."""
        # Whoever breaks off a connection or is silent on it was there.
        return not self._meter.answers and error.code in NOBODY_THERE and self._meter.failures.keys() <= NOBODY_THERE


def _after(
    first: TransientError, try_again: Callable[[Sending], Awaitable[Any]]
) -> Callable[[Sending], Awaitable[Any]]:
    """The tries of a request whose first one has failed already."""
    failures = [first]

    async def attempt(sending: Sending) -> Any:
        if failures:
            raise failures.pop()
        return await try_again(sending)

    return attempt


def _error_of(state: RetryCallState) -> TransientError:
    error = state.outcome.exception() if state.outcome else None
    assert isinstance(error, TransientError)
    return error
