"""What a run did: the figures that the user is shown, and that other programs read."""

from __future__ import annotations

import glob
from dataclasses import dataclass
from typing import Any

from qagen.llm.limits import Traffic
from qagen.llm.meter import Meter
from qagen.llm.prices import without_dust
from qagen.pump import Outcome, Tally
from qagen.runs.job import Job
from qagen.state import Counts, mining_figures


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
    def unjudged(self) -> int:
        """Questions whose candidates no model judged although one was asked, in whichever run."""
        unjudged: int = mining_figures(self.counts)["flags"].get("unlabelled", 0)
        return unjudged

    @property
    def completed_now(self) -> int:
        """Chunks that this run completed."""
        return self.tally.saved - self.tally.failed

    @property
    def cost_usd(self) -> float | None:
        """US dollars spent by this run; None where the price is unknown."""
        return self.tally.cost_usd(self.job.price)

    @property
    def cost_all_runs_usd(self) -> float | None:
        """US dollars spent by all runs for the results that are in the files; None where a price is unknown.

        Replies without token counts cost nothing by the files, which hold no guesses: those of this run are added here.
        """
        price, known = self.job.price, self.counts.cost_usd
        if price is None and self.tally.replies:
            return None
        return known if known is None or price is None else known + price.cost(self.tally.estimated)

    @property
    def forgets_archived(self) -> bool:
        """Whether earlier results of these documents are in `archive/`, so that the files say less than was spent."""
        return any(
            next(plan.path.parent.glob(f"archive/*/{glob.escape(plan.path.name)}"), None) for plan in self.job.plans
        )

    @property
    def embeddings_usd(self) -> float | None:
        """US dollars spent by this run for embeddings; None where the price is unknown."""
        cost: float | None = self.job.facts.get("embeddings", {}).get("cost_usd", 0.0)
        return cost

    @property
    def embeddings_all_runs_usd(self) -> float | None:
        """US dollars spent by all runs for the embeddings beside these results; None where a part is unknown."""
        cost: float | None = self.job.facts.get("embeddings_all_runs", {}).get("cost_usd", 0.0)
        return cost

    @property
    def wasted_usd(self) -> float | None:
        """US dollars of them for replies of no use."""
        return None if self.job.price is None else self.job.price.cost(self.tally.wasted)

    @property
    def possibly_billed_usd(self) -> float | None:
        """US dollars at most, by the average reply, for requests whose answer was lost."""
        if self.cost_usd is None or not self.tally.replies:
            return None
        return self.cost_usd / self.tally.replies * self.meter.possibly_billed

    def check(self) -> None:
        """The figures must add up before they are shown. An AssertionError is a bug; everything is saved by then."""
        if self.outcome.bug is not None:
            return  # it may have come between two figures
        counts, tally, meter = self.counts, self.tally, self.meter
        assert counts.total == counts.completed + counts.failed + counts.pending
        assert min(counts.completed, counts.failed, counts.pending, counts.completed - self.completed_now) >= 0
        assert counts.skipped <= counts.completed
        assert meter.replies == tally.replies
        assert meter.requests == meter.replies + meter.failures.total() + meter.cancelled
        assert tally.unusable <= tally.replies

    def as_dict(self) -> dict[str, Any]:
        """The same as JSON."""
        self.check()
        outcome = self.outcome
        return {
            "documents": {name: status for name, (status, _) in self.documents.items()},
            "left_out": [one.model_dump() for one in self.job.left_out],
            "recovered": [one.model_dump() for one in self.job.recovered],
            **self._work(),
            **self._traffic(),
            **self.job.facts,
            **({"mining": mining_figures(self.counts)} if self.counts.figures else {}),
            "cost_usd": without_dust(self.cost_usd),
            "cost_usd_all_runs": without_dust(self.cost_all_runs_usd),
            **self._with_embeddings(),
            "wasted_usd": without_dust(self.wasted_usd),
            "possibly_billed_usd": without_dust(self.possibly_billed_usd),
            "failures": dict(sorted(self.tally.failures.items())),
            "seconds": round(self.seconds, 3),
            "unsaved": [{"file": str(one.path), "copy": one.copy and str(one.copy)} for one in outcome.rescued],
            "stopped_by": str(outcome.stopped_by) if outcome.stopped_by else None,
            "exit_code": self.exit_code,
        }

    def _with_embeddings(self) -> dict[str, Any]:
        """The cost with that of embeddings, whose figures stand under `embeddings` and `embeddings_all_runs`."""
        found = {}
        if "embeddings" in self.job.facts:
            found["cost_usd_with_embeddings"] = _sum(self.cost_usd, self.embeddings_usd)
        if "embeddings_all_runs" in self.job.facts:
            found["cost_usd_all_runs_with_embeddings"] = _sum(self.cost_all_runs_usd, self.embeddings_all_runs_usd)
        return found

    def _work(self) -> dict[str, Any]:
        """chunks = completed + failed + pending; completed = earlier + now."""
        counts, tally, now = self.counts, self.tally, self.completed_now
        return {
            "chunks": {
                "total": counts.total,
                "completed": counts.completed,
                "completed_earlier": counts.completed - now,
                "completed_now": now,
                "skipped": counts.skipped,
                "failed": counts.failed,
                "pending": counts.pending,
            },
            f"{self.job.noun}s": {
                "total": counts.pairs,
                "now": tally.made,
                "rejected": tally.rejected,
                "trimmed": tally.trimmed,
                "chunks_short": tally.short,
            },
        }

    def _traffic(self) -> dict[str, Any]:
        """sent = useful + unusable + failed + cancelled."""
        tally, meter = self.tally, self.meter
        return {
            "requests": {
                "sent": meter.requests,
                "replies": tally.replies,
                "useful": tally.replies - tally.unusable,
                "unusable": tally.unusable,
                "failed": dict(sorted(meter.failures.items())),
                "cancelled": meter.cancelled,
                "retries": meter.retries,
                "rate_limits": meter.rate_limits,
                "possibly_billed": meter.possibly_billed,
                "without_token_counts": tally.uncounted,
                **self._embeddings("requests"),
            },
            "tokens": {
                "input": tally.usage.input_tokens,
                "cached_input": tally.usage.cached_input_tokens,
                "output": tally.usage.output_tokens,
                "estimated_input": tally.estimated.input_tokens,
                "estimated_output": tally.estimated.output_tokens,
                **self._embeddings("input_tokens"),
            },
            "seconds_waited": round(meter.waited_s, 3),
            "latency_s": {"median": _rounded(meter.latency_s(0.5)), "p95": _rounded(meter.latency_s(0.95))},
        }

    def _embeddings(self, figure: str) -> dict[str, int]:
        """What embeddings took, beside the figures of the model; nothing where none were made."""
        facts = self.job.facts.get("embeddings")
        return {"embeddings": facts[figure]} if facts else {}

    @property
    def exit_code(self) -> int:
        """What the process ends with."""
        failed = self.counts.failed + self.tally.useless + self.unjudged + len(self.job.left_out)
        return self.outcome.exit_code(failed_chunks=failed, successes=self.tally.replies)


@dataclass(frozen=True, slots=True)
class Live:
    """A run while it runs: what a display may look at at any time."""

    job: Job
    tally: Tally
    meter: Meter
    traffic: Traffic


def _sum(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else without_dust(one + other)


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)


def _status_before(counts: Counts) -> str:
    """The status of a document that this run did not touch."""
    if counts.pending:
        return "pending"
    return "failed" if counts.failed and not counts.completed else "completed"
