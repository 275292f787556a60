"""What can be wrong with a broker, told so that the reader knows what to do."""

from __future__ import annotations

from gateway.contract.broker_address import BrokerAddress
from gateway.errors import LineError


class BrokerTrouble(LineError):  # noqa: N818 - the root of the line's troubles
    """The line's fault, not the device's."""


class BrokerUnreachable(BrokerTrouble):
    """Nobody answers as an MQTT broker at the address."""

    def __init__(self, address: BrokerAddress, reason: str) -> None:
        super().__init__(
            f"no MQTT broker at host {address.host}, port {address.port} ({reason}). "
            f"Start one there, or give another address with --broker mqtt://host:port."
        )


class BrokerRefused(BrokerTrouble):
    """The broker answers and turns us away."""

    def __init__(self, address: BrokerAddress, reason: str) -> None:
        super().__init__(
            f"the broker at {address} refuses the connection: {reason}. "
            f"Check user and password in mqtt://user:password@host:port."
        )
