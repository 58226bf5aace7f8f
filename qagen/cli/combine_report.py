"""What `qagen combine` did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from qagen.cli.console import MOST_LISTED, complain, count, err, label, name_left_out, note, one_line, out, safe, table
from qagen.dataset import Combined
from qagen.dataset.types import OUTDATED, Joined
from qagen.formats import TrainingDocument
from qagen.formats.training_data import RoundTrip

_FEW, _ENOUGH = 3, 100
"""Examples, and characters of one."""


def show_combined(combined: Combined, output: Path) -> None:
    """What `combine` did."""
    listing = table("Document", "pairs", "chunks", "failed", "")
    for document, name in zip(combined.documents[:MOST_LISTED], _names(combined.documents), strict=False):
        summary = document.summary
        listing.add_row(
            label(name),
            f"{document.qa_pairs_count:,}",
            f"{summary['total_chunks']:,}",
            f"{summary['failed_chunks'] or ''}",
            safe(summary.get("reason") or ""),
        )
    rest = combined.documents[MOST_LISTED:]
    if rest:
        listing.add_row(f"and {len(rest)} more", f"{sum(one.qa_pairs_count for one in rest):,}", "", "", "")
    out().print(listing)
    _show_funnel(combined)
    kinds = ", ".join(f"{number:,} {kind}" for kind, number in combined.kinds.most_common())
    codes = ", ".join(f"{number:,} {code}" for code, number in combined.checks.most_common())
    out().print(safe(f"question types: {kinds or 'none'}"), soft_wrap=True)
    if codes:
        out().print(safe(f"remarks of the checks: {codes}"), soft_wrap=True)
    name_left_out("left out", combined.left_out)
    if combined.unfinished:
        what = count(combined.unfinished, "unfinished document") + (" is" if combined.unfinished == 1 else " are")
        note(f"{what} left out: `qagen generate-qa` goes on with them, --include-unfinished takes what there is.")
    name_left_out("invalid", combined.invalid)
    _show_changed(combined)
    name_left_out("chunk file not read", combined.chunk_problems)
    _show_joined(combined)
    _show_findings(combined)
    if combined.is_written:
        pairs, documents = count(combined.pairs, "pair"), count(len(combined.documents), "document")
        out().print(f"[bold]{pairs}[/] of {documents} -> {safe(str(output))}", soft_wrap=True)
        _show_shrunk(combined, output)
    else:
        complain(f"nothing is written, because answers contradict each other: {count(combined.conflicts, 'question')}.")


def _show_shrunk(combined: Combined, output: Path) -> None:
    """Last of all: that the dataset of before had more than twice as many pairs, and that changed text is why."""
    outdated, before = combined.outdated, combined.replaced
    if 2 * combined.pairs < before <= 2 * (combined.pairs + outdated):
        note(
            f"{output} had {count(before, 'pair')} and has {combined.pairs:,} now: {outdated:,} are about text that is "
            "not in the chunk files any more (OUTDATED), as after `qagen chunk` with other sizes. `qagen generate-qa` "
            f"asks what is new, --include-outdated takes them, and the dataset of before is {output.name}.bak."
        )


def _names(documents: Sequence[TrainingDocument]) -> list[str]:
    """What each is called: by its file, or as `qagen status` calls it where files share a name, or else by its path."""
    kinds = [
        [str(one.file_info.get("file_name") or one.source_file) for one in documents],
        [one.source_file.removesuffix("_qa.json") for one in documents],
        [str(one.file_info.get("source_file") or one.source_file) for one in documents],
    ]
    times = [Counter(names) for names in kinds]
    return [
        next((name for name, counts in zip(names, times, strict=True) if counts[name] == 1), names[-1])
        for names in zip(*kinds, strict=True)
    ]


def _show_funnel(combined: Combined) -> None:
    """Where the pairs went: only the steps that left some out."""
    funnel = combined.funnel
    listing = table("Funnel", "pairs", "")
    listing.add_row("in the files", f"{funnel.parsed:,}", f"{funnel.answered:,} of {funnel.chunks:,} chunks answered")
    for step in funnel.steps:
        if step.left_out:
            reasons = ", ".join(f"-{number:,} {code}" for code, number in step.left_out.items())
            listing.add_row(f"after {step.step}", f"{step.pairs:,}", safe(reasons))
    out().print(listing)


def _show_changed(combined: Combined) -> None:
    """Documents whose text is not what their pairs were made of, and what to do."""
    name_left_out("changed since", combined.changed)
    if combined.changed:
        also = " --include-outdated takes the outdated pairs, too." if OUTDATED in combined.dropped else ""
        note(f"{count(len(combined.changed), 'document')} changed since: `qagen generate-qa` asks what is new.{also}")


def _show_joined(combined: Combined) -> None:
    """What was joined of negatives."""
    joined = combined.joined
    name_left_out("negatives file not read", joined.problems)
    if joined.files:
        extra = f" and {count(joined.extra_positives, 'extra positive')}" if joined.extra_positives else ""
        what = f"{count(joined.negatives, 'negative')}{extra} joined to {count(joined.pairs, 'pair')}"
        out().print(f"{what}, from {count(joined.files, 'file')}", soft_wrap=True)
    _show_gone(joined)
    for one in joined.unfinished:
        note(f"{one.file} is unfinished ({one.why}): `qagen mine-negatives` goes on with it.")
    if joined.unclaimed:
        note(
            f"negatives of {count(joined.unclaimed, 'pair')} were not joined: those pairs are not in the dataset, or "
            "their text has changed since."
        )


def _show_gone(joined: Joined) -> None:
    """Passages that were deleted or edited since they were mined, and what to do."""
    if not joined.gone:
        return
    numbers = (("negative", joined.gone.total() - joined.gone_positives), ("extra positive", joined.gone_positives))
    what = " and ".join(count(number, noun) for noun, number in numbers if number)
    sources = [f"{name or 'a document without a name'} ({number:,})" for name, number in joined.gone.most_common(_FEW)]
    rest = len(joined.gone) - len(sources)
    of = ", ".join(sources) + (f" and {rest:,} more" if rest else "")
    lack = f" {count(joined.emptied, 'pair')} got no negatives for that." if joined.emptied else ""
    note(
        f"{what} left out: text that is in no chunk file any more, of {of}.{lack} `qagen mine-negatives --no-resume` "
        "chooses all anew, --include-outdated takes them as they are."
    )


def _show_findings(combined: Combined) -> None:
    """What a person should look at."""
    for conflict in combined.conflicting[: MOST_LISTED if not combined.is_written else _FEW]:
        answers = "; ".join(f"{one.answer[:_ENOUGH]} ({one.source_qa_file})" for one in conflict.answers[:_FEW])
        err().print(f"[yellow]conflict:[/] {one_line(f'{conflict.question} {answers}')}", soft_wrap=True)
    if combined.conflicts > _FEW and combined.is_written:
        note(f"{combined.conflicts:,} questions have answers that contradict each other: see metadata.conflicting.")
    for code, why in combined.not_checked.items():
        note(f"{code} was not looked for: {why.rstrip('.')}.")
    _show_round_trip(combined.round_trip)
    if combined.without_source_text:
        note(f"{count(combined.without_source_text, 'pair')} without source_text: the chunk is not there any more.")
    if combined.generators["rules"]:
        note("pairs made by rules are in it: they show the pipeline and are no training data.")


def _show_round_trip(trip: RoundTrip | None) -> None:
    """How many questions find the chunk that they were made of, where some do not, or hardly do."""
    if trip is None:
        return
    asked = count(trip.first_10 + trip.within_limit + trip.beyond, "question")
    parts = []
    if trip.beyond:
        verb, whose = ("does", "its chunk") if trip.beyond == 1 else ("do", "their chunks")
        parts.append(f"{trip.beyond:,} of {asked} {verb} not find {whose} (Q_VAGUE)")
    if trip.within_limit:
        verb, whose = ("finds", "its chunk") if trip.within_limit == 1 else ("find", "their chunks")
        of = "" if trip.beyond else f" of {asked}"
        parts.append(f"{trip.within_limit:,}{of} {verb} {whose} only at rank 11 to {trip.limit}")
    if parts:
        note(f"searched over all chunks, {' and '.join(parts)}.")
