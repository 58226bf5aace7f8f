"""The one reader of flags, environment and `config.env`; nearest first wins: flag > environment > file > default."""

from qagen.settings.model import DEFAULT_CONFIG_FILE, Settings
from qagen.settings.sources import wants_json

__all__ = ["DEFAULT_CONFIG_FILE", "Settings", "wants_json"]
