"""Why there is no dataset, and what to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from qagen.dataset import types
from qagen.dataset.types import Combined

_WAYS_ON = {
    types.UNFINISHED: "finish the documents with `qagen generate-qa`, or take what there is with --include-unfinished",
    types.FAILED_CHUNKS: "ask the failed chunks again with `qagen generate-qa`, or do without --strict",
    types.OUTDATED: "ask about what changed with `qagen generate-qa`, or take outdated pairs with --include-outdated",
    types.LOW_GROUNDING: "lower --min-grounding",
    types.CONFLICT: "keep contradictions with --conflicts keep",
}
"""By the code of what went. Any other one is that of a check."""


def nothing_to_combine(result: Combined) -> str:
    """No input file can be used."""
    reasons = "; ".join(f"{one.file}: {one.why}" for one in [*result.left_out, *result.invalid][:10])
    hint = (
        " Finish them with `qagen generate-qa`, or take what there is with --include-unfinished."
        if result.left_out
        else ""
    )
    return f"there is nothing to combine: {reasons}.{hint}"


def nothing_left(result: Combined, output: Path) -> str:
    """Where all pairs went, and what to do: a dataset without any is a mistake, and must not take the place of one."""
    gone = sum((Counter(step.left_out) for step in result.funnel.steps), Counter[str]())
    kept = f" {output} stays as it is." if output.exists() else ""
    if not gone:
        return (
            f"there is nothing to combine: no pair in {_counted(len(result.documents), 'document')}. "
            f"`qagen status` and `qagen errors` show what became of the chunks.{kept}"
        )
    reasons = ", ".join(f"{number:,} {code}" for code, number in gone.most_common())
    ways = dict.fromkeys(
        _WAYS_ON.get(code, "look at the codes with `qagen check`: docs/checks.md explains them")
        for code, _ in gone.most_common()
    )
    of_all = f"of {_counted(gone.total(), 'pair')} none is left"
    return f"there is nothing to combine: {of_all} ({reasons}).{kept} {_sentence(ways)}"


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' * (number != 1)}"


def _sentence(ways: Iterable[str]) -> str:
    text = "; ".join(ways)
    return f"{text[:1].upper()}{text[1:]}."
