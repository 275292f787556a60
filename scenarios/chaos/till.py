"""A till that is killed: control room, driver and committer on a store, told events over a pipe. Run as a process of its own.

What comes is an event with a number; the number is said once what the event came to is committed.
"""

from __future__ import annotations

import asyncio
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Thread

from dispatch.core.decisions import DECISIONS_VERSION
from dispatch.core.events import Event, ServiceStarted
from dispatch.engine.clock import WallClock
from dispatch.engine.driver import Driver
from dispatch.engine.recovery import restored
from dispatch.ledger.pipeline import ControlRoom
from dispatch.ledger.seen_keys import Keys
from dispatch.registers.customers import Customers
from dispatch.service.build import sealing
from dispatch.store.journal import Journal
from dispatch.views.snapshot import snapshot
from gateway.devices.registry import Registry
from gateway.intake.intake import Intake

READY = 0
"""Said once it stands where the store ends."""
ToTell = tuple[int, Event]


async def serve(journal: Journal, pipe: Connection) -> None:
    """Stand where the store ends, and take what comes until the pipe is closed."""
    found = restored(journal)
    pen = journal.ledger.pen()
    silent_since = pen.at
    pen.sealing = sealing(journal, found.desk)
    keys = Keys(kept=journal.ledger.has_key)
    room = ControlRoom(Intake(Registry()), found.desk, Customers(), pen, keys)
    put_together = partial(snapshot, casebook=found.casebook, requests=found.requests)
    feeds = [found.casebook.feed, found.requests.feed]
    driver = Driver(room, journal, WallClock(), feeds=feeds, snapshot=put_together)
    running = asyncio.ensure_future(driver.run())
    await driver.tell(ServiceStarted(DECISIONS_VERSION, silent_since or WallClock().now()))
    pipe.send(READY)
    come: asyncio.Queue[ToTell | None] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    Thread(target=_listen, args=(loop, pipe, come), daemon=True).start()
    under_way = set[asyncio.Task[None]]()
    while (told := await come.get()) is not None:
        task = asyncio.ensure_future(_take(driver, told, pipe))
        under_way.add(task)
        task.add_done_callback(under_way.discard)
    await asyncio.gather(*under_way)
    driver.stop()
    await running


def _listen(loop: asyncio.AbstractEventLoop, pipe: Connection, come: asyncio.Queue[ToTell | None]) -> None:
    told: ToTell | None = (READY, ServiceStarted(DECISIONS_VERSION, 0.0))
    while told is not None:
        told = pipe.recv()
        loop.call_soon_threadsafe(come.put_nowait, told)


async def _take(driver: Driver, told: ToTell, pipe: Connection) -> None:
    number, event = told
    await driver.tell(event)
    pipe.send(number)


def live(folder: str, pipe: Connection) -> None:
    """Serve the store in a folder until ``None`` comes, or we are killed."""
    with Journal.open(Path(folder)) as journal:
        asyncio.run(serve(journal, pipe))
