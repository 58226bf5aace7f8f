"""What an earlier run left of a document, and whether this run may go on from it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from qagen import files, state
from qagen.corpus import backup_of
from qagen.errors import DamagedError, DataError, UsageError
from qagen.formats import GenerationInfo, LeftOut, MiningInfo, NegativesFile, QAFile
from qagen.llm.providers import PROVIDERS
from qagen.runs.job import Job
from qagen.state import DocumentState, Entry, Matching

File = TypeVar("File", QAFile, NegativesFile)


@dataclass(frozen=True, slots=True)
class Recalled(Generic[File]):
    """A state file, and its entries placed on the chunks of today."""

    saved: File
    is_unchanged: bool
    """As it was written."""
    matching: Matching


@dataclass(frozen=True, slots=True)
class Loaded(Generic[File]):
    """A document, with what its state file remembers."""

    document: DocumentState
    saved: File | None = None
    stale: tuple[Entry, ...] = ()
    """Entries that no chunk of today claims."""
    changed: bool = True
    """Whether the state file must be written even if nothing is asked."""
    damage: str | None = None
    """Why the state file itself is of no use: this is what its backup remembers."""
    by_index: bool = False
    """A file of an older tool, taken by the numbers of its chunks."""
    entries: Mapping[int, Entry] = field(default_factory=dict)
    """What it remembers, by the position of the chunk."""
    edited: bool = False
    """The state file is not as it was written, and makes sense."""


def load(document: DocumentState, recall: Callable[[Path], Recalled[File]], *, fresh: bool = False) -> Loaded[File]:
    """What the state file, or else its backup, remembers of the document; `fresh`: as if there were none.

    Nothing is written here.

    Raises:
        DataError: neither is of use, or the file is a link that leads out of its directory.
        UsageError: a file of an older tool that cannot be matched.
    """
    path = document.path
    if files.leads_out(path, path.parent):
        raise DataError(f"{path}: it is a link that leads out of its folder, so it is neither read nor written")
    if fresh or not path.exists():
        return Loaded(document)
    try:
        found, damage = recall(path), None
    except DamagedError as error:
        found, damage = _recall_backup(path, recall, error), str(error)
    saved, matching = found.saved, found.matching
    document.resume(saved.info, saved.summary.cost_usd, matching.entries, matching.again)
    changed = bool(matching.stale) or matching.moved or damage is not None
    return Loaded(
        document,
        saved,
        tuple(matching.stale),
        changed,
        damage,
        matching.by_index,
        matching.entries,
        edited=not found.is_unchanged,
    )


def _recall_backup(path: Path, recall: Callable[[Path], Recalled[File]], damage: DamagedError) -> Recalled[File]:
    """The same from the last version but one.

    Raises:
        DataError: it is of no use either; the text is about the file itself.
    """
    try:
        return recall(backup_of(path))
    except (DataError, UsageError):
        raise DataError(
            f"{damage}, and there is no backup of use. It is left as it is: repair it, or set it aside with --no-resume"
        ) from None


def changed_parameters(saved: QAFile | NegativesFile, info: GenerationInfo | MiningInfo) -> list[str]:
    """Parameters that are others than those of the earlier results, where there are any, as `name: old -> new`.

    A first try that brought nothing binds nobody. Files of older tools say too little to compare.
    """
    old = saved.info
    brought = any(
        (record.status == "completed" and (record.attempts or record.kept)) or record.raw_replies
        for record in saved.chunks.values()
    )
    if not old.fingerprint or old.fingerprint == info.fingerprint or not brought:
        return []
    changes = state.differences(old.parameters, info.parameters) or ["fingerprint: made with other parameters"]
    if old.qagen_version != info.qagen_version:
        versions = f" (qagen {old.qagen_version or 'of unknown version'} -> {info.qagen_version})"
        changes = [change + versions if change.startswith("prompt: ") else change for change in changes]
    return changes


def note(job: Job, loaded: Loaded[File], pending: Sequence[int], info: GenerationInfo | MiningInfo) -> list[str]:
    """Put into the job what the user should hear of an earlier run; gives parameters that changed.

    A document that is done does not mind other parameters, unless no model has seen it and one shall now: what was
    made to try the pipeline must not pass for the model's.
    """
    name = loaded.document.path.name
    changed = changed_parameters(loaded.saved, info) if loaded.saved else []
    if changed and not pending and not (_asks_a_model(info) and loaded.saved and not _asks_a_model(loaded.saved.info)):
        job.made_otherwise += 1
        job.differences.update(changed)
        changed = []
    job.stale += len(loaded.stale)
    if loaded.damage:
        job.recovered.append(LeftOut(file=name, why=loaded.damage.removeprefix(f"{loaded.document.path}: ")))
    if loaded.by_index:
        job.by_index.append(name)
    if loaded.edited:
        job.edited.append(name)
    return changed


def _asks_a_model(info: GenerationInfo | MiningInfo) -> bool:
    row = PROVIDERS.get(info.provider or "")
    return row is not None and row.generator_kind == "llm"


def note_lost(job: Job, path: Path, pending: Sequence[int]) -> None:
    """Say that a state file is gone, whose backup is there."""
    if not path.exists() and backup_of(path).exists() and pending:
        job.cautions.append(
            f"{path.name} is gone, so its document is asked anew; the backup beside it goes to archive/. To go on "
            f"from the backup instead, stop now and move it to {path}."
        )


def refuse_changes(changes: Iterable[str], folder: Path) -> None:
    """Results of two kinds are not mixed by mistake.

    Raises:
        UsageError: there are changes, which it names.
    """
    listed = list(dict.fromkeys(changes))
    if listed:
        raise UsageError(
            "the parameters are not those of the earlier results:\n  "
            + "\n  ".join(listed)
            + "\nRun with the same parameters to continue; with --accept-changes to keep what is done and ask the rest "
            f"with the new ones; or with --no-resume to set the results in {folder} aside and begin anew."
        )


def enter(job: Job, loaded: Loaded[File], pending: Sequence[int], info: GenerationInfo | MiningInfo) -> None:
    """Make way for the document's results: what is damaged or belongs to no chunk is set aside first.

    Raises:
        UsageError: another run wrote with other parameters since the plan was made.
    """
    path = loaded.document.path
    if loaded.saved and pending and not job.accept_changes:
        changes = changed_parameters(loaded.saved, info)
        if changes:
            raise UsageError(f"{path}: it was made with other parameters meanwhile: {'; '.join(changes)}")
    if not path.exists() and backup_of(path).exists():
        files.set_aside(backup_of(path), "archive", move=True)
    if loaded.damage:
        files.set_aside(path, "quarantine", move=False)
        # At once: the next write makes what stands there the backup.
        files.write(path, files.read_bytes(backup_of(path)))
    if loaded.stale and loaded.saved:
        archive = files.new_path(path.parent / "archive", path.name)
        files.write(archive, state.archive_of(loaded.saved, loaded.stale))
