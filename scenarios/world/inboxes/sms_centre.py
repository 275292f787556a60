"""An SMS centre: takes what the service submits, tells what became of it, and delivers what customers write."""

from __future__ import annotations

import asyncio
import ssl
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

from dispatch.channels.smpp import pdu
from dispatch.channels.smpp.pdu import Command, Pdu, SmppStatus
from dispatch.channels.smpp.texts import GSM, HAS_HEADER, Belongs, parts_of, text_in, without_header
from scenarios.world.inboxes.letters import Inboxes, InboxLetter

LOOPBACK = "127.0.0.1"
_INTERNATIONAL, _ISDN, _RECEIPT = 1, 1, 0x04
_STATE = {"DELIVRD": 2, "EXPIRED": 3, "UNDELIV": 5, "REJECTD": 8}


@dataclass(slots=True)
class Manners:
    """How the centre behaves; changed while it runs."""

    password: str = "secret"  # noqa: S105 - of a simulated centre
    fate: str = "DELIVRD"
    """What becomes of messages; empty: nothing is told."""
    status: Callable[[str], int] = lambda _number: SmppStatus.OK
    """What it answers to a message for a number."""
    hangs: bool = False
    """It takes connections and answers nothing."""
    answers_enquiries: bool = True


@dataclass(slots=True)
class _Bound:
    writer: asyncio.StreamWriter
    number: int = 0
    waiting: dict[int, asyncio.Future[Pdu]] = field(default_factory=dict)


class SmsCentre:
    """``async with SmsCentre() as centre``. ``port`` 0: any free one."""

    def __init__(self, port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        self.inboxes = Inboxes()
        self.manners = Manners()
        self.port = port
        self._tls = tls
        self.binds = 0
        self.enquiries = 0
        self._server: asyncio.Server
        self._bound: _Bound | None = None
        self._up = asyncio.Event()
        self._lines: set[asyncio.StreamWriter] = set()
        self._parts: dict[tuple[str, int], dict[int, str]] = {}
        self._taken = 0
        self._telling: set[asyncio.Task[int]] = set()

    async def __aenter__(self) -> Self:
        """Listen."""
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Hang up and listen no more."""
        await self.close()

    async def open(self) -> None:
        """Listen; at the same port as before, where it was open before."""
        self._server = await asyncio.start_server(self._serve, LOOPBACK, self.port, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Be away."""
        self._server.close()
        self.hang_up()
        for task in self._telling:
            task.cancel()
        await self._server.wait_closed()

    def hang_up(self) -> None:
        """Break every line off."""
        for line in self._lines:
            line.transport.abort()

    async def bound(self) -> None:
        """Wait until the service is bound."""
        await self._up.wait()

    async def write(self, sender: str, text: str, to: str = "callahead", *, ton: int = _INTERNATIONAL) -> int:
        """Have a customer write; return what the service answered to the last part. Raises ``ConnectionError``."""
        status: int = SmppStatus.OK
        answers = []
        for part in parts_of(text, sender + text):
            body = delivered(
                sender, to, part.octets, coding=part.coding, kind=HAS_HEADER if part.has_header else 0, ton=ton
            )
            answers.append(asyncio.ensure_future(self.deliver(body)))
        for answer in answers:
            status = (await answer).status
        return status

    async def deliver(self, body: bytes) -> Pdu:
        """Send a ``deliver_sm`` with this body, whatever it is; return the answer. Raises ``ConnectionError``."""
        bound = self._bound
        if bound is None:
            raise ConnectionError("nobody is bound")
        bound.number += 1
        answer: asyncio.Future[Pdu] = asyncio.get_running_loop().create_future()
        bound.waiting[bound.number] = answer
        bound.writer.write(pdu.written(Command.DELIVER_SM, bound.number, body))
        return await answer

    def send_bytes(self, octets: bytes) -> None:
        """Send what is no PDU at all."""
        if self._bound is not None:
            self._bound.writer.write(octets)

    # --- the service's side ------------------------------------------------------------------------------------------

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._lines.add(writer)
        bound = _Bound(writer)
        try:
            while True:
                heard = await pdu.read(reader)
                if not self.manners.hangs:
                    self._see_to(heard, bound)
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            self._lines.discard(writer)
            if self._bound is bound:
                self._bound = None
                self._up.clear()
            for answer in bound.waiting.values():
                if not answer.done():
                    answer.set_exception(ConnectionError("the line broke before it was answered"))
            writer.close()

    def _see_to(self, heard: Pdu, bound: _Bound) -> None:
        match heard.command:
            case Command.BIND_TRANSCEIVER:
                self._bind(heard, bound)
            case Command.SUBMIT_SM:
                bound.writer.write(self._submitted(heard, bound))
            case Command.ENQUIRE_LINK:
                self.enquiries += 1
                if self.manners.answers_enquiries:
                    bound.writer.write(pdu.answer(heard))
            case Command.UNBIND:
                bound.writer.write(pdu.answer(heard))
            case _ if heard.command & pdu.RESPONSE:
                answer = bound.waiting.pop(heard.number, None)
                if answer is not None and not answer.done():
                    answer.set_result(heard)
            case _:
                bound.writer.write(pdu.answer(heard, SmppStatus.INVALID_COMMAND))

    def _bind(self, heard: Pdu, bound: _Bound) -> None:
        self.binds += 1
        password = heard.body.split(b"\0")[1].decode("latin-1")
        if password != self.manners.password:
            bound.writer.write(pdu.answer(heard, SmppStatus.INVALID_PASSWORD, b"world\0"))
            return
        bound.writer.write(pdu.answer(heard, SmppStatus.OK, b"world\0"))
        self._bound = bound
        self._up.set()

    def _submitted(self, heard: Pdu, bound: _Bound) -> bytes:
        message = pdu.message_in(heard)
        to = f"+{message.destination_addr}"
        if (status := self.manners.status(to)) != SmppStatus.OK:
            return pdu.answer(heard, status)
        self._taken += 1
        ref = f"w{self._taken}"
        octets, belongs = (
            without_header(message.short_message)
            if message.esm_class & HAS_HEADER
            else (bytes(message.short_message), None)
        )
        self._put(to, text_in(octets, message.data_coding), belongs, ref)
        if message.registered_delivery & 1 and self.manners.fate:
            task = asyncio.ensure_future(self._tell(to, message.source_addr, ref, bound))
            self._telling.add(task)
            task.add_done_callback(self._telling.discard)
        return pdu.answer(heard, SmppStatus.OK, ref.encode() + b"\0")

    def _put(self, to: str, text: str, belongs: Belongs | None, ref: str) -> None:
        """Have a customer find a text, once all its parts are here."""
        if belongs is None:
            self.inboxes.put(InboxLetter(to, text, ref))
            return
        parts = self._parts.setdefault((to, belongs.to), {})
        parts[belongs.number] = text
        if len(parts) == belongs.of:
            del self._parts[(to, belongs.to)]
            self.inboxes.put(InboxLetter(to, "".join(parts[number] for number in sorted(parts)), ref))

    async def _tell(self, number: str, to: str, ref: str, bound: _Bound) -> int:
        """Tell what became of a message, as appendix B of SMPP has it and in optional parameters."""
        if self._bound is not bound:
            return SmppStatus.NOT_BOUND
        fate = self.manners.fate
        text = f"id:{ref} sub:001 dlvrd:001 submit date:2611300000 done date:2611300000 stat:{fate} err:000 text:"
        more = struct.pack(">HHB", pdu.MESSAGE_STATE, 1, _STATE[fate])
        more += struct.pack(">HH", pdu.RECEIPTED_MESSAGE_ID, len(ref) + 1) + ref.encode() + b"\0"
        try:
            return (await self.deliver(delivered(number, to, text.encode(), kind=_RECEIPT) + more)).status
        except ConnectionError:
            return SmppStatus.NOT_BOUND


def delivered(
    sender: str, to: str, octets: bytes, *, coding: int = GSM, kind: int = 0, ton: int = _INTERNATIONAL
) -> bytes:
    """Return the body of a ``deliver_sm``."""
    source = bytes((ton, _ISDN)) + sender.removeprefix("+").encode("latin-1") + b"\0"
    target = bytes((0, 0)) + to.encode("latin-1") + b"\0"
    fixed = bytes((kind, 0, 0)) + b"\0\0" + bytes((0, 0, coding, 0, len(octets)))
    return b"\0" + source + target + fixed + octets
