"""Where kinds of devices live: one folder each, found and not listed, so that a new one is a new folder and nothing else.

``gateway/kinds/{kind}/`` holds a kind; ``gateway/payments/`` and ``gateway/apps/`` are what every kind can do beside. Pure.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType

_HERE = Path(__file__).parents[1]
_SHARED = ("apps", "payments")
"""No kinds: any device may send what they bring."""


@cache
def kind_folders() -> tuple[Path, ...]:
    """Return the folder of each kind, by name."""
    return tuple(sorted(path for path in (_HERE / "kinds").iterdir() if (path / "__init__.py").is_file()))


@cache
def message_folders() -> tuple[Path, ...]:
    """Return the folders that bring messages of their own, by name."""
    return tuple(sorted([*kind_folders(), *(_HERE / name for name in _SHARED)], key=lambda path: path.name))


def module_in(folder: Path, name: str) -> ModuleType:
    """Import a module of a kind's folder."""
    return import_module(".".join([_HERE.name, *folder.relative_to(_HERE).parts, name]))
