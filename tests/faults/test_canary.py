"""A key that is like no other word meets every fault there is: afterwards it stands nowhere."""

from __future__ import annotations

import base64
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.flow import hurried, passages, read, write_chunks
from tests.llm_server import LLMServer, marker
from tests.llm_server.faults import NAMES

CANARY = "sk-canary+Zq7/9vXw2LmT4bKd8RsY1u"
KEYS = {
    "openai": "OPENAI_API_KEY",
    "claude": "ANTHROPIC_API_KEY",
    "gemini": "GEMINI_API_KEY",
    "compatible": "COMPATIBLE_API_KEY",
    "local": "OLLAMA_API_KEY",
}
STOPPING = {"unauthorized", "forbidden", "quota", "model_gone", "redirect", "http_401_echo", "error_in_200"}
"""Faults that end a run: each has one of its own."""
SLOW = {"hang", "slow_body"}
PARAMETERS: dict[str, dict[str, Any]] = {
    "status": {
        "status": 418,
        "message": f"I know you, {CANARY}, Basic {base64.b64encode(f'me:{CANARY}'.encode()).decode()}",
    },
    "rate_limit": {"retry_after": 0, "times": 2},
    "redirect": {"location": f"https://elsewhere.example/?key={quote(CANARY, safe='')}"},
    "gzip_bomb": {"megabytes": 40},
    "big_body": {"megabytes": 20},
    "deep_body": {"levels": 100_000},
}


@pytest.fixture
def server() -> Iterator[LLMServer]:
    with LLMServer() as server:
        yield server


def command(provider: str, server: LLMServer, *more: str) -> list[str]:
    base = server.openai_url if provider in {"openai", "compatible"} else server.url
    model = {"openai": "gpt-6-luna", "claude": "claude-sonnet-5-5", "gemini": "gemini-3.8-flash"}.get(
        provider, "qwen3:14b"
    )
    return hurried("generate-qa", "--provider", provider, "--model", model, "--base-url", base, *more)


def run(provider: str, server: LLMServer, *more: str) -> subprocess.CompletedProcess[bytes]:
    Path("tmp").mkdir(exist_ok=True)
    environment = {**os.environ, KEYS[provider]: CANARY, "TMPDIR": str(Path("tmp").resolve())}
    result = subprocess.run(command(provider, server, *more), env=environment, capture_output=True, timeout=120)
    Path("out.txt").write_bytes(result.stdout)
    Path("err.txt").write_bytes(result.stderr)
    return result


def forms() -> list[bytes]:
    """The key as it is, in a URL, and in base64 wherever it begins there."""
    found = [CANARY, quote(CANARY), quote(CANARY, safe="")]
    for before in range(3):
        whole = base64.b64encode(b"\0" * before + CANARY.encode()).decode()
        inner = whole[4 : len(whole) - 5]
        found += [inner, inner.replace("+", "-").replace("/", "_")]
    return [form.encode() for form in found]


def assert_nowhere() -> None:
    """In no file of the working directory, the output of the command and its temporary directory among them."""
    for path in Path().rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert [form for form in forms() if form in data] == [], path


@pytest.mark.parametrize("provider", list(KEYS))
def test_no_fault_makes_the_key_appear(provider: str, server: LLMServer) -> None:
    names = sorted(NAMES - STOPPING - SLOW)
    texts = passages(4 * len(names))  # good ones between, so that it is known whose fault a failure is
    write_chunks(Path("chunks"), "a", texts)
    server.configure(
        faults=[
            {"fault": name, "when": {"marker": [marker(text)], "first_attempts": 2}, **PARAMETERS.get(name, {})}
            for name, text in zip(names, texts[1::4], strict=True)
        ]
    )
    result = run(provider, server, "--max-concurrent", "4", "--verbose", "--summary-json", "s.json")
    assert result.returncode == 1, result.stderr.decode()
    assert read(Path("s.json"))["chunks"]["pending"] == 0
    assert_nowhere()
    Path("qa/a_qa.json").unlink()
    again = run(provider, server, "--max-concurrent", "4", "--log-format", "json", "--verbose")
    assert again.returncode in {0, 1}, again.stderr.decode()
    assert_nowhere()


@pytest.mark.parametrize("provider", list(KEYS))
@pytest.mark.parametrize("fault", sorted(STOPPING))
def test_no_fault_that_ends_the_run_makes_the_key_appear(fault: str, provider: str, server: LLMServer) -> None:
    write_chunks(Path("chunks"), "a", passages(4))
    server.configure(faults=[{"fault": fault, "when": {"after": 1}, **PARAMETERS.get(fault, {})}])
    run(provider, server, "--max-concurrent", "1", "--verbose")
    assert_nowhere()


def test_no_bug_makes_the_key_appear(server: LLMServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The exception itself holds the key, and so do the variables of every frame below it."""
    write_chunks(Path("chunks"), "a", passages(3))
    Path("sitecustomize.py").write_text(
        "from qagen import pairs\n"
        "import os\n"
        "def read(text, cut=False):\n"
        "    key = os.environ['OPENAI_API_KEY']\n"
        "    raise ZeroDivisionError(f'a bug that knows {key}')\n"
        "pairs.read = read\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(Path.cwd()))
    result = run("openai", server)
    assert result.returncode == 70, result.stderr.decode()
    assert b"ZeroDivisionError" in Path("qa/errors.jsonl").read_bytes()
    assert_nowhere()


def test_a_stop_in_the_middle_of_a_silence_shows_no_key(server: LLMServer) -> None:
    write_chunks(Path("chunks"), "a", passages(3))
    server.configure(faults=[{"fault": "hang"}])
    Path("tmp").mkdir()
    environment = {**os.environ, "OPENAI_API_KEY": CANARY, "TMPDIR": str(Path("tmp").resolve())}
    with Path("out.txt").open("wb") as out, Path("err.txt").open("wb") as err:
        process = subprocess.Popen(command("openai", server, "--verbose"), env=environment, stdout=out, stderr=err)
        server.wait_for(requests=1, timeout_s=30)
        process.send_signal(signal.SIGINT)
        while b"again to stop now" not in Path("err.txt").read_bytes():
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 130
    assert_nowhere()
