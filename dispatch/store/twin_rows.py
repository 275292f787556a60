"""Twins in the store: what was last known of every device. They are written with the batch that changed them."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import func, select

from dispatch.store.bulk import in_parts
from dispatch.store.database import Database
from dispatch.store.read_retry import patiently
from dispatch.store.tables import twins
from gateway.devices.twin import Twin
from gateway.devices.twin_text import read_twin

log = logging.getLogger("callahead")


class TwinRows:
    """Read alone. Every method raises ``JournalFailed`` where the store cannot be read."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.unreadable: dict[str, None] = {}
        """Devices whose stored twin could not be read: they are as if never heard."""

    def all(self) -> list[Twin]:
        """Return the twin of every device, by name."""
        with self._database.reading() as connection:
            return list(self._read(connection.execute(select(twins).order_by(twins.c.id))))

    def texts(self) -> list[str]:
        """Return the twin of every device as it is stored, for who needs little of each."""
        with self._database.reading() as connection:
            return list(connection.scalars(select(twins.c.body)))

    def of(self, devices: Sequence[str]) -> list[Twin]:
        """Return some devices' twins; those never heard of are left out. Waits for a store that is away."""
        return patiently(lambda: self._of(devices))

    def one(self, device: str) -> Twin | None:
        """Return a device's twin; ``None``: it was never heard of. Waits for a store that is away."""
        return next(iter(self.of([device])), None)

    def count(self) -> int:
        """Return how many devices were ever heard."""
        return int(self._database.first(select(func.count()).select_from(twins))[0])

    def _of(self, devices: Sequence[str]) -> list[Twin]:
        found: list[Twin] = []
        with self._database.reading() as connection:
            for names in in_parts(devices):
                found.extend(self._read(connection.execute(select(twins).where(twins.c.id.in_(names)))))
        return found

    def _read(self, lines: Iterable[Any]) -> Iterator[Twin]:
        """Yield twins. One that cannot be read is told of once, and costs no other."""
        for line in lines:
            try:
                yield read_twin(line.body)
            except (ValueError, TypeError):  # SQLite keeps whatever was written
                if line.id not in self.unreadable:
                    self.unreadable[line.id] = None
                    log.error(says_unreadable([line.id]), extra={"device": line.id, "flood": "twin"})  # noqa: TRY400 - one line


def says_unreadable(devices: Sequence[str]) -> str:
    """Tell whose twins cannot be read, and what follows."""
    whose = devices[0] if len(devices) == 1 else f"{len(devices)} devices ({devices[0]} and others)"
    return f"the stored twin of {whose} cannot be read: what was known is lost; it is made anew of what comes next"
