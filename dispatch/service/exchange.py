"""The telephone exchange: what the desk decides about calls is done on a line, and what happens there is told to the desk.

A call of ours rings the agent first, then the customer, and joins them. An agent is rung in their page where it has sound, else at
their telephone. A customer who rings in is kept ringing until an agent
has taken the call. A customer whose agent is gone stays on the line for the next one. Nothing that a line cannot do is lost:
agents dial by hand, as they do without one.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from dispatch.channels.telephony import (
    CannotDial,
    Incoming,
    LegEnding,
    LegReport,
    LegState,
    LineAway,
    Telephony,
)
from dispatch.core.actions import AssignCall, QueueCall, WithdrawCall
from dispatch.core.conversation.channels import Channel
from dispatch.core.conversation.events import StrangerIdentified
from dispatch.core.events import (
    AgentLeft,
    CallConnected,
    CallEnded,
    ConsentChanged,
    CustomerErased,
    CustomerPhoned,
    Event,
    Outcome,
)
from dispatch.core.ids import inbound_call_id, is_inbound
from dispatch.core.verification.events import VoicePrintDeleted
from dispatch.engine.inputs import Stopped
from dispatch.ledger.pipeline import Turn
from dispatch.ledger.rows import Row, read
from dispatch.registers.customers import Customer
from dispatch.service.line_room import LineRoom, OnTheLine
from dispatch.service.listening import Listening
from dispatch.service.softphones import Softphones
from dispatch.service.voice_checks import VoiceChecks
from dispatch.service.who_rings import Ringing, ringing
from gateway.finding import Provenance

if TYPE_CHECKING:
    from dispatch.service.service import Service  # which has the exchange

log = logging.getLogger("callahead")

BY = "telephone"
"""Whose word it is what happened on the line."""
AGENT_RINGS, CUSTOMER_RINGS = 0.15, 0.3
"""Of the time in which a call that was given out has to be connected: both legs, and some left to dial by hand."""
LEAST_S = 1.0
"""Of the wall, however fast a story is played: signalling has a time of its own."""
MOST_AGENT_S, MOST_CUSTOMER_S = 25.0, 45.0
GRACE_S = 10.0
"""An agent who has hung up says within so long how it ended; else they are gone, and the customer waits for another."""
OF_OURS = OnTheLine("", is_known=True)
"""Whom we rang, and who waits for the next agent."""
BY_HAND = "Dial by hand"


@dataclass(slots=True)
class Joined:
    """A call in an agent's hand, and its legs."""

    call: str
    attempt: int
    agent: str
    customer: str
    line: Telephony
    agent_leg: str
    customer_address: str
    """Where to ring them; empty where they are on the line already."""
    customer_leg: str | None = None
    customer_up: bool = False
    """They were answered, or answered."""
    agent_up: bool = False
    spoke: bool = False
    gone: asyncio.TimerHandle | None = None


@dataclass(slots=True)
class Held:
    """A customer on the line, and no agent."""

    leg: str
    customer: str
    call: str
    line: Telephony
    up: bool = False
    caller: OnTheLine = OF_OURS


class Exchange:
    """Told of every row by ``feed`` and of every leg by its lines, all in the event loop's thread."""

    def __init__(self, service: Service, lines: Mapping[Provenance, Telephony]) -> None:
        self._service, self._lines = service, lines
        self._talks: dict[str, Joined] = {}
        self._held: dict[str, Held] = {}
        """By leg."""
        self._calls: dict[str, str] = {}
        """Leg → the call in an agent's hand."""
        self._numbers = count(1)
        self._by_hand: dict[str, str] = {}
        """Call → why it is dialled by hand."""
        self._asking: set[asyncio.Task[None]] = set()
        self._room = LineRoom()
        self._no_telephone: dict[str, str] = {}
        """Call → its agent, who has neither a telephone here nor sound in their page."""
        self.softphones = Softphones()
        self.listening = Listening(service, self._talks.get, self._leg)
        self.voices = VoiceChecks(service, self._talks.get, self._leg)
        for provenance, line in lines.items():
            line.hear = lambda said, provenance=provenance: self._heard(said, provenance)  # type: ignore[misc]
            line.hear_sound = self._sound_came

    def troubles(self) -> Iterator[str]:
        """Yield what is wrong, in words: a line that is away, a number that cannot be read."""
        for line in self._lines.values():
            if (why := line.trouble()) is not None:
                yield f"no telephone: {why}; calls are dialled by hand"
        if self.voices.trouble:
            yield f"nobody is known by their voice: {self.voices.trouble}; agents ask questions"
        yield from self._room.told(self._service.now())
        for call, why in self._by_hand.items():
            yield f"{call} is dialled by hand: {why}"

    def word(self, call: str) -> str:
        """Say what an agent has to know of a call's line; empty: nothing."""
        if (by_hand := self._by_hand.get(call)) is not None:
            return f"{BY_HAND}: {by_hand}."
        if (agent := self._no_telephone.get(call)) is not None:
            return f"{BY_HAND}: {agent} has no telephone here, and no sound in their page."
        return ""

    def spoken_by(self, agent: str) -> tuple[str, ...]:
        """Return the calls in which an agent and a customer speak on the line just now."""
        mine = (one for one in self._talks.values() if one.agent == agent)
        return tuple(one.call for one in mine if one.spoke and one.customer_leg is not None and one.gone is None)

    def feed(self, row: Row) -> None:
        """Do what a row says about a call."""
        said = read(row)
        match said:
            case AssignCall():
                self._assigned(said)
            case QueueCall():
                self._by_hand.pop(said.call, None)
                self._no_telephone.pop(said.call, None)
                self._taken_back(said.call, said.attempt, keep=True)
            case WithdrawCall():
                self._over(said.call)
                self._taken_back(said.call, said.attempt + 1, keep=said.reason == "agent_lost")
            case CallEnded():
                self._said_ended(said)
            case StrangerIdentified():
                self._identified(said)
            case ConsentChanged() | CustomerErased() | VoicePrintDeleted():
                self.listening.feed(said)
                self.voices.feed(said)
            case _:
                pass

    # --- what the desk decides ---------------------------------------------------------------------------------------

    def _assigned(self, action: AssignCall) -> None:
        view = self._service.casebook.calls[action.call]
        line = self._lines.get(view.provenance)  # type: ignore[call-overload]
        held = self._held_of(action.call, view.customer)
        elsewhere = held is None and is_inbound(action.call)
        if line is None or view.channel is not Channel.PHONE or elsewhere:  # written, or on another exchange's line
            return
        try:
            self._ring_agent(action, view.customer, line, held)
        except (CannotDial, LineAway) as error:
            self._dial_by_hand(action.call, str(error))

    def _ring_agent(self, action: AssignCall, customer: str, line: Telephony, held: Held | None) -> None:
        """Ring the agent, where there is somebody to be joined with. Raises ``CannotDial`` and ``LineAway``."""
        in_page = self.softphones.is_here(action.agent)
        address = "" if in_page else line.agent_address(action.agent)
        if address is None and held is None:
            self._no_telephone[action.call] = action.agent  # who dials by hand, as ever
            return
        if address is None:
            raise CannotDial(
                f"the customer is on the line, and {action.agent} has neither telephone nor sound in their page"
            )
        if (why := line.trouble()) is not None:
            raise LineAway(why)
        to = "" if held is not None else self._address_of(customer, line)
        talk = Joined(action.call, action.attempt, action.agent, customer, line, self._leg(), to)
        within_s = self._seconds(AGENT_RINGS, MOST_AGENT_S)
        if in_page:
            self.softphones.ring(action.agent, talk.agent_leg, talk.call, line, within_s)
        else:
            line.ring(talk.agent_leg, address, within_s)
        self._talks[talk.call] = talk
        self._calls[talk.agent_leg] = talk.call
        if held is not None:
            del self._held[held.leg]
            talk.customer_leg, talk.customer_up = held.leg, held.up
            self._calls[held.leg] = talk.call

    def _address_of(self, customer: str, line: Telephony) -> str:
        known, stranger = self._service.customers.get(customer), self._service.doors.strangers.get(customer)
        phone = known.phone if known is not None else stranger.rung_at if stranger is not None else ""
        if not phone:
            raise CannotDial("nobody knows the customer's number")
        return line.customer_address(phone)

    def _dial_by_hand(self, call: str, why: str) -> None:
        log.warning("%s is dialled by hand: %s", call, why, extra={"flood": f"by hand {why}"})
        self._by_hand[call] = why

    def _taken_back(self, call: str, attempt: int, *, keep: bool) -> None:
        """An attempt before ``attempt`` is in nobody's hand any more; ``keep``: who is on the line stays there."""
        talk = self._talks.get(call)
        if talk is not None and talk.attempt < attempt:
            self._let_agent_go(talk)
            self._let_customer_go(talk, keep=keep)
        if not keep:
            self._hang_up_held(call)

    def _said_ended(self, event: CallEnded) -> None:
        """Somebody said how a call ended: whoever is still on the line is hung up."""
        talk = self._talks.get(event.call)
        if talk is not None and event.attempt == talk.attempt and event.agent in {None, talk.agent}:
            self._let_agent_go(talk)
            self._let_customer_go(talk, keep=event.outcome is Outcome.NOT_TAKEN)
        if event.outcome is not Outcome.NOT_TAKEN:
            self._over(event.call)
            self._hang_up_held(event.call)

    def _hang_up_held(self, call: str) -> None:
        """Nobody will speak with who waits on the line for this call, or of whose own call it has become."""
        view = self._service.casebook.calls.get(call)
        for held in list(self._held.values()):
            theirs = view is not None and held.customer == view.customer and not self._waits_for_another(held, call)
            if held.call == call or theirs:
                held.line.hang_up(held.leg)

    def _identified(self, event: StrangerIdentified) -> None:
        """It turned out who rings."""
        theirs: list[Held | Joined] = [*self._held.values(), *self._talks.values()]
        for one in theirs:
            if one.customer == event.stranger:
                one.customer = event.customer

    def _over(self, call: str) -> None:
        self._by_hand.pop(call, None)
        self._no_telephone.pop(call, None)

    def _let_agent_go(self, talk: Joined) -> None:
        """The call is out of the agent's hand."""
        if talk.gone is not None:
            talk.gone.cancel()
        self._talks.pop(talk.call, None)
        self.listening.over(talk.call)
        self.voices.over(talk.call)
        self._calls.pop(talk.agent_leg, None)
        talk.line.hang_up(talk.agent_leg)

    def _let_customer_go(self, talk: Joined, *, keep: bool) -> None:
        """Hang up, or keep whoever rang in or has answered for the next agent."""
        leg, talk.customer_leg = talk.customer_leg, None
        if leg is None:
            return
        self._calls.pop(leg, None)
        if keep and (talk.customer_up or not talk.customer_address):
            self._held[leg] = Held(leg, talk.customer, talk.call, talk.line, talk.customer_up)
        else:
            talk.line.hang_up(leg)

    # --- what happens on the line ------------------------------------------------------------------------------------

    def _sound_came(self, leg: str, pcm: bytes) -> None:
        self.softphones.hear(leg, pcm)
        self.listening.hear(leg, pcm)
        self.voices.hear(leg, pcm)

    def _heard(self, said: LegReport | Incoming, provenance: Provenance) -> None:
        if isinstance(said, Incoming):
            self._rang_in(said, provenance)
            return
        self.softphones.heard(said)
        self.listening.heard(said)
        self.voices.heard(said)
        if said.leg in self._held:
            self._held_fares(self._held[said.leg], said)
        elif (talk := self._talks.get(self._calls.get(said.leg, ""))) is not None:
            if said.leg == talk.agent_leg:
                self._agent_fares(talk, said)
            else:
                self._customer_fares(talk, said)

    def _rang_in(self, said: Incoming, provenance: Provenance) -> None:
        """A customer rings in; the same call twice, and more than can be kept, hear that we are engaged."""
        call, line = inbound_call_id(said.ref), self._lines[provenance]
        if call in self._service.casebook.calls or any(one.call == call for one in self._held.values()):
            line.refuse(said.leg)
            return
        them = self._service.who_rings.at(said.number, provenance)
        caller = OnTheLine(said.number, is_known=bool(them))
        if not self._room.take(caller, [one.caller for one in self._held.values()], self._service.now()):
            log.error("too many wait on the line: a caller is not taken", extra={"flood": "held"})
            line.refuse(said.leg)
            return
        held = self._held[said.leg] = Held(said.leg, "", call, line, caller=caller)
        if len(them) == 1:
            self._phoned(held, ringing(them[0]), provenance)
        else:
            task = asyncio.ensure_future(self._ask_who(held, said, them, provenance))
            self._asking.add(task)
            task.add_done_callback(self._asking.discard)

    async def _ask_who(self, held: Held, said: Incoming, them: Sequence[Customer], provenance: Provenance) -> None:
        """Of nobody's number and of several people's none is guessed: an agent asks, unless one has found it out before."""
        found = await self._service.who_rings.stranger(said.ref, said.number, them, provenance)
        if held.leg in self._held:  # else they hung up meanwhile
            self._phoned(held, found, provenance)

    def _phoned(self, held: Held, who: Ringing, provenance: Provenance) -> None:
        held.customer = who.customer
        said = CustomerPhoned(held.call, who.customer, who.language, provenance, BY, candidates=who.candidates)
        self._tell(said)

    def _held_fares(self, held: Held, said: LegReport) -> None:
        """Whoever waits on the line hung up, or is answered."""
        if said.state is LegState.ANSWERED:
            held.up = True
        if said.state is not LegState.ENDED:
            return
        del self._held[held.leg]
        view = self._service.casebook.calls.get(held.call)
        if is_inbound(held.call) and (view is None or view.state in {"queued", "assigned"}):
            self._tell(CallEnded(held.call, view.attempt if view else 1, Outcome.ABANDONED, by=BY))

    def _agent_fares(self, talk: Joined, said: LegReport) -> None:
        if said.state is LegState.ANSWERED:
            talk.agent_up = True
            self._reach_customer(talk)
        elif said.state is LegState.ENDED and talk.spoke:
            self._agent_hung_up(talk, at_once=said.ending is LegEnding.LOST)
        elif said.state is LegState.ENDED:
            self._not_taken(talk, said)

    def _reach_customer(self, talk: Joined) -> None:
        """The agent is there: ring the customer, or answer who rang in, or join who waits on the line."""
        if talk.customer_leg is None:
            self._ring_customer(talk)
        elif talk.customer_up:
            self._speak(talk)
        else:
            talk.line.answer(talk.customer_leg)

    def _ring_customer(self, talk: Joined) -> None:
        try:
            address = talk.customer_address or self._address_of(talk.customer, talk.line)
            talk.customer_address, talk.customer_leg = address, self._leg()
            talk.line.ring(talk.customer_leg, address, self._seconds(CUSTOMER_RINGS, MOST_CUSTOMER_S))
            self._calls[talk.customer_leg] = talk.call
        except (CannotDial, LineAway) as error:
            talk.customer_leg = None
            self._let_agent_go(talk)
            self._dial_by_hand(talk.call, str(error))

    def _customer_fares(self, talk: Joined, said: LegReport) -> None:
        if said.state is LegState.ANSWERED:
            talk.customer_up = True
            if talk.agent_up:
                self._speak(talk)
        elif said.state is LegState.ENDED:
            self._calls.pop(said.leg, None)
            talk.customer_leg, was_up = None, talk.customer_up
            talk.customer_up = False
            self._customer_gone(talk, said, was_up=was_up)

    def _customer_gone(self, talk: Joined, said: LegReport, *, was_up: bool) -> None:
        """They hung up, or were not reached; whoever spoke with them has yet to say how it ended."""
        if talk.spoke:
            if talk.gone is not None:
                talk.gone.cancel()
            talk.line.hang_up(talk.agent_leg)
            self._service.present_agents.telephone_is_over(talk.agent)
        elif is_inbound(talk.call):
            self._end(talk, Outcome.ABANDONED)
        elif was_up or not talk.customer_address:  # they waited on the line, and are rung now
            if talk.agent_up:
                self._ring_customer(talk)
        elif said.ending is LegEnding.LINE:
            self._let_agent_go(talk)
            self._dial_by_hand(talk.call, said.why)
        else:
            self._end(talk, Outcome.NO_ANSWER)

    def _speak(self, talk: Joined) -> None:
        assert talk.customer_leg is not None  # noqa: S101 - they are on it
        talk.line.join(talk.agent_leg, talk.customer_leg)
        talk.spoke = True
        self._tell(CallConnected(talk.call, talk.attempt, talk.agent, by=BY))
        self.voices.speaks(talk)

    def _not_taken(self, talk: Joined, said: LegReport) -> None:
        """The agent does not take the call: it goes to another; with the line away, to the agent's own telephone."""
        if said.ending is LegEnding.LINE and talk.line.trouble() is not None:
            self._let_agent_go(talk)
            self._let_customer_go(talk, keep=True)
            self._dial_by_hand(talk.call, said.why)
        else:
            log.info("%s did not take %s (%s): it goes to another", talk.agent, talk.call, said.why)
            self._end(talk, Outcome.NOT_TAKEN)

    def _agent_hung_up(self, talk: Joined, *, at_once: bool) -> None:
        """They say how it ended, or the customer hangs up, too; else they are gone, and the customer waits for another."""
        if talk.customer_leg is not None and talk.gone is None:
            wait_s = 0.0 if at_once else self._service.clock.real_seconds(GRACE_S)
            talk.gone = asyncio.get_running_loop().call_later(wait_s, self._agent_gone, talk)

    def _agent_gone(self, talk: Joined) -> None:
        if self._talks.get(talk.call) is talk and talk.customer_leg is not None:
            log.warning("%s vanished from %s, and the customer is on the line", talk.agent, talk.call)
            self._tell(AgentLeft(talk.agent, by=BY))

    def _end(self, talk: Joined, outcome: Outcome) -> None:
        """Say how an attempt ended; what is to be done with its legs follows when that is stored."""
        self._tell(CallEnded(talk.call, talk.attempt, outcome, agent=talk.agent, by=BY))

    # --- who is who --------------------------------------------------------------------------------------------------

    def _held_of(self, call: str, customer: str) -> Held | None:
        """Return who waits on the line for this call, or for another of the same customer's."""
        mine = [
            one for one in self._held.values() if one.customer == customer and not self._waits_for_another(one, call)
        ]
        return next((one for one in self._held.values() if one.call == call), next(iter(mine), None))

    def _waits_for_another(self, held: Held, call: str) -> bool:
        """Is somebody who rang in still in the queue with that call of theirs, or about to be?"""
        view = self._service.casebook.calls.get(held.call)
        return held.call != call and (view is None or view.state in {"queued", "assigned", "connected"})

    def _leg(self) -> str:
        return f"leg-{next(self._numbers)}"

    def _seconds(self, share: float, most_s: float) -> float:
        """Return for how long a telephone rings, seconds of the wall."""
        rings_s = min(share * self._service.room.desk.policy.claim_timeout_s, most_s)
        return max(LEAST_S, self._service.clock.real_seconds(rings_s))

    def _tell(self, event: Event) -> None:
        """Tell the desk; what is told while the service stops is told by nobody else, and the next start finds the call open."""
        self._service.driver.submit(event).add_done_callback(_told)


def _told(answer: asyncio.Future[Turn]) -> None:
    error = None if answer.cancelled() else answer.exception()
    if error is not None and not isinstance(error, Stopped):
        log.error("what happened on the line could not be told: %s", error)
