"""The only one who sends: bound, understand, try again."""

from __future__ import annotations

import asyncio
import dataclasses
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib import import_module
from types import TracebackType
from typing import Any, Self, cast

import httpx
import orjson
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type

from qagen.errors import AccessError, RejectedError, TransientError
from qagen.llm import faults
from qagen.llm.limits import MOST_WAITING_S, NOBODY_THERE, Pace, backoff_s
from qagen.llm.providers import Endpoint
from qagen.llm.transport import PER_CLIENT, make_clients, translate
from qagen.llm.types import DROPPABLE, Attempts, ChatReply, ChatRequest, HttpCall, Wire

MOST_BYTES = 16 * 1024 * 1024
"""The largest body that is read, counted after decompression."""
TRIES_BEFORE_FIRST_ANSWER = 3
"""A host that never answered is more likely a wrong address than a passing fault."""


class Stopped(Exception):
    """The run is ending: this request was not sent, and nobody is to blame."""


@dataclass(slots=True)
class Meter:
    """What was sent so far, counted for the user."""

    requests: int = 0
    retries: int = 0
    in_flight: int = 0
    answers: int = 0
    """HTTP answers of any status."""
    rate_limits: int = 0
    waited_s: float = 0.0
    """Seconds of waiting before tries, added over all workers."""
    possibly_billed: int = 0
    """Requests that went out whole and whose answer was lost."""


class Client:
    """One endpoint, for up to `concurrency` requests at a time. Use as an async context manager."""

    def __init__(self, endpoint: Endpoint, concurrency: int, on_note: Callable[[str], None] = lambda _: None) -> None:
        self.endpoint = endpoint
        self._on_note = on_note
        self._refused: frozenset[str] = frozenset()
        self.meter = Meter()
        self._wire = cast(Wire, import_module(f"qagen.llm.{endpoint.provider.wire}"))
        self._clients = make_clients(endpoint, concurrency)
        self._pace = Pace()
        self._stopping = asyncio.Event()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for client in self._clients:
            await client.aclose()

    def stop(self) -> None:
        """Send nothing more. What is on its way may still arrive; what waits raises `Stopped`."""
        self._stopping.set()

    async def send(self, request: ChatRequest, slot: int, attempts: Attempts) -> ChatReply:
        """The model's reply. `slot` is the number of the worker that asks, from 0; each try counts in `attempts`.

        Raises:
            AccessError: no request can pass.
            TransientError: all tries failed.
            RejectedError: this request will never pass.
            Stopped: the run ended before it was sent.
        """
        client = self._clients[slot // PER_CLIENT % len(self._clients)]
        call = self._build(request)
        while True:
            try:
                reply: ChatReply = await self._retrying()(self._try, client, call, attempts)
            except RejectedError as error:
                changed = self._without_refused(request, call, error)
                if changed is None:
                    raise
                call = changed
            else:
                return reply

    def _build(self, request: ChatRequest) -> HttpCall:
        """The request on the wire, without what this model has refused before."""
        without = self._refused | request.without
        return self._wire.build_request(dataclasses.replace(request, without=without), self.endpoint)

    def _without_refused(self, request: ChatRequest, call: HttpCall, error: RejectedError) -> HttpCall | None:
        """The request without the parameter that was refused, for the rest of the run, with one warning.

        None: there is nothing to leave out, because it was not sent, or only as an option of the user's own.
        """
        # After the schema, plain JSON mode may be refused, too; and some hosts know nothing else.
        candidates = ("schema", "json") if error.parameter == "schema" else (error.parameter,)
        for parameter in candidates:
            if parameter not in DROPPABLE:
                continue
            if parameter in self._refused and (changed := self._build(request)) != call:
                return changed  # another worker has met the same refusal meanwhile
            before, self._refused = self._refused, self._refused | {parameter}
            changed = self._build(request)
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
        status, answered, data = await self._exchange(self._clients[0], call)
        value = _parse_json(data, status, self.endpoint)
        if status != 200:
            raise faults.classify(status, answered, self._wire.parse_error(status, value), self.endpoint)
        return value

    def _retrying(self) -> AsyncRetrying:
        """A retry loop for one request: its counters are its own."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        counted = 0

        def give_up(state: RetryCallState) -> bool:
            nonlocal counted
            error = _error_of(state)
            counted += not error.is_rate_limit
            most = TRIES_BEFORE_FIRST_ANSWER if self._nobody_there(error) else error.most_tries
            return counted >= most or loop.time() - began > MOST_WAITING_S

        def wait(state: RetryCallState) -> float:
            error = _error_of(state)
            return backoff_s(error, state.attempt_number)

        def before_sleep(state: RetryCallState) -> None:
            self.meter.retries += 1
            if _error_of(state).is_rate_limit:
                self.meter.rate_limits += 1
                self._pace.hold(loop.time() + state.upcoming_sleep)

        def last_error(state: RetryCallState) -> None:
            error = _error_of(state)
            if self._nobody_there(error):
                raise AccessError(str(error), code=error.code) from error
            raise error

        return AsyncRetrying(
            retry=retry_if_exception_type(TransientError),
            stop=give_up,
            wait=wait,
            before_sleep=before_sleep,
            sleep=cast(Callable[[float], Awaitable[None]], self._pause),
            retry_error_callback=last_error,
        )

    def _nobody_there(self, error: TransientError) -> bool:
        """Whether this host has never answered, and looks as if it will not."""
        return not self.meter.answers and error.code in NOBODY_THERE

    async def _try(self, client: httpx.AsyncClient, call: HttpCall, attempts: Attempts) -> ChatReply:
        """One request, from the wait for its turn to the parsed reply."""
        while delay := self._pace.delay_s(asyncio.get_running_loop().time()):
            await self._pause(delay)
        if self._stopping.is_set():
            raise Stopped
        self.meter.requests += 1
        attempts.sent += 1
        status, headers, body = await self._exchange(client, call)
        self.meter.answers += 1
        value = _parse_json(body, status, self.endpoint)
        if status == 200 and not (isinstance(value, dict) and value.get("error")):
            try:
                return self._wire.parse_reply(value)
            except (KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
                raise TransientError(
                    f"{self._where}: the answer has not the expected shape ({error!r})", code="bad_body", most_tries=3
                ) from error
        raise faults.classify(status, headers, self._wire.parse_error(status, value), self.endpoint)

    async def _exchange(self, client: httpx.AsyncClient, call: HttpCall) -> tuple[int, httpx.Headers, bytes]:
        """Send, and read the whole answer within the deadline and the bound."""
        answered = False
        self.meter.in_flight += 1
        try:
            async with (
                asyncio.timeout(self.endpoint.provider.deadline_s),
                client.stream(call.method, call.url, headers=call.headers, content=call.body) as response,
            ):
                answered = True
                return response.status_code, response.headers, await self._read(response)
        except TimeoutError as error:
            self.meter.possibly_billed += 1
            seconds = self.endpoint.provider.deadline_s
            raise TransientError(
                f"{self._where}: no complete answer in {seconds:.0f} s", code="deadline", most_tries=3
            ) from error
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            translated = translate(error, self.endpoint, answered=answered)
            self.meter.possibly_billed += translated.code in {"reset", "truncated_body", "read_timeout"}
            raise translated from error
        finally:
            self.meter.in_flight -= 1

    async def _read(self, response: httpx.Response) -> bytes:
        """The body, decompressed by ourselves: httpx would inflate a small bomb into all memory there is."""
        if response.is_stream_consumed:
            return response.content  # a transport without a socket has made it whole
        encoding = response.headers.get("content-encoding", "identity").lower()
        inflate = zlib.decompressobj(47) if encoding in {"gzip", "x-gzip", "deflate"} else None
        if inflate is None and encoding not in {"identity", ""}:
            raise TransientError(f"{self._where}: unknown encoding {encoding!r}", code="bad_body", most_tries=3)
        body = bytearray()
        async for piece in response.aiter_raw():
            try:
                body += inflate.decompress(piece, MOST_BYTES + 1 - len(body)) if inflate else piece
            except zlib.error as error:
                raise TransientError(f"{self._where}: damaged gzip", code="bad_body", most_tries=3) from error
            if len(body) > MOST_BYTES:
                raise RejectedError(
                    f"{self._where}: the answer is larger than {MOST_BYTES // 2**20} MB", code="response_too_large"
                )
        return bytes(body)

    async def _pause(self, seconds: float) -> None:
        """Wait, unless the run ends first."""
        began = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return
        finally:
            self.meter.waited_s += asyncio.get_running_loop().time() - began
        raise Stopped

    @property
    def _where(self) -> str:
        return f"{self.endpoint.provider.name} at {self.endpoint.host}"


def _parse_json(body: bytes, status: int, endpoint: Endpoint) -> Any:
    """The value of a body; None for an error status whose body is no JSON.

    Raises:
        TransientError: HTTP 200 with a body that is no JSON: something in between answered, or it was damaged.
    """
    try:
        return orjson.loads(body.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        if status != 200:
            return None
        where = f"{endpoint.provider.name} at {endpoint.host}"
        if not body.strip():
            raise TransientError(f"{where}: the answer is empty", code="empty_body", most_tries=3) from error
        if body.lstrip()[:1] == b"<":
            text = f"{where}: a web page came instead of an answer; a proxy or portal may stand in between"
            raise TransientError(text, code="bad_gateway_body", most_tries=2) from error
        raise TransientError(f"{where}: the answer is no JSON ({error})", code="bad_body", most_tries=3) from error


def _error_of(state: RetryCallState) -> TransientError:
    error = state.outcome.exception() if state.outcome else None
    assert isinstance(error, TransientError)
    return error
