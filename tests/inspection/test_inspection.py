"""`qagen check`: any file with questions and answers, and nothing in it disappears."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from qagen.cli import app
from qagen.errors import UsageError
from qagen.files import reading
from qagen.inspection import Condition, Fields, inspect
from tests.dataset.given import combine, pair, qa
from tests.flow import read

GOOD = {
    "question": "At what pressure does the relief valve of the KP-40 pump open?",
    "answer": "The relief valve of the KP-40 pump opens at a pressure of 12 bar.",
    "context": "The relief valve of the KP-40 pump opens at a pressure of 12 bar. It closes at 10 bar.",
}
BAD = {
    "question": "According to the passage, what does the text say about the valve?",
    "answer": "I cannot answer this, as it is not mentioned in the passage.",
    "context": GOOD["context"],
}


def check(*arguments: str, code: int = 0) -> Result:
    result = CliRunner().invoke(app, ["check", *arguments])
    assert result.exit_code == code, result.output
    return result


def lines(path: str, *rows: Any) -> str:
    Path(path).write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_foreign_pairs_are_checked_and_listed_by_code_with_an_example() -> None:
    result = check(lines("data.jsonl", GOOD, BAD))
    assert "CTX_REF" in result.stdout
    assert "REFUSAL" in result.stdout
    assert "Q: According to the passage" in result.stdout
    assert "2 pairs: 1 error, 1 clean" in result.stdout


@pytest.mark.parametrize(
    "row",
    [
        {"instruction": GOOD["question"], "output": GOOD["answer"]},
        {"query": GOOD["question"], "response": GOOD["answer"]},
        {"messages": [{"role": "user", "content": GOOD["question"]}, {"role": "assistant", "content": GOOD["answer"]}]},
        {"conversations": [{"from": "human", "value": GOOD["question"]}, {"from": "gpt", "value": GOOD["answer"]}]},
    ],
)
def test_rows_of_known_tools_need_no_flag(row: dict[str, Any]) -> None:
    value = json.loads(check(lines("data.jsonl", row), "--json").stdout)
    assert (value["pairs"], value["levels"]) == (1, {"clean": 1})


def test_fields_can_be_named_also_inside_others() -> None:
    row = {"q": {"text": GOOD["question"]}, "a": GOOD["answer"], "from": "Something about quite another matter."}
    arguments = ("--question-field", "q.text", "--answer-field", "a", "--passage-field", "from", "--json")
    value = json.loads(check(lines("data.jsonl", row), *arguments).stdout)
    assert value["counts"]["A_NUMBER"] == 1


def test_without_a_passage_it_is_said_what_could_not_be_checked() -> None:
    row = {"question": GOOD["question"], "answer": GOOD["answer"]}
    result = check(lines("data.jsonl", row))
    assert "not checked" in result.stdout
    assert "A_NUMBER" in result.stdout
    assert "the passage is not known" in result.stdout


def test_a_json_file_may_be_a_list_or_hold_one() -> None:
    Path("list.json").write_text(json.dumps([GOOD]))
    Path("inside.json").write_text(json.dumps({"version": 1, "data": [GOOD]}))
    value = json.loads(check("list.json", "inside.json", "--json").stdout)
    assert value["pairs"] == 2


def test_what_is_no_pair_is_named_and_ends_with_1() -> None:
    bad = ['{"question": "broken', "[1, 2]", json.dumps({"question": ["a", "list"], "answer": "x"}), '{"a": 1}']
    Path("data.jsonl").write_text("\n".join([json.dumps(GOOD), *bad]))
    result = check("data.jsonl", code=1)
    assert "data.jsonl: line 2: it is not JSON" in result.stderr
    assert "data.jsonl: line 3: it is no object but list" in result.stderr
    assert "data.jsonl: line 4: the question: it is list, not text" in result.stderr
    assert "data.jsonl: line 5: the question: there is none (--question-field names its field)" in result.stderr
    assert "1 pair" in result.stdout


@pytest.mark.parametrize("content", ["", "not json", "[]", '{"a": 1}'])
def test_a_file_without_pairs_alone_is_unusable_input(content: str) -> None:
    Path("data.json").write_text(content)
    check("data.json", code=3)


def test_odd_characters_and_long_answers_stop_nothing() -> None:
    rows = [
        {**GOOD, "answer": "x" * 100_000},
        {**GOOD, "question": "NUL \0 and more?", "answer": "half \ud83d of it"},
        {"question": "", "answer": ""},
    ]
    value = json.loads(check(lines("data.jsonl", *rows), "--json").stdout)
    assert value["pairs"] == 3
    assert value["counts"]["Q_EMPTY"] == 1


def test_many_equal_questions_are_counted_once_each() -> None:
    value = json.loads(check(lines("data.jsonl", *[GOOD] * 2000), "--json").stdout)
    assert value["counts"]["DUP_EXACT"] == 1999
    assert value["levels"] == {"warn": 1999, "clean": 1}


def test_contradicting_answers_are_found() -> None:
    other = {**GOOD, "answer": "The relief valve of the KP-40 pump opens at a pressure of 99 bar.", "context": None}
    value = json.loads(check(lines("data.jsonl", {**GOOD, "context": None}, other), "--json").stdout)
    assert value["counts"]["CONFLICT"] == value["levels"]["warn"] == 2


def test_a_dataset_of_ours_is_gone_through_line_by_line(monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = Path("training_data.json")
    combine(qa("a", pair(GOOD["question"], GOOD["answer"]), pair(BAD["question"], BAD["answer"])), output=dataset)
    monkeypatch.setattr(reading, "MOST_BYTES", dataset.stat().st_size - 1)
    assert json.loads(check(str(dataset), "--json").stdout)["pairs"] == 2


def test_a_dataset_that_was_cut_is_named() -> None:
    dataset = Path("training_data.json")
    combine(qa("a", pair(GOOD["question"], GOOD["answer"])), output=dataset)
    dataset.write_bytes(dataset.read_bytes()[:-6])
    assert "training_data.json: after row 1: its end is missing" in check(str(dataset), code=1).stderr


def test_pairs_with_errors_are_written_with_their_codes() -> None:
    check(lines("data.jsonl", GOOD, BAD), "--rejects", "bad.jsonl")
    (row,) = [json.loads(line) for line in Path("bad.jsonl").read_text().splitlines()]
    assert row["row"] == BAD
    assert "CTX_REF" in row["checks"]
    assert row["place"] == "data.jsonl: line 2"


@pytest.mark.parametrize(
    ("condition", "code"),
    [("error>0", 1), ("error>1", 0), ("ERROR>=50%", 1), ("error>50%", 0), ("CTX_REF=1", 1), ("ctx_ref>1", 0)],
)
def test_conditions_decide_about_the_exit_code(condition: str, code: int) -> None:
    result = check(lines("data.jsonl", GOOD, BAD), "--fail-if", condition, code=code)
    assert (f"--fail-if {condition}: it is so" in result.stderr) == bool(code)


@pytest.mark.parametrize("text", ["error", "error>", "> 5", "NO_SUCH>1", "error<1"])
def test_a_condition_that_is_none_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError, match="--fail-if"):
        Condition.parse(text, {"error"})


def test_the_nearest_name_is_named_where_there_is_none_of_that_name() -> None:
    with pytest.raises(
        UsageError, match="there is no level or code 'ctx_raf'; did you mean CTX_REF\\? Known: CTX_REF, warn"
    ):
        Condition.parse("ctx_raf>1", {"warn", "CTX_REF"})


def test_our_own_files_are_checked_with_their_passages() -> None:
    Path("doc.md").write_text("# Pump\n\n" + "The relief valve opens at 12 bar and closes at 10 bar. " * 8)
    runner = CliRunner()
    assert runner.invoke(app, ["chunk", "doc.md"]).exit_code == 0
    assert runner.invoke(app, ["generate-qa", "--provider", "rules"]).exit_code == 0
    value = read(Path("qa/doc_qa.json"))
    pair = value["training_pairs"][0]
    pair["answer"] = "It opens at 77 bar."
    Path("qa/doc_qa.json").write_text(json.dumps(value))
    found = inspect([Path("qa/doc_qa.json")], Fields(), Path("chunks"))
    assert found.pairs == len(value["training_pairs"])
    assert found.counts["A_NUMBER"] + found.counts["A_NUMBER_DERIVED"] >= 1
