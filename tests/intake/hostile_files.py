"""Files that are broken, or mean harm; each with the beginning of the line that it must get."""

from __future__ import annotations

import io
import os
import random
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import docx
from reportlab.lib.pdfencrypt import StandardEncryption  # type: ignore[import-untyped]
from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]

SENTENCE = "The relief valve opens at twelve bar."
SECRET = "root:x:0:0:canary"
"""Stands in a file outside, which documents try to read."""
ENTITIES = '<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'


def pdf(*pages: str, encrypt: StandardEncryption | None = None) -> bytes:
    """A PDF with a line of text on each page."""
    out = io.BytesIO()
    canvas = Canvas(out, encrypt=encrypt)
    for page in pages:
        canvas.drawString(72, 720, page)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def word(*paragraphs: str) -> bytes:
    """A Word document."""
    out = io.BytesIO()
    document = docx.Document()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    document.save(out)
    return out.getvalue()


def with_part(archive: bytes, name: str, content: bytes) -> bytes:
    """The archive with another content for one of its parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            if entry.filename != name:
                new.writestr(entry, old.read(entry))
        new.writestr(name, content)
    return out.getvalue()


def zip_bomb(name: str, megabytes: int) -> bytes:
    """An archive whose entry is so many megabytes of zeros."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive, archive.open(name, "w", force_zip64=True) as entry:
        for _ in range(megabytes):
            entry.write(bytes(2**20))
    return out.getvalue()


def lying_zip() -> bytes:
    """An archive whose entry says that it is small."""
    data = bytearray(zip_bomb("word/document.xml", 300))
    directory = data.rindex(b"PK\x01\x02")
    data[directory + 24 : directory + 28] = struct.pack("<I", 1000)
    return bytes(data)


def external_entity(secret: Path) -> bytes:
    """A Word document whose text is another file."""
    body = (
        f'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY x SYSTEM "file://{secret}">]>'
        '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r>'
        "<w:t>&x;</w:t></w:r></w:p></w:body></w:document>"
    )
    return with_part(word(SENTENCE), "word/document.xml", body.encode())


def hanging_pdf(levels: int = 30) -> bytes:
    """Forms that each draw the next one twice: 2 ** levels of them to read."""
    forms = []
    for level in range(levels):
        last = level == levels - 1
        draws = b"BT ET" if last else b"/F Do /F Do"
        used = b"" if last else b"/Resources << /XObject << /F %d 0 R >> >>" % (6 + level)
        fields = b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] %s /Length %d" % (used, len(draws))
        forms.append(b"<< %s >>\nstream\n%s\nendstream" % (fields, draws))
    return _pdf_of([b"<< /Length 11 >>\nstream\n/F Do /F Do\nendstream", *forms])


def swelling_pdf(megabytes: int = 3000) -> bytes:
    """A page whose content swells to so many megabytes."""
    packer = zlib.compressobj(9)
    content = b"".join(packer.compress(b" " * 2**20) for _ in range(megabytes)) + packer.flush()
    return _pdf_of([b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(content), content)])


def _pdf_of(objects: list[bytes]) -> bytes:
    """A PDF of one page whose content is the first object; the others follow it."""
    page = (
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R /Resources << /XObject << /F 5 0 R >> >> >>"
    )
    whole = [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>", page, *objects]
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, content in enumerate(whole, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"xref\n0 %d\n0000000000 65535 f \n%strailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
    return bytes(out + end % (len(whole) + 1, table, len(whole) + 1, len(out)))


def flipped(data: bytes, seed: int) -> bytes:
    """With one bit in a hundred bytes turned over."""
    chance, out = random.Random(seed), bytearray(data)
    for _ in range(len(data) // 100):
        out[chance.randrange(len(out))] ^= 1 << chance.randrange(8)
    return bytes(out)


def ole() -> bytes:
    """The beginning of an old Word file, or of an encrypted new one."""
    return bytes.fromhex("d0cf11e0a1b11ae1") + bytes(4096)


def bad_files(secret: Path) -> dict[str, tuple[Callable[[], bytes], str]]:
    """By name: what makes the file, and words of its line."""
    locked = StandardEncryption("owner", "user")
    return {
        "empty.txt": (lambda: b"", "it is empty"),
        "empty.pdf": (lambda: b"", "it is empty"),
        "blank.md": (lambda: b" \n\n ", "it holds no text"),
        "cut.pdf": (lambda: pdf(SENTENCE)[:400], ""),
        "locked.pdf": (lambda: pdf(SENTENCE, encrypt=locked), "encrypted"),
        "scanned.pdf": (lambda: pdf("", ""), "no text found (scanned?)"),
        "hang.pdf": (hanging_pdf, ""),
        "swell.pdf": (swelling_pdf, "memory"),
        "really a picture.pdf": (lambda: b"\x89PNG\r\n\x1a\n" + bytes(1000), ""),
        "cut.docx": (lambda: word(SENTENCE)[:-500], ""),
        "old.docx": (ole, ""),
        "really text.docx": (lambda: SENTENCE.encode(), ""),
        "zip bomb.docx": (lambda: zip_bomb("word/document.xml", 600), ""),
        "lying.docx": (lying_zip, ""),
        "xml bomb.docx": (
            lambda: with_part(word(SENTENCE), "word/document.xml", f"{ENTITIES}<a>&c;</a>".encode()),
            "entities",
        ),
        "external.docx": (lambda: external_entity(secret), "entities"),
        "climbing.docx": (lambda: with_part(word(SENTENCE), "../../../climbed.txt", b"x"), ""),
        "zip bomb.xlsx": (lambda: zip_bomb("xl/workbook.xml", 600), ""),
        "zip bomb.epub": (lambda: zip_bomb("a.xhtml", 600), ""),
        "zip bomb.odt": (lambda: zip_bomb("content.xml", 600), ""),
        "cut.pptx": (lambda: word(SENTENCE)[:300], ""),
        "broken.json": (lambda: b'{"text": "The relief', ""),
        "without text.json": (lambda: b'[{"a": 1}]', "--text-field"),
        "ours.json": (lambda: b'{"format": "qagen/chunks@1", "chunks": []}', "qagen"),
        "nothing.html": (
            lambda: b"<html><head><title>x</title></head><body><script>1</script></body></html>",
            "no text",
        ),
        "really text.rtf": (lambda: SENTENCE.encode(), ""),
    }


def doubtful_files() -> dict[str, bytes]:
    """May be read or refused, in any words; nothing else may happen."""
    good = {"flipped.pdf": pdf(*[SENTENCE] * 5), "flipped.docx": word(*[SENTENCE] * 50)}
    return {
        **{f"{seed} {name}": flipped(data, seed) for name, data in good.items() for seed in range(5)},
        "deep.html": b"<div>" * 200_000 + SENTENCE.encode() + b"</div>" * 200_000,
        "deep.json": b"[" * 200_000 + b"]" * 200_000,
        "brackets.md": b"[" * 1_000_000,
        "pipes.md": b"|" * 1_000_000,
        "marks.html": b"<" * 1_000_000,
        "braces.rtf": b"{\\rtf1" + b"{" * 500_000,
    }


def good_files() -> dict[str, bytes]:
    """Everyday documents, some with names that nobody expects."""
    text = f"# Pump\n\n{SENTENCE}\n"
    return {
        "good.txt": SENTENCE.encode(),
        "good.md": text.encode(),
        "good.pdf": pdf(SENTENCE),
        "good.docx": word(SENTENCE),
        "good.html": f"<h1>Pump</h1><p>{SENTENCE}</p>".encode(),
        "new\nline.md": text.encode(),
        f"{'long' * 60}.md": text.encode(),
        "-rf.md": text.encode(),
        "$(touch run).md": text.encode(),
        "<b>[red]bold.md": text.encode(),
        "größe 日本 🙂.md": text.encode(),
        os.path.join("deep", *["folder"] * 20, "good.md"): text.encode(),  # noqa: PTH118
    }
