"""The envelope of every event: the attributes of CloudEvents 1.0. What is in it, its kind's ``messages`` say."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from gateway.contract.described import Described
from gateway.contract.topics import DEVICE_PATTERN, VENDOR_PATTERN
from gateway.contract.values import Moment, NullMeans, Text

CONTENT_TYPE = "application/cloudevents+json"
EVENT_BYTES = 16 * 1024
"""Of an event at most, user properties included, where its type does not say that it needs more (``EventType.max_bytes``)."""
EXTENSION_BYTES = 4 * 1024
"""Of what an event says beside the attributes of the contract."""
STATE_BYTES = 4 * 1024
"""Of a message on ``…/state``."""
MAX_PAYLOAD = 256 * 1024
"""Bytes of any message at all, a vendor's own among them."""

JSON_MEDIA_PATTERN = (
    r"^[ \t]*([Aa][Pp][Pp][Ll][Ii][Cc][Aa][Tt][Ii][Oo][Nn]|[Tt][Ee][Xx][Tt])/"
    r"([A-Za-z0-9!#$&^_.-]+\+)?[Jj][Ss][Oo][Nn][ \t]*(;[^\u0000-\u001f\u007f]*)?$"
)
Provenance = Literal["real", "simulated"]
Source = Annotated[str, StringConstraints(pattern=rf"^/{VENDOR_PATTERN}/{DEVICE_PATTERN}$")]
EVENT_ID = r"^(0|[1-9][0-9]{0,9})-(0|[1-9][0-9]{0,14})$"
EventId = Annotated[str, StringConstraints(pattern=EVENT_ID)]
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


class DeviceEvent(Described):
    """The CloudEvents attributes every event has. Extension attributes we do not know are let pass."""

    model_config = ConfigDict(
        extra="ignore",
        frozen=True,
        strict=True,
        allow_inf_nan=False,
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
    type: str
    data: BaseModel

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
