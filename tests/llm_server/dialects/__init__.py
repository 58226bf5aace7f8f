"""The APIs that the server speaks: one module and one row each. The first row that owns a request answers it."""

from __future__ import annotations

from tests.llm_server.dialects import anthropic, gemini, ollama, openai
from tests.llm_server.dialects.types import Dialect
from tests.llm_server.http1 import Request

DIALECTS: tuple[Dialect, ...] = (anthropic.DIALECT, gemini.DIALECT, openai.DIALECT, ollama.DIALECT)


def of(request: Request) -> Dialect | None:
    """The dialect that a request is spoken in."""
    return next((dialect for dialect in DIALECTS if dialect.owns(request)), None)
