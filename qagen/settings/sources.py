"""Where settings come from: the file of settings, a file with a key, the names in the environment."""

from __future__ import annotations

import difflib
import getpass
import logging
import os
import stat
import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from dotenv import dotenv_values

from qagen.errors import UsageError
from qagen.llm.providers import PROVIDERS

PREFIX = "GENERATOR_"


def read_config(path: Path, *, required: bool) -> dict[str, str | None]:
    if not path.is_file():
        if required:
            raise UsageError(f"{path}: there is no such configuration file. Check --config-file.")
        return {}
    # Lines that are no settings are ignored, without a word of the library.
    logging.getLogger("dotenv").setLevel(logging.ERROR)
    try:
        return dict(dotenv_values(path, encoding="utf-8-sig"))
    except UnicodeDecodeError:
        raise UsageError(f"{path}: the configuration file is not UTF-8; save it as UTF-8") from None
    except OSError as error:
        raise UsageError(f"{path}: the configuration file cannot be read: {error.strerror}") from None


def read_key(path: Path | None) -> str:
    """The key in a file such as a mounted secret; `-` asks for it, or reads it from a pipe."""
    if path is None:
        return ""
    try:
        if str(path) != "-":
            text = path.read_text(encoding="utf-8")
        elif sys.stdin.isatty():
            text = getpass.getpass("key: ")
        else:
            text = sys.stdin.readline()
    except FileNotFoundError:
        raise UsageError(f"--api-key-file: {path}: there is no such file") from None
    except UnicodeDecodeError:
        raise UsageError(f"--api-key-file: {path}: it is no text in UTF-8, so there is no key in it") from None
    except OSError as error:
        raise UsageError(f"--api-key-file: {path}: the key cannot be read: {error.strerror}") from None
    except EOFError:
        raise UsageError(f"--api-key-file: {path}: no key was typed") from None
    if not text.strip():
        raise UsageError(f"--api-key-file: {path}: there is no key in it")
    return text.strip()


def look_at_modes(path: Path, in_file: Mapping[str, str | None]) -> list[str]:
    """Who else may read or change the file. One that anybody may write could send the documents anywhere."""
    if not in_file or os.name == "nt":
        return []
    mode = path.stat().st_mode
    if mode & stat.S_IWOTH:
        raise UsageError(f"{path}: everybody on this machine may change it. Run `chmod o-w {path}` first.")
    keys = [name for row in PROVIDERS.values() for name in (row.key_env, row.other_key_env) if name]
    if any(in_file.get(name) for name in keys) and mode & (stat.S_IRGRP | stat.S_IROTH):
        return [f"{path} holds a key, and others on this machine may read it: `chmod 600 {path}` changes that."]
    return []


def refuse_unknown_names(
    known: Collection[str], in_file: Mapping[str, Any], environment: Mapping[str, str], path: Path
) -> None:
    """A mistyped name would otherwise be ignored, and the run would cost money with other settings than meant."""
    for names, where in ((in_file, str(path)), (environment, "the environment")):
        for name in names:
            if name.upper().startswith(PREFIX) and name.upper() not in known:
                near = difflib.get_close_matches(name.upper(), known, n=1)
                guess = f" Did you mean {near[0]}?" if near else ""
                if name.upper().endswith("KEY"):
                    keys = ", ".join(sorted(row.key_env for row in PROVIDERS.values() if row.key_env))
                    guess = f" Keys have the vendors' own names: {keys}."
                raise UsageError(f"{name} in {where}: there is no such setting.{guess} config.env.example lists all.")


def wants_json(words: Sequence[str]) -> bool:
    """Whether the words of a command, or else the environment, ask for events as JSON. No other setting is read."""
    form = os.environ.get(f"{PREFIX}LOG_FORMAT", "")
    for word, following in zip(words, [*words[1:], ""], strict=True):
        name, _, value = word.partition("=")
        if name == "--log-format":
            form = value or following
    return form == "json"
