"""Every flag of every command reaches the setting of its name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from qagen.cli import app
from qagen.errors import UsageError
from qagen.settings import Settings

NO_SETTINGS = {
    "chunk": {"documents", "config_file", "preview", "break_lock"},
    "generate-qa": {"summary_json", "config_file", "provider_base_url", "break_lock", "verbose", "show_prompt"},
    "mine-negatives": {"summary_json", "config_file", "provider_base_url", "break_lock", "verbose"},
    "check": {
        *("inputs", "question_field", "answer_field", "passage_field", "fail_if", "rejects_file", "as_json"),
        "config_file",
    },
    "combine": {"inputs", "config_file"},
    "export": {"dataset", "list_formats", "config_file"},
    "status": {"as_json", "config_file"},
    "errors": {"as_json", "config_file", "kind", "document", "examples"},
    "doctor": {"all_settings", "as_json", "config_file", "provider_base_url"},
}
"""Parameters that are about this one call."""

LEGAL: dict[str, tuple[list[str], Any]] = {
    "incoming_dir": (["a/b"], Path("a/b")),
    "chunks_dir": (["a/b"], Path("a/b")),
    "qa_dir": (["a/b"], Path("a/b")),
    "output_file": (["a/b.jsonl"], Path("a/b.jsonl")),
    "splitting_strategy": (["semantic"], "semantic"),
    "chunk_size": (["1234"], 1234),
    "chunk_overlap": (["77"], 77),
    "min_chunk_size": (["55"], 55),
    "size_unit": (["tokens"], "tokens"),
    "include": (["*.pdf"], ["*.pdf"]),
    "exclude": (["drafts/*"], ["drafts/*"]),
    "text_field": (["question,body.text"], ["question", "body.text"]),
    "jobs": (["3"], 3),
    "document_timeout": (["30"], 30.0),
    "provider": (["local"], "local"),
    "model": (["qwen3:14b"], "qwen3:14b"),
    "base_url": (["http://a:1/v1"], "http://a:1/v1"),
    "embed_provider": (["openai"], "openai"),
    "embed_model": (["text-embedding-3-large"], "text-embedding-3-large"),
    "embed_base_url": (["http://b:1/v1"], "http://b:1/v1"),
    "reasoning_effort": (["low"], "low"),
    "prices_file": (["a.toml"], Path("a.toml")),
    "questions_per_chunk": (["7"], 7),
    "temperature": (["0.3"], 0.3),
    "top_p": (["0.9"], 0.9),
    "seed": (["11"], 11),
    "encoding": (["windows-1251"], "cp1251"),
    "max_tokens": (["222"], 222),
    "model_options": (["top_k=40"], {"top_k": 40}),
    "system_message": (["Be brief."], "Be brief."),
    "extra_instructions": (["In German."], "In German."),
    "prompt_template_file": (["a.txt"], Path("a.txt")),
    "prompts_dir": (["a/b"], Path("a/b")),
    "question_types": (["factual,procedural"], ["factual", "procedural"]),
    "language": (["German"], "German"),
    "style": (["exam"], "exam"),
    "content_cap": ([], True),
    "corrective_retry": ([], True),
    "negatives": (["6"], 6),
    "candidates": (["20"], 20),
    "negatives_dir": (["a/b"], Path("a/b")),
    "limit": (["3"], 3),
    "max_concurrent": (["9"], 9),
    "batch_size": (["5"], 5),
    "output_format": (["jsonl"], "jsonl"),
    "resume": ([], True),
    "strict": ([], True),
    "include_unfinished": ([], True),
    "include_outdated": ([], True),
    "dedupe": ([], True),
    "checks": ([], True),
    "conflicts": (["drop"], "drop"),
    "drop": (["EV_INEXACT"], ["EV_INEXACT"]),
    "min_grounding": (["0.5"], 0.5),
    "max_per_document": (["20"], 20),
    "include_source_text": ([], True),
    "rejects": (["a/r.jsonl"], Path("a/r.jsonl")),
    "export_format": (["beir"], "beir"),
    "export_file": (["a/b"], Path("a/b")),
    "export_negatives": (["3"], 3),
    "explode_short": ([], True),
    "allow_random_negatives": ([], True),
    "verified_only": ([], True),
    "qrels_split": (["dev"], "dev"),
    "allow_insecure_http": ([], True),
    "api_key_file": (["key.txt"], Path("key.txt")),
    "ca_bundle": (["ca.pem"], Path("ca.pem")),
    "accept_changes": ([], True),
    "retry_failed": ([], True),
    "requests_per_minute": (["600"], 600.0),
    "tokens_per_minute": (["30000"], 30000.0),
    "max_wait": (["900"], 900.0),
    "max_response_mb": (["4"], 4),
    "transport": (["httpx"], "httpx"),
    "drain_timeout": (["5"], 5.0),
    "max_useless": (["7"], 7),
    "log_format": (["json"], "json"),
    "error_file": (["a/e.jsonl"], Path("a/e.jsonl")),
}
"""What is typed after the flag, and what the setting then is; a switch is its first name alone."""


def commands() -> dict[str, Any]:
    group: Any = typer.main.get_command(app)
    return dict(group.commands)


def flags() -> Iterator[tuple[str, str, str, bool]]:
    """(command, field, flag, whether it is a switch that says no) for every name of every flag of a setting."""
    for command, details in commands().items():
        for parameter in details.params:
            if parameter.name in Settings.model_fields:
                yield from ((command, parameter.name, flag, False) for flag in parameter.opts)
                yield from ((command, parameter.name, flag, True) for flag in parameter.secondary_opts)


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    """The settings that a command loaded; it is stopped there."""
    found: list[Settings] = []
    load = Settings.load

    def record(config_file: Path | None = None, **given: Any) -> Settings:
        found.append(load(config_file, **given))
        raise UsageError("stopped by the test")

    monkeypatch.setattr(Settings, "load", record)
    return found


@pytest.mark.parametrize(("command", "field", "flag", "negative"), list(flags()))
def test_a_flag_reaches_its_setting(
    command: str, field: str, flag: str, negative: bool, loaded: list[Settings]
) -> None:
    typed, value = LEGAL[field]
    result = CliRunner().invoke(app, [command, flag, *typed])
    assert "stopped by the test" in result.output
    assert getattr(loaded[0], field) == ((not value) if negative else value)


@pytest.mark.parametrize("command", list(commands()))
def test_a_flag_that_is_not_given_leaves_the_setting_to_the_others(
    command: str, loaded: list[Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("config.env").write_text(
        "GENERATOR_RESUME=false\nGENERATOR_STRICT=true\nGENERATOR_INCLUDE_UNFINISHED=true\nGENERATOR_OUTPUT_DIR=mine\n"
    )
    monkeypatch.setenv("GENERATOR_QUESTIONS_PER_CHUNK", "9")
    CliRunner().invoke(app, [command])
    (settings,) = loaded
    assert (settings.resume, settings.strict, settings.include_unfinished) == (False, True, True)
    assert (settings.qa_dir, settings.questions_per_chunk) == (Path("mine"), 9)


@pytest.mark.parametrize("command", list(commands()))
def test_another_configuration_file_can_be_named_to_every_command(command: str, loaded: list[Settings]) -> None:
    Path("other.env").write_text("GENERATOR_SEED=5\n")
    CliRunner().invoke(app, [command, "--config-file", "other.env"])
    assert [settings.seed for settings in loaded] == [5]


def test_a_repeated_model_option_adds_up(loaded: list[Settings]) -> None:
    CliRunner().invoke(app, ["generate-qa", "--model-option", "top_k=40", "--model-option", "min_p=0.1"])
    assert loaded[0].model_options == {"top_k": 40, "min_p": 0.1}


def test_a_repeated_text_field_adds_up(loaded: list[Settings]) -> None:
    CliRunner().invoke(app, ["chunk", "--text-field", "question", "--text-field", "answer"])
    assert loaded[0].text_field == ["question", "answer"]


@pytest.mark.parametrize("command", list(commands()))
def test_a_parameter_is_a_setting_or_stands_on_the_list_of_those_that_are_none(command: str) -> None:
    names = {parameter.name for parameter in commands()[command].params} - {"help"}
    assert names - set(Settings.model_fields) == NO_SETTINGS[command]


def test_every_setting_can_be_given_as_a_flag_somewhere() -> None:
    assert set(Settings.model_fields) - {field for _, field, _, _ in flags()} == set()


@pytest.mark.parametrize("command", list(commands()))
def test_no_flag_has_a_default_of_its_own(command: str) -> None:
    parameters = commands()[command].params
    assert [one.name for one in parameters if one.name in Settings.model_fields and one.default is not None] == []


def test_the_commands_that_users_know_work_as_typed(loaded: list[Settings]) -> None:
    typed = (
        "generate-qa --provider local --model qwen3:14b --ollama-base-url http://gpu:11434 --chunks-dir c --qa-dir q"
    )
    CliRunner().invoke(app, [*typed.split(), "--questions-per-chunk", "5", "--temperature", "0.3", "--resume"])
    CliRunner().invoke(app, ["combine", "--qa-dir", "q", "--output-file", "out.json"])
    generate, combine = loaded
    assert generate.endpoint().base_url == "http://gpu:11434"
    assert (generate.model, generate.chunks_dir, generate.qa_dir) == ("qwen3:14b", Path("c"), Path("q"))
    assert (generate.questions_per_chunk, generate.temperature, generate.resume) == (5, 0.3, True)
    assert (combine.qa_dir, combine.output_file) == (Path("q"), Path("out.json"))
