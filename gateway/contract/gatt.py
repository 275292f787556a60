"""The GATT profile: which service a device offers over Bluetooth LE, and what it advertises. Pure.

A device is the peripheral. Its one primary service has three characteristics; beside it stands the Device Information
service of the Bluetooth SIG, for people and their tools. ``frames`` says what is written there, ``session`` in which order.

Advertising (31 bytes, of which 28 are used): flags, the service's UUID, and a manufacturer's record with the device's hash
and whether a fault waits. The hash tells a known device again and tells nobody else its name.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

SERVICE = "ca11a4ea-0001-4b1e-8c0f-5f2d6c3e9a10"
"""The primary service; scanners filter by it."""
TELEMETRY = "ca11a4ea-0002-4b1e-8c0f-5f2d6c3e9a10"
"""Notify: everything that goes up."""
ACKNOWLEDGEMENT = "ca11a4ea-0003-4b1e-8c0f-5f2d6c3e9a10"
"""Write, with or without response: which messages are stored for good."""
COMMAND = "ca11a4ea-0004-4b1e-8c0f-5f2d6c3e9a10"
"""Write, with or without response: everything else that goes down."""

MANUFACTURER_NAME = "00002a29-0000-1000-8000-00805f9b34fb"
MODEL_NUMBER = "00002a24-0000-1000-8000-00805f9b34fb"
SERIAL_NUMBER = "00002a25-0000-1000-8000-00805f9b34fb"
"""The device's name, ``vendor/device``. Anybody can write one; ``session`` proves whose it is."""
FIRMWARE_REVISION = "00002a26-0000-1000-8000-00805f9b34fb"

ATT_OVERHEAD = 3
"""Bytes of an ATT_MTU that a notification or a write needs for itself (Core 5.4, Vol 3 Part F, 3.4.7)."""
MIN_MTU, MAX_MTU = 23, 517
MAX_VALUE = 512
"""The longest attribute value, bytes (Core 5.4, Vol 3 Part F, 3.2.9)."""

NO_COMPANY = 0xFFFF
"""The SIG's company identifier for what is not for sale. A vendor advertises its own; readers let any pass."""
HASH_BYTES = 4
_LENGTH = HASH_BYTES + 1
_FAULT = 0x01


@dataclass(frozen=True, slots=True)
class Advertised:
    """What the manufacturer's record says."""

    device_hash: bytes
    """The first four bytes of SHA-256 of ``vendor/device``."""
    fault: bool
    """A fault waits to be told."""


def room(mtu: int) -> int:
    """Return how many bytes one notification or write carries at an ATT_MTU."""
    return min(max(mtu, MIN_MTU) - ATT_OVERHEAD, MAX_VALUE)


def device_hash(device: str) -> bytes:
    """Return the short hash of ``vendor/device``."""
    return sha256(device.encode()).digest()[:HASH_BYTES]


def advertise(device: str, *, fault: bool) -> bytes:
    """Return the manufacturer's record, without the company identifier that stands before it."""
    return device_hash(device) + bytes([_FAULT * fault])


def read_advertised(record: bytes) -> Advertised | None:
    """Read a manufacturer's record; ``None`` where it is none of ours. What follows the fifth byte is for later."""
    if len(record) < _LENGTH:
        return None
    return Advertised(bytes(record[:HASH_BYTES]), bool(record[HASH_BYTES] & _FAULT))
