"""`qagen errors`: what failed, by type, document and model, with what helps; whatever stands in the files."""

from __future__ import annotations

import hashlib
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from qagen import diagnosis
from qagen.checks import RULES
from qagen.cli import app
from qagen.diagnosis import HINTS
from tests.builders import qa_value, write_json
from tests.flow import local, passages, write_chunks
from tests.llm_server import LLMServer, marker

STEERS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""What could steer a terminal."""
HOSTILE = "\x1b[2J\x1b]0;owned\x07 \x9b31m \u202egpj.exe [red]x[/red] [/] [link=http://a.example]b[/link] :bomb: \\"
"""Escapes, marks of direction, rich markup."""


def errors(*arguments: str, code: int = 0) -> Result:
    result = CliRunner().invoke(app, ["errors", *arguments])
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    return result


def failed(kind: str, message: str, reply: str = "", model: str = "m") -> dict[str, Any]:
    """A chunk's record."""
    record = {"chunk_key": "k", "status": "failed", "error": {"type": kind, "message": message}, "model": model}
    return {**record, "raw_replies": [{"text": reply}]} if reply else record


def put(name: str, *records: dict[str, Any], **fields: Any) -> Path:
    """The QA file of a document with a completed chunk and these others."""
    value = qa_value(name, ["What opens?"], **fields)
    value["chunks"] |= {str(at): record for at, record in enumerate(records, 1)}
    value["failed_chunks"] = list(range(1, len(records) + 1))
    value["summary"] |= {"total_chunks": 1 + len(records), "failed_chunks": len(records)}
    return write_json(Path("qa") / f"{name}_qa.json", value)


def log(*lines: Any, path: str = "qa/errors.jsonl") -> None:
    """Lines of the error log: values, or bytes as they are."""
    with Path(path).open("ab") as file:
        for line in lines:
            file.write((line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n")


def paragraph(text: str, kind: str) -> str:
    """What is shown of one type."""
    (found,) = [part for part in text.split("\n\n") if part.startswith(f"{kind}: ")]
    return found


# What is counted


def test_chunks_are_counted_as_status_counts_them_where_the_chunk_files_are_there() -> None:
    texts = passages(9)
    write_chunks(Path("chunks"), "a", texts[:4])
    write_chunks(Path("chunks"), "not-begun", texts[4:])
    keys = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
    of_today = {**failed("refused", "it declined"), "chunk_key": keys[0]}
    put("a", of_today, {**failed("refused", "it declined"), "chunk_key": "of a text that is gone"})
    put("without-chunk-file", failed("invalid_output", "no JSON"))

    found = json.loads(errors("--json").stdout)
    rows = json.loads(CliRunner().invoke(app, ["status", "--json"]).stdout)["documents"]

    assert (found["failed"], found["chunks"]) == (2, 4 + 5 + 2)
    assert found["failed"] == sum(row["failed"] for row in rows)
    assert found["chunks"] == sum(row["chunks"] for row in rows)
    assert errors("--document", "a").stdout.startswith("1 chunk of 4 failed\n")


def test_failures_are_counted_by_type_document_and_model_the_most_frequent_first() -> None:
    put("a", failed("refused", "it declined"), failed("invalid_output", "no JSON"), failed("invalid_output", "no JSON"))
    put("b", failed("invalid_output", "no JSON", model="other"))
    shown = errors().stdout
    assert shown.startswith("4 chunks of 6 failed\n")
    assert re.findall(r"^(\w+): \d+$", shown, re.MULTILINE) == ["invalid_output", "refused"]
    found = paragraph(shown, "invalid_output")
    assert found.startswith("invalid_output: 3\n  documents: a 2, b 1; model: m, other\n")
    assert "a, chunk 2: no JSON" in found


def test_one_failure_is_told_in_the_singular() -> None:
    put("a", failed("refused", "it declined"))
    assert errors().stdout.startswith("1 chunk of 2 failed\n")


def test_a_chunk_whose_record_names_no_model_counts_for_that_of_the_file() -> None:
    put("a", failed("context_length", "too long", model=""), qa_generation_info={"model": "llama9:70b"})
    assert "model: llama9:70b" in errors().stdout


def test_only_so_many_documents_are_named_and_the_rest_counted() -> None:
    for number in range(8):
        put(f"d{number}", failed("refused", "no"))
    assert "and 3 more" in paragraph(errors().stdout, "refused")


@pytest.mark.parametrize(("given", "shown"), [((), 3), (("--examples", "1"), 1), (("--examples", "0"), 0)])
def test_there_are_as_many_examples_as_wanted(given: tuple[str, ...], shown: int) -> None:
    put("a", *(failed("refused", f"no, number {number}", f"reply {number}") for number in range(5)))
    text = errors(*given).stdout
    assert text.count("a, chunk ") == text.count("    reply: ") == shown


def test_an_example_shows_the_last_reply_on_one_line_and_not_all_of_it() -> None:
    record = failed("invalid_output", "no JSON")
    record["raw_replies"] = [{"text": "the first"}, {"text": "a\n\n\tlong  one " + "x" * 5000}]
    put("a", record)
    (line,) = [line for line in errors().stdout.splitlines() if line.startswith("    reply: ")]
    assert line.startswith("    reply: a long one xxx")
    assert len(line) < 330
    assert "the first" not in line


def test_messages_that_differ_in_numbers_and_names_alone_are_one() -> None:
    put(
        "a",
        *(failed("bad_request", f"HTTP 400: {n},{n}00 tokens, id 0af3{n}bcdef99: 'x{n}' is odd") for n in range(1, 7)),
        failed("bad_request", "something else"),
    )
    merged = errors("--examples", "0").stdout.partition("Most frequent messages")[2].splitlines()[1:]
    assert [line.split()[-1] for line in merged if line.strip()] == ["6", "1"]


@pytest.mark.parametrize("kind", HINTS)
def test_each_known_type_is_followed_by_what_helps(kind: str) -> None:
    put("a", failed(kind, "it failed"))
    assert HINTS[kind] in errors().stdout


def test_an_unknown_passing_fault_is_worth_another_run_and_an_unknown_type_has_no_advice() -> None:
    put("a", failed("transient:odd", "it failed"), failed("odd", "it failed"))
    shown = errors("--examples", "0").stdout
    assert "Passing trouble: run the same command again." in paragraph(shown, "transient:odd")
    assert len(paragraph(shown, "odd").splitlines()) == 2


def test_rejected_pairs_are_counted_by_check_with_its_meaning_and_an_example() -> None:
    rejected = {"question": "Why?", "answer": "Nobody\nknows.", "checks": ["EV_NOT_FOUND"]}
    path = put("a", rejected_pairs=[rejected])
    value = json.loads(path.read_text())
    value["chunks"]["0"]["rejected"] = {"EV_NOT_FOUND": 2}
    write_json(path, value)
    shown = errors().stdout
    assert f"EV_NOT_FOUND 2: {RULES['EV_NOT_FOUND'].message}" in shown
    assert "a: Why? -> Nobody knows." in shown


def test_the_log_tells_what_was_recovered_from_too() -> None:
    put("a")
    log({"outcome": "try_failed", "type": "5xx", "document": "a"}, {"outcome": "try_failed", "type": "reset"})
    log({"outcome": "reply_unusable", "type": "invalid_output"}, {"outcome": "bug", "type": "KeyError"})
    log({"outcome": "try_failed", "type": "5xx"}, path="qa/errors.jsonl.1")
    shown = errors().stdout
    assert "requests without a reply: 2 5xx, 1 reset" in shown
    assert "replies of no use, asked again: 1 invalid_output" in shown
    assert "bug: 1 KeyError" in shown


def test_rate_limits_in_a_row_stand_in_one_line_and_are_counted_each() -> None:
    put("a")
    log({"outcome": "try_failed", "type": "rate_limited", "attempt": 2, "times": 3})
    log({"outcome": "try_failed", "type": "rate_limited", "attempt": 1})
    log({"outcome": "try_failed", "type": "5xx", "times": "many"})
    assert "requests without a reply: 4 rate_limited, 1 5xx" in errors().stdout


def test_another_log_can_be_named() -> None:
    put("a")
    log({"outcome": "run_stopped", "type": "stop"}, path="elsewhere.jsonl")
    assert "runs that were stopped: 1 stop" in errors("--error-file", "elsewhere.jsonl").stdout


def test_a_real_run_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = passages(4)
    write_chunks(Path("chunks"), "a", texts)
    faults = [
        {"fault": "context_length", "when": {"marker": [marker(texts[0])]}},
        {"fault": "not_json_text", "when": {"marker": [marker(texts[1])]}},
    ]
    with LLMServer(faults=faults) as server:
        ended = CliRunner().invoke(app, [str(one) for one in local(server, "--max-concurrent", "1")])
    assert ended.exit_code == 1
    assert "`qagen errors` shows more" in ended.stdout
    shown = errors().stdout
    assert shown.startswith("2 chunks of 4 failed")
    assert "qwen3:14b" in paragraph(shown, "context_length")
    assert "reply: " in paragraph(shown, "invalid_output")
    assert "replies of no use, asked again: 2 invalid_output" in shown
    assert "chunks that failed at some time: 1 context_length, 1 invalid_output" in shown


# What narrows it down


@pytest.fixture
def two_documents() -> None:
    put("a", failed("refused", "it declined"))
    put("b", failed("refused", "it declined"), failed("invalid_output", "no JSON"))
    for document in ("a", "b"):
        log({"outcome": "chunk_failed", "type": "refused", "document": document})
    log({"outcome": "chunk_failed", "type": "invalid_output", "document": "b"})


def test_one_type_alone_can_be_shown(two_documents: None) -> None:
    shown = errors("--type", "refused").stdout
    assert "invalid_output" not in shown
    assert paragraph(shown, "refused").startswith("refused: 2\n")
    assert "chunks that failed at some time: 2 refused" in shown


def test_one_document_alone_can_be_shown(two_documents: None) -> None:
    shown = errors("--document", "a").stdout
    assert shown.startswith("1 chunk of 2 failed")
    assert "invalid_output" not in shown
    assert "chunks that failed at some time: 1 refused" in shown


def test_a_document_may_be_named_by_its_file(two_documents: None) -> None:
    assert errors("--document", "a_qa.json").stdout == errors("--document", "a").stdout


@pytest.mark.parametrize("mistyped", [("--document", "pmup"), ("--type", "invaild_output")])
def test_a_name_that_nothing_has_is_not_told_as_success(mistyped: tuple[str, str], two_documents: None) -> None:
    result = CliRunner().invoke(app, ["errors", *mistyped])
    assert "no chunk has failed" not in result.output
    assert mistyped[1] in result.output


# For machines


def as_json(*arguments: str) -> Any:
    return json.loads(errors("--json", *arguments).stdout)


def test_as_json_it_is_whole_where_nothing_failed() -> None:
    put("a")
    found = as_json()
    assert (found["chunks"], found["failed"], found["types"], found["messages"]) == (1, 0, [], [])
    assert found["unreadable"] == []


def test_as_json_it_says_the_same(two_documents: None) -> None:
    found = as_json()
    assert (found["chunks"], found["failed"]) == (5, 3)
    refused, invalid = found["types"]
    assert refused["type"] == "refused"
    assert refused["documents"] == {"a": 1, "b": 1}
    assert refused["models"] == {"m": 2}
    assert refused["hint"] == HINTS["refused"]
    assert refused["examples"][0] == {"document": "a", "chunk_index": "1", "message": "it declined", "reply": ""}
    assert invalid["chunks"] == 1
    assert found["messages"] == [{"message": "it declined", "times": 2}, {"message": "no JSON", "times": 1}]
    assert found["history"] == {"chunk_failed": {"refused": 2, "invalid_output": 1}}


@pytest.mark.parametrize("place", ["message", "reply"])
def test_as_json_what_is_hostile_is_harmless_and_can_be_read_back(place: str) -> None:
    message, reply = (HOSTILE, "r") if place == "message" else ("m", HOSTILE)
    put("a", failed("odd", message, reply))
    raw = errors("--json").stdout
    assert not STEERS.search(raw)
    assert json.loads(raw)["types"][0]["examples"][0][place]


# What is missing or damaged


@pytest.mark.parametrize("makes_folder", [True, False])
def test_without_results_the_next_step_is_named(makes_folder: bool) -> None:
    if makes_folder:
        Path("qa").mkdir()
    missing = errors(code=3)
    assert re.search("qagen generate-qa|--qa-dir", missing.stderr)
    assert missing.stdout == ""


def test_where_nothing_failed_that_is_said() -> None:
    put("a")
    assert errors().stdout == "no chunk has failed\n"


def test_a_damaged_file_is_named_and_the_others_are_shown() -> None:
    put("a", failed("refused", "it declined"))
    for name, content in {"cut": "{", "newer": '{"format": "qagen/qa@2"}', "other": "[]"}.items():
        Path(f"qa/{name}_qa.json").write_text(content)
    found = errors()
    assert found.stdout.startswith("1 chunk of 2 failed")
    for name in ("cut", "newer", "other"):
        assert f"note: {name}_qa.json: " in found.stderr


def test_an_older_tools_failed_chunks_are_counted() -> None:
    old = {"status": "completed", "completed_chunks": [0], "failed_chunks": [1, 2], "training_pairs": []}
    write_json(Path("qa/a_qa.json"), {**old, "processing_info": {"total_chunks": 3}})
    assert errors().stdout.startswith("2 chunks of 3 failed")


def test_lines_of_the_log_that_are_none_are_passed_over() -> None:
    put("a")
    log(b"", b"{", b"null", b"[1]", b"7", b"\xff\xfe", b"[" * 100_000, b'{"outcome": "try_fa', b"\x00")
    log({"outcome": ["x"], "type": {"y": 1}}, {"document": None}, {"outcome": "try_failed", "type": "5xx"})
    shown = errors().stdout
    assert "requests without a reply: 1 5xx" in shown
    assert "other: 1 unknown" in shown


def test_a_log_that_is_a_folder_is_none() -> None:
    put("a")
    Path("qa/errors.jsonl").mkdir()
    assert errors().stdout == "no chunk has failed\n"


def test_a_log_that_is_a_pipe_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody's tail may be at its other end."""
    put("a")
    os.mkfifo("qa/errors.jsonl")
    opened: list[Path] = []
    read_bytes = Path.read_bytes

    def read(path: Path) -> bytes:
        if path.is_fifo():
            opened.append(path)
            raise OSError
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", read)
    errors()
    assert opened == []


# What is hostile


@pytest.mark.parametrize("place", ["type", "message", "reply", "model", "check", "outcome", "log type"])
def test_nothing_that_a_file_says_steers_the_terminal_or_is_taken_for_markup(place: str) -> None:
    words = {
        name: HOSTILE if name == place else name.replace(" ", "_") for name in ("type", "message", "reply", "model")
    }
    path = put("a", failed(words["type"], words["message"], words["reply"], words["model"]))
    value = json.loads(path.read_text())
    code = HOSTILE if place == "check" else "EV_NOT_FOUND"
    value["chunks"]["0"]["rejected"] = {code: 1}
    write_json(path, value)
    log({"outcome": HOSTILE if place == "outcome" else "x", "type": HOSTILE if place == "log type" else "y"})
    found = errors()
    assert not STEERS.search(found.output)
    assert "[red]x[/red] [/]" in found.stdout


def test_nor_does_the_name_of_a_file() -> None:
    name = "\x1b[2J[red]x[bold] \u202e"
    put("a", failed("refused", "no")).rename(f"qa/{name}_qa.json")
    Path(f"qa/{name}-2_qa.json").write_text("{")
    found = errors()
    assert not STEERS.search(found.output)
    assert "[red]x[bold]" in found.stdout
    assert "[red]x[bold]" in found.stderr


@settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(text=st.text(st.sampled_from("[]/\\ab :=#@red\n\x1b\x9b\u202e"), max_size=12))
def test_no_text_makes_it_fail(text: str) -> None:
    path = put("a", failed(text, text, text or "x", text))
    value = json.loads(path.read_text())
    value["chunks"]["0"]["rejected"] = {text: 1}
    write_json(path, value)
    assert not STEERS.search(errors().output)


def test_a_key_that_a_file_holds_is_not_shown() -> None:
    key = "sk-abcdefghijklmnop1234"
    put("a", failed("auth", f"Incorrect API key provided: {key}", f"You sent {key}"))
    log({"outcome": "try_failed", "type": key})
    assert key not in errors().output


def test_the_diagnosis_is_the_same_in_whatever_order_the_files_were_written() -> None:
    found = []
    for order in ("abc", "cba"):
        for name in order:
            put(name, failed("refused", f"no, said {name}"))
        found.append(diagnosis.diagnose(Path("qa"), Path("none")))
        for path in Path("qa").iterdir():
            path.unlink()
    assert found[0] == found[1]


# Where the log is written


@pytest.mark.parametrize("file", ["chunks/a_chunks.json", "qa/a_qa.json", "notes.md"])
def test_the_error_log_is_not_appended_to_a_file_of_another_kind(file: str) -> None:
    """One mistyped option would make a chunk file, or the results, unreadable."""
    write_chunks(Path("chunks"), "a", passages(2))
    Path("notes.md").write_text("# My notes\n")
    generate = ["generate-qa", "--provider", "rules"]
    assert CliRunner().invoke(app, [*generate, "--limit", "1"]).exit_code == 0
    assert CliRunner().invoke(app, [*generate, "--error-file", file]).exit_code == 2
