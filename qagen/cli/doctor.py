"""`qagen doctor`: does everything work that a run needs?"""

from __future__ import annotations

from typing import Annotated

import typer

from qagen.cli import chunk_options, embed_options, options, run_options


def doctor(
    ctx: typer.Context,
    provider: options.Provider = None,
    model: options.Model = None,
    base_url: options.BaseUrl = None,
    provider_base_url: options.ProviderBaseUrl = None,
    api_key_file: options.ApiKeyFile = None,
    ca_bundle: options.CaBundle = None,
    allow_insecure_http: options.AllowInsecureHttp = None,
    prices_file: options.PricesFile = None,
    transport: run_options.Transport = None,
    embed_provider: embed_options.EmbedProvider = None,
    embed_model: embed_options.EmbedModel = None,
    embed_base_url: embed_options.EmbedBaseUrl = None,
    incoming_dir: chunk_options.IncomingDir = None,
    chunks_dir: options.ChunksDir = None,
    qa_dir: options.QaDir = None,
    all_settings: Annotated[
        bool, typer.Option("--all-settings", help="Show those that have their defaults, too.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    config_file: options.ConfigFile = None,
) -> None:
    """Check settings, folders, key, host and model, before anything is spent.

    Shows the settings that differ from their defaults, with the place each came from; keys are never shown. Asks the
    host for its list of models, and sends nothing that costs.

    Exit code 2: a setting must change; 4: the provider cannot be used.
    """
    from dataclasses import asdict

    from qagen import workers
    from qagen.cli import console
    from qagen.doctor import exit_code

    settings = options.load(ctx)
    if not as_json:
        console.show_origins(settings.origins(), with_defaults=all_settings)
    findings = workers.examine(settings, (lambda _: None) if as_json else console.show_finding)
    if as_json:
        origins = [{"setting": name, "value": value, "origin": origin} for name, value, origin in settings.origins()]
        console.print_json({"settings": origins, "findings": [asdict(finding) for finding in findings]})
    if code := exit_code(findings):
        raise typer.Exit(code)
