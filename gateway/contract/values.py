"""The values events are made of: positions, COVESA VSS signals, SAE J2012 codes, Matter attributes, GTIN."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StringConstraints,
)
from pydantic_core import CoreSchema, core_schema

from gateway.contract.cards import holds_card_number, masked, may_hold_card_number

__all__ = [
    "FIRST_YEAR",
    "LAST_YEAR",
    "TEXT_PATTERN",
    "ApplianceAttributes",
    "Dtc",
    "Gtin",
    "Measured",
    "Moment",
    "NullMeans",
    "Position",
    "Readings",
    "Strict",
    "Text",
    "TroubleCode",
    "VehicleSignals",
    "Whole",
    "Written",
    "check_digit_holds",
    "holds_card_number",
    "masked",
    "may_hold_card_number",
]


class Strict(BaseModel):
    """A part of an event: unknown names are refused, so that a typing error is told and not lost; so are wrong types."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        populate_by_name=True,
        allow_inf_nan=False,
        strict=True,
        use_attribute_docstrings=True,
    )


@dataclass(frozen=True, slots=True)
class Whole:
    """Marks a whole number from ``least`` to ``most``. ``240.0`` is one too, as JSON has it."""

    least: int
    most: int
    unit: str = ""

    def __get_pydantic_core_schema__(self, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401 - pydantic's name
        whole = core_schema.int_schema(ge=self.least, le=self.most, strict=True)
        fraction = core_schema.float_schema(ge=self.least, le=self.most, multiple_of=1, strict=True)
        return core_schema.union_schema(
            [whole, core_schema.no_info_after_validator_function(int, fraction)],
            mode="left_to_right",
            custom_error_type="whole_number",
            custom_error_message=f"Input should be a whole number from {self.least} to {self.most}",
        )

    def __get_pydantic_json_schema__(self, _core: CoreSchema, _handler: GetJsonSchemaHandler) -> dict[str, Any]:
        unit = {"x-unit": self.unit} if self.unit else {}
        return {"type": "integer", "minimum": self.least, "maximum": self.most, **unit}


@dataclass(frozen=True, slots=True)
class NullMeans:
    """Marks an attribute whose ``null`` is read as its default: in CloudEvents' JSON format, null is not set."""

    default: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401 - pydantic's name
        null = core_schema.no_info_after_validator_function(lambda _: self.default, core_schema.none_schema())
        return core_schema.union_schema([handler(source), null], mode="left_to_right")


FIRST_YEAR, LAST_YEAR = 1970, 2199
_YEARS = r"^(19[7-9]|2[01][0-9])[0-9]-"


class Written:
    """Marks a moment that has to be written as a date in JSON: a count of seconds is not taken for one."""

    def __get_pydantic_core_schema__(self, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401 - pydantic's name
        moment = core_schema.datetime_schema(tz_constraint="aware", strict=False)
        written = core_schema.chain_schema([core_schema.str_schema(pattern=_YEARS, strict=True), moment])
        return core_schema.json_or_python_schema(written, moment)

    def __get_pydantic_json_schema__(self, _core: CoreSchema, _handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": "string", "format": "date-time", "pattern": _YEARS}


Moment = Annotated[AwareDatetime, Written()]
"""RFC 3339 with any offset, from 1970 to 2199."""

TEXT_PATTERN = r"^[^\u0000-\u001f\u007f]*$"
Text = Annotated[str, StringConstraints(pattern=TEXT_PATTERN)]
"""Text without control characters."""


def _unit(unit: str) -> Any:  # noqa: ANN401 - what Field returns
    return Field(json_schema_extra={"x-unit": unit})


Latitude = Annotated[float, Field(ge=-90, le=90), _unit("degrees")]
Longitude = Annotated[float, Field(ge=-180, le=180), _unit("degrees")]
Metres = Annotated[float, Field(ge=0, le=100_000), _unit("m")]


class Position(Strict):
    """A GNSS fix: WGS 84 degrees, its horizontal accuracy in metres (68%), and when it was taken."""

    latitude: Latitude
    longitude: Longitude
    accuracy_m: Metres
    """Horizontal, 68%."""
    fix_time: Moment


TroubleCode = Annotated[str, StringConstraints(pattern=r"^[PpCcBbUu][0-3][0-9A-Fa-f]{3}$", to_upper=True)]
"""SAE J2012: system letter, then 0-3, then three hexadecimal digits, in any case; read as upper case."""


class Dtc(Strict):
    """One diagnostic trouble code with its status."""

    code: TroubleCode
    """SAE J2012, in any case."""
    status: Literal["pending", "confirmed", "permanent"] = "confirmed"


Percent = Annotated[float, Field(ge=0, le=100), _unit("percent")]
WholePercent = Annotated[int, Whole(0, 100, "percent")]
Celsius = Annotated[float, Field(ge=-90, le=1_500), _unit("celsius")]
Rpm = Annotated[float, Field(ge=0, le=20_000), _unit("rpm")]
KilometresPerHour = Annotated[float, Field(ge=-100, le=500), _unit("km/h")]
Kilopascal = Annotated[int, Whole(0, 1_500, "kPa")]
Seconds = Annotated[int, Whole(-(2**31), 2**31 - 1, "s")]
CellVolt = Annotated[float, Field(ge=0, le=10), _unit("V")]
FuelTrim = Annotated[float, Field(ge=-100, le=100), _unit("percent")]
FuelKilopascal = Annotated[float, Field(ge=0, le=400_000), _unit("kPa")]
LowVolt = Annotated[float, Field(ge=0, le=60), _unit("V")]
Codes = Annotated[tuple[TroubleCode, ...], Field(strict=False, max_length=255)]
Count = Annotated[int, Whole(0, 255)]
FluidLevel = Literal["CRITICALLY_LOW", "LOW", "NORMAL", "HIGH", "CRITICALLY_HIGH"]
Vin = Annotated[str, StringConstraints(pattern=r"^[A-HJ-NPR-Z0-9]{17}$")]
"""ISO 3779."""


Readings = dict[str, float | int | str | bool]
"""Published name → value."""
_SINGLE = (float, int, str)


class Measured(Strict):
    """Single readings and lists, each under its published name."""

    @property
    def readings(self) -> Readings:
        """The single readings that are told, no lists and moments, by their published names."""
        names = _published(type(self))
        told = ((names[name], self.__dict__[name]) for name in self.model_fields_set)
        return {name: value for name, value in told if isinstance(value, _SINGLE)}


@cache
def _published(model: type[Measured]) -> dict[str, str]:
    """Return, of each attribute, its published name."""
    return {name: field.alias or name for name, field in model.model_fields.items()}


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
    particulate_filter_pressure: Annotated[float, Field(ge=-10_000, le=200_000), _unit("Pa")] | None = Field(
        None, alias="Vehicle.Powertrain.CombustionEngine.DieselParticulateFilter.DeltaPressure"
    )
    transmission_temperature: Celsius | None = Field(None, alias="Vehicle.Powertrain.Transmission.Temperature")
    clutch_wear: Percent | None = Field(None, alias="Vehicle.Powertrain.Transmission.ClutchWear")

    traction_charge: Percent | None = Field(None, alias="Vehicle.Powertrain.TractionBattery.StateOfCharge.Current")
    traction_charge_displayed: Percent | None = Field(
        None, alias="Vehicle.Powertrain.TractionBattery.StateOfCharge.Displayed"
    )
    traction_energy: Annotated[float, Field(ge=0, le=2_000), _unit("kWh")] | None = Field(
        None, alias="Vehicle.Powertrain.TractionBattery.StateOfCharge.CurrentEnergy"
    )
    traction_health: Percent | None = Field(None, alias="Vehicle.Powertrain.TractionBattery.StateOfHealth")
    traction_temperature: Celsius | None = Field(None, alias="Vehicle.Powertrain.TractionBattery.Temperature.Average")
    traction_temperature_min: Celsius | None = Field(None, alias="Vehicle.Powertrain.TractionBattery.Temperature.Min")
    traction_temperature_max: Celsius | None = Field(None, alias="Vehicle.Powertrain.TractionBattery.Temperature.Max")
    traction_cell_voltage_min: CellVolt | None = Field(None, alias="Vehicle.Powertrain.TractionBattery.CellVoltage.Min")
    traction_cell_voltage_max: CellVolt | None = Field(None, alias="Vehicle.Powertrain.TractionBattery.CellVoltage.Max")
    traction_charging: bool | None = Field(None, alias="Vehicle.Powertrain.TractionBattery.Charging.IsCharging")
    traction_cell_temperatures: Annotated[tuple[Celsius, ...], Field(strict=False, max_length=1_000)] | None = Field(
        None, alias="Vehicle.Powertrain.TractionBattery.Temperature.CellTemperature"
    )
    traction_errors: (
        Annotated[tuple[Annotated[Text, Field(max_length=80)], ...], Field(strict=False, max_length=64)] | None
    ) = Field(None, alias="Vehicle.Powertrain.TractionBattery.ErrorCodes")

    battery_voltage: LowVolt | None = Field(None, alias="Vehicle.LowVoltageBattery.CurrentVoltage")
    battery_current: Annotated[float, Field(ge=-5_000, le=5_000), _unit("A")] | None = Field(
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
    heading: Annotated[float, Field(ge=0, le=360), _unit("degrees")] | None = Field(
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
    distance_with_mil: Annotated[float, Field(ge=0, le=1_000_000), _unit("km")] | None = Field(
        None, alias="Vehicle.OBD.DistanceWithMIL"
    )
    fuel_level: Percent | None = Field(None, alias="Vehicle.OBD.FuelLevel")
    module_voltage: LowVolt | None = Field(None, alias="Vehicle.OBD.ControlModuleVoltage")
    engine_load: Percent | None = Field(None, alias="Vehicle.OBD.EngineLoad")
    fuel_trim_short: FuelTrim | None = Field(None, alias="Vehicle.OBD.ShortTermFuelTrim1")
    fuel_trim_long: FuelTrim | None = Field(None, alias="Vehicle.OBD.LongTermFuelTrim1")
    fuel_pressure: FuelKilopascal | None = Field(None, alias="Vehicle.OBD.FuelPressure")
    fuel_rail_pressure: FuelKilopascal | None = Field(None, alias="Vehicle.OBD.FuelRailPressureDirect")
    manifold_pressure: Annotated[float, Field(ge=0, le=1_000), _unit("kPa")] | None = Field(
        None, alias="Vehicle.OBD.MAP"
    )
    air_flow: Annotated[float, Field(ge=0, le=2_000), _unit("g/s")] | None = Field(None, alias="Vehicle.OBD.MAF")
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


Hundredths = Annotated[int, Whole(-27_315, 32_767, "0.01 celsius")]
Bitmap = Annotated[int, Whole(0, 0xFFFF_FFFF)]


class ApplianceAttributes(Measured):
    """Matter attributes as ``Cluster.Attribute``; temperatures in hundredths of a degree Celsius, as Matter has them.

    Matter's RefrigeratorAlarm knows one bit only (0: door open), so what a fridge can say beyond that stands under our
    own ``Callahead`` names.
    """

    temperature: Hundredths | None = Field(None, alias="TemperatureMeasurement.MeasuredValue")
    temperature_min_measurable: Hundredths | None = Field(None, alias="TemperatureMeasurement.MinMeasuredValue")
    temperature_max_measurable: Hundredths | None = Field(None, alias="TemperatureMeasurement.MaxMeasuredValue")
    temperature_tolerance: Annotated[int, Whole(0, 2_048, "0.01 celsius")] | None = Field(
        None, alias="TemperatureMeasurement.Tolerance"
    )
    setpoint: Hundredths | None = Field(None, alias="TemperatureControl.TemperatureSetpoint")
    setpoint_min: Hundredths | None = Field(None, alias="TemperatureControl.MinTemperature")
    setpoint_max: Hundredths | None = Field(None, alias="TemperatureControl.MaxTemperature")
    setpoint_step: Hundredths | None = Field(None, alias="TemperatureControl.Step")
    temperature_level: Annotated[int, Whole(0, 31)] | None = Field(
        None, alias="TemperatureControl.SelectedTemperatureLevel"
    )
    temperature_levels: (
        Annotated[tuple[Annotated[Text, Field(max_length=16)], ...], Field(strict=False, max_length=32)] | None
    ) = Field(None, alias="TemperatureControl.SupportedTemperatureLevels")
    alarm_mask: Bitmap | None = Field(None, alias="RefrigeratorAlarm.Mask")
    alarm_state: Bitmap | None = Field(None, alias="RefrigeratorAlarm.State")
    """Bit 0: the door has been open for too long."""
    alarm_supported: Bitmap | None = Field(None, alias="RefrigeratorAlarm.Supported")
    compressor_duty: Percent | None = Field(None, alias="Callahead.CompressorDuty")
    """Share of the last hour that the compressor ran."""
    compressor_current: Annotated[float, Field(ge=0, le=50), _unit("A")] | None = Field(
        None, alias="Callahead.CompressorCurrent"
    )
    """While it ran; 0: it did not start."""
    fan_running: bool | None = Field(None, alias="Callahead.FanRunning")
    """The fan that moves the cold air."""
    mains_present: bool | None = Field(None, alias="Callahead.MainsPresent")
    """False: it runs on its reserve, or says so before it goes out."""
    mains_voltage: Annotated[float, Field(ge=0, le=500), _unit("V")] | None = Field(
        None, alias="Callahead.MainsVoltage"
    )
    evaporator_temperature: Hundredths | None = Field(None, alias="Callahead.EvaporatorTemperature")
    """Of the cold plate or coil; it is what defrosting watches."""
    condenser_temperature: Hundredths | None = Field(None, alias="Callahead.CondenserTemperature")
    """Of the warm side, at the back or below."""
    room_temperature: Hundredths | None = Field(None, alias="Callahead.RoomTemperature")
    defrost_heater_current: Annotated[float, Field(ge=0, le=20), _unit("A")] | None = Field(
        None, alias="Callahead.DefrostHeaterCurrent"
    )
    """In its latest defrost; 0: the heater stayed cold."""
    door_open_seconds: Annotated[int, Whole(0, 3_600, "s")] | None = Field(None, alias="Callahead.DoorOpenSeconds")
    """In the last hour."""

    @property
    def door_open(self) -> bool | None:
        """Bit 0 of RefrigeratorAlarm.State."""
        return None if self.alarm_state is None else bool(self.alarm_state & 1)


def check_digit_holds(digits: str) -> bool:
    """Tell whether the last digit of a GTIN is right (GS1 General Specifications, 7.9: weights 3 and 1 from the right)."""
    weighted = sum(map(int, digits[-1::-2])) + 3 * sum(map(int, digits[-2::-2]))
    return weighted % 10 == 0


def _gtin(text: str) -> str:
    if not check_digit_holds(text):
        message = "is not a GTIN: its check digit is wrong"
        raise ValueError(message)
    return text


Gtin = Annotated[str, StringConstraints(pattern=r"^([0-9]{8}|[0-9]{12}|[0-9]{13}|[0-9]{14})$"), AfterValidator(_gtin)]
"""GS1 trade item number of 8, 12, 13 or 14 digits with its check digit."""
