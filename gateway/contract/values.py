"""The values events are made of: positions, COVESA VSS signals, SAE J2012 codes, Matter attributes, GTIN, ISO 20022."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints


class Strict(BaseModel):
    """A part of an event: unknown keys are refused, so that a typing error is told and not lost."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, allow_inf_nan=False)


class Position(Strict):
    """A GNSS fix: WGS 84 degrees, its horizontal accuracy in metres (68%), and when it was taken."""

    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]
    accuracy_m: Annotated[float, Field(ge=0, le=100_000)]
    fix_time: AwareDatetime


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


TroubleCode = Annotated[str, BeforeValidator(_upper), StringConstraints(pattern=r"^[PCBU][0-3][0-9A-F]{3}$")]
"""SAE J2012: system letter, then 0-3, then three hexadecimal digits, in any case."""


class Dtc(Strict):
    """One diagnostic trouble code with its status."""

    code: TroubleCode
    status: Literal["pending", "confirmed", "permanent"] = "confirmed"


class VehicleSignals(Strict):
    """The COVESA VSS 4 signals we understand, by their paths, in VSS units. All optional."""

    engine_running: bool | None = Field(None, alias="Vehicle.Powertrain.CombustionEngine.IsRunning")
    engine_speed: float | None = Field(None, alias="Vehicle.Powertrain.CombustionEngine.Speed", ge=0, le=20_000)
    coolant_temperature: float | None = Field(
        None, alias="Vehicle.Powertrain.CombustionEngine.EngineCoolant.Temperature", ge=-60, le=215
    )
    oil_pressure_status: Literal["NORMAL", "WARNING", "ALERT", "ERROR"] | None = Field(
        None, alias="Vehicle.Powertrain.CombustionEngine.EngineOil.PressureStatus"
    )
    traction_charge: float | None = Field(
        None, alias="Vehicle.Powertrain.TractionBattery.StateOfCharge.Current", ge=0, le=100
    )
    battery_voltage: float | None = Field(None, alias="Vehicle.LowVoltageBattery.CurrentVoltage", ge=0, le=60)
    system_state: Literal["UNDEFINED", "LOCK", "OFF", "ACC", "ON", "START"] | None = Field(
        None, alias="Vehicle.LowVoltageSystemState"
    )
    speed: float | None = Field(None, alias="Vehicle.Speed", ge=-100, le=500)
    travelled_distance: int | None = Field(None, alias="Vehicle.TraveledDistance", ge=0)
    is_broken_down: bool | None = Field(None, alias="Vehicle.IsBrokenDown")
    mil_on: bool | None = Field(None, alias="Vehicle.OBD.Status.IsMILOn")
    dtc_count: int | None = Field(None, alias="Vehicle.Diagnostics.DTCCount", ge=0, le=255)
    fuel_level: float | None = Field(None, alias="Vehicle.OBD.FuelLevel", ge=0, le=100)
    air_temperature: float | None = Field(None, alias="Vehicle.Exterior.AirTemperature", ge=-90, le=70)
    tyre_front_left: int | None = Field(
        None, alias="Vehicle.Chassis.Axle.Row1.Wheel.Left.Tire.Pressure", ge=0, le=1_500
    )
    tyre_front_right: int | None = Field(
        None, alias="Vehicle.Chassis.Axle.Row1.Wheel.Right.Tire.Pressure", ge=0, le=1_500
    )
    tyre_rear_left: int | None = Field(None, alias="Vehicle.Chassis.Axle.Row2.Wheel.Left.Tire.Pressure", ge=0, le=1_500)
    tyre_rear_right: int | None = Field(
        None, alias="Vehicle.Chassis.Axle.Row2.Wheel.Right.Tire.Pressure", ge=0, le=1_500
    )


class ApplianceAttributes(Strict):
    """Matter attributes as ``Cluster.Attribute``; temperatures in hundredths of a degree Celsius, as Matter has them.

    Matter's RefrigeratorAlarm knows one bit only (0: door open), so what a fridge can say beyond that stands under our
    own ``Callahead`` names.
    """

    temperature: int | None = Field(None, alias="TemperatureMeasurement.MeasuredValue", ge=-27_315, le=32_767)
    setpoint: int | None = Field(None, alias="TemperatureControl.TemperatureSetpoint", ge=-27_315, le=32_767)
    alarm_state: int | None = Field(None, alias="RefrigeratorAlarm.State", ge=0, le=0xFFFF_FFFF)
    compressor_duty: float | None = Field(None, alias="Callahead.CompressorDuty", ge=0, le=100)
    """Share of the last hour that the compressor ran, percent."""
    compressor_current: float | None = Field(None, alias="Callahead.CompressorCurrent", ge=0, le=50)
    """Ampere, while it ran; 0: it did not start."""
    fan_running: bool | None = Field(None, alias="Callahead.FanRunning")
    mains_present: bool | None = Field(None, alias="Callahead.MainsPresent")

    @property
    def door_open(self) -> bool | None:
        """Bit 0 of RefrigeratorAlarm.State."""
        return None if self.alarm_state is None else bool(self.alarm_state & 1)


def check_digit_holds(digits: str) -> bool:
    """Tell whether the last digit of a GTIN is right (GS1 General Specifications, 7.9: weights 3 and 1 from the right)."""
    weighted = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(digits)))
    return weighted % 10 == 0


def _gtin(text: str) -> str:
    if not check_digit_holds(text):
        message = "is not a GTIN: its check digit is wrong"
        raise ValueError(message)
    return text


Gtin = Annotated[str, StringConstraints(pattern=r"^(\d{8}|\d{12}|\d{13}|\d{14})$"), AfterValidator(_gtin)]
"""GS1 trade item number of 8, 12, 13 or 14 digits with its check digit."""

Amount = Annotated[str, StringConstraints(pattern=r"^(0|[1-9]\d{0,12})(\.\d{1,5})?$")]
"""A decimal string, never a binary fraction."""
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
"""ISO 4217 alphabetic code."""
ReasonCode = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{4}$")]
"""ISO 20022 ExternalStatusReason1Code."""

_RUN_OF_DIGITS = re.compile(r"(?<![0-9A-Za-z])(?:\d[ -]?){12,18}\d(?![0-9A-Za-z])")
_ISSUER = re.compile(r"4|5[1-5]|2[2-7]|3[47]|3[0689]|6|35")
"""First digits of the card schemes' issuer ranges: Visa, Mastercard, American Express, Diners, Discover, Maestro, UnionPay, JCB."""


_DIGITLIKE = bytes(0x64 if chr(byte) in "0123456789 -" else 0x20 for byte in range(256))
_LONG_RUN = b"d" * 13


def may_hold_card_number(payload: bytes) -> bool:
    """Tell cheaply whether a closer look is needed: thirteen digits, spaces and dashes in a row, or digits escaped."""
    return _LONG_RUN in payload.translate(_DIGITLIKE) or b"\\u00" in payload


def _luhn_holds(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value  # noqa: PLR2004 - the sum of a two-digit number's digits
    return total % 10 == 0


def holds_card_number(text: str) -> bool:
    """Tell whether ``text`` holds 13-19 digits that begin like a payment card's and pass ISO/IEC 7812's Luhn check."""
    for run in _RUN_OF_DIGITS.finditer(text):
        digits = run.group().replace(" ", "").replace("-", "")
        if _ISSUER.match(digits) and _luhn_holds(digits):
            return True
    return False


def masked(text: str) -> str:
    """Return ``text`` with every card number's digits hidden but the last four."""

    def hide(run: re.Match[str]) -> str:
        return f"[card …{run.group()[-4:]}]" if holds_card_number(run.group()) else run.group()

    return _RUN_OF_DIGITS.sub(hide, text)
