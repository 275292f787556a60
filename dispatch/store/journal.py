"""The store: opened, owned, committed to, and its registers. SQLite or PostgreSQL, one code path.

Whatever has to survive is in one of the registers; what a batch of turns changes in several of them is committed at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from pathlib import Path
from types import TracebackType
from typing import Self

from pydantic import TypeAdapter
from sqlalchemy import Connection

from dispatch.access.accounts import AccessLink, Account, ApiKey, WebSession
from dispatch.ledger.audit.flaw import Flaw
from dispatch.ledger.pipeline import Turn
from dispatch.registers.customers import Customer
from dispatch.registers.partners import PartnerRecord
from dispatch.registers.products import ProductRecord
from dispatch.registers.sent_messages import SentMessage
from dispatch.registers.strangers import Stranger
from dispatch.store import tables
from dispatch.store.address import StoreAddress
from dispatch.store.bank_rows import BankRows
from dispatch.store.batch import Batch, batch_of
from dispatch.store.credential_rows import CredentialRows
from dispatch.store.database import Database
from dispatch.store.erasing import Erasures
from dispatch.store.inbox_rows import InboxRows
from dispatch.store.kept_twins import KeptTwins, lines_of
from dispatch.store.ledger_rows import LedgerRows
from dispatch.store.meta_rows import MetaRows
from dispatch.store.outbox_rows import OutboxRows
from dispatch.store.person_keys import PersonKeys
from dispatch.store.records import Records
from dispatch.store.refused_messages import RefusedMessages
from dispatch.store.snapshot_rows import SnapshotRows
from dispatch.store.soundness import store_flaws
from dispatch.store.twin_rows import TwinRows
from dispatch.store.voice_print_rows import VoicePrintRows
from dispatch.store.voice_rows import VoiceRows
from gateway.devices.registry import DeviceRecord, VendorRecord

_DEVICE = TypeAdapter(DeviceRecord)
_VENDOR = TypeAdapter(VendorRecord)
_CUSTOMER = TypeAdapter(Customer)
_PARTNER = TypeAdapter(PartnerRecord)
_PRODUCT = TypeAdapter(ProductRecord)
_ACCOUNT, _API_KEY = TypeAdapter(Account), TypeAdapter(ApiKey)
_STRANGER, _SENT = TypeAdapter(Stranger), TypeAdapter(SentMessage)
_SESSION, _ACCESS_LINK = TypeAdapter(WebSession), TypeAdapter(AccessLink)


class Journal:
    """Everything that has to survive. ``commit`` writes a batch whole or not at all; thread-safe.

    ``Journal.open(folder)`` for a service, ``Journal.in_memory()`` for what need not last. Close it.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.person_keys = PersonKeys(database)
        self.ledger = LedgerRows(database, self.person_keys)
        self.outbox = OutboxRows(database, self.person_keys)
        self.twins = TwinRows(database)
        self.inbox = InboxRows(database)
        self.refused = RefusedMessages(database)
        self.devices = Records(database, tables.devices, _DEVICE, attrgetter("device"))
        self.vendors = Records(database, tables.vendors, _VENDOR, attrgetter("vendor"))
        self.customers = Records(database, tables.customers, _CUSTOMER, attrgetter("customer"))
        self.partners = Records(database, tables.partners, _PARTNER, attrgetter("partner"))
        """Those that have an address."""
        self.products = Records(database, tables.products, _PRODUCT, attrgetter("key"))
        self.strangers = Records(database, tables.strangers, _STRANGER, attrgetter("stranger"))
        self.sent_messages = Records(database, tables.sent_messages, _SENT, attrgetter("key"))
        self.credentials = CredentialRows(database)
        self.accounts = Records(database, tables.accounts, _ACCOUNT, attrgetter("name"))
        self.api_keys = Records(database, tables.api_keys, _API_KEY, attrgetter("name"))
        self.sessions = Records(database, tables.sessions, _SESSION, attrgetter("hash"))
        self.access_links = Records(database, tables.access_links, _ACCESS_LINK, attrgetter("hash"))
        self.snapshots = SnapshotRows(database)
        self.voices = VoiceRows(database, self.person_keys)
        self.voice_prints = VoicePrintRows(database, self.person_keys)
        self.bank = BankRows(database)
        self.erasures = Erasures(database)
        self.meta = MetaRows(database)

    @classmethod
    def open(cls, folder: Path) -> Journal:
        """Open or make the SQLite store in ``folder``. Raises ``JournalRefused``, as ``open_at`` does."""
        return cls.open_at(StoreAddress.in_folder(folder))

    @classmethod
    def open_at(cls, address: StoreAddress) -> Journal:
        """Open, make or bring up to date the store at ``address``, and hold it.

        Raises ``JournalRefused`` where it is not there, another service has it, or it is of a newer version.
        """
        return cls(Database.own_at(address))

    @classmethod
    def look(cls, folder: Path) -> Journal:
        """Open the store in ``folder`` to read it, beside the service that has it. Raises ``JournalRefused``."""
        return cls.look_at(StoreAddress.in_folder(folder))

    @classmethod
    def look_at(cls, address: StoreAddress) -> Journal:
        """Open the store at ``address`` to read it, beside the service that has it. Raises ``JournalRefused``."""
        return cls(Database.look_at(address))

    @classmethod
    def in_memory(cls) -> Journal:
        """Make a store that is gone when it is closed."""
        return cls(Database.in_memory())

    def close(self) -> None:
        """Let go of the store, so that another service may have it."""
        self._database.close()

    def __enter__(self) -> Self:
        """Use it in a ``with`` block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()

    def commit(self, turns: Sequence[Turn], at: float) -> None:
        """Write a batch of turns in one transaction. ``at``: POSIX seconds. Raises as ``write`` does."""
        self.write(batch_of(turns, at, KeptTwins(lines_of(twin for turn in turns for twin in turn.twins))))

    def write(self, batch: Batch) -> None:
        """Write a batch in one transaction.

        Raises ``JournalFailed`` or ``KeyTaken``; then nothing is written.
        """
        if batch:
            drawn: list[str] = []
            sealed = self.inbox.sealed(batch.inbox) if batch.inbox is not None else None

            def change(connection: Connection) -> None:
                batch.write(connection, sealed)
                drawn.extend(self.person_keys.write_drawn(connection))

            self._database.write(change)
            self.person_keys.stored(drawn)
            if batch.forgets:
                self.inbox.forget_key()
            if batch.forgets or batch.prints_of:
                self.person_keys.forget()
                self._database.settle()

    def flaws(self) -> list[Flaw]:
        """Return what the database sees wrong with the store. Raises ``JournalFailed`` where it cannot be read."""
        with self._database.reading() as connection:
            return list(store_flaws(connection))
