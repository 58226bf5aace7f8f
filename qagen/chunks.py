"""Document -> [Chunk]: pieces of the text, with exact offsets."""

from __future__ import annotations

from collections.abc import Iterator

from semantic_text_splitter import TextSplitter

from qagen.documents import Document
from qagen.formats import Chunk

PIECE = 1_000_000
"""Characters that the splitter sees at once: it is superlinear in what it is given."""


def split(document: Document, name: str, size: int, overlap: int) -> list[Chunk]:
    """Cut at the largest boundaries that fit: paragraphs, then sentences, then words.

    A chunk has at most `size` characters, of which up to `overlap` repeat the chunk before; a chunk's core begins where
    the one before ends, so that the cores rejoin to the text. Chunks of white space alone are left out.

    `chunk_id` is `<name>-<index>`.
    """
    chunks: list[Chunk] = []
    reached = 0
    for start, end in _spans(document.text, size, overlap):
        core_start = max(start, reached)
        reached = max(reached, end)
        if not document.text[core_start:end].strip():
            continue
        index = len(chunks)
        chunks.append(
            Chunk(
                chunk_index=index,
                chunk_id=f"{name}-{index}",
                text=document.text[start:end],
                start_char=start,
                end_char=end,
                core_start=core_start,
                section=document.section_at(_first_word(document.text, core_start, end)),
            )
        )
    return chunks


def _spans(text: str, size: int, overlap: int) -> Iterator[tuple[int, int]]:
    # trim=False: with trimming the white space between chunks would belong to none of them.
    splitter = TextSplitter(size, overlap=overlap, trim=False)
    for offset, piece in _pieces(text):
        for start, chunk in splitter.chunk_indices(piece):
            yield offset + start, offset + start + len(chunk)


def _pieces(text: str) -> Iterator[tuple[int, str]]:
    """The text in pieces of at most `PIECE` characters, cut at a blank line where there is one, else at a line."""
    start = 0
    while len(text) - start > PIECE:
        cut = max(text.rfind("\n\n", start + PIECE // 2, start + PIECE) + 2, 0)
        cut = cut if cut > start + 2 else text.rfind("\n", start + PIECE // 2, start + PIECE) + 1
        cut = cut if cut > start else start + PIECE
        yield start, text[start:cut]
        start = cut
    yield start, text[start:]


def _first_word(text: str, start: int, end: int) -> int:
    """Where the first word stands: a chunk that begins with the blank line before a heading belongs under it."""
    return end - len(text[start:end].lstrip())
