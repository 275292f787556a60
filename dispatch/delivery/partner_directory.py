"""The partners that have an address, at hand and in the store. Secrets are drawn here."""

from __future__ import annotations

import asyncio
import base64
import secrets
from dataclasses import replace

from dispatch.registers.partners import PartnerRecord
from dispatch.store.records import Records
from gateway.finding import Provenance

SECRET_BYTES = 32
"""Standard Webhooks: between 24 and 64."""


class PartnerDirectory:
    """A change is stored before it holds. In the event loop's thread only."""

    def __init__(self, kept: Records[PartnerRecord]) -> None:
        self._kept = kept
        self._records = {record.partner: record for record in kept.all()}

    def get(self, partner: str) -> PartnerRecord | None:
        """Return a partner; ``None``: it has no address, and fetches what it is asked."""
        return self._records.get(partner)

    def all(self) -> list[PartnerRecord]:
        """Return every partner, by name."""
        return [self._records[name] for name in sorted(self._records)]

    async def register(
        self, partner: str, url: str, provenance: Provenance, iban: str | None = None
    ) -> tuple[PartnerRecord, bool]:
        """Keep an address; return the partner, and whether its secret is new and has to be told.

        ``iban``: the account it is paid on; ``None``: as it was.
        """
        known = self._records.get(partner)
        record = (
            replace(known, url=url, provenance=provenance)
            if known
            else PartnerRecord(partner, url, provenance, draw_secret())
        )
        record = record if iban is None else replace(record, iban=iban)
        await self._keep(record)
        return record, known is None

    async def rotate(self, partner: str, now: float) -> PartnerRecord:
        """Draw a new secret; the old one verifies for another day. ``now``: POSIX seconds. Raises ``KeyError``."""
        record = self._records[partner].with_secret(draw_secret(), now)
        await self._keep(record)
        return record

    async def forget(self, partner: str) -> bool:
        """Have a partner fetch what it is asked again. ``False``: it had no address."""
        if partner not in self._records:
            return False
        await asyncio.to_thread(self._kept.forget, partner)
        del self._records[partner]
        return True

    async def _keep(self, record: PartnerRecord) -> None:
        await asyncio.to_thread(self._kept.keep, [record])
        self._records[record.partner] = record


def draw_secret() -> str:
    """Return a new secret as Standard Webhooks writes it."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
