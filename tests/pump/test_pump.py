"""The pump alone: a scripted model, documents that only count, real files."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import pytest

from qagen import files
from qagen.errors import AccessError, RejectedError, StorageError, TransientError
from qagen.formats import NO_CHECKSUM, Chunk
from qagen.llm.client import Client, Meter, Stopped
from qagen.llm.types import Attempts, ChatReply, ChatRequest, Usage
from qagen.pump import (
    AskAgain,
    ChunkSaved,
    DocumentClosed,
    Event,
    Item,
    Made,
    Outcome,
    Rejected,
    Settled,
    Stopping,
    Trail,
    saving,
)
from qagen.pump.desk import Desk
from qagen.pump.run import Pump
from qagen.pump.worth import AT_FIRST
from qagen.state import Counts

pytestmark = pytest.mark.anyio

Answer = str | Exception


@dataclass
class ScriptedClient:
    """Answers each passage by a script: a text, or an error to raise. The last entry of a script repeats."""

    script: dict[str, list[Answer]] = field(default_factory=dict)
    meter: Meter = field(default_factory=Meter)
    asked: list[str] = field(default_factory=list)
    stopped: bool = False
    shut: bool = False

    def stop(self) -> None:
        self.stopped = True

    @contextmanager
    def closed(self) -> Iterator[None]:
        before, self.shut = self.shut, True
        yield
        self.shut = before

    async def send(self, request: ChatRequest, attempts: Attempts) -> ChatReply:
        await asyncio.sleep(0)
        if self.stopped:
            raise Stopped
        self.asked.append(request.user)
        attempts.sent += 1
        answers = self.script.get(request.user, ["fine"])
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        return ChatReply(text=answer, finish="stop", usage=Usage(1, 0, 1), model="m")


class EchoTask:
    """Keeps the reply as it is; `again` asks again, `no` is rejected, `bug` is one."""

    def plan(self, item: Item) -> ChatRequest | Settled:
        return ChatRequest(system="", user=item.chunk.text, model="m", max_tokens=1)

    def understand(
        self, reply: ChatReply, item: Item, request: ChatRequest, turn: int, before: Settled | None
    ) -> Settled | AskAgain | Rejected:
        if reply.text == "bug":
            raise ZeroDivisionError
        if reply.text == "again" and turn < 3:
            return AskAgain(request, "no", "again")
        return Rejected("no", "not that") if reply.text in {"no", "again"} else Settled(reply.text)


class Notebook:
    """A document that remembers words."""

    def __init__(self, name: str, texts: list[str]) -> None:
        self.name = name
        self.path = Path(f"{name}.json")
        self.changed = False
        self.done: dict[int, str] = {}
        self.failed: dict[int, str] = {}
        self.trails: dict[int, Trail] = {}
        self.postponed: dict[int, Trail] = {}
        self.texts = texts

    @property
    def items(self) -> list[Item]:
        return [
            Item(self, at, Chunk(chunk_index=at, chunk_id=f"{self.name}-{at}", text=text), text)
            for at, text in enumerate(self.texts)
        ]

    @property
    def counts(self) -> Counts:
        return Counts(len(self.texts), len(self.done), len(self.failed))

    def settle(self, item: Item, result: Any, trail: Trail) -> Made:
        self.done[item.position] = result
        self.trails[item.position] = trail
        return Made(0, rejected=1) if result == "rejected" else Made(1)

    def fail(self, item: Item, code: str, message: str, trail: Trail) -> None:
        self.failed[item.position] = code

    def postpone(self, item: Item, trail: Trail) -> None:
        self.postponed[item.position] = trail

    def status(self, *, interrupted: bool) -> str:
        return "completed" if not self.counts.pending else "interrupted" if interrupted else "in_progress"

    def encode(self, *, interrupted: bool) -> list[bytes]:
        status = self.status(interrupted=interrupted)
        value = {"checksum": NO_CHECKSUM, "done": self.done, "failed": self.failed, "status": status}
        return [json.dumps(value).encode()]


@dataclass
class Shelf:
    """Opens its notebook, and counts how many are open."""

    notebook: Notebook
    on_open: Callable[[], None] = lambda: None

    @property
    def name(self) -> str:
        return self.notebook.name

    def open(self) -> Notebook:
        self.on_open()
        return self.notebook


def failing(code: str = "5xx") -> TransientError:
    return TransientError("the server stumbled", code=code)


async def pump(
    client: ScriptedClient,
    *notebooks: Notebook,
    concurrency: int = 1,
    most_open: int = 8,
    events: list[Event] | None = None,
    most_useless: int = AT_FIRST,
) -> tuple[Pump, Outcome]:
    """Run to the end, with a limit that turns a deadlock into a failure."""
    shelves: Iterator[Any] = iter([Shelf(notebook) for notebook in notebooks])
    heard: list[Event] = events if events is not None else []
    machine = Pump(
        EchoTask(),
        cast(Client, client),
        shelves,
        concurrency=concurrency,
        most_open=most_open,
        on_event=heard.append,
        most_useless=most_useless,
    )
    async with asyncio.timeout(20):
        return machine, await machine.run()


async def test_every_chunk_is_asked_once_and_saved() -> None:
    notebooks = [Notebook("a", ["1", "2", "3"]), Notebook("b", ["4"])]
    client = ScriptedClient()
    machine, outcome = await pump(client, *notebooks, concurrency=2)
    assert sorted(client.asked) == ["1", "2", "3", "4"]
    assert json.loads(Path("a.json").read_text())["status"] == "completed"
    assert (machine.tally.saved, machine.tally.made, outcome.stopped_by) == (4, 4, None)
    assert {name: closed.status for name, closed in outcome.closed.items()} == {"a": "completed", "b": "completed"}


async def test_a_chunk_counts_only_once_it_is_on_the_disk() -> None:
    notebook = Notebook("a", ["1", "2", "3"])
    on_disk = []

    class Ear(list[Event]):
        def append(self, event: Event) -> None:
            if isinstance(event, ChunkSaved):
                on_disk.append(len(json.loads(Path("a.json").read_text())["done"]))

    await pump(ScriptedClient(), notebook, events=Ear())
    assert on_disk == [1, 2, 3]


async def test_an_exhausted_chunk_fails_when_a_later_one_succeeds() -> None:
    notebook = Notebook("a", ["bad", "good"])
    _, outcome = await pump(ScriptedClient({"bad": [failing()]}), notebook)
    assert notebook.failed == {0: "transient:5xx"}
    assert notebook.done == {1: "fine"}
    assert outcome.exit_code(failed_chunks=1, successes=1) == 1


async def test_an_exhausted_last_chunk_fails_when_anything_ever_succeeded() -> None:
    notebook = Notebook("a", ["good", "bad"])
    await pump(ScriptedClient({"bad": [failing()]}), notebook)
    assert notebook.failed == {1: "transient:5xx"}
    assert json.loads(Path("a.json").read_text())["status"] == "completed"


async def test_when_nothing_succeeds_no_chunk_fails_and_the_run_stops() -> None:
    notebook = Notebook("a", ["1", "2"])
    _, outcome = await pump(ScriptedClient({"1": [failing()], "2": [failing()]}), notebook)
    assert notebook.failed == {}
    assert isinstance(outcome.stopped_by, AccessError)
    assert outcome.exit_code(failed_chunks=0, successes=0) == 4


async def test_three_exhausted_chunks_in_a_row_stop_the_run_and_stay_pending() -> None:
    notebook = Notebook("a", ["good", *(f"bad{n}" for n in range(5))])
    client = ScriptedClient({f"bad{n}": [failing()] for n in range(5)})
    _, outcome = await pump(client, notebook)
    assert client.asked == ["good", "bad0", "bad1", "bad2"]
    assert notebook.failed == {}
    assert isinstance(outcome.stopped_by, AccessError)
    assert json.loads(Path("a.json").read_text())["status"] == "interrupted"


async def test_a_suspect_does_not_keep_the_next_document_from_being_opened() -> None:
    notebooks = [Notebook("a", ["bad"]), Notebook("b", ["good"])]
    await pump(ScriptedClient({"bad": [failing()]}), *notebooks, most_open=1)
    assert notebooks[0].failed == {0: "transient:5xx"}
    assert notebooks[1].done == {0: "fine"}


async def test_no_more_documents_are_open_than_allowed() -> None:
    events: list[Event] = []
    opened = 0
    most = 0

    def note() -> None:
        nonlocal opened, most
        opened += 1
        most = max(most, opened - sum(isinstance(event, DocumentClosed) for event in events))

    shelves: Iterator[Any] = iter([Shelf(Notebook(f"d{n}", ["x", "y"]), note) for n in range(12)])
    machine = Pump(
        EchoTask(), cast(Client, ScriptedClient()), shelves, concurrency=16, most_open=3, on_event=events.append
    )
    async with asyncio.timeout(20):
        await machine.run()
    assert opened == 12
    assert most <= 3


async def test_refusing_the_first_three_requests_is_a_fault_of_the_parameters() -> None:
    notebook = Notebook("a", [str(n) for n in range(9)])
    refusal = RejectedError("temperature is not allowed", code="bad_request")
    client = ScriptedClient({str(n): [refusal] for n in range(9)})
    _, outcome = await pump(client, notebook)
    assert len(client.asked) == 3
    assert outcome.exit_code(failed_chunks=0, successes=0) == 2


async def test_access_errors_stop_the_run_and_fail_nothing() -> None:
    notebook = Notebook("a", ["1", "2", "3"])
    client = ScriptedClient({"2": [AccessError("the key is wrong", code="auth")]})
    events: list[Event] = []
    _, outcome = await pump(client, notebook, events=events)
    assert client.asked == ["1", "2"]
    assert notebook.failed == {}
    assert outcome.exit_code(failed_chunks=0, successes=1) == 4
    assert [event.why for event in events if isinstance(event, Stopping)] == ["the key is wrong"]


@pytest.mark.parametrize(("successes", "code"), [(0, 2), (1, 4)])
async def test_an_unknown_model_is_a_usage_error_only_before_the_first_success(successes: int, code: int) -> None:
    outcome = Outcome(stopped_by=AccessError("no such model", code="model"))
    assert outcome.exit_code(failed_chunks=0, successes=successes) == code


async def test_replies_that_led_to_another_round_are_kept() -> None:
    notebook = Notebook("a", ["1"])
    machine, _ = await pump(ScriptedClient({"1": ["again", "fine"]}), notebook)
    trail = notebook.trails[0]
    assert [reply.text for reply in trail.unused] == ["again"]
    assert (trail.attempts.sent, trail.usage.output_tokens, machine.tally.unusable) == (2, 2, 1)


async def test_a_chunk_is_asked_about_at_most_three_times() -> None:
    notebook = Notebook("a", ["1"])
    client = ScriptedClient({"1": ["again"]})
    await pump(client, notebook)
    assert len(client.asked) == 3
    assert notebook.failed == {0: "no"}


async def test_a_model_that_brings_nothing_is_not_asked_about_all_chunks() -> None:
    client = ScriptedClient({"no": ["no"]})
    notebook = Notebook("a", ["no"] * 60)
    machine, outcome = await pump(client, notebook, concurrency=4)
    assert isinstance(outcome.stopped_by, AccessError)
    assert outcome.stopped_by.exit_code == 4
    assert "20 chunks in a row were paid for and brought nothing (20 no). The last reply begins: 'no'" in str(
        outcome.stopped_by
    )
    assert 20 <= len(client.asked) <= 20 + 2 * 4
    assert len(notebook.failed) == len(client.asked), "what was asked about is known to have failed"
    assert machine.tally.saved == len(client.asked)


async def test_a_model_whose_every_pair_is_rejected_is_not_asked_about_all_chunks() -> None:
    client = ScriptedClient({"1": ["rejected"]})
    _, outcome = await pump(client, Notebook("a", ["1"] * 60), most_useless=5)
    assert "5 chunks in a row were paid for and brought nothing (5 rejected by checks)" in str(outcome.stopped_by)
    assert len(client.asked) == 5


async def test_a_model_that_was_of_use_may_have_a_longer_bad_run() -> None:
    client = ScriptedClient({"no": ["no"]})
    texts = ["1", *["no"] * 99, "2", *["no"] * 120]
    _, outcome = await pump(client, Notebook("a", texts))
    assert "100 chunks in a row" in str(outcome.stopped_by)
    assert len(client.asked) == 1 + 99 + 1 + 100


async def test_whoever_says_so_pays_for_a_model_that_brings_nothing() -> None:
    client = ScriptedClient({"no": ["no"]})
    _, outcome = await pump(client, Notebook("a", ["no"] * 60), most_useless=0)
    assert outcome.stopped_by is None
    assert len(client.asked) == 60


async def test_when_the_disk_is_full_nothing_more_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, pieces: bytes, *, keep_backup: bool = False) -> None:
        raise StorageError("the disk is full")

    monkeypatch.setattr(files, "write", full)
    monkeypatch.setattr(saving, "SAVE_AGAIN_AFTER_S", (0.01, 0.02))
    notebook = Notebook("a", [str(n) for n in range(50)])
    client = ScriptedClient()
    machine, outcome = await pump(client, notebook)
    assert len(client.asked) == 1
    assert machine.tally.saved == 0
    assert outcome.exit_code(failed_chunks=0, successes=1) == 5


async def test_after_a_bug_what_was_received_is_saved_and_the_bug_is_told() -> None:
    notebook = Notebook("a", ["1", "2", "3"])
    _, outcome = await pump(ScriptedClient({"2": ["bug"]}), notebook)
    assert isinstance(outcome.bug, ZeroDivisionError)
    assert outcome.exit_code(failed_chunks=0, successes=1) == 70
    assert json.loads(Path("a.json").read_text())["done"] == {"0": "fine"}


async def test_replies_that_wait_to_be_understood_when_the_run_is_given_up_are_understood_at_once() -> None:
    notebook = Notebook("a", [str(number) for number in range(8)])
    client = ScriptedClient()

    class Impatient(EchoTask):
        """Whose user gives up at the first reply that is understood."""

        def understand(self, *given: Any) -> Settled | AskAgain | Rejected:
            machine.stop("given up", exit_signal=2)
            machine.cancel()
            return super().understand(*given)

    machine = Pump(
        Impatient(),
        cast(Client, client),
        cast(Any, iter([Shelf(notebook)])),
        concurrency=8,
        most_open=1,
        on_event=lambda _: None,
    )
    async with asyncio.timeout(20):
        await machine.run()
    assert 1 < machine.tally.replies == len(client.asked) == len(notebook.done)
    assert json.loads(Path("a.json").read_text())["done"].keys() == {str(at) for at in notebook.done}


async def test_what_the_first_round_brought_is_kept_when_the_run_is_given_up_before_the_second() -> None:
    notebook = Notebook("a", ["1", "2", "3"])

    class Picky(EchoTask):
        """Would like another round, when the user gives up."""

        def understand(self, reply: ChatReply, item: Item, request: ChatRequest, *_: Any) -> AskAgain:
            machine.stop("given up", exit_signal=2)
            machine.cancel()
            return AskAgain(request, "few", "too few", Settled("some"))

    machine = Pump(
        Picky(),
        cast(Client, ScriptedClient()),
        cast(Any, iter([Shelf(notebook)])),
        concurrency=2,
        most_open=1,
        on_event=lambda _: None,
    )
    async with asyncio.timeout(20):
        await machine.run()
    assert set(notebook.done.values()) == {"some"}
    assert notebook.postponed == {}


@pytest.mark.parametrize("took", [0.01, 0.1, 0.3, 0.4])
def test_a_writer_rests_no_longer_than_what_comes_meanwhile_may_wait(took: float) -> None:
    rest = saving._rest_s(took)
    assert rest >= took / 4
    assert took + rest + 2 * took <= saving.DURABLE_WITHIN_S + took / 4


async def test_between_two_replies_that_are_understood_the_loop_has_time_to_send_a_request() -> None:
    desk, steps, turns = Desk(), 0, []

    async def count() -> None:
        nonlocal steps
        while True:
            steps += 1
            await asyncio.sleep(0)

    async def understand() -> None:
        await desk.turn()
        turns.append(steps)

    counting = asyncio.create_task(count())
    await asyncio.gather(*(understand() for _ in range(10)))
    counting.cancel()
    assert min(after - before for before, after in pairwise(turns)) >= 6


async def test_a_listener_that_fails_stops_nothing_and_is_told_at_the_end() -> None:
    class Deaf(list[Event]):
        def append(self, event: Event) -> None:
            raise KeyError("a bug of the display")

    notebook = Notebook("a", ["1", "2", "3"])
    _, outcome = await pump(ScriptedClient(), notebook, events=Deaf())
    assert isinstance(outcome.bug, KeyError)
    assert json.loads(Path("a.json").read_text())["done"] == {"0": "fine", "1": "fine", "2": "fine"}
