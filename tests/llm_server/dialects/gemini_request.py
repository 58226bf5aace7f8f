"""The body of a request in Gemini's dialect: what it says, or why it is refused."""

from __future__ import annotations

import re
from typing import Any

from tests.llm_server.config import Config
from tests.llm_server.dialects import gemini_fields
from tests.llm_server.dialects.schema_walk import walk
from tests.llm_server.dialects.types import Ask, Problem, body_of, tokens
from tests.llm_server.http1 import Request

OUTPUT_TOKENS = 65_536
_LEVELS = {"MINIMAL", "LOW", "MEDIUM", "HIGH", "XHIGH"}
_ONLY_THREE_LEVELS = re.compile(r"gemini-3\.[678]-flash(?!-lite)|gemini-3(?:\.\d)?-pro")
_MIME_TYPES = ("application/json", "text/plain", "text/x.enum")
_THRESHOLDS = ("BLOCK_LOW_AND_ABOVE", "BLOCK_MEDIUM_AND_ABOVE", "BLOCK_ONLY_HIGH", "BLOCK_NONE", "OFF")
_CATEGORIES = tuple(
    f"HARM_CATEGORY_{name}" for name in ("HARASSMENT", "HATE_SPEECH", "SEXUALLY_EXPLICIT", "DANGEROUS_CONTENT")
)
_SCHEMA_TYPES = ("STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL")
_RANGES = {
    "temperature": (float, 0, 2),
    "topP": (float, 0, 1),
    "topK": (float, 1, 1000),
    "maxOutputTokens": (int, 1, OUTPUT_TOKENS),
    "candidateCount": (int, 1, 1),
    "seed": (int, -(2**31), 2**31 - 1),
}


def read(request: Request, config: Config, model: str) -> Ask:
    """A request for text.

    Raises:
        Problem: it is not answered.
    """
    check_model(model, config)
    body = gemini_fields.known(body_of(request))
    system, user = _prompt(body)
    wanted = body.get("generationConfig", {})
    _check_numbers(wanted)
    thinking = wanted.get("thinkingConfig", {})
    _check_thinking(thinking, model)
    _check_safety(body.get("safetySettings", []))
    ask = Ask(
        model,
        system,
        user,
        user,
        _schema(wanted),
        wanted.get("maxOutputTokens"),
        config.reasoning_tokens if thinking.get("thinkingBudget") != 0 else 0,
        shows_thoughts=thinking.get("includeThoughts") is True and thinking.get("thinkingBudget") != 0,
    )
    if ask.prompt_tokens > config.context_tokens:
        count = f"The input token count ({ask.prompt_tokens}) exceeds the maximum number of tokens allowed"
        raise Problem("context_length", f"{count} ({config.context_tokens}).")
    return ask


def count(request: Request, config: Config, model: str) -> int:
    """The tokens of a prompt, sent as its contents or as a whole request.

    Raises:
        Problem: it is none.
    """
    check_model(model, config)
    body = gemini_fields.known(body_of(request), "count")
    if "generateContentRequest" in body:
        if "contents" in body:
            raise _invalid("generate_content_request and contents are mutually exclusive.")
        body = body["generateContentRequest"]
    return sum(map(tokens, _prompt(body)))


def check_model(model: str, config: Config) -> None:
    """Raises Problem where there is no such model."""
    if not config.has_model(model) or (config.models is None and not model.startswith(("gemini-", "gemma-"))):
        message = f"models/{model} is not found for API version v1beta, or is not supported for generateContent."
        raise Problem("model_not_found", f"{message} Call ListModels to see the list of available models.")


def _invalid(message: str) -> Problem:
    return Problem("invalid", message)


def _prompt(body: dict[str, Any]) -> tuple[str, str]:
    """The texts of the system and of the user."""
    contents = body.get("contents", [])
    if not contents:
        raise _invalid("* GenerateContentRequest.contents: contents is not specified")
    texts: list[str] = []
    for i, content in enumerate(contents):
        if content.get("role", "user") not in ("user", "model"):
            raise _invalid("Please use a valid role: user, model.")
        text = _text_of(content, f"contents[{i}]")
        if content.get("role") != "model":
            texts.append(text)
    system = body.get("systemInstruction")
    return _text_of(system, "system_instruction") if system is not None else "", "\n\n".join(texts)


def _text_of(content: dict[str, Any], where: str) -> str:
    parts = content.get("parts", [])
    if not parts:
        raise _invalid(f"* GenerateContentRequest.{where}.parts: contents.parts must not be empty.")
    for i, part in enumerate(parts):
        if not isinstance(part.get("text"), str) or not part["text"]:
            place = f"* GenerateContentRequest.{where}.parts[{i}].data"
            raise _invalid(f"{place}: required oneof field 'data' must have one initialized field")
    return "".join(part["text"] for part in parts)


def _check_numbers(wanted: dict[str, Any]) -> None:
    for name, (kind, least, most) in _RANGES.items():
        value = wanted.get(name, least)
        if isinstance(value, bool) or not isinstance(value, int if kind is int else int | float):
            raise Problem("invalid", f"Invalid value at 'generation_config': {name} = {value!r}", "generation_config")
        if not least <= value <= most:
            raise _invalid(f"* GenerateContentRequest.generation_config.{name}: {value} is not in [{least}, {most}]")
    stops = wanted.get("stopSequences", [])
    if not isinstance(stops, list) or len(stops) > 5 or not all(isinstance(stop, str) and stop for stop in stops):
        raise _invalid("* GenerateContentRequest.generation_config.stop_sequences: up to 5 strings are expected")


def _check_thinking(thinking: dict[str, Any], model: str) -> None:
    level, budget = thinking.get("thinkingLevel"), thinking.get("thinkingBudget")
    if not isinstance(thinking.get("includeThoughts", False), bool):
        raise _invalid("Invalid value at 'generation_config.thinking_config.include_thoughts' (TYPE_BOOL)")
    if level is not None and budget is not None:
        raise _invalid("You can only set only one of thinking budget and thinking level.")
    if level is not None:
        _check_level(level, model)
    if budget is not None and (type(budget) is not int or budget < -1):
        raise _invalid("Invalid value at 'generation_config.thinking_config.thinking_budget' (TYPE_INT32)")
    if budget == 0 and model.startswith("gemini-2.5-pro"):
        raise _invalid("Budget 0 is invalid. This model only works in thinking mode.")


def _check_level(level: Any, model: str) -> None:
    name = str(level).upper()
    if name not in _LEVELS:
        raise _invalid(f"Invalid value at 'generation_config.thinking_config.thinking_level': {level!r}")
    if not model.startswith("gemini-3"):
        raise _invalid("Thinking level is not supported for this model.")
    if name in ("MINIMAL", "XHIGH") and _ONLY_THREE_LEVELS.match(model):
        raise _invalid(
            f"Thinking level {name} is not supported for this model. Please retry with other thinking level."
        )


def _check_safety(settings: list[dict[str, Any]]) -> None:
    for i, setting in enumerate(settings):
        for name, values in (("category", _CATEGORIES), ("threshold", _THRESHOLDS)):
            if setting.get(name) not in values:
                where = f"safety_settings[{i}].{name}"
                raise Problem("invalid", f"Invalid value at '{where}': {setting.get(name)!r}", where)


def _schema(wanted: dict[str, Any]) -> dict[str, Any] | None:
    where = "* GenerateContentRequest.generation_config"
    mime_type = wanted.get("responseMimeType", "text/plain")
    if mime_type not in _MIME_TYPES:
        raise _invalid(f"{where}.response_mime_type: allowed mimetypes are {', '.join(_MIME_TYPES)}.")
    schema, old = wanted.get("responseJsonSchema"), wanted.get("responseSchema")
    if schema is None and old is None:
        return None
    name = "response_schema" if schema is None else "response_json_schema"
    if schema is not None and old is not None:
        raise _invalid(f"{where}: response_schema and response_json_schema cannot both be set.")
    if mime_type != "application/json":
        raise _invalid(f"{where}.{name}: only allowed when response_mime_type is `application/json`.")
    if old is not None:
        _check_old_schema(old)
        return None
    if not isinstance(schema, dict):
        raise _invalid(f"{where}.{name}: a JSON schema is an object.")
    for _, _, node in walk(schema):
        if "$ref" in node and any(not keyword.startswith("$") for keyword in node):
            raise _invalid(f"{where}.{name}: a schema with $ref must have no other fields than those beginning with $.")
    return schema


def _check_old_schema(schema: dict[str, Any]) -> None:
    for path, _, node in walk(schema):
        if node.get("type", "STRING") not in _SCHEMA_TYPES:
            where = ".".join(("generation_config.response_schema", *path, "type"))
            raise Problem("invalid", f"Invalid value at '{where}': {node['type']!r}", where)
