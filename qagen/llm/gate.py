"""Where every request waits for its turn: `limits.Traffic` decides, this waits."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from qagen.llm.limits import Ticket, Traffic
from qagen.llm.meter import Meter


class Stopped(Exception):
    """The run is ending: this request was not sent, and nobody is to blame."""


class Gate:
    """Lets requests out one by one, in the order in which they came."""

    def __init__(self, traffic: Traffic, meter: Meter) -> None:
        self.traffic = traffic
        self._meter = meter
        self._turn = asyncio.Lock()
        self._news = asyncio.Event()
        """Something ended or changed: whoever waits looks again."""
        self._stopped = asyncio.Event()

    def stop(self) -> None:
        """Nobody goes out any more."""
        self._stopped.set()
        self._news.set()

    async def enter(self, tokens: float, *, retry: bool, not_before: float = 0.0) -> Ticket:
        """Wait for the turn, and take it. Who may not go `not_before` a time lets the others pass until then.

        Raises:
            Stopped: the run ended first.
        """
        loop = asyncio.get_running_loop()
        while True:
            async with self._turn:
                while not self._stopped.is_set() and (delay := self.traffic.delay_s(loop.time(), tokens)):
                    await self._wait(delay)
                if self._stopped.is_set():
                    raise Stopped
                if loop.time() >= not_before:
                    return self.traffic.enter(loop.time(), tokens, retry=retry)
            await self.sleep(not_before - loop.time())

    def left(self, ticket: Ticket) -> None:
        """The request that went out has ended."""
        self.traffic.left(ticket)
        self._news.set()

    @contextmanager
    def closed(self) -> Iterator[None]:
        """Nobody goes out during the block. Blocks of several callers may overlap."""
        self.traffic.paused += 1
        try:
            yield
        finally:
            self.traffic.paused -= 1
            self._news.set()

    async def sleep(self, seconds: float) -> None:
        """Wait on one's own, outside.

        Raises:
            Stopped: the run ended first.
        """
        try:
            async with asyncio.timeout(seconds):
                await self._stopped.wait()
        except TimeoutError:
            return
        raise Stopped

    async def _wait(self, seconds: float) -> None:
        """Until that time has passed, or there is news."""
        loop = asyncio.get_running_loop()
        began, by_limit = loop.time(), not self.traffic.waits_for_others()
        self._news.clear()
        try:
            async with asyncio.timeout(None if seconds == float("inf") else seconds):
                await self._news.wait()
        except TimeoutError:
            pass
        finally:
            if by_limit:
                self._meter.waited_s += loop.time() - began
