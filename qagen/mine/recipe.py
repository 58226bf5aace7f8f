"""Who judges candidates, and the parameters that a negatives file remembers of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from qagen import negatives, state
from qagen.errors import UsageError
from qagen.llm.providers import NOBODY, Endpoint, default_effort
from qagen.llm.types import ChatRequest
from qagen.negatives import Choices, LabelRequest
from qagen.settings import Settings


@dataclass(frozen=True, slots=True)
class Recipe:
    """What is the same for all chunks of a run."""

    choices: Choices
    asks: bool
    """Whether a model judges at all."""
    model: str
    max_tokens: int
    sampling: Mapping[str, Any]
    """Fields of every request."""
    parameters: dict[str, Any]
    """All that decides what is chosen, besides the chunks, readable."""
    fingerprint: str
    """A hash of the parameters."""
    may_grow: bool = True
    """Whether a long request may get more tokens for its reply: not where the user set their number."""

    def chat(self, request: LabelRequest, *, context_tokens: int | None, times: int = 1) -> ChatRequest:
        """The request to the model; `times`: as much room for the reply."""
        most = max(self.max_tokens, request.output_tokens) if self.may_grow else self.max_tokens
        return request.chat(self.model, times * most, context_tokens=context_tokens, **self.sampling)


def endpoint_of(settings: Settings) -> Endpoint:
    """Who judges; with `--provider none` nobody does.

    Raises:
        UsageError: something is not set, or the provider cannot judge.
    """
    if settings.provider == NOBODY.name:
        return Endpoint(NOBODY, NOBODY.name, NOBODY.base_url or "")
    endpoint = settings.endpoint(free=NOBODY.name)
    if endpoint.provider.generator_kind == "rules":
        raise UsageError(
            f"provider {endpoint.provider.name}: it is no language model, so it cannot judge passages. "
            f"Without a model, use --provider {NOBODY.name}."
        )
    return endpoint


def recipe_of(settings: Settings, endpoint: Endpoint) -> Recipe:
    """The run's recipe."""
    choices = Choices(negatives=settings.negatives, candidates=settings.candidates)
    if endpoint.provider is NOBODY:
        parameters: dict[str, Any] = {"provider": NOBODY.name, "negatives": choices.negatives, **_embedding(settings)}
        return Recipe(choices, False, NOBODY.name, 0, {}, parameters, state.fingerprint(parameters))
    sampling = {
        "temperature": settings.temperature,
        "top_p": settings.top_p,
        "seed": settings.seed,
        "effort": settings.reasoning_effort or default_effort(endpoint.provider, endpoint.model),
        "options": settings.model_options,
    }
    max_tokens = settings.max_tokens or endpoint.provider.max_tokens
    parameters = {
        "provider": endpoint.provider.name,
        "host": urlsplit(endpoint.base_url).hostname,
        "model": endpoint.model,
        "negatives": choices.negatives,
        "candidates": choices.candidates,
        "max_tokens": max_tokens,
        "temperature": settings.temperature,
        "top_p": settings.top_p,
        "seed": settings.seed,
        "reasoning_effort": sampling["effort"],
        "model_options": {name: value for name, value in settings.model_options.items() if name != "num_ctx"},
        "prompt": negatives.sha256()[:16],
        **_embedding(settings),
    }
    fingerprint = state.fingerprint(parameters)
    may_grow = settings.max_tokens is None
    return Recipe(choices, True, endpoint.model, max_tokens, sampling, parameters, fingerprint, may_grow)


def _embedding(settings: Settings) -> dict[str, Any]:
    """Who makes embeddings, where somebody does."""
    endpoint = settings.embed_endpoint()
    return {"embedding_model": f"{endpoint.provider.name}/{endpoint.model}"} if endpoint else {}
