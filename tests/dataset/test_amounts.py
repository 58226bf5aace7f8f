"""Amounts are known however they are written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qagen.dataset.amounts import all_in, amounts, unsaid
from qagen.dataset.wording import wording


def same(one: str, other: str) -> bool:
    first, second = amounts(wording(one).tokens), amounts(wording(other).tokens)
    return all_in(first, second) and all_in(second, first)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("90 minutes", "1.5 hours"),
        ("within two weeks", "14 days"),
        ("1,200 g", "1.2 kg"),
        ("three members", "3 members"),
        ("24 months", "two years"),
        ("365 days", "a year"),
        ("Eine Stunde", "60 Minuten"),
        ("12bar", "12 bar"),
        ("EUR 2.5 million", "2,500,000 euros"),
        ("two to four working days", "2-4 working days"),
        ("due ore", "120 min"),
        ("at 9:00", "9:00"),
        ("14", "14 days"),
    ],
)
def test_the_same_amount_in_other_words_is_the_same(one: str, other: str) -> None:
    assert same(one, other)
    assert same(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2 hours", "2 days"),
        ("100 kg", "101 kg"),
        ("3 kg", "3 m"),
        ("four weeks", "a month"),
        ("12 bar", "14 bar"),
        ("A17", "A18"),
        ("0 g", "1 kg"),
        ("two", "2.5"),
    ],
)
def test_other_amounts_are_others(one: str, other: str) -> None:
    assert not same(one, other)
    assert not same(other, one)


@pytest.mark.parametrize("text", ["both ends", "the second shift", "the payment is due", "once in a while", "a rope"])
def test_words_that_are_a_number_in_another_place_or_language_are_none(text: str) -> None:
    assert amounts(wording(text).tokens) == []


def test_what_was_asked_is_not_said() -> None:
    said = amounts(wording("Within 14 days it takes 30 days.").tokens)
    assert [one.number for one in unsaid(said, amounts(wording("In two weeks?").tokens))] == ["30"]


@given(st.text(alphabet="0123456789.,-½²٣三 kgmstwo", max_size=30))
def test_any_text_has_amounts_that_are_the_same_as_themselves(text: str) -> None:
    assert same(text, text)
