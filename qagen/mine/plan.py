"""What there is to mine, decided before the first request: nothing is spent and nothing is written here."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from qagen import __version__, files, runs
from qagen.corpus import find_chunk_files, find_qa_files, negatives_path_of, qa_path_of, read_chunks, read_qa, stem_of
from qagen.errors import DataError
from qagen.formats import LeftOut, MiningInfo
from qagen.mine.document import OpenNegatives
from qagen.mine.material import Material, gather
from qagen.mine.recipe import Recipe, endpoint_of, recipe_of
from qagen.mine.resume import load
from qagen.negatives import Corpus, Dense, Miner
from qagen.negatives.windows import MOST_CHARACTERS
from qagen.pump import Event, Notice, Preparing
from qagen.settings import Settings
from qagen.state import Counts

_TOKENS_OF_INSTRUCTIONS = 1000
_TOKENS_OF_LABEL = 60
_AROUND = 60
"""Characters that stand around each excerpt and each question in a request."""
_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Plan:
    """A document of this run, known and not in memory."""

    qa_path: Path
    chunks_path: Path
    path: Path
    """Of its negatives file."""
    most_chunks: int | None
    """Only the first ones are mined (`--limit`)."""
    counts: Counts
    """As its negatives file says."""
    to_ask: int
    needs_writing: bool
    name: str
    corpus_hash: str | None
    """Of the chunks that its negatives were chosen from."""
    job: Job = field(repr=False)

    def open(self) -> OpenNegatives:
        """Read its files again, and match them."""
        job = self.job
        material = gather(read_qa(self.qa_path), read_chunks(self.chunks_path))
        info = job.info()
        loaded = load(material, self.chunks_path.name, self.path, info, job.price, asks=job.recipe.asks)
        pending = loaded.document.pending(self.most_chunks, retry_failed=job.retry_failed)
        runs.enter(job, loaded, pending, info)
        earlier = {at: loaded.entries[at] for at in pending if at in loaded.entries}
        return OpenNegatives(
            loaded.document,
            self.name,
            pending,
            material,
            earlier,
            changed=loaded.changed,
            judges_again=job.judges_again,
        )


@dataclass(slots=True, kw_only=True)
class Job(runs.Job):
    """What there is to mine, and how."""

    recipe: Recipe
    chunks_dir: Path
    plans: list[Plan] = field(default_factory=list)
    context_tokens: int | None = None
    """Size of the context window to ask for: one for the whole run, because a server may load the model anew for it."""
    gone: int = 0
    """Pairs whose chunk is not in their chunk file any more."""
    dense: Mapping[str, Dense] | None = None
    """By pair_id, what embeddings found; None where nobody makes them."""
    _corpus: Corpus | None = None
    _miner: Miner | None = None

    @property
    def judges_again(self) -> bool:
        """Whether questions that an earlier run's model did not judge are asked about again."""
        return self.recipe.asks and self.retry_failed

    @property
    def miner(self) -> Miner:
        """Who looks for negatives, while the job is opened."""
        assert self._miner is not None
        return self._miner

    @property
    def corpus(self) -> Corpus:
        """All chunks, while the job is opened."""
        assert self._corpus is not None
        return self._corpus

    def info(self) -> MiningInfo:
        """What a negatives file says of this run."""
        choices, corpus, asks = self.recipe.choices, self._corpus, self.recipe.asks
        return MiningInfo(
            provider=self.endpoint.provider.name if asks else None,
            model=self.recipe.model if asks else None,
            negatives=choices.negatives,
            candidates=choices.candidates,
            engine=corpus.engine if corpus else None,
            embedding_model=self.recipe.parameters.get("embedding_model"),
            corpus_hash=corpus.texts_hash if corpus else None,
            fingerprint=self.recipe.fingerprint,
            parameters=self.recipe.parameters,
            qagen_version=__version__,
            run_id=self.run_id,
        )

    @contextmanager
    def opened(self, on_event: Callable[[Event], None]) -> Iterator[None]:
        """With the chunks at hand to be searched. Their index is made where it is not there yet.

        Raises:
            DataError: there is no chunk.
            StorageError: the index cannot be written.
        """
        if not self.to_ask:
            yield
            return
        on_event(Preparing(f"reading all chunks of {self.chunks_dir} for the index"))
        began, before = time.monotonic(), _indexes(self.folder)
        problems: list[Path] = []
        with Corpus.open([self.chunks_dir], self.folder, on_problem=lambda path, _: problems.append(path)) as corpus:
            seconds = time.monotonic() - began
            what = "built" if _indexes(self.folder) - before else "opened"
            on_event(Preparing(f"index of {len(corpus):,} chunks: {what} in {seconds:.1f} s ({corpus.engine})"))
            self.facts["index"] = {"chunks": len(corpus), "engine": corpus.engine, "seconds": round(seconds, 3)}
            self._tell_of_chunks(corpus, problems, on_event)
            self._corpus, self._miner = corpus, Miner(corpus, self.recipe.choices)
            yield

    def _tell_of_chunks(self, corpus: Corpus, problems: list[Path], on_event: Callable[[Event], None]) -> None:
        if problems:
            names = ", ".join(path.name for path in problems[:5])
            on_event(Notice(f"chunk files that cannot be read, so no negatives come from them: {names}"))
        if len(corpus) == 1:
            on_event(Notice("there is one chunk in all, so there is nothing to choose negatives from."))
        others = [plan for plan in self.plans if plan.corpus_hash and plan.corpus_hash != corpus.texts_hash]
        if others:
            on_event(
                Notice(
                    f"the chunks have changed since the negatives of {_count(len(others), 'document')} were chosen. "
                    "Those stay; --no-resume chooses all anew."
                )
            )


def _indexes(folder: Path) -> set[str]:
    return {path.name for path in (folder / ".index").glob("*")}


def plan(settings: Settings) -> Job:
    """Read all QA files, their chunk files and negatives files, and decide what is to mine.

    Raises:
        UsageError: no provider, model or key; parameters changed since the earlier results.
        DataError: there is no QA file, no chunk file, or none can be used.
    """
    job = _empty_job(settings)
    paths = find_qa_files(settings.qa_dir)
    chunk_files = _by_qa_name(find_chunk_files(settings.chunks_dir).paths)
    budget = settings.limit
    longest = 0
    unfinished: dict[str, int] = {}
    changes: list[str] = []
    for path in paths:
        try:
            one, length, changed, pairs_so_far = _plan_document(path, chunk_files, settings, job, budget)
        except DataError as error:
            job.left_out.append(LeftOut(file=path.name, why=str(error).removeprefix(f"{path}: ")))
            continue
        job.plans.append(one)
        longest = max(longest, length)
        changes += changed
        if pairs_so_far is not None:
            unfinished[one.name] = pairs_so_far
        if budget is not None:
            budget = max(0, budget - one.counts.total)
    if unfinished:
        job.facts["unfinished_documents"] = list(unfinished)
    if not job.plans:
        help_text = "Make them with `qagen generate-qa`, or check --qa-dir and --chunks-dir."
        raise runs.nothing_usable(job, settings.qa_dir, "QA file", help_text)
    job.cautions += runs.cautions(settings, job.endpoint, job.folder)
    job.remarks += _remarks(job, unfinished)
    if not job.accept_changes:
        runs.refuse_changes(changes, job.folder)
    if job.recipe.asks:
        job.context_tokens = runs.window(longest)
    return job


def _empty_job(settings: Settings) -> Job:
    endpoint = endpoint_of(settings)
    recipe = recipe_of(settings, endpoint)
    most = recipe.choices.negatives
    return Job(
        endpoint=endpoint,
        recipe=recipe,
        price=runs.price(settings, endpoint),
        run_id=secrets.token_hex(8),
        noun="negative",
        promise=f"{most} negative{'s' * (most > 1)} a question",
        folder=settings.negatives_dir or settings.qa_dir,
        chunks_dir=settings.chunks_dir,
        accept_changes=settings.accept_changes,
        retry_failed=settings.retry_failed,
    )


def _by_qa_name(paths: list[Path]) -> dict[str, Path]:
    """Chunk files by their own names and by those of the QA files that belong to them."""
    return {qa_path_of(path, Path()).name: path for path in paths} | {path.name: path for path in paths}


def _chunks_of(qa_path: Path, named: str, chunk_files: dict[str, Path], folder: Path) -> Path:
    path = chunk_files.get(named) or chunk_files.get(qa_path.name)
    if path is None:
        raise DataError(
            f"{qa_path}: its chunk file ({named or 'it names none'}) is not in {folder}: check --chunks-dir"
        )
    return path


def _plan_document(
    qa_path: Path, chunk_files: dict[str, Path], settings: Settings, job: Job, budget: int | None
) -> tuple[Plan, int, list[str], int | None]:
    """The plan of one document, its longest request in tokens, changed parameters; of an unfinished one its pairs."""
    for path in (qa_path, negatives_path_of(qa_path, settings.negatives_dir)):
        if files.leads_out(path, path.parent):
            raise DataError(f"{path}: it is a link that leads out of the folder, so it is not read")
    qa_file = read_qa(qa_path)
    chunks_path = _chunks_of(qa_path, qa_file.metadata.chunks_file, chunk_files, settings.chunks_dir)
    material = gather(qa_file, read_chunks(chunks_path))
    negatives_path = negatives_path_of(qa_path, settings.negatives_dir)
    resuming = settings.resume and negatives_path.exists()
    info = job.info()
    asks = job.recipe.asks
    loaded = load(material, chunks_path.name, negatives_path, info, job.price, asks=asks, fresh=not resuming)
    pending = loaded.document.pending(budget, retry_failed=job.retry_failed)
    changed = runs.note(job, loaded, pending, info)
    if settings.resume:
        runs.note_lost(job, negatives_path, pending)
    job.gone += material.gone
    counts = loaded.document.counts
    one = Plan(
        qa_path=qa_path,
        chunks_path=chunks_path,
        path=negatives_path,
        most_chunks=budget,
        counts=counts,
        to_ask=len(pending),
        # A document that is not reached (--limit) gets no file that says nothing.
        needs_writing=loaded.changed and (loaded.saved is not None or not counts.pending),
        name=stem_of(chunks_path),
        corpus_hash=loaded.saved.mining_info.corpus_hash if loaded.saved and counts.completed else None,
        job=job,
    )
    longest = max((_tokens(material, at, job.recipe) for at in pending), default=0)
    return one, longest, changed, None if qa_file.status == "completed" else sum(map(len, material.pairs))


def _tokens(material: Material, position: int, recipe: Recipe) -> int:
    """At most so many have the request about a chunk and its reply, if its excerpts are in a script like its own.

    Three bytes a token is on the safe side: English has four, Chinese three. A reply that was cut gets twice the room.
    """
    chunk, pairs = material.chunk_file.chunks[position], material.pairs[position]
    texts = [chunk.core, *(pair.question for pair in pairs), *(pair.answer for pair in pairs)]
    size = sum(len(text.encode("utf-8", "replace")) for text in texts)
    widest = len(chunk.core.encode("utf-8", "replace")) / max(1, len(chunk.core))
    shown = len(pairs) * recipe.choices.candidates
    size += int(shown * (MOST_CHARACTERS * max(1.0, widest) + _AROUND)) + len(pairs) * _AROUND
    reply = (
        max(recipe.max_tokens, _TOKENS_OF_LABEL * (shown + len(pairs) + 1)) if recipe.may_grow else recipe.max_tokens
    )
    return size // 3 + _TOKENS_OF_INSTRUCTIONS + 2 * reply


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' if number != 1 else ''}"


def _remarks(job: Job, unfinished: Mapping[str, int]) -> list[str]:
    found = []
    unjudged = job.counts.figures.get("flag:unlabelled", 0)
    if unjudged and job.recipe.asks:
        again, left = (
            "are asked about again (--no-retry-failed leaves them)",
            "stay as they are (--retry-failed asks again)",
        )
        what = again if job.retry_failed else left
        found.append(
            f"of {_count(unjudged, 'question')} an earlier run's model judged nothing: they {what}, and what is judged "
            "stays."
        )
    if not job.counts.total:
        found.append("there is no pair in the QA files, so there is nothing to find negatives for.")
    if job.gone:
        found.append(
            f"{_count(job.gone, 'pair')} of chunks that are not in their chunk files any more: no negatives for them "
            "(chunk_gone). `qagen generate-qa` asks about the chunks of today."
        )
    if unfinished:
        is_one, pairs = len(unfinished) == 1, sum(unfinished.values())
        names = ", ".join([*list(unfinished)[:_MOST_NAMED], *(["..."] if len(unfinished) > _MOST_NAMED else [])])
        what = f"only what {'it has' if is_one else 'they have'} gets negatives ({_count(pairs, 'pair')})"
        nothing = (
            f"{'it has' if is_one else 'they have'} no pair yet, so nothing is mined of {'it' if is_one else 'them'}"
        )
        found.append(
            f"{_count(len(unfinished), 'document')} {'is' if is_one else 'are'} not finished ({names}): "
            f"{what if pairs else nothing}. Run this command again when `qagen generate-qa` has finished "
            f"{'it' if is_one else 'them'}."
        )
    return found
