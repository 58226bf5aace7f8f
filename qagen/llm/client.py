"""The only one who sends: wait for the turn, understand, try again."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from types import TracebackType
from typing import Any, Generic, Self, TypeVar, cast

import orjson
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type

from qagen.errors import AccessError, ProviderError, RejectedError, TransientError
from qagen.formats import utc_time
from qagen.llm import faults, hints
from qagen.llm.exchange import Answer, exchange, parse_json, where
from qagen.llm.gate import Gate, Stopped
from qagen.llm.limits import MOST_WAITING_S, NOBODY_THERE, Ticket, Traffic, backoff_s
from qagen.llm.meter import Meter
from qagen.llm.providers import Endpoint, embeddings_of, is_near
from qagen.llm.transport import Clients, make_clients
from qagen.llm.types import (
    DROPPABLE,
    Attempts,
    Bounds,
    ChatReply,
    ChatRequest,
    EmbeddingReply,
    EmbeddingRequest,
    EmbeddingWire,
    HttpCall,
    Wire,
)

__all__ = ["Client", "Meter", "Stopped"]

TRIES_BEFORE_FIRST_ANSWER = 3
"""An address where nobody was ever met is more likely a wrong one than a passing fault."""
_BILLED = frozenset({"reset", "truncated_body", "read_timeout", "deadline"})
"""Faults after which the provider may have done the work, and nobody has it."""
_ANSWERED = frozenset({"bad_body", "empty_body", "truncated_body", "error_in_200"})
"""Faults of an answer: whatever is wrong, the host is there."""
_MOST_CLOCK_DIFFERENCE_S = 3600


Reply = TypeVar("Reply", ChatReply, EmbeddingReply)


@dataclass(frozen=True, slots=True)
class _Question(Generic[Reply]):
    """What is asked, whatever it is: how it goes onto the wire, and how its answer is read."""

    build: Callable[[frozenset[str]], HttpCall]
    """The request without these parameters."""
    parse: Callable[[Mapping[str, Any]], Reply]
    output_tokens: float = 0
    """The most that the answer may have."""


@dataclass(slots=True)
class _Sending:
    """One request on its way through its tries."""

    call: HttpCall
    question: _Question[Any]
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


class Client:
    """One endpoint, for up to `concurrency` requests at a time. Use as an async context manager."""

    def __init__(
        self,
        endpoint: Endpoint,
        concurrency: int,
        on_note: Callable[[str], None] = lambda _: None,
        bounds: Bounds | None = None,
    ) -> None:
        self.endpoint = endpoint
        self.meter = Meter()
        self.bounds = bounds or Bounds()
        self.traffic = Traffic(
            concurrency,
            requests_per_minute=self.bounds.requests_per_minute,
            tokens_per_minute=self.bounds.tokens_per_minute,
            # A server in the house has no quota: it queues what it cannot do at once.
            begins_with_all=is_near(endpoint.base_url),
        )
        self._gate = Gate(self.traffic, self.meter)
        self._on_note = on_note
        self._noted: set[str] = set()
        self._refused: frozenset[str] = frozenset()
        self._wire = cast(Wire, import_module(f"qagen.llm.{endpoint.provider.wire}"))
        self._clients = Clients(
            make_clients(endpoint, concurrency, self.bounds.ca_bundle, self.bounds.transport), concurrency
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._clients.close()

    def stop(self) -> None:
        """Send nothing more. What is on its way may still arrive; what waits raises `Stopped`."""
        self._gate.stop()

    @contextmanager
    def closed(self) -> Iterator[None]:
        """Send nothing during the block: what waits goes on waiting."""
        with self._gate.closed():
            yield

    async def send(self, request: ChatRequest, attempts: Attempts) -> ChatReply:
        """The model's reply. Each try counts in `attempts`.

        Raises:
            AccessError: no request can pass.
            TransientError: all tries failed.
            RejectedError: this request will never pass.
            Stopped: the run ended before it was sent.
        """

        def build(without: frozenset[str]) -> HttpCall:
            stripped = dataclasses.replace(request, without=without | request.without)
            return self._wire.build_request(stripped, self.endpoint)

        return await self._ask(_Question(build, self._wire.parse_reply, request.max_tokens), attempts)

    async def embed(self, request: EmbeddingRequest, attempts: Attempts) -> EmbeddingReply:
        """The vectors of the texts, one row each. Tries, limits and figures are those of `send`.

        Raises:
            UsageError: the provider makes no vectors.
            ProviderError, Stopped: as `send`.
        """
        name = embeddings_of(self.endpoint.provider).wire
        wire = cast(EmbeddingWire, import_module(f"qagen.llm.{name}"))

        def build(without: frozenset[str]) -> HttpCall:
            return wire.build_request(dataclasses.replace(request, without=without | request.without), self.endpoint)

        def parse(body: Mapping[str, Any]) -> EmbeddingReply:
            return wire.parse_reply(body, len(request.texts))

        return await self._ask(_Question(build, parse), attempts)

    async def _ask(self, question: _Question[Reply], attempts: Attempts) -> Reply:
        """Ask until there is an answer, leaving out what this model refuses."""
        call = question.build(self._refused)
        while True:
            sending = _Sending(call, question, attempts)
            try:
                reply: Reply = await self._patiently(sending)
            except RejectedError as error:
                changed = self._without_refused(question, call, error)
                if changed is None:
                    raise
                call = changed
            else:
                return reply

    def _without_refused(self, question: _Question[Any], call: HttpCall, error: RejectedError) -> HttpCall | None:
        """The request without the parameter that was refused, for the rest of the run, with one warning.

        None: there is nothing to leave out, because it was not sent, or only as an option of the user's own.
        """
        # After the schema, plain JSON mode may be refused, too; and some hosts know nothing else.
        candidates = ("schema", "json") if error.parameter == "schema" else (error.parameter,)
        for parameter in candidates:
            if parameter not in DROPPABLE:
                continue
            if parameter in self._refused and (changed := question.build(self._refused)) != call:
                return changed  # another worker has met the same refusal meanwhile
            before, self._refused = self._refused, self._refused | {parameter}
            changed = question.build(self._refused)
            if changed != call:
                how = "goes under its other name" if parameter == "max_tokens" else "is left out"
                self._on_note(f"{error} It {how} from now on: {parameter}.")
                return changed
            self._refused = before
        return None

    async def models(self) -> list[str]:
        """The names of the models that the host lists.

        Raises:
            ProviderError: it does not list them, or lets nobody in.
        """
        provider = self.endpoint.provider
        value = await self.fetch("GET", provider.models_path)
        listed = value.get(provider.models_field) if isinstance(value, dict) else None
        names = [item.get(provider.model_name_field) for item in listed or [] if isinstance(item, dict)]
        return [str(name).removeprefix("models/") for name in names if name]

    async def fetch(self, method: str, path: str, body: Any = None) -> Any:
        """One request without another try, and the JSON of its answer.

        Raises:
            ProviderError: it failed, whatever the reason.
        """
        headers = self._wire.headers(self.endpoint)
        call = HttpCall(self.endpoint.base_url + path, headers, b"" if body is None else orjson.dumps(body), method)
        with self._clients.one() as client:
            answer = await exchange(client, call, self.endpoint, self.bounds.largest_body)
        value = parse_json(answer, self.endpoint)
        if answer.status != 200:
            raise self._classified(answer, value)
        return value

    # Tries

    async def _patiently(self, sending: _Sending) -> Any:
        """Try until it succeeds or there is no use in it."""
        try:
            return await self._try(sending)
        except TransientError as error:
            # Nearly all requests succeed at once, and a retry loop costs a tenth of a request.
            return await self._retrying(sending)(_after(error, self._try), sending)

    def _retrying(self, sending: _Sending) -> AsyncRetrying:
        """A retry loop for one request: its counters are its own."""

        def give_up(state: RetryCallState) -> bool:
            error = _error_of(state)
            # A rate limit or an outage says nothing about this request.
            sending.retry = not (error.is_rate_limit or self.traffic.breaker.is_outage)
            sending.counted += sending.retry
            most = TRIES_BEFORE_FIRST_ANSWER if self._nobody_there(error) else error.most_tries
            longest = max(MOST_WAITING_S, 2 * self.bounds.longest_wait_s)
            return sending.counted >= most or sending.slept_s > longest

        def wait(state: RetryCallState) -> float:
            error = _error_of(state)
            tries = self.traffic.limits_in_a_row + 1 if error.is_rate_limit else max(1, sending.counted)
            return backoff_s(error, tries)

        def before_sleep(state: RetryCallState) -> None:
            self.meter.retries += 1
            sending.limited = _error_of(state).is_rate_limit
            sending.slept_s += state.upcoming_sleep
            self._slow_down(_error_of(state), sending, state.upcoming_sleep)

        async def sleep(seconds: float) -> None:
            if not sending.limited:  # the end of a limit is waited for at the gate, by all or by this one
                await self._gate.sleep(seconds)

        def last_error(state: RetryCallState) -> None:
            error = _error_of(state)
            self._slow_down(error, sending, error.retry_after_s or 0.0)
            if self._nobody_there(error):
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

    def _slow_down(self, error: TransientError, sending: _Sending, wait_s: float) -> None:
        """A limit is everybody's: whoever met it tells the others."""
        now, ticket = asyncio.get_running_loop().time(), sending.ticket
        if ticket is None:
            return
        if error.is_rate_limit:
            sending.not_before = now + wait_s
            self.traffic.limited(now, ticket, wait_s)
            if self.traffic.refusals.one_by_one:
                text = f"{where(self.endpoint)} refuses single requests (HTTP 429), not all: each of them waits alone."
                self._note_once("single", text)
        elif error.retry_after_s is not None:
            self.traffic.hold(now + wait_s)
        if error.is_overload:
            self.traffic.overloaded(ticket)

    def _nobody_there(self, error: TransientError) -> bool:
        """Whether nobody has ever been met at this address, and it looks as if nobody will."""
        # Whoever breaks off a connection or is silent on it was there.
        return not self.meter.answers and error.code in NOBODY_THERE and self.meter.failures.keys() <= NOBODY_THERE

    async def _try(self, sending: _Sending) -> Any:
        """One request, from the wait for its turn to the parsed reply."""
        loop = asyncio.get_running_loop()
        tokens = len(sending.call.body) / 4 + sending.question.output_tokens
        ticket = sending.ticket = await self._gate.enter(tokens, retry=sending.retry, not_before=sending.not_before)
        if self.traffic.breaker.is_open and not self.traffic.breaker.is_outage:
            self._note_once("retries", f"too many requests are tried again; {where(self.endpoint)} is given pauses.")
        began = loop.time()
        self.meter.requests += 1
        self.meter.in_flight += 1
        sending.attempts.sent += 1
        try:
            with self._clients.one() as client:
                answer = await exchange(client, sending.call, self.endpoint, self.bounds.largest_body)
        except ProviderError as error:
            self._left(ticket)
            raise self._failed(error, sending, ticket) from error
        except BaseException:
            self.meter.cancelled += 1
            self.meter.possibly_billed += 1
            self._left(ticket)
            raise
        self._left(ticket)
        self.meter.answers += 1
        self._look_at(answer)
        try:
            reply = self._reply(answer, sending.question)
        except ProviderError as error:
            raise self._failed(error, sending, ticket) from error
        self.meter.note_reply(loop.time() - began)
        used = reply.usage.input_tokens + reply.usage.output_tokens if reply.usage.reported else None
        self.traffic.succeeded(ticket, used)
        return reply

    def _left(self, ticket: Ticket) -> None:
        self.meter.in_flight -= 1
        self._gate.left(ticket)

    def _reply(self, answer: Answer, question: _Question[Reply]) -> Reply:
        value = parse_json(answer, self.endpoint)
        if answer.status != 200 or (isinstance(value, dict) and value.get("error")):
            raise self._classified(answer, value)
        try:
            return question.parse(value)
        except (KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
            reason = error if isinstance(error, ValueError) else repr(error)
            text = f"{where(self.endpoint)}: the answer has not the expected shape ({reason})"
            raise TransientError(text, code="bad_body", most_tries=3) from error

    def _classified(self, answer: Answer, value: Any) -> ProviderError:
        details = self._wire.parse_error(answer.status, value)
        longest = self.bounds.longest_wait_s
        return faults.classify(answer.status, answer.headers, details, self.endpoint, longest)

    def _failed(self, error: ProviderError, sending: _Sending, ticket: Ticket) -> ProviderError:
        """Count a request without a reply; the host's end is everybody's."""
        self.meter.failures[error.code] += 1
        self.meter.possibly_billed += error.code in _BILLED
        if error.code in _ANSWERED or not isinstance(error, TransientError):
            self.traffic.answered_otherwise(ticket)
        if not isinstance(error, TransientError):
            return error
        sending.attempts.note_failure(utc_time(), error.code, str(error))
        if error.is_rate_limit:
            return error
        now, breaker = asyncio.get_running_loop().time(), self.traffic.breaker
        if (self._nobody_there(error) and not breaker.is_open) or error.code in _ANSWERED:
            return error
        was_open = breaker.is_open
        if not self.traffic.failed(now, ticket, id(sending.attempts), used=error.code in _BILLED):
            text = f"{str(error).rstrip('.')}. It does not come back; run the same command again later."
            return AccessError(text, code="outage")
        if breaker.is_open and not was_open:
            self._on_note(
                f"{str(error).rstrip('.')}. Nothing succeeds; one request tries again in {breaker.pause_s:.0f} s."
            )
        return error

    def _look_at(self, answer: Answer) -> None:
        """What the headers of any answer tell, good or bad."""
        told = hints.quotas(answer.headers)
        if told:
            self.traffic.answered(asyncio.get_running_loop().time(), told)
        off = hints.clock_is_off_s(answer.headers)
        if abs(off) > _MOST_CLOCK_DIFFERENCE_S and not self.endpoint.provider.in_process:
            days = abs(off) / 86_400
            self._note_once("clock", f"this machine's clock is {days:.1f} days off, by the server's answer.")
        if answer.status == 200 and answer.body.startswith(b"\xef\xbb\xbf"):
            self._note_once("mark", f"{where(self.endpoint)} puts a byte order mark before its JSON; taken as JSON.")
        kind = answer.headers.get("content-type", "")
        if answer.status == 200 and "json" not in kind.lower() and answer.body.lstrip()[:1] in {b"{", b"["}:
            self._note_once("type", f"{where(self.endpoint)} calls its JSON {kind or 'nothing'}; taken as JSON.")

    def _note_once(self, about: str, text: str) -> None:
        if about not in self._noted:
            self._noted.add(about)
            self._on_note(text)


def _after(
    first: TransientError, try_again: Callable[[_Sending], Awaitable[Any]]
) -> Callable[[_Sending], Awaitable[Any]]:
    """The tries of a request whose first one has failed already."""
    failures = [first]

    async def attempt(sending: _Sending) -> Any:
        if failures:
            raise failures.pop()
        return await try_again(sending)

    return attempt


def _error_of(state: RetryCallState) -> TransientError:
    error = state.outcome.exception() if state.outcome else None
    assert isinstance(error, TransientError)
    return error
