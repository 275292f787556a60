"""What we send down on ``…/command``: CloudEvents with the source ``/callahead`` and an id derived from the action."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, ConfigDict, Field, TypeAdapter

from gateway.contract.described import LATER, Described
from gateway.contract.envelope import Provenance
from gateway.contract.values import Strict


def _require(schema: dict[str, Any]) -> None:
    """Say in the schema that these are always there, although our own code need not write them out."""
    schema["required"] = [*("specversion", "type", "source"), *schema.get("required", [])]


class _Command(Described):
    """A command is delivered at least once; a device that has seen the ``id`` ignores it."""

    model_config = ConfigDict(frozen=True, extra="ignore", json_schema_extra=_require)

    specversion: Literal["1.0"] = "1.0"
    source: Literal["/callahead"] = "/callahead"
    id: str
    """The same in every repeat of one command."""
    time: AwareDatetime
    datacontenttype: Literal["application/json"] = "application/json"
    provenance: Provenance
    """``simulated``: act on it as you would, but for show."""

    def encode(self) -> bytes:
        """Return the bytes to publish."""
        return self.model_dump_json(exclude_none=True).encode()


class StopSafely(Strict):
    """To a car: show the driver to stop at the next safe place."""

    case: str
    reason: str


class JobOffer(Strict):
    """To a truck: go there. Answer with a status event whose ``job`` is accepted or declined."""

    job: str
    case: str
    latitude: float
    longitude: float
    accuracy_m: float
    part: str
    skill: str
    on_scene_s: float
    """How long the work there is expected to take, seconds."""
    tow_to_latitude: float | None = None
    tow_to_longitude: float | None = None


class JobWithdrawal(Strict):
    """To a truck: the job is no longer yours."""

    job: str
    reason: str


class JobDestination(Strict):
    """To a truck: take the car there; it replaces the destination of the offer."""

    job: str
    latitude: float
    longitude: float


class JobScene(Strict):
    """To a truck: the car stands there, and this is broken; it replaces what the offer said of it."""

    job: str
    latitude: float
    longitude: float
    accuracy_m: float
    part: str | None = None
    """Absent: as it was."""
    on_scene_s: float | None = None
    """How long the work there is expected to take, seconds; absent: as it was."""


class Notice(Strict):
    """To a phone or an appliance: show this to its owner."""

    case: str
    text: str


Reply = Literal["talk", "chat", "later", "no"]


class Invitation(Strict):
    """To an app whose customer struggles: ask whether they want help. Answer with ``callahead.app.step.v1``, ``answered``."""

    invitation: str
    flow: str
    """In which they struggle."""
    text: str
    """To be shown, in the customer's language."""
    replies: tuple[Reply, ...]
    """What may be answered."""
    until: AwareDatetime
    """Not shown any longer."""


IsoStatus = Literal["ACSP", "ACSC", "RJCT", "PDNG", "CANC"]


class PaymentStatus(Strict):
    """To a device that asked to pay: how that payment stands; a later one replaces an earlier one."""

    end_to_end_id: str
    """As the device asked for it."""
    status: IsoStatus
    """ISO 20022: ``ACSP`` the money is set aside and the bank is to pay, ``ACSC`` paid, ``RJCT`` refused, ``PDNG`` the customer is
    asked, ``CANC`` called off, or given back."""
    reason: str | None = None
    """ISO 20022 external status reason of ``RJCT`` and ``CANC``."""
    detail: str | None = None
    """The reason in words."""
    event_id: str | None = None
    """Where only this event of yours is refused, since it asks for something else under that name: the payment stands as told."""
    until: AwareDatetime | None = None
    """Of ``PDNG``: who has not said yes by then has not agreed."""
    amount: str | None = None
    """Of what was set aside at most: what is paid of it, a decimal string."""


Taken = Literal["accepted", "repeat", "refused"]


class Receipt(Strict):
    """To whoever asked with ``receipt: "wanted"``: what became of an event, now that it is stored."""

    source: str | None = None
    """The event's, where it could be read."""
    event_id: str | None = None
    """The event's ``id``, where it could be read."""
    verdict: Taken
    """``repeat``: it was taken before, and is not taken twice."""
    rule: str | None = None
    """The rule it broke; ``…/rejected`` says more."""
    sha256: str
    """Of the payload as received."""


class StopSafelyCommand(_Command):  # noqa: D101
    type: Literal["callahead.command.stop-safely.v1"] = "callahead.command.stop-safely.v1"
    data: StopSafely


class JobOfferCommand(_Command):  # noqa: D101
    type: Literal["callahead.command.job-offer.v1"] = "callahead.command.job-offer.v1"
    data: JobOffer


class JobWithdrawalCommand(_Command):  # noqa: D101
    type: Literal["callahead.command.job-withdrawal.v1"] = "callahead.command.job-withdrawal.v1"
    data: JobWithdrawal


class JobDestinationCommand(_Command):  # noqa: D101
    type: Literal["callahead.command.job-destination.v1"] = "callahead.command.job-destination.v1"
    data: JobDestination


class JobSceneCommand(_Command):  # noqa: D101
    type: Literal["callahead.command.job-scene.v1"] = "callahead.command.job-scene.v1"
    data: JobScene


class NoticeCommand(_Command):  # noqa: D101
    type: Literal["callahead.command.notice.v1"] = "callahead.command.notice.v1"
    data: Notice


class InvitationCommand(_Command):  # noqa: D101
    type: Literal["callahead.command.invitation.v1"] = "callahead.command.invitation.v1"
    data: Invitation


class PaymentStatusCommand(_Command):  # noqa: D101
    type: Literal["callahead.payment.status.v1"] = "callahead.payment.status.v1"
    data: PaymentStatus


class ReceiptCommand(_Command):  # noqa: D101
    type: Literal["callahead.receipt.v1"] = "callahead.receipt.v1"
    data: Receipt


Command = (
    StopSafelyCommand
    | JobOfferCommand
    | JobWithdrawalCommand
    | JobDestinationCommand
    | JobSceneCommand
    | NoticeCommand
    | InvitationCommand
    | PaymentStatusCommand
    | ReceiptCommand
)
COMMAND_CLASSES: tuple[type[Command], ...] = (
    StopSafelyCommand,
    JobOfferCommand,
    JobWithdrawalCommand,
    JobDestinationCommand,
    JobSceneCommand,
    NoticeCommand,
    InvitationCommand,
    PaymentStatusCommand,
    ReceiptCommand,
)
_ADAPTER: TypeAdapter[Command] = TypeAdapter(Annotated[Command, Field(discriminator="type")], config=LATER)


def parse_command(payload: bytes) -> Command:
    """Read a command, as a device does. Raises pydantic's ``ValidationError``."""
    return _ADAPTER.validate_json(payload)
