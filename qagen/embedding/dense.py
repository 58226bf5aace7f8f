"""Passages and questions of a corpus -> for each question, the passages whose meaning is near."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qagen.embedding.account import Account
from qagen.embedding.embedder import Embedder
from qagen.embedding.nearest import Nearest, Rows, cosines, nearest
from qagen.embedding.store import Store, folder_of, opened
from qagen.llm.client import Client
from qagen.llm.prices import Price
from qagen.llm.types import TextKind

MOST = 50
"""Passages that are looked at for each question."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question, and the passage that it was made from."""

    text: str
    chunk_key: str


@dataclass(frozen=True, slots=True)
class Near:
    """A passage whose vector is near that of a question."""

    chunk_key: str
    cosine: float


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What the vectors say of one question."""

    near: tuple[Near, ...]
    """The nearest passages, the best first; its own is among them where it is near enough. Empty where the question has
    no vector."""
    own: float | None
    """Cosine of question and own passage; None where one of them has no vector."""


class Dense:
    """The neighbours of all questions. Kept as numbers: as objects, those of many questions would fill the memory."""

    def __init__(
        self, chunk_keys: list[str], pair_ids: list[str], found: Nearest, own: NDArray[np.float32], account: Account
    ) -> None:
        self.account = account
        self._chunk_keys = chunk_keys
        self._places = {pair_id: place for place, pair_id in enumerate(pair_ids)}
        self._found = found
        self._own = own

    def of(self, pair_id: str) -> Neighbours:
        """What was found for the question of this pair; nothing for an unknown one."""
        place = self._places.get(pair_id)
        if place is None:
            return Neighbours((), None)
        numbers, scores = self._found.passages[place].tolist(), self._found.cosines[place].tolist()
        near = tuple(
            Near(self._chunk_keys[number], score) for number, score in zip(numbers, scores, strict=True) if number >= 0
        )
        own = float(self._own[place])
        return Neighbours(near, None if np.isnan(own) else own)


async def search(
    client: Client,
    index: Path,
    passages: Mapping[str, str],
    questions: Mapping[str, Question],
    *,
    most: int = MOST,
    workers: int,
    on_progress: Callable[[Account], None] = lambda _: None,
    break_lock: bool = False,
    price: Price | None = None,
) -> Dense:
    """Make the vectors that are not in the folder `index` yet, and compare them.

    `passages` are texts by chunk key, `questions` stand by the ids of their pairs. `client.stop()` ends it early; what
    came until then is kept. `price` is that of today, for the account beside the vectors; None: it is unknown.

    Raises:
        UsageError: the provider makes no vectors, or nothing can be written into the folder.
        LockedError: another run works there.
        ProviderError: no request can pass, or nothing succeeds any more.
        StorageError, DataError: what came cannot be kept, or what is there is something else.
        Stopped: the client was told to send nothing more.
    """
    endpoint = client.endpoint
    with opened(folder_of(index, endpoint), endpoint, break_lock=break_lock) as store:
        embedder = Embedder(client, store, workers, on_progress, price)
        texts: list[tuple[str, TextKind]] = [(text, "passage") for text in passages.values()]
        texts += [(question.text, "query") for question in questions.values()]
        keys = await embedder.run(texts)
        rows = np.array([-1 if (row := _row(store, key)) is None else row for key in keys], dtype=np.int64)
        # In a thread: a signal must not wait for it.
        return await asyncio.to_thread(_compare, store, rows, list(passages), questions, most, embedder.account)


def _row(store: Store, key: bytes | None) -> int | None:
    return None if key is None else store.row(key)


def _compare(
    store: Store,
    rows: Rows,
    chunk_keys: list[str],
    questions: Mapping[str, Question],
    most: int,
    account: Account,
) -> Dense:
    """`rows`: those of the passages and then those of the questions, -1 where a text has no vector."""
    of_passages, of_questions = rows[: len(chunk_keys)], rows[len(chunk_keys) :]
    known = np.flatnonzero(of_passages >= 0)
    asked = np.flatnonzero(of_questions >= 0)
    found = nearest(store.vectors, of_questions[asked], of_passages[known], min(most, len(known)))
    places = {chunk_key: place for place, chunk_key in enumerate(chunk_keys)}
    own = np.array([places.get(question.chunk_key, -1) for question in questions.values()], dtype=np.int64)
    own_rows = np.where(own >= 0, of_passages[own], -1) if len(of_passages) else np.full(len(own), -1)
    both = np.flatnonzero((own_rows >= 0) & (of_questions >= 0))
    own_cosines = np.full(len(own), np.nan, dtype=np.float32)
    own_cosines[both] = cosines(store.vectors, of_questions[both], own_rows[both])
    pair_ids = list(questions)
    return Dense(
        [chunk_keys[place] for place in known],
        [pair_ids[place] for place in asked],
        found,
        own_cosines[asked],
        account,
    )
