"""Where quotes stand in a passage."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from qagen.pairs.evidence import EXACT_SCORE, FOUND_SCORE, Match, Passage

TEXT = (
    "Loosen the deck lines before storage: wet rope shrinks as it dries and bends the rails.\n"
    "Hang the hull no closer than 40 cm to a heater, and never in direct sun.\n"
    "The relief valve opens at 12 bar and closes again at 10 bar."
)


def found(quote: str, text: str = TEXT, core_offset: int = 0) -> tuple[str, float]:
    """The characters that a quote was found at, and how alike they are."""
    match = Passage(text, core_offset).find(quote)
    assert match is not None
    return text[match.start : match.end], match.score


def test_a_quote_that_stands_there_is_found_at_its_place() -> None:
    start = TEXT.index("The relief valve")

    assert Passage(TEXT).find("The relief valve opens at 12 bar") == Match(start, start + 32, 100.0)


@pytest.mark.parametrize(
    ("passage", "quote"),
    [
        ("He wrote “stop” and ‘go’ — at once", "He wrote \"stop\" and 'go' - at once"),
        ("He wrote \"stop\" and 'go' - at once", "He wrote “stop” and ‘go’ – at once"),
        ("«Halt» „sofort“", '"Halt" "sofort"'),
        ("non‑breaking hyphen", "non-breaking hyphen"),
        ("−5 °C", "-5 °C"),
        ("the pump´s seal", "the pump's seal"),
        ("a 3″ pipe", 'a 3" pipe'),
        ("a 3′ pipe", "a 3' pipe"),
        ("the first line\nand the second", "the first line and the second"),
        ("the first line and the second", "the first line\n   and the second"),
        ("a\u00a0non-breaking\u2009space", "a non-breaking space"),
        ("the safe\u00adty valve", "the safety valve"),
        ("the safety valve", "the safe\u00adty valve"),
        ("THE SAFETY VALVE", "The safety valve"),
        ("the **safety** _relief_ valve", "the safety relief valve"),
        ("ﬁve ﬂames", "five flames"),
        ("ｆｕｌｌ ｗｉｄｔｈ", "full width"),
        ("Straße", "STRASSE"),
        ("wait… and see", "wait... and see"),
        ("re\u0301sume\u0301", "résumé"),
        ("résumé", "re\u0301sume\u0301"),
    ],
)
def test_differences_of_typography_do_not_matter(passage: str, quote: str) -> None:
    text = f"Before it. {passage} After it."

    assert found(quote, text) == (passage, 100.0)


def test_the_place_counts_the_characters_of_the_original() -> None:
    text = "ﬁrst  \n  “safe\u00adty”  ﬁrst  ends here"

    assert found('"safety" first', text)[0] == "“safe\u00adty”  ﬁrst"


def test_a_quote_with_an_ellipsis_reaches_from_its_first_part_to_its_last() -> None:
    for dots in ("...", "…", "[...]", " […] ", " ... "):
        assert found(f"Hang the hull{dots}direct sun", TEXT) == (
            "Hang the hull no closer than 40 cm to a heater, and never in direct sun",
            100.0,
        )


def test_an_ellipsis_at_an_end_of_a_quote_is_no_part_of_it() -> None:
    assert found("... wet rope shrinks ...") == ("wet rope shrinks", 100.0)


def test_a_quote_is_not_found_where_one_of_its_parts_is_missing() -> None:
    assert Passage(TEXT).find("Hang the hull ... in the cellar of the house") is None


def test_an_ellipsis_that_stands_in_the_passage_is_found_as_it_is() -> None:
    text = "Wait ... then open. Wait and then open."

    assert Passage(text).find("Wait ... then open") == Match(0, 18, 100.0)


def test_a_quote_with_a_word_dropped_is_found_and_marked_as_inexact() -> None:
    text, score = found("Hang the hull closer than 40 cm to a heater, and never in direct sun")

    assert "hull no closer than 40 cm to a heater, and never in direct" in text
    assert FOUND_SCORE <= score < 100


def test_a_quote_with_many_other_words_scores_below_exact() -> None:
    _, score = found("the relief valves open at 12 bars and they close again at 9 bar")

    assert FOUND_SCORE <= score < EXACT_SCORE


@pytest.mark.parametrize(
    "quote",
    [
        "Tighten the mast clamps after each voyage and grease the winches weekly.",
        "The company was founded in 1987 and has offices in four countries.",
        "Das Ventil öffnet bei zwölf bar und schließt bei zehn bar wieder.",
    ],
)
def test_a_sentence_of_another_text_is_not_found(quote: str) -> None:
    assert Passage(TEXT).find(quote) is None


@pytest.mark.parametrize("quote", ["12 bars", "heaterz", "relief valwe", "opens at 13 bar"])
def test_a_short_quote_must_stand_there_as_it_is(quote: str) -> None:
    assert Passage(TEXT).find(quote) is None


def test_a_short_quote_that_stands_there_is_found() -> None:
    assert found("40 cm") == ("40 cm", 100.0)
    assert found("40  CM") == ("40 cm", 100.0)


@pytest.mark.parametrize("quote", ["...", "… …", "\u00ad", "**"])
def test_a_quote_of_nothing_is_not_found(quote: str) -> None:
    assert Passage(TEXT).find(quote) is None


def test_a_quote_that_is_longer_than_the_passage_is_not_found() -> None:
    assert Passage("The relief valve opens.").find("The relief valve opens. " * 3) is None


def test_nothing_is_found_in_an_empty_passage() -> None:
    assert Passage("").find("The relief valve opens at 12 bar") is None
    assert Passage("").find("valve") is None


TWICE = "The “relief” valve opens at 12 bar. And once more: The “relief” valve opens at 12 bar."


@pytest.mark.parametrize(
    "quote",
    [
        "The “relief” valve opens at 12 bar.",
        'The "relief" valve opens at 12 bar.',
        'The "relief" valve opens at about 12 bar.',
    ],
    ids=["exact", "typography", "similar"],
)
def test_a_quote_in_overlap_and_core_is_found_in_the_core(quote: str) -> None:
    second = TWICE.rindex("The “relief”")
    match = Passage(TWICE, core_offset=second).find(quote)

    assert match is not None
    assert match.start >= second - 1
    assert Passage(TWICE, core_offset=0).find(quote) is not None


def test_a_quote_that_stands_in_the_overlap_alone_is_found_there() -> None:
    assert Passage(TEXT, core_offset=100).find("wet rope shrinks") == Match(38, 54, 100.0)
    assert found("WET  ROPE shrinks", TEXT, core_offset=100)[0] == "wet rope shrinks"


def test_a_quote_across_the_border_of_the_core_is_found() -> None:
    border = TEXT.index("closer")

    assert found("hull no closer than", TEXT, core_offset=border) == ("hull no closer than", 100.0)


@settings(deadline=None, max_examples=300)
@given(st.text(min_size=1), st.data())
def test_a_piece_of_the_text_is_found_where_the_text_is_equal_to_it(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    core = data.draw(st.integers(0, len(text)))
    quote = text[start:end]
    assume(quote.strip())

    match = Passage(text, core).find(quote)
    assert match is not None
    assert text[match.start : match.end] == quote
    assert match.score == 100.0


@settings(deadline=None, max_examples=300)
@given(st.text(), st.text(), st.integers(0, 50))
def test_every_place_lies_in_the_text(text: str, quote: str, core: int) -> None:
    match = Passage(text, min(core, len(text))).find(quote)

    if match is not None and quote:
        assert 0 <= match.start < match.end <= len(text)
        assert FOUND_SCORE <= match.score <= 100.0


@settings(deadline=None, max_examples=200)
@given(st.lists(st.sampled_from(TEXT.split()), min_size=4, max_size=40), st.data())
def test_a_quote_with_other_white_space_and_case_is_found_at_its_words(words: list[str], data: st.DataObject) -> None:
    text = "  ".join(words)
    first = data.draw(st.integers(0, len(words) - 1))
    last = data.draw(st.integers(first + 1, len(words)))

    match = Passage(text).find("\n".join(words[first:last]).upper())
    assert match is not None
    assert text[match.start : match.end].casefold() == "  ".join(words[first:last]).casefold()
