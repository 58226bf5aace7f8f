"""What can be set: each field with its variable, its default, and what it may be."""

from __future__ import annotations

import codecs
import difflib
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from qagen.formats import decode, without_surrogates
from qagen.llm.providers import NOBODY, PROVIDERS
from qagen.llm.types import LARGEST_BODY, LONGEST_WAIT_S, TransportChoice

Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
Strategy = Literal["auto", "recursive", "markdown", "html", "character", "token", "semantic"]
Patterns = Annotated[list[str], NoDecode]
Names = Annotated[list[str], NoDecode]
_CHUNK_SIZES = {"characters": 4000, "tokens": 1000}
"""Most units of a chunk, where nothing is set."""
_MOST = 10**9
"""Numbers that are larger are mistyped."""
_SOME_ENCODINGS = ("cp1252", "cp1251", "koi8-r", "gb18030", "big5", "shift_jis", "euc-kr", "utf-16-le")
_NO_ENCODINGS = frozenset({"idna", "punycode", "raw_unicode_escape", "unicode_escape", "undefined", "charmap"})
"""Python calls them so, but no file is written in them."""
_NO_OPTIONS = frozenset(
    {"model", "messages", "contents", "system", "stream", "n", "tools", "response_format", "format"}
)


class Fields(BaseSettings):
    """Everything that can be set, with its default. Paths are relative to the working directory."""

    model_config = SettingsConfigDict(
        extra="ignore", frozen=True, env_ignore_empty=True, env_file_encoding="utf-8", defer_build=True
    )

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
    text_field: Names = Field(default_factory=list, validation_alias="GENERATOR_TEXT_FIELD")
    encoding: str | None = Field(None, validation_alias="GENERATOR_ENCODING")
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
    max_useless: int = Field(20, ge=0, le=_MOST, validation_alias="GENERATOR_MAX_USELESS")
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
    include_outdated: bool = Field(False, validation_alias="GENERATOR_INCLUDE_OUTDATED")
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

    @field_validator("encoding")
    @classmethod
    def _know_encoding(cls, value: str | None) -> str | None:
        """Python's name of it, which is the same however it is written."""
        if value is None:
            return None
        try:
            "a".encode(value)
            name = codecs.lookup(value).name
        except (LookupError, ValueError):
            name = ""
        if not name or name in _NO_ENCODINGS:
            raise ValueError(f"there is no encoding {value!r}. Such as: {', '.join(_SOME_ENCODINGS)}")
        return name

    @field_validator("provider", "embed_provider")
    @classmethod
    def _know_provider(cls, value: str | None, info: ValidationInfo) -> str | None:
        given, value = value, value.lower() if value else value
        is_nobody = value == NOBODY.name and info.field_name == "provider"
        if value is not None and value not in PROVIDERS and not is_nobody:
            near = difflib.get_close_matches(value, PROVIDERS, n=1)
            near += [row.name for row in PROVIDERS.values() if value in row.about.lower()]
            guess = f"; did you mean {near[0]}?" if near else "."
            known = f"{', '.join(PROVIDERS)}, and {NOBODY.name} for mine-negatives"
            raise ValueError(f"there is no provider {given!r}{guess} Known: {known}")
        return value

    @field_validator("question_types", "text_field", mode="before")
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

    @property
    def errors_path(self) -> Path:
        """Where the error log goes."""
        return self.error_file or self.qa_dir / "errors.jsonl"


def _unit(data: Mapping[str, Any]) -> str:
    return str(data.get("size_unit") or ("tokens" if data.get("splitting_strategy") == "token" else "characters"))


def variable_of(field: str) -> str:
    """The name of its variable."""
    return str(Fields.model_fields[field].validation_alias)


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


def flag_of(field: str) -> str:
    """The option of the command line that sets it."""
    return "--" + _FLAGS.get(field, field.replace("_", "-"))
