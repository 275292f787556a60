"""The Bluetooth link between a car and its owner's phone in virtual time: a model with measured delay and loss.

How long things take was measured on the simulated radios that a live run uses (``callahead bench ble``): fifty devices were
connected, bonded and known after 11 s, one at a time, and an event was through 30 to 45 ms after it was made.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

import simpy

from firmware_sim.device.store import Store
from firmware_sim.device.uplink import Outgoing
from firmware_sim.kinds.phone.relay import Relay
from firmware_sim.links.radio_faults import RadioFaults, rssi_at
from firmware_sim.radio.peripheral import AGAIN_AFTER_S, AGAIN_UP_TO_S, GIVES_UP_AFTER_S
from gateway.retry.backoff import Backoff

ADVERTISES_EVERY_S = 0.2
CONNECTS_S = 0.22
EVENT_S = 0.04
AGAIN = Backoff(AGAIN_AFTER_S, AGAIN_UP_TO_S)
REST_S = 0.5
"""From a broken link to the next look for the car."""


@dataclass(slots=True)
class BleModel:
    """One car's line to one phone. What it is given stays until the phone acknowledges it."""

    env: simpy.Environment
    relay: Relay
    faults: RadioFaults
    distance: float = 1.0
    """Metres."""
    acknowledges: bool = True
    """Off: a phone whose acknowledgements never arrive."""
    sent_again: int = 0
    broken: int = 0
    _near: bool = False
    _talks: bool = False
    _store: Store = field(default_factory=lambda: Store(200))
    _unacknowledged: dict[str, Outgoing] = field(default_factory=dict)

    def open(self, last_will: Outgoing) -> None:
        """The car is awake; whether the phone hears it is another question."""

    def cut(self) -> None:
        """The car sleeps; what it has not told it keeps."""

    def send(self, outgoing: Outgoing) -> None:
        """Keep an event for the phone. The car's own state is of no use to it."""
        if outgoing.key is not None:
            self._store.keep(outgoing)
            self._begin()

    def near(self, near: bool) -> None:  # noqa: FBT001 - a switch
        """Bring the phone to its car, or take it away."""
        self._near = near
        self._begin()

    def _begin(self) -> None:
        if self._near and self._store.waiting and not self._talks:
            self._talks = True
            self.env.process(self._talk())

    def _talk(self) -> simpy.events.ProcessGenerator:
        """Connect, and tell everything that waits."""
        yield self.env.timeout(self._connecting())
        while self._near and self._store.waiting:
            yield self.env.timeout(EVENT_S)
            if self.faults.breaks():
                self.broken += 1
                yield self.env.timeout(REST_S + self._connecting())
                continue
            self._deliver(self._store.next())
        self._talks = False

    def _connecting(self) -> float:
        heard_after = 1
        while not self.faults.hears(rssi_at(self.distance)):
            heard_after += 1
        return heard_after * ADVERTISES_EVERY_S + CONNECTS_S

    def _deliver(self, outgoing: Outgoing) -> None:
        key = str(outgoing.key)
        if key not in self._unacknowledged:
            self._unacknowledged[key] = outgoing
            self.env.process(self._again(key))
        for _ in range(1 + self.faults.repeats()):
            self.relay.take(outgoing.payload, partial(self._acknowledged, key))

    def _acknowledged(self, key: str) -> None:
        if self.acknowledges:
            self._unacknowledged.pop(key, None)

    def _again(self, key: str) -> simpy.events.ProcessGenerator:
        """Tell an event again as long as nobody acknowledges it, ever more rarely, until the phone is given up."""
        told, waited_s = 0, 0.0
        while waited_s < GIVES_UP_AFTER_S:
            told += 1
            wait_s = AGAIN.after(told)
            yield self.env.timeout(wait_s)
            if key not in self._unacknowledged:
                return
            self.sent_again += 1
            self._store.keep(self._unacknowledged[key])
            self._begin()
            waited_s += wait_s
