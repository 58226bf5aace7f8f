"""What is asked of another host before the run. Signals end it as they end the run itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from qagen.llm.client import Client, Stopped
from qagen.pump import Event, Outcome, Stopping
from qagen.workers.work import Before


class Errand:
    """One of them. `run` once."""

    def __init__(self, tell: Callable[[Event], None]) -> None:
        self.outcome = Outcome()
        self._tell = tell
        self._client: Client | None = None
        self._limit = asyncio.timeout(None)

    @property
    def stopping(self) -> bool:
        """Whether it is being ended early."""
        return self.outcome.exit_signal is not None

    async def run(self, before: Before) -> None:
        """Do it, as far as nobody ends it."""
        try:
            async with self._limit:
                await before(self._tell, self._meet)
        except (Stopped, TimeoutError):
            if not self.stopping:
                raise

    def stop(self, why: str, *, exit_signal: int, drain_s: float) -> None:
        """Ask nothing more; what is in flight may finish within `drain_s` and is kept."""
        self.outcome.exit_signal = exit_signal
        in_flight = 0
        if self._client is not None:
            self._client.stop()
            in_flight = self._client.meter.in_flight
        # Where all has come, it is only compared, which costs nothing to do again.
        self._limit.reschedule(asyncio.get_running_loop().time() + (drain_s if in_flight else 0.0))
        self._tell(Stopping(why, in_flight))

    def cancel(self) -> None:
        """Give up what is in flight, too."""
        self._limit.reschedule(asyncio.get_running_loop().time())

    def _meet(self, client: Client) -> None:
        self._client = client
