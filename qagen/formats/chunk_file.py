"""`<doc>_chunks.json`: a document's text in pieces, ours or another tool's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from qagen.errors import DataError
from qagen.formats.json_text import FileModel, OpenModel, check_tag, decode

COLUMNS = "Columns: "
"""Begins the last part of the section of a chunk that goes on with a table's rows: then comes the table's header."""


class Labels(OpenModel):
    """Facts that other tools wrote in their own ways. One that does not fit counts as not said: it is only a label."""

    _quiet: ClassVar[frozenset[str]] = frozenset()
    """Fields that are left out where they say nothing."""

    @model_validator(mode="before")
    @classmethod
    def _drop_what_does_not_fit(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        numbers = {name for name, field in cls.model_fields.items() if field.annotation == int | None}
        return {
            name: item
            for name, item in value.items()
            if name not in cls.model_fields or isinstance(item, int if name in numbers else str)
        }

    @model_serializer(mode="wrap")
    def _leave_out_what_is_not_said(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: value for name, value in dump(self).items() if value is not None or name not in self._quiet}


class DocumentInfo(Labels):
    """Where the text came from. Labels only: no path is ever made from them."""

    _quiet: ClassVar[frozenset[str]] = frozenset({"pages", "tokens", "processed_at"})

    file_name: str = ""
    source_file: str = ""
    file_type: str = ""
    file_size: int | None = None
    """Bytes."""
    document_id: str | None = None
    """`sha256:` and the digest of the document's bytes."""
    title: str | None = None
    language: str | None = None
    """ISO 639-1 code."""
    pages: int | None = None
    """Pages or slides; None where the format has none."""
    tokens: int | None = None
    """Estimated tokens of the text."""
    processed_at: str | None = None
    """UTC time."""


class ProcessingInfo(Labels):
    """How the text was cut."""

    _quiet: ClassVar[frozenset[str]] = frozenset({"chosen_by", "size_unit", "min_chunk_size", "text_field", "encoding"})

    splitting_strategy: str | None = None
    chosen_by: str | None = None
    """Who chose the strategy: `user`, or `auto` by the document's structure."""
    size_unit: str | None = None
    """Of the sizes: `characters` or (estimated) `tokens`."""
    chunk_size: int | None = None
    """Most units of a chunk."""
    chunk_overlap: int | None = None
    """Most units that a chunk repeats of the one before it."""
    min_chunk_size: int | None = None
    """Smaller chunks joined their neighbours."""
    text_field: str | None = None
    """The field of JSON records that the user named, or several with commas between them."""
    encoding: str | None = None
    """The encoding of text files that the user named, by Python's name."""
    total_chunks: int | None = None


class Chunk(FileModel):
    """One piece. Its core is new text; what stands before the core repeats the chunk before and is context only."""

    chunk_index: int
    chunk_id: str
    text: str
    start_char: int | None = None
    """Offset of `text` in the document's text, in characters; None where the maker of the file did not say."""
    end_char: int | None = None
    core_start: int | None = None
    """Offset where the core begins: in [start_char, end_char]. None: the whole text is core."""
    section: str | None = None
    """Headings above the chunk, `A > B`; last, where it begins among the rows of a table, the table's header."""
    page_start: int | None = None
    page_end: int | None = None

    @property
    def offsets_are_exact(self) -> bool:
        """Whether positions in `text` can be turned into positions in the document."""
        return (
            self.start_char is not None
            and self.end_char is not None
            and self.end_char - self.start_char == len(self.text)
        )

    @property
    def core_offset(self) -> int:
        """Where the core begins, counted in `text`."""
        if self.core_start is None or self.start_char is None or not self.offsets_are_exact:
            return 0
        return min(max(self.core_start - self.start_char, 0), len(self.text))

    @property
    def core(self) -> str:
        """The text that questions are asked about."""
        return self.text[self.core_offset :]

    @property
    def context_before(self) -> str:
        """The overlap: shown to the model, never asked about."""
        return self.text[: self.core_offset]


class ChunkFile(FileModel):
    """All chunks of one document."""

    format: Literal["qagen/chunks@1"] = "qagen/chunks@1"
    metadata: DocumentInfo = Field(default_factory=DocumentInfo)
    processing_info: ProcessingInfo = Field(default_factory=ProcessingInfo)
    chunks: list[Chunk]
    status: str = "completed"

    @model_validator(mode="after")
    def _indexes_are_unique(self) -> Self:
        if len({chunk.chunk_index for chunk in self.chunks}) != len(self.chunks):
            raise ValueError("two chunks have the same chunk_index")
        return self

    @classmethod
    def parse(cls, data: bytes) -> ChunkFile:
        """Read any shape that we know: ours, `content` for `text`, nested metadata, plain lists, JSON Lines.

        Raises:
            DataError: made by a newer qagen, or another kind of file.
            ValueError: not JSON, or of an unknown shape.
        """
        value = _decode_lines(data)
        check_tag(value, "chunks", newest=1)
        return cls.model_validate(_adapt_file(value))


def _decode_lines(data: bytes) -> Any:
    """One JSON value, or the list of values of JSON Lines."""
    try:
        value = decode(data)
    except ValueError as error:
        lines = [line for line in data.splitlines() if line.strip()]
        if len(lines) < 2:
            raise
        try:
            value = [decode(line) for line in lines]
        except ValueError:
            raise error from None
    # A JSON Lines file of one chunk is also one JSON object.
    return [value] if isinstance(value, dict) and "chunks" not in value and _text_of(value) is not None else value


def _adapt_file(value: Any) -> dict[str, Any]:
    if isinstance(value, list):
        value = {"chunks": value}
    if not isinstance(value, dict) or not isinstance(value.get("chunks"), list):
        raise DataError('it is no chunk file: there is no list named "chunks"')
    given = value.get("metadata")
    metadata: dict[str, Any] = given if isinstance(given, dict) else {}
    processing = value.get("processing_info")
    if not isinstance(processing, dict):
        names = {"chunk_count": "total_chunks", "total_chunks": "total_chunks"}
        names |= {name: name for name in ("splitting_strategy", "chunk_size", "chunk_overlap")}
        processing = {names[name]: item for name, item in metadata.items() if name in names}
    chunks = [_adapt_chunk(item, position) for position, item in enumerate(value["chunks"])]
    if len({chunk["chunk_index"] for chunk in chunks}) != len(chunks):
        for position, chunk in enumerate(chunks):
            chunk["chunk_index"] = position
    _find_cores(chunks)
    return {
        "metadata": {"file_name": "", **metadata},
        "processing_info": processing,
        "chunks": chunks,
        "status": value.get("status") or "completed",
    }


def _adapt_chunk(item: Any, position: int) -> dict[str, Any]:
    if isinstance(item, str):
        item = {"text": item}
    text = _text_of(item) if isinstance(item, dict) else None
    if text is None:
        raise DataError(f'chunk {position} has no text: there is neither "text" nor "content" in it')
    nested = item.get("metadata")
    fields = {**(nested if isinstance(nested, dict) else {}), **{k: v for k, v in item.items() if k != "metadata"}}
    index = _first_int(fields, "chunk_index", "index")
    identifier = fields.get("chunk_id", fields.get("id"))
    page = _first_int(fields, "page_start", "page_number", "page")
    return {
        "text": text,
        "chunk_index": position if index is None else index,
        "chunk_id": str(position if identifier is None else identifier),
        "start_char": _first_int(fields, "start_char", "chunk_start", "start_index", "start"),
        "end_char": _first_int(fields, "end_char", "chunk_end", "end_index", "end"),
        "core_start": _first_int(fields, "core_start"),
        "section": fields["section"] if isinstance(fields.get("section"), str) else None,
        "page_start": page,
        "page_end": _first_int(fields, "page_end") or page,
    }


def _find_cores(chunks: list[dict[str, Any]]) -> None:
    """Where a file gives offsets but no cores, a core begins where the chunk before ends."""
    reached: int | None = None
    for chunk in chunks:
        start, end = chunk["start_char"], chunk["end_char"]
        if start is None or end is None or end - start != len(chunk["text"]):
            reached = None
            continue
        if chunk["core_start"] is None:
            # A whole chunk that only repeats is no repetition to us: its maker meant it as material.
            chunk["core_start"] = reached if reached is not None and start <= reached < end else start
        reached = end


def _text_of(item: Mapping[str, Any]) -> str | None:
    for name in ("text", "content"):
        if isinstance(item.get(name), str):
            return str(item[name])
    return None


def _first_int(fields: Mapping[str, Any], *names: str) -> int | None:
    for name in names:
        value = fields.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
    return None
