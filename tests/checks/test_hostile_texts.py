"""Whatever a text is made of, the checks end soon, say the same again, and raise nothing."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qagen.checks import RULES, Case, examine
from qagen.checks.packs import LANGUAGES
from qagen.pairs import Match

LENGTH = 100_000
MOST_SECONDS = 5.0
"""They need less than one; the machine may be busy."""
PASSAGE = "The relief valve opens at 12 bar. " * 100
PIECES = (
    *("a", "1", "1 ", "1,", "1.1.", "it ", "@", "a@", "a.", "`", "<a ", "(", " ", "\n", "\0", "\ud800", "|", "- a\n"),
    *(
        "the text ",
        "AB",
        "A-1 ",
        "Ab ",
        "漢",
        "Ж",
        "é",
        "ﷺ",
        "-----BEGIN ",
        "+1 2",
        "{{",
        "{a}",
        "[insert ",
        "<answer ",
    ),
    *("not mentioned in the ", "I cannot ", "the text does not ", "03.3 ", "\\n", "tel ", "according to the ", "as "),
    *("DE12 ABCD ", "4111 ", "question ", "A1B2 ", "x_y ", "?", "1. a\n", "Ã©", "&lt;", "\u00ad", "\u202e", "this "),
)

texts = st.text(st.characters(exclude_categories=()), max_size=200) | st.lists(
    st.sampled_from([*PIECES, "12 bar", "According to the passage, ", "E07", "ISS", "3,5", "May 2024", ", and ", ". "]),
    max_size=20,
).map("".join)
maybe = st.none() | texts
matches = st.none() | st.lists(st.none() | st.just(Match(0, 3, 85.0)), max_size=3).map(tuple)
cases = st.builds(
    Case,
    question=texts,
    answer=texts,
    question_type=st.sampled_from([None, "factual", "inferential", "unanswerable", "?"]),
    matches=matches,
    passage=maybe,
    context=texts,
    title=texts,
    section=texts,
    language=st.sampled_from([None, "", "pl", "xx", "en-US", "\0", *LANGUAGES]),
    finish=st.sampled_from([None, "stop", "length"]),
    prompt=texts,
    earlier=st.lists(texts, max_size=3).map(tuple),
)


@settings(max_examples=300, deadline=None)
@given(cases)
def test_every_text_has_findings_and_the_same_ones_again(case: Case) -> None:
    found = examine(case)
    assert found == examine(case)
    order = list(RULES)
    assert list(found.codes) == sorted(set(found.codes), key=order.index)
    assert set(found.skipped) <= set(RULES)


@pytest.mark.parametrize("piece", PIECES)
def test_a_hundred_thousand_characters_are_checked_soon(piece: str) -> None:
    text = (piece * (LENGTH // len(piece) + 1))[:LENGTH]
    begin = time.process_time()
    examine(Case("When does it open?", text, "factual", passage=PASSAGE, title="x", language="en", prompt=PASSAGE))
    assert time.process_time() - begin < MOST_SECONDS


@pytest.mark.parametrize("language", ["en", "de", "pl"])
@pytest.mark.parametrize("piece", ["1 ", "A-1 ", "漢", "the text ", "+1 2", "I cannot "])
def test_so_are_long_questions_and_passages(piece: str, language: str) -> None:
    text = (piece * (LENGTH // len(piece) + 1))[:LENGTH]
    begin = time.process_time()
    examine(Case(text, text, passage=text, title=text, language=language, earlier=(text, text[:-1])))
    assert time.process_time() - begin < MOST_SECONDS


WORDS = st.sampled_from("valve pressure opens closes boiler tank tested replaced relief safety limit".split())
NUMBERS = st.sampled_from(["12", "1.5", "30,000", "0.42", "KP-40", "E07", "2024", "20:30", "7.5", "1,940", "14"])


@given(
    st.lists(st.tuples(WORDS, WORDS, NUMBERS, WORDS).map(" ".join), min_size=2, max_size=12),
    st.data(),
)
@settings(max_examples=150, deadline=None)
def test_an_answer_out_of_the_passage_is_grounded(sentences: list[str], data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(sentences) - 1))
    end = data.draw(st.integers(start + 1, len(sentences)))
    passage, answer = (
        "\n".join(f"The {one}." for one in sentences),
        " ".join(f"The {one}." for one in sentences[start:end]),
    )
    case = Case("What is known of the valve?", answer, "factual", passage=passage, language="en")
    grounding = {"A_NUMBER", "A_ENTITY", "A_UNGROUNDED", "A_UNGROUNDED_PARTLY", "LANG"}
    assert not grounding & set(examine(case).codes)


def test_a_pair_takes_a_millisecond_or_so() -> None:
    from tests.checks.careless import cases as pairs

    some = [case for case, _ in pairs()]
    for case in some:  # once, so that packs and model are loaded
        examine(case)
    begin = time.process_time()
    for case in some:
        examine(case)
    mean_ms = 1000 * (time.process_time() - begin) / len(some)
    print(f"{mean_ms:.2f} ms a pair")
    assert mean_ms < 5, "it needs 0.7 ms; the machine may be busy"
