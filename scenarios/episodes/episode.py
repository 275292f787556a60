"""One labelled episode: the messages as devices publish them, and the truth that only the score reads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gateway.devices.registry import DeviceRecord
from scenarios.story.streams import Streams

EPOCH, SPAN_S = 1_751_328_000.0, 300 * 86_400.0
"""Episodes of a season begin in the 300 days from 1 July 2025."""


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
    """As the catalogue is called that knows its part."""
    truth: EpisodeTruth
    messages: tuple[Message, ...]
    """In order of time."""
    devices: tuple[DeviceRecord, ...]
    """Those that send, as they are registered."""
    beside: str = ""
    """What is diagnosed under a subject that begins so is a fault beside the episode's, and none of its story."""


@dataclass(frozen=True, slots=True)
class Episodes:
    """Labelled episodes of one kind of device: ``EPISODES`` in its ``episode.py``."""

    weight: float
    """How many ``callahead bench diagnosis`` plays of them, beside those of other kinds."""
    draw: Callable[[int, Streams], Episode]
    """Draw one by its number: the same number and seed give the same bytes."""
