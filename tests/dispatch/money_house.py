"""A house whose customers' devices pay: a telephone that keeps the codes it gets, and payments told as the gateway tells them."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field, replace
from typing import Any

from dispatch.channels.door import Outgoing
from dispatch.core.consent import Purpose, Way
from dispatch.core.conversation.channels import Channel
from dispatch.core.events import ConsentChanged
from dispatch.core.ids import instruction_id
from dispatch.core.purse.events import BankAnswered, MandateGiven, MoneyArrived
from dispatch.core.purse.mandate import Alignment, Mandate, Payee, Period, PeriodicLimit
from dispatch.outgoing.outbox import Result, Taken
from dispatch.registers.customers import Customer
from dispatch.service.service import Service
from gateway.devices.registry import DeviceRecord
from gateway.finding import PaymentAsk, Provenance

CAR, CUSTOMER, PARKING = "volta/car-1", "c-1", "LV80BANK0000435195001"


@dataclass
class Telephone:
    """Where text messages come to: a door of SMS whose other side is this list."""

    channel: Channel = Channel.SMS
    provenance: Provenance = "simulated"
    trouble: str | None = None
    got: list[Outgoing] = field(default_factory=list)
    switched_off: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, message: Outgoing) -> Result:
        """Keep it."""
        self.got.append(message)
        return Taken((str(len(self.got)),))

    async def run(self) -> None:
        """Do nothing by itself, until it is switched off."""
        await self.switched_off.wait()

    def stop(self) -> None:
        """Switch it off."""
        self.switched_off.set()

    @property
    def code(self) -> str:
        """The last code that came."""
        found = [one for one in (re.search(r"\b\d{6}\b", message.text) for message in self.got) if one is not None]
        return found[-1].group()


class MoneyHouse:
    """One customer and their car, before the desk of a service."""

    def __init__(self, service: Service, language: str = "en", customer: str = CUSTOMER, device: str = CAR) -> None:
        self.service, self.customer, self.device = service, customer, device
        self.telephone = Telephone()
        service.doors.by_channel[Channel.SMS] = self.telephone
        who = Customer(customer, "Ilze", "+37120000017", language, "simulated", time_zone="Europe/Riga")
        service.customers.add(who)
        car = DeviceRecord(device, "car", customer, "simulated", model="Volta E", plate="AB-123")
        service.room.intake.registry.add(car)

    async def agrees(self, purpose: Purpose = Purpose.PAYMENT) -> None:
        """The customer agrees."""
        await self.service.tell(ConsentChanged(self.customer, purpose, given=True, way=Way.LINK))

    def mandate(self, **other: Any) -> Mandate:
        """What the car may pay."""
        plain = Mandate(
            f"mnd/{self.customer}/parking", self.customer, self.device, (Payee(PARKING, "City parking"),), "parking", "EUR",
            20_00, (PeriodicLimit(Period.MONTH, Alignment.CALENDAR, 50_00),), self.service.now() - 90 * 86_400.0,
            self.service.now() + 90 * 86_400.0, "Europe/Riga", "", "simulated",
        )  # fmt: skip
        return replace(plain, **other)

    async def opens(self, money: int = 100_00, **mandate: Any) -> None:
        """The customer agrees, has money with us, and lets the car pay its parking."""
        await self.agrees()
        await self.service.tell(MoneyArrived(self.customer, money, "EUR", f"in-{self.customer}", "simulated"))
        await self.service.tell(MandateGiven(self.mandate(**mandate), Way.LINK, strong=True))

    async def asks(self, ref: str, amount: int = 3_50, **other: Any) -> str:
        """The car asks to pay; returns the payment."""
        now = self.service.now()
        plain = PaymentAsk(
            f"{self.device}/1-{ref}", ref, self.device, self.customer, "", PARKING, amount, "EUR", "parking", "an hour",
            None, "", now, "simulated",
        )  # fmt: skip
        await self.service.tell(self.service.room.asked(replace(plain, **other)))
        return f"pay/{self.device}/{ref}"

    async def bank(self, payment: str, status: Any = "ACSC", reason: str = "") -> None:
        """The bank says how it stands."""
        await self.service.tell(BankAnswered(instruction_id(payment), 1, status, "simulated", reason, f"ref-{payment}"))

    async def pays(self, ref: str, amount: int = 3_50) -> str:
        """The car pays; returns the payment."""
        payment = await self.asks(ref, amount)
        await self.bank(payment)
        return payment

    async def price_creeps(self) -> str:
        """Parking costs a little more from one time to the next, which is asked about; returns the last payment."""
        amounts = (3_50, 3_50, 3_50, 3_90, 4_30, 4_80)
        return [await self.pays(f"r-{number}", amount) for number, amount in enumerate(amounts)][-1]
