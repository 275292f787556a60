"""Tells systemd how the service does, where systemd asks (``Type=notify``, ``WatchdogSec=``): sd_notify(3) in three lines."""

from __future__ import annotations

import contextlib
import os
import socket


def notify(told: str) -> None:
    """Send ``READY=1``, ``STOPPING=1`` or ``WATCHDOG=1`` to the socket in ``NOTIFY_SOCKET``; nothing where there is none."""
    where = os.environ.get("NOTIFY_SOCKET")
    if where:
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
            line.connect(f"\0{where[1:]}" if where.startswith("@") else where)
            line.sendall(told.encode())
