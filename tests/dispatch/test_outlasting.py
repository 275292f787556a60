"""What only has to be waited for: told by message, rung about only where it lasts, or fails once it is over."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dispatch.core.actions import Action, CloseCase, QueueCall, SendNotice, WithdrawCall
from dispatch.core.conversation.channels import Answer, Channel
from dispatch.core.conversation.events import CustomerAnswered
from dispatch.core.desk import Desk
from dispatch.core.events import CallEnded, CustomerPhoned, DeviceRecovered, Event, FaultFound, Outcome
from dispatch.core.policy import Policy
from dispatch.ledger.fold import Fold
from dispatch.ledger.rows import Pen, Row
from dispatch.views.snapshot import desk_written, standing_read
from dispatch.words import say
from gateway.finding import Domain, Drive, Finding, Help, Recovery, Remedy, Severity
from tests.dispatch.conftest import FLAT_BATTERY, START

EPISODE = "volta/phone-1/1-7"
REMEDY = Remedy(Help.WAIT, "payments", 0.0, 0.0, "none")
DOWN = replace(
    FLAT_BATTERY, key=EPISODE, episode=EPISODE, device="volta/phone-1", domain=Domain.PAYMENT, part="processor_outage",
    name="payment processor outage", severity=Severity.HIGH, drive=Drive.NOT_A_CAR, remedy=REMEDY, place=None, near="",
    advice=say("payment_processor_outage", "en"), kind="",
)  # fmt: skip
OVER = replace(
    DOWN, key="volta/phone-2/1-9/over/volta/phone-1/1-7", remedy=replace(REMEDY, help=Help.NOTICE),
    advice=say("payment_urgent_works_again", "en"),
)  # fmt: skip
TALK = replace(DOWN, key="volta/phone-1/1-8", remedy=replace(REMEDY, help=Help.TALK))


class House:
    """A desk and its ledger."""

    def __init__(self, policy: Policy | None = None) -> None:
        self.policy = policy or Policy()
        self.desk, self.pen, self.now, self.rows = Desk(self.policy), Pen(), START, list[Row]()

    def tell(self, event: Event, after_s: float = 60.0) -> list[Action]:
        """Tell it something."""
        self.now += after_s
        woken = self.wait(0.0)
        self.rows.append(self.pen.write(event, self.now))
        return woken + self._note(self.desk.handle(event, self.now))

    def found(self, finding: Finding, after_s: float = 60.0, *, may_message: bool = True) -> list[Action]:
        """Something is found."""
        return self.tell(FaultFound(finding, "en", may_call=True, may_order=True, may_message=may_message), after_s)

    def paid(self) -> list[Action]:
        """They have paid."""
        return self.tell(DeviceRecovered(Recovery("volta/phone-1/1-9/payment/b", EPISODE, DOWN.device, self.now)))

    def wait(self, seconds: float) -> list[Action]:
        """Let time pass."""
        self.now += seconds
        return self._note(self.desk.wake(self.now))

    def _note(self, decided: list[tuple[float, Action]]) -> list[Action]:
        self.rows += [self.pen.write(action, at) for at, action in decided]
        return [action for _, action in decided]

    def is_folded_and_taken_up(self) -> None:
        """The rows, folded, and the desk, written down, come to the same."""
        fold = Fold(self.policy, 6)
        for row in self.rows:
            fold.feed(row)
        stands, folded = self.desk.standing(), fold.standing()
        for mine, theirs in zip(stands.cases, folded.cases, strict=True):
            told = ("finding", "again", "waits", "too_long", "informed", "recovered")
            assert [getattr(mine, name) for name in told] == [getattr(theirs, name) for name in told]
        mine_, theirs_ = (
            sorted((one.due, one.case, one.attempt) for one in all_ if one.about == "waits" and one.due > self.now)
            for all_ in (stands.alarms, folded.alarms)
        )
        assert set(theirs_) <= set(mine_)
        again = Desk(self.policy)
        again.stand(standing_read(desk_written(self.desk)))
        assert again.standing() == stands


def of(kind: type, decided: list[Action]) -> list[Any]:
    """Return what was decided of a kind."""
    return [one for one in decided if isinstance(one, kind)]


def test_who_waits_is_written_to_and_nobody_rings() -> None:
    """The case stays open; when it is over they hear so, and it closes when they have paid."""
    house = House()
    decided = house.found(DOWN)
    (notice,) = of(SendNotice, decided)
    assert notice.text == f"{say('payment_processor_outage', 'en')} {say('notice_wait', 'en')}"
    assert not of(QueueCall, decided) + of(CloseCase, decided)
    (notice,) = of(SendNotice, decided := house.found(OVER))
    assert notice.text == say("payment_urgent_works_again", "en")
    assert not of(QueueCall, decided) + of(CloseCase, decided)
    house.is_folded_and_taken_up()
    (closed,) = of(CloseCase, house.paid())
    assert closed.reason == "recovered"
    assert not house.wait(3 * 86_400.0)


def test_who_pays_by_himself_meanwhile_is_told_nothing_more() -> None:
    """It is over for them."""
    house = House()
    house.found(DOWN)
    assert [type(one) for one in house.paid()] == [CloseCase]
    assert not house.wait(86_400.0)


@pytest.mark.parametrize("again", [TALK, replace(DOWN, key=TALK.key)])
def test_who_fails_once_it_is_over_is_rung(again: Finding) -> None:
    """Whatever the refusal says."""
    house = House()
    house.found(DOWN)
    house.found(OVER)
    assert of(QueueCall, house.found(again))
    house.is_folded_and_taken_up()


def test_what_turns_out_to_be_no_outage_is_rung_about() -> None:
    """They were told to do nothing, and that is not true any more."""
    house = House()
    house.found(DOWN)
    assert of(QueueCall, house.found(TALK))
    house.is_folded_and_taken_up()


def test_who_was_to_be_rung_is_not_once_it_shows_as_an_outage() -> None:
    """Who failed before it showed is looked at again: the call is taken back, and a message says why."""
    house = House()
    assert of(QueueCall, house.found(replace(TALK, part="technical", name="technical failure")))
    decided = house.found(replace(DOWN, key=TALK.key))
    assert [one.reason for one in of(WithdrawCall, decided)] == ["waits"]
    assert say("notice_wait", "en") in of(SendNotice, decided)[0].text
    assert not of(QueueCall, decided)
    house.is_folded_and_taken_up()


def test_nobody_waits_for_ever() -> None:
    """After four hours they are rung; who hears that it is over and does not try again has a day, and no call."""
    house = House()
    house.found(DOWN)
    assert not house.wait(3.9 * 3_600.0)
    house.is_folded_and_taken_up()
    assert of(QueueCall, house.wait(900.0))
    house.is_folded_and_taken_up()
    other = House()
    other.found(DOWN)
    other.found(OVER)
    assert [(type(one), getattr(one, "reason", "")) for one in other.wait(90_000.0)] == [(CloseCase, "informed")]


def test_who_cannot_be_written_to_is_not_rung_either_before_it_lasts() -> None:
    """They would pay again by themselves."""
    house = House()
    assert not of(QueueCall, house.found(DOWN, may_message=False)) + of(
        SendNotice, house.found(DOWN, may_message=False)
    )
    assert of(CloseCase, house.paid())


def test_a_house_may_ring_all_of_them() -> None:
    """As it did before."""
    house = House(Policy(outages_by_message=False))
    decided = house.found(DOWN)
    assert of(QueueCall, decided)
    house.is_folded_and_taken_up()


MAY = replace(TALK, part="technical", name="technical failure", may_pass=True)
OWN = replace(TALK, key="volta/phone-1/1-9", part="account_closed", name="closed account")


def test_what_may_pass_is_told_and_not_rung_about_before_it_had_its_time() -> None:
    """They are told that we look again; paid by then, nothing more is said."""
    house = House()
    decided = house.found(MAY)
    (notice,) = of(SendNotice, decided)
    assert notice.text.endswith(say("notice_may_pass", "en"))
    assert notice.beside_call
    assert not of(QueueCall, decided)
    house.is_folded_and_taken_up()
    assert [type(one) for one in house.paid()] == [CloseCase]
    assert not house.wait(86_400.0)


def test_what_may_pass_and_turns_out_to_be_their_own_is_rung_about_at_once() -> None:
    """Nothing is waited for any more."""
    house = House()
    house.found(MAY)
    assert of(QueueCall, house.found(OWN))
    house.is_folded_and_taken_up()
    assert not of(QueueCall, house.wait(600.0))


def test_what_may_pass_is_told_once_however_often_it_is_thought_over() -> None:
    """Another part, as likely to pass: the time goes on, and nothing is written twice."""
    house = House()
    house.found(MAY)
    assert not of(SendNotice, house.found(replace(MAY, key="volta/phone-1/1-9", part="bank_outage"), 200.0))
    assert of(QueueCall, house.wait(100.0))
    house.is_folded_and_taken_up()


def test_who_phones_meanwhile_and_hangs_up_is_rung_back() -> None:
    """They turned to us: nobody is left with a clock that has run out while they held the line."""
    house = House()
    house.found(MAY)
    house.tell(CustomerPhoned("in/1", DOWN.customer, "en", "simulated"))
    house.wait(600.0)
    decided = house.tell(CallEnded("in/1", 1, Outcome.ABANDONED))
    assert [one.direction for one in of(QueueCall, decided)] == ["outbound"]


def test_who_may_not_be_rung_is_shown_what_is_known_and_the_case_is_closed() -> None:
    """There is no call to hold back."""
    house = House()
    decided = house.tell(FaultFound(MAY, "en", may_call=False, may_order=True))
    assert [one.reason for one in of(CloseCase, decided)] == ["informed"]
    assert say("notice_may_pass", "en") not in of(SendNotice, decided)[0].text


def test_a_house_that_rings_all_of_them_rings_those_too() -> None:
    """At once, as before."""
    house = House(Policy(outages_by_message=False))
    assert of(QueueCall, house.found(MAY))
    house.is_folded_and_taken_up()


def test_who_is_content_with_what_the_machine_says_keeps_the_case_open() -> None:
    """They need no call; it is not over, and they hear when it is."""
    house = House()
    house.found(DOWN)
    (offer,) = house.desk.offers(DOWN.customer, house.now)
    assert say("notice_wait", "en") in offer.text
    said = CustomerAnswered("ivr/1", DOWN.customer, offer.case, Channel.IVR, Answer.NEEDS_NO_CALL, "simulated")
    assert not of(CloseCase, house.tell(said))
    assert of(SendNotice, house.found(OVER))
    house.is_folded_and_taken_up()
