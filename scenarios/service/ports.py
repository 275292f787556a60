"""Ports for servers that come back on the same one: outside the range from which connections take theirs."""

from __future__ import annotations

import secrets
import socket
from contextlib import suppress

FROM, TO = 20_000, 32_000
"""Linux gives connections ports from 32,768 on: one of those might be taken while a server is down."""


def free_port() -> int:
    """Return a port on which nobody listens."""
    while True:
        port = FROM + secrets.randbelow(TO - FROM)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
