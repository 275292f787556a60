"""Which commands devices get for an action: the same in virtual time and on a real broker. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, assert_never

from dispatch.core.actions import (
    Action,
    AdoptTow,
    AssignCall,
    BookWorkshop,
    CancelTow,
    CloseCase,
    DismissTruck,
    EscalateCase,
    LetTowFinish,
    MoveCase,
    MoveTow,
    OpenCase,
    PlaceOrder,
    QueueCall,
    ReassignTow,
    RedirectTow,
    RenewEta,
    ReviseCase,
    SendNotice,
    SendTow,
    TellDriverToStop,
    WithdrawCall,
    WithdrawRequest,
)
from dispatch.core.ids import ActionKind, action_key, is_key_of
from gateway.contract.commands import (
    Command,
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
    StopSafely,
    StopSafelyCommand,
)

Addressed = tuple[str, Command]
"""The device, ``vendor/device``, and what it is told."""


def commands_of(action: Action, at: float) -> list[Addressed]:  # noqa: C901, PLR0911 - the whole vocabulary on one screen
    """Return what devices are told for an action decided ``at`` (POSIX seconds): none for those that partners fetch.

    A command's id is the action's key, so that a device that gets it twice ignores the second.
    """
    head: dict[str, Any] = {
        "id": action.key,
        "time": datetime.fromtimestamp(at, UTC),
        "provenance": getattr(action, "provenance", "real"),
    }
    match action:
        case SendTow():
            return [(action.truck, _offer(action, head))]
        case ReassignTow():
            return [*_another_goes(action, head), (action.truck, _offer(action, head))]
        case AdoptTow():
            return _adopted(action, head)
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
        case TellDriverToStop():
            stop = StopSafelyCommand(**head, data=StopSafely(case=action.case, reason=action.reason))
            return [(action.device, stop), *_on_the_phone(action, head)]
        case SendNotice():
            return [(action.device, NoticeCommand(**head, data=Notice(case=action.case, text=action.text)))]
        case OpenCase() | ReviseCase() | MoveCase() | CloseCase() | LetTowFinish() | RenewEta() | EscalateCase():
            return []  # nobody outside is told
        case BookWorkshop() | PlaceOrder() | WithdrawRequest() | QueueCall() | AssignCall() | WithdrawCall():
            return []  # partners and agents fetch it
        case _:
            assert_never(action)


def _another_goes(action: ReassignTow, head: dict[str, Any]) -> list[Addressed]:
    if action.from_truck is None:
        return []
    return [(action.from_truck, _taken_away(action, head))]


def _taken_away(action: ReassignTow | AdoptTow, head: dict[str, Any]) -> JobWithdrawalCommand:
    """Beside the offer to the next, under an id of its own."""
    mine = head | {"id": action_key(action.key, ActionKind.WITHDRAW)}
    return JobWithdrawalCommand(**mine, data=JobWithdrawal(job=action.tow, reason="another truck goes"))


_NO_LONGER = {
    "closed": "the case is closed",
    "cancelled": "the customer wants no help",
    "done": "another truck has done it",
    "another_is_there": "another truck is there",
}


def _adopted(action: AdoptTow, head: dict[str, Any]) -> list[Addressed]:
    """Call the other off. Who said yes late is offered the job again, for its own withdrawal may still be on its way."""
    told: list[Addressed] = []
    if action.instead_of is not None:
        told.append((action.instead_of, _taken_away(action, head)))
    if action.reason == "accepted":
        told.append((action.truck, _offer(action, head)))
    return told


def _on_the_phone(action: TellDriverToStop, head: dict[str, Any]) -> list[Addressed]:
    """Show it on the owner's phone as well, whether or not the car is reached."""
    if action.also is None:
        return []
    shown = Notice(case=action.case, text=action.text)
    return [(action.also, NoticeCommand(**head | {"id": action_key(action.key, ActionKind.PHONE)}, data=shown))]


def may_be_left_out(command: Command) -> bool:
    """Tell whether the action is carried out without it, too: what is shown a second time, on another screen."""
    return is_key_of(ActionKind.PHONE, command.id)


def _offer(action: SendTow | ReassignTow | AdoptTow, head: dict[str, Any]) -> JobOfferCommand:
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
