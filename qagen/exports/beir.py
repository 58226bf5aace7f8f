"""`beir`: a folder that measures retrieval: all passages, all queries, and which passage answers which query."""

from __future__ import annotations

from collections.abc import Iterator

from qagen.exports.parts import Parts
from qagen.exports.pool import Pool, chunks_of, identity, passages_of
from qagen.exports.provenance import INSIDE, origin
from qagen.exports.types import Example

CORPUS, QUERIES, QRELS = "corpus.jsonl", "queries.jsonl", "qrels/SPLIT.tsv"
PARTS = (CORPUS, QUERIES, INSIDE, QRELS)
_HEADER = b"query-id\tcorpus-id\tscore\n"


def write(examples: Iterator[Example], parts: Parts) -> None:
    """Equal texts are one passage, and equal questions one query that all of their passages answer."""
    parts.end(QRELS, _HEADER)
    with Pool() as passages, Pool() as queries, Pool() as judgements:

        def put(text: str) -> None:
            if passages.take(text)[1]:
                # No title: negatives have none, so that those of positives would give them away.
                parts.add(CORPUS, {"_id": identity(text), "title": "", "text": text})

        for example in examples:
            query = identity(example.query)
            if queries.take(example.query)[1]:
                parts.add(QUERIES, {"_id": query, "text": example.query})
            for text in passages_of(example):
                put(text)
            for text in (example.positive, *(extra.document for extra in example.extra_positives)):
                judgement = f"{query}\t{identity(text)}\t1\n"
                if judgements.take(judgement)[1]:
                    parts.add_bytes(QRELS, judgement.encode())
            place = {"query_id": query, "passage_id": identity(example.positive)}
            parts.add(INSIDE, origin(example, example.negatives, example.extra_positives, **place))
            parts.use(example.negatives)
        for text in chunks_of(parts.choices.chunks_dir, parts.result):
            put(text)
