"""What a home's controller sends: Matter attributes of heating, water and meter, and alarms. The published v1 contract."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gateway.contract.envelope import DeviceEvent
from gateway.contract.event_types import EventType, Example, Messages
from gateway.contract.values import Listed, Measured, Strict, Whole, unit

Hundredths = Annotated[int, Whole(-27_315, 32_767, "0.01 celsius")]
ValveState = Literal["Closed", "Open", "Transitioning"]
ValveFault = Literal["None", "GeneralFault", "Blocked", "Leaking", "NotConnected", "ShortCircuit", "CurrentExceeded"]
Tariff = Literal["Day", "Night", "Peak"]
BootReason = Literal[
    "Unspecified", "PowerOnReboot", "BrownOutReset", "SoftwareWatchdogReset", "HardwareWatchdogReset",
    "SoftwareUpdateCompleted", "SoftwareReset",
]  # fmt: skip


class HomeAttributes(Measured):
    """Matter attributes as ``Cluster.Attribute``, enumerations by the name that Matter gives a value.

    Thermostat (0x0201), Pressure Measurement (0x0403) of the heating's water, Flow Measurement (0x0404) behind the main valve,
    Boolean State (0x0045) of a Water Leak Detector (0x0043), Valve Configuration and Control (0x0081) of the main valve, Electrical
    Energy Measurement (0x0091) and Electrical Power Measurement (0x0090), Power Source (0x002F) of the meter, General Diagnostics
    (0x0033) of the heating's control. What Matter does not measure stands under our own ``Callahead`` names.
    """

    room: Hundredths | None = Field(None, alias="Thermostat.LocalTemperature")
    outdoors: Hundredths | None = Field(None, alias="Thermostat.OutdoorTemperature")
    setpoint: Hundredths | None = Field(None, alias="Thermostat.OccupiedHeatingSetpoint")
    demand: Annotated[int, Whole(0, 100, "percent")] | None = Field(None, alias="Thermostat.PIHeatingDemand")
    boot_reason: BootReason | None = Field(None, alias="GeneralDiagnostics.BootReason")
    """Of the latest start of the heating's control."""
    up_time: Annotated[int, Whole(0, 4_294_967_295, "s")] | None = Field(None, alias="GeneralDiagnostics.UpTime")
    """Since then."""
    pressure: Annotated[int, Whole(-32_767, 32_767, "0.1 kPa")] | None = Field(
        None, alias="PressureMeasurement.MeasuredValue"
    )
    """Of the water in the heating, over the air's."""
    flow_temperature: Hundredths | None = Field(None, alias="Callahead.FlowTemperature")
    """Of the water that leaves the boiler."""
    return_temperature: Hundredths | None = Field(None, alias="Callahead.ReturnTemperature")
    pump_speed: Annotated[float, Field(ge=0, le=10_000), unit("rpm")] | None = Field(None, alias="Callahead.PumpSpeed")
    """Of the circulation pump, while heat is called for."""
    pump_power: Annotated[float, Field(ge=0, le=1_000), unit("W")] | None = Field(None, alias="Callahead.PumpPower")
    flame: Annotated[float, Field(ge=0, le=100), unit("uA")] | None = Field(None, alias="Callahead.FlameCurrent")
    """Ionisation current while it burns; 0: there is no flame."""
    ignition_tries: Annotated[int, Whole(0, 20)] | None = Field(None, alias="Callahead.IgnitionTries")
    """For the latest start of the burner."""
    flame_losses: Annotated[int, Whole(0, 1_000)] | None = Field(None, alias="Callahead.FlameLosses")
    """In the last 24 hours."""
    leak: bool | None = Field(None, alias="BooleanState.StateValue")
    """Of a Water Leak Detector: true, there is water where none should be."""
    water_flow: Annotated[int, Whole(0, 65_534, "0.1 m3/h")] | None = Field(None, alias="FlowMeasurement.MeasuredValue")
    """Of drinking water, now."""
    least_flow: Annotated[float, Field(ge=0, le=10_000), unit("l/h")] | None = Field(
        None, alias="Callahead.LeastWaterFlow"
    )
    """The least that flowed in any quarter of an hour of the last 24 hours: more than 0, something runs all the time."""
    valve: ValveState | None = Field(None, alias="ValveConfigurationAndControl.CurrentState")
    valve_wanted: ValveState | None = Field(None, alias="ValveConfigurationAndControl.TargetState")
    valve_fault: ValveFault | None = Field(None, alias="ValveConfigurationAndControl.ValveFault")
    energy: Annotated[int, Whole(0, 9_007_199_254_740_991, "mWh")] | None = Field(
        None, alias="ElectricalEnergyMeasurement.CumulativeEnergyImported"
    )
    power: Annotated[int, Whole(0, 9_007_199_254_740_991, "mW")] | None = Field(
        None, alias="ElectricalPowerMeasurement.ActivePower"
    )
    meter_battery: Annotated[int, Whole(0, 200, "0.5 percent")] | None = Field(
        None, alias="PowerSource.BatPercentRemaining"
    )
    """Of the meter."""
    meter_clock: Annotated[int, Whole(-2_147_483_648, 2_147_483_647, "s")] | None = Field(
        None, alias="Callahead.MeterClockOffset"
    )
    """By how much the meter's clock is fast; negative: slow."""
    tariff: Tariff | None = Field(None, alias="Callahead.MeterTariff")
    """Into which register the meter counts."""
    tariff_due: Tariff | None = Field(None, alias="Callahead.MeterTariffDue")
    """Into which it should, by the contract and the hour."""
    meter_silent: Annotated[int, Whole(0, 31_536_000, "s")] | None = Field(None, alias="Callahead.MeterSilent")
    """Since the meter was last heard."""
    meter_rssi: Annotated[int, Whole(-140, 0, "dBm")] | None = Field(None, alias="Callahead.MeterRssi")
    """When it was last heard."""


HomeAlarm = Literal[
    "LowPressure", "PumpFault", "IgnitionFailed", "FlameLost", "SensorFault", "ControlFault", "FrostDanger",
    "WaterLeak", "ValveFault", "MeterBatteryLow", "MeterClockInvalid", "TariffInvalid", "MeterSilent",
]  # fmt: skip
"""Ours, for Matter has no alarms of a boiler and of a meter; ``WaterLeak`` is what a Water Leak Detector says."""
HomeAlarms = Annotated[tuple[HomeAlarm, ...], Listed(16)]


class HomeStatus(Strict):
    """How the home does."""

    alarms: HomeAlarms | None = None
    """Those that stand; an empty list: none does."""
    attributes: HomeAttributes = HomeAttributes()


class HomeFault(Strict):
    """What the home's controller complains about."""

    alarms: Annotated[tuple[HomeAlarm, ...], Listed(16, least=1)]
    attributes: HomeAttributes = HomeAttributes()


class HomeStatusEvent(DeviceEvent):  # noqa: D101
    type: Literal["callahead.home.status.v1"] = "callahead.home.status.v1"
    data: HomeStatus


class HomeFaultEvent(DeviceEvent):  # noqa: D101
    type: Literal["callahead.home.fault.v1"] = "callahead.home.fault.v1"
    data: HomeFault


MESSAGES = Messages(
    events=(
        EventType(HomeStatusEvent, "varma/home-12", "2-310", "2026-01-12T05:30:00Z", {
            "alarms": [],
            "attributes": {
                "Thermostat.LocalTemperature": 2080,
                "Thermostat.OutdoorTemperature": -640,
                "Thermostat.OccupiedHeatingSetpoint": 2100,
                "Thermostat.PIHeatingDemand": 62,
                "PressureMeasurement.MeasuredValue": 1510,
                "Callahead.FlowTemperature": 5520,
                "Callahead.ReturnTemperature": 4210,
                "Callahead.PumpSpeed": 2410.0,
                "Callahead.PumpPower": 24.5,
                "Callahead.FlameCurrent": 8.4,
                "Callahead.IgnitionTries": 1,
                "BooleanState.StateValue": False,
                "FlowMeasurement.MeasuredValue": 0,
                "Callahead.LeastWaterFlow": 0.0,
                "ValveConfigurationAndControl.CurrentState": "Open",
                "ElectricalEnergyMeasurement.CumulativeEnergyImported": 8123456000,
                "PowerSource.BatPercentRemaining": 174,
                "Callahead.MeterTariff": "Night",
                "Callahead.MeterTariffDue": "Night",
            },
        }, plain=True),
        EventType(HomeFaultEvent, "varma/home-12", "2-318", "2026-01-12T06:02:10Z", {
            "alarms": ["IgnitionFailed"],
            "attributes": {
                "Thermostat.LocalTemperature": 1790,
                "Thermostat.OutdoorTemperature": -700,
                "Thermostat.PIHeatingDemand": 100,
                "PressureMeasurement.MeasuredValue": 1490,
                "Callahead.FlameCurrent": 0.0,
                "Callahead.IgnitionTries": 5,
            },
        }),
    ),
    parts=(HomeAttributes,),
    also=(
        Example("callahead.payment.attempt.v1", "varma/home-12", "2-305", "2026-01-12T00:05:00Z", {
            "end_to_end_id": "ENERGY-2025-12",
            "status": "RJCT",
            "reason": "MD01",
            "amount": "86.15",
            "currency": "EUR",
            "processor": "baltpay",
            "instrument": "account",
            "method": "DD",
        }),
    ),
)  # fmt: skip
