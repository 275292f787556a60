"""The world's doors without a network: what is said is decided upon at once, by the real control room."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import assert_never, cast

import simpy

from dispatch.channels.bank.names import short_name
from dispatch.channels.knowledge.articles import articles
from dispatch.core.actions import (
    Action,
    AssignCall,
    BookWorkshop,
    CallAction,
    CaseAction,
    CloseCase,
    EscalateCase,
    MessageAction,
    MoveCase,
    OpenCase,
    OwnerAction,
    PlaceOrder,
    PlanAction,
    QueueCall,
    Replanned,
    RequestAction,
    ReviseCase,
    SendMessage,
    SendNotice,
    SendTow,
    TowAction,
    WithdrawCall,
    WithdrawRequest,
)
from dispatch.core.case import nobody_would_come
from dispatch.core.consent import Way
from dispatch.core.conversation.channels import Channel
from dispatch.core.conversation.events import (
    AgentWrote,
    CustomerAnswered,
    CustomerWrote,
    MessageReported,
    MessageStatus,
)
from dispatch.core.duties.correspondence import WANTS
from dispatch.core.events import (
    AgentBecameFree,
    AgentLeft,
    BookingAnswered,
    CallConnected,
    CallEnded,
    CustomerPhoned,
    Event,
    FindingEvent,
    OrderAnswered,
    OrderFulfilled,
    Outcome,
    PlanProposed,
    WithdrawalAnswered,
)
from dispatch.core.hints.events import HintJudged, HintsShown, HintWay, Verdict
from dispatch.core.hints.ranking import hints
from dispatch.core.ids import device_of, inbound_call_id, is_inbound
from dispatch.core.invitations.actions import InvitationAction
from dispatch.core.offers.actions import ProductAction, ProposeOffer
from dispatch.core.offers.events import OfferReply
from dispatch.core.plan.waiting import ToPropose
from dispatch.core.policy import Identity
from dispatch.core.purse.actions import AskAboutMoney, InstructBank, PaymentAction
from dispatch.core.purse.events import (
    BankAnswered,
    BankEvent,
    DisputeDecided,
    MandateChanged,
    MandateGiven,
    MoneyAnswer,
    MoneyAnswered,
    MoneyArrived,
    PaymentConfirmed,
    PaymentDisputed,
)
from dispatch.core.purse.mandate import Mandate, MandateState
from dispatch.core.purse.payments import PaymentState
from dispatch.core.reasons.events import ReasonTold
from dispatch.core.reasons.model import Reason
from dispatch.core.robots.actions import RobotAction
from dispatch.core.routing.events import AgentPaused, AgentResumed, AgentWrappedUp
from dispatch.core.routing.model import PauseReason, Proficiency
from dispatch.core.skills import Skill
from dispatch.core.surveys.actions import SurveyAction
from dispatch.core.surveys.events import SurveyAnswered
from dispatch.core.surveys.rating import WrittenReply, rating_of
from dispatch.core.verification.events import QuestionsAnswered, VoiceCheckBegan, VoiceCompared
from dispatch.core.verification.limits import VoiceState, likeness_wanted
from dispatch.ledger.findings import Findings
from dispatch.ledger.offers_sought import OnCall, answered, sought
from dispatch.ledger.pipeline import ControlRoom, Turn
from dispatch.ledger.rows import Kind, read
from dispatch.outgoing.device_commands import commands_of
from dispatch.outgoing.unwanted import unwanted
from dispatch.views.questions import asks_help, what_to_ask
from dispatch.views.voice_menu import voice_menu
from firmware_sim.device.device import Device, Outgoing
from firmware_sim.kinds.phone.relay import Relay
from firmware_sim.links.memory import MemoryUplink
from firmware_sim.links.radio_faults import RadioFaults
from gateway.errors import InternalError
from gateway.finding import Finding, Place
from gateway.intake.human_report import HumanReport
from gateway.places.place_names import gazetteer
from scenarios.runner.ble_model import BleModel
from scenarios.runner.record import Record
from scenarios.story.voices import HeardVoice
from scenarios.world.bank import BankAsk, BankSays, WorldBank
from scenarios.world.bluetooth import Pair
from scenarios.world.doors import NOTHING_SPECIAL, Announced, Asked, Replied, Report, Ticket, Withdrawn
from scenarios.world.doors import Outcome as Said
from scenarios.world.identity import EDITION
from scenarios.world.town import Point

BY_BANK = "service/bank"
"""As a live service's own door has it."""
BANK_AGAIN_S = 60.0
"""Between two tries of the door to bring the bank a file: the longest that it waits."""
ASKED_PLACE_M = 30.0
"""Accuracy of a place that a customer tells an agent."""


_DEVICES_ARE_TOLD = (
    TowAction
    | OwnerAction
    | MessageAction
    | InvitationAction
    | SurveyAction
    | PlanAction
    | PaymentAction
    | RobotAction
    | ProductAction
)
"""And nobody else."""


class WorldTrouble(InternalError):  # noqa: N818 - says what happened
    """A simulated device broke the contract: the world's fault, not the service's."""


@dataclass(slots=True)
class DeviceLine:
    """One device's line: up at once, and down at once or as soon as the device has coverage again."""

    env: simpy.Environment
    device: Device
    up: MemoryUplink
    waiting: list[bytes] = field(default_factory=list)

    def open(self, last_will: Outgoing) -> None:
        """Coverage is back: what waited comes down next."""
        self.up.open(last_will)
        if self.waiting:
            self.env.process(self._come_down())

    def send(self, outgoing: Outgoing) -> None:
        """Carry one message up."""
        self.up.send(outgoing)

    def cut(self) -> None:
        """Coverage is lost."""
        self.up.cut()

    def bring(self, command: bytes) -> None:
        """Bring a command down."""
        if self.device.online:
            self.device.receive(command, self.env.now)
        else:
            self.waiting.append(command)

    def _come_down(self) -> simpy.events.ProcessGenerator:
        yield self.env.timeout(0)
        came, self.waiting = self.waiting, []
        for command in came:
            self.bring(command)


@dataclass(slots=True)
class InProcessDoors:
    """The doors of ``scenarios.world.doors`` without a network: what is said is decided upon at once."""

    env: simpy.Environment
    room: ControlRoom
    asked: simpy.Store
    withdrawn: simpy.Store
    record: Record
    """Keeps what was decided."""
    deaf: bool = False
    """Nobody listens to customers' devices."""
    on_heard: Callable[[str], None] | None = None
    """Called with the key of each event that is heard."""
    on_message: Callable[[SendMessage | SendNotice], None] | None = None
    on_question: Callable[[AskAboutMoney], None] | None = None
    """Called with what is written to customers."""
    planner: Callable[[ToPropose], PlanProposed | None] | None = None
    """Proposes plans, where the house goes by such."""
    bank: WorldBank | None = None
    """Carries out what is decided about money, where the story has one."""
    events: int = 0
    """Heard from devices."""
    _lines: dict[str, DeviceLine] = field(default_factory=dict)
    _relays: dict[str, Relay] = field(default_factory=dict)
    """By device."""
    _claims: dict[str, simpy.Event] = field(default_factory=dict)
    _customers: dict[str, str] = field(default_factory=dict)
    """Call → customer."""
    _channels: dict[str, Channel] = field(default_factory=dict)
    """Call → on what they speak or write."""
    _withdrawn: set[tuple[str, int]] = field(default_factory=set)
    _findings: Findings = field(default_factory=Findings)
    _finding: dict[str, Finding] = field(default_factory=dict)
    """Case → what leads it."""
    _place: dict[str, Place | None] = field(default_factory=dict)
    """Case → where it is."""
    _sent: set[str] = field(default_factory=set)
    """Cases for which somebody was sent."""
    _answered: set[str] = field(default_factory=set)
    """Cases whose customers said whether somebody shall come."""
    _asked_for_help: set[str] = field(default_factory=set)
    """Cases whose customers said that somebody shall, where by the diagnosis alone nobody would."""
    _alarm_at: float = float("inf")

    def attach(self, device: Device) -> None:
        """Give a device its line up; a reactive house hears its trucks alone."""
        record = self.room.intake.registry.get(device.name)
        if self.deaf and record is not None and record.customer is not None:
            device.uplink = MemoryUplink(_unheard)
            return
        device.uplink = self._lines[device.name] = DeviceLine(self.env, device, MemoryUplink(self._heard))

    def detach(self, device: Device) -> None:
        """Take a device's line away, and forget what is known of it: it will not speak again in this run."""
        self._lines.pop(device.name, None)
        self.room.intake.forget(device.name)

    def pair(self, pair: Pair, device: Device, relay: Relay, faults: RadioFaults) -> Callable[[bool], None]:
        """Give a device its line to a phone: a model of one."""
        line = BleModel(self.env, relay, faults, pair.distance, pair.acknowledges)
        self._relays[device.name] = relay
        if pair.modem:
            device.nearby = line
        else:
            device.uplink = line
        return line.near

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
        """Ask for the next call."""
        claim = self._claims[agent] = self.env.event()
        able = tuple(Proficiency(attribute, level) for attribute, level in proficiencies.items())
        self.tell(AgentBecameFree(agent, languages, "simulated", skills, proficiencies=able, chats=chats, holds=holds))
        return claim

    def paused(self, agent: str, reason: PauseReason) -> simpy.Event:
        """Say that an agent takes no calls for a while."""
        return self.tell(AgentPaused(agent, reason))

    def resumed(self, agent: str) -> simpy.Event:
        """Say that they are back."""
        return self.tell(AgentResumed(agent))

    def wrapped_up(self, agent: str) -> simpy.Event:
        """Say that an agent is through with what was left of a call."""
        return self.tell(AgentWrappedUp(agent))

    def left(self, agent: str, holds: tuple[str, ...] = ()) -> None:
        """Say that an agent waits no longer; what they asked for does not come."""
        self._claims.pop(agent, None)
        self.tell(AgentLeft(agent, holds=holds))

    def rings(self, ticket: Ticket, answers_after: float | None, lasts: float, *, engaged: bool = False) -> simpy.Event:
        """A customer's telephone rings; nobody else need know."""
        del ticket, engaged
        return self.env.timeout(lasts if answers_after is None else answers_after, answers_after is not None)

    def picks_up(self, ticket: Ticket, after: float) -> simpy.Event:
        """An agent takes the call of who rang in."""
        del ticket
        return self.env.timeout(after)

    def connected(self, ticket: Ticket) -> simpy.Event:
        """Say that agent and customer speak, unless the call was withdrawn meanwhile."""
        withdrawn = (ticket.call, ticket.attempt) in self._withdrawn
        if not withdrawn:
            self.tell(CallConnected(ticket.call, ticket.attempt, ticket.agent))
        return self.env.event().succeed(not withdrawn)

    def hints(self, ticket: Ticket, way: HintWay) -> simpy.Event:
        """An agent looks for what may help; nobody says a word in virtual time, so that it goes by the case."""
        desk = self.room.desk
        context = desk.hint_context(ticket.call)
        found = tuple(one.article.article for one in hints(articles().values(), {}, context, desk.hints))
        if found:
            self.tell(HintsShown(ticket.call, ticket.agent or "", found, context.name, way))
        return self.env.event().succeed(found)

    def judged(self, ticket: Ticket, article: str, verdict: Verdict) -> simpy.Event:
        """An agent says what became of it."""
        about = self.room.desk.hint_context(ticket.call).name
        return self.tell(HintJudged(ticket.call, ticket.agent or "", article, verdict, about))

    def ended(
        self, ticket: Ticket, outcome: Said, place: Point | None = None, *, wants_help: bool | None = None
    ) -> simpy.Event:
        """Say how the call ended; of one that was withdrawn nobody wants to know."""
        if (ticket.call, ticket.attempt) in self._withdrawn:
            return self.env.event().succeed()
        said = _customers_word(place, self.env.now)
        if ticket.case is not None and outcome == "informed":
            self._note_answer(ticket.case, wants_help)
        near = gazetteer().near(said.latitude, said.longitude) if said else ""
        return self.tell(CallEnded(ticket.call, ticket.attempt, Outcome(outcome), said, wants_help, ticket.agent, near))

    def listens(self, ticket: Ticket) -> simpy.Event:
        """The line listens, where the desk says that it may."""
        if (ticket.call, ticket.attempt) in self._withdrawn or self.room.desk.policy.identity is not Identity.VOICE:
            return self.env.event().succeed(value=False)
        self.tell(VoiceCheckBegan(ticket.call, ticket.attempt, ticket.customer, EDITION))
        return self.env.event().succeed(self._voice(ticket) is VoiceState.LISTENING)

    def compared(self, ticket: Ticket, heard: HeardVoice) -> simpy.Event:
        """A voice is compared."""
        wanted = likeness_wanted(heard.speech_s)
        self.tell(
            VoiceCompared(ticket.call, ticket.attempt, ticket.customer, heard.likeness, wanted, *heard[1:], EDITION)
        )
        return self.env.event().succeed(self._voice(ticket) is VoiceState.ACCEPTED)

    def questioned(self, ticket: Ticket, *, right: bool) -> simpy.Event:
        """The questions are answered."""
        if (ticket.call, ticket.attempt) in self._withdrawn:
            return self.env.event().succeed()
        return self.tell(QuestionsAnswered(ticket.call, ticket.attempt, ticket.customer, right, ticket.agent or ""))

    def _voice(self, ticket: Ticket) -> VoiceState:
        check = self.room.desk.verification.of(ticket.call, ticket.attempt)
        return VoiceState.UNHEARD if check is None else check.voice

    def leaves(self, said: SendMessage) -> bool:
        """A message leaves, unless it must not be sent by now; as doors say it to the desk."""
        why = unwanted(said, self.room.customers.get(said.customer), self.room.desk)
        if why:
            self.tell(MessageReported(said.key, "refused", why))
        return not why

    def phoned(self, ref: str, customer: str, channel: Channel = Channel.PHONE) -> simpy.Event:
        """A customer rings in."""
        language = self._language(customer)
        return self.tell(CustomerPhoned(inbound_call_id(ref), customer, language, "simulated", channel=channel))

    def says_why(self, ticket: Ticket, why: Reason) -> simpy.Event:
        """An agent says why a customer turned to us."""
        return self.tell(ReasonTold(f"{ticket.call}-{ticket.attempt}", ticket.call, why, ticket.agent or ""))

    def announced(self, ref: str, customer: str) -> simpy.Event:
        """A customer rings in, and a machine answers."""
        del ref
        offers = self.room.desk.offers(customer, self.env.now)
        menu = voice_menu(offers, self._language(customer))
        return self.env.event().succeed(Announced(menu.say, offers[-1].case if offers else ""))

    def wrote(self, ref: str, customer: str, channel: Channel, text: str) -> simpy.Event:
        """A customer writes."""
        name, asked = f"{channel}/{ref}", self.room.desk.survey_of(customer)
        score = rating_of(asked, WrittenReply(text, channel, self.env.now))
        if asked is not None and score is not None:
            return self.tell(SurveyAnswered(name, asked.survey, customer, channel, score, "simulated"))
        return self.tell(CustomerWrote(name, customer, channel, text, self._language(customer), "simulated"))

    def replied(self, ref: str, said: Replied) -> simpy.Event:
        """A customer answers by a tap or a number."""
        place = _customers_word(said.place, self.env.now)
        near = gazetteer().near(place.latitude, place.longitude) if place else ""
        if said.answer in WANTS:
            self._note_answer(said.case, WANTS[said.answer])
        self._place[said.case] = place or self._place.get(said.case)
        name = f"{said.channel}/{ref}"
        return self.tell(
            CustomerAnswered(name, said.customer, said.case, said.channel, said.answer, "simulated", place, near)
        )

    def wrote_back(self, ticket: Ticket, text: str) -> simpy.Event:
        """An agent writes back, unless another speaks with the customer by now."""
        if (ticket.call, ticket.attempt) in self._withdrawn:
            return self.env.event().succeed(value=False)
        name = f"{ticket.channel}/{ticket.call}-{ticket.attempt}"
        agent = ticket.agent or ""
        self.tell(AgentWrote(name, ticket.customer, ticket.channel, text, agent, "simulated", ticket.case or ""))
        return self.env.event().succeed(value=True)

    def seeks_offer(self, ticket: Ticket) -> simpy.Event:
        """An agent asks whether something is to be offered."""
        turn = self.room.tell(sought(self.room, f"{ticket.call}/{ticket.attempt}", _on(ticket)), self.env.now)
        self._take(turn)
        made = [one.offer for one in turn.actions if isinstance(one, ProposeOffer)]
        return self.env.event().succeed(made[0] if made else None)

    def answers_offer(self, ticket: Ticket, answer: OfferReply) -> simpy.Event:
        """An agent says what the customer said to it."""
        return self.tell(answered(self.room, answer, _on(ticket)))

    def message_is(self, customer: str, message: str, status: MessageStatus) -> simpy.Event:
        """A provider says what became of a message."""
        del customer
        return self.tell(MessageReported(message, status))

    def _language(self, customer: str) -> str:
        known = self.room.customers.get(customer)
        return known.language if known else "en"

    def lets_pay(self, mandate: Mandate) -> None:
        """A customer lets a device pay."""
        self.tell(MandateGiven(mandate, Way.LINK, strong=True))

    def holds(self, mandate: Mandate, to: MandateState) -> None:
        """A customer suspends a mandate, or has it go on."""
        self.tell(MandateChanged(mandate.mandate, to, mandate.provenance))

    def wants(self, customer: str, payment: str, *, agreed: bool) -> None:
        """A customer says whether a payment is wanted, unless nobody asks any more."""
        del customer
        known = self.room.desk.purse.payments.get(payment)
        if known is not None and known.state is PaymentState.CONFIRMING:
            self.tell(PaymentConfirmed(payment, agreed, agreed, known.provenance))

    def says_of_money(self, customer: str, ref: str, answer: MoneyAnswer) -> simpy.Event:
        """A customer answers what they were asked about what is paid for long, as their page does."""
        known = self.room.desk.purse.questions.get(ref)
        if known is None:
            return self.env.event().succeed()
        return self.tell(MoneyAnswered(customer, ref, answer, known.provenance, known.mandate, known.payments[-1]))

    def disputes(self, customer: str, payment: str, why: str) -> None:
        """A customer says that a payment was not right."""
        del customer
        self.tell(PaymentDisputed(payment, why, "simulated"))

    def decides(self, payment: str, why: str, *, refunded: bool) -> None:
        """A person of the house decides about a dispute."""
        self.tell(DisputeDecided(payment, refunded, why, "simulated"))

    def reported(self, report: Report) -> simpy.Event:
        """An agent takes down what a customer says, or the control room what a crew says."""
        record = self.room.intake.registry.get(report.device)
        if record is None:
            message = f"{report.device} is not registered"
            raise WorldTrouble(message)
        known = self._finding.get(report.case or "")
        at = report.place
        place = Place(at.latitude, at.longitude, report.accuracy_m, self.env.now, "customer") if at else None
        told = HumanReport(
            report.ref, report.by, report.part, report.since, place or self._place.get(report.case or "")
        )
        if known is not None:
            told = replace(told, episode=known.episode)
        return self.tell(self.room.reported(told, record, report.call))

    def answer(self, asked: Asked, at: float | None) -> simpy.Event:
        """A partner takes or refuses. The event's value: whether it is still asked."""
        answered = BookingAnswered if asked.what == "slot" else OrderAnswered
        self.tell(answered(asked.id, asked.attempt, at is not None, at))
        return self.env.event().succeed((asked.id, asked.attempt) not in self._withdrawn)

    def noted(self, withdrawn: Withdrawn, comes_at: float | None) -> simpy.Event:
        """A partner takes note of a withdrawal."""
        too_late = comes_at is not None
        return self.tell(WithdrawalAnswered(withdrawn.id, withdrawn.attempt, withdrawn.partner, too_late, comes_at))

    def fulfilled(self, order: str) -> simpy.Event:
        """The goods were handed over, or the technician has been."""
        return self.tell(OrderFulfilled(order))

    def tell(self, event: Event) -> simpy.Event:
        """Tell the desk, and return an event that has happened."""
        self._take(self.room.tell(event, self.env.now))
        return self.env.event().succeed()

    def _heard(self, outgoing: Outgoing) -> None:
        if outgoing.key is not None and self.on_heard is not None:
            self.on_heard(outgoing.key)
        turn = self.room.deliver(outgoing.topic, outgoing.payload, self.env.now)
        if turn.refusal is not None:
            message = f"{outgoing.topic}: {turn.refusal.problem.detail}"
            raise WorldTrouble(message)
        self.events += outgoing.key is not None and not turn.repeat
        self._take(turn)
        relay = self._relays.get(device_of(outgoing.key or "")) if self._relays else None
        if relay:
            relay.acknowledged(str(outgoing.key))

    def _take(self, turn: Turn) -> None:
        """Carry out what was decided, and see to the next alarm."""
        if not turn.rows:
            return
        turn.twins.clear()  # a virtual run ends before anybody would read them
        self.record.take(turn)
        for row in turn.rows:  # in order: one message may lead to several findings, each with actions of its own
            said = read(row)
            if row.kind is Kind.ACTION:
                self._carry_out(cast("Action", said))
            elif isinstance(said, FindingEvent):
                self._findings.note(row, said)
        self._set_alarm()
        self._propose(turn)

    def _propose(self, turn: Turn) -> None:
        """Have a better plan proposed at once where the plan has become another, and not by a proposal."""
        if self.planner is None:
            return
        replanned = [action for action in turn.actions if isinstance(action, Replanned)]
        if not replanned or replanned[-1].trigger == "proposal":
            return
        proposed = self.planner(self.room.desk.to_propose(self.env.now))
        if proposed is not None:
            self.tell(proposed)

    def _carry_out(self, action: Action) -> None:
        self._write(action)
        for name, command in commands_of(action, self.env.now):
            line = self._lines.get(name)
            if line:  # a device without a modem is not reached
                line.bring(command.encode())
        if isinstance(action, CaseAction):
            self._note_case(action)
        elif isinstance(action, RequestAction):
            self._tell_partner(action)
        elif isinstance(action, CallAction):
            self._tell_agent(action)
        elif isinstance(action, SendTow):
            self._sent.add(action.case)
        elif isinstance(action, InstructBank):
            self._ask_bank(action)
        elif not isinstance(action, _DEVICES_ARE_TOLD):
            assert_never(action)

    def _ask_bank(self, action: InstructBank) -> None:
        """Have the world's bank do it; it answers later, each time once. While it is away it is tried again, as the door does."""
        if self.bank is not None and self.bank.is_down(self.env.now):
            self.env.process(self._ask_bank_later(action))
            return
        ask = BankAsk(short_name(action.instruction), action.method, action.amount, action.currency)
        for said in self.bank.asked(ask, self.env.now) if self.bank is not None else ():
            self.env.process(self._bank_says(said.after_s, _told_by_bank(action, said)))

    def _ask_bank_later(self, action: InstructBank) -> simpy.events.ProcessGenerator:
        yield self.env.timeout(BANK_AGAIN_S)
        self._ask_bank(action)

    def _bank_says(self, after_s: float, event: BankEvent) -> simpy.events.ProcessGenerator:
        yield self.env.timeout(after_s)
        self.tell(event)

    def _write(self, action: Action) -> None:
        """Hand what is written to whoever reads it."""
        if self.on_message is not None and isinstance(action, SendMessage | SendNotice):
            self.on_message(action)
        elif self.on_question is not None and isinstance(action, AskAboutMoney):
            self.on_question(action)

    def _note_case(self, action: CaseAction) -> None:
        """Remember what leads each case, and where it is."""
        match action:
            case OpenCase():
                self._finding[action.case] = found = self._findings.behind(action).finding
                self._place[action.case] = found.place
            case ReviseCase():
                if action.changed != ("also",):
                    self._finding[action.case] = found = self._findings.behind(action).finding
                    self._place[action.case] = found.place or self._place[action.case]
            case MoveCase():
                self._place[action.case] = action.place
            case CloseCase() | EscalateCase():
                pass  # nothing that an agent asks of a customer hangs on it
            case _:
                assert_never(action)

    def _tell_partner(self, action: RequestAction) -> None:
        match action:
            case PlaceOrder():
                self._sent.add(action.case)
                self.asked.put(asked_of(action))
            case BookWorkshop():
                self.asked.put(asked_of(action))
            case WithdrawRequest():
                self._withdrawn.add((action.request, action.attempt))
                self.withdrawn.put(Withdrawn(action.request, action.attempt, action.partner))
            case _:
                assert_never(action)

    def _tell_agent(self, action: CallAction) -> None:
        match action:
            case QueueCall():
                self._customers[action.call] = action.customer
                self._channels[action.call] = action.channel
            case AssignCall():
                self._claims.pop(action.agent).succeed(self._ticket(action))
            case WithdrawCall():
                self._withdrawn.add((action.call, action.attempt))
            case _:
                assert_never(action)

    def _note_answer(self, case: str, wants_help: bool | None) -> None:  # noqa: FBT001 - as it was said
        finding = self._finding.get(case)
        asked = finding is not None and asks_help(finding, nobody_sent=case not in self._sent, answered=False)
        if wants_help is not None and asked:
            self._answered.add(case)
        if wants_help and finding is not None and nobody_would_come(finding, nobody_sent=case not in self._sent):
            self._asked_for_help.add(case)

    def _ticket(self, action: AssignCall) -> Ticket:
        case = action.case or ""
        ask = what_to_ask(
            self._finding.get(case),
            self._place.get(case),
            nobody_sent=case not in self._sent,
            answered=case in self._answered,
            asked_for_help=case in self._asked_for_help,
            policy=self.room.desk.policy,
            now=self.env.now,
        )
        return Ticket(
            action.call,
            action.attempt,
            action.case,
            "inbound" if is_inbound(action.call) else "outbound",
            self._customers[action.call],
            ask_where=ask.where,
            ask_help=ask.help,
            ask_where_if_wanted=ask.where_if_wanted,
            agent=action.agent,
            channel=self._channels[action.call],
        )

    def _set_alarm(self) -> None:
        """Sleep until the desk wants to be woken. An alarm that was overtaken finds nothing due."""
        due = self.room.next_wake()
        if due is None or due >= self._alarm_at:
            return
        self._alarm_at = due
        self.env.process(self._sleep(due))

    def _sleep(self, due: float) -> simpy.events.ProcessGenerator:
        while self.env.now < due:
            yield self.env.timeout(max(due - self.env.now, 1e-6))
        if self._alarm_at == due:
            self._alarm_at = float("inf")
        self._take(self.room.wake(self.env.now))
        self._set_alarm()


def _on(ticket: Ticket) -> OnCall:
    return OnCall(ticket.call, ticket.attempt, ticket.customer, ticket.agent, "simulated")


def _customers_word(place: Point | None, now: float) -> Place | None:
    """Return a place as a customer tells it."""
    return None if place is None else Place(place.latitude, place.longitude, ASKED_PLACE_M, now, "customer")


def _unheard(_outgoing: Outgoing) -> None:
    """Let what a device tells go unheard."""


def asked_of(action: BookWorkshop | PlaceOrder) -> Asked:
    """Return what a partner is asked for."""
    if isinstance(action, BookWorkshop):
        return Asked(
            action.booking, action.attempt, action.case, action.workshop, "slot", action.earliest, action.duration_s
        )
    head = (action.order, action.attempt, action.case, action.supplier, action.what)
    return Asked(*head, 0.0, lines=action.lines, skill=action.skill)


def _told_by_bank(action: InstructBank, said: BankSays) -> BankEvent:
    if said.arrived:
        return MoneyArrived(
            action.customer, action.amount, action.currency, said.reference, action.provenance, action.instruction,
            by=BY_BANK,
        )  # fmt: skip
    return BankAnswered(
        action.instruction, action.attempt, said.status, action.provenance, said.reason, said.reference, by=BY_BANK
    )
