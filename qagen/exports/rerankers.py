"""`labeled-pairs`: one query, one passage, and whether it answers."""

from __future__ import annotations

from collections.abc import Iterator

from qagen.exports.parts import Parts
from qagen.exports.provenance import BESIDE, of_passage, of_positive
from qagen.exports.types import Example

PARTS = (BESIDE, "")


def write(examples: Iterator[Example], parts: Parts) -> None:
    """The passage and the extra positives of each pair with 1, its negatives with 0."""
    for example in examples:
        rows = [(example.positive, 1, of_positive(example))]
        rows += [(one.document, 1, of_passage(one)) for one in example.extra_positives]
        rows += [(one.document, 0, of_passage(one)) for one in example.negatives]
        for passage, label, where in rows:
            line = parts.add("", {"query": example.query, "passage": passage, "label": label})
            parts.add(BESIDE, {"line": line, "pair_id": example.pair.pair_id, "label": label, "passage": where})
        parts.use(example.negatives)
