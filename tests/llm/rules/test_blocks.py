from __future__ import annotations

from qagen.llm.rules import blocks, sentences


def parts(passage: str) -> list[tuple[str, str, str]]:
    return [(block.kind, passage[block.start : block.end], block.heading) for block in blocks.split(passage, "Above")]


def test_markers_are_left_out_and_every_block_knows_its_heading() -> None:
    assert parts("Before.\n\n## 2.1 Limits ##\n\n- one\n  more\n\n> quoted\n\n| a | b |\n") == [
        ("text", "Before.", "Above"),
        ("heading", "2.1 Limits ##", "Limits"),
        ("item", "one\n  more", "Limits"),
        ("text", "quoted", "Limits"),
        ("row", "| a | b |", "Limits"),
    ]


def test_code_and_front_matter_are_passed_over() -> None:
    assert parts("---\ntitle: T\n---\n\nText.\n\n```\n# no heading\n```\n") == [("text", "Text.", "Above")]


def test_a_short_line_that_stands_alone_is_a_heading_of_plain_text() -> None:
    assert [kind for kind, _, _ in parts("3. Meals\n\n3.1 The allowance is 38 EUR.\n")] == ["heading", "item"]
    assert [kind for kind, _, _ in parts("1. Close\n2. Open\n\nDone.\n")] == ["item", "item", "text"]


def test_abbreviations_decimals_and_ordinals_end_no_sentence() -> None:
    text = "Druck ca. 1.5 bar, z. B. am 1. Oktober. It is e.g. Hot! Done"
    found = [sentence.text for sentence in sentences.split(text, blocks.split(text))]
    assert found == ["Druck ca. 1.5 bar, z. B. am 1. Oktober.", "It is e.g. Hot!", "Done"]


def test_a_quote_is_cut_between_words() -> None:
    text = "word " * 100
    span = sentences.quote(text, 0, len(text))
    assert text[span.start : span.end].endswith("word")
    assert span.end - span.start <= sentences.LONGEST_QUOTE
