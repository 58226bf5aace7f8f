"""Texts -> vectors in the store: only those that are not there yet, several requests at a time, saved as they come."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from qagen.embedding.account import Account, Left
from qagen.embedding.batches import Sizes, Text, batches, prepared
from qagen.embedding.store import Store
from qagen.errors import QagenError, RejectedError, TransientError
from qagen.llm.client import Client, Stopped
from qagen.llm.prices import Price
from qagen.llm.providers import embeddings_of
from qagen.llm.types import Attempts, EmbeddingReply, EmbeddingRequest, TextKind, Usage
from qagen.pump.crew import work

_SHORTEST = 200
"""Characters. A text that is refused as too long even so is left."""
_TOO_LONG = frozenset({"context_length", "too_large"})
_MOST_IN_A_ROW = 3
"""After so many single texts that nothing was made of, one after the other, it is asked whether anything passes."""
_HARMLESS = "The weather is fine."
_BEGINNING = 80


class Embedder:
    """One run over texts, with a client and an open store. `run` once.

    A request that is refused, or that fails after all of its tries, is halved until the text is found that is the
    reason. That one is left, and counted, if others pass; one that is too long is cut instead.
    """

    def __init__(
        self,
        client: Client,
        store: Store,
        workers: int,
        on_progress: Callable[[Account], None],
        price: Price | None = None,
    ) -> None:
        self.account = Account(damaged=store.damaged)
        self._client = client
        self._store = store
        self._workers = workers
        self._on_progress = on_progress
        self._price = price
        host = embeddings_of(client.endpoint.provider)
        self._sizes = Sizes(host.most_texts, host.most_characters, host.longest_text)
        self._in_a_row = 0
        self._error: QagenError | None = None
        self._stopped = False

    async def run(self, texts: Iterable[tuple[str, TextKind]]) -> list[bytes | None]:
        """Make the vectors that are missing; gives the key of each text, None for a blank one.

        Not every key is in the store at the end: `account.left`.

        Raises:
            ProviderError: no request can pass, or nothing succeeds any more.
            StorageError, DataError: what came cannot be kept.
            Stopped: the client was told to send nothing more.
        """
        wanted = [prepared(text, kind, self._client.endpoint.model, self._sizes.longest_text) for text, kind in texts]
        unique = {text.key: text for text in wanted if text is not None}
        missing = [text for key, text in unique.items() if key not in self._store]
        account = self.account
        account.wanted, account.reused = len(unique), len(unique) - len(missing)
        account.blank = sum(text is None for text in wanted)
        self._on_progress(account)
        await self._make(missing)
        return [None if text is None else text.key for text in wanted]

    async def _make(self, missing: list[Text]) -> None:
        waiting = batches(missing, self._sizes)
        # One alone first: it tells whether the key, the model and the form of the request are right.
        await self._work(islice(waiting, 1))
        if self._error is None and not self._stopped:
            await work(self._workers, lambda: self._work(waiting))
        if self._error is not None:
            raise self._error
        if self._stopped:
            raise Stopped

    async def _work(self, waiting: Iterator[list[Text]]) -> None:
        try:
            for batch in waiting:
                await self._settle(batch)
        except Stopped:
            self._stopped = True
        except QagenError as error:
            # The others may finish what is on its way, for it is paid for; nothing more is sent.
            self._error = self._error or error
            self._client.stop()

    async def _settle(self, batch: list[Text]) -> bool:
        """One request, or as many as it takes. True: all of its texts have their vectors, as they are."""
        batch = [text.cut(self._sizes.longest_text) for text in batch]  # less than when it was made, perhaps
        request = EmbeddingRequest(tuple(text.text for text in batch), batch[0].kind, self._client.endpoint.model)
        attempts = Attempts()
        try:
            reply = await self._client.embed(request, attempts)
        except (RejectedError, TransientError) as error:
            self._store.spend(0, attempts.sent, Usage(), self._price)
            if len(batch) > 1:
                return await self._halve(batch, error)
            return await self._settle_alone(batch[0], error)
        self._keep(batch, reply, attempts)
        return True

    async def _halve(self, batch: list[Text], error: RejectedError | TransientError) -> bool:
        if isinstance(error, TransientError) and not self.account.made:
            await self._probe(error)
        middle = len(batch) // 2
        halves = batch[:middle], batch[middle:]
        passed = [await self._settle(half) for half in halves]
        if all(passed) and isinstance(error, RejectedError):
            self._sizes.too_many(halves)
        return False

    async def _settle_alone(self, text: Text, error: RejectedError | TransientError) -> bool:
        """A text that nothing was made of: cut it where it is too long, or leave it."""
        if isinstance(error, RejectedError) and error.code in _TOO_LONG and len(text.text) > _SHORTEST:
            shorter = text.cut(max(_SHORTEST, len(text.text) // 2))
            if await self._settle([shorter]):
                self._sizes.cut_to(len(shorter.text))
            return False
        self._in_a_row += 1
        if self._in_a_row >= _MOST_IN_A_ROW:
            await self._probe(error)
        self.account.left.append(Left(text.text[:_BEGINNING], error))
        self._on_progress(self.account)
        return False

    async def _probe(self, error: RejectedError | TransientError) -> None:
        """Whose fault is it? Where the provider makes nothing of a harmless text either, it is not the texts'.

        Raises:
            RejectedError, TransientError: what happened to the texts.
        """
        request = EmbeddingRequest((_HARMLESS,), "passage", self._client.endpoint.model)
        attempts = Attempts()
        try:
            reply = await self._client.embed(request, attempts)
        except (RejectedError, TransientError):
            raise error from None
        usage = self.account.count(reply.usage, len(_HARMLESS))
        self._store.spend(0, attempts.sent, usage, self._price)
        self._in_a_row = 0

    def _keep(self, batch: list[Text], reply: EmbeddingReply, attempts: Attempts) -> None:
        """Counted first, for it was paid; done only once it is on the disk."""
        account = self.account
        usage = account.count(reply.usage, sum(len(text.text) for text in batch))
        self._store.spend(len(batch), attempts.sent, usage, self._price)
        self._store.add([text.key for text in batch], reply.vectors)
        account.made += len(batch)
        account.cut += sum(text.is_cut for text in batch)
        self._in_a_row = 0
        self._sizes.accepted(batch)
        self._on_progress(account)
