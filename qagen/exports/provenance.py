"""Where the texts of a row came from. It lies beside the data, because trainers take every column for an input."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qagen.exports.types import Example
from qagen.formats import ExtraPositive, Negative

BESIDE = ".provenance.jsonl"
"""Ending of its name, beside a file."""
INSIDE = "provenance.jsonl"
"""Its name in a folder."""


def origin(
    example: Example,
    negatives: Sequence[Negative] = (),
    extra_positives: Sequence[ExtraPositive] | None = None,
    **place: Any,
) -> dict[str, Any]:
    """One line: `place` says of which row; then the pair, and its passages without their texts."""
    value = {**place, "pair_id": example.pair.pair_id, "positive": of_positive(example)}
    if extra_positives is not None:
        value["extra_positives"] = [of_passage(one) for one in extra_positives]
    return {**value, "negatives": [of_passage(one) for one in negatives]}


def of_positive(example: Example) -> dict[str, Any]:
    """The chunk that the question was made of."""
    pair = example.pair
    return {
        "chunk_id": pair.chunk_id,
        "chunk_key": pair.chunk_key,
        "source_file": pair.source_file,
        "section": pair.section,
        "page_start": pair.page_start,
    }


def of_passage(passage: Negative | ExtraPositive) -> dict[str, Any]:
    """Another passage, with why it is here."""
    return passage.model_dump(mode="json", exclude={"document"})
