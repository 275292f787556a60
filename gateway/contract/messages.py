"""The events a device sends: CloudEvents 1.0 with JSON data. One model is parser, JSON Schema, docs and encoder.

``parse_event`` reads the structured mode; ``binding.read_event`` reads either mode, as MQTT delivers it.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from gateway.contract.cards import card_number_at, may_hold_card_number
from gateway.contract.fast_decoder import QuickReader
from gateway.contract.payments import (
    REASONS,
    Amount,
    Authentication,
    Bic,
    Currency,
    Iban,
    PayeeVerification,
    ProcessorResponse,
    ReasonCode,
    decimals_of,
    iban_holds,
)
from gateway.contract.refusals import Refused, Rule
from gateway.contract.topics import DEVICE_PATTERN, VENDOR_PATTERN
from gateway.contract.validation_errors import refusal
from gateway.contract.values import (
    ApplianceAttributes,
    Dtc,
    Gtin,
    Moment,
    NullMeans,
    Position,
    Strict,
    Text,
    VehicleSignals,
    Whole,
)

CONTENT_TYPE = "application/cloudevents+json"
MAX_PAYLOAD = 256 * 1024
"""Bytes."""

JSON_MEDIA_PATTERN = (
    r"^[ \t]*([Aa][Pp][Pp][Ll][Ii][Cc][Aa][Tt][Ii][Oo][Nn]|[Tt][Ee][Xx][Tt])/"
    r"([A-Za-z0-9!#$&^_.-]+\+)?[Jj][Ss][Oo][Nn][ \t]*(;[^\u0000-\u001f\u007f]*)?$"
)
Provenance = Literal["real", "simulated"]
Source = Annotated[str, StringConstraints(pattern=rf"^/{VENDOR_PATTERN}/{DEVICE_PATTERN}$")]
EventId = Annotated[str, StringConstraints(pattern=r"^(0|[1-9][0-9]{0,9})-(0|[1-9][0-9]{0,14})$")]
"""``{boot}-{seq}``: how often the device has restarted, and how many events it has sent since."""
_AnyJson = Annotated[str, StringConstraints(pattern=JSON_MEDIA_PATTERN), AfterValidator(lambda _: "application/json")]
JsonMedia = Annotated[
    Literal["application/json"] | _AnyJson,
    Field(union_mode="left_to_right"),
    NullMeans("application/json"),
]
"""A JSON media type, parameters allowed; read as ``application/json``."""
Attribute = Annotated[Text, Field(min_length=1, max_length=2_000)]


def _require(schema: dict[str, Any]) -> None:
    """Say in the schema what our own constructors may leave out and a sender may not."""
    schema["required"] = [*("specversion", "type"), *schema.get("required", [])]


class _Event(BaseModel):
    """The CloudEvents attributes every event has. Extension attributes we do not know are let pass."""

    model_config = ConfigDict(
        extra="ignore",
        frozen=True,
        strict=True,
        allow_inf_nan=False,
        use_attribute_docstrings=True,
        json_schema_extra=_require,
    )

    specversion: Literal["1.0"] = "1.0"
    source: Source
    """``/{vendor}/{device}``, as in the topic."""
    id: EventId
    """``{boot}-{seq}``: how often the device has restarted, and how many events it has sent since."""
    time: Moment
    """When it happened, by the device's clock; any offset."""
    datacontenttype: JsonMedia = "application/json"
    """A JSON media type, parameters allowed."""
    dataschema: Attribute | None = None
    """A URI of the data's schema; not read."""
    subject: Attribute | None = None
    """What within the source it is about; not read."""
    via: Source | None = None
    """The phone that relayed the event."""
    provenance: Annotated[Provenance, NullMeans("real")] = "real"
    """Simulated events never cause a real tow, order or call."""
    receipt: Literal["wanted"] | None = None
    """Ask for a ``callahead.receipt.v1`` on ``…/command`` once the event's fate is stored."""
    data_base64: None = Field(default=None, exclude=True)
    """Not taken: send ``data`` as JSON."""

    @property
    def device(self) -> str:
        """``vendor/device``."""
        return self.source[1:]

    @property
    def key(self) -> str:
        """What tells this event from all others: ``vendor/device/boot-seq``."""
        return f"{self.source[1:]}/{self.id}"

    @property
    def numbers(self) -> tuple[int, int]:
        """``boot`` and ``seq``."""
        boot, _, seq = self.id.partition("-")
        return int(boot), int(seq)

    @property
    def boot(self) -> int:
        """How often the device has restarted."""
        return self.numbers[0]

    @property
    def seq(self) -> int:
        """How many events the device has made since it started."""
        return self.numbers[1]

    def encode(self) -> bytes:
        """Return the bytes to publish."""
        return self.model_dump_json(by_alias=True, exclude_none=True).encode()


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

    codes: Annotated[tuple[Dtc, ...], Field(strict=False, max_length=64)] = ()
    """Empty where the driver tells of something that no control unit sees."""
    symptoms: Annotated[tuple[Symptom, ...], Field(strict=False, max_length=16)] = ()
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

    alarms: Annotated[tuple[ApplianceAlarm, ...], Field(strict=False, min_length=1, max_length=16)]
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

    items: Annotated[tuple[StockItem, ...], Field(strict=False, min_length=1, max_length=500)]


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
    creditor_account: Iban | None = None
    """Whom it was to reach."""
    debtor_agent: Bic | None = None
    """The payer's bank: its BIC (ISO 9362). An outage of one bank is told by its customers."""
    instrument: Literal["account", "card", "wallet"] | None = None
    """What was paid with."""
    instrument_expires: Annotated[str, StringConstraints(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$")] | None = None
    """The last month in which the card is valid, ``2027-03``."""
    method: Literal["TRF", "DD"] | None = None
    """From an account: pushed by the payer, or drawn by the payee under a mandate (ISO 20022 PaymentMethod)."""
    rejected_by: Bic | None = None
    """The bank that said no (pain.002 StsRsnInf/Orgtr): AC04 from the payer's bank and from the payee's differ."""
    processor_response: ProcessorResponse | None = None
    """What the card's bank answered, where it was paid by card."""
    three_d_secure: Authentication | None = None
    """How the card's holder was authenticated, where it was paid by card."""
    payee_verification: PayeeVerification | None = None
    """Whether the payee's name fits the account, as the payee's bank said before the transfer."""

    @model_validator(mode="after")
    def _has_the_decimals_of_its_currency(self) -> PaymentAttempt:
        places = decimals_of(self.currency)
        if len(self.amount.partition(".")[2]) > places:
            message = f"amount: {self.currency} has {places} decimal places (ISO 4217)"
            raise ValueError(message)
        return self

    @property
    def reason_meaning(self) -> str | None:
        """The reason in our words; ``None`` for one that we do not know, or none."""
        return REASONS.get(self.reason or "")

    @property
    def creditor_account_holds(self) -> bool | None:
        """Whether the check digits of the account's IBAN are right; ``None``: no account was told."""
        return iban_holds(self.creditor_account) if self.creditor_account else None


class PhoneStatus(Strict):
    """Where the phone is."""

    position: Position | None = None


class TruckJob(Strict):
    """What the truck makes of the job it was offered."""

    id: Annotated[Text, Field(max_length=200)]
    """As in the offer."""
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

_QUICK: QuickReader[DeviceEvent] = QuickReader(
    (VehicleStatusEvent, ApplianceStatusEvent, PhoneStatusEvent, TruckStatusEvent)
)
"""For the reports that nearly all traffic is made of."""

EVENT_CLASSES: tuple[type[DeviceEvent], ...] = (
    VehicleStatusEvent,
    VehicleFaultEvent,
    ApplianceStatusEvent,
    ApplianceFaultEvent,
    ApplianceStockEvent,
    PaymentAttemptEvent,
    PhoneStatusEvent,
    TruckStatusEvent,
)


class DeviceState(Strict):
    """What stands retained on ``…/state``. ``boot`` keeps an old last will from marking a newer session offline."""

    online: bool
    boot: Annotated[int, Whole(0, 9_999_999_999)]
    """How often the device has restarted, as in its events' ids."""
    time: Moment | None = None
    """Absent in a last will, which is written before its hour."""

    def encode(self) -> bytes:
        """Return the bytes to publish."""
        return self.model_dump_json(exclude_none=True).encode()


def parse_event(payload: bytes) -> DeviceEvent:
    """Read one event in structured mode. Raises ``Refused`` with the rule it breaks; never anything else.

    Of two JSON members of one name the later counts (RFC 8259 leaves it open).
    """
    if len(payload) > MAX_PAYLOAD:
        raise too_large(len(payload))
    try:
        event = _ADAPTER.validate_json(payload, by_alias=True, by_name=False)
    except ValidationError as error:
        raise refusal(error, payload) from None
    if "specversion" not in event.model_fields_set:
        raise Refused(Rule.NOT_A_CLOUDEVENT, "/specversion is required: '1.0'.", "/specversion", event.id)
    if may_hold_card_number(payload) and (pointer := card_number_at(payload)):
        raise Refused(Rule.CARD_NUMBER, _NO_CARDS, pointer, event.id)
    return event


def read_plain(payload: bytes) -> DeviceEvent | None:
    """Read one event in structured mode, where nothing about it is special; ``None``: ``parse_event`` has to.

    What comes has the attributes and properties of its model and is none: it cannot be copied, dumped or encoded.
    """
    return _QUICK.read(payload) if len(payload) <= MAX_PAYLOAD else None


def parse_state(payload: bytes) -> DeviceState:
    """Read what a device said of itself on ``…/state``. Raises ``Refused``."""
    if len(payload) > MAX_PAYLOAD:
        raise too_large(len(payload))
    try:
        return DeviceState.model_validate_json(payload)
    except ValidationError as error:
        raise refusal(error, payload) from None


def too_large(size: int) -> Refused:
    """Return the refusal of a message of ``size`` bytes, which is more than ``MAX_PAYLOAD``."""
    return Refused(Rule.TOO_LARGE, f"{size} bytes; at most {MAX_PAYLOAD} are taken. Send fewer items in one event.")


_NO_CARDS = "a card number stands in the event; it was not kept. Send a token or the last four digits."
