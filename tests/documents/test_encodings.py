"""Encodings: texts of before Unicode are read as what they are, and what is no text is refused."""

from __future__ import annotations

import codecs
import random
from pathlib import Path

import pytest

from qagen.documents import Reading, html, parse, text
from qagen.errors import DataError

WESTERN = {
    "two German words": "Größe: 5 €",
    "a German quotation": "„Die Pumpe“ läuft.",
    "German": "Über den Fluss führt eine Brücke, die 1950 gebaut wurde. Sie kostete 3 Mio. € – viel Geld. "
    "„Wir sind stolz“, sagte der Bürgermeister. Große Teile der Straße wurden erneuert; Fußgänger müssen außen gehen.",
    "two French words": "Café 5 €",
    "a French sentence": "L’été est fini.",
    "French": "La pompe doit être vérifiée chaque année. « Fermez la soupape à l’arrêt », dit la notice, sinon il "
    "chauffe. Le prix est de 35 €. Où que vous soyez, l’œuvre complète se trouve à côté ; les élèves l’ont déjà lue.",
    "two Spanish words": "¿Qué año?",
    "a Spanish sentence": "El niño comió piña.",
    "Spanish": "El señor Muñoz llegó por la tarde. ¿Cuánto cuesta? 35 €. La válvula se abrirá a doce bares; "
    "después, el técnico deberá cerrar el paso. «No lo haga usted solo», dice el manual. ¡Atención! Es peligroso.",
    "Italian": "La città è più bella: costa 5 € l’ora. «La pressione è più bassa», disse l’ingegnere. Perché è così?",
    "Portuguese": "A função não está disponível. É necessário fechar a válvula; a pressão máxima é de doze bares.",
    "Swedish": "Kärnan är låg och hög på en gång. Det går inte att få åtta öre för ett ägg i Örebro.",
    "Danish": "Blåbærgrød på øen. Der står en stor æske på bordet, og den er fuld af røde æbler fra Ærø.",
    "Finnish": "Pumppu syöttää vettä kattilaan. Hyvää yötä! Älä avaa venttiiliä, ellei paine ole riittävän pieni.",
    "Icelandic": "Öryggislokinn opnast við tólf bara þrýsting. Síðan þarf maðurinn að loka fyrir vatnið.",
    "Dutch": "De pomp kostte € 35,00 – geïnstalleerd door coördinatoren in België. Eén café.",
    "English": "The pump’s valve – the one we’ve replaced – costs 35 €. “Don’t open it,” he said at 5 °C in a café.",
    "signs": "© 2024 “Pumps” … 5 m² • 10 µm ± ½ — £3 §4",
}
OTHERS = {
    "Russian": (
        "Предохранительный клапан открывается при давлении двенадцать бар. Затем техник должен перекрыть подачу воды.",
        {"cp1251": "Windows-1251", "koi8-r": "KOI8-R", "cp866": "CP866", "iso8859-5": "ISO-8859-5"},
    ),
    "Chinese": (
        "安全阀在十二巴的压力下打开。然后技术人员必须关闭供水并检查水泵。这座桥建于一九五〇年，至今仍然存在。",
        {"gbk": "GB18030", "gb18030": "GB18030"},
    ),
    "Chinese of Taiwan": (
        "安全閥在十二巴的壓力下打開。然後技術人員必須關閉供水並檢查水泵。這座橋建於西元年間，至今仍然存在。",
        {"big5": "Big5"},
    ),
    "Japanese": (
        "安全弁は十二バールの圧力で開きます。その後、技術者は給水を止めてポンプを点検しなければなりません。",
        {"shift_jis": "Shift-JIS", "euc-jp": "EUC-JP", "iso2022_jp": "ISO-2022-JP"},
    ),
    "Korean": (
        "안전 밸브는 열두 바의 압력에서 열립니다. 그런 다음 기술자는 물 공급을 차단하고 펌프를 점검해야 합니다.",
        {"euc-kr": "EUC-KR"},
    ),
    "Polish": (
        "Zawór bezpieczeństwa otwiera się przy ciśnieniu dwunastu barów. Następnie technik musi zamknąć dopływ wody.",
        {"cp1250": "Windows-1250", "iso8859-2": "ISO-8859-2"},
    ),
    "Czech": (
        "Pojistný ventil se otevírá při tlaku dvanácti barů. Poté musí technik uzavřít přívod vody a opravit čerpadlo.",
        {"cp1250": "Windows-1250"},
    ),
    "Hungarian": (
        "A biztonsági szelep tizenkét bar nyomáson nyílik. Ezután a technikusnak el kell zárnia a vízellátást. Hűtő.",
        {"cp1250": "Windows-1250"},
    ),
    "Turkish": (
        "Emniyet valfi on iki bar basınçta açılır. Ardından teknisyenin su beslemesini kapatması gerekir. Şimdi güzel.",
        {"cp1254": "Windows-1254"},
    ),
    "Greek": (
        "Η βαλβίδα ασφαλείας ανοίγει σε πίεση δώδεκα μπαρ. Στη συνέχεια ο τεχνικός πρέπει να κλείσει την παροχή νερού.",
        {"cp1253": "Windows-1253"},
    ),
    "Hebrew": (
        "שסתום הבטיחות נפתח בלחץ של שנים עשר בר. לאחר מכן על הטכנאי לסגור את אספקת המים ולבדוק את המשאבה.",
        {"cp1255": "Windows-1255"},
    ),
    "Arabic": (
        "يفتح صمام الأمان عند ضغط اثني عشر بارا. ثم يجب على الفني إغلاق إمدادات المياه وفحص المضخة.",
        {"cp1256": "Windows-1256"},
    ),
}
IN_THEIR_ENCODINGS = [
    pytest.param(words, encoding, shown, id=f"{language}-{encoding}")
    for language, (words, encodings) in OTHERS.items()
    for encoding, shown in encodings.items()
]


@pytest.mark.parametrize("times", [1, 40], ids=["once", "pages"])
@pytest.mark.parametrize("language", WESTERN)
def test_a_western_european_text_is_windows_1252_beyond_doubt(language: str, times: int) -> None:
    content = "\n\n".join([WESTERN[language]] * times)

    assert text.decode(content.encode("cp1252")) == (content, ("not UTF-8; read as Windows-1252",))


@pytest.mark.parametrize(("words", "encoding", "shown"), IN_THEIR_ENCODINGS)
def test_a_text_in_another_encoding_of_old_is_read_as_it_was_written(words: str, encoding: str, shown: str) -> None:
    assert text.decode(words.encode(encoding)) == (words, (f"not UTF-8; read as {shown}",))


@pytest.mark.parametrize(("words", "encoding", "shown"), IN_THEIR_ENCODINGS)
def test_the_same_holds_for_pages_of_it_among_plain_lines(words: str, encoding: str, shown: str) -> None:
    content = "A plain line of English comes first.\n" * 200 + f"{words}\n" * 400

    assert text.decode(content.encode(encoding)) == (content, (f"not UTF-8; read as {shown}",))


def test_an_encoding_that_a_few_words_leave_open_is_said_to_be_a_guess() -> None:
    _, (note,) = text.decode("Насос".encode("cp1251"))

    assert note.startswith("not UTF-8; read as ")
    assert "which is a guess. If that is wrong, name the encoding: --encoding NAME" in note


def test_one_byte_that_windows_1252_lacks_is_replaced() -> None:
    content = "Größe und Länge für Töpfe, Bäume, Füße, Öl, Äpfel, Übung, Maß, Gruß, Fuß, Käse. ".encode("cp1252") * 3

    assert text.decode(content + b"a\x81e")[0].endswith("a\ufffde")


# Unicode


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize(
    "content",
    ["Hello", "Größe: 5 €\nzweite Zeile", "Клапан открывается. Затем насос.", "安全阀 12 巴。\n检查水泵 3 次。"],
)
def test_utf_16_and_utf_32_are_known_without_a_bom(content: str, encoding: str) -> None:
    assert text.decode(content.encode(encoding)) == (content, (f"not UTF-8; read as {encoding[:6].upper()}",))


def test_a_damaged_text_in_utf_8_is_still_utf_8() -> None:
    content = "Größe für Größe, Öl und Äpfel: schön.\n".encode()

    assert text.decode(content * 5 + b"\xfc\n") == (
        content.decode() * 5 + "\ufffd\n",
        ("damaged; one of its characters was no UTF-8 and replaced",),
    )


# What is no text


@pytest.mark.parametrize(
    "data",
    [
        Path("/bin/sh").read_bytes()[:3000] if Path("/bin/sh").exists() else b"\x7fELF\2\1\1\0" * 9,
        bytes(range(256)) * 8,
        bytes(range(128)) * 8,
        b"plain text with one\0in it",
        b"plain text with one\x01in it",
        random.Random(1).randbytes(3000),
        codecs.BOM_UTF16_LE + b"\1\0" * 9,
        b"\x1b" * 10,
    ],
    ids=["program", "all bytes", "ascii", "nul", "control", "random", "utf-16", "escapes"],
)
def test_a_binary_file_with_the_ending_of_a_text_is_refused(data: bytes) -> None:
    with pytest.raises(DataError, match="it is binary and no text: it holds control characters"):
        parse(data, ".txt", Reading())


def test_bytes_that_fit_no_encoding_are_refused_with_the_flag() -> None:
    dice = random.Random(1)
    data = bytes(dice.randrange(128, 256) for _ in range(3000))

    with pytest.raises(DataError, match=r"its encoding cannot be told. Name it: --encoding NAME"):
        text.decode(data)


def test_tabs_form_feeds_and_some_escapes_stand_in_texts() -> None:
    content = "a\tb\f\v\n\x1b[31mred words of a program's output\x1b[0m\n"

    assert text.decode(content.encode()) == (content, ())


def test_a_long_text_may_hold_a_stray_control_character() -> None:
    content = "The valve opens at twelve bar. " * 40 + "\x02"

    assert text.decode(content.encode()) == (content, ())


# What the user says


@pytest.mark.parametrize("suffix", [".txt", ".md", ".rst", ".html", ".csv", ".jsonl"])
def test_an_encoding_that_is_told_holds_for_every_format_of_text(suffix: str) -> None:
    content = {".csv": "Имя,Цена\nНасос,5\n", ".jsonl": '{"text": "Насос"}\n'}.get(suffix, "Насос")

    assert "Насос" in parse(content.encode("koi8-r"), suffix, Reading(encoding="koi8-r")).text


def test_an_encoding_that_is_told_comes_before_the_pages_own_word() -> None:
    page = '<meta charset="windows-1251"><p>Насос</p>'.encode("koi8-r")

    assert html.decode(page, "koi8-r")[0].endswith("<p>Насос</p>")


def test_a_bom_comes_before_the_encoding_that_is_told() -> None:
    assert text.decode(codecs.BOM_UTF8 + "Größe".encode(), "koi8-r") == ("Größe", ())


def test_valid_utf_8_is_read_as_told_with_a_note() -> None:
    decoded, notes = text.decode("ö".encode(), "cp1251")

    assert decoded == "Г¶"
    assert notes == ("read as cp1251, as --encoding says, though it is valid UTF-8",)
    assert text.decode(b"plain", "cp1251") == ("plain", ())


def test_a_text_that_is_not_in_the_encoding_that_is_told_is_refused_with_its_line() -> None:
    with pytest.raises(DataError, match="it is not euc_jp, as --encoding says: bytes on line 2 are none of it"):
        text.decode(b"one\n\xff\xfe\xfd\n", "euc_jp")
