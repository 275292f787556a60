"""What a phone sends: where it is, and how its own parts do. The published v1 contract."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gateway.contract.envelope import DeviceEvent
from gateway.contract.event_types import EventType, Messages
from gateway.contract.values import Listed, Measured, Percent, Position, Strict, Whole, unit

Hundredths = Annotated[int, Whole(-27_315, 32_767, "0.01 celsius")]
Count = Annotated[int, Whole(0, 65_535)]
Megabytes = Annotated[int, Whole(0, 16_000_000, "MB")]
ChargeState = Literal["Unknown", "IsCharging", "IsAtFullCharge", "IsNotCharging"]
SecureElement = Literal["Ready", "Locked", "NoResponse"]


class PhoneAttributes(Measured):
    """How the phone's parts do: Matter's Power Source (0x002F) as ``Cluster.Attribute``, the rest under our ``Callahead`` names."""

    battery: Annotated[int, Whole(0, 200, "0.5 percent")] | None = Field(None, alias="PowerSource.BatPercentRemaining")
    charge_state: ChargeState | None = Field(None, alias="PowerSource.BatChargeState")
    battery_health: Percent | None = Field(None, alias="Callahead.BatteryHealth")
    """Full charge now, of what it was when new."""
    battery_cycles: Count | None = Field(None, alias="Callahead.BatteryCycles")
    battery_temperature: Hundredths | None = Field(None, alias="Callahead.BatteryTemperature")
    sudden_shutdowns: Count | None = Field(None, alias="Callahead.SuddenShutdowns")
    """With charge left, in the last 24 hours."""
    plugged: bool | None = Field(None, alias="Callahead.ChargerConnected")
    charge_current: Annotated[float, Field(ge=0, le=20_000), unit("mA")] | None = Field(
        None, alias="Callahead.ChargeCurrent"
    )
    plug_losses: Count | None = Field(None, alias="Callahead.ChargerLosses")
    """How often a charger was lost and found again, in the last 24 hours."""
    port_moist: bool | None = Field(None, alias="Callahead.PortMoisture")
    storage_free: Megabytes | None = Field(None, alias="Callahead.StorageFree")
    storage_errors: Count | None = Field(None, alias="Callahead.StorageErrors")
    """Blocks that could not be read or written, in the last 24 hours."""
    rsrp: Annotated[int, Whole(-156, -31, "dBm")] | None = Field(None, alias="Callahead.Rsrp")
    """Reference signal received power (3GPP TS 36.133) of the cell it uses."""
    no_service: Percent | None = Field(None, alias="Callahead.NoService")
    """Share of the last 24 hours."""
    modem_resets: Count | None = Field(None, alias="Callahead.ModemResets")
    """In the last 24 hours."""
    dead_touch: Percent | None = Field(None, alias="Callahead.DeadTouchArea")
    """Share of the screen that does not feel a finger, by its self-test."""
    ghost_touches: Count | None = Field(None, alias="Callahead.GhostTouches")
    """Touches by nobody, in the last hour."""
    secure_element: SecureElement | None = Field(None, alias="Callahead.SecureElement")
    """What the chip answers that pays contactless."""
    tap_failures: Count | None = Field(None, alias="Callahead.ContactlessFailures")
    """Payments at a terminal that the phone itself did not complete, in the last 24 hours."""


PhoneAlarm = Literal[
    "BatteryWorn", "BatteryOverTemp", "ChargingFault", "MoistureInPort", "StorageFull", "StorageError", "RadioFault",
    "TouchFault", "SecureElementFault",
]  # fmt: skip
PhoneAlarms = Annotated[tuple[PhoneAlarm, ...], Listed(16)]


class PhoneStatus(Strict):
    """Where the phone is, and how it does."""

    position: Position | None = None
    alarms: PhoneAlarms | None = None
    """Those that stand; an empty list: none does. Left out: it does not say."""
    attributes: PhoneAttributes = PhoneAttributes()


class PhoneFault(Strict):
    """What the phone finds wrong with itself."""

    alarms: Annotated[tuple[PhoneAlarm, ...], Listed(16, least=1)]
    position: Position | None = None
    attributes: PhoneAttributes = PhoneAttributes()


class PhoneStatusEvent(DeviceEvent):  # noqa: D101
    type: Literal["callahead.phone.status.v1"] = "callahead.phone.status.v1"
    data: PhoneStatus


class PhoneFaultEvent(DeviceEvent):  # noqa: D101
    type: Literal["callahead.phone.fault.v1"] = "callahead.phone.fault.v1"
    data: PhoneFault


_HERE = {"latitude": 56.951212, "longitude": 24.113388, "accuracy_m": 6.5, "fix_time": "2026-01-12T07:41:00+01:00"}
MESSAGES = Messages(
    events=(
        EventType(
            PhoneStatusEvent, "volta/phone-1", "12-41", "2026-01-12T12:32:00+02:00", {"position": _HERE}, plain=True
        ),
        EventType(PhoneFaultEvent, "volta/phone-1", "12-44", "2026-01-12T13:05:30+02:00", {
            "alarms": ["SecureElementFault"],
            "position": _HERE,
            "attributes": {
                "PowerSource.BatPercentRemaining": 142,
                "Callahead.BatteryHealth": 88.0,
                "Callahead.StorageFree": 21500,
                "Callahead.SecureElement": "NoResponse",
                "Callahead.ContactlessFailures": 3,
            },
        }),
    ),
    parts=(PhoneAttributes,),
)  # fmt: skip
