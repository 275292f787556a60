"""``python -m dispatch.projection``, started by the service: ends with it, or when its standard input is closed."""

from __future__ import annotations

import asyncio
import gc
import sys

import msgspec

from dispatch.observe import logs
from dispatch.observe.child_process import told_to_end
from dispatch.observe.garbage import look_seldom
from dispatch.projection.setup import Setup


def main() -> None:
    """Read what to do, and do it."""
    look_seldom()
    setup = msgspec.json.decode(sys.stdin.buffer.readline(), type=Setup)
    logs.set_up(logs.LogFormat(setup.log_format), logs.LogLevel(setup.log_level))
    asyncio.run(_run(setup))


async def _run(setup: Setup) -> None:
    from dispatch.projection.process import Projection  # noqa: PLC0415 - a tenth of the import was looking for garbage
    from dispatch.store.journal import Journal  # noqa: PLC0415 - likewise

    stop = told_to_end()
    with Journal.look_at(setup.address()) as journal:
        projection = Projection(journal, setup)
        gc.freeze()
        await projection.run(stop)


if __name__ == "__main__":
    main()
