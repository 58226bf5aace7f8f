"""Language packs."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from qagen.checks import packs, words
from qagen.checks.packs import LANGUAGES, Pack

SENTENCES = {
    "en": "The valve opens as soon as the pressure in the tank is higher than it should be.",
    "de": "Das Ventil öffnet sich, sobald der Druck im Kessel höher ist, als er sein sollte.",
    "fr": "La soupape s'ouvre dès que la pression dans la chaudière est plus élevée qu'elle ne le devrait.",
    "es": "La válvula se abre en cuanto la presión de la caldera es más alta de lo que debería ser.",
    "it": "La valvola si apre non appena la pressione nella caldaia è più alta di quanto dovrebbe essere.",
    "pt": "A válvula abre assim que a pressão na caldeira é mais alta do que deveria ser.",
    "nl": "De klep gaat open zodra de druk in de ketel hoger is dan hij zou moeten zijn.",
}
OTHERS = (
    "Zawór otwiera się, gdy tylko ciśnienie w kotle jest wyższe, niż powinno być.",
    "Клапан открывается, как только давление в котле становится выше, чем должно быть.",
    "圧力が高くなるとすぐに弁が開きます。",
    "",
    "12 34 56",
)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sentence_tells_its_language(language: str) -> None:
    pack = packs.of_text(SENTENCES[language])
    assert pack is not None
    assert pack.language == language


@pytest.mark.parametrize("text", OTHERS)
def test_a_text_in_another_language_has_no_pack(text: str) -> None:
    assert packs.of_text(text) is None


def test_every_file_is_a_pack() -> None:
    names = {path.name.removesuffix(".toml") for path in files("qagen.checks.packs").iterdir() if ".toml" in path.name}
    assert names == set(LANGUAGES)


@pytest.mark.parametrize("pack", packs.all_packs(), ids=lambda pack: pack.language)
def test_the_words_of_a_pack_are_words_as_texts_are_taken_apart(pack: Pack) -> None:
    for name in ("stop", "interrogatives", "openers", "imperatives", "pronouns", "negations", "bare", "days"):
        for word in getattr(pack, name):
            assert words.of(word) in {(word,), tuple(word.split("-")), tuple(word.split("'"))}, f"{name}: {word}"


@pytest.mark.parametrize("pack", packs.all_packs(), ids=lambda pack: pack.language)
def test_a_pack_knows_the_numbers_up_to_ten_and_the_months(pack: Pack) -> None:
    values = {value for values in pack.numbers.values() for value in values}
    assert values >= set(map(str, range(11)))
    assert set(pack.months.values()) == set(range(1, 13))
    assert len(pack.days) >= 7


@pytest.mark.parametrize("pack", packs.all_packs(), ids=lambda pack: pack.language)
def test_interrogatives_that_may_stand_for_each_other_carry_no_meaning(pack: Pack) -> None:
    assert pack.any_interrogatives
    assert pack.any_interrogatives <= pack.interrogatives & pack.stop


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_pattern_repeats_what_repeats(language: str) -> None:
    text = files("qagen.checks.packs").joinpath(f"{language}.toml").read_text(encoding="utf-8")
    patterns = text[text.index("[patterns]") :]
    assert re.findall(r"\([^()]*[+*]\)[+*]", patterns) == []
    assert "  " not in re.sub(r"\n  '''", "\n'''", patterns), "texts are on one line, with one space between words"


def test_an_unknown_language_has_no_pack() -> None:
    assert packs.load("pl") is None
    assert packs.load("") is None
    assert packs.load("../en") is None
