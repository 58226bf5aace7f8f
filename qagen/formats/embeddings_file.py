"""`embeddings.json` beside a file of vectors: which model made them, and how to read them."""

from __future__ import annotations

from typing import Literal

from qagen.formats.json_text import FileModel, check_tag, decode


class EmbeddingsInfo(FileModel):
    """What a file of vectors is.

    The vectors stand beside it in `vectors.bin`, one record after the other: 32 bytes SHA-256 of kind and text, 4 bytes
    CRC-32 of the rest of the record, and `dimensions` times float16 of a vector of length one. The low byte is first.
    """

    format: Literal["qagen/embeddings@1"] = "qagen/embeddings@1"
    provider: str
    host: str
    model: str
    dimensions: int

    @property
    def record_bytes(self) -> int:
        """Bytes of one vector with its key and checksum."""
        return 32 + 4 + 2 * self.dimensions

    @classmethod
    def parse(cls, data: bytes) -> EmbeddingsInfo:
        """Read a file of ours.

        Raises:
            DataError: made by a newer qagen, or another kind of file.
            ValueError: not JSON, or of an unknown shape.
        """
        value = decode(data)
        check_tag(value, "embeddings", newest=1)
        return cls.model_validate(value)


class EmbeddingsSpent(FileModel):
    """A line of `spent.jsonl` beside the vectors: what one request took, with the tries that it needed."""

    model: str
    """provider/model."""
    texts: int
    """Whose vectors it brought."""
    requests: int
    input_tokens: int
    """Estimated where the provider does not count them."""
    cost_usd: float | None = None
    """None: the price was unknown."""

    @classmethod
    def parse(cls, line: bytes) -> EmbeddingsSpent:
        """Read a line of ours.

        Raises:
            ValueError: not JSON, or of an unknown shape.
        """
        return cls.model_validate(decode(line))
