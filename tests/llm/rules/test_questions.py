from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qagen.llm.rules.material import Material, Pair
from qagen.llm.rules.questions import write

EXAMPLES = sorted((Path(__file__).parents[3] / "examples").glob("*.*"))

# Pieces that the rules react to, so that random texts reach them.
PIECES = st.sampled_from(
    [
        *(
            "# Replace the seal",
            "\n",
            "\n\n",
            "1. Close it.",
            "2. Open it.",
            "- **Term**: a thing",
            "Gas (GAS) ",
            "10 bar",
        ),
        *(
            "A pump is a machine. ",
            "¿Qué? ",
            "?",
            ". ",
            "* ",
            "> ",
            "```",
            "---",
            "| a | b |\n",
            "|---|---|\n",
            "[x](y)",
        ),
        *("____", "E07 ", "。", "Net Suction Head (NSH) ", "How long is it?\n\n"),
        "The limit of the plant is 5 bar for all of its parts. ",
    ]
)
TEXTS = st.one_of(st.text(max_size=300), st.lists(st.one_of(PIECES, st.text(max_size=8)), max_size=40).map("".join))


def ask(passage: str, questions: int = 9, **known: str) -> list[Pair]:
    return list(write(Material(passage, questions=questions, **known)).pairs)


@settings(max_examples=400, deadline=None)
@given(
    TEXTS, st.one_of(st.none(), TEXTS), st.one_of(st.none(), TEXTS), st.sampled_from([None, "en", "de", "fr", "ja", ""])
)
def test_any_text_gives_at_most_n_verbatim_and_distinct_pairs(
    passage: str, title: str | None, section: str | None, language: str | None
) -> None:
    reply = write(Material(passage, title, section, language, questions=3))
    assert len(reply.pairs) <= 3
    assert (reply.skip_reason is None) == bool(reply.pairs)
    assert all(quote and quote in passage and len(quote) <= 300 for pair in reply.pairs for quote in pair.evidence)
    assert all(pair.evidence and pair.question.strip() and pair.answer.strip() for pair in reply.pairs)
    assert len({pair.question.casefold() for pair in reply.pairs}) == len(reply.pairs)


@pytest.mark.parametrize("piece", ["?", "…. ", "[", "**a", "|a|", "____", "A1-", "1,000", "a: ", "(AB) ", "<a", "\\|"])
def test_a_long_run_of_one_sign_comes_to_an_end(piece: str) -> None:
    # With a pattern that backtracks, this would run for minutes.
    assert len(write(Material(piece * (100_000 // len(piece)), title="T")).pairs) <= 5


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_every_example_yields_pairs_of_several_forms(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    reply = write(Material(text, title=text.splitlines()[0].strip("# "), questions=30))
    assert len(reply.pairs) >= 12
    assert len({pair.question_type for pair in reply.pairs}) >= 2
    assert reply == write(Material(text, title=text.splitlines()[0].strip("# "), questions=30))


def test_a_glossary_entry_is_asked_for_by_name_and_document() -> None:
    [pair] = ask("- **Dry running** - operation of the pump without liquid\n", title="KP manual")
    assert pair.question == 'According to "KP manual", what does "Dry running" mean?'
    assert pair.answer == "Operation of the pump without liquid."
    assert pair.evidence == ("**Dry running** - operation of the pump without liquid",)


def test_a_warning_label_is_no_term() -> None:
    assert ask("Warning: the housing gets hot and must cool.") == []


def test_an_abbreviation_is_spelled_out_only_where_its_letters_match() -> None:
    [pair] = ask("It needs net positive suction head (NPSH) here.")
    assert pair.question == 'What does "NPSH" stand for?'
    assert pair.answer == "NPSH stands for net positive suction head."
    assert ask("It was sold by a firm in Bonn (NPSH) here.") == []


def test_a_definition_needs_a_subject_that_names_something() -> None:
    [pair] = ask("A wear ring is a replaceable ring that protects the housing.")
    assert (pair.question_type, pair.question) == ("definition", "What is a wear ring?")
    assert ask("This is a good idea that helps many people here.") == []


def test_a_question_of_the_author_is_asked_as_it_stands() -> None:
    [pair] = ask("### How long is the warranty?\n\nIt is 24 months from delivery.\n")
    assert pair.question == "How long is the warranty?"
    assert pair.answer == "It is 24 months from delivery."


def test_the_answer_to_a_question_in_a_line_ends_with_its_paragraph() -> None:
    text = "**Can I pay by card?**\nYes, we accept all cards.\n\nMaximum pressure: 10 bar\n\nText."
    first, second = ask(text, title="Shop FAQ")
    assert (first.question, first.answer) == ("Shop FAQ: Can I pay by card?", "Yes, we accept all cards.")
    assert second.question == 'According to "Shop FAQ", what is the figure for "Maximum pressure"?'


def test_an_answer_that_the_passage_cuts_off_is_left_out() -> None:
    assert ask("### How long is the warranty?\n\nIt is 24 months from the date of\n") == []


def test_steps_are_listed_in_full_under_a_heading_that_says_what_to_do() -> None:
    [pair] = ask("## 4.2 Replacing the seal\n\n1. Close it.\n2. Open it.\n\nDone.\n")
    assert pair.question == "What are the steps for replacing the seal?"
    assert pair.answer == "1. Close it.\n2. Open it."
    assert ask("## Seal history\n\n1. Close it.\n2. Open it.\n\nDone.\n") == []


def test_steps_that_may_go_on_behind_the_passage_are_asked_by_number() -> None:
    [pair] = ask("4. Close it.\n5. Open it.\n6. Turn the", section="Pump > Replace the seal", title="P9")
    assert pair.question == 'According to "P9", how do you replace the seal (steps 4 to 5)?'
    assert pair.answer == "4. Close it.\n5. Open it."


def test_a_table_row_is_asked_with_the_heads_of_its_columns() -> None:
    [pair] = ask("| Parameter | Limit |\n|---|---|\n| Pressure | 10 bar |\n", language="en")
    assert pair.question == 'What is the limit for "Pressure"?'
    assert pair.answer == "Pressure: 10 bar."


def test_a_figure_is_blanked_and_the_answer_has_its_unit() -> None:
    [pair] = ask("The pressure in the closed circuit must never exceed 10 bar.", section="2 Limits")
    assert (
        pair.question
        == 'Fill in the blank (from "Limits"): The pressure in the closed circuit must never exceed ____ bar.'
    )
    assert pair.answer == "10 bar"


def test_nothing_is_blanked_that_the_sentence_shows_again() -> None:
    pairs = ask("The valve opens at 10 bar and the other valve too opens at 10 bar.", language="en")
    assert all("10" not in pair.answer for pair in pairs)


def test_german_questions_are_asked_in_german() -> None:
    text = "Das Sicherheitsventil öffnet im Betrieb bei einem Druck von 3,0 bar.\n\n"
    text += "## Siphon reinigen\n\n1. Aus.\n2. Auf.\n\nUnd."
    assert [pair.question for pair in ask(text, title="Kessel")] == [
        "Welche Schritte umfasst „Siphon reinigen“ laut „Kessel“?",
        "Ergänze die Lücke (aus „Kessel“): Das Sicherheitsventil öffnet im Betrieb bei einem Druck von ____ bar.",
    ]


def test_a_language_without_templates_gets_no_foreign_words() -> None:
    text = "La pressione massima del circuito non deve superare 10 bar durante il funzionamento."
    [pair] = ask(text, title="Manuale", language="it")
    assert pair.question == f"Manuale: {text.replace('10', '____')}"


@pytest.mark.parametrize(
    ("passage", "reason"),
    [
        ("Hi there.", "too_short"),
        ("Contents\n1 Intro ...... 3\n2 Limits ...... 5\n3 Safety ...... 9", "toc_or_index"),
        ("[1] A. Smith. Foo. 2010.\n[2] B. Jones et al. Bar. 2011.", "references"),
        ("© 2024 Acme. All rights reserved. No part may be copied.", "boilerplate"),
        ("\x00\x01" * 50, "garbled"),
        ("they went on and on for a long while and said nothing much", "no_facts"),
    ],
)
def test_an_empty_reply_says_why(passage: str, reason: str) -> None:
    assert write(Material(passage)).skip_reason == reason
