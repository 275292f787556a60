"""A driver hears from the phone beside them what a car without a modem is not told."""

from __future__ import annotations

from dispatch.actions import SendNotice, TellDriverToStop
from dispatch.commands import commands_of
from dispatch.customers import Customer
from firmware_sim.car import Car
from firmware_sim.phone import Phone
from scenarios.world.begin import build_home
from scenarios.world.homes import Home
from scenarios.world.town import Point

START = 1_768_197_600.0
STOP = TellDriverToStop("volta/car-1/1-7", "volta/car-1", "oil pump", "simulated", "volta/phone-1", "Please stop.")
RINGS = SendNotice("volta/car-1/1-7", "volta/phone-1", "We ring you.", "simulated", beside_call=True)


def home() -> tuple[Car, Phone]:
    """Build a car and its owner's phone."""
    owner = Customer("c-1", "Anna Ozola", "+37120000001", "lv", "simulated")
    fleet = build_home(Home(owner, Point(56.9, 24.1), car="volta/car-1", phone="volta/phone-1"))
    car, phone = fleet["volta/car-1"], fleet["volta/phone-1"]
    assert isinstance(car, Car)
    assert isinstance(phone, Phone)
    return car, phone


def test_a_phone_that_says_stop_stops_the_driver() -> None:
    """The car hears nothing, its driver does; shown a second time it changes nothing."""
    car, phone = home()
    for _ in "ab":
        for device, command in commands_of(STOP, START):
            if device == phone.name:
                phone.receive(command.encode(), START)
    assert car.stop_requested
    assert phone.shown == ["Please stop."]


def test_a_phone_that_says_something_else_stops_nobody() -> None:
    """That we ring is read at the next halt."""
    car, phone = home()
    ((_, command),) = commands_of(RINGS, START)
    phone.receive(command.encode(), START)
    assert not car.stop_requested
