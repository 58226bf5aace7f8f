"""`qagen export`: a dataset -> the forms that trainers load."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from qagen.cli import export_options, options

if TYPE_CHECKING:
    from pathlib import Path

    from qagen.exports import Choices
    from qagen.settings import Settings


def export(
    ctx: typer.Context,
    dataset: export_options.Dataset = None,
    export_format: export_options.Format = None,
    list_formats: export_options.ListFormats = False,
    export_file: export_options.Output = None,
    chunks_dir: export_options.ChunksDir = None,
    qrels_split: export_options.Split = None,
    export_negatives: export_options.Negatives = None,
    explode_short: export_options.ExplodeShort = None,
    allow_random_negatives: export_options.AllowRandomNegatives = None,
    verified_only: export_options.VerifiedOnly = None,
    config_file: options.ConfigFile = None,
) -> None:
    """Write the dataset in a form that trainers of retrievers and rerankers load.

    Each pair needs its passage (combine with [bold]--include-source-text[/]), and in most forms negatives. What is left
    out is counted by its reason, and where rows came from lies beside them. [bold]docs/exports.md[/] shows every form.

    Who trains with a dataset and measures (beir) with the same one measures nothing: combine different QA files into
    two datasets, one to train and one to measure with.
    """
    from pathlib import Path

    from qagen import exports
    from qagen.cli import export_report

    settings = options.load(ctx)
    if list_formats:
        export_report.show_formats()
        return
    form = exports.find(settings.export_format)
    # The folder that is set for the pipeline is not meant: it may hold other documents than the dataset.
    choices = _choices(settings, chunks_dir)
    output = settings.export_file or Path(form.default)
    exported = exports.export(dataset or settings.output_file, output, form, choices)
    export_report.show_exported(exported, form, output, choices)
    if exported.chunk_problems:
        raise typer.Exit(1)


def _choices(settings: Settings, chunks_dir: Path | None) -> Choices:
    from qagen.exports import Choices

    return Choices(
        negatives=settings.export_negatives,
        explode_short=settings.explode_short,
        allow_random=settings.allow_random_negatives,
        verified_only=settings.verified_only,
        split=settings.qrels_split,
        chunks_dir=chunks_dir,
    )
