"""What a car sends: COVESA VSS signals, SAE J2012 trouble codes, symptoms. The published v1 contract."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, model_validator

from gateway.contract.envelope import DeviceEvent
from gateway.contract.event_types import EventType, Example, Messages
from gateway.contract.values import (
    Celsius,
    Latitude,
    Listed,
    Longitude,
    Measured,
    Metres,
    Moment,
    Percent,
    PlainWhere,
    Position,
    Seconds,
    Strict,
    Text,
    Whole,
    WholePercent,
    unit,
)
from gateway.diagnosis.trouble_codes import PATTERN, as_j2012, failure_type

TroubleCode = Annotated[str, StringConstraints(pattern=PATTERN), AfterValidator(as_j2012)]
"""SAE J2012: system letter, then 0-3, then three hexadecimal digits, in any case; read as upper case. A failure type byte may
follow (``P0562-00``, ``U012187``), and a lorry's code may stand in its place: ``SPN168-FMI1`` (SAE J1939-73)."""
J2012_ALONE = r"^[PpCcBbUu][0-3][0-9A-Fa-f]{3}$"
"""Without a failure type byte behind it."""
MOST_SPN, MOST_FMI = 2**19 - 1, 31
FailureType = Annotated[str, StringConstraints(pattern=r"^[0-9A-Fa-f]{2}$", to_upper=True)]


def _code_or_numbers(schema: dict[str, Any]) -> None:
    most = {"spn": MOST_SPN, "fmi": MOST_FMI}
    least = {"spn": 1, "fmi": 0}
    numbers = {name: {"type": "integer", "minimum": least[name], "maximum": most[name]} for name in most}
    schema["anyOf"] = [
        {"properties": {"code": {"type": "string"}}, "required": ["code"]},
        {"properties": numbers, "required": ["spn", "fmi"]},
    ]
    schema.pop("required", None)
    code = schema["properties"][
        "code"
    ]  # a lorry's gateway may leave it empty: null is what is not there, as with readings
    said = {name: code.pop(name) for name in list(code) if name in {"title", "description"}}
    schema["properties"]["code"] = said | {"anyOf": [code, {"type": "null"}]}


class Dtc(Strict):
    """One diagnostic trouble code with its status: ``code``, or a lorry's ``spn`` and ``fmi``."""

    model_config = ConfigDict(json_schema_extra=_code_or_numbers)

    code: Annotated[TroubleCode, PlainWhere(J2012_ALONE)]
    """SAE J2012, in any case, with or without a failure type byte."""
    status: Literal["pending", "confirmed", "permanent"] = "confirmed"
    failure_type: FailureType | None = None
    """The failure type byte (ISO 15031-6, SAE J2012-DA), where it does not stand behind the code."""
    spn: Annotated[int, Whole(1, MOST_SPN)] | None = None
    """Suspect parameter number (SAE J1939-73)."""
    fmi: Annotated[int, Whole(0, MOST_FMI)] | None = None
    """Failure mode identifier (SAE J1939-73)."""

    @model_validator(mode="before")
    @classmethod
    def _as_one_code(cls, given: Any) -> Any:  # noqa: ANN401 - whatever the sender wrote
        if not isinstance(given, dict):
            return given
        code, spn, fmi = (given.get(name) for name in ("code", "spn", "fmi"))
        if code is None and isinstance(spn, int | float) and isinstance(fmi, int | float):
            return {**given, "code": f"SPN{spn:.0f}-FMI{fmi:.0f}"}
        behind = failure_type(code) if isinstance(code, str) and re.match(PATTERN, code) else None
        return {**given, "failure_type": behind} if behind and given.get("failure_type") is None else given


Rpm = Annotated[float, Field(ge=0, le=20_000), unit("rpm")]
KilometresPerHour = Annotated[float, Field(ge=-100, le=500), unit("km/h")]
Kilopascal = Annotated[int, Whole(0, 1_500, "kPa")]
CellVolt = Annotated[float, Field(ge=0, le=10), unit("V")]
FuelTrim = Annotated[float, Field(ge=-100, le=100), unit("percent")]
FuelKilopascal = Annotated[float, Field(ge=0, le=400_000), unit("kPa")]
LowVolt = Annotated[float, Field(ge=0, le=60), unit("V")]
Codes = Annotated[tuple[TroubleCode, ...], Listed(255)]
Count = Annotated[int, Whole(0, 255)]
FluidLevel = Literal["CRITICALLY_LOW", "LOW", "NORMAL", "HIGH", "CRITICALLY_HIGH"]
Vin = Annotated[str, StringConstraints(pattern=r"^[A-HJ-NPR-Z0-9]{17}$")]
"""ISO 3779."""


class VehicleSignals(Measured):
    """The COVESA VSS signals we understand, by their paths, in VSS units. All optional; ``null`` is not measured.

    VSS sets few ranges; where it sets none, ours is as wide as a sound sensor can read.
    """

    engine_running: bool | None = Field(None, alias="Vehicle.Powertrain.CombustionEngine.IsRunning")
    engine_speed: Rpm | None = Field(None, alias="Vehicle.Powertrain.CombustionEngine.Speed")
    throttle: WholePercent | None = Field(None, alias="Vehicle.Powertrain.CombustionEngine.TPS")
    coolant_temperature: Celsius | None = Field(
        None, alias="Vehicle.Powertrain.CombustionEngine.EngineCoolant.Temperature"
    )
    coolant_level: Literal["CRITICALLY_LOW", "LOW", "NORMAL"] | None = Field(
        None, alias="Vehicle.Powertrain.CombustionEngine.EngineCoolant.Level"
    )
    coolant_life: Seconds | None = Field(None, alias="Vehicle.Powertrain.CombustionEngine.EngineCoolant.LifeRemaining")
    oil_temperature: Celsius | None = Field(None, alias="Vehicle.Powertrain.CombustionEngine.EngineOil.Temperature")
    oil_level: FluidLevel | None = Field(None, alias="Vehicle.Powertrain.CombustionEngine.EngineOil.Level")
    oil_life: Seconds | None = Field(None, alias="Vehicle.Powertrain.CombustionEngine.EngineOil.LifeRemaining")
    oil_pressure_status: Literal["NORMAL", "WARNING", "ALERT", "ERROR"] | None = Field(
        None, alias="Vehicle.Powertrain.CombustionEngine.EngineOil.PressureStatus"
    )
    oil_pressure: Kilopascal | None = Field(None, alias="Vehicle.Powertrain.CombustionEngine.EOP")
    exhaust_fluid_level: Percent | None = Field(
        None, alias="Vehicle.Powertrain.CombustionEngine.DieselExhaustFluid.Level"
    )
    particulate_filter_pressure: Annotated[float, Field(ge=-10_000, le=200_000), unit("Pa")] | None = Field(
        None, alias="Vehicle.Powertrain.CombustionEngine.DieselParticulateFilter.DeltaPressure"
    )
    transmission_temperature: Celsius | None = Field(None, alias="Vehicle.Powertrain.Transmission.Temperature")
    clutch_wear: Percent | None = Field(None, alias="Vehicle.Powertrain.Transmission.ClutchWear")

    traction_charge: Percent | None = Field(None, alias="Vehicle.Powertrain.TractionBattery.StateOfCharge.Current")
    traction_charge_displayed: Percent | None = Field(
        None, alias="Vehicle.Powertrain.TractionBattery.StateOfCharge.Displayed"
    )
    traction_energy: Annotated[float, Field(ge=0, le=2_000), unit("kWh")] | None = Field(
        None, alias="Vehicle.Powertrain.TractionBattery.StateOfCharge.CurrentEnergy"
    )
    traction_health: Percent | None = Field(None, alias="Vehicle.Powertrain.TractionBattery.StateOfHealth")
    traction_temperature: Celsius | None = Field(None, alias="Vehicle.Powertrain.TractionBattery.Temperature.Average")
    traction_temperature_min: Celsius | None = Field(None, alias="Vehicle.Powertrain.TractionBattery.Temperature.Min")
    traction_temperature_max: Celsius | None = Field(None, alias="Vehicle.Powertrain.TractionBattery.Temperature.Max")
    traction_cell_voltage_min: CellVolt | None = Field(None, alias="Vehicle.Powertrain.TractionBattery.CellVoltage.Min")
    traction_cell_voltage_max: CellVolt | None = Field(None, alias="Vehicle.Powertrain.TractionBattery.CellVoltage.Max")
    traction_charging: bool | None = Field(None, alias="Vehicle.Powertrain.TractionBattery.Charging.IsCharging")
    traction_cell_temperatures: Annotated[tuple[Celsius, ...], Listed(1_000)] | None = Field(
        None, alias="Vehicle.Powertrain.TractionBattery.Temperature.CellTemperature"
    )
    traction_errors: Annotated[tuple[Annotated[Text, Field(max_length=80)], ...], Listed(64)] | None = Field(
        None, alias="Vehicle.Powertrain.TractionBattery.ErrorCodes"
    )

    battery_voltage: LowVolt | None = Field(None, alias="Vehicle.LowVoltageBattery.CurrentVoltage")
    battery_current: Annotated[float, Field(ge=-5_000, le=5_000), unit("A")] | None = Field(
        None, alias="Vehicle.LowVoltageBattery.CurrentCurrent"
    )
    battery_nominal_voltage: Annotated[int, Whole(0, 60, "V")] | None = Field(
        None, alias="Vehicle.LowVoltageBattery.NominalVoltage"
    )
    battery_nominal_capacity: Annotated[int, Whole(0, 1_000, "Ah")] | None = Field(
        None, alias="Vehicle.LowVoltageBattery.NominalCapacity"
    )
    system_state: Literal["UNDEFINED", "LOCK", "OFF", "ACC", "ON", "START"] | None = Field(
        None, alias="Vehicle.LowVoltageSystemState"
    )

    speed: KilometresPerHour | None = Field(None, alias="Vehicle.Speed")
    travelled_distance: Annotated[int, Whole(0, 2**32 - 1, "m")] | None = Field(None, alias="Vehicle.TraveledDistance")
    is_broken_down: bool | None = Field(None, alias="Vehicle.IsBrokenDown")
    is_moving: bool | None = Field(None, alias="Vehicle.IsMoving")
    vin: Vin | None = Field(None, alias="Vehicle.VehicleIdentification.VIN")
    air_temperature: Celsius | None = Field(None, alias="Vehicle.Exterior.AirTemperature")

    latitude: Latitude | None = Field(None, alias="Vehicle.CurrentLocation.Latitude")
    longitude: Longitude | None = Field(None, alias="Vehicle.CurrentLocation.Longitude")
    location_accuracy: Metres | None = Field(None, alias="Vehicle.CurrentLocation.HorizontalAccuracy")
    location_time: Moment | None = Field(None, alias="Vehicle.CurrentLocation.Timestamp")
    heading: Annotated[float, Field(ge=0, le=360), unit("degrees")] | None = Field(
        None, alias="Vehicle.CurrentLocation.Heading"
    )

    dtc_count: Count | None = Field(None, alias="Vehicle.Diagnostics.DTCCount")
    dtc_list: Codes | None = Field(None, alias="Vehicle.Diagnostics.DTCList")
    mil_on: bool | None = Field(None, alias="Vehicle.OBD.Status.IsMILOn")
    obd_dtc_count: Count | None = Field(None, alias="Vehicle.OBD.Status.DTCCount")
    obd_dtc_list: Codes | None = Field(None, alias="Vehicle.OBD.DTCList")
    obd_freeze_dtc: TroubleCode | None = Field(None, alias="Vehicle.OBD.FreezeDTC")
    ignition_type: Literal["SPARK", "COMPRESSION"] | None = Field(None, alias="Vehicle.OBD.Status.IgnitionType")
    obd_coolant_temperature: Celsius | None = Field(None, alias="Vehicle.OBD.CoolantTemperature")
    obd_oil_temperature: Celsius | None = Field(None, alias="Vehicle.OBD.OilTemperature")
    obd_engine_speed: Rpm | None = Field(None, alias="Vehicle.OBD.EngineSpeed")
    obd_speed: KilometresPerHour | None = Field(None, alias="Vehicle.OBD.Speed")
    distance_with_mil: Annotated[float, Field(ge=0, le=1_000_000), unit("km")] | None = Field(
        None, alias="Vehicle.OBD.DistanceWithMIL"
    )
    fuel_level: Percent | None = Field(None, alias="Vehicle.OBD.FuelLevel")
    module_voltage: LowVolt | None = Field(None, alias="Vehicle.OBD.ControlModuleVoltage")
    engine_load: Percent | None = Field(None, alias="Vehicle.OBD.EngineLoad")
    fuel_trim_short: FuelTrim | None = Field(None, alias="Vehicle.OBD.ShortTermFuelTrim1")
    fuel_trim_long: FuelTrim | None = Field(None, alias="Vehicle.OBD.LongTermFuelTrim1")
    fuel_pressure: FuelKilopascal | None = Field(None, alias="Vehicle.OBD.FuelPressure")
    fuel_rail_pressure: FuelKilopascal | None = Field(None, alias="Vehicle.OBD.FuelRailPressureDirect")
    manifold_pressure: Annotated[float, Field(ge=0, le=1_000), unit("kPa")] | None = Field(
        None, alias="Vehicle.OBD.MAP"
    )
    air_flow: Annotated[float, Field(ge=0, le=2_000), unit("g/s")] | None = Field(None, alias="Vehicle.OBD.MAF")
    intake_temperature: Celsius | None = Field(None, alias="Vehicle.OBD.IntakeTemp")
    catalyst_temperature: Celsius | None = Field(None, alias="Vehicle.OBD.Catalyst.Bank1.Temperature1")

    tyre_front_left: Kilopascal | None = Field(None, alias="Vehicle.Chassis.Axle.Row1.Wheel.Left.Tire.Pressure")
    tyre_front_right: Kilopascal | None = Field(None, alias="Vehicle.Chassis.Axle.Row1.Wheel.Right.Tire.Pressure")
    tyre_rear_left: Kilopascal | None = Field(None, alias="Vehicle.Chassis.Axle.Row2.Wheel.Left.Tire.Pressure")
    tyre_rear_right: Kilopascal | None = Field(None, alias="Vehicle.Chassis.Axle.Row2.Wheel.Right.Tire.Pressure")
    tyre_low_front_left: bool | None = Field(None, alias="Vehicle.Chassis.Axle.Row1.Wheel.Left.Tire.IsPressureLow")
    tyre_low_front_right: bool | None = Field(None, alias="Vehicle.Chassis.Axle.Row1.Wheel.Right.Tire.IsPressureLow")
    tyre_low_rear_left: bool | None = Field(None, alias="Vehicle.Chassis.Axle.Row2.Wheel.Left.Tire.IsPressureLow")
    tyre_low_rear_right: bool | None = Field(None, alias="Vehicle.Chassis.Axle.Row2.Wheel.Right.Tire.IsPressureLow")
    brake_wear_front_left: WholePercent | None = Field(None, alias="Vehicle.Chassis.Axle.Row1.Wheel.Left.Brake.PadWear")
    brake_wear_front_right: WholePercent | None = Field(
        None, alias="Vehicle.Chassis.Axle.Row1.Wheel.Right.Brake.PadWear"
    )
    brake_wear_rear_left: WholePercent | None = Field(None, alias="Vehicle.Chassis.Axle.Row2.Wheel.Left.Brake.PadWear")
    brake_wear_rear_right: WholePercent | None = Field(
        None, alias="Vehicle.Chassis.Axle.Row2.Wheel.Right.Brake.PadWear"
    )
    brakes_worn_front_left: bool | None = Field(None, alias="Vehicle.Chassis.Axle.Row1.Wheel.Left.Brake.IsBrakesWorn")
    brakes_worn_front_right: bool | None = Field(None, alias="Vehicle.Chassis.Axle.Row1.Wheel.Right.Brake.IsBrakesWorn")
    brakes_worn_rear_left: bool | None = Field(None, alias="Vehicle.Chassis.Axle.Row2.Wheel.Left.Brake.IsBrakesWorn")
    brakes_worn_rear_right: bool | None = Field(None, alias="Vehicle.Chassis.Axle.Row2.Wheel.Right.Brake.IsBrakesWorn")
    brake_fluid_low_front_left: bool | None = Field(
        None, alias="Vehicle.Chassis.Axle.Row1.Wheel.Left.Brake.IsFluidLevelLow"
    )
    brake_fluid_low_front_right: bool | None = Field(
        None, alias="Vehicle.Chassis.Axle.Row1.Wheel.Right.Brake.IsFluidLevelLow"
    )
    brake_fluid_low_rear_left: bool | None = Field(
        None, alias="Vehicle.Chassis.Axle.Row2.Wheel.Left.Brake.IsFluidLevelLow"
    )
    brake_fluid_low_rear_right: bool | None = Field(
        None, alias="Vehicle.Chassis.Axle.Row2.Wheel.Right.Brake.IsFluidLevelLow"
    )

    @property
    def fix(self) -> Position | None:
        """The position, where all of ``Vehicle.CurrentLocation`` that makes one is told."""
        if self.latitude is None or self.longitude is None or self.location_accuracy is None:
            return None
        if self.location_time is None:
            return None
        return Position(
            latitude=self.latitude,
            longitude=self.longitude,
            accuracy_m=self.location_accuracy,
            fix_time=self.location_time,
        )


class VehicleStatus(Strict):
    """Where the car is and how it does. A ``DTCCount`` of 0 says that no trouble code is stored any more."""

    position: Position | None = None
    signals: VehicleSignals = VehicleSignals()

    @property
    def fix(self) -> Position | None:
        """Where it is: ``position``, or else ``Vehicle.CurrentLocation``."""
        return self.position or self.signals.fix


Symptom = Literal[
    "no_crank", "slow_crank", "cranks_no_start", "stalls", "rough_running", "loss_of_power", "surges",
    "steam", "white_smoke", "black_smoke", "blue_smoke", "burning_smell", "fuel_smell", "exhaust_noise",
    "squeal", "grinding", "knocking", "whine", "vibration", "fluid_leak", "pulls_to_one_side",
    "soft_brake_pedal", "hard_brake_pedal", "heavy_steering", "no_gear", "harsh_shifting", "slips",
    "key_not_recognised", "will_not_lock", "will_not_charge", "reduced_range", "dim_lights", "no_heating",
]  # fmt: skip
"""What the driver notices, as the car's display or the vendor's app lets them say it."""


def _codes_or_symptoms(schema: dict[str, Any]) -> None:
    told = (
        {"properties": {name: {"type": "array", "minItems": 1}}, "required": [name]} for name in ("codes", "symptoms")
    )
    schema["anyOf"] = list(told)


class VehicleFault(Strict):
    """Trouble codes with the freeze frame: the signals at the moment the fault was stored. At least a code or a symptom."""

    model_config = ConfigDict(json_schema_extra=_codes_or_symptoms)

    codes: Annotated[tuple[Dtc, ...], Listed(64)] = ()
    """Empty where the driver tells of something that no control unit sees."""
    symptoms: Annotated[tuple[Symptom, ...], Listed(16)] = ()
    """What the driver noticed and said on the display or in the vendor's app."""
    freeze_frame: VehicleSignals = VehicleSignals()
    position: Position | None = None

    @model_validator(mode="after")
    def _says_something(self) -> VehicleFault:
        if not self.codes and not self.symptoms:
            message = "codes: at least one trouble code is needed, or a symptom"
            raise ValueError(message)
        return self

    @property
    def fix(self) -> Position | None:
        """Where it was: ``position``, or else the freeze frame's ``Vehicle.CurrentLocation``."""
        return self.position or self.freeze_frame.fix


class VehicleStatusEvent(DeviceEvent):  # noqa: D101
    type: Literal["callahead.vehicle.status.v1"] = "callahead.vehicle.status.v1"
    data: VehicleStatus


class VehicleFaultEvent(DeviceEvent):  # noqa: D101
    type: Literal["callahead.vehicle.fault.v1"] = "callahead.vehicle.fault.v1"
    data: VehicleFault


LISTS_BYTES = 48 * 1024
"""A thousand cells' temperatures, and lists of codes and errors."""
_HERE = {"latitude": 56.951212, "longitude": 24.113388, "accuracy_m": 6.5, "fix_time": "2026-01-12T07:41:00+01:00"}
MESSAGES = Messages(
    events=(
        EventType(VehicleStatusEvent, "volta/car-1", "7-1203", "2026-01-12T07:40:02+01:00", {
            "position": _HERE,
            "signals": {
                "Vehicle.Speed": 47.5,
                "Vehicle.TraveledDistance": 84211300,
                "Vehicle.LowVoltageBattery.CurrentVoltage": 14.1,
                "Vehicle.Powertrain.CombustionEngine.IsRunning": True,
                "Vehicle.Powertrain.CombustionEngine.EngineCoolant.Temperature": 88,
                "Vehicle.Chassis.Axle.Row1.Wheel.Left.Tire.Pressure": 240,
                "Vehicle.Diagnostics.DTCCount": 0,
            },
        }, plain=True, max_bytes=LISTS_BYTES),
        EventType(VehicleFaultEvent, "volta/car-1", "7-1204", "2026-01-12T07:41:03+01:00", {
            "codes": [{"code": "P0562", "status": "confirmed"}, {"code": "U3003", "status": "pending"}],
            "freeze_frame": {
                "Vehicle.LowVoltageBattery.CurrentVoltage": 8.9,
                "Vehicle.Powertrain.CombustionEngine.IsRunning": False,
            },
            "position": _HERE,
        }, max_bytes=LISTS_BYTES),
    ),
    parts=(VehicleSignals, Dtc),
    also=(
        Example("callahead.payment.attempt.v1", "volta/car-1", "7-1190", "2026-01-12T07:12:40+01:00", {
            "end_to_end_id": "PARK-RIX-20260112-0031",
            "status": "ACSC",
            "amount": "4.20",
            "currency": "EUR",
            "processor": "parkpay",
            "instrument": "wallet",
        }),
    ),
    expected={
        "code": "SAE J2012: P, C, B or U, then 0-3, then three hexadecimal digits, such as 'P0A1F', and a failure type byte "
        "behind it or not; or a lorry's SAE J1939 code, such as 'SPN168-FMI1'",
        "Vehicle.VehicleIdentification.VIN": "17 capitals and digits without I, O and Q (ISO 3779)",
    },
)  # fmt: skip
