"""How phones break in ``callahead chaos``, and have payments fail."""

from __future__ import annotations

from firmware_sim.device.device import Device
from firmware_sim.device.fix import Fix
from firmware_sim.kinds.phone.device import Phone, PhoneSensors
from gateway.contract.envelope import DeviceEvent
from scenarios.episodes.trouble import Trouble


def _mute(name: str) -> Phone:
    phone = Phone(name)
    phone.sensors = PhoneSensors(chip="NoResponse", measured={"tap_failures": 12})
    return phone


def _complains(device: Device, fix: Fix, now: float) -> DeviceEvent:
    assert isinstance(device, Phone)  # noqa: S101 - built so
    device.fix = fix
    return device.fault(["SecureElementFault"], now)


TROUBLES = {
    # it pays no more: the owner is told, or rung
    "secure_element": Trouble(_mute, _complains),
}
SOUND = Phone
