"""The help: there, complete, and quick."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from qagen import __version__
from qagen.cli import app

HEAVY = ("httpx", "pydantic", "orjson", "qagen.formats", "qagen.settings", "tenacity", "semantic_text_splitter")


def commands() -> dict[str, Any]:
    group: Any = typer.main.get_command(app)
    return dict(group.commands)


def help_of(*arguments: str, columns: int = 200) -> str:
    result = CliRunner().invoke(app, [*arguments], env={"COLUMNS": str(columns), "TERM": "dumb"})
    assert result.exit_code == 0
    return result.output


def test_the_help_imports_nothing_heavy() -> None:
    script = (
        "import sys\n"
        "from qagen.cli import app\n"
        "try:\n    app(['--help'], prog_name='qagen')\n"
        "except SystemExit as end:\n    assert not end.code\n"
        f"print('imported:', [name for name in {HEAVY!r} if name in sys.modules])\n"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert result.stdout.splitlines()[-1] == "imported: []"


def test_the_help_names_the_commands_in_their_groups() -> None:
    text = help_of("--help")
    places = [text.index(word) for word in ("Pipeline", "chunk", "generate-qa", "combine", "Utilities", "status")]
    assert text.index("Pipeline") < text.index("Utilities")
    assert all(place > 0 for place in places)


def test_the_help_says_how_to_try_it_without_a_model() -> None:
    assert "--provider rules" in help_of("--help")


def test_h_is_help_too() -> None:
    assert help_of("-h") == help_of("--help")


@pytest.mark.parametrize("command", list(commands()))
def test_every_command_has_a_text_a_panel_and_a_short_help(command: str) -> None:
    details = commands()[command]
    assert details.rich_help_panel in {"Pipeline", "Quality", "Training data", "Utilities"}
    text = help_of(command, "--help")
    assert details.help.split(".")[0].split("[")[0].strip()[:30] in text
    assert help_of(command, "-h") == text


@pytest.mark.parametrize("command", list(commands()))
def test_every_parameter_of_every_command_has_a_help(command: str) -> None:
    assert [one.name for one in commands()[command].params if not getattr(one, "help", None)] == []


@pytest.mark.parametrize("command", ["", *commands()])
@pytest.mark.parametrize("columns", [60, 80, 110])
def test_nothing_is_cut_in_the_help_of_any_command(command: str, columns: int) -> None:
    text = help_of(*([command] if command else []), "--help", columns=columns)
    assert "\u2026" not in text
    assert max(map(len, text.splitlines())) <= columns
    words = set(re.findall(r"--[a-z][a-z-]+", text))
    for param in commands()[command].params if command else ():
        assert {name for name in (*param.opts, *param.secondary_opts) if name.startswith("--")} <= words


def test_paragraphs_of_the_help_are_broken_where_the_terminal_ends_and_nowhere_else() -> None:
    """Not where the source code has its line ends."""
    text = help_of("doctor", "--help", columns=110)
    lines = [line.strip() for line in text.partition("Options")[0].splitlines()]
    (before,) = [at for at, line in enumerate(lines) if line.startswith("Exit code 2")]
    assert lines[before - 1] == ""
    assert "Asks the host for its list of models" in help_of("doctor", "--help")


def test_without_a_command_the_help_is_shown() -> None:
    result = CliRunner().invoke(app, [])
    assert "generate-qa" in result.output


def test_the_version_is_told() -> None:
    assert help_of("--version") == f"qagen {__version__}\n"


def test_the_package_can_be_run_as_a_module() -> None:
    result = subprocess.run([sys.executable, "-m", "qagen", "--version"], capture_output=True, text=True, check=True)
    assert result.stdout == f"qagen {__version__}\n"
