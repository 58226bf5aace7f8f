"""Makes documents of the formats that are text at heart, by hand or with a program that is not ours.

Each writer takes sections (a heading and sentences), as those in `writers` do.
"""

from __future__ import annotations

import csv as csv_module
import html as html_module
import io
import json as json_module
import re
import unicodedata
import zipfile
from collections.abc import Callable, Mapping, Sequence

import odf.dc  # type: ignore[import-untyped]
import odf.opendocument  # type: ignore[import-untyped]
import odf.text  # type: ignore[import-untyped]

from qagen.documents.types import Document
from tests.documents.writers import TITLE, Section, sentences

OPF = "http://www.idpf.org/2007/opf"
CONTAINER = (
    '<?xml version="1.0"?><container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">'
    '<rootfiles><rootfile full-path="OEBPS/book.opf" media-type="application/oebps-package+xml"/></rootfiles>'
    "</container>"
)


def html(sections: Sequence[Section], title: str = TITLE) -> bytes:
    """A page with a menu and a script around its text."""
    head = f'<meta charset="utf-8"><title>{_escaped(title)}</title><style>p {{ color: red }}</style>'
    around = '<nav><a href="/">Home</a></nav><script>document.write("<p>" + 1)</script>'
    return f'<!DOCTYPE html><html lang="en"><head>{head}</head><body>{around}{_body(sections)}</body></html>'.encode()


def epub(sections: Sequence[Section], title: str = TITLE) -> bytes:
    """A book with a cover, a table of contents, and one part for each section."""
    parts = {f"part{number}.xhtml": xhtml(_body([section])) for number, section in enumerate(sections)}
    contents = "".join(f"<li><a href='{name}'>{name}</a></li>" for name in parts)
    parts["nav.xhtml"] = xhtml(f"<nav epub:type='toc'><ol>{contents}</ol></nav><p>Contents of the book</p>")
    parts["cover.xhtml"] = xhtml("<p>Cover of the book</p>", "cover")
    order = ["cover.xhtml", "nav.xhtml", *(f"part{number}.xhtml" for number in range(len(sections)))]
    return package(parts, order, title)


def xhtml(body: str, kind: str = "bodymatter") -> str:
    """A part of a book."""
    return (
        '<?xml version="1.0" encoding="utf-8"?><!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml" '
        f'xmlns:epub="http://www.idpf.org/2007/ops"><head><title/></head><body epub:type="{kind}">{body}</body></html>'
    )


def package(parts: Mapping[str, str], order: Sequence[str], title: str = TITLE, extra: Mapping[str, str] = {}) -> bytes:
    """An EPUB of these parts. `extra` are files beside them, by their whole paths."""
    items = "".join(
        f'<item id="{name}" href="{name}" media-type="application/xhtml+xml" properties="{_property(name)}"/>'
        for name in dict.fromkeys([*parts, *order])
    )
    spine = "".join(f'<itemref idref="{name}"/>' for name in order)
    metadata = f"<dc:title>{_escaped(title)}</dc:title><dc:language>en-GB</dc:language>"
    book = (
        f'<?xml version="1.0"?><package xmlns="{OPF}" version="3.0">'
        f'<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">{metadata}</metadata>'
        f"<manifest>{items}</manifest><spine>{spine}</spine></package>"
    )
    files = {"META-INF/container.xml": CONTAINER, "OEBPS/book.opf": book}
    files |= {f"OEBPS/{name}": content for name, content in parts.items()}
    return zipped({"mimetype": "application/epub+zip", **files, **extra})


def odt(sections: Sequence[Section], title: str = TITLE) -> bytes:
    """With odfpy."""
    document = odf.opendocument.OpenDocumentText()
    document.meta.addElement(odf.dc.Title(text=title))
    for heading, said in sections:
        document.text.addElement(odf.text.H(outlinelevel=1, text=heading))
        for sentence in said:
            document.text.addElement(odf.text.P(text=sentence))
    data = io.BytesIO()
    document.save(data)
    return data.getvalue()


def odt_of(body: str, styles: str = "", automatic: str = "", meta: str = "", extra: Mapping[str, str] = {}) -> bytes:
    """An OpenDocument text of its XML."""
    names = (
        "office text table style meta=meta drawing=draw xsl-fo-compatible=fo svg-compatible=svg manifest presentation"
    ).split()
    spaces = "".join(
        f' xmlns:{name.rpartition("=")[2]}="urn:oasis:names:tc:opendocument:xmlns:{name.partition("=")[0]}:1.0"'
        for name in names
    )
    spaces += ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xlink="http://www.w3.org/1999/xlink"'
    content = (
        f"<office:document-content{spaces}><office:automatic-styles>{automatic}</office:automatic-styles>"
        f"<office:body><office:text>{body}</office:text></office:body></office:document-content>"
    )
    return zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.text",
            "content.xml": content,
            "styles.xml": f"<office:document-styles{spaces}>{styles}</office:document-styles>",
            "meta.xml": f"<office:document-meta{spaces}><office:meta>{meta}</office:meta></office:document-meta>",
            **extra,
        }
    )


def rtf(sections: Sequence[Section], title: str = TITLE) -> bytes:
    """As Word writes it: headings by their style, characters beyond the code page as `\\u` with a question mark."""
    head = r"{\rtf1\ansi\ansicpg1252\uc1\deff0{\fonttbl{\f0\fswiss\fcharset0 Arial;}}"
    head += r"{\stylesheet{\s0 Normal;}{\s1\outlinelevel0 heading 1;}}{\info{\title " + rtf_text(title) + "}}"
    head += r"{\header\pard Page header\par}"
    body = "".join(
        rf"\pard\plain\s1 {rtf_text(heading)}\par"
        + "".join(rf"\pard\plain {rtf_text(one)}\par" + "\r\n" for one in said)
        for heading, said in sections
    )
    return (head + body + "}").encode("ascii")


def rtf_text(text: str) -> str:
    """The text as RTF has it."""
    shown = ""
    for sign in text:
        if sign in "\\{}":
            shown += f"\\{sign}"
        elif sign.isascii():
            shown += sign
        else:
            units = sign.encode("utf-16-le")
            for at in range(0, len(units), 2):
                code = int.from_bytes(units[at : at + 2], "little")
                shown += f"\\u{code - 65536 if code > 32767 else code}?"
    return shown


def rst(sections: Sequence[Section], title: str = "") -> bytes:
    """Titles underlined, sentences as paragraphs."""
    parts = [f"{heading}\n{'=' * _width(heading)}\n\n" + "\n\n".join(said) for heading, said in sections]
    return ("\n\n".join(parts) + "\n").encode()


def csv(sections: Sequence[Section], title: str = "", separator: str = ",") -> bytes:
    """A row for each sentence."""
    lines = io.StringIO()
    writer = csv_module.writer(lines, delimiter=separator)
    writer.writerow(["Section", "Sentence"])
    writer.writerows([heading, sentence] for heading, said in sections for sentence in said)
    return lines.getvalue().encode()


def tsv(sections: Sequence[Section], title: str = "") -> bytes:
    """The same with tabs."""
    return csv(sections, separator="\t")


def json(sections: Sequence[Section], title: str = TITLE) -> bytes:
    """An object with a list of records."""
    return json_module.dumps({"title": title, "records": _records(sections)}, indent=2).encode()


def jsonl(sections: Sequence[Section], title: str = "") -> bytes:
    """A record in each line."""
    return "".join(json_module.dumps(record, ensure_ascii=False) + "\n" for record in _records(sections)).encode()


WRITERS: dict[str, Callable[[Sequence[Section]], bytes]] = {
    ".html": html,
    ".epub": epub,
    ".odt": odt,
    ".rtf": rtf,
    ".rst": rst,
    ".csv": csv,
    ".tsv": tsv,
    ".json": json,
    ".jsonl": jsonl,
}
"""By the ending of the file's name."""


def assert_comes_back(document: Document, sections: Sequence[Section], *, has_headings: bool = True) -> None:
    """Every sentence once and in order, each in its section, and offsets that fit the text."""
    assert_sound(document)
    place = 0
    for heading, said in sections:
        for sentence in said:
            found = document.text.find(sentence, place)
            assert found >= 0, f"{sentence!r} is missing in {document.text[place : place + 300]!r}"
            place = found + len(sentence)
            if has_headings:
                assert document.section_at(found) == heading
    assert all(document.text.count(sentence) == 1 for sentence in sentences(sections))


def assert_sound(document: Document) -> None:
    """Offsets fit the text, and it can be written."""
    document.text.encode()
    for heading in document.headings:
        line = document.text[heading.offset : document.text.find("\n", heading.offset)]
        words = re.findall(r"\w+", heading.text) or [heading.text]
        assert words[0] in line or not line.strip(line[:1]), line
        assert heading.offset == 0 or document.text[heading.offset - 1] == "\n"
    end = 0
    for block in document.blocks:
        assert end <= block.start < block.end <= len(document.text)
        assert document.text[block.start : block.end].strip()
        assert block.start == 0 or document.text[block.start - 1] == "\n"
        assert document.text[block.end : block.end + 1] in ("\n", "")
        end = block.end
    assert list(document.pages) == sorted(document.pages)


def blocks(document: Document) -> list[tuple[str, str]]:
    """The kind and the text of each block."""
    assert_sound(document)
    return [(block.kind, document.text[block.start : block.end]) for block in document.blocks]


def zipped(files: Mapping[str, str]) -> bytes:
    """An archive of these files."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()


def _body(sections: Sequence[Section]) -> str:
    return "".join(
        f"<h1>{_escaped(heading)}</h1>\n" + "".join(f"<p>{_escaped(sentence)}</p>\n" for sentence in said)
        for heading, said in sections
    )


def _records(sections: Sequence[Section]) -> list[dict[str, str]]:
    return [{"title": heading, "text": "\n\n".join(said)} for heading, said in sections]


def _property(name: str) -> str:
    return "nav" if name.startswith("nav") else ""


def _escaped(text: str) -> str:
    return html_module.escape(text, quote=False)


def _width(text: str) -> int:
    return sum(1 + (unicodedata.east_asian_width(sign) in "FW") for sign in text)
