"""The APIs that the server speaks: one module and one row each. The first row that owns a request answers it."""

from __future__ import annotations

from tests.llm_server.dialects import anthropic, embeddings, gemini, ollama, openai
from tests.llm_server.dialects.embeddings import Vectors
from tests.llm_server.dialects.types import Dialect
from tests.llm_server.http1 import Request

DIALECTS: tuple[Dialect, ...] = (anthropic.DIALECT, gemini.DIALECT, openai.DIALECT, ollama.DIALECT)


def of(request: Request) -> Dialect | None:
    """The dialect that a request is spoken in."""
    return next((dialect for dialect in DIALECTS if dialect.owns(request)), None)


def vectors_of(request: Request, dialect: Dialect) -> Vectors | None:
    """How the vectors are made that a request wants; None: it wants none."""
    found = embeddings.VECTORS.get(dialect.name)
    return found if found and request.method == "POST" and found.path.match(request.path) else None
