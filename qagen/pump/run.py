"""The loop itself: workers that ask, writers that save."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from qagen import files
from qagen.errors import AccessError, ProviderError, QagenError, RejectedError, StorageError, TransientError, UsageError
from qagen.formats import RawReply
from qagen.llm.client import Client, Stopped
from qagen.llm.limits import Breaker
from qagen.llm.types import ChatReply, ChatRequest
from qagen.pump.events import ChunkFailure, ChunkSaved, DocumentClosed, DocumentFailed, Event, Outcome, Stopping, Tally
from qagen.pump.feed import Feed, Sheet
from qagen.pump.task import MOST_ROUNDS, Item, Rejected, Settled, Task, Trail, Unopened, token_counts

REST = 9.0
"""With several requests in flight a writer rests this many times as long as its last write took ..."""
LONGEST_REST_S = 1.5
"""... but never longer: what was received is on the disk within about this time."""


@dataclass(frozen=True, slots=True)
class _Suspect:
    """A chunk whose tries are used up: it failed, or the provider did."""

    item: Item
    error: TransientError
    trail: Trail


class Pump:
    """One run of a task over documents. `run` once."""

    def __init__(
        self,
        task: Task,
        client: Client,
        documents: Iterator[Unopened],
        *,
        concurrency: int,
        most_open: int,
        on_event: Callable[[Event], None],
    ) -> None:
        self.tally = Tally()
        self.outcome = Outcome()
        self._task = task
        self._client = client
        self._concurrency = concurrency
        self._on_event = on_event
        self._feed = Feed(documents, most_open, self._start_writer, self._note_unopened)
        self._breaker: Breaker[_Suspect] = Breaker()
        self._group = asyncio.TaskGroup()
        self._workers: list[asyncio.Task[None]] = []
        self._bug: Exception | None = None

    async def run(self) -> Outcome:
        """Work until everything is settled and saved, or something stops it: that stands in the outcome."""
        async with self._group:
            self._workers = [self._group.create_task(self._work(slot)) for slot in range(self._concurrency)]
            await asyncio.wait(self._workers)
            self._settle_suspects()
            self._feed.end()
        if self._bug is not None:
            raise self._bug
        return self.outcome

    def stop(self, why: str, *, error: QagenError | None = None, exit_signal: int | None = None) -> None:
        """Ask nothing more; what is in flight may finish and is saved. Only the first call counts."""
        if self._feed.stopping:
            return
        self.outcome.stopped_by, self.outcome.exit_signal = error, exit_signal
        self._client.stop()
        self._feed.stopping = True
        suspects, self._breaker.suspects = self._breaker.suspects, []
        for suspect in suspects:
            self._feed.let_go(suspect.item)
        self._feed.end()
        self._on_event(Stopping(why, self._feed.in_flight, by_error=error is not None))

    def cancel(self) -> None:
        """Give up what is in flight, too; what was received is saved."""
        for worker in self._workers:
            worker.cancel()

    @property
    def stopping(self) -> bool:
        """Whether the run is being ended early."""
        return self._feed.stopping

    # Workers

    async def _work(self, slot: int) -> None:
        try:
            while (item := await self._feed.next()) is not None:
                with self._feed.holding(item):
                    await self._settle(item, slot)
        except Exception as error:  # noqa: BLE001 - a bug: raised by `run`, after what was received is saved
            self._bug = self._bug or error
            self.stop(f"an internal error: {error!r}")

    async def _settle(self, item: Item, slot: int) -> None:
        """One chunk, from its plan to its record."""
        plan = self._task.plan(item)
        trail = Trail()
        if isinstance(plan, Settled):
            await self._record(item, plan, trail)
            return
        try:
            decision = await self._ask(item, plan, slot, trail)
        except Stopped:
            return
        except RejectedError as error:
            if self._breaker.rejected(error):
                text = f"{error}. It has refused every request so far, so the parameters are wrong."
                self.stop(text, error=UsageError(text))
                return
            decision = Rejected(error.code, str(error))
        except TransientError as error:
            if self.stopping:
                return  # nobody will succeed after it any more, so nothing would ever decide about it
            self._feed.hold_back(item)
            if self._breaker.exhausted(_Suspect(item, error, trail)):
                text = f"{error}. No request succeeds any more; run the same command again later."
                self.stop(text, error=AccessError(text, code=error.code))
            return
        except ProviderError as error:
            self.stop(str(error), error=error)
            return
        await self._record(item, decision, trail)

    async def _ask(self, item: Item, request: ChatRequest, slot: int, trail: Trail) -> Settled | Rejected:
        """Rounds of asking until the reply is understood."""
        for turn in range(1, MOST_ROUNDS + 1):
            reply = await self._client.send(request, slot, trail.attempts)
            self._count(reply, trail)
            decision = self._task.understand(reply, item, request, turn)
            if isinstance(decision, Settled) and decision.fully_used:
                return decision
            trail.unused.append(_raw(reply))
            if isinstance(decision, Settled):
                return decision
            self.tally.unusable += 1
            self.tally.wasted += reply.usage
            if isinstance(decision, Rejected):
                return decision
            request = decision.request
        raise AssertionError("a task asked again in the last round")

    def _count(self, reply: ChatReply, trail: Trail) -> None:
        trail.usage += reply.usage
        trail.last = reply
        self.tally.replies += 1
        self.tally.usage += reply.usage
        self.tally.uncounted += not reply.usage.reported
        for suspect in self._breaker.succeeded():
            self._fail_suspect(suspect)

    async def _record(self, item: Item, decision: Settled | Rejected, trail: Trail) -> None:
        """Put the decision into the document, for its writer to save."""
        if isinstance(decision, Settled):
            made = item.document.settle(item, decision.result, trail)
            event = ChunkSaved(item.document.name, item.chunk.chunk_id, made)
        else:
            item.document.fail(item, decision.code, decision.message, trail)
            excerpt = trail.last.text[:500] if trail.last else ""
            failure = ChunkFailure(decision.code, decision.message, trail.attempts.sent, excerpt)
            event = ChunkSaved(item.document.name, item.chunk.chunk_id, 0, failure)
        sheet = self._feed.sheet_of(item)
        durable = asyncio.Event()
        sheet.unsaved.append((event, durable))
        sheet.wake.set()
        if self._concurrency == 1:
            # Nothing else is under way, so nothing is gained by asking on before this one is safe.
            await durable.wait()

    def _fail_suspect(self, suspect: _Suspect) -> None:
        """Others succeed, so the fault was this chunk's own."""
        item, error, trail = suspect.item, suspect.error, suspect.trail
        sheet = self._feed.sheet_of(item)
        item.document.fail(item, f"transient:{error.code}", str(error), trail)
        failure = ChunkFailure(f"transient:{error.code}", str(error), trail.attempts.sent)
        sheet.unsaved.append((ChunkSaved(item.document.name, item.chunk.chunk_id, 0, failure), asyncio.Event()))
        sheet.wake.set()
        self._feed.let_go(item)

    def _settle_suspects(self) -> None:
        """At the end: a suspect has failed if anything ever succeeded; else the provider is down."""
        suspects = self._breaker.suspects
        if not suspects or self.stopping:
            return
        if self._breaker.successes:
            for suspect in self._breaker.succeeded():
                self._fail_suspect(suspect)
            return
        error = suspects[0].error
        text = f"{error}. Nothing succeeded; run the same command again later."
        self.stop(text, error=AccessError(text, code=error.code))

    # Writers

    def _start_writer(self, sheet: Sheet) -> None:
        self._group.create_task(self._keep_saved(sheet))

    def _note_unopened(self, name: str, error: QagenError) -> None:
        event = DocumentFailed(name, str(error))
        self.outcome.unopened.append(event)
        self._on_event(event)

    async def _keep_saved(self, sheet: Sheet) -> None:
        """Write the document whenever it changed, until nothing more can change."""
        written_status = ""
        try:
            while True:
                await sheet.wake.wait()
                sheet.wake.clear()
                last = sheet.finished.is_set()
                status = sheet.document.status(interrupted=self.stopping and last)
                if sheet.unsaved or sheet.must_save or (written_status and last and status != written_status):
                    took = await self._save(sheet, interrupted=self.stopping and last)
                    written_status = status
                    if self._concurrency > 1 and not last:
                        await _rest(sheet, min(REST * took, LONGEST_REST_S))
                if last:
                    break
        except StorageError as error:
            self.stop(str(error), error=error)
        finally:
            for _, durable in sheet.unsaved:
                durable.set()
            self._feed.close(sheet)
        status = sheet.document.status(interrupted=self.stopping)
        closed = DocumentClosed(sheet.document.name, status, sheet.document.counts)
        self.outcome.closed[sheet.document.name] = closed
        self._on_event(closed)

    async def _save(self, sheet: Sheet, *, interrupted: bool) -> float:
        """One write of all that is known now; seconds it took. Only then does what it holds count."""
        batch, sheet.unsaved, sheet.must_save = sheet.unsaved, [], False
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            data = sheet.document.encode(interrupted=interrupted)
            await asyncio.to_thread(files.write, sheet.document.path, data, keep_backup=True)
        except BaseException:
            sheet.unsaved = batch + sheet.unsaved
            raise
        for event, durable in batch:
            self.tally.saved += 1
            self.tally.made += event.made
            if event.failed:
                self.tally.failed += 1
                self.tally.failures[event.failed.code] = self.tally.failures.get(event.failed.code, 0) + 1
            durable.set()
            self._on_event(event)
        return loop.time() - began


async def _rest(sheet: Sheet, seconds: float) -> None:
    """Let the next chunks gather, unless the document is finished before."""
    try:
        async with asyncio.timeout(seconds):
            await sheet.finished.wait()
    except TimeoutError:
        return


def _raw(reply: ChatReply) -> RawReply:
    return RawReply(
        text=reply.text or reply.refusal or "",
        finish=reply.finish,
        usage=token_counts(reply.usage),
    )
