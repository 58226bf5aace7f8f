"""Reply text -> [Pair], or the reason why not.

`reply.read` makes drafts out of what a model wrote; `build` makes pairs out of drafts: identity, place in the document,
and the evidence found in the passage.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Literal

from qagen.formats import Chunk, DocumentInfo, Pair
from qagen.pairs.evidence import Match, Passage
from qagen.pairs.reply import Draft, Reading, Unreadable, read

__all__ = ["Built", "Draft", "Match", "Reading", "Unreadable", "build", "pair_id", "read"]


@dataclass(frozen=True, slots=True)
class Built:
    """A pair, and where each of its quotes stands in the chunk's text; None where one was not found."""

    pair: Pair
    matches: tuple[Match | None, ...]


def pair_id(question: str, answer: str, chunk_key: str) -> str:
    """First 16 hex digits of SHA-256 over the three."""
    return hashlib.sha256("\0".join((question, answer, chunk_key)).encode("utf-8", "replace")).hexdigest()[:16]


def build(
    drafts: tuple[Draft, ...],
    chunk: Chunk,
    chunk_key: str,
    document: DocumentInfo,
    *,
    model: str,
    kind: Literal["llm", "rules"],
) -> list[Built]:
    """The pairs of one chunk, in the order of the reply, not yet checked."""
    passage = Passage(chunk.text, chunk.core_offset)
    origin = chunk.start_char if chunk.offsets_are_exact else None
    same = {
        **_place(chunk, document),
        "chunk_key": chunk_key,
        "language": document.language,
        "generator_kind": kind,
        "model": model,
    }
    return [_build(draft, passage, origin, same) for draft in drafts]


def _build(draft: Draft, passage: Passage, origin: int | None, same: dict[str, Any]) -> Built:
    """`origin`: where the passage begins in the document. `same`: the fields that all pairs of the chunk share."""
    matches = tuple(passage.find(quote) for quote in draft.evidence)
    found = [match for match in matches if match is not None]
    pair = Pair(
        pair_id=pair_id(draft.question, draft.answer, same["chunk_key"]),
        question=draft.question,
        answer=draft.answer,
        question_type=draft.question_type,
        evidence=list(draft.evidence),
        evidence_start=origin + found[0].start if found and origin is not None else None,
        evidence_end=origin + found[0].end if found and origin is not None else None,
        grounding=round(len(found) / len(matches), 3) if matches else None,
        **same,
    )
    return Built(pair, matches)


def place(pair: Pair, chunk: Chunk, document: DocumentInfo) -> Pair:
    """The pair with the fields that say where its chunk stands now, evidence moved along with it."""
    start, end = pair.evidence_start, pair.evidence_end
    if not chunk.offsets_are_exact:
        start = end = None
    elif start is not None and end is not None and pair.chunk_end is not None and chunk.end_char is not None:
        # The same core may begin elsewhere in a longer document; its end moves with it, its overlap need not.
        shift = chunk.end_char - pair.chunk_end
        start, end = start + shift, end + shift
    return pair.model_copy(update={**_place(chunk, document), "evidence_start": start, "evidence_end": end})


def _place(chunk: Chunk, document: DocumentInfo) -> dict[str, Any]:
    """The fields that say where a chunk stands."""
    return {
        "source_file": document.source_file,
        "file_name": document.file_name,
        "file_type": document.file_type,
        "chunk_id": chunk.chunk_id,
        "chunk_index": chunk.chunk_index,
        "chunk_start": chunk.start_char,
        "chunk_end": chunk.end_char,
        "section": chunk.section,
        "page_start": chunk.page_start,
        "page_end": chunk.page_end,
    }
