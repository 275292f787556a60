"""Which commands devices get for an action: the same in virtual time and on a real broker. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from dispatch.actions import Action, CancelTow, MoveTow, ReassignTow, RedirectTow, SendNotice, SendTow, TellDriverToStop
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


def commands_of(action: Action, at: float) -> list[Addressed]:  # noqa: PLR0911 - the whole vocabulary on one screen
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
        case ReassignTow(from_truck=None):
            return [(action.truck, _offer(action, head))]
        case ReassignTow(from_truck=str(before)):
            off = JobWithdrawal(job=action.tow, reason="another truck goes")
            first = JobWithdrawalCommand(**head | {"id": f"{action.key}/withdraw"}, data=off)
            return [(before, first), (action.truck, _offer(action, head))]
        case RedirectTow():
            where = JobDestination(job=action.tow, latitude=action.tow_to_latitude, longitude=action.tow_to_longitude)
            return [(action.truck, JobDestinationCommand(**head, data=where))]
        case MoveTow():
            return [(action.truck, JobSceneCommand(**head, data=_scene(action)))]
        case CancelTow():
            off = JobWithdrawal(job=action.tow, reason=action.reason)
            return [(action.truck, JobWithdrawalCommand(**head, data=off))]
        case TellDriverToStop():
            return [(action.device, StopSafelyCommand(**head, data=StopSafely(case=action.case, reason=action.reason)))]
        case SendNotice():
            return [(action.device, NoticeCommand(**head, data=Notice(case=action.case, text=action.text)))]
        case _:
            return []


def _offer(action: SendTow | ReassignTow, head: dict[str, Any]) -> JobOfferCommand:
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
