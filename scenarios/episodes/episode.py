"""One labelled episode: the messages as devices publish them, and the truth that only the score reads."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.devices.registry import DeviceRecord


@dataclass(frozen=True)
class EpisodeTruth:
    """What really happened. Times in POSIX seconds, places in WGS 84 degrees."""

    part: str
    """``nothing``: no fault."""
    needs_help: bool
    at: float
    """When it began, which may lie before the first message."""
    latitude: float | None
    longitude: float | None


@dataclass(frozen=True)
class Message:
    """One message as it is published."""

    at: float
    """When, POSIX seconds; what it tells of may be older."""
    topic: str
    payload: bytes


@dataclass(frozen=True)
class Episode:
    """One case to diagnose."""

    kind: str
    """``car``, ``fridge`` or ``payment``."""
    truth: EpisodeTruth
    messages: tuple[Message, ...]
    """In order of time."""
    devices: tuple[DeviceRecord, ...]
    """Those that send, as they are registered."""
