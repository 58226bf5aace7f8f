"""`qagen chunk --preview`: a document with its cuts, on the terminal."""

from __future__ import annotations

from collections.abc import Iterable

from rich.rule import Rule
from rich.text import Text

from qagen import cutting
from qagen.cli.console import count, err, out, safe
from qagen.intake import CutDocument, Preview
from qagen.redaction import harmless, redact
from qagen.settings import Settings

_MOST_CHUNKS = 30
"""Of a document that are shown; the figures are of all."""
_EDGE = 700
"""Characters of a chunk's beginning and end that are shown."""
_OVERLAP_STYLE = "yellow"


def show_preview(previews: Iterable[Preview], settings: Settings) -> int:
    """Print every document; gives the number of those that cannot be read."""
    console, failed = out(), 0
    for one in previews:
        if one.cut is None:
            failed += 1
            err().print(f"[red]failed:[/] {safe(one.label)}: {safe(one.problem or '')}", soft_wrap=True)
            continue
        console.print(Rule(Text(_shown(one.label), style="bold"), characters="="))
        console.print(_facts(one.cut, settings), soft_wrap=True)
        for number, piece in enumerate(one.cut.pieces[:_MOST_CHUNKS]):
            console.print(Rule(Text(_title(one.cut, number, settings)), align="left", style="cyan"))
            console.print(_body(one.cut.text, piece), soft_wrap=False)
        if len(one.cut.pieces) > _MOST_CHUNKS:
            console.print(f"[dim]... and {count(len(one.cut.pieces) - _MOST_CHUNKS, 'more chunk')}[/]")
    console.print("[dim]Nothing was written. Run the same command without --preview to cut.[/]")
    return failed


def _facts(cut: CutDocument, settings: Settings) -> str:
    sizes = sorted(_size(cut, piece, settings) for piece in cut.pieces)
    facts = [f"title: {cut.title}"] if cut.title else []
    facts += [f"language: {cut.language}"] if cut.language else []
    facts += [count(cut.pages, "page")] if cut.pages else []
    facts += [f"{len(cut.text):,} characters, ~{cut.tokens:,} tokens", f"strategy: {cut.strategy}"]
    facts += [
        f"{count(len(sizes), 'chunk')} of {sizes[0]:,} to {sizes[-1]:,} {_unit(cut, settings)}, "
        f"median {sizes[len(sizes) // 2]:,}"
    ]
    notes = [f"[yellow]note:[/] {safe(text)}" for text in cut.notes]
    marked = f"[{_OVERLAP_STYLE}]text in this colour[/]" if _has_colours() else safe("[[text in such brackets]]")
    overlap = f"{marked} repeats the chunk before"
    return "\n".join([safe("; ".join(facts)), *notes, overlap])


def _title(cut: CutDocument, number: int, settings: Settings) -> str:
    piece = cut.pieces[number]
    parts = [f"{number}", f"{_size(cut, piece, settings):,} {_unit(cut, settings)}", f"{piece.start:,}-{piece.end:,}"]
    if piece.page_start:
        last = f"-{piece.page_end}" if piece.page_end != piece.page_start else ""
        parts.append(f"page {piece.page_start}{last}")
    parts += [_shown(piece.section)] if piece.section else []
    return " | ".join(parts)


def _unit(cut: CutDocument, settings: Settings) -> str:
    return "tokens" if cut.strategy == "token" else settings.unit


def _size(cut: CutDocument, piece: cutting.Piece, settings: Settings) -> int:
    if _unit(cut, settings) == "characters":
        return piece.end - piece.start
    return cutting.count_tokens(cut.text[piece.start : piece.end])


def _body(text: str, piece: cutting.Piece) -> Text:
    """Overlap in colour or in brackets, the beginning and the end of a long chunk."""
    repeated = _shown(text[piece.start : piece.core])
    body = Text(f"[[{repeated}]]" if repeated and not _has_colours() else repeated, style=_OVERLAP_STYLE)
    core = text[piece.core : piece.end].rstrip()
    if len(core) <= 2 * _EDGE:
        return body.append(_shown(core), style="default")
    left_out = f"\n[... {len(core) - 2 * _EDGE:,} characters ...]\n"
    body.append(_shown(core[:_EDGE]), style="default").append(left_out, style="dim")
    return body.append(_shown(core[-_EDGE:]), style="default")


def _has_colours() -> bool:
    return out().color_system is not None and not out().no_color


def _shown(text: str) -> str:
    return harmless(redact(text))
