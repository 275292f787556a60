"""What the service and its gateway processes say to each other: msgpack in frames (``dispatch.engine.frames``), in order."""

from __future__ import annotations

import msgspec

from dispatch.engine.frames import framed
from gateway.devices.registry import DeviceRecord


class GatewaySetup(msgspec.Struct, frozen=True):
    """What a gateway process is told when the service starts it: a line of JSON on its standard input."""

    socket: str
    """Where the service is."""
    shard: int
    log_format: str = "auto"
    log_level: str = "info"


class ShardClaim(msgspec.Struct, array_like=True, tag=True):
    """Says first which devices a gateway process is for."""

    shard: int | None
    """Counted from 0; ``None``: those of any shard that has no gateway."""
    edition: str
    """By what it reads statuses (``dispatch.gateways.edition``)."""


class ShardGiven(msgspec.Struct, array_like=True, tag=True):
    """Answers a claim: shard ``shard`` of ``of`` is its."""

    shard: int
    of: int
    device_rate: float
    """Messages a second of one device; 0: any number."""
    vendor_rate: float
    """Of all devices of one vendor in this shard; 0: any number."""


class NotYours(msgspec.Struct, array_like=True, tag=True):
    """Answers a claim that is refused."""

    says: str


class LentDevice(msgspec.Struct, array_like=True, tag=True):
    """A calm device. Whatever it says from now on goes to this gateway first, until it gives the twin back."""

    record: DeviceRecord
    twin: str
    names: list[str]
    """Of the readings that its last status told."""
    alarms: bool
    """That said that no alarm stands."""


class HeardOfLent(msgspec.Struct, array_like=True, tag=True, gc=False):
    """Messages of devices that are lent, in the order they came."""

    devices: list[str]
    """Whose each is."""
    frames: list[bytes]
    """Each as the inbox keeps it; empty: the device is to be given back."""


class GatewayAnswer(msgspec.Struct, array_like=True, tag=True, gc=False):
    """What became of the oldest ``HeardOfLent`` that is not answered, where ``answers``; and twins."""

    answers: bool
    left: list[int]
    """Places of messages that are not of routine, or of a device that is not here any more."""
    home: list[str]
    """Twins that are given back, with all that was taken."""
    fresh: list[str]
    """Twins as they stand, of devices that stay."""
    counts: list[tuple[str, str, int]]
    """How many messages were taken: vendor, type, number."""


_encode = msgspec.msgpack.Encoder().encode
read_from_service = msgspec.msgpack.Decoder(ShardGiven | NotYours | LentDevice | HeardOfLent).decode
"""Reads what a gateway process is told. Raises ``msgspec.MsgspecError``."""
read_from_gateway = msgspec.msgpack.Decoder(ShardClaim | GatewayAnswer).decode
"""Reads what a gateway process says. Raises ``msgspec.MsgspecError``."""


def written(said: ShardClaim | ShardGiven | NotYours | LentDevice | HeardOfLent | GatewayAnswer) -> bytes:
    """Return it as a frame."""
    return framed(_encode(said))
