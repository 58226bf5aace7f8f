"""The options of `qagen mine-negatives`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qagen.cli.options import FOLDERS, MODEL
from qagen.llm.providers import NOBODY, PROVIDERS

NEGATIVES = "Negatives"
_ABLE = [name for name, row in PROVIDERS.items() if row.generator_kind == "llm"]

NegativesDir = Annotated[
    Path | None,
    typer.Option(
        "--negatives-dir",
        help="Folder of the negatives files. [dim]default: beside the question-answer files[/]",
        rich_help_panel=FOLDERS,
    ),
]
Provider = Annotated[
    str | None,
    typer.Option(
        "--provider",
        help=f"Who judges the candidates: {', '.join(_ABLE)}; or {NOBODY.name}, which mines without a model, a key or "
        "a server.",
        rich_help_panel=MODEL,
    ),
]
Negatives = Annotated[
    int | None,
    typer.Option(
        "--negatives", help="Most negatives of a question, 1 to 10. [dim]default: 4[/]", rich_help_panel=NEGATIVES
    ),
]
Candidates = Annotated[
    int | None,
    typer.Option(
        "--candidates",
        help="Passages that the model judges for each question, 1 to 50. [dim]default: 10[/]",
        rich_help_panel=NEGATIVES,
    ),
]
