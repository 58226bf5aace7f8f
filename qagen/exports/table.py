"""EXPORTS: a new form is a row here, and a function that writes its parts."""

from __future__ import annotations

import difflib

from qagen.errors import UsageError
from qagen.exports import beir, earlier, flag_embedding, ms_marco, rerankers, sentence_transformers
from qagen.exports.types import Export

_JSON_LINES = 'from datasets import load_dataset; train_dataset = load_dataset("json", data_files=PATH, split="train")'
_TABLE = (
    'from datasets import load_dataset; train_dataset = load_dataset("csv", data_files=FILE, delimiter="\\t", '
    'column_names=COLUMNS, quoting=3, keep_default_na=False, split="train")'
)

_ROWS = (
    Export(
        name="retrieval-json",
        about="query, positive and negatives with explanations, as one JSON array",
        write=earlier.write,
        default="retrieval.json",
        parts=earlier.PARTS,
        loads="import json, pathlib; rows = json.loads(pathlib.Path(PATH).read_bytes())",
    ),
    Export(
        name="sentence-transformers-triplets",
        about="anchor, positive, negative: a row for each negative; dense, sparse (SPLADE) and cross-encoders",
        write=sentence_transformers.write_triplets,
        default="triplets.jsonl",
        parts=sentence_transformers.TRIPLET_PARTS,
        loads=_JSON_LINES,
    ),
    Export(
        name="sentence-transformers-tuples",
        about="anchor, positive, negative_1 to negative_n: a row for each pair, n the same in all rows",
        write=sentence_transformers.write_tuples,
        default="tuples.jsonl",
        parts=sentence_transformers.TUPLE_PARTS,
        optional=frozenset(sentence_transformers.TUPLE_PARTS[:3]),
        loads=_JSON_LINES,
    ),
    Export(
        name="labeled-pairs",
        about="query, passage, label 1 or 0: for rerankers",
        write=rerankers.write,
        default="labeled.jsonl",
        parts=rerankers.PARTS,
        loads=_JSON_LINES,
    ),
    Export(
        name="flag-embedding",
        about="query, pos and neg as lists, and a pool of candidates to mine more from: FlagEmbedding (BGE)",
        write=flag_embedding.write,
        default="flag_embedding.jsonl",
        parts=flag_embedding.PARTS,
        loads=_JSON_LINES,
    ),
    Export(
        name="msmarco-triples",
        about="query, positive, negative as texts in columns (TSV); line ends and tabs become spaces",
        write=ms_marco.write_text,
        default="triples.tsv",
        parts=ms_marco.TEXT_PARTS,
        loads=_TABLE.replace("FILE", "PATH").replace("COLUMNS", '["query", "positive", "negative"]'),
    ),
    Export(
        name="msmarco-ids",
        about="a folder: queries, collection, qrels and triples by number (TSV); line ends and tabs become spaces",
        write=ms_marco.write_ids,
        default="msmarco",
        parts=ms_marco.ID_PARTS,
        loads=_TABLE.replace("FILE", 'PATH + "/triples.tsv"').replace("COLUMNS", '["query", "positive", "negative"]'),
        needs_negatives=False,
        is_folder=True,
        has_corpus=True,
    ),
    Export(
        name="beir",
        about="a folder that measures retrieval: corpus, queries, qrels; not for who trained with the same dataset",
        write=beir.write,
        default="beir",
        parts=beir.PARTS,
        loads="from beir.datasets.data_loader import GenericDataLoader; "
        'corpus, queries, qrels = GenericDataLoader(PATH).load(split="SPLIT")',
        needs_negatives=False,
        is_folder=True,
        has_corpus=True,
        measures=True,
    ),
)
EXPORTS = {row.name: row for row in _ROWS}


def find(name: str | None) -> Export:
    """The form of that name.

    Raises:
        UsageError: there is none; the text says which there are.
    """
    known = f"Known: {', '.join(EXPORTS)}; --list-formats says what each is for."
    if name is None:
        raise UsageError(f"no format is set. Choose one with --format. {known}")
    if name not in EXPORTS:
        near = _nearest(name.lower())
        raise UsageError(f"there is no format {name!r}{f'; did you mean {near}?' if near else '.'} {known}")
    return EXPORTS[name]


def _nearest(wanted: str) -> str | None:
    """The form whose name, or its end behind a `-`, is most like what was typed."""
    holding = [name for name in EXPORTS if wanted and wanted in name]
    if holding:
        return holding[0]
    ends = {name.split("-", cut)[-1]: name for name in EXPORTS for cut in range(name.count("-") + 1)}
    near = difflib.get_close_matches(wanted, ends, n=1)
    return ends[near[0]] if near else None
