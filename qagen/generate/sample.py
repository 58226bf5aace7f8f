"""One request as it would be sent, without sending it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from qagen import prompts, state
from qagen.corpus import read_chunks
from qagen.errors import DataError
from qagen.formats import Chunk, ChunkFile
from qagen.generate.plan import Job, Plan, plan
from qagen.llm.providers import Provider
from qagen.llm.types import ChatRequest
from qagen.settings import Settings


@dataclass(frozen=True, slots=True)
class Sample:
    """A chunk, and what is asked about it."""

    document: str
    chunk: Chunk
    request: ChatRequest
    provider: Provider


def sample(settings: Settings) -> Sample:
    """That of a chunk of the first document that has something to ask: the first that repeats some of the one before.

    No key, address or server is needed, and nothing is sent.

    Raises:
        UsageError: as `plan`, but for what is needed only to send.
        DataError: no document has a chunk that is not blank.
    """
    job = plan(settings, only_to_show=True)
    for one in sorted(job.plans, key=lambda one: not one.to_ask):
        chunk_file = read_chunks(one.chunks_path)
        if chunks := [at for at, chunk in enumerate(chunk_file.chunks) if chunk.core.strip()]:
            at = next((at for at in chunks if chunk_file.chunks[at].context_before.strip()), chunks[0])
            return _sample(one, job, chunk_file, at)
    raise DataError("no document has a chunk to show the prompt for")


def _sample(plan: Plan, job: Job, chunk_file: ChunkFile, at: int) -> Sample:
    keys = state.chunk_keys(chunk_file.chunks)
    order = dataclasses.replace(plan.recipe.order, context_tokens=job.context_tokens)
    request = prompts.ask(plan.recipe.prompt, order, chunk_file.chunks[at], keys[at], chunk_file.metadata)
    return Sample(plan.name, chunk_file.chunks[at], request, job.endpoint.provider)
