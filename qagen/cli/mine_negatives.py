"""`qagen mine-negatives`: question-answer files -> passages that do not answer their questions."""

from __future__ import annotations

import typer

from qagen.cli import embed_options, mine_options, options, run_options


def mine_negatives(
    ctx: typer.Context,
    chunks_dir: options.ChunksDir = None,
    qa_dir: options.QaDir = None,
    negatives_dir: mine_options.NegativesDir = None,
    provider: mine_options.Provider = None,
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
    negatives: mine_options.Negatives = None,
    candidates: mine_options.Candidates = None,
    embed_provider: embed_options.EmbedProvider = None,
    embed_model: embed_options.EmbedModel = None,
    embed_base_url: embed_options.EmbedBaseUrl = None,
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
    """Find hard negatives: passages that share a question's words and do not answer it.

    All chunks are searched for every question, guards keep out what may answer it, and a model judges the rest.
    Each document gets a [bold]<name>_negatives.json[/]; [bold]combine[/] joins them to the pairs.

    Without a model: [bold]--provider none[/]. Press Ctrl-C at any time; the same command goes on from there.
    """
    from qagen import workers
    from qagen.cli import console, running

    settings = options.load(ctx)
    console.log_as(settings.log_format)
    running.run(workers.mine_here, settings, summary_json, verbose=verbose, break_lock=break_lock)
