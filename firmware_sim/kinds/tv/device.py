"""A television set: what its control measures, its alarms, and what it shows over the picture."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from firmware_sim.device.notices import NoticeDevice
from gateway.kinds.tv.messages import (
    BootReason,
    TvAlarm,
    TvAttributes,
    TvFault,
    TvFaultEvent,
    TvStatus,
    TvStatusEvent,
)

_DIGITS: Mapping[str, int | None] = {
    "packet_loss": 1,
    "backlight": 1,
    "backlight_wanted": 1,
    "backlight_voltage": 1,
    "supply": 2,
    "ripple": 1,
    "tuner_level": 1,
    "tuner_mer": 1,
}
"""Of what is told as a fraction; everything else is whole."""


@dataclass(slots=True)
class TvSensors:
    """What the set measures. The world sets it."""

    on: bool = True
    alarms: tuple[TvAlarm, ...] = ()
    boot_reason: BootReason = "PowerOnReboot"
    up_time_s: float = 0.0
    measured: dict[str, float] = field(default_factory=dict)
    """Field of ``TvAttributes`` → value; temperature in °C. What is not there, no sensor tells."""

    def attributes(self) -> TvAttributes:
        """Return the measurements by their published names."""
        told = {name: _told(name, value) for name, value in self.measured.items()}
        return TvAttributes(
            on=self.on,
            playback="Playing" if self.on else "NotPlaying",
            boot_reason=self.boot_reason,
            up_time=round(self.up_time_s),
            **told,  # type: ignore[arg-type] # the names are those of the fields
        )


def _told(name: str, value: float) -> float | int:
    if name == "temperature":
        return round(value * 100)
    return round(value, _DIGITS.get(name))


class Television(NoticeDevice):
    """Reports how it does, and shows its owner what it is told."""

    sensors: TvSensors
    measure: Callable[[TvSensors], None] | None
    """Called before each report, where the world has a body behind it."""

    def __init__(self, name: str, *, boot: int = 1, buffer_limit: int = 200, sensors: TvSensors | None = None) -> None:
        """Name is ``vendor/device``."""
        super().__init__(name, boot=boot, buffer_limit=buffer_limit)
        self.sensors = sensors or TvSensors()
        self.measure = None

    def status(self, now: float) -> TvStatusEvent:
        """Report how it does; may be dropped from a full store."""
        self._look()
        content = TvStatus(alarms=self.sensors.alarms, attributes=self.sensors.attributes())
        return self.emit(TvStatusEvent, content, now, perishable=True)

    def fault(self, alarms: Iterable[TvAlarm], now: float) -> TvFaultEvent:
        """Report alarms with what the sensors say now."""
        self._look()
        content = TvFault(alarms=tuple(alarms), attributes=self.sensors.attributes())
        return self.emit(TvFaultEvent, content, now, perishable=False)

    def _look(self) -> None:
        if self.measure is not None:
            self.measure(self.sensors)
