"""`qagen generate-qa --show-prompt`: a request, as the model would read it."""

from __future__ import annotations

from rich.rule import Rule
from rich.text import Text

from qagen import cutting
from qagen.cli.console import out, safe
from qagen.generate import Sample
from qagen.redaction import harmless, redact


def show_sample(sample: Sample) -> None:
    """The system text and the request, word by word, and what goes along with them."""
    request, console = sample.request, out()
    console.print(Rule(Text(f"system, about {cutting.count_tokens(request.system):,} tokens"), align="left"))
    console.print(Text(_shown(request.system)))
    title = (
        f"user: {sample.document}, chunk {sample.chunk.chunk_id}, about {cutting.count_tokens(request.user):,} tokens"
    )
    console.print(Rule(Text(_shown(title)), align="left"))
    console.print(Text(_shown(request.user)))
    console.print(Rule(Text("sent along"), align="left"))
    facts = {
        "model": request.model,
        "max_tokens": request.max_tokens,
        "temperature": request.temperature,
        "top_p": request.top_p,
        "seed": request.seed,
        "reasoning effort": request.effort,
        "reply schema": request.schema_name,
        "options": dict(request.options) or None,
    }
    for name, value in facts.items():
        if value is not None:
            console.print(safe(f"{name}: {value}"), soft_wrap=True)


def _shown(text: str) -> str:
    return harmless(redact(text))
