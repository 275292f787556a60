"""How homes break in ``callahead chaos``."""

from __future__ import annotations

from firmware_sim.device.device import Device
from firmware_sim.device.fix import Fix
from firmware_sim.kinds.home.device import HomeController, HomeSensors
from gateway.contract.envelope import DeviceEvent
from scenarios.episodes.trouble import Trouble


def _wet(name: str) -> HomeController:
    return HomeController(name, sensors=HomeSensors(leak=True, measured={"least_flow": 600.0, "room": 20.0}))


def _leaks(device: Device, _fix: Fix, now: float) -> DeviceEvent:
    assert isinstance(device, HomeController)  # noqa: S101 - built so
    return device.fault(["WaterLeak"], now)


TROUBLES = {
    # the owner is rung at once, then a technician ordered
    "leak": Trouble(_wet, _leaks),
}
SOUND = HomeController
