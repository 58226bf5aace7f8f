"""Ollama's native API (`POST /api/chat`), as read in its source of August 2026."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import orjson

from tests.llm_server.config import Config
from tests.llm_server.dialects.types import Ask, Completion, Dialect, Problem, body_of, tokens
from tests.llm_server.http1 import Request, Response

_CREATED = "2026-11-22T05:00:00.123456789Z"
# fmt: off
_INTEGERS = {
    "num_keep", "seed", "num_predict", "top_k", "repeat_last_n", "num_ctx", "num_batch", "num_gpu", "main_gpu",
    "num_thread",
}
# fmt: on
_FLOATS = {"top_p", "min_p", "typical_p", "temperature", "repeat_penalty", "presence_penalty", "frequency_penalty"}
_THINKS = (None, True, False, "low", "medium", "high", "max")
_PIECE = 16

# kind: status and the whole message, where the problem brings none of its own
_ERRORS: dict[str, tuple[int, str]] = {
    "invalid": (400, "invalid request"),
    "unsupported_parameter": (400, "invalid request"),
    "unsupported_value": (400, "invalid request"),
    "context_length": (400, "request exceeds the available context size, try increasing it"),
    "unauthorized": (401, "unauthorized"),
    "forbidden": (403, "ollama cloud is disabled"),
    "model_not_found": (404, "model '{model}' not found"),
    "not_found": (404, "404 page not found"),
    "timeout": (408, "request timed out"),
    "conflict": (409, "conflict"),
    "too_large": (413, "request body too large"),
    "unprocessable": (422, "unprocessable entity"),
    "rate_limit": (429, "too many concurrent requests"),
    "quota": (429, "you (somebody) have reached your weekly usage limit, upgrade for higher limits"),
    "server_error": (500, "llama runner process has terminated: exit status 2"),
    "overloaded": (503, "server busy, please try again.  maximum pending requests exceeded"),
}


@dataclass(frozen=True, slots=True)
class _Prompt:
    system: str
    user: str

    @property
    def tokens(self) -> int:
        return tokens(self.system) + tokens(self.user)


def parse(request: Request, config: Config) -> Ask | Response:
    if not request.body:
        raise Problem("invalid", "missing request body")
    body = body_of(request)
    model = body.get("model")
    if not isinstance(model, str) or not model:
        raise Problem("invalid", "model is required")
    if not config.has_model(model):
        raise Problem("model_not_found")
    options = _options(body.get("options"))
    schema = _format(body.get("format"))
    _check_think(body.get("think"), model, config)
    messages = body.get("messages")
    if not messages:
        return _loaded(model, body.get("keep_alive"))
    sent = _read_messages(messages)
    seen, note = _fitted(sent, int(options.get("num_ctx") or config.num_ctx), body.get("truncate") is not False)
    limit = int(options.get("num_predict") or -1)
    return Ask(
        model,
        seen.system,
        seen.user,
        sent.user,
        schema,
        limit if limit > 0 else None,  # -1: without end
        config.reasoning_tokens if config.thinking and body.get("think") is not False else 0,
        stream=body.get("stream") is not False,
        note=note,
    )


def _options(options: Any) -> dict[str, Any]:
    """The options, their types checked as Ollama does; names that it does not know are only logged there."""
    if options is None:
        return {}
    if not isinstance(options, dict):
        raise Problem("invalid", "json: cannot unmarshal into Go struct field ChatRequest.options of type map")
    for name, value in options.items():
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if value is None or (name in _INTEGERS | _FLOATS and number):
            continue  # a fraction for an integer is cut, not refused
        if name in _INTEGERS:
            raise Problem("invalid", f'option "{name}" must be of type integer')
        if name in _FLOATS:
            raise Problem("invalid", f'option "{name}" must be of type float32')
        if name == "stop" and not (isinstance(value, list) and all(isinstance(text, str) for text in value)):
            raise Problem("invalid", 'option "stop" must be of type array')
    return options


def _format(wanted: Any) -> dict[str, Any] | None:
    if wanted is None or wanted in ("", "json"):
        return None
    # A schema wrapped as OpenAI wants it would be taken and not understood by the real one: here it is refused.
    if not isinstance(wanted, dict) or {"json_schema", "schema"} & set(wanted):
        shown = orjson.dumps(wanted).decode()
        raise Problem("invalid", f'invalid format: {shown}; expected "json" or a valid JSON Schema object')
    return wanted


def _check_think(think: Any, model: str, config: Config) -> None:
    if think not in _THINKS:
        raise Problem("invalid", f'invalid think value: "{think}" (must be "high", "medium", "low", true, or false)')
    if think and not config.thinking:
        raise Problem("invalid", f'"{model}" does not support thinking')


def _read_messages(messages: Any) -> _Prompt:
    if not isinstance(messages, list) or not all(isinstance(message, dict) for message in messages):
        raise Problem(
            "invalid", "json: cannot unmarshal into Go struct field ChatRequest.messages of type []api.Message"
        )
    texts: dict[str, list[str]] = {"system": [], "user": [], "assistant": [], "tool": []}
    for message in messages:
        if message.get("role") not in texts:
            raise Problem("invalid", 'invalid role: must be one of ["system", "user", "assistant", "tool"]')
        if not isinstance(message.get("content", ""), str):
            raise Problem(
                "invalid", "json: cannot unmarshal into Go struct field Message.messages.content of type string"
            )
        texts[message["role"]].append(message.get("content", ""))
    return _Prompt("\n\n".join(texts["system"]), "\n\n".join(texts["user"]))


def _fitted(prompt: _Prompt, context: int, may_cut: bool) -> tuple[_Prompt, str | None]:
    """The prompt within the context. Too long, it loses its beginning, in silence, unless the request forbade that."""
    if prompt.tokens <= context:
        return prompt, None
    if not may_cut:
        message = f"request ({prompt.tokens} tokens) exceeds the available context size ({context} tokens)"
        raise Problem("context_length", f"{message}, try increasing it")
    user = prompt.user[-4 * context :]
    room = 4 * context - len(user)
    cut = _Prompt(prompt.system[-room:] if room else "", user)
    return cut, f"prompt cut from {prompt.tokens} to {context} tokens"


def _loaded(model: str, keep_alive: Any) -> Response:
    """Without messages a model is only loaded, or unloaded where it shall be kept for no time."""
    reason = "unload" if keep_alive == 0 else "load"
    message = {"role": "assistant", "content": ""}
    return Response.json(
        {"model": model, "created_at": _CREATED, "message": message, "done": True, "done_reason": reason}
    )


def page(request: Request, config: Config) -> Response:
    listed = config.models if config.models is not None else ["gemma4:latest"]
    match request.method, request.path:
        case "GET", "/":
            return Response.text("Ollama is running")
        case "GET", "/api/version":
            return Response.json({"version": "0.15.2"})
        case "GET", "/api/tags":
            return Response.json({"models": [_tag(name) for name in listed]})
        case "POST", "/api/show":
            name = body_of(request).get("model", "")
            if not config.has_model(name):
                raise Problem("model_not_found", f"model '{name}' not found")
            return Response.json(_tag(name) | {"model_info": {"gemma4.context_length": 131072}})
    return Response.text("404 page not found", 404)


def _tag(name: str) -> dict[str, Any]:
    full = name if ":" in name else f"{name}:latest"
    return {
        "name": full,
        "model": full,
        "modified_at": _CREATED,
        "size": 3338801804,
        "digest": "0" * 64,
        "details": {"family": "gemma4", "parameter_size": "4.3B", "quantization_level": "Q4_K_M"},
        "capabilities": ["completion", "thinking"],
    }


def render(ask: Ask, completion: Completion, _config: Config) -> Response:
    """One object, or a stream of them when the request did not say `"stream": false`."""
    # There is no field for a refusal: the model just says so.
    thinking = "Hmm " * completion.reasoning_tokens
    message = {"role": "assistant", "content": completion.text, "thinking": thinking}
    last = {
        "model": ask.model,
        "created_at": _CREATED,
        "message": message,
        "done": True,
        "done_reason": "length" if completion.finish == "length" else "stop",
    } | _counts(ask, completion)
    if not ask.stream:
        return Response.json(last)
    text = completion.text
    lines = [_line(ask, text[start : start + _PIECE]) for start in range(0, len(text), _PIECE)]
    lines.append(last | {"message": {"role": "assistant", "content": ""}})
    pieces = tuple(orjson.dumps(line) + b"\n" for line in lines)
    return Response(200, b"", {"content-type": "application/x-ndjson"}, pieces)


def _line(ask: Ask, piece: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": piece}
    return {"model": ask.model, "created_at": _CREATED, "message": message, "done": False}


def _counts(ask: Ask, completion: Completion) -> dict[str, int]:
    """Durations in nanoseconds. Go's `omitempty`: what is zero is not there."""
    counts = {
        "total_duration": 1334875 + 2_000_000 * ask.prompt_tokens + 36_000_000 * completion.output_tokens,
        "load_duration": 1334875,
        "prompt_eval_count": ask.prompt_tokens,
        "prompt_eval_duration": 2_000_000 * ask.prompt_tokens,
        "eval_count": completion.output_tokens,
        "eval_duration": 36_000_000 * completion.output_tokens,
    }
    return {name: count for name, count in counts.items() if count}


def error(problem: Problem, model: str, _request_id: str) -> Response:
    """The error is a plain string here, not an object."""
    status, message = _ERRORS[problem.kind]
    body = {"error": problem.message or message.replace("{model}", model)}
    status = problem.status or status
    if status == 401:
        body["signin_url"] = "https://ollama.com/connect"
    return Response.json(body, status, problem.headers)


DIALECT = Dialect(
    "ollama",
    owns=lambda request: request.path == "/" or request.path.startswith("/api/"),
    generates=re.compile(r"/api/chat$"),
    parse=parse,
    page=page,
    render=render,
    error=error,
)
