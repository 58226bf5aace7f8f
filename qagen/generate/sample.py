"""One request as it would be sent, without sending it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from qagen import prompts, state
from qagen.corpus import read_chunks
from qagen.errors import DataError
from qagen.formats import Chunk
from qagen.generate.plan import Job, Plan
from qagen.llm.types import ChatRequest


@dataclass(frozen=True, slots=True)
class Sample:
    """A chunk, and what is asked about it."""

    document: str
    chunk: Chunk
    request: ChatRequest


def sample(job: Job) -> Sample:
    """That of the first chunk to ask that repeats something of the one before it, else of the first chunk.

    Raises:
        DataError: no document has a chunk.
    """
    plans = [plan for plan in job.plans if plan.counts.total]
    if not plans:
        raise DataError("no document has a chunk to show the prompt for")
    return _sample(next((plan for plan in plans if plan.to_ask), plans[0]), job)


def _sample(plan: Plan, job: Job) -> Sample:
    chunk_file = read_chunks(plan.chunks_path)
    keys = state.chunk_keys(chunk_file.chunks)
    chunks = [at for at, chunk in enumerate(chunk_file.chunks) if chunk.core.strip()] or [0]
    at = next((at for at in chunks if chunk_file.chunks[at].context_before.strip()), chunks[0])
    order = dataclasses.replace(plan.recipe.order, context_tokens=job.context_tokens)
    request = prompts.ask(plan.recipe.prompt, order, chunk_file.chunks[at], keys[at], chunk_file.metadata)
    return Sample(plan.name, chunk_file.chunks[at], request)
