"""Hostile messages of a console's page: frames of a websocket, and what socket.io and NiceGUI read out of them."""

from __future__ import annotations

import base64
import json
import struct
from random import Random
from typing import Any

from scenarios.fuzz.mutations import odd, spoilt, written

_TEXT, _BINARY, _CLOSE, _PING = 0x1, 0x2, 0x8, 0x9
_FIN, _MASKED = 0x80, 0x80
_SHORT, _LONG = 126, 127
_EVENTS: tuple[list[Any], ...] = (
    ["handshake", {"client_id": "c", "document_id": "d", "tab_id": "t", "old_tab_id": None, "next_message_id": 0}],
    ["event", {"id": 4, "client_id": "c", "listener_id": "l", "args": [{"data": {"case": "c"}}]}],
    ["javascript_response", {"request_id": "r", "client_id": "c", "result": {"a": [1, 2, 3]}}],
    ["ack", {"client_id": "c", "next_message_id": 3}],
    ["log", {"client_id": "c", "level": "error", "message": "m"}],
)


def hostile_page(dice: Random, client: str) -> tuple[bytes, bytes]:
    """Return what one page sends: its handshake, then its messages. ``client``: its name, as the service drew it."""
    frames = [_frame(dice, _TEXT, b"40", mask=True), *(_message(dice, client) for _ in range(dice.randint(1, 4)))]
    return _handshake(dice, client), b"".join([*frames, _frame(dice, _CLOSE, struct.pack("!H", 1000), mask=True)])


def _handshake(dice: Random, client: str) -> bytes:
    query = f"EIO=4&transport=websocket&client_id={client}&document_id=d&tab_id=t&old_tab_id=&next_message_id=0"
    key = base64.b64encode(dice.randbytes(16)).decode()
    head = [
        f"GET /_nicegui_ws/socket.io/?{query} HTTP/1.1", "host: 127.0.0.1", "connection: upgrade", "upgrade: websocket",
        "sec-websocket-version: 13", f"sec-websocket-key: {key}", "", "",
    ]  # fmt: skip
    return "\r\n".join(head).encode()


def _message(dice: Random, client: str) -> bytes:
    event = json.loads(json.dumps(dice.choice(_EVENTS)).replace('"c"', json.dumps(client)))
    packet = dice.choice(
        (b"42", b"42", b"42", b"4", b"41", b"43", b"451-", b"4599999999-", b"2", b"6", b"9")
    ) + written(dice, odd(dice, event))
    if dice.random() < 0.2:  # noqa: PLR2004 - now and then
        packet = spoilt(dice, packet[:4_096])
    kind = dice.choice((_TEXT, _TEXT, _TEXT, _TEXT, _BINARY, _PING, dice.randrange(16)))
    return _frame(dice, kind, packet[:120] if kind == _PING else packet, mask=dice.random() < 0.97)  # noqa: PLR2004


def _frame(dice: Random, kind: int, payload: bytes, *, mask: bool) -> bytes:
    size = len(payload) if dice.random() < 0.98 else dice.choice((2**31, 2**62, 5))  # noqa: PLR2004 - or a lie
    key = dice.randbytes(4)
    masked = _MASKED if mask else 0
    if size < _SHORT:
        head = struct.pack("!BB", _FIN | kind, masked | size)
    elif size < 2**16:
        head = struct.pack("!BBH", _FIN | kind, masked | _SHORT, size)
    else:
        head = struct.pack("!BBQ", _FIN | kind, masked | _LONG, size)
    return head + (key + _xored(payload, key) if mask else payload)


def _xored(payload: bytes, key: bytes) -> bytes:
    whole = key * (len(payload) // 4 + 1)
    return (int.from_bytes(payload, "big") ^ int.from_bytes(whole[: len(payload)], "big")).to_bytes(len(payload), "big")
