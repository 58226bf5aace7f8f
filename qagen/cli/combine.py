"""`qagen combine`: question-answer files -> one dataset."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qagen.cli import options


def combine(
    ctx: typer.Context,
    chunks_dir: options.ChunksDir = None,
    qa_dir: options.QaDir = None,
    output_file: Annotated[
        Path | None,
        typer.Option(
            "--output-file",
            "-o",
            help="The dataset to write. [dim]default: training_data.json[/]",
            rich_help_panel=options.FOLDERS,
        ),
    ] = None,
    output_format: Annotated[
        str | None,
        typer.Option(
            "--format",
            help="json: one file; jsonl: one pair per line, the rest beside it in <name>.meta.json. "
            "[dim]default: by the ending of the file's name[/]",
        ),
    ] = None,
    strict: Annotated[
        bool | None, typer.Option("--strict/--no-strict", help="Also leave out documents with failed chunks.")
    ] = None,
    include_unfinished: Annotated[
        bool | None,
        typer.Option("--include-unfinished/--only-finished", help="Also take documents that are not completed."),
    ] = None,
    config_file: options.ConfigFile = None,
) -> None:
    """Merge the pairs of finished documents into one dataset.

    The output is the same for the same input, whatever the order. Every file that is left out is named.
    """
    from qagen import __version__, corpus, dataset, files
    from qagen.cli import console

    settings = options.load(ctx)
    output = settings.output_file
    lines = settings.output_format == "jsonl" or (settings.output_format is None and output.suffix == ".jsonl")
    paths = corpus.find_qa_files(settings.qa_dir)
    files.check_output(output)
    files.make_writable(output.parent)
    combined = dataset.combine(
        paths,
        output,
        lines=lines,
        strict=settings.strict,
        include_unfinished=settings.include_unfinished,
        version=__version__,
    )
    console.show_combined(combined, output)
    not_begun = corpus.without_answers(settings.chunks_dir, settings.qa_dir)
    if not_begun:
        names = ", ".join(path.name for path in not_begun[: console.MOST_LISTED])
        console.note(f"{console.count(len(not_begun), 'chunk file')} without any answers yet: {names}")
    if combined.invalid:
        raise typer.Exit(1)
