"""MQTT topics: ``callahead/v1/{vendor}/{device}/{channel}``.

A device is named ``{vendor}/{device}`` everywhere else in the code; CloudEvents' ``source`` is the same with a leading slash.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

ROOT = "callahead/v1"
SUBSCRIPTION = f"{ROOT}/#"
"""Everything under our root, so that a message on a mistyped channel is answered instead of vanishing."""

VENDOR_PATTERN = r"[a-z0-9][a-z0-9-]{0,31}"
DEVICE_PATTERN = r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}"
_TOPIC = re.compile(rf"{ROOT}/({VENDOR_PATTERN}/{DEVICE_PATTERN})/(.+)")


class Channel(StrEnum):
    """The last level of a topic."""

    EVENT = "event"
    """Up: CloudEvents."""
    URGENT = "urgent"
    """Up: CloudEvents that are to wait behind no status; a connection of ours reads nothing else."""
    STATE = "state"
    """Up, retained: online or offline; also the last will."""
    COMMAND = "command"
    """Down: CloudEvents the device should act on."""
    REJECTED = "rejected"
    """Down: problem details for a message that was refused."""


EVENTS = frozenset({Channel.EVENT, Channel.URGENT})
"""Where CloudEvents go up."""
URGENT_SUBSCRIPTION = f"{ROOT}/+/+/{Channel.URGENT}"
_CHANNELS = {str(channel): channel for channel in Channel}


class Topic(NamedTuple):
    """A parsed topic. ``channel`` is ``None`` where the last part is none of these channels."""

    device: str
    channel: Channel | None


def topic(device: str, channel: Channel) -> str:
    """Return the topic of ``device`` (``vendor/device``) for ``channel``."""
    return f"{ROOT}/{device}/{channel}"


@lru_cache(maxsize=65_536)  # a device says the same all its life
def parse_topic(text: str) -> Topic | None:
    """Read a topic; ``None`` where not even vendor and device can be told."""
    found = _TOPIC.fullmatch(text)
    if found is None:
        return None
    device, channel = found[1], found[2]
    return Topic(device, _CHANNELS.get(channel))
