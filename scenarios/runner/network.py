"""The world's doors over a network: devices on MQTT, people and partners on the HTTP API. What arrives waits in one inbox.

Everything of the world happens on one thread. Other threads only put things into the inbox; ``take_in`` empties it between
two steps of the world.
"""

from __future__ import annotations

import asyncio
import queue
import re
import time
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol

import simpy

from dispatch.core.actions import SendMessage, SendNotice
from dispatch.core.conversation.channels import Channel
from dispatch.core.conversation.events import MessageStatus
from dispatch.core.hints.events import HintWay, Verdict
from dispatch.core.ids import device_of
from dispatch.core.offers.events import OfferReply
from dispatch.core.purse.actions import AskAboutMoney
from dispatch.core.purse.events import MoneyAnswer
from dispatch.core.purse.mandate import Mandate, MandateState
from dispatch.core.purse.money import as_text
from dispatch.core.reasons.model import Reason
from dispatch.core.routing.model import PauseReason
from dispatch.core.skills import Skill
from dispatch.ledger.rows import Row, read
from dispatch.service.exchange import BY_HAND
from dispatch.views.voice_menu import AGENT_KEY
from firmware_sim.device.device import Device, Outgoing, Uplink
from firmware_sim.kinds.phone.relay import Relay
from firmware_sim.links.radio_faults import RadioFaults
from gateway.finding import OrderLine
from scenarios.runner.mailbag import Brought, Mailbag
from scenarios.runner.story_telephones import StoryTelephones
from scenarios.service.http import WAIT_S, Api, ApiRefused
from scenarios.service.process import CannotPlay
from scenarios.story.voices import HeardVoice
from scenarios.world.bluetooth import Pair
from scenarios.world.doors import NOTHING_SPECIAL, Announced, Asked, Outcome, Replied, Report, Ticket, Withdrawn
from scenarios.world.inboxes.letters import InboxLetter
from scenarios.world.town import Point

CODE_WITHIN_S = 20.0
"""Of the wall."""
_CODE = re.compile(r"(?<!\d)\d{6}(?!\d)")
ASKED_PLACE_M = 30.0
"""Accuracy of a place that a customer tells an agent."""


class BluetoothAir(Protocol):
    """The air between cars and phones."""

    def pair(self, pair: Pair, relayed: Callable[[bytes, Callable[[], None]], None]) -> Callable[[bool], None]:
        """Give a phone its radio; call what is returned when it comes to its device and when it goes."""


class Writing(Protocol):
    """How people write, on a thread of its own (``story_inboxes``, whose libraries other stories do without)."""

    def start(self, doing: Coroutine[Any, Any, Any]) -> Future[Any]:
        """Do something there."""

    async def writes(self, ref: str, customer: str, channel: Channel, text: str) -> Channel:
        """Have a customer write."""

    async def replies(self, ref: str, said: Replied, asked: Brought | None) -> None:
        """Have a customer answer."""

    async def tells(self, customer: str, message: str, status: MessageStatus, brought: Brought | None) -> None:
        """Have the house learn what became of a message."""


@dataclass(frozen=True, slots=True)
class FromThread:
    """Something that came in on another thread."""

    kind: Literal["answer", "asked", "withdrawn", "command", "relayed", "stored", "letter", "trouble"]
    to: Any
    """The waiting event, the device's name, or nothing."""
    what: Any


@dataclass(slots=True)
class Stamps:
    """When each event was published first, seconds of the wall, by ``vendor/device/boot-seq``."""

    at: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StampedLine:
    """A line that notes when what goes up goes up."""

    line: Uplink
    stamps: Stamps
    note: Callable[[str], None]
    """Called with the key of each event that goes up."""

    def open(self, last_will: Outgoing) -> None:
        """Coverage is back."""
        self.line.open(last_will)

    def send(self, outgoing: Outgoing) -> None:
        """Carry one message up."""
        if outgoing.key is not None:
            self.stamps.at.setdefault(outgoing.key, time.time())
            self.note(outgoing.key)
        self.line.send(outgoing)

    def cut(self) -> None:
        """Coverage is lost."""
        self.line.cut()


class NetworkDoors:
    """The doors of ``scenarios.world.doors`` over HTTP; the lines up are the fleet's, and so are those to phones nearby."""

    def __init__(self, env: simpy.Environment, api: Api) -> None:
        self.bluetooth: BluetoothAir | None = None
        """Set before the world begins where the story has any."""
        self.telephones: StoryTelephones | None = None
        """Set before the world begins where it rings over SIP."""
        self.inboxes: Writing | None = None
        """Set before the world begins where people write."""
        self._mailbag = Mailbag()
        self._relays: dict[str, Relay] = {}
        self.env = env
        self.asked, self.withdrawn = simpy.Store(env), simpy.Store(env)
        self.on_heard: Callable[[str], None] | None = None
        self.on_message: Callable[[SendMessage | SendNotice], None] | None = None
        self.on_question: Callable[[AskAboutMoney], None] | None = None
        self.stamps = Stamps()
        self._api = api
        self._inbox: queue.SimpleQueue[FromThread] = queue.SimpleQueue()
        self._devices: dict[str, Device] = {}
        self._codes: dict[str, Future[str]] = {}
        """Customer → the code that they wait for, to say yes with."""
        self._claiming: dict[str, Future[Any]] = {}
        """Agent → what they wait for."""

    # --- what the world does -----------------------------------------------------------------------------------------

    def attach(self, device: Device) -> None:
        """Note when the device publishes; its line is the fleet's."""
        if device.uplink is None:
            message = f"{device.name} belongs to no fleet"
            raise RuntimeError(message)
        self._devices[device.name] = device
        device.uplink = StampedLine(device.uplink, self.stamps, self._heard)

    def detach(self, device: Device) -> None:
        """Hear nothing more of a device."""
        self._devices.pop(device.name, None)

    def pair(self, pair: Pair, device: Device, relay: Relay, faults: RadioFaults) -> Callable[[bool], None]:
        """Have a phone look for its device by its own radio, whose faults are the whole air's."""
        del faults
        assert self.bluetooth  # noqa: S101 - the story has Bluetooth
        self._relays[device.name] = relay

        def relayed(payload: bytes, acknowledge: Callable[[], None]) -> None:
            self._inbox.put(FromThread("relayed", relay, (payload, acknowledge)))

        return self.bluetooth.pair(pair, relayed)

    def claim(
        self,
        agent: str,
        languages: tuple[str, ...],
        skills: tuple[Skill, ...] = (),
        proficiencies: Mapping[str, int] = NOTHING_SPECIAL,
        *,
        chats: int = 0,
        holds: tuple[str, ...] = (),
    ) -> simpy.Event:
        """Ask for the next call until one comes."""
        waits = self.env.event()
        able = {"languages": languages, "skills": skills, "proficiencies": dict(proficiencies)}
        self._claiming[agent] = self._api.start(self._claim(agent, able | {"chats": chats, "holds": holds}))
        self._claiming[agent].add_done_callback(self._passed_on_to(waits))
        return waits

    def paused(self, agent: str, reason: PauseReason) -> simpy.Event:
        """Say that an agent takes no calls for a while."""
        return self._answered(self._api.post(f"/agents/{agent}/pause", {"reason": reason}))

    def resumed(self, agent: str) -> simpy.Event:
        """Say that they are back."""
        return self._answered(self._api.post(f"/agents/{agent}/resume", {}))

    def wrapped_up(self, agent: str) -> simpy.Event:
        """Say that an agent is through with what was left of a call."""
        return self._answered(self._api.post(f"/agents/{agent}/wrap-up", {}))

    def left(self, agent: str, holds: tuple[str, ...] = ()) -> None:
        """Say that an agent waits no longer, by hanging up; what they asked for does not come. What they hold they named in it."""
        del holds
        self._claiming.pop(agent).cancel()

    def rings(self, ticket: Ticket, answers_after: float | None, lasts: float, *, engaged: bool = False) -> simpy.Event:
        """A customer's telephone rings: over SIP, or nobody else need know."""
        if self.telephones is None:
            return self.env.timeout(lasts if answers_after is None else answers_after, answers_after is not None)
        return self._comes_of(self.telephones.start(self.telephones.rings(ticket, answers_after, engaged=engaged)))

    def picks_up(self, ticket: Ticket, after: float) -> simpy.Event:
        """An agent takes the call of who rang in."""
        if self.telephones is None or ticket.channel is not Channel.PHONE:
            return self.env.timeout(after)
        return self._comes_of(self.telephones.start(self.telephones.picks_up(ticket, after)))

    def connected(self, ticket: Ticket) -> simpy.Event:
        """Say that agent and customer speak."""
        return self._answered(self._connected(ticket))

    def hints(self, ticket: Ticket, way: HintWay) -> simpy.Event:
        """An agent looks for what may help."""
        return self._answered(self._hints(ticket, way))

    async def _hints(self, ticket: Ticket, way: HintWay) -> tuple[str, ...]:
        found = await self._api.get(f"/calls/{ticket.call}/hints", way=way)
        return tuple(one["article"] for one in found["hints"])

    def judged(self, ticket: Ticket, article: str, verdict: Verdict) -> simpy.Event:
        """An agent says what became of it."""
        return self._answered(
            self._api.post(f"/calls/{ticket.call}/hints/{article}", {"said": verdict, "agent": ticket.agent})
        )

    def ended(
        self, ticket: Ticket, outcome: Outcome, place: Point | None = None, *, wants_help: bool | None = None
    ) -> simpy.Event:
        """Say how the call ended; over SIP, whoever gives up in the queue puts the telephone down, and that is all."""
        if self.telephones is not None and ticket.agent is None and ticket.channel is Channel.PHONE:
            return self._comes_of(self.telephones.start(self.telephones.put_down(ticket.customer)))
        said = (
            {"latitude": place.latitude, "longitude": place.longitude, "accuracy_m": ASKED_PLACE_M} if place else None
        )
        body = _head(ticket) | {"outcome": outcome, "place": said}
        body["wants_help"] = wants_help
        return self._answered(self._api.post("/calls/ended", body))

    def listens(self, ticket: Ticket) -> simpy.Event:
        """What the world's telephones play is no voice: nobody is known by it, and agents ask."""
        del ticket
        return self.env.event().succeed(value=False)

    def compared(self, ticket: Ticket, heard: HeardVoice) -> simpy.Event:
        """Nobody listens."""
        del ticket, heard
        return self.env.event().succeed(value=False)

    def questioned(self, ticket: Ticket, *, right: bool) -> simpy.Event:
        """They answered."""
        body = {"call": ticket.call, "attempt": ticket.attempt, "right": right}
        return self._answered(self._api.post("/calls/questions", body))

    def leaves(self, said: SendMessage) -> bool:
        """It has left: the service asked, and it came."""
        del said
        return True

    def phoned(self, ref: str, customer: str, channel: Channel = Channel.PHONE) -> simpy.Event:
        """A customer rings in, over SIP where there is such; or stands in a branch, is seen, or asks the machine for an agent."""
        if self.telephones is not None and channel is Channel.PHONE:
            return self._comes_of(self.telephones.start(self.telephones.ring_in(customer)))
        body = {"ref": ref, "customer": customer}
        if channel is Channel.IVR:
            return self._answered(self._api.post("/calls/menu", body | {"key": AGENT_KEY}))
        return self._answered(self._api.post("/calls/inbound", body | {"channel": channel}))

    def says_why(self, ticket: Ticket, why: Reason) -> simpy.Event:
        """An agent says why a customer turned to us."""
        body = {"ref": f"{ticket.call}-{ticket.attempt}", "call": ticket.call, "reason": why, "agent": ticket.agent}
        return self._answered(self._api.post("/calls/reason", body))

    def announced(self, ref: str, customer: str) -> simpy.Event:
        """A customer rings in, and a machine answers."""
        return self._answered(self._announced(ref, customer))

    async def _announced(self, ref: str, customer: str) -> Announced:
        found = await self._api.post("/calls/menu", {"ref": ref, "customer": customer})
        cases = [one["case"] for one in found["options"] if one["case"]]
        return Announced(tuple(found["say"]), cases[-1]) if cases else Announced()

    def wrote(self, ref: str, customer: str, channel: Channel, text: str) -> simpy.Event:
        """A customer writes, by the provider of the channel or on their own page."""
        return self._written(lambda inboxes: inboxes.writes(ref, customer, channel, text))

    def replied(self, ref: str, said: Replied) -> simpy.Event:
        """A customer answers what was offered, by its number or by a tap."""
        if said.channel is Channel.IVR:
            pressed = {"ref": ref, "customer": said.customer, "key": "1", "case": said.case, "answer": said.answer}
            return self._answered(self._api.post("/calls/menu", pressed))
        asked = self._mailbag.asked(said.customer, said.channel)
        return self._written(lambda inboxes: inboxes.replies(ref, said, asked))

    def wrote_back(self, ticket: Ticket, text: str) -> simpy.Event:
        """An agent writes back, unless another has the customer in hand by now."""
        return self._answered(self._write_back(ticket, text))

    def seeks_offer(self, ticket: Ticket) -> simpy.Event:
        """An agent asks whether something is to be offered."""
        return self._answered(self._seek_offer(ticket))

    async def _seek_offer(self, ticket: Ticket) -> str | None:
        body = {"ref": f"{ticket.call}/{ticket.attempt}", "attempt": ticket.attempt, "agent": ticket.agent}
        found = await self._api.post(f"/calls/{ticket.call}/offer/ask", body)
        return found["offer"] or None if found is not None else None

    def answers_offer(self, ticket: Ticket, answer: OfferReply) -> simpy.Event:
        """An agent says what the customer said to it."""
        body = {"attempt": ticket.attempt, "answer": answer, "agent": ticket.agent}
        return self._answered(self._api.post(f"/calls/{ticket.call}/offer", body))

    def message_is(self, customer: str, message: str, status: MessageStatus) -> simpy.Event:
        """A message was read; all else providers say to the service themselves."""
        if status != "read":
            return self.env.event().succeed()
        brought = self._mailbag.brought(message)
        return self._written(lambda inboxes: inboxes.tells(customer, message, status, brought))

    def lets_pay(self, mandate: Mandate) -> None:
        """A customer lets a device pay, on their page. Without a code: of those a telephone gets six an hour at most."""
        given = self._api.start(self._api.post(f"/customers/{mandate.customer}/mandates", body_of(mandate)))
        given.result()  # before its device asks

    def holds(self, mandate: Mandate, to: MandateState) -> None:
        """A customer suspends a mandate, or has it go on."""
        body = {"mandate": mandate.mandate, "to": to}
        self.watch(self._api.start(self._api.post(f"/customers/{mandate.customer}/mandates/changes", body)))

    def wants(self, customer: str, payment: str, *, agreed: bool) -> None:
        """A customer says whether a payment is wanted that they are asked about; a yes with the code that their telephone gets."""
        self.watch(self._api.start(self._wants(customer, payment, agreed=agreed)))

    def says_of_money(self, customer: str, ref: str, answer: MoneyAnswer) -> simpy.Event:
        """A customer answers what they were asked about what is paid for long, by a tap on their page."""
        body = {"ref": ref, "answer": answer}
        return self._answered(self._api.post(f"/customers/{customer}/payments/questions/answers", body))

    def disputes(self, customer: str, payment: str, why: str) -> None:
        """A customer says that a payment was not right."""
        body = {"payment": payment, "why": why}
        self.watch(self._api.start(self._api.post(f"/customers/{customer}/payments/disputes", body)))

    def decides(self, payment: str, why: str, *, refunded: bool) -> None:
        """A person of the house decides about a dispute."""
        body = {"payment": payment, "decision": "refund" if refunded else "uphold", "why": why}
        self.watch(self._api.start(self._api.post("/payments/disputes/decided", body)))

    def reported(self, report: Report) -> simpy.Event:
        """An agent takes down what a customer says, or the control room what a crew says."""
        body: dict[str, Any] = {"ref": report.ref, "by": report.by, "part": report.part, "since": report.since}
        body |= {"case": report.case} if report.case else {"device": report.device, "call": report.call}
        if report.place:
            place = {"latitude": report.place.latitude, "longitude": report.place.longitude}
            body["place"] = place | {"accuracy_m": report.accuracy_m}
        return self._answered(self._api.post("/cases/reported", body))

    def answer(self, asked: Asked, at: float | None) -> simpy.Event:
        """A partner takes or refuses. The event's value: whether it is still asked."""
        kind, when = ("booking", "slot_at") if asked.what == "slot" else ("order", "arrives_at")
        body = {kind: asked.id, "attempt": asked.attempt, "accepted": at is not None, when: at}
        return self._answered(self._answer(f"/{kind}s/answer", body))

    def noted(self, withdrawn: Withdrawn, comes_at: float | None) -> simpy.Event:
        """A partner takes note of a withdrawal."""
        body = {"request": withdrawn.id, "attempt": withdrawn.attempt, "partner": withdrawn.partner}
        said = body | {"too_late": comes_at is not None, "arrives_at": comes_at}
        return self._answered(self._api.post("/requests/withdrawn", said))

    def fulfilled(self, order: str) -> simpy.Event:
        """The goods were handed over, or the technician has been."""
        return self._answered(self._api.post("/orders/fulfilled", {"order": order}))

    # --- what comes in, from any thread ------------------------------------------------------------------------------

    def listen_for(self, partner: str) -> None:
        """Hear what a workshop or supplier is asked, from now on."""
        self.watch(self._api.start(self._requests(partner)))

    def command(self, device: str, payload: bytes) -> None:
        """A command came down."""
        self._inbox.put(FromThread("command", device, payload))

    def stored(self, key: str) -> None:
        """The broker has an event: a phone that forwarded it tells the car."""
        if device_of(key) in self._relays:
            self._inbox.put(FromThread("stored", None, key))

    def letter(self, customer: str, channel: Channel, letter: InboxLetter) -> None:
        """Something has come for a customer; what is a code is for who waits for one, and for nobody else."""
        code = _CODE.search(letter.text)
        if code is not None and (waits := self._codes.pop(customer, None)) is not None:
            waits.set_result(code[0])
            return
        self._inbox.put(FromThread("letter", None, (customer, channel, letter)))

    def rejected(self, device: str, payload: bytes) -> None:
        """The service refused what a device sent: a mistake of the world's."""
        reason = f"the service refused an event of {device}: {payload.decode('utf-8', 'replace')}"
        self._inbox.put(FromThread("trouble", None, CannotPlay(reason)))

    def watch(self, conversation: Future[Any]) -> None:
        """Have a conversation that breaks off stop the world."""
        conversation.add_done_callback(self._broke_off)

    def take_in(self, within_s: float) -> None:
        """Hand everything that has come to whom it is for, waiting at most ``within_s`` seconds for the first."""
        try:
            self._hand_over(self._inbox.get(timeout=within_s) if within_s > 0 else self._inbox.get_nowait())
            while True:
                self._hand_over(self._inbox.get_nowait())
        except queue.Empty:
            return

    def decided(self, row: Row) -> None:
        """The ledger tells what was decided: of what is written, who gets it reads it once it has come. On the world's thread."""
        if row.type == "AskAboutMoney":
            self._ask_about_money(row)
        if self.on_message is None or row.type not in {"SendMessage", "SendNotice"}:
            return
        said = read(row)
        if isinstance(said, SendNotice):
            self.on_message(said)  # a device shows it
        elif isinstance(said, SendMessage):
            on_page = said.channel is Channel.CHAT  # which shows it by itself
            self._give(said if on_page else self._mailbag.decided(said))

    def _ask_about_money(self, row: Row) -> None:
        asked = read(row)
        if self.on_question is not None and isinstance(asked, AskAboutMoney):
            self.on_question(asked)

    def _give(self, said: SendMessage | None) -> None:
        if said is not None and self.on_message is not None:
            self.on_message(said)

    def _written(self, doing: Callable[[Writing], Coroutine[Any, Any, Any]]) -> simpy.Event:
        """Have somebody write. Raises ``CannotPlay`` where nobody can."""
        if self.inboxes is None:
            raise CannotPlay("people write in this story, and it has no inboxes")
        return self._comes_of(self.inboxes.start(doing(self.inboxes)))

    def _heard(self, key: str) -> None:
        if self.on_heard is not None:
            self.on_heard(key)

    def _hand_over(self, arrived: FromThread) -> None:
        if arrived.kind == "trouble":
            raise arrived.what
        if arrived.kind == "command":
            self._devices[arrived.to].receive(arrived.what, float(self.env.now))
        elif arrived.kind == "relayed":
            arrived.to.take(*arrived.what)
        elif arrived.kind == "letter":
            self._give(self._mailbag.arrived(*arrived.what))
        elif arrived.kind == "stored":
            self._relays[device_of(arrived.what)].acknowledged(arrived.what)
        elif arrived.kind == "asked":
            self.asked.put(arrived.what)
        elif arrived.kind == "withdrawn":
            self.withdrawn.put(arrived.what)
        else:
            arrived.to.succeed(arrived.what)

    def _answered(self, conversation: Coroutine[Any, Any, Any]) -> simpy.Event:
        """Return an event that happens once the service has answered."""
        return self._comes_of(self._api.start(conversation))

    def _comes_of(self, conversation: Future[Any]) -> simpy.Event:
        """Return an event that happens once a conversation is over."""
        event = self.env.event()
        conversation.add_done_callback(self._passed_on_to(event))
        return event

    def _passed_on_to(self, event: simpy.Event) -> Callable[[Future[Any]], None]:
        def pass_on(done: Future[Any]) -> None:
            if done.cancelled() or done.exception():
                self._broke_off(done)
            else:
                self._inbox.put(FromThread("answer", event, done.result()))

        return pass_on

    def _broke_off(self, done: Future[Any]) -> None:
        if done.cancelled() or isinstance(done.exception(), CancelledError):
            return
        error = done.exception()
        if error is not None:
            self._inbox.put(FromThread("trouble", None, error))

    # --- conversations, on the API's thread --------------------------------------------------------------------------

    async def _claim(self, agent: str, able: dict[str, Any]) -> Ticket:
        body = able | {"provenance": "simulated", "wait_s": WAIT_S}
        while True:
            brief = await self._api.post(f"/agents/{agent}/claim", body)
            if brief is not None:
                return replace(ticket_of(brief), agent=agent)

    async def _connected(self, ticket: Ticket) -> bool:
        return await self._api.post("/calls/connected", _head(ticket)) is not None

    async def _wants(self, customer: str, payment: str, *, agreed: bool) -> None:
        body: dict[str, Any] = {"payment": payment, "agreed": agreed}
        try:
            if agreed:
                body["code"] = await self._code_for(customer, payment)
            await self._api.post(f"/customers/{customer}/payments/answers", body)
        except (ApiRefused, TimeoutError):
            return  # too late, or too many codes: nobody pays then

    async def _code_for(self, customer: str, payment: str) -> str:
        """Have a code sent, and read it. Raises ``ApiRefused`` and ``TimeoutError``: none comes."""
        waits = self._codes[customer] = Future[str]()
        if await self._api.post(f"/customers/{customer}/codes", {"payment": payment}) is None:
            raise TimeoutError  # the house has no way to send one
        return await asyncio.wait_for(asyncio.wrap_future(waits), CODE_WITHIN_S)

    async def _write_back(self, ticket: Ticket, text: str) -> bool:
        known = await self._api.get(f"/customers/{ticket.customer}/conversation")
        if ticket.call not in known["calls"]:
            return False
        ref = f"{ticket.channel}/{ticket.call}-{ticket.attempt}"
        body = {"ref": ref, "channel": ticket.channel, "text": text, "case": ticket.case, "agent": ticket.agent}
        return await self._api.post(f"/conversations/{ticket.customer}/messages", body) is not None

    async def _answer(self, path: str, body: dict[str, Any]) -> bool:
        return await self._api.post(path, body) is not None

    async def _requests(self, partner: str) -> None:
        after = 0
        while True:
            page = await self._api.get("/requests", partner=partner, after=after, wait_s=WAIT_S)
            after = page["next"]
            for request in page["requests"]:
                body = request["body"]
                if request["type"] == "WithdrawRequest":
                    off = Withdrawn(body["request"], body["attempt"], body["partner"])
                    self._inbox.put(FromThread("withdrawn", None, off))
                else:
                    self._inbox.put(FromThread("asked", None, asked_of(request["type"], body)))


def _head(ticket: Ticket) -> dict[str, Any]:
    """Name the call, and who speaks of it."""
    return {"call": ticket.call, "attempt": ticket.attempt, "agent": ticket.agent}


def ticket_of(brief: dict[str, Any]) -> Ticket:
    """Read what an agent's screen shows."""
    return Ticket(
        brief["call"],
        brief["attempt"],
        brief["case"],
        brief["direction"],
        brief["customer"]["customer"],
        brief["ask_where"],
        brief["ask_help"],
        brief["ask_where_if_wanted"],
        by_hand=brief["telephone"].startswith(BY_HAND),
        channel=Channel(brief["channel"]),
    )


def asked_of(kind: str, body: dict[str, Any]) -> Asked:
    """Read what a partner is asked."""
    if kind == "BookWorkshop":
        booking, workshop, lasts = body["booking"], body["workshop"], body["duration_s"]
        return Asked(booking, body["attempt"], body["case"], workshop, "slot", body["earliest"], lasts)
    lines = tuple(OrderLine(**line) for line in body["lines"])
    head = (body["order"], body["attempt"], body["case"], body["supplier"], body["what"])
    return Asked(*head, 0.0, lines=lines, skill=body["skill"])


def body_of(mandate: Mandate) -> dict[str, Any]:
    """Return a mandate as it is given on a customer's page."""
    limits = [
        {"period": one.period, "alignment": one.alignment, "amount": as_text(one.amount, mandate.currency)}
        for one in mandate.limits
    ]
    return {
        "ref": mandate.mandate.rpartition("/")[2],
        "device": mandate.device,
        "payees": [{"payee": one.payee, "name": one.name} for one in mandate.payees],
        "category": mandate.category,
        "currency": mandate.currency,
        "per_payment": as_text(mandate.per_payment, mandate.currency),
        "limits": limits,
        "zone": mandate.zone,
        "key": mandate.key,
    }
