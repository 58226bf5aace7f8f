"""Where the figures were taken."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks.bench import peer
from qagen import __version__

_PACKAGES = ("httpx", "httpx-aiohttp", "aiohttp", "uvloop", "orjson", "pydantic", "typer")
_PEERS = {"openai": "openai", "aiohttp": "aiohttp", "sdk": "synthetic-data-kit"}


def facts() -> dict[str, str]:
    """By name, in the order in which they are shown."""
    found = {name: _version(name) for name in _PACKAGES}
    packages = ", ".join(f"{name} {number}" for name, number in found.items() if number)
    peers = {name: _version_of_peer(name, package) for name, package in _PEERS.items()}
    compared = ", ".join(f"{_PEERS[name]} {number}" for name, number in peers.items() if number)
    return {
        "qagen": __version__,
        "date": date.today().isoformat(),
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "memory": _memory(),
        "system": platform.system(),
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
        "packages": packages,
        "peers": compared or "none installed",
    }


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _memory() -> str:
    try:
        size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return "unknown"
    return f"{size / 2**30:.0f} GiB"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _version_of_peer(name: str, package: str) -> str:
    python = peer(name)
    if python is None:
        return ""
    code = "import importlib.metadata, sys; print(importlib.metadata.version(sys.argv[1]))"
    return subprocess.run([python, "-c", code, package], capture_output=True, text=True, check=False).stdout.strip()
