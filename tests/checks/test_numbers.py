"""Numbers as values."""

from __future__ import annotations

import pytest

from qagen.checks import Case, examine, numbers
from qagen.checks.packs import load

ENGLISH = load("en")


@pytest.mark.parametrize(
    ("written", "values"),
    [
        ("30,000", {"30000"}),
        ("30.000", {"30000"}),
        ("30 000 h", {"30000"}),
        ("30\u202f000", {"30000"}),
        ("30'000", {"30000"}),
        ("1,234.50", {"1234.5"}),
        ("0,25", {"0.25"}),
        ("6.0", {"6"}),
        ("007", {"7"}),
        ("3.2 million", {"3.2", "3200000"}),
        ("two thirds", {"2", "3"}),
        ("14 May 2024", {"14", "5", "2024"}),
        ("2024-05-14", {"14", "5", "2024"}),
        ("20:30", {"20", "30", "8"}),
        ("8 p.m.", {"8", "20"}),
        ("KP-2210", {"2210"}),
        ("٣٥ bar", {"35"}),
        ("１２ bar", {"12"}),
    ],
)
def test_a_number_is_known_however_it_is_written(written: str, values: set[str]) -> None:
    assert values <= numbers.known(written, ENGLISH)


def test_a_month_counts_only_beside_a_day_or_a_year() -> None:
    assert "5" not in numbers.known("A deposit may be deducted.", ENGLISH)


def test_the_numbers_of_steps_are_no_facts() -> None:
    text = "1. Open the valve.\n2. Wait 10 minutes.\n3) Close it at 12 bar."
    assert numbers.known(text, ENGLISH) == {"10", "12"}
    assert [number.text for number in numbers.claimed(text, ENGLISH)] == ["10", "12"]
    assert [number.text for number in numbers.claimed("Step 1: wait. See section 4 and § 12.", ENGLISH)] == []


def test_a_date_at_the_start_of_a_line_is_no_step() -> None:
    assert numbers.known("3. Oktober 1990\n4. Kessel prüfen", load("de")) == {"3", "10", "1990"}


def test_a_list_within_a_list_has_steps_of_its_own() -> None:
    text = "1. Prepare:\n   1. Close the valve.\n   2. Wait.\n2. Open it at 12 bar."
    assert [number.text for number in numbers.claimed(text, ENGLISH)] == ["12"]


def test_names_with_digits_are_no_numbers() -> None:
    text = "The KP-40 shows E07, CO2 and H2O; it has 12 bar and a 10A fuse."
    assert [number.text for number in numbers.claimed(text, ENGLISH)] == ["12", "10"]


def test_what_two_values_of_a_pair_give_is_worked_out() -> None:
    said = frozenset({"0.42", "0.04", "50"})
    assert {"0.46", "0.38", "49.58"} <= numbers.results(said, products=False)
    assert "21" in numbers.results(said, products=True)
    assert "21" not in numbers.results(said, products=False)


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ("At 12 bar.", False),
        ("At 12.0 bar.", False),
        ("At twelve bar.", False),
        ("At 13 bar.", True),
        ("At thirteen bar.", True),
        ("It has thirteen parts.", False),
        ("At 1.2 bar.", True),
        ("At 22 bar, that is 12 and 10.", False),
        ("At 2 bar.", True),
    ],
)
def test_a_number_of_the_answer_must_stand_in_the_passage(answer: str, found: bool) -> None:
    passage = "The valve opens at 12 bar and closes at 10 bar."
    case = Case("When does the valve open?", answer, "factual", passage=passage, language="en")
    assert ("A_NUMBER" in examine(case).codes) is found


def test_a_number_of_the_question_or_the_title_is_no_claim() -> None:
    case = Case("What opens at 14 bar?", "At 14 bar the 2025 valve.", passage="It opens.", title="Valves 2025")
    assert "A_NUMBER" not in examine(case).codes


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        *((kind, "A_NUMBER") for kind in ("factual", "definition", "procedural", "explanatory", None)),
        *((kind, "A_NUMBER_DERIVED") for kind in ("inferential", "analytical", "comparative")),
    ],
)
def test_types_that_work_numbers_out_are_only_warned_of(kind: str | None, code: str) -> None:
    case = Case("When does the valve open?", "At 99 bar.", kind, passage="It opens at 12 bar.", language="en")
    assert {"A_NUMBER", "A_NUMBER_DERIVED"} & set(examine(case).codes) == {code}
