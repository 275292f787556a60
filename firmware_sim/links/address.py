"""A broker's address: ``mqtt://user:pass@host:port`` or ``mqtts://…``."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from gateway.errors import OperatorError

PORTS = {"mqtt": 1883, "mqtts": 8883}
"""IANA's default port of each scheme."""


class BadBrokerAddress(OperatorError, ValueError):  # noqa: N818 - named for what is wrong
    """The address cannot be read; the message says what one looks like."""


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """Where the broker is and who we are there. Its text never shows the password."""

    host: str
    port: int
    tls: bool
    username: str | None = None
    password: str | None = field(default=None, repr=False)

    def __str__(self) -> str:
        """Return the address without credentials."""
        return f"{'mqtts' if self.tls else 'mqtt'}://{self.host}:{self.port}"


def parse_address(url: str) -> BrokerAddress:
    """Read a broker's URL; percent-encoded credentials are decoded. Raises ``BadBrokerAddress``."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise BadBrokerAddress(_advice(str(error))) from None
    if parts.scheme not in PORTS or not parts.hostname:
        raise BadBrokerAddress(_advice("a scheme mqtt or mqtts and a host are needed"))
    return BrokerAddress(
        host=parts.hostname,
        port=port or PORTS[parts.scheme],
        tls=parts.scheme == "mqtts",
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )


def _advice(reason: str) -> str:
    return f"not a broker's address: {reason}. Write mqtt://host:1883 or mqtts://user:password@host:8883."
