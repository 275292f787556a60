"""One tow, one order, one open call for each case, whatever keys they stand under. Remembers open cases only. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import assert_never

from dispatch.core import actions, events
from dispatch.core.acts import DispatcherEvent
from dispatch.core.conversation.events import ConversationEvent
from dispatch.core.ids import case_of_call, case_of_order
from dispatch.core.invitations.actions import ExplainStruggle, InviteCustomer, LeaveAlone
from dispatch.core.invitations.events import InvitationEvent
from dispatch.core.offers.actions import ProductAction
from dispatch.core.offers.events import OfferEvent
from dispatch.core.purse.actions import PaymentAction
from dispatch.core.purse.events import PurseEvent
from dispatch.core.robots.actions import AnswerByRobot, HandToPerson
from dispatch.core.routing.events import InHandEvent
from dispatch.core.surveys.actions import AskSurvey, LeaveUnasked
from dispatch.core.surveys.events import SurveyEvent
from dispatch.core.verification.events import VerificationEvent
from dispatch.ledger.audit.flaw import Flaw, Law
from dispatch.ledger.rows import Said

_LEAVE = actions.CancelTow | actions.DismissTruck | actions.WithdrawRequest | actions.WithdrawCall | actions.AssignCall
"""May still be decided about a case that is closed."""


_MAKES_NO_ROOM = (
    events.DeviceEvent
    | events.TruckReported
    | events.OpeningEvent
    | events.BookingAnswered
    | events.OrderFulfilled
    | events.WithdrawalAnswered
    | events.AgentEvent
    | events.CallConnected
    | events.CustomerPhoned
    | InHandEvent
    | events.PrivacyEvent
    | DispatcherEvent
    | events.HearingEvent
    | events.GuidanceEvent
    | ConversationEvent
    | InvitationEvent
    | SurveyEvent
    | OfferEvent
    | PurseEvent
    | VerificationEvent
)
"""Makes room for no second order and no second call: all but the end of a call and a supplier's no."""
_OfAnOpenCase = (
    actions.ReviseCase
    | actions.MoveCase
    | actions.EscalateCase
    | actions.TowAction
    | actions.RequestAction
    | actions.OwnerAction
    | actions.CallAction
)
_ANY_NUMBER = (
    actions.ReviseCase
    | actions.MoveCase
    | actions.EscalateCase
    | actions.ReassignTow
    | actions.AdoptTow
    | actions.DismissTruck
    | actions.RenewEta
    | actions.RedirectTow
    | actions.MoveTow
    | actions.CancelTow
    | actions.LetTowFinish
    | actions.BookWorkshop
    | actions.OwnerAction
    | actions.AssignCall
)
"""May be decided about a case any number of times."""


@dataclass(slots=True)
class _Open:
    """What a case that is open has."""

    tow: str | None = None
    order: str | None = None
    asked: int | None = None
    """Which attempt at the order stands: asked or accepted."""
    calls: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Cases:
    """The cases that are open. ``seen`` counts all."""

    seen: int = 0
    _open: dict[str, _Open] = field(default_factory=dict)

    def check(self, said: Said, seq: int) -> Iterator[Flaw]:
        """Yield what is wrong with the next row's event or action."""
        if isinstance(said, events.Event):
            self._happened(said)
        else:
            yield from self._decided(said, seq)

    def _happened(self, event: events.Event) -> None:
        if isinstance(event, events.CallEnded):
            self._call_over(event.call)
        elif isinstance(event, events.OrderAnswered):
            self._answered(event)
        elif not isinstance(event, _MAKES_NO_ROOM):
            assert_never(event)

    def _decided(self, action: actions.Action, seq: int) -> Iterator[Flaw]:
        if isinstance(action, PaymentAction | ProductAction):
            return  # about no case; the books know what is paid twice
        match action:
            case actions.OpenCase():
                yield from self._opened(action, seq)
            case actions.CloseCase():
                if self._open.pop(action.case, None) is None:
                    yield Flaw(Law.CASE, f"the case {action.case} is closed and was not open", seq)
            case actions.Replanned() | actions.RefusePlan():
                pass  # about no one case; what follows from it is
            case actions.SendMessage():
                pass  # any number, also when a case is closed: whoever writes is answered
            case InviteCustomer() | LeaveAlone() | ExplainStruggle():
                pass  # about no case
            case AskSurvey() | LeaveUnasked() | AnswerByRobot() | HandToPerson():
                pass  # the case may be closed by then; whoever writes is answered, whatever it is about
            case _:
                if not isinstance(action, _LEAVE) and action.case is not None and action.case not in self._open:
                    what = f"{type(action).__name__} is decided about {action.case}, which is not open"
                    yield Flaw(Law.CASE, what, seq)
                yield from self._one_of_each(action, seq)

    def _opened(self, action: actions.OpenCase, seq: int) -> Iterator[Flaw]:
        self.seen += 1
        if action.case in self._open:
            yield Flaw(Law.CASE, f"the case {action.case} is opened and was open", seq)
        self._open[action.case] = _Open()

    def _one_of_each(self, action: _OfAnOpenCase, seq: int) -> Iterator[Flaw]:
        if isinstance(action, _ANY_NUMBER):
            return
        match action:
            case actions.SendTow():
                yield from self._tow(action, seq)
            case actions.PlaceOrder():
                yield from self._order(action, seq)
            case actions.QueueCall():
                yield from self._call(action, seq)
            case actions.WithdrawCall():
                self._call_over(action.call)
            case actions.WithdrawRequest():
                self._withdrawn(action)
            case _:
                assert_never(action)

    def _tow(self, action: actions.SendTow, seq: int) -> Iterator[Flaw]:
        case = self._open.get(action.case)
        if case is None:
            return
        if case.tow is not None:
            yield Flaw(Law.ONE_TOW, f"a second tow for {action.case}: {action.tow} after {case.tow}", seq)
        case.tow = action.tow

    def _order(self, action: actions.PlaceOrder, seq: int) -> Iterator[Flaw]:
        case = self._open.get(action.case)
        if case is None:
            return
        if case.asked is not None or case.order not in {None, action.order}:
            yield Flaw(Law.ONE_ORDER, f"a second order for {action.case}, and the first one stands", seq)
        case.order, case.asked = action.order, action.attempt

    def _call(self, action: actions.QueueCall, seq: int) -> Iterator[Flaw]:
        case = self._open.get(action.case or "")
        if case is None or action.direction != "outbound":
            return
        if case.calls - {action.call}:
            yield Flaw(Law.ONE_CALL, f"a second call for {action.case}, and the first one is open", seq)
        case.calls.add(action.call)

    def _call_over(self, call: str) -> None:
        case = self._open.get(case_of_call(call) or "")
        if case is not None:
            case.calls.discard(call)

    def _answered(self, item: events.OrderAnswered) -> None:
        case = self._open.get(case_of_order(item.order) or "")
        if case is not None and not item.accepted and case.asked == item.attempt:
            case.asked = None

    def _withdrawn(self, item: actions.WithdrawRequest) -> None:
        case = self._open.get(item.case)
        if case is not None and case.order == item.request and case.asked == item.attempt:
            case.asked = None
