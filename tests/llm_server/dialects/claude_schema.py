"""The subset of JSON schema that Claude's structured output takes; all else is refused with 400, never ignored."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.llm_server.dialects.schema_walk import walk

_TYPES = {"object", "array", "string", "integer", "number", "boolean", "null"}
# fmt: off
_TAKEN = {
    "$defs", "$id", "$ref", "$schema", "additionalProperties", "allOf", "anyOf", "const", "default", "definitions",
    "description", "enum", "examples", "format", "items", "minItems", "pattern", "properties", "required", "title",
    "type",
}
# fmt: on
_FORMATS = {"date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"}
_MOST_UNIONS = 16
_MOST_OPTIONAL = 24
_HOLDS: dict[str, type] = {
    **dict.fromkeys(("properties", "$defs", "definitions"), dict),
    **dict.fromkeys(("required", "enum", "anyOf", "allOf"), list),
}
_HARD_PATTERNS = ("(?=", "(?!", "(?<", r"\b", r"\1")


def fault_in(schema: dict[str, Any]) -> str | None:
    """What is wrong with a schema, in Claude's manner of speaking; None if it is fine."""
    nodes = [node for _, _, node in walk(schema)]
    for node in nodes:
        if wrong := [keyword for keyword, kind in _HOLDS.items() if not isinstance(node.get(keyword, kind()), kind)]:
            return f"Invalid value for '{wrong[0]}'"
    faults = (fault for node in nodes for fault in _faults_of(node))
    return next(faults, None) or _fault_of_references(schema) or _fault_of_size(nodes)


def _faults_of(node: dict[str, Any]) -> Iterator[str]:
    kinds = _kinds(node)
    kind = kinds[0] if kinds else "schema"
    for unknown in sorted(set(node) - _TAKEN):
        yield f"For '{kind}' type, property '{unknown}' is not supported"
    for unknown in kinds:
        if unknown not in _TYPES:
            yield f"'{unknown}' is not a valid type"
    if not {"type", "anyOf", "allOf", "$ref", "enum", "const"} & set(node):
        yield "Schema type '' is not supported"
    if ("object" in kinds or "properties" in node) and node.get("additionalProperties") is not False:
        yield "For 'object' type, 'additionalProperties' must be explicitly set to false"
    if node.get("minItems", 0) not in (0, 1):
        yield "For 'array' type, 'minItems' values other than 0 or 1 are not supported"
    if str(node.get("format", "uri")) not in _FORMATS:
        yield f"For 'string' type, format '{node['format']}' is not supported"
    if any(isinstance(value, dict | list) for value in node.get("enum", [])):
        yield "Enum values must be strings, numbers, booleans or null"
    if any(isinstance(part, dict) and "$ref" in part for part in node.get("allOf", [])):
        yield "'allOf' with '$ref' is not supported"
    if any(sign in str(node.get("pattern", "")) for sign in _HARD_PATTERNS):
        yield f"Pattern {node['pattern']!r} is not supported"


def _fault_of_references(schema: dict[str, Any]) -> str | None:
    """References lead to definitions of the same schema, and never back to where they stand."""
    definitions = {
        f"#/{keyword}/{name}": child
        for keyword in ("$defs", "definitions")
        for name, child in schema.get(keyword, {}).items()
    }
    leads = {name: _references(child) for name, child in definitions.items()} | {"#": _references(schema)}
    for reference in sorted(set().union(*leads.values())):
        if reference not in leads:
            return f"External or unresolvable '$ref': {reference}"
        if reference == "#" or _reaches(reference, reference, leads):
            return f"Recursive schemas are not supported: {reference}"
    return None


def _references(node: Any) -> set[str]:
    return {str(inner["$ref"]) for _, _, inner in walk(node) if "$ref" in inner}


def _reaches(start: str, goal: str, leads: dict[str, set[str]]) -> bool:
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        for after in leads.get(waiting.pop(), set()) - seen:
            if after == goal:
                return True
            seen.add(after)
            waiting.append(after)
    return False


def _fault_of_size(nodes: list[dict[str, Any]]) -> str | None:
    properties = [
        (name, child, node) for node in nodes for name, child in node.get("properties", {}).items() if child is not None
    ]
    unions = sum(_is_union(child) for _, child, _ in properties)
    if unions > _MOST_UNIONS:
        return f"Schemas contains too many parameters with union types ({unions} parameters with type arrays or anyOf)."
    optional = sum(name not in node.get("required", []) for name, _, node in properties)
    if optional > _MOST_OPTIONAL:
        return f"Schemas contains too many optional parameters ({optional}), which would make grammar compilation slow."
    return None


def _is_union(node: Any) -> bool:
    return isinstance(node, dict) and ("anyOf" in node or len(_kinds(node)) > 1)


def _kinds(node: dict[str, Any]) -> list[str]:
    kinds = node.get("type", [])
    return [str(kind) for kind in kinds] if isinstance(kinds, list) else [str(kinds)]
