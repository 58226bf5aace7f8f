"""EPUB: the chapters of a book in their order, and nothing of what stands around them."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Sequence

import pytest

from qagen.documents import epub
from qagen.documents.types import Document, Reading
from qagen.errors import DataError
from tests.documents import text_writers, writers
from tests.documents.text_writers import OPF, assert_sound, package, xhtml, zipped

ENCRYPTED = (
    '<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container" xmlns:e="http://www.w3.org/2001/04/xmlenc#">'
    '<e:EncryptedData><e:EncryptionMethod Algorithm="{}"/></e:EncryptedData></encryption>'
)


def read(data: bytes) -> Document:
    document = epub.read(data, Reading())
    assert_sound(document)
    return document


def book(*chapters: str, order: Sequence[str] = ()) -> bytes:
    parts = {f"c{number}.xhtml": xhtml(chapter) for number, chapter in enumerate(chapters)}
    return package(parts, order or list(parts))


def test_every_sentence_comes_back_in_its_section() -> None:
    document = read(text_writers.epub(writers.UNICODE))

    text_writers.assert_comes_back(document, writers.UNICODE)
    assert document.title == writers.TITLE
    assert document.language == "en"
    assert document.markup == "html"
    assert document.pages == ()
    assert document.notes == ()


def test_the_cover_and_the_table_of_contents_stay_out() -> None:
    text = read(text_writers.epub(writers.UNICODE)).text

    assert "Cover of the book" not in text
    assert "Contents of the book" not in text


def test_chapters_come_in_the_order_of_the_spine_each_once() -> None:
    data = book("<h1>A</h1>", "<h2>B</h2>", "<p>C</p>", order=["c2.xhtml", "c0.xhtml", "c1.xhtml", "c0.xhtml"])

    assert read(data).text == "C\n\n# A\n\n## B\n"


def test_a_missing_chapter_is_noted() -> None:
    document = read(book("<p>A</p>", order=["c0.xhtml", "lost.xhtml"]))

    assert document.text == "A\n"
    assert document.notes == ("1 of the parts that its table names are missing in it",)


def test_names_of_parts_are_resolved() -> None:
    opf = (
        f'<package xmlns="{OPF}"><manifest><item id="a" href="../text/one%20%C3%A9.xhtml"/>'
        '<item id="b" href="toc.xhtml"/></manifest><spine><itemref idref="a"/><itemref idref="b"/></spine>'
        '<guide><reference type="toc" href="toc.xhtml#x"/></guide></package>'
    )
    data = zipped(
        {
            "META-INF/container.xml": text_writers.CONTAINER,
            "OEBPS/book.opf": opf,
            "text/one é.xhtml": xhtml("<p>One</p>"),
            "OEBPS/toc.xhtml": xhtml("<p>Contents</p>"),
        }
    )

    assert read(data).text == "One\n"


def test_marks_of_pages_and_notes_are_understood() -> None:
    chapter = (
        '<p>one <span epub:type="pagebreak" title="12">12</span>two<a epub:type="noteref" href="#n">1</a></p>'
        '<aside epub:type="footnote"><p>1. Note</p></aside>'
    )

    assert read(book(chapter)).text == "one two[1]\n\n1. Note\n"


@pytest.mark.parametrize("algorithm", ["http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC"])
def test_hidden_fonts_do_no_harm(algorithm: str) -> None:
    data = package({"a.xhtml": xhtml("A")}, ["a.xhtml"], extra={"META-INF/encryption.xml": ENCRYPTED.format(algorithm)})

    assert read(data).text == "A\n"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "it is empty"),
        (b"<html>", r"it is HTML inside: rename it to end in \.html"),
        (text_writers.epub(writers.LATIN)[:-50], "it is damaged"),
        (writers.docx(writers.LATIN), "it is no EPUB inside"),
        (zipped({"META-INF/container.xml": text_writers.CONTAINER}), "the list of its parts is missing"),
        (zipped({"META-INF/container.xml": "<x"}), "it is damaged"),
        (zipped({"META-INF/container.xml": "<!DOCTYPE x [<!ENTITY a 'b'>]><x/>"}), "it declares entities"),
        (book("<img src='a.png'/>"), "it holds no text"),
        (
            package(
                {"a.xhtml": xhtml("A")},
                ["a.xhtml"],
                extra={"META-INF/encryption.xml": ENCRYPTED.format("http://www.w3.org/2001/04/xmlenc#aes128-cbc")},
            ),
            "it is protected",
        ),
    ],
    ids=["empty", "html", "torn", "docx", "no table", "bad xml", "bomb", "pictures", "drm"],
)
def test_what_cannot_be_read_is_said(data: bytes, said: str) -> None:
    with pytest.raises(DataError, match=said):
        read(data)


def test_flipped_bits_give_a_document_or_a_data_error() -> None:
    sound = text_writers.epub(writers.LATIN)
    for seed in range(100):
        chance = random.Random(seed)
        data = bytearray(sound)
        for _ in range(chance.choice([1, 3, 20])):
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        with contextlib.suppress(DataError):
            read(bytes(data))


def test_flipped_bits_below_the_checksums_give_a_document_or_a_data_error() -> None:
    sound = text_writers.epub(writers.LATIN)
    for seed in range(200):
        with contextlib.suppress(DataError):
            read(writers.with_flipped_parts(sound, random.Random(seed)))


def test_a_bomb_in_a_chapter_is_refused() -> None:
    data = book("<p>" + " " * 30_000_000 + "</p>")

    assert len(data) < 100_000
    with pytest.raises(DataError, match="zip bombs"):
        read(data)
