"""What is kept of a customer, told to them or erased; and what is known by heart of it, forgotten once that is stored."""

from __future__ import annotations

import asyncio
import json
import logging
from base64 import b64encode
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from dispatch.channels.bank.sender import BankSender
from dispatch.channels.message_sender import MessageSender
from dispatch.core.events import CustomerErased, DataExpired
from dispatch.delivery.geocoding import Addresses
from dispatch.delivery.webhook_sender import WebhookSender
from dispatch.engine.driver import Driver
from dispatch.ledger.pipeline import ControlRoom
from dispatch.ledger.rows import Row, body_of, read
from dispatch.service.erased_list import ErasedList
from dispatch.service.log_in import LogIn
from dispatch.store.journal import Journal
from dispatch.store.voice_rows import KeptVoice
from dispatch.views.partner_requests import Requests
from dispatch.views.timeline import line
from gateway.devices.registry import DeviceRecord

log = logging.getLogger("callahead")

AGAIN = "service/restored"
"""By whom somebody is erased again, after an older backup was brought back."""
ABOUT = (
    "All that Callahead keeps of you. Times are seconds since 1970-01-01 UTC, positions WGS 84 degrees. 'register' is who you are "
    "to us and what you agree to; 'devices' are those registered as yours, with what was last known of each; 'cases' is what broke "
    "and what was done about it, in words and as it was written down; 'products' what you hold; "
    "'wrote_from' are addresses from which you wrote before we knew that it was you; "
    "'voice' is what you said into your page, as WAV files in base64; "
    "'voice_print' is what your voice on the telephone is compared with, in base64; "
    "'refused' are messages of your devices that we did not take; 'links' are those by which you see what is yours."
)


@dataclass(slots=True)
class PersonalData:
    """``feed`` it every row once it is stored."""

    journal: Journal
    room: ControlRoom
    driver: Driver
    requests: Requests
    webhooks: WebhookSender
    messages: MessageSender
    orders: BankSender
    addresses: Addresses
    log_in: Callable[[], LogIn]
    now: Callable[[], float]
    """The service's time, POSIX seconds."""
    erased: ErasedList = field(default_factory=ErasedList)
    forget: list[Callable[[], None]] = field(default_factory=list)
    """Whoever knows answers by heart that may hold personal data."""

    def is_known(self, customer: str) -> bool:
        """Is anything kept of a customer?"""
        owners = {record.customer for record in self.room.intake.registry}
        return self.room.customers.get(customer) is not None or customer in owners

    async def erase(self, customer: str, by: str) -> None:
        """Erase a customer; returns once it is stored, and noted for when an older backup is brought back."""
        await self.driver.tell(CustomerErased(customer, by=by))
        await asyncio.to_thread(self.erased.add, customer, self.now(), by)

    async def erase_again(self) -> int:
        """Erase who was erased after the backup was made that the store is; return how many. To be called at a start."""
        known = await asyncio.to_thread(self.journal.erasures.customers)
        noted = await asyncio.to_thread(self.erased.customers)
        for customer, at in known.items():
            if customer not in noted:  # the last start ended between the store and the list
                await asyncio.to_thread(self.erased.add, customer, at, AGAIN)
        back = [one for one in noted if one not in known]
        for customer in back:
            await self.driver.tell(CustomerErased(customer, by=AGAIN))
        if back:
            log.warning("%d customers were erased again: the store is of a backup from before", len(back))
        return len(back)

    def feed(self, row: Row) -> None:
        """Take one row: what it erases is known by heart no more."""
        said = read(row)
        if isinstance(said, CustomerErased):
            self.webhooks.forget(lambda action: self.requests.customer_of(action.case) == said.customer)
            self.messages.forget(lambda action: action.customer == said.customer)
            self.orders.forget(lambda action: action.customer == said.customer)
            self.log_in().registers.forget(lambda one: one.owns == said.customer)
        elif isinstance(said, DataExpired) and said.what == "log_ins":
            self.log_in().registers.forget(lambda one: one.until < said.before)
        if isinstance(said, CustomerErased | DataExpired):
            self.addresses.forget()
            for forget in self.forget:
                forget()

    async def export(self, customer: str) -> dict[str, Any]:
        """Return all that is kept of a customer, as one document."""
        records = [record for record in self.room.intake.registry if record.customer == customer]
        twins = [_twin(twin) for one in records if (twin := self.room.intake.twins.get(one.device)) is not None]
        return await asyncio.to_thread(self._export, customer, records, twins)

    def _export(self, customer: str, records: list[DeviceRecord], twins: list[dict[str, Any]]) -> dict[str, Any]:
        known = self.room.customers.get(customer)
        names = [record.device for record in records]
        links = self.log_in().registers.links.values()
        return {
            "about": ABOUT,
            "customer": customer,
            "exported_at": self.now(),
            "register": None if known is None else asdict(known),
            "devices": [_device(asdict(record)) for record in records],
            "last_known": twins,
            "cases": self._cases(customer),
            "products": [asdict(one) for one in self.room.products.of(customer)],
            "wrote_from": [asdict(one) for one in self.journal.strangers.all() if one.customer == customer],
            "voice": [_voice(one) for one in self.journal.voices.of(customer)],
            "voice_print": self._voice_print(customer),
            "refused": [asdict(one) | {"problem": one.problem.title} for one in self.journal.refused.of(names)],
            "links": [{"role": one.role, "until": one.until} for one in links if one.owns == customer],
        }

    def _voice_print(self, customer: str) -> dict[str, Any] | None:
        known = self.room.desk.verification.print_of(customer)
        if known is None:
            return None
        numbers = self.journal.voice_prints.get(known.voice_print, customer) or b""
        return {"at": known.at, "edition": known.edition, "numbers": b64encode(numbers).decode()}

    def _cases(self, customer: str) -> list[dict[str, Any]]:
        """Return what the ledger tells of a customer, case by case; what is about no case stands last."""
        found: dict[str, dict[int, Row]] = {}
        for row in self.journal.ledger.of_customer(customer):
            found.setdefault(row.case or "", {})[row.seq] = row
        return [
            {"case": case or None, "rows": [_told(rows[seq]) for seq in sorted(rows)]} for case, rows in found.items()
        ]


def _device(record: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value for name, value in record.items() if name != "ble_key"
    }  # a secret of the device, not of the person


def _voice(one: KeptVoice) -> dict[str, Any]:
    return {"message": one.message, "at": one.at, "wav": b64encode(one.recording).decode()}


def _twin(twin: Any) -> dict[str, Any]:  # noqa: ANN401 - as the gateway has it
    from gateway.devices.twin_text import write_twin  # noqa: PLC0415 - beside its one use

    return {"device": twin.device, "known": json.loads(write_twin(twin))}


def _told(row: Row) -> dict[str, Any]:
    body = json.loads(body_of(read(row)))
    return {"seq": row.seq, "at": row.at, "what": line(row).what, "type": row.type, "body": body}


def list_in(folder: Path) -> ErasedList:
    """Return the list of a service whose own folder this is."""
    return ErasedList(folder / "erased.jsonl")
