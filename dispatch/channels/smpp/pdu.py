"""PDUs of SMPP 3.4 as bytes.

Bodies of messages are read and written by ``smpp34``; headers, binds and answers here: it keeps those to its own client, which
acknowledges what it hears before anybody has stored it.
"""

from __future__ import annotations

import asyncio
import struct
from dataclasses import dataclass
from enum import IntEnum

import smpp34

from gateway.errors import SenderError

HEADER = struct.Struct(">IIII")
LONGEST = 70_000
"""Bytes of one PDU: a ``message_payload`` of 65,535 and all else."""
RESPONSE = 0x8000_0000
VERSION = 0x34
MESSAGE_STATE, RECEIPTED_MESSAGE_ID, MESSAGE_PAYLOAD = 0x0427, 0x001E, 0x0424
SAR_REF, SAR_TOTAL, SAR_NUMBER = 0x020C, 0x020E, 0x020F
"""Optional parameters."""


class Command(IntEnum):
    """What a PDU is."""

    GENERIC_NACK = RESPONSE
    BIND_RECEIVER = 0x1
    BIND_TRANSMITTER = 0x2
    SUBMIT_SM = 0x4
    DELIVER_SM = 0x5
    UNBIND = 0x6
    BIND_TRANSCEIVER = 0x9
    ENQUIRE_LINK = 0x15


class SmppStatus(IntEnum):
    """How it went: those that are ours to say, or that we tell apart."""

    OK = 0x0
    INVALID_LENGTH = 0x2
    INVALID_COMMAND = 0x3
    NOT_BOUND = 0x4
    SYSTEM_ERROR = 0x8
    INVALID_DESTINATION = 0xB
    BIND_FAILED = 0xD
    INVALID_PASSWORD = 0xE
    QUEUE_FULL = 0x14
    SUBMIT_FAILED = 0x45
    THROTTLED = 0x58
    TEMPORARY = 0x64
    """ESME_RX_T_APPN: say it again later."""
    PERMANENT = 0x65
    REJECTED = 0x66


class BadPdu(SenderError):  # noqa: N818 - says what it is
    """Bytes that are no PDU: behind them nothing on this line can be read."""


@dataclass(frozen=True, slots=True)
class Pdu:
    """One PDU as it came."""

    command: int
    status: int
    number: int
    whole: bytes

    @property
    def body(self) -> bytes:
        """What stands behind the header."""
        return self.whole[HEADER.size :]

    @property
    def text(self) -> str:
        """The body's first string, as answers to binds and messages begin with."""
        return self.body.partition(b"\0")[0].decode("latin-1")


async def read(stream: asyncio.StreamReader) -> Pdu:
    """Read the next PDU. Raises ``BadPdu``, and ``asyncio.IncompleteReadError`` at the end."""
    header = await stream.readexactly(HEADER.size)
    length, command, status, number = HEADER.unpack(header)
    if not HEADER.size <= length <= LONGEST:
        raise BadPdu(f"a PDU of {length} bytes: from {HEADER.size} up to {LONGEST} there are")
    return Pdu(command, status, number, header + await stream.readexactly(length - HEADER.size))


def written(command: int, number: int, body: bytes = b"", status: int = SmppStatus.OK) -> bytes:
    """Return a PDU."""
    return HEADER.pack(HEADER.size + len(body), command, status, number) + body


def answer(asked: Pdu, status: int = SmppStatus.OK, body: bytes = b"") -> bytes:
    """Return the answer to a PDU."""
    return written(asked.command | RESPONSE, asked.number, body, status)


def bind(number: int, system_id: str, password: str, system_type: str) -> bytes:
    """Return a ``bind_transceiver``. Raises ``UnicodeEncodeError``."""
    names = b"".join(text.encode("ascii") + b"\0" for text in (system_id, password, system_type))
    return written(Command.BIND_TRANSCEIVER, number, names + bytes((VERSION, 0, 0, 0)))


def message_in(pdu: Pdu) -> smpp34.SubmitSm | smpp34.DeliverSm:
    """Read what is submitted or delivered. Raises ``BadPdu``."""
    try:
        found = smpp34.decode(pdu.whole)
    except smpp34.SmppError as error:
        raise BadPdu(str(error)) from None
    if isinstance(found, smpp34.RawPdu):
        raise BadPdu(f"command {pdu.command:#x} is no message")
    return found


def tlv(message: smpp34.SubmitSm | smpp34.DeliverSm, tag: int) -> bytes | None:
    """Return an optional parameter of a message."""
    return next((one.value for one in message.tlvs if one.tag == tag), None)
