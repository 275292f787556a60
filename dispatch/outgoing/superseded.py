"""Which commands no longer say what the desk wants, as after a restart: an offer it has moved on from. Pure."""

from __future__ import annotations

from dispatch.core.actions import (
    Action,
    AdoptTow,
    MoveTow,
    ReassignTow,
    RedirectTow,
    SendNotice,
    SendTow,
    TellDriverToStop,
)
from dispatch.outgoing.device_commands import Addressed
from dispatch.views.casebook import Casebook
from gateway.contract.commands import JobWithdrawalCommand


def still_wanted(action: Action, commands: list[Addressed], book: Casebook) -> list[Addressed]:
    """Return the commands that are still to be sent. What takes a job away from a truck always is."""
    if not _overtaken(action, book):
        return commands
    return [(device, command) for device, command in commands if isinstance(command, JobWithdrawalCommand)]


def _overtaken(action: Action, book: Casebook) -> bool:
    match action:
        case SendTow() | ReassignTow() | AdoptTow():
            attempt = 1 if isinstance(action, SendTow) else action.attempt
            case = book.cases.get(action.case)
            help_ = case.help if case else None
            return help_ is not None and (help_.attempts > attempt or help_.state not in {"offered", "promised"})
        case RedirectTow():
            case = book.cases.get(action.case)
            return case is not None and case.help is not None and case.help.truck != action.truck
        case MoveTow():
            case = book.cases.get(action.case)
            help_ = case.help if case else None
            return help_ is not None and (help_.truck != action.truck or help_.moves > action.number)
        case TellDriverToStop():
            case = book.cases.get(action.case)
            return case is not None and not case.open
        case SendNotice(beside_call=True):
            case = book.cases.get(action.case)
            return case is not None and (not case.open or case.informed_at is not None)
        case _:
            return False
