"""Pair + Chunk -> [check codes]: what can be told about a pair by code alone. Pure.

A rule is one row in `RULES`; its code is what files carry. A pair with a code of level `error` is kept apart from the
training data, in `rejected_pairs`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from qagen.formats import Chunk, Pair
from qagen.pairs import Built
from qagen.pairs.evidence import EXACT_SCORE

Level = Literal["error", "warn", "info"]


@dataclass(frozen=True, slots=True)
class Rule:
    """What a code means, and how much it weighs."""

    code: str
    level: Level
    message: str


RULES: dict[str, Rule] = {
    rule.code: rule
    for rule in (
        Rule("EV_MISSING", "warn", "the pair has no quote as evidence"),
        Rule("EV_NOT_FOUND", "error", "no quote of the pair stands in the passage"),
        Rule("EV_PARTLY_FOUND", "warn", "not all quotes of the pair stand in the passage"),
        Rule("EV_INEXACT", "warn", "a quote stands in the passage only in similar words"),
        Rule("EV_OUTSIDE_CORE", "warn", "the evidence stands in the overlap with the chunk before"),
        Rule("DUP_CHUNK", "error", "the chunk has the same question already"),
    )
}


def check(built: list[Built], chunk: Chunk) -> tuple[list[Pair], list[Pair]]:
    """The pairs of a chunk with their codes: those to keep, and those with an error."""
    kept: list[Pair] = []
    rejected: list[Pair] = []
    seen: set[str] = set()
    for one in built:
        codes = _evidence_codes(one, chunk)
        question = normal_question(one.pair.question)
        if question in seen:
            codes.append("DUP_CHUNK")
        pair = one.pair.model_copy(update={"checks": codes})
        if any(RULES[code].level == "error" for code in codes):
            rejected.append(pair)
            continue
        # Only a pair that is kept makes its twin a duplicate: of two, one must remain.
        seen.add(question)
        kept.append(pair)
    return kept, rejected


def normal_question(question: str) -> str:
    """The question without case, white space and final marks: equal ones ask the same."""
    return " ".join(question.casefold().split()).rstrip(" ?.!？。！؟")


def _evidence_codes(one: Built, chunk: Chunk) -> list[str]:
    if not one.matches:
        return ["EV_MISSING"]
    found = [match for match in one.matches if match is not None]
    if not found:
        return ["EV_NOT_FOUND"]
    codes = []
    if len(found) < len(one.matches):
        codes.append("EV_PARTLY_FOUND")
    if any(match.score < EXACT_SCORE for match in found):
        codes.append("EV_INEXACT")
    if all(match.end <= chunk.core_offset for match in found):
        codes.append("EV_OUTSIDE_CORE")
    return codes
