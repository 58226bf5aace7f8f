"""What there is to ask, decided before the first request: nothing is spent and nothing is written here."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from qagen import __version__, checks, files, prompts, runs, state
from qagen.corpus import backup_of, find_chunk_files, qa_path_of, read_chunks, stem_of
from qagen.errors import DataError, UsageError
from qagen.formats import ENDING, ChunkFile, DocumentSettings, GenerationInfo, LeftOut
from qagen.generate.document import OpenQA
from qagen.generate.recipe import Recipe, recipe_of
from qagen.generate.resume import changed_parameters, cut_otherwise, load
from qagen.settings import Settings
from qagen.state import Counts

_CONTEXT_STEP = 4096


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
        if loaded.saved and pending and not job.accept_changes:
            # Another run may have written since the plan was made.
            changes = changed_parameters(loaded.saved, info)
            if changes:
                raise UsageError(f"{self.path}: it was made with other parameters meanwhile: {'; '.join(changes)}")
        if not self.path.exists() and backup_of(self.path).exists():
            files.set_aside(backup_of(self.path), "archive", move=True)
        if loaded.damage:
            files.set_aside(self.path, "quarantine", move=False)
            # At once: the next write makes what stands there the backup.
            files.write(self.path, files.read_bytes(backup_of(self.path)))
        if loaded.stale and loaded.saved:
            archive = files.new_path(self.path.parent / "archive", self.path.name)
            files.write(archive, state.archive_of(loaded.saved, loaded.stale))
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


def plan(settings: Settings) -> Job:
    """Read all chunk files and QA files, and decide what is to ask. Nothing is spent and nothing is written.

    Raises:
        UsageError: no provider, model or key; a bad template; parameters changed since the earlier results.
        DataError: there is no chunk file, or none can be used.
    """
    job = _empty_job(settings)
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
        changes += [change for change in changed if change not in changes]
        if budget is not None:
            budget = max(0, budget - one.counts.total)
    if not job.plans:
        reasons = "; ".join(f"{one.file}: {one.why}" for one in job.left_out[:10])
        raise DataError(
            f"{settings.chunks_dir}: no chunk file can be used: {reasons}. "
            "Repair these files, or make chunks with `qagen chunk`, or check --chunks-dir."
        )
    job.cautions += runs.cautions(settings, job.endpoint, settings.qa_dir)
    job.cautions += _unknown_languages(languages)
    if changes and not job.accept_changes:
        raise UsageError(
            "the parameters are not those of the earlier results:\n  "
            + "\n  ".join(changes)
            + "\nRun with the same parameters to continue; with --accept-changes to keep what is done and ask the rest "
            f"with the new ones; or with --no-resume to set the results in {settings.qa_dir} aside and begin anew."
        )
    job.context_tokens = _context_tokens(longest, job)
    return job


def _unknown_languages(languages: Counter[str]) -> list[str]:
    """Of which documents the checks know less. `languages`: documents that are asked about, by language."""
    return [
        f"the language of {documents:,} document{'s' if documents > 1 else ''} is {language!r}, of which the checks "
        f"know no words: {', '.join(codes)} do not run there."
        for language, documents in sorted(languages.items())
        if (codes := checks.needing_words(language))
    ]


def _refuse_same_outputs(paths: Sequence[Path]) -> None:
    seen: dict[str, Path] = {}
    for path in paths:
        other = seen.setdefault(stem_of(path).casefold(), path)
        if other != path:
            raise UsageError(
                f"{other.name} and {path.name} would both write {stem_of(path)}_qa.json. Rename one of them."
            )


def _empty_job(settings: Settings) -> Job:
    endpoint = settings.endpoint()
    recipe = recipe_of(settings, endpoint)
    return Job(
        endpoint=endpoint,
        recipe=recipe,
        price=runs.price(settings, endpoint),
        run_id=secrets.token_hex(8),
        noun="pair",
        promise=f"up to {recipe.order.questions_per_chunk} pair{'s' * (recipe.order.questions_per_chunk > 1)} a chunk",
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
    changed = changed_parameters(loaded.saved, info) if loaded.saved else []
    if changed and not pending:
        job.made_otherwise += 1
        changed = []
    if loaded.saved and loaded.stale:
        changed += cut_otherwise(loaded.saved, chunk_file)
    job.stale += len(loaded.stale)
    if loaded.damage:
        job.recovered.append(LeftOut(file=qa_path.name, why=loaded.damage.removeprefix(f"{qa_path}: ")))
    if settings.resume and not resuming and backup_of(qa_path).exists() and pending:
        job.cautions.append(
            f"{qa_path.name} is gone, so its document is asked anew; the backup beside it goes to archive/. To go on "
            f"from the backup instead, stop now and move it to {qa_path}."
        )
    if loaded.by_index:
        job.by_index.append(qa_path.name)
    if loaded.edited:
        job.edited.append(qa_path.name)
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
    """The smallest window of 4096 * 2**k tokens that holds the longest prompt and its answer.

    One size for the whole run, because a server may have to load the model again for another. Three bytes a token is on
    the safe side: English has four, Chinese three.
    """
    recipes = [job.recipe, *(plan.recipe for plan in job.plans)]
    prompt_bytes = max(len((one.prompt.system + one.prompt.template).encode("utf-8", "replace")) for one in recipes)
    # Twice the answer: a reply that was cut is asked for once more with twice the room.
    needed = (prompt_bytes + longest_bytes) // 3 + 200 + 2 * job.order.max_tokens
    window = _CONTEXT_STEP
    while window < needed:
        window *= 2
    return window
