"""Whose what a row tells is: a customer, a truck's crew, or a device that is nobody's. Pure."""

from __future__ import annotations

from dispatch.core.actions import CloseCase, OpenCase, SendMessage
from dispatch.core.acts import DeviceMuted, DeviceUnmuted
from dispatch.core.conversation.events import (
    AgentWrote,
    CustomerAnswered,
    CustomerWrote,
    StrangerIdentified,
    VoicePlayed,
)
from dispatch.core.desk import Desk
from dispatch.core.events import CallEnded, CaseReported, FaultFound, PlaceChanged, TruckReported
from dispatch.core.ids import case_of_call, device_of_case
from dispatch.core.invitations.actions import ExplainStruggle, InviteCustomer
from dispatch.core.invitations.events import StruggleSeen
from dispatch.core.offers.actions import ProposeOffer
from dispatch.core.offers.events import OfferSought
from dispatch.core.purse.actions import PaymentAction
from dispatch.core.purse.events import (
    BankAnswered,
    CollectionReturned,
    DisputeDecided,
    MandateChanged,
    MandateGiven,
    PaymentAsked,
    PaymentCancelled,
    PaymentCaptured,
    PaymentConfirmed,
    PaymentDisputed,
    PurseEvent,
    PuzzleClosed,
)
from dispatch.core.routing.events import CallNoted, CallTransferred
from dispatch.core.surveys.events import SurveyAnswered
from dispatch.ledger.rows import Said
from gateway.finding import TruckReport


class Whose:
    """Ask it of each row in the order they are written: an input before the desk hears it, an action after."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._of_case = {case.case: case.finding.customer for case in desk.standing().cases}

    def of(self, said: Said) -> str:  # noqa: C901, PLR0911 - the whole vocabulary on one screen
        """Return the name of the customer, the truck or the device."""
        if isinstance(said, PurseEvent | PaymentAction):
            return self._of_money(said)
        match said:
            case FaultFound() | CaseReported():
                return said.finding.customer or said.finding.device
            case PlaceChanged():
                return self._desk.customer_of_episode(said.report.episode) or said.report.device
            case TruckReported(report=TruckReport(truck=name)) | DeviceMuted(device=name) | DeviceUnmuted(device=name):
                return name
            case CallEnded() | CallTransferred() | CallNoted():
                return self._desk.customer_of_call(said.call) or self._of(case_of_call(said.call) or said.call)
            case (
                CustomerWrote()
                | VoicePlayed()
                | CustomerAnswered()
                | AgentWrote()
                | SendMessage()
                | InviteCustomer()
                | ExplainStruggle()
                | SurveyAnswered()
                | OfferSought()
                | ProposeOffer()
            ):
                return said.customer
            case StruggleSeen():
                return said.struggle.customer
            case StrangerIdentified():
                theirs = {case: said.customer for case, whose in self._of_case.items() if whose == said.stranger}
                self._of_case.update(theirs)
            case OpenCase():
                self._of_case[said.case] = said.customer
            case CloseCase():
                return self._of_case.pop(said.case, "")
        case: str | None = getattr(said, "case", None)
        return "" if case is None else self._of(case)

    def _of_money(self, said: PurseEvent | PaymentAction) -> str:  # noqa: PLR0911 - likewise
        match said:
            case MandateGiven(mandate=mandate):
                return mandate.customer
            case PaymentAsked(ask=ask):
                return ask.customer
            case PaymentCaptured(capture=capture):
                return capture.customer
            case MandateChanged():
                return self._desk.customer_of_mandate(said.mandate) or said.mandate
            case PaymentConfirmed() | PaymentCancelled() | PaymentDisputed() | DisputeDecided() | PuzzleClosed():
                return self._desk.customer_of_payment(said.payment) or said.payment
            case BankAnswered() | CollectionReturned():
                return said.instruction
        return said.customer

    def _of(self, case: str) -> str:
        return self._of_case.get(case) or _device(case)


def _device(case: str) -> str:
    try:
        return device_of_case(case)
    except ValueError:  # no name that we gave
        return case
