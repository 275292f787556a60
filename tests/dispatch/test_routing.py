"""Routing by skill: who can take a call, step by step; two voices for nobody; nobody left while anybody is free at last."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.core.actions import Action, AssignCall, QueueCall
from dispatch.core.case import Call
from dispatch.core.conversation.channels import Channel, Preference
from dispatch.core.conversation.events import PreferenceChanged
from dispatch.core.desk import Desk
from dispatch.core.events import AgentBecameFree, AgentLeft, CallConnected, CallEnded, CustomerPhoned, Event, Outcome
from dispatch.core.policy import Policy
from dispatch.core.routing.events import AgentPaused, CallNoted, CallTransferred
from dispatch.core.routing.fit import Routing, has_all, level_of, needed
from dispatch.core.routing.model import Proficiency, Step
from dispatch.core.transitions import CallState
from tests.dispatch.conftest import Room, only

START = 1_768_197_600.0
STEPS = (Step(30, language=4, empathy=4, channel=3), Step(60, language=2, others=(Proficiency("calm", 2),)))
STEERED = Policy(routing=STEPS)


@dataclass
class House:
    """A desk that is told things, and what it hands out to whom."""

    policy: Policy = STEERED
    now: float = START
    hands: list[AssignCall] = field(default_factory=list)
    queued: list[QueueCall] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begin with nobody."""
        self.desk = Desk(self.policy)

    def tell(self, event: Event) -> list[AssignCall]:
        """Say something; what is handed out by it is returned."""
        self.now += 0.25
        return self._note([action for _, action in self.desk.handle(event, self.now)])

    def wait(self, seconds: float) -> list[AssignCall]:
        """Let alarms ring."""
        self.now += seconds
        return self._note([action for _, action in self.desk.wake(self.now)])

    def phones(self, ref: str, language: str = "lv", channel: Channel = Channel.PHONE, **said: Any) -> list[AssignCall]:
        """A customer of their own turns to us."""
        return self.tell(CustomerPhoned(f"in/{ref}", f"c-{ref}", language, "simulated", channel=channel, **said))

    def claims(
        self, agent: str, languages: tuple[str, ...] = ("lv",), chats: int = 0, **levels: int
    ) -> list[AssignCall]:
        """An agent asks for the next call, and goes on with what they have."""
        able = tuple(Proficiency(name, level) for name, level in levels.items())
        holds = tuple(call.call for call in self.held(agent)) if chats else ()
        return self.tell(AgentBecameFree(agent, languages, "simulated", proficiencies=able, chats=chats, holds=holds))

    def held(self, agent: str) -> list[Call]:
        """Return what an agent has in hand."""
        return [call for call in self.calls().values() if call.agent == agent]

    def calls(self) -> dict[str, Call]:
        """Return the calls that are not over."""
        return {call.call: call for call in self.desk.standing().calls}

    def _note(self, actions: list[Action]) -> list[AssignCall]:
        given_now = [action for action in actions if isinstance(action, AssignCall)]
        self.hands += given_now
        self.queued += [action for action in actions if isinstance(action, QueueCall)]
        return given_now


# --- step by step ----------------------------------------------------------------------------------------------------


def test_each_step_asks_for_less_and_at_last_anybody_takes_it() -> None:
    """Who speaks it poorly waits for the second step; who does not at all, for the end of the last."""
    house = House()
    house.claims("none", ("en",))
    house.claims("poor", ("lv", "en"), lv=2, calm=5)
    house.phones("1")
    assert not house.wait(29)
    assert [one.agent for one in house.wait(2)] == ["poor"]
    house.phones("2")
    assert not house.wait(88)
    assert [one.agent for one in house.wait(3)] == ["none"]


def test_whoever_is_good_enough_takes_it_at_once() -> None:
    """A language that is named without a level is spoken as well as can be."""
    house = House()
    house.claims("poor", lv=2, calm=5)
    house.claims("native")
    assert [one.agent for one in house.phones("1")] == ["native"]


def test_a_new_agent_is_matched_at_once() -> None:
    """Any change of who is there is looked at."""
    house = House()
    house.phones("1")
    assert [one.agent for one in house.claims("native")] == ["native"]


def test_grief_asks_for_empathy_and_a_bill_does_not() -> None:
    """As far as whoever put them through could tell."""
    house = House()
    house.claims("plain")
    assert not house.phones("1", concern="bereavement")
    assert [one.agent for one in house.claims("kind", empathy=4)] == ["kind"]
    assert [one.agent for one in house.phones("2")] == ["plain"]


def test_without_steps_it_is_as_it_was() -> None:
    """The language until the call is due, then anybody."""
    house = House(Policy())
    house.claims("none", ("en",))
    house.phones("1")
    assert not house.wait(118)
    assert [one.agent for one in house.wait(3)] == ["none"]


def test_what_is_only_named_is_known_as_well_as_can_be() -> None:
    """Who names no skill has all, and no empathy by that."""
    free = AgentBecameFree("a", ("lv",), "simulated", ("roadside",), proficiencies=(Proficiency("ru", 3),))
    assert [level_of(free, one) for one in ("lv", "ru", "en", "roadside", "payment", "empathy")] == [5, 3, 0, 5, 0, 0]
    assert level_of(AgentBecameFree("b", ("lv",), "simulated"), "payment") == 5


# --- several at a time -----------------------------------------------------------------------------------------------


def test_two_chats_and_one_voice_but_never_two_voices() -> None:
    """Whoever says so has several conversations; a third chat and a second voice wait."""
    house = House(Policy())
    for number, channel in enumerate([Channel.CHAT, Channel.CHAT, Channel.CHAT, Channel.PHONE, Channel.PHONE]):
        house.phones(str(number), channel=channel)
    for _ in range(6):
        house.claims("a", chats=2)
    assert [call.channel for call in house.held("a")] == [Channel.CHAT, Channel.CHAT, Channel.PHONE]


def test_who_names_no_chats_takes_one_thing_at_a_time() -> None:
    """Of whichever channel."""
    house = House(Policy())
    house.phones("1", channel=Channel.CHAT)
    assert [one.call for one in house.claims("a")] == ["in/1"]


def test_who_waits_for_a_second_chat_in_vain_keeps_the_first() -> None:
    """The request for the next one is over, not the conversation."""
    house = House(Policy())
    house.phones("1", channel=Channel.CHAT)
    house.claims("a", chats=2)
    house.tell(CallConnected("in/1", 1, "a"))
    house.claims("a", chats=2)
    house.tell(AgentLeft("a", holds=("in/1",)))
    assert house.calls()["in/1"].state is CallState.CONNECTED
    house.tell(AgentLeft("a"))
    assert house.calls()["in/1"].state is CallState.QUEUED


# --- handed on -------------------------------------------------------------------------------------------------------


def spoken_to(house: House, ref: str = "1") -> None:
    """A customer speaks with agent a."""
    house.claims("a")
    house.phones(ref)
    house.tell(CallConnected(f"in/{ref}", 1, "a"))


def test_a_call_is_handed_on_to_one_agent_and_then_to_others() -> None:
    """Who was asked for comes first for a while; nobody waits for ever for somebody who is not there."""
    house = House(Policy())
    spoken_to(house)
    house.claims("c")
    assert not house.tell(CallTransferred("in/1", 1, "a", to_agent="b"))
    assert house.queued[-1].reason == "transferred"
    assert [one.agent for one in house.wait(61)] == ["c"]
    house = House(Policy())
    spoken_to(house)
    house.claims("c")
    house.tell(CallTransferred("in/1", 1, "a", to_agent="b"))
    assert [one.agent for one in house.claims("b")] == ["b"]


def test_a_call_is_handed_on_to_who_is_good_at_something() -> None:
    """What was asked for is asked beside the policy's steps."""
    house = House()
    spoken_to(house)
    house.claims("c", calm=3)
    assert not house.tell(CallTransferred("in/1", 1, "a", needs=(Proficiency("supervisor", 1),)))
    assert [one.agent for one in house.claims("s", supervisor=1)] == ["s"]


def test_nobody_hands_on_what_is_not_theirs() -> None:
    """Nor what does not speak."""
    house = House(Policy())
    house.claims("a")
    house.phones("1")
    house.tell(CallTransferred("in/1", 1, "a", to_agent="b"))
    house.tell(CallConnected("in/1", 1, "a"))
    house.tell(CallTransferred("in/1", 1, "b", to_agent="b"))
    assert (house.calls()["in/1"].state, house.calls()["in/1"].agent) == (CallState.CONNECTED, "a")


def test_who_pauses_is_given_nothing_and_keeps_what_they_have() -> None:
    """A pause is no loss of a call."""
    house = House(Policy())
    spoken_to(house)
    house.tell(AgentPaused("a", "meal"))
    assert house.calls()["in/1"].state is CallState.CONNECTED
    house.claims("b")
    house.tell(AgentPaused("b", "training"))
    assert not house.phones("2")


def test_a_noted_concern_holds_for_the_next_agent() -> None:
    """A lost call of somebody in tears comes to somebody who can speak with them."""
    house = House()
    spoken_to(house)
    house.tell(CallNoted("n-1", "in/1", "in tears", "a", "distress"))
    house.claims("plain")
    house.tell(AgentLeft("a"))
    assert house.calls()["in/1"].state is CallState.QUEUED
    assert [one.agent for one in house.claims("kind", empathy=5)] == ["kind"]


def test_who_prefers_it_is_spoken_to_by_whom_they_spoke_with_last(room: Room) -> None:
    """Of those who can take it; who has said nothing of that comes to who waited longest."""
    room.truck("t-1")
    room.found()
    room.tell(PreferenceChanged("c-1", Preference(same_agent=True)))
    given_out = only(room.agent("a-1"), AssignCall)
    room.connected(given_out.call)
    room.ended(given_out.call, Outcome.INFORMED)
    for agent in ("a-2", "a-1", "a-3"):
        room.agent(agent)
    assert only(room.phones(ref="in/7"), AssignCall).agent == "a-1"


# --- whatever happens ------------------------------------------------------------------------------------------------

AGENTS = st.sampled_from(["a", "b", "c"])
HAPPENS = st.one_of(
    st.tuples(
        st.just("claims"),
        AGENTS,
        st.sampled_from([("lv",), ("en",), ("lv", "en")]),
        st.integers(0, 2),
        st.dictionaries(st.sampled_from(["lv", "en", "empathy", "calm", "chat"]), st.integers(1, 5)),
    ),
    st.tuples(
        st.just("phones"),
        st.sampled_from(["lv", "en"]),
        st.sampled_from([Channel.PHONE, Channel.PHONE, Channel.CHAT, Channel.VIDEO]),
        st.sampled_from(["", "distress"]),
    ),
    st.tuples(st.just("connects"), AGENTS),
    st.tuples(st.just("ends"), AGENTS, st.sampled_from([Outcome.INFORMED, Outcome.ABANDONED])),
    st.tuples(st.just("hands_on"), AGENTS, st.sampled_from(["", "b", "nobody"])),
    st.tuples(st.just("pauses"), AGENTS),
    st.tuples(st.just("waits"), st.sampled_from([1.0, 29.0, 61.0, 200.0])),
)


def play(house: House, what: tuple[Any, ...], number: int) -> None:
    """Have something happen."""
    kind, *said = what
    match kind:
        case "claims":
            house.claims(said[0], said[1], said[2], **said[3])
        case "phones":
            house.phones(str(number), said[0], said[1], concern=said[2])
        case "waits":
            house.wait(said[0])
        case "pauses":
            house.tell(AgentPaused(said[0], "break"))
        case _:
            for call in house.held(said[0])[:1]:
                of = (call.call, call.attempt)
                if kind == "connects":
                    house.tell(CallConnected(*of, said[0]))
                elif kind == "ends":
                    house.tell(CallEnded(*of, said[1], agent=said[0]))
                else:
                    house.tell(CallTransferred(*of, said[0], said[1], (Proficiency("calm", 3),)))


@pytest.mark.parametrize("policy", [STEERED, Policy()], ids=["by steps", "as it was"])
@settings(max_examples=120, deadline=None)
@given(happens=st.lists(HAPPENS, max_size=40))
def test_routing_whatever_happens(policy: Policy, happens: list[tuple[Any, ...]]) -> None:
    """Never two voices for one agent, never somebody unfit before the last step, nobody left while anybody is free at last."""
    house, says = House(policy), dict[str, AgentBecameFree]()
    routing = Routing(policy, house.desk._calls.held_by)
    for number, what in enumerate(happens):
        seen = len(house.hands)
        before = house.calls()
        says |= {one.agent: one for one in house.desk.standing().free_agents}
        play(house, what, number)
        says |= {one.agent: one for one in house.desk.standing().free_agents}
        for agent in "abc":
            voices = [call for call in house.held(agent) if call.is_spoken]
            assert len(voices) <= 1
        for given_out in house.hands[seen:]:
            call = house.calls().get(given_out.call) or before[given_out.call]
            agent = says.get(given_out.agent)
            if agent is not None and what[0] not in {"claims", "waits"} and policy.routing:
                step = routing._step(call, house.now) if not routing.for_anybody(call, house.now) else None
                assert step is None or call.to_agent == agent.agent or has_all(agent, needed(step, call))
        for call in house.calls().values():
            if call.state is CallState.QUEUED and routing.for_anybody(call, house.now):
                idle = [one for one in house.desk.standing().free_agents if not house.held(one.agent)]
                assert not idle, f"{call.call} waits, and {idle[0].agent} is free"
