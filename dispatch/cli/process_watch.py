"""Notices, without asking again and again, that another process ended: our parent, or the embedded broker."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import sys
import threading
from collections.abc import Callable


def on_end_of(pid: int, call: Callable[[], None]) -> Callable[[], None] | None:
    """Have ``call`` run in this loop when process ``pid`` ends, and return what forgets about it.

    ``None`` where the system cannot tell; Linux can.
    """
    if not hasattr(os, "pidfd_open"):
        return None
    try:
        handle = os.pidfd_open(pid)
    except OSError:
        return None
    loop = asyncio.get_running_loop()

    def forget() -> None:
        loop.remove_reader(handle)
        os.close(handle)

    def ended() -> None:
        forget()
        call()

    loop.add_reader(handle, ended)
    return forget


def on_parent_gone(call: Callable[[], None]) -> None:
    """Have ``call`` run in this loop when whoever started us ends, or closes the pipe on our standard input."""
    on_end_of(os.getppid(), call)
    mode = os.fstat(sys.stdin.fileno()).st_mode
    if not (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)):
        return
    loop = asyncio.get_running_loop()

    def read_to_the_end() -> None:
        while os.read(sys.stdin.fileno(), 4096):
            pass
        loop.call_soon_threadsafe(call)

    threading.Thread(target=read_to_the_end, name="stdin", daemon=True).start()


def told_to_stop(*, with_parent: bool) -> asyncio.Event:
    """Return what is set at SIGINT and SIGTERM, and, where it is asked for, when whoever started us ends."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    if with_parent:
        on_parent_gone(stop.set)
    return stop
