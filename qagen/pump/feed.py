"""Chunks, one after the other, out of a bounded number of open documents."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from qagen.errors import DataError, QagenError, UsageError
from qagen.pump.events import ChunkSaved
from qagen.pump.task import Item, OpenDocument, Unopened


class Sheet:
    """An open document and its writer's notes."""

    def __init__(self, document: OpenDocument) -> None:
        self.document = document
        self.in_flight = 0
        self.all_given = False
        self.unsaved: list[tuple[ChunkSaved, asyncio.Event]] = []
        self.must_save = document.changed
        self.lends_room = False
        self.broken = False
        """It could not be saved; nothing more is written."""
        self.saved = document.counts
        """What the file on the disk holds."""
        self.wake = asyncio.Event()
        self.finished = asyncio.Event()

    def check_finished(self) -> None:
        """Nothing more will settle: the writer may do its last write."""
        if self.all_given and self.in_flight == 0:
            self.finished.set()
            self.wake.set()


class Feed:
    """Chunks, one after the other, out of a bounded number of open documents."""

    def __init__(
        self,
        documents: Iterator[Unopened],
        most_open: int,
        on_open: Callable[[Sheet], None],
        on_failure: Callable[[str, QagenError], None],
    ) -> None:
        self._documents = documents
        self._room = asyncio.Semaphore(most_open)
        self._on_open = on_open
        self._on_failure = on_failure
        self._items: deque[Item] = deque()
        """Of the document that was opened last."""
        self._again: deque[Item] = deque()
        """Held back, and to be given once more."""
        self._sheets: dict[int, Sheet] = {}
        self._turn = asyncio.Lock()
        self.stopping = False

    def end(self) -> list[Item]:
        """No more items: every document may close as soon as nothing of it is in flight.

        Gives those that were to be given once more.
        """
        dropped = list(self._again)
        self._again.clear()
        for item in dropped:
            self.let_go(item)
        self._room.release()  # whoever waits for room must see that there is nothing more to wait for
        for sheet in self._sheets.values():
            sheet.all_given = True
            sheet.check_finished()
        return dropped

    async def next(self) -> Item | None:
        """The next item, in flight from now on; None when there are no more."""
        # Opening a document awaits; without the turn two workers could take the same one.
        async with self._turn:
            while not self.stopping:
                if self._again:
                    return self._again.popleft()  # in flight since it was held back
                if self._items:
                    item = self._items.popleft()
                    sheet = self.sheet_of(item)
                    sheet.in_flight += 1
                    sheet.all_given = not self._items
                    return item
                if not await self._open_next():
                    return None
        return None

    async def _open_next(self) -> bool:
        """Open one more document; False when there is none."""
        unopened = next(self._documents, None)
        if unopened is None:
            return False
        await self._room.acquire()
        if self.stopping:
            return False
        try:
            document = await asyncio.to_thread(unopened.open)
        except (DataError, UsageError) as error:
            self._room.release()
            self._on_failure(unopened.name, error)
            return True
        sheet = Sheet(document)
        self._sheets[id(document)] = sheet
        self._items.extend(document.items)
        self._on_open(sheet)
        if not self._items or self.stopping:
            sheet.all_given = True
            sheet.check_finished()
        return True

    def sheet_of(self, item: Item) -> Sheet:
        """The open document that the item belongs to."""
        return self._sheets[id(item.document)]

    @contextmanager
    def holding(self, item: Item) -> Iterator[None]:
        """After the block the item is no longer in flight."""
        sheet = self.sheet_of(item)
        try:
            yield
        finally:
            sheet.in_flight -= 1
            sheet.check_finished()

    def hold_back(self, item: Item) -> None:
        """Keep the item's document open until `let_go` or `give_again`, without keeping others from being opened."""
        sheet = self.sheet_of(item)
        sheet.in_flight += 1
        if not sheet.lends_room:
            sheet.lends_room = True
            self._room.release()

    def let_go(self, item: Item) -> None:
        """The item that was held back is decided."""
        sheet = self.sheet_of(item)
        sheet.in_flight -= 1
        sheet.check_finished()

    def give_again(self, item: Item) -> None:
        """The item that was held back is given once more, before all others."""
        self._again.append(item)

    def close(self, sheet: Sheet) -> None:
        """The document is saved for good; another may be opened."""
        del self._sheets[id(sheet.document)]
        if not sheet.lends_room:
            self._room.release()
