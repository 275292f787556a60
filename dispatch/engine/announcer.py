"""Everything is stored: deliveries are acknowledged, rows shown and carried out, and whoever waits is answered."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Protocol

from dispatch.engine.clock import Clock
from dispatch.engine.decided import Decided
from dispatch.engine.inputs import AwaitedEvent, FromGateway, deliveries_in
from dispatch.engine.news import Bell
from dispatch.ledger.pipeline import ROUTINE, Turn
from dispatch.ledger.rows import Kind, Row
from dispatch.views.counters import Tallies
from gateway.contract.receipts import EventOutcome
from gateway.intake.intake import Refusal
from gateway.links.handover.delivery import Delivery

log = logging.getLogger(__name__)


class Outlet(Protocol):
    """Where decisions go once they are stored."""

    def carry_out(self, row: Row) -> None:
        """Do what an action says."""

    def refuse(self, refusal: Refusal) -> None:
        """Tell the sender of a message that it was refused, and why."""

    def confirm(self, receipt: EventOutcome) -> None:
        """Tell the sender who asked what became of a message."""


class Announcer:
    """``feeds`` are told every row: the casebook and whatever else is read from the ledger."""

    def __init__(self, feeds: Sequence[Callable[[Row], None]], clock: Clock, tallies: Tallies) -> None:
        self.news = Bell()
        """Rung when rows were stored."""
        self.handled = 0
        """Deliveries acknowledged since the start."""
        self._feeds = list(feeds)
        self._clock = clock
        self._tallies = tallies
        self._outlet: Outlet | None = None
        self._watchers: list[Callable[[Delivery], None]] = []

    def feed(self, call: Callable[[Row], None]) -> None:
        """Have ``call`` told of every row, too, behind the feeds before."""
        self._feeds.append(call)

    def send_through(self, outlet: Outlet) -> None:
        """Carry out decisions through ``outlet`` from now on."""
        self._outlet = outlet

    def watch(self, call: Callable[[Delivery], None]) -> None:
        """Have ``call`` told of every delivery once it is stored, before what it caused is carried out."""
        self._watchers.append(call)

    def announce(self, stored: Decided) -> None:
        """Acknowledge a batch, show it, do it, say so."""
        deliveries = deliveries_in(stored.inputs)
        received = [delivery.received_at for delivery in deliveries]
        self._tallies.stored(received, stored.turns, self._clock.now(), taken=bool(stored.inputs))
        for delivery in deliveries:
            delivery.ack()
            for watcher in self._watchers:
                watcher(delivery)
        self.handled += len(deliveries)
        busy = [turn for turn in stored.turns if turn is not ROUTINE]
        for turn in busy:
            self._carry_out(turn)
        _answer(stored)
        if any(turn.rows for turn in busy):
            self.news.ring()

    def _carry_out(self, turn: Turn) -> None:
        for row in turn.rows:
            for feed in self._feeds:
                feed(row)
            if self._outlet and row.kind is Kind.ACTION:
                self._outlet.carry_out(row)
        if turn.twice:
            log.error("decided a second time, and not written", extra={"key": turn.twice, "flood": "twice"})
        if turn.refusal and not turn.refusal.counted_only:
            _log_refusal(turn.refusal)
            if self._outlet:
                self._outlet.refuse(turn.refusal)
        if self._outlet and turn.receipt:
            self._outlet.confirm(turn.receipt)


def _answer(stored: Decided) -> None:
    """Tell whoever waits what their event came to."""
    for item, turn in zip(stored.inputs, stored.turns, strict=False):  # the alarms' turn comes behind them
        if isinstance(item, Delivery):
            continue
        if isinstance(item, AwaitedEvent) and not item.answer.done():
            item.answer.set_result(turn)
        elif isinstance(item, FromGateway):
            item.stored()


def _log_refusal(refusal: Refusal) -> None:
    """Log that a message was refused: whose and by which rule, and nothing of what stands in it."""
    problem, device = refusal.problem, refusal.device or "unknown"
    told = {"device": device, "vendor": device.partition("/")[0], "rule": refusal.rule.value}
    more = {"event_id": problem.event_id, "pointer": problem.pointer, "flood": f"refused {device} {refusal.rule}"}
    log.info("a message was refused", extra=told | {name: value for name, value in more.items() if value})
