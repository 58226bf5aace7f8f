"""What passes between the server and a dialect, in no vendor's words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

from tests.llm_server import answers
from tests.llm_server.config import Config
from tests.llm_server.http1 import Request, Response

Finish = Literal["stop", "length", "refusal", "content_filter"]

Missing = Literal["candidates", "content", "parts"]

Kind = Literal[
    "invalid",
    "unsupported_parameter",
    "unsupported_value",
    "context_length",
    "unauthorized",
    "forbidden",
    "model_not_found",
    "not_found",
    "timeout",
    "conflict",
    "too_large",
    "unprocessable",
    "rate_limit",
    "quota",
    "server_error",
    "overloaded",
]

KIND_OF_STATUS: dict[int, Kind] = {
    400: "invalid",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    408: "timeout",
    409: "conflict",
    413: "too_large",
    422: "unprocessable",
    429: "rate_limit",
    503: "overloaded",
    529: "overloaded",
}
"""What an error with this status is, where nothing more is said. All others: server_error."""


def tokens(text: str) -> int:
    """About four characters each."""
    return -(-len(text) // 4)


def in_pieces(text: str, marker: str) -> list[str]:
    """The text in one piece, or in two: the marker decides. An empty text has none."""
    middle = 0 if int(marker, 16) % 2 else len(text) // 2
    return [piece for piece in (text[:middle], text[middle:]) if piece]


@dataclass(frozen=True)
class Ask:
    """A request for text."""

    model: str
    system: str
    user: str
    """All user messages, as the model sees them."""
    sent: str
    """All user messages, as they were sent: more than `user` where the prompt was cut."""
    schema: dict[str, Any] | None = None
    max_tokens: int | None = None
    reasoning_tokens: int = 0
    stream: bool = False
    note: str | None = None
    shows_thoughts: bool = False
    """The reply shows the thoughts, or at least that there were some."""
    truth: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """What passages are to questions, see `labelling`."""
    tool: str | None = None
    """The tool that the model was made to use, with the reply as its input."""
    inputs: tuple[str, ...] = ()
    """The texts whose vectors are wanted; none where a text is."""
    as_bytes: bool = False
    """The vectors as bytes in base64."""

    @cached_property
    def passage(self) -> str:
        return answers.passage_in(self.user)

    @cached_property
    def marker(self) -> str:
        return answers.marker(answers.passage_in(self.sent))

    @cached_property
    def count(self) -> int:
        """How many pairs are wanted."""
        return answers.number_asked(self.user)

    @property
    def prompt_tokens(self) -> int:
        return tokens(self.system) + tokens(self.user)


@dataclass(frozen=True, slots=True)
class Completion:
    """What the model made of it. The last four fields are for the dialects that have such a thing."""

    text: str
    finish: Finish = "stop"
    reasoning_tokens: int = 0
    shows_thoughts: bool = False
    """Even where the request did not ask for them."""
    reason: str | None = None
    """The vendor's own word for why it stopped, in place of the usual one."""
    missing: Missing | None = None
    """Left out of the reply, with all that it would hold (Gemini)."""

    @property
    def output_tokens(self) -> int:
        return self.reasoning_tokens + tokens(self.text)

    def within(self, ask: Ask) -> Completion:
        """Cut at the token limit. Reasoning comes first and may leave nothing for the text."""
        reasoning = max(self.reasoning_tokens, ask.reasoning_tokens)
        if ask.max_tokens is None:
            return replace(self, reasoning_tokens=reasoning)
        reasoning = min(reasoning, ask.max_tokens)
        room = 4 * (ask.max_tokens - reasoning)
        finish: Finish = self.finish if len(self.text) <= room else "length"
        return replace(self, text=self.text[:room], finish=finish, reasoning_tokens=reasoning)


@dataclass(eq=False)  # not frozen: Python itself writes the traceback into an exception
class Problem(Exception):
    """Why a request is not answered. What is None is filled in by the dialect, in its own words."""

    kind: Kind
    message: str | None = None
    param: str | None = None
    status: int | None = None
    code: str | None = None
    type: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    variant: str | None = None
    """Which of its kind. Where it is set, Claude and Gemini choose all words themselves: code and type are OpenAI's."""
    retry_delay: str | None = None
    """When to come back, where that stands in the body (Gemini)."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """One API."""

    name: str
    owns: Callable[[Request], bool]
    """Whether a request is its own."""
    generates: re.Pattern[str]
    """The paths to which a request for text is POSTed."""
    parse: Callable[[Request, Config], Ask | Response]
    """Strict as the real one: raises Problem. A Response answers at once, without a model."""
    page: Callable[[Request, Config], Response]
    """Any other path of its own, such as the list of models; raises Problem."""
    render: Callable[[Ask, Completion, Config], Response]
    error: Callable[[Problem, str, str], Response]
    """An error in the dialect's form; the texts are the model's name, or empty, and the request's id."""
    id_header: str | None = "x-request-id"
    """The header in which a response carries the request's id."""


def body_of(request: Request) -> dict[str, Any]:
    """The JSON object that was sent; raises Problem."""
    try:
        value = request.json()
    except ValueError as error:
        raise Problem("invalid", f"We could not parse the JSON body of your request. ({error})") from None
    if not isinstance(value, dict):
        raise Problem("invalid", "The JSON body must be an object.")
    return value
