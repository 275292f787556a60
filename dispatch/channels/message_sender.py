"""Has doors send what was decided to be written: as soon as it is stored, and again until it is taken or nobody waits for it.

What became of it is told to the desk: ``sent`` here, ``failed`` and ``refused`` with why; ``delivered`` and ``read`` come by doors.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from random import uniform
from typing import Any, Protocol

from dispatch.channels.door import ChannelDoor, Outgoing
from dispatch.channels.sent import SentMessages
from dispatch.core.actions import SendMessage
from dispatch.core.conversation.channels import Channel
from dispatch.core.conversation.events import MessageReported
from dispatch.core.events import Event
from dispatch.delivery.outbox_sender import OutboxSender
from dispatch.engine.clock import Clock
from dispatch.engine.inputs import Stopped
from dispatch.outgoing.composed import composed
from dispatch.outgoing.door_messages import DOORS, lane_of, leaves_by, subject_of
from dispatch.outgoing.outbox import Errand, ErrandOutcome, Objection, Result, Taken
from dispatch.registers.sent_messages import SentMessage
from dispatch.store.journal import Journal
from dispatch.store.outbox_rows import Letter
from gateway.retry.backoff import Backoff

AT_ONCE = 16
"""On one channel."""
AGAIN = Backoff(2.0, 30.0)
"""What is written is of minutes."""
JITTER_S = 1.0
BY = "service/doors"


class Correspondents(Protocol):
    """Who is written to, and who is told what became of it."""

    async def tell(self, event: Event) -> Any:  # noqa: ANN401 - what it came to
        """Return once the event is stored."""

    def is_known(self, key: str) -> bool:
        """Tell whether an event with this key is stored."""

    def address_for(self, action: SendMessage) -> str | None:
        """Return where a message goes; ``None``: there is no such address."""

    def unwanted(self, action: SendMessage) -> str:
        """Tell why it must not be sent by now, as consent, wishes and the case stand; empty: it may."""

    async def link_for(self, action: SendMessage) -> str:
        """Return the customer's own page; empty: there is none."""


class MessageSender(OutboxSender[SendMessage]):
    """``doors``: those there are; others come and go with it."""

    def __init__(
        self,
        journal: Journal,
        clock: Clock,
        doors: Mapping[Channel, ChannelDoor],
        sent: SentMessages,
        correspondents: Correspondents,
        *,
        backoff: Callable[[int], float] | None = None,
    ) -> None:
        super().__init__(journal, clock, backoff or _wait_after, AT_ONCE)
        self._doors = doors
        self._sent = sent
        self._with = correspondents
        self._telling: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Send what is due until ``stop``."""
        await super().run()
        await asyncio.gather(*self._telling)

    def waiting(self) -> dict[Channel, int]:
        """Return how many messages wait for each door that has any."""
        found = {channel: self.outbox.waiting_for(str(channel)) for channel in DOORS}
        return {channel: count for channel, count in found.items() if count}

    def send_again(self, key: str) -> bool:
        """Try a dead letter again; ``False``: nobody waits for it any more. Raises ``KeyError``."""
        errand, now = self.outbox.dead[key], self._clock.now()
        if now > self._actions[key][0].until:
            return False
        self._revive(key, now, errand.until)
        return True

    def _is_mine(self, action: object) -> SendMessage | None:
        return action if isinstance(action, SendMessage) and leaves_by(action) is not None else None

    def _take(self, letter: Letter) -> None:
        super()._take(letter)
        if (dead := self.outbox.dead.get(letter.row.key or "")) is not None:  # of before the start: is it told?
            self._ended(dead, self._actions[dead.key][0])

    def _errand(self, action: SendMessage, letter: Letter) -> Errand:
        return Errand(
            key=action.key,
            seq=letter.row.seq,
            partner=str(action.channel),
            request=lane_of(action),
            withdraws=False,
            until=action.until,
            attempts=letter.attempts,
            next_at=max(letter.next_at or letter.row.at, action.not_before),
            outcome=letter.outcome,
            trouble=letter.trouble,
        )

    def _objection(self, errand: Errand) -> Objection | None:
        action, _ = self._actions[errand.key]
        door = self._doors.get(action.channel)
        if door is None:
            return ErrandOutcome.REFUSED, f"this house has no door for {action.channel}"
        if door.provenance != action.provenance:
            why = f"the message is {action.provenance} and the door of {action.channel} is {door.provenance}"
            return ErrandOutcome.FORBIDDEN, why
        if unwanted := self._with.unwanted(action):
            return ErrandOutcome.REFUSED, unwanted
        if self._with.address_for(action) is None:
            return ErrandOutcome.REFUSED, f"there is no address of theirs for {action.channel}"
        return None

    async def _send(self, errand: Errand, action: SendMessage, decided_at: float) -> Result:
        del decided_at
        now = self._clock.now()
        link = await self._with.link_for(action)
        result = await self._doors[action.channel].send(self._outgoing(errand, action, link, now))
        if isinstance(result, Taken):
            await self._sent.note(SentMessage(action.key, action.channel, action.customer, result.refs, now))
            await self._with.tell(MessageReported(action.key, "sent", by=BY))
        return result

    def _outgoing(self, errand: Errand, action: SendMessage, link: str, now: float) -> Outgoing:
        return Outgoing(
            action.key,
            self._with.address_for(action) or "",
            composed(action, link),
            subject_of(action),
            action.language,
            action.provenance,
            "" if action.channel is not Channel.PUSH else link,
            valid_s=max(1.0, errand.until - now),
        )

    def _ended(self, errand: Errand, action: SendMessage) -> None:
        """Tell the desk of what was not sent, unless it knows."""
        if errand.outcome is None or not errand.outcome.dead:
            return
        status: Any = "failed" if errand.outcome is ErrandOutcome.EXPIRED else "refused"
        event = MessageReported(action.key, status, errand.trouble or str(errand.outcome), by=BY)
        if not self._with.is_known(event.key):
            task = asyncio.ensure_future(self._tell(event))
            self._telling.add(task)
            task.add_done_callback(self._telling.discard)

    async def _tell(self, event: MessageReported) -> None:
        with suppress(Stopped):  # the next start finds the dead letter, and tells of it
            await self._with.tell(event)


def _wait_after(attempts: int) -> float:
    return AGAIN.after(attempts, uniform(0.0, JITTER_S))  # noqa: S311 - it spreads, and keeps nothing secret
