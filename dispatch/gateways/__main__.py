"""``python -m dispatch.gateways``, started by the service: ends with it, or when its standard input is closed."""

from __future__ import annotations

import asyncio
import gc
import sys

import msgspec

from dispatch.gateways.messages import GatewaySetup
from dispatch.gateways.reach import BySocket
from dispatch.observe import logs
from dispatch.observe.child_process import told_to_end
from dispatch.observe.garbage import look_seldom


def main() -> None:
    """Read what to do, and do it."""
    look_seldom()
    setup = msgspec.json.decode(sys.stdin.buffer.readline(), type=GatewaySetup)
    logs.set_up(logs.LogFormat(setup.log_format), logs.LogLevel(setup.log_level))
    asyncio.run(_run(setup))


async def _run(setup: GatewaySetup) -> None:
    from dispatch.gateways.process import GatewayProcess  # noqa: PLC0415 - a tenth of the import was looking for garbage

    stop = told_to_end()
    process = GatewayProcess(BySocket(setup.socket), setup.shard)
    gc.freeze()
    await process.run(stop)


if __name__ == "__main__":
    main()
