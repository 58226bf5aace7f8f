"""Where replies wait to be understood: one at a time, and in between the loop does what is waiting."""

from __future__ import annotations

import asyncio
import contextlib

_STEPS = 6
"""So many steps of the loop lead from the first byte of an answer to the next request that takes its place."""


class Desk:
    """To understand a reply takes longer than to send a request. Replies come in bursts; requests must not wait."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()

    async def turn(self) -> None:
        """Wait until everybody before has had its turn, and the loop its own.

        Who is cancelled meanwhile has its turn at once, and sees by `is_given_up` that it is the last: what came in is
        understood, because it was paid for.
        """
        with contextlib.suppress(asyncio.CancelledError):
            async with self._turn:
                for _ in range(_STEPS):
                    await asyncio.sleep(0)


def is_given_up() -> bool:
    """Whether the task that asks was cancelled, and has only finished what it was at."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def workers(concurrency: int) -> int:
    """How many keep that many requests in flight: twice as many.

    The next requests of half of them stand ready, or their replies wait here. Without them, what is done with a reply
    would keep its place in flight empty. One at a time needs only one, which waits for the disk as well.
    """
    return 2 * concurrency if concurrency > 1 else 1
