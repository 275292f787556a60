"""Where a broker is and who we are there, as an address: ``mqtt://user:password@host:port``, or ``mqtts://…`` with TLS."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import SplitResult, quote, unquote, urlsplit

from gateway.errors import OperatorError

PORTS = {"mqtt": 1883, "mqtts": 8883, "embedded": 1883}
"""IANA's port of each scheme; a broker of the service's own listens at that of MQTT where its host alone is given."""
_WRITE = "Write mqtt://user:password@host:port or mqtts://…"
_WRITE_EMBEDDED = "Write embedded://host:port"


class BadBrokerAddress(OperatorError, ValueError):  # noqa: N818 - says what is wrong
    """The operator's fault: the broker's address cannot be read. The message says what one looks like."""


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """Where a broker is reached, and as whom. Neither its text nor its ``repr`` shows the password."""

    host: str
    port: int
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: bool = False

    @classmethod
    def parse(cls, url: str) -> BrokerAddress:
        """Read ``mqtt://user:password@host:port`` or ``mqtts://…``; user and password may be percent-encoded.

        Raises ``BadBrokerAddress`` with what is wrong with it.
        """
        parts, host, port = _split(url, ("mqtt", "mqtts"), _WRITE)
        username = unquote(parts.username) if parts.username else None
        password = unquote(parts.password) if parts.password else None
        return cls(host, port, username, password, parts.scheme == "mqtts")

    @property
    def url(self) -> str:
        """The address with the password: ``parse`` reads it back."""
        user = quote(self.username, safe="") if self.username else ""
        secret = f":{quote(self.password, safe='')}" if self.password else ""
        return self._with(f"{user}{secret}@" if user or secret else "")

    def __str__(self) -> str:
        """Return the address without the password, for messages and logs."""
        return self._with(f"{self.username}@" if self.username else "")

    def _with(self, user: str) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'mqtts' if self.tls else 'mqtt'}://{user}{host}:{self.port}"


def parse_embedded(url: str) -> tuple[str, int]:
    """Return where a broker of our own is to listen: ``embedded://host:port``. Raises ``BadBrokerAddress``."""
    parts, host, port = _split(url, ("embedded",), _WRITE_EMBEDDED)
    if parts.username or parts.password:
        raise BadBrokerAddress(_says(url, "who may connect to it stands in the registry", _WRITE_EMBEDDED))
    return host, port


def _split(url: str, schemes: tuple[str, ...], write: str) -> tuple[SplitResult, str, int]:
    """Return an address in parts, its host and its port; ``write``: what to write instead. Raises ``BadBrokerAddress``."""
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise BadBrokerAddress(_says(url, str(error), write)) from None
    if parts.scheme not in schemes:
        raise BadBrokerAddress(_says(url, f"it begins with {parts.scheme or 'nothing'}://", write))
    port = _port(parts)
    if not port:
        raise BadBrokerAddress(_says(url, "its port is not a number between 1 and 65535", write))
    if not parts.hostname:
        raise BadBrokerAddress(_says(url, "it names no host", write))
    if parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise BadBrokerAddress(_says(url, "something follows host and port", write))
    return parts, parts.hostname, port


def _port(parts: SplitResult) -> int:
    """Return the port, the scheme's own where none is given; 0: it is none."""
    try:
        return PORTS[parts.scheme] if parts.port is None else parts.port
    except ValueError:
        return 0


def _says(url: str, fault: str, write: str) -> str:
    masked = re.sub(r"//.*@", "//…@", url, flags=re.DOTALL)
    return f"the broker's address {masked!r} cannot be used: {fault}. {write}"
