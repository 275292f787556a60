"""What a kind of device remembers of one beside what every twin has: each kind brings its own, and a twin keeps it. Pure."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Self

from msgspec import convert


@dataclass(slots=True)
class Memory:
    """Fields that msgspec and pydantic write as JSON, each with a default: nothing is remembered yet."""

    NAME: ClassVar[str]
    """Under which a twin keeps it."""

    @classmethod
    def read(cls, kept: object) -> Self:
        """Return the memory that JSON of it says. Raises ``ValueError``: it says none."""
        return convert(kept, cls)

    @classmethod
    def of_older(cls, kept: MutableMapping[str, Any], told: MutableMapping[str, Any]) -> Self | None:
        """Take the memory out of what an older version kept in the twin itself; ``None``: there is none.

        ``told``: the twin's own, as ``Twin.told``.
        """
        del told
        mine = {one.name: kept.pop(one.name) for one in fields(cls) if one.name in kept}
        return cls.read(mine) if mine else None
