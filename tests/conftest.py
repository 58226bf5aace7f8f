"""What every test gets: an empty working directory, and no setting, key or proxy of the machine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def isolated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory of its own, and an environment without qagen's variables."""
    for name in list(os.environ):
        upper = name.upper()
        if upper.startswith(("GENERATOR_", "OPENAI_", "OLLAMA_", "COMPATIBLE_")) or upper.endswith("_PROXY"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def anyio_backend() -> str:
    """Async tests run on asyncio, as the program does."""
    return "asyncio"
