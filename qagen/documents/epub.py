"""EPUB: the texts of a book in the order of its spine, each read like a page of HTML."""

from __future__ import annotations

import io
import posixpath
import urllib.parse
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

from qagen.documents import archives, elements, html, html_tokens, tags
from qagen.documents.composer import Composer
from qagen.documents.types import Document, Reading
from qagen.errors import DataError

MOST_BYTES = 50_000_000
"""Of one part of the book."""
_FONT_OBFUSCATION = frozenset({"http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC"})
"""What hides fonts alone; every other encryption hides the text."""
_TEXTS = frozenset({"application/xhtml+xml", "text/html", "text/x-oeb1-document", "application/xml", ""})
_AROUND = frozenset({"cover", "toc"})
"""Parts around the text: kinds of a body (`epub:type`), and of references in the guide of EPUB 2."""


@dataclass(frozen=True, slots=True)
class _Item:
    """A part of the book."""

    path: str
    kind: str
    """Its media type."""
    properties: frozenset[str]


def read(data: bytes, _: Reading) -> Document:
    """A document without pages. Its title and language are those of the book's metadata."""
    archives.check(data)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        _refuse_protected(archive)
        path, package = _package(archive)
        composer = Composer()
        names = set(archive.namelist())
        missing = 0
        for item in _spine(path, package):
            if item.path in names:
                _write(archives.read_member(archive, item.path, MOST_BYTES), composer)
            else:
                missing += 1
    notes = [f"{missing} of the parts that its table names are missing in it"] if missing else []
    document = composer.document(
        title=_metadata(package, "title"),
        language=tags.language(_metadata(package, "language")),
        notes=notes,
        markup="html",
    )
    if not document.text.strip():
        raise DataError("it holds no text (a book of pictures? its pages would have to be recognized first)")
    return document


def _write(source: bytes, composer: Composer) -> None:
    page = html_tokens.parse(html.decode(source)[0], is_xml=True)
    if not page.kinds & _AROUND:
        elements.write(page.tokens, composer)


def _refuse_protected(archive: zipfile.ZipFile) -> None:
    if "META-INF/encryption.xml" not in archive.namelist():
        return
    for element in _xml(archive, "META-INF/encryption.xml").iter():
        if _local(element) == "EncryptionMethod" and element.get("Algorithm") not in _FONT_OBFUSCATION:
            raise DataError("it is protected (DRM); only its seller's programs open it. Get a copy without protection")


def _package(archive: zipfile.ZipFile) -> tuple[str, ET.Element]:
    """The part that lists the others, and where it lies."""
    if "META-INF/container.xml" not in archive.namelist():
        raise DataError("it is no EPUB inside: META-INF/container.xml is missing. Check the ending of its name")
    container = _xml(archive, "META-INF/container.xml")
    paths = [element.get("full-path", "") for element in container.iter() if _local(element) == "rootfile"]
    path = next((path for path in paths if path in archive.namelist()), None)
    if path is None:
        raise DataError("it is damaged: the list of its parts is missing. Fetch it again")
    return path, _xml(archive, path)


def _spine(path: str, package: ET.Element) -> Iterator[_Item]:
    """The texts in reading order, without the table of contents and the cover."""
    items = {element.get("id"): _item(path, element) for element in package.iter() if _local(element) == "item"}
    around = {
        _resolved(path, element.get("href", ""))
        for element in package.iter()
        if _local(element) == "reference" and element.get("type") in _AROUND
    }
    for element in package.iter():
        # Each once: a table of a million references to one text would fill the memory.
        item = items.pop(element.get("idref"), None) if _local(element) == "itemref" else None
        if item and item.kind in _TEXTS and item.path not in around and "nav" not in item.properties:
            yield item


def _item(path: str, element: ET.Element) -> _Item:
    properties = frozenset(element.get("properties", "").split())
    return _Item(_resolved(path, element.get("href", "")), element.get("media-type", ""), properties)


def _resolved(path: str, href: str) -> str:
    """Where a reference leads, as the archive names it."""
    plain = urllib.parse.unquote(href.partition("#")[0])
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), plain))


def _metadata(package: ET.Element, name: str) -> str | None:
    """The first of the elements of Dublin Core that have the name."""
    mark = f"{{http://purl.org/dc/elements/1.1/}}{name}"
    return next((element.text for element in package.iter(mark) if element.text), None)


def _xml(archive: zipfile.ZipFile, name: str) -> ET.Element:
    xml = archives.read_member(archive, name, MOST_BYTES)
    archives.refuse_dtd(xml)
    with archives.guarded():
        return ET.fromstring(xml)  # noqa: S314 - it declares no entities: that was checked


def _local(element: ET.Element) -> str:
    """Its name without the namespace."""
    return element.tag.rpartition("}")[2]
