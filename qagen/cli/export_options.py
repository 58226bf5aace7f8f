"""The options of `qagen export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qagen.cli import options

NEGATIVES = "Which negatives"

Dataset = Annotated[
    Path | None,
    typer.Argument(
        help="The dataset that combine wrote (.json or .jsonl). [dim]default: training_data.json[/]",
        show_default=False,
    ),
]
Format = Annotated[
    str | None,
    typer.Option("--format", metavar="NAME", help="The form to write; --list-formats says which there are."),
]
ListFormats = Annotated[bool, typer.Option("--list-formats", help="Show the forms and what each is for.")]
Output = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        help="The file or folder to write. [dim]default: by the form, such as triplets.jsonl[/]",
        rich_help_panel=options.FOLDERS,
    ),
]
ChunksDir = Annotated[
    Path | None,
    typer.Option(
        "--chunks-dir",
        help="Put all chunks of this folder into the corpus (beir, msmarco-ids), and no passage that is gone "
        "from it, or into the pool of candidates (flag-embedding). [dim]default: only the passages of the dataset[/]",
        rich_help_panel=options.FOLDERS,
    ),
]
Split = Annotated[
    str | None,
    typer.Option(
        "--split",
        metavar="train|dev|test",
        help="beir: the name of the judgements; it splits nothing, all pairs are in them. [dim]default: test[/]",
        rich_help_panel=options.FOLDERS,
    ),
]
Negatives = Annotated[
    int | None,
    typer.Option(
        "--negatives",
        help="Most negatives of a pair, the best ones; tuples have exactly as many. [dim]default: all; for tuples "
        "what most pairs have[/]",
        rich_help_panel=NEGATIVES,
    ),
]
ExplodeShort = Annotated[
    bool | None,
    typer.Option(
        "--explode-short/--set-short-aside",
        help="sentence-transformers-tuples: pairs with fewer negatives become triplets in <name>.triplets.jsonl, "
        "or are set aside in <name>.short.jsonl. [dim]default: set aside[/]",
        rich_help_panel=NEGATIVES,
    ),
]
AllowRandomNegatives = Annotated[
    bool | None,
    typer.Option(
        "--allow-random-negatives/--no-random-negatives",
        help="Also take negatives that were picked at random. [dim]default: no[/]",
        rich_help_panel=NEGATIVES,
    ),
]
VerifiedOnly = Annotated[
    bool | None,
    typer.Option(
        "--verified-only/--any-negatives",
        help="Only negatives that a model read. [dim]default: any[/]",
        rich_help_panel=NEGATIVES,
    ),
]
