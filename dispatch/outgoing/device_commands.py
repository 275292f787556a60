"""Which commands devices get for an action: the same in virtual time and on a real broker. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, assert_never

from dispatch.core.actions import (
    Action,
    AdoptTow,
    AppCommand,
    CallAction,
    CancelTow,
    CaseAction,
    DeviceCommand,
    DismissTruck,
    LetTowFinish,
    MessageAction,
    MoveTow,
    OfferAction,
    OwnerAction,
    PlanAction,
    ReassignTow,
    RedirectTow,
    RenewEta,
    RequestAction,
    SendNotice,
    SendTow,
    TellDriverToStop,
    TruckCommand,
)
from dispatch.core.ids import ActionKind, action_key, is_key_of, struggle_of
from dispatch.core.invitations.actions import ExplainStruggle, InviteCustomer, LeaveAlone
from dispatch.core.offers.actions import ProductAction
from dispatch.core.purse.actions import PaymentAction, PaymentTold
from dispatch.core.robots.actions import RobotAction
from dispatch.core.surveys.actions import SurveyAction
from dispatch.outgoing.payment_status import status_of
from gateway.contract.commands import (
    Command,
    Invitation,
    InvitationCommand,
    JobDestination,
    JobDestinationCommand,
    JobOffer,
    JobOfferCommand,
    JobScene,
    JobSceneCommand,
    JobWithdrawal,
    JobWithdrawalCommand,
    Notice,
    NoticeCommand,
    PaymentStatusCommand,
    StopSafely,
    StopSafelyCommand,
)

Addressed = tuple[str, Command]
"""The device, ``vendor/device``, and what it is told."""


_NOBODY_IS_TOLD = (
    CaseAction | RenewEta | LetTowFinish | LeaveAlone | PlanAction | RobotAction | SurveyAction | ProductAction
)
_FETCHED = RequestAction | CallAction | MessageAction
"""Partners and agents fetch it, and a message leaves by another door."""


def commands_of(action: Action, at: float) -> list[Addressed]:  # noqa: PLR0911 - the whole vocabulary on one screen
    """Return what devices are told for an action decided ``at`` (POSIX seconds): none for those that partners fetch.

    A command's id is the action's key, so that a device that gets it twice ignores the second.
    """
    if isinstance(action, TruckCommand):
        return _to_trucks(action, _head(action, at))
    if isinstance(action, OwnerAction):
        return _to_owner(action, _head(action, at))
    if isinstance(action, AppCommand):
        return _to_app(action, _head(action, at))
    if isinstance(action, PaymentTold):
        return _to_payer(action, _head(action, at))
    if isinstance(action, PaymentAction):
        return []  # the bank's, the customer's, and a person's
    if isinstance(action, _NOBODY_IS_TOLD):
        return []
    if isinstance(action, _FETCHED):
        return []
    assert_never(action)


def _head(action: DeviceCommand, at: float) -> dict[str, Any]:
    return {"id": action.key, "time": datetime.fromtimestamp(at, UTC), "provenance": action.provenance}


def _to_trucks(action: TruckCommand, head: dict[str, Any]) -> list[Addressed]:
    match action:
        case SendTow() | ReassignTow() | AdoptTow():
            return _offered(action, head)
        case DismissTruck():
            off = JobWithdrawal(job=action.tow, reason=_NO_LONGER[action.reason])
            return [(action.truck, JobWithdrawalCommand(**head, data=off))]
        case RedirectTow():
            where = JobDestination(job=action.tow, latitude=action.tow_to_latitude, longitude=action.tow_to_longitude)
            return [(action.truck, JobDestinationCommand(**head, data=where))]
        case MoveTow():
            return [(action.truck, JobSceneCommand(**head, data=_scene(action)))]
        case CancelTow():
            off = JobWithdrawal(job=action.tow, reason=action.reason)
            return [(action.truck, JobWithdrawalCommand(**head, data=off))]
        case _:
            assert_never(action)


def _to_owner(action: OwnerAction, head: dict[str, Any]) -> list[Addressed]:
    match action:
        case TellDriverToStop():
            stop = StopSafelyCommand(**head, data=StopSafely(case=action.case, reason=action.reason))
            return [(action.device, stop), *_on_the_phone(action, head)]
        case SendNotice():
            return [(action.device, NoticeCommand(**head, data=Notice(case=action.case, text=action.text)))]
        case _:
            assert_never(action)


def _to_app(action: AppCommand, head: dict[str, Any]) -> list[Addressed]:
    match action:
        case InviteCustomer():
            until = datetime.fromtimestamp(action.until, UTC)
            shown = Invitation(
                invitation=action.invitation, flow=action.flow, text=action.text, replies=action.replies, until=until
            )
            return [(action.device, InvitationCommand(**head, data=shown))]
        case ExplainStruggle():
            told = Notice(case=struggle_of(action.invitation), text=action.text)
            return [(action.device, NoticeCommand(**head, data=told))]
        case _:
            assert_never(action)


def _to_payer(action: PaymentTold, head: dict[str, Any]) -> list[Addressed]:
    """Tell the device that asked; what the house pays about a case, no device asked for."""
    status = PaymentStatusCommand(**head, data=status_of(action))
    return [(action.device, status)] if action.device else []


_NO_LONGER = {
    "closed": "the case is closed",
    "cancelled": "the customer wants no help",
    "done": "another truck has done it",
    "another_is_there": "another truck is there",
}


def _offered(action: OfferAction, head: dict[str, Any]) -> list[Addressed]:
    """Offer the job to one truck, and take it from the one that had it."""
    offer: Addressed = (action.truck, _offer(action, head))
    match action:
        case SendTow():
            return [offer]
        case ReassignTow():
            return [*_taken_away(action.from_truck, action, head), offer]
        case AdoptTow():  # who said yes late is offered it again, for its own withdrawal may still be on its way
            return [*_taken_away(action.instead_of, action, head), *([offer] if action.reason == "accepted" else [])]
        case _:
            assert_never(action)


def _taken_away(truck: str | None, action: ReassignTow | AdoptTow, head: dict[str, Any]) -> list[Addressed]:
    """Beside the offer to the next, under an id of its own; ``truck`` is ``None`` where nobody had the job."""
    mine = head | {"id": action_key(action.key, ActionKind.WITHDRAW)}
    off = JobWithdrawal(job=action.tow, reason="another truck goes")
    return [] if truck is None else [(truck, JobWithdrawalCommand(**mine, data=off))]


def _on_the_phone(action: TellDriverToStop, head: dict[str, Any]) -> list[Addressed]:
    """Show it on the owner's phone as well, whether or not the car is reached."""
    if action.also is None:
        return []
    shown = Notice(case=action.case, text=action.text)
    return [(action.also, NoticeCommand(**head | {"id": action_key(action.key, ActionKind.PHONE)}, data=shown))]


def may_be_left_out(command: Command) -> bool:
    """Tell whether the action is carried out without it, too: what is shown a second time, on another screen."""
    return is_key_of(ActionKind.PHONE, command.id)


def _offer(action: OfferAction, head: dict[str, Any]) -> JobOfferCommand:
    offer = JobOffer(
        job=action.tow,
        case=action.case,
        latitude=action.place.latitude,
        longitude=action.place.longitude,
        accuracy_m=action.place.accuracy_m,
        part=action.part,
        skill=action.skill,
        on_scene_s=action.on_scene_s,
        tow_to_latitude=action.tow_to_latitude,
        tow_to_longitude=action.tow_to_longitude,
    )
    return JobOfferCommand(**head, data=offer)


def _scene(action: MoveTow) -> JobScene:
    return JobScene(
        job=action.tow,
        latitude=action.place.latitude,
        longitude=action.place.longitude,
        accuracy_m=action.place.accuracy_m,
        part=action.part,
        on_scene_s=action.on_scene_s,
    )
