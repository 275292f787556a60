"""Decides a batch: each input at the hour it came in, alarms when they are due, and under a backlog no more than must be."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from dispatch.engine.clock import Clock
from dispatch.engine.fault_tracing import FaultTracing
from dispatch.engine.inputs import AwaitedEvent, Input
from dispatch.engine.load_shedding import Newest, Overload
from dispatch.ledger.pipeline import ControlRoom, Turn
from dispatch.store.twin_rows import TwinRows
from gateway.links.handover.delivery import Delivery

LOOK_AGAIN_S = 30.0
"""The longest wait for an alarm in one go, so that a wall clock that was set is noticed."""


class Decider:
    """Asks the control room. In the loop's thread alone; nothing is stored or carried out here."""

    def __init__(self, room: ControlRoom, clock: Clock, kept_twins: TwinRows) -> None:
        self.overload = Overload()
        self.traces: FaultTracing | None = None
        self.now = room.pen.at
        """The latest hour that anything was decided at, POSIX seconds: time never goes back."""
        self._room = room
        self._clock = clock
        self._kept_twins = kept_twins

    def too_much(self, waiting: int) -> bool:
        """Note how many inputs wait, and return whether that is more than can be looked at closely."""
        return self.overload.look(waiting, self._clock.now())

    def seconds_to_alarm(self) -> float:
        """Return for how many seconds of the wall to wait for inputs, at most, before alarms are looked for."""
        wake = self._room.next_wake()
        return LOOK_AGAIN_S if wake is None else min(LOOK_AGAIN_S, self._clock.real_seconds_until(wake))

    async def bring_twins(self, inputs: Sequence[Input]) -> None:
        """Load the twins of a batch at once, where not all of them are at hand."""
        intake = self._room.intake
        if intake.twins.whole:
            return
        topics = dict.fromkeys(item.topic for item in inputs if isinstance(item, Delivery))
        missing = intake.twins.missing(device for topic in topics for device in intake.devices_of(topic))
        if missing:
            intake.twins.bring(missing, await asyncio.to_thread(self._kept_twins.of, missing))

    def decide(self, inputs: Sequence[Input]) -> list[Turn]:
        """Return what each input came to."""
        return [self._decide(item) for item in inputs]

    def decide_backlog(self, inputs: Sequence[Input]) -> list[Turn]:
        """Return the same; a status that a later one in ``inputs`` overtakes is only glanced at."""
        newest = Newest.of([item.topic if isinstance(item, Delivery) else None for item in inputs])
        return [self._glance(item, newest, number) or self._decide(item) for number, item in enumerate(inputs)]

    def ring_alarms(self) -> list[Turn]:
        """Return what has come due came to. Where inputs wait, they do that themselves, each at its own hour."""
        wake, now = self._room.next_wake(), self._clock.now()
        return [] if wake is None or wake > now else [self._room.wake(self._not_before(now))]

    def _decide(self, item: Input) -> Turn:
        if isinstance(item, AwaitedEvent):
            return self._room.tell(item.event, self._not_before(item.at))
        at = self._not_before(item.received_at)
        began = self.traces.now() if self.traces else 0
        turn = self._room.deliver(
            item.topic, item.payload, at, content_type=item.content_type, properties=item.properties
        )
        if self.traces:
            self.traces.decided(item, turn, began)
        return turn

    def _glance(self, item: Input, newest: Newest, number: int) -> Turn | None:
        if not isinstance(item, Delivery) or not newest.overtakes(number, item.topic):
            return None
        turn = self._room.skim(item.topic, item.payload, self._not_before(item.received_at))
        self.overload.thinned += turn is not None
        return turn

    def _not_before(self, at: float) -> float:
        """Return ``at``, or the latest hour that anything was decided at."""
        self.now = max(self.now, at)
        return self.now
