"""A car: what its control units measure, the trouble codes they store, and the driver's display."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from firmware_sim.device import Device
from firmware_sim.fix import Fix, position_of
from gateway.contract.commands import Command, StopSafelyCommand
from gateway.contract.messages import VehicleFault, VehicleFaultEvent, VehicleStatus, VehicleStatusEvent
from gateway.contract.values import Dtc, VehicleSignals

OilPressure = Literal["NORMAL", "WARNING", "ALERT", "ERROR"]
SystemState = Literal["UNDEFINED", "LOCK", "OFF", "ACC", "ON", "START"]
CodeStatus = Literal["pending", "confirmed", "permanent"]


@dataclass(slots=True)
class CarSensors:
    """What the car measures. The world sets it; ``None`` is a sensor that says nothing."""

    fix: Fix | None = None
    speed: float | None = 0.0
    """km/h."""
    engine_running: bool | None = False
    engine_speed: float | None = None
    """Revolutions per minute."""
    battery_voltage: float | None = 12.6
    coolant_temperature: float | None = 20.0
    """Degrees Celsius, as ``air_temperature``."""
    oil_pressure_status: OilPressure | None = "NORMAL"
    tyre_front_left: int | None = 240
    """kPa above the air's, as the other three."""
    tyre_front_right: int | None = 240
    tyre_rear_left: int | None = 240
    tyre_rear_right: int | None = 240
    air_temperature: float | None = 15.0
    travelled_distance: float | None = None
    """km."""
    system_state: SystemState | None = "OFF"
    traction_charge: float | None = None
    """Percent, as ``fuel_level``."""
    fuel_level: float | None = None
    is_broken_down: bool | None = None
    stored_codes: tuple[str, ...] = ()
    """SAE J2012 trouble codes in the control units' memory."""

    def signals(self) -> VehicleSignals:
        """Return the measurements by their COVESA VSS paths."""
        return VehicleSignals(
            engine_running=self.engine_running,
            engine_speed=_rounded(self.engine_speed, 0),
            coolant_temperature=_rounded(self.coolant_temperature, 1),
            oil_pressure_status=self.oil_pressure_status,
            traction_charge=_rounded(self.traction_charge, 1),
            battery_voltage=_rounded(self.battery_voltage, 2),
            system_state=self.system_state,
            speed=_rounded(self.speed, 1),
            travelled_distance=None if self.travelled_distance is None else int(self.travelled_distance),
            is_broken_down=self.is_broken_down,
            mil_on=bool(self.stored_codes),
            dtc_count=len(self.stored_codes),
            fuel_level=_rounded(self.fuel_level, 1),
            air_temperature=_rounded(self.air_temperature, 1),
            tyre_front_left=self.tyre_front_left,
            tyre_front_right=self.tyre_front_right,
            tyre_rear_left=self.tyre_rear_left,
            tyre_rear_right=self.tyre_rear_right,
        )


class Car(Device):
    """Reports faults with a freeze frame, and tells its driver to stop when asked to."""

    sensors: CarSensors
    stop_requested: bool
    """The display shows "stop safely". The world, as the driver, sees it and clears it."""

    def __init__(self, name: str, *, boot: int = 1, buffer_limit: int = 200, sensors: CarSensors | None = None) -> None:
        """Name is ``vendor/device``; ``sensors`` may be shared with the world."""
        super().__init__(name, boot=boot, buffer_limit=buffer_limit)
        self.sensors = sensors or CarSensors()
        self.stop_requested = False

    def status(self, now: float) -> VehicleStatusEvent:
        """Report position and signals; may be dropped from a full store."""
        return self._status(now, perishable=True)

    def fault(self, codes: Iterable[str], now: float, status: CodeStatus = "confirmed") -> VehicleFaultEvent:
        """Store trouble codes and report them with what the sensors say now. Without a fix there is no position."""
        new = tuple(codes)
        self.sensors.stored_codes = tuple(dict.fromkeys((*self.sensors.stored_codes, *new)))
        content = VehicleFault(
            codes=tuple(Dtc(code=code, status=status) for code in new),
            freeze_frame=self.sensors.signals(),
            position=position_of(self.sensors.fix),
        )
        return self.emit(VehicleFaultEvent, content, now, perishable=False)

    def clear_codes(self, now: float) -> VehicleStatusEvent:
        """Forget the trouble codes after the repair, and say so in a status that is never dropped."""
        self.sensors.stored_codes = ()
        return self._status(now, perishable=False)

    def on_command(self, command: Command, now: float) -> None:
        """Show "stop safely" to the driver, and answer with a status."""
        if isinstance(command, StopSafelyCommand):
            self.stop_requested = True
            self.status(now)

    def _status(self, now: float, *, perishable: bool) -> VehicleStatusEvent:
        content = VehicleStatus(position=position_of(self.sensors.fix), signals=self.sensors.signals())
        return self.emit(VehicleStatusEvent, content, now, perishable=perishable)


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
