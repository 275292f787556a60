"""Has a server of ours load its retained messages before anybody listens.

NATS 2.15 begins with that when the first MQTT client connects, and does not wait for it: whoever subscribes just then is sent those
that are loaded, some or none of thousands, and never the others. The service is always the first.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import suppress
from time import monotonic, sleep
from typing import Any

from gateway.broker.nats_client import ANSWERS_WITHIN_S, NoAnswer

WAKER = "callahead.waker"
"""As whom we connect for that. It may neither send nor read anything."""
_CLIENT_ID = "callahead-waker"
_STREAM = "$MQTT_rmsgs"
LOADED_WITHIN_S = 20.0
_LOOK_S = 0.02
_CONNECT, _CONNACK, _LEAVE = b"\x10", b"\x20\x02\x00\x00", b"\xe0\x00"
_HEAD = b"\x00\x04MQTT\x04\xc2\x00\x3c"
"""MQTT 3.1.1; user, password, a clean session; a minute (3.1.2)."""
Ask = Callable[[str, dict[str, Any]], dict[str, Any]]


def load_retained(at: tuple[str, int], password: str, ask: Ask) -> bool:
    """Connect to the MQTT listener ``at``, and wait; ``False`` where it could not be seen to that all are loaded."""
    with suppress(OSError, NoAnswer), socket.create_connection(at, ANSWERS_WITHIN_S) as line:
        line.settimeout(LOADED_WITHIN_S)
        body = _HEAD + b"".join(map(_text, (_CLIENT_ID, WAKER, password)))
        line.sendall(_CONNECT + bytes([len(body)]) + body)
        if line.recv(len(_CONNACK)) != _CONNACK:
            return False
        deadline = monotonic() + LOADED_WITHIN_S
        while monotonic() < deadline:
            if _all_loaded(ask("JSZ", {"account": "$G", "accounts": True, "streams": True, "consumer": True})):
                line.sendall(_LEAVE)
                return True
            sleep(_LOOK_S)
    return False


def _all_loaded(told: dict[str, Any]) -> bool:
    streams = [stream for account in told.get("account_details", ()) for stream in account.get("stream_detail", ())]
    kept = next((stream for stream in streams if stream["name"] == _STREAM), None)
    if kept is None or not kept["state"]["messages"]:
        return True
    readers = kept.get("consumer_detail") or ()
    newest = max(
        readers, key=lambda one: str(one["created"]), default=None
    )  # those of servers before die out by themselves
    return newest is not None and newest["delivered"]["stream_seq"] >= kept["state"]["last_seq"]


def _text(text: str) -> bytes:
    return len(text).to_bytes(2) + text.encode()
