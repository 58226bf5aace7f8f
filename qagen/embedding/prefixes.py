"""What models want to stand before a text, so that they know whether it is a question or a passage.

From the cards of the models. Hosts that are told by a field of the request need none; nor do models that are not here.
"""

from __future__ import annotations

from qagen.llm.types import TextKind

_SENTENCE = "Represent this sentence for searching relevant passages: "
_TASK = "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery:"
_PREFIXES: tuple[tuple[str, str, str], ...] = (
    ("nomic-embed-text", "search_query: ", "search_document: "),
    ("embeddinggemma", "task: search result | query: ", "title: none | text: "),
    ("e5-", "query: ", "passage: "),
    ("multilingual-e5-", "query: ", "passage: "),
    ("mxbai-embed-large", _SENTENCE, ""),
    ("snowflake-arctic-embed2", "query: ", ""),
    ("snowflake-arctic-embed", _SENTENCE, ""),
    ("qwen3-embedding", _TASK, ""),
)
"""Beginning of the model's name, what stands before a question, what stands before a passage. The first that fits."""


def prefix_of(model: str, kind: TextKind) -> str:
    """What stands before a text of that kind; `intfloat/e5-large-v2` is a model called e5-large-v2."""
    name = model.rpartition("/")[2].lower()
    for beginning, query, passage in _PREFIXES:
        if name.startswith(beginning):
            return query if kind == "query" else passage
    return ""
