"""Never an offer where it is forbidden, whatever happens in whatever order: beside the conversations of their own machine."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import rule

from dispatch.core.conversation.channels import Channel
from dispatch.core.desk import Desk
from dispatch.core.events import CallConnected, CustomerPhoned
from dispatch.core.offers.actions import OpenProduct, ProposeOffer
from dispatch.core.offers.events import OfferAnswered, OfferSought
from dispatch.core.offers.products import HeldProduct
from dispatch.core.offers.rules import OfferPolicy
from dispatch.core.policy import MessagePolicy, Policy
from dispatch.core.routing.events import CallNoted
from dispatch.core.transitions import CallState
from dispatch.policy_model.offers import house_catalogue
from gateway.finding import Drive
from tests.dispatch.test_calls_machine import AGENTS, CUSTOMERS
from tests.dispatch.test_conversation_machine import ALL, ConversationMachine

MOST = 2
SAVINGS = HeldProduct("savings-1", "savings_account", "0.5", 4_650_00, "EUR")


class OffersMachine(ConversationMachine):
    """Beside all that: agents who ask for offers whenever, and customers who answer whatever."""

    def __init__(self) -> None:
        super().__init__()
        offers = OfferPolicy(makes=True, most=MOST, within_s=600.0, long_wait_s=120.0, catalogue=house_catalogue())
        messages = MessagePolicy(channels=ALL, cap=4)
        self.desk = Desk(
            Policy(dial_attempts=2, later_redial_s=300.0, talk_timeout_s=600.0, messages=messages, offers=offers)
        )
        self.sought: OfferSought | None = None
        self.complain: set[str] = set()
        """Calls on which a concern was noted."""
        self.rang: dict[str, float] = {}
        """Call → when they turned to us."""
        self.begun: dict[str, float] = {}
        """Call → when somebody was there for them first."""
        self.made: dict[str, list[float]] = {}
        """Customer → when they were offered something."""

    @rule(customer=CUSTOMERS, agrees=st.booleans(), vulnerable=st.sampled_from([False, False, True]))
    def seeks(self, customer: int, *, agrees: bool, vulnerable: bool) -> None:
        """An agent asks, on the call on which they speak with a customer, or on none."""
        mine = [one for one in self._calls().values() if one.customer == f"c-{customer}"]
        call = next((one for one in mine if one.state is CallState.CONNECTED), mine[0] if mine else None)
        name, attempt, agent = (call.call, call.attempt, call.agent) if call else ("in/none", 1, "agent-1")
        self.count += 1
        self._tell(
            OfferSought(
                f"r/{self.count}", name, attempt, f"c-{customer}", "lv", "simulated", agent, may_offers=agrees,
                vulnerable=vulnerable, held=(SAVINGS,),
            )
        )  # fmt: skip

    @rule(customer=CUSTOMERS, concern=st.sampled_from(["complaint", "distress", "bereavement"]), agent=AGENTS)
    def is_noted(self, customer: int, concern: Any, agent: str) -> None:
        """An agent notes that they complain, or are in need."""
        for call in [one for one in self._calls().values() if one.customer == f"c-{customer}"]:
            self.count += 1
            self.complain.add(call.call)
            self._tell(CallNoted(f"n/{self.count}", call.call, "so", agent, concern))

    @rule(customer=CUSTOMERS, answer=st.sampled_from(["yes", "no", "later"]))
    def answers_offer(self, customer: int, answer: Any) -> None:
        """A customer answers what they were offered last, or nothing."""
        mine = [one.proposed for one in self.desk.standing().offers.made if one.proposed.customer == f"c-{customer}"]
        call, attempt = (mine[-1].call, mine[-1].attempt) if mine else ("in/none", 1)
        self._tell(OfferAnswered(call, attempt, f"c-{customer}", answer, "simulated", "agent-1", reach=(Channel.SMS,)))

    def _tell(self, event: Any) -> None:
        if isinstance(event, OfferSought):
            self.sought = event
        if isinstance(event, CustomerPhoned):
            self.rang[event.call] = self.now
        super()._tell(event)
        if isinstance(event, CallConnected) and event.call in self.rang:
            self.begun.setdefault(event.call, self.now)

    def _note(self, action: Any, at: float) -> None:
        super()._note(action, at)
        if isinstance(action, ProposeOffer):
            self._may_be_offered(action)
        elif isinstance(action, OpenProduct):
            assert [one.answer for one in self.desk.standing().offers.made if one.proposed.call == action.call] == [
                "yes"
            ]

    def _may_be_offered(self, made: ProposeOffer) -> None:
        """Judge by what was told to the desk and how its cases stand, and not by its own rules."""
        sought, call = self.sought, self._calls()[made.call]
        assert sought is not None
        assert sought.may_offers
        assert not sought.vulnerable
        assert (call.state, call.customer, call.agent) == (CallState.CONNECTED, made.customer, sought.agent)
        assert made.call not in self.complain
        for case in self._cases().values():
            if case.finding.customer == made.customer:
                assert case.concern == ""
                assert case.finding.drive is not Drive.STOP_NOW or case.helped_at is not None
                assert case.informed
                assert case.helped_at is not None or case.declined_help or not case.finding.sends
                assert not case.escalated
        waited = self.begun.get(made.call, self.now) - self.rang.get(made.call, self.now)
        assert waited < 120.0 or made.call not in self.rang
        lately = [at for at in self.made.get(made.customer, []) if self.now - at < 600.0]
        assert len(lately) < MOST
        self.made.setdefault(made.customer, []).append(self.now)

    def teardown(self) -> None:
        """Who folds the rows remembers the same."""
        before = self.desk.standing().offers
        if self.count:
            self.folds()
        assert self.desk.standing().offers == before
        super().teardown()


OffersMachine.TestCase.settings = settings(max_examples=30, stateful_step_count=30)
TestOffers = pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisWarning")(OffersMachine.TestCase)
