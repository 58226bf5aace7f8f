"""RTF: what Word, LibreOffice and TextEdit write is read as they show it."""

from __future__ import annotations

import contextlib
import random
import time

import pytest

from qagen.documents import rtf
from qagen.documents.types import Document, Reading
from qagen.errors import DataError
from tests.documents import text_writers, writers
from tests.documents.text_writers import assert_sound, blocks

FONTS = (
    rb"{\fonttbl{\f0\fcharset0 Arial;}{\f1\fcharset204 Arial Cyr;}{\f2\fcharset128 \'82\'6c{\*\falt x};}"
    rb"{\f3\fcharset2 Symbol;}}"
)


def read(body: str, head: str = r"\ansi\ansicpg1252\deff0") -> Document:
    document = rtf.read(b"{\\rtf1" + head.encode() + FONTS + body.encode("latin-1") + b"}", Reading())
    assert_sound(document)
    return document


def text_of(body: str, head: str = r"\ansi\ansicpg1252\deff0") -> str:
    return read(body, head).text.rstrip("\n")


def test_every_sentence_comes_back_in_its_section() -> None:
    document = rtf.read(text_writers.rtf(writers.UNICODE), Reading())

    text_writers.assert_comes_back(document, writers.UNICODE)
    assert document.title == writers.TITLE
    assert document.notes == ()
    assert "Page header" not in document.text


# Characters


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (r"caf\'e9 \'93q\'94 5 \'80", "café “q” 5 €"),
        (r"a \{b\} c\\d 5 * 3 a_b #1 & <", "a {b} c\\d 5 * 3 a_b #1 & <"),
        (r"\lquote x\rquote  \ldblquote y\rdblquote  a\emdash b\endash c \bullet", "‘x’ “y” a—b–c •"),
        (r"co\-op non\~break a\_b one\tab two", "coop non break a-b one two"),
        (r"\u8364?5 \u-10179?\u-8638? \u128578? end", "€5 🙂 🙂 end"),
        (r"\u-10179? half", "\ufffd half"),
        (r"\uc2 \u26085\'93\'fa\u26412\'96\'7b x", "日本 x"),
        (r"{\uc0 \u8364 5} \u8364\'80 6", "€5 € 6"),
        (r"\uc1\u381\'7d.", "Ž."),
        (r"\f1 \'cf\'f0\'e8\f0  \'e9 {\f2 \'93\'fa\'96{}\'7b}", "При é 日\ufffd{"),
        (r"{\f2 \'93\'fa\'96\'7b}", "日本"),
        (r"{\f3 \'b7} \u-3913?", "• •"),
        ("one\r\n two\\line three", "one two\nthree"),
    ],
)
def test_characters_are_read(body: str, shown: str) -> None:
    assert text_of(body) == shown


@pytest.mark.parametrize(
    ("head", "body", "shown"),
    [
        (r"\ansi\ansicpg1251", r"\'cf\'f0\'e8", "При"),
        (r"\ansi\ansicpg1251\deff0", r"\'cf\'f0\'e8", "При"),
        (r"\ansi\ansicpg932\deff9", r"\'93\'fa\'96\'7b", "日本"),
        (r"\ansi\ansicpg932\deff0", r"\'93q\'94", "“q”"),
        (r"\ansi\ansicpg936\deff9", "\u00d6\u00d0\u00ce\u00c4", "中文"),
        (r"\pc\deff9", r"\'f1\'f2\'f3", "±≥≤"),
        (r"\mac\deff9", r"\'8e", "é"),
        (r"\ansi\ansicpg65001\deff9", "caf\u00c3\u00a9", "café"),
        (r"\ansi\ansicpg99999\deff9", r"caf\'e9", "café"),
    ],
)
def test_code_pages_are_those_of_the_document_and_its_fonts(head: str, body: str, shown: str) -> None:
    assert text_of(body, head) == shown


def test_raised_and_lowered_text_is_readable() -> None:
    assert text_of(r"a{\super 2} H\sub 2\nosupersub O x{\sub i}, 1{\super st}") == "a² H2O x_i, 1st"
    assert text_of(r"10{\super\endash 3} e{\super x}") == "10⁻³ e^x"


# Parts


def test_headings_are_told_by_their_style_or_their_level() -> None:
    styles = (
        r"{\stylesheet{\ql Normal;}{\s1\outlinelevel0 \styrsid1 Titre 1;}{\s2\ql heading 2;}{\*\cs3 heading 3;}"
        r"{\s4 Title;}{\s5\ql header;}}"
    )
    body = (
        r"\pard\plain\s4 T\par\pard\plain\s1 One\par\pard\plain\s2 Two\par\pard\plain\s5 Text\par"
        r"\pard\outlinelevel2 Three\par\pard\s1\outlinelevel9 Body\par"
    )
    document = read(styles + body)

    assert [(heading.level, heading.text) for heading in document.headings] == [
        (1, "T"),
        (1, "One"),
        (2, "Two"),
        (3, "Three"),
    ]
    assert document.text.endswith("### Three\n\nBody\n")


def test_a_style_ends_with_its_group() -> None:
    assert text_of(r"{\pard\outlinelevel0 Head\par}text\par") == "# Head\n\ntext"


def test_lists_have_their_signs_and_depth() -> None:
    body = (
        r"{\listtext\pard\plain\f3\'b7\tab}\pard\ls1 one\par"
        r"{\listtext\'a7\tab}\pard\ls1\ilvl1 deep\par\pard between\par"
        r"{\pntext\pard 3.\tab}{\*\pn\pnlvlbody{\pntxta .}}\pard three\par"
        r"{\listtext (b)\tab}\pard letter\par{\listtext 1.2\tab}\pard number\par\pard end\par"
    )

    assert blocks(read(body)) == [("list", "- one\n  - deep"), ("list", "3. three\n(b) letter\n1.2 number")]


def test_text_edit_ends_its_paragraphs_with_a_backslash() -> None:
    mark = "{\\listtext\t\\uc0\\u8226 \t}"
    body = f"\\pard Tools:\\\n\\pard\\ls1\\ilvl0\\cf0 {mark}\\expnd0 first\\\n{mark}second\\\n"

    assert text_of(body) == "Tools:\n\n- first\n- second"


def test_tables_are_blocks_and_bars_in_cells_stay_cells() -> None:
    row = r"\trowd\cellx1000\cellx2000\pard\intbl {}\cell {}\cell\row"
    body = (
        r"before\par"
        + row.replace("{}", "A", 1).replace("{}", "B")
        + row.replace("{}", r"1|2\par x", 1).replace("{}", "")
    )
    document = read(body + r"\pard after\par")

    assert blocks(document) == [("table", "| A | B |\n| --- | --- |\n| 1\\|2 x |  |")]
    assert document.text.endswith("\n\nafter\n")


def test_cells_that_continue_those_above_repeat_them() -> None:
    body = (
        r"\trowd\clvmgf\cellx1\cellx2\intbl all\cell a\cell\row\trowd\clvmrg\cellx1\cellx2\intbl\cell b\cell\row"
        r"\trowd\cellx1\cellx2\intbl x\cell y\cell\row"
    )

    assert text_of(body) == "| all | a |\n| --- | --- |\n| all | b |\n| x | y |"


def test_a_table_of_one_row_is_no_table() -> None:
    assert text_of(r"\trowd\cellx1\cellx2 A1\cell A2\cell\row\pard\par") == "A1\n\nA2"


def test_notes_stand_in_brackets() -> None:
    assert text_of(r"word{\super\chftn}{\footnote\pard\plain{\super\chftn} See\par there.\par} end") == (
        "word [note: See there.] end"
    )
    assert text_of(r"word{\super\chftn{\*\footnote\chftn\pard Note}}.") == "word [note: Note]."


def test_boxes_stand_before_the_paragraph_that_holds_them() -> None:
    box = r"{\shp{\*\shpinst\shpleft1{\sp{\sn shapeType}{\sv 202}}{\shptxt\pard in the box\par}}{\shprslt no}}"

    assert text_of(rf"before {box}after\par") == "in the box\n\nbefore after"


def test_links_are_read_as_their_words() -> None:
    assert text_of(r'see {\field{\*\fldinst{HYPERLINK "http://x/"}}{\fldrslt{the \b page}}} now') == "see the page now"


@pytest.mark.parametrize(
    "left_out",
    [
        r"{\header\pard no\par}",
        r"{\footerf no}",
        r"{\pict\pngblip 89504e47}",
        r"{\*\shppict{\pict 8950}}{\nonshppict{\pict 8950}}",
        r"{\pict\bin10 }{\par no}}",
        r"{\object{\*\objdata 0105}{\result }}",
        r"{\deleted no}",
        r"{\v no}",
        r"{\*\annotation no}",
        r"{\*\unknown no{\b no}}",
        r"{\xe no}{\*\bkmkstart no}{\*\bkmkend no}",
        "{\\*\n\\ts11 no}",
    ],
)
def test_what_readers_do_not_see_is_left_out(left_out: str) -> None:
    assert text_of(rf"one{left_out} two") == "one two"


def test_hidden_text_ends_where_it_says() -> None:
    assert text_of(r"a \v no\v0 b \deleted no\deleted0 c \v no\plain d") == "a b c d"


def test_the_title_is_that_of_the_properties() -> None:
    document = read(r"{\info{\title Pumpe \u8211? {\b 1}}{\author Ada}{\*\company no}}text")

    assert document.title == "Pumpe – 1"
    assert document.text == "text\n"


# Damage


@pytest.mark.parametrize(
    ("data", "said"),
    [(b"", "it is empty"), (b"Dear Sir", "it is not RTF"), (b"PK\x03\x04", r"rename it to end in \.docx")],
)
def test_what_cannot_be_read_is_said(data: bytes, said: str) -> None:
    with pytest.raises(DataError, match=said):
        rtf.read(data, Reading())


def test_a_file_that_is_cut_off_says_so() -> None:
    document = rtf.read(text_writers.rtf(writers.LATIN)[:-30], Reading())

    assert document.notes == ("it is cut off: its last group is never closed",)
    assert "Sentence 6" in document.text


def test_what_follows_the_document_is_not_read() -> None:
    assert rtf.read(b"{\\rtf1 text}\0\0 more {\\b}", Reading()).text == "text\n"


@pytest.mark.parametrize(
    "unit",
    [
        "{",
        "}{",
        "<",
        r"\'93",
        r"\b ",
        r"{\super a}",
        r"\cell",
        r"\row",
        r"\u-10179 ",
        r"{\footnote ",
        r"{\shptxt a",
        "\\",
    ],
)
def test_megabytes_of_nonsense_are_read_in_linear_time(unit: str) -> None:
    start = time.process_time()
    document = rtf.read(b"{\\rtf1 hello " + unit.encode() * (1_000_000 // len(unit)), Reading())

    assert "hello" in document.text
    assert time.process_time() - start < 20


def test_rows_of_very_different_lengths_do_not_blow_up_the_text() -> None:
    document = read(r"a\cell " * 20_000 + r"\row " + r"b\cell\row " * 20_000)

    assert len(document.text) < 1_000_000
    assert document.text.count("b") == 20_000


def test_flipped_bits_give_a_document_or_a_data_error() -> None:
    sound = text_writers.rtf(writers.LATIN)
    for seed in range(300):
        chance = random.Random(seed)
        data = bytearray(sound)
        for _ in range(chance.choice([1, 3, 20])):
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        with contextlib.suppress(DataError):
            assert_sound(rtf.read(bytes(data), Reading()))


def test_every_mix_of_words_gives_a_document() -> None:
    words = (
        r"{ } { } \par \cell \row \trowd \intbl \pard \footnote \shptxt \listtext \super \u-10179 \'93 text \* \info "
        r"\title \fonttbl \f1 \v \stylesheet \s1 \outlinelevel1 \cellx5 \clvmrg \uc3 \bin3 \sect \ilvl2 | \line"
    ).split(" ")
    for seed in range(300):
        chance = random.Random(seed)
        assert_sound(rtf.read(b"{\\rtf1 " + " ".join(chance.choices(words, k=60)).encode(), Reading()))
