"""What each Claude model takes, read from its name. A name that we cannot read is taken for the newest model.

Sources: the vendor's documents, as of November 2026. What they leave open (levels of effort, prefill and `adaptive`
on old models) is as users of the API report it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

EFFORTS = ("low", "medium", "high", "xhigh", "max")
THINKING = ("adaptive", "between_tools", "disabled", "enabled")
OUTPUT_TOKENS = 128_000
_NEWEST = (5, 5)
_CREATED = "2026-08-18T00:00:00Z"


@dataclass(frozen=True, slots=True)
class Traits:
    thinks: bool
    """Without being asked. Then it cannot be made to use a tool."""
    thinking: frozenset[str]
    """The types of thinking that a request may name."""
    efforts: frozenset[str]
    structured: bool
    """Whether it takes a schema for its output."""
    sampling: bool
    """Whether it takes temperature, top_p and top_k, under the old version of the API."""
    prefill: bool
    """Whether the last message may be the beginning of its answer."""


def traits(model: str) -> Traits:
    family, version = _family(model), _version(model)
    large_new = version >= (5, 0) and family != "haiku"
    return Traits(
        thinks=large_new,
        thinking=_thinking(family, version),
        efforts=_efforts(family, version),
        structured=version >= (4, 5),
        sampling=version < (4, 7),
        prefill=version < (4, 6),
    )


def _family(model: str) -> str:
    found = re.search(r"opus|sonnet|haiku|fable|mythos", model)
    return found[0] if found else ""


def _version(model: str) -> tuple[int, int]:
    """claude-sonnet-4-20250514: 4.0; claude-3-5-haiku-20241022: 3.5."""
    numbers = [int(number) for number in re.findall(r"(?<=-)\d{1,2}(?=-|$)", model)]
    return (numbers[0], numbers[1] if len(numbers) > 1 else 0) if numbers else _NEWEST


def _thinking(family: str, version: tuple[int, int]) -> frozenset[str]:
    types = {"disabled"}
    if (3, 7) <= version < (4, 7):
        types.add("enabled")
    if version >= (4, 6):
        types.add("adaptive")
    if version >= (5, 0):
        types.add("between_tools")
    always_on = family in ("fable", "mythos") or (version >= (5, 5) and family != "haiku")
    return frozenset(types - {"disabled"} if always_on else types)


def _efforts(family: str, version: tuple[int, int]) -> frozenset[str]:
    if version >= (4, 7):
        return frozenset(EFFORTS)
    if version == (4, 6):
        return frozenset(EFFORTS) - {"xhigh"}
    return frozenset(("low", "medium", "high")) if (family, version) == ("opus", (4, 5)) else frozenset()


def row(model: str, context_tokens: int) -> dict[str, Any]:
    """A model as the list of models shows it."""
    can = traits(model)
    return {
        "type": "model",
        "id": model,
        "display_name": model.replace("-", " ").title(),
        "created_at": _CREATED,
        "lifecycle": "active",
        "line": _family(model) or None,
        "deprecated_at": None,
        "retires_at": None,
        "max_input_tokens": context_tokens,
        "max_tokens": OUTPUT_TOKENS,
        "capabilities": {
            **dict.fromkeys(("batch", "citations", "code_execution", "image_input", "pdf_input"), _supported(True)),
            "context_management": _supported(True),
            "server_tools": _supported(True) | {"code_execution": _supported(True), "web_search": _supported(True)},
            "structured_outputs": _supported(can.structured),
            "effort": _supported(bool(can.efforts)) | {level: _supported(level in can.efforts) for level in EFFORTS},
            "thinking": {
                "supported": can.thinking != {"disabled"},
                "types": {name: _supported(name in can.thinking) for name in THINKING},
            },
        },
    }


def _supported(whether: bool) -> dict[str, Any]:
    return {"supported": whether}
