"""A corpus of every format, through the real command: all sentences in order, page and section right, offsets exact."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from qagen import corpus
from qagen.cli import app
from qagen.documents import READERS
from qagen.formats import Chunk, ChunkFile
from tests.documents import text_writers, writers
from tests.documents.writers import Section

PARTS = ("intake valve", "outlet pump", "pressure gauge", "drain hose")
SECTIONS: list[Section] = [
    (
        f"Part {number} {name}",
        [
            f"Sentence {number}.{line}: the {name} no. {number}{line} opens at {line + 2} bar & closes at < {line} bar."
            for line in range(1, 13)
        ],
    )
    for number, name in enumerate(PARTS, start=1)
]
"""About a thousand characters each."""
MARKDOWN = "\n\n".join(f"# {heading}\n\n" + "\n\n".join(said) for heading, said in SECTIONS)
TEXT = "\n\n".join(f"{heading}\n\n" + "\n\n".join(said) for heading, said in SECTIONS)
MADE: dict[str, bytes] = {
    ".txt": TEXT.encode("utf-16"),
    ".text": TEXT.encode(),
    ".md": MARKDOWN.encode(),
    ".markdown": MARKDOWN.replace("\n", "\r\n").encode("utf-8-sig"),
    ".html": text_writers.html(SECTIONS),
    ".htm": text_writers.html(SECTIONS),
    ".xhtml": text_writers.xhtml(text_writers._body(SECTIONS)).encode(),
    ".rst": text_writers.rst(SECTIONS),
    ".csv": text_writers.csv(SECTIONS),
    ".tsv": text_writers.tsv(SECTIONS),
    ".json": text_writers.json(SECTIONS),
    ".jsonl": text_writers.jsonl(SECTIONS),
    ".ndjson": text_writers.jsonl(SECTIONS),
    ".pdf": writers.pdf(SECTIONS),
    ".docx": writers.docx(SECTIONS),
    ".pptx": writers.pptx(SECTIONS),
    ".xlsx": writers.xlsx(SECTIONS),
    ".epub": text_writers.epub(SECTIONS),
    ".odt": text_writers.odt(SECTIONS),
    ".rtf": text_writers.rtf(SECTIONS),
}
WITHOUT_SECTIONS = {".txt", ".text", ".csv", ".tsv"}
PAGED = {".pdf", ".docx", ".pptx"}


@pytest.fixture(scope="module")
def cut(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the chunk files."""
    place = tmp_path_factory.mktemp("formats")
    (place / "documents").mkdir()
    for ending, data in MADE.items():
        (place / "documents" / f"made as {ending[1:]}{ending}").write_bytes(data)
    arguments = [str(place / "documents"), "--chunks-dir", str(place / "chunks"), "--chunk-size", "1400"]
    result = CliRunner().invoke(app, ["chunk", *arguments])
    assert result.exit_code == 0, result.output
    return place / "chunks"


def chunk_file_of(cut: Path, ending: str) -> tuple[ChunkFile, str]:
    name = f"made as {ending[1:]}"
    return corpus.read_chunks(cut / f"{name}_chunks.json"), (cut / f"{name}.txt").read_text(encoding="utf-8")


def holding(chunks: list[Chunk], sentence: str) -> list[Chunk]:
    """The chunks whose new text has (some of) the sentence."""
    mark = sentence.split(":")[0] + ":"
    return [chunk for chunk in chunks if mark in chunk.core]


def test_there_is_a_document_of_every_format() -> None:
    assert set(MADE) == set(READERS)


@pytest.mark.parametrize("ending", MADE)
def test_every_sentence_comes_back_in_order(ending: str, cut: Path) -> None:
    chunk_file, _ = chunk_file_of(cut, ending)
    whole = " ".join("".join(chunk.core for chunk in chunk_file.chunks).split())
    places = [whole.find(" ".join(sentence.split())) for sentence in writers.sentences(SECTIONS)]
    assert -1 not in places
    assert places == sorted(places)
    assert all(whole.count(sentence) == 1 for sentence in writers.sentences(SECTIONS))


@pytest.mark.parametrize("ending", MADE)
def test_offsets_are_exact_and_cores_join_to_the_text(ending: str, cut: Path) -> None:
    chunk_file, text = chunk_file_of(cut, ending)
    assert "".join(chunk.core for chunk in chunk_file.chunks) == text
    for chunk in chunk_file.chunks:
        assert chunk.text == text[chunk.start_char : chunk.end_char]
        assert len(chunk.text) <= 1400


@pytest.mark.parametrize("ending", sorted(set(MADE) - WITHOUT_SECTIONS))
def test_each_sentence_stands_in_a_chunk_of_its_section(ending: str, cut: Path) -> None:
    chunk_file, _ = chunk_file_of(cut, ending)
    for heading, said in SECTIONS:
        for sentence in said:
            (chunk,) = holding(chunk_file.chunks, sentence)
            assert (chunk.section or "").endswith(heading), sentence


@pytest.mark.parametrize("ending", sorted(PAGED))
def test_each_sentence_stands_in_a_chunk_of_its_page(ending: str, cut: Path) -> None:
    chunk_file, _ = chunk_file_of(cut, ending)
    first = 2 if ending == ".docx" and any(chunk.page_start == 2 for chunk in chunk_file.chunks[:1]) else 1
    for page, (_, said) in enumerate(SECTIONS, start=first):
        for sentence in said:
            (chunk,) = holding(chunk_file.chunks, sentence)
            assert (chunk.page_start or 0) <= page <= (chunk.page_end or 0), sentence


@pytest.mark.parametrize("ending", MADE)
def test_the_facts_are_known(ending: str, cut: Path) -> None:
    chunk_file, text = chunk_file_of(cut, ending)
    assert chunk_file.metadata.language == "en"
    assert chunk_file.metadata.file_type == ending
    assert chunk_file.metadata.title
    assert chunk_file.metadata.tokens
    assert (chunk_file.metadata.pages is not None) == (ending in PAGED)
    assert not re.search(r"\\[!&<>#]|data:|\u00ad|\ufffd", text)
