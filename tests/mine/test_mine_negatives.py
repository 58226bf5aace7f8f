"""`qagen mine-negatives` as a user types it, with and without a model."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from qagen.cli.console import dollars
from tests.flow import command, local, qagen, read, write_chunks
from tests.llm_server import LLMServer
from tests.mine.given import NAMES, SAYS_AGAIN, TRUTH, check_negatives, identity, write_corpus, write_document, write_qa
from tests.outside import check_account

BRISE = "What is the pressure limit of the pump Brise?"


@pytest.fixture(scope="module")
def shared() -> Iterator[LLMServer]:
    with LLMServer(truth=TRUTH) as server:
        yield server


@pytest.fixture
def server(shared: LLMServer) -> LLMServer:
    shared.reset()
    return shared


def mine(server: LLMServer, *more: str | Path) -> tuple[str | Path, ...]:
    """The arguments of mining with the server in Ollama's dialect."""
    return ("mine-negatives", *local(server, *more)[1:])


def providers(server: LLMServer) -> dict[str, tuple[list[str], dict[str, str]]]:
    return {
        "openai": (["--provider", "openai"], {"OPENAI_API_KEY": "sk-test", "OPENAI_BASE_URL": server.openai_url}),
        "claude": (["--provider", "claude"], {"ANTHROPIC_API_KEY": "sk-ant-test", "ANTHROPIC_BASE_URL": server.url}),
        "gemini": (["--provider", "gemini"], {"GEMINI_API_KEY": "AIza-test", "GOOGLE_GEMINI_BASE_URL": server.url}),
        "local": (["--provider", "local", "--model", "qwen3:14b", "--ollama-base-url", server.url], {}),
    }


def asked(server: LLMServer) -> int:
    return sum(entry.marker is not None for entry in server.ledger())


@pytest.mark.parametrize("name", ["openai", "claude", "gemini", "local"])
def test_a_model_of_every_dialect_tells_negatives_from_what_answers(name: str, server: LLMServer) -> None:
    write_corpus()
    flags, environment = providers(server)[name]
    run = qagen("mine-negatives", *flags, "--summary-json", "s.json", **environment)
    assert run.returncode == 0, run.stderr
    found = check_negatives()
    assert len(found) == 24
    for one in found.values():
        assert {negative["method"] for negative in one["negatives"]} == {"llm_verified"}
        assert len(one["negatives"]) == 4
    assert [positive["document"] for positive in found[BRISE]["extra_positives"]] == [SAYS_AGAIN]
    assert all(negative["document"] != SAYS_AGAIN for negative in found[BRISE]["negatives"])
    assert asked(server) == 12
    account = read(Path("s.json"))
    check_account(account)
    assert account["negatives"]["total"] == 96
    assert account["mining"]["by_method"] == {"llm_verified": 96}
    assert account["index"]["chunks"] == 13
    assert "by method: 96 llm_verified (100.0 %)" in run.stdout
    assert "next: qagen combine" in run.stdout
    info = read(Path("qa/one_negatives.json"))["mining_info"]
    assert (info["provider"], info["negatives"], info["candidates"]) == (name, 4, 10)
    assert info["engine"] in {"sqlite", "tantivy"}
    assert info["corpus_hash"]


def test_without_a_model_every_explanation_is_computed_and_nothing_is_sent(server: LLMServer) -> None:
    write_corpus()
    run = qagen("mine-negatives", "--provider", "none", "--summary-json", "s.json")
    assert run.returncode == 0, run.stderr
    found = check_negatives()
    assert {negative["method"] for one in found.values() for negative in one["negatives"]} == {"bm25_filtered"}
    assert all("BM25 rank" in negative["explanation"] for one in found.values() for negative in one["negatives"])
    assert "no model is asked, 4 negatives a question" in run.stderr
    info = read(Path("qa/one_negatives.json"))["mining_info"]
    assert (info["provider"], info["model"]) == (None, None)
    account = read(Path("s.json"))
    check_account(account)
    assert account["requests"]["sent"] == 0
    again = qagen("mine-negatives", "--provider", "none")
    assert "nothing to ask: 12 chunks done" in again.stderr


def test_the_number_of_negatives_and_the_folder_can_be_chosen(server: LLMServer) -> None:
    write_corpus()
    run = qagen(*mine(server, "--negatives", "2", "--candidates", "3", "--negatives-dir", "mined"))
    assert run.returncode == 0, run.stderr
    found = check_negatives(Path("mined"))
    assert {len(one["negatives"]) for one in found.values()} == {2}
    assert not list(Path("qa").glob("*_negatives.json"))
    assert "--negatives-dir mined" in run.stdout


def test_the_same_command_again_asks_nothing_and_changes_nothing(server: LLMServer) -> None:
    write_corpus()
    assert qagen(*mine(server)).returncode == 0
    before = {path: path.read_bytes() for path in Path("qa").glob("*_negatives.json")}
    again = qagen(*mine(server))
    assert again.returncode == 0, again.stderr
    assert {path: path.read_bytes() for path in Path("qa").glob("*_negatives.json")} == before
    assert asked(server) == 12


def test_other_parameters_are_refused_by_name_accepted_or_begun_anew(server: LLMServer) -> None:
    write_corpus()
    assert qagen(*mine(server, "--limit", "3")).returncode == 0
    refused = qagen(*mine(server, "--negatives", "6"))
    assert refused.returncode == 2
    assert "negatives: 4 -> 6" in refused.stderr
    assert asked(server) == 3
    assert qagen(*mine(server, "--negatives", "6", "--accept-changes")).returncode == 0
    counts = [len(one["negatives"]) for one in check_negatives().values()]
    assert counts.count(4) == 6
    assert asked(server) == 12
    anew = qagen(*mine(server, "--negatives", "5", "--no-resume"))
    assert anew.returncode == 0, anew.stderr
    assert list(Path("qa/archive").rglob("one_negatives.json"))
    assert {len(one["negatives"]) for one in check_negatives().values()} == {5}


def test_what_no_model_has_judged_does_not_pass_for_judged(server: LLMServer) -> None:
    write_corpus()
    assert qagen("mine-negatives", "--provider", "none").returncode == 0
    refused = qagen(*mine(server))
    assert refused.returncode == 2
    assert "provider: none -> local" in refused.stderr
    assert asked(server) == 0
    anew = qagen(*mine(server, "--no-resume"))
    assert anew.returncode == 0, anew.stderr
    assert asked(server) == 12
    fewer = qagen(*mine(server, "--negatives", "2"))
    assert "done with other parameters (negatives: 4 -> 2)" in " ".join(fewer.stderr.split())


def test_other_numbers_without_a_model_are_said(server: LLMServer) -> None:
    write_corpus()
    assert qagen("mine-negatives", "--provider", "none").returncode == 0
    again = qagen("mine-negatives", "--provider", "none", "--negatives", "8")
    assert "done with other parameters (negatives: 4 -> 8)" in " ".join(again.stderr.split())
    write_document("three", ("Lahn",))
    mixed = qagen("mine-negatives", "--provider", "none", "--negatives", "8")
    assert mixed.returncode == 0


# What models do


@pytest.mark.parametrize("fault", ["fenced", "think", "trailing_comma", "invented_ids", "repeated_ids"])
def test_labels_are_read_however_they_are_wrapped_and_only_for_what_was_shown(fault: str, server: LLMServer) -> None:
    write_corpus()
    server.configure(faults=[{"fault": fault}])
    assert qagen(*mine(server)).returncode == 0
    found = check_negatives()
    assert {negative["method"] for one in found.values() for negative in one["negatives"]} == {"llm_verified"}
    assert [len(one["extra_positives"]) for one in found.values()].count(0) == 23
    assert asked(server) == 12


def test_ids_that_are_missing_are_asked_for_once_more_and_alone(server: LLMServer) -> None:
    write_document("one", NAMES[:6])
    server.configure(faults=[{"fault": "missing_ids", "when": {"first_attempts": 1}}])
    assert qagen(*mine(server, "--limit", "1", "--max-concurrent", "1")).returncode == 0
    first, second = [entry.body["messages"][-1]["content"] for entry in server.ledger() if entry.marker]
    assert "there were no labels for 8 ids" in second
    assert first.count("<p") > second.count("<p") - second.count("no labels")
    found = check_negatives()
    assert {negative["method"] for one in found.values() for negative in one["negatives"]} == {"llm_verified"}
    record = read(Path("qa/one_negatives.json"))["chunks"]["0"]
    assert record["attempts"] == 2
    assert len(record["raw_replies"]) == 1


@pytest.mark.parametrize("fault", ["not_json_text", "refusal", "blank_text"])
def test_a_model_that_says_nothing_of_use_twice_leaves_filtered_negatives_and_a_flag(
    fault: str, server: LLMServer
) -> None:
    write_corpus()
    server.configure(faults=[{"fault": fault}])
    run = qagen(*mine(server, "--summary-json", "s.json"))
    assert run.returncode == 1, run.stderr
    found = check_negatives()
    assert {negative["method"] for one in found.values() for negative in one["negatives"]} == {"bm25_filtered"}
    assert all(one["flags"] == ["unlabelled"] for one in found.values())
    assert "24 unlabelled" in run.stdout
    assert "nobody judged the candidates of 24 questions of 24" in run.stdout
    assert "nobody judged the candidates of 24 questions: one 12, two 12" in qagen("errors").stdout
    assert asked(server) == 24
    account = read(Path("s.json"))
    check_account(account)
    assert (account["requests"]["useful"], account["requests"]["unusable"]) == (0, 24)
    records = read(Path("qa/one_negatives.json"))["chunks"].values()
    assert all(len(record["raw_replies"]) == 2 for record in records)


def leave_unjudged(server: LLMServer, *names: str) -> None:
    """A first run in which the model says nothing of use about the chunks of these pumps, however it is asked."""
    write_corpus()
    server.configure(faults=[{"fault": "not_json_text", "when": {"contains": name}} for name in names])
    assert qagen(*mine(server)).returncode == 1


def unjudged() -> list[str]:
    return [question for question, one in check_negatives().items() if "unlabelled" in one["flags"]]


CALA = ["What is the pressure limit of the pump Cala?", "How often is the relief valve of the Cala tested?"]


def test_questions_that_nobody_judged_are_asked_about_again_and_nothing_else_is(server: LLMServer) -> None:
    leave_unjudged(server, "The pump Cala")
    before = check_negatives()
    assert unjudged() == CALA
    sent, spent = asked(server), read(Path("qa/one_negatives.json"))["summary"]["input_tokens"]
    shown = qagen("errors").stdout
    assert "no chunk has failed" not in shown
    assert "`qagen mine-negatives`, as it was typed before" in shown
    server.configure(faults=[])
    run = qagen(*mine(server, "--summary-json", "s.json"))
    assert run.returncode == 0, run.stderr
    assert "of 2 questions an earlier run's model judged nothing: they are asked about again" in run.stderr
    assert asked(server) == sent + 1
    found = check_negatives()
    assert unjudged() == []
    for question, one in found.items():
        if question in CALA:
            assert {negative["method"] for negative in one["negatives"]} == {"llm_verified"}
        else:
            assert one == before[question]
    check_account(read(Path("s.json")))
    value = read(Path("qa/one_negatives.json"))
    assert value["summary"]["input_tokens"] > spent
    assert (value["chunks"]["2"]["attempts"], value["chunks"]["2"]["kept"]) == (3, 8)
    assert len(value["chunks"]["2"]["raw_replies"]) == 2
    assert qagen(*mine(server)).returncode == 0
    assert asked(server) == sent + 1


def test_of_a_chunk_only_the_questions_that_nobody_judged_are_asked_about_again(server: LLMServer) -> None:
    leave_unjudged(server, "The pump Cala")
    path = Path("qa/one_negatives.json")
    value = read(path)
    (judged,) = [one for one in value["mined_pairs"] if one["question"] == CALA[0]]
    judged["flags"] = []
    path.write_text(json.dumps(value))
    server.configure(faults=[])
    run = qagen(*mine(server))
    assert run.returncode == 0, run.stderr
    last = server.ledger()[-1].body["messages"][-1]["content"]
    assert CALA[1] in last
    assert CALA[0] not in last
    assert check_negatives()[CALA[0]] == judged


def test_a_model_that_never_manages_is_asked_once_a_run_and_filtered_negatives_stay(server: LLMServer) -> None:
    leave_unjudged(server, "The pump Cala")
    before, sent = check_negatives(), asked(server)
    server.configure(faults=[{"fault": "not_json_text"}])
    for number in (1, 2):
        run = qagen(*mine(server))
        assert run.returncode == 1, run.stderr
        assert "left: 2 questions not judged, to be tried again" in run.stdout
        assert "next: qagen mine-negatives --provider local" in run.stdout
        assert asked(server) == sent + 2 * number
        assert check_negatives() == before
    assert read(Path("qa/one_negatives.json"))["status"] == "completed"


def test_a_chunk_that_fails_when_it_is_asked_about_again_keeps_its_filtered_negatives(server: LLMServer) -> None:
    leave_unjudged(server, "The pump Cala", "The pump Delta")
    before = check_negatives()
    server.configure(faults=[{"fault": "context_length", "when": {"contains": "The pump Cala"}}])
    run = qagen(*mine(server, "--max-concurrent", "1"))
    assert run.returncode == 1, run.stderr
    assert read(Path("qa/one_negatives.json"))["failed_chunks"] == [2]
    found = check_negatives()
    assert [found[question] for question in CALA] == [before[question] for question in CALA]
    server.configure(faults=[])
    assert qagen(*mine(server)).returncode == 0
    assert unjudged() == []


def test_who_wants_no_second_try_pays_nothing_and_hears_that_they_are_not_judged(server: LLMServer) -> None:
    leave_unjudged(server, "The pump Cala")
    sent = asked(server)
    run = qagen(*mine(server, "--no-retry-failed"))
    assert run.returncode == 1, run.stderr
    assert "2 questions not judged, left as they are (--retry-failed asks again)" in run.stdout
    assert "--no-retry-failed" not in run.stdout.partition("next:")[2]
    assert asked(server) == sent


def test_who_stands_before_questions_that_no_model_can_judge_hears_how_to_reach_what_lies_behind(
    server: LLMServer,
) -> None:
    write_document("one", NAMES[:3])
    flags = ("--max-useless", "3", "--max-concurrent", "1")
    server.configure(faults=[{"fault": "not_json_text", "when": {"contains": f"pump {name} "}} for name in NAMES[:3]])
    assert qagen(*mine(server, "--max-useless", "0")).returncode == 1
    write_document("two", NAMES[3:6])
    stuck = qagen(*mine(server, *flags))
    assert stuck.returncode == 4, stuck.stderr
    assert "they are asked about again (--no-retry-failed leaves them)" in stuck.stderr
    run = qagen(*mine(server, *flags, "--no-retry-failed"))
    assert run.returncode == 1, run.stderr
    assert read(Path("qa/two_negatives.json"))["status"] == "completed"


def test_what_was_mined_without_a_model_is_not_asked_about_again(server: LLMServer) -> None:
    write_corpus()
    assert qagen("mine-negatives", "--provider", "none").returncode == 0
    again = qagen("mine-negatives", "--provider", "none")
    assert again.returncode == 0
    assert "nothing to ask" in again.stderr
    assert "nobody judged" not in qagen("errors").stdout


def test_another_model_judges_what_the_first_one_did_not_where_that_is_allowed(server: LLMServer) -> None:
    leave_unjudged(server, "The pump Cala")
    sent = asked(server)
    server.configure(faults=[])
    assert qagen(*mine(server, "--model", "other:7b")).returncode == 2
    assert qagen(*mine(server, "--model", "other:7b", "--accept-changes")).returncode == 0
    assert asked(server) == sent + 1
    assert unjudged() == []


def test_a_model_that_judges_nothing_is_not_paid_for_all_chunks(server: LLMServer) -> None:
    write_corpus()
    server.configure(faults=[{"fault": "not_json_text"}])
    run = qagen(*mine(server, "--max-useless", "3", "--max-concurrent", "1"))
    assert run.returncode == 4, run.stderr
    assert "3 chunks in a row were paid for and brought nothing (3 of no use)" in " ".join(run.stderr.split())
    assert asked(server) == 6


def test_a_reply_that_is_cut_gets_twice_the_room_for_the_rest(server: LLMServer) -> None:
    write_document("one", NAMES[:6])
    assert qagen(*mine(server, "--max-tokens", "120", "--limit", "1", "--max-concurrent", "1")).returncode == 0
    first, second = [entry.body for entry in server.ledger() if entry.marker]
    assert second["options"]["num_predict"] == 2 * first["options"]["num_predict"] == 240
    (record,) = read(Path("qa/one_negatives.json"))["chunks"].values()
    assert (record["status"], record["attempts"]) == ("completed", 2)
    assert [reply["finish"] for reply in record["raw_replies"]] == ["length"]
    check_negatives()


def test_a_chunk_that_the_host_refuses_fails_alone_and_is_asked_again_by_the_next_run(server: LLMServer) -> None:
    write_corpus()
    server.configure(faults=[{"fault": "context_length", "when": {"contains": "Cala"}}])
    run = qagen(*mine(server))
    assert run.returncode == 1, run.stderr
    assert read(Path("qa/one_negatives.json"))["failed_chunks"] == [2]
    assert len(check_negatives()) == 22
    server.configure(faults=[])
    assert qagen(*mine(server)).returncode == 0
    assert len(check_negatives()) == 24
    assert asked(server) == 13


# What the files are


def test_one_chunk_in_all_gives_no_negatives_and_says_so(server: LLMServer) -> None:
    write_document("one", NAMES[:1])
    run = qagen(*mine(server))
    assert run.returncode == 0, run.stderr
    assert "there is one chunk in all" in run.stderr
    found = check_negatives()
    assert [(one["negatives"], one["flags"]) for one in found.values()] == [([], ["negatives_short"])] * 2
    assert asked(server) == 0


def test_pairs_whose_chunk_changed_since_are_flagged_counted_and_said(server: LLMServer) -> None:
    write_corpus()
    path = Path("chunks/one_chunks.json")
    value = read(path)
    value["chunks"][1]["text"] = "This chunk was written anew."
    path.write_text(json.dumps(value))
    run = qagen(*mine(server))
    assert run.returncode == 0, run.stderr
    assert "2 pairs of chunks that are not in their chunk files any more" in run.stderr
    assert "2 chunk_gone" in run.stdout
    found = check_negatives()
    assert found[BRISE]["flags"] == ["chunk_gone"]
    assert asked(server) == 11


def test_a_new_pair_of_a_chunk_is_mined_alone_and_one_that_is_gone_goes_to_the_archive(server: LLMServer) -> None:
    write_corpus()
    assert qagen(*mine(server)).returncode == 0
    qa = read(Path("qa/one_qa.json"))
    gone = qa["training_pairs"].pop(0)
    key = qa["training_pairs"][0]["chunk_key"]
    new = {**gone, "question": "In which hall is the Arno tested?", "answer": "Hall AR", "evidence": ["in hall AR"]}
    new["pair_id"] = identity(new["question"], new["answer"], key)
    before = check_negatives()["How often is the relief valve of the Arno tested?"]
    write_qa("one", [*qa["training_pairs"], new], 6)
    assert qagen(*mine(server)).returncode == 0
    found = check_negatives()
    assert gone["question"] not in found
    assert found["How often is the relief valve of the Arno tested?"] == before
    assert found[new["question"]]["negatives"]
    assert asked(server) == 13
    last = server.ledger()[-1].body["messages"][-1]["content"]
    assert "In which hall" in last
    assert "How often" not in last
    (archived,) = Path("qa/archive").rglob("one_negatives.json*")
    assert [one["question"] for one in read(archived)["mined_pairs"]] == [gone["question"]]


def test_a_damaged_file_is_continued_from_its_backup(server: LLMServer) -> None:
    write_corpus()
    assert qagen(*mine(server, "--max-concurrent", "1")).returncode == 0
    path = Path("qa/one_negatives.json")
    path.write_bytes(path.read_bytes()[:500])
    run = qagen(*mine(server))
    assert run.returncode == 0, run.stderr
    assert "going on from its backup" in run.stderr
    assert len(check_negatives()) == 24
    assert asked(server) == 13
    assert list(Path("qa/quarantine").rglob("one_negatives.json*"))


def test_chunks_that_come_later_are_said_and_change_no_negative(server: LLMServer) -> None:
    write_document("one", NAMES[:6])
    assert qagen(*mine(server)).returncode == 0
    before = read(Path("qa/one_negatives.json"))["mined_pairs"]
    write_document("two", NAMES[6:])
    run = qagen(*mine(server))
    assert run.returncode == 0, run.stderr
    assert "the chunks have changed since the negatives of 1 document were chosen" in " ".join(run.stderr.split())
    assert read(Path("qa/one_negatives.json"))["mined_pairs"] == before
    assert asked(server) == 12


def test_a_document_without_its_chunk_file_is_left_out_by_name(server: LLMServer) -> None:
    write_corpus()
    Path("chunks/one_chunks.json").unlink()
    run = qagen(*mine(server))
    assert run.returncode == 1, run.stderr
    assert "one_qa.json: its chunk file (one_chunks.json) is not in chunks" in run.stderr
    assert len(check_negatives()) == 12


def test_a_pair_of_an_older_tool_finds_its_chunk_by_its_number(server: LLMServer) -> None:
    write_corpus()
    value: dict[str, Any] = read(Path("qa/one_qa.json"))
    for name in ("format", "chunks"):
        del value[name]
    for pair in value["training_pairs"]:
        del pair["pair_id"], pair["chunk_key"]
    Path("qa/one_qa.json").write_text(json.dumps(value))
    run = qagen("mine-negatives", "--provider", "none")
    assert run.returncode == 0, run.stderr
    mined = read(Path("qa/one_negatives.json"))
    assert [len(one["negatives"]) for one in mined["mined_pairs"]] == [4] * 12
    assert "chunk_gone" not in mined["summary"]["flags"]


# What users mistype


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--negatives", "11", "--provider", "none"], "--negatives: input should be less than or equal to 10"),
        (["--candidate", "5"], "--candidates"),
        ([], "--provider none needs neither a key nor a server"),
        (["--provider", "openai"], "to do without a model, use --provider none"),
        (["--provider", "rules"], "it is no language model, so it cannot judge passages"),
    ],
)
def test_a_mistake_is_said_before_anything_is_written(arguments: list[str], says: str) -> None:
    write_corpus()
    run = qagen("mine-negatives", *arguments)
    assert run.returncode == 2
    assert says in " ".join(run.stderr.replace("│", " ").split())
    assert {path.name for path in Path("qa").iterdir()} == {"one_qa.json", "two_qa.json"}


def test_generation_knows_that_it_needs_a_model() -> None:
    write_chunks(Path("chunks"), "a", ["Some text that says something."])
    run = qagen("generate-qa", "--provider", "none")
    assert run.returncode == 2
    assert "only `qagen mine-negatives` can do without a model" in run.stderr


def test_an_empty_folder_is_exit_3_and_says_what_to_do() -> None:
    Path("qa").mkdir()
    run = qagen("mine-negatives", "--provider", "none")
    assert run.returncode == 3
    assert "there is no *_qa.json file in it" in run.stderr


def test_files_without_pairs_are_no_mistake_and_it_is_said() -> None:
    write_document("one", NAMES[:2])
    write_qa("one", [], 2)
    run = qagen("mine-negatives", "--provider", "none")
    assert run.returncode == 0
    assert "there is no pair in the QA files" in run.stderr


@pytest.mark.parametrize(
    ("pairs", "says"),
    [(2, "only what it has gets negatives (2 pairs)"), (0, "it has no pair yet, so nothing is mined")],
)
def test_a_document_that_is_not_finished_does_not_pass_for_done(pairs: int, says: str) -> None:
    write_document("one", NAMES[:2])
    write_qa("one", read(Path("qa/one_qa.json"))["training_pairs"][:pairs], 2)
    path = Path("qa/one_qa.json")
    path.write_text(json.dumps({**read(path), "status": "interrupted"}))
    run = qagen("mine-negatives", "--provider", "none", "--summary-json", "s.json")
    assert run.returncode == 0, run.stderr
    assert f"1 document is not finished (one): {says}" in " ".join(run.stderr.split())
    assert "documents 1: 1 completed; `qagen generate-qa` has not finished 1 of them" in run.stdout
    assert read(Path("s.json"))["unfinished_documents"] == ["one"]


def test_results_that_are_set_aside_are_named_with_their_cost_and_can_be_had_back(server: LLMServer) -> None:
    write_corpus()
    flags, environment = providers(server)["openai"]
    assert qagen("mine-negatives", *flags, **environment).returncode == 0
    before = {path.name: path.read_bytes() for path in Path("qa").glob("*_negatives.json")}
    spent = sum(read(Path("qa") / name)["summary"]["cost_usd"] for name in before)
    server.configure(latency_ms=300)
    arguments = command("mine-negatives", *flags, "--no-resume", "--max-concurrent", "1")
    process = subprocess.Popen(
        arguments, env={**os.environ, **environment}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    server.wait_for(requests=14, timeout_s=30)
    process.send_signal(signal.SIGINT)
    _, heard = process.communicate(timeout=30)
    assert process.returncode == 130
    (archive,) = Path("qa/archive").iterdir()
    assert f"earlier results of 2 documents, which had cost {dollars(spent)}, went to {archive}\n" in heard
    assert "in all runs of these results" in heard
    after = heard.partition("next: ")[2]
    assert "--no-resume" not in after.splitlines()[0]
    assert "without --no-resume, which would set aside what this run made" in after
    (back,) = re.findall(r"stop it, (cp .*), and go on without --no-resume", heard)
    subprocess.run(back, shell=True, check=True)
    assert {path.name: path.read_bytes() for path in Path("qa").glob("*_negatives.json")} == before
    sent = asked(server)
    assert qagen("mine-negatives", *flags, **environment).returncode == 0
    assert asked(server) == sent


def test_who_begins_anew_by_the_environment_is_told_a_command_that_goes_on(server: LLMServer) -> None:
    write_corpus()
    run = qagen(*mine(server, "--limit", "1"), GENERATOR_RESUME="false")
    assert "--resume" in run.stdout.partition("next: ")[2].splitlines()[0]


def test_a_dead_server_is_exit_4_and_leaves_all_chunks_pending() -> None:
    write_corpus()
    run = qagen("mine-negatives", "--provider", "local", "--model", "m", "--ollama-base-url", "http://127.0.0.1:9")
    assert run.returncode == 4, run.stderr
    assert "12 pending" in run.stderr
