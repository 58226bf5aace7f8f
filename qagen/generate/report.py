"""What a generation did: the figures that the user is shown, and that other programs read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from qagen.generate.plan import Job
from qagen.llm.client import Meter
from qagen.pump import Outcome, Tally
from qagen.state import Counts


@dataclass(frozen=True, slots=True)
class Report:
    """What a run did, in the end."""

    job: Job
    outcome: Outcome
    tally: Tally
    meter: Meter
    seconds: float

    @property
    def documents(self) -> dict[str, tuple[str, Counts]]:
        """Status and figures of each document as its file says now."""
        found = {}
        for plan in self.job.plans:
            closed = self.outcome.closed.get(plan.name)
            found[plan.name] = (closed.status, closed.counts) if closed else (_status_before(plan.counts), plan.counts)
        return found

    @property
    def counts(self) -> Counts:
        """All documents in figures: total = completed + failed + pending."""
        return sum((counts for _, counts in self.documents.values()), Counts())

    @property
    def completed_now(self) -> int:
        """Chunks that this run completed."""
        return self.tally.saved - self.tally.failed

    @property
    def cost_usd(self) -> float | None:
        """US dollars spent by this run; None where the price is unknown."""
        return self.tally.cost_usd(self.job.price)

    def as_dict(self) -> dict[str, Any]:
        """The same as JSON: chunks = completed + failed + pending."""
        counts, tally = self.counts, self.tally
        assert counts.total == counts.completed + counts.failed + counts.pending
        return {
            "documents": {name: status for name, (status, _) in self.documents.items()},
            "left_out": [one.model_dump() for one in self.job.left_out],
            "chunks": {
                "total": counts.total,
                "completed": counts.completed,
                "completed_now": self.completed_now,
                "skipped": counts.skipped,
                "failed": counts.failed,
                "pending": counts.pending,
            },
            "pairs": {"total": counts.pairs, "now": tally.made},
            "requests": {
                "sent": self.meter.requests,
                "retries": self.meter.retries,
                "rate_limits": self.meter.rate_limits,
                "replies": tally.replies,
                "unusable": tally.unusable,
                "possibly_billed": self.meter.possibly_billed,
                "without_token_counts": tally.uncounted,
            },
            "tokens": {
                "input": tally.usage.input_tokens,
                "cached_input": tally.usage.cached_input_tokens,
                "output": tally.usage.output_tokens,
            },
            "cost_usd": self.cost_usd,
            "wasted_usd": None if self.job.price is None else self.job.price.cost(tally.wasted),
            "failures": dict(sorted(tally.failures.items())),
            "seconds": round(self.seconds, 3),
            "seconds_waited": round(self.meter.waited_s, 3),
            "stopped_by": str(self.outcome.stopped_by) if self.outcome.stopped_by else None,
            "exit_code": self.exit_code,
        }

    @property
    def exit_code(self) -> int:
        """What the process ends with."""
        failed = self.counts.failed + len(self.job.left_out)
        return self.outcome.exit_code(failed_chunks=failed, successes=self.tally.replies)


@dataclass(frozen=True, slots=True)
class Live:
    """A run while it runs: what a display may look at at any time."""

    job: Job
    tally: Tally
    meter: Meter


def _status_before(counts: Counts) -> str:
    """The status of a document that this run did not touch."""
    if counts.pending:
        return "pending"
    return "failed" if counts.failed and not counts.completed else "completed"
