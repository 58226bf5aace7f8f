"""What a user can get wrong: each ends with a sentence that says what to do, and with its exit code."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from qagen.cli import app
from qagen.llm.limits import backoff
from tests.flow import command, write_chunks
from tests.llm_server import LLMServer

RULES = ["generate-qa", "--provider", "rules"]
LOCAL = ["generate-qa", "--provider", "local", "--model", "gemma4"]
TEXT = "A pump moves water. The valve opens at 12 bar. The seal is replaced every 500 hours of operation."


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "_BASE_S", 0.001)
    monkeypatch.setattr(backoff, "_RATE_LIMIT_FLOOR_S", 0.001)


@pytest.fixture(scope="module")
def process() -> Iterator[LLMServer]:
    with LLMServer() as server:
        yield server


@pytest.fixture
def server(process: LLMServer) -> LLMServer:
    process.reset()
    return process


@pytest.fixture
def dead_port() -> Iterator[int]:
    """Nobody listens there, and nobody else gets it while the test runs."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def qagen(*arguments: str) -> Result:
    result = CliRunner().invoke(app, arguments)
    assert "Traceback" not in result.output
    assert "bug" not in result.output
    return result


def put(path: str, content: str | bytes | dict[str, Any] | list[Any]) -> Path:
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, dict | list):
        content = json.dumps(content)
    target.write_bytes(content.encode() if isinstance(content, str) else content)
    return target


def chunks(*texts: str, **more: Any) -> dict[str, Any]:
    return {"chunks": [{"text": text} for text in texts], **more}


def read(path: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(Path(path).read_bytes())
    return value


def assert_refused(result: Result, code: int, *says: str) -> None:
    """The command ended with this code, and the conversation holds one error and these words."""
    assert result.exit_code == code, result.output
    assert len(re.findall("^error: ", result.stderr, re.MULTILINE)) == 1
    for words in says:
        assert words in result.stderr


# Documents


def test_a_folder_of_documents_that_is_not_there_is_missing_input() -> None:
    assert_refused(qagen("chunk"), 3, "documents: there is no such file or folder", "--incoming-dir")


def test_an_empty_folder_of_documents_is_missing_input_and_names_the_endings() -> None:
    Path("documents").mkdir()
    assert_refused(qagen("chunk"), 3, "documents", ".md", ".txt")
    assert not Path("chunks").exists()


def test_documents_that_nobody_can_read_are_named() -> None:
    put("documents/a.xyz", "text")
    assert_refused(qagen("chunk"), 3, ".txt")


def test_a_document_without_text_alone_is_unusable_input() -> None:
    put("documents/a.txt", " \n ")
    assert_refused(qagen("chunk"), 3, "a.txt", "it holds no text")


def test_good_documents_are_cut_beside_bad_ones() -> None:
    put("documents/bad.txt", "")
    put("documents/good.txt", TEXT)
    result = qagen("chunk")
    assert result.exit_code == 1
    assert re.search(r"failed: .*bad\.txt: it is empty", result.stderr)
    assert [path.name for path in Path("chunks").glob("*.json")] == ["good_chunks.json"]


def test_an_overlap_as_large_as_the_chunk_is_refused() -> None:
    put("documents/good.txt", TEXT)
    result = qagen("chunk", "--chunk-size", "100", "--chunk-overlap", "100")
    assert_refused(result, 2, "lower --chunk-overlap or raise --chunk-size")
    assert not Path("chunks").exists()


def test_a_folder_of_chunks_that_is_a_file_is_refused_before_anything_is_read() -> None:
    put("documents/good.txt", TEXT)
    put("chunks", "in the way")
    assert_refused(qagen("chunk"), 2, "chunks: no file can be written there: it is a file", "Name another directory")


def test_a_preview_speaks_of_colours_only_where_there_are_some() -> None:
    put("documents/good.txt", TEXT * 3)
    shown = qagen("chunk", "--preview", "--chunk-size", "120", "--chunk-overlap", "60").stdout

    assert "colour" not in shown
    assert "[[text in such brackets]] repeats the chunk before" in shown
    assert re.search(r"\n\[\[\w[^\]]*\]\]", shown)


def test_a_chunk_file_that_is_not_utf_8_is_named_with_the_place() -> None:
    Path("chunks").mkdir()
    Path("chunks/good_chunks.json").write_bytes(b'{"chunks": [\n"caf\xe9"]}')
    result = qagen(*RULES)

    assert "good_chunks.json: it is not JSON: the byte 0xe9 on line 2 is no UTF-8" in result.stderr
    assert "surrogates" not in result.stderr


# Chunk files


def test_a_folder_of_chunks_that_is_not_there_is_missing_input() -> None:
    assert_refused(qagen(*RULES), 3, "chunks: there is no such folder", "qagen chunk", "--chunks-dir")
    assert not Path("qa").exists()


def test_a_folder_without_a_chunk_file_is_missing_input() -> None:
    put("chunks/readme.txt", "nothing")
    assert_refused(qagen(*RULES), 3, "there is no *_chunks.json file in it", "qagen chunk", "--chunks-dir")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{not json", "not JSON"),
        ("", "not JSON"),
        (b"\xff\xfe\x00", "not JSON"),
        ({"something": "else"}, 'no list named "chunks"'),
        ({"chunks": [{"words": "x"}]}, "chunk 0 has no text"),
        (chunks(TEXT, status="in_progress"), "unfinished"),
        ({"format": "qagen/chunks@9", "chunks": []}, "newer qagen"),
        ({"format": "qagen/qa@1", "status": "completed", "training_pairs": []}, "not a qagen/chunks file"),
        ("7", ""),
        ("null", ""),
    ],
)
def test_a_chunk_file_that_cannot_be_used_is_named_with_the_reason(content: Any, why: str) -> None:
    put("chunks/bad_chunks.json", content)
    assert_refused(qagen(*RULES), 3, "bad_chunks.json", why)
    assert not Path("qa").exists()


@pytest.mark.parametrize("content", ["{not json", {"something": "else"}, chunks(TEXT, status="in_progress")])
def test_where_no_chunk_file_can_be_used_the_next_step_is_named(content: Any) -> None:
    put("chunks/bad_chunks.json", content)
    assert re.search(r"qagen chunk|chunk the document again|--chunks-dir", qagen(*RULES).stderr)


@pytest.mark.parametrize("content", ["{not json", {"something": "else"}, chunks(TEXT, status="in_progress")])
def test_good_chunk_files_are_done_beside_bad_ones(content: Any) -> None:
    put("chunks/a_bad_chunks.json", content)
    put("chunks/good_chunks.json", chunks(TEXT))
    result = qagen(*RULES)
    assert result.exit_code == 1
    assert "left out: a_bad_chunks.json: " in result.stderr
    assert read("qa/good_qa.json")["status"] == "completed"
    assert not Path("qa/a_bad_qa.json").exists()


def test_a_document_without_chunks_is_completed_with_the_reason() -> None:
    put("chunks/none_chunks.json", chunks())
    assert qagen(*RULES).exit_code == 0
    saved = read("qa/none_qa.json")
    assert (saved["status"], saved["training_pairs"]) == ("completed", [])
    assert saved["summary"]["reason"] == "the document has no chunks"


def test_a_document_of_blank_chunks_is_completed_without_asking(server: LLMServer) -> None:
    put("chunks/blank_chunks.json", chunks(" \n", "\t"))
    assert qagen(*LOCAL, "--ollama-base-url", server.url).exit_code == 0
    saved = read("qa/blank_qa.json")
    assert (saved["status"], saved["completed_chunks"], saved["training_pairs"]) == ("completed", [0, 1], [])
    assert saved["summary"]["reason"] == "no chunk has anything to ask about"
    assert server.ledger() == []


# Where results go


def test_a_folder_of_results_that_is_a_file_is_refused_before_anything_is_spent(server: LLMServer) -> None:
    put("chunks/good_chunks.json", chunks(TEXT))
    put("qa", "in the way")
    result = qagen(*LOCAL, "--ollama-base-url", server.url)
    assert_refused(result, 2, "qa: no file can be written there", "Name another directory")
    assert server.ledger() == []
    assert Path("qa").read_text() == "in the way"


def test_a_summary_that_cannot_be_written_is_refused_before_anything_is_spent(server: LLMServer) -> None:
    put("chunks/good_chunks.json", chunks(TEXT))
    put("blocked", "a file, and no folder")
    result = qagen(*LOCAL, "--ollama-base-url", server.url, "--summary-json", "blocked/summary.json")
    assert_refused(result, 2, "blocked")
    assert server.ledger() == []


def test_a_result_that_is_damaged_is_never_overwritten() -> None:
    put("chunks/a_chunks.json", chunks(TEXT))
    put("chunks/b_chunks.json", chunks(TEXT))
    put("qa/a_qa.json", '{"status": "compl')
    result = qagen(*RULES)
    assert result.exit_code == 1
    assert "a_qa.json: it is not JSON" in result.stderr
    assert Path("qa/a_qa.json").read_text() == '{"status": "compl'
    assert read("qa/b_qa.json")["status"] == "completed"


# Who is asked


def test_without_a_provider_the_choice_is_named() -> None:
    put("chunks/good_chunks.json", chunks(TEXT))
    assert_refused(qagen("generate-qa"), 2, "no provider is set", "--provider rules")


def test_an_unknown_provider_is_refused_with_the_nearest_one() -> None:
    put("chunks/good_chunks.json", chunks(TEXT))
    assert_refused(qagen("generate-qa", "--provider", "locl"), 2, "--provider: ", "did you mean local?")


def test_a_missing_key_is_refused_with_its_variable() -> None:
    put("chunks/good_chunks.json", chunks(TEXT))
    assert_refused(qagen("generate-qa", "--provider", "openai"), 2, "OPENAI_API_KEY", "--provider rules")


def test_a_missing_model_is_refused_with_its_flag() -> None:
    put("chunks/good_chunks.json", chunks(TEXT))
    assert_refused(qagen("generate-qa", "--provider", "local"), 2, "--model")


@pytest.mark.parametrize("key", ["sk-\u201csecret\u201d", "sk-se\ncret"])
def test_a_key_that_no_header_can_carry_is_traced_to_its_variable(
    server: LLMServer, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    put("chunks/good_chunks.json", chunks(TEXT))
    monkeypatch.setenv("OPENAI_API_KEY", key)
    result = qagen("generate-qa", "--provider", "openai", "--base-url", server.openai_url)
    assert result.exit_code in {2, 4}
    assert "OPENAI_API_KEY" in result.stderr
    assert "secret" not in result.output
    assert server.ledger() == []


def test_white_space_around_a_key_does_no_harm(server: LLMServer, monkeypatch: pytest.MonkeyPatch) -> None:
    put("chunks/good_chunks.json", chunks(TEXT))
    server.configure(api_key="sk-secret")
    monkeypatch.setenv("OPENAI_API_KEY", " sk-secret\n")
    assert qagen("generate-qa", "--provider", "openai", "--base-url", server.openai_url).exit_code == 0


def test_a_wrong_key_stops_the_run_with_its_chunks_pending(server: LLMServer, monkeypatch: pytest.MonkeyPatch) -> None:
    put("chunks/good_chunks.json", chunks(TEXT, TEXT + " Really."))
    server.configure(api_key="sk-right")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-wrong-one")
    result = qagen("generate-qa", "--provider", "openai", "--base-url", server.openai_url, "--max-concurrent", "1")
    assert_refused(result, 4, "Check the key in OPENAI_API_KEY", "2 chunks pending")
    assert "sk-wrong-one" not in result.output
    assert len(server.ledger()) == 1


@pytest.mark.parametrize("provider", ["local", "compatible"])
def test_an_unknown_model_is_a_mistake_of_the_command(server: LLMServer, provider: str) -> None:
    put("chunks/good_chunks.json", chunks(TEXT))
    server.configure(models=["another"])
    arguments = ["generate-qa", "--provider", provider, "--model", "gemma4", "--base-url", server.url]
    hint = "ollama pull gemma4" if provider == "local" else "Check the name"
    assert_refused(qagen(*arguments), 2, "There is no model 'gemma4'", hint)


def test_a_model_that_goes_away_during_the_run_is_no_mistake_of_the_command(server: LLMServer) -> None:
    put("chunks/good_chunks.json", chunks(TEXT, TEXT + " Really."))
    server.configure(faults=[{"fault": "model_gone", "when": {"nth": [2]}}])
    result = qagen(*LOCAL, "--ollama-base-url", server.url, "--max-concurrent", "1")
    assert_refused(result, 4, "1 chunk pending")
    assert read("qa/good_qa.json")["completed_chunks"] == [0]


def test_a_server_that_is_down_leaves_the_chunks_pending(dead_port: int) -> None:
    put("chunks/good_chunks.json", chunks(TEXT, TEXT + " Really."))
    result = qagen(*LOCAL, "--ollama-base-url", f"http://127.0.0.1:{dead_port}")
    assert_refused(result, 4, "Is Ollama running?", "ollama serve", "2 chunks pending", "next: ")
    assert "chunks 2 = 0 completed" in result.stderr
    saved = read("qa/good_qa.json") if Path("qa/good_qa.json").exists() else {"failed_chunks": []}
    assert saved["failed_chunks"] == []


# Terminals


@pytest.mark.parametrize("arguments", [("status",), ("status", "--json"), ("chunk", "docs", "--preview"), ("--help",)])
def test_a_terminal_that_knows_only_ascii_is_no_bug(arguments: tuple[str, ...]) -> None:
    Path("docs").mkdir()
    Path("docs/\u6f22.txt").write_text("The valve \u6f22 opens at 12 bar.", encoding="utf-8")
    write_chunks(Path("chunks"), "\u6f22", ["The valve opens at 12 bar."])
    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    result = subprocess.run(command(*arguments), env={**os.environ, **ascii_only}, capture_output=True, timeout=60)
    assert result.returncode == 0, result.stderr
    assert result.stdout.isascii()
    if "--json" in arguments:
        assert json.loads(result.stdout)["documents"][0]["chunks"] == 1


def test_a_flag_of_the_wrong_kind_is_refused_in_our_words_and_shown() -> None:
    assert "it must be a whole number (it is 'many')" in qagen("generate-qa", "--limit", "many").stderr


# Settings


@pytest.mark.parametrize("count", ["0", "-1", "101"])
def test_a_number_of_questions_that_cannot_be_is_refused(count: str) -> None:
    put("chunks/good_chunks.json", chunks(TEXT))
    result = qagen(*RULES, "--questions-per-chunk", count)
    assert_refused(result, 2, "--questions-per-chunk: ", f"(it is {count})")
    assert not Path("qa").exists()


@pytest.mark.parametrize("command", ["chunk", "generate-qa", "combine", "status"])
def test_an_unknown_setting_stops_every_command(command: str) -> None:
    put("config.env", "GENERATOR_PROCES_DIR=chunks\n")
    assert_refused(qagen(command), 2, "GENERATOR_PROCES_DIR in config.env", "Did you mean GENERATOR_PROCESS_DIR?")


def test_a_template_that_is_not_there_is_refused() -> None:
    put("chunks/good_chunks.json", chunks(TEXT))
    assert_refused(qagen(*RULES, "--prompt-template-file", "no.txt"), 2, "--prompt-template-file: no.txt")


@pytest.mark.parametrize(
    ("template", "says"),
    [("$passage $pasage", "no placeholder $pasage"), ("Ask.", "no $passage"), ("$passage for $5", "write $$")],
)
def test_a_template_that_cannot_be_is_refused_with_the_placeholders(template: str, says: str) -> None:
    put("chunks/good_chunks.json", chunks(TEXT))
    put("t.txt", template)
    assert_refused(qagen(*RULES, "--prompt-template-file", "t.txt"), 2, says, "Known placeholders: $document, $title")


# Combining


def test_combining_without_a_folder_or_a_file_is_missing_input() -> None:
    assert_refused(qagen("combine"), 3, "qa: there is no such folder", "--qa-dir")
    Path("qa").mkdir()
    assert_refused(qagen("combine"), 3, "there is no *_qa.json file in it", "qagen generate-qa")
    assert not Path("training_data.json").exists()


def test_combining_names_each_file_that_it_leaves_out_and_why() -> None:
    put("chunks/good_chunks.json", chunks(TEXT))
    assert qagen(*RULES).exit_code == 0
    unfinished = read("qa/good_qa.json")
    unfinished |= {"status": "interrupted", "completed_chunks": [], "chunks": {}, "training_pairs": []}
    unfinished["summary"] |= {"total_chunks": 4, "completed_chunks": 1}
    put("qa/unfinished_qa.json", unfinished)
    result = qagen("combine")
    assert result.exit_code == 0
    assert "left out: unfinished_qa.json: interrupted: 1 of 4 chunks" in result.stderr
    put("qa/broken_qa.json", '{"status":')
    put("qa/other_qa.json", {"a": 1})
    result = qagen("combine")
    assert result.exit_code == 1
    assert "invalid: broken_qa.json: it is not JSON" in result.stderr
    assert "invalid: other_qa.json: it is no valid QA file" in result.stderr
    data = read("training_data.json")
    assert [document["source_file"] for document in data["documents"]] == ["good_qa.json"]
    assert {one["file"] for one in data["metadata"]["left_out"]} == {
        "unfinished_qa.json",
        "broken_qa.json",
        "other_qa.json",
    }


def test_combining_nothing_but_unfinished_files_says_how_to_go_on() -> None:
    put("qa/a_qa.json", {"status": "in_progress", "training_pairs": []})
    result = qagen("combine")
    assert_refused(result, 3, "a_qa.json: in_progress", "qagen generate-qa", "--include-unfinished")
    assert not Path("training_data.json").exists()


def test_combining_nothing_but_invalid_files_says_which() -> None:
    put("qa/a_qa.json", "{")
    assert_refused(qagen("combine"), 3, "a_qa.json: it is not JSON")


def test_a_dataset_where_a_folder_stands_is_refused() -> None:
    put("chunks/good_chunks.json", chunks(TEXT))
    assert qagen(*RULES).exit_code == 0
    Path("data.json").mkdir()
    result = qagen("combine", "--output-file", "data.json")
    assert result.exit_code in {2, 5}
    assert result.stderr.startswith("error: data.json: ")


def test_the_status_of_nothing_says_where_to_begin() -> None:
    assert_refused(qagen("status"), 3, "qagen chunk", "--chunks-dir")


def test_the_status_names_a_file_that_cannot_be_read_beside_the_others() -> None:
    put("chunks/bad_chunks.json", "{")
    put("chunks/good_chunks.json", chunks(TEXT))
    result = qagen("status")
    assert result.exit_code == 0
    assert "unreadable" in result.stdout
    assert "bad_chunks.json: it is not JSON" in result.stderr
    assert "not begun" in result.stdout
