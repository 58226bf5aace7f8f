"""Modules that are not imported unless they are used."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.flow import passages, qagen, write_chunks


def out_of(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def test_a_module_that_is_postponed_is_there_once_it_is_used() -> None:
    code = (
        "import sys; from qagen.cli.postponed import postpone; postpone()\n"
        "from rich.markdown import Markdown; from rich.traceback import Traceback\n"
        "print('markdown_it' in sys.modules)\n"
        "from rich.console import Console; Console(width=20).print(Markdown('# Title'))\n"
        "print(Traceback.extract.__name__, 'markdown_it' in sys.modules)\n"
    )
    lines = [line.strip() for line in out_of(code).splitlines() if line.strip()]
    assert lines[0] == "False"
    assert any("Title" in line for line in lines)
    assert lines[-1] == "extract True"


def test_what_is_there_already_stays() -> None:
    code = (
        "import rich.markdown; real = rich.markdown.Markdown\n"
        "from qagen.cli.postponed import postpone; postpone()\n"
        "from rich.markdown import Markdown; print(Markdown is real)\n"
    )
    assert out_of(code).strip() == "True"


def test_the_help_needs_neither() -> None:
    code = (
        "import sys; from qagen.cli import main; sys.argv = ['qagen', '--help']\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print([name for name in ('markdown_it', 'pygments.lexer') if name in sys.modules])\n"
    )
    assert out_of(code).splitlines()[-1] == "[]"


def test_httpx_is_whole_but_for_its_own_command_line() -> None:
    code = (
        "import sys; from qagen.cli.postponed import postpone; postpone()\n"
        "import httpx; print(httpx.AsyncClient.__name__, 'pygments' in sys.modules, callable(httpx.main))\n"
    )
    assert out_of(code).strip() == "AsyncClient False True"


def test_a_generation_begins_without_what_searches() -> None:
    code = (
        "import sys; from qagen.cli import main; from qagen.workers import loop\n"
        "print([name for name in ('numpy', 'qagen.mine', 'qagen.doctor') if name in sys.modules])\n"
    )
    assert out_of(code).strip() == "[]"


@pytest.mark.parametrize("transport", ["httpx", "aiohttp"])
def test_a_generation_that_asks_nothing_needs_neither_a_client_nor_checks(transport: str) -> None:
    write_chunks(Path("chunks"), "pump", passages(3))
    words = ("generate-qa", "--provider", "rules", "--transport", transport)
    assert qagen(*words).returncode == 0
    libraries = ("httpx", "aiohttp", "uvloop", "tenacity", "rapidfuzz", "json_repair", "email")
    ours = ("qagen.checks", "qagen.cutting", "qagen.generate.task", "qagen.llm.client", "qagen.pump.run")
    code = (
        f"import sys; from qagen.cli import main; sys.argv = ['qagen', *{words!r}]\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code\n"
        f"print([name for name in {(*libraries, *ours)!r} if name in sys.modules])\n"
    )
    lines = out_of(code).splitlines()
    assert lines[-1] == "[]"
    assert "chunks 3 = 3 completed (3 earlier + 0 now) + 0 failed + 0 pending" in lines


def test_pydantic_looks_for_no_plugins() -> None:
    code = (
        "import sys; from qagen.cli.postponed import postpone; postpone()\n"
        "from qagen.formats import Pair\n"
        "print(Pair(question='How?', answer='So.').answer, 'importlib.metadata' in sys.modules)\n"
    )
    assert out_of(code).strip() == "So. False"


@pytest.mark.parametrize(
    "use",
    [
        "import asyncio; from asyncio import run",
        "import asyncio.events; run = asyncio.run",
        "from asyncio.events import AbstractEventLoop; import asyncio; run = asyncio.run",
        "import pydantic_settings.main; run = pydantic_settings.main.asyncio.run",
    ],
)
def test_asyncio_is_whole_once_it_is_used_however_it_is_imported(use: str) -> None:
    code = (
        "import sys; from qagen.cli.postponed import postpone; postpone()\n"
        f"import pydantic_settings; print('asyncio.events' in sys.modules)\n{use}\n"
        "async def main(): return sys.modules['asyncio'].current_task() is not None\n"
        "print(run(main()))\n"
    )
    assert out_of(code).split() == ["False", "True"]


@pytest.mark.parametrize(
    "words", [("--help",), ("status",), ("combine", "--no-checks"), ("generate-qa", "--provider", "rules")]
)
def test_what_neither_sends_nor_compares_needs_no_event_loop_no_tls_and_no_fuzzy_comparison(
    words: tuple[str, ...],
) -> None:
    write_chunks(Path("chunks"), "pump", passages(3))
    assert qagen("generate-qa", "--provider", "rules").returncode == 0
    code = (
        f"import sys; from qagen.cli import main; sys.argv = ['qagen', *{words!r}]\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code\n"
        "print([name for name in ('asyncio.events', 'ssl', 'rapidfuzz') if name in sys.modules])\n"
    )
    assert out_of(code).splitlines()[-1] == "[]"
