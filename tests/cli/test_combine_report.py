"""What `qagen combine` prints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from qagen.cli import app, combine_report
from qagen.dataset import Combined
from qagen.formats.training_data import RoundTrip
from tests.dataset.given import pair, qa


def table() -> list[str]:
    """The first words of the rows of the table of documents."""
    result: Any = CliRunner().invoke(app, ["combine"])
    assert result.exit_code == 0, result.output
    return [line.rpartition(" 1 ")[0].rpartition(" 1 ")[0].strip() for line in result.stdout.splitlines()[1:4]]


def document(name: str, path: str, question: str) -> None:
    named = path.rpartition("/")[2]
    metadata = {"file_name": named, "source_file": path, "chunks_file": f"{name}_chunks.json"}
    qa(name, pair(question, "1"), metadata=metadata)


def test_documents_of_one_file_name_are_called_as_status_calls_them() -> None:
    document("kettle manual-0090d5", "a/kettle manual.md", "A?")
    document("kettle manual-4e6f91", "b/kettle manual.md", "B?")
    document("pump", "b/pump.md", "C?")
    assert table() == ["kettle manual-0090d5", "kettle manual-4e6f91", "pump.md"]


def said_of(capsys: pytest.CaptureFixture[str], **counts: int) -> str:
    """What is said of how many questions find their chunks."""
    trip = RoundTrip(**{"chunks": 900, "limit": 45, **counts})
    combine_report.show_combined(Combined(round_trip=trip, is_written=True), Path("training_data.json"))
    return " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(
    ("counts", "says"),
    [
        ({"first_10": 549, "beyond": 1, "limit": 10}, "1 of 550 questions does not find its chunk (Q_VAGUE)."),
        ({"first_10": 548, "beyond": 2}, "2 of 550 questions do not find their chunks (Q_VAGUE)."),
        ({"first_10": 549, "within_limit": 1}, "1 of 550 questions finds its chunk only at rank 11 to 45."),
        (
            {"first_10": 543, "beyond": 1, "within_limit": 6},
            "1 of 550 questions does not find its chunk (Q_VAGUE) and 6 find their chunks only at rank 11 to 45.",
        ),
        ({"first_10": 0, "beyond": 1}, "1 of 1 question does not find its chunk (Q_VAGUE)."),
    ],
)
def test_of_questions_that_hardly_find_their_chunks_only_those_that_there_are_are_spoken_of(
    capsys: pytest.CaptureFixture[str], counts: dict[str, int], says: str
) -> None:
    assert said_of(capsys, **counts) == f"note: searched over all chunks, {says}"


def test_nothing_is_said_where_all_questions_find_their_chunks(capsys: pytest.CaptureFixture[str]) -> None:
    assert said_of(capsys, first_10=550) == ""
