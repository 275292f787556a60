"""What a television set sends: Matter attributes of a Casting Video Player (0x0023), and faults. The published v1 contract."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gateway.contract.envelope import DeviceEvent
from gateway.contract.event_types import EventType, Example, Messages
from gateway.contract.values import Listed, Measured, Percent, Strict, Whole, unit

Hundredths = Annotated[int, Whole(-27_315, 32_767, "0.01 celsius")]
Count = Annotated[int, Whole(0, 65_535)]
Milliamperes = Annotated[float, Field(ge=0, le=5_000), unit("mA")]
Megabytes = Annotated[int, Whole(0, 16_000_000, "MB")]
Playback = Literal["Playing", "Paused", "NotPlaying", "Buffering"]
BootReason = Literal[
    "Unspecified", "PowerOnReboot", "BrownOutReset", "SoftwareWatchdogReset", "HardwareWatchdogReset",
    "SoftwareUpdateCompleted", "SoftwareReset",
]  # fmt: skip


class TvAttributes(Measured):
    """Matter attributes as ``Cluster.Attribute``, enumerations by the name that Matter gives a value.

    On/Off (0x0006), General Diagnostics (0x0033), Wi-Fi Network Diagnostics (0x0036), Temperature Measurement (0x0402) and Media
    Playback (0x0506). What Matter does not measure stands under our own ``Callahead`` names.
    """

    on: bool | None = Field(None, alias="OnOff.OnOff")
    playback: Playback | None = Field(None, alias="MediaPlayback.CurrentState")
    boot_reason: BootReason | None = Field(None, alias="GeneralDiagnostics.BootReason")
    """Of the latest start."""
    up_time: Annotated[int, Whole(0, 4_294_967_295, "s")] | None = Field(None, alias="GeneralDiagnostics.UpTime")
    """Since then."""
    rssi: Annotated[int, Whole(-120, 0, "dBm")] | None = Field(None, alias="WiFiNetworkDiagnostics.RSSI")
    beacons_lost: Annotated[int, Whole(0, 4_294_967_295)] | None = Field(
        None, alias="WiFiNetworkDiagnostics.BeaconLostCount"
    )
    temperature: Hundredths | None = Field(None, alias="TemperatureMeasurement.MeasuredValue")
    """Of the main board."""
    packet_loss: Percent | None = Field(None, alias="Callahead.GatewayPacketLoss")
    """To the home's router, in the last quarter of an hour."""
    radio_resets: Count | None = Field(None, alias="Callahead.RadioResets")
    """Of the Wi-Fi module, in the last 24 hours."""
    backlight: Milliamperes | None = Field(None, alias="Callahead.BacklightCurrent")
    backlight_wanted: Milliamperes | None = Field(None, alias="Callahead.BacklightCurrentWanted")
    backlight_voltage: Annotated[float, Field(ge=0, le=400), unit("V")] | None = Field(
        None, alias="Callahead.BacklightVoltage"
    )
    """Over the string of LEDs."""
    panel_errors: Count | None = Field(None, alias="Callahead.PanelLinkErrors")
    """Of the link between main board and panel, in the last hour."""
    supply: Annotated[float, Field(ge=0, le=60), unit("V")] | None = Field(None, alias="Callahead.SupplyVoltage")
    """Of the 12 V rail, while it is on."""
    ripple: Annotated[float, Field(ge=0, le=10_000), unit("mV")] | None = Field(None, alias="Callahead.SupplyRipple")
    """Of the same, peak to peak."""
    tuner_level: Annotated[float, Field(ge=0, le=130), unit("dBuV")] | None = Field(None, alias="Callahead.TunerLevel")
    """At the aerial's socket, where it is tuned to a channel."""
    tuner_mer: Annotated[float, Field(ge=0, le=60), unit("dB")] | None = Field(None, alias="Callahead.TunerMer")
    """Modulation error ratio behind the tuner."""
    storage_free: Megabytes | None = Field(None, alias="Callahead.StorageFree")
    memory_free: Megabytes | None = Field(None, alias="Callahead.MemoryFree")
    app_crashes: Count | None = Field(None, alias="Callahead.AppCrashes")
    """In the last hour."""


TvAlarm = Literal[
    "VisualDisplayFault", "PowerSource", "ResettableOverTemp", "Radio", "NonVolatileMemoryError",
    "ConnectionFailed", "NoSignal", "StorageFull", "SoftwareFault",
]  # fmt: skip
"""The first five are Matter's ``ActiveHardwareFaults``, ``ConnectionFailed`` is one of its ``ActiveNetworkFaults``, and
``SoftwareFault`` the event of its Software Diagnostics; the others are ours."""
TvAlarms = Annotated[tuple[TvAlarm, ...], Listed(16)]


class TvStatus(Strict):
    """How the television set does."""

    alarms: TvAlarms | None = None
    """Those that stand; an empty list: none does."""
    attributes: TvAttributes = TvAttributes()


class TvFault(Strict):
    """What the television set complains about."""

    alarms: Annotated[tuple[TvAlarm, ...], Listed(16, least=1)]
    attributes: TvAttributes = TvAttributes()


class TvStatusEvent(DeviceEvent):  # noqa: D101
    type: Literal["callahead.tv.status.v1"] = "callahead.tv.status.v1"
    data: TvStatus


class TvFaultEvent(DeviceEvent):  # noqa: D101
    type: Literal["callahead.tv.fault.v1"] = "callahead.tv.fault.v1"
    data: TvFault


MESSAGES = Messages(
    events=(
        EventType(TvStatusEvent, "visora/tv-3", "4-120", "2026-01-12T20:15:00Z", {
            "alarms": [],
            "attributes": {
                "OnOff.OnOff": True,
                "MediaPlayback.CurrentState": "Playing",
                "GeneralDiagnostics.BootReason": "PowerOnReboot",
                "GeneralDiagnostics.UpTime": 93600,
                "WiFiNetworkDiagnostics.RSSI": -58,
                "TemperatureMeasurement.MeasuredValue": 5420,
                "Callahead.BacklightCurrent": 398.0,
                "Callahead.BacklightCurrentWanted": 400.0,
                "Callahead.BacklightVoltage": 96.4,
                "Callahead.SupplyVoltage": 12.02,
                "Callahead.SupplyRipple": 38.0,
                "Callahead.StorageFree": 1840,
                "Callahead.AppCrashes": 0,
            },
        }, plain=True),
        EventType(TvFaultEvent, "visora/tv-3", "4-131", "2026-01-12T21:02:40Z", {
            "alarms": ["VisualDisplayFault"],
            "attributes": {
                "OnOff.OnOff": True,
                "Callahead.BacklightCurrent": 0.0,
                "Callahead.BacklightCurrentWanted": 400.0,
                "Callahead.BacklightVoltage": 131.0,
                "Callahead.SupplyVoltage": 12.05,
            },
        }),
    ),
    parts=(TvAttributes,),
    also=(
        Example("callahead.payment.attempt.v1", "visora/tv-3", "4-124", "2026-01-12T20:31:05Z", {
            "end_to_end_id": "FILM-88-20260112",
            "status": "RJCT",
            "reason": "AC16",
            "amount": "4.99",
            "currency": "EUR",
            "processor": "nordcard",
            "instrument": "card",
            "instrument_expires": "2025-12",
            "processor_response": "54",
        }),
    ),
)  # fmt: skip
