"""Payments: why one fails, and whether it is this customer's problem, their bank's, or everybody's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from gateway.conclude.readings import Readings
from gateway.conclude.report import Explained, diagnosed, finding, over
from gateway.contract.messages import PaymentAttempt, PaymentAttemptEvent
from gateway.diagnosis.bayes import Evidence, model
from gateway.diagnosis.conditions import Seen
from gateway.finding import Conclusion, Domain
from gateway.outage import Outages
from gateway.registry import DeviceRecord
from gateway.twin import Told, Twin

ATTEMPTS = 2
"""So many rejected attempts at one payment are a finding; the first failure alone is everyday life."""
NO_REASON = "MS03"
"""What a rejection without a reason is read as: the bank gave none."""


class Payments:
    """Concludes from attempts to pay, over all customers of a processor and of a bank."""

    def __init__(self, explained: Explained) -> None:
        self._explained_to = explained
        self._model = model("payment")
        self._processors, self._banks = Outages(), Outages()

    def attempt(self, event: PaymentAttemptEvent, record: DeviceRecord, twin: Twin, now: float) -> Iterable[Conclusion]:
        """Take one attempt."""
        attempt, at = event.data, event.time.timestamp()
        subject = f"payment/{attempt.end_to_end_id}"
        rejected = attempt.status == "RJCT"
        self._processors.tried(attempt.processor, record.device, now, failed=rejected)
        if attempt.debtor_agent is not None:
            self._banks.tried(attempt.debtor_agent, record.device, now, failed=rejected)
        if not rejected:
            _forget(twin, attempt.end_to_end_id)
            if attempt.status == "ACSC":
                yield from over(event, twin, subject, at)
            return
        twin.failures[attempt.end_to_end_id] = twin.failures.get(attempt.end_to_end_id, 0) + 1
        reason = f"{attempt.end_to_end_id}:{attempt.reason or NO_REASON}"
        twin.told[reason] = Told(confirmed=True, first_at=at, last_at=at)
        yield from self._assess(event, record, twin, subject, now)

    def _assess(
        self, event: PaymentAttemptEvent, record: DeviceRecord, twin: Twin, subject: str, now: float
    ) -> Iterator[Conclusion]:
        at, payment = event.time.timestamp(), event.data.end_to_end_id
        told = {name.partition(":")[2]: True for name in twin.told if name.startswith(f"{payment}:")}
        found = diagnosed(self._model, Evidence(told, Seen(self._readings(event.data, record, twin, at, now), {}, at)))
        self._explained_to(twin.device, subject, found)
        if twin.failures[payment] < ATTEMPTS:
            return
        judgement = found.judgement(twin.episodes.open.get(subject))
        episode = twin.episodes.tell(subject, event.key, at, judgement, fresh=False)
        if episode is not None:
            yield finding(event, record, episode, Domain.PAYMENT, found, None, record.device)

    def _readings(self, attempt: PaymentAttempt, record: DeviceRecord, twin: Twin, at: float, now: float) -> Readings:
        readings: Readings = {
            "payment.failures": twin.failures[attempt.end_to_end_id],
            "payment.others_at_processor": self._processors.others(attempt.processor, record.device, now),
        }
        if attempt.debtor_agent is not None:
            readings["payment.others_at_bank"] = self._banks.others(attempt.debtor_agent, record.device, now)
        if attempt.creditor_account_holds is not None:
            readings["payment.iban_holds"] = attempt.creditor_account_holds
        if attempt.instrument is not None:
            readings["payment.instrument"] = attempt.instrument
        if attempt.instrument_expires is not None:
            readings["payment.expired"] = attempt.instrument_expires < _month(at)
        return readings


def _month(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m")


def _forget(twin: Twin, payment: str) -> None:
    twin.failures.pop(payment, None)
    for name in [name for name in twin.told if name.startswith(f"{payment}:")]:
        del twin.told[name]
