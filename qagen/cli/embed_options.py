"""Options of commands that compare texts by their vectors."""

from __future__ import annotations

from typing import Annotated

import typer

from qagen.llm.providers import PROVIDERS

EMBEDDINGS = "Embeddings"

EmbedProvider = Annotated[
    str | None,
    typer.Option(
        "--embed-provider",
        help="Who makes embeddings, to find passages by meaning, too: "
        f"{', '.join(row.name for row in PROVIDERS.values() if row.embeddings)}. [dim]default: nobody[/]",
        rich_help_panel=EMBEDDINGS,
    ),
]
EmbedModel = Annotated[
    str | None,
    typer.Option(
        "--embed-model",
        help="Embedding model, under the provider's own name for it. [dim]default: by provider[/]",
        rich_help_panel=EMBEDDINGS,
    ),
]
EmbedBaseUrl = Annotated[
    str | None,
    typer.Option(
        "--embed-base-url",
        help="Address of the server that makes them, where it is not the usual one.",
        rich_help_panel=EMBEDDINGS,
    ),
]
