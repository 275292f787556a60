"""A washing machine: what its controller measures, its alarms, and the text on its display."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from firmware_sim.device.notices import NoticeDevice
from gateway.kinds.washer.messages import (
    OperationalError,
    OperationalState,
    WasherAlarm,
    WasherAttributes,
    WasherFault,
    WasherFaultEvent,
    WasherStatus,
    WasherStatusEvent,
    WashPhase,
)


@dataclass(slots=True)
class WasherSensors:
    """What the machine measures. The world sets it; ``None`` is a sensor that says nothing."""

    state: OperationalState = "Stopped"
    phase: WashPhase = "Idle"
    completes: bool = True
    """``False``: it could not start, or not complete, its programme."""
    temperature_c: float | None = None
    setpoint_c: float | None = None
    leak: bool | None = False
    door_locked: bool | None = None
    lock_tries: float | None = None
    water_level_mm: float | None = None
    inflow_l_min: float | None = None
    valve_a: float | None = None
    fill_s: float | None = None
    drain_s: float | None = None
    pump_a: float | None = None
    heating_rate: float | None = None
    """K/min."""
    heater_a: float | None = None
    heater_idle_a: float | None = None
    drum_rpm: float | None = None
    drum_rpm_wanted: float | None = None
    motor_a: float | None = None
    motor_c: float | None = None
    vibration_mm: float | None = None
    imbalance_kg: float | None = None

    @property
    def error(self) -> OperationalError:
        """What Matter calls it where a programme could not begin, or not be completed."""
        if self.completes:
            return "NoError"
        return "UnableToStartOrResume" if self.phase == "Lock" else "UnableToCompleteOperation"

    def attributes(self) -> WasherAttributes:
        """Return the measurements by their published names."""
        return WasherAttributes(
            state=self.state,
            error=self.error,
            wash_phase=self.phase,
            temperature=_hundredths(self.temperature_c),
            setpoint=_hundredths(self.setpoint_c),
            leak=self.leak,
            door_locked=self.door_locked,
            lock_tries=_whole(self.lock_tries),
            water_level=_rounded(self.water_level_mm, 1),
            inflow=_rounded(self.inflow_l_min, 2),
            valve_current=_rounded(self.valve_a, 3),
            fill_seconds=_whole(self.fill_s),
            drain_seconds=_whole(self.drain_s),
            pump_current=_rounded(self.pump_a, 3),
            heating_rate=_rounded(self.heating_rate, 2),
            heater_current=_rounded(self.heater_a, 2),
            heater_idle_current=_rounded(self.heater_idle_a, 2),
            drum_speed=_rounded(self.drum_rpm, 0),
            drum_speed_wanted=_rounded(self.drum_rpm_wanted, 0),
            motor_current=_rounded(self.motor_a, 2),
            motor_temperature=_hundredths(self.motor_c),
            vibration=_rounded(self.vibration_mm, 1),
            imbalance=_rounded(self.imbalance_kg, 2),
        )


class Washer(NoticeDevice):
    """Reports its programmes and alarms, and shows its owner what it is told."""

    sensors: WasherSensors

    def __init__(
        self, name: str, *, boot: int = 1, buffer_limit: int = 200, sensors: WasherSensors | None = None
    ) -> None:
        """Name is ``vendor/device``; ``sensors`` may be shared with the world."""
        super().__init__(name, boot=boot, buffer_limit=buffer_limit)
        self.sensors = sensors or WasherSensors()

    def status(self, now: float) -> WasherStatusEvent:
        """Report the measurements; may be dropped from a full store."""
        return self.emit(WasherStatusEvent, WasherStatus(attributes=self.sensors.attributes()), now, perishable=True)

    def fault(self, alarms: Iterable[WasherAlarm], now: float) -> WasherFaultEvent:
        """Report alarms with what the sensors say now."""
        content = WasherFault(alarms=tuple(alarms), attributes=self.sensors.attributes())
        return self.emit(WasherFaultEvent, content, now, perishable=False)


def _hundredths(degrees: float | None) -> int | None:
    return None if degrees is None else round(degrees * 100)


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
