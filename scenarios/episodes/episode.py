"""One labelled episode: the messages, and the truth that only the scoring reads."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.registry import DeviceRecord


@dataclass(frozen=True, slots=True)
class EpisodeTruth:
    """What really happened. ``part`` as in the knowledge, or ``nothing``."""

    part: str
    needs_help: bool
    """Must somebody come, or the customer be told?"""
    at: float
    """When it broke, POSIX seconds."""
    latitude: float | None
    """Where it stands in the end, WGS 84 degrees; ``None`` for what has no place."""
    longitude: float | None


@dataclass(frozen=True, slots=True)
class Message:
    """One message as it would be published."""

    at: float
    """POSIX seconds."""
    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Episode:
    """One breakdown, or none, from the first message to when help would have come."""

    kind: str
    """``car``, ``fridge`` or ``payment``."""
    truth: EpisodeTruth
    messages: tuple[Message, ...]
    devices: tuple[DeviceRecord, ...]
    """Who is registered with the service."""
