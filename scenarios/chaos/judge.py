"""The verdict on a ledger: what was sent and is no case, what was done twice, whether the ledger is sound. Pure.

Nothing here trusts the service: a ledger is read row by row, and held against what the devices sent and what trucks,
suppliers, agents and devices were made to do.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import assert_never

from dispatch.core.actions import (
    Action,
    AdoptTow,
    AssignCall,
    BookWorkshop,
    CancelTow,
    CaseAction,
    CloseCase,
    DismissTruck,
    EscalateCase,
    LetTowFinish,
    MessageAction,
    MoveCase,
    MoveTow,
    OpenCase,
    OwnerAction,
    PlaceOrder,
    PlanAction,
    QueueCall,
    ReassignTow,
    RedirectTow,
    RenewEta,
    RequestAction,
    ReviseCase,
    SendNotice,
    SendTow,
    TowAction,
    WithdrawCall,
    WithdrawRequest,
)
from dispatch.core.acts import DispatcherEvent
from dispatch.core.conversation.events import ConversationEvent
from dispatch.core.events import (
    BookingAnswered,
    CallEvent,
    CaseReported,
    DeviceRecovered,
    Event,
    FaultFound,
    GuidanceEvent,
    HearingEvent,
    OpeningEvent,
    OrderAnswered,
    OrderFulfilled,
    OwnerChanged,
    PlaceChanged,
    PrivacyEvent,
    TruckReported,
    WithdrawalAnswered,
)
from dispatch.core.ids import case_of_order, event_of
from dispatch.core.invitations.actions import InvitationAction
from dispatch.core.invitations.events import InvitationEvent
from dispatch.core.offers.actions import ProductAction
from dispatch.core.offers.events import OfferEvent
from dispatch.core.purse.actions import PaymentAction
from dispatch.core.purse.events import PurseEvent
from dispatch.core.robots.actions import RobotAction
from dispatch.core.surveys.actions import SurveyAction
from dispatch.core.surveys.events import SurveyEvent
from dispatch.core.verification.events import VerificationEvent
from dispatch.ledger.rows import Row, faults, read
from dispatch.outgoing.device_commands import commands_of
from scenarios.chaos.paying.record import MoneyRecord
from scenarios.chaos.paying.verdict import MoneyVerdict

TOLD = 20
"""So many sentences of a kind are kept."""


@dataclass(slots=True)
class WorldRecord:
    """What the world knows of its own doing."""

    sent: dict[str, str] = field(default_factory=dict)
    """Fault that the broker acknowledged, ``vendor/device/boot-seq`` → its device. Each device sends one."""
    effects: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Device and command id → how often the device did what it says."""
    driven: Counter[str] = field(default_factory=Counter)
    """Case → trucks that have been there."""
    delivered: Counter[str] = field(default_factory=Counter)
    """Case → orders carried out."""
    spoken: Counter[str] = field(default_factory=Counter)
    """Case → calls in which agent and customer spoke."""
    acknowledged: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Device → keys of all its events that the broker acknowledged."""
    money: MoneyRecord = field(default_factory=MoneyRecord)


@dataclass(frozen=True, slots=True)
class LedgerVerdict:
    """What a ledger comes to, in sentences; empty where all is well."""

    sent: int
    cases: int
    commands: int
    lost: tuple[str, ...]
    """Faults that were acknowledged and are no case."""
    twice: tuple[str, ...]
    """Second cases, tows, orders and calls; and cases of faults that nobody sent."""
    unsound: tuple[str, ...]
    """What is wrong with the ledger's order, keys and hashes."""
    unheard: tuple[str, ...]
    """Commands that never reached their device."""
    unfinished: tuple[str, ...]
    """Cases that nobody sees to the end, and money that is reserved for ever."""
    money: MoneyVerdict | None = None
    forgotten: tuple[str, ...] = ()
    """What devices said and their twins do not have, and what the inbox cannot tell any more."""

    @property
    def holds(self) -> bool:
        """Is all well?"""
        of_money = self.money is not None and (self.money.over_limit or self.money.unbalanced)
        undone = self.lost or self.unheard or self.unfinished or self.forgotten
        return not (undone or self.twice or self.unsound or of_money)


def judge(rows: Iterable[Row], seen: WorldRecord) -> LedgerVerdict:
    """Hold a ledger against what the world has seen."""
    kept = list(rows)
    tally = _Tally()
    for row in kept:
        tally.take(row)
    return LedgerVerdict(
        sent=len(seen.sent),
        cases=sum(map(len, tally.cases.values())),
        commands=len(tally.commands),
        lost=tuple(_lost(tally, seen)),
        twice=(*_second_cases(tally, seen), *tally.twice, *_done_twice(tally, seen)),
        unsound=tuple(faults(kept)),
        unheard=tuple(
            f"{device} never got {command}" for device, command in tally.commands if not seen.effects[device, command]
        ),
        unfinished=tuple(
            f"{case} is not closed" for cases in tally.cases.values() for case in cases if case not in tally.closed
        ),
    )


def with_money(verdict: LedgerVerdict, money: MoneyVerdict) -> LedgerVerdict:
    """Return the verdict on cases and money together."""
    return replace(
        verdict,
        lost=(*verdict.lost, *money.lost),
        twice=(*verdict.twice, *money.twice),
        unheard=(*verdict.unheard, *money.untold),
        unfinished=(*verdict.unfinished, *money.unfinished),
        money=money,
    )


def told_by(row: Row) -> list[tuple[str, str]]:
    """Return the commands that a row has sent and that must arrive: device and command id.

    What is shown beside a call says nothing any more once they speak; after a crash it may be left unsent.
    """
    action = read(row)
    if isinstance(action, Event) or (isinstance(action, SendNotice) and action.beside_call):
        return []
    return [(device, command.id) for device, command in commands_of(action, row.at)]


def _lost(tally: _Tally, seen: WorldRecord) -> Iterator[str]:
    for key, device in seen.sent.items():
        if not any(event_of(found) == key for found in tally.found[device]):
            yield f"{key} was acknowledged and never found"
        elif not tally.cases[device]:
            yield f"{key} was found and is no case"


def _second_cases(tally: _Tally, seen: WorldRecord) -> Iterator[str]:
    sent = set(seen.sent.values())
    for device, cases in tally.cases.items():
        if device not in sent:
            yield f"{device} sent no fault and has the case {cases[0]}"
        for case in cases[1:]:
            yield f"{device} has a second case: {case}"


def _done_twice(tally: _Tally, seen: WorldRecord) -> Iterator[str]:
    """A truck that was offered the job and lost it to another may have been there; a truck nobody sent may not."""
    for case, count in seen.driven.items():
        if count > tally.offers[case]:
            yield f"{count} trucks were at {case}, and {tally.offers[case]} were asked"
    for what, counted in (("orders came for", seen.delivered), ("calls about", seen.spoken)):
        yield from (f"{count} {what} {case}" for case, count in counted.items() if count > 1)
    for (device, command), count in seen.effects.items():
        if count > 1:
            yield f"{device} did {command} {count} times"


class _Tally:
    """What a ledger says was done, counted row by row; it makes sense of ledgers that make none."""

    def __init__(self) -> None:
        self.found: defaultdict[str, list[str]] = defaultdict(list)
        """Device → keys of its findings."""
        self.cases: defaultdict[str, list[str]] = defaultdict(list)
        """Device → its cases."""
        self.closed: set[str] = set()
        self.twice: list[str] = []
        self.commands: dict[tuple[str, str], None] = {}
        self.offers: Counter[str] = Counter()
        """Case → trucks that were asked to come, one after the other."""
        self._towed: set[str] = set()
        self._ordered: dict[str, int] = {}
        """Order that is under way → attempt."""
        self._calls: defaultdict[str, set[str]] = defaultdict(set)
        """Case → our calls to its customer: there is one, whose attempts are counted."""
        self._queued: set[tuple[str, int]] = set()

    def take(self, row: Row) -> None:
        """Take the next row."""
        said = read(row)
        if isinstance(said, Event):
            self._happened(said)
        else:
            self._decided(said)
        self.commands.update(dict.fromkeys(told_by(row)))

    def _happened(self, event: Event) -> None:
        if isinstance(event, FaultFound):
            self.found[event.finding.device].append(event.finding.key)
        elif isinstance(event, OrderAnswered):
            self._answered(event)
        elif not isinstance(event, _CAUSES_NOTHING_TWICE):
            assert_never(event)

    def _decided(self, action: Action) -> None:
        if isinstance(action, CaseAction):
            self._about_case(action)
        elif isinstance(action, TowAction):
            self._about_truck(action)
        elif isinstance(action, RequestAction):
            self._about_request(action)
        elif isinstance(action, QueueCall):
            self._call(action)
        elif not isinstance(
            action,
            OwnerAction
            | MessageAction
            | AssignCall
            | WithdrawCall
            | InvitationAction
            | SurveyAction
            | PlanAction
            | PaymentAction
            | RobotAction
            | ProductAction,
        ):  # only what is queued can be a second call
            assert_never(action)

    def _about_case(self, action: CaseAction) -> None:
        match action:
            case OpenCase():
                self.cases[action.device].append(action.case)
            case CloseCase():
                self.closed.add(action.case)
            case ReviseCase() | MoveCase() | EscalateCase():
                pass  # of a case that is counted
            case _:
                assert_never(action)

    def _about_truck(self, action: TowAction) -> None:
        match action:
            case SendTow():
                self._tow(action)
            case ReassignTow():
                self.offers[action.case] += 1
            case AdoptTow() | DismissTruck() | RenewEta() | RedirectTow() | MoveTow() | CancelTow() | LetTowFinish():
                pass  # nobody is asked who was not asked before
            case _:
                assert_never(action)

    def _about_request(self, action: RequestAction) -> None:
        match action:
            case PlaceOrder():
                self._order(action)
            case WithdrawRequest():
                if case_of_order(action.request) is not None:
                    self._ordered.pop(action.case, None)
            case BookWorkshop():
                pass  # a slot is kept by the workshop
            case _:
                assert_never(action)

    def _tow(self, action: SendTow) -> None:
        if action.case in self._towed:
            self.twice.append(f"{action.case} has a second tow: {action.tow}")
        self._towed.add(action.case)
        self.offers[action.case] += 1

    def _order(self, action: PlaceOrder) -> None:
        if action.case in self._ordered or action.case in self.closed:
            self.twice.append(f"{action.case} has a second order: {action.key}")
        self._ordered[action.case] = action.attempt

    def _answered(self, event: OrderAnswered) -> None:
        if not event.accepted:
            self._ordered.pop(case_of_order(event.order) or "", None)

    def _call(self, action: QueueCall) -> None:
        if action.case is None or action.direction == "inbound":
            return
        known = (action.call, action.attempt)
        if known in self._queued or self._calls[action.case] - {action.call}:
            self.twice.append(f"{action.case} has a second call: {action.key}")
        self._queued.add(known)
        self._calls[action.case].add(action.call)


_CAUSES_NOTHING_TWICE = (
    CaseReported
    | InvitationEvent
    | SurveyEvent
    | OfferEvent
    | DeviceRecovered
    | PlaceChanged
    | OwnerChanged
    | TruckReported
    | OpeningEvent
    | BookingAnswered
    | OrderFulfilled
    | WithdrawalAnswered
    | CallEvent
    | PrivacyEvent
    | ConversationEvent
    | HearingEvent
    | DispatcherEvent
    | GuidanceEvent
    | PurseEvent
    | VerificationEvent
)
"""Events that neither are a fault of a device nor make room for a second order."""
