"""Each guard keeps out what it is for, and leaves what makes a good negative."""

from __future__ import annotations

from typing import Any

import pytest

from qagen.negatives import guards
from qagen.negatives.guards import GUARDS, reason_against, sift
from qagen.negatives.texts import ask
from tests.negatives.given import asked, candidate, found, pair, passage

FILLER = "Check the housing for damage and report what you find to the carrier within a week of its arrival."
QUESTION = "At what pressure does the relief valve of the KP-40 open?"
QUOTE = "The relief valve of the KP-40 opens at 12 bar."


def named(name: str) -> Any:
    return next(guard.holds for guard in GUARDS if guard.name == name)


def test_every_guard_has_a_name_of_its_own() -> None:
    assert len({guard.name for guard in GUARDS}) == len(GUARDS) == 10


@pytest.mark.parametrize(
    ("fields", "is_itself"),
    [
        ({"key": "own"}, True),
        ({"key": "own#2"}, True),
        ({"document": "manual", "start": 5, "end": 90}, True),
        ({"document": "manual", "start": 90, "end": 95}, False),
        ({"start": 5, "end": 90}, False),
        ({"document": "manual"}, False),
    ],
)
def test_itself_is_the_same_key_or_place(fields: dict[str, Any], is_itself: bool) -> None:
    one = ask(pair(QUESTION), passage(QUOTE, "own", document="manual", start=5, end=90))
    assert named("itself")(one, candidate(FILLER, **fields)) is is_itself


@pytest.mark.parametrize(
    ("document", "start", "end", "does"),
    [
        ("manual", 80, 150, True),
        ("manual", 0, 6, True),
        ("manual", 90, 150, False),
        ("manual", 0, 5, False),
        ("other", 80, 150, False),
        ("manual", -1, -1, False),
    ],
)
def test_a_neighbour_overlaps_where_places_in_the_document_say_so(
    document: str, start: int, end: int, does: bool
) -> None:
    one = ask(pair(QUESTION), passage(QUOTE, "own", document="manual", start=5, end=90))
    assert named("overlap")(one, candidate(FILLER, document=document, start=start, end=end)) is does


def test_a_third_of_the_shorter_text_is_too_much_to_share() -> None:
    own = " ".join(f"word{number}" for number in range(100))
    half = " ".join(f"word{number}" for number in range(40, 60)) + " " + " ".join(f"new{n}" for n in range(20))
    little = " ".join(f"word{number}" for number in range(8)) + " " + " ".join(f"new{n}" for n in range(40))
    one = asked(QUESTION, own=own)
    assert named("shared_text")(one, candidate(half))
    assert not named("shared_text")(one, candidate(little))


def test_a_text_with_changes_in_every_sentence_is_a_near_duplicate() -> None:
    words = [f"{letter * 3}elements" for letter in "abcdefghijklmnopqrst"]
    own, near = " ".join(words), " ".join(words[at] + "x" * (at % 5 == 0) for at in range(20))
    one = asked(QUESTION, own=own)
    assert not named("shared_text")(one, candidate(near))
    assert named("near_duplicate")(one, candidate(near))
    assert not named("near_duplicate")(one, candidate(own[:30] + FILLER))


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        (f"{FILLER} {QUOTE}", True),
        (f"{FILLER} THE RELIEF VALVE\nof the KP\u201140 opens at 12\u00a0bar.", True),
        (f"{FILLER} The relief valve on the KP-40 will open at 12 bar.", True),
        (f"{FILLER} The relief valve of the KP-41 opens at 12 bar.", False),
        (f"{FILLER} The relief valve of the KP-40 opens at 16 bar.", False),
        (FILLER, False),
    ],
)
def test_evidence_is_found_as_it_is_or_nearly_and_not_that_of_a_sibling(text: str, holds: bool) -> None:
    assert named("evidence")(asked(QUESTION, evidence=[QUOTE]), candidate(text)) is holds


def test_short_evidence_must_stand_there_as_it_is() -> None:
    assert named("evidence")(asked(QUESTION, evidence=["at 12 bar"]), candidate("It opens At  12 bar, or later."))
    assert not named("evidence")(asked(QUESTION, evidence=["at 12 bar"]), candidate("It opens at 12 mbar."))


@pytest.mark.parametrize(
    ("question", "answer", "text", "holds"),
    [
        (QUESTION, "12 bar", "It lets go at 12 bar.", True),
        (QUESTION, "It opens at 12 bar.", "Above twelve bar the spring gives way, says the manual.", True),
        (QUESTION, "12 bar", "It lets go at 16 bar.", False),
        (QUESTION, "30,000 hours", "It runs for 30 000 h.", True),
        ("Who approves trips at Norden?", "Maria Keller", "Trips at Halvard go to Maria Keller.", True),
        ("Who approves trips at Norden?", "Maria Keller", "Trips at Norden go to Peter Hale.", False),
        ("Which crop grows best on loam?", "Barley", "Barley is grown on clay.", True),
        ("Which crop grows best on loam?", "Barley", "Rye is grown on clay.", False),
        # Of a long answer its numbers are not enough, where the text is about something else.
        (QUESTION, "It opens at 12 bar, so that neither the housing nor the pipes behind it burst.", "12 eggs.", False),
        (
            QUESTION,
            "It opens at 12 bar, so that neither the housing nor the pipes behind it burst.",
            "Relief valve of the KP-40: opens at a pressure of 12.",
            True,
        ),
        ("Is it dry?", "Yes.", "Yes, it is.", False),
    ],
)
def test_values_of_the_answer_are_found_in_every_notation(question: str, answer: str, text: str, holds: bool) -> None:
    assert named("values")(asked(question, answer), candidate(text)) is holds


@pytest.mark.parametrize(
    ("question", "answer", "text", "does"),
    [
        (
            "Why must the KP-40 be flushed before the start?",
            "Because residue from storage clogs the nozzle and the motor overheats.",
            "Never run an unflushed KP-40: what is left from storage blocks the nozzle, and it gets too hot.",
            True,
        ),
        (
            "Why must the KP-40 be flushed before the start?",
            "Because residue from storage clogs the nozzle and the motor overheats.",
            "Never run an unflushed KP-41: what is left from storage blocks the nozzle, and it gets too hot.",
            False,
        ),
        (
            "Is the KP-40 suitable for seawater?",
            "No.",
            "It is said that the KP-40 is hardly suitable for seawater.",
            True,
        ),
        ("Is the KP-40 suitable for seawater?", "No.", "The KP-40 is suitable for brine.", False),
        ("Who approves trips at Norden?", "Maria Keller", "Nobody at Norden flies before Ms Keller agrees.", True),
        ("Who approves trips at Norden?", "Maria Keller", "Nobody at Halvard flies before Ms Keller agrees.", False),
        (
            "why is the ground drained?",
            "Because springs along the slope drown the seedlings.",
            "The ground is drained, as springs on the slope would drown what grows.",
            True,
        ),
    ],
)
def test_the_same_fact_in_other_words_is_kept_out_and_that_of_a_sibling_is_not(
    question: str, answer: str, text: str, does: bool
) -> None:
    assert named("restated")(asked(question, answer), candidate(text)) is does


GERMAN = "Die Maschine wird jeden Monat gereinigt, weil sich das Sieb sonst mit Flusen zusetzt und nichts abläuft."


@pytest.mark.parametrize(
    ("text", "fields", "is_other"),
    [
        (GERMAN, {}, True),
        ("Насос очищают каждый месяц, иначе фильтр забивается.", {}, True),
        (FILLER, {"language": "de"}, False),
        ("Pump KP-40 Pump KP-41", {"language": "de-AT"}, True),
        ("Pump KP-40 Pump KP-41", {"language": "en"}, False),
    ],
)
def test_a_passage_in_another_language_is_kept_out(text: str, fields: dict[str, Any], is_other: bool) -> None:
    one = ask(pair(QUESTION), passage(FILLER, "own", language="en"))
    assert named("language")(one, candidate(text, **fields)) is is_other


@pytest.mark.parametrize(
    ("text", "is_none"),
    [
        ("1 Introduction ........ 3\n2 Safety ............ 7\n2.1 Signs ........... 9\n3 Index ... 12", True),
        ("Permission is hereby granted, free of charge, to any person. It comes without warranty of any kind.", True),
        ("Home | Products | News | About us | Contact\nWe use cookies. Accept | Refuse. Our privacy policy.", True),
        ("Page 7", True),
        ("12 34 56 / 78 -- 90 ## 11 22 33 44 55 66 77 88 99 00 :: letters here are few and far between 1 2 3", True),
        ("| Model | Bar |\n|---|---|\n| KP-40 | 12 |\n| KP-41 | 16 |", False),
        (FILLER, False),
        ("最大压力为十二巴。泵在此压力下停止运行。", False),
        ("All rights reserved to the reader are listed here. " + FILLER * 4, False),
    ],
)
def test_boilerplate_is_told_from_text_and_tables(text: str, is_none: bool) -> None:
    assert named("boilerplate")(asked(QUESTION), candidate(text)) is is_none


def test_what_is_nearly_as_close_as_the_answer_is_cut() -> None:
    one = ask(pair(QUESTION), passage(FILLER, "own"), own_similarity=0.8)
    assert named("too_near")(one, candidate(FILLER, similarity=0.77))
    assert not named("too_near")(one, candidate(FILLER, similarity=0.76))
    assert not named("too_near")(one, candidate(FILLER))
    assert not named("too_near")(asked(QUESTION), candidate(FILLER, similarity=0.99))


def test_a_sentence_about_a_sibling_passes_all_guards() -> None:
    one = asked(QUESTION, evidence=[QUOTE], own=f"{QUOTE} {FILLER}")
    text = "On the KP-41 the relief valve is set to open at 16 bar, and a spring closes it again."
    assert reason_against(one, candidate(text)) is None


def test_what_is_kept_out_is_counted_by_guard_and_the_chunk_itself_is_not() -> None:
    one = asked(QUESTION, evidence=[QUOTE], own=f"{QUOTE} {FILLER}")
    good = candidate("The relief valve of the KP-41 stays shut until the pressure of 16 bar is reached.")
    brought = found(
        candidate(QUOTE, "own"), good, candidate("It opens the valve at 12 bar and lets the water out of the housing.")
    )
    result = sift(one, brought, searched=50, chunks=3)
    assert result.candidates == (good,)
    assert result.dropped == {"values": 1}
    assert not result.is_vague


def test_a_question_that_does_not_find_its_own_chunk_is_vague_unless_there_are_few_chunks() -> None:
    one, brought = asked(QUESTION), found(candidate(FILLER), own_rank=None)
    assert sift(one, brought, searched=50, chunks=50).is_vague
    assert sift(one, brought, searched=50, chunks=50).candidates == ()
    assert not sift(one, brought, searched=50, chunks=49).is_vague


def test_values_that_were_looked_for_can_be_told() -> None:
    assert guards.has_values(asked(QUESTION, "12 bar"))
    assert not guards.has_values(asked("Is the pump dry?", "It is dry."))
