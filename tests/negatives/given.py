"""Small values for the tests of mining."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from qagen.formats import Chunk, ChunkFile, DocumentInfo, Pair
from qagen.negatives.texts import Asked, ask
from qagen.negatives.types import Candidate, Found, Guarded, Passage
from qagen.pairs import pair_id
from qagen.state import chunk_keys


def passage(text: str, key: str = "", **fields: Any) -> Passage:
    """A passage of its own document, so that nothing but its text tells."""
    facts: dict[str, Any] = {
        "chunk_key": key or f"key of {text}",
        "chunk_id": "c-1",
        "document": "other",
        "source_file": "docs/other.md",
        "whole": text,
        "start": -1,
        "end": -1,
    }
    return Passage(text=text, **{**facts, **fields})


def candidate(text: str, key: str = "", rank: int | None = 3, **fields: Any) -> Candidate:
    """What a search brought."""
    facts = {name: fields.pop(name) for name in ("shares", "method", "similarity", "is_merged") if name in fields}
    return Candidate(passage(text, key, **fields), rank, 4.5 if rank else None, **facts)


def pair(question: str, answer: str = "12 bar", evidence: Sequence[str] = (), **fields: Any) -> Pair:
    """A pair of the chunk "own"."""
    facts = {"chunk_key": "own", "pair_id": pair_id(question, answer, "own"), **fields}
    return Pair(question=question, answer=answer, evidence=list(evidence), **facts)


def asked(question: str, answer: str = "12 bar", evidence: Sequence[str] = (), own: str = "Nothing.") -> Asked:
    """The same, taken apart."""
    return ask(pair(question, answer, evidence), passage(own, "own", document="manual"))


def guarded(*texts: str) -> Guarded:
    """Candidates that passed the guards."""
    return Guarded(tuple(candidate(text, rank=place) for place, text in enumerate(texts, 1)))


def found(*candidates: Candidate, own_rank: int | None = 1) -> Found:
    return Found(candidates, own_rank)


def write_chunks(folder: Path, name: str, texts: Sequence[str], **metadata: Any) -> list[str]:
    """A chunk file without overlaps; gives the keys of its chunks."""
    folder.mkdir(parents=True, exist_ok=True)
    chunks, reached = [], 0
    for index, text in enumerate(texts):
        chunks.append(
            Chunk(
                chunk_index=index,
                chunk_id=f"{name}-{index}",
                text=text,
                start_char=reached,
                end_char=reached + len(text),
                core_start=reached,
                section=f"Part {index}",
            )
        )
        reached += len(text)
    facts = DocumentInfo(file_name=f"{name}.md", source_file=f"docs/{name}.md", **metadata)
    made = ChunkFile(metadata=facts, chunks=chunks)
    (folder / f"{name}_chunks.json").write_text(made.model_dump_json(), encoding="utf-8")
    return chunk_keys(chunks)
