"""The worker beside the service, in a real process: what it proposes comes back as an input, and is stored."""

from __future__ import annotations

import asyncio

import pytest

from dispatch.core.actions import Replanned
from dispatch.core.desk import Desk
from dispatch.core.plan.model import Level
from dispatch.core.policy import Policy
from dispatch.engine.driver import Driver
from dispatch.ledger.pipeline import ControlRoom
from dispatch.ledger.rows import Pen, read
from dispatch.registers.customers import Customers
from dispatch.service.proposer import Proposer
from dispatch.store.journal import Journal
from gateway.devices.registry import Registry
from gateway.finding import Drive, Place
from gateway.intake.intake import Intake
from tests.dispatch.conftest import START, Room
from tests.dispatch.test_driver import Now

pytestmark = pytest.mark.anyio


class Soon(Now):
    """A clock that stands a minute behind."""

    def now(self) -> float:
        """POSIX seconds."""
        return START + 60


def two_wait_for_one() -> Room:
    """Return a room in which a truck is at work, and two wait for it who are planned in the worse order."""
    room = Room(Desk(Policy(plan=Level.PARTITION)))
    room.truck("t-1")
    for car, north in enumerate((56.95, 56.97, 56.99), 1):
        name = f"volta/car-{car}/1-1"
        about: dict[str, object] = {"key": name, "episode": name, "device": f"volta/car-{car}", "customer": f"c-{car}"}
        room.found(**about, place=Place(north, 24.1, 8.0, START, "gnss"), drive=Drive.YES)
    room.truck("t-1", "accepted", job="volta/car-1/1-1/tow")
    room.truck("t-1", "arrived", job="volta/car-1/1-1/tow")
    return room


async def test_a_plan_is_proposed_beside_the_service_and_gone_by() -> None:
    """What is told while it stops is not waited for."""
    desk, journal, clock = Desk(Policy(plan=Level.PARTITION)), Journal.in_memory(), Soon()
    room = ControlRoom(Intake(Registry([])), desk, Customers([]), Pen())
    driver = Driver(room, journal, clock)
    proposer = Proposer(driver, room, clock)
    running = [asyncio.create_task(part.run()) for part in (driver, proposer)]
    worse, better = ("volta/car-3/1-1", "volta/car-2/1-1"), ("volta/car-2/1-1", "volta/car-3/1-1")
    told = two_wait_for_one().told
    for event, at in told[:-1]:
        await driver.submit(event, at)
    desk._plan.routes["t-1"] = worse  # as a search may leave it
    await driver.submit(*told[-1])
    bell = driver.announcer.news
    while desk.standing().routes["t-1"] != better:
        assert await bell.wait(60)
    proposer.stop()
    driver.stop()
    await asyncio.wait_for(asyncio.gather(*running), 60)
    last = [said for row in journal.ledger.rows() if isinstance(said := read(row), Replanned)][-1]
    assert last.trigger == "proposal"
