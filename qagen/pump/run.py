"""The loop itself: workers that ask, and who decides when a run is at its end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from qagen.errors import AccessError, ProviderError, QagenError, RejectedError, TransientError, UsageError
from qagen.formats import RawReply
from qagen.llm.client import Client, Stopped
from qagen.llm.limits import Suspects
from qagen.llm.types import ChatReply, ChatRequest, estimate
from qagen.pump import desk
from qagen.pump.events import (
    ChunkFailure,
    ChunkSaved,
    DocumentFailed,
    Event,
    Outcome,
    ReplyUnusable,
    Stopping,
    Tally,
    TryFailed,
)
from qagen.pump.feed import Feed, Sheet
from qagen.pump.saving import Saver
from qagen.pump.task import MOST_ROUNDS, AskAgain, Item, Made, Rejected, Settled, Task, Trail, Unopened, token_counts
from qagen.pump.worth import AT_FIRST, Worth

DRAIN_S = 30.0
"""How long requests in flight may still take once the run is stopped."""
_EXCERPT = 500
"""Characters of a reply that a log shows."""
_OPENING = 200
"""And of one that an error shows."""


@dataclass(frozen=True, slots=True)
class _Suspect:
    """A chunk that failed, unless the provider or our parameters did: that is not known yet."""

    item: Item
    error: TransientError | RejectedError
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
        most_useless: int = AT_FIRST,
    ) -> None:
        self.tally = Tally()
        self.outcome = Outcome()
        self._task = task
        self.client = client
        self.concurrency = concurrency
        self._on_event = on_event
        self._feed = Feed(documents, most_open, self._start_writer, self._note_unopened)
        self._saver = Saver(self)
        self._suspects: Suspects[_Suspect] = Suspects()
        self._worth = Worth(most_useless)
        self._second_chances: dict[tuple[Path, int], Trail] = {}
        self._group = asyncio.TaskGroup()
        self._workers: list[asyncio.Task[None]] = []
        self._drain: asyncio.TimerHandle | None = None
        self._desk = desk.Desk()
        self.hurry = asyncio.Event()
        """The user waits for the end."""

    async def run(self) -> Outcome:
        """Work until everything is settled and saved, or something stops it: that stands in the outcome."""
        async with self._group:
            self._workers = [self._group.create_task(self._work()) for _ in range(desk.workers(self.concurrency))]
            await asyncio.wait(self._workers)
            self._settle_suspects()
            self._feed.end()
        if self._drain is not None:
            self._drain.cancel()
        return self.outcome

    def stop(
        self, why: str, *, error: QagenError | None = None, exit_signal: int | None = None, drain_s: float = DRAIN_S
    ) -> None:
        """Ask nothing more; what is in flight may finish within `drain_s` and is saved. Only the first call counts."""
        if self._feed.stopping:
            return
        self.outcome.stopped_by, self.outcome.exit_signal = error, exit_signal
        self.client.stop()
        self._feed.stopping = True
        for suspect in self._suspects.release():
            self._leave(suspect)
        for item in self._feed.end():
            self._postpone(item, self._second_chances[_key(item)])
        self._drain = asyncio.get_running_loop().call_later(drain_s, self.cancel)
        self.tell(Stopping(why, self.client.meter.in_flight, by_error=error is not None))

    def cancel(self) -> None:
        """Give up what is in flight, too; what was received is saved."""
        self.hurry.set()
        for worker in self._workers:
            worker.cancel()

    @property
    def stopping(self) -> bool:
        """Whether the run is being ended early."""
        return self._feed.stopping

    def tell(self, event: Event) -> None:
        """Pass an event on. A listener that fails is not asked again: what costs money goes on without it."""
        try:
            self._on_event(event)
        except Exception as error:  # noqa: BLE001 - a bug: told after everything is done
            self.outcome.bug = self.outcome.bug or error
            self._on_event = lambda _: None

    # Workers

    async def _work(self) -> None:
        try:
            while (item := await self._feed.next()) is not None:
                with self._feed.holding(item):
                    await self._settle(item)
                if desk.is_given_up():
                    return
        except QagenError as error:
            self.stop(str(error), error=error)
        except Exception as error:  # noqa: BLE001 - a bug: told after what was received is saved
            self.note_bug(error)

    async def _settle(self, item: Item) -> None:
        """One chunk, from its plan to its record."""
        plan = self._task.plan(item)
        trail = self._second_chances.get(_key(item)) or Trail()
        if isinstance(plan, Settled):
            await self._record(item, plan, trail)
            # Many in a row need no request: writers and signals must have their turn.
            await asyncio.sleep(0)
            return
        try:
            decision = await self._ask(item, plan, trail)
        except Stopped:
            self._postpone(item, trail)
            return
        except (RejectedError, TransientError) as error:
            doubtful = isinstance(error, TransientError) or self._suspects.is_doubtful(error)
            if doubtful and not item.failed_before:
                self._suspect(_Suspect(item, error, trail))
                return
            decision = Rejected(_code(error), str(error))
        except (Exception, asyncio.CancelledError):
            self._postpone(item, trail)
            raise
        await self._record(item, decision, trail)

    async def _ask(self, item: Item, request: ChatRequest, trail: Trail) -> Settled | Rejected:
        """Rounds of asking until the reply is understood. What an earlier round brought is better than nothing."""
        fallback: Settled | None = None
        for turn in range(1, MOST_ROUNDS + 1):
            try:
                reply = await self.client.send(request, trail.attempts)
            except (Stopped, ProviderError) as error:
                if fallback is None:
                    raise
                if isinstance(error, AccessError):
                    self.stop(str(error), error=error)
                return fallback
            finally:
                self._tell_tries(item, trail)
            self._count(request, reply, trail)
            try:
                if self.concurrency > 1:
                    await self._desk.turn()
                decision = self._task.understand(reply, item, request, turn, fallback)
            except Exception:
                # A bug of ours. What was paid for is kept for the version that has none.
                trail.unused.append(_raw(reply))
                raise
            if isinstance(decision, Settled) and decision.fully_used:
                return decision
            trail.unused.append(_raw(reply))
            if isinstance(decision, Settled) and decision.useful:
                return decision
            if not isinstance(decision, AskAgain) or decision.fallback is None:
                self.tally.unusable += 1
                self.tally.wasted += reply.usage
            if isinstance(decision, Settled):
                return decision
            if isinstance(decision, Rejected):
                return fallback or decision
            excerpt = (reply.text or reply.refusal or "")[:_EXCERPT]
            names = (item.document.name, item.chunk.chunk_id)
            self.tell(ReplyUnusable(*names, turn, decision.code, decision.why, excerpt))
            request, fallback = decision.request, decision.fallback or fallback
            if desk.is_given_up():
                if fallback is None:
                    raise asyncio.CancelledError
                return fallback
        raise AssertionError("a task asked again in the last round")

    def _tell_tries(self, item: Item, trail: Trail) -> None:
        for attempt in trail.attempts.failed:
            self.tell(TryFailed(item.document.name, item.chunk.chunk_id, attempt))
        trail.attempts.failed.clear()

    def _count(self, request: ChatRequest, reply: ChatReply, trail: Trail) -> None:
        trail.usage += reply.usage
        trail.last = reply
        self.tally.replies += 1
        self.tally.usage += reply.usage
        if not reply.usage.reported:
            self.tally.uncounted += 1
            self.tally.estimated += estimate(request, reply)
        for suspect in self._suspects.succeeded():
            self._judge(suspect)

    async def _record(self, item: Item, decision: Settled | Rejected, trail: Trail) -> None:
        """Put the decision into the document, for its writer to save."""
        sheet = self._feed.sheet_of(item)
        durable = self._note(sheet, item, decision, trail)
        if self.concurrency == 1 and not sheet.broken:
            # Nothing else is under way, so nothing is gained by asking on before this one is safe.
            await durable.wait()

    def _note(self, sheet: Sheet, item: Item, decision: Settled | Rejected, trail: Trail) -> asyncio.Event:
        """The same without waiting; gives the event of its being on the disk."""
        if isinstance(decision, Settled):
            made = item.document.settle(item, decision.result, trail)
            event = ChunkSaved(item.document.name, item.chunk.chunk_id, made, useless=not decision.useful)
        else:
            item.document.fail(item, decision.code, decision.message, trail)
            excerpt = trail.last.text[:_EXCERPT] if trail.last else ""
            failure = ChunkFailure(decision.code, decision.message, trail.attempts.sent, excerpt)
            event = ChunkSaved(item.document.name, item.chunk.chunk_id, Made(), failure)
        durable = asyncio.Event()
        sheet.unsaved.append((event, durable))
        sheet.wake.set()
        self._weigh(decision, event.made, trail)
        return durable

    def _weigh(self, decision: Settled | Rejected, made: Made, trail: Trail) -> None:
        """Stop where chunk after chunk is paid for and brings nothing."""
        if trail.last is None:
            return
        if isinstance(decision, Rejected):
            reason = decision.code
        elif not decision.useful:
            reason = "of no use"
        elif made.rejected and not made.made:
            reason = "rejected by checks"
        else:
            self._worth.useful()
            return
        if self._worth.vain(reason) and not self.stopping:
            opening = " ".join((trail.last.text or trail.last.refusal or "").split())[:_OPENING]
            text = (
                f"{self._worth.in_vain:,} chunks in a row were paid for and brought nothing ({self._worth.listed}). "
                f"The last reply begins: {opening!r}. Look at them with `qagen errors`, and at the prompt with "
                "--show-prompt; take another model; or go on whatever comes, with --max-useless 0."
            )
            self.stop(text, error=AccessError(text, code="useless"))

    # Whose fault is it?

    def _postpone(self, item: Item, trail: Trail) -> None:
        """The run leaves the chunk unsettled; what was paid for it is kept."""
        if trail.unused:
            sheet = self._feed.sheet_of(item)
            item.document.postpone(item, trail)
            sheet.must_save = True
            sheet.wake.set()

    def _leave(self, suspect: _Suspect) -> None:
        """Nothing will decide about it any more: it stays pending."""
        self._postpone(suspect.item, suspect.trail)
        self._feed.let_go(suspect.item)

    def _suspect(self, suspect: _Suspect) -> None:
        """Hold the chunk back until it is known whether others succeed; stop when too many gather."""
        if self.stopping:
            self._postpone(suspect.item, suspect.trail)
            return  # nobody will succeed after it any more, so nothing would ever decide about it
        self._feed.hold_back(suspect.item)
        if not self._suspects.suspect(suspect):
            return
        if isinstance(suspect.error, RejectedError):
            text = (
                f"{_sentence(suspect.error)} It has refused every request so far, so something in the request is wrong."
            )
            self.stop(text, error=UsageError(text))
        else:
            text = f"{_sentence(suspect.error)} No request succeeds any more; run the same command again later."
            self.stop(text, error=AccessError(text, code=suspect.error.code))

    def _judge(self, suspect: _Suspect) -> None:
        """Others succeed. A fault that may pass gets a second chance, so that an outage fails no chunk."""
        item, key = suspect.item, _key(suspect.item)
        if isinstance(suspect.error, TransientError) and key not in self._second_chances:
            self._second_chances[key] = suspect.trail
            self._feed.give_again(item)
        else:
            self._fail(suspect)

    def _fail(self, suspect: _Suspect) -> None:
        """The fault was this chunk's own."""
        decision = Rejected(_code(suspect.error), str(suspect.error))
        self._note(self._feed.sheet_of(suspect.item), suspect.item, decision, suspect.trail)
        self._feed.let_go(suspect.item)

    def _settle_suspects(self) -> None:
        """At the end nobody succeeds after them. Who got an answer has failed; who got none met a dead provider."""
        if self.stopping:
            return
        dead = [one for one in self._suspects.held if self._suspects.is_down(one.error)]
        for suspect in self._suspects.release():
            if suspect in dead:
                self._leave(suspect)
            else:
                self._fail(suspect)
        if dead:
            text = f"{_sentence(dead[0].error)} Nothing succeeded after that; run the same command again later."
            self.stop(text, error=AccessError(text, code=dead[0].error.code))

    # Documents

    def _start_writer(self, sheet: Sheet) -> None:
        self._group.create_task(self._save(sheet))

    async def _save(self, sheet: Sheet) -> None:
        await self._saver.keep(sheet)
        self._feed.close(sheet)

    def _note_unopened(self, name: str, error: QagenError) -> None:
        event = DocumentFailed(name, str(error))
        self.outcome.unopened.append(event)
        self.tell(event)

    def note_bug(self, error: Exception) -> None:
        self.outcome.bug = self.outcome.bug or error
        self.stop(f"an internal error: {error!r}")


def _key(item: Item) -> tuple[Path, int]:
    """What tells chunks apart in a whole run; addresses of documents are used again."""
    return item.document.path, item.position


def _code(error: TransientError | RejectedError) -> str:
    """What the record of a chunk says that failed by it."""
    return f"transient:{error.code}" if isinstance(error, TransientError) else error.code


def _sentence(error: Exception) -> str:
    """The text with one mark at its end."""
    text = str(error).rstrip()
    return text if text.endswith((".", "?", "!")) else f"{text}."


def _raw(reply: ChatReply) -> RawReply:
    return RawReply(
        text=reply.text or reply.refusal or "",
        finish=reply.finish,
        usage=token_counts(reply.usage),
        model=reply.model,
    )
