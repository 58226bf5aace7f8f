"""Documents: which there are, and what is read of them."""

from __future__ import annotations

import codecs
import os
from pathlib import Path
from typing import Any

import pytest

from qagen import documents
from qagen.documents import Choice, Document, Heading, Reading, markdown, text
from qagen.errors import DataError

# Encodings


@pytest.mark.parametrize(
    "data",
    [
        "Größe 日本 🙂".encode(),
        codecs.BOM_UTF8 + "Größe 日本 🙂".encode(),
        "Größe 日本 🙂".encode("utf-16"),
        codecs.BOM_UTF16_LE + "Größe 日本 🙂".encode("utf-16-le"),
        codecs.BOM_UTF16_BE + "Größe 日本 🙂".encode("utf-16-be"),
        codecs.BOM_UTF32_LE + "Größe 日本 🙂".encode("utf-32-le"),
        codecs.BOM_UTF32_BE + "Größe 日本 🙂".encode("utf-32-be"),
    ],
    ids=["utf-8", "utf-8 bom", "utf-16", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"],
)
def test_a_text_is_the_same_in_every_unicode_encoding(data: bytes) -> None:
    assert text.decode(data) == ("Größe 日本 🙂", ())


def test_what_is_no_utf_8_is_read_as_windows_1252_and_the_user_is_told() -> None:
    assert text.decode("“Größe” – 5 €".encode("cp1252")) == (
        "“Größe” – 5 €",
        ("not UTF-8; read as Windows-1252",),
    )


def test_a_torn_utf_16_file_is_still_read() -> None:
    assert text.decode(codecs.BOM_UTF16_LE + "ab".encode("utf-16-le") + b"\x41")[0].startswith("ab")


def test_ends_of_lines_become_newlines_and_the_end_mark_of_dos_is_removed() -> None:
    assert text.decode(b"a\r\nb\rc\nd\x1a")[0] == "a\nb\nc\nd"


# Titles


@pytest.mark.parametrize(
    ("content", "title"),
    [
        ("Pump manual\n\nOpen the valve.", "Pump manual"),
        ("\n\n  Pump manual  \n===========\nOpen.", "Pump manual"),
        ("Pump manual", "Pump manual"),
        ("This is a sentence.\n\nMore.", None),
        ("A line that goes\non in the next", None),
        ("x" * 101 + "\n\nMore", None),
        ("", None),
    ],
)
def test_the_title_of_a_plain_text_is_its_first_line_where_that_reads_like_one(content: str, title: str | None) -> None:
    assert text.read(content.encode(), Reading()).title == title


@pytest.mark.parametrize(
    ("content", "title"),
    [
        ("# Pump *manual*\n\n## Safety\n", "Pump manual"),
        ("Intro.\n\nPump manual\n===\n", "Pump manual"),
        ('---\ntitle: "Pump: manual"\nauthor: Ada\n---\n# Other\n', "Pump: manual"),
        ("---\nauthor: Ada\n---\n# Pump manual\n", "Pump manual"),
        ("No heading at all.\n", None),
    ],
)
def test_the_title_of_a_markdown_text_is_its_front_matters_or_its_first_heading(
    content: str, title: str | None
) -> None:
    assert markdown.read(content.encode(), Reading()).title == title


# Markdown headings


def headings(content: str) -> list[tuple[int, str]]:
    document = markdown.read(content.encode(), Reading())
    for heading in document.headings:
        assert document.text[heading.offset :].lstrip().startswith(("#", heading.text[:1]))
    return [(heading.level, heading.text) for heading in document.headings]


def test_atx_headings_have_their_level_and_lose_their_marks() -> None:
    assert headings("# One\n### Three ###\n###### Six\n") == [(1, "One"), (3, "Three"), (6, "Six")]


@pytest.mark.parametrize("line", ["#NoSpace", "####### Seven", "    # indented code", "a # b", "#"])
def test_what_only_looks_like_an_atx_heading_is_none(line: str) -> None:
    assert headings(f"{line}\n") == []


def test_underlined_headings_have_their_level() -> None:
    assert headings("One\n===\n\nTwo\n---\ntext\n") == [(1, "One"), (2, "Two")]


@pytest.mark.parametrize(
    "content",
    [
        "\n---\n",
        "text\n\n---\n",
        "| a | b |\n|---|---|\n",
        "- item\n---\n",
        "> quote\n---\n",
        "a | b\n--- | ---\n",
        "a\n--\n",
    ],
    ids=["first", "rule", "table", "list", "quote", "bare table", "short"],
)
def test_rules_tables_lists_and_quotes_are_no_underlined_headings(content: str) -> None:
    assert headings(content) == []


@pytest.mark.parametrize("fence", ["```", "~~~", "````", "```python"])
def test_a_heading_in_a_code_fence_is_none(fence: str) -> None:
    closing = fence.removesuffix("python")

    assert headings(f"{fence}\n# comment\nname\n===\n{closing}\n# After\n") == [(1, "After")]


def test_a_fence_is_closed_by_its_own_mark_alone() -> None:
    assert headings("````\n```\n# no\n~~~~\n# no\n````\n# yes\n") == [(1, "yes")]


def test_a_fence_that_is_never_closed_reaches_to_the_end() -> None:
    assert headings("# yes\n```\n# no\n") == [(1, "yes")]


def test_backticks_of_a_span_of_code_open_no_fence() -> None:
    assert headings("```make check``` runs the tests\n\n# Next\n") == [(1, "Next")]


def test_a_rule_after_a_code_fence_is_no_heading() -> None:
    assert headings("```\ncode\n```\n---\n# Next\n") == [(1, "Next")]


def test_the_lines_of_front_matter_are_no_headings() -> None:
    assert headings("---\nauthor: Ada\ntitle: Pump manual\n---\n\n## Safety\n") == [(2, "Safety")]


def test_links_and_emphasis_in_a_heading_are_read_as_their_words() -> None:
    assert headings("## The **[valve](http://x/y)** `SV-2` ![logo](a.png)\n") == [(2, "The valve SV-2 logo")]


def test_sections_are_nested_by_level() -> None:
    content = "intro\n# A\na\n## B\nb\n### C\nc\n## D\nd\n# E\ne\n"
    document = markdown.read(content.encode(), Reading())

    found = {mark: document.section_at(content.index(f"\n{mark}\n") + 1) for mark in "abcde"}
    assert found == {"a": "A", "b": "A > B", "c": "A > B > C", "d": "A > D", "e": "E"}
    assert document.section_at(0) is None


def test_a_heading_stands_in_its_own_section() -> None:
    document = Document("# A\ntext", headings=(Heading(0, 1, "A"),))

    assert document.section_at(0) == "A"


def test_a_skipped_level_nests_all_the_same() -> None:
    document = markdown.read(b"# A\n#### B\n## C\nx", Reading())

    assert document.section_at(len(document.text)) == "A > C"


# find


def touch(*names: str) -> None:
    for name in names:
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")


def test_files_are_found_in_order_and_hidden_ones_are_not() -> None:
    touch("docs/b.md", "docs/a.txt", "docs/sub/c.md", "docs/.hidden.md", "docs/.git/d.md", "docs/sub/.e/f.md")

    assert [source.label for source in documents.find([Path("docs")])] == ["docs/a.txt", "docs/b.md", "docs/sub/c.md"]


def test_a_hidden_file_that_is_named_is_read() -> None:
    touch(".notes.md")

    assert [source.label for source in documents.find([Path(".notes.md")])] == [".notes.md"]


def test_a_file_that_is_named_twice_is_found_once() -> None:
    touch("docs/a.md")

    assert [source.label for source in documents.find([Path("docs"), Path("docs/a.md")])] == ["docs/a.md"]


def test_a_single_document_is_called_by_its_stem() -> None:
    touch("docs/Pump manual.v2.md")

    assert [source.name for source in documents.find([Path("docs")])] == ["Pump manual.v2"]


def test_documents_with_the_same_stem_get_names_that_tell_them_apart() -> None:
    touch("docs/a.md", "docs/a.txt", "docs/sub/A.md", "docs/b.md")

    names = [source.name for source in documents.find([Path("docs")])]
    assert len({name.casefold() for name in names}) == 4
    assert names[-2] == "b"


def test_names_of_equal_stems_stay_when_another_document_joins_them() -> None:
    touch("docs/a.md", "docs/x/a.md")
    before = {source.label: source.name for source in documents.find([Path("docs")])}
    touch("docs/0/a.md", "docs/y/a.md")

    after = {source.label: source.name for source in documents.find([Path("docs")])}
    assert before.items() <= after.items()
    assert len(set(after.values())) == 4


def test_a_picture_of_the_same_stem_does_not_change_a_documents_name() -> None:
    touch("docs/pump.md", "docs/pump.png")

    names = {source.label: source.name for source in documents.find([Path("docs")])}
    assert names["docs/pump.md"] == "pump"


def test_files_that_no_reader_is_for_are_marked() -> None:
    touch("docs/a.md", "docs/b.xyz", "docs/c", "docs/D.MD")

    marks = {source.label: not source.is_supported for source in documents.find([Path("docs")])}
    assert marks == {"docs/D.MD": False, "docs/a.md": False, "docs/b.xyz": True, "docs/c": True}


def test_a_place_that_does_not_exist_is_named() -> None:
    with pytest.raises(DataError, match="nowhere: there is no such file or folder"):
        documents.find([Path("nowhere")])


def test_what_is_no_regular_file_is_found_with_its_reason() -> None:
    touch("docs/a.md")
    os.mkfifo("docs/b.md")
    Path("docs/c.md").symlink_to("nowhere.md")
    Path("docs/d.md").symlink_to("/etc/passwd")

    problems = {source.label: source.problem for source in documents.find([Path("docs")])}
    assert problems == {
        "docs/a.md": None,
        "docs/b.md": "it is no regular file",
        "docs/c.md": "it is a link that leads nowhere",
        "docs/d.md": "it is a link that leads out of the folder. To take it, name the file itself",
    }


def test_a_circle_of_links_is_walked_once() -> None:
    touch("docs/sub/a.md")
    Path("docs/sub/again").symlink_to("..", target_is_directory=True)

    assert [source.label for source in documents.find([Path("docs")])] == ["docs/sub/a.md"]


def test_only_what_is_wanted_is_taken() -> None:
    touch("docs/a.md", "docs/b.txt", "docs/drafts/c.md", "docs/drafts/old/d.md")

    def labels(**fields: Any) -> list[str]:
        return [source.label for source in documents.find([Path("docs")], Choice(**fields))]

    assert labels(include=("*.txt",)) == ["docs/b.txt"]
    assert labels(exclude=("drafts/*",)) == ["docs/a.md", "docs/b.txt"]
    assert labels(include=("*.md",), exclude=("d.md",)) == ["docs/a.md", "docs/drafts/c.md"]


def test_files_of_the_pipeline_are_no_documents() -> None:
    touch("docs/a.md", "docs/training_data.json", "docs/x_qa.json", "docs/x_chunks.json", "docs/errors.jsonl")

    assert [source.label for source in documents.find([Path("docs")])] == ["docs/a.md"]


# parse


@pytest.mark.parametrize(
    ("data", "kind"), [(b"%PDF-1.4 x", "a PDF"), (b"PK\x03\x04x", "an archive"), (b"\x89PNG\r\n", "a picture")]
)
@pytest.mark.parametrize("ending", [".txt", ".md", ".html", ".csv", ".rst"])
def test_a_file_of_another_kind_is_no_text(data: bytes, kind: str, ending: str) -> None:
    with pytest.raises(DataError, match=f"it is {kind}.* inside, and no text"):
        documents.parse(data, ending, Reading())


@pytest.mark.parametrize("data", [b"", b" \n\t\r\n", codecs.BOM_UTF8, b"\x1a", "\u3000\u00a0".encode()])
def test_a_document_without_text_is_refused(data: bytes) -> None:
    with pytest.raises(DataError, match=r"it holds no text"):
        documents.parse(data, ".md", Reading())


def test_half_a_character_is_replaced_so_that_every_file_can_hold_the_text() -> None:
    document = documents.parse(b'{"text": "half \\ud83d of it"}', ".json", Reading())

    assert "half \ufffd of it" in document.text
