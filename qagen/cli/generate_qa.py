"""`qagen generate-qa`: chunk files -> question-answer files."""

from __future__ import annotations

import typer

from qagen.cli import options, run_options


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
    temperature: run_options.Temperature = None,
    top_p: run_options.TopP = None,
    seed: run_options.Seed = None,
    reasoning_effort: run_options.ReasoningEffort = None,
    max_tokens: run_options.MaxTokens = None,
    model_options: run_options.ModelOptions = None,
    prices_file: options.PricesFile = None,
    questions_per_chunk: run_options.QuestionsPerChunk = None,
    system_message: run_options.SystemMessage = None,
    extra_instructions: run_options.ExtraInstructions = None,
    prompt_template_file: run_options.PromptTemplateFile = None,
    prompts_dir: run_options.PromptsDir = None,
    question_types: run_options.QuestionTypes = None,
    language: run_options.Language = None,
    style: run_options.Style = None,
    content_cap: run_options.ContentCap = None,
    corrective_retry: run_options.CorrectiveRetry = None,
    show_prompt: run_options.ShowPrompt = False,
    resume: run_options.Resume = None,
    accept_changes: run_options.AcceptChanges = None,
    retry_failed: run_options.RetryFailed = None,
    break_lock: run_options.BreakLock = False,
    limit: run_options.Limit = None,
    batch_size: run_options.BatchSize = None,
    max_useless: run_options.MaxUseless = None,
    drain_timeout: run_options.DrainTimeout = None,
    max_concurrent: run_options.MaxConcurrent = None,
    requests_per_minute: run_options.RequestsPerMinute = None,
    tokens_per_minute: run_options.TokensPerMinute = None,
    max_wait: run_options.MaxWait = None,
    max_response_mb: run_options.MaxResponseMb = None,
    transport: run_options.Transport = None,
    summary_json: run_options.SummaryJson = None,
    error_file: options.ErrorFile = None,
    log_format: run_options.LogFormat = None,
    verbose: run_options.Verbose = False,
    config_file: options.ConfigFile = None,
) -> None:
    """Ask a model for question-answer pairs about every chunk.

    Each document keeps its own [bold]<name>_qa.json[/], rewritten after every chunk.

    Press Ctrl-C at any time: what is under way is finished and saved.
    The same command goes on from there, and pays for nothing twice.
    """
    from qagen import workers
    from qagen.cli import console, running

    settings = options.load(ctx)
    console.log_as(settings.log_format)
    if show_prompt:
        from qagen import generate
        from qagen.cli.prompt_report import show_sample

        show_sample(generate.sample(settings), settings)
        return
    running.run(workers.generate_here, settings, summary_json, verbose=verbose, break_lock=break_lock)
