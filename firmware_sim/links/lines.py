"""The two ways a device of a fleet reaches the broker: a connection of its own, or a shard that speaks for many."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from firmware_sim.device.uplink import Outgoing
from firmware_sim.links.connection import Connection
from gateway.contract.topics import ROOT, Channel, topic

Receive = Callable[[Channel, bytes], None]
"""Takes the channel (command or rejected) and the payload of what is for one device."""
DOWN = (Channel.COMMAND, Channel.REJECTED)


def device_filters(device: str) -> list[str]:
    """Return the topic filters of one device's own connection."""
    return [topic(device, channel) for channel in DOWN]


def shard_filters(devices: Iterable[str]) -> list[str]:
    """Return one filter for each vendor and channel, whatever the number of devices.

    NATS allows a session 65,535 messages under way in all, and counts its ``max_ack_pending`` for each QoS 1 subscription:
    63 at its default of 1,024, 16 at the embedded broker's 4,000.
    """
    vendors = sorted({device.partition("/")[0] for device in devices})
    return [f"{ROOT}/{vendor}/+/{channel}" for vendor in vendors for channel in DOWN]


@dataclass(frozen=True, slots=True)
class OwnLine:
    """An uplink with a connection of its own: cut, it vanishes, and the broker speaks its last will."""

    connection: Connection

    def open(self, last_will: Outgoing) -> None:
        """Connect and leave the last will."""
        self.connection.open(last_will)

    def send(self, outgoing: Outgoing) -> None:
        """Send on the own connection."""
        self.connection.send(outgoing)

    def cut(self) -> None:
        """Lose the connection."""
        self.connection.sever()


@dataclass(slots=True)
class ShardLine:
    """An uplink shared with others: the shard speaks a cut device's last will, and keeps what comes for it."""

    receive: Receive
    connection: Connection = field(init=False)
    """The shard's; given before the first ``open``."""
    _last_will: Outgoing | None = None
    _held: deque[tuple[Channel, bytes]] = field(default_factory=deque)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def open(self, last_will: Outgoing) -> None:
        """Hear from now on, beginning with what came meanwhile."""
        with self._lock:
            self._last_will = last_will
            while self._held:
                self.receive(*self._held.popleft())

    def send(self, outgoing: Outgoing) -> None:
        """Send on the shard's connection."""
        self.connection.send(outgoing)

    def cut(self) -> None:
        """Publish the last will; what comes from now on is kept."""
        with self._lock:
            last_will, self._last_will = self._last_will, None
        if last_will:
            self.connection.send(last_will)

    def heard(self, channel: Channel, payload: bytes) -> None:
        """Pass a message on to the device, or keep it while the device is cut off."""
        with self._lock:
            if self._last_will is None:
                self._held.append((channel, payload))
            else:
                self.receive(channel, payload)


def listener(receivers: Mapping[str, Receive]) -> Callable[[str, bytes], None]:
    """Return what a connection calls with topic and payload; what is for no device in ``receivers`` passes."""
    doors = {topic(device, channel): (receive, channel) for device, receive in receivers.items() for channel in DOWN}

    def heard(text: str, payload: bytes) -> None:
        if text in doors:
            receive, channel = doors[text]
            receive(channel, payload)

    return heard
