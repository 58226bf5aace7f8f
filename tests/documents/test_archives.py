"""Archives: what is refused before a library sees it, and how."""

from __future__ import annotations

import io
import struct
import tracemalloc
import warnings
import zipfile

import pytest

from qagen.documents import archives
from qagen.errors import DataError


def archive(parts: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", method) as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    return data.getvalue()


def opened(data: bytes) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(data))


def with_declared_size(data: bytes, size: int) -> bytes:
    """The archive, of one entry, in which the directory lies about its size."""
    at = data.index(b"PK\x01\x02")
    return data[: at + 24] + struct.pack("<I", size) + data[at + 28 :]


# check


def test_an_honest_archive_passes() -> None:
    archives.check(archive({"word/document.xml": b"<a/>" * 100, "word/": b"", "empty": b""}))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "it is empty"),
        (b"just text", "inside it is no zip archive"),
        (b"%PDF-1.7 ...", r"it is a PDF inside: rename it to end in \.pdf"),
        (b"{\\rtf1 ...", r"it is RTF inside: rename it to end in \.rtf"),
        (b"\xef\xbb\xbf\n<!DOCTYPE HTML><html>", r"it is HTML inside: rename it to end in \.html"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "it is an old Office file inside"),
        (b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "it is encrypted with a password"),
        (b"PK\x03\x04 and no directory", "it is damaged"),
    ],
    ids=["empty", "text", "pdf", "rtf", "html", "ole", "encrypted ole", "torn"],
)
def test_what_is_no_archive_is_told_by_what_it_is(data: bytes, said: str) -> None:
    with pytest.raises(DataError, match=said):
        archives.check(data)


def test_every_torn_archive_is_refused() -> None:
    data = archive({f"part{number}": bytes(range(256)) for number in range(3)})

    for end in range(len(data) - 1):
        with pytest.raises(DataError):
            archives.check(data[:end])


def test_an_archive_that_would_expand_too_far_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MOST_BYTES", 1000)
    archives.check(archive({"a": b"x" * 500, "b": b"x" * 500}))

    with pytest.raises(DataError, match="it would expand to 1,001 bytes; at most 1,000 are read"):
        archives.check(archive({"a": b"x" * 500, "b": b"x" * 501}))


def test_too_many_parts_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MOST_ENTRIES", 10)
    archives.check(archive({str(number): b"" for number in range(10)}))

    for count in (11, 101):
        with pytest.raises(DataError, match="it holds more than 10 parts"):
            archives.check(archive({str(number): b"" for number in range(count)}))


def test_a_part_that_expands_two_hundred_times_is_refused_where_it_is_large() -> None:
    archives.check(archive({"small": bytes(900_000)}))

    with pytest.raises(DataError, match="its part bomb expands more than 200 times"):
        archives.check(archive({"bomb": bytes(2_000_000)}))


def test_two_parts_of_one_name_are_refused() -> None:
    data = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(data, "w") as packed:
        warnings.simplefilter("ignore")
        packed.writestr("a.xml", b"one")
        packed.writestr("a.xml", b"two")

    with pytest.raises(DataError, match="two parts of the same name"):
        archives.check(data.getvalue())


@pytest.mark.parametrize("name", ["/etc/passwd", "../a", "a/../../b", "..\\a", "\\a", "C:/a", "c:\\a"])
def test_names_that_lead_out_are_refused(name: str) -> None:
    with pytest.raises(DataError, match="leads out of the archive"):
        archives.check(archive({name: b""}))


def test_an_encrypted_part_is_refused() -> None:
    data = bytearray(archive({"a": b"x"}))
    data[data.index(b"PK\x01\x02") + 8] |= 1

    with pytest.raises(DataError, match="it is encrypted with a password; save it without one"):
        archives.check(bytes(data))


def test_a_strange_packing_is_refused() -> None:
    with pytest.raises(DataError, match="its part a is packed in a way that its format does not know"):
        archives.check(archive({"a": b"x" * 100}, zipfile.ZIP_BZIP2))


# read_member


def test_a_part_is_read_whole() -> None:
    content = bytes(range(256)) * 1000

    assert archives.read_member(opened(archive({"a": content})), "a", len(content)) == content
    assert archives.read_member(opened(archive({"a": b""})), "a", 0) == b""


def test_a_part_that_is_too_large_is_not_expanded() -> None:
    with pytest.raises(DataError, match="its part a is too large: 100 bytes, at most 99 are read"):
        archives.read_member(opened(archive({"a": bytes(100)})), "a", 99)


def test_a_part_that_is_not_there_is_named() -> None:
    with pytest.raises(DataError, match=r"its part b\.xml is missing"):
        archives.read_member(opened(archive({"a": b""})), "b.xml", 10)


def test_a_size_that_lies_does_not_let_more_come_out() -> None:
    data = with_declared_size(archive({"a": bytes(100_000_000)}), 5000)
    archives.check(data)

    tracemalloc.start()
    with pytest.raises(DataError, match="it is damaged"):
        archives.read_member(opened(data), "a", 5000)
    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    tracemalloc.stop()


def test_a_part_that_is_shorter_than_it_says_is_refused() -> None:
    data = with_declared_size(archive({"a": b"abc"}), 4)

    with pytest.raises(DataError, match="it is damaged"):
        archives.read_member(opened(data), "a", 100)


# refuse_dtd


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("declared", ["<!DOCTYPE a>", '<!DOCTYPE a [<!ENTITY b "c">]>', '<!-- x --><!ENTITY b "c">'])
def test_declared_entities_are_refused_in_every_encoding(declared: str, encoding: str) -> None:
    with pytest.raises(DataError, match="it declares entities, as XML bombs do"):
        archives.refuse_dtd(f'<?xml version="1.0"?>{declared}<a>&b;</a>'.encode(encoding))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_usual_xml_passes(encoding: str) -> None:
    archives.refuse_dtd('<?xml version="1.0"?><!-- no DOCTYPE --><a>&lt;!DOCTYPE&gt; &amp; ENTITY</a>'.encode(encoding))


# office

RELS = (
    b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    b'<Relationship Id="r1" Type="t" Target="document.xml"/>'
    b'<Relationship Id="r2" Type="t" Target="../docProps/core.xml"/>'
    b'<Relationship Id="r3" Type="t" Target="/docProps/core.xml"/>'
    b'<Relationship Id="r4" Type="image" Target="media/image1.png"/>'
    b'<Relationship Id="r5" Type="image" Target="../NULL"/>'
    b'<Relationship Id="r6" Type="link" Target="https://example.com/?a=1&amp;b=2" TargetMode="External"/>'
    b'<Relationship Id="r7" Type="link" Target="#_top"/>'
    b"</Relationships>"
)


def test_a_library_gets_the_xml_alone_and_no_relation_that_leads_nowhere() -> None:
    data = archive(
        {
            "[Content_Types].xml": b"<a/>",
            "word/document.xml": b"<a/>",
            "word/_rels/document.xml.rels": RELS,
            "word/media/image1.png": b"\x89PNG",
            "docProps/core.xml": b"<a/>",
            "customXml/item1.xml": b"<!DOCTYPE a><a/>",
        }
    )

    with zipfile.ZipFile(archives.office(data, "word/")) as parts:
        assert sorted(parts.namelist()) == [
            "[Content_Types].xml",
            "docProps/core.xml",
            "word/_rels/document.xml.rels",
            "word/document.xml",
        ]
        kept = parts.read("word/_rels/document.xml.rels").decode()
    assert [name for name in ("r1", "r2", "r3", "r4", "r5", "r6", "r7") if f'"{name}"' in kept] == [
        "r1",
        "r2",
        "r3",
        "r6",
    ]
    assert "https://example.com/?a=1&amp;b=2" in kept


@pytest.mark.parametrize("name", ["word/document.xml", "_rels/.rels", "word/footnotes.xml"])
def test_entities_in_any_part_of_an_office_file_are_refused(name: str) -> None:
    bomb = b'<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><a>&b;</a>'

    with pytest.raises(DataError, match="as XML bombs do"):
        archives.office(archive({"word/document.xml": b"<a/>", name: bomb}), "word/")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("xl/workbook.xml", r"it is an Excel workbook inside: rename it to end in \.xlsx"),
        ("ppt/presentation.xml", r"it is a PowerPoint presentation inside: rename it to end in \.pptx"),
        ("META-INF/container.xml", r"it is an EPUB inside: rename it to end in \.epub"),
        ("content.xml", r"it is an OpenDocument file inside: rename it to end in \.odt"),
        ("photo.jpg", "it is a zip archive without a document inside: unpack it"),
    ],
)
def test_another_format_inside_is_named(name: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        archives.office(archive({name: b"<a/>"}), "word/")


def test_strict_namespaces_become_the_usual_ones() -> None:
    strict = b'<a xmlns="http://purl.oclc.org/ooxml/wordprocessingml/main"/>'
    rels = (
        b'<Relationships><Relationship Type="http://purl.oclc.org/ooxml/officeDocument/relationships/officeDocument" '
        b'Target="word/document.xml"/></Relationships>'
    )

    with zipfile.ZipFile(
        archives.office(archive({"_rels/.rels": rels, "word/document.xml": strict}), "word/")
    ) as parts:
        assert b"http://schemas.openxmlformats.org/wordprocessingml/2006/main" in parts.read("word/document.xml")
        assert b"/officeDocument/2006/relationships/officeDocument" in parts.read("_rels/.rels")


# guarded


@pytest.mark.parametrize("error", [KeyError("x"), MemoryError(), RecursionError("deep"), ValueError("a\n b.")])
def test_whatever_a_library_raises_becomes_a_data_error(error: Exception) -> None:
    with pytest.raises(DataError, match=r"it is damaged \([^\n]+[^.]\)\. Fetch it again"), archives.guarded():
        raise error


def test_a_data_error_and_an_interrupt_pass_as_they_are() -> None:
    with pytest.raises(DataError, match=r"^said$"), archives.guarded():
        raise DataError("said")
    with pytest.raises(KeyboardInterrupt), archives.guarded():
        raise KeyboardInterrupt


def test_the_warnings_of_a_library_stay_inside() -> None:
    with archives.guarded():
        warnings.warn("not for users", UserWarning, stacklevel=1)
