"""Where partners may be: on the public internet, and in the networks that the operator names.

A partner says itself where it is told. Without this it could have the service post to the machine's own doors, or to
others in its network. What counts is the address that is connected to, not the name: a name may lead elsewhere each time.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Iterable
from dataclasses import dataclass

from gateway.errors import LineError, OperatorError

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
HINT = "is no public address; callahead-serve --partner-network allows others"


class BadNetwork(OperatorError):  # noqa: N818 - says what is wrong
    """The operator's fault: what is no network."""


class NotThere(LineError):  # noqa: N818 - says what happened
    """A partner's host has no address that may be connected to; the message says why."""


@dataclass(frozen=True, slots=True)
class PartnerNetworks:
    """``allowed``: beside public addresses."""

    allowed: tuple[Network, ...] = ()

    @classmethod
    def parse(cls, texts: Iterable[str]) -> PartnerNetworks:
        """Read networks, as ``10.20.0.0/16`` or ``127.0.0.1``. Raises ``BadNetwork``."""
        try:
            return cls(tuple(ipaddress.ip_network(text) for text in texts))
        except ValueError as error:
            raise BadNetwork(f"--partner-network: {error}; write it as 10.20.0.0/16") from None

    def refuses(self, host: str) -> bool:
        """Tell whether a host is written as an address that no partner may have. A name is looked up when it is told."""
        if host.rstrip(".").lower() == "localhost":
            return not any(self.permits(one) for one in ("127.0.0.1", "::1"))
        try:
            return not self.permits(host.strip("[]"))
        except ValueError:
            return False

    def permits(self, address: str) -> bool:
        """Tell whether an address may be connected to. Raises ``ValueError`` where it is none."""
        found = _carried(ipaddress.ip_address(address.partition("%")[0]))
        if any(found.version == one.version and found in one for one in self.allowed):
            return True
        return found.is_global and not found.is_multicast

    async def addresses(self, host: str, port: int) -> list[str]:
        """Look a host up, and return where it may be connected to. Raises ``NotThere``."""
        found = [host.strip("[]")] if _is_address(host) else await _looked_up(host, port)
        allowed = [address for address in found if self.permits(address)]
        if not allowed:
            raise NotThere(f"{host} {HINT}")
        return allowed


async def _looked_up(host: str, port: int) -> list[str]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NotThere(f"{host} is not known: {getattr(error, 'strerror', None) or error}") from None
    return list(dict.fromkeys(str(one[4][0]) for one in found))


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def _carried(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 one stands for, where it stands for one."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else address)
