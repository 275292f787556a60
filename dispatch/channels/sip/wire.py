"""What the service and the process that speaks SIP say to each other: a JSON object a line, over its standard input and output."""

from __future__ import annotations

from typing import Literal

import msgspec

from dispatch.channels.telephony import LegEnding, LegState

Transport = Literal["udp", "tcp", "tls"]


class LineSetup(msgspec.Struct, frozen=True, omit_defaults=True):
    """The first line in: which line it is to be."""

    user: str
    domain: str
    """The host, and its port, that calls go out by; a proxy's where there is one."""
    interface: str | None = None
    """Local address; ``None``: as the system routes."""
    listen: str = ""
    """``host:port`` for whoever rings in; empty: any port."""
    password: str = ""
    auth_user: str | None = None
    transport: Transport = "udp"
    ca: str = ""
    """File of certificates that are trusted on a TLS line."""
    register_s: int = 0
    """How often it registers; 0: never."""
    sound: str = "aumem"
    """What its legs say until they are joined: baresip's driver and device."""
    silent_s: int = 0
    """A telephone of which no sound comes for so long is lost; 0: never."""


class Ring(msgspec.Struct, frozen=True, tag="ring", tag_field="do"):
    """Ring somebody."""

    leg: str
    to: str
    within_s: float
    caller: str = ""
    """Whose number is shown; empty: the line's own."""


class PickUp(msgspec.Struct, frozen=True, tag="answer", tag_field="do"):
    """Answer whoever rings in."""

    leg: str


class Refuse(msgspec.Struct, frozen=True, tag="refuse", tag_field="do"):
    """Be engaged for whoever rings in."""

    leg: str


class HangUp(msgspec.Struct, frozen=True, tag="hang_up", tag_field="do"):
    """End a leg."""

    leg: str


class Join(msgspec.Struct, frozen=True, tag="join", tag_field="do"):
    """Have two legs hear each other."""

    one: str
    other: str


class RingSoftphone(msgspec.Struct, frozen=True, tag="ring_softphone", tag_field="do"):
    """Ring an agent's page: its sound comes and goes by the sound socket, and it is answered by ``PickUp``."""

    leg: str
    within_s: float


class ListenIn(msgspec.Struct, frozen=True, tag="listen_in", tag_field="do", omit_defaults=True):
    """Have a leg hear what another one, and whoever that is joined with, say; it says nothing, and ends with it."""

    leg: str
    of: str
    alone: bool = False
    """That one alone, and nobody it is joined with."""


Command = Ring | PickUp | Refuse | HangUp | Join | RingSoftphone | ListenIn


class RangIn(msgspec.Struct, frozen=True, tag="rang_in", tag_field="said"):
    """Somebody rings in."""

    leg: str
    caller: str
    """The address, with the number in it."""
    called: str
    ref: str


class Fares(msgspec.Struct, frozen=True, tag="fares", tag_field="said", omit_defaults=True):
    """How a leg fares."""

    leg: str
    state: LegState
    ending: LegEnding | None = None
    why: str = ""
    packets: int = 0
    """Of sound that came in, where it ended."""
    lost: int = 0
    """Of sound that did not."""


class LineState(msgspec.Struct, frozen=True, tag="line", tag_field="said", omit_defaults=True):
    """How the line stands."""

    up: bool
    why: str = ""


Report = RangIn | Fares | LineState

read_setup = msgspec.json.Decoder(LineSetup).decode
read_command = msgspec.json.Decoder(Command).decode
read_report = msgspec.json.Decoder(Report).decode


def line_of(said: LineSetup | Command | Report) -> bytes:
    """Return one line."""
    return msgspec.json.encode(said) + b"\n"
