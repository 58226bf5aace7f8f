"""`qagen mine-negatives --embed-provider`: passages that are near in meaning are candidates, too."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flow import command, hear, qagen, read, write_chunks
from tests.llm_server import LLMServer
from tests.mine.given import TRUTH, check_negatives, write_corpus


@pytest.fixture(scope="module")
def shared() -> Iterator[LLMServer]:
    with LLMServer(truth=TRUTH) as server:
        yield server


@pytest.fixture
def server(shared: LLMServer) -> LLMServer:
    shared.reset()
    write_corpus()
    return shared


def mine(server: LLMServer, *more: str | Path) -> tuple[str | Path, ...]:
    embedding = ("--embed-provider", "local", "--embed-model", "nomic-embed-text", "--embed-base-url", server.url)
    return ("mine-negatives", "--provider", "none", *embedding, "--summary-json", "s.json", *more)


def start(server: LLMServer, *more: str) -> subprocess.Popen[str]:
    """With one request at a time."""
    arguments = command(*mine(server, "--max-concurrent", "1", *more))
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_questions_and_passages_get_vectors_once_and_negatives_say_what_found_them(server: LLMServer) -> None:
    run = qagen(*mine(server))
    assert run.returncode == 0, run.stderr
    found = check_negatives()
    methods = {negative["method"] for one in found.values() for negative in one["negatives"]}
    assert methods <= {"bm25_filtered", "dense_filtered", "same_document", "random"}
    assert "bm25_filtered" in methods
    facts = read(Path("s.json"))["embeddings"]
    assert facts["made"] == facts["texts"] == 24 + 13
    assert (facts["provider"], facts["model"], facts["known"]) == ("local", "nomic-embed-text", 0)
    assert "embeddings of 37 texts: 37 made, 0 known" in run.stderr
    info = read(Path("qa/one_negatives.json"))["mining_info"]
    assert info["embedding_model"] == "local/nomic-embed-text"
    server.reset()
    assert qagen(*mine(server, "--no-resume")).returncode == 0
    assert server.ledger() == []
    assert read(Path("s.json"))["embeddings"]["known"] == 37


def test_what_embeddings_cost_is_in_the_account(server: LLMServer) -> None:
    Path("prices.toml").write_text("[local]\nnomic-embed-text = { input = 1000.0, output = 0.0 }\n")
    run = qagen(*mine(server, "--prices", "prices.toml"))
    assert run.returncode == 0, run.stderr
    summary = read(Path("s.json"))
    used, cost = summary["tokens"]["embeddings"], summary["cost_usd_with_embeddings"]
    assert used == summary["embeddings"]["input_tokens"] > 0
    assert cost == pytest.approx(used / 1000) == pytest.approx(summary["cost_usd"] + summary["embeddings"]["cost_usd"])
    requests = summary["requests"]["embeddings"]
    assert requests == len(server.ledger())
    line = next(line for line in run.stdout.splitlines() if line.startswith("embeddings"))
    assert line.startswith(f"embeddings 37 (37 made, 0 known): {requests} request")
    assert line.endswith(f"tokens {used} in   cost ${cost:.4f} now, ${cost:.4f} in all runs")


def test_what_embeddings_took_in_all_runs_is_in_the_account_and_in_status(server: LLMServer) -> None:
    Path("prices.toml").write_text("[local]\nnomic-embed-text = { input = 1000.0, output = 0.0 }\n")
    server.configure(latency_ms=500)
    process = subprocess.Popen(command(*mine(server, "--max-concurrent", "1", "--prices", "prices.toml")))
    server.wait_for(requests=2, timeout_s=30)
    process.kill()
    process.communicate()
    server.configure(latency_ms=0)
    requests = len(server.ledger())
    flags = ("--prices", "prices.toml", "--negatives-dir", "qa")
    run = qagen(*mine(server, *flags))
    assert run.returncode == 0, run.stderr
    summary = read(Path("s.json"))
    now, spent = summary["embeddings"], summary["embeddings_all_runs"]
    assert spent["input_tokens"] > now["input_tokens"] > 0
    assert spent["cost_usd"] == round(spent["input_tokens"] / 1000, 9)
    assert now["requests"] < spent["requests"] <= requests + now["requests"]
    assert summary["cost_usd_all_runs_with_embeddings"] == spent["cost_usd"]
    assert f"${spent['cost_usd']:.4f} in all runs" in run.stdout
    status = json.loads(qagen("status", "--negatives-dir", "qa", "--json").stdout)
    assert status["embeddings"] == {"local/nomic-embed-text": spent}
    line = f"embeddings local/nomic-embed-text, not in the table: {spent['requests']} requests, tokens "
    assert line in qagen("status").stdout
    assert qagen(*mine(server, *flags)).returncode == 0
    assert read(Path("s.json"))["embeddings_all_runs"] == spent


def test_what_embeddings_of_an_older_qagen_took_is_unknown_and_not_nothing(server: LLMServer) -> None:
    assert qagen(*mine(server)).returncode == 0
    (account,) = Path("qa/.embeddings").glob("*/spent.jsonl")
    account.unlink()
    assert qagen(*mine(server, "--no-resume")).returncode == 0
    summary = read(Path("s.json"))
    assert summary["embeddings_all_runs"] == {"requests": None, "input_tokens": None, "cost_usd": None}
    assert summary["cost_usd_all_runs_with_embeddings"] is None
    assert "what they took is unknown" in qagen("status").stdout


def test_what_embeddings_cost_at_a_price_that_nobody_knows_is_unknown(server: LLMServer) -> None:
    flags = ("--embed-provider", "openai", "--embed-model", "text-embedding-x", "--embed-base-url", server.openai_url)
    run = qagen(*mine(server, *flags), OPENAI_API_KEY="sk-test")
    assert run.returncode == 0, run.stderr
    assert "cost unknown now" in run.stdout
    assert read(Path("s.json"))["cost_usd_with_embeddings"] is None


def test_vectors_that_were_paid_for_outlive_the_index(server: LLMServer) -> None:
    assert qagen(*mine(server)).returncode == 0
    write_chunks(Path("chunks"), "late", ["A passage about the harvest of late apples in the valley of the Inn.\n"])
    assert qagen(*mine(server, "--no-resume")).returncode == 0
    facts = read(Path("s.json"))["embeddings"]
    assert (facts["made"], facts["known"]) == (1, 37)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_what_is_under_way_when_a_signal_comes_is_kept_and_not_asked_again(
    server: LLMServer, number: signal.Signals, code: int
) -> None:
    server.configure(holds_after=1)
    process = start(server)
    server.wait_for(requests=2)
    process.send_signal(number)
    hear(process, "finishing 1 request; Ctrl-C again to stop now")
    server.configure(holds_after=None)
    process.communicate(timeout=120)
    assert process.returncode == code
    made = read(Path("s.json"))["embeddings"]["made"]
    assert made > 0
    assert qagen(*mine(server)).returncode == 0
    facts = read(Path("s.json"))["embeddings"]
    assert (facts["known"], facts["made"]) == (made, 37 - made)


def test_earlier_results_are_not_set_aside_for_a_run_whose_embeddings_cannot_be_made(server: LLMServer) -> None:
    assert qagen("mine-negatives", "--provider", "none").returncode == 0
    before = {path: path.read_bytes() for path in Path("qa").glob("*_negatives.json")}
    server.configure(faults=[{"fault": "unauthorized"}])
    assert qagen(*mine(server, "--no-resume")).returncode == 4
    assert {path: path.read_bytes() for path in Path("qa").glob("*_negatives.json")} == before
    assert not Path("qa/archive").exists()


def test_who_begins_anew_and_stops_while_vectors_are_made_begins_anew_the_next_time(server: LLMServer) -> None:
    assert qagen("mine-negatives", "--provider", "none").returncode == 0
    before = {path: path.read_bytes() for path in Path("qa").glob("*_negatives.json")}
    server.configure(holds_after=1)
    process = start(server, "--no-resume")
    server.wait_for(requests=2)
    process.send_signal(signal.SIGINT)
    hear(process, "Ctrl-C again to stop now")
    process.send_signal(signal.SIGINT)
    out, heard = process.communicate(timeout=120)
    assert process.returncode == 130
    assert {path: path.read_bytes() for path in Path("qa").glob("*_negatives.json")} == before
    told = (out + heard).partition("next: ")[2]
    assert "--no-resume" in told.splitlines()[0]
    assert "would set aside" not in told
    server.configure(holds_after=None)
    run = qagen(*mine(server, "--no-resume"))
    assert run.returncode == 0, run.stderr
    assert "earlier results of 2 documents" in run.stderr


def test_a_second_ctrl_c_while_vectors_are_made_stops_at_once(server: LLMServer) -> None:
    server.configure(faults=[{"fault": "hang", "when": {"nth": [2]}}])
    process = start(server)
    server.wait_for(requests=2)
    process.send_signal(signal.SIGINT)
    hear(process, "Ctrl-C again to stop now")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=120)
    assert process.returncode == 130
    assert read(Path("s.json"))["embeddings"]["made"] > 0


def test_a_host_that_makes_no_vectors_stops_before_anything_is_mined(server: LLMServer) -> None:
    run = qagen("mine-negatives", "--provider", "none", "--embed-provider", "claude", ANTHROPIC_API_KEY="sk-ant-x")
    assert run.returncode == 2
    assert "makes no embeddings" in run.stderr
    dead = ("--embed-provider", "local", "--embed-model", "m", "--embed-base-url", "http://127.0.0.1:9")
    run = qagen("mine-negatives", "--provider", "none", *dead)
    assert run.returncode == 4, run.stderr
    assert not list(Path("qa").glob("*_negatives.json"))
