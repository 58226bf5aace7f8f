"""`qagen chunk`: documents -> chunk files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qagen.cli import options

SIZES = "How to cut"


def chunk(
    ctx: typer.Context,
    documents: Annotated[
        list[Path] | None,
        typer.Argument(help="Documents, or folders of them. [dim]default: --incoming-dir[/]", show_default=False),
    ] = None,
    incoming_dir: Annotated[
        Path | None,
        typer.Option(
            "--incoming-dir",
            help="Folder of the documents. [dim]default: documents[/]",
            rich_help_panel=options.FOLDERS,
        ),
    ] = None,
    chunks_dir: options.ChunksDir = None,
    chunk_size: Annotated[
        int | None,
        typer.Option("--chunk-size", help="Most characters of a chunk. [dim]default: 4000[/]", rich_help_panel=SIZES),
    ] = None,
    chunk_overlap: Annotated[
        int | None,
        typer.Option(
            "--chunk-overlap",
            "--overlap-size",
            help="Characters repeated from the chunk before, as context. [dim]default: a tenth of the size[/]",
            rich_help_panel=SIZES,
        ),
    ] = None,
    splitting_strategy: Annotated[
        str | None,
        typer.Option(
            "--splitting-strategy",
            "--strategy",
            help="Where to cut: recursive = paragraphs, then sentences, then words. [dim]default: recursive[/]",
            rich_help_panel=SIZES,
        ),
    ] = None,
    config_file: options.ConfigFile = None,
) -> None:
    """Cut documents (.txt, .md) into chunks with exact offsets.

    Each document becomes [bold]<name>_chunks.json[/], with its text beside it as [bold]<name>.txt[/]. A document that
    has not changed is left alone.
    """
    from qagen import intake
    from qagen.cli import console

    settings = options.load(ctx)
    prepared = intake.prepare(documents or [settings.incoming_dir], settings)
    console.show_prepared(prepared, settings)
    if prepared.failed:
        raise typer.Exit(1)
