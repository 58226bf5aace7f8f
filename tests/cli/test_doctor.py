"""`qagen doctor`: what works, what does not, and what to do about it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.flow import qagen
from tests.llm_server import LLMServer


@pytest.fixture(scope="module")
def server() -> Iterator[LLMServer]:
    with LLMServer(models=["qwen3:14b", "gemma4:latest", "gpt-6-luna"], api_key="sk-right") as server:
        yield server


def doctor(server: LLMServer, *more: str, **environment: str) -> tuple[int, dict[str, Any]]:
    """Exit code, and the findings by what they are about."""
    address = ("--ollama-base-url", server.url) if "local" in more and "--base-url" not in more else ()
    run = qagen("doctor", "--json", *address, *more, **environment)
    findings = json.loads(run.stdout)["findings"]
    return run.returncode, {finding["what"]: finding for finding in findings}


@pytest.mark.parametrize("model", ["qwen3:14b", "gemma4", "gemma4:latest"])
def test_all_is_well_where_the_model_is_there_with_its_tag_or_without(model: str, server: LLMServer) -> None:
    code, findings = doctor(server, "--provider", "local", "--model", model)
    assert code == 0
    assert findings["model"]["verdict"] == "ok"
    assert {what for what, finding in findings.items() if finding["verdict"] != "ok"} == {"documents", "not tried"}


def test_a_model_that_is_not_pulled_is_named_with_near_ones_and_the_command_that_pulls_it(server: LLMServer) -> None:
    code, findings = doctor(server, "--provider", "local", "--model", "qwen3:8b")
    assert code == 2
    assert "Did you mean qwen3:14b" in findings["model"]["text"]
    assert "ollama pull qwen3:8b" in findings["model"]["text"]


def test_a_key_that_is_refused_is_exit_4_and_never_shown(server: LLMServer) -> None:
    address = ("--provider", "openai", "--base-url", server.openai_url)
    run = qagen("doctor", *address, OPENAI_API_KEY="sk-wrong-canary")
    assert run.returncode == 4
    assert "Check the key in OPENAI_API_KEY" in run.stdout
    assert "canary" not in run.stdout + run.stderr
    code, findings = doctor(server, *address, OPENAI_API_KEY="sk-right")
    assert code == 0
    assert "accepts the key" in findings["host"]["text"]


def test_a_host_that_is_not_there_is_exit_4_with_what_to_do(server: LLMServer) -> None:
    code, findings = doctor(server, "--provider", "local", "--model", "m", "--base-url", "http://127.0.0.1:9")
    assert code == 4
    assert "Is Ollama running?" in findings["host"]["text"]


def test_without_a_provider_the_rest_is_still_checked(server: LLMServer) -> None:
    code, findings = doctor(server)
    assert code == 2
    assert findings["versions"]["verdict"] == "ok"
    assert "--provider rules" in findings["provider"]["text"]


def test_the_embedded_rules_need_no_host(server: LLMServer) -> None:
    code, findings = doctor(server, "--provider", "rules")
    assert code == 0
    assert "in this process" in findings["host"]["text"]


def test_each_setting_is_shown_with_the_place_it_came_from() -> None:
    Path("config.env").write_text("GENERATOR_PROVIDER=rules\nGENERATOR_LIMIT=7\n")
    run = qagen("doctor", "--json", "--qa-dir", "elsewhere", GENERATOR_LIMIT="9")
    origins = {row["setting"]: (row["value"], row["origin"]) for row in json.loads(run.stdout)["settings"]}
    assert origins["GENERATOR_PROVIDER"] == ("rules", "config.env")
    assert origins["GENERATOR_LIMIT"] == (9, "environment")
    assert origins["GENERATOR_OUTPUT_DIR"] == ("elsewhere", "--qa-dir")
    assert origins["GENERATOR_BATCH_SIZE"] == (32, "default")


def test_settings_that_differ_from_their_defaults_come_alone_and_as_the_file_wants_them() -> None:
    Path("config.env").write_text("GENERATOR_RESUME=False\nGENERATOR_MODEL_OPTIONS='top_k=40 min_p=0.1'\n")
    run = qagen("doctor", "--provider", "rules")
    shown = [line.split() for line in run.stdout.splitlines() if line.startswith("GENERATOR_")]
    assert ["GENERATOR_RESUME", "false", "config.env"] in shown
    assert ["GENERATOR_MODEL_OPTIONS", "top_k=40", "min_p=0.1", "config.env"] in shown
    assert "default" not in {line[-1] for line in shown}
    assert "settings at their defaults: --all-settings shows them" in run.stdout
    every = qagen("doctor", "--provider", "rules", "--all-settings").stdout
    assert ["GENERATOR_CORRECTIVE_RETRY", "true", "default"] in [line.split() for line in every.splitlines()]
    assert every.index("GENERATOR_RESUME") < every.index("GENERATOR_INCOMING_DIR")


def test_what_was_not_tried_is_said_plainly(server: LLMServer) -> None:
    _, findings = doctor(server, "--provider", "local", "--model", "qwen3:14b")
    assert findings["not tried"]["verdict"] == "note"
    assert "no request was sent that costs" in findings["not tried"]["text"]
    assert "generate-qa --limit 1" in findings["not tried"]["text"]
    _, findings = doctor(server, "--provider", "local", "--model", "qwen3:8b")
    assert "not tried" not in findings


def test_the_key_the_certificates_and_the_transport_are_those_that_a_run_would_take(server: LLMServer) -> None:
    address = ("--provider", "openai", "--base-url", server.openai_url)
    Path("key").write_text("sk-right\n")
    code, findings = doctor(server, *address, "--api-key-file", "key", "--transport", "aiohttp")
    assert code == 0
    assert "accepts the key" in findings["host"]["text"]
    assert findings["transport"]["text"] == "aiohttp carries the requests"
    code, findings = doctor(server, *address, "--api-key-file", "key", "--ca-bundle", "nowhere.pem")
    assert code == 2
    assert "nowhere.pem: there is no such file" in findings["transport"]["text"]


def test_who_makes_vectors_is_reached_too(server: LLMServer) -> None:
    vectors = (
        "--embed-provider",
        "compatible",
        "--embed-model",
        "gemma4:latest",
        "--embed-base-url",
        server.openai_url,
    )
    code, findings = doctor(server, "--provider", "none", *vectors, COMPATIBLE_API_KEY="sk-right")
    assert code == 0
    assert findings["vectors"]["text"] == "gemma4:latest is there"
    assert "mine-negatives" in findings["provider"]["text"]
    code, findings = doctor(server, "--provider", "none", *vectors, COMPATIBLE_API_KEY="sk-wrong")
    assert code == 4


def test_the_folder_of_the_documents_is_looked_at(server: LLMServer) -> None:
    Path("mine").mkdir()
    _, findings = doctor(server, "--provider", "rules", "--incoming-dir", "mine")
    assert findings["documents"]["verdict"] == "ok"
    _, findings = doctor(server, "--provider", "rules", "--incoming-dir", "other")
    assert "other: there is no such folder" in findings["documents"]["text"]


def test_a_folder_that_cannot_be_written_is_exit_2_and_nothing_is_left_behind() -> None:
    Path("occupied").write_text("a file")
    run = qagen("doctor", "--provider", "rules", "--qa-dir", "occupied")
    assert run.returncode == 2
    assert "occupied" in run.stdout
    assert [path.name for path in Path().iterdir()] == ["occupied"]
