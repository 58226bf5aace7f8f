"""The same command again: what is kept, what is asked, what is refused, through the real command line."""

from __future__ import annotations

import json
import random
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from qagen.cli import app
from qagen.llm.limits import backoff
from qagen.pump import run
from tests.flow import asked, check_from_outside, command, hear, local, passages, read, write_chunks
from tests.llm_server import LLMServer, answers, marker
from tests.outside import check_account, check_agreement, check_file, core_keys, is_sealed

FIXTURES = Path(__file__).parent / "formats" / "fixtures"
QA = Path("qa/a_qa.json")
BACKUP = Path("qa/a_qa.json.bak")
TEXTS = passages(4)
BROKEN = "The pairs are: none that anybody could read."


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "_BASE_S", 0.001)


@pytest.fixture(scope="module")
def process() -> Iterator[LLMServer]:
    with LLMServer() as server:
        yield server


@pytest.fixture
def server(process: LLMServer) -> LLMServer:
    """A server that remembers nothing, and one document of four chunks."""
    process.reset()
    write_chunks(Path("chunks"), "a", TEXTS)
    return process


def generate(server: LLMServer, *more: str | Path, code: int = 0) -> Result:
    """One run, one request at a time, in this process; it must end with that code."""
    return invoke(*local(server, "--max-concurrent", "1", *more), code=code)


def invoke(*arguments: str | Path, code: int = 0) -> Result:
    result = CliRunner().invoke(app, [str(one) for one in arguments])
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    return result


def requests(server: LLMServer) -> list[str]:
    """Markers of the passages that were asked about, in order."""
    return [entry.marker for entry in server.ledger() if entry.marker]


def marks(texts: list[str]) -> list[str]:
    return [marker(text) for text in texts]


def reply_about(text: str, count: int = 2) -> str:
    """A reply that every parser can read."""
    return answers.as_text(answers.content(text, count))


def put_qa(value: Any) -> bytes:
    """Write the QA file by hand; gives its bytes."""
    QA.parent.mkdir(exist_ok=True)
    QA.write_text(json.dumps(value), encoding="utf-8")
    return QA.read_bytes()


def stamp(path: Path) -> tuple[bytes, int, int]:
    """What changes when somebody writes the file, even the same bytes."""
    status = path.stat()
    return path.read_bytes(), status.st_mtime_ns, status.st_ino


# Parameters


def first(server: LLMServer, *more: str | Path) -> None:
    """A first run that leaves three chunks to ask."""
    generate(server, "--limit", "1", *more)


REFUSED: dict[str, tuple[list[str], str]] = {
    "model": (["--model", "llama9:70b"], "model: qwen3:14b -> llama9:70b"),
    "questions": (["--questions-per-chunk", "3"], "questions_per_chunk: 5 -> 3"),
    "temperature": (["--temperature", "0.3"], "temperature: none -> 0.3"),
    "top-p": (["--top-p", "0.9"], "top_p: none -> 0.9"),
    "seed": (["--seed", "7"], "seed: none -> 7"),
    "max-tokens": (["--max-tokens", "900"], "max_tokens: 2000 -> 900"),
    "reasoning-effort": (["--reasoning-effort", "high"], "reasoning_effort: none -> high"),
    "model-option": (["--model-option", "top_k=40"], "model_options: {} -> {'top_k': 40}"),
    "system-message": (["--system-message", "Be brief."], "system_message: none -> Be brief."),
    "extra-instructions": (["--extra-instructions", "In German."], "extra_instructions: none -> In German."),
    "template": (["--prompt-template-file", "template.txt"], "prompt: "),
    "host": (["--ollama-base-url", "http://localhost:{port}"], "host: 127.0.0.1 -> localhost"),
    "provider": (["--provider", "compatible", "--base-url", "{url}/v1"], "provider: local -> compatible"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_changed_parameter_is_refused_by_its_name_before_anything_is_asked(name: str, server: LLMServer) -> None:
    Path("template.txt").write_text("$passage\nAsk up to $question_count questions.")
    first(server)
    before = stamp(QA)
    changes, difference = REFUSED[name]
    given = [one.format(port=server.port, url=server.url) for one in changes]
    arguments = [str(one) for one in local(server)]
    if name == "provider":
        arguments = ["generate-qa", "--model", "qwen3:14b"]
    refused = invoke(*arguments, *given, code=2)
    assert f"\n  {difference}" in refused.stderr
    for way in ("same parameters", "--accept-changes", "--no-resume"):
        assert way in refused.stderr
    assert len(requests(server)) == 1
    assert stamp(QA) == before
    assert not Path("qa/archive").exists()


def test_all_differences_of_all_documents_are_named_once(server: LLMServer) -> None:
    write_chunks(Path("chunks"), "b", passages(3, "valve"))
    generate(server, "--limit", "6")
    refused = generate(server, "--seed", "7", "--temperature", "0.3", code=2)
    assert refused.stderr.count("temperature: none -> 0.3") == refused.stderr.count("seed: none -> 7") == 1


ACCEPTED = {
    "max-concurrent": ["--max-concurrent", "3"],
    "batch-size": ["--batch-size", "1"],
    "requests-per-minute": ["--requests-per-minute", "60000"],
    "tokens-per-minute": ["--tokens-per-minute", "90000000"],
    "max-wait": ["--max-wait", "60"],
    "max-response-mb": ["--max-response-mb", "2"],
    "drain-timeout": ["--drain-timeout", "1"],
    "log-format": ["--log-format", "json"],
    "limit": ["--limit", "4"],
    "error-file": ["--error-file", "elsewhere/e.jsonl"],
    "summary-json": ["--summary-json", "s.json"],
    "verbose": ["--verbose"],
    "context window": ["--model-option", "num_ctx=16384"],
    "prices": ["--prices", "prices.toml"],
    "spelling of the address": ["--base-url", "127.0.0.1:{port}"],
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_what_does_not_change_the_answers_may_change_between_runs(name: str, server: LLMServer) -> None:
    Path("prices.toml").write_text('[local]\n"qwen3:14b" = { input = 1.0, output = 2.0 }\n')
    first(server)
    generate(server, *(one.format(port=server.port) for one in ACCEPTED[name]))
    assert sorted(requests(server)) == sorted(marks(TEXTS))
    assert check_file(QA)["status"] == "completed"


def test_a_document_that_is_done_does_not_mind_other_parameters(server: LLMServer) -> None:
    generate(server)
    before = stamp(QA)
    again = generate(server, "--temperature", "0.9")
    assert "done with other parameters (temperature: none -> 0.9)" in " ".join(again.stderr.split())
    assert stamp(QA) == before
    assert len(requests(server)) == 4


def test_what_no_model_has_seen_does_not_pass_for_a_models(server: LLMServer) -> None:
    """Whoever tried the pipeline by rules and then pays for a model must not get the rules' pairs in silence."""
    invoke("generate-qa", "--provider", "rules")
    made = stamp(QA)
    refused = generate(server, code=2)
    assert "provider: rules -> local" in refused.stderr
    assert "--no-resume" in refused.stderr
    assert (stamp(QA), requests(server)) == (made, [])
    kept = generate(server, "--accept-changes")
    assert "nothing to ask" in kept.stderr
    generate(server, "--no-resume")
    assert len(requests(server)) == len(TEXTS)
    invoke("generate-qa", "--provider", "rules")  # the other way round nothing passes for more than it is


def test_a_new_document_is_not_asked_about_beside_documents_that_no_model_has_seen(server: LLMServer) -> None:
    invoke("generate-qa", "--provider", "rules")
    write_chunks(Path("chunks"), "new", passages(2, "new"))
    assert "provider: rules -> local" in generate(server, code=2).stderr
    assert requests(server) == []


@pytest.mark.parametrize("blank", [0, 1])
def test_what_brought_nothing_binds_nobody(blank: int, server: LLMServer, request: pytest.FixtureRequest) -> None:
    """A blank chunk is settled without asking: it was not made with any parameters either."""
    write_chunks(Path("chunks"), "a", [*(" \n" for _ in range(blank)), *TEXTS])
    server.configure(faults=[{"fault": "context_length"}])
    generate(server, "--temperature", "0.1", code=1)
    server.configure(faults=[])
    generate(server, "--temperature", "0.9")


def test_another_way_of_cutting_is_refused_because_it_costs_everything_again(server: LLMServer) -> None:
    chunks = read(Path("chunks/a_chunks.json"))
    processing = {"splitting_strategy": "recursive", "chunk_size": 200, "chunk_overlap": 0}
    Path("chunks/a_chunks.json").write_text(json.dumps({**chunks, "processing_info": processing}))
    generate(server)
    again = write_chunks(Path("chunks"), "a", passages(4, "other"))
    again.write_text(json.dumps({**read(again), "processing_info": {**processing, "chunk_size": 100}}))
    refused = generate(server, code=2)
    assert "chunk_size: 200 -> 100" in refused.stderr
    assert len(requests(server)) == 4
    generate(server, "--accept-changes")
    assert len(requests(server)) == 8


# --accept-changes


def decoded(qa: Any, index: int) -> Any:
    """With which parameters a chunk was made, as a reader of the file works it out."""
    info = qa["qa_generation_info"]
    made_with = qa["chunks"][str(index)].get("fingerprint") or info["fingerprint"]
    return info["parameters"] if made_with == info["fingerprint"] else info["earlier_parameters"][made_with]


def temperatures(qa: Any) -> list[float]:
    return [decoded(qa, int(index))["temperature"] for index in qa["chunks"]]


def test_accepted_changes_keep_what_is_done_and_ask_the_rest_anew(server: LLMServer) -> None:
    first(server, "--temperature", "0.1")
    before = read(QA)
    generate(server, "--temperature", "0.2", "--limit", "2", "--accept-changes")
    qa = check_file(QA)
    assert requests(server) == marks(TEXTS[:2])
    assert qa["training_pairs"][:3] == before["training_pairs"]
    assert [entry.body["options"]["temperature"] for entry in server.ledger()] == [0.1, 0.2]
    assert qa["chunks"]["0"]["fingerprint"] == before["qa_generation_info"]["fingerprint"]
    assert "fingerprint" not in qa["chunks"]["1"]
    assert qa["qa_generation_info"]["temperature"] == 0.2
    assert temperatures(qa) == [0.1, 0.2]


def test_the_new_parameters_need_no_flag_and_going_back_needs_it_again(server: LLMServer) -> None:
    first(server, "--temperature", "0.1")
    generate(server, "--temperature", "0.2", "--limit", "2", "--accept-changes")
    generate(server, "--temperature", "0.2", "--limit", "3")
    refused = generate(server, "--temperature", "0.1", code=2)
    assert "temperature: 0.2 -> 0.1" in refused.stderr
    generate(server, "--temperature", "0.1", "--accept-changes")
    qa = check_file(QA)
    assert temperatures(qa) == [0.1, 0.2, 0.2, 0.1]
    assert requests(server) == marks(TEXTS)


def test_three_generations_of_parameters_are_all_decoded(server: LLMServer) -> None:
    for number, temperature in enumerate(("0.1", "0.2", "0.3", "0.4"), 1):
        generate(server, "--temperature", temperature, "--limit", str(number), "--accept-changes")
    qa = check_file(QA)
    assert temperatures(qa) == [0.1, 0.2, 0.3, 0.4]
    assert len(qa["qa_generation_info"]["earlier_parameters"]) == 3


def test_a_write_without_a_result_leaves_every_record_its_parameters(server: LLMServer) -> None:
    first(server, "--temperature", "0.1")
    generate(server, "--temperature", "0.2", "--accept-changes")
    assert temperatures(check_file(QA)) == [0.1, 0.2, 0.2, 0.2]
    chunks = read(Path("chunks/a_chunks.json"))
    chunks["chunks"][3]["section"] = "A new heading"
    Path("chunks/a_chunks.json").write_text(json.dumps(chunks))
    generate(server, "--temperature", "0.1")
    assert len(requests(server)) == 4
    assert temperatures(check_file(QA)) == [0.1, 0.2, 0.2, 0.2]


def test_a_recovered_reply_is_recorded_with_the_parameters_that_it_was_bought_with(server: LLMServer) -> None:
    fail_with_replies(server, [reply_about(TEXTS[0])], "--temperature", "0.1")
    generate(server, "--temperature", "0.2", "--accept-changes", "--limit", "1")
    assert requests(server) == []
    assert temperatures(check_file(QA)) == [0.1]


def test_the_cost_of_all_runs_stays_known_when_the_model_changes(
    server: LLMServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-of-the-resume")
    monkeypatch.setenv("OPENAI_BASE_URL", server.openai_url)
    prices = {"gpt-6-luna": (0.1, 0.5), "gpt-6-sol": (2.0, 10.0), "gpt-6-astra": (10.0, 50.0)}
    spent = 0.0
    used = (0, 0)
    for limit, (model, (price_in, price_out)) in enumerate(prices.items(), 1):
        summary = ("--summary-json", "s.json", "--limit", str(limit))
        invoke("generate-qa", "--provider", "openai", "--model", model, "--accept-changes", *summary)
        qa = check_file(QA)
        now = (qa["summary"]["input_tokens"], qa["summary"]["output_tokens"])
        spent += ((now[0] - used[0]) * price_in + (now[1] - used[1]) * price_out) / 1_000_000
        used = now
        account = read(Path("s.json"))
        check_account(account)
        assert qa["summary"]["cost_usd"] == pytest.approx(spent, abs=2e-6)
        assert account["cost_usd_all_runs"] == pytest.approx(spent, abs=2e-6)
    assert account["cost_usd"] < spent


# Edited documents


def test_one_edited_chunk_of_a_hundred_is_one_request_and_its_old_pairs_are_in_the_archive(server: LLMServer) -> None:
    texts = passages(100)
    write_chunks(Path("chunks"), "a", texts)
    generate(server, "--max-concurrent", "16")
    before = check_file(QA)
    texts[41] = texts[41].replace("141 bar", "999 bar and a half")
    write_chunks(Path("chunks"), "a", texts)
    again = generate(server)
    assert requests(server)[100:] == [marker(texts[41])]
    assert "1 earlier chunk changed or went away" in again.stderr
    (archive,) = Path("qa/archive").rglob("a_qa.json")
    gone = [pair for pair in before["training_pairs"] if pair["chunk_index"] == 41]
    assert read(archive)["training_pairs"] == gone
    assert list(read(archive)["chunks"]) == ["41"]
    qa = check_file(QA)
    kept = {pair["pair_id"] for pair in before["training_pairs"]} - {pair["pair_id"] for pair in gone}
    assert {pair["pair_id"] for pair in qa["training_pairs"] if pair["chunk_index"] != 41} == kept
    assert check_from_outside(Path("chunks"), Path("qa")).settled == set(marks(texts))


def test_a_file_in_the_archive_is_sealed(server: LLMServer) -> None:
    generate(server)
    write_chunks(Path("chunks"), "a", [*TEXTS[:2], *passages(1, "valve"), TEXTS[3]])
    generate(server)
    (archive,) = Path("qa/archive").rglob("a_qa.json")
    assert is_sealed(archive.read_bytes())


# Failed chunks


def test_failed_chunks_can_be_left_and_are_asked_again_without_the_flag(server: LLMServer) -> None:
    poisoned = {"fault": "context_length", "when": {"marker": [marker(TEXTS[1])]}}
    server.configure(faults=[poisoned])
    generate(server, "--limit", "3", code=1)
    before = len(requests(server))
    left = generate(server, "--no-retry-failed", "--limit", "3", code=1)
    assert len(requests(server)) == before
    assert "1 failed, left as they are" in left.stdout
    generate(server, "--no-retry-failed", "--summary-json", "s.json", code=1)
    assert requests(server)[before:] == [marker(TEXTS[3])]
    account = read(Path("s.json"))
    check_account(account)
    assert account["chunks"]["failed"] == 1
    assert (check_file(QA)["failed_chunks"], check_file(QA)["status"]) == ([1], "completed")
    server.configure(faults=[])
    generate(server)
    assert requests(server)[before + 1 :] == [marker(TEXTS[1])]
    assert check_file(QA)["failed_chunks"] == []


def test_the_next_command_after_failed_chunks_were_left_would_ask_them(server: LLMServer) -> None:
    server.configure(faults=[{"fault": "context_length", "when": {"marker": [marker(TEXTS[1])]}}])
    generate(server, code=1)
    again = subprocess.run(command(*local(server, "--no-retry-failed")), capture_output=True, text=True, timeout=60)
    (line,) = [line for line in again.stdout.splitlines() if line.startswith("next: ")]
    assert "--no-retry-failed" not in line


# --no-resume


def test_beginning_anew_moves_the_file_and_its_backup_into_the_archive(server: LLMServer) -> None:
    generate(server)
    file, backup = QA.read_bytes(), BACKUP.read_bytes()
    again = generate(server, "--no-resume")
    assert "earlier results of 1 document, which had cost $0.00, went to qa/archive/" in again.stderr
    assert len(requests(server)) == 8
    (folder,) = Path("qa/archive").iterdir()
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        "a_qa.json": file,
        "a_qa.json.bak": backup,
    }
    qa = check_file(QA)
    assert qa["summary"]["requests"] == 4
    assert qa["qa_generation_info"]["serial"] == 4


def test_beginning_anew_sets_aside_what_cannot_be_read_too(server: LLMServer) -> None:
    generate(server)
    QA.write_bytes(b"{")
    backup = BACKUP.read_bytes()
    generate(server, "--no-resume")
    kept = {path.name: path.read_bytes() for path in Path("qa/archive").rglob("a_qa.json*")}
    assert kept == {"a_qa.json": b"{", "a_qa.json.bak": backup}


def test_beginning_anew_with_a_command_that_is_refused_moves_nothing(server: LLMServer) -> None:
    generate(server)
    before = stamp(QA)
    generate(server, "--no-resume", "--ca-bundle", "nowhere.pem", code=2)
    assert stamp(QA) == before


# Replies that were kept


def fail_with_replies(server: LLMServer, replies: list[str], *more: str, finish: str = "stop") -> Any:
    """A file whose only chunk with a record failed, with these replies kept. Gives the record."""
    server.configure(faults=[{"fault": "not_json_text"}])
    generate(server, "--limit", "1", *more, code=1)
    qa = read(QA)
    record = qa["chunks"]["0"]
    usage = {"input_tokens": 100, "cached_input_tokens": 0, "output_tokens": 10}
    record["raw_replies"] = [{"text": text, "finish": finish, "usage": usage, "model": "m"} for text in replies]
    put_qa(qa)
    server.configure(faults=[])
    server.reset()
    return record


def test_a_kept_reply_that_can_be_read_today_is_used_and_nothing_is_asked(server: LLMServer) -> None:
    record = fail_with_replies(server, [BROKEN, reply_about(TEXTS[0]), BROKEN])
    generate(server, "--limit", "1", "--summary-json", "s.json")
    assert requests(server) == []
    qa = check_file(QA)
    assert [pair["question"] for pair in qa["training_pairs"]] == [
        pair["question"] for pair in answers.pairs(TEXTS[0], 2)
    ]
    assert qa["completed_chunks"] == [0]
    after = qa["chunks"]["0"]
    assert (after["attempts"], after["usage"]) == (record["attempts"], record["usage"])
    assert [reply["text"] for reply in after["raw_replies"]] == [reply["text"] for reply in record["raw_replies"]]
    account = read(Path("s.json"))
    check_account(account)
    assert (account["chunks"]["completed_now"], account["requests"]["sent"]) == (1, 0)


def test_the_latest_of_the_kept_replies_is_used(server: LLMServer) -> None:
    fail_with_replies(server, [reply_about(TEXTS[0], 1), reply_about(TEXTS[0], 3)])
    generate(server, "--limit", "1")
    assert len(check_file(QA)["training_pairs"]) == 3


def test_a_kept_reply_that_was_cut_gives_its_whole_pairs(server: LLMServer) -> None:
    fail_with_replies(server, [reply_about(TEXTS[0], 3)[:-40]], finish="length")
    generate(server, "--limit", "1")
    assert requests(server) == []
    assert len(check_file(QA)["training_pairs"]) == 2


def test_a_kept_reply_that_finds_nothing_to_ask_settles_the_chunk(server: LLMServer) -> None:
    fail_with_replies(server, ['{"skip_reason": "boilerplate", "pairs": []}'])
    generate(server, "--limit", "1")
    assert requests(server) == []
    assert check_file(QA)["chunks"]["0"]["skip_reason"] == "boilerplate"


@pytest.mark.parametrize(
    ("text", "finish"),
    [
        (BROKEN, "stop"),
        ("", "stop"),
        (reply_about(TEXTS[0]), "refused"),
        (answers.as_text({"pairs": [answers.pair("Nobody wrote that sentence.", "x")]}), "stop"),
        ("[" * 5000, "stop"),
    ],
    ids=["no JSON", "empty", "refused", "evidence that stands nowhere", "nested"],
)
def test_a_kept_reply_that_is_still_no_use_is_kept_and_the_chunk_is_asked_again(
    text: str, finish: str, server: LLMServer
) -> None:
    record = fail_with_replies(server, [text], finish=finish)
    generate(server, "--limit", "1")
    assert requests(server) == marks(TEXTS[:1])
    qa = check_file(QA)
    again = qa["chunks"]["0"]
    assert again["status"] == "completed"
    assert again["attempts"] == record["attempts"] + 1
    assert again["usage"]["input_tokens"] > record["usage"]["input_tokens"]
    assert [reply["text"] for reply in again["raw_replies"]] == [text]


def check_pending(qa: Any) -> None:
    """One reply was paid for and is kept; the chunk is neither completed nor failed."""
    record = qa["chunks"]["0"]
    assert record["status"] == "pending"
    assert len(record["raw_replies"]) == 1
    assert record["usage"]["input_tokens"] > 0
    assert qa["status"] == "interrupted"
    assert (qa["completed_chunks"], qa["failed_chunks"], qa["training_pairs"]) == ([], [], [])
    assert qa["summary"]["requests"] == 2
    assert qa["summary"]["input_tokens"] == record["usage"]["input_tokens"]


def check_counted_in(server: LLMServer, pending: Any) -> None:
    """The next run asks the chunk, once, on top of what was paid."""
    server.reset()
    generate(server, "--summary-json", "s.json")
    qa = check_file(QA)
    assert requests(server) == marks(TEXTS)
    before, after = pending["chunks"]["0"], qa["chunks"]["0"]
    assert (after["status"], after["attempts"]) == ("completed", 3)
    assert after["raw_replies"] == before["raw_replies"]
    assert after["usage"]["input_tokens"] > before["usage"]["input_tokens"]
    assert qa["summary"]["requests"] == 6
    check_account(read(Path("s.json")))


def test_a_key_that_is_refused_between_rounds_leaves_the_reply_in_a_pending_record(server: LLMServer) -> None:
    rounds = [{"fault": "not_json_text", "when": {"nth": [1]}}, {"fault": "unauthorized"}]
    server.configure(faults=rounds)
    generate(server, "--summary-json", "s.json", code=4)
    account = read(Path("s.json"))
    check_account(account)
    assert account["chunks"]["pending"] == 4
    pending = check_file(QA)
    check_pending(pending)
    check_counted_in(server, pending)


def test_ctrl_c_between_rounds_leaves_the_reply_in_a_pending_record(server: LLMServer) -> None:
    server.configure(faults=[{"fault": "not_json_text", "when": {"nth": [1]}}, {"fault": "hang"}])
    stopped = subprocess.Popen(
        command(*local(server, "--max-concurrent", "1", "--summary-json", "s.json")), stderr=subprocess.PIPE, text=True
    )
    server.wait_for(requests=2)
    stopped.send_signal(signal.SIGINT)
    hear(stopped, "Ctrl-C again")
    stopped.send_signal(signal.SIGINT)
    _, err = stopped.communicate(timeout=120)
    assert stopped.returncode == 130, err
    account = read(Path("s.json"))
    check_account(account)
    assert account["requests"]["cancelled"] == 1
    pending = check_file(QA)
    check_pending(pending)
    check_counted_in(server, pending)


def test_a_pending_reply_that_can_be_read_is_used_as_well(server: LLMServer) -> None:
    server.configure(faults=[{"fault": "not_json_text", "when": {"nth": [1]}}, {"fault": "unauthorized"}])
    generate(server, code=4)
    qa = read(QA)
    qa["chunks"]["0"]["raw_replies"][0]["text"] = reply_about(TEXTS[0])
    put_qa(qa)
    server.reset()
    generate(server, "--no-retry-failed")
    assert requests(server) == marks(TEXTS[1:])
    assert check_file(QA)["chunks"]["0"]["attempts"] == 2


def test_a_reply_that_our_own_parser_stumbles_over_is_kept(server: LLMServer) -> None:
    """It was paid for: "a bug in its own parser" is among what must not remove it."""
    bug = (
        "import sys\nfrom qagen import pairs\nread = pairs.read\n"
        "def stumble(text, **more):\n"
        "    if 'number 1 ' in text: raise ZeroDivisionError\n"
        "    return read(text, **more)\n"
        "pairs.read = stumble\nfrom qagen.cli import main\nmain()\n"
    )
    stumbling = [command()[0], "-c", bug, *map(str, local(server, "--max-concurrent", "1"))]
    assert subprocess.run(stumbling, capture_output=True, timeout=60).returncode == 70
    record = check_file(QA)["chunks"]["1"]
    assert record["status"] == "pending"
    generate(server)
    assert requests(server) == marks(TEXTS)


def test_no_chunk_gets_requests_and_replies_of_another_documents_chunk(
    server: LLMServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A document may be put where one lay that is closed: here the third one lies where the first one was."""
    addresses = {"a": 1, "b": 2, "c": 1}
    monkeypatch.setattr(run, "id", lambda document: addresses[document.name], raising=False)
    texts = {name: passages(1, f"part of {name}") for name in addresses}
    for name, chunks in texts.items():
        write_chunks(Path("chunks"), name, chunks)
    first, third = (marks(texts[name]) for name in "ac")
    server.configure(
        faults=[
            {"fault": "not_json_text", "when": {"marker": first, "first_attempts": 1}},
            {"fault": "empty", "when": {"marker": first, "first_attempts": 4}},
            {"fault": "context_length", "when": {"marker": third}},
        ]
    )
    generate(server, "--batch-size", "1", code=1)
    times = asked(server.ledger())
    records = {name: check_file(Path(f"qa/{name}_qa.json"))["chunks"]["0"] for name in texts}
    assert [reply["text"] for reply in records["a"]["raw_replies"]]
    assert {name: record["attempts"] for name, record in records.items()} == {
        name: times[marker(chunks[0])] for name, chunks in texts.items()
    }
    assert "raw_replies" not in records["c"]


# Numbers that no JSON writer takes


def test_an_odd_number_in_a_chunk_file_does_not_cost_every_answer_in_every_run(server: LLMServer) -> None:
    """A tool whose file holds half a surrogate pair, too, is read by the parser that keeps such numbers exact."""
    path = Path("chunks/a_chunks.json")
    value = read(path)
    value["metadata"] |= {"title": "half \ud83d", "id": 123456789012345678901234567890}
    path.write_text(json.dumps(value))
    CliRunner().invoke(app, [str(one) for one in local(server)])
    CliRunner().invoke(app, [str(one) for one in local(server)])
    assert sorted(requests(server)) == sorted(marks(TEXTS))
    assert check_file(QA)["status"] == "completed"


def test_an_odd_count_of_tokens_does_not_cost_the_reply(server: LLMServer) -> None:
    message = {"role": "assistant", "content": reply_about(TEXTS[1])}
    body = {"model": "m", "message": message, "done": True, "done_reason": "stop", "prompt_eval_count": 1e30}
    odd = {"fault": "status", "status": 200, "body": json.dumps(body), "content_type": "application/json"}
    server.configure(faults=[{**odd, "when": {"nth": [2]}}])
    CliRunner().invoke(app, [str(one) for one in local(server, "--max-concurrent", "1")])
    CliRunner().invoke(app, [str(one) for one in local(server, "--max-concurrent", "1")])
    assert requests(server) == marks(TEXTS)
    assert check_file(QA)["status"] == "completed"


# Damage


def garbage(data: bytes) -> bytes:
    return random.Random(5).randbytes(len(data))


DAMAGE: dict[str, Any] = {
    "cut": lambda data: data[: len(data) // 2],
    "cut by one byte": lambda data: data.rstrip()[:-1],
    "garbage": garbage,
    "zeros": lambda data: bytes(len(data)),
    "empty": lambda _: b"",
    "another shape": lambda _: b"[]",
    "another document's": lambda _: Path("qa/other_qa.json").read_bytes(),
}


def damaged(server: LLMServer, how: str) -> bytes:
    """A finished document whose file, not its backup, was damaged; gives what stands there now."""
    write_chunks(Path("other"), "other", passages(2, "other"))
    generate(server, "--chunks-dir", "other")
    generate(server)
    data: bytes = DAMAGE[how](QA.read_bytes())
    QA.write_bytes(data)
    server.reset()
    return data


@pytest.mark.parametrize("how", DAMAGE)
def test_a_damaged_file_is_kept_apart_and_the_run_goes_on_from_its_backup(how: str, server: LLMServer) -> None:
    data = damaged(server, how)
    recovered = generate(server, "--summary-json", "s.json")
    assert "a_qa.json is damaged" in recovered.stderr
    assert [path.read_bytes() for path in Path("qa/quarantine").rglob("a_qa.json")] == [data]
    assert requests(server) == marks(TEXTS[3:])
    assert check_file(QA)["status"] == "completed"
    assert check_file(BACKUP)["completed_chunks"] == [0, 1, 2]
    assert [one["file"] for one in read(Path("s.json"))["recovered"]] == ["a_qa.json"]
    assert "damaged" not in generate(server).stderr


def test_a_damaged_file_whose_backup_lacks_nothing_is_put_back_without_a_request(server: LLMServer) -> None:
    generate(server)
    whole = QA.read_bytes()
    BACKUP.write_bytes(whole)
    QA.write_bytes(b"{")
    server.reset()
    generate(server)
    assert requests(server) == []
    assert check_file(QA)["training_pairs"] == json.loads(whole)["training_pairs"]
    assert [path.read_bytes() for path in Path("qa/quarantine").rglob("a_qa.json")] == [b"{"]


@pytest.mark.parametrize("how", DAMAGE)
@pytest.mark.parametrize("backup", ["none", "damaged", "another document's", "newer"])
def test_a_damaged_file_without_a_backup_of_use_is_left_as_it_is(how: str, backup: str, server: LLMServer) -> None:
    data = damaged(server, how)
    if backup == "none":
        BACKUP.unlink()
    else:
        newer = json.dumps({**read(BACKUP), "format": "qagen/qa@2"}).encode()
        BACKUP.write_bytes({"damaged": b"{", "newer": newer}.get(backup, Path("qa/other_qa.json").read_bytes()))
    before = [stamp(path) for path in (QA, BACKUP) if path.exists()]
    alone = generate(server, code=3)
    assert "qa/a_qa.json" in alone.stderr
    assert "--no-resume" in alone.stderr
    write_chunks(Path("chunks"), "b", passages(2, "valve"))
    beside = generate(server, code=1)
    assert "left out: a_chunks.json" in beside.stderr
    assert check_file(Path("qa/b_qa.json"))["status"] == "completed"
    assert requests(server) == marks(passages(2, "valve"))
    assert [stamp(path) for path in (QA, BACKUP) if path.exists()] == before
    assert QA.read_bytes() == data
    assert not Path("qa/quarantine").exists()


def test_a_run_that_dies_right_after_the_recovery_has_a_file_and_a_backup_that_are_good(server: LLMServer) -> None:
    data = damaged(server, "cut")
    good = BACKUP.read_bytes()
    server.configure(faults=[{"fault": "hang"}])
    killed = subprocess.Popen(command(*local(server)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    server.wait_for(requests=1)
    killed.kill()
    killed.wait()
    assert QA.read_bytes() == BACKUP.read_bytes() == good
    assert [path.read_bytes() for path in Path("qa/quarantine").rglob("a_qa.json")] == [data]
    server.reset()
    generate(server)
    assert requests(server) == marks(TEXTS[3:])


def test_a_recovered_document_with_other_parameters_is_refused_and_nothing_is_touched(server: LLMServer) -> None:
    data = damaged(server, "cut")
    generate(server, "--temperature", "0.7", code=2)
    assert QA.read_bytes() == data
    assert not Path("qa/quarantine").exists()


def test_a_file_of_another_kind_in_its_place_is_damage_too(server: LLMServer) -> None:
    generate(server)
    shutil.copy("chunks/a_chunks.json", QA)
    server.reset()
    generate(server)
    assert requests(server) == marks(TEXTS[3:])


def test_a_file_of_a_newer_qagen_is_left_alone_and_so_is_its_backup(server: LLMServer) -> None:
    generate(server)
    put_qa({**read(QA), "format": "qagen/qa@2", "something": "new"})
    before = stamp(QA), stamp(BACKUP)
    refused = generate(server, code=3)
    assert "made by a newer qagen (qagen/qa@2)" in refused.stderr
    assert (stamp(QA), stamp(BACKUP)) == before
    assert len(requests(server)) == 4
    assert not Path("qa/quarantine").exists()


def test_a_file_edited_by_hand_is_taken_as_it_is_with_a_note(server: LLMServer) -> None:
    generate(server, "--limit", "2")
    assert is_sealed(QA.read_bytes())
    edited = QA.read_text().replace("What is known about", "What on earth does it say of", 1)
    QA.write_text(edited)
    assert not is_sealed(QA.read_bytes())
    again = generate(server)
    assert "changed since qagen wrote it, and taken as it is: a_qa.json" in again.stderr
    assert requests(server) == marks(TEXTS)
    data = QA.read_bytes()
    assert is_sealed(data)
    assert b"What on earth does it say of" in data
    assert "changed since" not in generate(server).stderr


def test_every_version_on_the_disk_carries_the_checksum_of_its_bytes(server: LLMServer) -> None:
    generate(server)
    for path in (QA, BACKUP):
        assert is_sealed(path.read_bytes())
        assert not is_sealed(path.read_bytes().replace(b"bar", b"bas", 1))


# Links


def test_a_link_that_leads_out_of_the_folder_is_neither_read_nor_written(server: LLMServer) -> None:
    generate(server, "--qa-dir", "elsewhere")
    outside = Path("elsewhere/a_qa.json")
    before = stamp(outside)
    Path("qa").mkdir()
    QA.symlink_to("../elsewhere/a_qa.json")
    write_chunks(Path("chunks"), "a", passages(5))
    refused = generate(server, code=3)
    assert "it is a link that leads out of its folder" in refused.stderr
    assert stamp(outside) == before
    assert QA.is_symlink()
    assert len(requests(server)) == 4


@pytest.mark.parametrize("more", [(), ("--no-resume",)])
def test_a_link_to_nothing_outside_of_the_folder_creates_nothing_there(
    more: tuple[str, ...], server: LLMServer
) -> None:
    Path("qa").mkdir()
    Path("elsewhere").mkdir()
    QA.symlink_to("../elsewhere/a_qa.json")
    CliRunner().invoke(app, [str(one) for one in local(server, *more)])
    assert list(Path("elsewhere").iterdir()) == []


@pytest.fixture
def linked(server: LLMServer) -> Path:
    """The document's file lies in a folder inside, and a link leads there."""
    target = Path("qa/store/pump.json")
    target.parent.mkdir(parents=True)
    QA.symlink_to("store/pump.json")
    return target


def test_a_link_inside_of_the_folder_is_followed_and_stays_one(server: LLMServer, linked: Path) -> None:
    generate(server, "--limit", "2")
    generate(server)
    assert QA.is_symlink()
    assert check_file(linked)["status"] == "completed"
    assert requests(server) == marks(TEXTS)


def test_the_backup_behind_a_link_is_found(server: LLMServer, linked: Path) -> None:
    generate(server)
    linked.write_bytes(b"{")
    server.reset()
    generate(server)
    assert requests(server) == marks(TEXTS[3:])


def test_beginning_anew_keeps_what_a_link_leads_to(server: LLMServer, linked: Path) -> None:
    generate(server)
    before = linked.read_bytes()
    generate(server, "--no-resume")
    assert before in [path.read_bytes() for path in Path("qa/archive").rglob("a_qa.json")]


# Older formats


OURS = ("qa-1.json", "qa-1-without-checksum.json")
OLDER_TOOL = "qa-older-tool.json"


def put_fixture(name: str, chunks: str = "chunks-1.json") -> None:
    shutil.rmtree("chunks")
    for source, target in ((chunks, "chunks/a_chunks.json"), (name, "qa/a_qa.json")):
        Path(target).parent.mkdir(exist_ok=True)
        shutil.copy(FIXTURES / source, target)
    if name in OURS:  # made from a chunk file of that name
        Path("chunks/a_chunks.json").rename("chunks/pump_chunks.json")
        QA.rename("qa/pump_qa.json")


def qa_file() -> Path:
    (path,) = Path("qa").glob("*_qa.json")
    return path


def texts_of(path: Path) -> list[str]:
    return [chunk.get("text", chunk.get("content")) for chunk in read(path)["chunks"]]


FIXTURE_TEXTS = texts_of(FIXTURES / "chunks-1.json")


def test_the_fixtures_are_what_their_names_say() -> None:
    """So that nobody brings them up to date by mistake."""
    ours, without, older = (read(FIXTURES / name) for name in (*OURS, OLDER_TOOL))
    assert is_sealed((FIXTURES / "qa-1.json").read_bytes())
    check_agreement(ours)
    assert "checksum" in ours
    assert ours == {**without, "checksum": ours["checksum"]}
    assert not older.keys() & {"format", "chunks", "checksum"}
    assert not older["training_pairs"][0].keys() & {"pair_id", "chunk_key"}
    assert texts_of(FIXTURES / "chunks-older-tool.json") == FIXTURE_TEXTS
    assert [record["chunk_key"] for record in ours["chunks"].values()] == core_keys(FIXTURE_TEXTS)[:2]


@pytest.mark.parametrize("name", [*OURS, OLDER_TOOL])
def test_an_older_file_is_resumed_and_only_the_rest_is_asked(name: str, server: LLMServer) -> None:
    put_fixture(name)
    before = read(FIXTURES / name)
    resumed = generate(server, "--accept-changes")
    assert "changed since qagen wrote it" not in resumed.stderr
    done = set(before["completed_chunks"])
    assert requests(server) == [marker(text) for at, text in enumerate(FIXTURE_TEXTS) if at not in done]
    qa = check_file(qa_file())
    assert qa["status"] == "completed"
    questions = [pair["question"] for pair in qa["training_pairs"]]
    assert [pair["question"] for pair in before["training_pairs"]] == questions[: len(before["training_pairs"])]


@pytest.mark.parametrize("name", [*OURS, OLDER_TOOL])
def test_an_older_file_is_combined_as_it_is(name: str, server: LLMServer) -> None:
    put_fixture(name)
    before = stamp(qa_file())
    invoke("combine", "--include-unfinished")
    data = read(Path("training_data.json"))
    pairs = read(FIXTURES / name)["training_pairs"]
    assert [pair["question"] for pair in data["training_pairs"]] == [pair["question"] for pair in pairs]
    assert stamp(qa_file()) == before


def test_a_chunk_file_of_an_older_tool_is_asked_about_and_resumed(server: LLMServer) -> None:
    put_fixture(OLDER_TOOL, "chunks-older-tool.json")
    generate(server)
    qa = check_file(QA)
    assert requests(server) == marks(FIXTURE_TEXTS[2:])
    assert [pair["page_start"] for pair in qa["training_pairs"]][:2] == [1, 2]
    assert qa["training_pairs"][-1]["chunk_id"] == "0_2"
    server.reset()
    generate(server)
    assert requests(server) == []


@pytest.mark.parametrize("name", [*OURS, pytest.param(OLDER_TOOL)])
def test_an_older_file_is_not_written_before_the_first_result(name: str, server: LLMServer) -> None:
    put_fixture(name)
    before = stamp(qa_file())
    generate(server, "--limit", "1", code=0 if name == OLDER_TOOL else 1)
    assert stamp(qa_file()) == before, "nothing to do"
    server.configure(faults=[{"fault": "unauthorized"}])
    generate(server, "--accept-changes", code=4)
    assert stamp(qa_file()) == before, "the provider failed"
    generate(server, "--temperature", "9", code=2)
    assert stamp(qa_file()) == before, "the command was refused"


def test_what_an_older_tool_said_of_its_model_is_still_known(server: LLMServer) -> None:
    put_fixture(OLDER_TOOL)
    generate(server)
    qa = check_file(QA)
    assert "llama3" in json.dumps([qa["qa_generation_info"], qa["chunks"]["0"], qa["training_pairs"][0]])


def test_the_run_says_that_it_takes_an_older_tools_chunks_by_their_numbers(server: LLMServer) -> None:
    put_fixture(OLDER_TOOL)
    assert "older tool" in generate(server).stderr


def test_a_backup_whose_file_is_gone_is_named_and_kept(server: LLMServer) -> None:
    generate(server)
    bak = BACKUP.read_bytes()
    QA.unlink()
    again = generate(server)
    assert "a_qa.json is gone" in " ".join(again.stderr.split())
    assert [path.read_bytes() for path in Path("qa/archive").rglob("*.bak")] == [bak]


# Who wrote it


def test_the_serial_counts_the_writes_and_the_run_id_is_that_of_the_last_result(server: LLMServer) -> None:
    generate(server, "--limit", "2")
    one = check_file(QA)["qa_generation_info"]
    assert (one["serial"], check_file(BACKUP)["qa_generation_info"]["serial"]) == (2, 1)
    generate(server, "--limit", "2")
    assert check_file(QA)["qa_generation_info"] == one
    generate(server)
    two = check_file(QA)["qa_generation_info"]
    assert two["serial"] == 4
    assert two["run_id"] != one["run_id"]
    assert two["generated_at"] == one["generated_at"]
    write_chunks(Path("chunks"), "a", TEXTS[1:])
    generate(server)
    three = check_file(QA)["qa_generation_info"]
    assert (three["serial"], three["run_id"]) == (5, two["run_id"]), "nothing was asked, one chunk went away"


def test_the_time_of_the_first_result_stays(server: LLMServer) -> None:
    first(server)
    qa = read(QA)
    qa["qa_generation_info"]["generated_at"] = "2026-01-02T03:04:05Z"
    put_qa(qa)
    generate(server)
    info = check_file(QA)["qa_generation_info"]
    assert info["generated_at"] == "2026-01-02T03:04:05Z" < info["updated_at"]


def test_a_run_that_fails_before_the_first_result_leaves_the_file_untouched(server: LLMServer) -> None:
    first(server)
    before = stamp(QA)
    server.configure(faults=[{"fault": "unauthorized"}])
    generate(server, code=4)
    assert stamp(QA) == before


def test_the_mode_of_the_file_is_its_owners_choice_and_stays(server: LLMServer) -> None:
    first(server)
    QA.chmod(0o640)
    generate(server)
    assert QA.stat().st_mode & 0o777 == 0o640
