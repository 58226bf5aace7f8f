"""What `qagen combine` prints."""

from __future__ import annotations

from typing import Any

from typer.testing import CliRunner

from qagen.cli import app
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
