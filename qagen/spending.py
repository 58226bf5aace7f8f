"""What embeddings took, in all runs: read from the accounts that stand beside their vectors.

An account is a line of JSON for each request, on the disk before the vectors of that request are. So it never says less
than what is stored: where it does, the vectors are older than the account, and what they took is unknown.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from qagen import files
from qagen.errors import DataError
from qagen.formats import EmbeddingsInfo, EmbeddingsSpent, encode
from qagen.llm.prices import without_dust

ROOM = ".embeddings"
"""Beside the results: what is there was paid for, and is kept when the chunks change."""
INFO, VECTORS, ACCOUNT = "embeddings.json", "vectors.bin", "spent.jsonl"


@dataclass(frozen=True, slots=True)
class Spent:
    """What was taken; None where it is unknown."""

    requests: int | None = 0
    """Sent, and answered in the end."""
    input_tokens: int | None = 0
    """Estimated where the provider does not count them."""
    cost_usd: float | None = 0.0

    def __add__(self, other: Spent) -> Spent:
        return Spent(
            None if self.requests is None or other.requests is None else self.requests + other.requests,
            None if self.input_tokens is None or other.input_tokens is None else self.input_tokens + other.input_tokens,
            None if self.cost_usd is None or other.cost_usd is None else self.cost_usd + other.cost_usd,
        )

    def as_dict(self) -> dict[str, Any]:
        """The same as JSON."""
        return {**asdict(self), "cost_usd": without_dust(self.cost_usd)}


UNKNOWN = Spent(None, None, None)


class Account:
    """The account of one folder, to be added to. Only under the lock of the folder."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / ACCOUNT
        self._size = len(_whole(self._path))

    def add(self, spent: EmbeddingsSpent) -> None:
        """A request came back; on the disk when this returns.

        Raises:
            StorageError: it could not be saved.
        """
        line = encode(spent.model_dump()) + b"\n"
        files.append(self._path, line, self._size)
        self._size += len(line)


def spent_in(room: Path) -> dict[str, Spent]:
    """What the vectors in a folder took, by provider/model; empty where there are none."""
    found: dict[str, Spent] = {}
    for folder in sorted(room.glob("embeddings-*")):
        name, spent = _spent_of(folder)
        if name:
            found[name] = found.get(name, Spent()) + spent
    return found


def total(found: Iterable[Spent]) -> Spent:
    """The sum; a sum of which a part is unknown is unknown."""
    return sum(found, Spent())


def _spent_of(folder: Path) -> tuple[str, Spent]:
    """Whose vectors a folder holds, and what they took; without a name where there is nothing."""
    name = ""
    try:
        # First the vectors: a run that works there writes the account before them.
        name, stored = _stored(folder)
        lines = [EmbeddingsSpent.parse(line) for line in _whole(folder / ACCOUNT).splitlines()]
    except (DataError, ValueError, OSError):
        return name or folder.name, UNKNOWN
    name = name or next((line.model for line in lines), "")
    if stored > sum(line.texts for line in lines):
        return name, UNKNOWN
    return name, total(Spent(line.requests, line.input_tokens, line.cost_usd) for line in lines)


def _stored(folder: Path) -> tuple[str, int]:
    """The model, and the number of its vectors."""
    if not (folder / INFO).exists():
        return "", 0
    info = EmbeddingsInfo.parse(files.read_bytes(folder / INFO))
    vectors = folder / VECTORS
    return f"{info.provider}/{info.model}", (vectors.stat().st_size if vectors.exists() else 0) // info.record_bytes


def _whole(path: Path) -> bytes:
    """The lines of an account that have an end: what a kill cut off is no line.

    Raises:
        DataError: it cannot be read.
    """
    data = files.read_bytes(path) if path.exists() else b""
    return data[: data.rfind(b"\n") + 1]
