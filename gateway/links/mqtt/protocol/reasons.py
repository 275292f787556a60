"""Reason codes in words (section 2.4, table 2-6)."""

from __future__ import annotations

FAILURE = 0x80
"""From here on a reason code says that something was not done."""

_WORDS = {
    0x00: "Success",
    0x04: "Disconnect with will message",
    0x10: "No matching subscribers",
    0x80: "Unspecified error",
    0x81: "Malformed packet",
    0x82: "Protocol error",
    0x83: "Implementation specific error",
    0x84: "Unsupported protocol version",
    0x85: "Client identifier not valid",
    0x86: "Bad user name or password",
    0x87: "Not authorized",
    0x88: "Server unavailable",
    0x89: "Server busy",
    0x8A: "Banned",
    0x8B: "Server shutting down",
    0x8C: "Bad authentication method",
    0x8D: "Keep alive timeout",
    0x8E: "Session taken over",
    0x8F: "Topic filter invalid",
    0x90: "Topic name invalid",
    0x91: "Packet identifier in use",
    0x93: "Receive maximum exceeded",
    0x94: "Topic alias invalid",
    0x95: "Packet too large",
    0x96: "Message rate too high",
    0x97: "Quota exceeded",
    0x98: "Administrative action",
    0x99: "Payload format invalid",
    0x9A: "Retain not supported",
    0x9B: "QoS not supported",
    0x9C: "Use another server",
    0x9D: "Server moved",
    0x9E: "Shared subscription not supported",
    0x9F: "Connection rate exceeded",
    0xA0: "Maximum connect time",
    0xA1: "Subscription identifiers not supported",
    0xA2: "Wildcard subscription not supported",
}
"""Those a client hears; nobody is told of what went well, but for a DISCONNECT."""
_BY_3_1_1 = {1: 0x84, 2: 0x85, 3: 0x88, 4: 0x86, 5: 0x87}
"""Return codes of a CONNACK in 3.1.1 (its table 3.1), and what the same is called in 5."""


def says(code: int, own: object = None) -> str:
    """Return a reason code in words, with the broker's ``own`` where it adds some."""
    words = _WORDS.get(code, f"code {code}")
    return f"{words} ({own})" if own else words


def says_3_1_1(code: int) -> str:
    """Return a return code of a CONNACK of 3.1.1 in words."""
    return says(_BY_3_1_1.get(code, code))
