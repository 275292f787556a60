"""All money as it stands: mandates and what was used of them, payments, top-ups, the books. Pure.

Everything is changed by events and actions alone, whichever way they come: as they are decided (``dispatch.core.duties.paying``),
or as a ledger tells them again (``dispatch.ledger.folding.payments``). What is decided twice, or out of its turn, changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import assert_never

from dispatch.core.ids import (
    TransferOf,
    arrival_id,
    attempt_key,
    bank_account,
    holder_of,
    is_purse,
    is_top_up,
    owed_account,
    payee_account,
    payment_of,
    purse_account,
    return_id,
    top_up_id,
    transfer_id,
)
from dispatch.core.purse.actions import (
    AskAboutMoney,
    AskPayer,
    BookAction,
    CapturePayment,
    EscalatePayment,
    InstructBank,
    MoneyTold,
    PaymentAction,
    RefundPayment,
    RefusePayment,
    RepeatStatus,
    ReservePayment,
    ReverseTopUp,
    SettlePayment,
    UpholdPayment,
    VoidPayment,
    WarnOfMoney,
    puzzle_key,
)
from dispatch.core.purse.book import Book, BookAccount, Transfer
from dispatch.core.purse.events import (
    BalanceReturned,
    BankAnswered,
    CollectionReturned,
    DisputeDecided,
    MandateChanged,
    MandateGiven,
    MoneyAnswered,
    MoneyArrived,
    PaymentAsked,
    PaymentCancelled,
    PaymentCaptured,
    PaymentConfirmed,
    PaymentDisputed,
    PurseEvent,
    PuzzleClosed,
)
from dispatch.core.purse.exemption import Exemptions, Since
from dispatch.core.purse.given import Given, Givens
from dispatch.core.purse.habits import Habits, HabitsStanding
from dispatch.core.purse.learning import forgotten, learnt
from dispatch.core.purse.payments import Payer, Payment, PaymentMove, PaymentState, ToldBeside, TopUp
from dispatch.core.purse.questions import MoneyQuestions, QuestionsStanding
from dispatch.core.purse.rules import PaymentPolicy
from dispatch.core.purse.spending import WeekDue, week_of
from dispatch.core.purse.unusual import Odd

_BOOKED: tuple[TransferOf, ...] = ("reserve", "release", "capture", "post", "void", "refund")
_ENDED = {PaymentState.VOIDED, PaymentState.REFUSED, PaymentState.REFUNDED, PaymentState.UPHELD, PaymentState.SETTLED}


@dataclass(frozen=True, slots=True)
class PurseStanding:
    """A purse written down."""

    mandates: list[Given] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    top_ups: list[TopUp] = field(default_factory=list)
    topped_up: dict[str, int] = field(default_factory=dict)
    """Customer → the number of their last top-up."""
    since: list[Since] = field(default_factory=list)
    accounts: list[BookAccount] = field(default_factory=list)
    transfers: list[Transfer] = field(default_factory=list)
    called_off: dict[str, float] = field(default_factory=dict)
    """Payments that were called off before anybody asked for them → when."""
    puzzled: dict[str, float] = field(default_factory=dict)
    """Key of what a person was told to look at → when."""
    weeks: dict[str, WeekDue] = field(default_factory=dict)
    """Customer who wants to be told of their weeks → when they are told next, or were last."""
    habits: HabitsStanding = field(default_factory=HabitsStanding)
    questions: QuestionsStanding = field(default_factory=QuestionsStanding)
    withdrew: list[str] = field(default_factory=list)
    """Customers who have said that nothing is to be paid for them any more."""
    closed: dict[str, int] = field(default_factory=dict)
    """Key of what a person was told to look at, as it was the first time → how often they closed it."""
    warned: dict[str, float] = field(default_factory=dict)
    """Key of what a customer was told may fail → when."""

    def __bool__(self) -> bool:
        """Is there any money to know of?"""
        return bool(self.mandates or self.payments or self.top_ups or self.accounts or self.called_off)


class Purse:
    """The money of all customers."""

    def __init__(self, policy: PaymentPolicy) -> None:
        self._policy = policy
        self.book = Book()
        self.given = Givens()
        self.exemptions = Exemptions(policy.exemption)
        self.habits = Habits()
        self.questions = MoneyQuestions(policy)
        self.payments: dict[str, Payment] = {}
        """In the order they were asked for."""
        self.top_ups: dict[str, TopUp] = {}
        self.topped_up: dict[str, int] = {}
        self.called_off: dict[str, float] = {}
        self.puzzled: dict[str, float] = {}
        self.closed: dict[str, int] = {}
        self.weeks: dict[str, WeekDue] = {}
        self.withdrew: set[str] = set()
        """Who has said that nothing is to be paid for them any more."""
        self.warned: dict[str, float] = {}
        """Key of what a customer was told may fail → when, longest ago first."""
        self._names: dict[str, dict[str, None]] = {}
        """Customer → their payments that are remembered, in the order they were asked for."""
        self._ended: dict[str, float] = {}
        """Payments that are over → when, longest ago first."""

    # --- what happened -----------------------------------------------------------------------------------------------

    def happened(self, event: PurseEvent, now: float) -> None:  # noqa: C901, PLR0912 - the whole vocabulary on one screen
        """Take note of what happened."""
        match event:
            case MandateGiven():
                self._given(event)
            case MandateChanged():
                self.given.change(event.mandate, event.to)
            case PaymentAsked():
                self._asked(event, now)
            case PaymentConfirmed():
                self._confirmed(event, now)
            case BankAnswered():
                self._answered(event)
            case MoneyArrived():
                self._arrived(event)
            case PaymentCancelled():
                self._cancelled(event, now)
            case PaymentDisputed():
                self._disputed(event.payment)
            case MoneyAnswered():
                self._told_of_money(event, now)
            case PuzzleClosed():
                self._closed(event)
            case BalanceReturned():
                self._returned(event)
            case DisputeDecided() | PaymentCaptured() | CollectionReturned():
                pass  # what is decided about it is an action
            case _:
                assert_never(event)

    def _given(self, event: MandateGiven) -> None:
        if self.given.give(event.mandate, strong=event.strong) and event.strong:
            self.exemptions.authenticated(event.mandate.customer)

    def _asked(self, event: PaymentAsked, now: float) -> None:
        ask = event.ask
        if event.payment in self.payments:
            return
        self._names.setdefault(ask.customer, {})[event.payment] = None
        payer = Payer(event.may_message, event.language, event.time_zone, event.reach, event.may_spending)
        self.payments[event.payment] = Payment(
            event.payment, ask.customer, ask.device, "", ask.payee, ask.amount, ask.currency, ask.category, now,
            ask.provenance, payer, asked_mandate=ask.mandate, told=ToldBeside(ask.at, ask.place, ask.used_at),
            most=ask.amount if ask.at_most else 0,
            payee_name=ask.payee_name,
        )  # fmt: skip

    def _confirmed(self, event: PaymentConfirmed, now: float) -> None:
        payment = self.payments.get(event.payment)
        if payment is not None and event.strong and event.agreed:
            self.exemptions.authenticated(payment.customer)
            self.questions.agreed(payment.customer)
            if payment.odd is not None:
                self._is_fine(payment, payment.odd, now)

    def _is_fine(self, payment: Payment, odd: Odd, now: float) -> None:
        habit = self.habits.began(payment.customer, payment.device, payment.category, payment.currency, now)
        habit.fine[odd.name] = now

    def _told_of_money(self, event: MoneyAnswered, now: float) -> None:
        """Note what a customer said of what they were asked about; what of it is decided is seen to then."""
        question = self.questions.answered(event.ref)
        if question is None:
            return
        habit = self.habits.get(*question.habit)
        match event.answer:
            case "fine" if habit is not None:
                habit.fine[question.odd.name] = now
            case "stop":
                self.given.change(question.mandate, "suspended")
            case "stop_and_dispute":
                self._pays_no_more(question.customer, question.habit[1])
                self._disputed(question.payments[-1])
            case "dispute":
                self._disputed(question.payments[-1])
            case "fine" | "unsure":
                pass  # nothing is learned: where it goes on, it is found again
            case _:
                assert_never(event.answer)

    def _pays_no_more(self, customer: str, device: str) -> None:
        """Suspend whatever a device may pay by: it goes on when its customer says so."""
        for one in self.given.of_device(customer, device):
            self.given.change(one.mandate.mandate, "suspended")

    def _answered(self, event: BankAnswered) -> None:
        """Note what the bank said for good, the first time; whether that is paid or set free is decided."""
        mine = self.asked_for(event.instruction)
        if mine is None or event.status in {"ACSP", "PDNG"} or mine.answered:
            return
        mine.answered = event.status
        if isinstance(mine, Payment):
            mine.reference = event.reference
        elif event.status == "ACSC":
            self._credit(mine, mine.amount)
        else:
            self.given.give_back(mine.mandate, mine.amount, mine.asked_at)

    def _arrived(self, event: MoneyArrived) -> None:
        mine = self.top_ups.get(payment_of(event.instruction) or "")
        if mine is not None:
            if mine.customer == event.customer and (mine.amount, mine.currency) == (event.amount, event.currency):
                mine.answered = mine.answered or "ACSC"
                self._credit(mine, event.amount)
            return
        if event.amount > 0 and not event.instruction:  # what came for something we do not know, a person looks at
            name = arrival_id(event.reference)
            self._book(name, bank_account(event.currency), self._account(event), event.amount)

    def _credit(self, top_up: TopUp, amount: int) -> None:
        mine = purse_account(top_up.customer, top_up.currency)
        top_up.credited = True
        self._book(transfer_id(top_up.top_up, "credit"), bank_account(top_up.currency), mine, amount)

    def _account(self, of: MoneyArrived | BalanceReturned | Payment) -> str:
        return purse_account(of.customer, of.currency)

    def _book(self, name: str, debit: str, credit: str, amount: int) -> None:
        if self.book.transfer(name) is None:
            self.book.book(Transfer(name, debit, credit, amount))

    def _cancelled(self, event: PaymentCancelled, now: float) -> None:
        payment = self.payments.get(event.payment)
        if payment is None:
            self.called_off[event.payment] = now
        else:
            payment.called_off = True

    def _disputed(self, name: str) -> None:
        payment = self.payments.get(name)
        if payment is not None and payment.state is PaymentState.RESERVED:
            payment.contested = True
        elif payment is not None and payment.move(PaymentMove.DISPUTE):
            self._ended.pop(payment.payment, None)

    def agrees(self, customer: str, *, given: bool) -> None:
        """Note whether a customer agrees that is paid for them; who withdraws that is asked nothing either."""
        if given:
            self.withdrew.discard(customer)
            return
        self.questions.drop(customer)
        if self.given.of_customer(customer):  # without a mandate there is nothing to withdraw
            self.withdrew.add(customer)

    def _closed(self, event: PuzzleClosed) -> None:
        """What was closed may puzzle anew, and then a person is told anew."""
        if self.puzzled.pop(event.puzzle, None) is None:
            return
        self.closed[puzzle_key(event.payment, event.reason)] = event.number + 1
        top_up = self.top_ups.get(event.payment)
        if top_up is not None and top_up.returned:
            top_up.answered = "RJCT"
        payment = self.payments.get(event.payment)
        if payment is not None:
            payment.puzzling = ""
            if event.how == "came_back":  # so that it is no puzzle that the bank says so
                payment.answered, payment.reference = "RJCT", ""

    def _returned(self, event: BalanceReturned) -> None:
        mine, name = self._account(event), return_id(event.customer, event.reference)
        if 1 <= event.amount <= self.book.account(mine).available:
            self._book(name, mine, bank_account(event.currency), event.amount)

    def balances(self) -> Iterator[tuple[str, str, int]]:
        """Yield whose purse has something, in which currency, and how much can be spent of it, minor units."""
        for one in self.book.accounts():
            if is_purse(one.account) and one.available > 0:
                yield holder_of(one.account), one.account.rpartition("/")[2], one.available

    def numbered(self, action: EscalatePayment) -> EscalatePayment:
        """Return what a person is to look at, as the how-many-th of its kind."""
        return replace(action, number=self.closed.get(puzzle_key(action.payment, action.reason), 0))

    def advise_no_more(self, customer: str) -> None:
        """The customer does not want to be told of their weeks any more."""
        self.weeks.pop(customer, None)
        for payment in self.of_customer(customer):
            payment.payer = replace(payment.payer, may_spending=False)

    def erase(self, customer: str) -> None:
        """Forget who a customer's payees are and how they are reached. What was paid stays in the books, by their id."""
        self.given.forget(customer)
        self.weeks.pop(customer, None)
        self.withdrew.discard(customer)
        self.exemptions.authenticated(customer)
        self.habits.forget(customer)
        self.questions.forget(customer)
        for payment in self.payments.values():
            if payment.customer == customer:
                payment.payer, payment.told, payment.payee_name = Payer(may_message=False), None, ""

    # --- what was decided --------------------------------------------------------------------------------------------

    def decided(self, action: PaymentAction, at: float) -> None:
        """Do what was decided."""
        if isinstance(action, MoneyTold | RepeatStatus):
            if isinstance(action, AskAboutMoney):
                self.questions.asked(action.ref, at)
            elif isinstance(action, WarnOfMoney):
                self.warned[action.key] = at
            return  # nothing is booked
        if isinstance(action, InstructBank):
            self._instructed(action, at)
            return
        if isinstance(action, ReverseTopUp):
            self._reversed(action)
            return
        payment = self.payments.get(action.payment)
        if isinstance(action, EscalatePayment):
            self._escalated(action, payment, at)
            return
        if payment is None:
            if not isinstance(action, ReservePayment) or action.case is None:
                return
            payment = self._houses(action, at)
        self._about(action, payment, at)
        if payment.state in _ENDED:
            payment.ended_at = at
            self._ended.pop(payment.payment, None)
            self._ended[payment.payment] = at
            self._forget(at)

    def _about(
        self, action: BookAction | RefusePayment | AskPayer | UpholdPayment, payment: Payment, at: float
    ) -> None:
        match action:
            case AskPayer():
                self._asks(action, payment, at)
            case RefusePayment():
                if not action.again and payment.move(PaymentMove.REFUSE):
                    payment.reason = action.reason
            case ReservePayment():
                self._reserve(action, payment, at)
            case CapturePayment():
                self._capture(action, payment)
            case SettlePayment():
                self._settle(action, payment, at)
            case VoidPayment():
                self._void(action, payment)
            case RefundPayment():
                self._refund(action, payment)
            case UpholdPayment():
                payment.move(PaymentMove.UPHOLD)
            case _:
                assert_never(action)

    def _asks(self, action: AskPayer, payment: Payment, at: float) -> None:
        if not payment.move(PaymentMove.ASK):
            return
        payment.until, payment.mandate, payment.odd = action.until, action.mandate, action.odd
        self.questions.confirms(action.customer, at, unusual=action.odd is not None)

    def _houses(self, action: ReservePayment, at: float) -> Payment:
        """A payment that the house makes for a customer, about a case."""
        found = Payment(
            action.payment, action.customer, action.device, "", action.payee, action.amount, action.currency,
            action.category, at, action.provenance, case=action.case, due=action.due,
        )  # fmt: skip
        self._names.setdefault(action.customer, {})[action.payment] = None
        return self.payments.setdefault(action.payment, found)

    def _reserve(self, action: ReservePayment, payment: Payment, at: float) -> None:
        if not payment.can(PaymentMove.RESERVE):
            return
        payee = payee_account(payment.payee, payment.currency)
        name = transfer_id(payment.payment, "reserve")
        self.book.book(Transfer(name, self._account(payment), payee, payment.amount, "pending"))
        payment.move(PaymentMove.RESERVE)
        payment.mandate, payment.reserved_at = action.mandate, at
        self.given.use(action.mandate, payment.amount, at)
        if action.exempt:
            self.exemptions.note(payment.customer, payment.amount, payment.currency)

    def _capture(self, action: CapturePayment, payment: Payment) -> None:
        """Set aside what is paid, and set the rest free."""
        if not payment.is_held or not 1 <= action.amount <= payment.amount:
            return
        name, payee = payment.payment, payee_account(payment.payee, payment.currency)
        self.book.void(transfer_id(name, "reserve"), transfer_id(name, "release"))
        held = Transfer(transfer_id(name, "capture"), self._account(payment), payee, action.amount, "pending")
        self.book.book(held)
        self.given.give_back(payment.mandate, payment.amount - action.amount, payment.reserved_at)
        payment.amount = action.amount

    def _pending(self, payment: Payment) -> str:
        """Return as what it is set aside in the books."""
        captured = transfer_id(payment.payment, "capture")
        return captured if self.book.transfer(captured) is not None else transfer_id(payment.payment, "reserve")

    def _settle(self, action: SettlePayment, payment: Payment, at: float) -> None:
        if payment.can(PaymentMove.SETTLE):
            name = payment.payment
            self.book.post(self._pending(payment), transfer_id(name, "post"), action.amount)
            payment.move(PaymentMove.SETTLE)
            payment.settled_at = at
            self._to_be_told(payment, at)
            learnt(self.habits, self.questions, payment, at)
            if payment.contested:
                payment.move(PaymentMove.DISPUTE)

    def _to_be_told(self, payment: Payment, at: float) -> None:
        """Have its customer told when the week is over, where they want that and it is not to come already."""
        known = self.weeks.get(payment.customer)
        if payment.payer.may_spending and (known is None or known.due <= at):
            self.weeks[payment.customer] = WeekDue(week_of(at, payment.payer.time_zone).told_at, payment.payment)

    def _void(self, action: VoidPayment, payment: Payment) -> None:
        if not payment.can(PaymentMove.VOID):
            return
        if payment.state is PaymentState.RESERVED:
            name = payment.payment
            self.book.void(self._pending(payment), transfer_id(name, "void"))
            self.given.give_back(payment.mandate, payment.amount, payment.reserved_at)
        payment.move(PaymentMove.VOID)
        payment.reason = action.reason

    def _refund(self, action: RefundPayment, payment: Payment) -> None:
        if payment.can(PaymentMove.REFUND):
            payee = payee_account(payment.payee, payment.currency)
            self._book(transfer_id(payment.payment, "refund"), payee, self._account(payment), action.amount)
            payment.move(PaymentMove.REFUND)
            forgotten(self.habits, payment)

    def _instructed(self, action: InstructBank, at: float) -> None:
        if not is_top_up(action.payment):
            payment = self.payments.get(action.payment)
            if payment is not None:
                payment.attempts = action.attempt
            return
        known = self.top_ups.get(action.payment)
        if known is not None:
            known.attempts = action.attempt
            return
        rule = self.given.top_up_of(action.customer, action.currency, at)
        mandate = rule.mandate.mandate if rule is not None else ""
        self.topped_up[action.customer] = self.topped_up.get(action.customer, 0) + 1
        self.given.use(mandate, action.amount, at)
        self.top_ups[action.payment] = TopUp(
            action.payment, action.customer, mandate, action.amount, action.currency, action.provenance, at
        )

    def _reversed(self, action: ReverseTopUp) -> None:
        """Take what was given back from the purse; what is spent is owed: a purse never owes."""
        mine = self.top_ups.get(action.payment)
        if mine is None or mine.returned:
            return
        mine.returned, bank = action.reason, bank_account(action.currency)
        if action.amount:
            purse = purse_account(action.customer, action.currency)
            self._book(transfer_id(action.payment, "return"), purse, bank, action.amount)
        if action.short:
            owed = owed_account(action.customer, action.currency)
            self._book(transfer_id(action.payment, "owed"), owed, bank, action.short)

    def given_back(self, customer: str) -> bool:
        """Was something given back that nobody has looked at?"""
        return any(one.returned and one.answered != "RJCT" for one in self.collected_of(customer))

    def _escalated(self, action: EscalatePayment, payment: Payment | None, at: float) -> None:
        self.puzzled[action.key] = at
        if payment is not None:
            payment.puzzling = action.reason

    def _forget(self, now: float) -> None:
        for name in self._kept_long(self._ended, now):
            gone = self.payments.pop(name, None)
            if gone is not None:
                mine = self._names.get(gone.customer, {})
                mine.pop(name, None)
                if not mine:
                    self._names.pop(gone.customer, None)
            self.book.forget(transfer_id(name, what) for what in _BOOKED)
        for kept in (self.called_off, self.puzzled, self.warned):
            for _ in self._kept_long(kept, now):
                pass

    def _kept_long(self, kept: dict[str, float], now: float) -> Iterator[str]:
        """Take out what is kept for long enough, the oldest first; look at no more than that, however much there is."""
        while kept:
            name, at = next(iter(kept.items()))
            if now - at <= self._policy.kept_s:
                return
            del kept[name]
            yield name

    # --- asked -------------------------------------------------------------------------------------------------------

    def available(self, customer: str, currency: str) -> int:
        """Return what a customer can spend, minor units."""
        return self.book.account(purse_account(customer, currency)).available

    def asked_for(self, instruction: str) -> Payment | TopUp | None:
        """Return what the bank was asked for under an instruction; ``None``: nobody asked for that."""
        name = payment_of(instruction) or ""
        payment = self.payments.get(name)
        if payment is not None and payment.attempts:
            return payment
        return self.top_ups.get(name)

    def last_top_up(self, customer: str, currency: str) -> TopUp | None:
        """Return what was collected last for a customer's purse of one currency; they are numbered through all of them."""
        return next((one for one in self.collected_of(customer) if one.currency == currency), None)

    def collected_of(self, customer: str) -> Iterator[TopUp]:
        """Yield what was collected for a customer's purses, or is being collected, the last first."""
        names = (top_up_id(customer, number) for number in range(self.topped_up.get(customer, 0), 0, -1))
        return (one for one in map(self.top_ups.get, names) if one is not None)

    def of_customer(self, customer: str) -> Iterator[Payment]:
        """Yield the payments of a customer that are remembered, in the order they were asked for."""
        return (self.payments[name] for name in self._names.get(customer, {}))

    def of_case(self, name: str) -> Iterator[Payment]:
        """Yield what the house pays about a case under a name, or under a name and an attempt."""
        known = self.payments.get(name)
        if known is not None:
            yield known
        attempt = 1
        while (known := self.payments.get(attempt_key(name, attempt))) is not None:
            yield known
            attempt += 1

    # --- written down ------------------------------------------------------------------------------------------------

    def standing(self) -> PurseStanding:
        """Return it written down."""
        accounts, transfers = self.book.standing()
        return PurseStanding(
            self.given.standing(),
            list(self.payments.values()),
            list(self.top_ups.values()),
            dict(self.topped_up),
            self.exemptions.standing(),
            accounts,
            transfers,
            dict(self.called_off),
            dict(self.puzzled),
            dict(self.weeks),
            self.habits.standing(),
            self.questions.standing(),
            sorted(self.withdrew),
            dict(self.closed),
            dict(self.warned),
        )

    def stand(self, standing: PurseStanding) -> None:
        """Take up what was written down."""
        self.given.stand(standing.mandates)
        self.payments = {one.payment: one for one in standing.payments}
        self.top_ups = {one.top_up: one for one in standing.top_ups}
        self.topped_up = dict(standing.topped_up)
        self.exemptions.stand(standing.since)
        self.book.stand(standing.accounts, standing.transfers)
        self.called_off = dict(standing.called_off)
        self.puzzled = dict(standing.puzzled)
        self.weeks = dict(standing.weeks)
        self.habits.stand(standing.habits)
        self.questions.stand(standing.questions)
        self.withdrew = set(standing.withdrew)
        self.closed = dict(standing.closed)
        self.warned = dict(standing.warned)
        self._names = {}
        for one in standing.payments:
            self._names.setdefault(one.customer, {})[one.payment] = None
        self._ended = _by_end(standing.payments)


def _by_end(payments: Iterable[Payment]) -> dict[str, float]:
    over = [(one.ended_at, one.payment) for one in payments if one.state in _ENDED]
    return {name: at for at, name in sorted(over)}
