"""Formats that are zip archives: what is checked before a library sees one, and what of it the library gets.

A few kilobytes can claim to be terabytes, and XML can declare entities that grow without end. So nothing is expanded
beyond what the archive itself declares, and archives that declare too much are refused.
"""

from __future__ import annotations

import io
import posixpath
import re
import warnings
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from qagen.errors import DataError

MOST_ENTRIES = 10_000
MOST_BYTES = 500_000_000
MOST_RATIO = 200
"""Of the expanded size to the packed one."""
RATIO_FROM_BYTES = 1_000_000
"""Smaller entries may be packed as tight as they like."""

_OLE = b"\xd0\xcf\x11\xe0"
_OTHERS = (
    (b"%PDF", "a PDF", ".pdf"),
    (b"{\\rtf", "RTF", ".rtf"),
    (b"<!doctype html", "HTML", ".html"),
    (b"<html", "HTML", ".html"),
)
"""What files with a wrong ending often are, by how they begin."""
_KINDS = (
    ("word/", "a Word document", ".docx"),
    ("xl/", "an Excel workbook", ".xlsx"),
    ("ppt/", "a PowerPoint presentation", ".pptx"),
    ("META-INF/container.xml", "an EPUB", ".epub"),
    ("content.xml", "an OpenDocument file", ".odt"),
)
"""By a name in the archive."""
_STRICT = re.compile(rb"http://purl\.oclc\.org/ooxml/(\w+)/")
"""Namespaces of `Strict Open XML`, which differ from the usual ones in their names alone."""


def check(data: bytes) -> None:
    """Refuse what is no zip archive, or one that could be an attack.

    Raises:
        DataError: the text says why.
    """
    with _open(data) as archive:
        _check_entries(archive.infolist())


def read_member(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    """The content of an entry of a checked archive; never more than its declared size is expanded.

    Raises:
        DataError: it is missing, damaged, or larger than `most` bytes.
    """
    try:
        info = archive.getinfo(name)
        if info.file_size > most:
            raise DataError(f"its part {name} is too large: {info.file_size:,} bytes, at most {most:,} are read")
        with archive.open(info) as member:
            content = member.read(info.file_size)
    except DataError:
        raise
    except KeyError:
        raise DataError(f"it is damaged: its part {name} is missing. Fetch or export the file again") from None
    except Exception as error:
        raise _damaged(error) from error
    if len(content) != info.file_size:
        raise DataError(f"it is damaged: its part {name} is cut off. Fetch or export the file again")
    return content


def refuse_dtd(xml: bytes) -> None:
    """Refuse XML that declares a document type; what these formats write never does.

    Raises:
        DataError: it does, in UTF-8, UTF-16 or UTF-32.
    """
    plain = xml.replace(b"\0", b"") if b"\0" in xml else xml
    if b"<!DOCTYPE" in plain or b"<!ENTITY" in plain:
        raise DataError("it declares entities, as XML bombs do, and is not read. Save it anew with a usual program")


def office(data: bytes, folder: str) -> io.BytesIO:
    """A checked Office file as its library may open it: an archive of its XML parts alone.

    Pictures and embedded files stay out, and so do relations to what is not there, over which the libraries stumble.

    Args:
        folder: Where the main part lies, such as `word/`.

    Raises:
        DataError: it is no such file, damaged, or could be an attack.
    """
    check(data)
    packed = io.BytesIO()
    with _open(data) as archive, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as parts:
        names = {name for name in archive.namelist() if _is_part(name)}
        _check_kind(archive.namelist(), folder)
        strict = "_rels/.rels" in names and bool(_STRICT.search(read_member(archive, "_rels/.rels", MOST_BYTES)))
        for name in sorted(names):
            xml = read_member(archive, name, MOST_BYTES)
            refuse_dtd(xml)
            if strict:
                xml = _STRICT.sub(rb"http://schemas.openxmlformats.org/\1/2006/", xml)
            parts.writestr(name, _without_dangling(xml, name, names) if name.endswith(".rels") else xml)
    packed.seek(0)
    return packed


@contextmanager
def guarded() -> Iterator[None]:
    """Whatever a library raises over strangers' bytes comes out as a DataError, and its warnings do not come out."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except DataError:
            raise
        except Exception as error:
            raise _damaged(error) from error


def _open(data: bytes) -> zipfile.ZipFile:
    if not data.startswith(b"PK"):
        raise DataError(_what_it_is(data))
    # The list of entries is taken apart as a whole: one of millions would fill the memory before it can be counted.
    if data.count(b"PK\x01\x02") > 10 * MOST_ENTRIES:
        raise DataError(_too_many())
    try:
        return zipfile.ZipFile(io.BytesIO(data))
    except Exception as error:
        raise _damaged(error) from error


def _check_entries(entries: Collection[zipfile.ZipInfo]) -> None:
    if len(entries) > MOST_ENTRIES:
        raise DataError(_too_many())
    size = sum(entry.file_size for entry in entries)
    if size > MOST_BYTES:
        raise DataError(f"it would expand to {size:,} bytes; at most {MOST_BYTES:,} are read. Split it")
    if len({entry.filename for entry in entries}) < len(entries):
        raise DataError("it holds two parts of the same name, and programs differ in which they read. Save it anew")
    for entry in entries:
        _check_entry(entry)


def _check_entry(entry: zipfile.ZipInfo) -> None:
    name = entry.filename
    if entry.flag_bits & 0x1:
        raise DataError("it is encrypted with a password; save it without one")
    if entry.file_size > RATIO_FROM_BYTES and entry.file_size > MOST_RATIO * entry.compress_size:
        raise DataError(f"its part {name} expands more than {MOST_RATIO} times, as zip bombs do, and is not read")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise DataError(f"its part {name} is packed in a way that its format does not know. Save it anew")
    parts = name.replace("\\", "/").split("/")
    if not parts[0] or ".." in parts or re.match(r"[A-Za-z]:", name):
        raise DataError(f"its part {name!r} leads out of the archive; it is not read. Save it anew")


def _check_kind(names: Collection[str], folder: str) -> None:
    """An .xlsx that is called .docx is told apart from a damaged one."""
    found = {mark for mark, _, _ in _KINDS for name in names if name.startswith(mark)}
    if folder in found:
        return
    for mark, what, suffix in _KINDS:
        if mark in found:
            raise DataError(f"it is {what} inside: rename it to end in {suffix}")
    if "[Content_Types].xml" not in names:
        raise DataError("it is a zip archive without a document inside: unpack it, and name the files that it holds")


def _is_part(name: str) -> bool:
    """Whether it is XML that Office itself wrote; other programs put theirs below `customXml`, as it comes."""
    return name.endswith(".rels") or (name.endswith(".xml") and not name.startswith("customXml/"))


def _without_dangling(rels: bytes, name: str, names: Collection[str]) -> bytes:
    """Relations to outside, and to parts that are there."""
    root = ET.fromstring(rels)  # noqa: S314 - it declares no entities: that was checked
    base = posixpath.dirname(posixpath.dirname(name))
    for relation in list(root):
        if not _leads_somewhere(relation, base, names):
            root.remove(relation)
    return bytes(ET.tostring(root, encoding="UTF-8", xml_declaration=True))


def _leads_somewhere(relation: ET.Element, base: str, names: Collection[str]) -> bool:
    if relation.get("TargetMode") == "External":
        return True
    target = posixpath.normpath(posixpath.join("/", base, relation.get("Target", "")))
    return target[1:] in names


def _what_it_is(data: bytes) -> str:
    """What to say of bytes that are no archive."""
    if data.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in data:
            return "it is encrypted with a password; save it without one"
        return "it is an old Office file inside (.doc, .xls, .ppt): save it as .docx, .xlsx or .pptx"
    start = data[:1000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for mark, what, suffix in _OTHERS:
        if start.startswith(mark.lower()):
            return f"it is {what} inside: rename it to end in {suffix}"
    if not data:
        return "it is empty"
    return "it is not what its ending says: inside it is no zip archive, as this format is. Fetch or export it again"


def _too_many() -> str:
    return f"it holds more than {MOST_ENTRIES:,} parts, as zip bombs do, and is not read"


def _damaged(error: Exception) -> DataError:
    said = re.sub(r" at 0x[0-9a-f]+", "", str(error))  # the same words on each run
    reason = " ".join(said.split())[:200].rstrip(" .") or type(error).__name__
    return DataError(f"it is damaged ({reason}). Fetch it again, or open it in its own program and save it anew")
