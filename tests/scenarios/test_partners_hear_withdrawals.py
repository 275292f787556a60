"""Simulated partners hear that they are no longer asked, as real ones do, and say so where it is too late."""

from __future__ import annotations

from functools import partial
from typing import Any

import simpy

from dispatch.core.actions import WithdrawRequest
from dispatch.core.desk import Desk
from dispatch.core.events import (
    BookingAnswered,
    FaultFound,
    OrderAnswered,
    OrderFulfilled,
    SupplierOpened,
    WithdrawalAnswered,
)
from dispatch.ledger.pipeline import ControlRoom
from dispatch.ledger.rows import Pen, read
from dispatch.registers.customers import Customers
from gateway.devices.registry import Registry
from gateway.finding import Domain, Drive, Finding, Help, OrderLine, Place, Remedy, Severity
from gateway.intake.intake import Intake
from scenarios.runner.cast import prepare
from scenarios.runner.in_process import InProcessDoors
from scenarios.runner.record import Record
from scenarios.runner.virtual import run_story
from scenarios.story.loader import open_story
from scenarios.world.market import open_market
from scenarios.world.noise import Noise
from scenarios.world.partners import ON_THE_WAY_S, Deal, listen
from scenarios.world.slots import Slots
from scenarios.world.world import World

CASE = "cool/fridge-1/1-1"
MILK = (OrderLine("4001234567891", "milk 1 l", 4.0),)


class Kitchen:
    """A fridge, one supplier that comes in two hours, and the desk between them."""

    def __init__(self, *more: str, serves: str = "technician") -> None:
        lead = "lead: 2 h, refuses: 0, answers_after: 1 min"
        group = f"{{count: 2, serves: [{serves}], {', '.join([lead, *more])}}}"
        story = open_story("kitchen_week", ["duration=1 day", "settle=6 h", "faults=[]", f"suppliers=[{group}]"])
        streams, plan, faults = prepare(story, 1)
        self.env = simpy.Environment(initial_time=story.start_s)
        room = ControlRoom(Intake(Registry([])), Desk(), Customers([]), Pen())
        self.doors = InProcessDoors(self.env, room, simpy.Store(self.env), simpy.Store(self.env), Record())
        market = open_market(story, streams)
        self.world = World(self.env, story, streams, plan, self.doors, faults, Noise(streams), market)
        self.env.process(listen(self.world))
        for supplier in plan.suppliers:
            self.doors.tell(SupplierOpened(supplier.supplier, supplier.serves, 56.9, 24.1, "simulated"))

    def breaks(self, help_: Help = Help.TECHNICIAN) -> None:
        """The compressor fails, or the milk is low."""
        now, lines = float(self.env.now), MILK if help_ is Help.SUPPLIES else ()
        remedy, place = Remedy(help_, "refrigeration", 1800, 0), Place(56.9, 24.1, 10, now, "registered")
        about: dict[str, Any] = {
            "key": CASE, "episode": CASE, "device": "cool/fridge-1", "domain": Domain.APPLIANCE, "customer": "c-1",
            "part": "compressor", "name": "compressor", "probability": 0.9, "alternatives": (), "why": (),
            "severity": Severity.HIGH, "drive": Drive.NOT_A_CAR, "remedy": remedy, "advice": "", "place": place,
            "near": "Riga", "observed_at": now, "provenance": "simulated", "notify": None, "lines": lines,
        }  # fmt: skip
        self.doors.tell(FaultFound(Finding(**about), "en", may_call=True, may_order=True))

    def passes(self, seconds: float) -> None:
        """Let time pass."""
        self.env.run(until=float(self.env.now) + seconds)

    def wants_no_help(self) -> None:
        """The customer says so to an agent."""
        ticket = self.doors.claim("a-1", ("en",))
        self.env.run(until=ticket)
        self.doors.connected(ticket.value)
        self.doors.ended(ticket.value, "declined_help")

    def said(self, *kinds: type) -> list[Any]:
        """Return what of these kinds stands in the ledger."""
        return [item for row in self.doors.record.rows if isinstance(item := read(row), kinds)]


def test_a_technician_who_is_called_off_in_time_does_not_come() -> None:
    """He takes note, and nobody rings at the door."""
    kitchen = Kitchen()
    kitchen.breaks()
    kitchen.passes(300)
    assert kitchen.said(OrderAnswered)[0].accepted
    kitchen.wants_no_help()
    kitchen.passes(4 * 3600)
    (noted,) = kitchen.said(WithdrawalAnswered)
    assert (noted.too_late, noted.at) == (False, None)
    assert kitchen.said(OrderFulfilled) == []


def test_a_technician_who_is_on_the_way_says_so_and_comes() -> None:
    """Half an hour before he is there it is too late, and he says when he comes."""
    kitchen = Kitchen()
    kitchen.breaks()
    kitchen.passes(7200 - ON_THE_WAY_S + 120)
    kitchen.wants_no_help()
    kitchen.passes(4 * 3600)
    (noted,) = kitchen.said(WithdrawalAnswered)
    assert noted.too_late
    assert noted.at == kitchen.said(OrderAnswered)[0].arrives_at
    assert len(kitchen.said(OrderFulfilled)) == 1


def test_what_was_set_aside_is_free_again() -> None:
    """A car that is not brought leaves its slot to another, whether the workshop had agreed or not."""
    deal, book = Deal(simpy.Environment().event()), Slots(1)
    book.take(0.0, 3600.0)
    deal.gives_back = partial(book.give_back, 0.0, 3600.0)
    deal.call_off()
    deal.call_off()
    assert deal.off.triggered
    assert book.first_free(0.0, 3600.0, 0.0, [(0.0, 1.0)]) == 0.0


def test_a_workshop_that_is_passed_over_keeps_its_slot_and_answers_no_more() -> None:
    """It learns it at once and not when it answers: one word for each withdrawal, none of them too late, no late yes."""
    settings = (
        "duration=2 h", "settle=45 min", "cars.count=80", "faults=[{part: alternator, count: 6, when: {until: 1 h}}]",
        "cars.departs={uniform: {low: 10 min, high: 50 min}}", "network={}", "expect={}",
        "workshops={count: 2, slots: 1, refuses: 0, answers_after: 20 min}",
    )  # fmt: skip
    rows = [read(row) for row in run_story(open_story("winter_morning", settings), 5).rows]
    withdrawn = [item for item in rows if isinstance(item, WithdrawRequest)]
    noted = [item for item in rows if isinstance(item, WithdrawalAnswered)]
    assert withdrawn
    assert [(item.request, item.attempt) for item in noted] == [(item.request, item.attempt) for item in withdrawn]
    assert not any(item.too_late for item in noted)
    assert not any(isinstance(item, BookingAnswered) for item in rows)
