"""The events a device sends: CloudEvents 1.0 in structured JSON. One model is parser, JSON Schema, docs and encoder."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError

from gateway.contract.refusals import Refused, Rule
from gateway.contract.topics import DEVICE_PATTERN, VENDOR_PATTERN
from gateway.contract.values import (
    Amount,
    ApplianceAttributes,
    Currency,
    Dtc,
    Gtin,
    Position,
    ReasonCode,
    Strict,
    VehicleSignals,
    holds_card_number,
    may_hold_card_number,
)

CONTENT_TYPE = "application/cloudevents+json"
MAX_PAYLOAD = 256 * 1024
"""Bytes."""

Provenance = Literal["real", "simulated"]
Source = Annotated[str, StringConstraints(pattern=rf"^/{VENDOR_PATTERN}/{DEVICE_PATTERN}$")]
EventId = Annotated[str, StringConstraints(pattern=r"^(0|[1-9]\d{0,9})-(0|[1-9]\d{0,14})$")]
"""``{boot}-{seq}``: how often the device has restarted, and how many events it has sent since."""


class _Event(BaseModel):
    """The CloudEvents attributes every event has. Extension attributes we do not know are let pass."""

    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False)

    specversion: Literal["1.0"] = "1.0"
    source: Source
    id: EventId
    time: AwareDatetime
    """When it happened, by the device's clock; any offset."""
    datacontenttype: Literal["application/json"] = "application/json"
    via: Source | None = None
    """The phone that relayed the event."""
    provenance: Provenance = "real"
    """Simulated events never cause a real tow, order or call."""

    @property
    def device(self) -> str:
        """``vendor/device``."""
        return self.source[1:]

    @property
    def key(self) -> str:
        """What tells this event from all others: ``vendor/device/boot-seq``."""
        return f"{self.source[1:]}/{self.id}"

    @property
    def boot(self) -> int:
        """How often the device has restarted."""
        return int(self.id.partition("-")[0])

    @property
    def seq(self) -> int:
        """How many events the device has made since it started."""
        return int(self.id.partition("-")[2])

    def encode(self) -> bytes:
        """Return the bytes to publish."""
        return self.model_dump_json(by_alias=True, exclude_none=True).encode()


class VehicleStatus(Strict):
    """Where the car is and how it does. A ``DTCCount`` of 0 says that no trouble code is stored any more."""

    position: Position | None = None
    signals: VehicleSignals = VehicleSignals()


class VehicleFault(Strict):
    """Trouble codes with the freeze frame: the signals at the moment the fault was stored."""

    codes: Annotated[tuple[Dtc, ...], Field(min_length=1, max_length=64)]
    freeze_frame: VehicleSignals = VehicleSignals()
    position: Position | None = None


class ApplianceStatus(Strict):
    """How the appliance does."""

    attributes: ApplianceAttributes


ApplianceAlarm = Literal[
    "DoorOpen", "HighTemperature", "CompressorStart", "SensorFault", "FanStalled", "PowerLost", "DefrostFault"
]
"""``DoorOpen`` is Matter's RefrigeratorAlarm bit 0; the others are ours."""


class ApplianceFault(Strict):
    """What the appliance's own controller complains about."""

    alarms: Annotated[tuple[ApplianceAlarm, ...], Field(min_length=1, max_length=16)]
    attributes: ApplianceAttributes = ApplianceAttributes()


class StockItem(Strict):
    """One article: what is left of it and when to order."""

    gtin: Gtin
    name: Annotated[str, StringConstraints(max_length=80)]
    quantity: Annotated[float, Field(ge=0, le=100_000)]
    reorder_at: Annotated[float, Field(ge=0, le=100_000)]
    reorder_quantity: Annotated[float, Field(gt=0, le=100_000)]


class ApplianceStock(Strict):
    """What is in the appliance."""

    items: Annotated[tuple[StockItem, ...], Field(min_length=1, max_length=500)]


class PaymentAttempt(Strict):
    """One attempt to pay, in the words of ISO 20022 pain.002. Never a card number."""

    end_to_end_id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._/-]{1,35}$")]
    """The same for every attempt at one payment."""
    status: Literal["ACSC", "PDNG", "RJCT"]
    """Settled, pending or rejected."""
    reason: ReasonCode | None = None
    """Why it was rejected."""
    amount: Amount
    currency: Currency
    processor: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,40}$")]
    """Who carries the payment; an outage is told by many customers of one processor."""


class PhoneStatus(Strict):
    """Where the phone is."""

    position: Position | None = None


class TruckJob(Strict):
    """What the truck makes of the job it was offered."""

    id: Annotated[str, StringConstraints(max_length=200)]
    state: Literal["accepted", "declined", "arrived", "finished"]


class TruckStatus(Strict):
    """Where the truck is, whether it takes jobs, and how its job stands."""

    position: Position
    duty: Literal["on", "off"] = "on"
    job: TruckJob | None = None


class VehicleStatusEvent(_Event):  # noqa: D101
    type: Literal["callahead.vehicle.status.v1"] = "callahead.vehicle.status.v1"
    data: VehicleStatus


class VehicleFaultEvent(_Event):  # noqa: D101
    type: Literal["callahead.vehicle.fault.v1"] = "callahead.vehicle.fault.v1"
    data: VehicleFault


class ApplianceStatusEvent(_Event):  # noqa: D101
    type: Literal["callahead.appliance.status.v1"] = "callahead.appliance.status.v1"
    data: ApplianceStatus


class ApplianceFaultEvent(_Event):  # noqa: D101
    type: Literal["callahead.appliance.fault.v1"] = "callahead.appliance.fault.v1"
    data: ApplianceFault


class ApplianceStockEvent(_Event):  # noqa: D101
    type: Literal["callahead.appliance.stock.v1"] = "callahead.appliance.stock.v1"
    data: ApplianceStock


class PaymentAttemptEvent(_Event):  # noqa: D101
    type: Literal["callahead.payment.attempt.v1"] = "callahead.payment.attempt.v1"
    data: PaymentAttempt


class PhoneStatusEvent(_Event):  # noqa: D101
    type: Literal["callahead.phone.status.v1"] = "callahead.phone.status.v1"
    data: PhoneStatus


class TruckStatusEvent(_Event):  # noqa: D101
    type: Literal["callahead.truck.status.v1"] = "callahead.truck.status.v1"
    data: TruckStatus


DeviceEvent = (
    VehicleStatusEvent
    | VehicleFaultEvent
    | ApplianceStatusEvent
    | ApplianceFaultEvent
    | ApplianceStockEvent
    | PaymentAttemptEvent
    | PhoneStatusEvent
    | TruckStatusEvent
)
_ADAPTER: TypeAdapter[DeviceEvent] = TypeAdapter(Annotated[DeviceEvent, Field(discriminator="type")])


class DeviceState(Strict):
    """What stands retained on ``…/state``. ``boot`` keeps an old last will from marking a newer session offline."""

    online: bool
    boot: Annotated[int, Field(ge=0)]
    time: AwareDatetime | None = None
    """Absent in a last will, which is written before its hour."""

    def encode(self) -> bytes:
        """Return the bytes to publish."""
        return self.model_dump_json(exclude_none=True).encode()


def parse_event(payload: bytes) -> DeviceEvent:
    """Read one event. Raises ``Refused`` with the rule it breaks; never anything else."""
    if len(payload) > MAX_PAYLOAD:
        raise Refused(
            Rule.TOO_LARGE, f"{len(payload)} bytes; at most {MAX_PAYLOAD} are taken. Send fewer items in one event."
        )
    try:
        event = _ADAPTER.validate_json(payload)
    except ValidationError as error:
        raise _refusal(error, payload) from None
    if may_hold_card_number(payload) and (pointer := _card_number_at(json.loads(payload))):
        raise Refused(
            Rule.CARD_NUMBER,
            "a card number stands in the event; it was not kept. Send a token or the last four digits.",
            pointer=pointer,
            event_id=event.id,
        )
    return event


def parse_state(payload: bytes) -> DeviceState:
    """Read what a device said of itself on ``…/state``. Raises ``Refused``."""
    if len(payload) > MAX_PAYLOAD:
        raise Refused(Rule.TOO_LARGE, f"{len(payload)} bytes; at most {MAX_PAYLOAD} are taken.")
    try:
        return DeviceState.model_validate_json(payload)
    except ValidationError as error:
        raise _refusal(error, payload) from None


_ENVELOPE = {"specversion", "source", "id", "time", "datacontenttype", "via", "provenance"}


def _refusal(error: ValidationError, payload: bytes) -> Refused:
    first = error.errors(include_url=False)[0]
    kind, where = first["type"], [str(part) for part in first["loc"]]
    if kind in {"json_invalid", "json_type"}:
        return Refused(Rule.NOT_JSON, f"{first['msg']}. Send one JSON object, UTF-8.")
    event_id = _readable_id(payload)
    if not where and kind != "union_tag_invalid":
        return Refused(
            Rule.NOT_A_CLOUDEVENT,
            f"a JSON object with CloudEvents 1.0 attributes and a 'type' is expected: {first['msg']}.",
            event_id=event_id,
        )
    if kind == "union_tag_invalid":
        return Refused(
            Rule.UNKNOWN_TYPE,
            f"{first['ctx']['tag']!r} is none of {first['ctx']['expected_tags']}.",
            pointer="/type",
            event_id=event_id,
        )
    if where and where[0].startswith("callahead."):
        where = where[1:]  # the union's tag is not a part of the message
    pointer = "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in where)
    rule = Rule.NOT_A_CLOUDEVENT if where and where[0] in _ENVELOPE else Rule.INVALID_VALUE
    detail = f"{pointer or 'the message'}: {first['msg']}."
    return Refused(rule, detail, pointer=pointer or None, event_id=event_id)


def _readable_id(payload: bytes) -> str | None:
    found: Any = json.loads(payload)
    event_id = found.get("id") if isinstance(found, dict) else None
    return event_id if isinstance(event_id, str) and len(event_id) <= 64 else None  # noqa: PLR2004 - a sane echo


def _card_number_at(value: Any, pointer: str = "", name: str = "") -> str | None:  # noqa: ANN401 - any JSON
    """Return the pointer of the first text that holds a card number, outside the fields whose format says otherwise."""
    if isinstance(value, dict):
        found = (_card_number_at(part, f"{pointer}/{key}", key) for key, part in value.items())
        return next((at for at in found if at), None)
    if isinstance(value, list):
        found = (_card_number_at(part, f"{pointer}/{index}", name) for index, part in enumerate(value))
        return next((at for at in found if at), None)
    if isinstance(value, str) and name not in {"gtin", "id", "time", "fix_time"} and holds_card_number(value):
        return pointer
    return None
