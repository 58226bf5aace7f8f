"""How often each rule is right, and that those which reject are right nearly always."""

from __future__ import annotations

import pytest

from qagen.checks import RULES
from qagen.checks.packs import LANGUAGES, load
from tests.checks import careless, gold, table

LEAST_PRECISION = 0.9
LEAST_CASES = 20
NEEDS_LANGUAGES = {"en", "de", "fr", "es"}


def test_every_rule_has_gold_or_only_counts() -> None:
    assert set(gold.codes()) | gold.COUNTED == set(RULES)
    assert set(gold.codes()).isdisjoint(gold.COUNTED)


@pytest.mark.parametrize("code", gold.codes())
def test_a_rule_that_is_wrong_more_than_one_time_in_ten_only_warns(code: str) -> None:
    figures = gold.measure(code)
    print(f"{code}: precision {figures.precision:.2f}, recall {figures.recall:.2f}, n {figures.n}")
    assert figures.precision >= LEAST_PRECISION or RULES[code].level != "error"


@pytest.mark.parametrize("code", gold.codes())
def test_gold_has_enough_cases_of_both_kinds(code: str) -> None:
    expected = [one.expected for one in gold.cases(code)]
    assert expected.count(True) >= LEAST_CASES
    assert expected.count(False) >= LEAST_CASES


@pytest.mark.parametrize("code", [code for code in gold.codes() if "pack" in RULES[code].needs] + ["LANG", "REFUSAL"])
def test_gold_of_rules_of_language_has_many_languages_and_one_without_pack(code: str) -> None:
    languages = {one.case.language or "" for one in gold.cases(code)}
    assert languages >= NEEDS_LANGUAGES
    assert any(load(language) is None for language in languages)


@pytest.mark.parametrize("code", gold.codes())
def test_no_case_of_the_gold_stands_there_twice(code: str) -> None:
    seen = [(one.case.question, one.case.answer, one.case.earlier, one.case.passage) for one in gold.cases(code)]
    assert len(set(seen)) == len(seen)


def test_languages_have_cases_that_deserve_a_code_and_cases_that_do_not() -> None:
    labels = {(one.case.language, one.expected) for code in gold.codes() for one in gold.cases(code)}
    assert labels >= {(language, expected) for language in LANGUAGES for expected in (True, False)}


def test_nine_of_ten_careless_pairs_get_a_right_code() -> None:
    bad = careless.outcome().bad
    print(careless.outcome())
    assert len(bad) >= 200
    assert sum(one.is_found for one in bad) >= 0.9 * len(bad)


def test_at_most_three_of_a_hundred_good_pairs_are_rejected() -> None:
    good = careless.outcome().good
    assert len(good) >= 200
    assert sum(one.is_rejected for one in good) <= 0.03 * len(good)


def test_careless_pairs_name_codes_that_exist() -> None:
    assert {code for one in careless.outcome().bad for code in one.expected} <= set(RULES)


def test_the_documentation_is_what_the_rules_say() -> None:
    assert table.DOCS.read_text(encoding="utf-8") == table.text(), "run python -m tests.checks.table"
