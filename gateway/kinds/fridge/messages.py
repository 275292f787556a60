"""What a fridge sends: Matter attributes, alarms, stock by GTIN. The published v1 contract."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gateway.contract.envelope import DeviceEvent
from gateway.contract.event_types import EventType, Example, Messages
from gateway.contract.values import Gtin, Listed, Measured, Percent, Strict, Text, Whole, unit

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
    temperature_levels: Annotated[tuple[Annotated[Text, Field(max_length=16)], ...], Listed(32)] | None = Field(
        None, alias="TemperatureControl.SupportedTemperatureLevels"
    )
    alarm_mask: Bitmap | None = Field(None, alias="RefrigeratorAlarm.Mask")
    alarm_state: Bitmap | None = Field(None, alias="RefrigeratorAlarm.State")
    """Bit 0: the door has been open for too long."""
    alarm_supported: Bitmap | None = Field(None, alias="RefrigeratorAlarm.Supported")
    compressor_duty: Percent | None = Field(None, alias="Callahead.CompressorDuty")
    """Share of the last hour that the compressor ran."""
    compressor_current: Annotated[float, Field(ge=0, le=50), unit("A")] | None = Field(
        None, alias="Callahead.CompressorCurrent"
    )
    """While it ran; 0: it did not start."""
    fan_running: bool | None = Field(None, alias="Callahead.FanRunning")
    """The fan that moves the cold air."""
    mains_present: bool | None = Field(None, alias="Callahead.MainsPresent")
    """False: it runs on its reserve, or says so before it goes out."""
    mains_voltage: Annotated[float, Field(ge=0, le=500), unit("V")] | None = Field(None, alias="Callahead.MainsVoltage")
    evaporator_temperature: Hundredths | None = Field(None, alias="Callahead.EvaporatorTemperature")
    """Of the cold plate or coil; it is what defrosting watches."""
    condenser_temperature: Hundredths | None = Field(None, alias="Callahead.CondenserTemperature")
    """Of the warm side, at the back or below."""
    room_temperature: Hundredths | None = Field(None, alias="Callahead.RoomTemperature")
    defrost_heater_current: Annotated[float, Field(ge=0, le=20), unit("A")] | None = Field(
        None, alias="Callahead.DefrostHeaterCurrent"
    )
    """In its latest defrost; 0: the heater stayed cold."""
    door_open_seconds: Annotated[int, Whole(0, 3_600, "s")] | None = Field(None, alias="Callahead.DoorOpenSeconds")
    """In the last hour."""

    @property
    def door_open(self) -> bool | None:
        """Bit 0 of RefrigeratorAlarm.State."""
        return None if self.alarm_state is None else bool(self.alarm_state & 1)


class ApplianceStatus(Strict):
    """How the appliance does."""

    attributes: ApplianceAttributes


ApplianceAlarm = Literal[
    "DoorOpen", "HighTemperature", "CompressorStart", "SensorFault", "FanStalled", "PowerLost", "DefrostFault",
    "CondenserHot", "IceMakerFault", "ControlFault",
]  # fmt: skip
"""``DoorOpen`` is Matter's RefrigeratorAlarm bit 0; the others are ours."""


class ApplianceFault(Strict):
    """What the appliance's own controller complains about."""

    alarms: Annotated[tuple[ApplianceAlarm, ...], Listed(16, least=1)]
    attributes: ApplianceAttributes = ApplianceAttributes()


class StockItem(Strict):
    """One article: what is left of it and when to order."""

    gtin: Gtin
    """GS1 number of 8, 12, 13 or 14 digits with its check digit."""
    name: Annotated[Text, Field(max_length=80)]
    quantity: Annotated[float, Field(ge=0, le=100_000)]
    reorder_at: Annotated[float, Field(ge=0, le=100_000)]
    reorder_quantity: Annotated[float, Field(gt=0, le=100_000)]


class ApplianceStock(Strict):
    """What is in the appliance."""

    items: Annotated[tuple[StockItem, ...], Listed(500, least=1)]


class ApplianceStatusEvent(DeviceEvent):  # noqa: D101
    type: Literal["callahead.appliance.status.v1"] = "callahead.appliance.status.v1"
    data: ApplianceStatus


class ApplianceFaultEvent(DeviceEvent):  # noqa: D101
    type: Literal["callahead.appliance.fault.v1"] = "callahead.appliance.fault.v1"
    data: ApplianceFault


class ApplianceStockEvent(DeviceEvent):  # noqa: D101
    type: Literal["callahead.appliance.stock.v1"] = "callahead.appliance.stock.v1"
    data: ApplianceStock


MESSAGES = Messages(
    events=(
        EventType(ApplianceStatusEvent, "frosty/fridge-12", "3-88", "2026-01-12T06:00:00Z", {
            "attributes": {
                "TemperatureMeasurement.MeasuredValue": 412,
                "TemperatureControl.TemperatureSetpoint": 400,
                "RefrigeratorAlarm.State": 0,
                "Callahead.CompressorDuty": 38.5,
                "Callahead.MainsPresent": True,
            },
        }, plain=True),
        EventType(ApplianceFaultEvent, "frosty/fridge-12", "3-91", "2026-01-12T09:15:30Z", {
            "alarms": ["HighTemperature", "CompressorStart"],
            "attributes": {
                "TemperatureMeasurement.MeasuredValue": 1160,
                "TemperatureControl.TemperatureSetpoint": 400,
                "Callahead.CompressorDuty": 100,
                "Callahead.CompressorCurrent": 0,
            },
        }),
        EventType(ApplianceStockEvent, "frosty/fridge-12", "3-92", "2026-01-12T10:00:00Z", {
            "items": [{"gtin": "4006381333931", "name": "milk 1 l", "quantity": 0.5, "reorder_at": 1,
                       "reorder_quantity": 4}],
        }, max_bytes=128 * 1024),
    ),
    parts=(ApplianceAttributes, StockItem),
    also=(
        Example("callahead.payment.attempt.v1", "frosty/fridge-12", "3-95", "2026-01-12T10:02:10Z", {
            "end_to_end_id": "ORDER-2026-00412",
            "status": "RJCT",
            "reason": "AM04",
            "amount": "23.40",
            "currency": "EUR",
            "processor": "baltpay",
            "instrument": "account",
            "method": "TRF",
        }),
    ),
    expected={"gtin": "8, 12, 13 or 14 digits with the GS1 check digit"},
)  # fmt: skip
