"""Topics as NATS takes them. White space and DEL it refuses, and hangs up on whoever publishes there, though MQTT allows them.

Each such character is spelled as one for private use, U+E000 and its code, so that no other topic looks alike but one that
nobody has. ``gateway.links.mqtt.proxy`` spells what clients send, and the service reads it as it was sent. Pure.
"""

from __future__ import annotations

REFUSED = " \t\n\r\f\x7f"
_PRIVATE = 0xE000
_SPELLED = {ord(each): _PRIVATE + ord(each) for each in REFUSED}
_SENT = {spelled: sent for sent, spelled in _SPELLED.items()}


def spelled(topic: str) -> str:
    """Return a topic, or a filter, as NATS takes it."""
    return topic.translate(_SPELLED)


def as_sent(topic: str) -> str:
    """Return a topic as its sender wrote it; itself where that is the same."""
    return topic if topic.isascii() else topic.translate(_SENT)
