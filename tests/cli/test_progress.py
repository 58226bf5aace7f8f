"""A run while it runs: what the live lines and the plain ones say, and what is said first."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from qagen import generate, runs
from qagen.cli import app
from qagen.cli.live_line import live_line
from qagen.cli.progress import RunDisplay
from qagen.llm.limits import Traffic
from qagen.llm.meter import Meter
from qagen.llm.types import Usage
from qagen.pump import DocumentClosed, Stopping, Tally
from qagen.settings import Settings
from qagen.state import Counts
from tests.flow import local, passages, write_chunks
from tests.llm_server import LLMServer


@pytest.fixture(scope="module")
def process() -> Iterator[LLMServer]:
    with LLMServer() as server:
        yield server


@pytest.fixture
def server(process: LLMServer) -> LLMServer:
    process.reset()
    return process


def started(width: int = 160) -> tuple[RunDisplay, runs.Live, Console]:
    """The display of a run over three documents of four chunks, on a terminal that is a text."""
    for name in "abc":
        write_chunks(Path("chunks"), name, passages(4, name))
    settings = Settings.load(provider="compatible", base_url="http://127.0.0.1:9", model="m")
    live = runs.Live(generate.plan(settings), Tally(), Meter(), Traffic(16))
    display = RunDisplay(settings)
    console = Console(file=io.StringIO(), force_terminal=True, width=width, color_system=None)
    display._console = console
    display.start(live)
    return display, live, console


def lines_of(display: RunDisplay, live: runs.Live, width: int) -> list[str]:
    """The live lines, as they would look."""
    console = Console(file=io.StringIO(), width=width, color_system=None)
    progress = live_line(live, console)
    progress.add_task("chunks", total=live.job.to_ask, completed=live.tally.saved, **display._fields())
    with console.capture() as caught:
        for shown in progress.get_renderables():
            console.print(shown)
    return caught.get().splitlines()


def printed(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def close(display: RunDisplay, name: str, status: str, pairs: int = 0) -> None:
    display.on_event(DocumentClosed(name, status, Counts(total=4, pairs=pairs)))


def qagen(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(one) for one in arguments])


@pytest.mark.parametrize("width", [80, 100, 120, 160])
def test_at_every_width_the_lines_say_chunks_documents_tokens_and_what_of_it_is_the_cost(width: int) -> None:
    display, live, _ = started(width)
    with display:
        live.tally.saved, live.tally.made, live.tally.failed, live.tally.replies = 7, 21, 1, 7
        live.tally.usage = Usage(input_tokens=12_345, output_tokens=678)
        live.meter.retries = 3
        close(display, "a", "completed")
        first, second = lines_of(display, live, width)
    assert first.split("━")[0].split() == ["7/12", "chunks,", "1/3", "documents"]
    assert re.search(r"[━╸╺] +\d+\.\d/s, left +[-0-9:]+ *$", first)
    assert second == "21 pairs, 12.3k in, 678 out, cost unknown, 3 retries, 1 failed"


def test_a_document_that_the_end_cuts_off_is_not_counted_as_done() -> None:
    display, live, _ = started()
    with display:
        close(display, "a", "completed", 4)
        for name in "bc":
            close(display, name, "interrupted")
        assert "1/3 documents" in lines_of(display, live, 80)[0]


def test_the_reason_is_the_first_that_is_said_when_the_run_stops_itself() -> None:
    display, _, console = started()
    with display:
        display.on_event(Stopping("openai: HTTP 401. Check the key.", 5, by_error=True))
    said = printed(console)
    assert said.index("error: openai: HTTP 401. Check the key.") < said.index("finishing 5 requests")
    assert "again to stop" not in said
    assert display.told == "openai: HTTP 401. Check the key."


def test_who_pressed_ctrl_c_is_told_what_a_second_one_does() -> None:
    display, _, console = started()
    with display:
        display.on_event(Stopping("interrupted", 5))
    assert "stopping (interrupted): finishing 5 requests; Ctrl-C again to stop now" in printed(console)


def test_a_run_that_a_wrong_key_stops_says_so_once_and_names_no_document_that_got_nothing(server: LLMServer) -> None:
    for name in "abcdef":
        write_chunks(Path("chunks"), name, passages(2, name))
    server.configure(faults=[{"fault": "unauthorized"}], latency_ms=20)
    result = qagen(*local(server, "--max-concurrent", "6"))
    assert result.exit_code == 4
    assert result.stderr.count("HTTP 401") == 1
    assert "0 pairs" not in result.stderr
    lines = result.stderr.splitlines()
    (error,) = [at for at, line in enumerate(lines) if line.startswith("error: ")]
    assert all("to ask" in line or line.startswith("note: ") for line in lines[:error])


def test_the_beginning_and_the_progress_count_the_same_documents(server: LLMServer) -> None:
    write_chunks(Path("chunks"), "a", passages(2, "a"))
    assert qagen(*local(server)).exit_code == 0
    for name in "bc":
        write_chunks(Path("chunks"), name, passages(2, name))
    result = qagen(*local(server))
    assert "4 chunks to ask (2 done earlier) of 2 documents (1 more are not touched): " in result.stderr
    display = RunDisplay(Settings.load())
    for path in Path("qa").glob("[bc]_qa.json*"):
        path.unlink()
    settings = Settings.load(provider="local", model="qwen3:14b", base_url=server.url)
    display.start(runs.Live(generate.plan(settings), Tally(), Meter(), Traffic(2)))
    assert display._fields()["documents"] == "0/2 documents"


def test_where_more_chunks_fail_than_are_shown_the_file_that_has_them_all_is_named(server: LLMServer) -> None:
    write_chunks(Path("chunks"), "a", passages(9))
    server.configure(faults=[{"fault": "context_length", "when": {"after": 1}}])
    result = qagen(*local(server, "--qa-dir", "results", "--max-concurrent", "1"))
    assert "failed: more; they all stand in results/errors.jsonl" in result.stderr
