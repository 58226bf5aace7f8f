"""Random runs of the pump: whatever fails, stops or is cancelled, it ends, and memory, disk and account agree."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from qagen.errors import AccessError, RejectedError
from qagen.llm.client import Client, Stopped
from qagen.llm.types import Attempts, ChatReply, ChatRequest, Usage
from qagen.pump import ChunkSaved, Event, Item, Made, Trail
from qagen.pump.run import Pump
from tests.pump.test_pump import EchoTask, Notebook, ScriptedClient, Shelf, failing

RUNS = 120


class MoodyClient(ScriptedClient):
    """Answers after a moment, by chance well or badly."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self.chance = chance

    async def send(self, request: ChatRequest, attempts: Attempts) -> ChatReply:
        await asyncio.sleep(self.chance.random() * 0.003)
        if self.stopped:
            raise Stopped
        attempts.sent += 1
        await asyncio.sleep(self.chance.random() * 0.004)
        mood = self.chance.random()
        if mood < 0.10:
            raise failing(self.chance.choice(["5xx", "connect", "reset"]))
        if mood < 0.13:
            raise RejectedError("no", code="bad_request")
        if mood < 0.133:
            raise AccessError("no", code="auth")
        text = "again" if mood < 0.20 else "no" if mood < 0.23 else "fine"
        return ChatReply(text=text, finish="stop", usage=Usage(1, 0, 1), model="m")


class StrictNotebook(Notebook):
    """Refuses to settle a chunk twice."""

    def settle(self, item: Item, result: Any, trail: Trail) -> Made:
        assert item.position not in self.done.keys() | self.failed.keys()
        return super().settle(item, result, trail)

    def fail(self, item: Item, code: str, message: str, trail: Trail) -> None:
        assert item.position not in self.done.keys() | self.failed.keys()
        super().fail(item, code, message, trail)


@pytest.mark.anyio
@pytest.mark.parametrize("seed", range(RUNS))
async def test_a_random_run_ends_and_its_account_is_true(seed: int) -> None:
    chance = random.Random(seed)
    books = [
        StrictNotebook(f"d{n}", [f"{n}-{k}" for k in range(chance.randint(0, 6))]) for n in range(chance.randint(1, 7))
    ]
    for book in books:
        book.changed = chance.random() < 0.2
    events: list[Event] = []
    shelves: Iterator[Any] = iter([Shelf(book) for book in books])
    pump = Pump(
        EchoTask(),
        cast(Client, MoodyClient(chance)),
        shelves,
        concurrency=chance.choice([1, 2, 4, 9]),
        most_open=chance.choice([1, 2, 8]),
        on_event=events.append,
    )
    loop = asyncio.get_running_loop()
    if chance.random() < 0.5:
        loop.call_later(chance.random() * 0.05, _stop, pump)
    if chance.random() < 0.3:
        moment = chance.random() * 0.06
        loop.call_later(moment, _stop, pump)
        loop.call_later(moment, pump.cancel)
    async with asyncio.timeout(10):
        outcome = await pump.run()
    assert outcome.bug is None
    in_memory = sum(len(book.done) + len(book.failed) for book in books)
    assert sum(isinstance(event, ChunkSaved) for event in events) == pump.tally.saved == in_memory
    assert _on_disk(books, interrupted=pump.stopping) == in_memory
    if not pump.stopping:
        assert all(not book.counts.pending for book in books)


def _stop(pump: Pump) -> None:
    pump.stop("told", exit_signal=130)


def _on_disk(books: list[StrictNotebook], *, interrupted: bool) -> int:
    total = 0
    for book in books:
        path = Path(f"{book.name}.json")
        if path.exists():
            saved = json.loads(path.read_text())
            total += len(saved["done"]) + len(saved["failed"])
            assert saved["status"] == book.status(interrupted=interrupted)
    return total
