"""Files for the bank, and its reports: valid by their schemas, the same to the byte, read back, and refused where they are bad."""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from dispatch.channels.bank.answers import answers_of
from dispatch.channels.bank.files import COLLECTIONS, TRANSFERS, House, check, written
from dispatch.channels.bank.names import latin, message_name, short_name
from dispatch.channels.bank.orders import BadFile, CollectedBy, Order, Scheme
from dispatch.channels.bank.reports import LONGEST, BadReport, read_report
from dispatch.channels.bank.settings import BankSettings
from dispatch.core.ids import payment_of, unknown_instruction_id
from dispatch.core.purse.events import BankAnswered, CollectionReturned, MoneyArrived
from dispatch.registers.bank_orders import BankOrder
from dispatch.registers.iban import LENGTHS, BadIban, iban_of, is_iban, with_check_digits
from gateway.finding import Provenance
from scenarios.world.bank import BankAsk
from scenarios.world.inboxes import bank_reports as world

AT = 1_796_000_000.0
HOUSE = House("Süße & Söhne, Rīga", "DE89370400440532013000", "COBADEFFXXX", "DE98ZZZ09999999999")
PAYEE, CUSTOMERS = "LV80BANK0000435195001", "GB29NWBK60161331926819"
DAY = date(2026, 12, 1)


def order(number: int = 1, scheme: Scheme = "INST", **other: Any) -> Order:
    """One payment."""
    said = {"name": "City parking", "iban": PAYEE, "amount": 3_50, "words": "an hour"} | other
    return Order(f"pay/volta/car-1/p-{number}/bank", scheme, day=DAY, **said)


def collection(number: int = 1, **other: Any) -> Order:
    """One top-up."""
    by = CollectedBy(short_name("mnd/c-1/top-up"), date(2026, 1, 31), "FRST")
    said = {"name": "Anna", "iban": CUSTOMERS, "amount": 100_00, "words": "Top-up"} | other
    return Order(f"top/c-1/{number}/bank", "CORE", day=DAY, by=by, **said)


# --- accounts and names ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["LV80 BANK 0000 4351 9500 1", "de89370400440532013000", "GB29-NWBK-6016-1331-9268-19"]
)
def test_an_iban_is_kept_in_one_way(text: str) -> None:
    """Blanks and small letters make no difference."""
    assert iban_of(text) == text.replace(" ", "").replace("-", "").upper()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "LV",
        "LV81BANK0000435195001",
        "LV80BANK000043519500",
        "US80BANK0000435195001",
        "LV80BANK000043519500é",
        "x" * 10_000,
        "LV80BANK0000435195001; DROP",
        "\N{ARABIC-INDIC DIGIT ZERO}" * 21,
        "LV\N{ARABIC-INDIC DIGIT EIGHT}0BANK0000435195001",
    ],
)
def test_what_is_no_iban_is_refused_and_not_said_back(text: str) -> None:
    """By country, length or check digits."""
    with pytest.raises(BadIban) as told:
        iban_of(text)
    assert not text or text not in str(told.value)


@given(st.sampled_from(sorted(LENGTHS)), st.data())
def test_one_wrong_character_is_found(country: str, data: st.DataObject) -> None:
    """ISO 7064 finds every single one, and every two that changed places."""
    account = data.draw(
        st.text(string.digits + string.ascii_uppercase, min_size=LENGTHS[country] - 4, max_size=LENGTHS[country] - 4)
    )
    iban = with_check_digits(country, account)
    assert iban_of(iban) == iban
    place = data.draw(st.integers(4, len(iban) - 1))
    other = data.draw(st.sampled_from(sorted(set(string.digits) - {iban[place]})))
    if iban[place].isdigit():
        assert not is_iban(iban[:place] + other + iban[place + 1 :])


@given(st.text(min_size=1, max_size=80))
def test_a_name_fits_and_is_derived(of: str) -> None:
    """At most 35 characters that every bank takes, the same each time, and another for another."""
    found = short_name(of)
    assert 0 < len(found) <= 35
    assert found == short_name(of)
    assert not found.startswith("/")
    assert "//" not in found
    assert found == of or short_name(found) != found or found.startswith("CHX")
    assert short_name(of + "x") != found


@given(st.text(max_size=200), st.integers(1, 140))
def test_any_name_is_spelled_for_the_bank(text: str, longest: int) -> None:
    """Never empty, never longer, of the characters that every bank takes."""
    found = latin(text, longest)
    assert found == "NOTPROVIDED" or 0 < len(found) <= longest
    assert set(found) <= set(string.ascii_letters + string.digits + "/-?:().,'+ ")


def test_names_of_many_scripts() -> None:
    """Accents go; of another script dots are left, or nothing that a bank could show."""
    assert [latin(one, 70) for one in ("Žanna Ozoliņa", "Jürgen Groß", "Łódź & Søn", "Анна", "//a//")] == [
        "Zanna Ozolina", "Jurgen Gross", "Lodz + Son", "NOTPROVIDED", "a",
    ]  # fmt: skip


# --- files -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "made", [[order(1), order(2)], [order(1, "SCT")], [collection(1), collection(2)]], ids=["INST", "SCT", "CORE"]
)
def test_a_file_is_valid_the_same_to_the_byte_and_read_back(made: list[Order]) -> None:
    """By the schema of ISO 20022; sepaxml's chance and clock are out of it."""
    content = written("CHM1", made, HOUSE, AT)
    assert content == written("CHM1", made, HOUSE, AT)
    check(content, COLLECTIONS if made[0].by else TRANSFERS)
    found = world.read_orders(content)
    assert found.name == "CHM1"
    assert [(one.name, one.amount, one.currency) for one in found.asks] == [
        (one.end_to_end, one.amount, "EUR") for one in made
    ]
    assert (b"<Cd>INST</Cd>" in content) == (made[0].scheme == "INST")
    assert (b"<SeqTp>FRST</SeqTp>" in content) == (made[0].scheme == "CORE")


@settings(max_examples=30, deadline=None)
@given(st.text(max_size=100), st.text(max_size=200), st.integers(1, 999_999_999_99))
def test_whatever_people_are_called_the_file_is_valid(name: str, words: str, amount: int) -> None:
    """And the amount is what it was, to the cent."""
    [found] = world.read_orders(written("CHM1", [order(1, name=name, words=words, amount=amount)], HOUSE, AT)).asks
    assert found.amount == amount


def test_what_breaks_the_schema_is_not_sent() -> None:
    """Our own fault, told."""
    with pytest.raises(BadFile, match=r"pain\.001"):
        written("x" * 36, [order()], HOUSE, AT)


def test_a_file_has_a_name_of_its_orders() -> None:
    """Whatever their order; and a simulated one shows."""
    assert message_name(["a", "b"], simulated=False) == message_name(["b", "a"], simulated=False)
    assert message_name(["a"], simulated=False) != message_name(["b"], simulated=False)
    assert message_name(["a"], simulated=True).startswith("SIM")
    assert len(message_name(["a"] * 250, simulated=False)) <= 35


# --- settings --------------------------------------------------------------------------------------------------------

SAID = {"name": "House", "iban": PAYEE, "folder": "/tmp/bank"}  # noqa: S108 - not opened


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"iban": "LV81BANK0000435195001"}, "check digits"),
        ({"creditor_id": "x"}, "creditor"),
        ({"url": "https://bank.example/x"}, "either folder or url"),
        ({"folder": None}, "either folder or url"),
        ({"folder": None, "url": "http://bank.example/x", "secret": "$S"}, "https"),
        ({"folder": None, "url": "https://bank.example/x"}, "signed webhooks"),
        ({"token": "hidden"}, "not the secret itself"),
        ({"batch": 0}, "greater than or equal to 1"),
        ({"bic": "nonsense"}, "pattern"),
    ],
)
def test_a_bank_that_cannot_be_is_refused(more: dict[str, Any], says: str) -> None:
    """By key and rule."""
    context = {"S": "whsec_" + "A" * 40}
    with pytest.raises(ValidationError, match=says):
        BankSettings.model_validate({k: v for k, v in (SAID | more).items() if v is not None}, context=context)


# --- reports ---------------------------------------------------------------------------------------------------------


class Asked:
    """What the bank was asked for."""

    def __init__(self, *orders: BankOrder) -> None:
        self.known = {one.end_to_end: one for one in orders}

    def orders(self, end_to_ends: list[str]) -> Mapping[str, BankOrder]:
        """Return those."""
        return {one: self.known[one] for one in end_to_ends if one in self.known}

    def in_file(self, message: str) -> list[str]:
        """Return what is in a file."""
        return [one.end_to_end for one in self.known.values() if one.message == message]


def known(name: str, method: Any = "TRF", provenance: Provenance = "real", amount: int = 3_50) -> BankOrder:
    """An order of ours."""
    return BankOrder(name, f"{name}/bank", 1, method, "c-1", amount, "EUR", "CHM1", AT, provenance)


OURS = Asked(known("pay-1"), known("pay-2"), known("top-1", "DD", amount=100_00))
PAY, TOP = BankAsk("pay-1", "TRF", 3_50, "EUR"), BankAsk("top-1", "DD", 100_00, "EUR")


def told(body: bytes, asked: Asked = OURS, provenance: Provenance = "real") -> list[Any]:
    """What the desk is told."""
    return list(answers_of(read_report(body), asked, provenance).events)


@pytest.mark.parametrize(
    ("status", "reason", "means"),
    [
        ("ACCP", "", ("ACSP", "")), ("ACTC", "", ("ACSP", "")), ("RCVD", "", ("ACSP", "")), ("ACSP", "", ("ACSP", "")),
        ("ACSC", "", ("ACSC", "")), ("ACCC", "", ("ACSC", "")), ("PDNG", "", ("PDNG", "")),
        ("RJCT", "AC04", ("RJCT", "AC04")), ("RJCT", "", ("RJCT", "MS03")), ("CANC", "", ("RJCT", "MS03")),
        ("RJCT", "AM05", ("PDNG", "AM05")), ("RJCT", "DU01", ("PDNG", "DU01")),
    ],
)  # fmt: skip
def test_what_each_status_means(status: str, reason: str, means: tuple[str, str]) -> None:
    """A duplicate is one that the bank has: nothing must be set free for that."""
    [event] = told(world.statuses("CHM1", "S1", world.order("pay-1", status, reason, "ref-1")))
    assert isinstance(event, BankAnswered)
    assert (event.instruction, event.status, event.reason, event.reference) == ("pay-1/bank", *means, "ref-1")


def test_what_is_said_of_all_holds_for_those_of_whom_nothing_else_is_said() -> None:
    """A file's own status, and single ones within it."""
    found = told(world.statuses("CHM1", "S1", world.order("pay-1", "ACSC"), group="RJCT", reason="FF01"))
    assert {one.instruction: (one.status, one.reason) for one in found} == {
        "pay-1/bank": ("ACSC", ""), "pay-2/bank": ("RJCT", "FF01"), "top-1/bank": ("RJCT", "FF01"),
    }  # fmt: skip
    assert told(world.statuses("CHM1", "S1", world.order("pay-1", "ACSC"), group="PART"))[0].status == "ACSC"


def test_what_was_booked() -> None:
    """Payments out, collections in, and both given back with their reason."""
    [paid] = told(world.booked(PAY, 1, "r-1", direction="DBIT"))
    assert (paid.status, paid.reference) == ("ACSC", "r-1")
    [came] = told(world.booked(TOP, 1, "r-2", direction="CRDT"))
    assert isinstance(came, MoneyArrived)
    assert (came.customer, came.amount, came.reference, came.instruction) == ("c-1", 100_00, "r-2", "top-1/bank")
    [back] = told(world.booked(PAY, 1, "r-3", direction="CRDT", returned="AC04"))
    assert (back.status, back.reason) == ("RJCT", "AC04")
    [undone] = told(world.booked(TOP, 1, "r-4", direction="DBIT", returned="MD06"))
    assert (undone.instruction, undone.status, undone.reason) == ("top-1/bank", "RJCT", "MD06")
    settled = Asked(replace(known("top-1", "DD", amount=100_00), answered="ACSC"))
    [later] = told(world.booked(TOP, 1, "r-4", direction="DBIT", returned="MD06"), settled)
    assert isinstance(later, CollectionReturned)
    assert (later.instruction, later.amount, later.reason, later.reference) == ("top-1/bank", 100_00, "MD06", "r-4")
    [other] = told(world.booked(BankAsk("pay-1", "TRF", 9_99, "EUR"), 1, "r-5", direction="DBIT"))
    assert isinstance(other, MoneyArrived)  # of another sum: no payment is settled by that, a person looks


def test_bookings_of_one_entry_have_references_of_their_own() -> None:
    """Where the bank books a file as one."""
    entry = (
        '<Ntry><Amt Ccy="EUR">200.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><AcctSvcrRef>E1</AcctSvcrRef><NtryDtls>'
        + "".join(
            f'<TxDtls><Refs><EndToEndId>{one}</EndToEndId></Refs><Amt Ccy="EUR">100.00</Amt></TxDtls>'
            for one in ("top-1", "top-2")
        )
        + "</NtryDtls></Ntry>"
    )
    body = (
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.02"><BkToCstmrDbtCdtNtfctn><GrpHdr><MsgId>N</MsgId></GrpHdr>'
        f"<Ntfctn>{entry}</Ntfctn></BkToCstmrDbtCdtNtfctn></Document>"
    )
    both = Asked(known("top-1", "DD", amount=100_00), known("top-2", "DD", amount=100_00))
    assert [one.reference for one in told(body.encode(), both)] == ["E1/top-1", "E1/top-2"]


@pytest.mark.parametrize(
    "body",
    [
        world.statuses("CHM1", "S1", world.order("nobody", "ACSC")),
        world.statuses("CHM9", "S1", group="RJCT"),
        world.booked(BankAsk("nobody", "TRF", 1, "EUR"), 1, "r", direction="DBIT"),
        world.booked(BankAsk("nobody", "DD", 1, "EUR"), 1, "r", direction="CRDT"),
        world.booked(BankAsk("NOTPROVIDED", "DD", 1, "EUR"), 1, "r", direction="CRDT"),
    ],
)
def test_what_is_none_of_ours_is_told_under_no_instruction_of_ours(body: bytes) -> None:
    """It is never dropped; nor can it be taken for one of ours."""
    [event] = told(body)
    assert event.instruction.startswith(unknown_instruction_id(""))
    assert not (payment_of(event.instruction) or "").startswith(("pay/", "top/"))


def test_a_real_bank_says_nothing_of_the_simulated_world() -> None:
    """Nor the other way round."""
    body = world.statuses("CHM1", "S1", world.order("pay-1", "ACSC"))
    simulated = Asked(known("pay-1", provenance="simulated"))
    assert told(body, simulated)[0].instruction.startswith("unknown/")
    assert told(body, simulated, "simulated")[0].instruction == "pay-1/bank"
    assert told(body, provenance="simulated")[0].instruction.startswith("unknown/")


GOOD = world.statuses("CHM1", "S1", world.order("pay-1", "ACSC")).decode()
HEAD, REST = GOOD.split("?>", 1)
LAUGHS = "".join(f'<!ENTITY l{one} "{f"&l{one - 1};" * 10}">' for one in range(1, 10))
BAD = {
    "nothing": b"",
    "no XML": b"\x00\xff" * 50,
    "half": GOOD[: len(GOOD) // 2].encode(),
    "another document": b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pacs.008.001.08"/>',
    "no namespace": b"<Document><CstmrPmtStsRpt/></Document>",
    "billion laughs": f'{HEAD}?><!DOCTYPE d [<!ENTITY l0 "ha">{LAUGHS}]>{REST.replace("pay-1", "&l9;")}'.encode(),
    "external entity": f'{HEAD}?><!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>{REST.replace("pay-1", "&x;")}'.encode(),
    "a DTD of elsewhere": f'{HEAD}?><!DOCTYPE d SYSTEM "http://127.0.0.1:1/d.dtd">{REST}'.encode(),
    "an unknown status": GOOD.replace("ACSC", "WHAT").encode(),
    "a very long name": GOOD.replace("pay-1", "x" * 5_000).encode(),
    "a name that is not printed": GOOD.replace("pay-1", "pay&#x202e;1").encode(),
    "no file": GOOD.replace("OrgnlMsgId", "Other").encode(),
    "very deep": b"<a>" * 200_000,
    "deep and whole": b"<a>" * 20_000 + b"</a>" * 20_000,
    "too long": b" " * (LONGEST + 1),
    "an encoding that nobody knows": GOOD.replace("UTF-8", "x-secret").encode(),
    "an amount that is none": world.booked(PAY, 1, "r", direction="DBIT").replace(b"3.50", b"NaN"),
    "an amount of fractions": world.booked(PAY, 1, "r", direction="DBIT").replace(b"3.50", b"3.505"),
    "a huge amount": world.booked(PAY, 1, "r", direction="DBIT").replace(b"3.50", b"1e99999999"),
    "no currency": world.booked(PAY, 1, "r", direction="DBIT").replace(b"EUR", b"???"),
    "neither in nor out": world.booked(PAY, 1, "r", direction="BOTH"),
}


@pytest.mark.parametrize("body", BAD.values(), ids=BAD.keys())
def test_what_cannot_be_read_is_refused_with_a_word(body: bytes) -> None:
    """Whole, before anything of it is told."""
    with pytest.raises(BadReport) as why:
        told(body)
    assert 0 < len(str(why.value)) < 400
    assert "root:" not in str(why.value)


@settings(max_examples=200)
@given(st.data())
def test_a_report_that_is_damaged_anywhere_is_read_or_refused(data: st.DataObject) -> None:
    """Nothing else comes of it."""
    body = bytearray(data.draw(st.sampled_from([GOOD.encode(), world.booked(TOP, 1, "r-1", direction="CRDT")])))
    for _ in range(data.draw(st.integers(1, 5))):
        place = data.draw(st.integers(0, len(body) - 1))
        body[place : place + data.draw(st.integers(0, 9))] = data.draw(st.binary(max_size=9))
    try:
        found = told(bytes(body))
    except BadReport:
        return
    assert all(isinstance(one, BankAnswered | MoneyArrived) for one in found)


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(body: bytes) -> None:
    """They are refused."""
    with pytest.raises(BadReport):
        read_report(body)


NAMES = st.from_regex(r"[A-Za-z0-9/.,+-]{1,35}", fullmatch=True)


@given(NAMES, st.sampled_from(["ACSC", "RJCT", "PDNG"]), NAMES)
def test_statuses_come_back_as_they_were_written(name: str, status: str, reference: str) -> None:
    """Round trip."""
    [found] = read_report(world.statuses("CHM1", "S1", world.order(name, status, "", reference))).statuses
    assert (found.message, found.end_to_end, found.status) == ("CHM1", name, status)
    assert found.reference in {reference, ""}


@given(NAMES, st.integers(0, 10**11), st.sampled_from(["CRDT", "DBIT"]))
def test_bookings_come_back_as_they_were_written(name: str, amount: int, direction: str) -> None:
    """Round trip."""
    [found] = read_report(world.booked(BankAsk(name, "DD", amount, "EUR"), 1, "r", direction=direction)).booked
    assert (found.end_to_end, found.direction) == (name, "in" if direction == "CRDT" else "out")
    assert found.amount == f"{amount // 100}.{amount % 100:02d}"
