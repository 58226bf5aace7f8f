"""`<name>.qagen.toml`: what is asked otherwise about one document."""

from __future__ import annotations

import tomllib

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from qagen.errors import UsageError

ENDING = ".qagen.toml"


class DocumentSettings(BaseModel):
    """Each field that is set takes the place of the run's own."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    questions_per_chunk: int | None = Field(None, ge=1, le=100)
    question_types: tuple[str, ...] | None = Field(None, min_length=1)
    language: str | None = None
    style: str | None = None
    system_message: str | None = None
    extra_instructions: str | None = None
    prompt_template: str | None = None
    content_cap: bool | None = None

    @classmethod
    def parse(cls, data: bytes, name: str) -> DocumentSettings:
        """The settings in a file called `name`.

        Raises:
            UsageError: no TOML, an unknown field, or a value that cannot be.
        """
        try:
            return cls.model_validate(tomllib.loads(data.decode("utf-8-sig")))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            field = ".".join(str(step) for step in first["loc"])
            known = ", ".join(cls.model_fields)
            if first["type"] == "extra_forbidden":
                raise UsageError(f"{name}: there is no setting {field!r} for a document. Known: {known}.") from None
            raise UsageError(f"{name}: {field}: {first['msg'][:1].lower()}{first['msg'][1:]}") from None
        except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise UsageError(f"{name}: it is no TOML: {error}") from None
