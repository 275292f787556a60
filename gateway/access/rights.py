"""Who may say and hear what at a broker, told from the name alone: a vendor, one of its devices, the service, anybody.

A vendor is named ``acme``, its device ``acme/car-1``. The other two names hold a dot, which no vendor's name can.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.contract.topics import DEVICE_PATTERN, VENDOR_PATTERN, Channel, topic
from gateway.mapping.filters import TopicFilter, placeholders
from gateway.mapping.rules import VendorMapping

SERVICE = "callahead.service"
"""The service itself: it may do everything."""
ANYBODY = "callahead.anybody"
"""Whoever connects without a name, where the service runs in open demo mode."""
UP = (Channel.EVENT, Channel.URGENT, Channel.STATE)
DOWN = (Channel.COMMAND, Channel.REJECTED)
_NAME = re.compile(rf"{VENDOR_PATTERN}(/{DEVICE_PATTERN})?")


@dataclass(frozen=True, slots=True)
class Rights:
    """What one user may do, as MQTT topic filters. Everything else is denied."""

    scope: str
    """``acme/car-1``, ``acme/+`` or ``+/+``: whose topics."""
    own: tuple[str, ...] = ()
    """A vendor's own topics, which a mapping hears: it may send there, too."""
    watches: bool = False
    """It may also read what its devices send, as a vendor that checks them does."""

    @property
    def publish(self) -> list[str]:
        """What it may send."""
        return [*(topic(self.scope, channel) for channel in UP), *self.own]

    @property
    def down(self) -> list[str]:
        """What only the service sends there."""
        return [topic(self.scope, channel) for channel in DOWN]

    @property
    def subscribe(self) -> list[str]:
        """What it may read."""
        return self.down + [topic(self.scope, channel) for channel in UP if self.watches]


def rights_of(username: str, mappings: Sequence[VendorMapping] = ()) -> Rights:
    """Return a vendor's, a device's or anybody's rights. Raises ``ValueError`` for what is no such name."""
    if username == ANYBODY:
        return Rights("+/+", tuple(dict.fromkeys(each.mqtt for mapping in mappings for each in mapping.filters)))
    if not _NAME.fullmatch(username):
        message = f"{username!r} is neither a vendor nor a device of one"
        raise ValueError(message)
    own = [each for mapping in mappings for each in own_topics(mapping, username)]
    is_vendor = "/" not in username
    return Rights(f"{username}/+" if is_vendor else username, tuple(dict.fromkeys(own)), watches=is_vendor)


def own_topics(mapping: VendorMapping, username: str) -> list[str]:
    """Return which of the topics a mapping hears are a vendor's or a device's, as MQTT topic filters.

    None for a device whose name is put together from several parts of the topic: it needs its vendor's credential.
    """
    vendor, _, device = username.partition("/")
    places = _places(mapping.vendor, vendor)
    more = _places(mapping.device, device) if device else {}
    if places is None or more is None or any(places[name] != more[name] for name in places.keys() & more.keys()):
        return []
    known = places | more
    return [_filled(each, known) for each in mapping.filters if known.keys() <= set(placeholders(each))]


def _places(template: str, value: str) -> dict[str, str] | None:
    """Return what stands for a template's placeholder in ``value``; ``None`` where it does not fit or cannot be told."""
    names = placeholders(template)
    if not names:
        return {} if template == value else None
    if len(names) > 1:
        return None
    before, _, after = template.partition(f"{{{names[0]}}}")
    fits = value.startswith(before) and value.endswith(after) and len(value) > len(before) + len(after)
    return {names[0]: value[len(before) : len(value) - len(after)]} if fits else None


def _filled(topic_filter: TopicFilter, places: dict[str, str]) -> str:
    levels = topic_filter.split("/")
    return "/".join(
        places.get(level[1:-1], "+") if level.startswith("{") and level.endswith("}") else level for level in levels
    )
