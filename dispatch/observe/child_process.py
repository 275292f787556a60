"""How a process that the service started learns that it is to end."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading


def told_to_end() -> asyncio.Event:
    """Return what is set at SIGTERM, or once standard input is closed, as it is when the service ends. Main thread only."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    loop.add_signal_handler(signal.SIGINT, lambda: None)  # Ctrl-C is for whoever started us, who ends us in order

    def until_closed() -> None:
        while os.read(sys.stdin.fileno(), 1024):  # not through its buffer, whose lock would be held where we end first
            pass
        loop.call_soon_threadsafe(stop.set)

    threading.Thread(target=until_closed, name="stdin", daemon=True).start()
    return stop
