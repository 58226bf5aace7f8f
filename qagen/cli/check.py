"""`qagen check`: what the checks say of files with questions and answers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qagen.cli import options

FIELDS = "Fields of foreign files"

Inputs = Annotated[
    list[Path] | None,
    typer.Argument(
        help="QA files, datasets, JSON and JSON Lines of any tool; folders of QA files. [dim]default: --qa-dir[/]",
        show_default=False,
    ),
]
QuestionField = Annotated[
    str | None,
    typer.Option(
        "--question-field",
        help="Field of the question, `a.b` for one inside another. [dim]default: question, query, instruction ...; "
        "the last user of messages[/]",
        rich_help_panel=FIELDS,
    ),
]
AnswerField = Annotated[
    str | None,
    typer.Option(
        "--answer-field",
        help="Field of the answer. [dim]default: answer, response, output ...[/]",
        rich_help_panel=FIELDS,
    ),
]
PassageField = Annotated[
    str | None,
    typer.Option(
        "--passage-field",
        help="Field of the text that the question is about. [dim]default: source_text, passage, context ...[/]",
        rich_help_panel=FIELDS,
    ),
]
FailIf = Annotated[
    list[str] | None,
    typer.Option(
        "--fail-if",
        help="End with 1 where this is so: 'error>0', 'warn>5%', 'CTX_REF>=10'. Repeatable.",
        metavar="CONDITION",
    ),
]
RejectsFile = Annotated[
    Path | None,
    typer.Option(
        "--rejects", help="Write the pairs with errors there, as JSON Lines.", rich_help_panel=options.RECORDS
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print everything as JSON, for programs.")]


def check(
    ctx: typer.Context,
    inputs: Inputs = None,
    chunks_dir: options.ChunksDir = None,
    qa_dir: options.QaDir = None,
    question_field: QuestionField = None,
    answer_field: AnswerField = None,
    passage_field: PassageField = None,
    fail_if: FailIf = None,
    rejects_file: RejectsFile = None,
    as_json: AsJson = False,
    config_file: options.ConfigFile = None,
) -> None:
    """Check questions and answers by code: grounding, references to the source, refusals, duplicates and more.

    Nothing is asked of a model and nothing is changed. [bold]docs/checks.md[/] explains every code.
    """
    from qagen import corpus, files, inspection
    from qagen.cli import console
    from qagen.cli.check_report import show_inspected

    settings = options.load(ctx)
    known = set(inspection.Inspected().figures)
    conditions = [inspection.Condition.parse(text, known) for text in fail_if or []]
    if rejects_file:
        files.check_output(rejects_file)
        files.make_writable(rejects_file.parent)
    paths = corpus.expand(inputs) if inputs else corpus.find_qa_files(settings.qa_dir)
    fields = inspection.Fields(question_field, answer_field, passage_field)
    found = inspection.inspect(paths, fields, settings.chunks_dir, rejects_file)
    if as_json:
        console.print_json(found.as_dict())
    else:
        show_inspected(found, rejects_file)
    met = [condition.text for condition in conditions if condition.is_met(found.figures, found.pairs)]
    for text in met:
        console.complain(f"--fail-if {text}: it is so")
    if met or found.unreadable:
        raise typer.Exit(1)
