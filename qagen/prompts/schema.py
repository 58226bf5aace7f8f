"""The form of a reply, in the subset of JSON schema that every provider accepts.

All keys are required and no others allowed; there are no bounds, which some providers refuse. The order of the keys is
the order in which a model writes: the quote before the claim that rests on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from functools import lru_cache
from typing import Any

QUESTION_TYPES = ("factual", "definition", "explanatory", "analytical", "inferential", "procedural", "comparative")
SKIP_REASONS = ("boilerplate", "toc_or_index", "references", "too_short", "garbled", "no_facts", "unsafe")


def reply_schema(types: Sequence[str] = QUESTION_TYPES) -> dict[str, Any]:
    """The form of a reply whose questions are of these types. It is the same object each time: nobody changes it."""
    return _schema_of(tuple(types))


@lru_cache(maxsize=64)
def _schema_of(types: tuple[str, ...]) -> dict[str, Any]:
    schema = deepcopy(REPLY_SCHEMA)
    schema["properties"]["pairs"]["items"]["properties"]["question_type"]["enum"] = list(types)
    return schema


REPLY_SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["skip_reason", "pairs"],
    "properties": {
        "skip_reason": {"anyOf": [{"type": "string", "enum": list(SKIP_REASONS)}, {"type": "null"}]},
        "pairs": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["question_type", "evidence", "question", "answer"],
                "properties": {
                    "question_type": {"type": "string", "enum": list(QUESTION_TYPES)},
                    "evidence": {"type": "array", "items": {"type": "string"}},
                    "question": {"type": "string"},
                    "answer": {"type": "string"},
                },
            },
        },
    },
}
