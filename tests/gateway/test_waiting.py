"""Customers who wait until an outage is over are told when it is, by payments that go through again; nobody too soon."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.finding import Finding, Help, Recovery
from gateway.payments.conclude import WORKS_AGAIN
from gateway.payments.messages import PaymentAttemptEvent
from gateway.payments.refused import RefusedAttempt
from gateway.payments.waiting import FAILURE, SUCCESS, SURE, Waiting
from tests.gateway.test_payments import NOW, Till


def outage(till: Till) -> None:
    """Eight customers fail at one processor."""
    for number in range(1, 9):
        till.pay(customer=number, at=NOW + number, reason="AB09", debtor_agent="WISLPLPW" if number % 2 else "DZINLV2X")


def found(conclusions: tuple[object, ...]) -> list[Finding]:
    """Return the findings."""
    return [one for one in conclusions if isinstance(one, Finding)]


def test_who_fails_in_an_outage_is_to_wait_and_hears_when_it_is_over() -> None:
    """Three payments that go through say so, not one; each who waited hears it once."""
    till = Till()
    outage(till)
    (last,) = found(till.pay(customer=9, at=NOW + 20, reason="AB09"))
    assert (last.part, last.remedy.help) == ("processor_outage", Help.WAIT)
    assert not found(till.pay(customer=10, at=NOW + 60, status="ACSC"))
    assert not found(till.pay(customer=11, at=NOW + 61, status="ACSC"))
    over = found(till.pay(customer=12, at=NOW + 62, status="ACSC"))
    assert {one.remedy.help for one in over} == {Help.NOTICE}
    assert {one.advice for one in over} == {WORKS_AGAIN}
    assert last.episode in {one.episode for one in over}
    assert len({one.key for one in over}) == len(over)
    assert not found(till.pay(customer=13, at=NOW + 63, status="ACSC"))


def test_who_pays_again_recovers_and_who_fails_again_is_to_be_spoken_to() -> None:
    """Though the words of the refusal are those of the outage: it works, and this fails all the same."""
    till = Till()
    outage(till)
    till.pay(customer=9, at=NOW + 20, reason="AB09")
    till.pay(customer=14, at=NOW + 21, reason="AB09")
    for number in (10, 11, 12):
        till.pay(customer=number, at=NOW + 60, status="ACSC")
    assert any(isinstance(one, Recovery) for one in till.pay(customer=9, at=NOW + 90, status="ACSC"))
    (again,) = found(till.pay(customer=14, at=NOW + 91, reason="AB09"))
    assert again.remedy.help is Help.TALK


def test_what_may_be_no_outage_is_no_reason_to_wait() -> None:
    """That there is nothing to be done has to be true: one who fails alone is not told so."""
    till = Till()
    told = [one for _ in range(3) for one in found(till.pay(reason="AB09"))]
    assert told
    assert all(one.remedy.help is not Help.WAIT for one in told)


@given(went=st.lists(st.booleans(), max_size=40))
def test_it_is_over_when_a_sequential_test_says_so(went: list[bool]) -> None:
    """Reckoned from each beginning anew: a hundred to one that it works, and never before."""
    waiting = Waiting()
    one = RefusedAttempt("v/d", "c", _event(), "systems", ("processor/p",), NOW)
    waiting.wait("processor/p", one)
    for number, through in enumerate(went):
        told = waiting.tried("processor/p", went_through=through)
        sums = [sum(SUCCESS if it else FAILURE for it in went[begin : number + 1]) for begin in range(number + 1)]
        assert bool(told) is (max(sums) >= SURE)
        if told:
            assert told == [one]
            assert waiting.tried("processor/p", went_through=True) == []
            return


def _event() -> PaymentAttemptEvent:
    data = {"end_to_end_id": "bill", "status": "RJCT", "amount": "4.00", "currency": "EUR", "processor": "p"}
    told = {"specversion": "1.0", "source": "/v/d", "id": "1-1", "time": "2026-01-12T06:40:00Z", "data": data}
    return PaymentAttemptEvent.model_validate({**told, "type": "callahead.payment.attempt.v1"})
