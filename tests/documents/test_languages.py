"""Languages: real texts keep theirs, and columns of names and codes have none."""

from __future__ import annotations

import pytest

from qagen.documents import delimited
from qagen.documents.languages import language_of
from qagen.documents.types import Reading

SENTENCES = {
    "en": "The relief valve opens when the pressure rises above twelve bar.",
    "de": "Das Ventil öffnet sich, sobald der Druck über zwölf Bar steigt.",
    "fr": "La soupape s’ouvre dès que la pression dépasse douze bars.",
    "es": "La válvula se abre cuando la presión supera los doce bares.",
    "it": "La valvola si apre quando la pressione supera i dodici bar.",
    "pt": "A válvula abre quando a pressão ultrapassa os doze bares, e não antes.",
    "nl": "De klep gaat open zodra de druk boven de twaalf bar komt.",
    "zh": "当压力超过十二巴时，安全阀会自动打开，水被送入锅炉。",
    "ja": "圧力が十二バールを超えると、安全弁が自動的に開きます。",
    "ru": "Клапан открывается, как только давление превышает двенадцать бар.",
}
MORE = {
    "en": "Close the water supply first. A technician has to check the pump once a year and write down what was found.",
    "de": "Schließen Sie zuerst die Wasserzufuhr. Ein Techniker muss die Pumpe einmal im Jahr prüfen.",
    "fr": "Fermez d’abord l’arrivée d’eau. Un technicien doit vérifier la pompe une fois par an.",
    "es": "Cierre primero el paso del agua. Un técnico debe revisar la bomba una vez al año.",
    "it": "Chiudere prima l’acqua. Un tecnico deve controllare la pompa una volta all’anno.",
    "pt": "Feche primeiro a água. Um técnico deve verificar a bomba uma vez por ano.",
    "nl": "Sluit eerst de watertoevoer. Een monteur moet de pomp één keer per jaar nakijken.",
    "zh": "首先关闭供水。技术人员必须每年检查一次水泵，并记录检查结果。",
    "ja": "まず給水を止めてください。技術者は年に一度ポンプを点検し、結果を記録しなければなりません。",
    "ru": "Сначала перекройте подачу воды. Техник должен раз в год проверять насос и записывать результат.",
}


@pytest.mark.parametrize("language", SENTENCES)
def test_a_sentence_tells_its_language(language: str) -> None:
    assert language_of(SENTENCES[language]) == language


@pytest.mark.parametrize("language", SENTENCES)
def test_a_paragraph_and_pages_tell_their_language(language: str) -> None:
    paragraph = f"{SENTENCES[language]} {MORE[language]}"

    assert language_of(paragraph) == language
    assert language_of(f"{paragraph}\n\n" * 60) == language


def table(rows: list[str]) -> str:
    return delimited.read("\n".join(rows).encode(), Reading()).text


@pytest.mark.parametrize(
    "rows",
    [
        ["sku,name,unit price,stock", *(f"P-{n:04},Hex bolt M{n} zinc,{n * 1.17:.2f},{n}" for n in range(200))],
        ["code,product,color,qty", *(f"AB{n},Widget Pro {n},red,{n * 3}" for n in range(200))],
        ["name;city;zip", *(f"Jana Novák {n};Praha;{n:05}" for n in range(200))],
        ["id\tmodel\tkg", *(f"{n}\tSlovan Kosice typ {n}\t{n}" for n in range(200))],
    ],
    ids=["bolts", "widgets", "people", "models"],
)
def test_a_table_of_names_numbers_and_codes_has_no_language(rows: list[str]) -> None:
    assert language_of(table(rows)) is None


@pytest.mark.parametrize("language", SENTENCES)
def test_a_table_with_sentences_in_its_cells_has_their_language(language: str) -> None:
    rows = ["sku\tdescription", *(f"P-{n:04}\t{SENTENCES[language]} {MORE[language]}" for n in range(20))]

    assert language_of(table(rows)) == language


def test_prose_around_a_table_tells_the_language_of_both() -> None:
    names = "| Teil | Preis |\n| --- | --- |\n" + "".join(f"| Widget Pro {n} | {n} |\n" for n in range(100))

    assert language_of(f"{SENTENCES['de']} {MORE['de']}\n\n{names}") == "de"


@pytest.mark.parametrize("text", ["", "12.5", "Open the valve.", "P-1001 P-1002 P-1003", "1 2 3 " * 500, "水泵"])
def test_too_little_text_has_no_language(text: str) -> None:
    assert language_of(text) is None


@pytest.mark.parametrize(
    "text", ["Paris Berlin Madrid Roma Lisboa Praha Wien Bern Oslo", "foo bar baz qux quux corge " * 3]
)
def test_words_that_fit_several_languages_alike_have_none(text: str) -> None:
    assert language_of(text) is None
