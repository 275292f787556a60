"""Devices ask to pay: refused, confirmed, or reserved and paid; what the bank, the customer and the payee say of it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import assert_never

from dispatch.core.actions import Action, SendMessage
from dispatch.core.duties.watching_money import WatchingMoney, payee_named
from dispatch.core.ids import instruction_id, top_up_id
from dispatch.core.messages import REPLY_WITHIN_S, Messages, OfMoney
from dispatch.core.policy import Policy
from dispatch.core.purse.actions import (
    AskedFor,
    AskPayer,
    CapturePayment,
    EscalatePayment,
    GivenBack,
    InstructBank,
    Method,
    PaymentAction,
    Puzzling,
    RefundPayment,
    RefusePayment,
    RepeatStatus,
    ReservePayment,
    ReverseTopUp,
    SettlePayment,
    UpholdPayment,
    VoidPayment,
)
from dispatch.core.purse.capturing import capture_refusal
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
from dispatch.core.purse.given import Given
from dispatch.core.purse.judge import Refusal, Verdict, judge, over_limit
from dispatch.core.purse.money import as_text, said
from dispatch.core.purse.payments import Payment, PaymentMove, PaymentState, TopUp
from dispatch.core.purse.purse import Purse
from dispatch.core.purse.reminders import awaits_bank, is_waited_for, reminders
from dispatch.core.purse.said import explained_in
from dispatch.core.purse.unusual import Odd
from dispatch.core.timers import About, Alarm, Alarms
from dispatch.words import say
from dispatch.words.amounts import amount_in
from gateway.finding import Provenance

_CANNOT_ASK: dict[AskedFor, str] = {"over_limit": "AM14", "unusual": "SL01", "strong_authentication": "DS19"}
"""Why it is refused where the customer must be asked and does not want to be written to."""
Decides = Iterator[PaymentAction]
Decided = Iterator[Action]
"""With what customers are written."""


_LAPSED = "DS24"


@dataclass(slots=True)
class Paying:
    """Decides about money; everything it decides is done by the purse."""

    policy: Policy
    alarms: Alarms
    purse: Purse
    messages: Messages
    watching: WatchingMoney

    def on(self, event: PurseEvent, now: float) -> Decided:
        """See to what happened."""
        asked_before = event.payment in self.purse.payments if isinstance(event, PaymentAsked) else False
        said_before = self._said_before(event)
        self.purse.happened(event, now)
        self._remind(event, now)
        yield from self._done(self._decide(event, now, asked_before=asked_before, said_before=said_before), now)

    def ring(self, alarm: Alarm) -> Decided:
        """Somebody has said nothing for long, or a mandate has run out."""
        if alarm.about is About.MONEY:
            yield from self._ask_about_money(alarm.case, alarm.due)
        else:
            yield from self._done(self._rung(alarm, alarm.due), alarm.due)

    def _ask_about_money(self, customer: str, now: float) -> Decided:
        asked = self.watching.asks(customer)
        yield from self._done(iter(asked), now)
        yield from self.watching.write(customer, asked, now)

    def withdrawn(self, customer: str, now: float) -> Decided:
        """The customer does not want devices to pay any more: what they were asked about is refused."""
        no_more = Refusal("CUST", "the customer lets devices pay no more")
        self.purse.agrees(customer, given=False)
        yield from self._done((_refuse(payment, no_more) for payment in self._confirming(customer)), now)

    def erased(self, customer: str, now: float) -> Decided:
        """Nothing is known of the customer any more: what is under way ends as the bank says, and nothing begins."""
        yield from self.withdrawn(customer, now)
        self.purse.erase(customer)

    # --- the house pays ----------------------------------------------------------------------------------------------

    def do(self, action: PaymentAction, now: float) -> Decided:
        """Do what was decided about what the house pays for a customer."""
        yield from self._done(iter([action]), now)

    def pay(self, payment: Payment, now: float) -> Decided:
        """Have the bank pay what is set aside, once."""
        if payment.state is PaymentState.RESERVED and not payment.attempts:
            yield from self.do(_instruct(payment, 1), now)

    def take(self, payment: Payment, now: float) -> Decided:
        """Book what is set aside for the house itself: the money is with us, and no bank is needed."""
        if payment.state is PaymentState.RESERVED and not payment.attempts:
            yield from self.do(_settle(payment, ""), now)

    def call_off(self, payment: Payment, now: float) -> Decided:
        """Set free what the bank was not told of; have back what is paid; what the bank may be paying is waited for."""
        if payment.state is PaymentState.RESERVED and not payment.attempts:
            yield from self.do(_void(payment, "DS02"), now)
        elif payment.state is PaymentState.SETTLED and payment.attempts:
            yield from self.do(_refund(payment, "cancelled"), now)

    # --- decided -----------------------------------------------------------------------------------------------------

    def _done(self, decided: Decides, now: float) -> Decided:
        """Have done what is decided, one after the other, and the customer told where they have to know."""
        for one in decided:
            action = self.purse.numbered(one) if isinstance(one, EscalatePayment) else one
            if action.key not in self.purse.puzzled:  # a person is told once
                self.purse.decided(action, now)
                self._remind(action, now)
                yield action
                yield from self._written(action, now)

    def _written(self, action: PaymentAction, now: float) -> Iterator[SendMessage]:
        if isinstance(action, AskPayer):
            minutes = max(1, round((action.until - now) / 60))
            yield from self._write(action.payment, "money_asked", action.until, now, action.odd, minutes=minutes)
        elif isinstance(action, RefusePayment) and action.reason == _LAPSED:
            yield from self._write(action.payment, "money_lapsed", now + REPLY_WITHIN_S, now)

    def _write(
        self, name: str, phrase: str, until: float, now: float, odd: Odd | None = None, **more: object
    ) -> Iterator[SendMessage]:
        payment = self.purse.payments[name]
        payer = payment.payer
        payee = payee_named(self.purse, payment.mandate, payment.payee, payment.payee_name)
        amount = amount_in(as_text(payment.amount, payment.currency), payment.currency, payer.language)
        if payment.most:
            amount = say("page_m_up_to", payer.language, amount=amount)
        text = say(phrase, payer.language, amount=amount, payee=payee, **more)
        if odd is not None:
            text = f"{explained_in(odd, payer.language, payee)} {text}"
        about = OfMoney(
            payment.customer, text, payer.language, until, payment.provenance, payer.reach, payer.time_zone,
            urgent=phrase == "money_asked",
        )  # fmt: skip
        if payer.may_message:
            yield from self.messages.of_money(about, now)

    def _remind(self, said: PurseEvent | PaymentAction, now: float) -> None:
        for one in reminders(said, now, self.purse, self.policy.payments):
            self.alarms.set(now + one.after_s, one.about, one.name, one.attempt)

    def _said_before(self, event: PurseEvent) -> tuple[str, str]:
        """Return what the bank said of an instruction before, for good, and under which reference."""
        mine = self.purse.asked_for(event.instruction) if isinstance(event, BankAnswered) else None
        return ("", "") if mine is None else (mine.answered, mine.reference if isinstance(mine, Payment) else "")

    def _decide(self, event: PurseEvent, now: float, *, asked_before: bool, said_before: tuple[str, str]) -> Decides:  # noqa: C901, PLR0912 - the whole vocabulary on one screen
        match event:
            case MandateGiven():
                yield from self._top_up(event.mandate.customer, event.mandate.currency, event.mandate.provenance, now)
            case MandateChanged():
                yield from self._mandate_changed(event)
            case PaymentAsked():
                yield from self._asked_again(event) if asked_before else self._asked(event, now)
            case PaymentCaptured():
                yield from self._captured(event)
            case PaymentConfirmed():
                yield from self._confirmed(event, now)
            case BankAnswered():
                yield from self._answered(event, said_before)
            case MoneyArrived():
                yield from self._arrived(event)
            case CollectionReturned():
                yield from self._given_back(event)
            case PaymentCancelled():
                yield from self._cancelled(event)
            case PaymentDisputed() | BalanceReturned():
                pass  # a person decides about it, or has
            case MoneyAnswered():
                yield from self._stopped(event)
            case DisputeDecided():
                yield from self._dispute_decided(event)
            case PuzzleClosed():
                yield from self._closed(event)
            case _:
                assert_never(event)

    def _asked(self, event: PaymentAsked, now: float) -> Decides:
        ask, payment = event.ask, self.purse.payments[event.payment]
        if event.payment in self.purse.called_off:
            yield _refuse(payment, Refusal("DS02", "it was called off before it was asked for"))
        elif not event.may_pay:
            yield _refuse(payment, Refusal("MD01", "the customer has not agreed that their devices pay"))
        else:
            yield from self._judged(payment, judge(self.purse, ask, now), now)

    def _judged(self, payment: Payment, verdict: Verdict, now: float) -> Decides:
        if verdict.refusal is not None:
            yield _refuse(payment, verdict.refusal)
            if verdict.given is not None:  # there was not enough
                yield from self._top_up(payment.customer, payment.currency, payment.provenance, now)
        elif verdict.given is not None and verdict.ask is not None:
            yield from self._ask(payment, verdict.given, verdict, now)
        elif verdict.given is not None:
            yield from self._reserve(payment, verdict.given.mandate.mandate, now, exempt=verdict.exempt)

    def _ask(self, payment: Payment, given: Given, verdict: Verdict, now: float) -> Decides:
        why, detail = verdict.ask or "unusual", verdict.detail
        if not payment.payer.may_message:
            yield _refuse(payment, Refusal(_CANNOT_ASK[why], f"{detail}; the customer is not to be asked"))
            return
        if self.purse.questions.asks_in_vain(payment.customer, now):
            in_vain = "the customer was asked about others today, and has said yes to none"
            yield _refuse(payment, Refusal(_CANNOT_ASK[why], f"{detail}; {in_vain}"))
            return
        yield AskPayer(
            payment.payment, payment.customer, payment.device, payment.payee, payment.amount, payment.currency, why,
            now + self.policy.payments.ask_s, payment.provenance, given.mandate.mandate, detail, payment.case,
            verdict.odd,
        )  # fmt: skip

    def _reserve(self, payment: Payment, mandate: str, now: float, *, exempt: bool) -> Decides:
        yield ReservePayment(
            payment.payment, mandate, payment.customer, payment.device, payment.payee, payment.amount,
            payment.currency, payment.category, exempt, payment.provenance, payment.case,
        )  # fmt: skip
        if not payment.most:  # else its device tells what is paid of it
            yield _instruct(payment, 1)
        yield from self._top_up(payment.customer, payment.currency, payment.provenance, now)

    def _captured(self, event: PaymentCaptured) -> Decides:
        """A device tells what is paid of what was set aside: once, and never more."""
        capture, payment = event.capture, self.purse.payments.get(event.payment)
        refusal = capture_refusal(payment, self.purse.given.get(payment.mandate) if payment else None, capture)
        if payment is None or refusal is not None:
            no = refusal or Refusal("FF08", "")
            yield RefusePayment(
                event.payment, capture.customer, capture.device, no.reason, no.detail, capture.provenance, capture.key
            )
        elif not payment.is_held:
            yield from _as_it_stands(payment, capture.key)
        elif not capture.amount:
            yield _void(payment, "DS02")
        else:
            yield CapturePayment(
                payment.payment, payment.customer, payment.device, capture.amount, payment.currency, payment.provenance
            )
            yield _instruct(payment, 1)

    def _asked_again(self, event: PaymentAsked) -> Decides:
        """A device asks once more: the first answer holds, and another content under the same id is none of it."""
        ask, known = event.ask, self.purse.payments[event.payment]
        if _content(known) == (
            ask.customer, ask.payee, ask.amount, ask.currency, ask.category, ask.mandate, ask.at_most
        ):  # fmt: skip
            yield from _as_it_stands(known, ask.key)
            return
        refusal = Refusal(
            "DU04", "the end-to-end identifier was used before, with another content; that payment stands"
        )
        yield _refuse(known, refusal, again=ask.key)

    def _confirmed(self, event: PaymentConfirmed, now: float) -> Decides:
        payment = self.purse.payments.get(event.payment)
        if payment is None or payment.state is not PaymentState.CONFIRMING:
            return
        if not event.agreed:
            yield _refuse(payment, Refusal("CUST", "the customer said no"))
        elif event.strong:
            yield from self._wanted(payment, now)

    def _wanted(self, payment: Payment, now: float) -> Decides:
        """The customer wants it, whatever the limits of its mandate: if that holds, and there is enough."""
        given = self.purse.given.get(payment.mandate)
        if given is None or not given.holds(now):
            yield _refuse(payment, Refusal("MD01", "the mandate holds no more"))
        elif self.purse.available(payment.customer, payment.currency) < payment.amount:
            yield _refuse(payment, Refusal("AM04", "there is not so much in the purse"))
            yield from self._top_up(payment.customer, payment.currency, payment.provenance, now)
        else:
            yield from self._reserve(payment, payment.mandate, now, exempt=False)

    def _mandate_changed(self, event: MandateChanged) -> Decides:
        if event.to != "active":
            yield from self._ended(event.mandate, f"the mandate is {event.to}")

    def _ended(self, mandate: str, detail: str) -> Decides:
        """Nothing is taken by a mandate any more: what its customer is asked about is refused."""
        given = self.purse.given.get(mandate)
        for payment in self._confirming(given.mandate.customer) if given is not None else ():
            if payment.mandate == mandate:
                yield _refuse(payment, Refusal("MD01", detail))

    def _stopped(self, event: MoneyAnswered) -> Decides:
        """The device is to pay by a mandate no more: what its customer is being asked about is not wanted either."""
        if event.answer in {"stop", "stop_and_dispute"}:
            for payment in self._confirming(event.customer):
                given = self.purse.given.get(payment.mandate)
                if given is not None and given.state != "active":
                    yield _refuse(payment, Refusal("MD01", f"the mandate is {given.state}"))

    def _confirming(self, customer: str) -> list[Payment]:
        return [one for one in self.purse.of_customer(customer) if one.state is PaymentState.CONFIRMING]

    # --- the bank ----------------------------------------------------------------------------------------------------

    def _answered(self, event: BankAnswered, before: tuple[str, str]) -> Decides:
        mine = self.purse.asked_for(event.instruction)
        if mine is None:
            yield EscalatePayment(
                event.instruction, "", "unknown_instruction", f"the bank says {event.status} of it", event.provenance
            )
        elif event.status in {"ACSC", "RJCT"}:
            status, reference = before
            if not status:
                yield from self._settled(mine, event) if isinstance(mine, Payment) else ()
            elif status != event.status:
                yield _puzzle(mine, "contradiction", f"the bank says {event.status} after {status}")
            elif reference and event.reference and reference != event.reference:
                yield _puzzle(mine, "booked_otherwise", f"the bank names {event.reference} after {reference}")

    def _settled(self, payment: Payment, event: BankAnswered) -> Decides:
        if event.status == "RJCT":
            yield _void(payment, event.reason or "MS03")
            return
        yield _settle(payment, event.reference)
        if payment.called_off:
            yield _refund(payment, "cancelled")

    def _arrived(self, event: MoneyArrived) -> Decides:
        mine = self.purse.asked_for(event.instruction) if event.instruction else None
        if mine is None and event.instruction:
            yield EscalatePayment(
                event.instruction,
                event.customer,
                "unknown_instruction",
                f"{said(event.amount, event.currency)} came for it",
                event.provenance,
            )
        elif isinstance(mine, TopUp) and (mine.amount, mine.currency, mine.customer) != (
            event.amount, event.currency, event.customer,
        ):  # fmt: skip
            instead = said(mine.amount, mine.currency)
            yield _puzzle(mine, "booked_otherwise", f"{said(event.amount, event.currency)} came instead of {instead}")
        elif isinstance(mine, Payment):
            yield _puzzle(mine, "booked_otherwise", f"{said(event.amount, event.currency)} came for what we paid")

    def _given_back(self, event: CollectionReturned) -> Decides:
        """What is in the purse of it leaves it; a person looks, and nothing is collected until then."""
        mine = self.purse.asked_for(event.instruction)
        if not isinstance(mine, TopUp):
            said_so = f"{said(event.amount, event.currency)} were given back for it"
            yield EscalatePayment(event.instruction, "", "unknown_instruction", said_so, event.provenance)
        elif not mine.credited or (event.amount, event.currency) != (mine.amount, mine.currency):
            back, whole = said(event.amount, event.currency), said(mine.amount, mine.currency)
            yield _puzzle(mine, "booked_otherwise", f"{back} were given back of {whole}")
        elif not mine.returned:
            taken = min(max(0, self.purse.available(mine.customer, mine.currency)), mine.amount)
            short = mine.amount - taken
            yield ReverseTopUp(mine.top_up, mine.customer, taken, short, mine.currency, event.reason, mine.provenance)
            missing = f"; {said(short, mine.currency)} of it are spent" if short else ""
            yield _puzzle(
                mine, "given_back", f"{said(mine.amount, mine.currency)} were given back ({event.reason}){missing}"
            )

    def _rung(self, alarm: Alarm, now: float) -> Decides:
        if alarm.about is About.MANDATE:
            yield from self._ended(alarm.case, "the mandate has run out")
        elif alarm.about is About.PAYMENT:
            payment = self.purse.payments.get(alarm.case)
            if payment is None or not is_waited_for(payment, alarm):
                return
            if payment.is_held:
                yield _void(payment, _LAPSED)
            elif payment.until <= now:
                yield _refuse(payment, Refusal(_LAPSED, "the customer was asked and did not answer in time"))
        else:
            mine = self.purse.asked_for(alarm.case)
            if mine is not None and awaits_bank(mine, alarm.attempt):
                yield self._bank_is_silent(mine)

    def _bank_is_silent(self, mine: Payment | TopUp) -> PaymentAction:
        """Ask again, and then a person: it may have paid, and nothing is set free before it says that it has not."""
        if mine.attempts < self.policy.payments.bank_attempts:
            return _instruct(mine, mine.attempts + 1)
        return _puzzle(mine, "bank_silent", f"asked {mine.attempts} times, the bank has not said whether it did it")

    # --- called off, disputed ----------------------------------------------------------------------------------------

    def _cancelled(self, event: PaymentCancelled) -> Decides:
        """What the bank may be paying is waited for: it is refunded once it has paid."""
        payment = self.purse.payments.get(event.payment)
        if payment is None:
            return
        if payment.state is PaymentState.CONFIRMING or payment.is_held:
            yield _void(payment, "DS02")
        elif payment.state in {PaymentState.SETTLED, PaymentState.DISPUTED, PaymentState.UPHELD}:
            yield _refund(payment, "cancelled")

    def _dispute_decided(self, event: DisputeDecided) -> Decides:
        payment = self.purse.payments.get(event.payment)
        if payment is None or payment.state is not PaymentState.DISPUTED:
            return
        if event.refunded:
            yield _refund(payment, "disputed")
        else:
            yield UpholdPayment(payment.payment, payment.customer, payment.device, payment.provenance, payment.case)

    def _closed(self, event: PuzzleClosed) -> Decides:
        payment = self.purse.payments.get(event.payment)
        if event.how == "came_back" and payment is not None and payment.can(PaymentMove.REFUND):
            yield _refund(payment, "returned")

    # --- the purse ---------------------------------------------------------------------------------------------------

    def _top_up(self, customer: str, currency: str, provenance: Provenance, now: float) -> Decides:
        """Collect money for a purse that runs low, where its customer lets us and nothing is being collected."""
        given = self.purse.given.top_up_of(customer, currency, now)
        if given is None or self._rests(customer, currency, now):
            return
        amount = given.mandate.per_payment
        low = self.purse.available(customer, currency) < amount * self.policy.payments.top_up_below
        if low and not over_limit(given, amount, now):
            name = top_up_id(customer, self.purse.topped_up.get(customer, 0) + 1)
            yield InstructBank(name, instruction_id(name), 1, "DD", customer, "", amount, currency, provenance)

    def _rests(self, customer: str, currency: str, now: float) -> bool:
        """Is something being collected, or was nothing to be had a short while ago?"""
        if self.purse.given_back(customer):
            return True
        last = self.purse.last_top_up(customer, currency)
        if last is None:
            return False
        rejected = last.answered == "RJCT" and now - last.asked_at < self.policy.payments.top_up_rests_s
        return rejected or not (last.answered or last.credited)


def _content(payment: Payment) -> tuple[str, str, int, str, str, str, bool]:
    return (
        payment.customer, payment.payee, payment.most or payment.amount, payment.currency, payment.category,
        payment.asked_mandate, payment.most > 0,
    )  # fmt: skip


def _refuse(payment: Payment, refusal: Refusal, again: str = "") -> RefusePayment:
    return RefusePayment(
        payment.payment, payment.customer, payment.device, refusal.reason, refusal.detail, payment.provenance, again,
        payment.case,
    )  # fmt: skip


def _as_it_stands(payment: Payment, again: str) -> Decides:
    if payment.state is not PaymentState.ASKED:
        captured = payment.most > 0 and not payment.is_held
        yield RepeatStatus(
            payment.payment, payment.customer, payment.device, payment.state, again, payment.provenance,
            payment.reason, payment.until if payment.state is PaymentState.CONFIRMING else 0.0,
            payment.amount if captured else 0, payment.currency if captured else "", payment.case,
        )  # fmt: skip


def _instruct(asked: Payment | TopUp, attempt: int) -> InstructBank:
    name, method, payee, case = _at_bank(asked)
    return InstructBank(
        name, instruction_id(name), attempt, method, asked.customer, payee, asked.amount, asked.currency,
        asked.provenance, case,
    )  # fmt: skip


def _at_bank(asked: Payment | TopUp) -> tuple[str, Method, str, str | None]:
    if isinstance(asked, Payment):
        return asked.payment, "TRF", asked.payee, asked.case
    return asked.top_up, "DD", "", None


def _puzzle(asked: Payment | TopUp, reason: Puzzling, detail: str) -> EscalatePayment:
    name, _, _, case = _at_bank(asked)
    return EscalatePayment(name, asked.customer, reason, detail, asked.provenance, case)


def _void(payment: Payment, reason: str) -> VoidPayment:
    return VoidPayment(payment.payment, payment.customer, payment.device, reason, payment.provenance, payment.case)


def _refund(payment: Payment, why: GivenBack) -> RefundPayment:
    return RefundPayment(
        payment.payment, payment.customer, payment.device, payment.amount, payment.currency,
        why, payment.provenance, payment.case,
    )  # fmt: skip


def _settle(payment: Payment, reference: str) -> SettlePayment:
    return SettlePayment(
        payment.payment, payment.customer, payment.device, payment.amount, payment.currency, payment.provenance,
        reference, payment.case,
    )  # fmt: skip
