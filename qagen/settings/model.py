"""The one reader of flags, environment and `config.env`; nearest first wins: flag > environment > file > default.

Each field names its variable. Keys and addresses of hosts keep the vendors' own names and are read through the
provider's row (`Provider.key_env`, `Provider.base_url_env`), so that a new host needs no new field.
"""

from __future__ import annotations

import difflib
import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, PrivateAttr, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from qagen import redaction
from qagen.errors import UsageError
from qagen.formats import decode, without_surrogates
from qagen.llm.providers import NOBODY, PROVIDERS, Endpoint, Provider, embeddings_of, is_loopback, resolve_base_url
from qagen.llm.types import LARGEST_BODY, LONGEST_WAIT_S, Bounds, TransportChoice
from qagen.settings.sources import look_at_modes, read_config, read_key, refuse_unknown_names

DEFAULT_CONFIG_FILE = Path("config.env")
Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
Strategy = Literal["auto", "recursive", "markdown", "html", "character", "token", "semantic"]
Patterns = Annotated[list[str], NoDecode]
Names = Annotated[list[str], NoDecode]
_CHUNK_SIZES = {"characters": 4000, "tokens": 1000}
"""Most units of a chunk, where nothing is set."""
_WITHOUT = {"rules": "to try the pipeline without a model", NOBODY.name: "to do without a model"}
_MOST = 10**9
"""Numbers that are larger are mistyped."""
_NO_OPTIONS = frozenset(
    {"model", "messages", "contents", "system", "stream", "n", "tools", "response_format", "format"}
)


class Settings(BaseSettings):
    """Everything that can be set, with its default. Paths are relative to the working directory."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True, env_ignore_empty=True, env_file_encoding="utf-8")

    # Where things are
    incoming_dir: Path = Field(Path("documents"), validation_alias="GENERATOR_INCOMING_DIR")
    chunks_dir: Path = Field(Path("chunks"), validation_alias="GENERATOR_PROCESS_DIR")
    qa_dir: Path = Field(Path("qa"), validation_alias="GENERATOR_OUTPUT_DIR")
    output_file: Path = Field(Path("training_data.json"), validation_alias="GENERATOR_OUTPUT_FILE")

    # How documents are cut
    splitting_strategy: Strategy = Field("auto", validation_alias="GENERATOR_SPLITTING_STRATEGY")
    size_unit: Literal["characters", "tokens"] | None = Field(None, validation_alias="GENERATOR_SIZE_UNIT")
    chunk_size: int | None = Field(None, ge=1, le=_MOST, validation_alias="GENERATOR_CHUNK_SIZE")
    chunk_overlap: int | None = Field(None, ge=0, validation_alias="GENERATOR_CHUNK_OVERLAP")
    min_chunk_size: int | None = Field(None, ge=1, validation_alias="GENERATOR_MIN_CHUNK_SIZE")
    include: Patterns = Field(default_factory=list, validation_alias="GENERATOR_INCLUDE")
    exclude: Patterns = Field(default_factory=list, validation_alias="GENERATOR_EXCLUDE")
    text_field: str | None = Field(None, validation_alias="GENERATOR_TEXT_FIELD")
    jobs: int | None = Field(None, ge=1, le=64, validation_alias="GENERATOR_JOBS")
    document_timeout: float = Field(120.0, gt=0, validation_alias="GENERATOR_DOCUMENT_TIMEOUT")

    # Who is asked
    provider: str | None = Field(None, validation_alias="GENERATOR_PROVIDER")
    model: str | None = Field(None, validation_alias="GENERATOR_MODEL")
    base_url: str | None = Field(None, validation_alias="GENERATOR_BASE_URL")

    api_key_file: Path | None = Field(None, validation_alias="GENERATOR_API_KEY_FILE")
    ca_bundle: Path | None = Field(None, validation_alias="GENERATOR_CA_BUNDLE")
    allow_insecure_http: bool = Field(False, validation_alias="GENERATOR_ALLOW_INSECURE_HTTP")

    # Who makes vectors
    embed_provider: str | None = Field(None, validation_alias="GENERATOR_EMBED_PROVIDER")
    embed_model: str | None = Field(None, validation_alias="GENERATOR_EMBED_MODEL")
    embed_base_url: str | None = Field(None, validation_alias="GENERATOR_EMBED_BASE_URL")

    # What is asked
    questions_per_chunk: int = Field(5, ge=1, le=100, validation_alias="GENERATOR_QUESTIONS_PER_CHUNK")
    temperature: float | None = Field(None, ge=0, le=2, validation_alias="GENERATOR_TEMPERATURE")
    top_p: float | None = Field(None, gt=0, le=1, validation_alias="GENERATOR_TOP_P")
    seed: int | None = Field(None, ge=-(2**63), lt=2**63, validation_alias="GENERATOR_SEED")
    reasoning_effort: Effort | None = Field(None, validation_alias="GENERATOR_REASONING_EFFORT")
    max_tokens: int | None = Field(None, ge=1, le=_MOST, validation_alias="GENERATOR_MAX_TOKENS")
    model_options: Annotated[dict[str, Any], NoDecode] = Field(
        default_factory=dict, validation_alias="GENERATOR_MODEL_OPTIONS"
    )
    system_message: str | None = Field(None, validation_alias="GENERATOR_SYSTEM_MESSAGE")
    extra_instructions: str | None = Field(None, validation_alias="GENERATOR_EXTRA_INSTRUCTIONS")
    prompt_template_file: Path | None = Field(None, validation_alias="GENERATOR_PROMPT_TEMPLATE_FILE")
    prompts_dir: Path | None = Field(None, validation_alias="GENERATOR_PROMPTS_DIR")
    question_types: Names = Field(default_factory=list, validation_alias="GENERATOR_QUESTION_TYPES")
    language: str | None = Field(None, validation_alias="GENERATOR_LANGUAGE")
    style: str | None = Field(None, validation_alias="GENERATOR_STYLE")
    content_cap: bool = Field(False, validation_alias="GENERATOR_CONTENT_CAP")
    corrective_retry: bool = Field(True, validation_alias="GENERATOR_CORRECTIVE_RETRY")

    prices_file: Path | None = Field(None, validation_alias="GENERATOR_PRICES_FILE")

    # How the run goes
    resume: bool = Field(True, validation_alias="GENERATOR_RESUME")
    accept_changes: bool = Field(False, validation_alias="GENERATOR_ACCEPT_CHANGES")
    retry_failed: bool = Field(True, validation_alias="GENERATOR_RETRY_FAILED")
    limit: int | None = Field(None, ge=1, validation_alias="GENERATOR_LIMIT")
    max_concurrent: int | None = Field(None, ge=1, le=4096, validation_alias="GENERATOR_MAX_CONCURRENT")
    batch_size: int = Field(32, ge=1, validation_alias="GENERATOR_BATCH_SIZE")
    requests_per_minute: float | None = Field(None, gt=0, validation_alias="GENERATOR_REQUESTS_PER_MINUTE")
    tokens_per_minute: float | None = Field(None, gt=0, validation_alias="GENERATOR_TOKENS_PER_MINUTE")
    max_wait: float = Field(LONGEST_WAIT_S, ge=0, validation_alias="GENERATOR_MAX_WAIT")
    max_response_mb: int = Field(LARGEST_BODY // 2**20, ge=1, le=1024, validation_alias="GENERATOR_MAX_RESPONSE_MB")
    transport: TransportChoice = Field("auto", validation_alias="GENERATOR_TRANSPORT")
    drain_timeout: float | None = Field(None, ge=0, validation_alias="GENERATOR_DRAIN_TIMEOUT")
    log_format: Literal["text", "json"] = Field("text", validation_alias="GENERATOR_LOG_FORMAT")
    error_file: Path | None = Field(None, validation_alias="GENERATOR_ERROR_FILE")

    # Negatives
    negatives: int = Field(4, ge=1, le=10, validation_alias="GENERATOR_NEGATIVES")
    candidates: int = Field(10, ge=1, le=50, validation_alias="GENERATOR_CANDIDATES")
    negatives_dir: Path | None = Field(None, validation_alias="GENERATOR_NEGATIVES_DIR")

    # What is combined
    output_format: Literal["json", "jsonl"] | None = Field(None, validation_alias="GENERATOR_OUTPUT_FORMAT")
    strict: bool = Field(False, validation_alias="GENERATOR_STRICT")
    include_unfinished: bool = Field(False, validation_alias="GENERATOR_INCLUDE_UNFINISHED")
    dedupe: bool = Field(True, validation_alias="GENERATOR_DEDUPE")
    checks: bool = Field(True, validation_alias="GENERATOR_CHECKS")
    conflicts: Literal["keep", "drop", "fail"] = Field("keep", validation_alias="GENERATOR_CONFLICTS")
    drop: Patterns = Field(default_factory=list, validation_alias="GENERATOR_DROP")
    min_grounding: float | None = Field(None, ge=0, le=1, validation_alias="GENERATOR_MIN_GROUNDING")
    max_per_document: int | None = Field(None, ge=1, validation_alias="GENERATOR_MAX_PER_DOCUMENT")
    include_source_text: bool = Field(False, validation_alias="GENERATOR_INCLUDE_SOURCE_TEXT")
    rejects: Path | None = Field(None, validation_alias="GENERATOR_REJECTS")

    # What is exported
    export_format: str | None = Field(None, validation_alias="GENERATOR_EXPORT_FORMAT")
    export_file: Path | None = Field(None, validation_alias="GENERATOR_EXPORT_FILE")
    export_negatives: int | None = Field(None, ge=1, le=100, validation_alias="GENERATOR_EXPORT_NEGATIVES")
    explode_short: bool = Field(False, validation_alias="GENERATOR_EXPLODE_SHORT")
    allow_random_negatives: bool = Field(False, validation_alias="GENERATOR_ALLOW_RANDOM_NEGATIVES")
    verified_only: bool = Field(False, validation_alias="GENERATOR_VERIFIED_ONLY")
    qrels_split: Literal["train", "dev", "test"] = Field("test", validation_alias="GENERATOR_QRELS_SPLIT")

    _environment: dict[str, str] = PrivateAttr(default_factory=dict)
    """All variables, of the process and of the file, for the names that stand in providers' rows."""
    _places: dict[str, str] = PrivateAttr(default_factory=dict)
    """Where each of them stands."""
    _flags: set[str] = PrivateAttr(default_factory=set)
    """Fields that were given on the command line."""
    _key_of_file: str | None = PrivateAttr(None)
    """The key that stands in `api_key_file`; None while it was not read."""
    _cautions: list[str] = PrivateAttr(default_factory=list)
    """What the user should know of where the settings stand."""
    _variables: dict[str, str] = PrivateAttr(default_factory=dict)
    """Vendors' own variables that were given on the command line."""

    @field_validator("model_options", mode="before")
    @classmethod
    def _parse_options(cls, value: Any) -> Any:
        """`["top_k=40"]` from flags and `top_k=40 stop='["##"]'` from a file become a dictionary."""
        items = shlex.split(value) if isinstance(value, str) else value
        if not isinstance(items, list | tuple):
            return items
        options = {}
        for item in items:
            name, equals, text = str(item).partition("=")
            if not equals or not name.strip():
                raise ValueError(f"{item!r} is not of the form name=value, such as top_k=40")
            if name.strip() in _NO_OPTIONS:
                raise ValueError(f"{name.strip()!r} is set by qagen itself; it is no option of sampling")
            try:
                options[name.strip()] = decode(text.encode())
            except ValueError:
                options[name.strip()] = text
        return options

    @field_validator("*")
    @classmethod
    def _is_text(cls, value: Any) -> Any:
        if isinstance(value, str) and value != without_surrogates(value):
            raise ValueError("it holds bytes that are no text in UTF-8")
        return value

    @field_validator("provider", "embed_provider")
    @classmethod
    def _know_provider(cls, value: str | None, info: ValidationInfo) -> str | None:
        is_nobody = value == NOBODY.name and info.field_name == "provider"
        if value is not None and value not in PROVIDERS and not is_nobody:
            near = difflib.get_close_matches(value.lower(), PROVIDERS, n=1)
            near += [row.name for row in PROVIDERS.values() if value.lower() in row.about.lower()]
            guess = f"; did you mean {near[0]}?" if near else "."
            known = f"{', '.join(PROVIDERS)}, and {NOBODY.name} for mine-negatives"
            raise ValueError(f"there is no provider {value!r}{guess} Known: {known}")
        return value

    @field_validator("question_types", mode="before")
    @classmethod
    def _parse_names(cls, value: Any) -> Any:
        """`factual,procedural` becomes a list."""
        items = [value] if isinstance(value, str) else value
        return [name.strip() for item in items for name in str(item).split(",") if name.strip()]

    @field_validator("include", "exclude", "drop", mode="before")
    @classmethod
    def _parse_patterns(cls, value: Any) -> Any:
        """`*.pdf 'old drafts/*'` of a file becomes a list."""
        return shlex.split(value) if isinstance(value, str) else value

    @field_validator("size_unit")
    @classmethod
    def _tokens_are_tokens(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value == "characters" and info.data.get("splitting_strategy") == "token":
            raise ValueError("the strategy token counts in tokens; for characters choose --strategy character")
        return value

    @field_validator("chunk_overlap", "min_chunk_size")
    @classmethod
    def _is_smaller(cls, value: int | None, info: ValidationInfo) -> int | None:
        size = info.data.get("chunk_size") or _CHUNK_SIZES[_unit(info.data)]
        if value is not None and value >= size:
            flag = "--chunk-overlap" if info.field_name == "chunk_overlap" else "--min-chunk-size"
            raise ValueError(f"{value} is not smaller than the chunk size ({size}): lower {flag} or raise --chunk-size")
        return value

    @property
    def unit(self) -> str:
        """What chunk sizes are counted in."""
        return _unit({"size_unit": self.size_unit, "splitting_strategy": self.splitting_strategy})

    @property
    def size(self) -> int:
        """Most units of a chunk."""
        return self.chunk_size or _CHUNK_SIZES[self.unit]

    @property
    def overlap(self) -> int:
        """Most units that a chunk repeats of the one before: a tenth of the chunk size where nothing is set."""
        return self.size // 10 if self.chunk_overlap is None else self.chunk_overlap

    @classmethod
    def load(
        cls, config_file: Path | None = None, *, variables: Mapping[str, str] | None = None, **flags: Any
    ) -> Settings:
        """Read all sources. `flags` are the fields that were given on the command line.

        `variables` are vendors' own names, such as the base URL of one provider, that were given there, too.

        Raises:
            UsageError: a value that cannot be, an unknown GENERATOR_ name, or a `config_file` that is not there.
        """
        path = config_file or DEFAULT_CONFIG_FILE
        in_file = read_config(path, required=config_file is not None)
        refuse_unknown_names({_variable(name) for name in cls.model_fields}, in_file, os.environ, path)
        aliases = {_variable(name): value for name, value in flags.items()}
        try:
            settings = cls(_env_file=path if in_file else None, **aliases)
        except ValidationError as error:
            raise UsageError("; ".join(_explain(item, flags, in_file, path) for item in error.errors())) from None
        for names, place in ((in_file, str(path)), (os.environ, "environment")):
            given = {name: value for name, value in names.items() if value}
            settings._environment.update(given)
            settings._places.update(dict.fromkeys(given, place))
        settings._flags.update(flags)
        settings._variables.update(variables or {})
        settings._cautions += look_at_modes(path, in_file)
        for key in settings._keys():
            redaction.remember(key)
        return settings

    def endpoint(self, free: str = "rules") -> Endpoint:
        """The provider, its model, address and key. `free`: the provider to name to who has none.

        Raises:
            UsageError: something is not set; the text says what to set.
        """
        if self.provider is None:
            raise UsageError(self._say_provider(free))
        if self.provider == NOBODY.name:
            raise UsageError(
                f"provider {NOBODY.name}: only `qagen mine-negatives` can do without a model. "
                "To try the pipeline, use --provider rules."
            )
        row = PROVIDERS[self.provider]
        embedding = PROVIDERS.get(self.embed_provider or "")
        named = {row.base_url_env, embedding.base_url_env if embedding else None}
        for name in self._variables:
            if name not in named:
                raise UsageError(f"provider {row.name}: it does not use {name}. Name its address with --base-url.")
        model = self.model or row.default_model
        if model is None:
            raise UsageError(f"provider {row.name}: no model is set. Name one with --model or GENERATOR_MODEL.")
        key = self._key(row)
        if row.key_required and not key:
            raise UsageError(
                f"provider {row.name}: no key. Put {row.key_env}=... into the environment or into config.env; "
                f"{_WITHOUT[free]}, use --provider {free}."
            )
        return self._reach(row, model, self._given_base_url(row), key, "--base-url")

    def embed_endpoint(self) -> Endpoint | None:
        """Who makes the vectors of texts; None where nobody shall.

        The file with a key and the address for every provider are those of the provider that is asked: they count here
        only where it is the same one, or no other is asked.

        Raises:
            UsageError: something is not set, or the provider makes no vectors; the text says what to set.
        """
        if self.embed_provider in {None, NOBODY.name}:
            for field in ("embed_model", "embed_base_url"):
                if field in self._flags:
                    raise UsageError(f"{_flag(field)}: it says nothing without --embed-provider")
            return None
        row = PROVIDERS[str(self.embed_provider)]
        model = self.embed_model or embeddings_of(row).model
        if model is None:
            raise UsageError(
                f"provider {row.name}: no embedding model is set. Name one with --embed-model or GENERATOR_EMBED_MODEL."
            )
        is_asked = self.provider in {None, NOBODY.name, row.name}
        key = self._key(row, with_file=is_asked)
        if row.key_required and not key:
            raise UsageError(
                f"provider {row.name}: no key. Put {row.key_env}=... into the environment or into config.env."
            )
        given = self.embed_base_url or self._given_base_url(row, for_every=is_asked)
        return self._reach(row, model, given, key, "--embed-base-url")

    def _reach(self, row: Provider, model: str, given: str | None, key: str | None, flag: str) -> Endpoint:
        """The endpoint at an address that was `given`, by the flag or otherwise.

        Raises:
            UsageError: there is no address, or none that the key may be sent to.
        """
        try:
            base_url = resolve_base_url(row, given)
        except ValueError as error:
            raise UsageError(f"provider {row.name}: base URL: {error}") from None
        if base_url is None:
            raise UsageError(
                f"provider {row.name}: no address. Name the server with {flag} http://HOST:PORT/v1 "
                f"or {row.base_url_env}."
            )
        if key and base_url.startswith("http:") and not is_loopback(base_url) and not self.allow_insecure_http:
            raise UsageError(
                f"provider {row.name}: the key would travel unencrypted to {base_url}. Use an https address, "
                f"take {row.key_env} away, or allow it with --allow-insecure-http."
            )
        return Endpoint(row, model, base_url, SecretStr(key) if key else None)

    def bounds(self) -> Bounds:
        """What the client may do.

        Raises:
            UsageError: the file of certificates is not there.
        """
        if self.ca_bundle is not None and not self.ca_bundle.is_file():
            raise UsageError(f"--ca-bundle: {self.ca_bundle}: there is no such file")
        return Bounds(
            self.requests_per_minute,
            self.tokens_per_minute,
            self.max_wait,
            self.max_response_mb * 2**20,
            self.ca_bundle,
            self.transport,
        )

    @property
    def errors_path(self) -> Path:
        """Where the error log goes."""
        return self.error_file or self.qa_dir / "errors.jsonl"

    def cautions(self) -> list[str]:
        """What the user should know of where the settings stand."""
        return list(self._cautions)

    def origins(self) -> list[tuple[str, Any, str]]:
        """(variable, value, where it came from) of every setting."""
        found = []
        for field in type(self).model_fields:
            variable = _variable(field)
            given = field in self._flags
            origin = _flag(field) if given else self._places.get(variable, "default")
            found.append((variable, getattr(self, field), origin))
        return found

    def _key(self, row: Provider, *, with_file: bool = True) -> str | None:
        """The provider's key, without the line end that a mounted secret often has."""
        names = [name for name in (row.key_env, row.other_key_env) if name]
        if self._key_of_file is None:
            self._key_of_file = read_key(self.api_key_file)
            if self._key_of_file:
                redaction.remember(self._key_of_file)
        of_file = self._key_of_file if with_file else ""
        given = [of_file, *(self._environment.get(name, "").strip() for name in names)]
        key = next(filter(None, given), "")
        if not key.isascii() or not key.isprintable():
            place = "--api-key-file" if key == of_file else row.key_env
            raise UsageError(
                f"provider {row.name}: {place} holds characters that no key has (a quotation mark, a line end?). "
                "Copy the key again."
            )
        return key or None

    def _keys(self) -> set[str]:
        """The values of all providers' keys."""
        names = {name for row in PROVIDERS.values() for name in (row.key_env, row.other_key_env) if name}
        return {value.strip() for name in names if (value := self._environment.get(name, "").strip())}

    def _given_base_url(self, row: Provider, *, for_every: bool = True) -> str | None:
        """The address that was set, flags before all else; what is set for every provider before its own."""
        name = row.base_url_env or ""
        if name in self._variables and not (for_every and "base_url" in self._flags):
            return self._variables[name]
        return (self.base_url if for_every else None) or self._environment.get(name)

    def _say_provider(self, free: str) -> str:
        text = "no provider is set. Choose one with --provider or GENERATOR_PROVIDER: "
        able = [name for name, row in PROVIDERS.items() if row.generator_kind == "llm"]
        text += ", ".join([*able, free]) + "."
        for row in PROVIDERS.values():
            if row.key_env and row.key_required and self._environment.get(row.key_env):
                return f"{text} {row.key_env} is set, so --provider {row.name} would work."
        return f"{text} --provider {free} needs neither a key nor a server."


def _unit(data: Mapping[str, Any]) -> str:
    return str(data.get("size_unit") or ("tokens" if data.get("splitting_strategy") == "token" else "characters"))


def _variable(field: str) -> str:
    return str(Settings.model_fields[field].validation_alias)


_FLAGS = {
    "model_options": "model-option",
    "output_format": "format",
    "prices_file": "prices",
    "export_format": "format",
    "export_file": "output",
    "export_negatives": "negatives",
    "qrels_split": "split",
}
"""Those that are not called like their field."""


def _flag(field: str) -> str:
    return "--" + _FLAGS.get(field, field.replace("_", "-"))


def _explain(error: Any, flags: Mapping[str, Any], in_file: Mapping[str, Any], path: Path) -> str:
    """One validation error as a sentence that names where the value came from."""
    message = str(error["msg"]).removeprefix("Value error, ")
    variable = str(error["loc"][0]) if error["loc"] else ""
    field = next((name for name in Settings.model_fields if variable in {name, _variable(name)}), None)
    if field is None:
        return message
    variable = _variable(field)
    if field in flags:
        origin = _flag(field)
    elif os.environ.get(variable):
        origin = f"{variable} in the environment"
    elif in_file.get(variable):
        origin = f"{variable} in {path}"
    else:
        origin = f"the default of {variable}"
    given = "" if error["type"] == "value_error" else f" (it is {error['input']!r})"
    return f"{origin}: {message[:1].lower()}{message[1:]}{given}"
