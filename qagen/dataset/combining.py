"""The whole of it: gather, decide who stays, write."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from qagen import files
from qagen.dataset import joining, refusal, sources, types, writing
from qagen.dataset.deciding import Stays, decide
from qagen.dataset.gathering import Gathering, config_of
from qagen.dataset.joining import Joining
from qagen.dataset.rejects import Rejects
from qagen.dataset.rows import Rows
from qagen.dataset.types import Choices, Combined
from qagen.errors import DataError
from qagen.formats import ProcessingConfig, Row, TrainingMetadata, encode, utc_time

if TYPE_CHECKING:
    from qagen.dataset.gone import Gone
    from qagen.search import Index


def combine(paths: Sequence[Path], output: Path, choices: Choices, *, version: str) -> Combined:
    """Merge QA files and earlier datasets into `output`, in the order of their names.

    Nothing is written where contradictions are to be a failure and there are some: see `Combined.is_written`.

    Raises:
        DataError: no file can be used, no pair is left, or there are no chunks where they are asked for; nothing is
            written.
        StorageError: the output cannot be written.
    """
    result = Combined()
    with contextlib.ExitStack() as stack:
        rejects = Rejects(stack.enter_context(files.spool()) if choices.rejects else None)
        rows = Rows(stack.enter_context(files.spool()), with_chunks=choices.max_per_document is not None)
        gathering = Gathering(choices, result, rows, rejects)
        has_negatives = joining.are_there(paths, choices.negatives_dir)
        # Whoever trains with negatives needs the positive, too.
        with_text = choices.include_source_text or has_negatives
        _lay_out_chunks(gathering, choices, result, stack, with_text=with_text)
        for path in _in_order(paths):
            gathering.take(path)
        if not gathering.documents:
            raise DataError(refusal.nothing_to_combine(result))
        if gathering.vagueness:
            result.round_trip = gathering.vagueness.result()
        stays = decide(gathering, choices, result, rejects)
        _count(gathering, stays, result)
        if choices.conflicts == "fail" and result.conflicts:
            return result
        if not result.pairs:
            raise DataError(refusal.nothing_left(result, output))
        assert result.funnel.adds_up
        assert result.funnel.steps[-1].pairs == result.pairs
        result.replaced = sources.size_of(output)
        # The dataset last: whoever sees it finds beside it what it lacks.
        if choices.rejects:
            rejects.write(choices.rejects)
        gone = _gone(gathering, choices)
        joiner = Joining(gathering.negatives_paths(), result.joined, gone) if has_negatives else None
        lines = _lines(gathering, stays, result, joiner, with_text=with_text)
        writing.write(output, _metadata(result, version), result.documents, lines, lines=choices.lines)
        result.is_written = True
        if joiner:
            joiner.finish()
    return result


def _in_order(paths: Sequence[Path]) -> list[Path]:
    """Each file once, by name: the order in which they are given makes no difference."""
    unique = {path.resolve(): path for path in sorted(paths, key=str, reverse=True)}
    return sorted(unique.values(), key=lambda path: (path.name, str(path)))


def _lay_out_chunks(
    gathering: Gathering, choices: Choices, result: Combined, stack: contextlib.ExitStack, *, with_text: bool
) -> None:
    """Read the chunk files, as far as they are needed.

    Raises:
        DataError: there are none, and their text is asked for.
    """
    if not choices.checks and not with_text:
        return  # of the documents that go in, `Today` reads them one by one
    from qagen.dataset.passages import Passages
    from qagen.dataset.vague import FEWEST_CHUNKS, Vagueness

    passages = gathering.passages = stack.enter_context(Passages())
    index = _index(choices, result, stack)
    try:
        if choices.chunks_dir is None:
            raise DataError("there are no chunk files at hand")
        passages.read(choices.chunks_dir, index.add if index is not None else _ignore)
    except DataError as error:
        if choices.include_source_text:
            raise
        if choices.checks:
            result.not_checked[types.Q_VAGUE] = str(error)
        return
    result.chunk_problems += passages.problems
    gathering.today.passages = passages
    if index is not None and len(index) >= FEWEST_CHUNKS:
        gathering.vagueness = Vagueness(index)
    elif index is not None:
        result.not_checked[types.Q_VAGUE] = (
            f"it takes {FEWEST_CHUNKS} different chunks, and there {'is' if len(index) == 1 else 'are'} {len(index)}"
        )


def _gone(gathering: Gathering, choices: Choices) -> Gone | None:
    """Who tells which passages are gone; None where nobody knows, or it is not to matter."""
    if choices.include_outdated or gathering.today.passages is None:
        return None
    from qagen.dataset.gone import Gone

    return Gone(gathering.today.passages, gathering.documents)


def _index(choices: Choices, result: Combined, stack: contextlib.ExitStack) -> Index | None:
    """Where chunks are searched, if they are to be and can be."""
    if not choices.checks:
        return None
    from qagen.search import Index, Unavailable

    try:
        return stack.enter_context(Index())
    except Unavailable as error:
        result.not_checked[types.Q_VAGUE] = str(error)
        return None


def _ignore(_key: str, _text: str) -> None:
    """Nobody is told of the chunks."""


def _metadata(result: Combined, version: str) -> TrainingMetadata:
    return TrainingMetadata(
        generated_at=utc_time(),
        qagen_version=version,
        total_qa_pairs=result.pairs,
        num_documents=len(result.documents),
        source_qa_files=[document.source_file for document in result.documents],
        left_out=[*result.left_out, *result.invalid],
        changed=result.changed,
        duplicates_removed=result.duplicates,
        conflicts=result.conflicts,
        conflicting=result.conflicting,
        funnel=result.funnel,
        round_trip=result.round_trip,
        processing_config=ProcessingConfig(**config_of(result.documents)),
    )


def _count(gathering: Gathering, stays: Stays, result: Combined) -> None:
    """The figures of what goes in."""
    rows, numbers = gathering.rows, stays.numbers
    result.funnel = gathering.account.funnel()
    result.pairs = len(numbers)
    for (kind, codes, generator), count in rows.labels(numbers).items():
        result.kinds[kind] += count
        result.generators[generator] += count
        result.checks.update(dict.fromkeys(codes, count))
    if stays.contradicted:
        result.checks[types.CONFLICT] = len(stays.contradicted)
    by_document = Counter(map(rows.documents.__getitem__, numbers))
    result.documents = [
        document.facts.model_copy(update={"qa_pairs_count": by_document[number]})
        for number, document in enumerate(gathering.documents)
    ]


def _lines(
    gathering: Gathering, stays: Stays, result: Combined, joiner: Joining | None, *, with_text: bool
) -> Iterator[bytes]:
    """The pairs as they are written, with what was found of them, and their passages where they are wanted."""
    rows = gathering.rows
    for has_more, numbers in groupby(stays.numbers, key=lambda number: with_text or number in stays.contradicted):
        if not has_more:
            yield from rows.lines(numbers)
            continue
        for number in numbers:
            row = rows.value(number)
            if number in stays.contradicted:
                row["checks"].append(types.CONFLICT)
            if joiner:
                joiner.join(row, rows.documents[number])
            if with_text:
                row["source_text"] = _source_text(gathering, row, number)
                result.without_source_text += row["source_text"] is None
            yield encode(row) + b"\n"


def _source_text(gathering: Gathering, row: Row, number: int) -> object:
    """The text that the question was asked about; what an earlier run joined, where the chunk is not there any more."""
    assert gathering.passages is not None
    passage = gathering.passages.find(row["chunk_key"], row["chunk_index"], gathering.qa_name(number))
    return passage.text if passage else row.get("source_text")
