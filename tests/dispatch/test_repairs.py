"""A repair reaches the gateway: the control room tells it, the twin is stored with the turn, and nobody is sent a second time."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from dispatch.core.actions import CloseCase, OpenCase, PlaceOrder, SendTow
from dispatch.core.desk import Desk
from dispatch.core.events import (
    BookingAnswered,
    CaseReported,
    OrderAnswered,
    OrderFulfilled,
    SupplierOpened,
    WorkshopOpened,
)
from dispatch.ledger.pipeline import ControlRoom, Turn
from dispatch.ledger.rows import Pen
from dispatch.registers.customers import Customer, Customers
from gateway.devices.registry import DeviceRecord, Registry
from gateway.devices.twin_text import read_twin, write_twin
from gateway.finding import Finding, Help
from gateway.intake.human_report import HumanReport, finding_of
from gateway.intake.intake import Intake

START = 1_768_197_600.0
HOUR = 3_600.0
CAR, FRIDGE, TRUCK = "volta/car-1", "cool/fridge-1", "tow/truck-1"
DEVICES = [
    DeviceRecord(CAR, "car", "c-1", "simulated"),
    DeviceRecord(FRIDGE, "fridge", "c-1", "simulated", "", "", 56.9, 24.2),
    DeviceRecord(TRUCK, "truck", None, "simulated", skills=("tow", "battery")),
]


class Service:
    """A control room, the hour, and what it decided."""

    def __init__(self) -> None:
        self.now = START
        self.seq = 0
        self.registry = Registry(DEVICES)
        customers = Customers([Customer("c-1", "Anna", "+37120000001", "lv", provenance="simulated")])
        self.room = ControlRoom(Intake(self.registry), Desk(), customers, Pen())
        self.room.tell(WorkshopOpened("shop", 56.94, 24.11, "simulated"), self.now)
        self.room.tell(SupplierOpened("fix-it", ("technician",), 56.9, 24.1, "simulated"), self.now)
        self.truck()

    def send(self, device: str, kind: str, at: float | None = None, **data: Any) -> Turn:
        """Deliver an event that was made ``at``."""
        self.seq += 1
        event = {
            "specversion": "1.0", "type": f"callahead.{kind}.v1", "source": f"/{device}", "id": f"1-{self.seq}",
            "time": self.text(self.now if at is None else at), "provenance": "simulated", "data": data,
        }  # fmt: skip
        turn = self.room.deliver(f"callahead/v1/{device}/event", json.dumps(event).encode(), self.now)
        assert turn.problem is None, turn.problem
        return turn

    def text(self, at: float) -> str:
        """Return an hour as the contract has it."""
        return datetime.fromtimestamp(at, UTC).isoformat()

    def truck(self, job: str | None = None, state: str | None = None) -> Turn:
        """The truck reports."""
        at_work = {"job": {"id": job, "state": state}} if job else {}
        return self.send(TRUCK, "truck.status", position=self.place(), duty="on", **at_work)

    def flat(self, at: float | None = None) -> Turn:
        """The car tells of a flat battery."""
        codes = [{"code": "P0562", "status": "confirmed"}]
        return self.send(CAR, "vehicle.fault", at, codes=codes, position=self.place())

    def place(self) -> dict[str, Any]:
        """Return where everything is."""
        return {"latitude": 56.95, "longitude": 24.1, "accuracy_m": 5, "fix_time": self.text(self.now)}

    def restart(self) -> None:
        """Go on with what is stored."""
        twins = [read_twin(write_twin(one)) for one in self.room.intake.twins.values()]
        self.room.intake = Intake(self.registry, twins=twins)


def actions(turn: Turn, kind: type) -> list[Any]:
    """Return the actions of one kind."""
    return [one for one in turn.actions if isinstance(one, kind)]


@pytest.fixture
def service() -> Service:
    """Return a service with a truck, a supplier and a customer."""
    return Service()


@pytest.mark.parametrize("restarts", [False, True])
def test_a_late_repeat_after_the_repair_sends_nobody(service: Service, restarts: bool) -> None:  # noqa: FBT001 - a parameter
    """The car reminded a minute before the crew was through; it is delivered two minutes after: no case, no second truck."""
    (tow,) = actions(service.flat(), SendTow)
    service.room.tell(BookingAnswered(f"{tow.case}/booking", 1, accepted=True, slot_at=START + 9 * HOUR), service.now)
    service.now += 5 * HOUR
    for state in ("accepted", "arrived", "finished"):
        turn = service.truck(tow.tow, state)
    assert CAR in {twin.device for twin in turn.twins}, "what the repair made of the twin is stored with it"
    if restarts:
        service.restart()
    service.now += 120
    late = service.flat(service.now - 180)
    assert late.actions == []
    assert service.room.intake.twins[CAR].episodes.open == {}
    service.now += HOUR
    (again,) = actions(service.flat(), SendTow)
    assert again.case == f"{tow.case}/again-1", "what fails later is helped again"


def test_a_technicians_visit_reaches_the_fridge_and_a_delivery_does_not(service: Service) -> None:
    """Whoever was told of on the telephone counts as well: the visit put the fridge right."""
    record = service.registry.get(FRIDGE)
    assert record is not None
    service.room.intake.twin(FRIDGE)
    finding: Finding = finding_of(HumanReport("1", "customer", "compressor", service.now), record)
    assert finding.remedy.help is Help.TECHNICIAN
    opened = service.room.tell(CaseReported(finding, "lv", may_call=True, may_order=True), service.now)
    (order,) = actions(opened, PlaceOrder)
    assert actions(opened, OpenCase)
    service.room.tell(OrderAnswered(order.order, 1, accepted=True, arrives_at=service.now + HOUR), service.now)
    service.now += HOUR
    turn = service.room.tell(OrderFulfilled(order.order), service.now)
    assert [twin.device for twin in turn.twins] == [FRIDGE]
    milk = [{"gtin": "4006381333931", "name": "milk", "quantity": 0, "reorder_at": 2, "reorder_quantity": 4}]
    service.send(FRIDGE, "appliance.stock", items=milk)
    assert service.room.tell(OrderFulfilled(f"{FRIDGE}/1-{service.seq}/4006381333931/order"), service.now).twins == []
    assert not actions(turn, CloseCase), "the customer has not been called yet"
