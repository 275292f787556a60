"""The asyncio driver: one queue, one consumer. Takes what has come, asks the control room, stores, and only then acts.

It knows neither MQTT nor HTTP: links put deliveries in, the API puts events in, and what is to be done outside goes to
an ``Outlet``. The hour of an input is the hour it came in, not the hour its turn came.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from dispatch.clock import Clock
from dispatch.control import ControlRoom, Turn
from dispatch.events import Event
from dispatch.inbox import Bell, Inbox
from dispatch.journal import Journal, JournalFailed
from dispatch.ledger import Kind, Row
from dispatch.tallies import Tallies
from gateway.intake import Refusal
from gateway.links.delivery import Delivery
from gateway.receipt import Receipt

log = logging.getLogger(__name__)

BATCH = 200
"""Inputs to one transaction, at most."""
LOOK_AGAIN_S = 30.0
"""The longest wait for an alarm in one go, so that a wall clock that was set is noticed."""
RETRY_FROM_S, RETRY_UP_TO_S = 0.1, 5.0


class Outlet(Protocol):
    """Where decisions go once they are stored."""

    def carry_out(self, row: Row) -> None:
        """Do what an action says."""

    def refuse(self, refusal: Refusal) -> None:
        """Tell the sender of a message that it was refused, and why."""

    def confirm(self, receipt: Receipt) -> None:
        """Tell the sender who asked what became of a message."""


class Stopped(Exception):  # noqa: N818 - says what happened
    """The service is being stopped; what was told has not been handled."""


@dataclass(frozen=True, slots=True)
class Told:
    """An event that somebody waits to see stored."""

    event: Event
    at: float
    answer: asyncio.Future[Turn]


Input = Delivery | Told


class Driver:
    """Drives the control room in real time. ``run`` it as a task; ``offer`` and ``tell`` it what happens; ``stop`` it.

    ``feeds`` are told every row after it is stored: the casebook and whatever else is read from the ledger.
    """

    def __init__(
        self,
        room: ControlRoom,
        journal: Journal,
        clock: Clock,
        *,
        feeds: Sequence[Callable[[Row], None]] = (),
        outlet: Outlet | None = None,
        batch: int = BATCH,
    ) -> None:
        self.room = room
        self.journal = journal
        self.clock = clock
        self.news = Bell()
        self.tallies = Tallies()
        self.trouble: str | None = None
        """Why the store does not take anything just now."""
        self.handled = 0
        """Deliveries acknowledged since the start."""
        self._feeds = list(feeds)
        self._outlet = outlet
        self._watchers: list[Callable[[Delivery], None]] = []
        self._batch = batch
        self._inbox: Inbox[Input] = Inbox()
        self._stopping = asyncio.Event()
        self._now = room.pen.at

    @property
    def waiting(self) -> int:
        """How many inputs wait for their turn."""
        return len(self._inbox)

    def waits_since(self) -> float | None:
        """Return when the oldest input that is not stored was received, POSIX seconds; ``None`` where all are."""
        first = self._inbox.first()
        waiting = None if first is None else _hour_of(first)
        return self.tallies.oldest_in_hand if self.tallies.in_hand else waiting

    def send_through(self, outlet: Outlet) -> None:
        """Carry out decisions through ``outlet`` from now on."""
        self._outlet = outlet

    def watch(self, call: Callable[[Delivery], None]) -> None:
        """Have ``call`` told of every delivery once it is stored, before what it caused is carried out."""
        self._watchers.append(call)

    def offer(self, delivery: Delivery) -> None:
        """Take a delivery, from any thread. It is acknowledged once what it caused is stored."""
        self._inbox.put(delivery)

    def told(self, event: Event, at: float | None = None) -> asyncio.Future[Turn]:
        """Take an event; the future holds what it came to, once that is stored."""
        answer: asyncio.Future[Turn] = asyncio.get_running_loop().create_future()
        if self._stopping.is_set():
            answer.set_exception(Stopped("the service is being stopped; send it again"))
        else:
            self._inbox.put(Told(event, self.clock.now() if at is None else at, answer))
        return answer

    async def tell(self, event: Event) -> Turn:
        """Take an event and return what it came to, once that is stored. Raises ``Stopped``."""
        return await self.told(event)

    async def run(self) -> None:
        """Handle what comes until ``stop``."""
        while not self._stopping.is_set():
            inputs = await self._inbox.take(self._batch, self._patience())
            self.tallies.take([_hour_of(item) for item in inputs])
            turns = [self._handle(item) for item in inputs]
            turns += self._wake()
            if not await self._store(turns):
                break
            self._act(inputs, turns)
        self._leave_the_rest()

    def stop(self) -> None:
        """Finish the batch in hand and take no more. What waits stays unacknowledged and is delivered again."""
        self._stopping.set()
        self.news.close()
        self._inbox.wake()

    def _patience(self) -> float:
        wake = self.room.next_wake()
        return LOOK_AGAIN_S if wake is None else min(LOOK_AGAIN_S, self.clock.real_seconds_until(wake))

    def _handle(self, item: Input) -> Turn:
        if isinstance(item, Told):
            return self.room.tell(item.event, self._at(item.at))
        at = self._at(item.received_at)
        return self.room.deliver(
            item.topic, item.payload, at, content_type=item.content_type, properties=item.properties
        )

    def _wake(self) -> list[Turn]:
        """Ring what is due, unless earlier inputs still wait: they do it themselves, each at its own hour."""
        wake, now = self.room.next_wake(), self.clock.now()
        if wake is None or wake > now or len(self._inbox):
            return []
        return [self.room.wake(self._at(now))]

    def _at(self, at: float) -> float:
        """Time never goes back."""
        self._now = max(self._now, at)
        return self._now

    async def _store(self, turns: Sequence[Turn]) -> bool:
        """Write the batch, again and again where the store does not take it; ``False`` where we are stopped first."""
        wait_s = RETRY_FROM_S
        while True:
            began = time.perf_counter()
            try:
                await asyncio.to_thread(self.journal.commit, turns, self._now)
            except JournalFailed as error:
                self.trouble = str(error)
                self.tallies.store_failures += 1
                log.error("%s; nothing is acknowledged, trying again in %.1f s", error, wait_s)  # noqa: TRY400 - one line
            else:
                self.trouble = None
                self.tallies.commit_s.observe(time.perf_counter() - began)
                return True
            if await self._stopped_within(wait_s):
                return False
            wait_s = min(wait_s * 2, RETRY_UP_TO_S)

    async def _stopped_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                return await self._stopping.wait()
        except TimeoutError:
            return False

    def _act(self, inputs: Sequence[Input], turns: Sequence[Turn]) -> None:
        """Everything is stored: acknowledge it, show it, do it, say so."""
        received = [item.received_at for item in inputs if isinstance(item, Delivery)]
        self.tallies.stored(received, turns, self.clock.now(), taken=bool(inputs))
        for item in inputs:
            if isinstance(item, Delivery):
                item.ack()
                self.handled += 1
                for watcher in self._watchers:
                    watcher(item)
        for turn in turns:
            self._spread(turn)
        for item, turn in zip(inputs, turns, strict=False):  # the alarms' turn comes behind them
            if isinstance(item, Told) and not item.answer.done():
                item.answer.set_result(turn)
        if any(turn.rows for turn in turns):
            self.news.ring()

    def _spread(self, turn: Turn) -> None:
        for row in turn.rows:
            for feed in self._feeds:
                feed(row)
            if self._outlet and row.kind is Kind.ACTION:
                self._outlet.carry_out(row)
        if self._outlet and turn.refusal:
            self._outlet.refuse(turn.refusal)
        if self._outlet and turn.receipt:
            self._outlet.confirm(turn.receipt)

    def _leave_the_rest(self) -> None:
        for item in self._inbox.drain():
            if isinstance(item, Told) and not item.answer.done():
                item.answer.set_exception(Stopped("the service is being stopped; send it again"))


def _hour_of(item: Input) -> float:
    """Return when an input came in, POSIX seconds."""
    return item.at if isinstance(item, Told) else item.received_at
