"""What router and service say to each other over the router's standard streams: msgpack in frames (``dispatch.engine.frames``)."""

from __future__ import annotations

import msgspec

from dispatch.engine.frames import framed


class RouterSetup(msgspec.Struct, frozen=True):
    """What a router is told when it is started: a line of JSON."""

    broker: str
    """Its URL, with who we are there."""
    client_id: str
    """Names the session at the broker, which outlives routers and services."""
    filters: tuple[str, ...] = ()
    """Vendors' own topics."""
    log_format: str = "auto"
    log_level: str = "info"


class RoutedMessages(msgspec.Struct, array_like=True, tag=True, gc=False):
    """What was read at once, in the order it came."""

    first: int
    """Number of the first; the others count on."""
    topics: list[str]
    payloads: list[bytes]
    described: dict[int, tuple[bool, str | None, tuple[tuple[str, str], ...]]]
    """Places of those few that have more to say: retained, content type, user properties."""


class LinkTurned(msgspec.Struct, array_like=True, tag=True):
    """How the connection to the broker stands from now on."""

    state: str
    reason: str


class MessagesStored(msgspec.Struct, array_like=True, gc=False):
    """These may be acknowledged."""

    numbers: list[int]


_encode = msgspec.msgpack.Encoder().encode
read_from_router = msgspec.msgpack.Decoder(RoutedMessages | LinkTurned).decode
"""Raises ``msgspec.MsgspecError``."""
read_stored = msgspec.msgpack.Decoder(MessagesStored).decode
"""Raises ``msgspec.MsgspecError``."""


def written(said: RoutedMessages | LinkTurned | MessagesStored) -> bytes:
    """Return it as a frame."""
    return framed(_encode(said))
