"""The desk: the pure core of dispatch. ``handle(event, now)``, ``wake(now)``, ``next_wake()``, and nothing else.

No clock, no network, no store, no dice: time is an argument, ids are derived, decisions are returned. ``handle`` begins
with whatever came due at or before ``now``, as of its own hour, so that late timers, early timers and a replay of the
inputs alone all give the same decisions. What is decided is decided by its duties (``dispatch.core.duties``).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from dispatch.core import written
from dispatch.core.actions import Action
from dispatch.core.acts import DispatcherEvent
from dispatch.core.bookings import Bookings
from dispatch.core.call_order.hazards import HazardModel
from dispatch.core.calls import Calls
from dispatch.core.candidates import Candidate, Contractor, Yard, contractors
from dispatch.core.case import Case
from dispatch.core.conversation.channels import Answer, Preference
from dispatch.core.conversation.events import ConversationEvent
from dispatch.core.conversation.talk import Talks
from dispatch.core.desk_state import Standing
from dispatch.core.duties.act_rules import ActRules
from dispatch.core.duties.acting import Acting
from dispatch.core.duties.advising import Advising
from dispatch.core.duties.answers import Answers
from dispatch.core.duties.billing import Billing
from dispatch.core.duties.closing import Closing
from dispatch.core.duties.consents import Consents
from dispatch.core.duties.conversations import Conversations
from dispatch.core.duties.correspondence import Correspondence
from dispatch.core.duties.diagnoses import Diagnoses
from dispatch.core.duties.expecting import Expecting
from dispatch.core.duties.informing import Informing, Offer
from dispatch.core.duties.inviting import Inviting
from dispatch.core.duties.jobs import Jobs
from dispatch.core.duties.offering import Offering
from dispatch.core.duties.open_cases import OpenCases
from dispatch.core.duties.outlasting import Outlasting
from dispatch.core.duties.paying import Paying
from dispatch.core.duties.places import Places
from dispatch.core.duties.sending import Sending
from dispatch.core.duties.surveying import Surveying
from dispatch.core.duties.verifying import Verifying
from dispatch.core.duties.watching import Watching
from dispatch.core.duties.watching_money import WatchingMoney
from dispatch.core.events import (
    AnswerEvent,
    CallEvent,
    CaseReported,
    DeviceEvent,
    Event,
    GuidanceEvent,
    HazardsAdopted,
    HearingEvent,
    OpeningEvent,
    OrderFulfilled,
    PlanProposed,
    PrivacyEvent,
    ServiceStarted,
    TruckReported,
)
from dispatch.core.hints.context import HintContext, hint_context
from dispatch.core.hints.counts import HintCounts
from dispatch.core.ids import case_of_order, case_of_tow
from dispatch.core.invitations.events import InvitationEvent
from dispatch.core.invitations.struggling import Strugglers
from dispatch.core.messages import Messages, left_in_peace
from dispatch.core.mutes import Mutes
from dispatch.core.objections import Objection
from dispatch.core.offers.events import OfferEvent
from dispatch.core.offers.memory import MadeOffers
from dispatch.core.orders import Orders
from dispatch.core.patience import patience_s
from dispatch.core.plan.waiting import ToPropose, WaitingPlan
from dispatch.core.policy import Policy
from dispatch.core.purse.events import PurseEvent
from dispatch.core.purse.objecting import contradicts, objection
from dispatch.core.purse.purse import Purse
from dispatch.core.robots.model import ConversationOwner
from dispatch.core.routing.presence import Presence, Sight
from dispatch.core.surveys.asked import AskedSurvey, Surveys
from dispatch.core.surveys.events import SurveyEvent
from dispatch.core.timers import About, Alarm, Alarms
from dispatch.core.towing import Tows
from dispatch.core.verification.checks import Verification
from dispatch.core.verification.events import VerificationEvent
from gateway.finding import Help

Decision = tuple[float, Action]
"""When it was decided, POSIX seconds, and what."""
_Beside = InvitationEvent | SurveyEvent | OfferEvent | VerificationEvent
_SPOKEN_OR_WRITTEN = CallEvent | ConversationEvent | _Beside
_GUIDES = GuidanceEvent | PurseEvent
"""Made once: a union of many takes as long as looking through it."""
_ABOUT_CALLS = {About.CLAIM, About.REDIAL, About.TALK, About.OVERDUE_CALL, About.VANISH}
_ABOUT_REQUESTS = {About.BOOKING, About.ORDER}
_ABOUT_PEOPLE = {About.INVITATION, About.SCORE}
_ABOUT_MONEY = {About.PAYMENT, About.BANK, About.MANDATE, About.MONEY}


class Desk:
    """Opens one case for each fault episode and sees it through: help on its way, the customer informed, closed."""

    def __init__(self, policy: Policy | None = None) -> None:
        self.policy = policy = policy or Policy()
        self.woken_at = 0.0
        """Until when alarms were rung, POSIX seconds."""
        self._alarms, self._cases = alarms, cases = Alarms(), OpenCases()
        self._bookings = bookings = Bookings(policy, alarms)
        self._plan = plan = WaitingPlan(policy, cases.named, bookings.named, lambda case: case.care.pinned)
        self._orders = orders = Orders(policy, alarms)
        self._talks = talks = Talks()
        messages = Messages(policy, alarms, talks)
        self._tows = tows = Tows(policy, alarms, plan, orders, messages)
        self._calls = calls = Calls(policy, alarms, cases.named)
        self._presence = presence = Presence()
        _go_by_people(calls, talks, policy, presence)
        self._informing = informing = Informing(policy, calls, messages)
        closing = Closing(cases, informing, talks)
        sending = Sending(policy, tows, bookings, orders, informing)
        places = Places(cases, sending)
        self._mutes, self._watching = mutes, watching = Mutes(), Watching(policy, alarms, cases)
        self._rules = rules = ActRules(policy, cases, mutes, tows, orders, informing)
        self._acting = Acting(rules, cases, mutes, watching, informing, closing, sending, places)
        self._outlasting = outlasting = Outlasting(policy, alarms, informing, closing)
        self._diagnoses = Diagnoses(policy, cases, informing, closing, sending, places, mutes, watching, outlasting)
        self._jobs = Jobs(cases, tows, closing, sending)
        self._answers = Answers(policy, alarms, cases, tows, bookings, orders, closing)
        self.purse = purse = Purse(policy.payments)
        """All money, to be read."""
        self._paying = paying = Paying(policy, alarms, purse, messages, WatchingMoney(purse, messages))
        self._advising, self._billing = Advising(purse, messages), Billing(policy, cases, paying)
        self._strugglers, self._offers = strugglers, offers = Strugglers(), MadeOffers()
        self._inviting = Inviting(policy, alarms, cases, calls, talks, strugglers)
        self._surveying = surveying = Surveying(policy, cases, calls, messages, Surveys())
        calls.expects = Expecting(policy, cases, talks, strugglers, purse, calls.unheard, calls.reasons).expects
        self._offering = Offering(policy, cases, calls, strugglers, purse, messages, offers)
        self.verifying = verifying = Verifying(policy, calls)
        remembered = surveying.known, offers, verifying.known
        self._consents = Consents(cases, informing, closing, sending, talks, strugglers, paying, remembered)
        self._conversations = Conversations(policy, cases, calls, informing, closing, sending, places, presence, alarms)
        self._correspondence = Correspondence(cases, calls, talks, messages, self._conversations, purse)

    @property
    def verification(self) -> Verification:
        """Who has a voice print, and who speaks in which call, to be read."""
        return self.verifying.known

    def handle(self, event: Event, now: float) -> list[Decision]:
        """Take note of ``event`` and return what is decided, in order."""
        decisions = self._hear_again(event, now) if isinstance(event, ServiceStarted) else []
        decisions.extend(self.wake(now))
        decisions.extend((now, action) for action in self._on(event, now))
        return decisions

    def wake(self, now: float) -> list[Decision]:
        """Return what is decided about everything that came due at or before ``now``."""
        decisions: list[Decision] = []
        self.woken_at = max(self.woken_at, now)
        while (alarm := self._alarms.pop_due(now)) is not None:
            decisions.extend((alarm.due, action) for action in self._billed(self._ring(alarm), alarm.due))
        return decisions

    def next_wake(self) -> float | None:
        """When ``wake`` wants to be called next, POSIX seconds."""
        return self._alarms.next()

    def _on(self, event: Event, now: float) -> Iterator[Action]:
        """Decide, and have paid what that costs, where the house pays."""
        if not self.policy.payments.pays_for_cases:
            yield from self._decide(event, now)
            return
        bill = self._billing.asked(event)
        yield from self._billed(self._decide(event, now), now)
        yield from self._billing.happened(event, bill, now)

    def _billed(self, decided: Iterator[Action], now: float) -> Iterator[Action]:
        for action in decided:
            yield action
            yield from self._billing.decided(action, now)

    def _decide(self, event: Event, now: float) -> Iterator[Action]:
        if isinstance(event, TruckReported):
            yield from self._jobs.reported(event.report, now)
        elif isinstance(event, DeviceEvent):
            yield from self._diagnosed(event, now)
        elif isinstance(event, _SPOKEN_OR_WRITTEN):
            yield from self._talked(event, now)
        elif isinstance(event, AnswerEvent):
            yield from self._answers.on(event, now)
        elif isinstance(event, PrivacyEvent):
            yield from self._consents.on(event, now)
        elif isinstance(event, OpeningEvent):
            self._answers.opened(event)
        elif isinstance(event, DispatcherEvent):
            yield from self._acting.on(event, now)
        elif isinstance(event, _GUIDES):
            yield from self._guided(event, now)
        elif not isinstance(event, HearingEvent):  # a start was seen to before anything rang
            assert_never(event)

    def _talked(self, event: CallEvent | ConversationEvent | _Beside, now: float) -> Iterator[Action]:
        if isinstance(event, InvitationEvent):
            yield from self._inviting.on(event, now)
        elif isinstance(event, OfferEvent):
            yield from self._offering.on(event, now)
        elif isinstance(event, CallEvent):
            explained = list(self._inviting.told_by(event, now))
            talked = self._surveying.talk_of(event)
            self.verification.called(event)
            yield from self._conversations.on(event, now)
            yield from explained
            yield from self._surveying.ended(talked, now)
        elif isinstance(event, SurveyEvent):
            yield from self._surveying.on(event, now)
        elif isinstance(event, VerificationEvent):
            yield from self.verifying.on(event, now)
        else:
            yield from self._correspondence.on(event, now)

    def _guided(self, event: GuidanceEvent | PurseEvent, now: float) -> Iterator[Action]:
        if isinstance(event, PurseEvent):
            yield from self._paying.on(event, now)
            return
        match event:
            case PlanProposed():
                yield from self._tows.proposed(event, now)
            case HazardsAdopted():
                self._calls.adopt(event.model)
            case _:
                assert_never(event)

    def _diagnosed(self, event: DeviceEvent, now: float) -> Iterator[Action]:
        if isinstance(event, CaseReported) and event.corrects:
            self._acting.corrects(event, now)
        yield from self._diagnoses.on(event, now)

    def _ring(self, alarm: Alarm) -> Iterator[Action]:
        case = self._cases.by_name.get(alarm.case)
        if alarm.about in _ABOUT_CALLS:
            yield from self._conversations.ring(alarm)
        elif alarm.about is About.MESSAGE:
            yield from self._correspondence.ring(alarm)
        elif alarm.about in _ABOUT_PEOPLE:
            yield from (self._inviting if alarm.about is About.INVITATION else self._surveying).ring(alarm)
        elif alarm.about in {About.WEEK, About.DUE}:
            yield from self._advising.ring(alarm)
        elif alarm.about in _ABOUT_MONEY:
            yield from self._paying.ring(alarm)
        elif case is not None and alarm.about in _ABOUT_REQUESTS:
            yield from self._answers.ring(alarm, case)
        elif case is not None and alarm.about is About.WAITS:
            yield from self._outlasting.ring(alarm, case)
        elif case is not None and alarm.about is About.UNSEEN:
            yield from self._watching.ring(alarm, case)
        elif case is not None:
            yield from self._jobs.ring(alarm, case)

    def _hear_again(self, event: ServiceStarted, now: float) -> list[Decision]:
        """Nobody could be heard for a while: that they said nothing says nothing, and they have their time once more.

        What came due before has rung, and rings first. Agents who waited hung up with the service, and are given no call.
        """
        rung = self.wake(event.silent_since)
        self._alarms.put_off(now, lambda one: patience_s(self.policy, one.about, self._cases.by_name.get(one.case)))
        self._tows.nobody_was_heard(now)
        for waiting in self._calls.free():
            self._calls.agent_left(waiting.agent)
        self._conversations.nobody_was_heard(now)
        return rung

    # --- asked by the control room -----------------------------------------------------------------------------------

    def to_be_helped(self, event: Event) -> Case | None:
        """Return the open case that an event may end the help of: a truck is through, or a technician has been."""
        if isinstance(event, OrderFulfilled):
            case = self._cases.by_name.get(case_of_order(event.order) or "")
            return None if case is None or case.finding.remedy.help is Help.SUPPLIES else case
        if isinstance(event, TruckReported) and event.report.job_state == "finished" and event.report.job:
            return self._cases.by_name.get(case_of_tow(event.report.job))
        return None

    def customer_of_episode(self, episode: str) -> str | None:
        """Return whose the open case of a fault episode is."""
        case = self._cases.of_episode.get(episode)
        return case.finding.customer if case is not None else None

    def customer_of_call(self, call: str) -> str | None:
        """Return whom a call is with, that is not over."""
        known = self._calls.calls.get(call)
        return known.customer if known is not None else None

    @property
    def hints(self) -> HintCounts:
        """What became of hints."""
        return self._conversations.hints

    def hint_context(self, call: str) -> HintContext:
        """Return what a call is about that is not over, as far as a hint can be chosen by it."""
        known = self._calls.calls.get(call)
        if known is None:
            return HintContext()
        case = self._cases.of_call(known) or self._cases.to_talk_about(known.customer)
        struggles = [one.struggle for one in self._strugglers.of_customer(known.customer)]
        return hint_context(case.finding if case is not None else None, struggles[-1] if struggles else None)

    def customer_of_mandate(self, mandate: str) -> str | None:
        """Return who gave a mandate."""
        given = self.purse.given.get(mandate)
        return given.mandate.customer if given is not None else None

    def customer_of_payment(self, payment: str) -> str | None:
        """Return whose a payment is that is remembered."""
        known = self.purse.payments.get(payment)
        return known.customer if known is not None else None

    def open_of(self, customer: str) -> list[str]:
        """Return a customer's open cases."""
        return [case.case for case in self._cases.of_customer(customer)]

    def who_waits(self) -> list[str]:
        """Return the customers who have an open case, and the devices that are broken."""
        return [*self._cases.customers(), *(device for device, _, _ in self._cases.devices())]

    def is_about(self, device: str) -> bool:
        """Tell whether an open case is about a device."""
        return any(case.finding.device == device for case in self._cases.by_name.values())

    def offers(self, customer: str, now: float) -> list[Offer]:
        """Return how each open case of a customer stands, in their language, and what they may answer; the newest last."""
        return [self._informing.offer(case, now) for case in self._cases.of_customer(customer)]

    def preference_of(self, customer: str) -> Preference:
        """Return how a customer wants to be reached, as they said last."""
        return self._talks.preference_of(customer)

    def survey_of(self, customer: str) -> AskedSurvey | None:
        """Return what a customer was asked last about a talk; ``None``: nothing within a month."""
        return self._surveying.known.of_customer.get(customer)

    def owner_of(self, customer: str) -> ConversationOwner | None:
        """Return whose a customer's conversation is, or was last; ``None``: no robot had to do with it."""
        return self._talks.dialogues.last_owner(customer)

    def needs_no_word(self, case: str) -> bool:
        """Tell whether a case is over, or its customer knows by now."""
        known = self._cases.by_name.get(case)
        return known is None or known.informed

    def offered(self, case: str) -> tuple[Answer, ...]:
        """Return what a customer may answer about a case as it stands; nothing about one that is closed."""
        known = self._cases.by_name.get(case)
        return written.offered(known) if known is not None else ()

    def agents_waiting(self) -> list[str]:
        """Return the agents who wait for a call."""
        return [event.agent for event in self._calls.free()]

    def held_by(self, agent: str) -> list[str]:
        """Return the calls an agent was given and has not ended."""
        return [call.call for call in self._calls.held_by(agent)]

    def sight_of(self, agent: str) -> Sight | None:
        """Return whether an agent who gives signs of life is there; ``None``: they never gave one."""
        return self._presence.of(agent)

    def follows(self, episode: str) -> bool:
        """Tell whether it matters where the device of a fault episode is (``OpenCases.follows``)."""
        return self._cases.follows(episode)

    @property
    def hazards(self) -> HazardModel | None:
        """The model of when customers phone, as adopted last; ``None``: none was."""
        return self._calls.hazards

    def calls_in_turn(self, now: float) -> list[str]:
        """Return the calls that wait for an agent, in the order in which they are served; those of quiet hours last."""
        return self._calls.in_turn(now)

    def objection(self, act: DispatcherEvent | CaseReported, now: float) -> Objection | None:
        """Return why a dispatcher may not do that as everything stands; ``None``: it is legal."""
        return self._rules.objection(act, now)

    def contradicts(self, event: PurseEvent) -> Objection | None:
        """Return why an event is no repeat of what is known under its key; ``None``: it is, or it is new."""
        return contradicts(self.purse, event)

    def objection_to_money(self, event: PurseEvent) -> Objection | None:
        """Return why what somebody says about money cannot be taken as it stands; ``None``: it can."""
        return objection(self.purse, event)

    def candidates(self, case: str, now: float) -> list[Candidate]:
        """Return the trucks that could be sent to an open case, the best first, and why others cannot. Raises ``KeyError``."""
        yard = Yard(self._tows.trucks.values(), self._cases.by_name, self.policy)
        return yard.candidates(self._cases.by_name[case], now)

    def contractors(self, case: str) -> list[Contractor]:
        """Return whom a dispatcher may ask for a truck, and what they said. Raises ``KeyError``."""
        return contractors(self._cases.by_name[case], self._orders.suppliers.values())

    def to_propose(self, now: float) -> ToPropose:
        """Return what a plan is to be proposed for."""
        return self._tows.to_propose(now)

    # --- written down ------------------------------------------------------------------------------------------------

    def standing(self) -> Standing:
        """Return how everything stands, as it can be written down."""
        struggling, invited = self._strugglers.standing()
        return Standing(
            cases=list(self._cases.by_name.values()),
            of_customer=self._cases.customers(),
            of_episode=self._cases.episodes(),
            of_device=self._cases.devices(),
            ended=dict(self._cases.endings.items()),
            alarms=self._alarms.standing(),
            trucks=list(self._tows.trucks.values()),
            waiting_for_trucks=[case.case for case in self._tows.waiting()],
            workshops=list(self._bookings.workshops.values()),
            suppliers=list(self._orders.suppliers.values()),
            calls=list(self._calls.calls.values()),
            waiting_calls=self._calls.waiting(),
            free_agents=self._calls.free(),
            passed_calls=self._calls.passed(),
            manned=self._watching.manned,
            muted=self._mutes.standing(),
            woken_at=self.woken_at,
            routes=dict(self._plan.routes),
            replans=self._plan.number,
            hazards=self._calls.hazards,
            talks=self._talks.standing(),
            struggling=struggling,
            invited=invited,
            purse=self.purse.standing(),
            sights=self._presence.standing(),
            unheard=self._calls.unheard.standing(),
            surveys=self._surveying.known.standing(),
            reasons=self._calls.reasons.standing(),
            dialogues=self._talks.dialogues.standing(),
            hinted=self.hints.standing(),
            offers=self._offers.standing(),
            verification=self.verification.standing(),
        )

    def stand(self, standing: Standing) -> None:
        """Take up an earlier standing, and go on from there as if nothing had been between."""
        calls = {call.call: call for call in standing.calls}
        for case in standing.cases:
            if case.call is not None:  # one call, whoever looks at it
                case.call = calls.get(case.call.call, case.call)
        self.woken_at = standing.woken_at
        self._cases.stand(standing)
        self._alarms.stand(standing.alarms)
        self._tows.stand(standing.trucks, [self._cases.by_name[case] for case in standing.waiting_for_trucks])
        self._plan.routes, self._plan.number = dict(standing.routes), standing.replans
        self._bookings.stand(standing.workshops)
        self._orders.suppliers = {one.supplier: one for one in standing.suppliers}
        self._watching.manned = standing.manned
        self._mutes.stand(standing.muted)
        self._calls.adopt(standing.hazards)
        self._talks.stand(standing.talks, standing.dialogues)
        self._strugglers.stand(standing.struggling, standing.invited)
        self.purse.stand(standing.purse)
        self._presence.stand(standing.sights)
        self._calls.unheard.stand(standing.unheard)
        self._surveying.known.stand(standing.surveys)
        self._calls.reasons.stand(standing.reasons)
        self.hints.stand(standing.hinted)
        self._offers.stand(standing.offers)
        self.verification.stand(standing.verification)
        self._calls.stand(calls, standing.waiting_calls, standing.free_agents, standing.passed_calls)


def _go_by_people(calls: Calls, talks: Talks, policy: Policy, presence: Presence) -> None:
    """Have calls go by what customers prefer, and by which agents are there."""
    calls.is_there = presence.is_there
    calls.wants_same_agent = lambda customer: talks.preference_of(customer).same_agent
    calls.left_in_peace = lambda customer, at, zone: left_in_peace(talks.preference_of(customer), policy, at, zone)
