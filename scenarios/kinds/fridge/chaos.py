"""How fridges break in ``callahead chaos``, so that every kind of help is asked for."""

from __future__ import annotations

from firmware_sim.device.device import Device
from firmware_sim.device.fix import Fix
from firmware_sim.kinds.fridge.device import Fridge, FridgeSensors
from gateway.contract.envelope import DeviceEvent
from gateway.kinds.fridge.messages import StockItem
from scenarios.episodes.trouble import Trouble

MILK = StockItem(gtin="4006381333931", name="Milk", quantity=0, reorder_at=2, reorder_quantity=6)


def _warm(name: str) -> Fridge:
    return Fridge(name, sensors=FridgeSensors(temperature_c=14.0, compressor_duty=100.0, compressor_current=0.0))


def _alarm(device: Device, _fix: Fix, now: float) -> DeviceEvent:
    assert isinstance(device, Fridge)  # noqa: S101 - built so
    return device.fault(["CompressorStart", "HighTemperature"], now)


def _run_low(device: Device, _fix: Fix, now: float) -> DeviceEvent:
    assert isinstance(device, Fridge)  # noqa: S101 - built so
    return device.stock([MILK], now)


TROUBLES = {
    # the owner is asked, then a technician ordered
    "compressor": Trouble(_warm, _alarm),
    # goods are ordered, a notice is shown
    "stock": Trouble(Fridge, _run_low),
}
SOUND = Fridge
