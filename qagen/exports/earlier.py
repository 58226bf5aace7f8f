"""`retrieval-json`: the form of an earlier tool, byte for byte: a JSON array, two spaces a level, no last line end."""

from __future__ import annotations

from collections.abc import Iterator

from qagen.exports.parts import Parts
from qagen.exports.types import Example
from qagen.formats import encode

PARTS = ("",)


def write(examples: Iterator[Example], parts: Parts) -> None:
    """Parallel lists: the n-th explanation is of the n-th negative."""
    between = b"[\n  "
    for example in examples:
        value = {
            "query": example.query,
            "positive_document": example.positive,
            "negative_documents": [negative.document for negative in example.negatives],
            "explanations": [negative.explanation for negative in example.negatives],
        }
        # No text of JSON holds a line end, so that what is put behind each of them is only the level.
        parts.add_bytes("", between + encode(value, indent=True).replace(b"\n", b"\n  "))
        parts.use(example.negatives)
        between = b",\n  "
    parts.end("", b"\n]")
