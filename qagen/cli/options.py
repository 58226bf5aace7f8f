"""Options that several commands share, and how they reach the settings.

A parameter of a command that carries the name of a field of `Settings` is that field's flag: `load` passes on what the
user typed. So all defaults here are None, and the real ones stand in `Settings` alone.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from qagen.settings import Settings

FOLDERS = "Folders and files"
MODEL = "Model"
QUESTIONS = "Questions"
RUN = "Run"

ConfigFile = Annotated[
    Path | None,
    typer.Option(
        "--config-file", help="File with settings. [dim]default: config.env, if it is there[/]", show_default=False
    ),
]
ChunksDir = Annotated[
    Path | None,
    typer.Option("--chunks-dir", help="Folder of the chunk files. [dim]default: chunks[/]", rich_help_panel=FOLDERS),
]
QaDir = Annotated[
    Path | None,
    typer.Option("--qa-dir", help="Folder of the question-answer files. [dim]default: qa[/]", rich_help_panel=FOLDERS),
]


def load(ctx: typer.Context) -> Settings:
    """The settings of a command: flags, then environment, then file, then defaults.

    Raises:
        UsageError: as `Settings.load`.
    """
    from qagen.settings import Settings

    given = {name: value for name, value in ctx.params.items() if value is not None and name in Settings.model_fields}
    return Settings.load(ctx.params.get("config_file"), **given)
