"""What the devices of an episode publish, written down as a broker would hear it."""

from __future__ import annotations

from dataclasses import dataclass, field

from firmware_sim.device.device import Device
from firmware_sim.device.uplink import Outgoing
from firmware_sim.links.memory import MemoryUplink
from scenarios.episodes.episode import Message


@dataclass(slots=True)
class Recorder:
    """Messages, with the hour at which they are published."""

    now: float
    """POSIX seconds; who lets time pass sets it."""
    messages: list[Message] = field(default_factory=list)

    def attach(self, device: Device) -> None:
        """Give a device its line."""
        device.uplink = MemoryUplink(self._hear)

    def _hear(self, outgoing: Outgoing) -> None:
        self.messages.append(Message(self.now, outgoing.topic, outgoing.payload))
