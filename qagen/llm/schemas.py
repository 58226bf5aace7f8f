"""One portable JSON schema, adapted to what each dialect accepts. Pure; the schema that is given is never changed.

What a dialect refuses as a keyword it may still be told in words, so it moves into the description. Whatever comes back
is validated by ourselves: no guarantee of a provider survives a cut or a refusal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from qagen.formats import encode

Schema = Mapping[str, Any]

_MOST_REMEMBERED = 64
_BOUNDS = frozenset(
    {
        *("minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
        *("maxItems", "uniqueItems"),
    }
)


def _once(adapt: Callable[[Schema], dict[str, Any]]) -> Callable[[Schema], dict[str, Any]]:
    """A run sends the same few schemas with each request: each object is adapted once. Nobody changes the result."""
    adapted: dict[int, tuple[Schema, dict[str, Any]]] = {}

    @wraps(adapt)
    def remembering(schema: Schema) -> dict[str, Any]:
        known = adapted.get(id(schema))
        if known is None:
            if len(adapted) >= _MOST_REMEMBERED:
                adapted.clear()
            # Kept along with the result, so that no other schema gets the same id.
            known = adapted[id(schema)] = (schema, adapt(schema))
        return known[1]

    return remembering


@_once
def strict(schema: Schema) -> dict[str, Any]:
    """For OpenAI's strict mode: no `default`, `oneOf` as `anyOf`, and no keyword beside a `$ref`."""

    def adapt(node: dict[str, Any]) -> dict[str, Any]:
        if "$ref" in node and len(node) > 1:
            # A reference may have no siblings: what it points to takes its place, with the siblings on top.
            node = {**_resolve(schema, node["$ref"]), **{name: item for name, item in node.items() if name != "$ref"}}
        node = {name: item for name, item in node.items() if name != "default"}
        return _rename(node, "oneOf", "anyOf")

    return _walk(schema, adapt)


@_once
def without_bounds(schema: Schema) -> dict[str, Any]:
    """For Anthropic, which refuses bounds: they become words in the description; `oneOf` becomes `anyOf`."""

    def adapt(node: dict[str, Any]) -> dict[str, Any]:
        refused = {
            name: item for name, item in node.items() if name in _BOUNDS or (name == "minItems" and item not in {0, 1})
        }
        node = {name: item for name, item in node.items() if name not in refused}
        if refused:
            words = ", ".join(f"{name}: {encode(item).decode()}" for name, item in refused.items())
            node["description"] = f"{node.get('description', '')} {{{words}}}".strip()
        return _rename(node, "oneOf", "anyOf")

    return _walk(schema, adapt)


@_once
def without_text_bounds(schema: Schema) -> dict[str, Any]:
    """For Gemini, which ignores or refuses some keywords: `const` becomes an enum of one, others are left out."""

    def adapt(node: dict[str, Any]) -> dict[str, Any]:
        if "$ref" in node:
            node = {name: item for name, item in node.items() if name.startswith("$")}
        left_out = {"minLength", "maxLength", "pattern", "default"}
        node = {name: item for name, item in node.items() if name not in left_out}
        if "const" in node:
            node["enum"] = [node.pop("const")]
        return node

    return _walk(schema, adapt)


def _walk(schema: Schema, adapt: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, Any]:
    """Every schema in the schema, adapted from the outside in. Names of properties are no keywords."""
    adapted: dict[str, Any] = {}
    for name, item in adapt(dict(schema)).items():
        if name in {"properties", "$defs", "definitions"} and isinstance(item, Mapping):
            adapted[name] = {key: _walk(child, adapt) for key, child in item.items()}
        elif name in {"items", "additionalProperties"} and isinstance(item, Mapping):
            adapted[name] = _walk(item, adapt)
        elif name in {"anyOf", "oneOf", "allOf", "prefixItems"} and isinstance(item, list):
            adapted[name] = [_walk(child, adapt) for child in item]
        else:
            adapted[name] = item
    return adapted


def _rename(node: dict[str, Any], old: str, new: str) -> dict[str, Any]:
    return {new if name == old else name: item for name, item in node.items()}


def _resolve(schema: Schema, reference: str) -> dict[str, Any]:
    """What an internal reference, `#/$defs/name`, points to."""
    node: Any = schema
    for step in reference.removeprefix("#/").split("/"):
        node = node[step]
    return dict(node)
