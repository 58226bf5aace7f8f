"""What every test gets: an empty working directory, and no setting, key or proxy of the machine."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from qagen import redaction
from qagen.cli import console
from qagen.llm import client
from qagen.llm.providers import PROVIDERS, Endpoint
from qagen.llm.transport import Carrier, make_clients
from qagen.llm.types import TransportChoice

# How long an example takes is the machine's affair, not that of what the example shows.
settings.register_profile("qagen", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("qagen")

_PREFIXES = ("GENERATOR_", "OPENAI_", "OLLAMA_", "COMPATIBLE_")
_NAMES = {name for row in PROVIDERS.values() for name in (row.key_env, row.other_key_env, row.base_url_env) if name}


@pytest.fixture(autouse=True)
def interruptible() -> None:
    """Processes of the test can be interrupted: not so where the tests run in the background of a shell, or where a
    command that was stopped in this process ignores every Ctrl-C that comes after."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def isolated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory of its own, and an environment without qagen's variables."""
    for name in list(os.environ):
        upper = name.upper()
        if upper.startswith(_PREFIXES) or upper in _NAMES or upper.endswith("_PROXY"):
            monkeypatch.delenv(name)
    # The stock transport, although the other one is installed for the tests that want both.
    monkeypatch.setenv("GENERATOR_TRANSPORT", "httpx")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(redaction, "_KEYS", set())  # another test may have had a key that is a common word
    monkeypatch.setattr(console, "_form", "text")  # a command may have been told to talk to machines
    return tmp_path


@pytest.fixture(params=["httpx", "aiohttp"])
def transport(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both transports in turn, for commands and for clients of the test's own."""
    wanted: TransportChoice = request.param
    monkeypatch.setenv("GENERATOR_TRANSPORT", wanted)

    def make(endpoint: Endpoint, concurrency: int, ca_bundle: Path | None = None, _: str = "") -> Sequence[Carrier]:
        return make_clients(endpoint, concurrency, ca_bundle, "auto" if wanted == "aiohttp" else wanted)

    monkeypatch.setattr(client, "make_clients", make)
    return wanted


@pytest.fixture
def anyio_backend() -> str:
    """Async tests run on asyncio, as the program does."""
    return "asyncio"
