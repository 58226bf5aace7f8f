"""Signals at the end of a run: one Ctrl-C more than it took costs nothing, whenever it is pressed."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator

import pytest

from qagen.workers import loop

pytestmark = pytest.mark.anyio


class Stopped:
    """Work that somebody has ended."""

    stopping = True

    def stop(self, why: str, *, exit_signal: int, drain_s: float) -> None: ...

    def cancel(self) -> None: ...


@pytest.fixture
def handler() -> Iterator[None]:
    """What reacts to Ctrl-C is as it was before."""
    before = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("times", [1, 3])
async def test_ctrl_c_in_the_moment_in_which_nobody_listens_any_more_is_ignored(
    times: int, handler: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = asyncio.get_running_loop()
    remove = running.remove_signal_handler
    left = [signal.SIGINT] * times

    def remove_while_it_is_pressed(number: int) -> bool:
        removed = remove(number)
        if number == signal.SIGINT and left:
            signal.raise_signal(left.pop())
        return removed

    monkeypatch.setattr(running, "remove_signal_handler", remove_while_it_is_pressed)
    with loop._signals(Stopped(), None):
        pass
    assert not left
    signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
