"""What was received goes to the disk: one writer per open document."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from qagen import files
from qagen.errors import StorageError
from qagen.formats import seal, seal_blocks
from qagen.pump.events import DocumentClosed, Notice, Rescued
from qagen.pump.feed import Sheet

if TYPE_CHECKING:
    from qagen.pump.run import Pump

REST = 9.0
"""With several requests in flight a writer rests this many times as long as its last write took ..."""
DURABLE_WITHIN_S = 1.5
"""... but never so long that what is received meanwhile would be on the disk later than this, two writes included."""
SAVE_AGAIN_AFTER_S = (3.0, 6.0)
"""Seconds between tries to save; each is made with a new file."""


class Saver:
    """Saves the documents of one run, each whenever it changed."""

    def __init__(self, pump: Pump) -> None:
        self._pump = pump

    async def keep(self, sheet: Sheet) -> None:
        """Write the document until nothing more of it can change; what cannot be written is rescued."""
        pump = self._pump
        try:
            await self._save_until_finished(sheet)
        except StorageError as error:
            _give_up(sheet)
            pump.stop(str(error), error=error)
        except Exception as error:  # noqa: BLE001 - a bug: the other documents are still saved
            _give_up(sheet)
            pump.note_bug(error)
        # Requests of a document that cannot be saved may still be in flight.
        await sheet.finished.wait()
        if sheet.broken and (sheet.unsaved or sheet.must_save):
            await self._rescue(sheet)
        status = "unsaved" if sheet.broken else sheet.document.status(interrupted=pump.stopping)
        closed = DocumentClosed(sheet.document.name, status, sheet.saved)
        pump.outcome.closed[sheet.document.name] = closed
        pump.outcome.lost += len(sheet.unsaved)
        pump.tell(closed)

    async def _save_until_finished(self, sheet: Sheet) -> None:
        pump = self._pump
        written_status = ""
        last = False
        while not last:
            await sheet.wake.wait()
            sheet.wake.clear()
            last = sheet.finished.is_set()
            status = sheet.document.status(interrupted=pump.stopping and last)
            if sheet.unsaved or sheet.must_save or (written_status and last and status != written_status):
                took = await self._save(sheet, interrupted=pump.stopping and last)
                written_status = status
                if pump.concurrency > 1 and not last:
                    await _wait_for(sheet.finished, _rest_s(took))

    async def _save(self, sheet: Sheet, *, interrupted: bool) -> float:
        """One write of all that is known now; seconds it took. While it fails, nothing more is asked."""
        try:
            return await self._write(sheet, interrupted=interrupted)
        except StorageError as error:
            last_error = error
        given_up = isinstance(self._pump.outcome.stopped_by, StorageError)
        with self._pump.client.closed():
            for wait_s in () if given_up else SAVE_AGAIN_AFTER_S:
                text = f"{last_error} Nothing is asked meanwhile; it is tried again in {wait_s:.0f} s."
                self._pump.tell(Notice(text))
                await _wait_for(self._pump.hurry, wait_s)
                try:
                    return await self._write(sheet, interrupted=interrupted)
                except StorageError as error:
                    last_error = error
        raise last_error

    async def _write(self, sheet: Sheet, *, interrupted: bool) -> float:
        """One try. Only after it does what it holds count."""
        batch, sheet.unsaved = sheet.unsaved, []
        must_save, sheet.must_save = sheet.must_save, False
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            counts = sheet.document.counts
            pieces = sheet.document.encode(interrupted=interrupted)
            await asyncio.to_thread(_write, sheet.document.path, pieces)
        except BaseException:
            sheet.unsaved, sheet.must_save = batch + sheet.unsaved, sheet.must_save or must_save
            raise
        sheet.saved = counts
        for event, durable in batch:
            self._pump.tally.note(event)
            durable.set()
        for event, _ in batch:
            self._pump.tell(event)
        return loop.time() - began

    async def _rescue(self, sheet: Sheet) -> None:
        """What cannot be saved in its place goes where there is room; last of all into the report."""
        pump, path = self._pump, sheet.document.path
        try:
            data = seal(b"".join(sheet.document.encode(interrupted=True)))
        except Exception as error:  # noqa: BLE001 - a bug: the other documents are still saved
            pump.note_bug(error)
            return
        try:
            copy = await asyncio.to_thread(files.rescue, path.name, data)
        except StorageError:
            pump.outcome.rescued.append(Rescued(path, None, data))
        else:
            pump.outcome.rescued.append(Rescued(path, copy, b""))


def _rest_s(took: float) -> float:
    """How long a writer rests. What comes during a write waits for its end, for the rest, and for the next write.

    The next write may take twice as long: files grow, and threads wait for their turn.
    """
    return min(REST * took, max(DURABLE_WITHIN_S - 3 * took, took / 4))


def _write(path: Path, pieces: Sequence[bytes]) -> None:
    """In a thread, and block by block: requests go on meanwhile."""
    files.write(path, seal_blocks(pieces), keep_backup=True)


def _give_up(sheet: Sheet) -> None:
    """Nothing more of this document is written; nobody waits for it."""
    sheet.broken = True
    for _, durable in sheet.unsaved:
        durable.set()


async def _wait_for(event: asyncio.Event, seconds: float) -> None:
    """Until then, or until it happens."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
