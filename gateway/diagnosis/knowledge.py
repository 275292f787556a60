"""Where the catalogue of a kind of device lies, and what its files may speak of: each kind brings its own. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, eq=False)
class Knowledge:
    """A folder of TOML files: ``*.toml`` is one catalogue, ``codes/`` tells systems of codes, ``vendors/`` codes of makes."""

    name: str
    """What the catalogue is called."""
    folder: Path
    signals: Collection[str]
    """Readings that a condition may look at: published ones, and those that are worked out."""
    symptoms: Collection[str] = ()
    """Symptoms of the contract."""
    told: Mapping[str, Collection[str]] = field(default_factory=dict)
    """What devices tell of beside codes and symptoms, as ``alarm:…`` → what may stand behind the colon."""
