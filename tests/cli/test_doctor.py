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
    assert {finding["verdict"] for finding in findings.values()} == {"ok"}


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


def test_a_folder_that_cannot_be_written_is_exit_2_and_nothing_is_left_behind() -> None:
    Path("occupied").write_text("a file")
    run = qagen("doctor", "--provider", "rules", "--qa-dir", "occupied")
    assert run.returncode == 2
    assert "occupied" in run.stdout
    assert [path.name for path in Path().iterdir()] == ["occupied"]
