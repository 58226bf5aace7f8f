"""How the optional libraries are installed: with the Python that runs, from where qagen itself came from."""

from __future__ import annotations

import shlex
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

import qagen
from qagen import extras
from qagen.errors import DataError
from qagen.extras import how_to_install

TOP = Path(qagen.__file__).parent.parent
PIP = [sys.executable, "-m", "pip", "install"]


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Pretends that qagen was installed with this direct_url.json."""

    def pretend(direct_url: str | None) -> None:
        class Found:
            def read_text(self, name: str) -> str | None:
                return direct_url if name == "direct_url.json" else None

        monkeypatch.setattr(metadata, "distribution", lambda _: Found())

    return pretend


@pytest.mark.parametrize("info", ['{"editable": true}', "{}"])
def test_what_was_installed_from_a_folder_is_installed_from_there_with_this_python(info: str, installed: Any) -> None:
    installed(f'{{"url": "file:///home/me/my%20tools/qagen", "dir_info": {info}}}')
    assert shlex.split(how_to_install("docs")) == [*PIP, "/home/me/my tools/qagen[docs]"]
    assert "'/home/me/my tools/qagen[docs]'" in how_to_install("docs")


def test_what_was_installed_from_an_index_is_installed_from_there(installed: Any) -> None:
    installed(None)
    assert shlex.split(how_to_install("fast")) == [*PIP, "qagen[fast]"]


def test_what_was_installed_from_a_repository_is_installed_from_there(installed: Any) -> None:
    installed('{"url": "https://host.example/q.git", "vcs_info": {"vcs": "git", "commit_id": "1"}}')
    assert shlex.split(how_to_install("fast"))[-1] == "qagen[fast] @ git+https://host.example/q.git"


def test_in_a_checkout_that_is_not_installed_it_is_what_the_readme_says(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "distribution", missing)
    assert how_to_install("docs") == "pip install '.[docs]'"
    assert how_to_install("docs") in (TOP / "README.md").read_text(encoding="utf-8")


def test_in_an_environment_without_pip_uv_is_named(installed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    installed(None)
    monkeypatch.setattr(extras, "find_spec", lambda _: None)
    expected = ["uv", "pip", "install", "--python", sys.executable, "qagen[docs]"]
    assert shlex.split(how_to_install("docs")) == expected


def test_a_document_whose_library_is_missing_names_that_command(monkeypatch: pytest.MonkeyPatch) -> None:
    from qagen.documents import readers
    from qagen.documents.types import Reading

    def missing(name: str) -> None:
        raise ModuleNotFoundError(name, name="pypdfium2")

    monkeypatch.setattr("qagen.documents.readers.importlib.import_module", missing)
    with pytest.raises(DataError) as caught:
        readers.parse(b"", ".pdf", Reading())
    assert str(caught.value) == f"to read .pdf files, install their libraries: {how_to_install('docs')}"


def test_no_text_of_the_project_sends_users_to_the_package_of_that_name_on_the_index() -> None:
    texts = [*TOP.glob("*.md"), *(TOP / "docs").glob("*.md"), TOP / "config.env.example", TOP / "Makefile"]
    texts += (TOP / "qagen").rglob("*.py")
    assert len(texts) > 100
    named = [path.name for path in texts if "install" in (text := path.read_text("utf-8")) and "'qagen[" in text]
    assert named == []


def test_who_lacks_nothing_does_not_wait_for_the_metadata() -> None:
    code = "import sys, qagen.extras; print('importlib.metadata' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "False"
