"""`qagen combine`: question-answer files -> one dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from qagen.cli import combine_options, mine_options, options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qagen.dataset import Choices
    from qagen.settings import Settings


_OTHER_FORMS = frozenset(
    {
        *(".csv", ".tsv", ".ndjson", ".parquet", ".arrow", ".feather", ".xlsx", ".xls", ".ods", ".xml", ".yaml"),
        *(".yml", ".toml", ".html", ".md", ".docx", ".pdf", ".db", ".sqlite", ".gz", ".zst", ".xz", ".bz2", ".zip"),
    }
)
"""Ends of names that promise something else than what is written."""


def combine(
    ctx: typer.Context,
    inputs: combine_options.Inputs = None,
    chunks_dir: options.ChunksDir = None,
    qa_dir: options.QaDir = None,
    negatives_dir: mine_options.NegativesDir = None,
    output_file: combine_options.OutputFile = None,
    output_format: combine_options.OutputFormat = None,
    rejects: combine_options.Rejects = None,
    strict: combine_options.Strict = None,
    include_unfinished: combine_options.IncludeUnfinished = None,
    include_outdated: combine_options.IncludeOutdated = None,
    drop: combine_options.Drop = None,
    min_grounding: combine_options.MinGrounding = None,
    max_per_document: combine_options.MaxPerDocument = None,
    include_source_text: combine_options.IncludeSourceText = None,
    dedupe: combine_options.Dedupe = None,
    checks: combine_options.Checks = None,
    conflicts: combine_options.Conflicts = None,
    config_file: options.ConfigFile = None,
) -> None:
    """Merge the pairs of finished documents into one dataset, without duplicates.

    The output is the same for the same input, whatever the order. Every file that is left out is named, every pair that
    is left out is counted by its reason, and [bold]--rejects[/] writes down which.
    """
    from qagen import __version__, corpus, dataset, files
    from qagen.cli import combine_report, console

    settings = options.load(ctx)
    output, rejected = settings.output_file, settings.rejects
    choices = _choices(settings)
    paths = corpus.expand(inputs) if inputs else corpus.find_qa_files(settings.qa_dir)
    for path in [output, *([rejected] if rejected else [])]:
        files.check_output(path)
        files.make_writable(path.parent)
    combined = dataset.combine(paths, output, choices, version=__version__)
    combine_report.show_combined(combined, output)
    if not combined.is_written:
        raise typer.Exit(1)
    for code in sorted(choices.drop - combined.dropped):
        console.note(f"--drop {code}: no pair has it.")
    if not inputs:
        not_begun = corpus.without_answers(settings.chunks_dir, settings.qa_dir)
        if not_begun:
            names = ", ".join(path.name for path in not_begun[: console.MOST_LISTED])
            rest = len(not_begun) - console.MOST_LISTED
            more = f" and {rest:,} more" if rest > 0 else ""
            console.note(f"{console.count(len(not_begun), 'chunk file')} without any answers yet: {names}{more}")
    if combined.invalid or combined.joined.problems:
        raise typer.Exit(1)


def _codes(typed: Sequence[str]) -> frozenset[str]:
    """The codes that `--drop` names, once or often, with commas or without.

    Raises:
        UsageError: no pair can have one of them.
    """
    from qagen.checks import RULES
    from qagen.checks.names import known_name
    from qagen.dataset.types import OF_THE_RUN

    names = [name for text in typed for name in text.split(",") if name.strip()]
    return frozenset(known_name(name, {*RULES, *OF_THE_RUN}, where=f"--drop {name.strip()}") for name in names)


def _choices(settings: Settings) -> Choices:
    """What the dataset is to be.

    Raises:
        UsageError: two settings contradict each other, or one names what is not there.
    """
    from qagen.dataset import Choices, joining
    from qagen.errors import UsageError

    output = settings.output_file
    if settings.output_format is None and output.suffix.lower() in _OTHER_FORMS:
        raise UsageError(
            f"--output-file {output}: a dataset is JSON (.json) or JSON Lines (.jsonl), and that is the name of "
            "something else. Name it so, or say --format; `qagen export` writes other forms."
        )
    if not settings.checks and settings.conflicts != "keep":
        raise UsageError(f"--conflicts {settings.conflicts} looks for contradictions, and --no-checks for none.")
    if settings.rejects and settings.rejects.resolve() == output.resolve():
        raise UsageError(f"--rejects {settings.rejects}: that is where the dataset goes. Name another file.")
    if settings.negatives_dir and not joining.are_there([], settings.negatives_dir):
        lack = "no *_negatives.json file in it" if settings.negatives_dir.is_dir() else "no such folder"
        raise UsageError(
            f"--negatives-dir {settings.negatives_dir}: there is {lack}, so a dataset would lack them. Nothing is "
            "written. Make them with `qagen mine-negatives`, name another folder, or none."
        )
    return Choices(
        lines=settings.output_format == "jsonl" or (settings.output_format is None and output.suffix == ".jsonl"),
        strict=settings.strict,
        include_unfinished=settings.include_unfinished,
        include_outdated=settings.include_outdated,
        dedupe=settings.dedupe,
        checks=settings.checks,
        conflicts=settings.conflicts,
        drop=_codes(settings.drop),
        min_grounding=settings.min_grounding,
        max_per_document=settings.max_per_document,
        chunks_dir=settings.chunks_dir,
        include_source_text=settings.include_source_text,
        negatives_dir=settings.negatives_dir,
        rejects=settings.rejects,
    )
