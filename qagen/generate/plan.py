"""What there is to ask, decided before the first request: nothing is spent and nothing is written here."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from qagen import __version__, files, prompts, runs
from qagen.corpus import find_chunk_files, qa_path_of, read_chunks, stem_of
from qagen.errors import DataError, UsageError
from qagen.formats import ENDING, ChunkFile, DocumentSettings, GenerationInfo, LeftOut
from qagen.generate.document import OpenQA
from qagen.generate.recipe import Recipe, recipe_of
from qagen.generate.resume import cut_otherwise, load
from qagen.llm.providers import Endpoint
from qagen.settings import Settings
from qagen.state import Counts


@dataclass(frozen=True, slots=True)
class Plan:
    """A document of this run, known and not in memory."""

    chunks_path: Path
    path: Path
    """Of its QA file."""
    most_chunks: int | None
    """Only the first ones are asked about (`--limit`)."""
    counts: Counts
    """As its QA file says."""
    to_ask: int
    needs_writing: bool
    name: str
    recipe: Recipe = field(repr=False)
    """The run's, or that of a document with settings of its own."""
    job: Job = field(repr=False)

    def open(self) -> OpenQA:
        """Read the chunk file and the QA file again, and match them."""
        chunk_file = read_chunks(self.chunks_path)
        job = self.job
        info = job.info(self.recipe)
        loaded = load(chunk_file, self.chunks_path, self.path, info, job.price)
        pending = loaded.document.pending(self.most_chunks, retry_failed=job.retry_failed)
        runs.enter(job, loaded, pending, info)
        return OpenQA(loaded.document, self.name, pending, self.recipe, changed=loaded.changed)


@dataclass(slots=True, kw_only=True)
class Job(runs.Job):
    """What there is to ask, and how."""

    recipe: Recipe
    context_tokens: int | None = None
    """Size of the context window to ask for: one for the whole run, because a server may load the model anew for it."""
    plans: list[Plan] = field(default_factory=list)
    corrective_retry: bool = True
    """Ask once more where checks refused too many pairs of a chunk."""

    @property
    def order(self) -> prompts.Order:
        """What is asked about documents without settings of their own."""
        return self.recipe.order

    def info(self, recipe: Recipe) -> GenerationInfo:
        """What the QA file of a document says of this run."""
        order = recipe.order
        return GenerationInfo(
            provider=self.endpoint.provider.name,
            model=order.model,
            questions_per_chunk=order.questions_per_chunk,
            temperature=order.temperature,
            max_tokens=order.max_tokens,
            prompt_sha256=recipe.prompt.sha256,
            fingerprint=recipe.fingerprint,
            parameters=recipe.parameters,
            qagen_version=__version__,
            run_id=self.run_id,
        )


def plan(settings: Settings, *, only_to_show: bool = False) -> Job:
    """Read all chunk files and QA files, and decide what is to ask. Nothing is spent and nothing is written.

    `only_to_show`: without a key, and although parameters changed; nothing of it is ever sent.

    Raises:
        UsageError: no provider, model or key; a bad template; parameters changed since the earlier results.
        DataError: there is no chunk file, or none can be used.
    """
    job = _empty_job(settings, settings.sketch() if only_to_show else settings.endpoint())
    found = find_chunk_files(settings.chunks_dir)
    paths, job.ignored = found.paths, found.ignored
    _refuse_same_outputs(paths)
    budget = settings.limit
    longest = 0
    changes: list[str] = []
    languages: Counter[str] = Counter()
    for path in paths:
        try:
            if files.leads_out(path, settings.chunks_dir):
                raise DataError(f"{path}: it is a link that leads out of the folder, so it is not read")
            chunk_file = read_chunks(path)
            one, length, changed = _plan_document(chunk_file, path, settings, job, budget)
        except DataError as error:
            job.left_out.append(LeftOut(file=path.name, why=str(error).removeprefix(f"{path}: ")))
            continue
        job.plans.append(one)
        if chunk_file.metadata.language and one.to_ask and not one.recipe.translates:
            languages[chunk_file.metadata.language] += 1
        longest = max(longest, length)
        changes += changed
        if budget is not None:
            budget = max(0, budget - one.counts.total)
    if not job.plans:
        help_text = "Repair these files, or make chunks with `qagen chunk`, or check --chunks-dir."
        raise runs.nothing_usable(job, settings.chunks_dir, "chunk file", help_text)
    job.cautions += runs.cautions(settings, job.endpoint, settings.qa_dir)
    job.cautions += _unknown_languages(languages)
    if not job.accept_changes and not only_to_show:
        runs.refuse_changes(changes, settings.qa_dir)
    job.context_tokens = _context_tokens(longest, job)
    return job


def _unknown_languages(languages: Counter[str]) -> list[str]:
    """Of which documents the checks know less. `languages`: documents that are asked about, by language."""
    if not languages:
        return []
    from qagen import checks

    unknown: dict[str, list[str]] = {}
    for language in sorted(languages):
        if codes := checks.needing_words(language):
            unknown.setdefault(", ".join(codes), []).append(language)
    return [
        f"{_of_documents(listed, languages)}, of which the checks know no words: {codes} do not run there."
        for codes, listed in unknown.items()
    ]


def _of_documents(listed: Sequence[str], documents: Counter[str]) -> str:
    if len(listed) == 1:
        number = documents[listed[0]]
        return f"the language of {number:,} document{'s' if number > 1 else ''} is {listed[0]!r}"
    each = ", ".join(f"{language!r} ({documents[language]:,})" for language in listed)
    return f"the languages of {sum(documents[one] for one in listed):,} documents are {each}"


def _refuse_same_outputs(paths: Sequence[Path]) -> None:
    seen: dict[str, Path] = {}
    for path in paths:
        other = seen.setdefault(stem_of(path).casefold(), path)
        if other != path:
            raise UsageError(
                f"{other.name} and {path.name} would both write {stem_of(path)}_qa.json. Rename one of them."
            )


def _empty_job(settings: Settings, endpoint: Endpoint) -> Job:
    recipe = recipe_of(settings, endpoint)
    return Job(
        endpoint=endpoint,
        recipe=recipe,
        price=runs.price(settings, endpoint),
        run_id=secrets.token_hex(8),
        noun="pair",
        promise=f"up to {recipe.order.questions_per_chunk} pair{'s' * (recipe.order.questions_per_chunk > 1)} a chunk",
        folder=settings.qa_dir,
        accept_changes=settings.accept_changes,
        retry_failed=settings.retry_failed,
        corrective_retry=settings.corrective_retry,
    )


def _plan_document(
    chunk_file: ChunkFile, path: Path, settings: Settings, job: Job, budget: int | None
) -> tuple[Plan, int, list[str]]:
    """The plan of one document, the length of its longest chunk to ask in bytes, and changed parameters."""
    qa_path = qa_path_of(path, settings.qa_dir)
    resuming = settings.resume and qa_path.exists()
    recipe = _own_recipe(path, settings, job)
    info = job.info(recipe)
    loaded = load(chunk_file, path, qa_path, info, job.price, fresh=not resuming)
    pending = loaded.document.pending(budget, retry_failed=job.retry_failed)
    changed = runs.note(job, loaded, pending, info)
    if loaded.saved and loaded.stale:
        changed += cut_otherwise(loaded.saved, chunk_file)
    if settings.resume:
        runs.note_lost(job, qa_path, pending)
    one = Plan(
        chunks_path=path,
        path=qa_path,
        most_chunks=budget,
        counts=loaded.document.counts,
        to_ask=len(pending),
        # A document that is not reached (--limit) gets no file that says nothing.
        needs_writing=loaded.changed and (loaded.saved is not None or not loaded.document.counts.pending),
        name=stem_of(path),
        recipe=recipe,
        job=job,
    )
    lengths = (len(chunk_file.chunks[at].text.encode("utf-8", "replace")) for at in pending)
    return one, max(lengths, default=0), changed


def _own_recipe(chunks_path: Path, settings: Settings, job: Job) -> Recipe:
    """That of `<name>.qagen.toml` in `--prompts-dir` or beside the chunk file; where there is none, the run's."""
    name = f"{stem_of(chunks_path)}{ENDING}"
    for folder in (settings.prompts_dir, chunks_path.parent):
        path = folder / name if folder else None
        if path and path.is_file():
            try:
                own = DocumentSettings.parse(files.read_bytes(path), str(path))
            except DataError as error:
                raise UsageError(str(error)) from None
            return recipe_of(settings, job.endpoint, own, str(path))
    return job.recipe


def _context_tokens(longest_bytes: int, job: Job) -> int:
    """The window that holds the longest prompt and its answer.

    Three bytes a token is on the safe side: English has four, Chinese three.
    """
    recipes = [job.recipe, *(plan.recipe for plan in job.plans)]
    prompt_bytes = max(len((one.prompt.system + one.prompt.template).encode("utf-8", "replace")) for one in recipes)
    # Twice the answer: a reply that was cut is asked for once more with twice the room.
    return runs.window((prompt_bytes + longest_bytes) // 3 + 200 + 2 * job.order.max_tokens)
