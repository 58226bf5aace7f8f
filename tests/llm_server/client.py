"""The tests' side of the server: starts the process, tells it what to do, reads what it saw."""

from __future__ import annotations

import http.client
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson

from tests.llm_server.ledger import Entry

_HERE = Path(__file__).resolve().parent


class LLMServer:
    """The server as a context manager. It is a process of its own and does not care who of its clients is killed.

    Keyword arguments are the keys of `config.Config`. `ledger_file` gets every finished entry as a JSON line.
    """

    def __init__(self, *, port: int = 0, ledger_file: Path | None = None, **config: Any) -> None:
        command = [sys.executable, str(_HERE), "--port", str(port), "--config", orjson.dumps(config).decode()]
        if ledger_file is not None:
            command += ["--ledger", str(ledger_file)]
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None
        self._control_port = 0
        self.port = 0

    @property
    def url(self) -> str:
        """The base URL for Ollama, Claude and Gemini."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def openai_url(self) -> str:
        """The base URL for OpenAI, which ends in /v1."""
        return f"{self.url}/v1"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> Self:
        """Returns when the server listens."""
        # A session of its own: a Ctrl-C that a test sends to its process group must not end the server.
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self.close()
            raise RuntimeError("the LLM server did not start; its stderr says why")
        self.port, self._control_port = (orjson.loads(line)[name] for name in ("port", "control_port"))
        return self

    def close(self) -> None:
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

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def configure(self, **changes: Any) -> None:
        """Change keys of the configuration; those not named stay.

        Setting `faults`, `limits`, `holds_after` or `outage` starts their counting and their clocks anew.

        Raises:
            ValueError: an unknown key, fault, condition or parameter.
        """
        self._control("POST", "/_control", changes)

    def reset(self) -> None:
        """As after the start: configuration, fault counters and ledger. Requests in flight go on."""
        self._control("POST", "/_reset", {})

    def ledger(self) -> list[Entry]:
        """All requests since the last reset, in order of arrival, unanswered ones too."""
        return [Entry(**row) for row in self._control("GET", "/_ledger")]

    def status(self) -> dict[str, int]:
        """`requests` arrived, of them `answered` and `in_flight`, and open `connections`."""
        counts: dict[str, int] = self._control("GET", "/_status")
        return counts

    def wait_for(self, *, requests: int = 0, answered: int = 0, timeout_s: float = 60) -> None:
        """Return when that many requests have arrived and been answered.

        Raises:
            TimeoutError: they have not.
        """
        end = time.monotonic() + timeout_s
        while (counts := self.status())["requests"] < requests or counts["answered"] < answered:
            if time.monotonic() > end:
                raise TimeoutError(f"waited for {requests} requests, {answered} answered; there are {counts}")
            time.sleep(0.01)

    def _control(self, method: str, path: str, value: Any = None) -> Any:
        """http.client and not httpx: nothing that the tests bend (proxies, transports) reaches this side."""
        connection = http.client.HTTPConnection("127.0.0.1", self._control_port, timeout=30)
        try:
            connection.request(method, path, body=None if value is None else orjson.dumps(value))
            response = connection.getresponse()
            answer = orjson.loads(response.read())
        finally:
            connection.close()
        if response.status != 200:
            raise ValueError(answer["error"])
        return answer
