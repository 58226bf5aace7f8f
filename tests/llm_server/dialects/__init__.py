"""The APIs that the server speaks: one module and one row each. The more particular path stands first."""

from __future__ import annotations

from tests.llm_server.dialects import ollama, openai
from tests.llm_server.dialects.types import Dialect

DIALECTS: tuple[Dialect, ...] = (openai.DIALECT, ollama.DIALECT)


def of(path: str) -> Dialect | None:
    """The dialect that a path belongs to."""
    return next((dialect for dialect in DIALECTS if dialect.owns.match(path)), None)
