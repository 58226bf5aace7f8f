"""`python -m benchmarks.watched FIGURES_FILE generate-qa ...`: the program, with its saving watched from inside.

Counted are the writes of QA files and their bytes, how many chunks each write brought to the disk, and how long a chunk
waited for that from the moment in which its reply was understood.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from qagen import cli, files
from qagen.pump import Outcome, run, saving
from qagen.pump.feed import Sheet


@dataclass(slots=True)
class Figures:
    """Of one run."""

    writes: int = 0
    """Of QA files."""
    written_bytes: int = 0
    largest_write: int = 0
    """In bytes: the size of the finished file."""
    chunks: int = 0
    most_in_a_write: int = 0
    longest_wait_s: float = 0.0
    """From the reply to the end of the write that holds it."""
    asking_s: float = 0.0
    """From the first chunk that is taken to the end of the last write, without the start of the program."""

    @property
    def naive_bytes(self) -> float:
        """What would be written if each chunk had a write of its own: the file grows evenly up to its last size."""
        return self.largest_write * (self.chunks + 1) / 2


def watch(figures: Figures) -> None:
    """Put the counters into the program; for this process, and before it starts."""
    write, note, write_sheet, ask = files.write, run.Pump._note, saving.Saver._write, run.Pump.run
    noted: dict[int, float] = {}

    def counted_write(path: Path, pieces: bytes | Iterable[bytes], *, keep_backup: bool = False) -> None:
        data = pieces if isinstance(pieces, bytes) else b"".join(pieces)
        write(path, data, keep_backup=keep_backup)
        if path.name.endswith("_qa.json"):
            figures.writes += 1
            figures.written_bytes += len(data)
            figures.largest_write = max(figures.largest_write, len(data))

    def timed_note(pump: run.Pump, sheet: Sheet, *given: Any) -> asyncio.Event:
        durable = note(pump, sheet, *given)
        noted[id(durable)] = asyncio.get_running_loop().time()
        return durable

    async def timed_write(saver: saving.Saver, sheet: Sheet, *, interrupted: bool) -> float:
        batch = [durable for _, durable in sheet.unsaved]
        took = await write_sheet(saver, sheet, interrupted=interrupted)
        now = asyncio.get_running_loop().time()
        waits = [now - noted.pop(id(durable)) for durable in batch]
        figures.chunks += len(batch)
        figures.most_in_a_write = max(figures.most_in_a_write, len(batch))
        figures.longest_wait_s = max([figures.longest_wait_s, *waits])
        return took

    async def timed_run(pump: run.Pump) -> Outcome:
        began = asyncio.get_running_loop().time()
        outcome = await ask(pump)
        figures.asking_s = asyncio.get_running_loop().time() - began
        return outcome

    files.write = counted_write
    run.Pump.run = timed_run  # type: ignore[method-assign,assignment]
    run.Pump._note = timed_note  # type: ignore[method-assign,assignment]
    saving.Saver._write = timed_write  # type: ignore[method-assign,assignment]


def main() -> None:
    """Run the command, and leave the figures however it ends."""
    target = Path(sys.argv.pop(1))
    figures = Figures()
    watch(figures)
    try:
        cli.main()
    finally:
        target.write_text(json.dumps(asdict(figures)))


if __name__ == "__main__":
    main()
