"""Questions whose answers contradict each other, gathered from pairs of them."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence

from qagen.dataset.rows import Rows
from qagen.formats.training_data import Conflict, ConflictingAnswer

MOST_LISTED = 1000
"""Of all, so that the list fits into the metadata. Every pair says it of itself."""
MOST_ANSWERS = 20
"""Of one question."""


class Edges:
    """Pairs that contradict each other, two and two; there may be millions."""

    def __init__(self, edges: Iterable[tuple[int, int]] = ()) -> None:
        self._numbers = array("i", (number for edge in edges for number in edge))

    def add(self, one: int, other: int) -> None:
        """Two pairs, by number."""
        self._numbers.extend((one, other))

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return zip(self._numbers[::2], self._numbers[1::2], strict=True)

    @property
    def numbers(self) -> set[int]:
        """All that are in one."""
        return set(self._numbers)

    def opposites(self) -> dict[int, int]:
        """Of each pair the first that contradicts it."""
        found: dict[int, int] = {}
        for one, other in self:
            found.setdefault(one, other)
            found.setdefault(other, one)
        return found

    def groups(self) -> list[list[int]]:
        """The pairs that contradict each other, directly or through others, in order: one group for each question."""
        leaders: dict[int, int] = {}

        def leader(number: int) -> int:
            while leaders.setdefault(number, number) != number:
                leaders[number] = number = leaders[leaders[number]]
            return number

        for one, other in self:
            first, second = sorted((leader(one), leader(other)))
            leaders[second] = first
        found: dict[int, list[int]] = {}
        for number in sorted(leaders):
            found.setdefault(leader(number), []).append(number)
        return list(found.values())


def describe(groups: Sequence[Sequence[int]], rows: Rows, qa_name: Callable[[int], str]) -> list[Conflict]:
    """The first of the groups, with all sides. `qa_name`: of a pair, the QA file that it came from."""
    return [_describe(group[:MOST_ANSWERS], rows, qa_name) for group in groups[:MOST_LISTED]]


def _describe(group: Sequence[int], rows: Rows, qa_name: Callable[[int], str]) -> Conflict:
    values = [(rows.value(number), qa_name(number)) for number in group]
    answers = [
        ConflictingAnswer(
            pair_id=value["pair_id"], answer=value["answer"], source_file=value["source_file"], source_qa_file=name
        )
        for value, name in values
    ]
    return Conflict(question=values[0][0]["question"], answers=answers)
