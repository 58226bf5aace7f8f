"""The one reader of flags, environment and `config.env`; nearest first wins: flag > environment > file > default.

Each field names its variable. Keys and addresses of hosts keep the vendors' own names and are read through the
provider's row (`Provider.key_env`, `Provider.base_url_env`), so that a new host needs no new field.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import PrivateAttr, ValidationError

from qagen import redaction
from qagen.errors import UsageError
from qagen.llm.providers import Endpoint
from qagen.llm.types import Bounds
from qagen.settings.fields import Fields, flag_of, variable_of
from qagen.settings.hosts import Given, Hosts
from qagen.settings.sources import look_at_modes, read_config, refuse_unknown_names

DEFAULT_CONFIG_FILE = Path("config.env")


class Settings(Fields):
    """The settings of a command, as they were read."""

    _given: Given = PrivateAttr(default_factory=Given)
    _cautions: list[str] = PrivateAttr(default_factory=list)
    """What the user should know of where the settings stand."""

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
        refuse_unknown_names({variable_of(name) for name in cls.model_fields}, in_file, os.environ, path)
        aliases = {variable_of(name): value for name, value in flags.items()}
        try:
            settings = cls(_env_file=path if in_file else None, **aliases)
        except ValidationError as error:
            raise UsageError("; ".join(_explain(item, flags, in_file, path) for item in error.errors())) from None
        for names, place in ((in_file, str(path)), (os.environ, "environment")):
            given = {name: value for name, value in names.items() if value}
            settings._given.environment.update(given)
            settings._given.places.update(dict.fromkeys(given, place))
        settings._given.flags.update(flags)
        settings._given.variables = dict(variables or {})
        settings._cautions += look_at_modes(path, in_file)
        for key in settings._given.keys:
            redaction.remember(key)
        return settings

    def endpoint(self, free: str = "rules") -> Endpoint:
        """The provider, its model, address and key. `free`: the provider to name to who has none.

        Raises:
            UsageError: something is not set; the text says what to set.
        """
        return Hosts(self, self._given).endpoint(free)

    def sketch(self) -> Endpoint:
        """Who would be asked, without a key: enough to show a request.

        Raises:
            UsageError: nobody would be asked.
        """
        return Hosts(self, self._given).sketch()

    def embed_endpoint(self) -> Endpoint | None:
        """Who makes the vectors of texts; None where nobody shall.

        Raises:
            UsageError: something is not set, or the provider makes no vectors; the text says what to set.
        """
        return Hosts(self, self._given).embed_endpoint()

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

    def cautions(self) -> list[str]:
        """What the user should know of where the settings stand."""
        return list(self._cautions)

    def origins(self) -> list[tuple[str, Any, str]]:
        """(variable, value, where it came from) of every setting."""
        found = []
        for field in type(self).model_fields:
            variable = variable_of(field)
            given = field in self._given.flags
            origin = flag_of(field) if given else self._given.places.get(variable, "default")
            found.append((variable, getattr(self, field), origin))
        return found


_OUR_WORDS = {
    "int_parsing": "it must be a whole number",
    "int_from_float": "it must be a whole number",
    "float_parsing": "it must be a number",
    "bool_parsing": "it must be true or false",
}
"""For what pydantic says of its own parsing, by the type of the error."""


def _explain(error: Any, flags: Mapping[str, Any], in_file: Mapping[str, Any], path: Path) -> str:
    """One validation error as a sentence that names where the value came from."""
    message = _OUR_WORDS.get(error["type"]) or str(error["msg"]).removeprefix("Value error, ")
    variable = str(error["loc"][0]) if error["loc"] else ""
    field = next((name for name in Settings.model_fields if variable in {name, variable_of(name)}), None)
    if field is None:
        return message
    variable = variable_of(field)
    if field in flags:
        origin = flag_of(field)
    elif os.environ.get(variable):
        origin = f"{variable} in the environment"
    elif in_file.get(variable):
        origin = f"{variable} in {path}"
    else:
        origin = f"the default of {variable}"
    given = "" if error["type"] == "value_error" else f" (it is {error['input']!r})"
    return f"{origin}: {message[:1].lower()}{message[1:]}{given}"
