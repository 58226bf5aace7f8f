"""The options of `qagen combine`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qagen.cli import options

DOCUMENTS = "Which documents"
PAIRS = "Which pairs"
CHECKS = "Duplicates and checks over all documents"

Inputs = Annotated[
    list[Path] | None,
    typer.Argument(
        help="QA files, earlier datasets (.json, .jsonl), or folders of QA files. [dim]default: --qa-dir[/]",
        show_default=False,
    ),
]
OutputFile = Annotated[
    Path | None,
    typer.Option(
        "--output-file",
        "-o",
        help="The dataset to write. [dim]default: training_data.json[/]",
        rich_help_panel=options.FOLDERS,
    ),
]
OutputFormat = Annotated[
    str | None,
    typer.Option(
        "--format",
        help="json: one file; jsonl: one pair per line, the rest beside it in <name>.meta.json. "
        "[dim]default: by the ending of the file's name[/]",
        rich_help_panel=options.FOLDERS,
    ),
]
Rejects = Annotated[
    Path | None,
    typer.Option(
        "--rejects",
        help="File for every pair that is left out, with the reason and the pair that stays for it (JSON Lines).",
        rich_help_panel=options.FOLDERS,
    ),
]
Strict = Annotated[
    bool | None,
    typer.Option(
        "--strict/--no-strict", help="Also leave out documents with failed chunks.", rich_help_panel=DOCUMENTS
    ),
]
IncludeUnfinished = Annotated[
    bool | None,
    typer.Option(
        "--include-unfinished/--only-finished",
        help="Also take documents that are not completed.",
        rich_help_panel=DOCUMENTS,
    ),
]
IncludeOutdated = Annotated[
    bool | None,
    typer.Option(
        "--include-outdated/--only-current",
        help="Also take pairs, negatives and extra positives of text that is not in the chunk files any more.",
        rich_help_panel=PAIRS,
    ),
]
Drop = Annotated[
    list[str] | None,
    typer.Option(
        "--drop",
        metavar="CODE",
        help="Leave out pairs with this check code, such as EV_INEXACT or Q_VAGUE. Repeatable, or with commas.",
        rich_help_panel=PAIRS,
    ),
]
MinGrounding = Annotated[
    float | None,
    typer.Option(
        "--min-grounding",
        help="Leave out pairs of which a smaller share of the quotes stands in the passage (0 to 1); "
        "a pair without quotes counts as 0.",
        rich_help_panel=PAIRS,
    ),
]
MaxPerDocument = Annotated[
    int | None,
    typer.Option(
        "--max-per-document",
        help="Most pairs of a document: the best grounded, from all over it. [dim]default: all[/]",
        rich_help_panel=PAIRS,
    ),
]
IncludeSourceText = Annotated[
    bool | None,
    typer.Option(
        "--include-source-text/--no-source-text",
        help="Put the text that it was asked about into each pair, as source_text; needs the chunk files.",
        rich_help_panel=PAIRS,
    ),
]
Dedupe = Annotated[
    bool | None,
    typer.Option(
        "--dedupe/--no-dedupe",
        help="Of two pairs that say the same, leave out the one that is grounded worse. [dim]default: dedupe[/]",
        rich_help_panel=CHECKS,
    ),
]
Checks = Annotated[
    bool | None,
    typer.Option(
        "--checks/--no-checks",
        help="Look for near duplicates, for contradictions and, with the chunk files at hand, for questions that do "
        "not find their chunk (Q_VAGUE); leave out pairs that have the code of an error. Without: exact duplicates "
        "only. [dim]default: checks[/]",
        rich_help_panel=CHECKS,
    ),
]
Conflicts = Annotated[
    str | None,
    typer.Option(
        "--conflicts",
        metavar="keep|drop|fail",
        help="Answers to one question that contradict each other: keep and mark them (CONFLICT), leave out all of "
        "them, or name them and write nothing (exit 1). [dim]default: keep[/]",
        rich_help_panel=CHECKS,
    ),
]
