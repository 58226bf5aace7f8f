"""`qagen status`: how far each document is."""

from __future__ import annotations

from typing import Annotated

import typer

from qagen.cli import mine_options, options


def status(
    ctx: typer.Context,
    chunks_dir: options.ChunksDir = None,
    qa_dir: options.QaDir = None,
    negatives_dir: mine_options.NegativesDir = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    config_file: options.ConfigFile = None,
) -> None:
    """Show how far each document is: chunks done, failed and pending, pairs, tokens, cost; and its negatives.

    Reads only, so it can be called while a run works.
    """
    from qagen import overview
    from qagen.cli import console, status_report

    settings = options.load(ctx)
    rows = overview.rows(settings.chunks_dir, settings.qa_dir, settings.negatives_dir)
    spent = overview.embeddings(settings.qa_dir, settings.negatives_dir)
    if as_json:
        console.print_json(overview.as_dict(rows, spent))
    else:
        status_report.show(rows, spent)
