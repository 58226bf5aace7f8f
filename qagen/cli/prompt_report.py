"""`qagen generate-qa --show-prompt`: a request, as the model would read it."""

from __future__ import annotations

from rich.rule import Rule
from rich.text import Text

from qagen import cutting
from qagen.cli.console import note, out, safe
from qagen.generate import Sample
from qagen.redaction import harmless, redact
from qagen.settings import Settings


def show_sample(sample: Sample, settings: Settings) -> None:
    """The system text and the request, word by word, and what goes along with them."""
    request, console = sample.request, out()
    if sample.provider.generator_kind == "rules":
        note(f"with --provider {sample.provider.name} this is never sent to anybody: a model would be asked like this.")
    elif settings.provider is None:
        note("no provider is set yet; for some, other figures are sent along than below.")
    console.print(Rule(Text(f"system, about {cutting.count_tokens(request.system):,} tokens"), align="left"))
    console.print(Text(_shown(request.system)))
    title = (
        f"user: {sample.document}, chunk {sample.chunk.chunk_id}, about {cutting.count_tokens(request.user):,} tokens"
    )
    console.print(Rule(Text(_shown(title)), align="left"))
    console.print(Text(_shown(request.user)))
    console.print(Rule(Text("sent along"), align="left"))
    facts = {
        "provider": settings.provider,
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
