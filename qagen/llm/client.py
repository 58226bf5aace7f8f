"""The only one who sends: wait for the turn, understand, try again."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from types import TracebackType
from typing import Any, Self, cast

import orjson

from qagen.errors import AccessError, ProviderError, RejectedError, TransientError
from qagen.formats import utc_time
from qagen.llm import faults, hints
from qagen.llm.exchange import Answer, exchange, parse_json, where
from qagen.llm.gate import Gate, Stopped
from qagen.llm.limits import Ticket, Traffic
from qagen.llm.meter import Meter
from qagen.llm.providers import Endpoint, embeddings_of, is_near
from qagen.llm.transport import Clients, make_clients
from qagen.llm.tries import Question, Reply, Sending, Tries
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

_BILLED = frozenset({"reset", "truncated_body", "read_timeout", "deadline"})
"""Faults after which the provider may have done the work, and nobody has it."""
_ANSWERED = frozenset({"bad_body", "empty_body", "truncated_body", "error_in_200"})
"""Faults of an answer: whatever is wrong, the host is there."""
_MOST_CLOCK_DIFFERENCE_S = 3600


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
        self._tries = Tries(self.traffic, self.meter, self._gate, self.bounds.longest_wait_s, self._note_single_refusal)
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

        return await self._ask(Question(build, self._wire.parse_reply, request.max_tokens), attempts)

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

        return await self._ask(Question(build, parse), attempts)

    async def _ask(self, question: Question[Reply], attempts: Attempts) -> Reply:
        """Ask until there is an answer, leaving out what this model refuses."""
        call = question.build(self._refused)
        while True:
            sending = Sending(call, question, attempts)
            try:
                reply: Reply = await self._tries.patiently(self._try, sending)
            except RejectedError as error:
                changed = self._without_refused(question, call, error)
                if changed is None:
                    raise
                call = changed
            else:
                return reply

    def _without_refused(self, question: Question[Any], call: HttpCall, error: RejectedError) -> HttpCall | None:
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
                self._on_note(f"{error.said.rstrip('.')}. From now on {_what_becomes_of(parameter, call, changed)}.")
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

    async def _try(self, sending: Sending) -> Any:
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

    def _reply(self, answer: Answer, question: Question[Reply]) -> Reply:
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

    def _failed(self, error: ProviderError, sending: Sending, ticket: Ticket) -> ProviderError:
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
        if (self._tries.nobody_there(error) and not breaker.is_open) or error.code in _ANSWERED:
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

    def _note_single_refusal(self) -> None:
        text = f"{where(self.endpoint)} refuses single requests (HTTP 429), not all: each of them waits alone."
        self._note_once("single", text)

    def _note_once(self, about: str, text: str) -> None:
        if about not in self._noted:
            self._noted.add(about)
            self._on_note(text)


def _what_becomes_of(parameter: str, before: HttpCall, after: HttpCall) -> str:
    """How a request goes on without a parameter: under which other name, or what of it is left out."""
    sent, now = orjson.loads(before.body).keys(), orjson.loads(after.body).keys()
    if parameter == "max_tokens":
        return f"it is sent as {', '.join(sorted(now - sent))}"
    return f"{', '.join(sorted(sent - now)) or parameter} is left out"
