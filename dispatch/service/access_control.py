"""Who may connect: vendors, credentials, and the brokers that have to know of them.

A change is stored first, then told to every broker, and only then answered, so that whoever is told of a credential can
connect with it. Changes that come while brokers are being told share the next telling.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dispatch.store.journal import Journal
from gateway.access.authority import Authority, ClientCertificate
from gateway.access.credentials import Access, ClientIds, Credential, credential, draw_password
from gateway.access.rights import SERVICE
from gateway.devices.registry import DeviceRecord, VendorRecord
from gateway.errors import SenderError
from gateway.mapping.rules import VendorMapping

Tell = Callable[[Access], None]
"""Has a broker let in whom it names, and returns when it does."""


class NotRegistered(SenderError, ValueError):  # noqa: N818 - says what is wrong
    """The asker's fault: the vendor has to be registered first."""


class ProvenanceMixed(SenderError, ValueError):  # noqa: N818 - likewise
    """The asker's fault: a simulated vendor would have a real device."""


@dataclass(frozen=True, slots=True)
class Issued:
    """A credential as it is told, once."""

    username: str
    password: str
    certificate: ClientCertificate | None


class AccessControl:
    """Knows vendors and credentials as the store has them. All of it runs in the event loop's thread but the telling.

    ``service_password`` is the one the service itself connects with.
    """

    def __init__(
        self,
        journal: Journal,
        authority: Authority,
        *,
        open_demo: bool = False,
        mappings: Sequence[VendorMapping] = (),
        service_password: str = "",
        client_ids: ClientIds = ClientIds.WARN,
    ) -> None:
        self.authority = authority
        self.service_password = service_password or draw_password()
        self._journal = journal
        self._open_demo = open_demo
        self._mappings = tuple(mappings)
        self._client_ids = client_ids
        self._session = journal.meta.broker_session()
        self._vendors = {vendor.vendor: vendor for vendor in journal.vendors.all()}
        self._credentials = {known.username: known for known in journal.credentials.all()}
        self._revoked = set(journal.credentials.revoked_certificates())
        self._service = credential(SERVICE, self.service_password, time.time())
        self._brokers: list[Tell] = []
        self._telling = asyncio.Lock()
        self._asked = self._told = 0

    def access(self) -> Access:
        """Return everything a broker must know."""
        known = tuple(self._credentials.values())
        revocations = self.authority.revocations(sorted(self._revoked)) if self.authority.exists else b""
        session = self._session
        return Access(
            self._service,
            known,
            self._open_demo,
            revocations,
            self._mappings,
            self._client_ids,
            service_session=session,
        )

    def add_broker(self, tell: Tell) -> None:
        """Have a broker told of every change from now on, in a thread of its own."""
        self._brokers.append(tell)

    def vendors(self) -> list[VendorRecord]:
        """Return every registered vendor, by name."""
        return [self._vendors[name] for name in sorted(self._vendors)]

    def how_many_vendors(self) -> int:
        """Return how many are registered."""
        return len(self._vendors)

    def credential_of(self, username: str) -> Credential | None:
        """Return what is kept of a credential."""
        return self._credentials.get(username)

    def must_know(self, vendor: str) -> VendorRecord:
        """Return a registered vendor. Raises ``NotRegistered``."""
        known = self._vendors.get(vendor)
        if known is None:
            message = f"the vendor {vendor!r} is not registered; register it first (POST /api/v1/vendors)"
            raise NotRegistered(message)
        return known

    async def register_vendors(self, records: list[VendorRecord], devices: Iterable[DeviceRecord]) -> None:
        """Keep vendors. Raises ``ProvenanceMixed`` where one of ``devices`` is real and its vendor would be simulated."""
        _check_provenance({record.vendor: record for record in records}, devices)
        await asyncio.to_thread(self._journal.vendors.keep, records)
        self._vendors |= {record.vendor: record for record in records}

    async def admit_devices(self, records: list[DeviceRecord]) -> None:
        """Check that these devices may be registered. In open demo mode their vendors come with them.

        Raises ``NotRegistered`` and ``ProvenanceMixed``.
        """
        _check_provenance(self._vendors, records)
        names = {record.device.partition("/")[0]: record.provenance for record in records}
        unknown = [VendorRecord(name, names[name]) for name in sorted(names) if name not in self._vendors]
        if unknown and not self._open_demo:
            self.must_know(unknown[0].vendor)
        await self.register_vendors(unknown, records)

    async def issue(self, username: str, certificate_for_s: float | None) -> Issued:
        """Draw a new password, sign a certificate where wanted, and have both hold instead of what held before.

        Raises ``NameTooLong``.
        """
        password = draw_password()
        made = await asyncio.to_thread(credential, username, password, time.time())
        signed = None
        if certificate_for_s is not None:
            signed = await asyncio.to_thread(self.authority.client, username, certificate_for_s)
            made = replace(made, certificate=signed.serial, certificate_until=signed.until)
        await self._replace(username, made)
        return Issued(username, password, signed)

    async def revoke(self, username: str) -> bool:
        """Have password and certificate hold no more; whoever uses them is cut off. ``False`` where there are none."""
        if username not in self._credentials:
            return False
        await self._replace(username, None)
        return True

    async def _replace(self, username: str, new: Credential | None) -> None:
        before = self._credentials.get(username)
        revoked = before.certificate if before else None
        await asyncio.to_thread(self._journal.credentials.replace, username, new, revoked)
        self._credentials.pop(username, None)
        if new:
            self._credentials[username] = new
        if revoked:
            self._revoked.add(revoked)
        await self._tell()

    async def _tell(self) -> None:
        """Return once every broker knows what stands now."""
        self._asked += 1
        mine = self._asked
        async with self._telling:
            if self._told >= mine:
                return  # another one's telling came after our change
            upto = self._asked
            access = self.access()
            for tell in self._brokers:
                await asyncio.to_thread(tell, access)
            self._told = upto


def authority_in(folder: Path) -> Authority:
    """Return the authority that a service keeps in its folder."""
    return Authority(folder.resolve() / "authority")


def _check_provenance(vendors: dict[str, VendorRecord], devices: Iterable[DeviceRecord]) -> None:
    for device in devices:
        vendor = vendors.get(device.device.partition("/")[0])
        if vendor and vendor.provenance == "simulated" and device.provenance == "real":
            message = f"{device.device} is registered as real, and its vendor as simulated; a simulated vendor has no real devices"
            raise ProvenanceMixed(message)
