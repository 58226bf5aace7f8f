"""The first time through: every pair of every input file, filtered, checked, and remembered."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qagen.corpus import negatives_path_of
from qagen.dataset import account, sources, types
from qagen.dataset.account import Account
from qagen.dataset.keys import Keys
from qagen.dataset.rejects import Rejects
from qagen.dataset.rows import Rows
from qagen.dataset.sources import Document, Source
from qagen.dataset.today import Today
from qagen.dataset.types import Choices, Combined
from qagen.errors import DataError
from qagen.formats import PAIR_FIELDS, LeftOut, Row, TrainingDocument

if TYPE_CHECKING:
    from qagen.dataset.passages import Passages
    from qagen.dataset.vague import Vagueness


class Gathering:
    """What has come so far."""

    def __init__(self, choices: Choices, result: Combined, rows: Rows, rejects: Rejects) -> None:
        self._choices = choices
        self._dropped = choices.drop | (_errors() if choices.checks else frozenset())
        self._result = result
        self._rejects = rejects
        self.rows = rows
        self.keys = Keys(exact=choices.dedupe, near=choices.checks)
        self.account = Account()
        self.documents: list[Document] = []
        self.origins: list[int] = []
        """Of each document, which one it is: the same one may come in two files."""
        self._negatives: dict[int, Path] = {}
        """Where the negatives of documents may be, as far as their QA files are there."""
        self._numbers: dict[bytes, int] = {}
        self._origin_numbers: dict[str, int] = {}
        self.today = Today(choices.chunks_dir, result.chunk_problems)
        self.passages: Passages | None = None
        self.vagueness: Vagueness | None = None

    def take(self, path: Path) -> None:
        """An input file; one that is invalid is noted."""
        try:
            source = sources.read(path, self.today)
        except DataError as error:
            # Where nothing is, the folder may be the wrong one.
            name = path.name if path.exists() else str(path)
            self._result.invalid.append(LeftOut(file=name, why=str(error).removeprefix(f"{path}: ")))
            return
        refused: dict[int, str] = {}
        for document in source.documents:
            self._enter(document, refused)
            self._note_negatives(document, path)
        self._take_pairs(source, refused)

    def qa_name(self, number: int) -> str:
        """The QA file that a remembered pair came from."""
        return self.documents[self.rows.documents[number]].facts.source_file

    def _note_negatives(self, document: Document, path: Path) -> None:
        """Where the negatives of a document are: beside its QA file, or where they were said to be."""
        number = self._numbers.get(document.key)
        folder = self._choices.negatives_dir
        # A dataset may have any name in it: never a path.
        name = Path(document.facts.source_file).name
        if number is not None and (folder or path.name == name):
            self._negatives[number] = negatives_path_of(path.parent / name, folder)

    def negatives_paths(self) -> dict[int, Path]:
        """Of each document where its negatives may be; the document of a dataset shares those of its QA file."""
        by_name = {path.name: path for path in self._negatives.values()}
        found = dict(self._negatives)
        for number, document in enumerate(self.documents):
            name = negatives_path_of(Path(document.facts.source_file)).name
            if number not in found and name in by_name:
                found[number] = by_name[name]
        return found

    def _enter(self, document: Document, refused: dict[int, str]) -> None:
        """Note the document, or why it stays out."""
        key = document.key
        if key not in self._numbers:
            self.account.chunks += document.chunks
            self.account.answered += document.answered
        why = self._why_not(document)
        if why:
            refused[id(document)], text = why
            self._result.unfinished += why[0] == types.UNFINISHED
            self._result.left_out.append(LeftOut(file=document.facts.source_file, why=text))
        elif key not in self._numbers:
            self._numbers[key] = len(self.documents)
            self.documents.append(document)
            self.origins.append(self._origin_numbers.setdefault(document.origin, len(self._origin_numbers)))

    def _why_not(self, document: Document) -> tuple[str, str] | None:
        """The code of the reason for which a valid document stays out, and a text."""
        if document.status != "completed" and not self._choices.include_unfinished:
            summary = document.facts.summary
            done = f"{summary['completed_chunks']} of {summary['total_chunks']} chunks"
            return types.UNFINISHED, f"{document.status}: {done}"
        if self._choices.strict and document.failed_chunks:
            total = document.facts.summary["total_chunks"]
            return types.FAILED_CHUNKS, f"{document.failed_chunks} of {total} chunks failed (--strict)"
        return None

    def _take_pairs(self, source: Source, refused: dict[int, str]) -> None:
        for row, code in source.rejected:
            self.account.parsed += 1
            self._leave_out(account.GENERATION, row, code, source.documents[0])
        for document, rows in source.blocks():
            self.account.parsed += len(rows)
            if document.key not in self._numbers and id(document) not in refused:
                self._enter(document, refused)
            if id(document) in refused:
                for row in rows:
                    self._leave_out(account.DOCUMENTS, row, refused[id(document)], document)
            else:
                staying = [row for row in self._current(rows, document) if self._stays(row, document)]
                self.rows.extend(staying, self._numbers[document.key])
                self.keys.extend(staying)

    def _current(self, rows: list[Row], document: Document) -> list[Row]:
        """The pairs of text that is still there, or all of them where that was chosen. What changed is noted."""
        outdated = [row for row in rows if document.is_outdated(row)]
        is_left_out = outdated and not self._choices.include_outdated
        whys = []
        if document.current is not None and document.status == "completed" and document.pending:
            whys.append(f"{document.pending:,} of {document.chunks:,} chunks are not asked yet")
        if outdated:
            stay = "" if is_left_out else ", and stay in"
            whys.append(f"{len(outdated):,} of {len(rows):,} pairs are about text that is not there any more{stay}")
        if whys:
            self._result.changed.append(LeftOut(file=document.facts.source_file, why="; ".join(whys)))
        if not is_left_out:
            return rows
        for row in outdated:
            self._leave_out(account.CHANGED, row, types.OUTDATED, document)
        return [row for row in rows if not document.is_outdated(row)]

    def _stays(self, row: Row, document: Document) -> bool:
        """Whether the pair goes on, its codes brought up to date. What does not is counted."""
        code = self._dropped_for(row, document) if row["checks"] or self.vagueness else None
        if code:
            self._leave_out(account.DROPPED, row, code, document)
            return False
        if self._choices.min_grounding is not None and (row["grounding"] or 0) < self._choices.min_grounding:
            self._leave_out(account.GROUNDING, row, types.LOW_GROUNDING, document)
            return False
        return True

    def _dropped_for(self, row: Row, document: Document) -> str | None:
        row["checks"] = checks = [code for code in row["checks"] if not self._is_found_anew(code)]
        code = next((code for code in checks if code in self._dropped), None)
        if code is None and self.vagueness and self.passages:
            passage = self.passages.find(row["chunk_key"], row["chunk_index"], document.facts.source_file)
            vague = self.vagueness.code(row, passage)
            checks += [vague] if vague else []
            code = vague if vague in self._dropped else None
        return code

    def _is_found_anew(self, code: str) -> bool:
        """Whether an earlier run's finding is replaced by this one's."""
        return (code == types.CONFLICT and self._choices.checks) or (code == types.Q_VAGUE and bool(self.vagueness))

    def _leave_out(self, step: str, row: Row, code: str, document: Document) -> None:
        self.account.leave_out(step, code)
        if self._rejects.are_wanted:
            self._rejects.add({name: row[name] for name in PAIR_FIELDS}, code, document.facts.source_file)


def _errors() -> frozenset[str]:
    """Where a pair has one, generation kept it apart; who made the file by other means meant to have it looked at."""
    from qagen.checks import RULES

    return frozenset(code for code, rule in RULES.items() if rule.level == "error")


def config_of(documents: Iterable[TrainingDocument]) -> dict[str, Any]:
    """What the documents were made with: a value, or the list of all values where they differ."""
    values: dict[str, list[Any]] = {}
    for document in documents:
        info, processing = document.qa_generation_info, document.processing_info
        if not info and not processing:
            continue  # nothing is known of it
        for name, value in (
            ("llm_provider", info.get("provider")),
            ("model_used", info.get("model")),
            ("questions_per_chunk", info.get("questions_per_chunk")),
            ("temperature", info.get("temperature")),
            ("chunk_size", processing.get("chunk_size")),
            ("chunk_overlap", processing.get("chunk_overlap")),
            ("splitting_strategy", processing.get("splitting_strategy")),
            ("max_tokens", info.get("max_tokens")),
        ):
            found = values.setdefault(name, [])
            if value not in found:
                found.append(value)
    return {name: found[0] if len(found) == 1 else found for name, found in values.items()}
