"""How a document would be cut, without writing anything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from qagen import documents
from qagen.errors import DataError
from qagen.intake.plan import load, plan
from qagen.intake.task import CutDocument, Task, cut
from qagen.intake.workshop import Bounds, Workshop
from qagen.settings import Settings


@dataclass(frozen=True, slots=True)
class Preview:
    """A document as it would be cut, or why it cannot be."""

    label: str
    cut: CutDocument | None
    problem: str | None = None


def preview(places: Sequence[Path], settings: Settings) -> Iterator[Preview]:
    """Each document below the places, one after the other.

    Raises:
        DataError: a place does not exist, or there is no document that can be read.
    """
    job = plan(places, settings)
    yield from (Preview(one.file, None, one.why) for one in job.refused)
    with Workshop(1, Bounds.shared_by(1, settings.document_timeout)) as workshop:
        for source in job.sources:
            task = Task(source.suffix, job.reading, job.order)
            try:
                data = load(source)
                binary = documents.READERS[source.suffix].binary
                yield Preview(source.label, workshop.cut(data, task) if binary else cut(data, task))
            except DataError as error:
                yield Preview(source.label, None, str(error).removeprefix(f"{source.path}: "))
