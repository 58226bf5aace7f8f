"""`flag-embedding`: lists of positives and negatives for each query, and a pool of passages to mine more from."""

from __future__ import annotations

from collections.abc import Iterator

from qagen.exports.parts import Parts
from qagen.exports.pool import Pool, chunks_of, passages_of
from qagen.exports.provenance import BESIDE, origin
from qagen.exports.types import Example

CANDIDATES = ".candidates.jsonl"
PARTS = (CANDIDATES, BESIDE, "")


def write(examples: Iterator[Example], parts: Parts) -> None:
    """A row for each pair; in the pool every passage once."""
    with Pool() as pool:

        def put(text: str) -> None:
            if pool.take(text)[1]:
                parts.add(CANDIDATES, {"text": text})

        for example in examples:
            positives = [example.positive, *(extra.document for extra in example.extra_positives)]
            negatives = [negative.document for negative in example.negatives]
            line = parts.add("", {"query": example.query, "pos": positives, "neg": negatives})
            parts.add(BESIDE, origin(example, example.negatives, example.extra_positives, line=line))
            parts.use(example.negatives)
            for text in passages_of(example):
                put(text)
        for text in chunks_of(parts.choices.chunks_dir, parts.result):
            put(text)
