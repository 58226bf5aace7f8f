"""Passages whose meaning is near that of a question, where somebody makes embeddings: found before the mining."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from time import monotonic

from qagen import embedding, runs, spending
from qagen.corpus import read_chunks, read_qa
from qagen.embedding import Account, Question
from qagen.errors import DataError
from qagen.llm.client import Client
from qagen.llm.prices import without_dust
from qagen.llm.providers import Endpoint
from qagen.mine.material import gather
from qagen.mine.plan import Job
from qagen.negatives import Corpus, Dense
from qagen.pump import Event, Notice, Preparing
from qagen.settings import Settings

_TELL_EVERY_S = 10.0


class DenseCandidates(Mapping[str, Dense]):
    """By pair_id, what the vectors say: passages by their numbers in the corpus."""

    def __init__(self, found: embedding.Dense, corpus: Corpus, questions: Mapping[str, Question]) -> None:
        self._found = found
        self._corpus = corpus
        self._questions = questions

    def __getitem__(self, pair_id: str) -> Dense:
        if pair_id not in self._questions:
            raise KeyError(pair_id)
        near = self._found.of(pair_id)
        numbered = [(self._corpus.number(one.chunk_key), one.cosine) for one in near.near]
        return Dense([(number, cosine) for number, cosine in numbered if number is not None], near.own)

    def __iter__(self) -> Iterator[str]:
        return iter(self._questions)

    def __len__(self) -> int:
        return len(self._questions)


class _Texts(Mapping[str, str]):
    """The passages of a corpus by their keys, read from the disk one by one."""

    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus
        self._numbers = {key: number for number, key in corpus.each()}

    def __getitem__(self, key: str) -> str:
        passage = self._corpus.at(self._numbers[key])
        return f"{passage.section}\n{passage.text}" if passage.section else passage.text

    def __iter__(self) -> Iterator[str]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)


async def find(
    job: Job,
    endpoint: Endpoint,
    settings: Settings,
    on_event: Callable[[Event], None],
    on_client: Callable[[Client], None],
) -> None:
    """Make what vectors are missing, and give the job what they say. What was paid for once is not paid for again.

    Raises:
        ProviderError, StorageError, LockedError, UsageError, Stopped: as `embedding.search`.
    """
    room = job.folder / spending.ROOM
    if not job.to_ask:
        job.facts["embeddings_all_runs"] = _in_all_runs(room)
        return
    questions = _questions(job)
    workers = settings.max_concurrent or endpoint.provider.max_concurrent
    progress = _Progress(on_event)
    async with Client(endpoint, workers, lambda text: on_event(Notice(text)), settings.bounds()) as client:
        on_client(client)
        try:
            found = await embedding.search(
                *(client, room, _Texts(job.corpus), questions),
                workers=workers,
                on_progress=progress.tell,
                price=runs.price(settings, endpoint),
            )
        finally:
            job.facts["embeddings_all_runs"] = _in_all_runs(room)
            job.facts["embeddings"] = _facts(progress.account, endpoint, settings, client.meter.requests)
    job.dense = DenseCandidates(found, job.corpus, questions)
    _tell_of(found.account, job, on_event)


def _in_all_runs(room: Path) -> dict[str, object]:
    """What the embeddings beside these results took since they were begun, of whatever model."""
    return spending.total(spending.spent_in(room).values()).as_dict()


def _questions(job: Job) -> dict[str, Question]:
    """Those of all documents that there is something to do for."""
    found: dict[str, Question] = {}
    for plan in job.plans:
        if not plan.to_ask:
            continue
        try:
            material = gather(read_qa(plan.qa_path), read_chunks(plan.chunks_path))
        except DataError:
            continue  # it is named when the document is opened
        for pairs in material.pairs:
            found |= {pair.pair_id: Question(pair.question, pair.chunk_key) for pair in pairs}
    return found


class _Progress:
    """How far it is, every few seconds."""

    def __init__(self, on_event: Callable[[Event], None]) -> None:
        self._on_event = on_event
        self._next = monotonic() + _TELL_EVERY_S
        self.account = Account()

    def tell(self, account: Account) -> None:
        """Something came."""
        self.account = account
        if monotonic() >= self._next:
            self._next = monotonic() + _TELL_EVERY_S
            self._on_event(Preparing(f"embeddings: {account.done:,} of {account.wanted:,} texts"))


def _facts(account: Account, endpoint: Endpoint, settings: Settings, requests: int) -> dict[str, object]:
    usage = account.usage + account.estimated
    return {
        "provider": endpoint.provider.name,
        "model": endpoint.model,
        "texts": account.wanted,
        "known": account.reused,
        "made": account.made,
        "refused": len(account.left),
        "requests": requests,
        "input_tokens": usage.input_tokens,
        "cost_usd": without_dust(account.cost(runs.price(settings, endpoint))),
    }


def _tell_of(account: Account, job: Job, on_event: Callable[[Event], None]) -> None:
    cost = job.facts["embeddings"]["cost_usd"]
    money = f", ${cost:.4f}" if cost else ""
    on_event(
        Preparing(f"embeddings of {account.wanted:,} texts: {account.made:,} made, {account.reused:,} known{money}")
    )
    if account.left:
        first = account.left[0]
        on_event(
            Notice(
                f"{len(account.left):,} texts have no embedding, so they are found by their words alone; the first "
                f"({first.text!r}): {first.error}"
            )
        )
