"""The purse that a simulated device carries: it signs, asks, hears, asks again after a restart; and what kinds pay for."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from firmware_sim.device.device import Device
from firmware_sim.device.uplink import Outgoing
from firmware_sim.links.memory import MemoryUplink
from firmware_sim.wallet.habits import MONTH_S, errands, habits_of
from firmware_sim.wallet.purse import DevicePurse
from gateway.contract.commands import PaymentStatus, PaymentStatusCommand
from gateway.devices.registry import DeviceRecord, Registry
from gateway.finding import CaptureAsk, PaymentAsk
from gateway.intake.intake import Intake

NOW = 1_796_000_000.0
TV = "lumen/tv-1"


class House:
    """A device with a purse, and a gateway that hears it."""

    def __init__(self) -> None:
        self.device = Device(TV, boot=3)
        self.purse = DevicePurse(self.device, Ed25519PrivateKey.from_private_bytes(b"5" * 32))
        record = DeviceRecord(TV, "tv", "c-1", "simulated", payment_key=self.purse.payment_key)
        self.intake = Intake(Registry([record]))
        self.asks: list[PaymentAsk] = []
        self.captures: list[CaptureAsk] = []
        self.device.uplink = MemoryUplink(self._hear)
        self.device.go_online(NOW)

    def _hear(self, sent: Outgoing) -> None:
        verdict = self.intake.receive(sent.topic, sent.payload, NOW)
        self.asks += [one for one in verdict.conclusions if isinstance(one, PaymentAsk)]
        self.captures += [one for one in verdict.conclusions if isinstance(one, CaptureAsk)]
        if verdict.refusal:
            self.purse.rejected(verdict.refusal.problem.model_dump_json(exclude_none=True).encode())

    def film(self, now: float = NOW, **other: Any) -> str:
        """Ask for a film; return its name."""
        plain: dict[str, Any] = {"amount": "3.99", "currency": "EUR", "creditor": "films-1", "words": "a film"}
        return self.purse.ask(now, category="media", **plain | other).data.end_to_end_id

    def tell(self, name: str, status: Any, at: float, **more: Any) -> None:
        """Tell the device how a payment stands, as decided ``at``."""
        told = PaymentStatus(end_to_end_id=name, status=status, **more)
        command = PaymentStatusCommand(
            id=f"{name}/{status}/{at}", time=datetime.fromtimestamp(at, UTC), provenance="simulated", data=told
        )
        self.device.receive(command.encode(), at)

    def stands(self, name: str) -> str | None:
        """How the device knows it to stand."""
        status = self.purse.asked[name].status
        return status.status if status else None


@pytest.fixture
def house() -> House:
    """A television set."""
    return House()


def test_what_a_purse_asks_is_signed_and_heard(house: House) -> None:
    """By the key that is registered."""
    name = house.film()
    (ask,) = house.asks
    assert (ask.payment_ref, ask.amount, ask.objection, bool(ask.key_thumbprint)) == (name, 399, "", True)


def test_it_asks_again_after_a_restart_under_the_same_name(house: House) -> None:
    """What is answered is not asked again; new payments have names of their own."""
    answered, silent = house.film(), house.film()
    house.tell(answered, "ACSP", NOW + 1)
    (again,) = house.purse.restart(NOW + 2)
    assert (again.data.end_to_end_id, again.id) == (silent, "4-0")
    assert [one.payment_ref for one in house.asks] == [answered, silent, silent]
    assert {one.objection for one in house.asks} == {""}
    assert house.film() not in {answered, silent}


def test_what_is_paid_of_an_amount_at_most_is_told_once_though_it_restarts(house: House) -> None:
    """With the same content and signature, until the house has booked it."""
    name = house.film(amount="10.00", at_most=True)
    assert house.asks[0].at_most
    house.tell(name, "ACSP", NOW + 1)
    house.purse.capture(name, "3.99", NOW + 60)
    house.purse.restart(NOW + 61)
    house.purse.capture(name, "9.99", NOW + 62)
    assert [(one.amount, one.payment_ref, one.objection) for one in house.captures] == [(399, name, "")] * 3
    house.tell(name, "ACSC", NOW + 70)
    house.purse.restart(NOW + 71)
    assert len(house.captures) == 3


def test_the_last_decision_counts_in_whatever_order_they_come(house: House) -> None:
    """And an ask that is refused for contradicting a payment changes nothing of it."""
    name = house.film()
    house.tell(name, "ACSC", NOW + 20)
    house.tell(name, "ACSP", NOW + 1)
    house.tell(name, "RJCT", NOW + 30, reason="DU04", event_id="3-9")
    assert (house.stands(name), len(house.purse.contradicted)) == ("ACSC", 1)
    house.tell("3-99", "ACSC", NOW + 40)  # of nothing that it asked


def test_what_is_refused_for_its_form_is_not_asked_again(house: House) -> None:
    """The reason is kept."""
    name = house.film(words="paid by 4111 1111 1111 1111")
    refused = house.purse.asked[name].refused
    assert refused is not None
    assert refused.type.endswith("card-number")
    assert house.purse.ask_again(NOW) == []
    house.purse.rejected(json.dumps({"no": "problem"}).encode())


A_MONTH = {"car": 12, "fridge": 4, "tv": 3, "phone": 20, "home": 2, "washer": 0}


@pytest.mark.parametrize("kind", A_MONTH)
def test_kinds_pay_as_often_as_was_found(kind: str) -> None:
    """In a home and month; amounts have two decimals and lie where nine in ten do."""
    habits = habits_of(kind)
    assert sum(habit.a_month for habit in habits) == pytest.approx(A_MONTH[kind])
    drawn = errands(habits, NOW, NOW + 100 * MONTH_S, np.random.default_rng(7))
    assert len(drawn) == pytest.approx(100 * A_MONTH[kind], abs=5 * (100 * A_MONTH[kind]) ** 0.5)
    assert [one.at for one in drawn] == sorted(one.at for one in drawn)
    within = [one.habit.least <= float(one.amount) <= one.habit.most for one in drawn]
    assert not drawn or sum(within) / len(within) == pytest.approx(0.9, abs=0.06)
    assert all(len(one.amount.partition(".")[2]) == 2 for one in drawn)


@pytest.mark.parametrize("kind", [kind for kind, often in A_MONTH.items() if often])
def test_a_device_of_any_kind_pays_what_its_kind_pays_for(kind: str) -> None:
    """By one purse for all: every payment of its month is heard, signed, and to whom and for what it is."""
    device = Device(f"maker/{kind}-1")
    purse = DevicePurse(device, Ed25519PrivateKey.from_private_bytes(b"6" * 32))
    intake = Intake(Registry([DeviceRecord(device.name, kind, "c-1", "simulated", payment_key=purse.payment_key)]))
    month = errands(habits_of(kind), NOW, NOW + MONTH_S, np.random.default_rng(11))
    for errand in month:
        habit = errand.habit
        sent = purse.ask(
            errand.at, amount=errand.amount, currency="EUR", creditor=habit.creditor, creditor_name=habit.name,
            category=habit.category, words=habit.words,
        )  # fmt: skip
        (ask,) = intake.receive(f"callahead/v1/{device.name}/event", sent.encode(), errand.at).conclusions
        assert isinstance(ask, PaymentAsk)
        assert (ask.objection, ask.payee, ask.category) == ("", habit.creditor, habit.category)
    assert month
    assert len(purse.asked) == len(month)
