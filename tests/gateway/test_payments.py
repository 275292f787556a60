"""Why a payment fails: look-alikes told apart by what an app tells, and one customer's problem from everybody's."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import count
from pathlib import Path
from random import Random

import pytest

from gateway.conclude.report import Diagnosed
from gateway.contract.payments import bank_of
from gateway.devices.registry import DeviceRecord, Registry
from gateway.diagnosis.catalogue import CatalogueError, Part, catalogue, read_catalogue
from gateway.finding import Conclusion, Finding, Recovery
from gateway.intake.intake import Intake, Verdict
from gateway.kinds.registry import knowledges
from gateway.payments.features import KNOWLEDGE

NOW = 1_768_200_000.0
"""2026-01-12, 06:40 UTC."""
CUSTOMERS = 16
ACCOUNT = "LV80BANK0000435195001"
SLIP = "LV80BANK0000435195010"
"""Two digits swapped."""
PAYERS_BANK, OTHER_BANK = "AMBRLV22", "DZINLV2X"


class Till:
    """Customers who pay, the intake that hears of it, and what it thinks."""

    def __init__(self, customers: int = CUSTOMERS) -> None:
        phones = [DeviceRecord(f"volta/phone-{n}", "phone", f"c{n}", "real") for n in range(1, customers + 1)]
        self.diagnosed: list[Diagnosed] = []
        self.registry = Registry(phones)
        self.intake = Intake(self.registry, explained=lambda _device, _subject, found: self.diagnosed.append(found))
        self.verdict = Verdict()
        """On the last attempt."""
        self.told: dict[str, str] = {}
        """Customer's phone → what was found last."""
        self._ids = count(1)

    def pay(
        self, *, customer: int = 1, payment: str = "bill", at: float = NOW, **told: str | None
    ) -> tuple[Conclusion, ...]:
        """One attempt; rejected unless ``told`` says otherwise."""
        plain = {"status": "RJCT", "amount": "40.00", "currency": "EUR", "processor": "baltpay"}
        event = {
            "specversion": "1.0",
            "type": "callahead.payment.attempt.v1",
            "source": f"/volta/phone-{customer}",
            "id": f"1-{next(self._ids)}",
            "time": "2026-01-12T06:40:00Z",
            "data": {**plain, "end_to_end_id": f"{payment}-{customer}", **told},
        }
        self.verdict = self.intake.receive(f"callahead/v1/volta/phone-{customer}/event", json.dumps(event).encode(), at)
        assert self.verdict.refusal is None
        self.told.update({one.device: one.part for one in self.verdict.conclusions if isinstance(one, Finding)})
        return self.verdict.conclusions

    def twice(self, **told: str | None) -> str:
        """Fail twice alike and return what is thought then."""
        self.pay(**told)
        self.pay(**told)
        return self.best

    @property
    def best(self) -> str:
        """The likeliest cause of the last failure."""
        return self.diagnosed[-1].ranking.best


@pytest.fixture
def till() -> Till:
    """Everybody in good order."""
    return Till()


def parts(conclusions: tuple[Conclusion, ...]) -> list[str]:
    """Return what was found."""
    return [one.part for one in conclusions if isinstance(one, Finding)]


@pytest.mark.parametrize(
    ("told", "part"),
    [
        ({"reason": "AM04"}, "insufficient_funds"),
        ({"reason": "AM14", "amount": "2400.00"}, "limit_exceeded"),
        ({"reason": "AC04", "method": "DD", "debtor_agent": PAYERS_BANK, "rejected_by": PAYERS_BANK}, "account_closed"),
        ({"reason": "AC04", "method": "TRF", "debtor_agent": PAYERS_BANK, "rejected_by": OTHER_BANK}, "payee_account"),
        ({"reason": "AC01", "creditor_account": SLIP}, "account_number"),
        (
            {"reason": "AC01", "method": "TRF", "creditor_account": ACCOUNT, "payee_verification": "NOAP"},
            "account_number",
        ),
        (
            {"reason": "BE01", "method": "TRF", "creditor_account": ACCOUNT, "payee_verification": "NMTC"},
            "name_mismatch",
        ),
        ({"reason": "AC16", "instrument": "card", "instrument_expires": "2025-11"}, "card_expired"),
        ({"reason": "AC16", "instrument": "card", "instrument_expires": "2027-11"}, "card_number"),
        ({"reason": "MS02", "method": "TRF", "instrument": "account"}, "refused_by_payer"),
        ({"reason": "MD01", "method": "DD"}, "mandate"),
        ({"reason": "MS03", "instrument": "card", "three_d_secure": "N"}, "authentication"),
        ({"reason": "AM02", "currency": "USD", "debtor_agent": PAYERS_BANK}, "currency"),
    ],
)
def test_look_alikes_are_told_apart_by_what_else_is_known(till: Till, told: dict[str, str], part: str) -> None:
    """The same code means another cause with another instrument, method, bank, amount or check."""
    assert till.twice(**told) == part


@pytest.mark.parametrize(
    ("response", "part"),
    [("51", "insufficient_funds"), ("54", "card_expired"), ("14", "card_number"), ("61", "limit_exceeded"),
     ("59", "fraud_suspected"), ("1A", "authentication"), ("62", "account_blocked"), ("R1", "refused_by_payer"),
     ("94", "duplicate_payment"), ("57", "not_permitted")],
)  # fmt: skip
def test_a_card_bank_s_own_answer_tells_more_than_its_translation(till: Till, response: str, part: str) -> None:
    """ISO 8583's answer decides where the processor made MS03 of it."""
    assert till.twice(reason="MS03", instrument="card", processor_response=response) == part


def test_not_honoured_says_as_little_as_no_reason(till: Till) -> None:
    """05 and the MS03 that was made of it are one shrug, not two: the likeliest cause stays uncertain."""
    till.twice(reason="MS03", processor_response="05")
    assert till.diagnosed[-1].ranking.posterior[0][0] < 0.5


@pytest.mark.parametrize(
    "told",
    [{"reason": "MS03", "creditor_account": SLIP}, {"reason": "MS03", "instrument": "card", "instrument_expires": "2025-12"},
     {"reason": "MD01", "method": "DD"}],
)  # fmt: skip
def test_what_can_never_succeed_is_told_at_the_first_failure(till: Till, told: dict[str, str]) -> None:
    """Wrong check digits, a card past its last month, a mandate that is not there: no other try will help."""
    assert parts(till.pay(**told))


@pytest.mark.parametrize("reason", ["AM04", "MS03", "AB05", "DS24", None])
def test_what_may_pass_at_the_next_try_is_not_told_at_the_first_failure(till: Till, reason: str | None) -> None:
    """Lack of funds, no reason, a timeout, a confirmation that was not given."""
    assert till.pay(reason=reason) == ()


def test_a_failure_that_was_put_right_at_the_next_try_is_nothing(till: Till) -> None:
    """Known once it has settled: a slip is nothing, a timeout stays a technical failure."""
    till.pay(reason="AM04")
    assert till.best == "insufficient_funds"
    till.pay(status="ACSC")
    assert till.best == "nothing"
    till.pay(payment="second", reason="AB05")
    till.pay(payment="second", status="ACSC")
    assert till.best == "technical"


def test_a_payment_that_settles_after_a_finding_is_over(till: Till) -> None:
    """Two failures are a finding, success is its end, and the next payment starts with a clean slate."""
    till.pay(reason="AM04")
    assert parts(till.pay(reason="AM04")) == ["insufficient_funds"]
    assert isinstance(till.pay(status="ACSC")[0], Recovery)
    assert till.pay(payment="second", reason="AM04") == ()


def test_waiting_is_neither_failure_nor_success(till: Till) -> None:
    """A payment that waits between two failures has failed twice; one that waits twice has not failed."""
    assert till.pay(payment="first", status="PDNG") + till.pay(payment="first", status="PDNG") == ()
    till.pay(reason="AM04")
    assert till.pay(status="PDNG") == ()
    assert parts(till.pay(reason="AM04")) == ["insufficient_funds"]


def test_a_payment_that_settled_before_is_a_duplicate(till: Till) -> None:
    """Even where the bank gives no reason."""
    till.pay(status="ACSC")
    assert till.twice(reason="MS03") == "duplicate_payment"


def test_a_lone_failure_in_the_way_is_technical(till: Till) -> None:
    """A timeout while others pay well at the same processor."""
    for customer in range(2, 8):
        till.pay(customer=customer, status="ACSC")
    till.pay(reason="AB06")
    assert till.best == "technical"


def test_an_outage_of_the_processor_hits_customers_of_all_banks(till: Till) -> None:
    """It is told at the first failure, and to no customer who lacks money meanwhile."""
    banks = ["AMBRLV22", "DZINLV2X", "GULBLT21", "MERIEE2X", "EICHDEFF", "SUOMFIHH"]
    for customer, bank in enumerate(banks, 2):
        till.pay(customer=customer, reason="AB09", debtor_agent=bank)
    assert parts(till.pay(reason="AB09", debtor_agent="WISLPLPW")) == ["processor_outage"]
    assert till.twice(customer=9, reason="AM04", debtor_agent="WISLPLPW") == "insufficient_funds"


def test_an_outage_of_a_bank_hits_its_customers_alone(till: Till) -> None:
    """At whatever processor, while customers of other banks pay well."""
    for customer in range(2, 7):
        till.pay(
            customer=customer,
            reason="AB11",
            debtor_agent=PAYERS_BANK,
            processor="nordcard" if customer % 2 else "baltpay",
        )
    for customer in range(8, 14):
        till.pay(customer=customer, status="ACSC", debtor_agent=OTHER_BANK)
    assert parts(till.pay(reason="AB11", debtor_agent=PAYERS_BANK)) == ["bank_outage"]


def test_an_outage_of_the_payee_s_bank_is_seen_by_the_account_numbers(till: Till) -> None:
    """Payers of several banks fail who pay to one; an IBAN names its bank."""
    for customer, processor in enumerate(["baltpay", "nordcard", "hansapay"] * 2, 2):
        till.pay(customer=customer, reason="AB05", creditor_account=ACCOUNT, processor=processor)
    for customer in range(9, 15):
        till.pay(customer=customer, status="ACSC")
    assert parts(till.pay(reason="AB05", creditor_account=ACCOUNT)) == ["bank_outage"]


def test_who_was_refused_first_hears_of_the_outage_that_shows_afterwards(till: Till) -> None:
    """The first of an outage are alone with it and told of something else; once others fail alike, that is taken back."""
    alone = [*till.pay(reason="AB09"), *till.pay(reason="AB09")]
    assert parts(tuple(alone)) == ["bank_outage"]
    later = [one for customer in range(2, 10) for one in till.pay(customer=customer, reason="AB09", at=NOW + customer)]
    mine = [one for one in later if isinstance(one, Finding) and one.device == "volta/phone-1"]
    assert [(one.part, one.remedy.help) for one in mine] == [("processor_outage", "wait")]
    assert isinstance(alone[0], Finding)
    assert mine[0].episode == alone[0].episode
    assert mine[0].key.startswith("volta/phone-")
    assert not mine[0].key.startswith("volta/phone-1/")  # another's refusal led to it
    keys = [one.key for one in (*alone, *later)]
    assert len(set(keys)) == len(keys)


def test_who_was_refused_once_is_told_as_soon_as_trying_again_cannot_help(till: Till) -> None:
    """A first refusal is everyday life, until it turns out to be everybody's."""
    assert not till.pay(reason="AB06")
    told = [one for customer in range(2, 10) for one in till.pay(customer=customer, reason="AB06", at=NOW + customer)]
    assert {one.device for one in told if isinstance(one, Finding)} == {f"volta/phone-{n}" for n in range(1, 10)}
    assert set(parts(tuple(told))) == {"processor_outage"}


@pytest.mark.parametrize("reason", ["AB06", "AB09", "AB10", "MS03", "AB07"])
@pytest.mark.parametrize("between", [0, 1])
@pytest.mark.parametrize("banks", ["unknown", "of several banks"])
def test_everybody_in_an_outage_is_told_what_the_last_one_is_told(reason: str, between: int, banks: str) -> None:
    """Whoever was refused before it was plain, whatever the bank says, and though some payments go through."""
    till, paying = Till(100), iter(range(40, 100))
    known = ["AMBRLV22", "DZINLV2X", "GULBLT21", "MERIEE2X", "EICHDEFF", "SUOMFIHH"]
    for number in range(14):
        for _ in range(between):
            till.pay(customer=next(paying), status="ACSC", at=NOW + 10 * number)
        bank = None if banks == "unknown" else known[number % len(known)]
        till.pay(customer=number + 1, reason=reason, at=NOW + 10 * number + 1, debtor_agent=bank)
    assert till.told == dict.fromkeys([f"volta/phone-{n}" for n in range(1, 15)], "processor_outage")


def test_who_is_refused_between_two_waves_hears_of_the_second() -> None:
    """What was seen of the others in the first wave was not yet thought over for those who came later."""
    till, at = Till(200), NOW
    for customer in range(10, 18):
        till.pay(customer=customer, reason="AB06", at=(at := at + 2))
    for customer in range(20, 80):
        till.pay(customer=customer, status="ACSC", at=(at := at + 1))
    for customer in (1, 2, 3):
        till.pay(customer=customer, reason="AB06", at=(at := at + 1))
    assert not {f"volta/phone-{n}" for n in (1, 2, 3)} & till.told.keys()
    for customer in range(100, 150):
        till.pay(customer=customer, reason="AB06", at=(at := at + 2))
    assert {f"volta/phone-{n}" for n in (1, 2, 3)} <= till.told.keys()


def test_a_customer_s_other_payment_is_told_of_too() -> None:
    """Two payments of one customer are refused: the second makes it plain, for the first as well."""
    till = Till(100)
    for customer in range(50, 90):
        till.pay(customer=customer, status="ACSC")
    till.pay(payment="first", reason="AB06", at=NOW + 300)
    for customer in range(2, 7):
        till.pay(customer=customer, reason="AB06", at=NOW + 300 + customer)
    assert not till.told
    told = till.pay(payment="second", reason="AB06", at=NOW + 605)
    assert {one.episode for one in told if isinstance(one, Finding) and one.device == "volta/phone-1"} == {
        "volta/phone-1/1-41", "volta/phone-1/1-47",
    }  # fmt: skip


@pytest.mark.parametrize(("reason", "between"), [("AB06", 1), ("AB09", 0), ("MS03", 0)])
def test_an_outage_that_has_passed_was_one_none_the_less(reason: str, between: int) -> None:
    """Long after the others failed, one or two more do: the first are forgotten by then, and that takes nothing back."""
    till, paying = Till(100), iter(range(20, 100))
    for number in range(3):
        till.pay(customer=10 + number, reason=reason, at=NOW + 5 * number)
        for _ in range(between):
            till.pay(customer=next(paying), status="ACSC", at=NOW + 5 * number)
    till.pay(reason=reason, at=NOW + 500)
    till.pay(reason=reason, at=NOW + 505)
    assert till.told["volta/phone-1"] == "processor_outage"
    for second in range(20):
        till.pay(customer=next(paying), status="ACSC", at=NOW + 620 + second)
    for second in (700, 730):
        till.pay(customer=next(paying), reason=reason, at=NOW + second)
    assert till.told["volta/phone-1"] == "processor_outage"


def test_who_has_sold_the_phone_hears_nothing_more(till: Till) -> None:
    """Nor does the new owner hear of a payment of the old one's."""
    till.pay(reason="AB06")
    till.registry.add(DeviceRecord("volta/phone-1", "phone", "somebody else", "real"))
    for customer in range(2, 10):
        till.pay(customer=customer, reason="AB06", at=NOW + customer)
    assert "volta/phone-1" not in till.told
    assert "volta/phone-2" in till.told


def test_another_s_outage_says_nothing_of_a_trouble_of_one_s_own(till: Till) -> None:
    """Nor of a payment that has gone through since, nor of one elsewhere, nor of one of an hour ago."""
    till.pay(customer=14, reason="AB06")
    at = NOW + 3_600
    till.pay(customer=11, reason="AM04", at=at)
    till.pay(customer=12, reason="AB06", at=at)
    till.pay(customer=12, status="ACSC", at=at)
    till.pay(customer=13, reason="AB06", processor="nordcard", at=at)
    for customer in range(2, 10):
        till.pay(customer=customer, reason="AB06", at=at + customer)
    assert till.told.keys() == {f"volta/phone-{n}" for n in range(2, 10)}


def test_the_twins_of_the_others_are_stored_too(till: Till) -> None:
    """What is told of them stands in their twins, and a restart must know it."""
    till.pay(reason="AB06")
    for customer in range(2, 10):
        told = till.pay(customer=customer, reason="AB06", at=NOW + customer)
        devices = {one.device for one in told if isinstance(one, Finding)}
        assert [twin.device for twin in till.verdict.twins] == [
            f"volta/phone-{customer}", *sorted(devices - {f"volta/phone-{customer}"}),
        ]  # fmt: skip


@pytest.mark.parametrize("share", [0.1, 0.5, 1.0])
def test_what_is_thought_over_stays_little(share: float) -> None:
    """However many fail, at however many banks: each is diagnosed once or twice more, not once for everybody who follows."""
    till, dice, refused = Till(1_000), Random(1), 0
    for customer in range(1, 1_001):
        fails = dice.random() < share
        refused += fails
        told = {"reason": "AB06"} if fails else {"status": "ACSC"}
        bank = f"{dice.choice('ABCDEFGHIJKLMNOPQRSTUVWXYZ')}{dice.choice('ABCDEFGHIJKLMNOPQRSTUVWXYZ')}AADEFF"
        till.pay(customer=customer, at=NOW + customer / 2, debtor_agent=bank, creditor_account=ACCOUNT, **told)
    assert len(till.diagnosed) < 8 * refused


def test_a_shop_that_pays_all_the_time_hides_nobody(till: Till) -> None:
    """One customer's many payments are one customer's."""
    for customer in range(2, 7):
        till.pay(customer=customer, reason="AB06", at=NOW + customer)
    for number in range(100):
        till.pay(customer=15, payment=f"till-{number}", status="ACSC", at=NOW + 10)
    till.pay(customer=7, reason="AB06", at=NOW + 20)
    till.pay(reason="AB06", at=NOW + 21)
    assert till.best == "processor_outage"


def test_what_went_well_before_an_outage_says_nothing_against_it(till: Till) -> None:
    """Two minutes in, most payments of the last ten minutes went through; those since the first refusal did not."""
    for customer in range(2, 13):
        till.pay(customer=customer, status="ACSC")
    for customer in range(13, CUSTOMERS + 1):
        till.pay(customer=customer, reason="AB09", at=NOW + 60)
    till.pay(reason="AB09", at=NOW + 90)
    assert till.best == "processor_outage"


def test_customers_of_unknown_banks_are_not_of_one_bank(till: Till) -> None:
    """Of four who fail one has told the bank: that says neither one bank nor several."""
    till.pay(customer=2, reason="AB09", debtor_agent=PAYERS_BANK)
    for customer in range(3, 6):
        till.pay(customer=customer, reason="AB09")
    till.pay(reason="AB09")
    answers = till.diagnosed[-1].ranking.answers
    assert (answers["one_bank"], answers["several_banks"]) == (None, None)
    till.pay(customer=3, reason="AB09", debtor_agent=PAYERS_BANK)
    assert till.diagnosed[-1].ranking.answers["one_bank"] is True


def test_an_outage_is_over_after_ten_minutes(till: Till) -> None:
    """What failed then is no evidence now."""
    for customer in range(2, 9):
        till.pay(customer=customer, reason="AB06")
    till.pay(reason="AB06", at=NOW + 700)
    assert till.best == "technical"


@pytest.mark.parametrize(
    ("iban", "bank"),
    [("LV80BANK0000435195001", "LVBANK"), ("DE89370400440532013000", "DE37040044"), ("XX00ABCDEF", "XXABCD")],
)
def test_an_account_number_names_its_bank(iban: str, bank: str) -> None:
    """Country and national bank code, as long as the country has it."""
    assert bank_of(iban) == bank


def test_there_are_at_least_twenty_causes_and_a_mandate_is_one() -> None:
    """SEPA says MD01 of a mandate never given and of one that was cancelled, and the remedy is the same."""
    causes = set(catalogue(knowledges()["payment"]).parts) - {"nothing", "unknown"}
    assert len(causes) >= 20
    assert "mandate" in causes


def test_reasons_add_up_to_one_at_most() -> None:
    """One refusal has one reason: more would be a mistake of the knowledge's author."""
    made = catalogue(knowledges()["payment"]).parts["mandate"].model_dump()
    with pytest.raises(ValueError, match="add up to more than 1"):
        Part.model_validate({**made, "reasons": {"MD01": 0.7, "MD02": 0.4}})


def test_a_response_that_no_card_bank_gives_is_a_mistake_of_the_author(tmp_path: Path) -> None:
    """The contract's list of ISO 8583 answers is the vocabulary: the file, the entry and the answer are named."""
    for file in KNOWLEDGE.folder.glob("*.toml"):
        (tmp_path / file.name).write_text(file.read_text("utf-8").replace('"54" =', '"5X" ='), "utf-8")
    with pytest.raises(
        CatalogueError, match=r"card.toml: parts.card_expired.shows.\d+: 'response:5X' is told by nobody"
    ):
        read_catalogue(replace(KNOWLEDGE, folder=tmp_path))
