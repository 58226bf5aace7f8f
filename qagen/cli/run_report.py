"""The accounting at the end of a run."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console

from qagen.cli.console import complain, count, dollars, err, out, safe, tell, tokens
from qagen.errors import AccessError, UsageError
from qagen.formats import decode, encode
from qagen.llm.providers import NOBODY, PROVIDERS
from qagen.redaction import redact
from qagen.runs import Report
from qagen.settings import Settings
from qagen.state import mining_figures


def show_report(report: Report, settings: Settings, *, told: str | None = None) -> None:
    """Print what was done and what is left; on stderr where the run was stopped.

    `told`: the error that was shown when it stopped the run, which need not be said twice.
    """
    outcome = report.outcome
    early = outcome.stopped_by is not None or outcome.exit_signal is not None or outcome.bug is not None
    console = err() if early else out()
    if outcome.stopped_by is not None and str(outcome.stopped_by) != told:
        complain(str(outcome.stopped_by))
    _say_rescued(report)
    for line in _lines(report):
        tell(console, safe(line))
    _say_next(console, report, settings)


def _lines(report: Report) -> list[str]:
    report.check()
    statuses = [status for status, _ in report.documents.values()]
    by_status = ", ".join(f"{statuses.count(status):,} {status}" for status in sorted(set(statuses)))
    unfinished = len(report.job.facts.get("unfinished_documents", ()))
    more = f"; `qagen generate-qa` has not finished {unfinished:,} of them" if unfinished else ""
    lines = [f"documents {len(statuses):,}: {by_status}{more}", *_chunk_lines(report)]
    lines += _mining_lines(report)
    if report.meter.requests and not report.job.endpoint.provider.in_process:
        lines += _request_lines(report)
    lines += _embedding_lines(report)
    if report.tally.failures:
        listed = ", ".join(f"{number:,} {code}" for code, number in sorted(report.tally.failures.items()))
        lines.append(f"failed: {listed}; `qagen errors` shows more")
    return [*lines, _time_line(report)]


def _chunk_lines(report: Report) -> list[str]:
    """chunks = completed + failed + pending, and what they brought."""
    counts, tally, now = report.counts, report.tally, report.completed_now
    skipped = f"; {counts.skipped:,} had nothing to ask" if counts.skipped else ""
    split = f" ({counts.completed - now:,} earlier + {now:,} now{skipped})"
    about = [f"{tally.made:,} now"]
    about += [f"{tally.rejected:,} rejected by checks"] if tally.rejected else []
    about += [f"{tally.trimmed:,} more than asked, left out"] if tally.trimmed else []
    about += [f"{count(tally.short, 'chunk')} with fewer than asked"] if tally.short else []
    return [
        f"chunks {counts.total:,} = {counts.completed:,} completed{split} + {counts.failed:,} failed"
        f" + {counts.pending:,} pending",
        f"{report.job.noun}s {counts.pairs:,} ({'; '.join(about)})",
    ]


def _mining_lines(report: Report) -> list[str]:
    """What was mined, in all runs; nothing for other runs."""
    if not report.counts.figures:
        return []
    found = mining_figures(report.counts)
    total, pairs = found["total_negatives"], found["total_qa_pairs"]
    lines = []
    if found["by_method"]:
        listed = (
            f"{number:,} {name} ({100 * number / total:.1f} %)" for name, number in _most_first(found["by_method"])
        )
        lines.append(f"by method: {', '.join(listed)}")
    flags = "".join(f"; {number:,} {name}" for name, number in _most_first(found["flags"]))
    extra = found["extra_positives"]
    lines.append(f"questions {pairs:,}{flags}" + (f"; {count(extra, 'extra positive')}" if extra else ""))
    if report.unjudged:
        lines.append(
            f"nobody judged the candidates of {count(report.unjudged, 'question')} of {pairs:,}: the model's replies "
            "were of no use, so these negatives passed the guards alone; `qagen errors` shows more"
        )
    if found["dropped"]:
        listed = (f"{number:,} {name}" for name, number in _most_first(found["dropped"]))
        lines.append(f"candidates left out: {', '.join(listed)}")
    index = report.job.facts.get("index")
    if index:
        lines.append(f"searched: {index['chunks']:,} chunks ({index['engine']})")
    return lines


def _most_first(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _request_lines(report: Report) -> list[str]:
    """requests = useful + unusable + without a reply, and what they cost."""
    tally, meter = report.tally, report.meter
    without = meter.requests - meter.replies
    codes = [f"{number:,} {code}" for code, number in sorted(meter.failures.items())]
    codes += [f"{meter.cancelled:,} given up"] if meter.cancelled else []
    listed = f" ({', '.join(codes)})" if codes else ""
    billed = f"; possibly billed: {meter.possibly_billed:,}" if meter.possibly_billed else ""
    usage, estimated = tally.usage, tally.estimated
    cached = f" ({tokens(usage.cached_input_tokens)} cached)" if usage.cached_input_tokens else ""
    guess = ""
    if tally.uncounted:
        guess = (
            f" + ~{tokens(estimated.input_tokens)} in, ~{tokens(estimated.output_tokens)} out"
            f" ({count(tally.uncounted, 'reply', 'replies')} without counts, estimated)"
        )
    return [
        f"requests {meter.requests:,} = {tally.replies - tally.unusable:,} useful + {tally.unusable:,} unusable"
        f" + {without:,} without a reply{listed}; retries: {meter.retries:,}{billed}",
        f"tokens {tokens(usage.input_tokens)} in{cached}, {tokens(usage.output_tokens)} out{guess}{_cost(report)}",
    ]


def _cost(report: Report) -> str:
    if report.job.endpoint.provider.priced == "free":
        return ""
    about = "~" if report.tally.uncounted else ""
    # What was moved to archive/ took its account along.
    which = "in all runs of these results" if report.forgets_archived else "in all runs"
    parts = [f"{about}{dollars(report.cost_usd)} now", f"{about}{dollars(report.cost_all_runs_usd)} {which}"]
    parts += [f"{dollars(report.wasted_usd)} of it unusable"] if report.wasted_usd else []
    parts += [f"up to {dollars(report.possibly_billed_usd)} more possibly billed"] if report.possibly_billed_usd else []
    return f"   cost {', '.join(parts)}"


def _embedding_lines(report: Report) -> list[str]:
    """What embeddings took; nothing for runs without."""
    facts = report.job.facts.get("embeddings")
    if not facts:
        return []
    cost = report.embeddings_usd
    is_free = cost == 0 and PROVIDERS[facts["provider"]].priced == "free"
    in_all = dollars(report.embeddings_all_runs_usd)
    money = "" if is_free else f"   cost {dollars(cost)} now, {in_all} in all runs"
    made = f"{facts['made']:,} made, {facts['known']:,} known"
    return [
        f"embeddings {facts['texts']:,} ({made}): {count(facts['requests'], 'request')}, "
        f"tokens {tokens(facts['input_tokens'])} in{money}"
    ]


def _time_line(report: Report) -> str:
    tally, meter = report.tally, report.meter
    rate = f", {tally.saved / report.seconds:.1f} chunks/s" if tally.saved and report.seconds >= 1 else ""
    waited = f", {meter.waited_s:.0f} s of it held back by limits or an outage" if meter.waited_s >= 1 else ""
    median, slow = meter.latency_s(0.5), meter.latency_s(0.95)
    latency = ""
    if median is not None and slow is not None and not report.job.endpoint.provider.in_process:
        latency = f"; a reply took {median:.1f} s (median), {slow:.1f} s (95 %)"
    return f"time {report.seconds:.1f} s{rate}{waited}{latency}"


def _say_rescued(report: Report) -> None:
    """What could not be saved in its place: where it is, or the thing itself."""
    for one in report.outcome.rescued:
        if one.copy:
            complain(
                f"{one.path}: its latest results could not be saved there. They are in {one.copy}: when there is "
                f"room again, copy that file to {one.path} before the next run."
            )
        else:
            complain(
                f"{one.path}: its latest results could not be saved anywhere. The next line is the whole file: "
                f"put it into {one.path} when there is room again."
            )
            sys.stderr.write(redact(encode(decode(one.data)).decode()) + "\n")
    if report.outcome.lost:
        what = count(report.outcome.lost, "chunk")
        complain(f"{what} of this run are not in the files of {report.job.plans[0].path.parent}")


def _to_continue(arguments: list[str], *, pending: int, stopped: bool, begun: bool) -> list[str]:
    """The same command without what would begin anew (--no-resume) or end at the same place (--limit).

    `stopped`: before that place, so that it is still the one to go to. `begun`: else what shall be set aside still
    stands there.
    """
    useless = {"--break-lock"} | (set() if pending else {"--no-retry-failed"})
    useless |= {"--no-resume"} if begun else set()
    useless |= set() if stopped else {"--limit"}
    kept: list[str] = []
    skip = False
    for argument in arguments:
        if skip or argument.partition("=")[0] in useless:
            skip = argument == "--limit" and not skip
            continue
        kept.append(argument)
    return kept


_MENDED_ELSEWHERE = {"auth", "quota", "tls"}
_MENDED_IN_THE_COMMAND = {"model", "not_found", "redirect", "address"}
"""Codes of what stops a run: what the user must change before anything can succeed."""


def _what_next(report: Report, settings: Settings) -> str:
    """What leads on, after what stopped the run: the same command, or first a change."""
    reason = report.outcome.stopped_by
    code = reason.code if isinstance(reason, AccessError) else ""
    if isinstance(reason, UsageError) or code in _MENDED_IN_THE_COMMAND:
        return "[bold]next:[/] put that right in the command or the settings, and it goes on from here"
    begun = bool(report.job.archived or report.tally.saved or report.tally.replies)
    arguments = _to_continue(
        sys.argv[1:],
        pending=report.counts.pending,
        stopped=reason is not None or report.outcome.exit_signal is not None,
        begun=begun,
    )
    why = ""
    if not settings.resume and begun:
        # Set in the environment or a file, it would begin anew without a word in the command.
        arguments += [] if "--no-resume" in sys.argv else ["--resume"]
        why = "\n(without --no-resume, which would set aside what this run made, and buy all of it again)"
    when = "once that is mended" if code in _MENDED_ELSEWHERE else "next"
    return f"[bold]{when}:[/] {safe(shlex.join(['qagen', *arguments]))}{why}"


def _say_next(console: Console, report: Report, settings: Settings) -> None:
    counts = report.counts
    asks = report.job.endpoint.provider is not NOBODY
    if counts.pending or counts.failed or (report.unjudged and asks):
        left = [count(counts.pending, "chunk") + " pending"] if counts.pending else []
        again = "to be tried again" if settings.retry_failed else "left as they are (--retry-failed asks again)"
        left += [f"{counts.failed:,} failed, {again}"] if counts.failed else []
        left += [f"{count(report.unjudged, 'question')} not judged, {again}"] if report.unjudged else []
        hint = " (GENERATOR_LIMIT is set: raise it)" if settings.limit and "--limit" not in sys.argv else ""
        console.print(f"[bold]left:[/] {', '.join(left)}{hint}\n{_what_next(report, settings)}", soft_wrap=True)
    elif counts.pairs:
        folders = ["--chunks-dir", str(settings.chunks_dir)] if settings.chunks_dir != Path("chunks") else []
        folders += ["--qa-dir", str(settings.qa_dir)]
        folders += ["--negatives-dir", str(settings.negatives_dir)] if settings.negatives_dir else []
        command = shlex.join(["qagen", "combine", *folders])
        console.print(f"[bold]next:[/] {safe(command)}", soft_wrap=True)
