"""Which pairs of a document stay where not all may: the best, from all over the document."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from qagen.dataset.rows import Rows


def surplus(rows: Rows, kept: Iterable[int], most: int) -> list[int]:
    """The pairs beyond `most` of their document, in order."""
    by_document: dict[int, list[int]] = defaultdict(list)
    for number in kept:
        by_document[rows.documents[number]].append(number)
    left_out = []
    for numbers in by_document.values():
        if len(numbers) > most:
            left_out += sorted(set(numbers) - set(_chosen(rows, numbers, most)))
    return left_out


def _chosen(rows: Rows, numbers: Sequence[int], most: int) -> list[int]:
    """Round by round the best pair of each chunk; in the last round the best of those, evenly spread."""
    by_chunk: dict[int, list[int]] = defaultdict(list)
    for number in numbers:
        by_chunk[rows.chunks[number]].append(number)
    ranked = [sorted(chunk, key=lambda number: _worth(rows, number), reverse=True) for chunk in by_chunk.values()]
    chosen: list[int] = []
    for place in range(max(map(len, ranked))):
        turn = [chunk[place] for chunk in ranked if place < len(chunk)]
        room = most - len(chosen)
        if len(turn) >= room:
            return chosen + _best_spread(rows, turn, room)
        chosen += turn
    return chosen


def _worth(rows: Rows, number: int) -> tuple[float, int, int]:
    """Better grounded, fewer remarks, longer evidence. Sorting leaves equal ones in their order."""
    return rows.groundings[number], -rows.remarks[number], rows.quoted[number]


def _best_spread(rows: Rows, turn: Sequence[int], room: int) -> list[int]:
    """The best grounded; of equally grounded ones too many for the room, those at even distances."""
    by_grounding: dict[float, list[int]] = defaultdict(list)
    for number in turn:
        by_grounding[rows.groundings[number]].append(number)
    chosen: list[int] = []
    for grounding in sorted(by_grounding, reverse=True):
        equals = by_grounding[grounding]
        room_left = room - len(chosen)
        if len(equals) <= room_left:
            chosen += equals
        else:
            chosen += [equals[place * len(equals) // room_left] for place in range(room_left)]
            break
    return chosen
