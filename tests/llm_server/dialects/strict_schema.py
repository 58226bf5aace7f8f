"""OpenAI's strict subset of JSON schema: what is outside of it is refused with 400, never ignored."""

from __future__ import annotations

from typing import Any

from tests.llm_server.dialects.schema_walk import Path, walk

_REFUSED = (
    "allOf",
    "oneOf",
    "not",
    "default",
    "dependentRequired",
    "dependentSchemas",
    "if",
    "then",
    "else",
    "patternProperties",
)
_TYPES = {"string", "number", "integer", "boolean", "object", "array", "null"}
_MOST_LEVELS = 10
_MOST_PROPERTIES = 5000


def fault_in(schema: dict[str, Any]) -> str | None:
    """What is wrong with a schema, in OpenAI's manner of speaking; None if it is fine."""
    if schema.get("type") != "object" or "anyOf" in schema:
        return f"schema must be a JSON Schema of 'type: \"object\"', got 'type: \"{schema.get('type')}\"'."
    nodes = list(walk(schema))
    if sum(len(node.get("properties", {})) for _, _, node in nodes) > _MOST_PROPERTIES:
        return f"more than {_MOST_PROPERTIES} properties."
    found = (_fault_of_node(node, depth, path) for path, depth, node in nodes)
    return next((fault for fault in found if fault), None)


def _fault_of_node(node: dict[str, Any], depth: int, path: Path) -> str | None:
    where = f"In context={path}, "
    if refused := [keyword for keyword in _REFUSED if keyword in node]:
        return f"{where}'{refused[0]}' is not permitted."
    if depth > _MOST_LEVELS:
        return f"{where}the schema is nested deeper than {_MOST_LEVELS} levels."
    if "$ref" in node:
        return f"{where}$ref cannot have keywords {sorted(set(node) - {'$ref'})}." if len(node) > 1 else None
    if not {"type", "anyOf", "enum", "const"} & set(node):
        return f"{where}schema must have a 'type' key."
    kinds = node.get("type", [])
    kinds = kinds if isinstance(kinds, list) else [kinds]
    if unknown := set(kinds) - _TYPES:
        return f"{where}'{sorted(unknown)[0]}' is not a valid type."
    if "object" in kinds or "properties" in node:
        return _fault_of_object(node, where)
    if "array" in kinds and not isinstance(node.get("items"), dict):
        return f"{where}array schema missing items."
    return None


def _fault_of_object(node: dict[str, Any], where: str) -> str | None:
    if node.get("additionalProperties") is not False:
        return f"{where}'additionalProperties' is required to be supplied and to be false."
    properties, required = set(node.get("properties", {})), set(node.get("required", []))
    if missing := sorted(properties - required):
        return (
            f"{where}'required' is required to be supplied and to be an array including every key in properties. "
            f"Missing '{missing[0]}'."
        )
    if extra := sorted(required - properties):
        return f"{where}'required' names '{extra[0]}', which is no property."
    return None
