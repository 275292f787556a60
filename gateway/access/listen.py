"""Where a listener listens, as options say it: ``[host:]port``."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.errors import OperatorError

LOOPBACK = "127.0.0.1"
HIGHEST_PORT = 65_535


class BadListen(OperatorError, ValueError):  # noqa: N818 - says what is wrong
    """The operator's fault: it cannot be read."""


@dataclass(frozen=True, slots=True)
class Listen:
    """An address of this machine; port 0: any free one."""

    host: str
    port: int

    @classmethod
    def parse(cls, option: str, text: str) -> Listen:
        """Read ``[host:]port``; without a host, the loopback address. Raises ``BadListen``, which names the option."""
        host, _, port = text.rpartition(":")
        if not port.isascii() or not port.isdigit() or int(port) > HIGHEST_PORT:
            message = f"{option} {text!r}: write a port, or host:port, as in {option} 0.0.0.0:8883"
            raise BadListen(message)
        return cls(host.strip("[]") or LOOPBACK, int(port))
