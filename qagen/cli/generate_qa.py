"""`qagen generate-qa`: chunk files -> question-answer files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qagen.cli import options


def generate_qa(
    ctx: typer.Context,
    chunks_dir: options.ChunksDir = None,
    qa_dir: options.QaDir = None,
    provider: options.Provider = None,
    model: options.Model = None,
    base_url: options.BaseUrl = None,
    provider_base_url: options.ProviderBaseUrl = None,
    api_key_file: options.ApiKeyFile = None,
    ca_bundle: options.CaBundle = None,
    allow_insecure_http: options.AllowInsecureHttp = None,
    temperature: Annotated[
        float | None,
        typer.Option(
            "--temperature",
            help="Sampling temperature. [dim]default: not sent; many models refuse it[/]",
            rich_help_panel=options.MODEL,
        ),
    ] = None,
    top_p: Annotated[
        float | None, typer.Option("--top-p", help="Nucleus sampling.", rich_help_panel=options.MODEL)
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option("--seed", help="Seed of sampling and of the plan of types.", rich_help_panel=options.MODEL),
    ] = None,
    reasoning_effort: Annotated[
        str | None,
        typer.Option(
            "--reasoning-effort",
            help="How much a reasoning model may think: none, minimal, low, medium, high, xhigh, max. "
            "[dim]default: the least that the model accepts[/]",
            rich_help_panel=options.MODEL,
        ),
    ] = None,
    max_tokens: Annotated[
        int | None,
        typer.Option(
            "--max-tokens", help="Most tokens of a reply. [dim]default: by provider[/]", rich_help_panel=options.MODEL
        ),
    ] = None,
    model_options: Annotated[
        list[str] | None,
        typer.Option(
            "--model-option",
            metavar="NAME=VALUE",
            help="An option under the provider's own name, such as top_k=40. Repeatable.",
            rich_help_panel=options.MODEL,
        ),
    ] = None,
    prices_file: options.PricesFile = None,
    questions_per_chunk: Annotated[
        int | None,
        typer.Option(
            "--questions-per-chunk",
            "-n",
            help="Most pairs of a chunk. [dim]default: 5[/]",
            rich_help_panel=options.QUESTIONS,
        ),
    ] = None,
    system_message: Annotated[
        str | None,
        typer.Option(
            "--system-message", help="Replaces our instructions to the model.", rich_help_panel=options.QUESTIONS
        ),
    ] = None,
    extra_instructions: Annotated[
        str | None,
        typer.Option("--extra-instructions", help="Added to the instructions.", rich_help_panel=options.QUESTIONS),
    ] = None,
    prompt_template_file: Annotated[
        Path | None,
        typer.Option(
            "--prompt-template-file",
            help="Text with placeholders such as $passage; replaces our request.",
            rich_help_panel=options.QUESTIONS,
        ),
    ] = None,
    resume: Annotated[
        bool | None,
        typer.Option(
            "--resume/--no-resume",
            help="Go on from earlier results, or set them aside in archive/. [dim]default: resume[/]",
            rich_help_panel=options.RUN,
        ),
    ] = None,
    accept_changes: Annotated[
        bool | None,
        typer.Option(
            "--accept-changes/--refuse-changes",
            help="Parameters changed: keep what is done, ask the rest with the new ones. [dim]default: refuse[/]",
            rich_help_panel=options.RUN,
        ),
    ] = None,
    retry_failed: Annotated[
        bool | None,
        typer.Option(
            "--retry-failed/--no-retry-failed",
            help="Ask again about chunks that failed in an earlier run. [dim]default: retry[/]",
            rich_help_panel=options.RUN,
        ),
    ] = None,
    break_lock: Annotated[
        bool,
        typer.Option(
            "--break-lock",
            help="Take over the folder from a run on another machine that works no more.",
            rich_help_panel=options.RUN,
        ),
    ] = False,
    limit: Annotated[
        int | None,
        typer.Option("--limit", help="Ask about the first N chunks only, to try.", rich_help_panel=options.RUN),
    ] = None,
    batch_size: Annotated[
        int | None,
        typer.Option(
            "--batch-size", help="Most documents open at a time. [dim]default: 32[/]", rich_help_panel=options.RUN
        ),
    ] = None,
    drain_timeout: Annotated[
        float | None,
        typer.Option(
            "--drain-timeout",
            help="Seconds that requests under way may take once the run is stopped. "
            "[dim]default: 30, after a kill signal 10[/]",
            rich_help_panel=options.RUN,
        ),
    ] = None,
    max_concurrent: Annotated[
        int | None,
        typer.Option(
            "--max-concurrent",
            help="Most requests at a time; rate limits lower it. [dim]default: by provider[/]",
            rich_help_panel=options.LIMITS,
        ),
    ] = None,
    requests_per_minute: Annotated[
        float | None,
        typer.Option(
            "--requests-per-minute",
            help="Most requests a minute. [dim]default: as many as the server takes, found out[/]",
            rich_help_panel=options.LIMITS,
        ),
    ] = None,
    tokens_per_minute: Annotated[
        float | None,
        typer.Option(
            "--tokens-per-minute",
            help="Most tokens a minute, of requests and replies. [dim]default: found out[/]",
            rich_help_panel=options.LIMITS,
        ),
    ] = None,
    max_wait: Annotated[
        float | None,
        typer.Option(
            "--max-wait",
            help="Seconds that a server may ask to wait; for more, the run stops. [dim]default: 300[/]",
            rich_help_panel=options.LIMITS,
        ),
    ] = None,
    max_response_mb: Annotated[
        int | None,
        typer.Option(
            "--max-response-mb", help="Largest answer that is read. [dim]default: 16[/]", rich_help_panel=options.LIMITS
        ),
    ] = None,
    summary_json: Annotated[
        Path | None,
        typer.Option(
            "--summary-json", help="Write the figures of the run here, as JSON.", rich_help_panel=options.RECORDS
        ),
    ] = None,
    error_file: options.ErrorFile = None,
    log_format: Annotated[
        str | None,
        typer.Option(
            "--log-format",
            help="text for people, or json: one event per line, on stderr. [dim]default: text[/]",
            rich_help_panel=options.RECORDS,
        ),
    ] = None,
    verbose: Annotated[
        bool,
        typer.Option(
            "--verbose",
            "-v",
            help="Also show every try that failed and every reply of no use.",
            rich_help_panel=options.RECORDS,
        ),
    ] = False,
    config_file: options.ConfigFile = None,
) -> None:
    """Ask a model for question-answer pairs about every chunk.

    Each document keeps its own [bold]<name>_qa.json[/], rewritten after every chunk.

    Press Ctrl-C at any time: what is under way is finished and saved.
    The same command goes on from there, and pays for nothing twice.
    """
    from qagen import files, workers
    from qagen.cli import console
    from qagen.cli.event_log import EventLog
    from qagen.cli.progress import RunDisplay
    from qagen.cli.run_report import show_report
    from qagen.formats import encode

    settings = options.load(ctx)
    console.log_as(settings.log_format)
    if summary_json:
        files.check_output(summary_json)
        files.make_writable(summary_json.parent)
    shown = EventLog() if settings.log_format == "json" else RunDisplay(settings, verbose=verbose)
    with shown as display:
        report = workers.generate_here(settings, display.start, display.on_event, break_lock=break_lock)
    if settings.log_format == "json":
        console.print_event("finished", report.as_dict())
    else:
        show_report(report, settings)
    if summary_json:
        files.write(summary_json, encode(report.as_dict(), indent=True) + b"\n")
    if report.exit_code:
        raise typer.Exit(report.exit_code)
