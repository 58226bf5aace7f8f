"""A document whose negatives are chosen, as the pump sees it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from qagen.formats import ChunkRecord, MinedPair, Pair
from qagen.mine.material import Material
from qagen.mine.resume import is_judged
from qagen.negatives import Dense, Labelled, LabelRequest, Miner, Prepared, missing
from qagen.pump import Item, Made, Trail
from qagen.runs import OpenState, trail_fields
from qagen.state import DocumentState, Entry

_REQUEST, _OTHERS = "request", "replies_to_others"
"""Notes of a chunk that is not settled: which request was sent last, and how many of its replies are to other ones."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was chosen for the pairs of a chunk. The record lacks what the pump knows: attempts, tokens, replies."""

    record: ChunkRecord
    mined: tuple[MinedPair, ...]


@dataclass(slots=True)
class Work:
    """A chunk while it is worked on."""

    prepared: list[Prepared]
    request: LabelRequest | None
    """None: there is nothing that a model could judge, or none is asked."""
    said: Mapping[int, Mapping[str, Labelled]] = field(default_factory=dict)
    """What is known by now, of all rounds."""
    was_sent: bool = False
    notes: dict[str, int] = field(default_factory=dict)
    """What was unusual in the replies."""

    @property
    def lacking(self) -> dict[int, tuple[str, ...]]:
        """What nothing was said of yet."""
        return missing(self.request, self.said) if self.request else {}

    @property
    def digest(self) -> int:
        """Tells requests apart: the ids of a reply mean nothing beside another one."""
        text = self.request.user if self.request else ""
        return int.from_bytes(hashlib.sha256(text.encode("utf-8", "replace")).digest()[:6], "big")


class OpenNegatives(OpenState):
    """A document in memory, with its pairs and who looks for their negatives."""

    def __init__(
        self,
        document: DocumentState,
        name: str,
        positions: Iterable[int],
        material: Material,
        earlier: Mapping[int, Entry],
        *,
        changed: bool,
        judges_again: bool = False,
    ) -> None:
        super().__init__(document, name, positions, changed=changed)
        self._material = material
        self._earlier = earlier
        """Of the chunks that are asked about: negatives of some of their pairs, and notes."""
        self._judges_again = judges_again
        self._work: dict[int, Work] = {}

    def work(self, item: Item, miner: Miner, *, asks: bool, dense: Mapping[str, Dense] | None = None) -> Work:
        """What there is to do for a chunk, with what is known already."""
        work = self._work.get(item.position)
        if work is None:
            prepared = miner.prepare(self._to_mine(item.position), self.name, dense)
            work = self._work[item.position] = Work(prepared, miner.request(prepared) if asks else None)
        return work

    def replies_to(self, item: Item, work: Work) -> list[str]:
        """Replies to this very request that were kept."""
        notes = self._notes(item.position)
        if not work.request or notes.get(_REQUEST) != work.digest:
            return []
        replies = item.kept[notes.get(_OTHERS, 0) :]
        return [reply.text for reply in replies if reply.finish == "stop"]

    def settle(self, item: Item, result: Any, trail: Trail) -> Made:
        """Remember an `Answer`; gives its figures."""
        self._work.pop(item.position, None)
        found = {one.pair_id: one for one in self._mined(item.position)}
        # Asked about again in vain: what passed the guards then stays.
        new = [one for one in result.mined if is_judged(one) or one.pair_id not in found]
        found |= {one.pair_id: one for one in new}
        mined = tuple(found[identity] for identity in self._material.ids(item.position))
        figures = {"asked": len(mined), "kept": sum(len(one.negatives) for one in mined)}
        record = result.record.model_copy(update={**figures, **trail_fields(trail)})
        self.document.settle(item.position, Entry(record, mined))
        made = sum(len(one.negatives) for one in new)
        return Made(made, short=any("negatives_short" in one.flags for one in new))

    def entry(self, item: Item, record: ChunkRecord) -> Entry:
        """What is known of some pairs stays; replies are kept with the request that they belong to."""
        work, notes = self._work.pop(item.position, None), self._notes(item.position)
        if work is not None and work.was_sent:
            others = notes.get(_OTHERS, 0) if notes.get(_REQUEST) == work.digest else len(item.kept)
            notes = {_REQUEST: work.digest, **({_OTHERS: others} if others else {})}
        return Entry(record.model_copy(update={"notes": notes}), self._mined(item.position))

    def _to_mine(self, position: int) -> list[Pair]:
        known = {one.pair_id for one in self._mined(position) if is_judged(one) or not self._judges_again}
        return [pair for pair in self._material.pairs[position] if pair.pair_id not in known]

    def _mined(self, position: int) -> tuple[MinedPair, ...]:
        entry = self._earlier.get(position)
        return entry.pairs if entry else ()

    def _notes(self, position: int) -> dict[str, int]:
        entry = self._earlier.get(position)
        return entry.record.notes if entry else {}
