"""How washing machines break in ``callahead chaos``, so that every kind of help is asked for."""

from __future__ import annotations

from firmware_sim.device.device import Device
from firmware_sim.device.fix import Fix
from firmware_sim.kinds.washer.device import Washer, WasherSensors
from gateway.contract.envelope import DeviceEvent
from scenarios.episodes.trouble import Trouble


def _flooding(name: str) -> Washer:
    return Washer(name, sensors=WasherSensors("Error", "Fill", completes=False, leak=True, inflow_l_min=3.0))


def _leaks(device: Device, _fix: Fix, now: float) -> DeviceEvent:
    assert isinstance(device, Washer)  # noqa: S101 - built so
    return device.fault(["WaterLeak"], now)


def _clogged(name: str) -> Washer:
    return Washer(name, sensors=WasherSensors("Error", "Drain", completes=False, drain_s=240.0, pump_a=0.15))


def _drains_not(device: Device, _fix: Fix, now: float) -> DeviceEvent:
    assert isinstance(device, Washer)  # noqa: S101 - built so
    return device.fault(["DrainError"], now)


TROUBLES = {
    # the owner is rung at once, then a technician ordered
    "leak": Trouble(_flooding, _leaks),
    # a notice is shown
    "filter": Trouble(_clogged, _drains_not),
}
SOUND = Washer
