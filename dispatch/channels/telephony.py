"""What a telephone line can do, whatever its technology: legs are rung, answered, joined and hung up, and it is told how they fare.

A leg is one telephone's part of a conversation: an agent's, or a customer's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from gateway.errors import LineError, OperatorError


class CannotDial(OperatorError):  # noqa: N818 - says what happened
    """A number or an address that nobody can be rung at: the message says which rule."""


class LineAway(LineError):  # noqa: N818 - says what happened
    """The line is not there; what it was asked for is done by hand, or again."""


class LegState(StrEnum):
    """How a leg fares."""

    RINGING = "ringing"
    ANSWERED = "answered"
    ENDED = "ended"


class LegEnding(StrEnum):
    """Why a leg ended, whoever reads it need not know SIP."""

    HUNG_UP = "hung_up"
    """After it was answered, by whom it rang or by us; or whoever rang in gave up before."""
    UNANSWERED = "unanswered"
    """Engaged, declined, not answered in time, or there is no such number."""
    LOST = "lost"
    """Nothing more is heard of a telephone that was answered."""
    LINE = "line"
    """Nobody was reached for whom it was: the line or the trunk is away, or will not have us."""


@dataclass(frozen=True, slots=True)
class LegReport:
    """How a leg fares from now on."""

    leg: str
    state: LegState
    ending: LegEnding | None = None
    why: str = ""
    """In words, as ``486 Busy Here``; where it ended."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """Somebody rings in and is kept ringing until they are answered."""

    leg: str
    number: str
    """As the exchange told it: in any notation, empty where it is withheld."""
    ref: str
    """The exchange's reference of the call, unique: its Call-ID, or what is called after it."""


Hear = Callable[[LegReport | Incoming], None]
HearSound = Callable[[str, bytes], None]
"""Told of a leg and what it is to hear: PCM, 16 bit, mono, 8 kHz, little endian, whole frames of 20 ms."""
FRAME = 320
"""Bytes of one frame."""


class Telephony(Protocol):
    """One line. What it is asked for it does soon; how that fares comes by ``hear``, in the event loop's thread."""

    hear: Hear
    """Told of every leg; set by whoever uses the line before it runs."""
    hear_sound: HearSound
    """Told what softphones, and who listens in, are to hear; likewise."""

    def trouble(self) -> str | None:
        """Say why nobody can be rung just now; ``None``: they can."""

    def agent_address(self, agent: str) -> str | None:
        """Return where an agent is rung; ``None``: they dial by hand. Raises ``CannotDial``."""

    def customer_address(self, phone: str) -> str:
        """Return where a customer's number is rung. Raises ``CannotDial``."""

    def ring(self, leg: str, address: str, within_s: float) -> None:
        """Ring an address; unanswered within so many seconds of the wall it ends. Raises ``LineAway``."""

    def ring_softphone(self, leg: str, within_s: float) -> None:
        """Ring an agent's page, which answers by ``answer``; unanswered in time it ends. Raises ``LineAway``."""

    def listen_in(self, leg: str, of: str, *, alone: bool = False) -> None:
        """Have a leg hear an answered one and whoever that is joined with, unheard, until it ends. Raises ``LineAway``.

        ``alone``: that one, and not whoever it is joined with.
        """

    def say(self, leg: str, frame: bytes) -> None:
        """Have a softphone say 20 ms; what comes too late is dropped."""

    def answer(self, leg: str) -> None:
        """Answer whoever rings in, or a softphone that rings."""

    def refuse(self, leg: str) -> None:
        """Be engaged for whoever rings in."""

    def join(self, one: str, other: str) -> None:
        """Have two answered legs hear each other, until one of them ends or is joined with another."""

    def hang_up(self, leg: str) -> None:
        """End a leg, in whatever state. One that is over already stays so."""
