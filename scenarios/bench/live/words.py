"""What the load's devices say, as bytes made beforehand: only numbers and times are put in when a message goes out.

Cars drive a small circle, a step a message, with an engine in good health; phones tell where they are, have a payment
rejected because the card has expired (a notice goes out at once, and the case is closed with it), and pay with another.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from gateway.contract.event_types import event_types
from gateway.contract.topics import Channel, topic
from gateway.links.mqtt.protocol import packets

BOOT = 7
STEPS = 60
"""Statuses of a car until they begin anew."""
FIRST_SEQ = 1_000_000_000
"""So many digits have all numbers that a message's length does not depend on them."""
STEP_M = 14.0
_NORTH, _EAST = 56.951212, 24.113388
_METRES_PER_DEGREE = 111_195.0
TIME = "0000-00-00T00:00:00.000Z"
_SEQ = str(FIRST_SEQ)


@dataclass(frozen=True, slots=True)
class Template:
    """A message in five pieces; between them go the packet's number, the event's number, and its time, twice."""

    head: bytes
    """Up to the packet's number."""
    source: bytes
    """From there to the event's number."""
    between: bytes
    """From there to the time."""
    middle: bytes
    """From there to where the time, or the event's number, stands again."""
    tail: bytes

    def filled(self, number: int, seq: int, at: bytes, value: bytes) -> bytes:
        """Return the packet; ``value`` is what stands between its last two pieces."""
        where = number.to_bytes(2)
        return b"".join((self.head, where, self.source, b"%d" % seq, self.between, at, self.middle, value, self.tail))


def car(number: int) -> str:
    """Return a car's name."""
    return f"volta/car-{number:05}"


def phone(number: int) -> str:
    """Return a phone's name."""
    return f"volta/phone-{number:05}"


def stamp(at: float) -> bytes:
    """Return a time as it stands in a message, POSIX seconds."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:23].encode() + b"Z"


def statuses() -> list[tuple[bytes, bytes]]:
    """Return a drive's steps: what follows the time of the event, and what follows that of the fix; all of one length."""
    made = [_status(step) for step in range(STEPS)]
    longest = max(len(before) + len(after) for before, after in made)
    return [(before, after + b" " * (longest - len(before) - len(after))) for before, after in made]


def template(device: str, kind: str, rest: tuple[bytes, bytes]) -> Template:
    """Return an event of ``device``; ``rest`` follows its time, in two pieces, with another value between them."""
    type_ = f"callahead.{kind}.v1"
    source = json.dumps({"specversion": "1.0", "type": type_, "source": f"/{device}"})[:-1]
    begins = f'{source}, "id": "{BOOT}-'.encode()
    between = b'", "provenance": "simulated", "time": "'
    value = len(_SEQ) if kind == "payment.attempt" else len(TIME)
    length = len(begins) + len(_SEQ) + len(between) + len(TIME) + len(rest[0]) + value + len(rest[1])
    channel = Channel.URGENT if event_types().named(type_).is_urgent else Channel.EVENT
    return Template(packets.publish_head(topic(device, channel), 2 + length), begins, between, *rest)


def failure() -> tuple[bytes, bytes]:
    """Return a payment that is rejected because the card has expired; its reference is the number put in."""
    told = {"status": "RJCT", "reason": "MS03", "processor_response": "54", "instrument_expires": "2024-01"}
    return _payment(told)


def payment() -> tuple[bytes, bytes]:
    """Return the payment with another card that settles it."""
    return _payment({"status": "ACSC"})


def phone_status() -> tuple[bytes, bytes]:
    """Return where a phone is."""
    return _split({"position": _position(0.0, 0.0)}, TIME)


def state(device: str, at: float) -> bytes:
    """Return the whole packet, number 1, that says a device is online; it is retained."""
    payload = json.dumps({"online": True, "boot": BOOT, "time": stamp(at).decode()}).encode()
    return packets.publish(1, topic(device, Channel.STATE), payload, retain=True, again=False, v5=False)


def fault_of(command: bytes) -> int | None:
    """Return the number of the event that a command is about; ``None`` for one that is about none of ours."""
    _, found, after = command.partition(b'"id":"volta/')
    name, _, _ = after.partition(b'"')
    parts = name.split(b"/")
    if not found or len(parts) < 3 or b"-" not in parts[1]:  # noqa: PLR2004 - device, event, action
        return None
    return int(parts[1].rpartition(b"-")[2])


def _status(step: int) -> tuple[bytes, bytes]:
    turn = 2 * math.pi * step / STEPS
    radius = STEP_M * STEPS / (2 * math.pi)
    signals = {
        "Vehicle.Speed": round(48 + 6 * math.sin(3 * turn), 1),
        "Vehicle.LowVoltageBattery.CurrentVoltage": round(14.1 + 0.15 * math.sin(5 * turn), 2),
        "Vehicle.Powertrain.CombustionEngine.IsRunning": True,
        "Vehicle.Powertrain.CombustionEngine.Speed": round(1_900 + 300 * math.sin(3 * turn)),
        "Vehicle.Powertrain.CombustionEngine.EngineCoolant.Temperature": round(89 + 2 * math.sin(turn), 1),
        "Vehicle.Chassis.Axle.Row1.Wheel.Left.Tire.Pressure": 240 + step % 3,
        "Vehicle.Diagnostics.DTCCount": 0,
    }
    place = _position(radius * math.sin(turn), radius * math.cos(turn))
    return _split({"position": place, "signals": signals}, TIME)


def _payment(more: dict[str, Any]) -> tuple[bytes, bytes]:
    told = {
        "end_to_end_id": _SEQ,
        "amount": "24.90",
        "currency": "EUR",
        "processor": "baltpay",
        "instrument": "card",
        **more,
    }
    return _split(told, _SEQ)


def _position(north_m: float, east_m: float) -> dict[str, Any]:
    latitude = _NORTH + north_m / _METRES_PER_DEGREE
    longitude = _EAST + east_m / (_METRES_PER_DEGREE * math.cos(math.radians(_NORTH)))
    return {"latitude": round(latitude, 6), "longitude": round(longitude, 6), "accuracy_m": 6.5, "fix_time": TIME}


def _split(data: dict[str, Any], at: str) -> tuple[bytes, bytes]:
    text = f'", "datacontenttype": "application/json", "data": {json.dumps(data)}}}'
    before, _, after = text.partition(at)
    return before.encode(), after.encode()
