"""How cars break in ``callahead chaos``, so that every kind of help is asked for."""

from __future__ import annotations

from functools import partial

from firmware_sim.device.device import Device, Told
from firmware_sim.device.fix import Fix
from firmware_sim.kinds.car.device import Car, CarSensors
from scenarios.episodes.trouble import Trouble


def _broken(code: str, **seen: object) -> Trouble:
    """``seen``: what its sensors say when it breaks; until then it drives."""
    return Trouble(_driving, partial(_tell, code, seen), _drive)


def _driving(name: str) -> Car:
    return Car(name, sensors=CarSensors(battery_voltage=14.1, engine_running=True, coolant_temperature=90.0))


def _drive(device: Device, fix: Fix, now: float) -> None:
    assert isinstance(device, Car)  # noqa: S101 - built so
    device.sensors.fix = fix
    device.status(now)


def _tell(code: str, seen: dict[str, object], device: Device, fix: Fix, now: float) -> Told:
    assert isinstance(device, Car)  # noqa: S101 - built so
    device.sensors.fix = fix
    for name, value in seen.items():
        setattr(device.sensors, name, value)
    return device.fault([code], now)


TROUBLES = {
    # a truck comes and mends it, a workshop is booked, the driver is told to stop, a call
    "battery": _broken("P0562", battery_voltage=8.1, engine_running=False),
    # a truck takes it away
    "oil": _broken("P0524", oil_pressure_status="ALERT"),
}
SOUND = Car
