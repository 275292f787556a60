"""Two ways of bringing the bank a file: into a folder that its client sends on, or by HTTPS. Each may take one twice."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from dispatch.channels.bank.settings import BankSettings
from dispatch.channels.door import BadDoor, check_host
from dispatch.delivery.partner_networks import PartnerNetworks
from dispatch.delivery.webhook_sender import refused_or_failed
from dispatch.delivery.webhooks import Door, NoAnswer
from dispatch.outgoing.outbox import Failed, Result, Taken

_NOT_US = {401, 403}
_HAS_IT = 409
_LOOPBACK = PartnerNetworks.parse(["127.0.0.0/8"])
WITHIN_S = 30.0
"""A bank that has not answered by then may have the file all the same."""


class BankWay(Protocol):
    """One of them. ``run`` it as a task; ``stop`` it."""

    async def bring(self, message: str, content: bytes) -> Result:
        """Bring a file, under its message's identification. Raises nothing."""

    async def run(self) -> None:
        """Be there until ``stop``."""

    def stop(self) -> None:
        """Have ``run`` end."""


class Folder:
    """``out/`` in a folder: a file is there whole, under its own name, or not at all."""

    def __init__(self, folder: Path) -> None:
        """Make the folders. Raises ``BadDoor``."""
        self.out = folder / "out"
        self._stopped = asyncio.Event()
        try:
            self.out.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise BadDoor(f"bank: folder: {error}") from None

    async def run(self) -> None:
        """Be there until ``stop``."""
        await self._stopped.wait()

    def stop(self) -> None:
        """Have ``run`` end."""
        self._stopped.set()

    async def bring(self, message: str, content: bytes) -> Result:
        """Put a file there."""
        try:
            await asyncio.to_thread(put_whole, self.out / f"{message}.xml", content)
        except OSError as error:
            return Failed(f"the folder for the bank takes no file: {error.strerror or error}")
        return Taken()


def put_whole(path: Path, content: bytes) -> None:
    """Write a file that is there whole or not at all, also after the power failed. Raises ``OSError``."""
    unready = path.with_name(f".{path.name}.tmp")
    with os.fdopen(os.open(unready, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    unready.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


class Upload:
    """Posts files to the bank's address, or to a client beside us."""

    def __init__(self, settings: BankSettings, networks: PartnerNetworks | None = None) -> None:
        """``networks``: where the bank may be, beside public addresses. Raises ``BadDoor``."""
        self._url = settings.url or ""
        self._token = settings.token
        check_host("bank", urlsplit(self._url).hostname or "", settings.provenance)
        networks = _LOOPBACK if settings.provenance == "simulated" else networks
        try:
            self._door = Door(networks, WITHIN_S, settings.tls())
        except OSError as error:  # of which a certificate that is none is one
            raise BadDoor(f"bank: certificate: {error.strerror or error}") from None
        self._stopped = asyncio.Event()

    async def run(self) -> None:
        """Be there until ``stop``."""
        async with self._door:
            await self._stopped.wait()

    def stop(self) -> None:
        """Have ``run`` end."""
        self._stopped.set()

    async def bring(self, message: str, content: bytes) -> Result:
        """Post a file."""
        headers = {"content-type": "application/xml", "idempotency-key": message}
        if self._token is not None:
            headers["authorization"] = f"Bearer {self._token}"
        try:
            answer = await self._door.post_bytes(self._url, content, headers)
        except NoAnswer as error:
            return Failed(str(error))
        if 200 <= answer.status < 300 or answer.status == _HAS_IT:  # noqa: PLR2004 - HTTP's classes
            return Taken()
        if answer.status in _NOT_US:
            return Failed(f"it does not let us in: {answer.status}")
        return refused_or_failed(answer)


def way_of(settings: BankSettings, networks: PartnerNetworks | None = None) -> BankWay:
    """Return the way that the operator's file says. Raises ``BadDoor``."""
    return Upload(settings, networks) if settings.folder is None else Folder(settings.folder)
