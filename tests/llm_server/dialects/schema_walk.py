"""Every schema within a JSON schema, for the dialects that look at each of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Path = tuple[str, ...]


def walk(schema: Any, path: Path = (), depth: int = 1) -> Iterator[tuple[Path, int, dict[str, Any]]]:
    """Path, depth and schema; the outermost first.

    Names of properties are not keywords, so only the known places are entered.
    """
    if not isinstance(schema, dict):
        return
    yield path, depth, schema
    for keyword in ("properties", "$defs", "definitions"):
        children = schema.get(keyword)
        for name, child in children.items() if isinstance(children, dict) else ():
            yield from walk(child, (*path, keyword, name), depth + 1)
    for keyword in ("anyOf", "oneOf", "allOf", "prefixItems"):
        children = schema.get(keyword)
        for i, child in enumerate(children) if isinstance(children, list) else ():
            yield from walk(child, (*path, keyword, str(i)), depth)
    yield from walk(schema.get("items"), (*path, "items"), depth)
