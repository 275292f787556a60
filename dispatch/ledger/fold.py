"""A ledger's rows folded into how the desk stood behind them: what was decided is taken as it stands, never decided anew. Pure.

Telling the inputs again gives the same only where the same version of the rules decided. What another version decided was
done all the same, and a desk that goes on from there has to know what was done, not what it would have done.
"""

from __future__ import annotations

from typing import assert_never

from dispatch.core.actions import (
    Action,
    CallAction,
    CaseAction,
    MessageAction,
    OwnerAction,
    PlanAction,
    RequestAction,
    TowAction,
)
from dispatch.core.acts import DispatcherEvent
from dispatch.core.call_order.unheard import Unheard
from dispatch.core.case import Case
from dispatch.core.conversation.events import ConversationEvent
from dispatch.core.conversation.talk import Talks
from dispatch.core.decisions import FIRST_VERSION
from dispatch.core.desk_state import Standing
from dispatch.core.ended import Endings
from dispatch.core.events import (
    AnswerEvent,
    CallEvent,
    DeviceEvent,
    Event,
    GuidanceEvent,
    HazardsAdopted,
    HearingEvent,
    OpeningEvent,
    PlanProposed,
    PrivacyEvent,
    SenderThinned,
    ServiceStarted,
    TruckReported,
)
from dispatch.core.invitations.actions import InvitationAction
from dispatch.core.invitations.events import InvitationEvent
from dispatch.core.mutes import Mutes
from dispatch.core.offers.actions import ProductAction
from dispatch.core.offers.events import OfferEvent
from dispatch.core.policy import Policy
from dispatch.core.purse.actions import PaymentAction
from dispatch.core.purse.events import PurseEvent
from dispatch.core.robots.actions import RobotAction
from dispatch.core.routing.presence import Presence
from dispatch.core.surveys.actions import SurveyAction
from dispatch.core.surveys.events import SurveyEvent
from dispatch.core.transitions import HelpState
from dispatch.core.verification.events import VerificationEvent
from dispatch.ledger.folding import (
    acts,
    calls,
    cases,
    conversations,
    invitations,
    payments,
    requests,
    trucks,
    unsaid,
)
from dispatch.ledger.folding.folded import Folded
from dispatch.ledger.rows import Row, read


class Fold:
    """``feed`` it a ledger from its first row on; ``standing`` tells how the desk stood behind the last row.

    ``version``: of the rules that decided it, until a row says otherwise.
    """

    def __init__(self, policy: Policy, version: int = FIRST_VERSION) -> None:
        self._folded = Folded(policy, version=version)

    @classmethod
    def after(cls, policy: Policy, stood: Standing, version: int) -> Fold:
        """Go on from how a desk stood, with rows that ``version`` of the rules decided."""
        fold = cls(policy)
        fold._folded = _folded(policy, stood, version)
        return fold

    def feed(self, row: Row) -> None:
        """Take the next row."""
        said, folded = read(row), self._folded
        unsaid.ask_all_again(folded, row.at)
        if isinstance(said, Event):
            unsaid.settle(folded)
            folded.at, folded.chosen = row.at, None
            self._happened(said, row)
        else:
            if row.cause is None:  # an alarm's: what the input before came to was settled at its own hour
                unsaid.settle(folded)
            folded.at = row.at
            self._decided(said)

    def standing(self) -> Standing:
        """Return how the desk stood behind the last row."""
        folded = self._folded
        unsaid.settle(folded)
        unsaid.look_again(folded)
        struggling, invited = folded.strugglers.standing()
        return Standing(
            cases=list(folded.cases.values()),
            of_customer=_of_customer(folded),
            of_episode=folded.of_episode,
            of_device=[(*device, case) for device, case in folded.of_device.items()],
            ended=dict(folded.endings.items()),
            alarms=[alarm for alarm in sorted(folded.alarms) if unsaid.matters(folded, alarm)],
            trucks=list(folded.trucks.values()),
            waiting_for_trucks=[case.case for case in _waiting(folded)],
            workshops=list(folded.workshops.values()),
            suppliers=list(folded.suppliers.values()),
            calls=list(folded.calls.values()),
            waiting_calls=list(folded.queued),
            free_agents=list(folded.free.values()),
            passed_calls={provenance: count for provenance, count in folded.passed.items() if count},
            manned=folded.manned,
            muted=folded.mutes.standing(),
            routes=dict(folded.routes),
            replans=folded.replans,
            hazards=folded.hazards,
            talks=folded.talks.standing(),
            struggling=struggling,
            invited=invited,
            purse=folded.purse.standing(),
            sights=folded.presence.standing(),
            unheard=folded.unheard.standing(),
            surveys=folded.surveys.standing(),
            reasons=folded.reasons.standing(),
            dialogues=folded.talks.dialogues.standing(),
            hinted=folded.hints.standing(),
            offers=folded.offers.standing(),
            verification=folded.verification.standing(),
        )

    def _happened(self, event: Event, row: Row) -> None:
        if isinstance(event, DeviceEvent):
            cases.happened(self._folded, event, row)
        elif isinstance(event, TruckReported):
            trucks.happened(self._folded, event)
        elif isinstance(event, CallEvent):
            self._folded.verification.called(event)
            calls.happened(self._folded, event)
        elif isinstance(event, ConversationEvent | InvitationEvent | SurveyEvent | OfferEvent | VerificationEvent):
            self._conversed(event)
        elif isinstance(event, AnswerEvent):
            requests.happened(self._folded, event)
        elif isinstance(event, OpeningEvent):
            requests.opened(self._folded, event)
        elif isinstance(event, PrivacyEvent):
            cases.agreed(self._folded, event)
            self._folded.strugglers.agreed(event)
            self._folded.surveys.agreed(event)
            self._folded.offers.agreed(event)
            self._folded.verification.agreed(event)
        elif isinstance(event, DispatcherEvent):
            acts.happened(self._folded, event)
        elif isinstance(event, HearingEvent | GuidanceEvent | PurseEvent):
            self._told(event)
        else:
            assert_never(event)

    def _conversed(
        self, event: ConversationEvent | InvitationEvent | SurveyEvent | OfferEvent | VerificationEvent
    ) -> None:
        if isinstance(event, InvitationEvent):
            invitations.happened(self._folded, event)
        elif isinstance(event, SurveyEvent):
            self._folded.surveys.happened(event, self._folded.at)
        elif isinstance(event, OfferEvent):
            self._folded.offers.happened(event)
        elif isinstance(event, VerificationEvent):
            self._folded.verification.happened(event, self._folded.at)
        else:
            conversations.happened(self._folded, event)

    def _told(self, event: HearingEvent | GuidanceEvent | PurseEvent) -> None:
        if isinstance(event, PurseEvent):
            payments.happened(self._folded, event)
            return
        match event:
            case ServiceStarted():
                unsaid.started(self._folded, event)
            case HazardsAdopted():
                self._folded.hazards = event.model
            case PlanProposed() | SenderThinned():
                pass  # what is decided about it is a row
            case _:
                assert_never(event)

    def _decided(self, action: Action) -> None:  # noqa: C901 - the whole vocabulary on one screen
        if isinstance(action, CaseAction):
            cases.decided(self._folded, action)
        elif isinstance(action, TowAction):
            trucks.decided(self._folded, action)
        elif isinstance(action, RequestAction):
            requests.decided(self._folded, action)
        elif isinstance(action, OwnerAction):
            calls.shown(self._folded, action)
        elif isinstance(action, MessageAction | RobotAction):
            conversations.written(self._folded, action)
        elif isinstance(action, CallAction):
            calls.decided(self._folded, action)
        elif isinstance(action, InvitationAction):
            self._folded.strugglers.decided(action, self._folded.at)
        elif isinstance(action, SurveyAction):
            self._folded.surveys.decided(action, self._folded.at)
        elif isinstance(action, ProductAction):
            self._folded.offers.decided(action, self._folded.at)
        elif isinstance(action, PlanAction):
            trucks.replanned(self._folded, action)
        elif isinstance(action, PaymentAction):
            payments.decided(self._folded, action)
        else:
            assert_never(action)


def _folded(policy: Policy, stood: Standing, version: int) -> Folded:
    calls_of = {call.call: call for call in stood.calls}
    for case in stood.cases:
        if case.call is not None:  # one call, whoever looks at it
            case.call = calls_of.get(case.call.call, case.call)
    mutes, talks, presence = Mutes(), Talks(), Presence()
    mutes.stand(stood.muted)
    talks.stand(stood.talks, stood.dialogues)
    presence.stand(stood.sights)
    unheard = Unheard()
    unheard.stand(stood.unheard)
    folded = Folded(
        policy,
        at=stood.woken_at,
        cases={case.case: case for case in stood.cases},
        calls=calls_of,
        of_episode=dict(stood.of_episode),
        of_device={(device, who): case for device, who, case in stood.of_device},
        endings=Endings(stood.ended.items()),
        trucks={truck.truck: truck for truck in stood.trucks},
        workshops={shop.workshop: shop for shop in stood.workshops},
        suppliers={one.supplier: one for one in stood.suppliers},
        free={agent.agent: agent for agent in stood.free_agents},
        queued=dict.fromkeys(stood.waiting_calls),
        passed=dict(stood.passed_calls),
        alarms=list(stood.alarms),
        manned=stood.manned,
        mutes=mutes,
        routes=dict(stood.routes),
        replans=stood.replans,
        hazards=stood.hazards,
        talks=talks,
        presence=presence,
        unheard=unheard,
        version=version,
    )
    _stand_beside(folded, stood)
    return folded


def _stand_beside(folded: Folded, stood: Standing) -> None:
    """Have what remembers customers and money stand where it stood."""
    folded.purse.stand(stood.purse)
    folded.strugglers.stand(stood.struggling, stood.invited)
    folded.surveys.stand(stood.surveys)
    folded.reasons.stand(stood.reasons)
    folded.hints.stand(stood.hinted)
    folded.offers.stand(stood.offers)
    folded.verification.stand(stood.verification)


def _of_customer(folded: Folded) -> dict[str, list[str]]:
    of_customer: dict[str, list[str]] = {}
    for case in folded.cases.values():
        of_customer.setdefault(case.finding.customer, []).append(case.case)
    return of_customer


def _waiting(folded: Folded) -> list[Case]:
    waiting = [case for case in folded.cases.values() if case.help is HelpState.WAITING]
    return sorted(waiting, key=lambda case: (case.urgency, case.opened_at, case.case))
