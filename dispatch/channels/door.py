"""What every door of a written channel takes, gives and promises.

A door takes charge of a message (``Taken``), could not for now (``Failed``) or never will (``Refused``). What customers write
it hands to ``Ears``, and tells its own other side that it has it only once the ears have returned: then it is stored.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Literal, Protocol

from dispatch.core.conversation.channels import Channel
from dispatch.outgoing.outbox import Refused, Result
from gateway.errors import LineError, OperatorError, SenderError
from gateway.finding import Provenance

LONGEST_TEXT = 4_000
"""Characters of what a customer wrote that are kept. A telephone's page of text has 2,000."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to a customer."""

    key: str
    """Of the decision. The same when it is tried again, so that the other side may notice that it has it."""
    to_address: str
    """As the register has it: E.164, a mail address, what a social platform calls them, a push subscription as JSON."""
    text: str
    subject: str
    language: str
    """BCP 47."""
    provenance: Provenance
    link: str = ""
    """Where the customer may go on, where there is such a page."""
    valid_s: float = 86_400.0
    """Seconds after which nobody wants it any more."""


@dataclass(frozen=True, slots=True)
class Received:
    """What somebody wrote to us."""

    channel: Channel
    ref: str
    """What the other side calls it: the same when it says it again."""
    from_address: str
    text: str
    at: float
    """POSIX seconds."""
    provenance: Provenance
    """Of the door that it came through."""
    answers: str = ""
    """What the other side calls the message of ours that it answers, where it says so."""
    is_named: bool = True
    """The other side gives each message a name of its own; else the same words from the same address have the same ``ref``."""
    is_vouched_for: bool = True
    """The other side vouches for the address: nobody writes it into a message of their own."""


ReceiptStatus = Literal["delivered", "read", "failed", "refused"]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a message that was ``Taken``."""

    channel: Channel
    ref: str
    status: ReceiptStatus
    why: str = ""


class NotNow(LineError):  # noqa: N818 - says what happened
    """What was written cannot be taken at the moment: the door has the other side keep it and say it again."""

    def __init__(self, why: str, again_after_s: float) -> None:
        super().__init__(why)
        self.again_after_s = again_after_s


class BadDoor(OperatorError):  # noqa: N818 - says what is wrong
    """The operator's fault: a door is configured as it cannot be."""


class BadSubscription(SenderError):  # noqa: N818 - says what is wrong
    """A browser's subscription to notifications that is none."""


_LINES = re.compile("\r\n?|[\x85\u2028\u2029]")
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_NO_CHARACTER = re.compile("[\ud800-\udfff]")


def readable(text: str) -> str:
    """Return what somebody wrote as it can be stored and shown: halves of characters are told as such, what is unseen is left out.

    The rule of ``Letter`` in ``gateway.contract.bounds``, for those who cannot be told that they break it.
    """
    return _NO_CHARACTER.sub("\N{REPLACEMENT CHARACTER}", _UNSEEN.sub("", _LINES.sub("\n", text)))


class Ears(Protocol):
    """Whom doors tell."""

    async def heard(self, heard: Received) -> None:
        """Return once it is stored. Raises ``NotNow``."""

    async def reported(self, reported: Receipt) -> None:
        """Return once it is stored. Raises ``NotNow``."""

    async def gone(self, channel: Channel, address: str) -> None:
        """Take note that an address is nobody's any more."""


class ChannelDoor(Protocol):
    """One written channel. ``run`` it as a task; ``stop`` it."""

    @property
    def channel(self) -> Channel:
        """Which one."""

    @property
    def provenance(self) -> Provenance:
        """Whether what is behind it is real."""

    @property
    def trouble(self) -> str | None:
        """Why nothing gets through at the moment; ``None``: it does."""

    async def send(self, message: Outgoing) -> Result:
        """Send a message. Raises nothing."""

    async def run(self) -> None:
        """Listen, and keep connected, until ``stop``."""

    def stop(self) -> None:
        """Have ``run`` end."""


def is_simulated_host(host: str) -> bool:
    """Tell whether a host is written as an address of 127.0.0.0/8, where the simulated world lives; names may lead anywhere."""
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return address.version == 4 and address.is_loopback  # noqa: PLR2004 - of IPv6 there is no such network


def mixed(message: Outgoing, door: ChannelDoor) -> Refused | None:
    """Return why a message must not go through a door: simulated and real are never mixed; ``None``: it may."""
    if message.provenance == door.provenance:
        return None
    return Refused(f"the message is {message.provenance} and the door of {door.channel} is {door.provenance}")


def check_host(section: str, host: str, provenance: Provenance) -> None:
    """See that a simulated door leads into the simulated world. Raises ``BadDoor``."""
    if provenance == "simulated" and not is_simulated_host(host):
        raise BadDoor(f"{section}: host: {host!r}: a simulated one is at an address of 127.0.0.0/8, written as numbers")
