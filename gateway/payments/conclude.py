"""Payments: why one fails, and whether it is this customer's problem, their bank's, or everybody's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import msgspec

from gateway.conclude.concluder import Concluder, Surroundings
from gateway.conclude.report import Diagnosed, diagnosed, finding, over
from gateway.contract.payments import bank_of
from gateway.contract.values import Readings
from gateway.devices.registry import DeviceRecord
from gateway.devices.twin import ToldSign, Twin
from gateway.diagnosis.catalogue import RESPONSE
from gateway.diagnosis.conditions import Condition, Seen
from gateway.diagnosis.ranking import Evidence, Model, model
from gateway.finding import Conclusion, Domain, Finding, Help, Recovery
from gateway.payments.asking import asked, captured
from gateway.payments.features import KNOWLEDGE
from gateway.payments.memory import KeptWait, PaymentMemory
from gateway.payments.messages import PaymentAttempt, PaymentAttemptEvent
from gateway.payments.outages import Outages
from gateway.payments.refused import Refusals, RefusedAttempt, State
from gateway.payments.waiting import Waiting

ATTEMPTS = 2
"""So many rejected attempts at one payment are a finding; the first failure alone is everyday life."""
OUTAGES = frozenset({"processor_outage", "bank_outage"})
PASSES = OUTAGES | {"technical"}
"""What passes without anything the customer could do."""
LIKELY_PASSES = 0.5
"""P(it passes) from which on it is looked at again before anybody is rung [fit]: of first failures in an outage 0.75 and more, of
troubles of one's own below 0.2 mostly."""
SURE_OF_OUTAGE, SURE_OF_HOPELESS = 0.8, 0.9
"""P(an outage, a cause that no other try gets past) from which on the first failure is a finding: trying again cannot help."""
PLAIN = 0.95
"""P(one outage) from which on a refused payment is not thought over again."""
NO_REASON = "MS03"
"""What a rejection without a reason is read as: the bank gave none."""
SYSTEMS = "systems"
SYSTEM_REASONS = frozenset({*(f"AB{number:02}" for number in range(1, 12)), "AG10", "AG11", "ED05", "ED06", "FF10", "TECH", "NARR",
                            NO_REASON})  # fmt: skip
SYSTEM_RESPONSES = frozenset({"06", "68", "91", "92", "96"})
"""What speaks of systems, or of nothing at all, and not of a customer."""
SETTLED_KEPT = 16
"""Settled payments that are remembered of each customer."""
REFUSED_KEPT = 16
"""Payments under way, refused so far, that are remembered of each customer: those refused last."""
REFUSED_LASTS_S = 24 * 3600.0
"""A refused payment that nobody tried again for so long is over: paid otherwise, or a new matter."""
PROCESSOR = "processor"
OF_OTHERS = {
    PROCESSOR: frozenset({"payment.others_at_processor", "payment.share_at_processor", "payment.other_banks"}),
    "bank": frozenset({"payment.others_at_bank"}),
    "payee_bank": frozenset({"payment.others_at_payee_bank"}),
}
"""What a place is to a payment → the readings that tell how the other customers fare there."""
WORKS_AGAIN = (
    "The fault that kept your payment from going through is over. Nothing was charged for it; "
    "please pay again when it suits you."
)
"""What is told once an outage is over; dispatch has it in other languages by these words."""
MATURITY = 0.0
"""One refusal has one reason: that it is this one says already that it is no other, and counts once."""
OF_A_EUROS_SIZE = {"EUR", "USD", "GBP", "CHF"}
"""Currencies in which an amount can be judged as small or large."""
EURO_COUNTRIES = {
    "AT", "BE", "BG", "CY", "DE", "EE", "ES", "FI", "FR", "GR", "HR", "IE", "IT", "LT", "LU", "LV", "MT", "NL", "PT", "SI",
    "SK",
}  # fmt: skip
NOT_HONOURED = "05"
SAYS_NO_MORE = {"MS03", "NARR", "AG01"}
"""What processors make of a 05 in ISO 20022: beside it, no evidence of its own."""
BIC8 = 8
"""Characters of a BIC without the branch."""


def concluder(around: Surroundings) -> Concluder:
    """Return what concludes from payments, of whatever kind of device: those attempted, and those asked for."""
    return Concluder({
        "callahead.payment.attempt.v1": Payments(around).attempt,
        "callahead.payment.request.v1": asked,
        "callahead.payment.capture.v1": captured,
    })  # fmt: skip


class Payments:
    """Concludes from attempts to pay, over all customers of a processor and of a bank."""

    def __init__(self, around: Surroundings) -> None:
        self._twins = around.twins
        self._records = around.records
        self._explained_to = around.explained
        self._outages, self._refusals, self._waiting = Outages(), Refusals(), Waiting()
        self._took_up = False

    @cached_property
    def _model(self) -> Model:
        return model(KNOWLEDGE)

    @cached_property
    def _of_others(self) -> dict[str, tuple[str, ...]]:
        known = self._model.known.conditions.items()
        return {
            role: tuple(name for name, one in known if readings.issuperset(_signals(one)))
            for role, readings in OF_OTHERS.items()
        }

    @cached_property
    def _hopeless(self) -> frozenset[str]:
        return frozenset(name for name, part in self._model.known.parts.items() if part.hopeless)

    def attempt(
        self, event: PaymentAttemptEvent, record: DeviceRecord, twin: Twin, told: Readings, now: float
    ) -> Iterable[Conclusion]:
        """Take one attempt. One that is pending has neither failed nor succeeded and changes nothing."""
        del told
        attempt, at = event.data, event.time.timestamp()
        subject = f"payment/{attempt.end_to_end_id}"
        if attempt.status == "PDNG":
            return
        self._take_up()
        waited = self._watch(attempt, record.device, now)
        yield from _lapse(event, twin, at)
        yield from self._attempted(event, record, twin, subject, now)
        for one in waited:
            yield from self._over(one, event)

    def _take_up(self) -> None:
        """Know again, once, who was told to wait before a restart. A twin that is not at hand is left to its next attempt."""
        if self._took_up:
            return
        self._took_up = True
        for device in list(self._twins):
            twin, record = self._twins.at_hand(device), self._records(device)
            if twin is not None and record is not None and PaymentMemory.NAME in twin.memories:
                for kept in twin.memory(PaymentMemory).waits.values():
                    self._waiting.wait(kept.place, _kept(record, kept))

    def _attempted(
        self, event: PaymentAttemptEvent, record: DeviceRecord, twin: Twin, subject: str, now: float
    ) -> Iterator[Conclusion]:
        """Take an attempt that went through, or was refused."""
        attempt, at = event.data, event.time.timestamp()
        memory = twin.memory(PaymentMemory)
        if attempt.status == "ACSC":
            if attempt.end_to_end_id in memory.failures:
                self._diagnosed(event, record, twin, now)
            self._waiting.drop(record.device, attempt.end_to_end_id)
            _forget(memory, attempt.end_to_end_id)
            _remember(memory, attempt.end_to_end_id)
            yield from over(event, twin, subject, at)
            return
        before = memory.failures.pop(attempt.end_to_end_id, 0)
        memory.failures[attempt.end_to_end_id] = before + 1  # the one refused last stands last
        for word in _told(attempt):
            memory.told[f"{attempt.end_to_end_id}:{word}"] = ToldSign(confirmed=True, first_at=at, last_at=at)
        yield from self._assess(event, record, twin, subject, now)
        while len(memory.failures) > REFUSED_KEPT:
            yield from _give_up(event, twin, next(iter(memory.failures)), at)

    def _watch(self, attempt: PaymentAttempt, device: str, now: float) -> list[RefusedAttempt]:
        """Note for everybody how this attempt went, and return who waited until it works again, where it does."""
        kind, over = _kind(attempt) if attempt.status == "RJCT" else None, []
        for place in _places(attempt).values():
            self._outages.tried(place, device, now, kind, attempt.debtor_agent)
            if kind in {None, SYSTEMS}:  # of a trouble of one's own no place says anything
                over += self._waiting.tried(place, went_through=kind is None)
        return over

    def _over(self, waited: RefusedAttempt, news: PaymentAttemptEvent) -> Iterator[Finding]:
        """Tell somebody who waited that it works again: by others' payments, and not by the clock."""
        device, payment = waited.name
        twin, record = self._twins.at_hand(device), self._records(device)
        if twin is None or record is None or record.customer != waited.customer:
            return
        memory, episode = twin.memory(PaymentMemory), twin.episodes.open.get(f"payment/{payment}")
        memory.waits.pop(payment, None)
        if payment not in memory.failures or episode is None:
            return
        memory.again.append(payment)
        at = news.time.timestamp()
        found = self._diagnosed(waited.event, record, twin, at)
        told = finding(waited.event, record, episode, Domain.PAYMENT, found, None, record.paired_phone or record.device)
        part = self._model.known.parts[episode.part]
        yield replace(
            told, key=f"{news.key}/over/{waited.event.key}", part=episode.part, name=part.name, advice=WORKS_AGAIN,
            remedy=replace(part.remedy, help=Help.NOTICE), observed_at=max(told.observed_at, at),
        )  # fmt: skip

    def _assess(
        self, event: PaymentAttemptEvent, record: DeviceRecord, twin: Twin, subject: str, now: float
    ) -> Iterator[Conclusion]:
        found, places = self._diagnosed(event, record, twin, now), _places(event.data)
        kind = _kind(event.data)
        mine = RefusedAttempt(record.device, record.customer, event, kind, tuple(places.values()), now, _outage(found))
        told = self._to_tell(mine, record, twin, subject, found)
        if told is not None:
            yield told
        news = {place: self._news(found, role, place, kind, now) for role, place in places.items()}
        self._refusals.drop(*mine.name)
        yield from self._think_over(mine, {place: since for place, since in news.items() if since is not None}, now)
        if not _is_plain(found):
            self._refusals.wait(mine)

    def _to_tell(
        self, mine: RefusedAttempt, record: DeviceRecord, twin: Twin, subject: str, found: Diagnosed
    ) -> Finding | None:
        """Return what dispatch has to hear of a refused payment; ``None``: nothing, or nothing new."""
        event = mine.event
        if twin.memory(PaymentMemory).failures[event.data.end_to_end_id] < ATTEMPTS and not self._is_hopeless(found):
            return None
        judgement = found.judgement(twin.episodes.open.get(subject))
        episode = twin.episodes.tell(subject, event.key, event.time.timestamp(), judgement, fresh=False)
        again = event.data.end_to_end_id in twin.memory(PaymentMemory).again
        sure = found.decision.part in OUTAGES and not again and _outage(found) >= SURE_OF_OUTAGE
        if episode is None and (again or self._turns(mine, found, sure=sure)):
            episode = twin.episodes.open.get(subject)
        if episode is None:
            return None
        episode.part = found.decision.part
        shows = record.paired_phone or record.device
        told = finding(event, record, episode, Domain.PAYMENT, found, None, shows)
        memory, payment = twin.memory(PaymentMemory), event.data.end_to_end_id
        if not sure:  # that there is nothing to be done has to be true
            self._waiting.drop(*mine.name)
            memory.waits.pop(payment, None)
            talks = Help.TALK if told.remedy.help is Help.WAIT else told.remedy.help
            may_pass = talks is Help.TALK and not again and _passes(found) >= LIKELY_PASSES
            return replace(told, remedy=replace(told.remedy, help=talks), may_pass=may_pass)
        place = self._down(mine, told.part)
        self._waiting.wait(place, mine)
        memory.waits[payment] = KeptWait(place, _without_payee(event), mine.kind, mine.at)
        return told

    def _turns(self, mine: RefusedAttempt, found: Diagnosed, *, sure: bool) -> bool:
        """Is the customer to hear otherwise though it is the same part: to wait for it, or that it is doubtful after all?"""
        waits = self._waiting.has(*mine.name)
        return not waits if sure else waits and _outage(found) < LIKELY_PASSES

    def _down(self, mine: RefusedAttempt, part: str) -> str:
        """Return which of the places of a payment is down."""
        places = _places(mine.event.data)
        if part == "processor_outage" or len(places) == 1:
            return places[PROCESSOR]
        banks = [place for role, place in places.items() if role != PROCESSOR]
        return max(banks, key=lambda place: self._outages.failing(place, mine.device, mine.at, mine.kind))

    def _news(self, found: Diagnosed, role: str, place: str, kind: str, now: float) -> float | None:
        """Note how the others fare at one place of a refused payment; see ``Refusals.news``.

        Each who fails alike sees all the others of them and not himself: the one who failed last sees as many as any who waits.
        """
        answers = found.ranking.answers
        state: State = tuple(name for name in self._of_others[role] if answers[name])
        return self._refusals.news(place, kind, state, now)

    def _think_over(self, news: RefusedAttempt, places: Mapping[str, float], now: float) -> Iterator[Finding]:
        """Diagnose again what failed alike at places where the others fare otherwise by now, and say where that is news.

        That others fail makes an outage likelier, never less likely: one that has passed meanwhile was none the less. A twin
        that is not at hand, as in a fleet of more than are kept, is left to its customer's next attempt.
        """
        for one in self._refusals.since(places, news.kind):
            device, payment = one.name
            twin, record = self._twins.at_hand(device), self._records(device)
            if twin is None or record is None or record.customer != one.customer:
                continue
            if payment not in twin.memory(PaymentMemory).failures:
                continue
            found = self._diagnosed(one.event, record, twin, now)
            if _outage(found) < one.outage:
                continue
            one.outage = _outage(found)
            told = self._to_tell(one, record, twin, f"payment/{payment}", found)
            if told is not None:
                observed_at = max(told.observed_at, news.event.time.timestamp())
                yield replace(told, key=f"{news.event.key}/{one.event.key}", observed_at=observed_at)
            if _is_plain(found):
                self._refusals.drop(device, payment)

    def _is_hopeless(self, found: Diagnosed) -> bool:
        """Tell whether trying again cannot help: number or card are wrong, an outage is going on, or it is all but sure."""
        answers, likely = found.ranking.answers, found.ranking.posterior
        hopeless = sum(share for share, name in likely if name in self._hopeless)
        wrong = answers["iban_wrong"] or answers["expired"]
        return bool(wrong) or _outage(found) >= SURE_OF_OUTAGE or hopeless >= SURE_OF_HOPELESS

    def _diagnosed(self, event: PaymentAttemptEvent, record: DeviceRecord, twin: Twin, now: float) -> Diagnosed:
        """Diagnose from all that was told of this payment so far."""
        at, payment = event.time.timestamp(), event.data.end_to_end_id
        memory = twin.memory(PaymentMemory)
        told = {name.partition(":")[2]: True for name in memory.told if name.startswith(f"{payment}:")}
        readings = {
            **_of_attempt(event.data, at),
            **self._others(_places(event.data), _kind(event.data), record.device, now),
            **_of_history(event.data, memory),
        }
        found = diagnosed(self._model, Evidence(told, Seen(readings, {}, at), MATURITY, device=twin.device))
        self._explained_to(twin.device, f"payment/{payment}", found)
        return found

    def _others(self, places: Mapping[str, str], kind: str, device: str, now: float) -> Readings:
        """Who else fails alike at the same processor and the same banks."""
        seen = self._outages
        failing = {role: seen.failing(place, device, now, kind) for role, place in places.items()}
        readings: Readings = {f"payment.others_at_{role}": others for role, others in failing.items()}
        if PROCESSOR in places:
            share, banks = seen.share(places[PROCESSOR], device, kind), seen.banks(places[PROCESSOR], kind)
            if share is not None:
                readings["payment.share_at_processor"] = share
            if banks is not None and failing[PROCESSOR] > 1:
                readings["payment.other_banks"] = banks
        return readings


def _outage(found: Diagnosed) -> float:
    """Return P(an outage)."""
    return sum(share for share, name in found.ranking.posterior if name in OUTAGES)


def _passes(found: Diagnosed) -> float:
    """Return P(it passes without anything the customer could do)."""
    return sum(share for share, name in found.ranking.posterior if name in PASSES)


def _is_plain(found: Diagnosed) -> bool:
    """Tell whether it is so sure which outage it is that it need not be thought over again."""
    return found.decision.part in OUTAGES and found.decision.probability >= PLAIN


def _places(attempt: PaymentAttempt) -> dict[str, str]:
    """Return where a payment passes, as far as that is told: what the place is to it → the place."""
    payee = attempt.creditor_account
    names = {
        PROCESSOR: attempt.processor,
        "bank": attempt.debtor_agent,
        "payee_bank": bank_of(payee) if payee else None,
    }
    return {role: f"{role}/{name}" for role, name in names.items() if name is not None}


def _signals(condition: Condition) -> set[str]:
    return {name for check in condition.checks for name in check.names}


def _kind(attempt: PaymentAttempt) -> str:
    """Return how an attempt failed: a reason that speaks of the customer is a kind of its own."""
    if attempt.processor_response is not None:
        return SYSTEMS if attempt.processor_response in SYSTEM_RESPONSES else attempt.processor_response
    reason = attempt.reason or NO_REASON
    return SYSTEMS if reason in SYSTEM_REASONS else reason


def _told(attempt: PaymentAttempt) -> Iterator[str]:
    """Yield what the refusal says. The reason of one by card is a translation, which need not add to the answer."""
    response, reason = attempt.processor_response, attempt.reason
    if response is not None:
        yield f"{RESPONSE}:{response}"
    if reason is None and response is None:
        yield NO_REASON
    elif reason is not None and not (response == NOT_HONOURED and reason in SAYS_NO_MORE):
        yield reason


def _of_attempt(attempt: PaymentAttempt, at: float) -> Readings:
    """Return what this attempt tells beside its reason."""
    moment = datetime.fromtimestamp(at, UTC)
    known: dict[str, float | str | bool | None] = {
        "payment.iban_holds": attempt.creditor_account_holds,
        "payment.instrument": _instrument(attempt),
        "payment.method": attempt.method,
        "payment.authentication": attempt.three_d_secure,
        "payment.verification": attempt.payee_verification,
        "payment.rejected_by": _rejected_by(attempt),
        "payment.foreign": _is_foreign(attempt),
        "payment.amount": float(attempt.amount) if attempt.currency in OF_A_EUROS_SIZE else None,
        "payment.hour": moment.hour + moment.minute / 60,
        "payment.expired": _is_expired(attempt, moment),
    }
    return {name: value for name, value in known.items() if value is not None}


def _of_history(attempt: PaymentAttempt, memory: PaymentMemory) -> Readings:
    """Return what became of earlier attempts at the same payment."""
    payment = attempt.end_to_end_id
    readings: Readings = {}
    if memory.failures[payment] > 1:  # at the first failure nobody knows whether the next try fails too
        readings["payment.failures"] = memory.failures[payment]
    if attempt.status == "ACSC":
        readings["payment.settled"] = True
    else:
        readings["payment.settled_before"] = payment in memory.settled
    return readings


def _instrument(attempt: PaymentAttempt) -> str | None:
    """Return what was paid with: as told, or as what else is told can be of one only."""
    if attempt.instrument is not None:
        return attempt.instrument
    if attempt.processor_response or attempt.instrument_expires or attempt.three_d_secure:
        return "card"
    return "account" if attempt.method or attempt.payee_verification else None


def _is_expired(attempt: PaymentAttempt, moment: datetime) -> bool | None:
    return None if attempt.instrument_expires is None else attempt.instrument_expires < moment.strftime("%Y-%m")


def _rejected_by(attempt: PaymentAttempt) -> str | None:
    """Return whether the payer's bank refused, or another; ``None`` where one of the two is not told."""
    if attempt.rejected_by is None or attempt.debtor_agent is None:
        return None
    return "payer" if attempt.rejected_by[:BIC8] == attempt.debtor_agent[:BIC8] else "other"


def _is_foreign(attempt: PaymentAttempt) -> bool | None:
    """Tell whether a customer of a bank in the euro area pays in another currency; ``None`` where the bank is not told."""
    if attempt.debtor_agent is None or attempt.debtor_agent[4:6] not in EURO_COUNTRIES:
        return None
    return attempt.currency != "EUR"


def _lapse(event: PaymentAttemptEvent, twin: Twin, at: float) -> Iterator[Recovery]:
    """End what was refused so long ago that it is over."""
    memory = twin.memory(PaymentMemory)
    while memory.failures:
        payment = next(iter(memory.failures))
        last_at = max((one.last_at for name, one in memory.told.items() if name.startswith(f"{payment}:")), default=at)
        if payment == event.data.end_to_end_id or at - last_at <= REFUSED_LASTS_S:
            return
        yield from _give_up(event, twin, payment, at)


def _give_up(event: PaymentAttemptEvent, twin: Twin, payment: str, at: float) -> Iterator[Recovery]:
    """Forget a payment that is still refused, and have dispatch know where it was told of it."""
    _forget(twin.memory(PaymentMemory), payment)
    yield from over(event, twin, f"payment/{payment}", at)


def _without_payee(event: PaymentAttemptEvent) -> dict[str, Any]:
    """Return an attempt as it is kept: whom it was to reach is nobody's business for so long."""
    read = (
        event if hasattr(event, "model_dump") else PaymentAttemptEvent.model_validate_json(msgspec.json.encode(event))
    )
    return read.model_dump(mode="json", exclude={"data": {"creditor_account"}}, exclude_none=True)


def _kept(record: DeviceRecord, kept: KeptWait) -> RefusedAttempt:
    event = PaymentAttemptEvent.model_validate_json(msgspec.json.encode(kept.event))
    return RefusedAttempt(
        record.device, record.customer, event, kept.kind, tuple(_places(event.data).values()), kept.at
    )


def _forget(memory: PaymentMemory, payment: str) -> None:
    memory.failures.pop(payment, None)
    memory.waits.pop(payment, None)
    if payment in memory.again:
        memory.again.remove(payment)
    for name in [name for name in memory.told if name.startswith(f"{payment}:")]:
        del memory.told[name]


def _remember(memory: PaymentMemory, payment: str) -> None:
    if payment not in memory.settled:
        memory.settled = [*memory.settled[1 - SETTLED_KEPT :], payment]
