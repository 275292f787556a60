"""The control room: intake and desk under one roof, the same for virtual time, the live service and a replay.

Pure: it is told what arrived and when, and returns what has to be stored and carried out. Whoever drives it stores the
turn first (``journal``) and acknowledges and carries out afterwards.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple, assert_never

from dispatch.core.actions import Action
from dispatch.core.acts import DispatcherEvent, MuteAct
from dispatch.core.consent import Purpose
from dispatch.core.conversation.channels import Channel
from dispatch.core.conversation.events import CustomerWrote
from dispatch.core.desk import Desk
from dispatch.core.events import (
    CallEnded,
    CaseReported,
    ConsentChanged,
    CustomerErased,
    DataExpired,
    DeviceRecovered,
    Event,
    Expiring,
    FaultFound,
    Outcome,
    OwnerChanged,
    PlaceChanged,
    ServiceStarted,
    TruckReported,
)
from dispatch.core.ids import is_inbound
from dispatch.core.invitations.events import InvitationAnswered, StruggleEnded, StruggleSeen
from dispatch.core.objections import Ground, Objection
from dispatch.core.purse.events import PaymentAsked, PaymentCaptured, PurseEvent
from dispatch.core.routing.events import NumberConfirmed
from dispatch.core.surveys.model import SurveyReach
from dispatch.ledger.rows import Pen, Row, read
from dispatch.ledger.seen_keys import Keys
from dispatch.ledger.versions import CONTRADICTS_NOTHING, Versions
from dispatch.registers.customers import Customer, Customers
from dispatch.registers.products import Products
from gateway.contract.binding import Properties
from gateway.contract.receipts import EventOutcome
from gateway.contract.refusals import Problem
from gateway.devices.registry import DeviceRecord
from gateway.devices.twin import Twin
from gateway.finding import (
    CaptureAsk,
    Conclusion,
    Finding,
    InvitationReplied,
    PaymentAsk,
    PlaceReport,
    Recovery,
    Struggle,
    StruggleOver,
    TruckReport,
)
from gateway.intake.human_report import HumanReport, finding_of
from gateway.intake.intake import Intake, Refusal, Verdict
from gateway.mapping.translate import Message
from gateway.places.location import Sighting, confirmed


@dataclass(frozen=True, slots=True)
class Erased:
    """Who is erased, by which row, when (POSIX seconds), and their devices as they are registered from then on: nobody's."""

    customer: str
    seq: int
    at: float
    devices: tuple[DeviceRecord, ...]


@dataclass(frozen=True, slots=True)
class Expired:
    """What is kept no longer, where it is older than ``before`` (POSIX seconds), and by which row; but for ``spared``."""

    what: Expiring
    before: float
    seq: int
    at: float
    spared: tuple[str, ...]
    """Customers with an open case, and its device."""


@dataclass(slots=True)
class Turn:
    """What one input came to."""

    rows: list[Row] = field(default_factory=list)
    """To be stored, in this order."""
    twins: list[Twin] = field(default_factory=list)
    """Changed; to be stored."""
    customers: list[Customer] = field(default_factory=list)
    """Changed by what they agree to; to be stored."""
    erased: Erased | None = None
    """A customer of whom nothing is to be kept."""
    expired: Expired | None = None
    """What has been kept for long enough."""
    refusal: Refusal | None = None
    """The message was refused; to be stored and told to the sender."""
    repeat: bool = False
    """Nothing new: it has been handled before."""
    receipt: EventOutcome | None = None
    """To be sent once the rows are stored."""
    meant: tuple[Message, ...] = ()
    """What a message of a vendor's own said in the contract's words."""
    twice: str | None = None
    """Key of an action that was decided a second time and not written."""
    objection: Objection | None = None
    """Why a dispatcher's act was not done; nothing was changed."""

    @property
    def actions(self) -> list[Action]:
        """What was decided; to be carried out once the rows are stored."""
        return [said for said in map(read, self.rows) if isinstance(said, Action)]

    @property
    def problem(self) -> Problem | None:
        """What the sender of a refused message is told."""
        return self.refusal.problem if self.refusal else None


ROUTINE: Final = Turn()
"""Of every message from which nothing follows but that its device's twin has it. Nobody changes it."""


class ControlRoom:
    """Hears and decides. ``deliver`` for what devices send, ``tell`` for people and partners, ``wake`` for alarms."""

    def __init__(self, intake: Intake, desk: Desk, customers: Customers, pen: Pen, keys: Keys | None = None) -> None:
        self.intake = intake
        self.desk = desk
        self.customers = customers
        self.products = Products()
        self.pen = pen
        self.decided_twice = 0
        """Actions that were not written because their key stands: a fault of ours, made harmless."""
        self.diagnosed: Callable[[Verdict], None] | None = None
        """Is told when the intake is through with a message: whoever measures how long that took."""
        self._keys = keys or Keys()
        self._versions = Versions()

    def deliver(
        self,
        topic: str,
        payload: bytes,
        now: float,
        *,
        content_type: str | None = None,
        properties: Properties = (),
        understood: Callable[[], None] | None = None,
    ) -> Turn:
        """Handle one message from a device, with MQTT 5's content type and user properties where it has them.

        ``understood`` is called when it has been read and concluded from, before anything is decided.
        """
        verdict = self.intake.receive(topic, payload, now, content_type=content_type, properties=properties)
        if understood is not None:
            understood()
        if self.diagnosed is not None:
            self.diagnosed(verdict)
        turn = Turn(
            twins=list(verdict.twins),
            refusal=verdict.refusal,
            repeat=verdict.repeat,
            receipt=verdict.receipt,
            meant=verdict.meant,
        )
        for conclusion in verdict.conclusions:
            if isinstance(conclusion, PlaceReport) and not self.desk.follows(conclusion.episode):
                continue  # nobody goes there: it is the twin's to know, and nobody's to keep
            if isinstance(conclusion, Struggle | StruggleOver) and not self._helps_in_apps(conclusion.customer):
                continue  # they never agreed to it, or agree no longer: it is nobody's to keep
            event = self._as_event(conclusion)
            if self._stands(
                event.key, new=verdict.is_certainly_new(conclusion.key)
            ):  # so late that the twin could not tell; the store would refuse its key
                turn.repeat = True
            else:
                self._handle(event, now, turn)
        if turn.receipt and turn.repeat:
            turn.receipt = replace(turn.receipt, verdict="repeat")
        return turn

    def is_undecided(self, verdict: Verdict) -> bool:
        """Tell whether something follows from a message that the ledger does not have. Where somebody is now does not count."""
        told = (one for one in verdict.conclusions if not isinstance(one, PlaceReport | Struggle | StruggleOver))
        return any(not self.heard(self._as_event(one).key) for one in told)

    def tell(self, event: Event, now: float, seen: int | None = None) -> Turn:
        """Handle what a person or a partner did. A repeat, told by its key, changes nothing.

        ``seen``: the version of the case that a dispatcher acts by (``dispatch.ledger.versions``).
        """
        turn = Turn()
        if isinstance(event, PurseEvent) and (contradicting := self.desk.contradicts(event)) is not None:
            turn.objection = contradicting
            return turn
        if self.heard(event.key):
            turn.repeat = True
            return turn
        if isinstance(event, CallEnded) and self.desk.policy.surveys:
            event = self._to_be_asked(event)
        if isinstance(event, CustomerWrote) and self.desk.policy.robots:
            event = self._with_reach(event)
        if isinstance(event, PurseEvent):
            self._write_alarms(now, turn)
            turn.objection = self.desk.objection_to_money(event)
            if turn.objection is not None:
                return turn
        if isinstance(event, DispatcherEvent) or (isinstance(event, CaseReported) and event.corrects):
            self._write_alarms(now, turn)
            turn.objection = self._objection(event, now, seen)
            if turn.objection is not None:
                return turn
        self._handle(event, now, turn)
        return turn

    def _with_reach(self, event: CustomerWrote) -> CustomerWrote:
        """Say where a robot may send whoever writes a link: where they are registered by now."""
        known = self.customers.get(event.customer)
        return event if known is None else replace(event, reach=known.reach(self.desk.policy.messages.channels))

    def _objection(self, act: DispatcherEvent | CaseReported, now: float, seen: int | None) -> Objection | None:
        case = None if isinstance(act, MuteAct) else act.corrects if isinstance(act, CaseReported) else act.case
        judged = not isinstance(act, CONTRADICTS_NOTHING)
        if case is not None and seen is not None and judged and self._versions.is_stale(case, seen):
            return Objection(
                Ground.STALE, f"{case} has changed since it was looked at: look again, and act by what stands"
            )
        return self.desk.objection(act, now)

    def heard(self, key: str | None) -> bool:
        """Tell whether an event with this key has been handled."""
        return key is not None and key in self._keys

    def _stands(self, key: str | None, *, new: bool) -> bool:
        """Tell whether an event has been handled; of one that is ``new`` by its number only what is known by heart is asked."""
        return key is not None and (self._keys.lately(key) if new else key in self._keys)

    def wake(self, now: float) -> Turn:
        """Do what has come due."""
        turn = Turn()
        self._write_alarms(now, turn)
        return turn

    def next_wake(self) -> float | None:
        """When ``wake`` wants to be called next, POSIX seconds."""
        return self.desk.next_wake()

    def _handle(self, event: Event, now: float, turn: Turn) -> None:
        if not isinstance(event, ServiceStarted):  # which says that some of them are not to ring
            self._write_alarms(now, turn)
        if event.key is not None:
            self._keys.add(event.key)
        cause = self.pen.write(event, now)
        turn.rows.append(cause)
        self._versions.note(cause)
        self._note_number(event, turn)
        case = self.desk.to_be_helped(event)
        helped_before = case.helped_at if case else None
        for _, action in self.desk.handle(event, now):
            self._write(action, now, cause.seq, turn)
        if case is not None and case.helped_at != helped_before:
            self._repaired(case.finding.device, now, turn)
        if isinstance(event, OwnerChanged):
            self._handed_on(event.device, now, turn)
        if isinstance(event, ConsentChanged) and (agreed := self.customers.agreed(event, now)) is not None:
            turn.customers.append(agreed)  # whatever is found next goes by it
        if isinstance(event, CustomerErased):
            turn.erased = Erased(event.customer, cause.seq, cause.at, self._forgotten(event.customer))
        if isinstance(event, DataExpired):
            spared = tuple(self.desk.who_waits())
            turn.expired = Expired(event.what, event.before, cause.seq, cause.at, spared)

    def _note_number(self, event: Event, turn: Turn) -> None:
        """Know whether a customer's number is theirs."""
        wrong = isinstance(event, CallEnded) and event.outcome is Outcome.WRONG_NUMBER
        who = event.customer if isinstance(event, NumberConfirmed) else None
        if isinstance(event, CallEnded) and wrong and not is_inbound(event.call):
            who = self.desk.customer_of_call(event.call)
        if who is not None and (changed := self.customers.doubted(who, wrong=wrong)) is not None:
            turn.customers.append(changed)

    def _forgotten(self, customer: str) -> tuple[DeviceRecord, ...]:
        """Know a customer no more, nor where their devices were; return those as nobody's."""
        self.customers.forget(customer)
        self.products.forget(customer)
        registry = self.intake.registry
        mine = [record for record in registry if record.customer == customer]
        nobodys = tuple(
            replace(
                one, customer=None, paired_phone=None, home_latitude=None, home_longitude=None, plate="", drivers=()
            )
            for one in mine
        )
        for record in nobodys:
            registry.add(record)
            self.intake.forget(record.device)
        return nobodys

    def _repaired(self, device: str, now: float, turn: Turn) -> None:
        """Have the gateway know that somebody has seen to a device: what it tells from before counts no more."""
        twin = self.intake.repaired(device, now)
        if twin is not None:
            turn.twins.append(twin)

    def _handed_on(self, device: str, now: float, turn: Turn) -> None:
        """Have the gateway know that a device is another's: what fails now is a fault of its own."""
        twin = self.intake.handed_on(device, now)
        if twin is not None:
            turn.twins.append(twin)

    def _write_alarms(self, now: float, turn: Turn) -> None:
        for due, action in self.desk.wake(now):
            self._write(action, due, None, turn)

    def _write(self, action: Action, at: float, cause: int | None, turn: Turn) -> None:
        """Write an action down, unless it stands: the store would refuse the whole batch for it."""
        if self._keys.lately(action.key):
            self.decided_twice += 1
            turn.twice = action.key
            return
        self._keys.add(action.key)
        row = self.pen.write(action, at, cause)
        turn.rows.append(row)
        self._versions.note(row)

    def _as_event(self, conclusion: Conclusion) -> Event:  # noqa: PLR0911 - the whole vocabulary on one screen
        match conclusion:
            case Finding():
                return self._found(conclusion)
            case Recovery():
                return DeviceRecovered(conclusion)
            case PlaceReport():
                return PlaceChanged(conclusion)
            case TruckReport():
                return TruckReported(conclusion)
            case Struggle():
                return self._struggles(conclusion)
            case StruggleOver():
                return StruggleEnded(conclusion)
            case InvitationReplied():
                return InvitationAnswered(
                    conclusion.invitation, conclusion.customer, conclusion.reply, conclusion.provenance
                )
            case PaymentAsk():
                return self.asked(conclusion)
            case CaptureAsk():
                return PaymentCaptured(conclusion)
            case _:
                assert_never(conclusion)

    def reported(
        self, told: HumanReport, record: DeviceRecord, call: str | None = None, agent: str | None = None
    ) -> CaseReported:
        """Return what ``tell`` takes for what a person told of a device, to an ``agent``. Raises ``NoSuchPart``.

        A customer whose words fit where the car was left describes that place, and the car's fix is the better word for it.
        """
        twin, said = self.intake.twins.get(record.device), told.place
        if said is not None and said.source == "customer" and twin is not None and twin.place is not None:
            told = replace(told, place=confirmed(said, Sighting(twin.place, twin.moving)))
        finding = finding_of(told, record)
        wishes = self._wishes(finding.customer)
        return CaseReported(
            finding,
            wishes.language,
            wishes.may_call,
            wishes.may_order,
            call,
            agent,
            may_message=wishes.may_message,
            time_zone=wishes.time_zone,
            reach=wishes.reach,
            wrong_number=self._is_doubtful(finding.customer),
        )

    def _found(self, finding: Finding) -> FaultFound:
        return FaultFound(finding, *self._wishes(finding.customer), wrong_number=self._is_doubtful(finding.customer))

    def _helps_in_apps(self, name: str) -> bool:
        """Does a customer agree to be watched in the app, to be helped there?"""
        customer = self.customers.get(name)
        return customer is not None and customer.agrees(Purpose.APP_HELP)

    def _struggles(self, found: Struggle) -> StruggleSeen:
        wishes = self._wishes(found.customer)
        doubtful = self._is_doubtful(found.customer)
        return StruggleSeen(found, wishes.language, wishes.may_message, wishes.time_zone, doubtful)

    def asked(self, ask: PaymentAsk) -> PaymentAsked:
        """Return what ``tell`` takes for what a device asks, as the register has its customer now."""
        customer, wishes = self.customers.get(ask.customer), self._wishes(ask.customer)
        may_pay = customer is not None and customer.agrees(Purpose.PAYMENT)
        may_spending = customer is not None and customer.agrees(Purpose.SPENDING)
        return PaymentAsked(
            ask, may_pay, wishes.may_message, wishes.language, wishes.time_zone, wishes.reach, may_spending
        )

    def _to_be_asked(self, event: CallEnded) -> CallEnded:
        """Return the end of a call with how its customer can be asked how it was, where somebody is registered."""
        customer = self.customers.get(self.desk.customer_of_call(event.call) or "")
        if customer is None:
            return event
        wishes, may_call = self._wishes(customer.customer), customer.may_call and not customer.wrong_number
        reached = SurveyReach(wishes.language, wishes.reach, wishes.may_message, may_call, wishes.time_zone)
        return replace(event, survey=reached)

    def _is_doubtful(self, name: str) -> bool:
        """Tell whether somebody else answers at a customer's number."""
        customer = self.customers.get(name)
        return customer is not None and customer.wrong_number

    def _wishes(self, name: str) -> _Wishes:
        customer = self.customers.get(name)
        if customer is None:
            return _Wishes()
        return _Wishes(
            self.desk.preference_of(name).language or customer.language,
            customer.may_call,
            customer.may_order,
            customer.may_message,
            customer.time_zone or "",
            customer.reach(self.desk.policy.messages.channels),
        )


class _Wishes(NamedTuple):
    """A customer's language, what we may do, and by whose clock they are not rung at night; of one whom nobody registered."""

    language: str = "en"
    may_call: bool = False
    may_order: bool = False
    may_message: bool = True
    time_zone: str = ""
    reach: tuple[Channel, ...] = ()
