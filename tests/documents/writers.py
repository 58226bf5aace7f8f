"""Makes documents of every format with programs that are not ours: what goes in is known, and must come back.

Each writer takes sections (a heading and sentences); each begins a page where the format has pages.
"""

from __future__ import annotations

import io
import random
import re
import zipfile
from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape

import docx as python_docx
import openpyxl  # type: ignore[import-untyped]
import pptx as python_pptx
from reportlab.lib.pagesizes import A4  # type: ignore[import-untyped]
from reportlab.lib.styles import getSampleStyleSheet  # type: ignore[import-untyped]
from reportlab.pdfbase import pdfmetrics  # type: ignore[import-untyped]
from reportlab.pdfbase.cidfonts import UnicodeCIDFont  # type: ignore[import-untyped]
from reportlab.platypus import PageBreak, Paragraph, SimpleDocTemplate  # type: ignore[import-untyped]

Section = tuple[str, list[str]]

TITLE = "Pump & valve manual"
LATIN: list[Section] = [
    (
        "Safety & <rules>",
        [
            "Sentence 1: press a & b, if x < 5 and y > 3, or &amp; stays as it was typed.",
            "Sentence 2: 5 * 3 is 15, *not* 16, and a_b_c is _one_ name, as __init__ is.",
            "Sentence 3: item #1 costs 4 €, ~3 % more than `item` #2 in C:\\temp\\new.",
            "Sentence 4: “curly” and ‘single’ quotes – and dashes — survive… as do naïve Größen, façades and señores.",
        ],
    ),
    (
        "Operation [1] (daily)",
        [
            "Sentence 5: a well-known valve of type SV-2 opens at 2.5 bar and closes at -3.0 bar, which is why its "
            "e-mail address must be written down (twice!) before the pump is started for the first time in 2021-2022.",
            "Sentence 6: see https://example.com/a_b?x=1&y=2#top for more; $x^2$ and {braces} are no formulas.",
        ],
    ),
    ("Größe 3", ["Sentence 7: the end is §3 of ½ a page, ©2024 ±1 °C, and 10 µm."]),
]
"""Of letters that every font has."""
CHINESE: list[Section] = [*LATIN, ("日本語 中文", ["Sentence 8: 日本語の文章です。中文也可以。"])]
UNICODE: list[Section] = [*CHINESE, ("Всё 🙂", ["Sentence 9: Привет, Ελλάδα, עברית and 🙂 👍🏽 ≤ ∞."])]


def sentences(sections: Sequence[Section]) -> list[str]:
    """All of them, in order."""
    return [sentence for _, said in sections for sentence in said]


def pdf(sections: Sequence[Section], title: str = TITLE) -> bytes:
    """With reportlab; what Helvetica lacks is set in a Chinese font, which has no emoji."""
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    styles = getSampleStyleSheet()
    flow: list[Any] = []
    for heading, said in sections:
        flow += [PageBreak()] if flow else []
        flow.append(Paragraph(_in_fonts(heading), styles["Heading1"]))
        flow += [Paragraph(_in_fonts(sentence), styles["BodyText"]) for sentence in said]
    data = io.BytesIO()
    SimpleDocTemplate(data, pagesize=A4, title=title).build(flow)
    return data.getvalue()


def docx(sections: Sequence[Section], title: str = TITLE) -> bytes:
    """With python-docx."""
    document = python_docx.Document()
    document.core_properties.title = title
    document.core_properties.language = "en-US"
    for at, (heading, said) in enumerate(sections):
        if at:
            document.add_page_break()  # type: ignore[no-untyped-call]
        document.add_heading(heading, 1)
        for sentence in said:
            document.add_paragraph(sentence)
    data = io.BytesIO()
    document.save(data)
    return data.getvalue()


def pptx(sections: Sequence[Section], title: str = TITLE) -> bytes:
    """With python-pptx: a slide each, its sentences as points, the last one in the notes where there are several."""
    presentation = python_pptx.Presentation()
    presentation.core_properties.title = title
    for heading, said in sections:
        slide = presentation.slides.add_slide(presentation.slide_layouts[1])
        assert slide.shapes.title is not None
        slide.shapes.title.text_frame.text = heading
        body, *_ = (shape for shape in slide.placeholders if shape.placeholder_format.idx == 1)
        points, notes = (said[:-1], said[-1]) if len(said) > 1 else (said, "")
        frame = body.text_frame
        frame.text = points[0]
        for sentence in points[1:]:
            frame.add_paragraph().text = sentence
        if notes:
            notes_frame = slide.notes_slide.notes_text_frame
            assert notes_frame is not None
            notes_frame.text = notes
    data = io.BytesIO()
    presentation.save(data)
    return data.getvalue()


def xlsx(sections: Sequence[Section], title: str = TITLE) -> bytes:
    """With openpyxl: a sheet each, without the characters that no sheet's name may have; a sentence in each row."""
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    workbook.properties.title = title
    for heading, said in sections:
        sheet = workbook.create_sheet(sheet_name(heading))
        sheet.append(["No.", "Sentence"])
        for number, sentence in enumerate(said, 1):
            sheet.append([number, sentence])
    data = io.BytesIO()
    workbook.save(data)
    return data.getvalue()


def sheet_name(heading: str) -> str:
    """What Excel allows of it."""
    return "".join(letter for letter in heading if letter not in "[]:*?/\\")[:31]


def _in_fonts(text: str) -> str:
    """Reportlab's markup."""
    return re.sub("[\u1000-\uffff]+", _in_chinese, escape(text))


def _in_chinese(match: re.Match[str]) -> str:
    try:
        match[0].encode("cp1252")
    except UnicodeEncodeError:
        return f'<font name="STSong-Light">{match[0]}</font>'
    return match[0]


def with_flipped_parts(data: bytes, chance: random.Random) -> bytes:
    """The same archive with a changed byte in one of its parts, and a checksum that knows nothing of it."""
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as sound, zipfile.ZipFile(changed, "w") as packed:
        parts = {name: bytearray(sound.read(name)) for name in sound.namelist()}
        part = chance.choice([part for part in parts.values() if part])
        part[chance.randrange(len(part))] = chance.choice(b"0123456789-<>/\"'&;=: \x00\xffabcxyz")
        for name, content in parts.items():
            packed.writestr(name, bytes(content))
    return changed.getvalue()
