"""Questions whose answers contradict each other, gathered from pairs of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from qagen.dataset.rows import Rows
from qagen.formats.training_data import Conflict, ConflictingAnswer

MOST_LISTED = 1000
"""Of all, so that the list fits into the metadata. Every pair says it of itself."""


def groups(edges: Sequence[tuple[int, int]]) -> list[list[int]]:
    """The pairs that contradict each other, directly or through others, in order: one group for each question."""
    leaders: dict[int, int] = {}

    def leader(number: int) -> int:
        while leaders.setdefault(number, number) != number:
            leaders[number] = number = leaders[leaders[number]]
        return number

    for one, other in edges:
        first, second = sorted((leader(one), leader(other)))
        leaders[second] = first
    found: dict[int, list[int]] = {}
    for number in sorted(leaders):
        found.setdefault(leader(number), []).append(number)
    return list(found.values())


def describe(found: Sequence[Sequence[int]], rows: Rows, qa_name: Callable[[int], str]) -> list[Conflict]:
    """The first of the groups, with both sides. `qa_name`: of a pair, the QA file that it came from."""
    conflicts = []
    for numbers in found[:MOST_LISTED]:
        values = [rows.value(number) for number in numbers]
        answers = [
            ConflictingAnswer(
                pair_id=value["pair_id"],
                answer=value["answer"],
                source_file=value["source_file"],
                source_qa_file=qa_name(number),
            )
            for number, value in zip(numbers, values, strict=True)
        ]
        conflicts.append(Conflict(question=values[0]["question"], answers=answers))
    return conflicts
