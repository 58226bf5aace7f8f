"""Sentences: where they end, in several languages, and what holds for every text."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qagen.cutting import sentences

CASES = [
    # Abbreviations and titles
    "Dr. Braun came. |He left.",
    "Mrs. J. K. Rowling met Prof. Dr. Meier vs. nobody. |Then she left.",
    "It holds approx. five bars. |See it.",
    "Use a language, e.g. Python. |Or i.e. Rust, etc. |The rest is free.",
    "He lives in the U.S. |The weather is fine.",
    "The U.S. Army came. |It left.",
    "Acme Inc. Berlin is large. |Acme Inc. |The firm grew.",
    "At 9 a.m. |The train left. |At 5 p.m. sharp.",
    "He took vitamin C. |The end.",
    "A Ph.D. Student came. |Then nobody.",
    "It is. |He said no. |Then he left. |She said no. |I went. |He changed his mind. |Max came.",
    # Numbers
    "See Fig. 3 and No. 5 on p. 12. |The end.",
    "It costs 3.5 dollars. |Then 7. |Then it is version 3.5. |Next.",
    "On Jan. 5 it began. |In Sept. 2020 it ended.",
    "See vol. IV of it. |Done.",
    "1. Open it. |2. Close it.",
    "Steps:\n1. Open the valve. |\n2. Close it.\n   a. At once.".replace("|\n", "\n|"),
    "## 1.2. The second part\nIt begins. |Now.",
    "They were 12. |Then 13. |It began in\n2020. |Then it ended.",
    # German
    "Das gilt z. B. für Pumpen, z.B. Ventile bzw. Rohre. |Ende.",
    "Das gilt z. B. Die Pumpe nicht, d. h. Ventile u. a. m. sind gut. |Ende.",
    "Nr. 5, Abb. 3 und Abs. 2 gelten ggf. Ventilen. |Ende.",
    "Am 3. Mai und am 12. Januar war der 2. Weltkrieg im 19. Jahrhundert. |Es waren 12. |Dann 5.",
    "Er kam usw. |Dann ging er.",
    # French and Spanish
    "M. Dupont vint av. J.-C. et l'an 5. |Vraiment ? |Non ! |Fin.",
    "EE. UU. y la Sra. Gómez, p. ej. en la pág. 5. |¿Qué? |¡No! |Fin.",
    # Quotes, brackets, emphasis, footnotes
    'She said "Stop." |Then she left. |(It was late.) |He too.',
    "“Why?” he asked. |“Go.” |Then he went. |«Oui.» |Fin.",
    '"Stop!" she said. |Yahoo! |They won.',
    "**Warning.** |Do not open. |`It stops.` |_Now._ |Yes.",
    "It is known.[3] |It is new.[12] |Yes.",
    # Marks of other kinds
    "Wait... |What? |Well... maybe. |No… |But yes… perhaps.",
    "Really?! |Yes!!! |no. |Then.",
    "See www.example.com/a.b?c=1. |Then config.env is read, or ../a.txt. |Done.",
    "Run it inside the directory. |npm will do the rest, cf. below.",
    "今日は晴れです。|明日は雨！|「はい。」と言った。|（本当？）|そう。",
    "他说：“你好！”|然后走了。|好!|再见……后来。|完。",
    "你好!|再见",
    "هل هذا صحيح؟ |نعم۔ |لا.",
    "यह पम्प है। |वह वाल्व है।|ठीक।",
    "좋은 것. |그리고 간다. |왜? |응.",
    "Это т. е. так и см. рис. 3. |Да. |Нет!",
    # White space
    "A line\nthat goes on. |\nThe next line.".replace("|\n", "\n|"),
    "A heading\n\n|A paragraph without a mark\n \n|The next, z. B.\n\n|Now.",
    "One.  \t |Two.\r\n\r\n|Three\u2029|Four.",
]


def marked(case: str) -> tuple[str, list[int]]:
    """The text, and where its marks `|` stood."""
    parts = case.split("|")
    lengths = [len("".join(parts[: index + 1])) for index in range(len(parts))]
    return "".join(parts), lengths


@pytest.mark.parametrize("case", CASES)
def test_sentences_end_where_a_reader_says(case: str) -> None:
    text, expected = marked(case)

    found = list(sentences.ends(text, 0, len(text)))
    shown = [text[begin:end] for begin, end in zip([0, *found], found, strict=False)]
    # The end of a text that has no mark there is none.
    assert [*found, len(text)] in (expected, [*expected, len(text)]), shown


ALPHABET = st.sampled_from(
    [*"aZ9.!?…。」)\"'|\n\r \u3000-*[]", "Dr", "z", "etc", " ", " ", "Pump", "の", "\u2029", "und", "3"]
)
TEXTS = st.lists(ALPHABET, max_size=80).map("".join)


@settings(deadline=None, max_examples=150)
@given(text=TEXTS, cut=st.tuples(st.integers(0, 90), st.integers(0, 90)))
def test_the_ends_of_a_range_are_those_of_the_whole_text(text: str, cut: tuple[int, int]) -> None:
    start, end = (min(at, len(text)) for at in sorted(cut))

    everywhere = list(sentences.ends(text, 0, len(text)))
    assert list(sentences.ends(text, start, end)) == [at for at in everywhere if start < at <= end]


@settings(deadline=None, max_examples=150)
@given(text=TEXTS)
def test_ends_rise_and_stand_right_behind_white_space_or_a_mark(text: str) -> None:
    found = list(sentences.ends(text, 0, len(text)))

    assert found == sorted(set(found))
    assert all(0 < at <= len(text) for at in found)
    assert all(at == len(text) or not text[at].isspace() for at in found)


@settings(deadline=None, max_examples=100)
@given(text=TEXTS)
def test_the_sentences_join_to_the_text(text: str) -> None:
    starts = sentences.starts_in(text, 0, len(text))

    assert "".join(text[begin:end] for begin, end in pairwise([*starts, len(text)])) == text
    assert all(begin < end for begin, end in pairwise([*starts, len(text)]))


def test_an_empty_range_has_no_sentences() -> None:
    assert sentences.starts_in("One. Two.", 5, 5) == []
    assert list(sentences.ends("One. Two.", 5, 5)) == []


def test_nothing_far_from_the_range_is_read() -> None:
    text = "Stop. Go now. " * 100_000

    near = text[700_000 - 100 : 700_500 + 100]
    assert list(sentences.ends(text, 700_000, 700_500)) == [at + 699_900 for at in sentences.ends(near, 100, 600)]


@pytest.mark.parametrize("unit", [".", "\n ", ". ", '."', ".\n", "*", "[1].", "a.", "\n", " ", ".[1"])
def test_a_long_row_of_signs_costs_no_more_than_its_length(unit: str) -> None:
    text = unit * 60_000

    # Were it quadratic, this would take minutes.
    assert len(list(sentences.ends(text, 0, len(text)))) <= len(text)
