"""Where partners are told what they are asked, and the secret that both sides sign with."""

from __future__ import annotations

import asyncio
import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from gateway.finding import Provenance

SECRET_BYTES = 32
"""Standard Webhooks: between 24 and 64."""
OLD_SECRET_S = 86_400.0
"""So long a secret that was replaced still verifies, so that a partner can change over without losing a webhook."""


@dataclass(frozen=True, slots=True)
class PartnerRecord:
    """A partner's address. Both sides need the secret in the clear: it signs, so that it cannot be kept as a hash."""

    partner: str
    """The workshop or the supplier."""
    url: str
    provenance: Provenance
    secret: str
    previous: str | None = None
    previous_until: float = 0.0
    """POSIX seconds."""

    def secrets(self, now: float) -> list[str]:
        """Return the secrets that hold at ``now``, the newest first."""
        old = [self.previous] if self.previous and now < self.previous_until else []
        return [self.secret, *old]


class Kept(Protocol):
    """Where partners are kept."""

    def partners(self) -> list[PartnerRecord]:
        """Return every partner."""

    def register_partners(self, records: Sequence[PartnerRecord]) -> None:
        """Keep partners."""

    def forget_partner(self, partner: str) -> None:
        """Keep a partner no more."""


class PartnerBook:
    """The partners that have an address. A change is stored before it holds. In the event loop's thread only."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        self._records = {record.partner: record for record in kept.partners()}

    def get(self, partner: str) -> PartnerRecord | None:
        """Return a partner; ``None``: it has no address, and fetches what it is asked."""
        return self._records.get(partner)

    def all(self) -> list[PartnerRecord]:
        """Return every partner, by name."""
        return [self._records[name] for name in sorted(self._records)]

    async def register(self, partner: str, url: str, provenance: Provenance) -> tuple[PartnerRecord, bool]:
        """Keep an address; return the partner, and whether its secret is new and has to be told."""
        known = self._records.get(partner)
        record = (
            replace(known, url=url, provenance=provenance)
            if known
            else PartnerRecord(partner, url, provenance, draw_secret())
        )
        await self._keep(record)
        return record, known is None

    async def rotate(self, partner: str, now: float) -> PartnerRecord:
        """Draw a new secret; the old one verifies for another day. ``now``: POSIX seconds. Raises ``KeyError``."""
        known = self._records[partner]
        record = replace(known, secret=draw_secret(), previous=known.secret, previous_until=now + OLD_SECRET_S)
        await self._keep(record)
        return record

    async def forget(self, partner: str) -> bool:
        """Have a partner fetch what it is asked again. ``False``: it had no address."""
        if partner not in self._records:
            return False
        await asyncio.to_thread(self._kept.forget_partner, partner)
        del self._records[partner]
        return True

    async def _keep(self, record: PartnerRecord) -> None:
        await asyncio.to_thread(self._kept.register_partners, [record])
        self._records[record.partner] = record


def draw_secret() -> str:
    """Return a new secret as Standard Webhooks writes it."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
