"""What a washing machine sends: Matter attributes of a Laundry Washer (0x0073), and alarms. The published v1 contract."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gateway.contract.envelope import DeviceEvent
from gateway.contract.event_types import EventType, Example, Messages
from gateway.contract.values import Listed, Measured, Strict, Text, Whole, unit

Hundredths = Annotated[int, Whole(-27_315, 32_767, "0.01 celsius")]
OperationalState = Literal["Stopped", "Running", "Paused", "Error"]
OperationalError = Literal["NoError", "UnableToStartOrResume", "UnableToCompleteOperation", "CommandInvalidInState"]
WashPhase = Literal["Idle", "Lock", "Fill", "Heat", "Wash", "Rinse", "Drain", "Spin"]


class WasherAttributes(Measured):
    """Matter attributes as ``Cluster.Attribute``, enumerations by the name that Matter gives a value.

    Operational State (0x0060), Laundry Washer Mode (0x0051), Laundry Washer Controls (0x0053), Temperature Control (0x0056),
    Temperature Measurement (0x0402), and Boolean State (0x0045) of a Water Leak Detector (0x0043). Matter measures nothing
    else of a washer: what one can say beyond that stands under our own ``Callahead`` names.
    """

    state: OperationalState | None = Field(None, alias="OperationalState.OperationalState")
    error: OperationalError | None = Field(None, alias="OperationalState.OperationalError")
    """Its ``ErrorStateID``."""
    phase: Annotated[int, Whole(0, 31)] | None = Field(None, alias="OperationalState.CurrentPhase")
    """Place in ``PhaseList``, from 0."""
    phases: Annotated[tuple[Annotated[Text, Field(max_length=128)], ...], Listed(32)] | None = Field(
        None, alias="OperationalState.PhaseList"
    )
    countdown: Annotated[int, Whole(0, 259_200, "s")] | None = Field(None, alias="OperationalState.CountdownTime")
    """Until the programme ends."""
    mode: Annotated[int, Whole(0, 255)] | None = Field(None, alias="LaundryWasherMode.CurrentMode")
    spin_speeds: Annotated[tuple[Annotated[Text, Field(max_length=64)], ...], Listed(16)] | None = Field(
        None, alias="LaundryWasherControls.SpinSpeeds"
    )
    spin_speed: Annotated[int, Whole(0, 15)] | None = Field(None, alias="LaundryWasherControls.SpinSpeedCurrent")
    """Place in ``SpinSpeeds``, from 0."""
    rinses: Literal["None", "Normal", "Extra", "Max"] | None = Field(None, alias="LaundryWasherControls.NumberOfRinses")
    setpoint: Hundredths | None = Field(None, alias="TemperatureControl.TemperatureSetpoint")
    temperature: Hundredths | None = Field(None, alias="TemperatureMeasurement.MeasuredValue")
    """Of the water in the tub."""
    leak: bool | None = Field(None, alias="BooleanState.StateValue")
    """Of a Water Leak Detector: true, there is water under the tub."""
    wash_phase: WashPhase | None = Field(None, alias="Callahead.WashPhase")
    """What it is doing, in words that are the same for every make."""
    door_locked: bool | None = Field(None, alias="Callahead.DoorLocked")
    lock_tries: Annotated[int, Whole(0, 20)] | None = Field(None, alias="Callahead.LockTries")
    """How often it tried to lock the door for the latest programme."""
    water_level: Annotated[float, Field(ge=0, le=600), unit("mm")] | None = Field(None, alias="Callahead.WaterLevel")
    """Over the bottom of the tub."""
    inflow: Annotated[float, Field(ge=0, le=40), unit("l/min")] | None = Field(None, alias="Callahead.Inflow")
    """While water was last called for."""
    valve_current: Annotated[float, Field(ge=0, le=2), unit("A")] | None = Field(
        None, alias="Callahead.InletValveCurrent"
    )
    """While it was last to open; 0: its coil is open."""
    fill_seconds: Annotated[int, Whole(0, 7_200, "s")] | None = Field(None, alias="Callahead.FillSeconds")
    """How long the latest filling has taken."""
    drain_seconds: Annotated[int, Whole(0, 7_200, "s")] | None = Field(None, alias="Callahead.DrainSeconds")
    """How long the latest draining has taken."""
    pump_current: Annotated[float, Field(ge=0, le=10), unit("A")] | None = Field(
        None, alias="Callahead.DrainPumpCurrent"
    )
    """In the latest draining; 0: it does not take any."""
    heating_rate: Annotated[float, Field(ge=-20, le=20), unit("K/min")] | None = Field(
        None, alias="Callahead.HeatingRate"
    )
    """How fast the water got warmer in the latest heating."""
    heater_current: Annotated[float, Field(ge=0, le=30), unit("A")] | None = Field(
        None, alias="Callahead.HeaterCurrent"
    )
    """While it was last to heat; 0: it stayed cold."""
    heater_idle_current: Annotated[float, Field(ge=0, le=30), unit("A")] | None = Field(
        None, alias="Callahead.HeaterIdleCurrent"
    )
    """While it was not to heat: more than 0 is a fault."""
    drum_speed: Annotated[float, Field(ge=0, le=2_500), unit("rpm")] | None = Field(None, alias="Callahead.DrumSpeed")
    """As the motor's tachometer has it, reached while it was last to turn."""
    drum_speed_wanted: Annotated[float, Field(ge=0, le=2_500), unit("rpm")] | None = Field(
        None, alias="Callahead.DrumSpeedWanted"
    )
    """What was called for then."""
    motor_current: Annotated[float, Field(ge=0, le=30), unit("A")] | None = Field(None, alias="Callahead.MotorCurrent")
    """While the drum turned with the laundry; 0: it takes none."""
    motor_temperature: Hundredths | None = Field(None, alias="Callahead.MotorTemperature")
    vibration: Annotated[float, Field(ge=0, le=100), unit("mm")] | None = Field(None, alias="Callahead.Vibration")
    """How far the tub swung in the latest spin, half of its way."""
    imbalance: Annotated[float, Field(ge=0, le=20), unit("kg")] | None = Field(None, alias="Callahead.Imbalance")
    """Laundry on one side of the drum in the latest spin, as the ripple of its speed tells."""


class WasherStatus(Strict):
    """How the washing machine does."""

    attributes: WasherAttributes


WasherAlarm = Literal[
    "InflowError", "DrainError", "DoorError", "TempTooLow", "TempTooHigh", "WaterLevelError",
    "WaterLeak", "MotorFault", "Unbalanced", "SensorFault", "ControlFault",
]  # fmt: skip
"""The first six are bits 0 to 5 of Matter's Dishwasher Alarm (0x005D), for a washer has no alarms of its own there; the others are
ours: ``WaterLeak`` is what its Water Leak Detector says."""


class WasherFault(Strict):
    """What the washing machine's own controller complains about."""

    alarms: Annotated[tuple[WasherAlarm, ...], Listed(16, least=1)]
    attributes: WasherAttributes = WasherAttributes()


class WasherStatusEvent(DeviceEvent):  # noqa: D101
    type: Literal["callahead.washer.status.v1"] = "callahead.washer.status.v1"
    data: WasherStatus


class WasherFaultEvent(DeviceEvent):  # noqa: D101
    type: Literal["callahead.washer.fault.v1"] = "callahead.washer.fault.v1"
    data: WasherFault


MESSAGES = Messages(
    events=(
        EventType(WasherStatusEvent, "laveta/washer-7", "5-41", "2026-01-12T18:20:00Z", {
            "attributes": {
                "OperationalState.OperationalState": "Running",
                "OperationalState.OperationalError": "NoError",
                "OperationalState.CountdownTime": 2700,
                "LaundryWasherControls.SpinSpeedCurrent": 2,
                "LaundryWasherControls.NumberOfRinses": "Normal",
                "TemperatureControl.TemperatureSetpoint": 4000,
                "TemperatureMeasurement.MeasuredValue": 3980,
                "BooleanState.StateValue": False,
                "Callahead.WashPhase": "Wash",
                "Callahead.DoorLocked": True,
                "Callahead.WaterLevel": 62.5,
                "Callahead.FillSeconds": 95,
                "Callahead.HeatingRate": 1.9,
                "Callahead.MotorCurrent": 1.4,
            },
        }, plain=True),
        EventType(WasherFaultEvent, "laveta/washer-7", "5-44", "2026-01-12T18:31:10Z", {
            "alarms": ["WaterLeak"],
            "attributes": {
                "OperationalState.OperationalState": "Error",
                "OperationalState.OperationalError": "UnableToCompleteOperation",
                "BooleanState.StateValue": True,
                "Callahead.WashPhase": "Wash",
                "Callahead.WaterLevel": 41.0,
            },
        }),
    ),
    parts=(WasherAttributes,),
    also=(
        Example("callahead.payment.attempt.v1", "laveta/washer-7", "5-60", "2026-01-13T08:00:00Z", {
            "end_to_end_id": "DETERGENT-2026-07",
            "status": "ACSC",
            "amount": "12.90",
            "currency": "EUR",
            "processor": "baltpay",
            "instrument": "wallet",
        }),
    ),
)  # fmt: skip
