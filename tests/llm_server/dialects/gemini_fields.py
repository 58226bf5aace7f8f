"""The fields that a Gemini request may have. The real one is a protobuf message: a name that it lacks is refused.

Names come in camel case or in snake case; what is read here is turned into camel case.
"""

from __future__ import annotations

import re
from typing import Any

from tests.llm_server.dialects.types import Problem


def _fields(names: str, **objects: str) -> dict[str, str | None]:
    """Names of fields that may hold anything, and those that hold objects, with the kind of each."""
    return dict.fromkeys(names.split()) | objects


_OBJECTS = {
    "request": _fields(
        "model tools toolConfig cachedContent serviceTier store",
        contents="content",
        systemInstruction="content",
        generationConfig="config",
        safetySettings="safety",
    ),
    "content": _fields("role", parts="part"),
    "part": _fields(
        "text thought thoughtSignature inlineData fileData functionCall functionResponse executableCode "
        "codeExecutionResult videoMetadata mediaResolution partMetadata toolCall toolResponse"
    ),
    "config": _fields(
        "temperature topP topK candidateCount maxOutputTokens stopSequences seed responseMimeType responseJsonSchema "
        "presencePenalty frequencyPenalty responseLogprobs logprobs responseModalities speechConfig mediaResolution "
        "imageConfig enableEnhancedCivicAnswers audioTranscriptionConfig continuationToken",
        thinkingConfig="thinking",
        responseSchema="schema",
    ),
    "thinking": _fields("includeThoughts thinkingBudget thinkingLevel"),
    "safety": _fields("category threshold"),
    "schema": _fields(
        "type format title description nullable enum maxItems minItems required minProperties maxProperties minLength "
        "maxLength pattern example propertyOrdering default minimum maximum",
        items="schema",
        anyOf="schema",
        properties="schemas",
    ),
    "count": _fields("model", contents="content", generateContentRequest="request"),
}
_LISTS = {"contents", "parts", "safetySettings", "anyOf"}
_ANY_NAMES = "schemas"


def known(value: Any, kind: str = "request") -> dict[str, Any]:
    """The request with all names in camel case.

    Raises:
        Problem: a name that nothing is called by, or the wrong sort of value.
    """
    return _object(value, kind, "")


def _object(value: Any, kind: str, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Problem("invalid", f"Invalid value at '{where}': a message is expected", where)
    if kind == _ANY_NAMES:
        return {name: _object(child, "schema", f"{where}[{name}]") for name, child in value.items()}
    read: dict[str, Any] = {}
    for given, child in value.items():
        name = re.sub(r"_([a-z])", lambda found: found[1].upper(), given)
        if name not in _OBJECTS[kind]:
            place = f" at '{where}'" if where else ""
            message = f'Invalid JSON payload received. Unknown name "{given}"{place}: Cannot find field.'
            raise Problem("invalid", message, where)
        if name in read:
            raise Problem("invalid", f"Invalid JSON payload received. '{name}' stands there twice", where)
        inner = _OBJECTS[kind][name]
        read[name] = child if inner is None or child is None else _child(child, name, inner, _within(where, name))
    return {name: child for name, child in read.items() if child is not None}  # null means: not there


def _child(value: Any, name: str, kind: str, where: str) -> Any:
    if name not in _LISTS:
        return _object(value, kind, where)
    if not isinstance(value, list):
        value = [value]  # a lone message passes for a list of one
    return [_object(one, kind, f"{where}[{i}]") for i, one in enumerate(value)]


def _within(where: str, name: str) -> str:
    snake = re.sub(r"[A-Z]", lambda found: f"_{found[0].lower()}", name)
    return f"{where}.{snake}" if where else snake
