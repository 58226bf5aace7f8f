"""A document's pairs, placed on the chunks of today: what there is to mine. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from qagen import state
from qagen.formats import Chunk, ChunkFile, Pair, QAFile
from qagen.pairs import pair_id


@dataclass(frozen=True, slots=True)
class Material:
    """The chunks that have pairs, in order, and their pairs."""

    chunk_file: ChunkFile
    """With these chunks alone."""
    keys: list[str]
    pairs: list[list[Pair]]
    """By the position of their chunk. Their identities are those of their texts, whatever a hand has changed."""
    gone: int
    """Pairs whose chunk is not in the chunk file any more."""

    def ids(self, position: int) -> list[str]:
        """The identities of a chunk's pairs."""
        return [pair.pair_id for pair in self.pairs[position]]


def gather(qa_file: QAFile, chunk_file: ChunkFile) -> Material:
    """The pairs by their chunks. Those whose chunk is gone stand at the end, by what their chunk was."""
    chunks = dict(zip(state.chunk_keys(chunk_file.chunks), chunk_file.chunks, strict=True))
    by_index = {chunk.chunk_index: key for key, chunk in chunks.items()}
    present: dict[str, dict[str, Pair]] = {}
    gone: dict[str, dict[str, Pair]] = {}
    for pair in qa_file.training_pairs:
        # Files of older tools know chunks by their numbers alone.
        key = pair.chunk_key or by_index.get(-1 if pair.chunk_index is None else pair.chunk_index, "")
        group = (present if key in chunks else gone).setdefault(key, {})
        identity = identity_of(pair)
        group.setdefault(identity, pair.model_copy(update={"pair_id": identity, "chunk_key": key}))
    keys = [key for key in chunks if key in present]
    after = 1 + max((chunk.chunk_index for chunk in chunk_file.chunks), default=-1)
    lost = [_lost(after + number, group.values()) for number, group in enumerate(gone.values())]
    whole = chunk_file.model_copy(update={"chunks": [*(chunks[key] for key in keys), *lost]})
    groups = [*(present[key] for key in keys), *gone.values()]
    pairs = [list(group.values()) for group in groups]
    return Material(whole, [*keys, *gone], pairs, sum(map(len, gone.values())))


def identity_of(pair: Pair) -> str:
    """What negatives are joined by: other words make another question, and need other negatives."""
    return pair_id(pair.question, pair.answer, pair.chunk_key)


def _lost(index: int, pairs: Iterable[Pair]) -> Chunk:
    """The place of a chunk that is gone: state files number what they hold."""
    return Chunk(chunk_index=index, chunk_id=next(iter(pairs)).chunk_id or f"gone-{index}", text="")
