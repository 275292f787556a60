"""What a phone sends. The published v1 contract."""

from __future__ import annotations

from typing import Literal

from gateway.contract.envelope import DeviceEvent
from gateway.contract.event_types import EventType, Messages
from gateway.contract.values import Position, Strict


class PhoneStatus(Strict):
    """Where the phone is."""

    position: Position | None = None


class PhoneStatusEvent(DeviceEvent):  # noqa: D101
    type: Literal["callahead.phone.status.v1"] = "callahead.phone.status.v1"
    data: PhoneStatus


_HERE = {"latitude": 56.951212, "longitude": 24.113388, "accuracy_m": 6.5, "fix_time": "2026-01-12T07:41:00+01:00"}
MESSAGES = Messages(
    events=(
        EventType(
            PhoneStatusEvent, "volta/phone-1", "12-41", "2026-01-12T12:32:00+02:00", {"position": _HERE}, plain=True
        ),
    )
)
