"""`qagen chunk`: documents -> chunk files."""

from __future__ import annotations

import typer

from qagen.cli import chunk_options, options, run_options


def chunk(
    ctx: typer.Context,
    documents: chunk_options.Documents = None,
    incoming_dir: chunk_options.IncomingDir = None,
    chunks_dir: options.ChunksDir = None,
    splitting_strategy: chunk_options.Strategy = None,
    chunk_size: chunk_options.ChunkSize = None,
    chunk_overlap: chunk_options.ChunkOverlap = None,
    min_chunk_size: chunk_options.MinChunkSize = None,
    size_unit: chunk_options.SizeUnit = None,
    include: chunk_options.Include = None,
    exclude: chunk_options.Exclude = None,
    text_field: chunk_options.TextField = None,
    encoding: chunk_options.Encoding = None,
    jobs: chunk_options.Jobs = None,
    document_timeout: chunk_options.DocumentTimeout = None,
    preview: chunk_options.Preview = False,
    break_lock: run_options.BreakLock = False,
    config_file: options.ConfigFile = None,
) -> None:
    """Cut documents into chunks that can be followed back to page and sentence.

    Text, Markdown, reStructuredText, HTML, EPUB, OpenDocument, RTF, CSV and JSON;
    with [bold]pip install '.\\[docs]'[/] also PDF, Word, PowerPoint and Excel.

    Each document becomes [bold]<name>_chunks.json[/], with its text beside it as [bold]<name>.txt[/].
    One that has not changed is left alone; one that cannot be read is named, and the others go on.
    """
    from qagen import intake
    from qagen.cli.chunk_report import IntakeDisplay, show_prepared
    from qagen.cli.preview import show_preview

    settings = options.load(ctx)
    places = documents or [settings.incoming_dir]
    if preview:
        failed = show_preview(intake.preview(places, settings), settings)
    else:
        with IntakeDisplay() as display:
            prepared = intake.prepare(places, settings, display.advance, break_lock=break_lock)
        show_prepared(prepared, settings)
        failed = len(prepared.failed)
    if failed:
        raise typer.Exit(1)
