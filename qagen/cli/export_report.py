"""What `qagen export` did, and how to load it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from qagen.cli.console import count, label, name_left_out, note, out, safe, table
from qagen.exports import EXPORTS, Choices, Export, Exported


def show_formats() -> None:
    """The forms, a line each."""
    listing = table("Format", "")
    for row in EXPORTS.values():
        listing.add_row(row.name, safe(row.about))
    out().print(listing)


def show_exported(exported: Exported, form: Export, output: Path, choices: Choices) -> None:
    """What went in, what was left out and why, where it is."""
    listing = table("Written", "rows")
    for path, rows in exported.files.items():
        listing.add_row(label(str(path)), f"{rows:,}")
    out().print(listing)
    _show_counts("pairs left out", exported.left_out)
    _show_counts("negatives left out", exported.negatives_left_out)
    if exported.methods:
        total = exported.methods.total()
        shares = (f"{100 * n / total:.1f} % {name} ({n:,})" for name, n in exported.methods.most_common())
        out().print(safe(f"negatives: {', '.join(shares)}"), soft_wrap=True)
    name_left_out("chunk file not read", exported.chunk_problems)
    _show_notes(exported, form, choices)
    pairs = f"{exported.pairs:,} of {count(exported.read, 'pair')}"
    each = f", {count(exported.negatives_each, 'negative')} each" if exported.negatives_each else ""
    out().print(f"[bold]{pairs}[/]{each} -> {safe(str(output))} ({form.name})", soft_wrap=True)
    out().print(f"load it: {safe(form.line_of_python(output, choices))}", soft_wrap=True)


def _show_counts(what: str, counts: Counter[str]) -> None:
    if counts.total():
        reasons = ", ".join(f"{number:,} {why}" for why, number in counts.most_common() if number)
        out().print(safe(f"{what}: {reasons}"), soft_wrap=True)


def _show_notes(exported: Exported, form: Export, choices: Choices) -> None:
    """What the user should know."""
    if exported.respaced:
        note(f"tabs and line ends became spaces in {count(exported.respaced, 'text')}: this form cannot hold them.")
    empty = [path for path, rows in exported.files.items() if not rows and path.name == Path(form.main).name]
    if empty:
        note(f"no pair has negatives that may go in, so {empty[0]} is empty.")
    if exported.by_rules:
        note("pairs made by rules are in it: they show the pipeline and are no training data.")
    if form.has_corpus and choices.chunks_dir is None:
        note("only passages of the dataset are searched in it; --chunks-dir DIR adds all chunks, as in real use.")
    if form.measures:
        note("it measures nothing for who trains with the same dataset: docs/exports.md says how to have two.")
    if exported.extras_lost:
        note(f"{count(exported.extras_lost, 'extra positive')} left out: not in the chunk files.")
    if exported.elsewhere:
        note(
            f"the documents of {count(exported.elsewhere, 'pair')} have no chunk file in {choices.chunks_dir}; their "
            "passages are in the corpus all the same. Were they deleted, combine again without their QA files."
        )
    if exported.other_splits:
        names = ", ".join(str(path) for path in exported.other_splits)
        note(f"of an earlier export, and only right if made of the same dataset: {names}")
