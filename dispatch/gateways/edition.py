"""Which Callahead this is, as service and gateways compare it: both have to read statuses alike, to the last bound."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

READ_BY = ("gateway", "dispatch/gateways")
"""Folders that say how a status is read, and how it is told of."""
SHOWN = 12
"""Hexadecimal digits."""


@cache
def edition() -> str:
    """Return the release, and a checksum of what it reads statuses by: kinds, bounds and what is said between processes."""
    found, root = sha256(), Path(__file__).parents[2]
    for folder in READ_BY:
        for file in sorted(one for one in (root / folder).rglob("*") if one.suffix in {".py", ".toml"}):
            found.update(f"{file.relative_to(root)}\n".encode())
            found.update(file.read_bytes())
    return f"{_release()}+{found.hexdigest()[:SHOWN]}"


def _release() -> str:
    try:
        return version("callahead")
    except PackageNotFoundError:
        return "unreleased"
