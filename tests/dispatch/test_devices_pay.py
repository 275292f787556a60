"""Devices ask to pay on a real broker, of a real service: told how it stands, whatever they ask, whoever restarts meanwhile."""

from __future__ import annotations

import asyncio
import json
import queue
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from dispatch.core.consent import Way
from dispatch.core.events import Event
from dispatch.core.purse.events import BankAnswered, MandateGiven, MoneyArrived
from dispatch.core.purse.mandate import Alignment, Mandate, Payee, Period, PeriodicLimit
from dispatch.engine.clock import WallClock
from dispatch.service.build import Hearing, build
from dispatch.service.service import ServiceBroker
from dispatch.store.journal import Journal
from firmware_sim.device.device import Device
from firmware_sim.device.uplink import Outgoing
from firmware_sim.links.mqtt import MqttFleet
from firmware_sim.wallet.purse import DevicePurse
from gateway.contract.broker_address import BrokerAddress
from gateway.contract.topics import Channel, topic
from gateway.payments.device_key import thumbprint

Served = Any
Eventually = Callable[..., Any]
CAR, PARKING = "volta/car-1", "LV80BANK0000435195001"


class Car:
    """A car with a purse on a broker, and what came down to it."""

    def __init__(self, broker: BrokerAddress, key: Ed25519PrivateKey) -> None:
        self.device = Device(CAR, boot=int(time.time()))
        self.purse = DevicePurse(self.device, key)
        self._down: queue.SimpleQueue[tuple[bool, bytes]] = queue.SimpleQueue()
        self.fleet = MqttFleet(
            str(broker), [self.device], run="pay",
            on_command=lambda _, payload: self._down.put((True, payload)),
            on_rejected=lambda _, payload: self._down.put((False, payload)),
        )  # fmt: skip
        self.fleet.start()
        self.device.go_online(time.time())

    def ask(self, amount: str = "3.50", **other: Any) -> str:
        """Ask for parking; return the payment's end-to-end id."""
        plain: dict[str, Any] = {"currency": "EUR", "creditor": PARKING, "category": "parking", "words": "an hour"}
        return self.purse.ask(time.time(), amount=amount, **plain | other).data.end_to_end_id

    def sends(self, **changes: Any) -> str:
        """Send a request as it is, signed or not, and return its id; what is wrong in it no purse would ask."""
        event_id = f"{self.device.boot}-{900_000 + self.device.seq}"
        self.device.seq += 1
        data = {
            "end_to_end_id": event_id, "created": datetime.now(UTC).isoformat(), "currency": "EUR", "amount": "3.50",
            "creditor": PARKING, "category": "parking", "words": "an hour", **changes,
        }  # fmt: skip
        event = {
            "specversion": "1.0", "type": "callahead.payment.request.v1", "source": f"/{CAR}", "id": event_id,
            "time": datetime.now(UTC).isoformat(), "provenance": "simulated", "data": data,
        }  # fmt: skip
        assert self.device.uplink
        payload = json.dumps(event).encode()
        self.device.uplink.send(Outgoing(topic(CAR, Channel.EVENT), payload, retain=False, perishable=False, key=None))
        return event_id

    def hear(self) -> list[dict[str, Any]]:
        """Take what came down; return what was refused for its form."""
        refused = []
        while not self._down.empty():
            is_command, payload = self._down.get()
            if is_command:
                self.device.receive(payload, time.time())
            else:
                self.purse.rejected(payload)
                refused.append(json.loads(payload))
        return refused

    def amount(self, end_to_end_id: str) -> str | None:
        """Return what is paid of what was set aside, as the house says."""
        self.hear()
        status = self.purse.asked[end_to_end_id].status
        return status.amount if status else None

    def stands(self, end_to_end_id: str) -> tuple[str, str | None] | None:
        """Return status and reason of a payment, as the car knows them."""
        self.hear()
        status = self.purse.asked[end_to_end_id].status
        return (status.status, status.reason) if status else None


Give = Callable[..., Car]


@pytest.fixture
def key() -> Ed25519PrivateKey:
    """The car's own."""
    return Ed25519PrivateKey.from_private_bytes(b"7" * 32)


@pytest.fixture
def car(key: Ed25519PrivateKey) -> Iterator[Callable[[BrokerAddress], Car]]:
    """Connect the car to a broker; hang up at the end."""
    with ExitStack() as stack:

        def connect(broker: BrokerAddress) -> Car:
            made = Car(broker, key)
            stack.callback(made.fleet.close)
            return made

        yield connect


def tell_the_store(folder: Path, *events: Event) -> None:
    """Tell what happened while no service runs: the customer at their page, and the bank."""

    async def told() -> None:
        with Journal.open(folder) as journal:
            made, _ = build(journal, WallClock(), ServiceBroker.at(BrokerAddress("127.0.0.1", 1)), Hearing())
            running = asyncio.create_task(made.driver.run())
            for event in events:
                await made.driver.tell(event)
            made.driver.stop()
            await running

    asyncio.run(told())


def given(key: Ed25519PrivateKey) -> tuple[Event, ...]:
    """Anna lets her car pay for parking, 20 € at once and 30 € a day, and has 100 € in her purse."""
    mandate = Mandate(
        "mnd/c-1/parking", "c-1", CAR, (Payee(PARKING, "City parking"),), "parking", "EUR", 20_00,
        (PeriodicLimit(Period.DAY, Alignment.CALENDAR, 30_00),), time.time() - 86_400.0, None, "Europe/Riga",
        thumbprint(public(key)), "simulated",
    )  # fmt: skip
    return MoneyArrived("c-1", 100_00, "EUR", "in-1", "simulated"), MandateGiven(mandate, Way.LINK, strong=True)


def public(key: Ed25519PrivateKey) -> str:
    """As it is registered."""
    return urlsafe_b64encode(key.public_key().public_bytes_raw()).rstrip(b"=").decode()


def register(served: Served, words: Any, **car: Any) -> httpx.Response:
    """Register vendor, customer and car; return the answer about the car."""
    customer = words.customer | {"may_payment": True}
    for path, body in {"/vendors": words.vendors, "/customers": [customer]}.items():
        httpx.post(f"{served.http}/api/v1{path}", json=body).raise_for_status()
    return httpx.post(f"{served.http}/api/v1/devices", json=[words.registered[0] | car])


def test_a_car_pays_and_hears_of_it_whoever_is_killed_meanwhile(  # noqa: PLR0917 - pytest's fixtures
    serve: Callable[..., Served],
    mosquitto: Callable[..., BrokerAddress],
    tmp_path: Path,
    words: Any,
    eventually: Eventually,
    key: Ed25519PrivateKey,
    car: Callable[[BrokerAddress], Car],
) -> None:
    """Reserved at once; asked again after a restart it is the same payment; settled when the bank has answered."""
    broker, folder = mosquitto("allow_anonymous true"), tmp_path / "serve"
    tell_the_store(folder, *given(key))
    first = serve("--broker", str(broker))
    register(first, words, payment_key=public(key)).raise_for_status()
    mine = car(broker)
    parked = mine.ask("3.50")
    eventually(lambda: mine.stands(parked) == ("ACSP", None))
    charges = mine.ask("5.00", at_most=True)
    eventually(lambda: mine.stands(charges) == ("ACSP", None))
    first.kill()
    unheard = mine.ask("2.00")  # nobody hears it yet
    mine.purse.capture(charges, "1.20", time.time())
    again = mine.purse.restart(time.time())
    assert [one.data.end_to_end_id for one in again] == [unheard]
    instruction = f"pay/{CAR}/{parked}/bank"
    tell_the_store(folder, BankAnswered(instruction, 1, "ACSC", "simulated", reference="b-1"))
    second = serve("--broker", str(broker))
    eventually(lambda: mine.stands(parked) == ("ACSC", None))
    eventually(lambda: mine.stands(unheard) == ("ACSP", None))
    eventually(lambda: mine.amount(charges) == "1.20")
    mine.purse.asked[parked].status = None  # it lost its memory of that
    mine.purse.ask_again(time.time())
    eventually(lambda: mine.stands(parked) == ("ACSC", None))
    rows = httpx.get(f"{second.http}/api/v1/ledger").json()["rows"]
    kinds = [row["type"] for row in rows]
    assert (kinds.count("ReservePayment"), kinds.count("SettlePayment"), kinds.count("CapturePayment")) == (3, 1, 1)
    assert kinds.count("PaymentAsked") == 5, "repeats are told, and pay nothing more"


def test_each_bad_request_is_told_its_reason_and_nothing_is_reserved(  # noqa: PLR0917 - pytest's fixtures
    serve: Callable[..., Served],
    tmp_path: Path,
    words: Any,
    eventually: Eventually,
    mosquitto: Callable[..., BrokerAddress],
    key: Ed25519PrivateKey,
    car: Callable[[BrokerAddress], Car],
) -> None:
    """Forms on ``…/rejected`` with the place; what is decided by status; one id asks for one payment."""
    broker = mosquitto("allow_anonymous true")
    tell_the_store(tmp_path / "serve", *given(key))
    served = serve("--broker", str(broker))
    register(served, words, payment_key=public(key)).raise_for_status()
    mine = car(broker)
    forms = {
        mine.sends(amount="3.505"): "CH20",
        mine.sends(currency="EURO"): "AM11",
        mine.sends(creditor="LV81BANK0000435195001"): "AC03",
        mine.sends(created="noon"): "DT01",
    }
    card = mine.sends(words="4111 1111 1111 1111")
    refused: dict[str, dict[str, Any]] = {}

    def all_refused() -> bool:
        refused.update({one["event_id"]: one for one in mine.hear()})
        return refused.keys() >= {*forms, card}

    eventually(all_refused)
    assert {one: refused[one]["reason"] for one in forms} == forms
    assert refused[card]["type"] == "urn:callahead:rule:card-number"
    decided = {
        mine.ask(currency="SEK"): "AM03",
        mine.ask(creditor="DE89370400440532013000"): "SL11",
        mine.ask(category="toll"): "MD01",
        mine.ask(mandate="mnd/c-2/parking"): "MD01",
        mine.ask("0.00"): "AM01",
        mine.ask("150.00"): "AM04",
    }
    eventually(lambda: {one: mine.stands(one) for one in decided} == {one: ("RJCT", decided[one]) for one in decided})
    over = mine.ask("21.00")
    eventually(lambda: mine.stands(over) == ("PDNG", None))
    rows = httpx.get(f"{served.http}/api/v1/ledger").json()["rows"]
    assert "ReservePayment" not in {row["type"] for row in rows}


def test_whose_key_it_is_and_when_it_was_made_is_told(  # noqa: PLR0917 - pytest's fixtures
    serve: Callable[..., Served],
    tmp_path: Path,
    words: Any,
    eventually: Eventually,
    mosquitto: Callable[..., BrokerAddress],
    key: Ed25519PrivateKey,
    car: Callable[[BrokerAddress], Car],
) -> None:
    """A signature that is missing or wrong, a clock that is off, a replay with another sum, a key that is expired or shared."""
    broker = mosquitto("allow_anonymous true")
    tell_the_store(tmp_path / "serve", *given(key))
    served = serve("--broker", str(broker))
    register(served, words, payment_key=public(key)).raise_for_status()
    mine = car(broker)
    ledger: list[dict[str, Any]] = []

    def reasons() -> dict[str, str]:
        ledger[:] = httpx.get(f"{served.http}/api/v1/ledger").json()["rows"]
        refusals = [json.loads(row["body"]) for row in ledger if row["type"] == "RefusePayment"]
        return {one["payment"].removeprefix(f"pay/{CAR}/"): one["reason"] for one in refusals}

    paid = mine.ask()
    eventually(lambda: mine.stands(paid) == ("ACSP", None))
    stands = mine.purse.asked[paid].request
    ahead = datetime.now(UTC) + timedelta(hours=3)
    wanted = {
        mine.sends(): "DS0A",
        mine.sends(signature=stands.signature): "DS0B",
        mine.sends(created=ahead.isoformat()): "CH03",
        mine.sends(created=(ahead - timedelta(days=3)).isoformat()): "CH04",
    }
    other = stands.model_dump(exclude_none=True, exclude={"signature"}) | {"amount": "4.50"}
    mine.sends(**other)
    eventually(lambda: reasons() == wanted | {paid: "DU04"})
    eventually(lambda: mine.hear() or mine.purse.contradicted)
    (told,) = mine.purse.contradicted
    assert (told.end_to_end_id, told.reason, mine.stands(paid)) == (paid, "DU04", ("ACSP", None))
    shared = register(served, words, device="volta/car-2", payment_key=public(key))
    assert (shared.status_code, shared.json()["type"]) == (409, "urn:callahead:problem:payment-key-shared")
    weak = register(served, words, payment_key="A" * 43)
    assert (weak.status_code, weak.json()["type"]) == (422, "urn:callahead:problem:payment-key-weak")
    register(served, words, payment_key=public(key), payment_key_expires=time.time()).raise_for_status()
    late = mine.ask()
    eventually(lambda: mine.stands(late) == ("RJCT", "TKXP"))
    assert sum(row["type"] == "ReservePayment" for row in ledger) == 1
