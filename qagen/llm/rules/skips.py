"""Why a passage holds nothing to ask about."""

from __future__ import annotations

import re

from qagen.llm.rules.material import SkipReason

_FEWEST_WORDS = 8
_LETTERS_AS_WORDS = 4
"""Letters that count as a word in scripts without blanks; a long Chinese sentence is one word to `split`."""
_LOOKED_AT = 20_000

_LEGAL = re.compile(
    r"all rights reserved|©|copyright \(c\)|alle rechte vorbehalten|todos los derechos|tous droits|"
    r"accept (?:all )?cookies|privacy policy|terms of (?:use|service)|subscribe to our|"
    r"permission is hereby granted|without warranty of any kind",
    re.IGNORECASE,
)
_TOC_LINE = re.compile(r"\S.{0,120}?(?:\.{4,}|(?:\s\.){3,}|…{2,})\s*\d{1,4}$|.{3,100}(?:\s{3,}|\t)\d{1,4}$")
_REFERENCE_LINE = re.compile(
    r"\[\d{1,3}\]\s|.{0,300}?(?:\bdoi\b|\bet al\b|arxiv|\(\d{4}[a-z]?\)\.|\bpp\. \d)", re.IGNORECASE
)


def before_reading(passage: str) -> SkipReason | None:
    """What the look of the whole passage rules out, before anything is asked."""
    text = passage[:_LOOKED_AT]
    lines = [line.strip()[:400] for line in text.splitlines() if line.strip()]
    if _is_garbled(text):
        return "garbled"
    if len(lines) >= 3 and _share(_TOC_LINE, lines) > 0.5:
        return "toc_or_index"
    if len(lines) >= 2 and _share(_REFERENCE_LINE, lines) > 0.5:
        return "references"
    if len(text.split()) < 200 and len(_LEGAL.findall(text)) >= 2:
        return "boilerplate"
    return None


def after_reading(passage: str) -> SkipReason:
    """Why nothing was found in a passage that looked all right."""
    text = passage[:_LOOKED_AT]
    words = max(len(text.split()), sum(char.isalpha() and char > "\u2e80" for char in text) // _LETTERS_AS_WORDS)
    return "too_short" if words < _FEWEST_WORDS else "no_facts"


def _share(pattern: re.Pattern[str], lines: list[str]) -> float:
    return sum(bool(pattern.match(line)) for line in lines) / len(lines)


def _is_garbled(text: str) -> bool:
    seen = [char for char in text if not char.isspace()]
    if len(seen) < 40:
        return False
    broken = sum(char == "\ufffd" or not char.isprintable() for char in seen)
    letters = sum(char.isalnum() or char in ".,;:!?()-|" for char in seen)
    return broken * 20 > len(seen) or letters * 2 < len(seen)
