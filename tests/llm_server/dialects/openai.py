"""OpenAI Chat Completions, as documented and observed in November 2026 (`POST /v1/chat/completions`).

Models named as OpenAI names them (gpt-..., o3) are held to OpenAI's rules. Any other name is taken for a model on a
compatible server (vLLM, llama.cpp, LM Studio), which takes `max_tokens` and ignores what it does not know.
"""

from __future__ import annotations

import re
from typing import Any

from tests.llm_server.config import Config
from tests.llm_server.dialects import strict_schema
from tests.llm_server.dialects.types import Ask, Completion, Dialect, Problem, body_of, tokens
from tests.llm_server.http1 import Request, Response

_HOSTED = re.compile(r"gpt-|o\d")
_REASONS = re.compile(r"gpt-[56]|o\d")
_TAKES_EFFORT_NONE = re.compile(r"gpt-6-(?:luna|sol)(?:-\d{4}-\d\d-\d\d)?$")
_EFFORTS = {"none", "minimal", "low", "medium", "high", "xhigh", "max"}
_ROLES = {"system", "developer", "user", "assistant", "tool"}
# fmt: off
_KNOWN = {
    "model", "messages", "max_tokens", "max_completion_tokens", "temperature", "top_p", "n", "seed", "stop",
    "stream", "stream_options", "store", "metadata", "response_format", "reasoning_effort", "verbosity",
    "service_tier", "prompt_cache_key", "prompt_cache_options", "prompt_cache_retention", "safety_identifier",
    "user", "logprobs", "top_logprobs", "logit_bias", "presence_penalty", "frequency_penalty", "tools",
    "tool_choice", "parallel_tool_calls", "modalities", "prediction", "audio", "web_search_options",
}
# fmt: on
_LISTED = ["gpt-6-luna", "gpt-6-sol", "gpt-4.1-mini"]
_CREATED = 1_795_300_000

# kind: status, type, code, message
_ERRORS: dict[str, tuple[int, str, str | None, str]] = {
    "invalid": (400, "invalid_request_error", None, "Invalid request."),
    "unsupported_parameter": (400, "invalid_request_error", "unsupported_parameter", "Unsupported parameter."),
    "unsupported_value": (400, "invalid_request_error", "unsupported_value", "Unsupported value."),
    "context_length": (
        400,
        "invalid_request_error",
        "context_length_exceeded",
        "This model's maximum context length is exceeded. Please reduce the length of the messages.",
    ),
    "unauthorized": (401, "invalid_request_error", "invalid_api_key", "Incorrect API key provided: sk-abc***xyz."),
    "forbidden": (
        403,
        "request_forbidden",
        "unsupported_country_region_territory",
        "Country, region, or territory not supported",
    ),
    "model_not_found": (
        404,
        "invalid_request_error",
        "model_not_found",
        "The model `{model}` does not exist or you do not have access to it.",
    ),
    "not_found": (404, "invalid_request_error", None, "Invalid URL"),
    "timeout": (408, "invalid_request_error", None, "Request timed out."),
    "conflict": (409, "invalid_request_error", None, "The resource is locked by another request."),
    "too_large": (413, "invalid_request_error", None, "Request too large."),
    "unprocessable": (422, "invalid_request_error", None, "Unprocessable entity."),
    "rate_limit": (429, "requests", "rate_limit_exceeded", "Rate limit reached for {model} on requests per min."),
    "quota": (
        429,
        "insufficient_quota",
        "insufficient_quota",
        "You exceeded your current quota, please check your plan and billing details.",
    ),
    "server_error": (500, "server_error", None, "The server had an error while processing your request."),
    "overloaded": (
        503,
        "service_unavailable_error",
        "server_is_overloaded",
        "The engine is currently overloaded, please try again later.",
    ),
}

_LIMIT_HEADERS = {
    "openai-processing-ms": "12",
    "x-ratelimit-limit-requests": "10000",
    "x-ratelimit-limit-tokens": "2000000",
    "x-ratelimit-remaining-requests": "9999",
    "x-ratelimit-remaining-tokens": "1999000",
    "x-ratelimit-reset-requests": "6ms",
    "x-ratelimit-reset-tokens": "1m0s",
}


def parse(request: Request, config: Config) -> Ask:
    check_key(request, config)
    body = body_of(request)
    model = body.get("model")
    if not isinstance(model, str) or not model:
        raise Problem("invalid", "you must provide a model parameter")
    if not config.has_model(model):
        raise Problem("model_not_found")
    system, user = _read_messages(body.get("messages"))
    if _HOSTED.match(model):
        _check_as_openai(body, model)
    if body.get("stream"):
        raise Problem("invalid", "This test server does not stream.", "stream")
    limit = _token_limit(body)
    schema = _schema(body.get("response_format"), system + user)
    reasons = _REASONS.match(model) and body.get("reasoning_effort") != "none"
    ask = Ask(model, system, user, user, schema, limit, config.reasoning_tokens if reasons else 0)
    if ask.prompt_tokens > config.context_tokens:
        message = f"This model's maximum context length is {config.context_tokens} tokens. However, your messages "
        raise Problem("context_length", message + f"resulted in {ask.prompt_tokens} tokens.", "messages")
    return ask


def check_key(request: Request, config: Config) -> None:
    if config.api_key is None:
        return
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key:
        raise Problem(
            "unauthorized", "You didn't provide an API key. You need to provide it in an Authorization header."
        )
    if key != config.api_key:
        # The real one repeats a part of the key, too: a program must not print the message as it is.
        raise Problem("unauthorized", f"Incorrect API key provided: {key[:6]}***{key[-4:]}.")


def _check_as_openai(body: dict[str, Any], model: str) -> None:
    """What OpenAI refuses and compatible servers do not."""
    unknown = sorted(set(body) - _KNOWN)
    if unknown:
        raise Problem("invalid", f"Unrecognized request argument supplied: {', '.join(unknown)}")
    if not _REASONS.match(model):
        if "reasoning_effort" in body:
            raise Problem("invalid", "Unrecognized request argument supplied: reasoning_effort")
        return
    if "max_tokens" in body:
        message = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens'."
        raise Problem("unsupported_parameter", message, "max_tokens")
    _check_effort(body.get("reasoning_effort", "medium"), model)
    if body.get("reasoning_effort") == "none":
        return
    for name in ("temperature", "top_p", "logprobs", "top_logprobs"):
        # The default itself passes; null means absent.
        if body.get(name) not in (None, 1):
            message = f"Unsupported value: '{name}' does not support {body[name]} with this model."
            raise Problem("unsupported_value", f"{message} Only the default (1) value is supported.", name)
    if "stop" in body and re.match(r"o3|o4-mini", model):
        raise Problem("unsupported_parameter", "Unsupported parameter: 'stop' is not supported.", "stop")


def _check_effort(effort: Any, model: str) -> None:
    refused = (effort == "none" and not _TAKES_EFFORT_NONE.match(model)) or (
        effort == "minimal" and model.startswith("gpt-6")
    )
    if effort not in _EFFORTS or refused:
        message = f"Unsupported value: 'reasoning_effort' does not support '{effort}' with this model."
        raise Problem("unsupported_value", message, "reasoning_effort")


def _read_messages(messages: Any) -> tuple[str, str]:
    """The texts of the system and of the user."""
    if not isinstance(messages, list) or not messages:
        raise Problem("invalid", "Invalid 'messages': expected an array with at least one message.", "messages")
    texts: dict[str, list[str]] = {role: [] for role in _ROLES}
    for i, message in enumerate(messages):
        role = message.get("role") if isinstance(message, dict) else None
        if role not in _ROLES:
            raise Problem("invalid", f"Invalid value: '{role}' for messages[{i}].role.", f"messages[{i}].role")
        texts[role].append(_text_of(message.get("content"), i))
    return "\n\n".join(texts["system"] + texts["developer"]), "\n\n".join(texts["user"])


def _text_of(content: Any, index: int) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, list) and all(isinstance(p, dict) and isinstance(p.get("text"), str) for p in content):
        return "".join(part["text"] for part in content)
    where = f"messages[{index}].content"
    raise Problem("invalid", f"Invalid type for '{where}': expected a string or an array of text parts.", where)


def _token_limit(body: dict[str, Any]) -> int | None:
    given = {name: body[name] for name in ("max_completion_tokens", "max_tokens") if body.get(name) is not None}
    for name, limit in given.items():
        if type(limit) is not int or limit < 1:
            raise Problem("invalid", f"Invalid '{name}': expected an integer >= 1, got {limit!r}.", name)
    if len(given) == 2:
        raise Problem("invalid", "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.")
    return next(iter(given.values()), None)


def _schema(response_format: Any, prompt: str) -> dict[str, Any] | None:
    where = "response_format"
    if response_format is None:
        return None
    kind = response_format.get("type") if isinstance(response_format, dict) else None
    if kind == "text":
        return None
    if kind == "json_object":
        if "json" not in prompt.lower():
            raise Problem("invalid", "'messages' must contain the word 'json' in some form, to use json_object.")
        return None
    wrapper = response_format.get("json_schema") if kind == "json_schema" else None
    if not isinstance(wrapper, dict):
        raise Problem("invalid", "Invalid 'response_format': expected json_schema, json_object or text.", where)
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", str(wrapper.get("name", ""))):
        message = "Invalid 'response_format.json_schema.name': string does not match '^[a-zA-Z0-9_-]{1,64}$'."
        raise Problem("invalid", message, f"{where}.json_schema.name")
    schema = wrapper.get("schema")
    if not isinstance(schema, dict):
        raise Problem("invalid", "Missing required parameter: 'response_format.json_schema.schema'.", where)
    wrong = strict_schema.fault_in(schema) if wrapper.get("strict") is True else None
    if wrong:
        raise Problem("invalid", f"Invalid schema for response_format '{wrapper['name']}': {wrong}", where)
    return schema


def page(request: Request, config: Config) -> Response:
    """The list of models, and one of them."""
    check_key(request, config)
    listed = config.models if config.models is not None else _LISTED
    name = request.path.removeprefix("/v1/models").removeprefix("/")
    if request.method != "GET" or not request.path.startswith("/v1/models"):
        raise Problem("not_found", f"Invalid URL ({request.method} {request.path})")
    if name and not config.has_model(name):
        raise Problem("model_not_found", f"The model '{name}' does not exist", "model")
    rows = [{"id": model, "object": "model", "created": _CREATED, "owned_by": "openai"} for model in listed]
    if name:
        return Response.json({"id": name, "object": "model", "created": _CREATED, "owned_by": "openai"})
    return Response.json({"object": "list", "data": rows})


def render(ask: Ask, completion: Completion, config: Config) -> Response:
    refused = completion.finish == "refusal"
    message: dict[str, Any] = {
        "role": "assistant",
        "content": None if refused else completion.text,
        "refusal": completion.text if refused else None,
        "annotations": [],
    }
    choice = {
        "index": 0,
        "message": message,
        "logprobs": None,
        "finish_reason": "stop" if refused else completion.finish,  # yes, a refusal stops like any other answer
    }
    body = {
        "id": f"chatcmpl-{ask.marker}",
        "object": "chat.completion",
        "created": _CREATED,
        "model": ask.model,
        "choices": [choice],
        "usage": _usage(ask, completion, config),
        "service_tier": "default",
        "system_fingerprint": None,
    }
    return Response.json(body, headers=_LIMIT_HEADERS)


def _usage(ask: Ask, completion: Completion, config: Config) -> dict[str, Any]:
    prompt = ask.prompt_tokens
    output = completion.reasoning_tokens + tokens(completion.text)
    return {
        "prompt_tokens": prompt,
        "completion_tokens": output,
        "total_tokens": prompt + output,
        "prompt_tokens_details": {
            "cached_tokens": min(config.cached_tokens, prompt),
            "cache_write_tokens": 0,
            "audio_tokens": 0,
        },
        "completion_tokens_details": {
            "reasoning_tokens": completion.reasoning_tokens,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def error(problem: Problem, model: str, _request_id: str) -> Response:
    status, kind, code, message = _ERRORS[problem.kind]
    what = {
        "message": problem.message or message.replace("{model}", model),
        "type": problem.type or kind,
        "param": problem.param,
        "code": problem.code or code,
    }
    status = problem.status or status
    limits = _LIMIT_HEADERS | {"x-ratelimit-remaining-requests": "0"} if status == 429 else {}
    return Response.json({"error": what}, status, limits | problem.headers)


DIALECT = Dialect(
    "openai",
    owns=lambda request: request.path.startswith("/v1/"),
    generates=re.compile(r"/v1/chat/completions$"),
    parse=parse,
    page=page,
    render=render,
    error=error,
)
