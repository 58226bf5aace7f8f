"""`sentence-transformers-*`: every column is an input, in the order of the columns; so no other column is there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from qagen import files
from qagen.errors import UsageError
from qagen.exports import types
from qagen.exports.parts import Parts
from qagen.exports.provenance import BESIDE, origin
from qagen.exports.types import Example
from qagen.formats import ExtraPositive, Negative, TrainingPair, decode, encode

SHORT = ".short.jsonl"
TRIPLETS = ".triplets.jsonl"
TRIPLETS_ORIGIN = ".triplets.provenance.jsonl"
TRIPLET_PARTS = (BESIDE, "")
TUPLE_PARTS = (SHORT, TRIPLETS_ORIGIN, TRIPLETS, BESIDE, "")


def write_triplets(examples: Iterator[Example], parts: Parts) -> None:
    """A row for each negative."""
    for example in examples:
        _explode(example, parts, "", BESIDE)


def _explode(example: Example, parts: Parts, rows: str, origins: str) -> None:
    for negative in example.negatives:
        row = {"anchor": example.query, "positive": example.positive, "negative": negative.document}
        parts.add(origins, origin(example, [negative], line=parts.add(rows, row)))
    parts.use(example.negatives)


def write_tuples(examples: Iterator[Example], parts: Parts) -> None:
    """A row for each pair, all with the same number of negatives.

    Raises:
        UsageError: no pair has as many as are asked for.
    """
    counts: Counter[int] = Counter()
    # How many most have is known only at the end.
    with files.spool() as waiting:
        for example in examples:
            counts[len(example.negatives)] += 1
            waiting.write(encode(_packed(example)) + b"\n")
        if not counts:
            return
        size = parts.choices.negatives or _most_common(counts)
        if size > max(counts):
            raise UsageError(
                f"--negatives {size}: no pair has as many; the most is {max(counts)}. Take fewer, or "
                "--format sentence-transformers-triplets."
            )
        parts.result.negatives_each = size
        waiting.seek(0)
        for line in waiting:
            _write_tuple(_unpacked(line), size, parts)


def _write_tuple(example: Example, size: int, parts: Parts) -> None:
    negatives = example.negatives[:size]
    if len(negatives) == size:
        row = {"anchor": example.query, "positive": example.positive}
        row |= {f"negative_{place}": one.document for place, one in enumerate(negatives, start=1)}
        parts.add(BESIDE, origin(example, negatives, line=parts.add("", row)))
        parts.use(negatives)
        parts.result.negatives_left_out.update([types.OVER_MOST] * (len(example.negatives) - size))
    elif parts.choices.explode_short:
        _explode(example, parts, TRIPLETS, TRIPLETS_ORIGIN)
    else:
        texts = [negative.document for negative in negatives]
        place = {"pair_id": example.pair.pair_id, "anchor": example.query, "positive": example.positive}
        parts.add(SHORT, {**place, "negatives": texts})
        parts.result.left_out[types.TOO_FEW] += 1
        parts.result.pairs -= 1


def _most_common(counts: Counter[int]) -> int:
    """Of numbers that are equally common the smaller one: it sets no row aside."""
    return min(counts, key=lambda size: (-counts[size], size))


def _packed(example: Example) -> dict[str, object]:
    kept = {
        "negatives": [one.model_dump(mode="json") for one in example.negatives],
        "extra_positives": [one.model_dump(mode="json") for one in example.extra_positives],
    }
    return example.pair.model_dump(mode="json") | kept


def _unpacked(line: bytes) -> Example:
    pair = TrainingPair.model_validate(decode(line))
    extras: Sequence[ExtraPositive] = pair.extra_positives
    negatives: Sequence[Negative] = pair.negatives
    return Example(pair, pair.source_text or "", tuple(extras), tuple(negatives))
