"""How often the rules that compare pairs are right, and that those which take pairs out are right nearly always."""

from __future__ import annotations

import pytest

from qagen.inspection.inspect import OF_DATASETS
from tests.checks import gold, gold_of_datasets
from tests.checks.gold_of_datasets import CODES, OF_TWO, TAKE_OUT
from tests.checks.test_gold import LEAST_PRECISION, NEEDS_LANGUAGES

LEAST_CASES = 25
LEAST_CHUNKS = 150
COMPARED = {"DUP_EXACT"}
"""Codes without gold: the rule only compares."""


def test_every_rule_of_datasets_has_gold_or_only_compares() -> None:
    assert {*CODES, *COMPARED} == set(OF_DATASETS)


def test_every_file_of_gold_is_measured() -> None:
    assert {path.stem for path in gold.GOLD.glob("*.jsonl")} == {*gold.codes(), *CODES}


@pytest.mark.parametrize("code", CODES)
def test_a_rule_that_is_wrong_more_than_one_time_in_ten_takes_nothing_out(code: str) -> None:
    figures = gold_of_datasets.measure(code)
    print(f"{code}: precision {figures.precision:.2f}, recall {figures.recall:.2f}, n {figures.n}")
    assert figures.precision >= LEAST_PRECISION or (OF_DATASETS[code][0] != "error" and code not in TAKE_OUT)


@pytest.mark.parametrize("code", CODES)
def test_gold_has_enough_cases_of_both_kinds_in_many_languages(code: str) -> None:
    labels = [row["expected"] for row in gold_of_datasets.cases(code)]
    assert labels.count(True) >= LEAST_CASES
    assert labels.count(False) >= LEAST_CASES
    assert {row["language"] for row in gold_of_datasets.cases(code)} >= NEEDS_LANGUAGES | {"it", "nl"}


@pytest.mark.parametrize("code", OF_TWO)
def test_which_of_the_two_comes_first_makes_no_difference(code: str) -> None:
    found = [gold_of_datasets.is_found(code, row["pairs"][::-1], row["in"]) for row in gold_of_datasets.cases(code)]
    assert found == list(gold_of_datasets.verdicts(code))


@pytest.mark.parametrize("code", CODES)
def test_no_case_of_the_gold_stands_there_twice(code: str) -> None:
    rows = gold_of_datasets.cases(code)
    seen = [str([(one["question"], one["answer"]) for one in row.get("pairs", [row])]) for row in rows]
    assert len(set(seen)) == len(seen)


@pytest.mark.parametrize("code", OF_TWO)
def test_the_place_of_a_pair_is_what_its_case_says(code: str) -> None:
    for row in gold_of_datasets.cases(code):
        one, other = row["pairs"]
        assert one["start"] != other["start"] or row["in"] != "two documents"
        assert row["in"] in {"one chunk", "two chunks", "two documents"}


def test_there_are_enough_chunks_to_search_among_and_no_question_asks_for_one_that_is_not_there() -> None:
    names = [row["id"] for row in gold_of_datasets.chunks()]
    assert len(set(names)) == len(names) >= LEAST_CHUNKS
    assert {row["chunk"] for row in gold_of_datasets.cases("Q_VAGUE")} <= set(names)
