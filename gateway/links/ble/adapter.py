"""Which Bluetooth adapter: the platform's own by bleak, or any controller that bumble opens.

- ``platform``: whatever bleak finds (BlueZ, CoreBluetooth, WinRT); ``hci1``: that one of BlueZ.
- ``tcp-client:127.0.0.1:4711``, ``hci-socket:0``, ``usb:0``, ``serial:/dev/ttyACM0,1000000`` …: bumble's transports.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from secrets import token_bytes
from typing import Any

from gateway.errors import OperatorError

PLATFORM = "platform"
_HCI = re.compile(r"hci\d+")
PLATFORM_CONNECTIONS, OWN_CONNECTIONS = 7, 64
"""At once: what common adapters manage beside scanning, and what bumble's virtual controller does on this side."""


class NoAdapter(OperatorError):  # noqa: N818 - says what happened
    """The adapter cannot be used: the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Opened:
    """An adapter that works, as bleak is told of it."""

    scanner: dict[str, Any] = field(default_factory=dict)
    client: dict[str, Any] = field(default_factory=dict)
    lost: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when it works no more."""
    scans_while_connecting: bool = True


@dataclass(frozen=True, slots=True)
class Adapter:
    """An adapter by its name. ``bonds`` is the file that bonds are kept in, for those that bumble drives."""

    name: str = PLATFORM
    bonds: Path | None = None

    @property
    def connections(self) -> int:
        """How many devices it connects to at once, unless somebody says otherwise."""
        return OWN_CONNECTIONS if ":" in self.name else PLATFORM_CONNECTIONS

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Opened]:
        """Open it. Raises ``NoAdapter``."""
        if ":" in self.name:
            async with self._by_bumble() as opened:
                yield opened
        elif _HCI.fullmatch(self.name):
            bluez = {"bluez": {"adapter": self.name}}
            yield Opened(bluez, dict(bluez), scans_while_connecting=False)
        elif self.name == PLATFORM:
            yield Opened(scans_while_connecting=False)
        else:
            raise NoAdapter(f"{self.name!r} is no adapter: write platform, hci0, or one of bumble's such as usb:0")

    def _address(self) -> str:
        """Return a random static address: always the same with the same bonds, which hold for it alone."""
        digits = bytearray(sha256(str(self.bonds.resolve()).encode()).digest() if self.bonds else token_bytes(6))[:6]
        digits[0] |= 0xC0
        return ":".join(f"{digit:02X}" for digit in digits)

    @asynccontextmanager
    async def _by_bumble(self) -> AsyncIterator[Opened]:
        from bumble.core import BaseBumbleError  # noqa: PLC0415 - slow to import, and only needed here

        from gateway.links.ble.bumble_backend import BumbleAdapter, BumbleClient, BumbleScanner  # noqa: PLC0415 - likewise

        try:
            radio = await BumbleAdapter.open(self.name, self._address(), str(self.bonds) if self.bonds else None)
        except (OSError, ValueError, ImportError, TimeoutError, BaseBumbleError) as error:
            raise NoAdapter(
                f"the adapter {self.name} cannot be opened: {str(error) or type(error).__name__}"
            ) from error
        try:
            scanner = {"backend": BumbleScanner, "radio": radio}
            yield Opened(scanner, {"backend": BumbleClient, "radio": radio}, radio.lost)
        finally:
            await radio.close()
