"""The body of a request in the dialect of Anthropic Messages: what it says, or why it is refused."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from tests.llm_server.config import Config
from tests.llm_server.dialects import claude_schema
from tests.llm_server.dialects.claude_models import EFFORTS, OUTPUT_TOKENS, THINKING, Traits, traits
from tests.llm_server.dialects.types import Ask, Problem, body_of, tokens
from tests.llm_server.http1 import Request

_NEW_VERSION = "2026-10-21"
_BETA_OF_OUTPUT_FORMAT = "structured-outputs-2025-11-13"
_MOST_BYTES = 32 * 1024 * 1024
_MOST_CACHE_MARKS = 4
_SAMPLING = {"temperature": 1, "top_p": 1, "top_k": None}
"""The defaults, which old versions let pass on every model."""
# fmt: off
_COUNTED = {
    "model", "messages", "system", "tools", "tool_choice", "thinking", "output_config", "output_format",
    "cache_control", "speed",
}
_KNOWN = _COUNTED | {
    "max_tokens", "stop_sequences", "stream", "metadata", "service_tier", "inference_geo", "container", "diagnostics",
    *_SAMPLING,
}
# fmt: on


@dataclass(frozen=True, slots=True)
class _Prompt:
    system: str
    user: str


def read(request: Request, config: Config, version: str) -> Ask:
    """A request for text.

    Raises:
        Problem: it is not answered.
    """
    body = _body(request, _KNOWN)
    model = _model(body, config)
    can = traits(model)
    limit = _max_tokens(body, model)
    _check_sampling(body, can, version)
    prompt = _prompt(body, can, version)
    thinks = _thinks(body, can, limit)
    schema = _schema(body, model, can, request)
    tool = _tool(body, can)
    if body.get("stream"):
        raise _invalid("stream: this test server does not stream")
    if not _is_list_of_texts(body.get("stop_sequences", [])):
        raise _invalid("stop_sequences: Input should be a valid list of strings")
    prompt_tokens = tokens(prompt.system) + tokens(prompt.user)
    if prompt_tokens >= config.context_tokens:
        message = f"prompt is too long: {prompt_tokens} tokens > {config.context_tokens} maximum"
        raise Problem("context_length", message)
    return Ask(
        model,
        prompt.system,
        prompt.user,
        prompt.user,
        schema,
        min(limit, config.context_tokens - prompt_tokens),
        config.reasoning_tokens if thinks else 0,
        shows_thoughts=thinks,
        tool=tool,
    )


def count(request: Request, config: Config, version: str) -> int:
    """The tokens of a prompt.

    Raises:
        Problem: it is none.
    """
    body = _body(request, _COUNTED)
    prompt = _prompt(body, traits(_model(body, config)), version)
    return tokens(prompt.system) + tokens(prompt.user)


def check_model(model: str, config: Config) -> None:
    """Raises Problem where there is no such model."""
    if not config.has_model(model) or (config.models is None and not model.startswith("claude-")):
        raise Problem("model_not_found", f"model: {model}")


def _invalid(message: str) -> Problem:
    return Problem("invalid", message)


def _body(request: Request, known: set[str]) -> dict[str, Any]:
    if len(request.body) > _MOST_BYTES:
        raise Problem("too_large")
    body = body_of(request)
    beta = _BETA_OF_OUTPUT_FORMAT in request.headers.get("anthropic-beta", "").replace(" ", "").split(",")
    _check_names(body, known if beta else known - {"output_format"}, "")
    return body


def _check_names(value: dict[str, Any], known: set[str], where: str) -> None:
    if unknown := sorted(set(value) - known):
        raise _invalid(f"{where}{unknown[0]}: Extra inputs are not permitted")


def _model(body: dict[str, Any], config: Config) -> str:
    model = body.get("model")
    if not isinstance(model, str) or not model:
        raise _invalid("model: Field required" if model is None else "model: Input should be a valid string")
    check_model(model, config)
    return model


def _max_tokens(body: dict[str, Any], model: str) -> int:
    limit = body.get("max_tokens")
    if limit is None:
        raise _invalid("max_tokens: Field required")
    if type(limit) is not int or limit < 1:
        raise _invalid("max_tokens: Input should be a valid integer greater than or equal to 1")
    if limit > OUTPUT_TOKENS:
        least = f"{limit} > {OUTPUT_TOKENS}, which is the maximum allowed number of output tokens for {model}"
        raise _invalid(f"max_tokens: {least}")
    return limit


def _check_sampling(body: dict[str, Any], can: Traits, version: str) -> None:
    for name, default in _SAMPLING.items():
        if name not in body:
            continue
        if version == _NEW_VERSION:
            raise _invalid(f"{name}: Extra inputs are not permitted")
        if not can.sampling and body[name] not in (None, default):
            raise _invalid(f"`{name}` is deprecated for this model.")
    given = {name: body[name] for name in _SAMPLING if body.get(name) is not None}
    if {"temperature", "top_p"} <= set(given):
        raise _invalid("`temperature` and `top_p` cannot both be specified for this model. Please use only one.")
    for name, value in given.items():
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or value < 0 or (name != "top_k" and value > 1):
            raise _invalid(f"{name}: Input is out of its range")


def _prompt(body: dict[str, Any], can: Traits, version: str) -> _Prompt:
    system = body.get("system", "")
    system_text = system if isinstance(system, str) else _text_of(system, "system", version)
    user_text = _user_text(body.get("messages"), can, version)
    _check_cache_marks(body)
    return _Prompt(system_text, user_text)


def _user_text(messages: Any, can: Traits, version: str) -> str:
    if messages is None:
        raise _invalid("messages: Field required")
    if not isinstance(messages, list) or not messages:
        raise _invalid("messages: at least one message is required")
    texts: dict[str, list[str]] = {"user": [], "assistant": []}
    for i, message in enumerate(messages):
        where = f"messages.{i}"
        if not isinstance(message, dict):
            raise _invalid(f"{where}: Input should be a valid dictionary")
        _check_names(message, {"role", "content"}, f"{where}.")
        role = message.get("role")
        if role == "system":
            raise _invalid(
                'messages: Unexpected role "system". The Messages API accepts a top-level `system` parameter, not '
                '"system" as an input message role.'
            )
        if role not in ("user", "assistant"):
            raise _invalid(f"{where}.role: Input should be 'user' or 'assistant'")
        texts[role].append(_text_of(message.get("content"), where, version))
    if messages[-1]["role"] == "assistant" and not can.prefill:
        raise _invalid(
            "This model does not support assistant message prefill. The conversation must end with a user message."
        )
    return "\n\n".join(texts["user"])


def _text_of(content: Any, where: str, version: str) -> str:
    if isinstance(content, str):
        blocks = [{"type": "text", "text": content}]
    elif isinstance(content, list):
        blocks = content
    else:
        raise _invalid(f"{where}.content: Input should be a valid string or list of blocks")
    for i, block in enumerate(blocks):
        _check_block(block, f"{where}.content.{i}", version)
    if not blocks or not all(block["text"] for block in blocks):
        raise _invalid(f"{where}: text content blocks must be non-empty")
    return "".join(block["text"] for block in blocks)


def _check_block(block: Any, where: str, version: str) -> None:
    if not isinstance(block, dict) or block.get("type") != "text" or not isinstance(block.get("text"), str):
        raise _invalid(f"{where}: this test server takes blocks of type 'text' with a 'text' only")
    _check_names(block, {"type", "text", "cache_control", "citations"}, f"{where}.")
    if block.get("citations") and version == _NEW_VERSION:
        raise _invalid(f"{where}.citations: Input should be empty")


def _check_cache_marks(body: dict[str, Any]) -> None:
    lists = [body.get("system"), body.get("tools"), *(message["content"] for message in body["messages"])]
    blocks = [block for blocks in lists if isinstance(blocks, list) for block in blocks if isinstance(block, dict)]
    marks = [block["cache_control"] for block in [body, *blocks] if block.get("cache_control") is not None]
    for mark in marks:
        if not isinstance(mark, dict) or mark.get("type") != "ephemeral" or mark.get("ttl", "5m") not in ("5m", "1h"):
            raise _invalid("cache_control: Input should be {'type': 'ephemeral'}, with a 'ttl' of '5m' or '1h'")
    if len(marks) > _MOST_CACHE_MARKS:
        count = f"A maximum of {_MOST_CACHE_MARKS} blocks with cache_control may be provided. Found {len(marks)}."
        raise _invalid(count)


def _thinks(body: dict[str, Any], can: Traits, limit: int) -> bool:
    """Whether there are thoughts before the answer."""
    thinking = body.get("thinking")
    if thinking is None:
        return can.thinks
    kind = thinking.get("type") if isinstance(thinking, dict) else None
    if kind not in THINKING:
        raise _invalid(f"thinking: Input tag '{kind}' does not match any of the expected tags: {', '.join(THINKING)}")
    if kind not in can.thinking:
        raise _invalid(f'"thinking.type.{kind}" is not supported for this model.')
    extra = {"enabled": {"budget_tokens", "display"}, "adaptive": {"display"}}.get(kind, set())
    _check_names(thinking, {"type"} | extra, f"thinking.{kind}.")
    if kind == "enabled":
        _check_budget(thinking.get("budget_tokens"), limit)
    if kind in ("enabled", "adaptive") and body.get("temperature", 1) not in (None, 1):
        raise _invalid("`temperature` may only be set to 1 when thinking is enabled.")
    return kind in ("enabled", "adaptive")


def _check_budget(budget: Any, limit: int) -> None:
    if type(budget) is not int or budget < 1024:
        raise _invalid("thinking.enabled.budget_tokens: Input should be greater than or equal to 1024")
    if budget >= limit:
        raise _invalid("`max_tokens` must be greater than `thinking.budget_tokens`.")


def _schema(body: dict[str, Any], model: str, can: Traits, request: Request) -> dict[str, Any] | None:
    wanted = body.get("output_config") or {}
    if not isinstance(wanted, dict):
        raise _invalid("output_config: Input should be a valid dictionary")
    old = body.get("output_format")
    if (wanted or old) and not can.structured:
        raise _invalid(f"'{model}' does not support output format.")
    _check_names(wanted, {"effort", "format"}, "output_config.")
    _check_effort(wanted.get("effort"), can)
    if old is not None and wanted.get("format") is not None:
        raise _invalid("output_format: use `output_config.format` only, not both")
    given = wanted.get("format") if old is None else old
    where = "output_config.format" if old is None else "output_format"
    if given is None:
        return None
    if not isinstance(given, dict) or given.get("type") != "json_schema":
        raise _invalid(f"{where}.type: Input should be 'json_schema'")
    _check_names(given, {"type", "schema"}, f"{where}.")
    schema = given.get("schema")
    if not isinstance(schema, dict):
        raise _invalid(f"{where}.schema: Field required")
    if wrong := claude_schema.fault_in(schema):
        raise _invalid(f"{where}.schema: {wrong}")
    return schema


def _check_effort(effort: Any, can: Traits) -> None:
    if effort is None:
        return
    if effort not in EFFORTS:
        raise _invalid("output_config.effort: Input should be 'low', 'medium', 'high', 'xhigh' or 'max'")
    if not can.efforts:
        raise _invalid("This model does not support the effort parameter.")
    if effort not in can.efforts:
        raise _invalid(f"This model does not support effort level '{effort}'.")


def _tool(body: dict[str, Any], can: Traits) -> str | None:
    """The name of the tool that the model has to use."""
    tools = body.get("tools", [])
    if not isinstance(tools, list):
        raise _invalid("tools: Input should be a valid list")
    names = [_tool_name(tool, i) for i, tool in enumerate(tools)]
    choice = body.get("tool_choice")
    if choice is None:
        return None
    kind = choice.get("type") if isinstance(choice, dict) else None
    if kind not in ("auto", "any", "tool", "none"):
        raise _invalid(f"tool_choice: Input tag '{kind}' does not match any of: 'auto', 'any', 'tool', 'none'")
    if not names:
        raise _invalid("tool_choice may only be specified while providing tools.")
    if kind in ("auto", "none"):
        return None
    if can.thinks:
        raise _invalid(f"tool_choice: forcing a tool with type '{kind}' is not supported for this model.")
    if (body.get("thinking") or {}).get("type") in ("enabled", "adaptive"):
        raise _invalid("Thinking may not be enabled when tool_choice forces tool use.")
    chosen = choice.get("name") if kind == "tool" else names[0]
    if chosen not in names:
        raise _invalid(f"Tool '{chosen}' not found in provided tools")
    return str(chosen)


def _tool_name(tool: Any, index: int) -> str:
    name = tool.get("name") if isinstance(tool, dict) else None
    if not isinstance(name, str) or not re.fullmatch(r"[a-zA-Z0-9_-]{1,128}", name):
        raise _invalid(f"tools.{index}.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'")
    schema = tool.get("input_schema")
    if not isinstance(schema, dict) or schema.get("type") != "object":
        raise _invalid(f"tools.{index}.input_schema.type: Field required")
    return name


def _is_list_of_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)
