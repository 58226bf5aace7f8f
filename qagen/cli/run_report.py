"""The accounting at the end of a run."""

from __future__ import annotations

import shlex
import sys

from rich.console import Console

from qagen.cli.console import complain, count, dollars, err, out, safe, tell, tokens
from qagen.generate import Report
from qagen.settings import Settings


def show_report(report: Report, settings: Settings) -> None:
    """Print what was done and what is left; on stderr where the run was stopped."""
    early = report.outcome.stopped_by is not None or report.outcome.exit_signal is not None
    console = err() if early else out()
    if report.outcome.stopped_by is not None:
        complain(str(report.outcome.stopped_by))
    for line in _lines(report):
        tell(console, safe(line))
    _say_next(console, report, settings)


def _lines(report: Report) -> list[str]:
    counts, tally, meter = report.counts, report.tally, report.meter
    statuses = [status for status, _ in report.documents.values()]
    by_status = ", ".join(f"{statuses.count(status):,} {status}" for status in sorted(set(statuses)))
    now = report.completed_now
    split = f" ({counts.completed - now:,} earlier + {now:,} now" + (
        f"; {counts.skipped:,} had nothing to ask)" if counts.skipped else ")"
    )
    lines = [
        f"documents {len(statuses):,}: {by_status}",
        f"chunks {counts.total:,} = {counts.completed:,} completed{split} + {counts.failed:,} failed"
        f" + {counts.pending:,} pending",
        f"pairs {counts.pairs:,} ({tally.made:,} now)",
    ]
    if meter.requests and not report.job.endpoint.provider.in_process:
        billed = f"; possibly billed without an answer: {meter.possibly_billed}" if meter.possibly_billed else ""
        lines.append(
            f"requests {meter.requests:,} = {tally.replies:,} answered + {meter.requests - tally.replies:,} not; "
            f"retries: {meter.retries:,}; replies of no use: {tally.unusable:,}{billed}"
        )
        uncounted = f" ({tally.uncounted:,} replies without counts)" if tally.uncounted else ""
        cached = f" ({tokens(tally.usage.cached_input_tokens)} cached)" if tally.usage.cached_input_tokens else ""
        lines.append(
            f"tokens {tokens(tally.usage.input_tokens)} in{cached}, {tokens(tally.usage.output_tokens)} out{uncounted}"
            + _cost(report)
        )
    if report.outcome.lost:
        lines.append(f"lost: {count(report.outcome.lost, 'chunk')} whose answers came and could not be saved")
    if tally.failures:
        listed = ", ".join(f"{number:,} {code}" for code, number in sorted(tally.failures.items()))
        lines.append(f"failed: {listed} -> errors.jsonl")
    rate = f", {tally.saved / report.seconds:.1f} chunks/s" if tally.saved and report.seconds >= 1 else ""
    lines.append(f"time {report.seconds:.1f} s{rate}")
    return lines


def _cost(report: Report) -> str:
    if report.job.endpoint.provider.priced == "free":
        return ""
    wasted = report.job.price.cost(report.tally.wasted) if report.job.price else 0
    return f"   cost {dollars(report.cost_usd)}" + (f" ({dollars(wasted)} on replies of no use)" if wasted else "")


def _to_continue(arguments: list[str]) -> list[str]:
    """The same command without what would begin anew (--no-resume) or end at the same place (--limit)."""
    kept: list[str] = []
    skip = False
    for argument in arguments:
        if skip or argument in {"--no-resume", "--limit"} or argument.startswith("--limit="):
            skip = argument == "--limit"
            continue
        kept.append(argument)
    return kept


def _say_next(console: Console, report: Report, settings: Settings) -> None:
    counts = report.counts
    if counts.pending or counts.failed:
        left = [count(counts.pending, "chunk") + " pending"] if counts.pending else []
        left += [f"{counts.failed:,} failed, tried again"] if counts.failed else []
        command = shlex.join(["qagen", *_to_continue(sys.argv[1:])])
        hint = " (GENERATOR_LIMIT is set: raise it)" if settings.limit and "--limit" not in sys.argv else ""
        console.print(f"[bold]left:[/] {', '.join(left)}{hint}\n[bold]next:[/] {safe(command)}", soft_wrap=True)
    elif counts.pairs:
        command = shlex.join(["qagen", "combine", "--qa-dir", str(settings.qa_dir)])
        console.print(f"[bold]next:[/] {safe(command)}", soft_wrap=True)
