"""Options of commands that ask a model: what is sent, how a run goes, its limits, its records."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qagen.cli.options import LIMITS, MODEL, QUESTIONS, RECORDS, RUN

Temperature = Annotated[
    float | None,
    typer.Option(
        "--temperature",
        help="Sampling temperature. [dim]default: not sent; many models refuse it[/]",
        rich_help_panel=MODEL,
    ),
]
TopP = Annotated[float | None, typer.Option("--top-p", help="Nucleus sampling.", rich_help_panel=MODEL)]
Seed = Annotated[
    int | None,
    typer.Option("--seed", help="Seed of sampling and of the plan of types.", rich_help_panel=MODEL),
]
ReasoningEffort = Annotated[
    str | None,
    typer.Option(
        "--reasoning-effort",
        help="How much a reasoning model may think: none, minimal, low, medium, high, xhigh, max. "
        "[dim]default: the least that the model accepts[/]",
        rich_help_panel=MODEL,
    ),
]
MaxTokens = Annotated[
    int | None,
    typer.Option("--max-tokens", help="Most tokens of a reply. [dim]default: by provider[/]", rich_help_panel=MODEL),
]
ModelOptions = Annotated[
    list[str] | None,
    typer.Option(
        "--model-option",
        metavar="NAME=VALUE",
        help="An option under the provider's own name, such as top_k=40. Repeatable.",
        rich_help_panel=MODEL,
    ),
]
QuestionsPerChunk = Annotated[
    int | None,
    typer.Option(
        "--questions-per-chunk",
        "-n",
        help="Most pairs of a chunk. [dim]default: 5[/]",
        rich_help_panel=QUESTIONS,
    ),
]
SystemMessage = Annotated[
    str | None,
    typer.Option("--system-message", help="Replaces our instructions to the model.", rich_help_panel=QUESTIONS),
]
ExtraInstructions = Annotated[
    str | None,
    typer.Option("--extra-instructions", help="Added to the instructions.", rich_help_panel=QUESTIONS),
]
PromptTemplateFile = Annotated[
    Path | None,
    typer.Option(
        "--prompt-template-file",
        help="Text with placeholders such as $passage; replaces our request.",
        rich_help_panel=QUESTIONS,
    ),
]
PromptsDir = Annotated[
    Path | None,
    typer.Option(
        "--prompts-dir",
        help="Folder of <name>.qagen.toml files: what is asked otherwise about one document. "
        "[dim]default: beside the chunk files[/]",
        rich_help_panel=QUESTIONS,
    ),
]
QuestionTypes = Annotated[
    list[str] | None,
    typer.Option(
        "--question-types",
        help="Only these, such as factual,procedural: factual, definition, explanatory, analytical, inferential, "
        "procedural, comparative. [dim]default: all[/]",
        rich_help_panel=QUESTIONS,
    ),
]
Language = Annotated[
    str | None,
    typer.Option(
        "--language", help="Language to write in. [dim]default: that of each passage[/]", rich_help_panel=QUESTIONS
    ),
]
Style = Annotated[
    str | None,
    typer.Option(
        "--style",
        help="Tone: exam, chat, support or search. [dim]default: none of them[/]",
        rich_help_panel=QUESTIONS,
    ),
]
ContentCap = Annotated[
    bool | None,
    typer.Option(
        "--content-cap/--no-content-cap",
        help="Ask short passages for fewer pairs: one for about 120 tokens. [dim]default: no cap[/]",
        rich_help_panel=QUESTIONS,
    ),
]
CorrectiveRetry = Annotated[
    bool | None,
    typer.Option(
        "--corrective-retry/--no-corrective-retry",
        help="Ask once more where fewer than half of the pairs can be kept. [dim]default: ask[/]",
        rich_help_panel=QUESTIONS,
    ),
]
ShowPrompt = Annotated[
    bool,
    typer.Option(
        "--show-prompt",
        help="Print what would be sent for the first chunk, and stop. Needs no key and no server.",
        rich_help_panel=QUESTIONS,
    ),
]
Resume = Annotated[
    bool | None,
    typer.Option(
        "--resume/--no-resume",
        help="Go on from earlier results, or set them aside in archive/. [dim]default: resume[/]",
        rich_help_panel=RUN,
    ),
]
AcceptChanges = Annotated[
    bool | None,
    typer.Option(
        "--accept-changes/--refuse-changes",
        help="Parameters changed: keep what is done, ask the rest with the new ones. [dim]default: refuse[/]",
        rich_help_panel=RUN,
    ),
]
RetryFailed = Annotated[
    bool | None,
    typer.Option(
        "--retry-failed/--no-retry-failed",
        help="Ask again about chunks that failed in an earlier run. [dim]default: retry[/]",
        rich_help_panel=RUN,
    ),
]
BreakLock = Annotated[
    bool,
    typer.Option(
        "--break-lock",
        help="Take over the folder from a run on another machine that works no more.",
        rich_help_panel=RUN,
    ),
]
Limit = Annotated[
    int | None,
    typer.Option("--limit", help="Ask about the first N chunks only, to try.", rich_help_panel=RUN),
]
BatchSize = Annotated[
    int | None,
    typer.Option("--batch-size", help="Most documents open at a time. [dim]default: 32[/]", rich_help_panel=RUN),
]
MaxUseless = Annotated[
    int | None,
    typer.Option(
        "--max-useless",
        help="Stop after so many chunks in a row that were paid for and brought nothing, or five times as many once "
        "something was of use. 0: never. [dim]default: 20[/]",
        rich_help_panel=RUN,
    ),
]
DrainTimeout = Annotated[
    float | None,
    typer.Option(
        "--drain-timeout",
        help="Seconds that requests under way may take once the run is stopped. "
        "[dim]default: 30, after a kill signal 10[/]",
        rich_help_panel=RUN,
    ),
]
MaxConcurrent = Annotated[
    int | None,
    typer.Option(
        "--max-concurrent",
        help="Most requests at a time; rate limits lower it. [dim]default: by provider[/]",
        rich_help_panel=LIMITS,
    ),
]
RequestsPerMinute = Annotated[
    float | None,
    typer.Option(
        "--requests-per-minute",
        help="Most requests a minute. [dim]default: as many as the server takes, found out[/]",
        rich_help_panel=LIMITS,
    ),
]
TokensPerMinute = Annotated[
    float | None,
    typer.Option(
        "--tokens-per-minute",
        help="Most tokens a minute, of requests and replies. [dim]default: found out[/]",
        rich_help_panel=LIMITS,
    ),
]
MaxWait = Annotated[
    float | None,
    typer.Option(
        "--max-wait",
        help="Seconds that a server may ask to wait; for more, the run stops. [dim]default: 300[/]",
        rich_help_panel=LIMITS,
    ),
]
MaxResponseMb = Annotated[
    int | None,
    typer.Option("--max-response-mb", help="Largest answer that is read. [dim]default: 16[/]", rich_help_panel=LIMITS),
]
Transport = Annotated[
    str | None,
    typer.Option(
        "--transport",
        metavar="auto|httpx|aiohttp",
        help="What carries the requests. aiohttp needs a third of the CPU of httpx, cannot go through a proxy, and "
        "comes with `pip install '.\\[fast]'`. [dim]default: auto, aiohttp where it is there and can[/]",
        rich_help_panel=LIMITS,
    ),
]
SummaryJson = Annotated[
    Path | None,
    typer.Option("--summary-json", help="Write the figures of the run here, as JSON.", rich_help_panel=RECORDS),
]
LogFormat = Annotated[
    str | None,
    typer.Option(
        "--log-format",
        help="text for people, or json: one event per line, on stderr. [dim]default: text[/]",
        rich_help_panel=RECORDS,
    ),
]
Verbose = Annotated[
    bool,
    typer.Option(
        "--verbose",
        "-v",
        help="Also show every try that failed and every reply of no use.",
        rich_help_panel=RECORDS,
    ),
]
