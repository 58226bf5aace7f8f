"""How far each document is."""

from __future__ import annotations

from pathlib import Path

import pytest

from qagen import overview, state
from qagen.cli import status_report
from qagen.errors import DataError
from qagen.formats import ChunkError, ChunkFile, ChunkRecord, GenerationInfo, encode, seal_blocks
from qagen.llm.prices import Price
from qagen.overview import Mining, Row
from qagen.spending import Spent
from qagen.state import Entry
from tests.builders import chunk_file_of, completed, qa_value, write_json

CORES = ["Alpha opens. ", "Beta closes. ", "Gamma turns. "]
CHUNKS, QA = Path("chunks"), Path("qa")


def save_chunks(name: str, cores: list[str]) -> ChunkFile:
    CHUNKS.mkdir(exist_ok=True)
    chunk_file = chunk_file_of(cores)
    (CHUNKS / f"{name}_chunks.json").write_bytes(encode(chunk_file.model_dump(mode="json")))
    return chunk_file


def save_qa(name: str, chunk_file: ChunkFile, kinds: str, price: Price | None = None) -> None:
    """One letter a chunk: c(ompleted), f(ailed), or - for pending."""
    QA.mkdir(exist_ok=True)
    path = QA / f"{name}_qa.json"
    document = state.start(chunk_file, f"{name}_chunks.json", GenerationInfo(model="m"), path, price)
    for at, kind in enumerate(kinds):
        key = document.keys[at]
        if kind == "c":
            document.remember(at, completed(chunk_file.chunks[at], key, f"Q {at}?", f"R {at}?"))
        if kind == "f":
            error = ChunkError(type="refused", message="no")
            document.remember(at, Entry(ChunkRecord(chunk_key=key, status="failed", error=error)))
    path.write_bytes(b"".join(seal_blocks(document.encode())))


def test_a_document_that_was_not_begun_has_its_chunks_pending() -> None:
    save_chunks("a", CORES)

    assert overview.rows(CHUNKS, QA) == [Row("a", "not begun", chunks=3, pending=3)]


def test_chunks_are_completed_failed_or_pending() -> None:
    save_qa("a", save_chunks("a", CORES), "cf-", Price(1.0, 10.0, 0.5))

    (row,) = overview.rows(CHUNKS, QA)
    assert (row.status, row.chunks, row.completed, row.failed, row.pending, row.pairs) == ("in_progress", 3, 1, 1, 1, 2)
    assert (row.input_tokens, row.output_tokens) == (100, 10)
    assert row.cost_usd == pytest.approx((60 + 40 * 0.5 + 100) / 1_000_000)


def test_a_finished_document_whose_text_changed_says_so() -> None:
    save_qa("a", save_chunks("a", CORES), "ccc")
    assert [row.status for row in overview.rows(CHUNKS, QA)] == ["completed"]
    save_chunks("a", [CORES[0], "Beta closes slowly. ", CORES[2]])

    (row,) = overview.rows(CHUNKS, QA)
    assert (row.status, row.completed, row.pending, row.pairs) == ("changed since", 2, 1, 4)


def test_a_qa_file_without_its_chunk_file_counts_by_itself() -> None:
    write_json(QA / "old_qa.json", qa_value("old", ["Q?"], summary={"total_chunks": 9, "completed_chunks": 4}))
    write_json(QA / "older_qa.json", {"status": "completed", "completed_chunks": [0, 1], "training_pairs": []})

    old, older = overview.rows(CHUNKS, QA)
    assert (old.name, old.chunks, old.completed, old.pending, old.pairs) == ("old", 9, 4, 5, 1)
    assert (older.name, older.chunks, older.completed, older.pending) == ("older", 2, 2, 0)


def test_documents_stand_in_the_order_of_their_names() -> None:
    save_chunks("c", CORES)
    save_chunks("a", CORES)
    write_json(QA / "b_qa.json", qa_value("b", ["Q?"]))

    assert [row.name for row in overview.rows(CHUNKS, QA)] == ["a", "b", "c"]


def test_an_unreadable_file_is_one_row_and_the_others_are_shown() -> None:
    save_chunks("a", CORES)
    (CHUNKS / "b_chunks.json").write_text("{")
    save_chunks("c", CORES)
    QA.mkdir()
    (QA / "c_qa.json").write_text("no json")

    a, b, c = overview.rows(CHUNKS, QA)
    assert (a.status, a.problem) == ("not begun", None)
    assert (b.status, c.status) == ("unreadable", "unreadable")
    assert "b_chunks.json: it is not JSON" in str(b.problem)
    assert "c_qa.json: it is not JSON" in str(c.problem)


def test_a_file_of_another_document_names_the_file_it_stands_in() -> None:
    save_qa("a", save_chunks("a", CORES), "ccc")
    (QA / "a_qa.json").rename(QA / "b_qa.json")
    save_chunks("b", ["Quite another text. "])

    row = overview.rows(CHUNKS, QA)[1]
    assert row.status == "unreadable"
    assert "b_qa.json" in str(row.problem)
    assert "belongs to another document" in str(row.problem)


def test_neither_chunk_files_nor_qa_files_are_an_error_that_names_both_folders() -> None:
    with pytest.raises(DataError, match="no chunk files in chunks and no QA files in qa"):
        overview.rows(CHUNKS, QA)


def test_nothing_is_written() -> None:
    save_qa("a", save_chunks("a", CORES), "c--")
    before = sorted((str(path), path.stat().st_mtime_ns) for path in Path().rglob("*"))
    overview.rows(CHUNKS, QA)

    assert sorted((str(path), path.stat().st_mtime_ns) for path in Path().rglob("*")) == before


def test_the_total_is_the_sum_of_all_rows() -> None:
    one = Row("a", "completed", 3, 2, 1, 0, 5, 100, 10, 0.5)
    two = Row("b", "in_progress", 4, 1, 0, 3, 2, 50, 5, 0.25)

    assert overview.total([one, two]) == Row("all", "", 7, 3, 1, 3, 7, 150, 15, 0.75)
    assert overview.total([]) == Row("all", "")


def test_the_cost_of_all_is_unknown_where_that_of_any_row_is_that_used_tokens() -> None:
    known = Row("a", "completed", input_tokens=100, output_tokens=10, cost_usd=0.5)
    unknown = Row("b", "completed", input_tokens=50, output_tokens=5)
    free, not_begun = Row("c", "completed", cost_usd=0.0), Row("d", "not begun")

    assert overview.total([known, unknown]).cost_usd is None
    assert overview.total([unknown, free]).cost_usd is None
    assert overview.total([known, free, not_begun]).cost_usd == 0.5
    assert overview.total([not_begun]).cost_usd is None


def test_the_cost_of_all_negatives_is_unknown_where_that_of_any_document_is_that_used_tokens() -> None:
    def mined(name: str, used: int, cost: float | None) -> Row:
        return Row(name, "completed", mining=Mining("completed", input_tokens=used, cost_usd=cost))

    total = overview.total([mined("a", 9, None), mined("b", 0, 0.0)]).mining
    assert total is not None
    assert total.cost_usd is None
    total = overview.total([mined("a", 9, 0.5), mined("b", 0, 0.0)]).mining
    assert total is not None
    assert total.cost_usd == 0.5


def test_a_row_is_json_with_the_names_of_its_fields() -> None:
    assert Row("a", "completed", chunks=2).as_dict()["chunks"] == 2
    assert set(Row("a", "completed").as_dict()) == {
        "name",
        "status",
        "chunks",
        "completed",
        "failed",
        "pending",
        "pairs",
        "input_tokens",
        "output_tokens",
        "cost_usd",
        "problem",
        "mining",
    }


def test_the_json_of_all_has_the_documents_their_total_and_the_embeddings_without_dust() -> None:
    rows = [Row("a", "completed", cost_usd=0.1), Row("b", "completed", cost_usd=0.2)]
    value = overview.as_dict(rows, {"local/m": Spent(1, 2, 0.1 + 0.2)})
    assert [row["name"] for row in value["documents"]] == ["a", "b"]
    assert (value["total"]["name"], value["total"]["cost_usd"]) == ("all", 0.3)
    assert value["embeddings"] == {"local/m": {"requests": 1, "input_tokens": 2, "cost_usd": 0.3}}


def test_money_of_negatives_whose_pairs_are_gone_has_a_row_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    def mined(name: str, pairs: int, cost: float) -> Row:
        return Row(name, "completed", pairs=pairs, mining=Mining("completed", input_tokens=9, cost_usd=cost))

    status_report.show([mined("travel", 2, 0.25), mined("gone", 0, 0.5), Row("no-pairs", "completed")], {})
    _, _, listed = capsys.readouterr().out.partition("Negatives")
    assert [line.split()[-1] for line in listed.splitlines() if "$" in line] == ["$0.2500", "$0.5000", "$0.7500"]
    assert "no-pairs" not in listed
    status_report.show([mined("gone", 0, 0.5)], {})
    assert "gone" in capsys.readouterr().out.partition("Negatives")[2]
