"""Who is asked, where, and with which key: flags before all else, then what is set for every provider, then its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import SecretStr

from qagen import redaction
from qagen.errors import UsageError
from qagen.llm.providers import NOBODY, PROVIDERS, Endpoint, Provider, embeddings_of, is_loopback, resolve_base_url
from qagen.settings.fields import Fields, flag_of
from qagen.settings.sources import read_key

UNNAMED = "compatible"
"""Whose request is shown where no provider is set: a plain one."""
_WITHOUT = {"rules": "to try the pipeline without a model", NOBODY.name: "to do without a model"}


@dataclass(slots=True)
class Given:
    """What was said, and where."""

    environment: dict[str, str] = field(default_factory=dict)
    """All variables, of the process and of the file, for the names that stand in providers' rows."""
    places: dict[str, str] = field(default_factory=dict)
    """Where each of them stands."""
    flags: set[str] = field(default_factory=set)
    """Fields that were given on the command line."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """Vendors' own variables that were given there."""
    key_of_file: str | None = None
    """The key that stands in `api_key_file`; None while it was not read."""

    @property
    def keys(self) -> set[str]:
        """The values of all providers' keys."""
        names = {name for row in PROVIDERS.values() for name in (row.key_env, row.other_key_env) if name}
        return {value.strip() for name in names if (value := self.environment.get(name, "").strip())}


class Hosts:
    """The endpoints that the fields, with all that was given, lead to."""

    def __init__(self, fields: Fields, given: Given) -> None:
        self._fields = fields
        self._given = given

    def endpoint(self, free: str = "rules") -> Endpoint:
        """The provider, its model, address and key. `free`: the provider to name to who has none.

        Raises:
            UsageError: something is not set; the text says what to set.
        """
        if self._fields.provider is None:
            raise UsageError(self._say_provider(free))
        if self._fields.provider == NOBODY.name:
            raise UsageError(
                f"provider {NOBODY.name}: only `qagen mine-negatives` can do without a model. "
                "To try the pipeline, use --provider rules."
            )
        row = PROVIDERS[self._fields.provider]
        embedding = PROVIDERS.get(self._fields.embed_provider or "")
        named = {row.base_url_env, embedding.base_url_env if embedding else None}
        for name in self._given.variables:
            if name not in named:
                raise UsageError(f"provider {row.name}: it does not use {name}. Name its address with --base-url.")
        model = self._fields.model or row.default_model
        if model is None:
            raise UsageError(f"provider {row.name}: no model is set. Name one with --model or GENERATOR_MODEL.")
        key = self._key(row)
        if row.key_required and not key:
            raise UsageError(
                f"provider {row.name}: no key. Put {row.key_env}=... into the environment or into config.env; "
                f"{_WITHOUT[free]}, use --provider {free}."
            )
        return self._reach(row, model, self._given_base_url(row), key, "--base-url")

    def sketch(self) -> Endpoint:
        """Who would be asked, as far as it is known: enough to show a request, and not to send one. No key is read.

        Raises:
            UsageError: nobody would be asked.
        """
        if self._fields.provider == NOBODY.name:
            return self.endpoint()
        row = PROVIDERS[self._fields.provider or UNNAMED]
        try:
            base_url = resolve_base_url(row, self._given_base_url(row))
        except ValueError:
            base_url = None
        model = self._fields.model or row.default_model or "not set yet; --model names it"
        return Endpoint(row, model, base_url or "http://unknown.invalid", None)

    def embed_endpoint(self) -> Endpoint | None:
        """Who makes the vectors of texts; None where nobody shall.

        The file with a key and the address for every provider are those of the provider that is asked: they count here
        only where it is the same one, or no other is asked.

        Raises:
            UsageError: something is not set, or the provider makes no vectors; the text says what to set.
        """
        if self._fields.embed_provider in {None, NOBODY.name}:
            for field in ("embed_model", "embed_base_url"):
                if field in self._given.flags:
                    raise UsageError(f"{flag_of(field)}: it says nothing without --embed-provider")
            return None
        row = PROVIDERS[str(self._fields.embed_provider)]
        model = self._fields.embed_model or embeddings_of(row).model
        if model is None:
            raise UsageError(
                f"provider {row.name}: no embedding model is set. Name one with --embed-model or GENERATOR_EMBED_MODEL."
            )
        is_asked = self._fields.provider in {None, NOBODY.name, row.name}
        key = self._key(row, with_file=is_asked)
        if row.key_required and not key:
            raise UsageError(
                f"provider {row.name}: no key. Put {row.key_env}=... into the environment or into config.env."
            )
        given = self._fields.embed_base_url or self._given_base_url(row, for_every=is_asked)
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
        if key and base_url.startswith("http:") and not is_loopback(base_url) and not self._fields.allow_insecure_http:
            raise UsageError(
                f"provider {row.name}: the key would travel unencrypted to {base_url}. Use an https address, "
                f"take {row.key_env} away, or allow it with --allow-insecure-http."
            )
        return Endpoint(row, model, base_url, SecretStr(key) if key else None)

    def _key(self, row: Provider, *, with_file: bool = True) -> str | None:
        """The provider's key, without the line end that a mounted secret often has."""
        names = [name for name in (row.key_env, row.other_key_env) if name]
        if self._given.key_of_file is None:
            self._given.key_of_file = read_key(self._fields.api_key_file)
            if self._given.key_of_file:
                redaction.remember(self._given.key_of_file)
        of_file = self._given.key_of_file if with_file else ""
        given = [of_file, *(self._given.environment.get(name, "").strip() for name in names)]
        key = next(filter(None, given), "")
        if not key.isascii() or not key.isprintable():
            place = "--api-key-file" if key == of_file else row.key_env
            raise UsageError(
                f"provider {row.name}: {place} holds characters that no key has (a quotation mark, a line end?). "
                "Copy the key again."
            )
        return key or None

    def _given_base_url(self, row: Provider, *, for_every: bool = True) -> str | None:
        """The address that was set, flags before all else; what is set for every provider before its own."""
        name = row.base_url_env or ""
        if name in self._given.variables and not (for_every and "base_url" in self._given.flags):
            return self._given.variables[name]
        return (self._fields.base_url if for_every else None) or self._given.environment.get(name)

    def _say_provider(self, free: str) -> str:
        text = "no provider is set. Choose one with --provider or GENERATOR_PROVIDER: "
        able = [name for name, row in PROVIDERS.items() if row.generator_kind == "llm"]
        text += ", ".join([*able, free]) + "."
        for row in PROVIDERS.values():
            if row.key_env and row.key_required and self._given.environment.get(row.key_env):
                return f"{text} {row.key_env} is set, so --provider {row.name} would work."
        return f"{text} --provider {free} needs neither a key nor a server."
