"""`qagen errors`: what went wrong, and what helps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from qagen.cli import mine_options, options

if TYPE_CHECKING:
    from qagen.diagnosis import Diagnosis, Failures


def errors(
    ctx: typer.Context,
    chunks_dir: options.ChunksDir = None,
    qa_dir: options.QaDir = None,
    negatives_dir: mine_options.NegativesDir = None,
    error_file: options.ErrorFile = None,
    kind: Annotated[
        str | None, typer.Option("--type", help="Only failures of this type, such as invalid_output.")
    ] = None,
    document: Annotated[str | None, typer.Option("--document", help="Only this document.")] = None,
    examples: Annotated[int, typer.Option("--examples", min=0, help="Examples of each type.")] = 3,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
    config_file: options.ConfigFile = None,
) -> None:
    """Show what went wrong, by type, document and model, with examples and what helps.

    Reads only, so it can be called while a run works.
    """
    from qagen import diagnosis
    from qagen.cli import console

    settings = options.load(ctx)
    focus = diagnosis.Focus(kind, document, examples)
    found = diagnosis.diagnose(
        settings.qa_dir, settings.errors_path, focus, settings.negatives_dir, settings.chunks_dir
    )
    if as_json:
        console.print_json(found.as_dict())
    else:
        _show(found)


def _show(found: Diagnosis) -> None:
    from qagen.cli.console import MOST_LISTED, note, out, safe, table

    console = out()
    if not (found.generation.failed or found.mining.failed or found.unjudged):
        console.print("no chunk has failed")
    _show_failures(found.generation, "")
    if found.generation.failed and found.mining.failed:
        console.print()
    _show_failures(found.mining, " when negatives were judged")
    _show_unjudged(found)
    if found.messages:
        listing = table("Most frequent messages", "times")
        for text, times in found.messages.most_common(MOST_LISTED):
            listing.add_row(safe(text), f"{times:,}")
        console.print()
        console.print(listing)
    _show_rejected(found)
    _show_history(found)
    for left in found.unreadable:
        note(f"{left.file}: {left.why}")


def _show_failures(failures: Failures, when: str) -> None:
    """Each type of failure, with where it was met, what helps, and examples."""
    from qagen.cli.console import count, out, safe

    console = out()
    if failures.failed:
        console.print(f"[bold]{count(failures.failed, 'chunk')} of {failures.chunks:,} failed{when}[/]", soft_wrap=True)
    for one in failures.listed:
        where = ", ".join(f"{name} {number:,}" for name, number in one.documents.most_common(5))
        more = f" and {len(one.documents) - 5} more" if len(one.documents) > 5 else ""
        models = ", ".join(one.models)
        console.print(f"\n[bold red]{safe(one.type)}[/]: {one.chunks:,}", soft_wrap=True)
        console.print(f"  documents: {safe(where)}{more}; model: {safe(models)}", soft_wrap=True)
        if one.hint:
            console.print(f"  [green]{safe(one.hint)}[/]", soft_wrap=True)
        for example in one.examples:
            place = f"{example['document']}, chunk {example['chunk_index']}"
            console.print(f"  [dim]{safe(place)}:[/] {safe(example['message'])}", soft_wrap=True)
            if example["reply"]:
                shown = " ".join(example["reply"].split())
                console.print(f"    [dim]reply:[/] {safe(shown)}", soft_wrap=True)


def _show_unjudged(found: Diagnosis) -> None:
    """Negatives that the guards alone let through, although a model was paid to judge them."""
    from qagen.cli.console import count, out, safe

    if not found.unjudged:
        return
    where = ", ".join(f"{name} {number:,}" for name, number in found.unjudged.most_common(5))
    questions = count(found.unjudged.total(), "question")
    if found.generation.failed or found.mining.failed:
        out().print()
    out().print(f"[bold]nobody judged the candidates of {questions}[/]: {safe(where)}", soft_wrap=True)
    out().print(
        "  [green]`qagen mine-negatives`, as it was typed before (without --no-resume), asks again about these "
        "questions alone. Where the model never manages, another one with --accept-changes keeps what is judged.[/]",
        soft_wrap=True,
    )
    for example in found.unjudged_replies:
        place = f"{example['document']}, chunk {example['chunk_index']}"
        text = f"  [dim]{safe(place)}, reply:[/] {safe(' '.join(example['reply'].split()))}"
        out().print(text, soft_wrap=True)


def _show_rejected(found: Diagnosis) -> None:
    """Pairs that a check refused: the prompt's, or the model's, trouble with the passage."""
    from qagen.checks import RULES
    from qagen.cli.console import out, safe

    if not found.rejected:
        return
    out().print("\n[bold]pairs rejected by checks[/]")
    for code, number in found.rejected.most_common():
        meaning = f": {RULES[code].message}" if code in RULES else ""
        out().print(f"  {safe(code)} {number:,}{safe(meaning)}", soft_wrap=True)
        example = found.rejected_examples.get(code)
        if example:
            text = f"{example['document']}: {example['question']} -> {example['answer']}"
            out().print(f"    [dim]{safe(' '.join(text.split()))}[/]", soft_wrap=True)


def _show_history(found: Diagnosis) -> None:
    """What the log counts over all runs, recovered from or not."""
    from qagen.cli.console import out, safe

    titles = {
        "try_failed": "requests without a reply",
        "reply_unusable": "replies of no use, asked again",
        "chunk_failed": "chunks that failed at some time",
        "document_left_out": "documents left out",
        "run_stopped": "runs that were stopped",
    }
    if found.history:
        out().print("\n[bold]in the error log, over all runs[/]")
    for outcome, types in found.history.items():
        listed = ", ".join(f"{number:,} {kind}" for kind, number in types.most_common(10))
        out().print(f"  {titles.get(outcome, safe(outcome))}: {safe(listed)}", soft_wrap=True)
