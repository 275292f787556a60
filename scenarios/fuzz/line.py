"""A TCP line to the service, for bytes that no library would send."""

from __future__ import annotations

import socket
from contextlib import suppress

from gateway.errors import LineError

WITHIN_S = 15.0
"""Longer than the service waits for a head; an answer that has not come by then does not come."""
_ENOUGH = 4 * 1024 * 1024


class NoEnd(LineError):  # noqa: N818 - says what happened
    """It neither answered nor hung up."""


def exchanged(address: tuple[str, int], sent: bytes, within_s: float = WITHIN_S) -> bytes:
    """Send, and return what is heard until the other side hangs up. Raises ``NoEnd``, and ``OSError`` where nobody is there."""
    with socket.create_connection(address, within_s) as line:
        with suppress(OSError):  # it has heard enough
            line.sendall(sent)
        return _heard(line)


def upgraded(address: tuple[str, int], asked: bytes, sent: bytes, within_s: float) -> bytes:
    """Ask for a websocket, send once it is one, and return what is heard. Raises as ``exchanged`` does."""
    with socket.create_connection(address, WITHIN_S) as line:
        line.sendall(asked)
        answer = line.recv(65_536)
        if answer.startswith(b"HTTP/1.1 101"):
            line.settimeout(within_s)
            with suppress(OSError):
                line.sendall(sent)
        return answer + _heard(line)


def _heard(line: socket.socket) -> bytes:
    found = bytearray()
    try:
        while len(found) < _ENOUGH and (piece := line.recv(65_536)):
            found += piece
    except TimeoutError:
        raise NoEnd from None
    except ConnectionResetError:
        pass
    return bytes(found)
