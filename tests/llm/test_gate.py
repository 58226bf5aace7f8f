"""The turnstile: who waits goes out in order, a stop wakes everybody, and only limits count as waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from anyio.lowlevel import checkpoint

from qagen.llm.gate import Gate, Stopped
from qagen.llm.limits import Breaker, Ticket, Traffic
from qagen.llm.meter import Meter

pytestmark = pytest.mark.anyio


class Scene:
    """A gate, and those who come to it."""

    def __init__(self, concurrency: int = 1, **bounds: Any) -> None:
        self.traffic = Traffic(concurrency, breaker=Breaker(0.05), **bounds)
        self.meter = Meter()
        self.gate = Gate(self.traffic, self.meter)
        self.entered: list[int] = []
        self.tickets: dict[int, Ticket] = {}
        self.times: list[float] = []

    async def come(self, who: int) -> None:
        self.tickets[who] = await self.gate.enter(0, retry=False)
        self.entered.append(who)
        self.times.append(self.now)

    def coming(self, *who: int) -> list[asyncio.Task[None]]:
        return [asyncio.create_task(self.come(one)) for one in who]

    def leave(self, who: int) -> None:
        self.gate.left(self.tickets.pop(who))

    @property
    def now(self) -> float:
        return asyncio.get_running_loop().time()


async def settled() -> None:
    """Everybody has had every turn that can be had now."""
    for _ in range(20):
        await checkpoint()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await checkpoint()


async def all_of(tasks: list[asyncio.Task[None]]) -> None:
    async with asyncio.timeout(60):
        await asyncio.gather(*tasks)


# The order


async def test_nobody_waits_where_there_is_room() -> None:
    scene = Scene(4)
    await all_of(scene.coming(0, 1, 2, 3))
    assert scene.entered == [0, 1, 2, 3]
    assert scene.meter.waited_s == 0


async def test_those_who_wait_go_out_in_the_order_in_which_they_came() -> None:
    scene = Scene(1)
    tasks = scene.coming(*range(10))
    for who in range(10):
        await settled()
        assert scene.entered == list(range(who + 1))
        scene.leave(who)
    await all_of(tasks)


async def test_who_comes_while_others_wait_does_not_pass_them() -> None:
    scene = Scene(1)
    tasks = scene.coming(0, 1, 2)
    await settled()
    scene.leave(0)
    tasks += scene.coming(3)
    await settled()
    scene.leave(1)
    await settled()
    scene.leave(2)
    await all_of(tasks)
    assert scene.entered == [0, 1, 2, 3]


async def test_several_who_leave_at_once_let_as_many_in() -> None:
    scene = Scene(3)
    tasks = scene.coming(*range(6))
    await settled()
    assert scene.entered == [0, 1, 2]
    for who in (2, 0, 1):
        scene.leave(who)
    await all_of(tasks)
    assert scene.entered == [0, 1, 2, 3, 4, 5]


async def test_a_rate_lets_one_after_the_other_out() -> None:
    scene = Scene(8, requests_per_minute=1200)
    await all_of(scene.coming(*range(6)))
    assert scene.entered == list(range(6))
    assert scene.times[-1] - scene.times[0] >= 5 * 0.05 - 0.25 - 0.01, "what the bucket saves up is a quarter second"


# The end


async def test_a_stop_wakes_everybody() -> None:
    scene = Scene(1)
    (first,) = scene.coming(0)
    await first
    scene.traffic.hold(scene.now + 1000)
    waiting = scene.coming(*range(1, 6))
    asleep = [asyncio.create_task(scene.gate.sleep(1000)) for _ in range(3)]
    await settled()
    scene.gate.stop()
    async with asyncio.timeout(60):
        ends = await asyncio.gather(*waiting, *asleep, return_exceptions=True)
    assert {type(end) for end in ends} == {Stopped}
    assert scene.traffic.in_flight == 1


async def test_after_a_stop_nobody_goes_out_even_where_there_is_room() -> None:
    scene = Scene(4)
    scene.gate.stop()
    with pytest.raises(Stopped):
        await scene.come(0)
    with pytest.raises(Stopped):
        await scene.gate.sleep(1000)


async def test_a_stop_during_a_pause_wakes_everybody_too() -> None:
    scene = Scene(4)
    with scene.gate.closed():
        (waiting,) = scene.coming(0)
        await settled()
        scene.gate.stop()
        with pytest.raises(Stopped):
            await waiting


@pytest.mark.parametrize("seconds", [0.0, 0.02])
async def test_who_sleeps_wakes_up_in_time(seconds: float) -> None:
    scene = Scene()
    began = scene.now
    await scene.gate.sleep(seconds)
    assert seconds - 0.001 <= scene.now - began < 5


# The pause


async def test_nobody_goes_out_during_a_pause_and_everybody_after_it() -> None:
    scene = Scene(4)
    with scene.gate.closed():
        tasks = scene.coming(0, 1, 2)
        await settled()
        assert scene.entered == []
    await all_of(tasks)
    assert scene.entered == [0, 1, 2]


async def test_pauses_of_several_may_overlap() -> None:
    scene = Scene(4)
    first, second = scene.gate.closed(), scene.gate.closed()
    first.__enter__()
    second.__enter__()
    tasks = scene.coming(0)
    first.__exit__(None, None, None)
    await settled()
    assert scene.entered == []
    second.__exit__(None, None, None)
    await all_of(tasks)


async def test_a_pause_ends_with_an_error_inside_it() -> None:
    scene = Scene(4)
    with pytest.raises(OSError, match="disk"), scene.gate.closed():
        raise OSError("disk")
    await scene.come(0)


async def test_what_leaves_during_a_pause_lets_nobody_in() -> None:
    scene = Scene(1)
    await scene.come(0)
    with scene.gate.closed():
        tasks = scene.coming(1)
        await settled()
        scene.leave(0)
        await settled()
        assert scene.entered == [0]
    await all_of(tasks)


# Cancellation


@pytest.mark.parametrize("given_up", [[1], [2], [3], [1, 2], [1, 3], [3, 1], [1, 2, 3]])
async def test_who_gives_up_waiting_takes_no_turn_from_the_others(given_up: list[int]) -> None:
    scene = Scene(1)
    tasks = scene.coming(*range(5))
    await settled()
    for who in given_up:
        tasks[who].cancel()
    await settled()
    remaining = [who for who in range(5) if who not in given_up]
    for who in remaining:
        await settled()
        scene.leave(who)
    async with asyncio.timeout(60):
        await asyncio.gather(*tasks, return_exceptions=True)
    assert scene.entered == remaining
    assert scene.traffic.in_flight == 0


async def test_who_gives_up_in_the_moment_of_its_turn_leaves_it_to_the_next() -> None:
    scene = Scene(1)
    tasks = scene.coming(0, 1, 2)
    await settled()
    scene.leave(0)
    tasks[1].cancel()
    await settled()
    assert scene.traffic.in_flight == len(scene.tickets) == 1
    if 1 in scene.tickets:
        scene.leave(1)
    async with asyncio.timeout(60):
        await tasks[2]


async def test_who_gives_up_during_a_limit_leaves_the_others_to_wait_for_its_end() -> None:
    scene = Scene(4)
    scene.traffic.hold(scene.now + 0.05)
    began = scene.now
    tasks = scene.coming(0, 1)
    await settled()
    tasks[0].cancel()
    await all_of(tasks[1:])
    assert scene.times[0] - began >= 0.05


# News


async def test_a_limit_that_grows_longer_is_waited_for_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(4)
    began = scene.now
    with monkeypatch.context() as patch:
        # Until both limits are known, no time passes.
        patch.setattr(asyncio.get_running_loop(), "time", lambda: began)
        scene.traffic.hold(began + 0.03)
        tasks = scene.coming(0)
        await settled()
        scene.traffic.hold(began + 0.1)
    await all_of(tasks)
    assert scene.times[0] - began >= 0.1


async def test_a_success_that_raises_the_concurrency_lets_two_in() -> None:
    scene = Scene(4)
    scene.traffic.concurrency.limit = 1
    tasks = scene.coming(0, 1, 2)
    await settled()
    ticket = scene.tickets.pop(0)
    scene.gate.left(ticket)
    scene.traffic.succeeded(ticket, None)
    await all_of(tasks)


async def test_a_probe_goes_alone_and_its_answer_lets_the_others_follow() -> None:
    scene = Scene(16)
    scene.traffic.breaker.open(scene.now)
    tasks = scene.coming(*range(5))
    await until(lambda: scene.entered == [0])
    await asyncio.sleep(0.06)
    assert scene.entered == [0], "however long it takes"
    ticket = scene.tickets.pop(0)
    scene.gate.left(ticket)
    scene.traffic.succeeded(ticket, None)
    await all_of(tasks)


async def test_a_probe_that_is_given_up_is_followed_by_the_next_one() -> None:
    scene = Scene(16)
    scene.traffic.breaker.open(scene.now)
    tasks = scene.coming(0, 1)
    await until(lambda: scene.entered == [0])
    scene.leave(0)
    await all_of(tasks)
    assert scene.tickets[1].probe


# What counts as waiting


async def test_waiting_for_a_limit_counts_once_however_many_wait() -> None:
    scene = Scene(8)
    began = scene.now
    scene.traffic.hold(began + 0.1)
    await all_of(scene.coming(*range(8)))
    assert 0.09 <= scene.meter.waited_s <= scene.now - began + 0.001


async def test_waiting_for_others_or_for_the_disk_does_not_count() -> None:
    scene = Scene(1)
    tasks = scene.coming(0, 1)
    await asyncio.sleep(0.03)
    scene.leave(0)
    await all_of(tasks)
    scene.leave(1)
    with scene.gate.closed():
        tasks = scene.coming(2)
        await asyncio.sleep(0.03)
    await all_of(tasks)
    assert scene.meter.waited_s == 0


async def test_waiting_for_a_probe_counts() -> None:
    scene = Scene(16)
    scene.traffic.breaker.open(scene.now)
    tasks = scene.coming(0, 1)
    await until(lambda: scene.entered == [0])
    await asyncio.sleep(0.05)
    scene.leave(0)
    await all_of(tasks)
    assert scene.meter.waited_s >= 0.09


async def test_a_rate_of_the_users_counts_as_a_limit() -> None:
    scene = Scene(8, requests_per_minute=600)
    await all_of(scene.coming(*range(5)))
    assert all(early <= late for early, late in pairwise(scene.times))
    assert scene.meter.waited_s == pytest.approx(scene.times[-1] - scene.times[0], abs=0.05)


async def test_waiting_that_is_given_up_counts_as_far_as_it_went() -> None:
    scene = Scene(4)
    scene.traffic.hold(scene.now + 1000)
    (task,) = scene.coming(0)
    await asyncio.sleep(0.05)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert 0.04 <= scene.meter.waited_s < 5
