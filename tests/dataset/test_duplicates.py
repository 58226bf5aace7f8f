"""Which pairs go because another says the same, and which stay."""

from __future__ import annotations

from typing import Any

import pytest

from tests.dataset.given import combine, kept, metadata, pair, qa, questions, rejected

LONG = "Remove the cover, lift the filter out, rinse it with warm water, and let it dry for ten minutes in the shade."
ROOF = "How is the filter of the ventilation unit on the roof of the building cleaned?"


@pytest.mark.parametrize(
    ("again", "answer", "code"),
    [
        (" what opens the VALVE ", "the   solenoid", "DUP_EXACT"),
        ("What opens the valve?", "The solenoid opens the valve.", "DUP_NEAR"),
        ("What opens a valve?", "The solenoid.", "DUP_NEAR"),
        ("Which opens the valves?", "The solenoid.", "DUP_NEAR"),
    ],
)
def test_a_pair_that_says_the_same_goes_and_it_is_written_down_for_which(again: str, answer: str, code: str) -> None:
    first = pair("What opens the valve?", "The solenoid.")
    result = combine(qa("a", first), qa("b", pair(again, answer), pair("Another one?", "Yes.")))

    assert questions() == ["What opens the valve?", "Another one?"]
    (row,) = rejected()
    assert (row["question"], row["reason"], row["source_qa_file"]) == (again, code, "b_qa.json")
    assert (row["dropped_for"], row["conflicts_with"]) == (first["pair_id"], None)
    assert result.duplicates == metadata()["duplicates_removed"] == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("What is the maximum pressure of valve A17?", "What is the maximum pressure of valve A18?"),
        ("What is the maximum pressure at 20 degrees?", "What is the maximum pressure at 30 degrees?"),
        ("What does the Corvane pump need?", "What does the Alvero pump need?"),
        ("What is the maximum pressure of the pump?", "What is the minimum pressure of the pump?"),
        ("When must the valve be opened?", "When must the valve not be opened?"),
        ("Which cable leads from the relay to the pump?", "Which cable leads from the pump to the relay?"),
        ("Was ist der Druck im Vorlauf?", "Was ist der Druck im Rücklauf?"),
    ],
)
def test_a_table_of_parameters_stays_whole_even_where_values_are_equal(one: str, other: str) -> None:
    combine(qa("a", pair(one, "12 units"), pair(other, "12 units")), qa("b", pair(other, LONG), pair(one, LONG)))
    assert len(kept()) == 4


@pytest.mark.parametrize(
    ("worse", "better"),
    [
        ({"grounding": 0.5}, {"grounding": 1.0, "checks": ["EV_INEXACT", "EV_PARTLY_FOUND"]}),
        ({"grounding": None}, {"grounding": 0.0}),
        ({"grounding": 1.0, "checks": ["EV_INEXACT"], "evidence": ["x" * 90]}, {"grounding": 1.0}),
        ({"grounding": 1.0, "evidence": ["short"]}, {"grounding": 1.0, "evidence": ["longer than that"]}),
        ({"grounding": 1.0, "checks": ["EV_INEXACT"]}, {"grounding": 1.0, "checks": ["Q_VAGUE", "CONFLICT"]}),
    ],
)
def test_the_better_grounded_one_stays_wherever_it_stands(worse: dict[str, Any], better: dict[str, Any]) -> None:
    weak, strong = pair("Q one?", "Yes.", section="weak", **worse), pair("Q one?", "Yes.", section="strong", **better)
    combine(qa("a", weak), qa("b", strong))
    assert [one["section"] for one in kept()] == ["strong"]
    combine(qa("a", strong), qa("b", weak))
    assert [one["section"] for one in kept()] == ["strong"]


def test_of_equals_the_first_stays() -> None:
    combine(qa("b", pair("Q one?", "Yes.")), qa("a", pair("Q one?", "Yes.")), qa("c", pair("Q one?", "Yes.")))
    assert [one["file_name"] for one in kept()] == ["a.md"]
    assert [one["source_qa_file"] for one in rejected()] == ["b_qa.json", "c_qa.json"]


def test_a_long_answer_that_is_given_again_makes_a_similar_question_the_same() -> None:
    other = ROOF.replace("the roof", "the flat roof")
    combine(qa("a", pair(ROOF, LONG)), qa("b", pair(other, LONG)))
    assert [row["reason"] for row in rejected()] == ["DUP_NEAR"]
    combine(qa("a", pair(ROOF, "Yes, it is.")), qa("b", pair(other, "Yes, it is.")))
    assert rejected() == []


def test_a_similar_question_about_the_same_sentence_goes_where_the_overlap_made_it() -> None:
    first = pair(
        "What is the highest pressure of the pump?", "12 bar", chunk_key="1", evidence_start=0, evidence_end=60
    )
    again = pair(
        "What is the maximum pressure of the pump?", "12 bar", chunk_key="2", evidence_start=20, evidence_end=70
    )
    combine(qa("a", first, again))
    assert [row["reason"] for row in rejected()] == ["DUP_DOC"]


def test_the_same_words_in_another_order_ask_another_thing_even_of_one_sentence() -> None:
    place = {"evidence_start": 0, "evidence_end": 60}
    one = pair("Which cable leads from the relay to the pump?", "The red cable.", chunk_key="1", **place)
    other = pair("Which cable leads from the pump to the relay?", "The red cable.", chunk_key="2", **place)
    combine(qa("a", one, other))
    assert len(kept()) == 2


@pytest.mark.parametrize(
    ("quote", "left"),
    [
        ("Front and rear tyres have the same pressure.", 2),
        ("All of them have a pressure of 2 bar.", 2),
        ("The front tyres have a pressure of 2 bar.", 1),
    ],
)
def test_what_a_sentence_says_of_two_things_is_asked_of_each(quote: str, left: int) -> None:
    place = {"evidence_start": 0, "evidence_end": len(quote), "evidence": [quote]}
    front = pair("What pressure do the front tyres have?", "2 bar", chunk_key="1", **place)
    rear = pair("What pressure do the rear tyres have?", "2 bar", chunk_key="2", **place)
    combine(qa("a", front, rear))
    assert len(kept()) == left


@pytest.mark.parametrize("second", ["a", "b"], ids=["in one document", "in two"])
def test_a_sentence_that_stands_in_two_places_is_asked_about_in_each(second: str) -> None:
    quote = "Let the appliance cool down for 30 minutes."
    one, other = (
        pair(
            f"How long must the {thing} cool down?",
            "30 minutes",
            chunk_key=thing,
            evidence=[quote],
            evidence_start=start,
            evidence_end=start + len(quote),
        )
        for thing, start in (("toaster", 0), ("iron", 900))
    )
    combine(*([qa("a", one, other)] if second == "a" else [qa("a", one), qa("b", other)]))
    assert len(kept()) == 2


def test_the_same_instructions_at_two_places_that_say_it_in_two_ways_are_not_the_same() -> None:
    other = ROOF.replace("the roof", "the flat roof")
    quotes = [{"evidence": [LONG]}, {"evidence": ["On flat roofs proceed in the same way."]}]
    combine(qa("a", pair(ROOF, LONG, **quotes[0]), pair(other, LONG, **quotes[1])))
    assert rejected() == []
    combine(qa("a", pair(ROOF, LONG, **quotes[0])), qa("b", pair(other, LONG, **quotes[0])))
    assert len(rejected()) == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"evidence_start": 40, "evidence_end": 90},
        {"evidence_start": None, "evidence_end": None},
        {"chunk_key": "1"},
        {"answer": "14 bar"},
        {"question": "What is the maximum pressure of the Alvero pump?"},
        {"question": "Who measures it?"},
    ],
    ids=["less overlap", "no place", "same chunk", "other answer", "other name", "other question"],
)
def test_it_stays_where_the_sentence_the_answer_or_the_names_are_others_or_the_chunk_is_the_same(
    changed: dict[str, Any],
) -> None:
    first = pair(
        "What is the highest pressure of the pump?", "12 bar", chunk_key="1", evidence_start=0, evidence_end=60
    )
    again = {"question": "What is the maximum pressure of the pump?", "answer": "12 bar", "chunk_key": "2"}
    combine(qa("a", first, pair(**{**again, "evidence_start": 20, "evidence_end": 70, **changed})))
    assert len(kept()) == 2


def test_places_in_different_documents_are_not_the_same_sentence() -> None:
    place = {"evidence_start": 0, "evidence_end": 60}
    first = pair("What is the highest pressure of the pump?", "12 bar", chunk_key="1", **place)
    again = pair("What is the maximum pressure of the pump?", "12 bar", chunk_key="2", **place)
    combine(qa("a", first), qa("b", again))
    assert len(kept()) == 2
    quote = {"evidence": ["The pump is built for at most 12 bar."]}
    combine(qa("a", {**first, **quote}), qa("b", {**again, **quote}))
    assert [row["reason"] for row in rejected()] == ["DUP_DOC"]


def test_a_hundred_answers_to_one_question_hide_no_exact_duplicate() -> None:
    answers = [pair("Who may enter?", f"Person number {number}.") for number in range(100)]
    combine(qa("a", *answers), qa("b", *answers))
    assert len(kept()) == 100
    assert {row["reason"] for row in rejected()} == {"DUP_EXACT"}


def test_without_deduplication_all_pairs_stay() -> None:
    result = combine(qa("a", pair("Q?", "Yes."), pair("Q?", "Yes."), pair("Q?", "No.")), dedupe=False)
    assert (len(kept()), result.duplicates, result.conflicts) == (3, 0, 1)
    result = combine(qa("a", pair("Q?", "Yes."), pair("Q?", "No.")), dedupe=False, checks=False)
    assert (len(kept()), result.conflicts) == (2, 0)


def test_without_checks_only_exact_duplicates_go() -> None:
    pairs = [pair("Who may enter?", "Staff."), pair("who may enter", "staff"), pair("Who may enter a?", "Staff.")]
    result = combine(qa("a", *pairs, pair("Who may enter?", "Nobody.")), checks=False)
    assert [row["reason"] for row in rejected()] == ["DUP_EXACT"]
    assert (len(kept()), result.conflicts) == (3, 0)


# Contradictions


def versions() -> list[Any]:
    return [
        qa("v1", pair("What is the limit of the pump?", "12 bar"), pair("Who signs?", "The manager.")),
        qa("v2", pair("What is the limit for the pump?", "14 bar"), pair("Who signs?", "The manager signs.")),
    ]


def test_answers_that_contradict_each_other_stay_marked_and_listed_with_both_sources() -> None:
    result = combine(*versions())

    assert result.conflicts == metadata()["conflicts"] == 1
    assert [(one["answer"], one["checks"]) for one in kept()] == [
        ("12 bar", ["CONFLICT"]),
        ("The manager.", []),
        ("14 bar", ["CONFLICT"]),
    ]
    (conflict,) = metadata()["conflicting"]
    assert conflict["question"] == "What is the limit of the pump?"
    assert [(one["answer"], one["source_file"], one["source_qa_file"]) for one in conflict["answers"]] == [
        ("12 bar", "docs/v1.md", "v1_qa.json"),
        ("14 bar", "docs/v2.md", "v2_qa.json"),
    ]
    assert result.checks["CONFLICT"] == 2


@pytest.mark.parametrize("choice", [{"conflicts": "drop"}, {"drop": frozenset({"CONFLICT"})}], ids=["drop", "by code"])
def test_contradictions_can_be_left_out_both_sides(choice: dict[str, Any]) -> None:
    result = combine(*versions(), **choice)

    assert [one["answer"] for one in kept()] == ["The manager."]
    rows = {row["answer"]: row for row in rejected() if row["reason"] == "CONFLICT"}
    assert rows["12 bar"]["conflicts_with"] == rows["14 bar"]["pair_id"]
    assert rows["14 bar"]["conflicts_with"] == rows["12 bar"]["pair_id"]
    assert result.conflicts == 1


def test_contradictions_can_be_a_failure_that_writes_nothing() -> None:
    result = combine(*versions(), conflicts="fail")

    assert not result.is_written
    assert [one.answer for one in result.conflicting[0].answers] == ["12 bar", "14 bar"]
    from tests.dataset.given import OUTPUT, REJECTS

    assert not OUTPUT.exists()
    assert not REJECTS.exists()
    assert combine(qa("a", pair("Q?", "Yes.")), conflicts="fail").is_written


def test_a_mark_of_an_earlier_run_goes_where_the_other_side_is_gone() -> None:
    combine(qa("a", pair("What is the limit?", "12 bar", checks=["EV_INEXACT", "CONFLICT"])))
    assert [one["checks"] for one in kept()] == [["EV_INEXACT"]]


def test_several_answers_that_contradict_each_other_are_one_question() -> None:
    pairs = [pair("What is the limit of the pump?", f"{number} bar") for number in range(10, 15)]
    result = combine(qa("a", *pairs), qa("b", pair("Who signs?", "The manager."), pair("Who signs?", "Nobody.")))
    assert result.conflicts == 2
    assert [len(one.answers) for one in result.conflicting] == [5, 2]
