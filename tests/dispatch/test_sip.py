"""Calls over SIP, on this machine: real telephones, a real line, the real desk. States only, and no sound is listened to."""

from __future__ import annotations

import os
import signal

import httpx
import pytest

from dispatch.core.actions import AssignCall, QueueCall, WithdrawCall
from dispatch.core.conversation.events import StrangerIdentified
from dispatch.core.events import AgentLeft, CallConnected, CallEnded, CustomerPhoned, Outcome
from dispatch.core.policy import Policy
from dispatch.core.routing.events import AgentSeen, AgentUnseen
from dispatch.registers.customers import Customer
from dispatch.service import exchange
from dispatch.web.api.app import create_app
from scenarios.runner.telephones import Manner
from tests.conftest import until
from tests.dispatch.sip_house import ANNA, BEN, NEEDS_SIP, house

pytestmark = [pytest.mark.anyio, NEEDS_SIP]


async def test_two_calls_are_rung_joined_and_ended() -> None:
    """Each rings the agent, then the customer; they speak when the customer answers, and hang up when the agent says how it was."""
    async with house() as at:
        await at.breaks("c-1")
        await at.breaks("c-2")
        await at.free("ina", "oto")
        await at.first(CallConnected, 2)
        given = {one.call: one.agent for one in at.said(AssignCall)}
        assert {one.call: one.agent for one in at.said(CallConnected)} == given
        assert {one.by for one in at.said(CallConnected)} == {"telephone"}
        assert at.phones.rang.index("ina") < at.phones.rang.index(ANNA)
        for call in at.said(CallConnected):
            await at.tell(CallEnded(call.call, call.attempt, Outcome.INFORMED, agent=call.agent))
        await until(lambda: not any(map(at.phones.speaks, ("ina", "oto", ANNA, BEN))))
        assert at.words() == []


@pytest.mark.parametrize("manner", [Manner(busy=True), Manner(answers_after_s=None)])
async def test_who_is_engaged_or_does_not_answer_is_rung_later(manner: Manner) -> None:
    """It counts as unanswered, and the agent is hung up."""
    async with house(policy=Policy(claim_timeout_s=4.0)) as at:
        at.phones.will[ANNA] = manner
        await at.breaks()
        await at.free("ina")
        ended = await at.first(CallEnded)
        assert (ended.outcome, ended.agent) == (Outcome.NO_ANSWER, "ina")
        assert at.service.casebook.calls[ended.call].state == "resting"
        await until(lambda: not at.phones.speaks("ina"))


async def test_an_agent_who_does_not_take_it_leaves_it_to_the_next() -> None:
    """The customer is not rung in vain, and nobody waits for the agent's time to pass."""
    async with house() as at:
        at.phones.will["ina"] = Manner(busy=True)
        await at.breaks()
        await at.free("ina", "oto")
        spoke = await at.first(CallConnected)
        assert (spoke.agent, spoke.attempt) == ("oto", 2)
        assert [one.outcome for one in at.said(CallEnded)] == [Outcome.NOT_TAKEN]
        assert at.phones.rang == ["ina", "oto", ANNA]


async def test_a_customer_who_hangs_up_leaves_the_agent_to_say_how_it_was() -> None:
    """Nothing is decided before."""
    async with house() as at:
        at.phones.will[ANNA] = Manner(hangs_up_after_s=0.1)
        await at.breaks()
        await at.free("ina")
        call = await at.first(CallConnected)
        await until(lambda: not at.phones.speaks("ina"))
        assert at.said(CallEnded) == []
        assert at.service.casebook.calls[call.call].state == "connected"


async def test_a_customer_whose_agent_vanishes_stays_on_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are joined with the next agent, and not rung again."""
    monkeypatch.setattr(exchange, "GRACE_S", 0.1)
    async with house() as at:
        await at.breaks()
        await at.free("ina")
        await at.first(CallConnected)
        at.phones.put_down("ina")
        assert (await at.first(AgentLeft)).agent == "ina"
        await at.free("oto")
        again = await at.first(CallConnected, 2)
        assert (again.agent, again.attempt) == ("oto", 2)
        assert at.phones.rang.count(ANNA) == 1


class Page:
    """An agent's page, of which it counts whether it is there."""

    def give_way(self) -> None:
        """Another was opened."""


async def test_a_telephone_that_talks_is_not_cut_for_a_page_that_is_gone() -> None:
    """They go on; when the customer has hung up and the agent is still not there, the customer is rung by another."""
    async with house(policy=Policy(agent_gone_s=0.5)) as at:
        present, page = at.service.present_agents, Page()
        present.back_within_s = 0.0
        present.come("ina", page)
        await at.first(AgentSeen)
        await at.breaks()
        await at.free("ina")
        call = await at.first(CallConnected)
        present.go("ina", page)
        assert (await at.first(AgentUnseen)).holds == (call.call,)
        gone_at = at.service.now() + 0.5
        await until(lambda: at.service.now() > gone_at)
        await at.free("oto")
        assert at.phones.speaks("ina")
        assert at.phones.speaks(ANNA)
        assert at.service.room.desk.held_by("ina") == [call.call]
        at.phones.put_down(ANNA)
        assert (await at.first(AgentUnseen, 2)).holds == ()
        again = await at.first(CallConnected, 2)
        assert (again.agent, again.attempt) == ("oto", 2)
        assert at.service.casebook.agents["ina"].lost == {call.call: pytest.approx(at.service.now(), abs=30)}


async def test_who_rings_in_is_kept_until_an_agent_is_there() -> None:
    """The exchange's reference is the call's; they are answered when the agent has taken it."""
    async with house() as at:
        at.phones.ring_in(ANNA)
        phoned = await at.first(CustomerPhoned)
        assert phoned.customer == "c-1"
        assert phoned.call.startswith("in/")
        assert at.said(CallConnected) == []
        await at.free("ina")
        assert (await at.first(CallConnected)).call == phoned.call
        await at.tell(CallEnded(phoned.call, 1, Outcome.INFORMED, agent="ina"))
        await until(lambda: not at.phones.speaks(ANNA))


async def test_who_rings_in_before_we_ring_is_kept_while_our_call_is_withdrawn() -> None:
    """One call to a customer, whoever began."""
    async with house() as at:
        await at.breaks()
        at.phones.ring_in(ANNA)
        assert (await at.first(WithdrawCall)).reason == "customer_phoned"
        await at.free("ina")
        assert (await at.first(CallConnected)).call == at.said(CustomerPhoned)[0].call
        assert at.phones.rang == ["ina"]


async def test_whose_agent_vanishes_from_their_own_call_has_the_next_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Our call to them takes the place of theirs, and who is on the line is not rung."""
    monkeypatch.setattr(exchange, "GRACE_S", 0.1)
    async with house() as at:
        at.phones.ring_in(ANNA)
        await at.free("ina")
        await at.first(CallConnected)
        await at.breaks()
        at.phones.put_down("ina")
        await at.first(AgentLeft)
        await at.free("oto")
        again = await at.first(CallConnected, 2)
        assert again.agent == "oto"
        assert ANNA not in at.phones.rang
        assert at.phones.speaks(ANNA)
        await at.tell(CallEnded(again.call, again.attempt, Outcome.INFORMED, agent="oto"))
        await until(lambda: not at.phones.speaks(ANNA))


async def test_who_rings_in_and_hangs_up_was_there() -> None:
    """They abandoned their call."""
    async with house() as at:
        at.phones.ring_in(ANNA)
        phoned = await at.first(CustomerPhoned)
        at.phones.put_down(ANNA)
        ended = await at.first(CallEnded)
        assert (ended.call, ended.outcome) == (phoned.call, Outcome.ABANDONED)


@pytest.mark.parametrize(("who", "word"), [("+37129999999", "Nobody"), (BEN, "c-2, c-3 have")])
async def test_of_strangers_and_of_several_none_is_guessed(who: str, word: str) -> None:
    """The agent is told to ask."""
    async with house() as at:
        at.service.customers.add(Customer("c-3", "c-3", BEN, "lv", "simulated"))
        at.phones.ring_in(who)
        phoned = await at.first(CustomerPhoned)
        assert phoned.customer.startswith("stranger/")
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(create_app(at.service)), base_url="http://c/api/v1"
        ) as api:
            body = {"languages": ["lv", "en"], "provenance": "simulated", "wait_s": 20}
            brief = (await api.post("/agents/ina/claim", json=body)).json()
        assert brief["customer"] is None
        assert brief["telephone"].startswith(word)
        assert (await at.first(CallConnected)).call == phoned.call


async def test_a_stranger_who_was_identified_is_known_the_next_time() -> None:
    """Nobody is asked twice who they are; the number stands in no row."""
    async with house() as at:
        at.phones.ring_in("+37129999999")
        phoned = await at.first(CustomerPhoned)
        await at.tell(StrangerIdentified(phoned.customer, "c-1", "lv"))
        at.phones.put_down("+37129999999")
        await at.first(CallEnded)
        at.phones.ring_in("+37129999999")
        assert (await at.first(CustomerPhoned, 2)).customer == "c-1"
        assert not [row for row in at.rows if "29999999" in row.body]


async def test_a_number_that_cannot_be_read_is_dialled_by_hand() -> None:
    """The call stays with the agent, who is told why, and so is whoever watches."""
    async with house() as at:
        at.service.customers.add(Customer("c-1", "c-1", "call me", "lv", "simulated"))
        await at.breaks()
        await at.free("ina")
        given = await at.first(AssignCall)
        await until(at.words)
        assert "no country" in at.service.brief_of(given.call).telephone
        assert at.service.casebook.calls[given.call].state == "assigned"
        await at.tell(CallEnded(given.call, given.attempt, Outcome.INFORMED, agent="ina"))
        assert at.words() == []


async def test_the_process_that_speaks_sip_may_die() -> None:
    """The service goes on, and so does the line."""
    async with house() as at:
        assert at.line.pid is not None
        os.kill(at.line.pid, signal.SIGKILL)
        await until(at.line.trouble)
        assert "calls are dialled by hand" in at.words()[0]
        await until(lambda: at.line.trouble() is None)
        await at.breaks()
        await at.free("ina")
        assert (await at.first(CallConnected)).agent == "ina"
        assert len(at.said(QueueCall)) == 1
