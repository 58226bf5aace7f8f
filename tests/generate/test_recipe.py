"""What is asked, and how: question types, language, styles, settings of one document, the prompt as it is shown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from qagen.cli import app
from tests.flow import local, passages, read, write_chunks
from tests.llm_server import LLMServer, marker
from tests.outside import check_file

TEXTS = passages(2)


@pytest.fixture(scope="module")
def process() -> Iterator[LLMServer]:
    with LLMServer() as server:
        yield server


@pytest.fixture
def server(process: LLMServer) -> LLMServer:
    process.reset()
    write_chunks(Path("chunks"), "a", TEXTS)
    write_chunks(Path("chunks"), "b", passages(2, "other"))
    return process


def qagen(*arguments: str | Path, code: int = 0) -> Result:
    """Run the command in this process."""
    result = CliRunner().invoke(app, [str(one) for one in arguments])
    assert result.exit_code == code, result.output
    return result


def asked(server: LLMServer) -> dict[str, dict[str, Any]]:
    """The bodies of the requests, by marker."""
    return {str(entry.marker): entry.body for entry in server.ledger() if entry.marker and entry.body}


def user_text(body: dict[str, Any]) -> str:
    return str(body["messages"][-1]["content"])


def system_text(body: dict[str, Any]) -> str:
    return str(body["messages"][0]["content"])


def test_types_language_and_style_reach_the_model(server: LLMServer) -> None:
    more = ("--question-types", "factual,procedural", "--language", "German", "--style", "exam")
    qagen(*local(server, *more))
    body = asked(server)[marker(TEXTS[0])]
    assert "in German" in system_text(body)
    assert "examiner" in system_text(body)
    assert "factual" in user_text(body)
    assert "comparative" not in user_text(body)
    parameters = read(Path("qa/a_qa.json"))["qa_generation_info"]["parameters"]
    assert parameters["question_types"] == ["factual", "procedural"]
    assert (parameters["language"], parameters["style"]) == ("German", "exam")


def test_documents_in_a_language_that_the_checks_do_not_know_are_named_before_the_run(server: LLMServer) -> None:
    for name, language in (("a", "pl"), ("b", "de"), ("c", "pl")):
        write_chunks(Path("chunks"), name, TEXTS, language)
    shown = " ".join(qagen(*local(server)).stderr.split())
    assert "the language of 2 documents is 'pl', of which the checks know no words: " in shown
    assert "CTX_REF" in shown
    assert "'de'" not in shown
    write_chunks(Path("chunks"), "d", passages(1, "fourth"), "pl")
    assert "know no words" not in qagen(*local(server, "--language", "English", "--accept-changes")).stderr


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (("--question-types", "factual,trivia"), "there is no question type 'trivia'. Known: factual, definition"),
        (("--style", "poem"), "there is no style 'poem'. Known: exam, chat"),
    ],
)
def test_an_unknown_type_or_style_is_refused_before_anything_is_asked(
    more: tuple[str, ...], says: str, server: LLMServer
) -> None:
    result = qagen(*local(server, *more), code=2)
    assert says in result.stderr
    assert asked(server) == {}


def test_what_can_be_repeated_counts_from_the_environment_unless_it_is_given(
    server: LLMServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GENERATOR_QUESTION_TYPES", "trivia")
    assert "there is no question type 'trivia'" in qagen(*local(server), code=2).stderr
    qagen(*local(server, "--question-types", "factual"))


def test_another_style_is_a_change_of_parameters(server: LLMServer) -> None:
    qagen(*local(server, "--limit", "1"))
    refused = qagen(*local(server, "--style", "chat"), code=2)
    assert "style: none -> chat" in refused.stderr


@pytest.mark.parametrize("place", ["chunks", "prompts"])
def test_a_document_may_have_settings_of_its_own(place: str, server: LLMServer) -> None:
    Path(place).mkdir(exist_ok=True)
    own = 'questions_per_chunk = 2\nstyle = "support"\nextra_instructions = "Name the pump."\n'
    Path(place, "a.qagen.toml").write_text(own)
    more = ("--prompts-dir", "prompts") if place == "prompts" else ()
    qagen(*local(server, "--questions-per-chunk", "4", *more))
    bodies = asked(server)
    assert "up to 2 question" in user_text(bodies[marker(TEXTS[0])])
    assert "Name the pump." in system_text(bodies[marker(TEXTS[0])])
    other = next(body for mark, body in bodies.items() if mark not in map(marker, TEXTS))
    assert "up to 4 question" in user_text(other)
    assert "Name the pump." not in system_text(other)
    a, b = (check_file(Path(f"qa/{name}_qa.json"))["qa_generation_info"] for name in "ab")
    assert (a["questions_per_chunk"], b["questions_per_chunk"]) == (2, 4)
    assert a["fingerprint"] != b["fingerprint"]
    again = qagen(*local(server, "--questions-per-chunk", "4", *more))
    assert "nothing to ask" in again.stderr + again.stdout


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("questions = 2", "there is no setting 'questions' for a document. Known: questions_per_chunk"),
        ("questions_per_chunk = 0", "questions_per_chunk: input should be greater than or equal to 1"),
        ("style = ", "it is no TOML"),
        ('question_types = ["trivia"]', "a.qagen.toml: question_types: there is no question type 'trivia'"),
        ('prompt_template = "no place for text"', "it has no $passage"),
    ],
)
def test_wrong_settings_of_a_document_are_refused_at_the_start(text: str, says: str, server: LLMServer) -> None:
    Path("chunks/a.qagen.toml").write_text(text)
    result = qagen(*local(server), code=2)
    assert says in result.stderr
    assert asked(server) == {}


def test_chunking_takes_the_settings_beside_a_document_along(server: LLMServer) -> None:
    Path("docs").mkdir()
    Path("docs/pump.md").write_text("# Pump\n\nThe valve opens at 12 bar.\n")
    Path("docs/pump.qagen.toml").write_text("questions_per_chunk = 3\n")
    result = qagen("chunk", "docs", "--chunks-dir", "cut")
    assert "pump.qagen" not in result.stdout + result.stderr
    assert Path("cut/pump.qagen.toml").read_text() == "questions_per_chunk = 3\n"


def test_the_prompt_is_shown_word_by_word_and_nothing_is_asked(server: LLMServer) -> None:
    text = "The relief valve opens at 12 bar. " * 30
    Path("long.md").write_text(text)
    qagen("chunk", "long.md", "--chunks-dir", "long", "--chunk-size", "400")
    result = qagen(*local(server, "--chunks-dir", "long", "--show-prompt"))
    assert "You write question-answer pairs" in result.stdout
    assert "<context-" in result.stdout
    assert "<passage-" in result.stdout
    assert result.stdout.index("</context-") < result.stdout.index("<passage-")
    assert "model: qwen3:14b" in result.stdout
    assert asked(server) == {}
    assert not Path("qa").exists()


def test_several_languages_without_a_pack_are_named_in_one_line(server: LLMServer) -> None:
    for name, language in (("x", "lij"), ("y", "scn"), ("z", "scn")):
        write_chunks(Path("far"), name, passages(1, name), language)
    result = qagen(*local(server, "--chunks-dir", "far"))
    (line,) = [line for line in result.stderr.splitlines() if "know no words" in line]
    assert line.startswith("note: the languages of 3 documents are 'lij' (1), 'scn' (2), of which the checks know")


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--provider", "openai"),
        ("--provider", "claude"),
        ("--provider", "compatible"),
        ("--provider", "compatible", "--base-url", "not an address"),
        ("--provider", "groq", "--api-key-file", "nowhere"),
        ("--provider", "local"),
    ],
)
def test_the_prompt_is_shown_without_a_key_an_address_a_server_and_a_model(arguments: tuple[str, ...]) -> None:
    write_chunks(Path("chunks"), "a", TEXTS)
    result = qagen("generate-qa", *arguments, "--show-prompt")
    assert "You write question-answer pairs" in result.stdout
    assert "reply schema" in result.stdout
    assert ("no provider is set yet" in result.stderr) == (not arguments)
    assert not Path("qa").exists()


def test_a_prompt_that_is_never_sent_is_called_that() -> None:
    write_chunks(Path("chunks"), "a", TEXTS)
    result = qagen("generate-qa", "--provider", "rules", "--show-prompt")
    assert "with --provider rules this is never sent to anybody" in result.stderr
    assert "You write question-answer pairs" in result.stdout


def test_the_prompt_is_shown_for_the_first_chunk_that_is_not_blank() -> None:
    write_chunks(Path("blank"), "a", [" \n", "\n"])
    write_chunks(Path("blank"), "b", [" \n", "The valve opens at 12 bar."])
    result = qagen("generate-qa", "--provider", "openai", "--chunks-dir", "blank", "--show-prompt")
    assert "user: b, chunk b-1" in result.stdout
    assert "The valve opens at 12 bar." in result.stdout


def test_a_prompt_that_was_changed_is_shown_before_anybody_accepts_it(server: LLMServer) -> None:
    qagen(*local(server))
    result = qagen(*local(server, "--extra-instructions", "Name the pump.", "--show-prompt"))
    assert "Name the pump." in result.stdout


# A second round


def bad_reply(text: str) -> str:
    """Five pairs, four of which quote what is nowhere."""
    quote = text.split(".")[0]
    pair = {"question_type": "factual", "answer": f"It says {quote}."}
    good = [{**pair, "evidence": [quote], "question": f"What is said of {quote}?"}]
    bad = [
        {**pair, "evidence": [f"The moon is made of cheese number {n}"], "question": f"What is number {n} made of?"}
        for n in range(4)
    ]
    return json.dumps({"skip_reason": None, "pairs": good + bad})


def with_bad_first_reply(server: LLMServer) -> None:
    message = {"role": "assistant", "content": bad_reply(TEXTS[0])}
    body = {"model": "m", "message": message, "done": True, "done_reason": "stop", "eval_count": 5}
    fault = {"fault": "status", "status": 200, "body": json.dumps(body), "content_type": "application/json"}
    server.configure(faults=[{**fault, "when": {"nth": [1]}}])


def test_where_checks_refuse_most_pairs_the_model_is_asked_once_more(server: LLMServer) -> None:
    with_bad_first_reply(server)
    qagen(*local(server, "--limit", "1", "--max-concurrent", "1", "--summary-json", "s.json"))
    first, second = [entry.body for entry in server.ledger() if entry.marker and entry.body]
    assert user_text(second).startswith(user_text(first))
    added = user_text(second).removeprefix(user_text(first))
    assert "What is number 0 made of?" in added
    assert "up to 4 further pairs" in added
    record = check_file(Path("qa/a_qa.json"))["chunks"]["0"]
    assert record["attempts"] == 2
    assert record["kept"] >= 2
    assert record["rejected"]["EV_NOT_FOUND"] == 4
    assert record["raw_replies"][0]["text"] == bad_reply(TEXTS[0])
    assert read(Path("s.json"))["requests"]["useful"] == 2


def test_the_second_round_can_be_left_out(server: LLMServer) -> None:
    with_bad_first_reply(server)
    qagen(*local(server, "--limit", "1", "--max-concurrent", "1", "--no-corrective-retry"))
    assert len(asked(server)) == 1
    assert check_file(Path("qa/a_qa.json"))["chunks"]["0"]["kept"] == 1
