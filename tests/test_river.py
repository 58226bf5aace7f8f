"""From documents to training_data.json, as a user types it, on every provider."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.flow import EXAMPLES, asked, check_from_outside, local, passages, qagen, read, write_chunks
from tests.llm_server import LLMServer

PAIR_FIELDS = {
    *("pair_id", "chunk_key", "question", "answer", "question_type", "evidence", "source_file", "file_name"),
    *("file_type", "chunk_id", "chunk_index", "chunk_start", "chunk_end", "evidence_start", "evidence_end", "section"),
    *("page_start", "page_end", "language", "checks", "grounding", "generator_kind", "model"),
    *("judge", "negatives", "extra_positives"),
}


@pytest.fixture(scope="module")
def shared() -> Iterator[LLMServer]:
    with LLMServer() as server:
        yield server


@pytest.fixture
def server(shared: LLMServer) -> LLMServer:
    shared.reset()
    return shared


def providers(server: LLMServer) -> dict[str, tuple[list[str], dict[str, str]]]:
    return {
        "openai": (["--provider", "openai"], {"OPENAI_API_KEY": "sk-test", "OPENAI_BASE_URL": server.openai_url}),
        "claude": (["--provider", "claude"], {"ANTHROPIC_API_KEY": "sk-ant-test", "ANTHROPIC_BASE_URL": server.url}),
        "gemini": (["--provider", "gemini"], {"GEMINI_API_KEY": "AIza-test", "GOOGLE_GEMINI_BASE_URL": server.url}),
        "local": (["--provider", "local", "--model", "qwen3:14b", "--ollama-base-url", server.url], {}),
        "compatible": (["--provider", "compatible", "--model", "any", "--base-url", server.openai_url], {}),
        "rules": (["--provider", "rules"], {}),
    }


@pytest.mark.parametrize("name", ["openai", "claude", "gemini", "local", "compatible", "rules"])
def test_documents_become_training_data(name: str, server: LLMServer) -> None:
    flags, environment = providers(server)[name]
    assert qagen("chunk", EXAMPLES, "--chunk-size", "1200").returncode == 0
    run = qagen("generate-qa", *flags, "--questions-per-chunk", "3", **environment)
    assert run.returncode == 0, run.stderr
    combined = qagen("combine")
    assert combined.returncode == 0, combined.stderr
    data = read(Path("training_data.json"))
    assert data["metadata"]["total_qa_pairs"] == len(data["training_pairs"]) > 20
    assert data["metadata"]["num_documents"] == len(list(EXAMPLES.iterdir()))
    assert data["metadata"]["processing_config"]["llm_provider"] == name
    texts = {path.name: (Path("chunks") / f"{path.stem}.txt").read_text() for path in EXAMPLES.iterdir()}
    for pair in data["training_pairs"]:
        assert set(pair) == PAIR_FIELDS
        text = texts[pair["file_name"]]
        assert pair["evidence"][0] in text
        assert text[pair["evidence_start"] : pair["evidence_end"]] == pair["evidence"][0]
        assert pair["chunk_start"] <= pair["evidence_start"] < pair["evidence_end"] <= pair["chunk_end"]


def test_the_second_run_asks_nothing_and_changes_nothing(server: LLMServer) -> None:
    write_chunks(Path("chunks"), "a", passages(5))
    assert qagen(*local(server)).returncode == 0
    before = Path("qa/a_qa.json").read_bytes()
    again = qagen(*local(server))
    assert again.returncode == 0
    assert "nothing to ask" in again.stderr
    assert Path("qa/a_qa.json").read_bytes() == before
    assert len(server.ledger()) == 5


def test_config_env_alone_replaces_all_flags(server: LLMServer) -> None:
    write_chunks(Path("D"), "a", passages(3))
    typed = qagen(
        *("generate-qa", "--provider", "local", "--model", "qwen3:14b", "--ollama-base-url", server.url),
        *("--chunks-dir", "D", "--qa-dir", "Q", "--questions-per-chunk", "5", "--temperature", "0.3", "--resume"),
    )
    assert typed.returncode == 0, typed.stderr
    assert qagen("combine", "--qa-dir", "Q", "--output-file", "F").returncode == 0
    first = [entry.body for entry in server.ledger()]
    server.reset()
    Path("config.env").write_text(
        f"GENERATOR_PROVIDER=local\nGENERATOR_MODEL=qwen3:14b\nOLLAMA_BASE_URL={server.url}\nGENERATOR_PROCESS_DIR=D\n"
        "GENERATOR_OUTPUT_DIR=Q2\nGENERATOR_OUTPUT_FILE=F2\nGENERATOR_QUESTIONS_PER_CHUNK=5\n"
        "GENERATOR_TEMPERATURE=0.3\nGENERATOR_RESUME=true\nSOMETHING_ELSE=1\n"
    )
    assert qagen("generate-qa").returncode == 0
    assert qagen("combine").returncode == 0
    key = json.dumps
    assert sorted(map(key, (entry.body for entry in server.ledger()))) == sorted(map(key, first))
    assert _without_clock(Path("F")) == _without_clock(Path("F2"))


def _without_clock(path: Path) -> Any:
    data = read(path)
    del data["metadata"]["generated_at"]
    return data


def test_the_same_replies_give_the_same_bytes_at_concurrency_1_and_32(server: LLMServer) -> None:
    server.configure(latency_ms=2, jitter_ms=30)
    for name in ("a", "b"):
        write_chunks(Path("chunks"), name, passages(40, name))
    results = []
    for folder, concurrency in (("q1", "1"), ("q32", "32")):
        run = qagen(*local(server, "--qa-dir", folder, "--max-concurrent", concurrency))
        assert run.returncode == 0, run.stderr
        assert qagen("combine", "--qa-dir", folder, "-o", f"{folder}.json").returncode == 0
        results.append(Path(folder))
        check_from_outside(Path("chunks"), Path(folder))
    for name in ("a_qa.json", "b_qa.json"):
        one, many = (read(folder / name) for folder in results)
        assert one["training_pairs"] == many["training_pairs"]
        assert one["rejected_pairs"] == many["rejected_pairs"]
        for record in [*one["chunks"].values(), *many["chunks"].values()]:
            record.pop("attempts")
        assert one["chunks"] == many["chunks"]
    assert _same_but_for_the_clock(Path("q1.json"), Path("q32.json"))


def _same_but_for_the_clock(one: Path, other: Path) -> bool:
    lines = [[line for line in path.read_text().splitlines() if '"generated_at"' not in line] for path in (one, other)]
    return lines[0] == lines[1]


def test_at_concurrency_1_every_chunk_has_its_own_write(server: LLMServer) -> None:
    write_chunks(Path("chunks"), "a", passages(6))
    assert qagen(*local(server, "--max-concurrent", "1")).returncode == 0
    assert read(Path("qa/a_qa.json"))["qa_generation_info"]["serial"] == 6


def test_an_edited_paragraph_is_asked_again_alone(server: LLMServer) -> None:
    folder = Path("documents")
    folder.mkdir()
    paragraphs = [f"{text.strip()}\n\n" for text in passages(12)]
    (folder / "a.txt").write_text("".join(paragraphs))
    cut = ("chunk", "--chunk-size", "150", "--chunk-overlap", "20")
    assert qagen(*cut).returncode == 0
    assert qagen(*local(server)).returncode == 0
    before = read(Path("qa/a_qa.json"))
    server.reset()
    paragraphs[5] = paragraphs[5].replace("105 bar", "999 bar")
    (folder / "a.txt").write_text("".join(paragraphs))
    assert qagen(*cut).returncode == 0
    run = qagen(*local(server))
    assert run.returncode == 0, run.stderr
    assert len(server.ledger()) == 1
    after = read(Path("qa/a_qa.json"))
    changed = [key for key, record in after["chunks"].items() if record != before["chunks"].get(key)]
    assert len(changed) == 1
    archived = [read(path) for path in Path("qa/archive").rglob("a_qa.json")]
    assert len(archived) == 1
    assert "105" in json.dumps(archived[0]["training_pairs"])
    assert "105" not in json.dumps(after["training_pairs"])


def test_limit_tries_the_first_chunks_and_a_later_run_does_the_rest(server: LLMServer) -> None:
    for name in ("a", "b"):
        write_chunks(Path("chunks"), name, passages(4, name))
    assert qagen(*local(server, "--limit", "5")).returncode == 0
    assert len(server.ledger()) == 5
    assert read(Path("qa/a_qa.json"))["status"] == "completed"
    assert read(Path("qa/b_qa.json"))["status"] == "in_progress"
    assert qagen(*local(server, "--limit", "5")).returncode == 0
    assert len(server.ledger()) == 5
    combined = qagen("combine")
    assert combined.returncode == 0
    assert "b_qa.json: in_progress: 1 of 4 chunks" in combined.stderr
    assert qagen(*local(server)).returncode == 0
    assert asked(server.ledger()).most_common(1)[0][1] == 1
    assert len(server.ledger()) == 8


def test_changed_parameters_are_refused_with_the_difference_named(server: LLMServer) -> None:
    write_chunks(Path("chunks"), "a", passages(4))
    assert qagen(*local(server, "--limit", "2", "--temperature", "0.3")).returncode == 0
    run = qagen(*local(server, "--temperature", "0.9"))
    assert run.returncode == 2
    assert "temperature: 0.3 -> 0.9" in run.stderr
    assert "--no-resume" in run.stderr
    assert len(server.ledger()) == 2
    assert qagen(*local(server, "--temperature", "0.3", "--max-concurrent", "4")).returncode == 0


def test_no_resume_sets_the_earlier_results_aside(server: LLMServer) -> None:
    write_chunks(Path("chunks"), "a", passages(3))
    assert qagen(*local(server)).returncode == 0
    before = Path("qa/a_qa.json").read_bytes()
    assert qagen(*local(server, "--no-resume", "--temperature", "1")).returncode == 0
    assert [path.read_bytes() for path in Path("qa/archive").rglob("a_qa.json")] == [before]
    assert len(server.ledger()) == 6


@pytest.mark.parametrize(
    ("shape", "name"),
    [
        (["First text of it all.", "Second text of it all."], "a_chunks.json"),
        ([{"text": "First text of it all."}, {"text": "Second text of it all."}], "a.json"),
        (
            {
                "metadata": {
                    "file_name": "a.pdf",
                    "chunk_count": 2,
                    "chunk_size": 30,
                    "splitting_strategy": "semantic",
                },
                "chunks": [
                    {
                        "chunk_id": "0_0",
                        "content": "First text of it all.",
                        "metadata": {"start_char": 0, "end_char": 21},
                    },
                    {
                        "chunk_id": "0_1",
                        "content": "Second text of it all.",
                        "metadata": {"start_char": 21, "end_char": 43},
                    },
                ],
            },
            "a_chunks.json",
        ),
        ('{"text": "First text of it all."}\n{"text": "Second text of it all."}\n', "a_chunks.jsonl"),
    ],
    ids=["strings", "objects", "nested", "lines"],
)
def test_chunk_files_of_other_tools_are_accepted(shape: Any, name: str, server: LLMServer) -> None:
    Path("chunks").mkdir()
    (Path("chunks") / name).write_text(shape if isinstance(shape, str) else json.dumps(shape))
    run = qagen(*local(server))
    assert run.returncode == 0, run.stderr
    qa = read(Path("qa/a_qa.json"))
    assert qa["status"] == "completed"
    assert qa["completed_chunks"] == [0, 1]
    assert qagen("combine").returncode == 0
    assert qagen(*local(server)).returncode == 0
    assert len(server.ledger()) == 2


def test_model_options_reach_the_place_where_the_provider_wants_them(server: LLMServer) -> None:
    write_chunks(Path("chunks"), "a", passages(1))
    options = ("--model-option", "top_k=40", "--model-option", "min_p=0.05")
    assert qagen(*local(server, *options)).returncode == 0
    assert server.ledger()[0].body["options"]["top_k"] == 40
    flags, _ = providers(server)["compatible"]
    assert qagen("generate-qa", *flags, *options, "--qa-dir", "other").returncode == 0
    assert server.ledger()[1].body["min_p"] == 0.05


def test_the_prompt_can_be_replaced(server: LLMServer) -> None:
    write_chunks(Path("chunks"), "a", ["Braces {like} these and $5 stay. They are plain text.\n"])
    Path("mine.txt").write_text("Up to $question_count about:\n$passage")
    run = qagen(
        *local(server, "--prompt-template-file", "mine.txt", "--system-message", "Be brief."),
        *("--extra-instructions", "Say {please}."),
    )
    assert run.returncode == 0, run.stderr
    system, user = (message["content"] for message in server.ledger()[0].body["messages"])
    assert system == "Be brief.\n\nFurther instructions:\nSay {please}."
    assert user.startswith("Up to 5 about:\n<passage-")
    assert "Braces {like} these and $5 stay." in user


def test_status_tells_how_far_each_document_is(server: LLMServer) -> None:
    for name in ("a", "b"):
        write_chunks(Path("chunks"), name, passages(3, name))
    assert qagen(*local(server, "--limit", "4")).returncode == 0
    rows = json.loads(qagen("status", "--json").stdout)["documents"]
    assert [(row["name"], row["status"], row["completed"], row["pending"]) for row in rows] == [
        ("a", "completed", 3, 0),
        ("b", "in_progress", 1, 2),
    ]
    table = qagen("status").stdout
    assert "in_progress" in table


def test_cost_is_counted_with_cached_tokens(server: LLMServer) -> None:
    server.configure(cached_tokens=100)
    write_chunks(Path("chunks"), "a", passages(2))
    flags, environment = providers(server)["openai"]
    run = qagen("generate-qa", *flags, "--summary-json", "s.json", **environment)
    assert run.returncode == 0, run.stderr
    summary = read(Path("s.json"))
    tokens = summary["tokens"]
    assert tokens["cached_input"] == 200
    fresh = tokens["input"] - tokens["cached_input"]
    assert summary["cost_usd"] == pytest.approx((fresh * 0.10 + 200 * 0.01 + tokens["output"] * 0.50) / 1e6)
    assert "cost $" in run.stdout


def test_a_refused_key_cost_nothing_now_and_in_all_runs_whatever_the_price(server: LLMServer) -> None:
    server.configure(faults=[{"fault": "unauthorized"}])
    write_chunks(Path("chunks"), "a", passages(2))
    flags, environment = providers(server)["openai"]
    run = qagen("generate-qa", *flags, "--model", "of-unknown-price", "--summary-json", "s.json", **environment)
    assert run.returncode == 4, run.stderr
    assert "cost $0.00 now, $0.00 in all runs" in run.stderr
    assert (read(Path("s.json"))["cost_usd"], read(Path("s.json"))["cost_usd_all_runs"]) == (0.0, 0.0)


def test_a_cost_that_is_unknown_now_is_unknown_in_all_runs_and_in_the_sum_of_status(server: LLMServer) -> None:
    write_chunks(Path("chunks"), "a", passages(2))
    write_chunks(Path("chunks"), "b", [" "])
    flags, environment = providers(server)["openai"]
    run = qagen("generate-qa", *flags, "--model", "of-unknown-price", **environment)
    assert run.returncode == 0, run.stderr
    assert "cost unknown now, unknown in all runs" in run.stdout
    rows = {line.split()[0]: line.split()[-1] for line in qagen("status").stdout.splitlines() if line.strip()}
    assert (rows["a"], rows["all"]) == ("unknown", "unknown")


def test_results_keep_the_name_of_the_model_that_made_them(server: LLMServer) -> None:
    path = write_chunks(Path("chunks"), "a", passages(2))
    assert qagen(*local(server)).returncode == 0
    made = read(Path("qa/a_qa.json"))["qa_generation_info"]
    chunk_file = read(path)
    chunk_file["chunks"][0]["section"] = "Moved"
    path.write_text(json.dumps(chunk_file))
    run = qagen("generate-qa", "--provider", "rules")
    assert run.returncode == 0
    assert "done with other parameters" in run.stderr
    after = read(Path("qa/a_qa.json"))
    assert after["training_pairs"][0]["section"] == "Moved"
    for name in ("provider", "model", "fingerprint", "parameters"):
        assert after["qa_generation_info"][name] == made[name]


def test_cutting_to_another_size_over_paid_results_is_refused(server: LLMServer) -> None:
    Path("documents").mkdir()
    Path("documents/a.txt").write_text(" ".join(passages(20)))
    assert qagen("chunk", "--chunk-size", "400").returncode == 0
    assert qagen(*local(server)).returncode == 0
    asked_once = len(server.ledger())
    assert qagen("chunk", "--chunk-size", "300").returncode == 0
    run = qagen(*local(server))
    assert run.returncode == 2
    assert "chunk_size: 400 -> 300" in run.stderr
    assert len(server.ledger()) == asked_once


def test_what_to_type_next_neither_begins_anew_nor_stops_at_the_same_place(server: LLMServer) -> None:
    write_chunks(Path("chunks"), "a", passages(4))
    run = qagen(*local(server, "--no-resume", "--limit", "2"))
    (line,) = [line for line in run.stdout.splitlines() if line.startswith("next: ")]
    assert "--no-resume" not in line
    assert "--limit" not in line


def test_combine_names_the_documents_that_nobody_asked_about_yet(server: LLMServer) -> None:
    for name in ("a", "b"):
        write_chunks(Path("chunks"), name, passages(2, name))
    assert qagen(*local(server, "--limit", "2")).returncode == 0
    combined = qagen("combine")
    assert combined.returncode == 0
    assert "1 chunk file without any answers yet: b_chunks.json" in combined.stderr


def test_settings_that_cannot_be_used_move_no_results(server: LLMServer) -> None:
    write_chunks(Path("chunks"), "a", passages(2))
    assert qagen(*local(server)).returncode == 0
    before = Path("qa/a_qa.json").read_bytes()
    remote = ("generate-qa", "--provider", "openai", "--no-resume")
    run = qagen(*remote, OPENAI_API_KEY="sk-test", HTTPS_PROXY="ftp://nowhere")
    assert run.returncode == 2, run.stderr
    assert "HTTPS_PROXY" in run.stderr
    assert Path("qa/a_qa.json").read_bytes() == before
    assert not Path("qa/archive").exists()
