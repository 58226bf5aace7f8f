"""Small values that many tests need: chunks, chunk files, pairs and QA files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from qagen.formats import Chunk, ChunkFile, ChunkRecord, DocumentInfo, Pair, ProcessingInfo, TokenCounts
from qagen.pairs import pair_id, place
from qagen.state import Entry


def chunk_file_of(cores: Sequence[str], *, overlap: int = 0, **metadata: Any) -> ChunkFile:
    """The chunk file of a document whose text is the cores, joined; each chunk repeats `overlap` characters."""
    text = "".join(cores)
    chunks = []
    reached = 0
    for index, core in enumerate(cores):
        start, end = max(0, reached - overlap), reached + len(core)
        chunks.append(
            Chunk(
                chunk_index=index,
                chunk_id=f"pump-{index}",
                text=text[start:end],
                start_char=start,
                end_char=end,
                core_start=reached,
                section=f"{index} Section",
            )
        )
        reached = end
    facts = {"file_name": "pump.md", "source_file": "docs/pump.md", "file_type": ".md", **metadata}
    processing = ProcessingInfo(
        splitting_strategy="recursive", chunk_size=1000, chunk_overlap=overlap, total_chunks=len(chunks)
    )
    return ChunkFile(metadata=DocumentInfo(**facts), processing_info=processing, chunks=chunks)


def pair_for(chunk: Chunk, key: str, question: str, answer: str = "Twelve bar.", **fields: Any) -> Pair:
    """A pair as it is remembered of a chunk."""
    pair = Pair(
        pair_id=pair_id(question, answer, key), chunk_key=key, question=question, answer=answer, model="m", **fields
    )
    return place(pair, chunk, chunk_file_of([]).metadata)


def completed(chunk: Chunk, key: str, *questions: str, **fields: Any) -> Entry:
    """What is known of a chunk that was asked and answered."""
    pairs = tuple(pair_for(chunk, key, question) for question in questions)
    usage = TokenCounts(input_tokens=100, cached_input_tokens=40, output_tokens=10)
    facts: dict[str, Any] = {"asked": 5, "kept": len(pairs), "attempts": 1, "usage": usage, "model": "m"}
    return Entry(ChunkRecord(chunk_key=key, status="completed", **{**facts, **fields}), pairs)


def qa_value(name: str, questions: Sequence[str], **fields: Any) -> dict[str, Any]:
    """The JSON value of a finished QA file."""
    value: dict[str, Any] = {
        "format": "qagen/qa@1",
        "metadata": {"file_name": f"{name}.md", "source_file": f"docs/{name}.md", "chunks_file": f"{name}_chunks.json"},
        "processing_info": {"splitting_strategy": "recursive", "chunk_size": 1000, "chunk_overlap": 100},
        "qa_generation_info": {
            "provider": "local",
            "model": "m",
            "questions_per_chunk": 5,
            "run_id": f"run of {name}",
            "serial": 7,
            "generated_at": "2026-11-22T05:01:00Z",
            "updated_at": "2026-11-22T05:03:10Z",
        },
        "status": "completed",
        "completed_chunks": [0],
        "failed_chunks": [],
        "chunks": {"0": {"chunk_key": f"key of {name}", "status": "completed", "kept": len(questions)}},
        "training_pairs": [
            {
                "pair_id": pair_id(question, f"Answer of {name}.", f"key of {name}"),
                "chunk_key": f"key of {name}",
                "question": question,
                "answer": f"Answer of {name}.",
                "chunk_index": 0,
            }
            for question in questions
        ],
        "summary": {"total_chunks": 1, "completed_chunks": 1, "total_qa_pairs": len(questions), "requests": 3},
    }
    return {**value, **fields}


def write_json(path: Path, value: Any) -> Path:
    """Write the value, and give the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value), encoding="utf-8")
    return path
