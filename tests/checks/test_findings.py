"""What single rules say: what the gold set does not settle, and what rules that only count or compare find."""

from __future__ import annotations

import pytest

from qagen.checks import Case, Thresholds, ask_the_same, examine
from qagen.checks.packs import load
from qagen.checks.twins import is_duplicate

PASSAGE = (
    "The relief valve opens at 12 bar and closes again at 10 bar. It is tested once a year by a qualified person, who "
    "writes the result into the log. A valve that leaks is replaced at once, together with its seal and its spring, "
    "because single parts wear each other out. Keep a spare valve of the same type in the store, and note its number. "
    "The valve must never be painted, and its outlet must stay free of ice, leaves and nests of insects."
)


def codes(question: str, answer: str, **more: str) -> tuple[str, ...]:
    return examine(Case(question, answer, passage=PASSAGE, language=more.pop("language", "en"), **more)).codes  # type: ignore[arg-type]


def test_a_long_copy_of_the_passage_is_noted() -> None:
    copied = PASSAGE[61:360]
    assert "A_COPY" in codes("What is done with the valve?", copied)
    assert "A_COPY" in codes("What is done with the valve?", f"In short: {copied}")
    assert "A_COPY" not in codes("What is done with the valve?", copied[:150])
    half = f"{copied} Beyond that, whoever works on valves wears gloves, goggles and a helmet, and never works alone."
    assert "A_COPY" not in codes("What is done with the valve?", half)


def test_names_of_the_source_may_be_inflected_and_abbreviated() -> None:
    case = Case(
        "Who runs the station?",
        "The ISS is run by NASA and Roscosmos's crews.",
        passage="The International Space Station is run by Nasa and Roscosmos.",
        language="en",
    )
    assert "A_ENTITY" not in examine(case).codes


@pytest.mark.parametrize("language", ["de", "lb"])
def test_capitals_are_no_names_where_nouns_have_them(language: str) -> None:
    passage = "Das Ventil öffnet bei 12 bar, der Code ist E07."
    assert (
        "A_ENTITY"
        not in examine(Case("Was?", "Es ist das Ventil der Anlage.", passage=passage, language=language)).codes
    )
    assert "A_ENTITY" in examine(Case("Was?", "Es ist der Code E08.", passage=passage, language=language)).codes


def test_an_answer_that_cannot_be_given_may_say_so() -> None:
    refusal = "The passage does not say when it was built."
    assert "REFUSAL" in codes("When was the valve built?", refusal)
    assert "REFUSAL" not in codes("When was the valve built?", refusal, question_type="unanswerable")


def test_a_refusal_that_the_passage_states_is_a_fact() -> None:
    passage = "If no information is given, the licence is valid everywhere."
    answer = "If no information is given, it is valid everywhere."
    assert "REFUSAL" not in examine(Case("Where is it valid?", answer, passage=passage, language="en")).codes


def test_marks_of_prompts_are_fine_where_the_passage_is_about_them() -> None:
    passage = "Models put their thoughts between <think> and </think>; {topic} is a variable. Write to a@example.com."
    answer = "Between <think> and </think>; {topic} is a variable, and a@example.com the address."
    found = examine(Case("Where do models put their thoughts?", answer, passage=passage, language="en")).codes
    assert "PROMPT_LEAK" not in found
    assert "PLACEHOLDER" not in found


def test_tags_are_fine_in_code_and_where_the_passage_has_them() -> None:
    assert "MARKUP" in codes("What begins a line?", "A line begins with <br>.")
    assert "MARKUP" not in codes("What begins a line?", "A line begins with `<br>`.")
    case = Case("What begins a line?", "A line begins with <br>.", passage="Use <br> for a line.", language="en")
    assert "MARKUP" not in examine(case).codes


def test_what_is_private_is_never_told() -> None:
    answer = "Write to jane.roe@valves.test or pay to DE89 3704 0044 0532 0130 00."
    found = examine(Case("Who is in charge?", answer, passage=PASSAGE, language="en", matches=()))
    assert "PII" in found.codes
    assert "jane" not in repr(found)
    assert "3704" not in repr(found)


@pytest.mark.parametrize(
    ("answer", "private"),
    [
        ("DE89 3704 0044 0532 0130 00", True),
        ("DE88 3704 0044 0532 0130 00", False),
        ("4111-1111-1111-1111", True),
        ("4111-1111-1111-1112", False),
        ("378282246310005", True),
        ("378282246310006", False),
    ],
)
def test_accounts_and_cards_are_known_by_their_check_digits(answer: str, private: bool) -> None:
    assert ("PII" in codes("Where does the money go?", answer)) is private


def test_a_question_is_a_duplicate_only_where_nothing_that_means_something_differs() -> None:
    english = load("en")
    assert ask_the_same("How often is the valve tested?", "How often must the valve be tested?", english)
    for other in ("valve B", "valve 2", "valve AB-1"):
        assert not ask_the_same(
            "How often is valve A tested in the plant?", f"How often is {other} tested in the plant?", english
        )
    assert not ask_the_same("When is the valve tested?", "When is the valve not tested?", english)
    assert not ask_the_same("When is the valve tested?", "Where is the valve tested?", english)


def test_what_the_title_says_makes_no_other_question() -> None:
    one, other = "How long is the warranty of the Brisa 9?", "How long is the warranty of the Brisa 9 washing machine?"
    assert ask_the_same(one, other, load("en"), "Brisa 9 washing machine: manual")
    assert not ask_the_same(one, other, load("en"), "Manual")


def test_a_question_is_compared_with_all_that_are_kept() -> None:
    case = Case("When is it?", "Now.", earlier=("What is it?", "When is  it", "Where is it?"))
    assert is_duplicate(case, Thresholds())
