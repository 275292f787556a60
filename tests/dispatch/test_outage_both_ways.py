"""An outage followed both ways, from refusals to what customers hear: who failed before it showed, who was told wrongly."""

from __future__ import annotations

import pytest

from dispatch.core.actions import Action, CloseCase, QueueCall, SendNotice, SendTow, WithdrawCall
from dispatch.core.events import DeviceRecovered, FaultFound
from dispatch.core.policy import Policy
from dispatch.words import say
from gateway.devices.twin_text import read_twin, write_twin
from gateway.finding import Finding, Help, Recovery
from gateway.intake.intake import Intake
from tests.dispatch.test_outlasting import House, of
from tests.gateway.test_payments import NOW, Till

WAIT, MAY_PASS, OVER = say("notice_wait", "en"), say("notice_may_pass", "en"), say("payment_urgent_works_again", "en")
ME = "volta/phone-1"


class Bank:
    """Customers who pay, what the gateway makes of it, and what the house does about it."""

    def __init__(self) -> None:
        self.till, self.house, self.at = Till(), House(Policy()), 0.0
        self.found: list[Finding] = []
        self.decided: list[Action] = []

    def pay(self, customer: int, **told: str) -> None:
        """Somebody pays, ten seconds later."""
        self.at += 10.0
        for one in self.till.pay(customer=customer, at=NOW + self.at, **told):
            if isinstance(one, Finding):
                self.found.append(one)
                self.decided += self.house.tell(FaultFound(one, "en", may_call=True, may_order=True), 10.0)
            elif isinstance(one, Recovery):
                self.decided += self.house.tell(DeviceRecovered(one), 10.0)

    def wait(self, seconds: float) -> None:
        """Nothing happens."""
        self.at += seconds
        self.decided += self.house.wait(seconds)

    def notices(self) -> list[str]:
        """Return what the first customer was shown."""
        return [one.text for one in of(SendNotice, self.decided) if one.case.startswith(ME)]

    def told(self) -> list[tuple[str, Help]]:
        """Return what was found of the first customer."""
        return [(one.part, one.remedy.help) for one in self.found if one.device == ME]

    def calls(self) -> list[QueueCall]:
        """Return our calls to the first customer."""
        return [one for one in of(QueueCall, self.decided) if (one.case or "").startswith(ME)]


@pytest.fixture
def bank() -> Bank:
    """Nobody has paid yet."""
    return Bank()


def test_who_failed_before_it_showed_is_looked_at_again_and_rung_by_nobody(bank: Bank) -> None:
    """Told at first that it may pass, then that it is everybody's, then that it is over: no call, no truck; they pay."""
    bank.pay(1, reason="AB09")
    bank.pay(1, reason="AB09")
    assert [help_ for _, help_ in bank.told()] == [Help.TALK]
    (first,) = bank.notices()
    assert first.endswith(MAY_PASS)
    for customer in range(2, 10):
        bank.pay(customer, reason="AB09")
    assert bank.told()[-1] == ("processor_outage", Help.WAIT)
    assert [WAIT in one for one in bank.notices()] == [False, True]
    bank.wait(3 * 3600.0)
    for customer in range(10, 14):
        bank.pay(customer, status="ACSC")
    assert bank.notices()[-1] == OVER
    bank.pay(1, status="ACSC")
    assert [one.reason for one in of(CloseCase, bank.decided) if one.case.startswith(ME)] == ["recovered"]
    assert not of(QueueCall, bank.decided) + of(WithdrawCall, bank.decided) + of(SendTow, bank.decided)
    bank.house.is_folded_and_taken_up()


def test_who_waits_hears_of_the_end_after_a_restart_in_the_middle_of_it(bank: Bank) -> None:
    """What is kept is the twins: by them alone who was told to wait hears that it is over, once; of the payee they have nothing."""
    for customer in range(2, 10):
        bank.pay(customer, reason="AB09")
    bank.pay(1, reason="AB09", creditor_account="LV80BANK0000435195001")
    assert bank.told() == [("processor_outage", Help.WAIT)]
    for _ in range(2):
        texts = [write_twin(twin) for twin in bank.till.intake.twins.values()]
        assert not [one for one in texts if "LV80BANK" in one]
        bank.till.intake = Intake(bank.till.registry, twins=[read_twin(text) for text in texts])
    bank.pay(10, reason="AB09")
    for customer in range(11, 16):
        bank.pay(customer, status="ACSC")
    assert bank.notices()[-1] == OVER
    assert bank.notices().count(OVER) == 1
    bank.till.intake = Intake(
        bank.till.registry, twins=[read_twin(write_twin(one)) for one in bank.till.intake.twins.values()]
    )
    for customer in range(11, 16):
        bank.pay(customer, status="ACSC", payment="next")
    assert bank.notices().count(OVER) == 1
    assert not bank.calls()


def test_what_grows_sure_though_it_is_the_same_part_is_told(bank: Bank) -> None:
    """Likely a bank's outage, and told so little; then surely: they hear that there is nothing to do, once."""
    told = {"reason": "AB11", "debtor_agent": "WISLPLPW"}
    for customer in (10, 11, 12):
        bank.pay(customer, status="ACSC", debtor_agent="DZINLV2X", processor="nordcard")
    bank.pay(1, **told)
    bank.pay(1, **told)
    for customer in range(2, 9):
        bank.pay(customer, **told, processor="nordcard" if customer % 2 else "baltpay")
    parts, helps = zip(*bank.told(), strict=True)
    assert helps.count(Help.WAIT) == 1
    assert (parts[-1], helps[-1]) == ("bank_outage", Help.WAIT)
    assert sum(WAIT in one for one in bank.notices()) == 1
    assert not bank.calls()


def test_an_outage_that_was_none_of_theirs_is_taken_back_and_they_are_rung(bank: Bank) -> None:
    """Told to wait among all the others, then refused for a reason of their own: what was said is true no more."""
    for customer in range(2, 10):
        bank.pay(customer, reason="AB09")
    bank.pay(1, reason="AB09")
    assert bank.told() == [("processor_outage", Help.WAIT)]
    assert not bank.calls()
    bank.pay(1, reason="AC04")
    bank.pay(1, reason="AC04")
    assert bank.told()[-1][1] is Help.TALK
    assert bank.told()[-1][0] not in {"processor_outage", "bank_outage", "technical"}
    assert len(bank.calls()) == 1
    bank.house.is_folded_and_taken_up()


def test_an_outage_of_which_others_know_nothing_is_taken_back(bank: Bank) -> None:
    """All others pay, theirs fails still, with the words of an outage: it is over, they are told so, and rung."""
    for customer in range(2, 10):
        bank.pay(customer, reason="AB09")
    bank.pay(1, reason="AB09")
    for customer in range(2, 10):
        bank.pay(customer, status="ACSC")
    assert bank.notices()[-1] == OVER
    assert not bank.calls()
    bank.pay(1, reason="AB09")
    assert bank.told()[-1][1] is Help.TALK
    assert len(bank.calls()) == 1
    bank.house.is_folded_and_taken_up()


def test_what_does_not_pass_in_time_is_rung_about(bank: Bank) -> None:
    """Nobody else fails: after five minutes they are rung, as they were told; shows an outage then, the call is taken back."""
    bank.pay(1, reason="AB09")
    bank.pay(1, reason="AB09")
    bank.wait(4 * 60.0)
    assert not bank.calls()
    bank.wait(60.0)
    assert len(bank.calls()) == 1
    bank.house.is_folded_and_taken_up()
    for customer in range(2, 10):
        bank.pay(customer, reason="AB09")
    assert [one.reason for one in of(WithdrawCall, bank.decided) if ME in one.call] == ["waits"]
    assert WAIT in bank.notices()[-1]
