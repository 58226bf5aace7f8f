"""Questions in their normal form, one by one and many at a time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from qagen.checks.twins import normal_question, normal_questions

texts = st.text(st.one_of(st.sampled_from(" \0\n\u00a0\x1c?.!？aAßİΣ"), st.characters()), max_size=8)


@given(st.lists(texts, max_size=5))
def test_many_at_a_time_are_what_each_is_alone(questions: list[str]) -> None:
    assert normal_questions(questions) == [normal_question(one) for one in questions]
