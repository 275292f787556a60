"""Devices that pay: of every kind that does and that the campaign can build, each with a customer of its own. On one thread."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import assert_never

from dispatch.core.ids import mandate_id, payment_id
from dispatch.core.purse.mandate import Alignment, Mandate, Payee, Period, PeriodicLimit
from dispatch.core.purse.money import as_text
from dispatch.registers.customers import Customer
from firmware_sim.device.device import Device
from firmware_sim.device.habit import PayingHabit
from firmware_sim.wallet.purse import DevicePurse
from gateway.contract.commands import Command, PaymentStatusCommand
from gateway.devices.registry import DeviceRecord
from gateway.payments.device_key import thumbprint
from scenarios.chaos.chronicle import Chronicle
from scenarios.chaos.paying.plan import A_DAY, AT_ONCE, TOP_UP, HowAsked, PlannedAsk
from scenarios.chaos.paying.record import MoneyRecord
from scenarios.chaos.troubles import ways
from scenarios.story.registry import KINDS, platform
from scenarios.world.addresses import account_of
from scenarios.world.device_keys import key_of, public_key_of
from scenarios.world.homes import SIMULATED
from scenarios.world.payers.kind import PayerKind

EACH = 2
"""Devices of a kind; the second's customer was strongly authenticated as they gave its mandate."""
CURRENCY, ZONE = "EUR", "Europe/Riga"
STRANGER = account_of("somebody else")
FORGERS_FIRST = 1_000_000
"""Of what somebody asks for who signs with a key of their own: names that the device never uses."""
OVER = frozenset({"ACSC", "RJCT", "CANC"})


@dataclass(slots=True)
class ChaosPayer:
    """One device that pays."""

    device: Device
    kind: str
    habit: PayingHabit
    number: int
    purse: DevicePurse = field(init=False)
    asked: list[str] = field(default_factory=list)
    """End-to-end ids of what it asked for itself, the newest last."""

    def __post_init__(self) -> None:
        """It has a key of its own."""
        self.purse = DevicePurse(self.device, key_of(self.device.name))

    @property
    def customer(self) -> str:
        """Whose it is."""
        return f"payer-{self.number:02d}"

    @property
    def phone(self) -> str:
        """Where codes come to."""
        return f"+9998{self.number:07d}"

    @property
    def is_strong(self) -> bool:
        """Was its customer authenticated as they gave its mandate?"""
        return self.number % EACH == 0

    @property
    def payee(self) -> str:
        """Whom its mandate names."""
        return account_of(self.habit.creditor)

    def mandate(self, ref: str, now: float) -> Mandate:
        """Return what lets it pay, from now on."""
        return Mandate(
            mandate_id(self.customer, ref), self.customer, self.device.name, (Payee(self.payee, self.habit.name),),
            self.habit.category, CURRENCY, AT_ONCE, (PeriodicLimit(Period.DAY, Alignment.CONSENT, A_DAY),), now, None,
            ZONE, thumbprint(self.purse.payment_key), SIMULATED,
        )  # fmt: skip

    def top_up(self, now: float) -> Mandate:
        """Return what lets the house collect what the purse lacks."""
        name = mandate_id(self.customer, "top-up")
        return Mandate(
            name, self.customer, "", (), "top_up", CURRENCY, TOP_UP, (), now, None, ZONE, "", SIMULATED
        )  # fmt: skip


class ChaosPayers:
    """All of them; ``ask`` as planned, and they keep what they are told."""

    def __init__(self, vendor: str, record: MoneyRecord, chronicle: Chronicle) -> None:
        self._record, self._chronicle = record, chronicle
        self.all = list(_built(vendor))
        self._by_device = {one.device.name: one for one in self.all}
        self._payments: dict[str, str] = {}
        """Event by which one asked → the payment."""
        self._told_at: dict[str, float] = {}
        self.on_question: Callable[[ChaosPayer, str], None] = lambda _payer, _name: None
        """Called when a device shows that its customer is asked about a payment."""
        for one in self.all:
            one.device.listeners.append(partial(self._heard, one))

    def records(self) -> list[DeviceRecord]:
        """Return every device as it is registered."""
        return [
            DeviceRecord(one.device.name, one.kind, one.customer, SIMULATED, payment_key=public_key_of(one.device.name))
            for one in self.all
        ]

    def customers(self) -> list[Customer]:
        """Return whose they are."""
        return [
            Customer(
                one.customer, one.device.name, one.phone, "en", SIMULATED, may_payment=True, iban=account_of(one.customer)
            )
            for one in self.all
        ]  # fmt: skip

    def of(self, number: int) -> ChaosPayer:
        """Return one by any number."""
        return self.all[number % len(self.all)]

    def at(self, device: str) -> ChaosPayer | None:
        """Return one by its device's name."""
        return self._by_device.get(device)

    def ask(self, planned: PlannedAsk) -> None:
        """Have a device ask."""
        payer, now, cents = self.of(planned.payer), time.time(), planned.cents
        match planned.how:
            case HowAsked.ONCE | HowAsked.AGAIN | HowAsked.OTHERWISE:
                self._send(payer, payer.purse, cents, now)
            case HowAsked.TOO_MUCH:
                self._send(payer, payer.purse, AT_ONCE + cents, now)
            case HowAsked.STRANGER:
                self._send(payer, payer.purse, cents, now, payee=STRANGER)
            case HowAsked.FOREIGN:
                self._send(payer, payer.purse, cents, now, currency="SEK")
            case HowAsked.FORGED:
                forger = DevicePurse(payer.device, key_of("a forger"), number=FORGERS_FIRST + len(self._payments))
                self._send(payer, forger, cents, now)
            case HowAsked.OLD:
                self._forgetful(payer, cents, now, cents)
            case _:
                assert_never(planned.how)
        if planned.how is HowAsked.AGAIN:
            self._note(payer, payer.asked[-1], payer.purse.repeat(payer.asked[-1], now).key)
        elif planned.how is HowAsked.OTHERWISE:
            self._forgetful(payer, cents, now, -1)

    def acknowledged(self, event: str) -> None:
        """The broker has what a device sent."""
        if event in self._payments:
            self._record.acknowledged[event] = self._payments[event]

    def left(self) -> Iterator[str]:
        """Yield, in words, which payments have not come to their end for their device."""
        for event, payment in self._payments.items():
            if event not in self._record.acknowledged:
                yield f"{event}, an ask, is not acknowledged"
            status = self._record.told.get(payment, ("", ""))[0]
            if status not in OVER:
                yield f"{payment} is {status or 'unheard of'} for its device"

    # --- asking ------------------------------------------------------------------------------------------------------

    def _forgetful(self, payer: ChaosPayer, cents: int, now: float, which: int) -> None:
        """Ask under a name that was used, with another amount, as who remembers nothing of it."""
        if not payer.asked:
            self._send(payer, payer.purse, cents, now)
        name = payer.asked[which % len(payer.asked)]
        purse = DevicePurse(payer.device, payer.purse.key, number=int(name.rpartition("-")[2]))
        self._send(payer, purse, cents + 1, now)

    def _send(
        self,
        payer: ChaosPayer,
        purse: DevicePurse,
        cents: int,
        now: float,
        *,
        payee: str = "",
        currency: str = CURRENCY,
    ) -> None:
        name, habit = purse.next_id, payer.habit
        event = purse.ask(
            now, amount=as_text(cents, currency), currency=currency, creditor=payee or payer.payee,
            category=habit.category, words=habit.words, creditor_name=habit.name,
        )  # fmt: skip
        self._note(payer, name, event.key)
        if purse is payer.purse:
            payer.asked.append(name)

    def _note(self, payer: ChaosPayer, name: str, event: str) -> None:
        self._payments[event] = payment_id(payer.device.name, name)
        self._chronicle.note("asks to pay", event=event, payment=self._payments[event])

    # --- what they are told ------------------------------------------------------------------------------------------

    def _heard(self, payer: ChaosPayer, command: Command, _now: float) -> None:
        if not isinstance(command, PaymentStatusCommand) or command.data.event_id is not None:
            return
        said, at = command.data, command.time.timestamp()
        payment = payment_id(payer.device.name, said.end_to_end_id)
        if at >= self._told_at.get(payment, 0.0):
            self._told_at[payment] = at
            self._record.told[payment] = (said.status, said.reason or "")
        if said.status == "PDNG":
            self.on_question(payer, said.end_to_end_id)

    def paid(self, payer: ChaosPayer) -> list[str]:
        """Return what was paid for one, as far as its device knows: end-to-end ids, the oldest first."""
        told = self._record.told
        return [one for one in payer.asked if told.get(payment_id(payer.device.name, one), ("", ""))[0] == "ACSC"]


def _built(vendor: str) -> Iterator[ChaosPayer]:
    builds = {one.kind: trouble.build for one, trouble in reversed(ways().items())}
    kinds: Sequence[tuple[str, PayerKind]] = [
        (kind, known) for kind in KINDS if (known := platform(kind, "payer", "PAYER", PayerKind)) is not None
    ]
    number = 0
    for kind, known in kinds:
        for _ in range(EACH if kind in builds else 0):
            number += 1
            yield ChaosPayer(builds[kind](f"{vendor}/{kind}-payer-{number:02d}"), kind, known.habits[0], number)
