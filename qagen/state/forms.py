"""The kinds of state files: what each says besides what is done of each chunk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from qagen.formats import ChunkFile, GenerationInfo, MinedPair, MiningInfo
from qagen.llm.prices import Price
from qagen.state.document import Counts, DocumentState
from qagen.state.identity import chunk_keys
from qagen.state.matching import Entry


class QAForm:
    """`<doc>_qa.json`."""

    tag = "qagen/qa@1"
    results = "training_pairs"
    rejected: str | None = "rejected_pairs"

    def head(self, document: DocumentState, info: dict[str, Any]) -> dict[str, Any]:
        """How the document was cut, and with what it was asked about."""
        processing = document.chunk_file.processing_info.model_dump(mode="json")
        return {"processing_info": {**processing, "total_chunks": len(document.keys)}, "qa_generation_info": info}

    def made(self, entry: Entry) -> int:
        """Pairs."""
        return len(entry.pairs)

    def figures(self, _entry: Entry) -> Mapping[str, int]:
        """Nothing but what is counted of every entry."""
        return {}

    def summary(self, document: DocumentState) -> dict[str, Any]:
        """Chunks, pairs, and what they cost."""
        counts = document.counts
        return {
            "total_chunks": counts.total,
            "completed_chunks": counts.completed,
            "failed_chunks": counts.failed,
            "skipped_chunks": counts.skipped,
            "total_qa_pairs": counts.pairs,
            **document.spent(),
            "reason": _why_empty(counts),
        }


class NegativesForm:
    """`<doc>_negatives.json`."""

    tag = "qagen/negatives@1"
    results = "mined_pairs"
    rejected: str | None = None

    def head(self, _document: DocumentState, info: dict[str, Any]) -> dict[str, Any]:
        """With what the negatives were chosen."""
        return {"mining_info": info}

    def made(self, entry: Entry) -> int:
        """Negatives."""
        return sum(len(one.negatives) for one in entry.pairs)

    def figures(self, entry: Entry) -> Mapping[str, int]:
        """Pairs, negatives by method, pairs by flag, and candidates by what kept them out."""
        mined: Sequence[MinedPair] = entry.pairs
        counts = Counter(f"method:{negative.method}" for one in mined for negative in one.negatives)
        counts.update(f"flag:{flag}" for one in mined for flag in one.flags)
        for one in mined:
            counts.update({f"dropped:{reason}": number for reason, number in one.dropped.items()})
        counts["pairs"] = len(mined)
        counts["extra_positives"] = sum(len(one.extra_positives) for one in mined)
        return counts

    def summary(self, document: DocumentState) -> dict[str, Any]:
        """Chunks with pairs, negatives, and what they cost."""
        counts = document.counts
        return {
            "total_chunks": counts.total,
            "completed_chunks": counts.completed,
            "failed_chunks": counts.failed,
            **mining_figures(counts),
            **document.spent(),
        }


def mining_figures(counts: Counts) -> dict[str, Any]:
    """What was mined: pairs, negatives by method, pairs by flag, candidates by what kept them out."""

    def group(name: str) -> dict[str, int]:
        found = ((key.partition(":"), number) for key, number in sorted(counts.figures.items()))
        return {value: number for (kind, _, value), number in found if kind == name and value}

    return {
        "total_qa_pairs": counts.figures.get("pairs", 0),
        "total_negatives": counts.pairs,
        "by_method": group("method"),
        "extra_positives": counts.figures.get("extra_positives", 0),
        "flags": group("flag"),
        "dropped": group("dropped"),
    }


def start(
    chunk_file: ChunkFile, chunks_name: str, info: GenerationInfo, path: Path, price: Price | None
) -> DocumentState:
    """A document of which nothing is known yet."""
    return DocumentState(path, chunk_file, chunks_name, chunk_keys(chunk_file.chunks), info, QAForm(), price)


def start_mining(
    chunk_file: ChunkFile, keys: list[str], chunks_name: str, info: MiningInfo, path: Path, price: Price | None
) -> DocumentState:
    """The same of its negatives; `chunk_file` holds only the chunks that have pairs."""
    return DocumentState(path, chunk_file, chunks_name, keys, info, NegativesForm(), price)


def _why_empty(counts: Counts) -> str | None:
    if counts.total == 0:
        return "the document has no chunks"
    if counts.pending == 0 and counts.skipped == counts.total:
        return "no chunk has anything to ask about"
    return None
