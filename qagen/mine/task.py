"""Which request the questions of a chunk get, and what the reply means."""

from __future__ import annotations

from typing import cast

from qagen import negatives, prompts
from qagen.formats import ChunkRecord
from qagen.llm.types import ChatReply, ChatRequest
from qagen.mine.document import Answer, OpenNegatives, Work
from qagen.mine.plan import Job
from qagen.pairs import Unreadable
from qagen.pump import AskAgain, Item, Rejected, Settled

_MOST_NAMED = 40
"""Ids in a complaint; the request names them all."""


class MineTask:
    """Asks what candidates are, and chooses negatives."""

    def __init__(self, job: Job) -> None:
        self._job = job

    def plan(self, item: Item) -> ChatRequest | Settled:
        """Without a request where no model is asked, where nothing is left to judge, or where replies were kept."""
        document, work = self._work(item)
        for text in document.replies_to(item, work):
            self._take(text, work, cut=False)
        if not work.lacking:
            return self._settled(item, work)
        work.was_sent = True
        return self._chat(work)

    def understand(
        self,
        reply: ChatReply,
        item: Item,
        request: ChatRequest,
        turn: int,
        before: Settled | None,  # noqa: ARG002 - what earlier rounds said stands in the work
    ) -> Settled | AskAgain | Rejected:
        """Negatives; or, once, another round for what is lacking. In the end, what there is must do."""
        _, work = self._work(item)
        cut = reply.finish == "length"
        if reply.finish == "refused":
            code, why = "refused", f"the model declined: {reply.refusal or reply.text or 'no reason given'}"[:500]
        elif problem := self._take(reply.text, work, cut=cut):
            code, why = "invalid_output", problem
        else:
            names = [name for ids in work.lacking.values() for name in ids]
            shown = ", ".join(names[:_MOST_NAMED])
            code, why = "labels_missing", f"there were no labels for {len(names)} ids: {shown}"
        if not work.lacking:
            return self._settled(item, work, fully_used=not (work.notes or cut))
        if cut:
            code, why = "max_tokens", f"the reply was cut at {request.max_tokens} tokens"
        if turn == 1:
            # What is known of some is no reason to do without the others; but it is better than nothing.
            fallback = self._settled(item, work, fully_used=False) if work.said else None
            return AskAgain(self._again(work, code, why), code, why, fallback)
        return self._settled(item, work, fully_used=False, useful=bool(work.said))

    def _work(self, item: Item) -> tuple[OpenNegatives, Work]:
        document = cast(OpenNegatives, item.document)
        return document, document.work(item, self._job.miner, asks=self._job.recipe.asks, dense=self._job.dense)

    @staticmethod
    def _take(text: str, work: Work, *, cut: bool) -> str | None:
        """Add what a reply says; gives what is wrong with one of which nothing can be read."""
        assert work.request is not None
        try:
            reading = negatives.read(text, work.request, cut=cut)
        except Unreadable as problem:
            return str(problem)
        work.said = negatives.joined(work.said, reading.labels)
        for name, count in reading.notes.items():
            work.notes[name] = work.notes.get(name, 0) + count
        return None

    def _chat(self, work: Work, times: int = 1) -> ChatRequest:
        """For all that nothing is known of yet."""
        assert work.request is not None
        narrowed = negatives.narrowed(work.request, work.lacking)
        return self._job.recipe.chat(narrowed, context_tokens=self._job.context_tokens, times=times)

    def _again(self, work: Work, code: str, why: str) -> ChatRequest:
        """The second request: for what is lacking, with what was wrong, and with more room after a cut."""
        request = self._chat(work, times=2 if code == "max_tokens" else 1)
        # Sampling may take another way after a refusal; there is nothing to explain.
        if code in {"refused", "max_tokens"}:
            return request
        return prompts.ask_again(request, why)

    def _settled(self, item: Item, work: Work, *, fully_used: bool = True, useful: bool = True) -> Settled:
        """What is chosen from what is known."""
        mined = self._job.miner.select_all(work.prepared, work.request, work.said)
        is_gone = bool(mined) and all("chunk_gone" in one.flags for one in mined)
        record = ChunkRecord(
            chunk_key=item.key,
            status="completed",
            asked=len(mined),
            kept=sum(len(one.negatives) for one in mined),
            notes=dict(work.notes),
            skip_reason="chunk_gone" if is_gone else None,
        )
        return Settled(Answer(record, tuple(mined)), fully_used=fully_used, useful=useful)
