"""Strangers at hand and in the store: under which name somebody writes from an address that is no one customer's."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from dispatch.channels.door import Received
from dispatch.core.conversation.channels import Channel
from dispatch.core.ids import stranger_id
from dispatch.registers.strangers import Stranger
from dispatch.store.records import Records

KEPT_S = 180 * 86_400.0
"""Of whom nothing was heard for so long is forgotten, unless it is known who it is."""


class Strangers:
    """A change is stored before it holds. In one event loop."""

    def __init__(self, kept: Records[Stranger], secret: bytes, now: float) -> None:
        """``secret``: names addresses, so that nobody finds them by trying all. ``now``: POSIX seconds."""
        self._kept = kept
        self._secret = secret
        self._of_name: dict[str, Stranger] = {}
        self._at: dict[tuple[Channel, str], Stranger] = {}
        for record in sorted(kept.all(), key=lambda one: one.number):
            if not record.customer and now - record.heard_at > KEPT_S:
                kept.forget(record.stranger)
            else:
                self._know(record)

    def get(self, name: str) -> Stranger | None:
        """Return a stranger by name."""
        return self._of_name.get(name)

    def unknown(self) -> list[str]:
        """Return the names of those of whom nobody found out who they are."""
        return [name for name, one in self._of_name.items() if not one.customer]

    def at(self, channel: Channel, address: str) -> Stranger | None:
        """Return who wrote last from an address."""
        return self._at.get((channel, address))

    def address_of(self, customer: str, channel: Channel, since: float) -> str | None:
        """Return from where a customer wrote last, ``since`` then, who was a stranger there."""
        found = [one for one in self._of_name.values() if one.customer == customer and one.channel is channel]
        theirs = [one for one in found if one.heard_at >= since]
        return max(theirs, key=lambda one: one.heard_at).address if theirs else None

    async def heard(self, received: Received, candidates: tuple[str, ...]) -> Stranger:
        """Note that somebody wrote from an address; return who it is, as far as that is known."""
        before = self.at(received.channel, received.from_address)
        if before is not None and (not before.customer or (before.is_settled and not candidates)):
            record = replace(before, candidates=candidates, heard_at=received.at)
        else:
            record = self._new(received, candidates, before.number + 1 if before is not None else 0)
        await self._keep(record)
        return record

    async def told(self, who: Stranger) -> None:
        """Note what somebody said of themselves; return once it is stored."""
        await self._keep(who)

    def identified(self, name: str, customer: str) -> Callable[[], None] | None:
        """Note who somebody turned out to be: it holds at once. Return what stores it; ``None``: nobody is called so."""
        known = self._of_name.get(name)
        if known is None:
            return None
        found = replace(known, customer=customer)
        self._know(found)
        return partial(self._kept.keep, [found])

    def forget(self, customer: str) -> None:
        """Know nothing of a customer; the store does not either."""
        for one in [one for one in self._of_name.values() if one.customer == customer]:
            del self._of_name[one.stranger]
            if self._at.get((one.channel, one.address)) is one:
                del self._at[one.channel, one.address]

    def _new(self, received: Received, candidates: tuple[str, ...], number: int) -> Stranger:
        told = f"{received.channel}\0{received.provenance}\0{received.from_address}\0{number}"
        name = stranger_id(hmac.new(self._secret, told.encode(), "sha256").hexdigest()[:24])
        return Stranger(
            name, received.channel, received.from_address, received.provenance, candidates, received.at, number
        )

    async def _keep(self, record: Stranger) -> None:
        await asyncio.to_thread(self._kept.keep, [record])
        self._know(record)

    def _know(self, record: Stranger) -> None:
        self._of_name[record.stranger] = record
        if record.address:  # else they withheld it
            self._at[record.channel, record.address] = record
