"""Topics: joints of different texts are found, and texts of one topic stay whole."""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise
from pathlib import Path
from random import Random
from statistics import fmean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qagen.cutting import sentences, topics

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").iterdir())
PUMP = "The pump moves water through the pipe. The valve of the pump opens at twelve bar. Water leaves the pipe there."
TAX = "The tax is due in May. Who pays the tax late owes interest. The office sends a bill for tax and interest."
ZH_RAIN = "今天下雨了。雨水落在屋顶上。下雨的时候街道很湿。雨水流进河里。"
ZH_BANK = "银行收取利息。存款的利息很低。银行每年公布利率。客户在银行存款。"


def prose(path: Path) -> list[str]:
    """The sentences of a document."""
    text = path.read_text(encoding="utf-8")
    cuts = [*sentences.starts_in(text, 0, len(text)), len(text)]
    return [sentence for a, b in pairwise(cuts) if len(sentence := " ".join(text[a:b].split())) > 40]


def joined(parts: list[list[str]], paragraph: int) -> tuple[str, list[int], list[int]]:
    """A text, the offsets of its sentences, and which of them begin a part; paragraphs say nothing of the parts."""
    text = ""
    starts: list[int] = []
    joints: list[int] = []
    for part in parts:
        joints.append(len(starts))
        for sentence in part:
            starts.append(len(text))
            text += sentence + ("\n\n" if len(starts) % paragraph == 0 else " ")
    return text, starts, joints[1:]


def pk(cuts: list[int], joints: list[int], size: int) -> float:
    """How often two sentences, half a part away from each other, are wrongly held to be of one part or of two."""
    window = max(1, round(size / (len(joints) + 1) / 2))
    pairs = [(at, at + window) for at in range(size - window)]
    return fmean(any(a < cut <= b for cut in cuts) != any(a < joint <= b for joint in joints) for a, b in pairs)


def found(text: str, starts: list[int]) -> list[int]:
    """The sentences at which a new topic is said to begin."""
    return [bisect_right(starts, shift.offset) - 1 for shift in topics.shifts(text)]


def test_the_joints_of_different_documents_are_found() -> None:
    rng, documents, errors = Random(7), [prose(path) for path in EXAMPLES], []
    for _ in range(12):
        parts = [document[: rng.randint(12, 30)] for document in rng.sample(documents, 4)]
        text, starts, joints = joined(parts, paragraph=4)
        errors.append(pk(found(text, starts), joints, len(starts)))

    assert fmean(errors) <= 0.35


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_a_short_document_of_one_topic_stays_whole(path: Path) -> None:
    assert topics.shifts(path.read_text(encoding="utf-8")) == []


def test_what_is_uniform_stays_whole_however_long_it_is() -> None:
    rng = Random(3)
    words = [first + second + third for first in "bdfgk" for second in "aeiou" for third in "nrst"]
    spoken = [" ".join(rng.choices(words, k=12)).capitalize() + "." for _ in range(1000)]

    assert topics.shifts(" ".join(spoken)) == []


def test_words_that_never_come_again_tell_nothing() -> None:
    words = [first + second + third for first in "bdfgklmnprst" for second in "aeiou" for third in "bdfgklmnprst"]
    text = " ".join(f"{first}{second}." for first in words[:60] for second in words[:60])

    assert topics.shifts(text.title()) == []


@pytest.mark.parametrize(("one", "other"), [(PUMP, TAX), (ZH_RAIN, ZH_BANK)], ids=["English", "Chinese"])
def test_a_shift_stands_where_the_other_topic_begins(one: str, other: str) -> None:
    text = (one + " ") * 20 + "\n\n" + (other + " ") * 20

    (shift,) = topics.shifts(text)
    assert text[shift.offset :].startswith(other[:10])
    assert shift.depth > topics.TOLL


def test_a_heading_goes_with_what_follows_it() -> None:
    text = (PUMP + " ") * 20 + "\n\nTaxes\n\n" + (TAX + " ") * 20

    assert [text[shift.offset :][:5] for shift in topics.shifts(text)] == ["Taxes"]


def test_a_long_table_is_taken_line_by_line() -> None:
    text = "| pump | water pipe valve |\n" * 60 + "| tax | interest bill office |\n" * 60

    assert [text[shift.offset :][:5] for shift in topics.shifts(text)] == ["| tax"]


def test_the_caller_may_say_where_shifts_can_be() -> None:
    text = (PUMP + " ") * 20 + (TAX + " ") * 20
    allowed = list(range(0, len(text), 100))

    (shift,) = topics.shifts(text, allowed)
    assert shift.offset in allowed
    assert abs(shift.offset - text.index(TAX)) <= 200


def test_texts_of_a_few_sentences_have_no_shifts() -> None:
    for text in ("", " \n\n ", "One.", "12. 13. 14.", PUMP, f"{PUMP}\n\n{TAX}"):
        assert topics.shifts(text) == []


SENTENCES = st.sampled_from([PUMP, TAX, ZH_RAIN, "Yes.", "12 34.", "# Title", "x" * 700, "\n\n", "| a | b |\n" * 80])


@settings(deadline=None, max_examples=60)
@given(parts=st.lists(st.tuples(SENTENCES, st.integers(1, 12)), max_size=8))
def test_shifts_rise_and_stand_inside_the_text_at_beginnings(parts: list[tuple[str, int]]) -> None:
    text = "".join((part + " ") * times for part, times in parts)

    shifts = topics.shifts(text)
    offsets = [shift.offset for shift in shifts]
    assert offsets == sorted(set(offsets))
    assert all(0 < offset < len(text) and text[offset - 1] in " \n。" for offset in offsets)
    assert all(shift.depth > topics.TOLL for shift in shifts)
    assert topics.shifts(text) == shifts
