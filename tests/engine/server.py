"""The tests' side of the engine: makes the model, starts the process, knows its address."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.engine import model

KEY = "sk-engine-0123456789"
_HERE = Path(__file__).resolve().parent


@dataclass
class Engine:
    """llama.cpp's server with a tiny model, as a context manager. What it logs stands in `folder`."""

    folder: Path
    embeddings: bool = False
    """It makes vectors instead of text."""
    url: str = ""
    """The base URL, without /v1."""
    _process: subprocess.Popen[str] | None = None

    @property
    def model(self) -> Path:
        """The model's file. Its path is also the name under which the server lists it."""
        return self.folder / "tiny.gguf"

    @property
    def log(self) -> str:
        return (self.folder / "engine.log").read_text(encoding="utf-8", errors="replace")

    def __enter__(self) -> Self:
        model.write(self.model)
        with (self.folder / "engine.log").open("wb") as log:
            # A session of its own: a Ctrl-C that a test sends to its process group must not end the server.
            self._process = subprocess.Popen(
                [
                    *(sys.executable, _HERE, self.model, "--api-key", KEY, "--context", str(model.CONTEXT)),
                    *(["--embeddings"] if self.embeddings else []),
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()
        if not self.url:
            self._close()
            raise RuntimeError(f"the engine did not start:\n{self.log[-3000:]}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def _close(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.close()
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()
