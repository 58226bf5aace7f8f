"""One document, from its bytes to its chunks: pure, so that a child process can do it as well."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from qagen import cutting
from qagen.cutting import CutOrder, Piece
from qagen.documents import Reading, languages, parse
from qagen.errors import DataError
from qagen.formats import decode, encode


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be done with a document's bytes."""

    suffix: str
    """The ending of its file's name."""
    reading: Reading
    order: CutOrder

    def encode(self) -> bytes:
        """For another process."""
        return encode(asdict(self))

    @classmethod
    def decode(cls, data: bytes) -> Task:
        """What `encode` gave."""
        value = decode(data)
        reading, order = Reading(**value.pop("reading")), CutOrder(**value.pop("order"))
        return cls(**value, reading=reading, order=order)


@dataclass(frozen=True, slots=True)
class CutDocument:
    """A document that was read and cut."""

    text: str
    title: str | None
    language: str | None
    strategy: str
    pages: int | None
    tokens: int
    """Estimated."""
    notes: tuple[str, ...]
    pieces: tuple[Piece, ...]

    def encode(self) -> bytes:
        """For another process."""
        return encode(asdict(self))

    @classmethod
    def decode(cls, data: bytes) -> CutDocument:
        """What `encode` gave. Its offsets are checked: it comes from where strangers' bytes were taken apart.

        Raises:
            DataError: they do not hold together.
        """
        value = decode(data)
        pieces = tuple(Piece(*piece) for piece in value.pop("pieces"))
        reached = 0
        for piece in pieces:
            if not (0 <= piece.start <= piece.core == reached < piece.end <= len(value["text"])):
                raise DataError("its reader gave chunks that do not hold together")
            reached = piece.end
        return cls(**{**value, "notes": tuple(value["notes"])}, pieces=pieces)


def cut(data: bytes, task: Task) -> CutDocument:
    """Read and cut.

    Raises:
        DataError: it cannot be read, or holds no text.
    """
    document = parse(data, task.suffix, task.reading)
    return CutDocument(
        text=document.text,
        title=document.title,
        language=document.language or languages.language_of(document.text),
        strategy=cutting.strategy_for(document, task.order.strategy),
        pages=len(document.pages) or None,
        tokens=cutting.count_tokens(document.text),
        notes=document.notes,
        pieces=tuple(cutting.pieces(document, task.order)),
    )
