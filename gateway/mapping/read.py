"""Reads mapping files. A wrong one is told before anything starts: file, key and rule."""

from __future__ import annotations

import tomllib
from pathlib import Path

from pydantic import BaseModel, ValidationError

from gateway.contract.documents import from_toml, read_text
from gateway.errors import AuthorError
from gateway.mapping.checks import problems
from gateway.mapping.rules import (
    EventIdRule,
    EventRule,
    FieldRule,
    RememberRule,
    StateRule,
    ValueTest,
    VendorMapping,
    did_you_mean,
)

SHIPPED = ("obd_dongle", "sparkplug", "homeassistant", "ovms", "teslamate", "zigbee2mqtt")
_TABLES: tuple[type[BaseModel], ...] = (
    VendorMapping,
    EventRule,
    StateRule,
    EventIdRule,
    FieldRule,
    RememberRule,
    ValueTest,
)


class MappingError(AuthorError):
    """The author's fault: the message names the file, the key and the rule."""


def shipped(name: str) -> Path:
    """Return the path of a mapping that comes with us, one of ``SHIPPED``."""
    return Path(__file__).with_name(f"{name}.toml")


def read_mapping(path: Path) -> VendorMapping:
    """Read a mapping file. Raises ``MappingError`` naming file, key and rule."""
    try:
        return parse_mapping(read_text(path), path.name)
    except (OSError, UnicodeDecodeError) as error:
        raise MappingError(f"{path}: cannot be read: {error}") from None


def parse_mapping(text: str, file: str) -> VendorMapping:
    """Read a mapping from TOML; ``file`` is its name in messages. Raises ``MappingError``."""
    try:
        mapping = VendorMapping.model_validate({**from_toml(text), "file": file})
    except tomllib.TOMLDecodeError as error:
        raise MappingError(f"{file}: not TOML: {error}") from None
    except ValidationError as error:
        raise MappingError(f"{file}: {_told(error)}") from None
    for problem in problems(mapping):
        raise MappingError(f"{file}: {problem}")
    return mapping


def _told(error: ValidationError) -> str:
    """Return the first mistake; a misspelt key before the key that is missing for it."""
    first = min(error.errors(include_url=False), key=lambda each: each["type"] == "missing")
    key = ".".join(str(part) for part in first["loc"])
    text = first["msg"].removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        text = f"there is no such key{did_you_mean(str(first['loc'][-1]), _KEYS)}"
    return f"{key}: {text}" if key else text


_KEYS = [field.alias or name for table in _TABLES for name, field in table.model_fields.items() if name != "file"]
