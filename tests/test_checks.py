"""Check codes of pairs."""

from __future__ import annotations

import pytest

from qagen import checks
from qagen.formats import Chunk, DocumentInfo, Pair
from qagen.pairs import Draft, build

TEXT = "Loosen the deck lines before storage. The relief valve opens at 12 bar and closes again at 10 bar."
CHUNK = Chunk(chunk_index=0, chunk_id="0", text=TEXT, start_char=0, end_char=len(TEXT), core_start=38)


def check(*drafts: Draft) -> tuple[list[Pair], list[Pair]]:
    built = build(drafts, CHUNK, "key", DocumentInfo(), model="m", kind="llm")
    return checks.check(built, CHUNK)


def codes_of(*quotes: str) -> list[str]:
    kept, rejected = check(Draft("When does it open?", "At 12 bar.", None, quotes))
    (pair,) = kept + rejected
    return pair.checks


def test_a_pair_whose_quote_stands_in_the_core_is_clean() -> None:
    assert codes_of("opens at 12 bar") == []
    assert codes_of("The  RELIEF valve", "closes again") == []


def test_a_pair_without_a_quote_is_kept_with_a_warning() -> None:
    kept, rejected = check(Draft("Q?", "A."))

    assert [pair.checks for pair in kept] == [["EV_MISSING"]]
    assert rejected == []


def test_a_pair_whose_quotes_stand_nowhere_is_rejected() -> None:
    kept, rejected = check(Draft("Q?", "A.", None, ("The company was founded in 1987.",)))

    assert kept == []
    assert [pair.checks for pair in rejected] == [["EV_NOT_FOUND"]]


def test_a_pair_of_which_some_quotes_are_found_is_kept_with_a_warning() -> None:
    assert codes_of("opens at 12 bar", "in 1987") == ["EV_PARTLY_FOUND"]


def test_a_quote_in_similar_words_is_kept_with_a_warning() -> None:
    assert codes_of("the relief valves open at 12 bars and they close again at 9 bar") == ["EV_INEXACT"]


def test_evidence_in_the_overlap_alone_is_kept_with_a_warning() -> None:
    assert codes_of("Loosen the deck lines") == ["EV_OUTSIDE_CORE"]
    assert codes_of("Loosen the deck lines", "opens at 12 bar") == []
    assert codes_of("storage. The relief valve") == []


def test_several_codes_stand_together_in_a_fixed_order() -> None:
    assert codes_of("Loosen the deck lines", "in 1987") == ["EV_PARTLY_FOUND", "EV_OUTSIDE_CORE"]


def test_the_second_of_two_same_questions_is_rejected() -> None:
    first = Draft("When does it open?", "At 12 bar.", None, ("opens at 12 bar",))
    second = Draft(" when does  it open ?!", "At a pressure of 12 bar.", None, ("opens at 12 bar",))

    kept, rejected = check(first, second)
    assert [pair.answer for pair in kept] == ["At 12 bar."]
    assert [(pair.answer, pair.checks) for pair in rejected] == [("At a pressure of 12 bar.", ["DUP_CHUNK"])]


def test_a_question_is_no_duplicate_of_one_that_was_rejected() -> None:
    made_up = Draft("When does it open?", "In 1987.", None, ("The company was founded in 1987.",))
    sound = Draft("When does it open?", "At 12 bar.", None, ("opens at 12 bar",))

    kept, rejected = check(made_up, sound)
    assert [pair.answer for pair in kept] == ["At 12 bar."]
    assert [pair.answer for pair in rejected] == ["In 1987."]


def test_pairs_keep_the_order_of_the_reply() -> None:
    kept, _ = check(*(Draft(f"Question {number}?", "A.") for number in range(5)))

    assert [pair.question for pair in kept] == [f"Question {number}?" for number in range(5)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("What is it?", "what  is\nit"),
        ("Why!", "WHY?"),
        ("何ですか？", "何ですか"),
        ("STRASSE?", "Straße"),
        ("A?", "A ?"),
    ],
)
def test_questions_are_the_same_but_for_case_white_space_and_final_marks(one: str, other: str) -> None:
    assert checks.normal_question(one) == checks.normal_question(other)


@pytest.mark.parametrize(("one", "other"), [("Valve A?", "Valve B?"), ("At 1.0 bar?", "At 10 bar?"), ("a b", "ab")])
def test_questions_that_differ_in_more_stay_different(one: str, other: str) -> None:
    assert checks.normal_question(one) != checks.normal_question(other)


def test_every_code_stands_in_the_table_under_its_own_name() -> None:
    assert all(code == rule.code and rule.message for code, rule in checks.RULES.items())
    assert {code for code, rule in checks.RULES.items() if rule.level == "error"} == {"EV_NOT_FOUND", "DUP_CHUNK"}
