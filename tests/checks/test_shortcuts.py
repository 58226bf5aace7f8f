"""What spares the rules work says no more than the work itself would."""

from __future__ import annotations

import dataclasses

from hypothesis import given
from hypothesis import strategies as st

from qagen.checks import Case, Thresholds, echoes, form, grounding, numbers, packs, slips, twins, words

EN = packs.load("en")
PLAIN = st.text(alphabet=[chr(code) for code in range(128)], max_size=60)
NUMBERS = st.lists(
    st.sampled_from(
        ["1", "12", "0", "500", "3.5", "1.000", "1,000.5", ".", ",", " ", "\n", "\u00a0", "'", "٣", ":", "00"]
    ),
    max_size=8,
).map("".join)
LIMITS = Thresholds()


@given(PLAIN)
def test_words_of_a_plain_text_are_those_of_any_text(text: str) -> None:
    assert words.split(text) == tuple(words._WORD.findall(words._plain(text)))


@given(NUMBERS, NUMBERS)
def test_numbers_that_are_written_alike_are_known(one: str, other: str) -> None:
    for pack in (EN, None):
        if numbers.written(one, pack) <= numbers.written(other, pack):
            known = numbers.known(other, pack)
            assert all(number.is_in(known) for number in numbers.claimed(one, pack))


@given(st.lists(st.sampled_from("abc"), max_size=40), st.lists(st.sampled_from("abcd"), max_size=40), st.integers(1, 9))
def test_all_that_leaks_of_a_prompt_is_found(said: list[str], asked: list[str], length: int) -> None:
    text, prompt = " ".join(said), " ".join(asked)
    assert slips._leaked(text, prompt, length) == slips._runs(text, length) & slips._runs(prompt, length)


@given(st.lists(st.sampled_from("the of der die und le des que el xyz".split()), max_size=700))
def test_stop_words_of_all_languages_are_counted(some: list[str]) -> None:
    stop = [pack.stop for pack in packs.all_packs()]
    counts = [sum(word in one for word in some) for one in stop]
    assert packs._shares(" ".join(some)) == [count / (len(some) or 1) for count in counts]


@given(st.characters())
def test_no_character_that_markup_begins_with_is_passed_over(character: str) -> None:
    assert form._SUSPECT.search(character) or not form._BROKEN.search(character)
    assert all(map(form._SUSPECT.search, ("```", "<br>", "&amp;", "\\n", "Ã¤", "Â\u00a0", "â€", "ï»¿")))


@given(PLAIN, PLAIN)
def test_a_name_in_an_answer_has_words_that_stand_between_spaces(answer: str, source: str) -> None:
    case = Case("Which?", answer, passage=source, language="en")
    names = {*grounding._CODE.findall(answer), *grounding._names(case)}
    expected = any(not grounding._is_known(name, case) for name in names)
    assert grounding.entity_is_unfounded(case, LIMITS) is expected


@given(PLAIN, PLAIN)
def test_an_answer_begins_with_its_question_in_any_form(question: str, answer: str) -> None:
    case = Case(question, f"{question} {answer}")
    asked, said = twins.normal_question(case.question), twins.normal_question(case.answer)
    foreign = dataclasses.replace(case, answer=f"{case.answer} ü")
    assert echoes._begins_with_whole(said, asked, case) == echoes._begins_with_whole(said, asked, foreign)
