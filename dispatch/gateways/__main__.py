"""``python -m dispatch.gateways``, started by the service: ends with it, or when its standard input is closed."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
import threading

import msgspec

from dispatch.gateways.messages import GatewaySetup
from dispatch.observe import logs
from dispatch.observe.garbage import look_seldom


def main() -> None:
    """Read what to do, and do it."""
    look_seldom()
    setup = msgspec.json.decode(sys.stdin.buffer.readline(), type=GatewaySetup)
    logs.set_up(logs.LogFormat(setup.log_format), logs.LogLevel(setup.log_level))
    asyncio.run(_run(setup))


async def _run(setup: GatewaySetup) -> None:
    from dispatch.gateways.process import GatewayProcess  # noqa: PLC0415 - a tenth of the import was looking for garbage

    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    loop.add_signal_handler(signal.SIGINT, lambda: None)  # Ctrl-C is for whoever started us, who ends us in order

    def until_closed() -> None:
        while os.read(sys.stdin.fileno(), 1024):  # not through its buffer, whose lock would be held where we end first
            pass
        loop.call_soon_threadsafe(stop.set)

    threading.Thread(target=until_closed, name="stdin", daemon=True).start()
    process = GatewayProcess(setup)
    gc.freeze()
    await process.run(stop)


if __name__ == "__main__":
    main()
