"""Twins in the store: what was last known of every device. They are written with the batch that changed them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select

from dispatch.store.bulk import in_parts
from dispatch.store.database import Database
from dispatch.store.read_retry import patiently
from dispatch.store.tables import twins
from gateway.devices.twin import Twin
from gateway.devices.twin_text import read_twin


class TwinRows:
    """Read alone. Every method raises ``JournalFailed`` where the store cannot be read."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> list[Twin]:
        """Return the twin of every device, by name."""
        with self._database.reading() as connection:
            return [read_twin(body) for body in connection.scalars(select(twins.c.body).order_by(twins.c.id))]

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
                found.extend(map(read_twin, connection.scalars(select(twins.c.body).where(twins.c.id.in_(names)))))
        return found
