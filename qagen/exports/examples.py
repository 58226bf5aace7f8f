"""Dataset -> examples: pairs with the passages that may go in. Everything that stays out is counted by its reason."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from qagen import dataset
from qagen.errors import DataError
from qagen.exports import types
from qagen.exports.answers import Answers
from qagen.exports.folder import Folder
from qagen.exports.types import Choices, Example, Exported
from qagen.formats import ExtraPositive, Negative, TrainingPair

_AGAIN = "`qagen combine --include-source-text`"


def read(
    path: Path, choices: Choices, result: Exported, *, needs_negatives: bool, has_corpus: bool = False
) -> Iterator[Example]:
    """The examples of a dataset, one after the other. It is gone through twice: what answers a question is known last.

    Raises:
        DataError: it is no dataset, a row is damaged, or its passages were never joined.
    """
    sources: set[str] = set()
    answers = Answers(_noting(_rows(path), sources))
    # Only where retrieval is measured does it matter which passages are there today.
    folder = Folder(choices.chunks_dir, sources, result) if has_corpus and choices.chunks_dir else None
    for number, pair in enumerate(_pairs(path), start=1):
        result.read += 1
        if "source_text" not in pair.model_fields_set:
            raise DataError(f"{path}: pair {number} comes without its passage (source_text). Combine again: {_AGAIN}.")
        if folder and folder.has_lost_passage_of(pair):
            result.left_out[types.LOST] += 1
            continue
        if folder:
            pair = _there(pair, folder, result)
        found = _example(pair, answers, choices, result, needs_negatives=needs_negatives)
        if isinstance(found, str):
            result.left_out[found] += 1
        else:
            result.pairs += 1
            result.elsewhere += folder is not None and not folder.holds_passage_of(pair)
            result.by_rules += pair.generator_kind == "rules"
            yield found


def check(path: Path) -> None:
    """Look whether there is a dataset, before anything is made for it.

    Raises:
        DataError: there is none.
    """
    if not path.exists():
        raise DataError(f"{path}: there is no such file. Make a dataset with {_AGAIN}, or name another.")
    if dataset.rows_of(path) is None:
        raise DataError(f"{path}: it is no dataset of qagen (.json or .jsonl). Make one with {_AGAIN}.")


def _pairs(path: Path) -> Iterator[TrainingPair]:
    for number, row in enumerate(_rows(path), start=1):
        try:
            pair = TrainingPair.model_validate(row)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(str(step) for step in first["loc"])
            raise DataError(
                f"{path}: pair {number} is damaged: {where}: {first['msg']}. Combine again: {_AGAIN}."
            ) from None
        yield pair


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    number = 0
    try:
        for row in dataset.rows_of(path) or ():
            number += 1
            yield row
    except ValueError as error:
        raise DataError(f"{path}: damaged after pair {number}: {error}. Combine again: {_AGAIN}.") from None


def _noting(rows: Iterator[dict[str, Any]], sources: set[str]) -> Iterator[dict[str, Any]]:
    """The same rows; what their documents are called is noted."""
    for row in rows:
        sources.add(str(row.get("source_file") or row.get("file_name") or ""))
        yield row


def _there(pair: TrainingPair, folder: Folder, result: Exported) -> TrainingPair:
    """The pair without passages that are gone, which are counted."""
    negatives = [one for one in pair.negatives if not folder.has_lost(one, pair)]
    extras = [one for one in pair.extra_positives if not folder.has_lost(one, pair)]
    result.negatives_left_out[types.LOST_NEGATIVE] += len(pair.negatives) - len(negatives)
    result.extras_lost += len(pair.extra_positives) - len(extras)
    return pair.model_copy(update={"negatives": negatives, "extra_positives": extras})


def _example(
    pair: TrainingPair, answers: Answers, choices: Choices, result: Exported, *, needs_negatives: bool
) -> Example | str:
    """The example, or why there is none."""
    if pair.source_text is None:
        return types.NO_PASSAGE
    if not pair.question.strip() or not pair.source_text.strip():
        return types.BLANK
    extras = _distinct_extras(pair)
    reasons = []
    kept: list[Negative] = []
    texts = {pair.source_text, *(extra.document for extra in extras)}
    for negative in pair.negatives:
        why = _why_not(negative, texts, kept, choices)
        if why is None and answers.has(pair.question, negative.document):
            why = types.ANSWERS
        if why is None:
            kept.append(negative)
        else:
            reasons.append(why)
    result.negatives_left_out.update(reasons)
    if needs_negatives and not kept:
        return _why_none(reasons)
    return Example(pair, pair.source_text, extras, tuple(kept))


def _distinct_extras(pair: TrainingPair) -> tuple[ExtraPositive, ...]:
    """Each text once, and never the passage itself."""
    by_text = {extra.document: extra for extra in reversed(pair.extra_positives) if extra.document.strip()}
    return tuple(
        extra
        for extra in pair.extra_positives
        if by_text.get(extra.document) is extra and extra.document != pair.source_text
    )


def _why_not(negative: Negative, positives: set[str], kept: list[Negative], choices: Choices) -> str | None:
    """Why a negative stays out; None: it goes in."""
    if not negative.document.strip():
        return types.EMPTY
    if negative.document in positives:
        return types.IS_POSITIVE
    if negative.method == "random" and not choices.allow_random:
        return types.RANDOM
    if choices.verified_only and not negative.verified:
        return types.UNVERIFIED
    if any(negative.document == other.document for other in kept):
        return types.REPEATED
    return types.OVER_MOST if len(kept) == choices.negatives else None


def _why_none(reasons: list[str]) -> str:
    """Why a pair has no negatives that may go in."""
    if types.UNVERIFIED in reasons:
        return types.ONLY_UNVERIFIED
    if types.RANDOM in reasons:
        return types.ONLY_RANDOM
    return types.ONLY_ANSWERS if types.ANSWERS in reasons else types.NO_NEGATIVES
