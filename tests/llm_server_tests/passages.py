"""What the tests of all dialects ask about."""

from __future__ import annotations

from typing import Any

PASSAGE = (
    "The pressure relief valve opens at 12 bar and closes at 10 bar.\n"
    "Technicians must inspect the seal every 500 hours of operation. "
    "A worn seal is replaced with part number SV-204."
)
WHOLE = "The lamp number 1 is green today."
"""Its answer comes in one piece."""
SPLIT = "The lamp number 2 is green today."
"""Its answer comes in two pieces."""
HEX = "0123456789abcdef"


def prompt(passage: str = PASSAGE) -> str:
    return f"Write up to 3 questions.\n<passage-{HEX}>\n{passage}\n</passage-{HEX}>"


def objects(**properties: Any) -> dict[str, Any]:
    """A schema that every vendor takes, if it takes the properties."""
    return {
        "type": "object",
        "additionalProperties": False,
        "required": sorted(properties),
        "properties": properties,
    }
