"""What an earlier run left of a document's negatives, placed on the pairs of today. Nothing is written here."""

from __future__ import annotations

from pathlib import Path

from qagen import runs, state
from qagen.corpus import recall
from qagen.formats import ChunkRecord, MinedPair, MiningInfo, NegativesFile
from qagen.llm.prices import Price
from qagen.mine.material import Material
from qagen.runs import Loaded, Recalled
from qagen.state import Entry, Matching


def load(
    material: Material,
    chunks_name: str,
    path: Path,
    info: MiningInfo,
    price: Price | None,
    *,
    asks: bool,
    fresh: bool = False,
) -> Loaded[NegativesFile]:
    """Match the negatives file, or else its backup, with the pairs of today; `fresh`: as if there were none.

    `asks`: a model judges, so that questions which none judged are worth another try.

    Raises:
        DataError: neither is of use, or the file is a link that leads out of its directory.
    """
    document = state.start_mining(material.chunk_file, material.keys, chunks_name, info, path, price)

    def matched(place: Path) -> Recalled[NegativesFile]:
        saved, unchanged = recall(place, NegativesFile)
        return Recalled(saved, unchanged, match(saved, material, asks=asks))

    return runs.load(document, matched, fresh=fresh)


def match(saved: NegativesFile, material: Material, *, asks: bool = False) -> Matching:
    """Place what a negatives file remembers on the pairs of today.

    A chunk is settled as long as all of its pairs are in the file: a pair that is new or was changed makes it pending,
    and what is there of its other pairs stays. What belongs to no pair of today is stale. `asks`: chunks with questions
    that no model judged, because its replies were of no use, are asked about again.
    """
    positions = {key: position for position, key in enumerate(material.keys)}
    mined: dict[str, list[MinedPair]] = {}
    for one in saved.mined_pairs:
        mined.setdefault(one.chunk_key, []).append(one)
    entries: dict[int, Entry] = {}
    stale: list[Entry] = []
    moved = False
    for index, record in saved.chunks.items():
        found = {one.pair_id: one for one in mined.pop(record.chunk_key, ())}
        position = positions.get(record.chunk_key)
        wanted = material.ids(position) if position is not None else []
        left = tuple(one for identity, one in found.items() if identity not in wanted)
        if position is None or left:
            stale.append(Entry(record, left))
        if position is None:
            continue
        kept = tuple(found[identity] for identity in wanted if identity in found)
        if record.status == "completed" and len(kept) < len(wanted):
            record = record.model_copy(update={"status": "pending"})
        moved |= index != material.chunk_file.chunks[position].chunk_index
        entries[position] = Entry(record, kept)
    stale += [Entry(ChunkRecord(chunk_key="", status="completed"), tuple(found)) for found in mined.values()]
    again = frozenset(at for at, entry in entries.items() if asks and not all(map(is_judged, entry.pairs)))
    return Matching(entries, stale, moved, again=again)


def is_judged(one: MinedPair) -> bool:
    """Whether nothing is left to ask a model: not where it was asked, and said nothing of use."""
    return "unlabelled" not in one.flags
