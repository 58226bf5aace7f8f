"""The options of `qagen chunk`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qagen.cli import options

SIZES = "How to cut"
READING = "What to read"

Documents = Annotated[
    list[Path] | None,
    typer.Argument(help="Documents, or folders of them. [dim]default: --incoming-dir[/]", show_default=False),
]
IncomingDir = Annotated[
    Path | None,
    typer.Option(
        "--incoming-dir", help="Folder of the documents. [dim]default: documents[/]", rich_help_panel=options.FOLDERS
    ),
]
Strategy = Annotated[
    str | None,
    typer.Option(
        "--splitting-strategy",
        "--strategy",
        help="Where to cut: recursive = paragraphs, then sentences, then words; markdown, html = headings first; "
        "semantic = where the topic changes; character, token = by size alone. "
        "[dim]default: auto, by the document's structure[/]",
        rich_help_panel=SIZES,
    ),
]
ChunkSize = Annotated[
    int | None,
    typer.Option("--chunk-size", help="Most of a chunk. [dim]default: 4000, of tokens 1000[/]", rich_help_panel=SIZES),
]
ChunkOverlap = Annotated[
    int | None,
    typer.Option(
        "--chunk-overlap",
        "--overlap-size",
        help="Repeated from the chunk before, as context. [dim]default: a tenth of the size[/]",
        rich_help_panel=SIZES,
    ),
]
MinChunkSize = Annotated[
    int | None,
    typer.Option(
        "--min-chunk-size",
        help="What is smaller joins its neighbour. [dim]default: a quarter of the size[/]",
        rich_help_panel=SIZES,
    ),
]
SizeUnit = Annotated[
    str | None,
    typer.Option(
        "--size-unit",
        help="What sizes count: characters, or tokens (estimated). [dim]default: characters[/]",
        rich_help_panel=SIZES,
    ),
]
Include = Annotated[
    list[str] | None,
    typer.Option(
        "--include", help="Only files like this, such as '*.pdf' or 'manuals/*'. Repeatable.", rich_help_panel=READING
    ),
]
Exclude = Annotated[
    list[str] | None,
    typer.Option("--exclude", help="No files like this. Repeatable.", rich_help_panel=READING),
]
TextField = Annotated[
    list[str] | None,
    typer.Option(
        "--text-field",
        help="Field of JSON records that holds the text, or several: question,answer. "
        "[dim]default: text, content, body ...[/]",
        rich_help_panel=READING,
    ),
]
Encoding = Annotated[
    str | None,
    typer.Option(
        "--encoding",
        help="Encoding of text files without a BOM, such as cp1251. [dim]default: UTF-8, else as they look[/]",
        rich_help_panel=READING,
    ),
]
Jobs = Annotated[
    int | None,
    typer.Option(
        "--jobs", "-j", help="Documents at a time. [dim]default: as many as there are cores[/]", rich_help_panel=READING
    ),
]
DocumentTimeout = Annotated[
    float | None,
    typer.Option(
        "--document-timeout",
        help="Seconds after which a document is given up. [dim]default: 120, and more for large ones[/]",
        rich_help_panel=READING,
    ),
]
Preview = Annotated[
    bool,
    typer.Option("--preview", help="Show how the documents would be cut, and write nothing.", rich_help_panel=READING),
]
