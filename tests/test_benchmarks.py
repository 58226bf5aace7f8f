"""The benchmarks measure what they say they do. Nothing here depends on how fast anything is."""

from __future__ import annotations

import json
import sys
import urllib.request
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import __main__ as suite
from benchmarks import corpus, findings, growth, measuring, mock_llm, plots, results
from benchmarks.bench import Bench, generate
from benchmarks.findings import PART, PERCENT, TIMES, Finding, Goal
from benchmarks.growth import Curve, Point
from benchmarks.rows import large_document
from qagen import checks, pairs
from qagen.formats import Chunk, DocumentInfo
from tests.flow import read


@pytest.fixture(scope="module")
def server() -> Iterator[mock_llm.Server]:
    with mock_llm.serving() as running:
        yield running


def _post(server: mock_llm.Server, path: str, text: str) -> dict[str, object]:
    request = urllib.request.Request(server.url + path, json.dumps({"messages": [{"content": text}]}).encode())
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=10) as response:
        value: dict[str, object] = json.loads(response.read())
        return value


# The server


def test_a_reply_is_about_the_chunk_and_passes_every_check(server: mock_llm.Server) -> None:
    text = corpus.text(4711)
    answer: dict[str, list[dict[str, dict[str, str]]]] = _post(server, "/v1/chat/completions", text)  # type: ignore[assignment]
    reading = pairs.read(answer["choices"][0]["message"]["content"])
    chunk = Chunk(chunk_index=0, chunk_id="d-0", text=text, start_char=0, end_char=len(text), core_start=0)
    document = DocumentInfo(
        file_name="d.md", source_file="d.md", file_type=".md", title="Service manual", language="en"
    )
    built = pairs.build(reading.drafts, chunk, "0" * 64, document, model="mock", kind="llm")
    kept, rejected = checks.check(built, chunk, document=document, finish="stop", prompt="", translated=False)
    assert len(kept) == 5
    assert rejected == []
    assert [pair.checks for pair in kept] == [[]] * 5
    assert all(match is not None for one in built for match in one.matches)
    assert "K0004711" in kept[0].question


def test_both_dialects_answer_alike(server: mock_llm.Server) -> None:
    openai: dict[str, list[dict[str, object]]] = _post(server, "/v1/chat/completions", corpus.text(7))  # type: ignore[assignment]
    ollama = _post(server, "/api/chat", corpus.text(7))
    assert openai["choices"][0]["message"] == {**ollama["message"], "refusal": None}  # type: ignore[dict-item]


def test_requests_and_connections_are_counted() -> None:
    with mock_llm.serving() as server:
        for _ in range(3):
            _post(server, "/v1/chat/completions", corpus.text(1))
        stats = server.stats()
    assert (stats.requests, stats.connections, stats.most_open) == (3, 3, 1)


def test_a_request_in_pieces_is_answered_once_it_is_whole() -> None:
    body = json.dumps({"messages": [{"content": corpus.text(12)}]}).encode()
    whole = b"POST /v1/chat/completions HTTP/1.1\r\ncontent-length: %d\r\n\r\n" % len(body) + body
    assert mock_llm._content_length(whole.partition(b"\r\n\r\n")[0]) == len(body)
    assert b"K0000012" in mock_llm.answer(b"POST /v1/chat/completions", whole, len(whole) - len(body), len(whole))


# Measuring


def test_a_run_says_what_the_whole_tree_cost(tmp_path: Path) -> None:
    child = "import time\nend = time.process_time() + 0.2\nwhile time.process_time() < end: pass"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}]); print('done')"
    cost = measuring.run([sys.executable, "-c", parent], tmp_path)
    assert cost.cpu_s >= 0.2
    assert cost.peak_mb > 1
    assert cost.out == "done\n"


def test_a_command_that_fails_is_no_measurement(tmp_path: Path) -> None:
    with pytest.raises(measuring.CommandFailed, match="3"):
        measuring.run([sys.executable, "-c", "raise SystemExit(3)"], tmp_path)


def test_subjects_take_turns() -> None:
    order: list[str] = []

    def subject(name: str, *cpu: float) -> measuring.Cost:
        order.append(name)
        return measuring.Cost(cpu[order.count(name) - 1], 1.0, 1.0)

    costs = measuring.in_turn(lambda: subject("a", 5, 1, 3), lambda: subject("b", 2, 2, 9), runs=3)
    assert order == ["a", "b"] * 3
    assert [cost.cpu_s for cost in costs] == [3, 2]


# Rows


def test_every_row_has_its_module_and_says_its_goal() -> None:
    for row, name in suite.ROWS.items():
        text = (Path(suite.__file__).parent / "rows" / f"{name}.py").read_text(encoding="utf-8")
        assert text.startswith(f'"""{row}: ')


def test_a_generation_asks_about_each_chunk_once(tmp_path: Path, server: mock_llm.Server) -> None:
    corpus.write_chunks(tmp_path / "chunks", 2, 10)
    cost = generate(tmp_path, server, chunks=20, in_flight=8)
    assert cost.cpu_s > 0


def test_at_one_in_flight_each_chunk_has_a_write_of_its_own(tmp_path: Path, server: mock_llm.Server) -> None:
    corpus.write_chunks(tmp_path / "chunks", 1, 6)
    figures = large_document.watch(tmp_path, server, 6, in_flight=1).figures
    assert figures.chunks == 6
    assert figures.writes >= 6
    assert figures.most_in_a_write == 1
    assert figures.longest_wait_s > 0
    assert figures.naive_bytes == figures.largest_write * 7 / 2


def test_a_row_that_fails_is_a_line_of_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Bench) -> Iterator[Finding]:
        yield Finding("P1", "one", 1.0)
        raise measuring.CommandFailed("qagen: 3\nand more")

    monkeypatch.setattr("benchmarks.rows.cpu_per_chunk.measure", fail)
    lines = list(suite.measured("P1", Bench()))
    assert [line.verdict for line in lines] == ["reported", "not run"]
    assert lines[1].cells()[6] == "not run: a command failed; what it said stands above the table"


# The table


@pytest.mark.parametrize(
    ("figure", "goal", "verdict"),
    [
        (0.2, Goal(1 / 3), "pass"),
        (0.4, Goal(1 / 3), "short"),
        (0.2, Goal(0.15, at_least=True), "pass"),
        (0.1, Goal(0.15, at_least=True), "short"),
        (0.1, None, "reported"),
        (None, Goal(1), "not run"),
    ],
)
def test_the_verdict_follows_from_figure_and_goal(figure: float | None, goal: Goal | None, verdict: str) -> None:
    assert Finding("P1", "what", figure, goal=goal).verdict == verdict


def test_figures_are_written_as_the_goals_are() -> None:
    assert PART(0.175) == "1/5.7"
    assert PART(1 / 25) == "1/25"
    assert PART(1.8) == "1.80x"
    assert PERCENT(0.176) == "17.6 %"
    assert TIMES(1.034) == "1.03x"


def test_the_table_is_one_line_a_finding() -> None:
    lines = [
        Finding("P3", "rate", 0.2, PERCENT, Goal(0.15, True), "100/s", "20/s"),
        findings.not_run("P2", "kit", "gone"),
    ]
    text = findings.plain(findings.HEADINGS, (line.cells() for line in lines))
    assert text.splitlines()[1].split() == "P3 rate 100/s 20/s 20 % >= 15 % pass".split()
    assert text.splitlines()[2].split() == "P2 kit not run: gone".split()


def test_a_figure_at_the_edge_is_not_rounded_into_its_goal() -> None:
    assert Finding("P6", "wall", 1.0301, goal=Goal(1.03)).verdict == "short"


# Growth


def _curve(cpu: list[float]) -> Curve:
    sizes = (100, 1000, 10_000)
    points = (Point(size, size, 2 * cpu_s, cpu_s, 60.0, 900.0) for size, cpu_s in zip(sizes, cpu, strict=True))
    return Curve("chunks", "chunks in a document", "chunk", tuple(points))


def test_start_up_hides_no_superlinear_cost() -> None:
    linear, square = _curve([1.1, 2.0, 11.0]), _curve([1.001, 1.1, 11.0])
    assert linear.further == pytest.approx(1.0)
    assert linear.verdict().endswith("linear.")
    assert "superlinear" not in linear.verdict()
    assert square.ratio < 1
    assert square.verdict().endswith("superlinear.")


def test_a_picture_is_xml_and_holds_every_point() -> None:
    picture = ET.fromstring(plots.svg(_curve([1.1, 2.0, 11.0])))  # our own output
    assert len(picture.findall(".//{*}circle")) == 3 * 4
    texts = ["".join(node.itertext()) for node in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert {"time, seconds", "peak memory, MB", "chunks in a document", "10,000"} <= set(texts)


def test_the_results_hold_tables_machine_and_pictures(tmp_path: Path) -> None:
    lines = [Finding("P1", "CPU", 0.2, PART, Goal(1 / 3), "5 ms", "1 ms")]
    curve = _curve([1.1, 2.0, 11.0])
    text = results.text(lines, [curve], {"Python": "CPython 3.11"})
    suite.write(tmp_path, text, [curve])
    written = (tmp_path / "RESULTS.md").read_text(encoding="utf-8")
    assert "| P1 | CPU | 5 ms | 1 ms | 1/5 | <= 1/3 | pass |  |" in written
    assert "- Python: CPython 3.11" in written
    assert "(growth_chunks.svg)" in written
    assert (tmp_path / "growth_chunks.svg").exists()


def test_growth_says_what_a_unit_costs() -> None:
    line = next(iter(growth.rows(_curve([1.1, 2.0, 11.0]))))
    assert line[:3] == ("chunks in a document", "100", "2.20 s")
    assert "11,000 us a chunk" in line


def test_chunk_files_are_read_by_the_program(tmp_path: Path) -> None:
    folder = corpus.write_chunks(tmp_path / "chunks", 2, 3)
    chunks = [chunk for path in sorted(folder.iterdir()) for chunk in read(path)["chunks"]]
    assert len({chunk["text"] for chunk in chunks}) == 6
    assert all(chunk["end_char"] - chunk["start_char"] == len(chunk["text"]) for chunk in chunks)
