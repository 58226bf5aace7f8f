"""The vectors that were paid for, in one file of a folder: kept as they come, never asked for again."""

from __future__ import annotations

import contextlib
import hashlib
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qagen import files
from qagen.errors import DataError
from qagen.formats import EmbeddingsInfo, EmbeddingsSpent, encode
from qagen.llm.prices import Price, without_dust
from qagen.llm.providers import Endpoint
from qagen.llm.types import TextKind, Usage
from qagen.spending import INFO, VECTORS, Account

_VERSION = 1
"""Counts up when texts are prepared otherwise than before: their vectors would not be the same."""


def key_of(text: str, kind: TextKind) -> bytes:
    """What tells texts apart: 32 bytes."""
    return hashlib.sha256(f"{kind}\0{text}".encode("utf-8", "surrogatepass")).digest()


def folder_of(index: Path, endpoint: Endpoint) -> Path:
    """Where the vectors of this model lie beside the index of a corpus."""
    identity = "\0".join((str(_VERSION), endpoint.provider.name, endpoint.host, endpoint.model))
    return index / f"embeddings-{hashlib.sha256(identity.encode()).hexdigest()[:16]}"


@contextlib.contextmanager
def opened(folder: Path, endpoint: Endpoint, *, break_lock: bool = False) -> Iterator[Store]:
    """Hold the folder, which is made and proven writable, and read what is there.

    Raises:
        LockedError: another run works there.
        UsageError: no file can be written there.
        DataError: it holds something else.
    """
    with files.locked(folder, break_lock=break_lock):
        yield Store(folder, endpoint)


class Store:
    """Vectors of length one, by the keys of their texts. Only under the lock of its folder (`opened`)."""

    def __init__(self, folder: Path, endpoint: Endpoint) -> None:
        self.folder = folder
        self.damaged = 0
        """Records that are not as they were written; their texts are unknown."""
        self._endpoint = endpoint
        self._account = Account(folder)
        self._path = folder / VECTORS
        self._rows: dict[bytes, int] = {}
        self._count = 0
        self._info = self._read_info()
        self._mapped: NDArray[np.void] | None = None
        if self._info is not None:
            self._read_rows()

    def __contains__(self, key: bytes) -> bool:
        return key in self._rows

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def dimensions(self) -> int | None:
        """Numbers of each vector; None while there is none."""
        return self._info.dimensions if self._info else None

    def row(self, key: bytes) -> int | None:
        """Where the vector stands; None where there is none."""
        return self._rows.get(key)

    def vectors(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """The vectors of these rows, in memory."""
        if self._mapped is None or len(self._mapped) != self._count:
            self._mapped = self._map()
        taken: NDArray[np.float32] = self._mapped["vector"][rows].astype(np.float32)
        return taken

    def spend(self, texts: int, requests: int, usage: Usage, price: Price | None) -> None:
        """Note what a request took, on the disk when this returns: before its vectors, so that no kill forgets money.

        `texts`: whose vectors it brought; `requests`: with the tries that failed; `price`: None where it is unknown.

        Raises:
            StorageError: it could not be saved.
        """
        cost = None if price is None else without_dust(price.cost(usage))
        model = f"{self._endpoint.provider.name}/{self._endpoint.model}"
        tokens = usage.input_tokens
        self._account.add(
            EmbeddingsSpent(model=model, texts=texts, requests=requests, input_tokens=tokens, cost_usd=cost)
        )

    def add(self, keys: Sequence[bytes], vectors: NDArray[np.float32]) -> None:
        """Keep vectors, on the disk when this returns. They are brought to length one.

        Raises:
            StorageError: they could not be saved; what was there before is.
            DataError: they have another length than those that are there.
        """
        if self._info is None:
            self._write_info(vectors.shape[1])
        if vectors.shape[1] != self.dimensions:
            raise DataError(
                f"{self.folder}: it holds vectors of {self.dimensions} numbers, and {self._endpoint.model} now makes "
                f"some of {vectors.shape[1]}: another model answers to this name. Delete the folder to begin anew."
            )
        records = np.zeros(len(keys), dtype=self._record)
        records["key"] = np.frombuffer(b"".join(keys), dtype="V32")
        records["vector"] = of_length_one(vectors)
        for place in range(len(keys)):
            records["sum"][place] = _sum(records[place])
        files.append(self._path, records.tobytes(), self._count * self._record.itemsize)
        for key in keys:
            self._rows[key] = self._count
            self._count += 1

    @property
    def _record(self) -> np.dtype[np.void]:
        return np.dtype([("key", "V32"), ("sum", "<u4"), ("vector", "<f2", (self.dimensions,))])

    def _map(self) -> NDArray[np.void]:
        if not self._count:
            return np.zeros(0, dtype=self._record)
        mapped: NDArray[np.void] = np.memmap(self._path, dtype=self._record, mode="r", shape=(self._count,))
        return mapped

    def _read_info(self) -> EmbeddingsInfo | None:
        path = self.folder / INFO
        if not path.exists():
            return None
        try:
            return EmbeddingsInfo.parse(files.read_bytes(path))
        except (ValueError, DataError) as error:
            raise DataError(
                f"{path}: it is not what it should be ({error}). Delete the folder to begin anew."
            ) from error

    def _write_info(self, dimensions: int) -> None:
        """Before the first vector: without it nobody could read them."""
        endpoint = self._endpoint
        info = EmbeddingsInfo(
            provider=endpoint.provider.name, host=endpoint.host, model=endpoint.model, dimensions=dimensions
        )
        files.write(self.folder / INFO, encode(info.model_dump(), indent=True) + b"\n")
        self._info = info

    def _read_rows(self) -> None:
        """What a kill cut off in the middle is no record; what the disk changed is none either."""
        size = self._path.stat().st_size if self._path.exists() else 0
        self._count = size // self._record.itemsize
        mapped = self._map()
        for place in range(self._count):
            record = mapped[place]
            if int(record["sum"]) == _sum(record):
                self._rows[record["key"].tobytes()] = place
            else:
                self.damaged += 1


def of_length_one(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """The same directions; a vector of zeros stays."""
    wide = vectors.astype(np.float64)  # the square of a large float32 is none
    lengths = np.linalg.norm(wide, axis=1, keepdims=True)
    scaled: NDArray[np.float32] = (wide / np.where(lengths > 0, lengths, 1)).astype(np.float32)
    return scaled


def _sum(record: np.void) -> int:
    return zlib.crc32(record["vector"].tobytes(), zlib.crc32(record["key"].tobytes()))
