"""A running service and its bank: by a folder and over HTTPS, from a device's ask to what is booked; crashes, and bad company."""

from __future__ import annotations

import asyncio
import base64
import os
import signal
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from dispatch.channels.bank.names import short_name
from dispatch.channels.bank.settings import BankSettings
from dispatch.channels.door import BadDoor
from dispatch.core.consent import Way
from dispatch.core.events import CustomerErased
from dispatch.core.policy import Policy
from dispatch.core.purse import actions as act
from dispatch.core.purse.events import BankAnswered, MandateGiven, MoneyArrived, PaymentAsked, PaymentConfirmed
from dispatch.core.purse.rules import PaymentPolicy
from dispatch.delivery.webhooks import signed
from dispatch.engine.clock import WallClock
from dispatch.ledger.rows import read
from dispatch.registers.customers import Customer
from dispatch.service.build import Hearing, build
from dispatch.service.service import Service, ServiceBroker
from dispatch.store.journal import Journal
from dispatch.web.api.app import create_app
from dispatch.web.api.bank import LONGEST
from gateway.access.authority import Authority
from gateway.contract.broker_address import BrokerAddress
from scenarios.story.bank import Bank as BankHabits
from scenarios.story.streams import Streams
from scenarios.world.bank import BankAsk, WorldBank
from scenarios.world.inboxes import bank_reports as world
from scenarios.world.inboxes.bank_server import BankServer
from tests.conftest import until
from tests.dispatch.conftest import portless
from tests.dispatch.test_paying import CAR, CUSTOMER, MANDATE, PARKING, TOP_UP, ask

pytestmark = pytest.mark.anyio
SECRET = "whsec_" + base64.b64encode(b"s" * 32).decode()
HOUSE = {"name": "House", "iban": "DE89370400440532013000", "creditor_id": "DE98ZZZ09999999999", "batch_s": 0.0}
IBAN = "GB29NWBK60161331926819"
ANNA = Customer(CUSTOMER, "Anna Ozola", "+37120000001", "lv", "simulated", may_payment=True, iban=IBAN)


@dataclass
class House:
    """A service that has a bank."""

    service: Service
    api: httpx.AsyncClient

    def told(self, kind: type) -> list[Any]:
        """Return what the ledger has of a kind, in its order."""
        return [said for row in self.service.journal.ledger.rows() if isinstance(said := read(row), kind)]

    async def pays(self, ref: str = "p-1", **other: Any) -> str:
        """Have the car pay; return under which name the bank knows it."""
        now = self.service.now()
        await self.service.tell(PaymentAsked(ask(ref, at=now, **other)))
        return short_name(f"pay/{CAR}/{ref}/bank")

    async def posts(self, body: bytes, secret: str = SECRET, name: str = "b-1") -> httpx.Response:
        """Post what the bank says."""
        return await self.api.post("/bank/statuses", content=body, headers=signed(name, body.decode(), [secret]))


@asynccontextmanager
async def house(*, bank: dict[str, Any] | None, money: int = 100_00, **payments: Any) -> AsyncIterator[House]:
    """Open a house where a customer has money and their car may park; ``bank``: what its section says beside ``HOUSE``."""
    policy = Policy(payments=PaymentPolicy(**payments))
    async with AsyncExitStack() as stack:
        service = await stack.enter_async_context(portless(policy=policy))
        app = httpx.ASGITransport(create_app(service))
        api = await stack.enter_async_context(httpx.AsyncClient(transport=app, base_url="http://localhost/api/v1"))
        service.customers.add(ANNA)
        service.journal.customers.keep([ANNA])
        now = service.now()
        if money:
            await service.tell(MoneyArrived(CUSTOMER, money, "EUR", "in-1", "simulated"))
        await service.tell(MandateGiven(replace(MANDATE, valid_from=now - 9.0), Way.LINK, strong=True))
        if bank is not None:
            service.bank.open(settings(**bank))
        await run(service, stack)
        yield House(service, api)


def settings(**more: Any) -> BankSettings:
    """What the operator's file says."""
    said = HOUSE | {"provenance": "simulated"} | more
    return BankSettings.model_validate(said, context={"S": SECRET, "T": "token"})


async def run(service: Service, stack: AsyncExitStack) -> None:
    """Run the sender and the door, as the command line does."""
    service.driver.announcer.feed(service.bank.sender.carry_out)
    for part in (service.bank.sender, *service.bank.parts):
        task = asyncio.create_task(part.run())
        stack.push_async_callback(asyncio.wait, {task})
        stack.callback(part.stop)
    service.bank.sender.resume()


def brought(folder: Path) -> dict[str, world.BankMessage]:
    """Return what the bank's client finds."""
    return {one.name: world.read_orders(one.read_bytes()) for one in (folder / "out").glob("*.xml")}


def says(folder: Path, body: bytes, name: str = "r-1") -> None:
    """Have the bank's client put a report there."""
    unready = folder / "in" / f".{name}"
    unready.write_bytes(body)
    unready.rename(folder / "in" / f"{name}.xml")


async def test_a_payment_goes_by_a_folder_and_its_status_comes_back(tmp_path: Path) -> None:
    """Asked, a file for the bank, its report, settled; the file's content is kept no longer then."""
    async with house(bank={"folder": str(tmp_path)}) as at:
        name = await at.pays()
        await until(lambda: brought(tmp_path))
        [(file, message)] = brought(tmp_path).items()
        assert (message.asks, message.ibans) == ((BankAsk(name, "TRF", 3_50, "EUR"),), (PARKING,))
        assert file == f"{message.name}.xml"
        says(tmp_path, world.statuses(message.name, "S1", world.order(name, "ACSC", "", "b-1")))
        await until(lambda: at.told(act.SettlePayment))
        [settled] = at.told(act.SettlePayment)
        assert (settled.amount, settled.reference) == (3_50, "b-1")
        await until((tmp_path / "in" / "done" / "r-1.xml").exists)
        assert at.service.journal.bank.file(message.name) is None
        assert at.service.bank.troubles() == []


async def test_orders_of_a_kind_go_in_one_file(tmp_path: Path) -> None:
    """As many as fit, or as come within the time."""
    async with house(bank={"folder": str(tmp_path), "batch": 3, "batch_s": 600.0}) as at:
        names = [await at.pays(f"p-{one}") for one in range(7)]
        await until(lambda: len(brought(tmp_path)) == 2)
        found = [[one.name for one in message.asks] for message in brought(tmp_path).values()]
        assert sorted(name for file in found for name in file) == sorted(names[:6])
        await until(lambda: at.service.bank.sender.waiting == 1)


async def test_a_purse_is_topped_up_from_the_customers_account(tmp_path: Path) -> None:
    """Collected with the mandate's name, date and sequence; the number of the account stands in no row."""
    async with house(bank={"folder": str(tmp_path)}, money=0) as at:
        await at.service.tell(MandateGiven(replace(TOP_UP, valid_from=at.service.now() - 9.0), Way.LINK, strong=True))
        await until(lambda: brought(tmp_path))
        [message] = brought(tmp_path).values()
        [top_up] = message.asks
        assert (top_up.method, top_up.amount, message.ibans) == ("DD", 100_00, (IBAN,))
        content = next((tmp_path / "out").glob("*.xml")).read_text()
        assert "<MndtId>mnd/c-1/top-up</MndtId>" in content
        assert "<SeqTp>FRST</SeqTp>" in content
        says(tmp_path, world.booked(top_up, 1, "c-1", direction="CRDT"))
        says(tmp_path, world.booked(top_up, 1, "c-1", direction="CRDT"), "r-2")
        await until((tmp_path / "in" / "done" / "r-2.xml").exists)
        assert at.service.room.desk.purse.available(CUSTOMER, "EUR") == 100_00
        says(tmp_path, world.booked(top_up, 1, "c-2", direction="DBIT", returned="MD06"), "r-3")
        says(tmp_path, world.booked(top_up, 1, "c-2", direction="DBIT", returned="MD06"), "r-4")
        await until((tmp_path / "in" / "done" / "r-4.xml").exists)
        assert at.service.room.desk.purse.available(CUSTOMER, "EUR") == 0
        assert [row.type for row in at.service.journal.ledger.rows()].count("ReverseTopUp") == 1
        assert all(IBAN not in row.body for row in at.service.journal.ledger.rows())


@pytest.mark.parametrize(
    ("customer", "bank", "reason"),
    [
        (replace(ANNA, iban=""), {}, "AC02"),
        (ANNA, {"creditor_id": None}, "AG01"),
        (replace(ANNA, provenance="real"), {}, "AG01"),
    ],
)
async def test_what_cannot_be_collected_is_rejected_with_its_reason(
    tmp_path: Path, customer: Customer, bank: dict[str, Any], reason: str
) -> None:
    """The desk is told as the bank would tell it."""
    async with house(bank={"folder": str(tmp_path)} | bank, money=0) as at:
        at.service.customers.add(customer)
        await at.service.tell(MandateGiven(replace(TOP_UP, valid_from=at.service.now() - 9.0), Way.LINK, strong=True))
        await until(lambda: at.told(BankAnswered))
        [answered] = at.told(BankAnswered)
        assert (answered.status, answered.reason) == ("RJCT", reason)
        assert not brought(tmp_path)


async def test_a_payee_without_an_account_and_another_currency_are_rejected(tmp_path: Path) -> None:
    """What was reserved is free again; a partner is paid on the account of its record."""
    async with house(bank={"folder": str(tmp_path)}) as at:
        now = at.service.now()
        anybody = replace(MANDATE, mandate="mnd/c-1/any", payees=(), valid_from=now - 9.0, category="toll", key="")
        for mandate in (anybody, replace(anybody, mandate="mnd/c-1/sek", currency="SEK", category="media")):
            await at.service.tell(MandateGiven(mandate, Way.LINK, strong=True))
        await at.service.tell(MoneyArrived(CUSTOMER, 900_00, "SEK", "in-2", "simulated"))
        await at.service.partners.register("bridge", "http://127.0.0.1:1/x", "simulated", IBAN)
        small: dict[str, Any] = {"category": "toll", "amount": 1_00}
        await at.pays("p-1", payee="nobody", **small)
        await at.pays("p-2", payee="bridge", currency="SEK", category="media", amount=1_00)
        await at.pays("p-3", payee="bridge", **small)
        [asked] = at.told(act.AskPayer)  # low values are known of the euro alone
        await at.service.tell(PaymentConfirmed(asked.payment, agreed=True, strong=True, provenance="simulated"))
        await until(lambda: len(at.told(BankAnswered)) == 2 and brought(tmp_path))
        assert sorted(one.reason for one in at.told(act.VoidPayment)) == ["AC03", "AM03"]
        assert [one.ibans for one in brought(tmp_path).values()] == [(IBAN,)]


async def test_real_and_simulated_are_never_mixed(tmp_path: Path) -> None:
    """A simulated payment never leaves by a real bank; nor is a simulated bank anywhere but on loopback."""
    async with house(bank={"folder": str(tmp_path), "provenance": "real"}) as at:
        await at.pays()
        await until(lambda: at.told(act.VoidPayment))
        assert at.told(act.VoidPayment)[0].reason == "AG01"
        assert not brought(tmp_path)
        [dead] = at.service.dead_letters()
        assert dead.outcome == "forbidden"
    async with house(bank=None) as at:
        for url in ("https://bank.example/x", "http://10.0.0.1/x", "http://localhost:1/x"):
            with pytest.raises(BadDoor, match="simulated"):
                at.service.bank.open(settings(url=url, secret="$S"))  # noqa: S106 - where it stands


async def test_without_a_bank_orders_wait_and_health_says_so() -> None:
    """They leave once there is one."""
    async with house(bank=None) as at:
        await at.pays()
        await until(at.service.bank.troubles)
        assert at.service.bank.troubles() == ["bank: this house has none; 1 orders wait"]
        assert "bank: this house has none" in str(at.service.condition().reasons)
        assert (await at.api.get("/bank")).status_code == 404
        assert at.told(BankAnswered) == []


async def test_a_report_that_cannot_be_read_is_kept_and_told(tmp_path: Path) -> None:
    """Those beside it are read."""
    async with house(bank={"folder": str(tmp_path)}) as at:
        name = await at.pays()
        says(tmp_path, b"<Document/>", "a-bad")
        says(tmp_path, world.statuses("F", "S1", world.order(name, "ACSP") + world.order("nobody", "ACSC")), "b-good")
        await until((tmp_path / "in" / "done" / "b-good.xml").exists)
        assert (tmp_path / "in" / "refused" / "a-bad.xml").read_bytes() == b"<Document/>"
        assert "neither pain.002" in (tmp_path / "in" / "refused" / "a-bad.txt").read_text()
        await until(at.service.bank.troubles)
        assert "1 reports of the bank could not be read" in at.service.bank.troubles()[0]
        [puzzle] = at.told(act.EscalatePayment)
        assert (puzzle.payment, puzzle.reason) == ("unknown/nobody", "unknown_instruction")


# --- over HTTPS ------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def with_server(
    habits: BankHabits, tls: ssl.SSLContext | None = None, section: dict[str, Any] | None = None, **payments: Any
) -> AsyncIterator[tuple[House, BankServer]]:
    """A house whose bank is the world's, over the network."""
    async with AsyncExitStack() as stack:
        houses: list[House] = []

        async def bring(body: bytes, headers: dict[str, str]) -> int:
            return (await houses[0].api.post("/bank/statuses", content=body, headers=headers)).status_code

        bank = WorldBank(habits, Streams(1), 0.0)
        server = await stack.enter_async_context(BankServer(bank, SECRET, "token", bring, now=lambda: 1.0, tls=tls))
        server.pace = 1_000.0
        said = {"url": server.url, "token": "$T", "secret": "$S"} | (section or {})
        houses.append(await stack.enter_async_context(house(bank=said, **payments)))
        yield houses[0], server


CLEAN: dict[str, Any] = {"rejects": {}, "twice": 0.0, "never": 0.0}


async def test_the_worlds_bank_pays_what_it_is_asked_and_says_so() -> None:
    """What the ledger has as settled is what it has really paid."""
    async with with_server(BankHabits(**CLEAN | {"twice": 1.0})) as (at, server):
        names = {await at.pays(f"p-{one}") for one in range(5)}
        await until(lambda: len(at.told(act.SettlePayment)) == 5)
        assert set(server.bank.executed) == names
        assert at.told(act.EscalatePayment) == []


async def test_what_the_worlds_bank_rejects_is_free_again() -> None:
    """With the bank's own reason."""
    async with with_server(BankHabits(**CLEAN | {"rejects": {"AC04": 1.0}})) as (at, server):
        await at.pays()
        await until(lambda: at.told(act.VoidPayment))
        assert at.told(act.VoidPayment)[0].reason == "AC04"
        assert server.bank.executed == {}
        assert at.service.room.desk.purse.available(CUSTOMER, "EUR") == 100_00


async def test_a_bank_that_is_away_is_a_clear_word_and_is_asked_again() -> None:
    """Then it does it once."""
    async with with_server(BankHabits(**CLEAN)) as (at, server):
        server.status = 503
        await at.pays()
        await until(at.service.bank.troubles)
        assert at.service.bank.troubles() == ["bank: answered 503; 1 orders wait"]
        assert (await at.api.get("/bank")).json()["trouble"] == at.service.bank.troubles()
        server.status = None
        await until(lambda: at.told(act.SettlePayment))
        assert len(server.bank.executed) == 1
        assert at.service.bank.troubles() == []


async def test_a_bank_that_does_not_know_us_is_a_clear_word() -> None:
    """And nothing is set free."""
    async with with_server(BankHabits(**CLEAN)) as (at, server):
        server.status = 401
        await at.pays()
        await until(at.service.bank.troubles)
        assert "it does not let us in: 401" in at.service.bank.troubles()[0]
        assert at.told(act.VoidPayment) == []


async def test_a_file_that_the_bank_refuses_at_once_is_rejected() -> None:
    """It was never taken: that is certain."""
    async with with_server(BankHabits(**CLEAN)) as (at, server):
        server.status = 400
        await at.pays()
        await until(lambda: at.told(act.VoidPayment))
        assert at.told(act.VoidPayment)[0].reason == "MS03"


async def test_a_bank_that_says_nothing_is_asked_again_with_the_same_file() -> None:
    """It recognizes it, and says what it did; a real one says that it is a duplicate, which sets nothing free."""
    async with with_server(BankHabits(**CLEAN | {"never": 1.0}), bank_s=0.3) as (at, server):
        name = await at.pays()
        await until(lambda: at.told(act.SettlePayment))
        assert len(set(server.messages)) == 1
        assert len(server.messages) >= 2
        assert list(server.bank.executed) == [name]
        assert server.bank.otherwise == []


async def test_a_bank_that_contradicts_itself_is_a_persons_to_look_at() -> None:
    """What was settled stays so."""
    async with with_server(BankHabits(**CLEAN | {"contradicts": 1.0})) as (at, _):
        await at.pays()
        await until(lambda: at.told(act.EscalatePayment))
        assert [one.reason for one in at.told(act.EscalatePayment)] == ["contradiction"]
        assert len(at.told(act.SettlePayment)) == 1
        assert at.told(act.VoidPayment) == []


@pytest.mark.parametrize("who", ["us", "nobody", "not our bank"])
async def test_a_bank_knows_us_by_our_certificate_and_we_know_it_by_its_own(tmp_path: Path, who: str) -> None:
    """Else nothing goes through, and health says why."""
    authority = Authority(tmp_path / "tls")
    files, ours = authority.server(["127.0.0.1"]), authority.client("house", 3_600.0)
    (tmp_path / "us.pem").write_text(ours.certificate + ours.private_key)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=files.authority)
    tls.load_cert_chain(files.certificate, files.private_key)
    tls.verify_mode = ssl.CERT_REQUIRED
    section = {"ca": str(files.authority), "certificate": str(tmp_path / "us.pem")}
    section.pop({"us": "", "nobody": "certificate", "not our bank": "ca"}[who], None)
    async with with_server(BankHabits(**CLEAN), tls, section) as (at, server):
        await at.pays()
        await until(lambda: at.told(act.SettlePayment) or at.service.bank.troubles())
        assert bool(server.bank.executed) == (who == "us")
        assert (at.service.bank.troubles() == []) == (who == "us")


async def test_a_certificate_that_is_none_is_told_at_the_start(tmp_path: Path) -> None:
    """By its key in the file."""
    (tmp_path / "us.pem").write_text("nonsense")
    async with house(bank=None) as at:
        for path in (tmp_path / "us.pem", tmp_path / "none.pem"):
            with pytest.raises(BadDoor, match="certificate"):
                at.service.bank.open(settings(url="https://127.0.0.1:1/x", secret="$S", certificate=str(path)))  # noqa: S106 - where it stands


async def test_money_that_nobody_asked_for_is_a_persons_to_look_at() -> None:
    """It is in nobody's purse, and in words on the desk."""
    async with with_server(BankHabits(**CLEAN)) as (at, _):
        for named in ("NOTPROVIDED", "pay/volta/car-1/p-9/bank"):
            body = world.booked(BankAsk(named, "DD", 5_00, "EUR"), 1, f"r-{named[:3]}", direction="CRDT")
            assert (await at.posts(body, name=f"b-{named[:3]}")).json() == {"repeat": False}
        puzzles = at.told(act.EscalatePayment)
        assert [one.payment for one in puzzles] == ["unknown/r-NOT", "unknown/pay/volta/car-1/p-9/bank"]
        assert at.service.room.desk.purse.available(CUSTOMER, "EUR") == 100_00
        assert at.service.room.desk.purse.book.balance() == 0
        rows = (await at.api.get("/ledger", params={"limit": 100})).json()
        assert "unknown/r-NOT" in str(rows)


async def test_a_dead_letter_is_sent_again_unless_the_desk_knows_that_it_was_not_paid() -> None:
    """What is free again would be paid twice."""
    async with with_server(BankHabits(**CLEAN)) as (at, server):
        server.status = 400
        await at.pays()
        await until(lambda: at.told(act.VoidPayment))
        [dead] = at.service.dead_letters()
        server.status = None
        assert (await at.api.post("/dead-letters/retry", json={"key": dead.key})).status_code == 409
        assert (await at.api.post("/dead-letters/retry", json={"key": "none"})).status_code == 404
        assert server.messages == []


async def test_what_is_posted_has_to_be_signed_small_and_readable() -> None:
    """Refused with a word, and nothing of it told."""
    async with with_server(BankHabits(**CLEAN)) as (at, _):
        body = world.statuses("F", "S1", world.order("x", "ACSC"))
        for secret in ("whsec_" + base64.b64encode(b"o" * 32).decode(),):
            assert (await at.posts(body, secret)).status_code == 401
        assert (await at.api.post("/bank/statuses", content=body)).status_code == 401
        assert (await at.posts(b"<a/>")).status_code == 422
        assert (await at.posts(b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>')).status_code == 422
        assert (await at.posts(b"x" * (LONGEST + 1))).status_code == 413
        assert at.told(BankAnswered) == []
        assert (await at.posts(body)).json() == {"repeat": False}
        assert (await at.posts(body, name="b-2")).json() == {"repeat": True}


async def test_ten_megabytes_are_refused_before_they_are_read() -> None:
    """By what the request says of itself."""
    async with with_server(BankHabits(**CLEAN)) as (at, _):

        async def endless() -> AsyncIterator[bytes]:
            raise AssertionError("it was read")
            yield b""

        headers = {"content-length": str(10 * 1024 * 1024)}
        answer = await at.api.post("/bank/statuses", content=endless(), headers=headers)
        assert answer.status_code == 413


async def test_a_house_without_a_secret_takes_no_posts(tmp_path: Path) -> None:
    """Its bank speaks by the folder."""
    async with house(bank={"folder": str(tmp_path)}) as at:
        assert (await at.posts(b"<a/>")).status_code == 404


# --- whose it is -----------------------------------------------------------------------------------------------------


async def test_a_wrong_iban_is_refused_at_registration_and_a_right_one_kept() -> None:
    """By the API; a registration without one leaves it as it was."""
    async with house(bank=None) as at:
        said = {"customer": "c-9", "name": "B", "phone": "+37120000009", "language": "lv", "provenance": "simulated"}
        for wrong in ("LV81BANK0000435195001", "x" * 5_000, "", 5):
            assert (await at.api.post("/customers", json=[said | {"iban": wrong}])).status_code == 422
        right = said | {"iban": "lv80 bank 0000 4351 9500 1"}
        for body in (right, said):
            assert (await at.api.post("/customers", json=[body])).status_code == 200
            known = at.service.customers.get("c-9")
            assert known is not None
            assert known.iban == PARKING


async def test_who_is_erased_stands_in_no_file_any_more(tmp_path: Path) -> None:
    """Account and name go, from register and files; that there was an order stays, and it is brought to nobody again."""
    async with house(bank={"folder": str(tmp_path)}, money=0, collect_s=0.5) as at:
        await at.service.tell(MandateGiven(replace(TOP_UP, valid_from=at.service.now() - 9.0), Way.LINK, strong=True))
        await until(lambda: brought(tmp_path))
        [message] = brought(tmp_path).values()
        await at.service.tell(CustomerErased(CUSTOMER))
        assert at.service.journal.bank.file(message.name) is None
        assert at.service.customers.get(CUSTOMER) is None
        assert list(at.service.journal.bank.orders([message.asks[0].name])) == [message.asks[0].name]
        next((tmp_path / "out").glob("*.xml")).unlink()
        await until(lambda: len(at.told(act.InstructBank)) >= 2)
        await until(at.service.dead_letters)
        assert not brought(tmp_path)
        assert at.told(BankAnswered) == []  # it may have been collected: nobody says that it was not


# --- crashes ---------------------------------------------------------------------------------------------------------

KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from dispatch.channels.bank import ways
from tests.dispatch.test_bank_door import live_once

async def dies(self, message, content, real=ways.Folder.bring):
    result = await real(self, message, content)
    os.kill(os.getpid(), signal.SIGKILL)
    return result

if sys.argv[2] == "kill":
    ways.Folder.bring = dies
asyncio.run(live_once(Path(sys.argv[1])))
"""


async def live_once(folder: Path) -> None:
    """Be a service on a store in a folder until its three payments are with the bank."""
    with Journal.open(folder / "store") as journal:
        broker = ServiceBroker.at(BrokerAddress("127.0.0.1", 1))
        service, _ = build(journal, WallClock(), broker, Hearing(open_demo=False))
        running = asyncio.create_task(service.driver.run())
        async with AsyncExitStack() as stack:
            service.bank.open(settings(folder=str(folder), batch=3, batch_s=60.0))
            service.customers.add(ANNA)
            await run(service, stack)
            await service.tell(MoneyArrived(CUSTOMER, 100_00, "EUR", "in-1", "simulated"))
            await service.tell(MandateGiven(replace(MANDATE, valid_from=1.0), Way.LINK, strong=True))
            for one in range(3):
                await service.tell(PaymentAsked(ask(f"p-{one}", at=1_700_000_000.0)))
            await until(lambda: service.bank.sender.waiting == 0)
        service.driver.stop()
        await running


def test_killed_between_the_file_and_its_note_the_bank_does_it_once(tmp_path: Path) -> None:
    """Each start brings the same file, to the byte, under the same name; the bank carries out each order once."""
    root = Path(__file__).parents[2]
    seen: list[bytes] = []
    bank = WorldBank(BankHabits(**CLEAN), Streams(1), 0.0)
    for how in ("kill", "live"):
        ended = subprocess.run(
            [sys.executable, "-c", KILLED, str(tmp_path), how],
            cwd=root,
            env=os.environ | {"PYTHONPATH": str(root)},
            check=False,
        )
        assert ended.returncode == (-signal.SIGKILL if how == "kill" else 0)
        for path in (tmp_path / "out").glob("*.xml"):  # the bank's client takes it away each time
            seen.append(path.read_bytes())
            for order in world.read_orders(seen[-1]).asks:
                bank.asked(order, 1.0)
            path.unlink()
    assert len(seen) == 2
    assert len(set(seen)) == 1
    assert len(bank.executed) == 3
    assert bank.otherwise == []
    assert bank.asked_again == 3
