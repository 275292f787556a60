"""The bank as one part of the service: what is decided leaves by it, what it says comes in.

Where the operator has none, orders wait, and health says so.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

from dispatch.channels.bank.orders import Order
from dispatch.channels.bank.sender import BankDoor, BankSender
from dispatch.channels.bank.settings import BankSettings
from dispatch.channels.bank.ways import way_of
from dispatch.channels.door import BadDoor
from dispatch.core.events import Event
from dispatch.core.purse.actions import InstructBank
from dispatch.ledger.pipeline import Turn
from dispatch.registers.bank_orders import BankOrder
from dispatch.service.bank_accounts import BankAccounts

if TYPE_CHECKING:
    from dispatch.channels.bank.answers import BankAnswers
    from dispatch.channels.bank.inbox import BankInbox
    from dispatch.service.service import Service  # which has the bank

_EXTRA = "pip install 'callahead[payments]'"


class BankPart(Protocol):
    """What runs until it is stopped."""

    async def run(self) -> None:
        """Do it."""

    def stop(self) -> None:
        """Have ``run`` end."""


class Bank:
    """``open`` it, run the ``sender`` and the ``parts``. In one event loop."""

    def __init__(self, service: Service) -> None:
        self.settings: BankSettings | None = None
        self.parts: list[BankPart] = []
        self.sender = BankSender(service.journal, service.clock, self)
        self._inbox: BankInbox | None = None
        self._service = service
        self._rows = service.journal.bank

    def open(self, settings: BankSettings) -> None:
        """Open the door to the bank. Raises ``BadDoor``."""
        try:
            from dispatch.channels.bank.files import House, written  # noqa: PLC0415 - imports what is an extra
            from dispatch.channels.bank.inbox import BankInbox  # noqa: PLC0415 - likewise
        except ModuleNotFoundError as error:
            raise BadDoor(f"the section [bank] needs {error.name}: {_EXTRA}") from None
        house, way = House.of(settings), way_of(settings, self._service.partner_networks)
        self.settings, self.parts = settings, [way]
        self.sender.open(BankDoor(settings, way, lambda message, orders, at: written(message, orders, house, at)))
        if settings.folder is not None:
            self._inbox = BankInbox(settings.folder, self.take)
            self.parts.append(self._inbox)

    def troubles(self) -> list[str]:
        """Return what keeps money from moving, in words, for health."""
        waiting = self.sender.waiting
        if self.settings is None:
            return [f"bank: this house has none; {waiting} orders wait"] if waiting else []
        away = [f"bank: {self.sender.trouble}; {waiting} orders wait"] if self.sender.trouble is not None else []
        unread = self._inbox.trouble if self._inbox is not None else None
        return [*away, *([f"bank: {unread}"] if unread else [])]

    # --- what it says ------------------------------------------------------------------------------------------------

    async def take(self, body: bytes) -> bool:
        """Take one of the bank's reports; return once all it says is stored, and whether any of it was new.

        Raises ``BadReport``; then nothing of it is told.
        """
        found = await asyncio.to_thread(self._read, body)
        news = [event for event in found.events if not self.is_known(event.key)]
        for event in news:
            await self._service.tell(event)
        await asyncio.to_thread(self._end, found.ended)
        return bool(news)

    def _read(self, body: bytes) -> BankAnswers:
        from dispatch.channels.bank.answers import answers_of  # noqa: PLC0415 - imports what is an extra
        from dispatch.channels.bank.reports import read_report  # noqa: PLC0415 - likewise

        assert self.settings is not None  # noqa: S101 - nobody else has a report to bring
        return answers_of(read_report(body), self, self.settings.provenance)

    def _end(self, ended: tuple[BankOrder, ...]) -> None:
        """Keep no file whose orders are all answered for good: names and accounts stand in it."""
        for one in ended:
            self._rows.note_order(one.end_to_end, answered=one.answered)
        for message in {one.message for one in ended}:
            file = self._rows.file(message)
            if file is not None and all(one.answered for one in self._rows.orders(file.orders).values()):
                self._rows.forget_file(message)

    def orders(self, end_to_ends: list[str]) -> dict[str, BankOrder]:
        """Return what the bank was asked for under these names."""
        return self._rows.orders(end_to_ends)

    def in_file(self, message: str) -> list[str]:
        """Return the orders of a file; empty: it is not known, or kept no longer."""
        file = self._rows.file(message)
        return [] if file is None else list(file.orders)

    # --- whom the sender asks ----------------------------------------------------------------------------------------

    async def tell(self, event: Event) -> Turn:
        """Tell the desk; return once it is stored."""
        return await self._service.tell(event)

    def is_known(self, key: str) -> bool:
        """Tell whether an event with this key has been handled."""
        return self._service.heard(key)

    def order_of(self, action: InstructBank) -> Order:
        """Return an order of the bank, with names and accounts. Raises ``CannotOrder``."""
        assert self.settings is not None  # noqa: S101 - there is a bank, or nobody asks
        service = self._service
        accounts = BankAccounts(service.room.desk.purse, service.customers, service.partners)
        return accounts.order_of(action, self.settings, service.now())
