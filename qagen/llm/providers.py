"""The hosts that qagen can talk to: one row each.

A new host that speaks a known dialect is one row here; a new dialect is one module beside this one (`Wire`) and a row
that names it. What differs between hosts stands in the row as data, so that no other module knows a vendor's name.
Facts about the hosts were read from the vendors' documentation and SDKs in November 2026.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit, urlunsplit

from qagen.errors import UsageError

if TYPE_CHECKING:  # only for the annotation: the help must not wait for pydantic
    from pydantic import SecretStr


@dataclass(frozen=True, slots=True)
class Embeddings:
    """How a host is asked for the vectors of texts. Headers and errors are those of its other dialect."""

    wire: str
    """Module of the dialect in `qagen.llm`."""
    model: str | None = None
    """None: the user has to name one."""
    most_texts: int = 32
    """Of a request."""
    most_characters: int = 100_000
    """Of a request. A batch that is refused all the same is halved."""
    longest_text: int = 8_000
    """Characters of a text that are sent; the rest of a longer one is left out."""
    packed: bool = False
    """The host is asked for vectors as bytes in base64: a third of the size of decimal numbers."""


@dataclass(frozen=True, slots=True)
class Provider:
    """One host and what is particular about it."""

    name: str
    wire: str
    """Module of the dialect in `qagen.llm`."""
    about: str
    """One line for the help."""
    base_url: str | None
    """None: the user has to say it."""
    base_path: str = ""
    """What a base URL given without a path gets, such as `/v1`."""
    bare_port: int | None = None
    """Port of an address given without a scheme and a port."""
    stray_paths: tuple[str, ...] = ()
    """Paths that users add to the base URL and that the dialect adds itself."""
    base_url_env: str | None = None
    base_url_flag: str | None = None
    """A flag of its own for the base URL, for those who know it by that name."""
    key_env: str | None = None
    other_key_env: str | None = None
    """Another name of the key, read where the first is not set."""
    key_required: bool = False
    default_model: str | None = None
    """None: the user has to name one."""
    max_tokens: int = 4000
    max_tokens_field: str = "max_tokens"
    max_concurrent: int = 16
    read_timeout_s: float = 120.0
    """How long a server may stay silent. Without streaming that is the whole time of generation."""
    deadline_s: float = 300.0
    """How long one try may take in all, dripping bodies included."""
    structured: Literal["schema", "json"] = "schema"
    """Whether the host enforces a JSON schema, or only that the reply is JSON."""
    efforts: tuple[tuple[str, str], ...] = ()
    """Beginnings of the names of reasoning models, and the least effort that each accepts: thinking is billed as
    output, and questions about a passage need little of it. Other models are not told."""
    models_path: str = "/models"
    """Where the host lists its models ..."""
    models_field: str = "data"
    """... in which field ..."""
    model_name_field: str = "id"
    """... and where each says its name."""
    models_are_complete: bool = True
    """False: the host may answer to names that it does not list."""
    model_facts_path: str | None = None
    """Where the host tells more about one model, asked with `{"model": name}`."""
    implied_tag: str = ""
    """What a model's name ends with where no tag is given."""
    embeddings: Embeddings | None = None
    """None: the host makes no vectors."""
    in_process: bool = False
    """Answered by `qagen.llm.rules` instead of a server, from the passage and its facts as plain fields of the body."""
    priced: Literal["table", "free", "unknown"] = "table"
    generator_kind: Literal["llm", "rules"] = "llm"
    when_refused: str = "Check the address and that the server is running."
    """What to do when nobody listens."""
    when_model_unknown: str = "Check the name with the provider's list of models."
    """What to do when the model is unknown; `{model}` stands for its name."""


def _hosted(
    name: str,
    about: str,
    base_url: str,
    key_env: str,
    structured: Literal["schema", "json"] = "schema",
    embeddings: Embeddings | None = None,
) -> Provider:
    """A hosted service that speaks Chat Completions and has no quirks that we know of."""
    return Provider(
        name,
        wire="openai_chat",
        about=about,
        base_url=base_url,
        base_path=urlsplit(base_url).path,
        key_env=key_env,
        key_required=True,
        structured=structured,
        embeddings=embeddings,
    )


PROVIDERS: dict[str, Provider] = {
    row.name: row
    for row in (
        Provider(
            "openai",
            wire="openai_chat",
            about="OpenAI's API",
            base_url="https://api.openai.com/v1",
            base_path="/v1",
            base_url_env="OPENAI_BASE_URL",
            key_env="OPENAI_API_KEY",
            key_required=True,
            default_model="gpt-6-luna",
            max_tokens_field="max_completion_tokens",
            efforts=(("gpt-6-luna", "none"), ("gpt-6-sol", "none")),
            # At most 8192 tokens a text, and 2048 texts and 300,000 tokens a request.
            embeddings=Embeddings(
                "openai_embeddings",
                "text-embedding-3-small",
                most_texts=128,
                most_characters=200_000,
                longest_text=16_000,
                packed=True,
            ),
        ),
        Provider(
            "claude",
            wire="anthropic",
            about="Anthropic's API",
            base_url="https://api.anthropic.com",
            stray_paths=("/v1",),
            base_url_env="ANTHROPIC_BASE_URL",
            key_env="ANTHROPIC_API_KEY",
            key_required=True,
            default_model="claude-sonnet-5-5",
            max_tokens=8000,
            models_path="/v1/models?limit=1000",
            efforts=(
                ("claude-haiku-5", "none"),
                ("claude-sonnet-5", "low"),
                ("claude-opus-5", "low"),
                ("claude-fable", "low"),
            ),
        ),
        Provider(
            "gemini",
            wire="gemini",
            about="Google's Gemini API",
            base_url="https://generativelanguage.googleapis.com",
            stray_paths=("/v1beta", "/v1"),
            base_url_env="GOOGLE_GEMINI_BASE_URL",
            key_env="GEMINI_API_KEY",
            other_key_env="GOOGLE_API_KEY",
            key_required=True,
            default_model="gemini-3.8-flash",
            max_tokens=8000,
            models_path="/v1beta/models?pageSize=1000",
            models_field="models",
            model_name_field="name",
            efforts=(("gemini-3", "low"), ("gemini-2.5", "none")),
            # At most 2048 tokens a text, and 100 texts a request.
            embeddings=Embeddings("gemini_embeddings", "gemini-embedding-001", most_texts=100),
        ),
        Provider(
            "local",
            wire="ollama",
            about="Ollama on this machine or another",
            base_url="http://127.0.0.1:11434",
            bare_port=11434,
            stray_paths=("/v1", "/api"),
            base_url_env="OLLAMA_BASE_URL",
            base_url_flag="--ollama-base-url",
            key_env="OLLAMA_API_KEY",
            max_tokens=2000,
            max_concurrent=2,
            # The first request loads the model, and a laptop writes a few tokens a second.
            read_timeout_s=900.0,
            deadline_s=900.0,
            models_path="/api/tags",
            models_field="models",
            model_name_field="name",
            model_facts_path="/api/show",
            implied_tag=":latest",
            efforts=(("gpt-oss", "low"),),
            embeddings=Embeddings("ollama_embeddings", most_texts=16),
            priced="free",
            when_refused="Is Ollama running? Start it with `ollama serve`, or name its address with --ollama-base-url.",
            when_model_unknown="Pull it first: `ollama pull {model}`; `ollama list` shows what is there.",
        ),
        Provider(
            "compatible",
            wire="openai_chat",
            about="any server that speaks OpenAI's Chat Completions (vLLM, llama.cpp, LM Studio ...)",
            base_url=None,
            base_path="/v1",
            base_url_env="COMPATIBLE_BASE_URL",
            key_env="COMPATIBLE_API_KEY",
            read_timeout_s=600.0,
            deadline_s=600.0,
            models_are_complete=False,
            priced="unknown",
            when_refused="Is the server running, and is --base-url its address?",
            embeddings=Embeddings("openai_embeddings"),
        ),
        _hosted("deepseek", "DeepSeek's API", "https://api.deepseek.com", "DEEPSEEK_API_KEY", structured="json"),
        _hosted(
            "mistral",
            "Mistral's API",
            "https://api.mistral.ai/v1",
            "MISTRAL_API_KEY",
            embeddings=Embeddings("openai_embeddings", "mistral-embed", most_characters=40_000),
        ),
        _hosted("groq", "Groq's API", "https://api.groq.com/openai/v1", "GROQ_API_KEY"),
        _hosted(
            "together",
            "Together AI's API",
            "https://api.together.ai/v1",
            "TOGETHER_API_KEY",
            embeddings=Embeddings("openai_embeddings"),
        ),
        _hosted(
            "openrouter",
            "OpenRouter, a gateway to many hosts",
            "https://openrouter.ai/api/v1",
            "OPENROUTER_API_KEY",
            embeddings=Embeddings("openai_embeddings"),
        ),
        _hosted("xai", "xAI's API", "https://api.x.ai/v1", "XAI_API_KEY"),
        Provider(
            "rules",
            wire="openai_chat",
            about="no model at all: fill-in-the-blank questions by rules, to try the pipeline",
            base_url="http://rules.invalid/v1",
            base_path="/v1",
            default_model="rules-cloze-1",
            in_process=True,
            priced="free",
            generator_kind="rules",
        ),
    )
}


NOBODY = Provider(
    "none",
    wire="openai_chat",
    about="no model is asked",
    base_url="http://none.invalid/v1",
    base_path="/v1",
    in_process=True,
    priced="free",
    max_concurrent=2,
)
"""In the place of a host, where a command can do without."""


def embeddings_of(provider: Provider) -> Embeddings:
    """How the host makes vectors.

    Raises:
        UsageError: it makes none; the text names those that do.
    """
    if provider.embeddings is None:
        able = ", ".join(row.name for row in PROVIDERS.values() if row.embeddings)
        raise UsageError(f"provider {provider.name}: it makes no embeddings. Those that do: {able} (--embed-provider).")
    return provider.embeddings


def default_effort(provider: Provider, model: str) -> str | None:
    """The least effort that the model accepts, by the longest beginning of its name; None: the model is not told."""
    fitting = [
        (prefix, effort) for prefix, effort in provider.efforts if model.removeprefix("models/").startswith(prefix)
    ]
    return max(fitting, key=lambda row: len(row[0]))[1] if fitting else None


def resolve_base_url(provider: Provider, given: str | None) -> str | None:
    """`given` (or the row's own) as scheme://host[:port][/path] without a trailing slash; None where neither says it.

    Ollama's client takes a bare `host` or `host:port`, so that is understood too: its port is 11434 where none is named
    (only without a scheme: `http://host` means port 80). `0.0.0.0` is an address to listen on; as a client it is this
    machine. A URL without a path gets the dialect's usual one (`/v1`), and a `/v1` or `/api` that does not belong to
    the dialect is taken off.

    Raises:
        ValueError: not an http or https URL, or one that carries a user name or a password.
    """
    text = (given or provider.base_url or "").strip()
    if not text:
        return None
    bare = "://" not in text
    parts = urlsplit(f"http://{'127.0.0.1' if text.startswith(':') else ''}{text}" if bare else text)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"{text!r} is not an http or https address")
    if parts.username is not None or parts.password is not None:
        raise ValueError("the address must not carry a user name or password; keys go into the environment")
    if parts.query or parts.fragment:
        raise ValueError("the address must not carry a query or a fragment")
    host = "127.0.0.1" if parts.hostname == "0.0.0.0" else parts.hostname  # noqa: S104 - read, not listened on
    host = f"[{host}]" if ":" in host else host
    port = parts.port or (provider.bare_port if bare else None)
    path = parts.path.rstrip("/")
    for stray in provider.stray_paths:
        path = path.removesuffix(stray)
    return urlunsplit((parts.scheme, f"{host}:{port}" if port else host, path or provider.base_path, "", ""))


def is_loopback(base_url: str) -> bool:
    """Whether the host is this machine."""
    host = (urlsplit(base_url).hostname or "").lower()
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def is_near(base_url: str) -> bool:
    """Whether the host is this machine or one of its `.local` neighbours: never reached through a proxy."""
    return is_loopback(base_url) or (urlsplit(base_url).hostname or "").lower().endswith(".local")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A provider as this run reaches it."""

    provider: Provider
    model: str
    base_url: str
    api_key: SecretStr | None = field(default=None, repr=False)
    """Hidden from every log and traceback, and out of the repr."""

    @property
    def key(self) -> str | None:
        """The key itself, for the header and for redaction."""
        return self.api_key.get_secret_value() if self.api_key else None

    @property
    def host(self) -> str:
        """Host and port: what the user is shown, and what the fingerprint holds."""
        return urlsplit(self.base_url).netloc
