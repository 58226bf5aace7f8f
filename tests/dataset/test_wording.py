"""What counts as the same question, the same answer, and a contradiction."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qagen.dataset.wording import (
    agree,
    agree_at_length,
    contradict,
    likeness,
    mean_the_same,
    same_question,
    similar_question,
    wording,
)

SAME = [
    ("What is the maximum pressure of the pump?", "What is the maximum pressure for the pump?"),
    ("What is the maximum pressure of the pump?", "what is  the maximum pressure of a pump"),
    ("Which pressure is allowed?", "What pressure is allowed?"),
    ("What's the limit of the relay?", "What is the limit of the relay?"),
    ("How do I reset the controller to factory settings?", "How can I reset the controller to its factory settings?"),
    ("Which filters does the unit need?", "Which filter does the unit need?"),
    ("What must be done before a cold start?", "Before a cold start, what must be done?"),
    ("At 1,000 rpm, what is the torque?", "What is the torque at 1000 rpm?"),
    ("Wie hoch ist der zulässige Druck im Kessel?", "Wie hoch ist der zulässige Druck für den Kessel?"),
    ("Welcher Druck ist zulässig?", "Welchen Druck ist zulässig?"),
    ("Quelle est la pression maximale de l'appareil ?", "Quelle est la pression maximale d'un appareil ?"),
    ("¿Cuál es la presión máxima de la bomba?", "¿Qué es la presión máxima en la bomba?"),
    ("Qual è la pressione massima della pompa?", "Quale è la pressione massima di una pompa?"),
    ("泵的最大压力是多少？", "泵最大压力是多少"),
    ("Каково максимальное давление насоса?", "каково максимальное давление насоса"),
]
OTHER = [
    ("What is the maximum pressure of the pump?", "What is the minimum pressure of the pump?"),
    ("How is the valve opened?", "How is the valve closed?"),
    ("When may the valve be opened?", "When may the valve not be opened?"),
    ("What is done before the start?", "What is done after the start?"),
    ("Which pipe leads from the pump to the tank?", "Which pipe leads from the tank to the pump?"),
    ("Does a fault cause an alarm?", "Does an alarm cause a fault?"),
    ("When is the filter changed?", "Where is the filter changed?"),
    ("What is the maximum pressure of valve A17?", "What is the maximum pressure of valve A18?"),
    ("What is the limit at 20 degrees?", "What is the limit at 30 degrees?"),
    ("What does the Siemens controller do?", "What does the Bosch controller do?"),
    ("What does Turkey export?", "What does a turkey export?"),
    ("How long is step 2.10?", "How long is step 2.1?"),
    ("What is the pressure?", "What is the test pressure?"),
    ("What is the limit for nitrate?", "What is the limit for nitrite?"),
    ("What is the range of axis x?", "What is the range of axis y?"),
    ("Who pays the employer?", "Who pays the employee?"),
    ("Wie öffnet man das Ventil?", "Wie schließt man das Ventil?"),
    ("Wie hoch ist der Druck im Vorlauf?", "Wie hoch ist der Druck im Rücklauf?"),
    ("Welche Teile sind ein Ersatz?", "Welche Teile sind kein Ersatz?"),
    ("Que faut-il faire avant le démarrage ?", "Que faut-il faire après le démarrage ?"),
    ("Wat gebeurt er voor het starten?", "Wat gebeurt er na het starten?"),
    ("泵的最大压力是多少？", "泵的最小压力是多少？"),
    ("ポンプの最大圧力は？", "ポンプの最小圧力は？"),
    ("पंप की क्षमता क्या है?", "पंप का क्षमता क्या है?"),
    ("Какое давление допустимо?", "Какое давление не допустимо?"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_questions_that_differ_in_nothing_that_matters_are_the_same(one: str, other: str) -> None:
    assert same_question(wording(one), wording(other))
    assert same_question(wording(other), wording(one))


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_questions_that_differ_in_a_word_a_number_a_name_or_the_order_are_not(one: str, other: str) -> None:
    assert not same_question(wording(one), wording(other))
    assert not same_question(wording(other), wording(one))


def test_letters_alone_would_take_opposites_for_the_same() -> None:
    one = "What is the maximum permissible operating pressure of the main circulation pump during a cold start?"
    other = one.replace("maximum", "minimum")
    assert likeness(one, other) > 0.8
    assert not same_question(wording(one), wording(other))
    assert not similar_question(wording(one), wording(other))


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("What is the pressure of valve A17 at 1,000 rpm?", {"a17", "1000"}),
        ("What does NATO say of 12V and 12 V?", {"nato", "12", "v"}),
        ("Siemens makes which valve?", set()),
        ("In step 2: Which pump is from Siemens?", {"2", "siemens"}),
        ("Wie hoch ist der Druck im Kessel?", {"druck", "kessel"}),
        ("What is 2,5 or 2.5?", {"2.5"}),
        ("ما هو الضغط عند ٢٠ درجة؟", {"20"}),
        ("What is iOS?", set()),
    ],
)
def test_names_are_numbers_codes_and_words_written_large_where_no_sentence_begins(text: str, names: set[str]) -> None:
    assert wording(text).names == names


SAYS_THE_SAME = [
    ("What is the limit?", "12 bar", "12 bar."),
    ("What is the maximum pressure?", "12 bar", "The maximum pressure is 12 bar."),
    ("What opens the valve?", "The solenoid.", "The solenoid opens the valve."),
    (
        "How is the filter cleaned?",
        "Remove the cover, lift the filter out, rinse it with warm water and let it dry for 10 minutes.",
        "Remove the cover, lift out the filter, rinse it with clear warm water and let it dry for 10 minutes.",
    ),
]
SAYS_ANOTHER_THING = [
    ("What is the limit?", "12 bar", "14 bar"),
    ("May the pump be restarted?", "Yes.", "No."),
    ("May the pump be restarted?", "The pump may be restarted.", "The pump may not be restarted."),
    ("What opens first, the valve or the gate?", "The valve.", "The gate."),
    ("How is it opened?", "It is opened slowly.", "It is closed slowly."),
    ("Who signs?", "The manager.", "The manager and the director."),
    ("Which valves are closed?", "All valves.", "All valves except the inlet."),
    (
        "How is the filter cleaned?",
        "Remove the cover, lift the filter out, rinse it with warm water and let it dry for 10 minutes.",
        "Remove the cover, lift the filter out, never rinse it with warm water and let it dry for 10 minutes.",
    ),
]


@pytest.mark.parametrize(("asked", "one", "other"), SAYS_THE_SAME)
def test_answers_agree_where_the_one_repeats_the_question_or_both_are_long_and_alike(
    asked: str, one: str, other: str
) -> None:
    assert agree(wording(one), wording(other), wording(asked))
    assert agree(wording(other), wording(one), wording(asked))
    assert not contradict(wording(one), wording(other), wording(asked))


@pytest.mark.parametrize(("asked", "one", "other"), SAYS_ANOTHER_THING)
def test_answers_with_another_number_a_negation_or_a_condition_do_not_agree(asked: str, one: str, other: str) -> None:
    assert not agree(wording(one), wording(other), wording(asked))
    assert not agree(wording(other), wording(one), wording(asked))


@pytest.mark.parametrize(
    ("asked", "one", "other"),
    [
        ("What is the limit?", "12 bar", "14 bar"),
        ("What is the limit of pump 3?", "Pump 3 takes 12 bar.", "Pump 3 takes 14 bar."),
        ("May the pump be restarted?", "Yes.", "No."),
        ("May the pump be restarted?", "The pump may be restarted.", "The pump may not be restarted."),
        ("What opens?", "The valve.", "The gate."),
        ("Who signs?", "The site manager, on the day.", "Nobody needs to."),
        ("When is it taken?", "Before meals.", "After meals."),
        ("How often is it inspected?", "Every two years.", "Once a year."),
        ("Wie lange ist die Garantie?", "Zwei Jahre.", "Fünf Jahre."),
        ("Is a helmet needed?", "Yes.", "A helmet is not needed."),
        ("Is a helmet needed?", "No.", "A helmet is needed."),
        ("How long does it take?", "Two hours.", "2 days"),
    ],
)
def test_other_numbers_a_negation_or_nothing_in_common_contradict(asked: str, one: str, other: str) -> None:
    assert contradict(wording(one), wording(other), wording(asked))
    assert contradict(wording(other), wording(one), wording(asked))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Within 30 days.", "Within 30 days of receipt."),
        ("Press the red button.", "Push the red button."),
        ("Within a month.", "Within 30 days of the month in which it was received."),
        ("90 minutes", "1.5 hours"),
        ("Three.", "The board has 3 members."),
        ("250 °C", "250 °C (482 °F)"),
        ("Leave the building.", "Leave the building by the nearest exit, do not use the lift, and wait outside."),
        ("Yes.", "It is enough to press the button after ten minutes."),
        ("No.", "That is prohibited everywhere."),
    ],
)
def test_an_answer_that_says_more_or_says_it_otherwise_contradicts_nothing(one: str, other: str) -> None:
    assert not contradict(wording(one), wording(other), wording("What must be done?"))
    assert not contradict(wording(other), wording(one), wording("What must be done?"))


def test_short_answers_agree_but_not_at_length() -> None:
    asked = wording("What is the torque of the inlet bolt?")
    assert agree(wording("12 Nm"), wording("The torque is 12 Nm"), asked)
    assert not agree_at_length(wording("12 Nm"), wording("The torque is 12 Nm"), asked)


def test_a_similar_question_adds_a_word_and_exchanges_none() -> None:
    one = wording("How is the filter of the ventilation unit on the roof cleaned?")
    assert similar_question(one, wording("How is the filter of the ventilation unit on the flat roof cleaned?"))
    assert not similar_question(one, wording("How is the filter of the circulation unit on the roof cleaned?"))
    assert not similar_question(one, wording("How is the filter of the ventilation unit on the Roof cleaned?"))


def test_some_words_can_stand_for_each_other() -> None:
    assert mean_the_same(["highest", "must"], ["should", "maximum"])
    assert not mean_the_same(["highest"], ["lowest"])
    assert not mean_the_same(["highest"], ["maximum", "must"])
    assert not mean_the_same(["pump"], ["valve"])


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_any_texts_can_be_compared_and_each_is_like_itself(one: str, other: str, asked: str) -> None:
    first, second, question = wording(one), wording(other), wording(asked)
    assert same_question(first, first)
    assert agree(first, first, question)
    assert same_question(first, second) == same_question(second, first)
    for said in (agree, contradict):
        assert said(first, second, question) == said(second, first, question)


def test_no_word_makes_a_difference_and_makes_none() -> None:
    from qagen.dataset.wording import _lists

    lists = _lists()
    assert lists.empty & lists.turning <= {"on", "no"}
    assert not {"not", "nicht", "pas", "non", "niet", "without", "ohne"} & lists.empty
    assert [word for word in lists.empty if len(word) == 1 and word.isascii()] == ["a"]
