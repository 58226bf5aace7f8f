"""Who stays, once all pairs are known."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass

from qagen.dataset import account, contradictions, copies, spread, types
from qagen.dataset.contradictions import Edges
from qagen.dataset.gathering import Gathering
from qagen.dataset.rejects import Rejects
from qagen.dataset.types import Choices, Combined


@dataclass(frozen=True, slots=True)
class Stays:
    """Who goes into the dataset."""

    numbers: Sequence[int]
    """In the order of the dataset."""
    contradicted: set[int]
    """Those of them that another one contradicts."""


def decide(gathering: Gathering, choices: Choices, result: Combined, rejects: Rejects) -> Stays:
    """Duplicates go out, then contradictions where that was chosen, then what is too much of a document."""
    leaving = _Leaving(gathering, rejects)
    repeats, edges = _look(gathering, choices)
    for number, (original, code) in sorted(repeats.items()):
        leaving.add(account.DUPLICATES, number, code, dropped_for=original)
    is_dropped = choices.conflicts == "drop" or types.CONFLICT in choices.drop
    if is_dropped:
        _note(edges, gathering, result)
        for number, other in sorted(edges.opposites().items()):
            leaving.add(account.CONTRADICTIONS, number, types.CONFLICT, conflicts_with=other)
    if choices.max_per_document is not None:
        for number in spread.surplus(gathering.rows, leaving.others(), choices.max_per_document):
            leaving.add(account.MOST, number, types.OVER_MOST)
    edges = Edges(edge for edge in edges if leaving.gone.isdisjoint(edge))
    if not is_dropped:
        _note(edges, gathering, result)
    result.duplicates = gathering.account.total(account.DUPLICATES)
    return Stays(_in_order(gathering, leaving.others()), edges.numbers)


def _look(gathering: Gathering, choices: Choices) -> tuple[dict[int, tuple[int, str]], Edges]:
    """Of each pair that repeats another one: that one, and the code; and who contradicts whom."""
    rows, keys, origins = gathering.rows, gathering.keys, gathering.origins
    if not choices.checks:
        return copies.find(rows, keys.pairs), Edges()
    from qagen.dataset import duplicates

    columns = keys.columns(rows, origins)
    found = duplicates.find(rows, columns, origins, repeats=choices.dedupe) if columns else duplicates.Verdicts()
    return found.repeats, found.contradictions


def _note(edges: Edges, gathering: Gathering, result: Combined) -> None:
    groups = edges.groups()
    result.conflicts = len(groups)
    result.conflicting = contradictions.describe(groups, gathering.rows, gathering.qa_name)


def _in_order(gathering: Gathering, numbers: array[int]) -> Sequence[int]:
    """As they came; but a document may have come in two files, and its pairs stand together all the same."""
    documents = gathering.rows.documents
    if all(documents[number] <= documents[number + 1] for number in range(len(documents) - 1)):
        return numbers
    return array("i", sorted(numbers, key=documents.__getitem__))


class _Leaving:
    """The pairs that go out."""

    def __init__(self, gathering: Gathering, rejects: Rejects) -> None:
        self.gone: set[int] = set()
        self._gathering = gathering
        self._rejects = rejects

    def add(
        self, step: str, number: int, code: str, *, dropped_for: int | None = None, conflicts_with: int | None = None
    ) -> None:
        """A pair that goes out at the step, and the pair that is the reason."""
        self.gone.add(number)
        self._gathering.account.leave_out(step, code)
        if self._rejects.are_wanted:
            self._rejects.add(
                self._gathering.rows.value(number),
                code,
                self._gathering.qa_name(number),
                dropped_for=self._id(dropped_for),
                conflicts_with=self._id(conflicts_with),
            )

    def others(self) -> array[int]:
        """The pairs that are still there."""
        return array("i", (number for number in range(len(self._gathering.rows)) if number not in self.gone))

    def _id(self, number: int | None) -> str | None:
        return None if number is None else str(self._gathering.rows.value(number)["pair_id"])
