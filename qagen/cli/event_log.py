"""A run while it runs, for machines: one JSON object per line, on stderr."""

from __future__ import annotations

import dataclasses
import re
from types import TracebackType
from typing import Self

from qagen.cli.console import print_event
from qagen.llm.prices import without_dust
from qagen.pump import Event
from qagen.runs import Live


class EventLog:
    """Takes the place of the display: `start` and `on_event` are given to the run."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def start(self, live: Live) -> None:
        """The run is planned and begins."""
        job, counts = live.job, live.job.counts
        facts = {
            "run_id": job.run_id,
            "provider": job.endpoint.provider.name,
            "model": job.endpoint.model,
            "host": job.endpoint.host,
            "documents": len(job.plans),
            "chunks": counts.total,
            "to_ask": job.to_ask,
            "left_out": [one.model_dump() for one in job.left_out],
            "recovered": [one.model_dump() for one in job.recovered],
            "edited": job.edited,
            "by_index": job.by_index,
            "archived": job.archived,
            "archive": str(job.archive) if job.archive else None,
            "archived_usd": without_dust(job.archived_usd),
            "stale": job.stale,
            "made_otherwise": job.made_otherwise,
            "differences": dict(job.differences),
            "cautions": job.cautions,
            "remarks": job.remarks,
        }
        print_event("started", facts)

    def on_event(self, event: Event) -> None:
        """`ChunkSaved` becomes `chunk_saved`, with its fields."""
        name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(event).__name__).lower()
        print_event(name, dataclasses.asdict(event))
