"""Which request a chunk gets, and what the reply means."""

from __future__ import annotations

import dataclasses
from typing import cast

from qagen import checks, pairs, prompts
from qagen.formats import ChunkRecord, Pair
from qagen.generate.document import Answer, OpenQA
from qagen.generate.plan import Job
from qagen.llm.types import ChatReply, ChatRequest, Usage
from qagen.pump import MOST_ROUNDS, AskAgain, Item, Rejected, Settled


class GenerateTask:
    """Asks for pairs."""

    def __init__(self, job: Job) -> None:
        self._job = job

    def plan(self, item: Item) -> ChatRequest | Settled:
        """A blank chunk is settled without asking."""
        if not item.chunk.core.strip():
            record = ChunkRecord(chunk_key=item.key, status="completed", skip_reason="blank")
            return Settled(Answer(record))
        return self._recovered(item) or self._first_request(item)

    def _recovered(self, item: Item) -> Settled | None:
        """What a reply that was kept is good for today, the latest first; None where it is good for nothing."""
        for kept in reversed(item.kept):
            if kept.finish == "refused":
                continue
            cut = kept.finish == "length"
            try:
                reading = pairs.read(kept.text, cut=cut)
            except pairs.Unreadable:
                continue
            reply = ChatReply(kept.text, kept.finish, Usage(), kept.model)
            settled = self._settled(reading, reply, item, cut=cut)
            if settled.result.pairs or not (reading.drafts or cut):
                return settled
        return None

    def understand(
        self, reply: ChatReply, item: Item, request: ChatRequest, turn: int, before: Settled | None
    ) -> Settled | AskAgain | Rejected:
        """Pairs; or no pairs with a reason; or another round; or why there are none."""
        if reply.finish == "refused":
            # Sampling may take another way once; more would be begging.
            why = f"the model declined: {reply.refusal or reply.text or 'no reason given'}"[:500]
            return AskAgain(request, "refused", why) if turn == 1 else Rejected("refused", why)
        cut = reply.finish == "length"
        try:
            reading = pairs.read(reply.text, cut=cut)
        except pairs.Unreadable as problem:
            if cut:
                return self._after_cut(request, turn, None)
            if turn < MOST_ROUNDS:
                # From the first request: complaints about earlier rounds must not pile up.
                again = prompts.ask_again(self._first_request(item), str(problem))
                return AskAgain(again, "invalid_output", str(problem))
            return Rejected("invalid_output", f"the reply could not be used: {problem}")
        if cut and 2 * len(reading.drafts) < self._asked(item) and turn == 1:
            return self._after_cut(request, turn, self._settled(reading, reply, item, cut=cut))
        if request.max_tokens > cast(OpenQA, item.document).recipe.order.max_tokens:
            before = None  # the same pairs again, with more room
        settled = self._settled(reading, reply, item, cut=cut, before=before)
        return self._corrected(settled, item, turn) or settled

    def _corrected(self, settled: Settled, item: Item, turn: int) -> AskAgain | None:
        """Another round, once, where checks refused so many pairs that fewer than half of those asked for are left."""
        answer: Answer = settled.result
        left = self._asked(item) - len(answer.pairs)
        if turn > 1 or not self._job.corrective_retry or not answer.rejected or 2 * left <= self._asked(item):
            return None
        problems = [
            f"{pair.question!r}: {checks.RULES[code].message}"
            for pair in answer.rejected
            for code in pair.checks
            if checks.RULES[code].level == "error"
        ]
        questions = [pair.question for pair in answer.pairs]
        request = prompts.ask_for_more(self._first_request(item), problems, questions, left)
        why = f"{len(answer.rejected)} of {len(answer.rejected) + len(answer.pairs)} pairs were refused by checks"
        return AskAgain(request, "checks", why, settled)

    def _after_cut(self, request: ChatRequest, turn: int, fallback: Settled | None) -> AskAgain | Rejected:
        """One more try with twice the room; a third would cut the same way."""
        if turn == 1:
            larger = dataclasses.replace(request, max_tokens=2 * request.max_tokens)
            return AskAgain(larger, "max_tokens", f"the reply was cut at {request.max_tokens} tokens", fallback)
        asked = self._job.order.max_tokens
        return Rejected("max_tokens", f"the reply was cut at {asked} and at {2 * asked} tokens; raise --max-tokens")

    def _first_request(self, item: Item) -> ChatRequest:
        document = cast(OpenQA, item.document)
        order = dataclasses.replace(document.recipe.order, context_tokens=self._job.context_tokens)
        return prompts.ask(document.recipe.prompt, order, item.chunk, item.key, document.metadata)

    def _asked(self, item: Item) -> int:
        """How many pairs are asked for."""
        return prompts.questions_for(item.chunk, cast(OpenQA, item.document).recipe.order)

    def _settled(
        self, reading: pairs.Reading, reply: ChatReply, item: Item, *, cut: bool, before: Settled | None = None
    ) -> Settled:
        earlier: Answer | None = before.result if before else None
        had = earlier.pairs if earlier else ()
        asked = self._asked(item)
        document = cast(OpenQA, item.document)
        built = pairs.build(
            reading.drafts[: asked - len(had)],
            item.chunk,
            item.key,
            document.metadata,
            model=reply.model or self._job.order.model,
            kind=self._job.endpoint.provider.generator_kind,
        )
        kept, rejected = checks.check(
            built,
            item.chunk,
            document=document.metadata,
            finish=reply.finish,
            prompt=document.recipe.prompt.system,
            translated=document.recipe.translates,
        )
        if earlier:
            kept, rejected = _added(earlier, kept, rejected)
        codes = [code for pair in rejected for code in pair.checks if checks.RULES[code].level == "error"]
        notes = {
            "trimmed": max(0, len(reading.drafts) + len(had) - asked),
            "malformed": reading.malformed,
            "short_by": max(0, asked - len(kept)) if reading.drafts or had else 0,
        }
        record = ChunkRecord(
            chunk_key=item.key,
            status="completed",
            asked=asked,
            kept=len(kept),
            rejected={code: codes.count(code) for code in sorted(set(codes))},
            notes={name: count for name, count in notes.items() if count},
            skip_reason=None if reading.drafts or earlier else reading.skip_reason or "no_reason_given",
        )
        used = not (rejected or reading.malformed or notes["trimmed"] or cut)
        return Settled(Answer(record, tuple(kept), tuple(rejected)), fully_used=used)


def _added(earlier: Answer, kept: list[Pair], rejected: list[Pair]) -> tuple[list[Pair], list[Pair]]:
    """The pairs of both rounds; a question that the first one brought is not brought again."""
    asked = {checks.normal_question(pair.question) for pair in earlier.pairs}
    again = [pair for pair in kept if checks.normal_question(pair.question) in asked]
    twins = [pair.model_copy(update={"checks": [*pair.checks, "DUP_CHUNK"]}) for pair in again]
    fresh = [pair for pair in kept if pair not in again]
    return [*earlier.pairs, *fresh], [*earlier.rejected, *rejected, *twins]
