"""Workers without a feed: for runs whose items are known from the beginning."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any


async def work(count: int, worker: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run so many workers to their end. What one raises ends the others."""
    async with asyncio.TaskGroup() as group:
        for _ in range(count):
            group.create_task(worker())
