"""The messages that other sides have taken, at hand and in the store: what a report or an answer is about."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from dispatch.core.conversation.channels import Channel
from dispatch.registers.sent_messages import SentMessage
from dispatch.store.records import Records

KEPT_S = 14 * 86_400.0
"""Nobody reports later than that; mail servers give up after five days."""
SOON_S = 2.0
"""So long a report waits for the message that it is about: it may be here before the answer to what we sent."""


class SentMessages:
    """In one event loop."""

    def __init__(self, kept: Records[SentMessage], now: float) -> None:
        """``now``: POSIX seconds; what is older than ``KEPT_S`` is kept no more."""
        self._kept = kept
        self._of_ref: dict[tuple[Channel, str], SentMessage] = {}
        self._more = asyncio.Event()
        for record in kept.all():
            if now - record.at > KEPT_S:
                kept.forget(record.key)
            else:
                self._know(record)

    async def note(self, record: SentMessage) -> None:
        """Keep what a message is called; returns once it is stored."""
        if not record.refs:
            return
        await asyncio.to_thread(self._kept.keep, [record])
        self._know(record)
        more, self._more = self._more, asyncio.Event()
        more.set()

    def get(self, channel: Channel, ref: str) -> SentMessage | None:
        """Return the message that is called so."""
        return self._of_ref.get((channel, ref))

    async def soon(self, channel: Channel, ref: str) -> SentMessage | None:
        """Return the message that is called so, now or in a moment."""
        try:
            async with asyncio.timeout(SOON_S):
                while (found := self.get(channel, ref)) is None:
                    await self._more.wait()
        except TimeoutError:
            return None
        return found

    async def delivered(self, channel: Channel, ref: str) -> bool:
        """Note that a part is delivered; tell whether all are. Raises ``KeyError``."""
        record = self._of_ref[channel, ref]
        found = replace(record, delivered=tuple(sorted({*record.delivered, ref})))
        self._know(found)  # before it is stored: reports of all parts come at once
        await asyncio.to_thread(self._kept.keep, [found])
        return set(found.delivered) >= set(found.refs)

    def forget(self, customer: str) -> None:
        """Know no messages to a customer; the store does not either."""
        for name in [name for name, record in self._of_ref.items() if record.customer == customer]:
            del self._of_ref[name]

    def _know(self, record: SentMessage) -> None:
        for ref in record.refs:
            self._of_ref[record.channel, ref] = record
