"""What passes between the program and a model, in no vendor's words.

A `ChatRequest` says what is wanted. A wire (`Wire`: one module a dialect, three pure functions) turns it into an
`HttpCall` and turns the answer into a `ChatReply`, or into `ErrorDetails` that `faults.classify` judges.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from qagen.llm.providers import Endpoint

Finish = Literal["stop", "length", "refused", "other"]
"""Why a model ended: done, cut at the token limit, it declined (or a filter did), or something unknown."""


DROPPABLE = frozenset(
    {"temperature", "top_p", "seed", "effort", "max_tokens", "schema", "json", "encoding", "task", "truncate"}
)
"""What a request can do without. `max_tokens` goes under its other name; after `schema` comes plain JSON mode.
The last three belong to embeddings."""


_MOST_TOKENS = 10**9


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the provider counted them. `input_tokens` includes cached ones, `output_tokens` includes reasoning."""

    input_tokens: int = 0
    cached_input_tokens: int = 0
    output_tokens: int = 0
    cache_write_tokens: int = 0
    """Part of the input tokens that was written to the provider's cache, where that costs extra."""
    reported: bool = True
    """False where the reply carried no counts; the figures are then 0."""

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.input_tokens + other.input_tokens,
            self.cached_input_tokens + other.cached_input_tokens,
            self.output_tokens + other.output_tokens,
            self.cache_write_tokens + other.cache_write_tokens,
            self.reported and other.reported,
        )

    def __sub__(self, other: Usage) -> Usage:
        return Usage(
            self.input_tokens - other.input_tokens,
            self.cached_input_tokens - other.cached_input_tokens,
            self.output_tokens - other.output_tokens,
            self.cache_write_tokens - other.cache_write_tokens,
            self.reported,
        )


def tokens_of(count: Any) -> int:
    """A count as a server wrote it; 0 for what is no number, or for one that no exchange can have."""
    return int(count) if isinstance(count, int | float) and 0 <= count <= _MOST_TOKENS else 0


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One question to a model. It is a function of one chunk and of the run's parameters alone."""

    system: str
    user: str
    model: str
    max_tokens: int
    schema: Mapping[str, Any] | None = None
    """JSON schema (the portable subset) that the reply must follow."""
    schema_name: str = "reply"
    temperature: float | None = None
    """Sent only when the user asked for it: many current models refuse it."""
    top_p: float | None = None
    seed: int | None = None
    effort: str | None = None
    """How much a reasoning model may think, none to max; None where the model is not told."""
    without: frozenset[str] = frozenset()
    """Parameters that this model has refused: a subset of `DROPPABLE`."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Sampling options under the provider's own names (`--model-option`), put where the dialect wants them."""
    context_tokens: int | None = None
    """Size of the context window to ask for, where the dialect lets the client choose it."""
    material: Mapping[str, Any] = field(default_factory=dict)
    """The passage and what is known of it, as plain fields, for a provider that is no language model."""

    def sends(self, parameter: str) -> bool:
        """Whether the parameter may be sent."""
        return parameter not in self.without


def estimate(request: ChatRequest, reply: ChatReply) -> Usage:
    """Tokens of an exchange that nobody counted: about four characters each."""
    return Usage((len(request.system) + len(request.user)) // 4, 0, len(reply.text) // 4, reported=False)


@dataclass(frozen=True, slots=True)
class ChatReply:
    """What a model answered, in HTTP 200."""

    text: str
    finish: Finish
    usage: Usage
    model: str
    refusal: str | None = None
    """The model's own words where it declined."""


TextKind = Literal["query", "passage"]
"""What a text is to a search: many models make other vectors of a question than of what may answer it."""


@dataclass(frozen=True, slots=True)
class EmbeddingRequest:
    """Texts whose vectors are wanted. None of them is empty."""

    texts: tuple[str, ...]
    kind: TextKind
    model: str
    without: frozenset[str] = frozenset()
    """Parameters that this model has refused: a subset of `DROPPABLE`."""

    def sends(self, parameter: str) -> bool:
        """Whether the parameter may be sent."""
        return parameter not in self.without


@dataclass(frozen=True, slots=True, eq=False)
class EmbeddingReply:
    """The vectors of the texts of one request, in HTTP 200."""

    vectors: NDArray[np.float32]
    """One row a text, in the order of the request; finite, of any length."""
    usage: Usage
    model: str


@dataclass(frozen=True, slots=True)
class FailedTry:
    """A request that brought no reply."""

    at: str
    """UTC time."""
    number: int
    """Which try it was, from 1."""
    code: str
    message: str
    times: int = 1
    """So many tries, this being the first, ended so one after the other."""


@dataclass(slots=True)
class Attempts:
    """The HTTP requests that went out for something. The client counts them as they go."""

    sent: int = 0
    failed: list[FailedTry] = field(default_factory=list)
    """Those that were worth another try."""

    def note_failure(self, at: str, code: str, message: str) -> None:
        """The last one sent brought no reply. Rate limits in a row are one entry: a host that is closed for an hour
        must not fill the log."""
        last = self.failed[-1] if self.failed else None
        if last is not None and last.code == code == "rate_limited" and last.number + last.times == self.sent:
            self.failed[-1] = replace(last, message=message, times=last.times + 1)
        else:
            self.failed.append(FailedTry(at, self.sent, code, message))


LONGEST_WAIT_S = 300.0
LARGEST_BODY = 16 * 1024 * 1024


TransportChoice = Literal["auto", "httpx", "aiohttp"]


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the user allows the client."""

    requests_per_minute: float | None = None
    """None: as many as the server takes."""
    tokens_per_minute: float | None = None
    longest_wait_s: float = LONGEST_WAIT_S
    """A server that asks for more ends the run."""
    largest_body: int = LARGEST_BODY
    """Bytes of an answer, counted after decompression."""
    ca_bundle: Path | None = None
    """Certificates to trust instead of the system's."""
    transport: TransportChoice = "httpx"
    """Who carries the requests; `auto`: aiohttp where it is installed and can."""


@dataclass(frozen=True, slots=True)
class HttpCall:
    """One HTTP request, ready to send."""

    url: str
    headers: Mapping[str, str]
    body: bytes
    method: str = "POST"


Kind = Literal["auth", "quota", "model", "context_length", "rate_limited", "server"]


@dataclass(frozen=True, slots=True)
class ErrorDetails:
    """What an error reply says, read by its wire. `kind` is None where only the status tells."""

    message: str
    kind: Kind | None = None
    retry_after_s: float | None = None
    """A wait that stands in the body rather than in a header."""
    most_tries: int | None = None
    """How often a fault like this is worth trying, where the dialect knows better."""
    parameter: str | None = None
    """Our name of the parameter that the model refuses; one of `DROPPABLE`."""


class Wire(Protocol):
    """A dialect: one module of three pure functions, and the headers that they share with listing the models."""

    def headers(self, endpoint: Endpoint) -> dict[str, str]:
        """Content type, version and key."""

    def build_request(self, request: ChatRequest, endpoint: Endpoint) -> HttpCall:
        """The request on the wire."""

    def parse_reply(self, body: Mapping[str, Any]) -> ChatReply:
        """The answer in a body of HTTP 200. KeyError, IndexError or TypeError: not this dialect's shape."""

    def parse_error(self, status: int, body: Any, /) -> ErrorDetails | None:
        """What an error body says (any JSON value, or None); None where it says nothing. Some come with status 200."""


class EmbeddingWire(Protocol):
    """How a dialect asks for vectors: two pure functions. Headers and errors are those of the host's `Wire`."""

    def build_request(self, request: EmbeddingRequest, endpoint: Endpoint) -> HttpCall:
        """The request on the wire."""

    def parse_reply(self, body: Mapping[str, Any], count: int, /) -> EmbeddingReply:
        """The answer to a request of `count` texts. KeyError, TypeError ...: not this dialect's shape.

        Raises:
            ValueError: not one vector for each text, or no vectors that can be compared; the text says which.
        """
