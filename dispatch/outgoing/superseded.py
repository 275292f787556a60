"""Which commands no longer say what the desk wants, as after a restart: an offer it has moved on from. Pure."""

from __future__ import annotations

from typing import assert_never

from dispatch.core.actions import (
    Action,
    AdoptTow,
    CallAction,
    CancelTow,
    CaseAction,
    DismissTruck,
    LetTowFinish,
    MessageAction,
    MoveTow,
    OwnerAction,
    PlanAction,
    ReassignTow,
    RedirectTow,
    RenewEta,
    RequestAction,
    SendNotice,
    SendTow,
    TellDriverToStop,
    TowAction,
)
from dispatch.core.invitations.actions import ExplainStruggle, InviteCustomer, LeaveAlone
from dispatch.core.offers.actions import ProductAction
from dispatch.core.purse.actions import PaymentAction
from dispatch.core.robots.actions import RobotAction
from dispatch.core.surveys.actions import SurveyAction
from dispatch.outgoing.device_commands import Addressed
from dispatch.views.case_view import CaseView
from dispatch.views.casebook import Casebook
from gateway.contract.commands import JobWithdrawalCommand

_OF_NO_DEVICE = (
    CaseAction
    | RequestAction
    | MessageAction
    | CallAction
    | PlanAction
    | PaymentAction
    | ProductAction
    | RobotAction
    | SurveyAction
)


def still_wanted(action: Action, commands: list[Addressed], book: Casebook) -> list[Addressed]:
    """Return the commands that are still to be sent. What takes a job away from a truck always is."""
    if not _overtaken(action, book):
        return commands
    return [(device, command) for device, command in commands if isinstance(command, JobWithdrawalCommand)]


def _overtaken(action: Action, book: Casebook) -> bool:
    if isinstance(action, TowAction):
        return _truck_has_moved_on(action, book.cases.get(action.case))
    if isinstance(action, OwnerAction):
        return _owner_knows_better(action, book.cases.get(action.case))
    if isinstance(action, InviteCustomer | LeaveAlone | ExplainStruggle):
        return False  # an invitation says itself until when it is shown
    if isinstance(action, _OF_NO_DEVICE):
        return False  # no device is told, or only of what is so
    assert_never(action)


def _truck_has_moved_on(action: TowAction, case: CaseView | None) -> bool:
    help_ = case.help if case is not None else None
    if help_ is None:
        return False
    match action:
        case SendTow():
            return help_.attempts > 1 or help_.state not in _COMES
        case ReassignTow() | AdoptTow():
            return help_.attempts > action.attempt or help_.state not in _COMES
        case RedirectTow():
            return help_.truck != action.truck
        case MoveTow():
            return help_.truck != action.truck or help_.moves > action.number
        case DismissTruck() | CancelTow() | RenewEta() | LetTowFinish():
            return False  # takes a job away, or is told to no device
        case _:
            assert_never(action)


def _owner_knows_better(action: OwnerAction, case: CaseView | None) -> bool:
    match action:
        case TellDriverToStop():
            return case is not None and not case.open
        case SendNotice():
            informed = case is not None and (not case.open or case.informed_at is not None)
            return informed and action.beside_call
        case _:
            assert_never(action)


_COMES = {"offered", "promised"}
