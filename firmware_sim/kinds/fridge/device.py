"""A fridge: what its controller measures, its alarms, its stock, and the text on its door."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from firmware_sim.device.device import Device
from gateway.contract.commands import Command, NoticeCommand
from gateway.kinds.fridge.messages import (
    ApplianceAlarm,
    ApplianceAttributes,
    ApplianceFault,
    ApplianceFaultEvent,
    ApplianceStatus,
    ApplianceStatusEvent,
    ApplianceStock,
    ApplianceStockEvent,
    StockItem,
)

DOOR_OPEN_BIT = 1
"""Bit 0 of Matter's RefrigeratorAlarm.State."""


@dataclass(slots=True)
class FridgeSensors:
    """What the fridge measures. The world sets it; ``None`` is a sensor that says nothing."""

    temperature_c: float | None = 4.0
    setpoint_c: float | None = 4.0
    door_open: bool | None = False
    compressor_duty: float | None = 35.0
    """Share of the last hour that the compressor ran, percent."""
    compressor_current: float | None = 0.8
    """Ampere while it ran; 0: it did not start."""
    fan_running: bool | None = True
    mains_present: bool | None = True
    mains_voltage: float | None = None
    """Volt."""
    evaporator_c: float | None = None
    condenser_c: float | None = None
    room_c: float | None = None
    defrost_heater_current: float | None = None
    """Ampere in the latest defrost."""
    door_open_s: float | None = None
    """Seconds in the last hour."""

    def attributes(self) -> ApplianceAttributes:
        """Return the measurements by their Matter clusters and attributes."""
        return ApplianceAttributes(
            temperature=_hundredths(self.temperature_c),
            setpoint=_hundredths(self.setpoint_c),
            alarm_state=None if self.door_open is None else DOOR_OPEN_BIT * self.door_open,
            compressor_duty=None if self.compressor_duty is None else round(self.compressor_duty, 1),
            compressor_current=None if self.compressor_current is None else round(self.compressor_current, 2),
            fan_running=self.fan_running,
            mains_present=self.mains_present,
            mains_voltage=None if self.mains_voltage is None else round(self.mains_voltage, 1),
            evaporator_temperature=_hundredths(self.evaporator_c),
            condenser_temperature=_hundredths(self.condenser_c),
            room_temperature=_hundredths(self.room_c),
            defrost_heater_current=(
                None if self.defrost_heater_current is None else round(self.defrost_heater_current, 2)
            ),
            door_open_seconds=None if self.door_open_s is None else round(self.door_open_s),
        )


class Fridge(Device):
    """Reports temperatures, alarms and stock, and shows its owner what it is told."""

    sensors: FridgeSensors
    shown: list[str]
    """The notices shown, oldest first."""
    on_notice: Callable[[NoticeCommand], None] | None
    """Called with each notice as it is shown: the world sets it, and may have the owner read."""

    def __init__(
        self, name: str, *, boot: int = 1, buffer_limit: int = 200, sensors: FridgeSensors | None = None
    ) -> None:
        """Name is ``vendor/device``; ``sensors`` may be shared with the world."""
        super().__init__(name, boot=boot, buffer_limit=buffer_limit)
        self.sensors = sensors or FridgeSensors()
        self.shown = []
        self.on_notice = None

    def status(self, now: float) -> ApplianceStatusEvent:
        """Report the measurements; may be dropped from a full store."""
        content = ApplianceStatus(attributes=self.sensors.attributes())
        return self.emit(ApplianceStatusEvent, content, now, perishable=True)

    def fault(self, alarms: Iterable[ApplianceAlarm], now: float) -> ApplianceFaultEvent:
        """Report alarms with what the sensors say now."""
        content = ApplianceFault(alarms=tuple(alarms), attributes=self.sensors.attributes())
        return self.emit(ApplianceFaultEvent, content, now, perishable=False)

    def stock(self, items: Iterable[StockItem], now: float) -> ApplianceStockEvent:
        """Report what is left of each article."""
        return self.emit(ApplianceStockEvent, ApplianceStock(items=tuple(items)), now, perishable=False)

    def on_command(self, command: Command, now: float) -> None:  # noqa: ARG002 - the text needs no time
        """Show a notice."""
        if isinstance(command, NoticeCommand):
            self.shown.append(command.data.text)
            if self.on_notice is not None:
                self.on_notice(command)


def _hundredths(degrees: float | None) -> int | None:
    return None if degrees is None else round(degrees * 100)
