"""A home's controller: what it measures of heating, water and meter, its alarms, and the text on its display."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from firmware_sim.device.notices import NoticeDevice
from gateway.kinds.home.messages import (
    BootReason,
    HomeAlarm,
    HomeAttributes,
    HomeFault,
    HomeFaultEvent,
    HomeStatus,
    HomeStatusEvent,
    Tariff,
    ValveFault,
    ValveState,
)

_HUNDREDTHS = frozenset({"room", "outdoors", "setpoint", "flow_temperature", "return_temperature"})
_DIGITS: Mapping[str, int | None] = {"pump_speed": 0, "pump_power": 1, "flame": 2, "least_flow": 1}
"""Of what is told as a fraction; everything else is whole."""


@dataclass(slots=True)
class HomeSensors:
    """What the controller measures. The world sets it; ``None`` is a sensor that says nothing."""

    alarms: tuple[HomeAlarm, ...] = ()
    boot_reason: BootReason = "PowerOnReboot"
    up_time_s: float = 0.0
    leak: bool | None = False
    valve: ValveState = "Open"
    valve_wanted: ValveState = "Open"
    valve_fault: ValveFault = "None"
    tariff: Tariff = "Day"
    tariff_due: Tariff = "Day"
    measured: dict[str, float] = field(default_factory=dict)
    """Field of ``HomeAttributes`` → value; temperatures in °C. What is not there, no sensor tells."""

    def attributes(self) -> HomeAttributes:
        """Return the measurements by their published names."""
        told = {name: _told(name, value) for name, value in self.measured.items()}
        if self.leak is not None:
            told["leak"] = self.leak
        return HomeAttributes(
            boot_reason=self.boot_reason,
            up_time=round(self.up_time_s),
            valve=self.valve,
            valve_wanted=self.valve_wanted,
            valve_fault=self.valve_fault,
            tariff=self.tariff,
            tariff_due=self.tariff_due,
            **told,  # type: ignore[arg-type] # the names are those of the fields
        )


def _told(name: str, value: float) -> float | int | bool:
    if name in _HUNDREDTHS:
        return round(value * 100)
    return round(value, _DIGITS[name]) if name in _DIGITS else round(value)


class HomeController(NoticeDevice):
    """Reports how the home does, and shows its owner what it is told."""

    sensors: HomeSensors
    measure: Callable[[HomeSensors], None] | None
    """Called before each report, where the world has a body behind it."""

    def __init__(
        self, name: str, *, boot: int = 1, buffer_limit: int = 200, sensors: HomeSensors | None = None
    ) -> None:
        """Name is ``vendor/device``."""
        super().__init__(name, boot=boot, buffer_limit=buffer_limit)
        self.sensors = sensors or HomeSensors()
        self.measure = None

    def status(self, now: float) -> HomeStatusEvent:
        """Report how it does; may be dropped from a full store."""
        self._look()
        content = HomeStatus(alarms=self.sensors.alarms, attributes=self.sensors.attributes())
        return self.emit(HomeStatusEvent, content, now, perishable=True)

    def fault(self, alarms: Iterable[HomeAlarm], now: float) -> HomeFaultEvent:
        """Report alarms with what the sensors say now."""
        self._look()
        content = HomeFault(alarms=tuple(alarms), attributes=self.sensors.attributes())
        return self.emit(HomeFaultEvent, content, now, perishable=False)

    def _look(self) -> None:
        if self.measure is not None:
            self.measure(self.sensors)
