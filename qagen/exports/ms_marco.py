"""`msmarco-*`: tables with tabs between the columns, no header, no quoting. What breaks a line becomes a space."""

from __future__ import annotations

import re
from collections.abc import Iterator

from qagen.exports.parts import Parts
from qagen.exports.pool import Pool, chunks_of
from qagen.exports.provenance import BESIDE, INSIDE, origin
from qagen.exports.types import Example

QUERIES, COLLECTION, QRELS, TRIPLES = "queries.tsv", "collection.tsv", "qrels.tsv", "triples.tsv"
TEXT_PARTS = (BESIDE, "")
ID_PARTS = (COLLECTION, QUERIES, INSIDE, QRELS, TRIPLES)
_BREAKS = re.compile("\r\n|[\x00\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]")
"""What ends a column or a line for some reader, and NUL, at which some stop."""


def write_text(examples: Iterator[Example], parts: Parts) -> None:
    """`query TAB positive TAB negative`, a row for each negative."""
    for example in examples:
        query, positive = _cell(example.query, parts), _cell(example.positive, parts)
        for negative in example.negatives:
            line = parts.add_bytes("", _row(query, positive, _cell(negative.document, parts)))
            parts.add(BESIDE, origin(example, [negative], line=line))
        parts.use(example.negatives)


def write_ids(examples: Iterator[Example], parts: Parts) -> None:
    """Queries, passages, which passage answers which query, and a triple of numbers for each negative.

    Numbers count from 0 in the order of the lines, as readers that check it want them.
    """
    with Pool() as passages, Pool() as queries, Pool() as judgements:

        def put(pool: Pool, name: str, text: str) -> int:
            number, is_new = pool.take(text)
            if is_new:
                parts.add_bytes(name, _row(str(number), _cell(text, parts)))
            return number

        for example in examples:
            query = put(queries, QUERIES, example.query)
            positive = put(passages, COLLECTION, example.positive)
            for text in (example.positive, *(extra.document for extra in example.extra_positives)):
                passage = put(passages, COLLECTION, text)
                if judgements.take(f"{query} {passage}")[1]:
                    parts.add_bytes(QRELS, _row(str(query), "0", str(passage), "1"))
            for negative in example.negatives:
                passage = put(passages, COLLECTION, negative.document)
                parts.add_bytes(TRIPLES, _row(str(query), str(positive), str(passage)))
            place = {"query_id": query, "passage_id": positive}
            parts.add(INSIDE, origin(example, example.negatives, example.extra_positives, **place))
            parts.use(example.negatives)
        for text in chunks_of(parts.choices.chunks_dir, parts.result):
            put(passages, COLLECTION, text)


def _cell(text: str, parts: Parts) -> str:
    cell = _BREAKS.sub(" ", text)
    parts.result.respaced += cell != text
    return cell


def _row(*cells: str) -> bytes:
    return "\t".join(cells).encode("utf-8", "replace") + b"\n"
