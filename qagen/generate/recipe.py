"""How chunks are asked about: the prompt, the order, and the parameters that a QA file remembers of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from qagen import files, prompts, state
from qagen.errors import DataError, UsageError
from qagen.formats import DocumentSettings
from qagen.llm.providers import Endpoint, default_effort
from qagen.settings import Settings


@dataclass(frozen=True, slots=True)
class Recipe:
    """What is the same for all chunks of a document."""

    prompt: prompts.Prompt
    order: prompts.Order
    parameters: dict[str, Any]
    """All that decides what is sent, readable."""
    fingerprint: str
    """A hash of the parameters."""

    @property
    def translates(self) -> bool:
        """Whether pairs may be in another language than their passage."""
        return "language" in self.parameters


def recipe_of(settings: Settings, endpoint: Endpoint, own: DocumentSettings | None = None, name: str = "") -> Recipe:
    """The run's recipe, or that of a document with settings of its own, which stand in a file called `name`.

    Raises:
        UsageError: a bad template, or an unknown question type or style.
    """
    wanted = _Wanted(settings, own or DocumentSettings(), name)
    prompt = prompts.load(
        wanted.text("system_message"),
        wanted.text("extra_instructions"),
        *wanted.template(),
        style=wanted.style(),
        language=wanted.text("language"),
    )
    order = prompts.Order(
        model=endpoint.model,
        questions_per_chunk=wanted.of("questions_per_chunk"),
        max_tokens=settings.max_tokens or endpoint.provider.max_tokens,
        temperature=settings.temperature,
        top_p=settings.top_p,
        seed=settings.seed,
        effort=settings.reasoning_effort or default_effort(endpoint.provider, endpoint.model),
        model_options=settings.model_options,
        question_types=wanted.question_types(),
        content_cap=wanted.of("content_cap"),
    )
    parameters = _parameters(endpoint, order, prompt, wanted)
    return Recipe(prompt, order, parameters, state.fingerprint(parameters))


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The document's own settings before the run's."""

    settings: Settings
    own: DocumentSettings
    name: str

    def of(self, field: str) -> Any:
        value = getattr(self.own, field)
        return getattr(self.settings, field) if value is None else value

    def text(self, field: str) -> str | None:
        return self.of(field) or None

    def template(self) -> tuple[str | None, str]:
        """A template of one's own, and what it is called."""
        if self.own.prompt_template is not None:
            return self.own.prompt_template, f"{self.name}: prompt_template"
        path = self.settings.prompt_template_file
        try:
            return (files.read_bytes(path).decode("utf-8") if path else None), str(path)
        except UnicodeDecodeError:
            raise UsageError(f"{path}: the prompt template is not UTF-8; save it as UTF-8") from None
        except DataError as error:
            raise UsageError(f"--prompt-template-file: {error}") from None

    def style(self) -> str | None:
        style = self.text("style")
        if style is not None and style not in prompts.styles():
            raise UsageError(
                f"{self._place('style')}: there is no style {style!r}. Known: {', '.join(prompts.styles())}."
            )
        return style

    def question_types(self) -> tuple[str, ...]:
        types: Sequence[str] = self.of("question_types") or prompts.QUESTION_TYPES
        for one in types:
            if one not in prompts.QUESTION_TYPES:
                known = ", ".join(prompts.QUESTION_TYPES)
                raise UsageError(f"{self._place('question_types')}: there is no question type {one!r}. Known: {known}.")
        return tuple(dict.fromkeys(types))

    def _place(self, field: str) -> str:
        given = getattr(self.own, field) is not None
        return f"{self.name}: {field}" if given else f"--{field.replace('_', '-')}"


def _parameters(endpoint: Endpoint, order: prompts.Order, prompt: prompts.Prompt, wanted: _Wanted) -> dict[str, Any]:
    parameters = {
        "provider": endpoint.provider.name,
        "host": urlsplit(endpoint.base_url).hostname,
        "model": order.model,
        "questions_per_chunk": order.questions_per_chunk,
        "temperature": order.temperature,
        "top_p": order.top_p,
        "seed": order.seed,
        "reasoning_effort": order.effort,
        "max_tokens": order.max_tokens,
        "model_options": {name: value for name, value in order.model_options.items() if name != "num_ctx"},
        "prompt": prompt.sha256[:16],
        "system_message": wanted.text("system_message"),
        "extra_instructions": wanted.text("extra_instructions"),
    }
    # Those that came later are named only where they are set, so that files of before stay what they are.
    later = {
        "question_types": list(order.question_types) if order.question_types != prompts.QUESTION_TYPES else None,
        "language": wanted.text("language"),
        "style": wanted.text("style"),
        "content_cap": order.content_cap or None,
    }
    return parameters | {name: value for name, value in later.items() if value is not None}
