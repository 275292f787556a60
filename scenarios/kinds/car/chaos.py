"""How cars break in ``callahead chaos``, so that every kind of help is asked for."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from firmware_sim.device.device import Device, Told
from firmware_sim.device.fix import Fix
from firmware_sim.kinds.car.device import Car, CarSensors
from scenarios.episodes.trouble import Trouble


def _broken(sensors: Callable[[], CarSensors], code: str) -> Trouble:
    return Trouble(lambda name: Car(name, sensors=sensors()), partial(_tell, code))


def _tell(code: str, device: Device, fix: Fix, now: float) -> Told:
    assert isinstance(device, Car)  # noqa: S101 - built so
    device.sensors.fix = fix
    return device.fault([code], now)


TROUBLES = {
    # a truck comes and mends it, a workshop is booked, the driver is told to stop, a call
    "battery": _broken(lambda: CarSensors(battery_voltage=8.1), "P0562"),
    # a truck takes it away
    "oil": _broken(lambda: CarSensors(oil_pressure_status="ALERT", engine_running=True), "P0524"),
}
SOUND = Car
