"""How the optional libraries are installed, in the words of whoever installed qagen.

On the public index another project has the name `qagen`, so a command is built from where this one came from.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

_NAME = "qagen"
FROM_A_CHECKOUT = "pip install '.[{extra}]'"
"""As the README has it."""


def how_to_install(extra: str) -> str:
    """The command that adds the libraries of an extra, such as `docs`, to the environment that runs."""
    is_installed, origin = _origin()
    if not is_installed:
        return FROM_A_CHECKOUT.format(extra=extra)
    pip = [sys.executable, "-m", "pip", "install"] if find_spec("pip") else _uv()
    return shlex.join([*pip, _requirement(extra, origin)])


def _uv() -> list[str]:
    """Environments that uv makes have no pip."""
    return ["uv", "pip", "install", "--python", sys.executable]


def _origin() -> tuple[bool, Mapping[str, Any]]:
    """Whether qagen is installed, and its direct_url.json (PEP 610), which is empty where it came from an index."""
    import json
    from importlib import metadata  # only who lacks a library waits for it

    try:
        return True, json.loads(metadata.distribution(_NAME).read_text("direct_url.json") or "{}")
    except (metadata.PackageNotFoundError, ValueError):
        return False, {}


def _requirement(extra: str, origin: Mapping[str, Any]) -> str:
    url = str(origin.get("url", ""))
    if url.startswith("file:"):
        from urllib.parse import urlsplit
        from urllib.request import url2pathname

        return f"{url2pathname(urlsplit(url).path)}[{extra}]"
    if not url:
        return f"{_NAME}[{extra}]"
    tool = str(origin.get("vcs_info", {}).get("vcs", ""))
    return f"{_NAME}[{extra}] @ {tool}{'+' if tool else ''}{url}"
