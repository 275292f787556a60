"""How television sets break in ``callahead chaos``."""

from __future__ import annotations

from firmware_sim.device.device import Device
from firmware_sim.device.fix import Fix
from firmware_sim.kinds.tv.device import Television, TvSensors
from gateway.contract.envelope import DeviceEvent
from scenarios.episodes.trouble import Trouble


def _dark(name: str) -> Television:
    measured = {"backlight": 0.0, "backlight_wanted": 400.0, "backlight_voltage": 140.0}
    return Television(name, sensors=TvSensors(measured=measured))


def _tells(device: Device, _fix: Fix, now: float) -> DeviceEvent:
    assert isinstance(device, Television)  # noqa: S101 - built so
    return device.fault(["VisualDisplayFault"], now)


TROUBLES = {
    # a technician is ordered
    "backlight": Trouble(_dark, _tells),
}
SOUND = Television
