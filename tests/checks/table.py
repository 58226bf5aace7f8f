"""docs/checks.md: what each code means and how often it is right. `python -m tests.checks.table` writes it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from qagen.checks import RULES, Thresholds
from qagen.checks.packs import LANGUAGES
from qagen.checks.rules import Rule
from qagen.inspection.inspect import OF_DATASETS
from tests.checks import careless, gold, gold_of_datasets

DOCS = Path(__file__).parents[2] / "docs" / "checks.md"
_NEEDS = {"passage": "passage", "quotes": "quotes", "pack": "language"}
_HEAD = """# Checks of a pair

<!-- Written by `python -m tests.checks.table`: edit the rules, not this file. -->

Every pair is looked at by these rules, without a model. `error`: the pair is kept apart, under `rejected_pairs`.
`warn`: it is kept, with the code in its `checks`. `info`: it is kept, and the code is counted.

A rule that needs something that is not known does not run, and says so: the *passage*; whether the *quotes* stand in
it; the *language*, which has to be one of LANGUAGES. Others run for every language.

| code | level | meaning | what helps | needs | precision | recall | n |
|---|---|---|---|---|---|---|---|
"""
_DATASETS = """
## Checks of a dataset

These compare pairs with each other or with all chunks. Of two pairs that say the same, `combine` leaves out the worse
grounded one. The others it keeps, with the code in their `checks`, unless it is told otherwise (`--conflicts`,
`--drop`). `check` only counts all of them.

| code | what `combine` does | meaning | precision | recall | n |
|---|---|---|---|---|---|
"""
_OF_DATASETS = """
A case of the first three with figures is two pairs, and where they come from: one chunk, two chunks of a document, or
two documents. Those that deserve no code are hard: tables of parameters, other conditions, opposites, one sentence
about two things, the same amount in other units, an answer that says more. The cases were written before the rules met
them, by somebody who knew the rules. Precision and recall were then:
FIRST.
The rules were mended where they were wrong in general; of Q_VAGUE, the last rank that counts as found now depends on
the number of chunks. Of 63 cases written after that, DUP_NEAR
was right in 4 of the 4 it found, and missed 4; DUP_DOC in 11 of 13, and missed none; CONFLICT in 11 of 15, and missed
1. DUP_DOC was made stricter then, which costs it some that it should find.

Precision came before recall. DUP_NEAR knows a question again in nearly the same words. Free paraphrases, which are most
of its cases, stay. CONFLICT does not know opposites such as warm and cold. Q_VAGUE was measured among CHUNKS chunks of
CHUNK_DOCUMENTS documents, where much is found by chance: among thousands it finds more.
"""
_FIRST = {
    "DUP_NEAR": (0.71, 0.12),
    "DUP_DOC": (0.55, 0.69),
    "CONFLICT": (0.54, 0.64),
    "Q_VAGUE": (0.92, 0.23),
}
"""Precision and recall before the rules were mended."""
_FIGURES = """
## How the figures came about

*Precision* is the share of pairs with the code that deserve it; *recall* the share of those that deserve it that have
it; *n* the pairs they were measured on, in `tests/gold/checks/`: about as many that deserve the code as do not, near
misses among both, most of them in English, German, French and Spanish. Pairs in languages without a pack count too, so
that rules which need one miss some. Rules without figures count, or compare with what is written.

Most cases were written before the rules, all by the same hand, and the rules were mended where they failed. So the
figures are kinder than a stranger's pairs will be: a rule at 1.00 was not wrong yet. A rule below 0.90 may only warn.

## Careless pairs

`tests/gold/careless.jsonl` holds pairs as careless models write them: wrong numbers, "according to the passage",
refusals, echoes, the wrong language, lists that lack an item. And it holds good ones.

CARELESS

That is after mending. What counts more is how the rules did when they met pairs for the first time. Of the first 393,
180 of 200 bad ones got a right code, and none of 193 good ones was rejected. Of 100 on other documents, written later,
36 of 50 bad ones got a right code, and 1 of 50 good ones was rejected.

What the rules do not see: a number of the passage that belongs to something else ("30 days" for "30 seconds"), a
condition that was left out, a noun that a pronoun does not mean.

## Thresholds

Fields of `qagen.checks.Thresholds`.

| threshold | default |
|---|---|
"""


def text() -> str:
    """The whole file."""
    head = _HEAD.replace("LANGUAGES", ", ".join(LANGUAGES))
    rows = "".join(_row(rule) for rule in RULES.values())
    datasets = _DATASETS + "".join(_row_of_datasets(code) for code in OF_DATASETS) + _of_datasets()
    figures = _FIGURES.replace("CARELESS", f"{careless.outcome()}")
    limits = "".join(f"| `{one.name}` | {one.default} |\n" for one in dataclasses.fields(Thresholds))
    return head + rows + datasets + figures + limits


def _of_datasets() -> str:
    first = "; ".join(f"{code} {precision:.2f}, {recall:.2f}" for code, (precision, recall) in _FIRST.items())
    chunks = gold_of_datasets.chunks()
    documents = len({row["document"] for row in chunks})
    text = _OF_DATASETS.replace("FIRST", first).replace("CHUNK_DOCUMENTS", f"{documents}")
    return text.replace("CHUNKS", f"{len(chunks)}")


def _row_of_datasets(code: str) -> str:
    does = "leaves out" if code.startswith("DUP_") else "marks"
    figures = _shown(gold_of_datasets.measure(code)) if code in gold_of_datasets.CODES else ["", "", ""]
    return f"| {' | '.join([code, does, OF_DATASETS[code][1], *figures])} |\n"


def _shown(figures: gold.Figures) -> list[str]:
    return [f"{figures.precision:.2f}", f"{figures.recall:.2f}", str(figures.n)]


def _row(rule: Rule) -> str:
    figures = _shown(gold.measure(rule.code)) if rule.code in gold.codes() else ["", "", ""]
    needs = ", ".join(_NEEDS[need] for need in rule.needs)
    return f"| {' | '.join([rule.code, rule.level, rule.message, rule.advice, needs, *figures])} |\n"


def main() -> None:
    """Write the file."""
    DOCS.write_text(text(), encoding="utf-8")


if __name__ == "__main__":
    main()
