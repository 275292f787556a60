"""A car: what its control units measure, the trouble codes they store, and the driver's display."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Literal

from firmware_sim.device.device import Device, Told
from firmware_sim.device.fix import Fix
from gateway.contract.commands import Command, StopSafelyCommand
from gateway.contract.values import published
from gateway.kinds.car.messages import Dtc, Symptom, VehicleSignals

OilPressure = Literal["NORMAL", "WARNING", "ALERT", "ERROR"]
SystemState = Literal["UNDEFINED", "LOCK", "OFF", "ACC", "ON", "START"]
CoolantLevel = Literal["CRITICALLY_LOW", "LOW", "NORMAL"]
OilLevel = Literal["CRITICALLY_LOW", "LOW", "NORMAL", "HIGH", "CRITICALLY_HIGH"]
CodeStatus = Literal["pending", "confirmed", "permanent"]
STATUS, FAULT = "callahead.vehicle.status.v1", "callahead.vehicle.fault.v1"


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
    """Metres."""
    system_state: SystemState | None = "OFF"
    traction_charge: float | None = None
    """Percent, as ``fuel_level``."""
    fuel_level: float | None = None
    is_broken_down: bool | None = None
    is_moving: bool | None = None
    throttle: int | None = None
    """Percent, as are loads, trims, levels and wear below; pressures in kPa, temperatures in degrees Celsius."""
    engine_load: float | None = None
    coolant_level: CoolantLevel | None = None
    oil_temperature: float | None = None
    oil_level: OilLevel | None = None
    oil_pressure: int | None = None
    exhaust_fluid_level: float | None = None
    particulate_filter_pressure: float | None = None
    """Pa."""
    transmission_temperature: float | None = None
    clutch_wear: float | None = None
    traction_health: float | None = None
    traction_temperature: float | None = None
    traction_temperature_min: float | None = None
    traction_temperature_max: float | None = None
    traction_cell_voltage_min: float | None = None
    traction_cell_voltage_max: float | None = None
    traction_charging: bool | None = None
    battery_current: float | None = None
    """A, into the battery positive."""
    module_voltage: float | None = None
    ignition_type: Literal["SPARK", "COMPRESSION"] | None = None
    fuel_trim_short: float | None = None
    fuel_trim_long: float | None = None
    fuel_pressure: float | None = None
    fuel_rail_pressure: float | None = None
    manifold_pressure: float | None = None
    air_flow: float | None = None
    """g/s."""
    intake_temperature: float | None = None
    catalyst_temperature: float | None = None
    tyre_low_front_left: bool | None = None
    tyre_low_front_right: bool | None = None
    tyre_low_rear_left: bool | None = None
    tyre_low_rear_right: bool | None = None
    brake_wear_front_left: int | None = None
    brake_wear_front_right: int | None = None
    brake_wear_rear_left: int | None = None
    brake_wear_rear_right: int | None = None
    brakes_worn_front_left: bool | None = None
    brakes_worn_front_right: bool | None = None
    brakes_worn_rear_left: bool | None = None
    brakes_worn_rear_right: bool | None = None
    brake_fluid_low_front_left: bool | None = None
    brake_fluid_low_front_right: bool | None = None
    brake_fluid_low_rear_left: bool | None = None
    brake_fluid_low_rear_right: bool | None = None
    stored_codes: tuple[str, ...] = ()
    """SAE J2012 trouble codes in the control units' memory."""
    pending_codes: tuple[str, ...] = ()
    """Those of them that wait to be confirmed."""
    lamp: bool | None = None
    """The engine lamp; ``None``: it is on while a code is confirmed."""
    tells_lamp: bool = True

    def signals(self) -> dict[str, object]:
        """Return the measurements by their COVESA VSS paths, as they are published."""
        told: dict[str, object] = {}
        for (name, digits), value in zip(_TOLD, _MEASURED(self), strict=True):
            if value is not None:
                told[name] = value if digits is None else round(value, digits)
        if self.travelled_distance is not None:
            told[_PATHS["travelled_distance"]] = int(self.travelled_distance)
        told[_PATHS["dtc_count"]] = len(self.stored_codes)
        if self.tells_lamp:
            told[_PATHS["mil_on"]] = self.lit
        return told

    @property
    def lit(self) -> bool:
        """Is the engine lamp on?"""
        if self.lamp is not None:
            return self.lamp
        return len(self.stored_codes) > len(self.pending_codes)


_DIGITS = {
    "engine_speed": 0, "coolant_temperature": 1, "traction_charge": 1, "battery_voltage": 2, "speed": 1, "fuel_level": 1,
    "air_temperature": 1, "engine_load": 1, "oil_temperature": 1, "exhaust_fluid_level": 1,
    "particulate_filter_pressure": 0, "transmission_temperature": 1, "clutch_wear": 1, "traction_health": 1,
    "traction_temperature": 1, "traction_temperature_min": 1, "traction_temperature_max": 1,
    "traction_cell_voltage_min": 3, "traction_cell_voltage_max": 3, "battery_current": 1, "module_voltage": 2,
    "fuel_trim_short": 1, "fuel_trim_long": 1, "fuel_pressure": 0, "fuel_rail_pressure": 0, "manifold_pressure": 0,
    "air_flow": 2, "intake_temperature": 0, "catalyst_temperature": 0,
}  # fmt: skip
"""Decimals that control units send."""
_NOT_TOLD = {"fix", "stored_codes", "pending_codes", "lamp", "tells_lamp", "travelled_distance"}
_MEASURES = tuple(one.name for one in fields(CarSensors) if one.name not in _NOT_TOLD)
_PATHS = published(VehicleSignals)
_TOLD = tuple((_PATHS[name], _DIGITS.get(name)) for name in _MEASURES)
_MEASURED = attrgetter(*_MEASURES)
"""All of them at once: one by one they are the dearest part of a status."""


class Car(Device):
    """Reports faults with a freeze frame, and tells its driver to stop when asked to."""

    sensors: CarSensors
    stop_requested: bool
    """The display shows "stop safely". The world, as the driver, sees it and clears it."""
    on_stop: Callable[[float], None] | None
    """Is called when the display begins to show it, with the time (POSIX seconds)."""

    def __init__(self, name: str, *, boot: int = 1, buffer_limit: int = 200, sensors: CarSensors | None = None) -> None:
        """Name is ``vendor/device``; ``sensors`` may be shared with the world."""
        super().__init__(name, boot=boot, buffer_limit=buffer_limit)
        self.sensors = sensors or CarSensors()
        self.stop_requested = False
        self.on_stop = None

    def status(self, now: float) -> Told:
        """Report position and signals; may be dropped from a full store."""
        return self._status(now, perishable=True)

    def fault(
        self, codes: Iterable[str | Dtc], now: float, status: CodeStatus = "confirmed", symptoms: Iterable[Symptom] = ()
    ) -> Told:
        """Store trouble codes and report them with what the sensors say now. Without a fix there is no position.

        ``status`` holds for codes that bring none of their own; ``symptoms`` are what the driver says.
        """
        new = tuple(code if isinstance(code, Dtc) else Dtc(code=code, status=status) for code in codes)
        self._store(new)
        told: dict[str, object] = {
            "codes": [code.model_dump(by_alias=True, exclude_none=True) for code in new],
            "symptoms": tuple(symptoms),
            "freeze_frame": self.sensors.signals(),
        }
        return self._tell(FAULT, told, now, perishable=False)

    def clear_codes(self, now: float) -> Told:
        """Forget the trouble codes after the repair, and say so in a status that is never dropped."""
        self.sensors.stored_codes = self.sensors.pending_codes = ()
        self.sensors.lamp = None
        return self._status(now, perishable=False)

    def on_command(self, command: Command, now: float) -> None:
        """Show "stop safely" to the driver, and answer with a status."""
        if isinstance(command, StopSafelyCommand):
            self.stop_requested = True
            self.status(now)
            if self.on_stop:
                self.on_stop(now)

    def _store(self, new: tuple[Dtc, ...]) -> None:
        sensors = self.sensors
        waiting = {dtc.code: dtc.status == "pending" for dtc in new}
        sensors.stored_codes = tuple(dict.fromkeys((*sensors.stored_codes, *waiting)))
        sensors.pending_codes = tuple(
            code for code in sensors.stored_codes if waiting.get(code, code in sensors.pending_codes)
        )

    def _status(self, now: float, *, perishable: bool) -> Told:
        return self._tell(STATUS, {"signals": self.sensors.signals()}, now, perishable=perishable)

    def _tell(self, type_: str, told: dict[str, object], now: float, *, perishable: bool) -> Told:
        if self.sensors.fix is not None:
            told["position"] = self.sensors.fix.told()
        return self.tell(type_, told, now, perishable=perishable)
