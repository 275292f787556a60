"""What all devices share: a name, a boot count, a sequence, a store for events and a memory for commands.

It knows the public contract and nothing else, as a vendor's device would. No clock, no network, no dice.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeVar

from msgspec.json import Encoder
from pydantic import BaseModel, ValidationError

from firmware_sim.device.moments import utc
from firmware_sim.device.store import Store
from firmware_sim.device.uplink import Outgoing, Uplink
from gateway.contract.commands import Command, parse_command
from gateway.contract.envelope import DeviceEvent
from gateway.contract.state import DeviceState
from gateway.contract.topics import Channel, topic

__all__ = ["Device", "Outgoing", "Told", "Uplink"]

COMMANDS_REMEMBERED = 256
"""Enough for every repeat a broker can still hold; the oldest are forgotten."""

Event = TypeVar("Event", bound=DeviceEvent)
Listener = Callable[[Command, float], None]
"""Takes a command and the hour, POSIX seconds."""
_written = Encoder().encode


class Told(NamedTuple):
    """An event that was made and handed over."""

    key: str
    """``vendor/device/boot-seq``."""


class Device:
    """A device that loses no fault. It starts offline: attach an ``uplink``, then ``go_online``.

    Not thread-safe: the world calls it from one thread, also with the commands a broker's thread brought.
    """

    def __init__(
        self, name: str, *, boot: int = 1, buffer_limit: int = 200, uplink: Uplink | None = None, via: str | None = None
    ) -> None:
        """Name is ``vendor/device``; ``buffer_limit`` counts events; ``via`` names the relaying phone's source."""
        self.name = name
        self.source = f"/{name}"
        self.boot = boot
        self.seq = 0
        """The sequence number of the next event."""
        self.online = False
        self.uplink = uplink
        self.nearby: Uplink | None = None
        """A second line, to who is near: every event goes out there, too, whether or not there is coverage."""
        self.via = via
        self.store = Store(buffer_limit)
        self.unreadable_commands = 0
        self.listeners: list[Listener] = []
        """Who hears each command beside the device itself, once."""
        self._event_topic = topic(name, Channel.EVENT)
        self._commands_seen: OrderedDict[str, None] = OrderedDict()

    @property
    def dropped(self) -> int:
        """How many perishable events the full store has dropped."""
        return self.store.dropped

    def go_online(self, now: float) -> None:
        """Coverage is back: say so, then send what was stored, in order."""
        if self.online:
            return
        line = self._line()
        self.online = True
        line.open(self.last_will())
        line.send(self._state(DeviceState(online=True, boot=self.boot, time=utc(now))))
        self.store.forward(line.send)

    def go_offline(self) -> None:
        """Coverage is lost: events are stored from now on, and the last will speaks."""
        if self.online:
            self.online = False
            self._line().cut()

    def restart(self, now: float) -> None:
        """Start again: ``boot`` + 1, ``seq`` from 0. What is stored survives, under the ids it was given."""
        was_online = self.online
        self.go_offline()
        self.boot += 1
        self.seq = 0
        if was_online:
            self.go_online(now)

    def last_will(self) -> Outgoing:
        """Return what the broker publishes when this boot falls silent."""
        return self._state(DeviceState(online=False, boot=self.boot))

    def emit(
        self, event_class: type[Event], content: BaseModel, now: float, *, perishable: bool, via: str | None = None
    ) -> Event:
        """Make an event of ``content`` with the next id, and send it, or store it while offline."""
        event = event_class.model_validate(
            {
                "source": self.source,
                "id": f"{self.boot}-{self.seq}",
                "time": utc(now),
                "via": via or self.via,
                "provenance": "simulated",
                "data": content,
            }
        )
        self.seq += 1
        self._hand_over(Outgoing(self._event_topic, event.encode(), retain=False, perishable=perishable, key=event.key))
        return event

    def tell(self, type_: str, data: Mapping[str, object], now: float, *, perishable: bool) -> Told:
        """Make an event of what is in the contract's words already, as ``emit`` does.

        Of what a story tells by the hundred thousand: no model is made of it, and the gateway looks at it all the same.
        """
        number = f"{self.boot}-{self.seq}"
        told: dict[str, object] = {
            "specversion": "1.0",
            "source": self.source,
            "id": number,
            "time": utc(now),
            "datacontenttype": "application/json",
            **({} if self.via is None else {"via": self.via}),
            "provenance": "simulated",
            "type": type_,
            "data": data,
        }
        self.seq += 1
        key = f"{self.name}/{number}"
        self._hand_over(Outgoing(self._event_topic, _written(told), retain=False, perishable=perishable, key=key))
        return Told(key)

    def receive(self, payload: bytes, now: float) -> Command | None:
        """Take a command. ``None`` for one that was taken before, and for one that cannot be read."""
        try:
            command = parse_command(payload)
        except ValidationError:
            self.unreadable_commands += 1
            return None
        if command.id in self._commands_seen:
            return None
        self._remember(command.id)
        self.on_command(command, now)
        for listener in self.listeners:
            listener(command, now)
        return command

    def on_command(self, command: Command, now: float) -> None:
        """Act on a command that has just arrived for the first time. Kinds of device override this."""

    def _hand_over(self, outgoing: Outgoing) -> None:
        if self.nearby:
            self.nearby.send(outgoing)
        if self.online:
            self._line().send(outgoing)
        else:
            self.store.keep(outgoing)

    def _remember(self, command_id: str) -> None:
        self._commands_seen[command_id] = None
        if len(self._commands_seen) > COMMANDS_REMEMBERED:
            self._commands_seen.popitem(last=False)

    def _state(self, state: DeviceState) -> Outgoing:
        return Outgoing(topic(self.name, Channel.STATE), state.encode(), retain=True, perishable=False, key=None)

    def _line(self) -> Uplink:
        if self.uplink is None:
            message = f"{self.name} has no uplink. Set device.uplink (or attach it to a fleet) before go_online."
            raise RuntimeError(message)
        return self.uplink
