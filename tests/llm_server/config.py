"""What the server can be told, at its start or later by `LLMServer.configure`."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Config:
    """Every key may be changed while the server runs."""

    api_key: str | None = None
    """The only key that passes. None: any does, and OpenAI and Ollama ask for none."""
    models: list[str] | None = None
    """The models that exist. None: all but those whose name begins with `no-such`. Claude and Gemini then have those
    of their own names only."""
    latency_ms: float = 0
    """How long a good answer takes."""
    jitter_ms: float = 0
    """Up to that much more, drawn from seed and passage: answers overtake each other, in the same way every time."""
    seed: int = 0
    context_tokens: int = 128_000
    """A longer prompt is refused, except by Ollama. Claude's answer also ends where the context does."""
    num_ctx: int = 4096
    """Ollama's context where the request names none."""
    reasoning_tokens: int = 0
    """Hidden tokens of a model that reasons. They come out of the token limit first, as at the real ones."""
    cached_tokens: int = 0
    """How much of each prompt is reported as read from the cache (not by Ollama)."""
    cache_write_tokens: int = 0
    """How much of the rest is reported as written to the cache (Claude)."""
    dimensions: int = 256
    """Numbers of each vector."""
    packs_vectors: bool = True
    """False: vectors in base64 are refused, as by some compatible servers."""
    truncates_inputs: bool = True
    """False: Ollama refuses an input that is too long, whatever `truncate` says, as its versions since 0.13.5 do."""
    knows_tasks: bool = True
    """False: Gemini's models refuse `taskType`."""
    thinking: bool = True
    """False: the models of Ollama cannot think, and `think: true` is refused."""
    truth: dict[str, dict[str, str]] = field(default_factory=dict)
    """What passages are to questions, see `labelling`."""
    record_bodies: bool = True
    """False keeps the bodies out of the ledger, for measuring."""
    faults: list[dict[str, Any]] = field(default_factory=list)
    """The rules, see `faults`. Setting them starts their counting anew."""
    limits: dict[str, Any] | None = None
    """What is refused with HTTP 429, see `limits`. Setting them starts their counting anew."""
    holds_after: int | None = None
    """So many requests for text get their answers; those that come later wait for theirs until this is set again.
    Setting it lets all go that it held, and starts its counting anew. None holds nothing."""
    outage: dict[str, Any] | None = None
    """See `outages`. Setting it begins a new one, and ends the one before; None ends it."""

    def changed(self, changes: Mapping[str, Any]) -> Self:
        """A copy with these keys changed.

        Raises:
            ValueError: there is no such key. A test that mistypes one must not pass by accident.
        """
        unknown = set(changes) - {known.name for known in dataclasses.fields(self)}
        if unknown:
            raise ValueError(f"unknown config keys: {', '.join(sorted(unknown))}")
        return dataclasses.replace(self, **changes)

    def has_model(self, name: str) -> bool:
        """Whether a model exists. `gemma4` and `gemma4:latest` are the same, as Ollama has it."""
        if self.models is None:
            return not name.startswith("no-such")
        return name.removesuffix(":latest") in {model.removesuffix(":latest") for model in self.models}
