"""What other packages import and this program never needs: a third of the time that `--help` takes, and more."""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

_NOT_NEEDED = (("rich.markdown", "Markdown"), ("rich.traceback", "Traceback"))
"""Our help is no Markdown, and typer shows no tracebacks of ours."""
_COMMAND_LINE_OF_HTTPX = "httpx._main"
"""It brings a parser of arguments, rich and pygments along, where they are there; without it, httpx does without."""
_PLUGINS_OF_PYDANTIC = "pydantic.plugin._loader"
"""It looks for plugins in every package that is installed, which takes longer the more there are. We have none."""

_OF_COMMANDS_THAT_SEND = "asyncio"
"""pydantic-settings has it at hand for command lines of its own kind. It brings TLS and much else along."""


class _Postponed(type):
    """A class whose module is imported once it is used."""

    module: str

    def _load(cls) -> Any:
        sys.modules.pop(cls.module, None)
        return getattr(import_module(cls.module), cls.__name__)

    def __call__(cls, *arguments: Any, **more: Any) -> Any:
        return cls._load()(*arguments, **more)

    def __getattr__(cls, name: str) -> Any:
        return getattr(cls._load(), name)


class _PostponedModule(ModuleType):
    """A module that is imported once something of it is used."""

    def __getattr__(self, name: str) -> Any:
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(import_module(self.__name__), name)


def postpone() -> None:
    """Put stand-ins in their places, for this process. Whoever uses one after all gets the real thing."""
    for module, name in _NOT_NEEDED:
        if module not in sys.modules:
            stand_in = ModuleType(module)
            setattr(stand_in, name, _Postponed(name, (), {"module": module}))
            sys.modules[module] = stand_in
    if "httpx" not in sys.modules:
        sys.modules[_COMMAND_LINE_OF_HTTPX] = None  # type: ignore[assignment]
    if _PLUGINS_OF_PYDANTIC not in sys.modules:
        no_plugins = ModuleType(_PLUGINS_OF_PYDANTIC)
        no_plugins.get_plugins = tuple  # type: ignore[attr-defined]
        sys.modules[_PLUGINS_OF_PYDANTIC] = no_plugins
    if _OF_COMMANDS_THAT_SEND not in sys.modules:
        sys.modules[_OF_COMMANDS_THAT_SEND] = _PostponedModule(_OF_COMMANDS_THAT_SEND)
